//! Batches: up to 32 frames of one block, lent until the next is asked for.

use lenscap_wire::{Frame, LinkType, PacketRef, Timestamp};

/// Frames in a batch at most.
pub const BATCH: usize = 32;

/// One record of a capture, its bytes named by their place in the block.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Record {
    /// When the packet was captured.
    pub time: Timestamp,
    /// What its bytes start with.
    pub link_type: LinkType,
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

    /// How many frames there are; none at the end of a source.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether the source has ended.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bytes that were captured of all frames.
    pub fn bytes(&self) -> u64 {
        self.records.iter().map(|record| u64::from(record.at.length)).sum()
    }

    /// The frames in order.
    #[inline]
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame<'a>> + use<'a> {
        let block = self.block;
        self.records.iter().map(move |record| {
            let start = record.start as usize;
            Frame {
                time: record.time,
                link_type: record.link_type,
                wire_length: record.wire_length,
                bytes: block.get(start..start + record.at.length as usize).unwrap_or(&[]),
                at: record.at,
            }
        })
    }
}
