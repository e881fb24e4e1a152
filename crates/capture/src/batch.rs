//! Batches: up to 32 frames of one block, lent until the next is asked for.

use std::hint::cold_path;
use std::ops::Range;

use lenscap_wire::{Frame, LinkType, PacketRef, Timestamp};

/// Frames in a batch at most.
pub const BATCH: usize = 32;

/// Which way a packet went through the interface that captured it, as the record says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Direction {
    /// It is not said.
    #[default]
    Unknown,
    /// Received.
    Inbound,
    /// Sent.
    Outbound,
}

impl Direction {
    /// The two lowest bits of `epb_flags`.
    pub(crate) fn of_flags(flags: u32) -> Self {
        match flags & 3 {
            1 => Self::Inbound,
            2 => Self::Outbound,
            _ => Self::Unknown,
        }
    }
}

/// One record of a capture, its bytes named by their place in the block.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Record {
    /// When the packet was captured.
    pub time: Timestamp,
    /// What its bytes start with.
    pub link_type: LinkType,
    /// The interface, by its number in the section; 0 where the format knows one only.
    pub interface: u16,
    /// Which way it went.
    pub direction: Direction,
    /// Bytes of its record before the packet's own: a header of the format.
    pub header: u8,
    /// Length on the wire in bytes, never less than what was captured.
    pub wire_length: u32,
    /// Where its bytes begin in the block.
    pub start: u32,
    /// Where it stands in the capture.
    pub at: PacketRef,
}

/// Frames that lie in one block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    block: &'a [u8],
    records: &'a [Record],
}

impl<'a> Batch<'a> {
    /// The frames that `records` name in `block`. At most [`BATCH`] records.
    pub fn new(block: &'a [u8], records: &'a [Record]) -> Self {
        debug_assert!(records.len() <= BATCH);
        Self { block, records }
    }

    /// Some of its frames; those of the range that there are.
    #[must_use]
    pub fn part(self, range: Range<usize>) -> Self {
        let range = range.start.min(self.len())..range.end.min(self.len());
        Self { records: self.records.get(range).unwrap_or(&[]), ..self }
    }

    /// How many frames there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// What is known of the frames beside their bytes, in order.
    pub fn records(&self) -> &'a [Record] {
        self.records
    }

    /// Bytes that were captured of all frames.
    pub fn bytes(&self) -> u64 {
        self.records.iter().map(|record| u64::from(record.at.length)).sum()
    }

    /// The frames in order.
    #[inline]
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame<'a>> + use<'a> {
        let all = *self;
        self.records.iter().map(move |record| all.frame(record))
    }

    /// The frame of one of its records.
    #[inline]
    pub fn frame(&self, record: &Record) -> Frame<'a> {
        let start = record.start as usize;
        Frame {
            time: record.time,
            link_type: record.link_type,
            wire_length: record.wire_length,
            bytes: self.bytes_of(start..start + record.at.length as usize),
            at: record.at,
        }
    }

    /// Some bytes of the frame of one of its records, by their places in it; none where they lie beyond the block.
    #[inline]
    pub fn part_of(&self, record: &Record, (begin, end): (u32, u32)) -> &'a [u8] {
        let start = record.start as usize;
        self.bytes_of(start + begin as usize..start + end as usize)
    }

    #[inline]
    fn bytes_of(&self, range: Range<usize>) -> &'a [u8] {
        self.block.get(range).unwrap_or_else(|| {
            cold_path();
            &[]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_lie_where_their_records_say() {
        let at = |length| PacketRef { length, ..PacketRef::default() };
        let records = [
            Record { start: 1, at: at(2), ..Record::default() },
            Record { start: 3, at: at(9), ..Record::default() },
        ];
        let batch = Batch::new(&[1, 2, 3, 4], &records);
        let bytes: Vec<&[u8]> = batch.frames().map(|frame| frame.bytes).collect();
        // One that would reach beyond the block has no bytes.
        assert_eq!(bytes, [&[2, 3][..], &[]]);
        assert_eq!((batch.len(), batch.bytes(), batch.is_empty()), (2, 11, false));
        assert_eq!(
            [batch.part(1..9), batch.part(0..1), batch.part(5..9)].map(|part| part.bytes()),
            [9, 2, 0]
        );
    }

    #[test]
    fn directions_are_two_bits() {
        use Direction::{Inbound, Outbound, Unknown};
        let directions = [0, 1, 2, 3, 6].map(Direction::of_flags);
        assert_eq!(directions, [Unknown, Inbound, Outbound, Unknown, Outbound]);
    }
}
