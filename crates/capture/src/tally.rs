//! What was read of one input: sums, times, and what was wrong.

use lenscap_wire::{PacketRef, Timestamp};
use std::collections::BTreeSet;

use crate::Record;

/// Something wrong in an input.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Record it is about, from 0 in the chunk.
    pub record: Option<u32>,
    /// Byte offset in the file, or in the decompressed stream.
    pub offset: u64,
    /// What was wrong.
    pub what: String,
}

/// Sums over the records of one chunk.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// The input, by the caller's count.
    pub input: u32,
    /// The chunk, by the caller's count.
    pub chunk: u32,
    /// Records read.
    pub records: u64,
    /// Bytes that were captured.
    pub bytes_captured: u64,
    /// Bytes that were on the wire; a record that claims fewer than it holds counts as what it holds.
    pub bytes_wire: u64,
    /// Earliest stamp.
    pub start: Option<Timestamp>,
    /// Latest stamp.
    pub end: Option<Timestamp>,
    /// Link types that the headers name.
    pub link_types: BTreeSet<u16>,
    /// Longest snap length in bytes; 0 for none.
    pub snap_length: u32,
    /// Whether the input ends, or stops making sense, inside a record.
    pub torn_tail: bool,
    /// What was wrong, the first [`Tally::PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many more there were.
    pub problems_more: u64,
}

impl Tally {
    /// Problems that are kept.
    pub const PROBLEMS: usize = 64;

    /// Counts a record and says where it stands.
    #[inline]
    pub(crate) fn count(&mut self, time: Timestamp, wire_length: u32, length: u32, offset: u64) -> PacketRef {
        let record = self.records as u32;
        self.records += 1;
        self.bytes_captured += u64::from(length);
        self.bytes_wire += u64::from(wire_length);
        self.start = Some(self.start.map_or(time, |start| start.min(time)));
        self.end = Some(self.end.map_or(time, |end| end.max(time)));
        PacketRef { chunk: self.chunk, record, offset, length }
    }

    /// Keeps a problem, or counts it where there are many.
    pub(crate) fn problem(&mut self, record: bool, offset: u64, what: String) {
        if self.problems.len() < Self::PROBLEMS {
            let record = record.then_some(self.records as u32);
            self.problems.push(Problem { record, offset, what });
        } else {
            self.problems_more += 1;
        }
    }

    /// The stamp of a record, clamped to what can be reported; out of 1970 to 2262 is a problem.
    #[inline]
    pub(crate) fn clamp(&mut self, nanoseconds: i128, offset: u64) -> Timestamp {
        match i64::try_from(nanoseconds) {
            Ok(time) if time >= Timestamp::MIN.0 => Timestamp(time),
            _ => self.clamp_odd(nanoseconds, offset),
        }
    }

    #[cold]
    fn clamp_odd(&mut self, nanoseconds: i128, offset: u64) -> Timestamp {
        let (time, which) =
            if nanoseconds < 0 { (Timestamp::MIN, "before 1970") } else { (Timestamp::MAX, "after 2262") };
        self.problem(true, offset, format!("its time is {which} and was clamped"));
        time
    }
}

/// A record of the batch, from the parts that every format has.
#[inline]
pub(crate) fn record(
    tally: &mut Tally,
    (time, link_type): (Timestamp, lenscap_wire::LinkType),
    (wire_length, length): (u32, u32),
    (start, offset): (usize, u64),
) -> Record {
    let wire_length = wire_length.max(length);
    let at = tally.count(time, wire_length, length, offset);
    Record { time, link_type, wire_length, start: start as u32, at }
}
