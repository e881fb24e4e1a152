//! A frame that owns its bytes: what scenarios make and writers take.

use lenscap_wire::{Frame, LinkType, PacketRef, Timestamp};

/// One frame of a made-up capture.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnedFrame {
    /// When it was captured.
    pub time: Timestamp,
    /// What the bytes start with.
    pub link_type: LinkType,
    /// Length on the wire in bytes.
    pub wire_length: u32,
    /// What was captured; shorter than `wire_length` where a snap length cut it.
    pub bytes: Vec<u8>,
}

impl OwnedFrame {
    /// A whole Ethernet frame.
    pub fn ethernet(time: Timestamp, bytes: Vec<u8>) -> Self {
        Self { time, link_type: LinkType::ETHERNET, wire_length: bytes.len() as u32, bytes }
    }

    /// As it looks when so many routers have passed on the IPv4 packet in it.
    pub fn pass_on(&mut self, hops: u8) {
        let bytes = &mut self.bytes;
        assert_eq!(bytes[12..14], [8, 0], "no IPv4 in Ethernet");
        bytes[22] -= hops;
        // RFC 1624: what the header has less, its checksum has more.
        let sum = u32::from(u16::from_be_bytes([bytes[24], bytes[25]])) + (u32::from(hops) << 8);
        bytes[24..26].copy_from_slice(&((sum + (sum >> 16)) as u16).to_be_bytes());
    }

    /// The same frame with at most `snap_length` bytes kept.
    #[must_use]
    pub fn cut(mut self, snap_length: u32) -> Self {
        self.bytes.truncate(snap_length as usize);
        self
    }

    /// The borrowed view that the engine folds, standing at `at`.
    pub fn as_frame(&self, at: PacketRef) -> Frame<'_> {
        Frame {
            time: self.time,
            link_type: self.link_type,
            wire_length: self.wire_length,
            bytes: &self.bytes,
            at,
        }
    }
}
