//! One payload that a half lists: what orders it, where it stands in the capture, and its bytes while they are needed.
//!
//! A client hello of 1,800 bytes in two segments is two of these. The second may come first: they are kept in the order of
//! capture, and put into that of the stream when they are read.

use lenscap_wire::PacketRef;
use serde::{Deserialize, Serialize};

/// What tells where a payload belongs in its half.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) enum Order {
    /// A segment of TCP.
    Segment {
        /// Sequence number of its first byte.
        sequence: u32,
        /// Which payload of its half it is, from 1: probes and repetitions are counted, and not listed.
        ordinal: u16,
        /// Whether the sender said that nothing follows (FIN).
        ends: bool,
        /// Whether its receiver dropped it: a checksum is wrong, or it acknowledges nothing.
        wrong: bool,
    },
    /// A datagram of UDP, and the number of the reader that admitted it.
    Datagram {
        /// See [`lenscap_wire::readers::admit`].
        reader: u8,
    },
}

impl Default for Order {
    fn default() -> Self {
        Self::Datagram { reader: u8::MAX }
    }
}

/// One payload that a half lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// Where it belongs in its half.
    pub(crate) order: Order,
    /// Captured bytes of payload that readers may want.
    pub(crate) length: u32,
    /// Where they are in the capture.
    pub(crate) at: PayloadAt,
    /// The bytes, while they are needed or where they cannot be fetched again.
    pub(crate) bytes: Option<Box<[u8]>>,
}

impl Listed {
    /// Bytes that are kept where others would be fetched again: no more than being listed takes itself.
    pub(super) const SMALL: u32 = size_of::<Self>() as u32;

    /// What is at hand of its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(&[])
    }

    /// Itself as a payload to be read.
    pub(crate) fn payload(&self) -> Payload<'_> {
        Payload { order: self.order, bytes: self.bytes(), length: self.length, at: self.at }
    }
}

/// Where a payload stands in the capture.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct PayloadAt {
    /// The packet that brought it.
    #[serde(with = "crate::state::packet_ref")]
    pub(crate) packet: PacketRef,
    /// Bytes of the packet before the payload; none where the payload is not in it as it stands.
    pub(crate) skip: Option<u32>,
    /// Stamp of that packet.
    pub(crate) time: i64,
}

impl PayloadAt {
    /// A payload inside a frame, or one that was put together, which `packet` completed.
    pub(crate) fn of(bytes: &[u8], frame: Option<&[u8]>, packet: PacketRef, time: i64) -> Self {
        let before = |frame: &[u8]| {
            (bytes.as_ptr() as usize).wrapping_sub(frame.as_ptr() as usize).min(frame.len()) as u32
        };
        Self { packet, skip: frame.map(before), time }
    }
}

/// A payload to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload<'a> {
    /// Where it belongs in its half.
    pub(crate) order: Order,
    pub(crate) bytes: &'a [u8],
    /// Captured bytes, which is more than `bytes` has where those are no longer needed.
    pub(crate) length: u32,
    /// Where they are in the capture.
    pub(crate) at: PayloadAt,
}

impl Payload<'_> {
    /// Itself as it is listed, with its bytes where they are `needed`, cannot be fetched again, or are so few that
    /// fetching would cost more.
    pub(super) fn listed(&self, needed: bool) -> Listed {
        let small = self.length <= Listed::SMALL && self.bytes.len() == self.length as usize;
        let keep = needed || self.at.skip.is_none() || small;
        let bytes = keep.then(|| self.bytes.into());
        Listed { order: self.order, length: self.length, at: self.at, bytes }
    }
}

/// Opens captured bytes again.
pub trait Fetch: Sync {
    /// Replaces `out` by the `length` bytes at `offset` of the input that chunk `chunk` is of; false where that
    /// cannot be done.
    fn fetch(&self, chunk: u32, offset: u64, length: usize, out: &mut Vec<u8>) -> bool;
}

/// Opens nothing: a summary that was made to be saved holds its payloads.
impl Fetch for () {
    fn fetch(&self, _: u32, _: u64, _: usize, _: &mut Vec<u8>) -> bool {
        false
    }
}
