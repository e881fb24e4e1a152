//! The first payloads of one half of a TCP flow: what stream readers decide on.
//!
//! A half is decided by a pure function of this list, taken in capture order and cut at the budget. While a half is
//! undecided its payloads are kept as bytes. A half whose beginning this chunk did not see is listed even when
//! decided, as references: [`Half::LISTED`] payloads, or the whole budget where the summary will be saved. Only where
//! the left half turns out undecided are the bytes fetched again from the capture.

use lenscap_wire::{
    Fact, PacketRef, Stream,
    readers::{self, Reading},
};
use serde::{Deserialize, Serialize};

/// One payload of a half.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Piece {
    /// Sequence number of its first byte.
    pub(crate) sequence: u32,
    /// Captured bytes of payload.
    pub(crate) length: u32,
    /// Where they are in the capture.
    pub(crate) at: PayloadAt,
    /// The bytes, while they are needed or where they cannot be fetched again.
    pub(crate) bytes: Option<Box<[u8]>>,
    /// Whether the sender said that nothing follows (FIN).
    pub(crate) ends: bool,
}

impl Piece {
    /// Bytes that are kept where others would be fetched again: no more than the piece itself takes.
    const SMALL: u32 = size_of::<Self>() as u32;
}

/// Where a payload stands in the capture.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct PayloadAt {
    /// The packet that brought it.
    #[serde(with = "crate::state::packet_ref")]
    pub(crate) packet: PacketRef,
    /// Bytes of the packet before the payload; none where the payload is not in it as it stands.
    pub(crate) skip: Option<u32>,
}

/// A payload to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload<'a> {
    /// Sequence number of its first byte.
    pub(crate) sequence: u32,
    pub(crate) bytes: &'a [u8],
    /// Captured bytes, which is more than `bytes` has where those are no longer needed.
    pub(crate) length: u32,
    /// Where they are in the capture.
    pub(crate) at: PayloadAt,
    /// Whether the sender said that nothing follows (FIN).
    pub(crate) ends: bool,
}

impl<'a> Payload<'a> {
    /// A payload inside a frame, or one that was put together, which `packet` completed.
    pub(crate) fn of(bytes: &'a [u8], sequence: u32, frame: Option<&[u8]>, packet: PacketRef) -> Self {
        let before = |frame: &[u8]| {
            (bytes.as_ptr() as usize).wrapping_sub(frame.as_ptr() as usize).min(frame.len()) as u32
        };
        let at = PayloadAt { packet, skip: frame.map(before) };
        Self { sequence, bytes, length: bytes.len() as u32, at, ends: false }
    }

    /// Itself as a piece of a half, with its bytes where they are `needed`, cannot be fetched again, or are so few that
    /// fetching would cost more.
    pub(crate) fn piece(&self, needed: bool) -> Piece {
        let small = self.length <= Piece::SMALL && self.bytes.len() == self.length as usize;
        let keep = needed || self.at.skip.is_none() || small;
        let bytes = keep.then(|| self.bytes.into());
        Piece { sequence: self.sequence, length: self.length, at: self.at, bytes, ends: self.ends }
    }
}

/// Opens captured bytes again.
pub trait Fetch: Sync {
    /// Replaces `out` by the `length` bytes at `offset` of the input that chunk `chunk` is of; false where that
    /// cannot be done.
    fn fetch(&self, chunk: u32, offset: u64, length: usize, out: &mut Vec<u8>) -> bool;
}

/// The first payloads of a half, in capture order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Half {
    pub(crate) pieces: Vec<Piece>,
    length: u32,
}

impl Half {
    /// Payload packets that are looked at.
    pub(crate) const PACKETS: usize = 24;
    /// Payload bytes that are looked at; the piece that passes them is the last.
    pub(crate) const BYTES: u32 = 32 << 10;

    /// Payload packets of a decided half that are listed for a left-hand half that may still be undecided: few halves
    /// take more. Where one does, the chunk is folded again.
    pub(crate) const LISTED: usize = 8;

    /// Whether nothing is listed.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether the budget is spent.
    pub(crate) fn is_full(&self) -> bool {
        self.pieces.len() >= Self::PACKETS || self.length >= Self::BYTES
    }

    /// Adds a payload. The caller has seen that the budget is not spent.
    pub(crate) fn push(&mut self, piece: Piece) {
        self.length = self.length.saturating_add(piece.length);
        if self.pieces.is_empty() {
            // Most halves that are not decided by one piece are by two.
            self.pieces.reserve_exact(2);
        }
        self.pieces.push(piece);
    }

    /// Brings all bytes to hand.
    pub(crate) fn fetch(&mut self, source: &dyn Fetch) -> Option<()> {
        for piece in self.pieces.iter_mut().filter(|piece| piece.bytes.is_none()) {
            let mut bytes = Vec::new();
            let PayloadAt { packet, skip } = piece.at;
            let offset = packet.offset + u64::from(skip?);
            if !source.fetch(packet.chunk, offset, piece.length as usize, &mut bytes) {
                return None;
            }
            piece.bytes = Some(bytes.into());
        }
        Some(())
    }

    /// Gives back the bytes that can be fetched again.
    pub(crate) fn forget_bytes(&mut self) {
        for piece in
            self.pieces.iter_mut().filter(|piece| piece.at.skip.is_some() && piece.length > Piece::SMALL)
        {
            piece.bytes = None;
        }
    }

    /// The bytes from `start` (the first piece's sequence number where unknown) up to the first hole, in sequence
    /// order, the first copy of each byte. Returns whether the sender said that nothing follows them.
    pub(crate) fn prefix(&self, start: Option<u32>, out: &mut Vec<u8>) -> bool {
        out.clear();
        let Some(first) = self.pieces.first() else { return false };
        let start = start.unwrap_or(first.sequence);
        let at = |piece: &Piece| i64::from(piece.sequence.wrapping_sub(start) as i32);
        let mut used = [false; Self::PACKETS];
        loop {
            let have = out.len() as i64;
            let mut grew = false;
            for (piece, used) in self.pieces.iter().zip(&mut used) {
                let bytes = piece.bytes.as_deref().unwrap_or(&[]);
                let skip = out.len() as i64 - at(piece);
                if *used || skip < 0 {
                    continue;
                }
                *used = true;
                out.extend_from_slice(bytes.get(skip as usize..).unwrap_or(&[]));
                grew |= out.len() as i64 > have;
            }
            if !grew {
                let end = out.len() as i64;
                return self
                    .pieces
                    .iter()
                    .any(|piece| piece.ends && at(piece) + i64::from(piece.length) == end);
            }
        }
    }

    /// Whether these payloads after its own would bring a decision; their bytes are at hand.
    pub(crate) fn decides(&self, start: Option<u32>, later: &Self) -> bool {
        let (mut half, mut bytes) = (self.clone(), Vec::new());
        later.pieces.iter().any(|piece| {
            half.push(piece.clone());
            !half.read(start, &mut bytes, &mut |_| {}).is_undecided()
        })
    }

    /// What the stream readers say of the list so far; `bytes` is a buffer.
    pub(crate) fn read(
        &self,
        start: Option<u32>,
        bytes: &mut Vec<u8>,
        facts: &mut dyn FnMut(Fact<'_>),
    ) -> Reading {
        let ended = self.prefix(start, bytes) || self.is_full();
        readers::read_stream(&Stream { bytes, ended }, facts)
    }

    /// Bytes of payload that are listed.
    pub(crate) fn length(&self) -> usize {
        self.length as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn half(pieces: &[(u32, &[u8])]) -> Half {
        let mut half = Half::default();
        for &(sequence, bytes) in pieces {
            let (length, bytes) = (bytes.len() as u32, Some(bytes.into()));
            half.push(Piece { sequence, length, at: PayloadAt::default(), bytes, ends: false });
        }
        half
    }

    fn prefix(pieces: &[(u32, &[u8])], start: Option<u32>) -> Vec<u8> {
        let mut out = vec![9];
        half(pieces).prefix(start, &mut out);
        out
    }

    #[test]
    fn pieces_are_put_in_order_and_stop_at_a_hole() {
        assert_eq!(prefix(&[(5, b"fgh"), (0, b"abcde")], Some(0)), b"abcdefgh");
        assert_eq!(prefix(&[(0, b"ab"), (3, b"d")], None), b"ab");
        assert_eq!(prefix(&[(3, b"d")], Some(0)), b"");
        assert_eq!(prefix(&[], Some(0)), b"");
    }

    #[test]
    fn the_first_copy_of_a_byte_wins_and_numbers_wrap() {
        assert_eq!(prefix(&[(u32::MAX, b"abc"), (0, b"XYZ")], None), b"abcZ");
    }

    #[test]
    fn a_half_ends_where_its_last_byte_was_seen() {
        let mut half = half(&[(10, b"ab"), (14, b"e")]);
        half.push(Piece {
            sequence: 15,
            length: 0,
            at: PayloadAt::default(),
            bytes: Some([].into()),
            ends: true,
        });
        assert!(!half.prefix(None, &mut Vec::new()));
        half.push(Piece { sequence: 12, length: 2, bytes: Some((*b"cd").into()), ..half.pieces[0].clone() });
        assert!(half.prefix(None, &mut Vec::new()));
    }

    proptest! {
        #[test]
        fn any_order_gives_the_stream(cuts in prop::collection::btree_set(1usize..200, 0..20), seed in any::<u64>()) {
            let stream: Vec<u8> = (0..200u8).collect();
            let ends: Vec<_> = cuts.iter().copied().chain([200]).collect();
            let starts = std::iter::once(0).chain(cuts.iter().copied());
            let mut pieces: Vec<_> = starts.zip(ends).map(|(a, b)| (a as u32, &stream[a..b])).collect();
            let shift = (seed % pieces.len() as u64) as usize;
            pieces.rotate_left(shift);
            prop_assert_eq!(prefix(&pieces, Some(0)), stream);
        }
    }
}
