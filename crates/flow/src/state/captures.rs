//! What was read of each input, and in which chunks.

use lenscap_capture::{ChunkId, Clock, Drops};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Bits of a chunk's ordinal that count within its input; those above are the input's.
pub(crate) const CHUNK_BITS: u32 = 12;

/// Inputs and chunks of a summary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Captures {
    pub(crate) inputs: BTreeMap<u32, InputRecord>,
    /// Input of each chunk and how many packet numbers it has, by ordinal.
    pub(crate) chunks: BTreeMap<u32, (u32, u64)>,
}

/// One input, as far as it was read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct InputRecord {
    pub(crate) path: String,
    /// `pcap`, `pcapng`, or `live` for an interface; empty where it could not be read.
    pub(crate) format: String,
    pub(crate) compression: Option<String>,
    pub(crate) packets: u64,
    /// Packet numbers that Wireshark gives: packets, and what else counts as one.
    pub(crate) numbers: u64,
    pub(crate) bytes_captured: u64,
    pub(crate) bytes_wire: u64,
    pub(crate) start: Option<i64>,
    pub(crate) end: Option<i64>,
    /// When its clock stepped back.
    pub(crate) clock: Clock,
    pub(crate) link_types: BTreeSet<u16>,
    /// Longest snap length of an interface.
    pub(crate) snap_length: Option<u32>,
    /// Whether some interface has none.
    pub(crate) unlimited: bool,
    pub(crate) drops: Drops,
    pub(crate) torn_tail: bool,
    pub(crate) problems: Vec<Problem>,
    /// Problems beyond those that are listed.
    pub(crate) problems_more: u64,
    /// Link types that the filter does not fit, each with its first packet.
    pub(crate) misfits: BTreeMap<u16, Problem>,
}

/// Something that was wrong in an input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// The record it is about, by chunk and place in it.
    pub(crate) record: Option<(u32, u32)>,
    pub(crate) offset: u64,
    /// A word for it.
    pub(crate) kind: String,
    pub(crate) what: String,
}

impl Problem {
    /// One that is about no record.
    pub(crate) fn of_input(kind: &str, what: String) -> Self {
        Self { record: None, offset: 0, kind: kind.into(), what }
    }
}

impl InputRecord {
    /// Problems that are listed of an input.
    const PROBLEMS: usize = 64;
    /// Link types that are listed of those that a filter does not fit: the lowest, whatever order they came in.
    const MISFITS: usize = 64;

    /// Appends a later chunk of the same input.
    fn join(&mut self, later: Self) {
        if self.format.is_empty() {
            self.path = later.path;
            self.format = later.format;
            self.compression = later.compression;
        }
        self.packets += later.packets;
        self.numbers += later.numbers;
        self.bytes_captured += later.bytes_captured;
        self.bytes_wire += later.bytes_wire;
        self.start = self.start.into_iter().chain(later.start).min();
        self.end = self.end.into_iter().chain(later.end).max();
        self.clock.join(&later.clock);
        self.link_types.extend(later.link_types);
        self.snap_length = self.snap_length.max(later.snap_length);
        self.unlimited |= later.unlimited;
        self.drops.join(&later.drops);
        self.torn_tail |= later.torn_tail;
        self.problems_more += later.problems_more;
        for (link_type, problem) in later.misfits {
            self.misfits.entry(link_type).or_insert(problem);
        }
        while self.misfits.len() > Self::MISFITS {
            self.misfits.pop_last();
        }
        for problem in later.problems {
            if self.problems.len() < Self::PROBLEMS {
                self.problems.push(problem);
            } else {
                self.problems_more += 1;
            }
        }
    }
}

impl Captures {
    /// Books a chunk that has been read to its end.
    pub(crate) fn add(&mut self, ChunkId { input, chunk }: ChunkId, read: InputRecord) {
        let records = self.chunks.entry(chunk).or_insert((input, 0));
        records.1 += read.numbers;
        self.inputs.entry(input).or_default().join(read);
    }

    /// Whether all chunks have earlier ordinals than those of `later`.
    pub(crate) fn are_before(&self, later: &Self) -> bool {
        let ends = self.chunks.last_key_value().zip(later.chunks.first_key_value());
        ends.is_none_or(|((last, _), (first, _))| last < first)
    }

    /// Whether the last packet of any of our inputs was captured before the first one of those of `later`, but for what the
    /// queues of a network card mix up. Parts of which that is not so ran side by side, or a clock was set between them.
    pub(crate) fn ended_before(&self, later: &Self) -> bool {
        let ours = self.inputs.values().filter(|input| input.clock.first.is_some());
        let theirs = later.inputs.values().filter_map(|input| input.clock.first);
        let joint = ours.map(|input| input.clock.last).max().zip(theirs.map(|(_, time)| time).min());
        joint.is_none_or(|(last, first)| first >= last.saturating_sub(Clock::TOLERANCE))
    }

    /// Whether no input and no chunk is of both.
    pub(crate) fn are_apart(&self, other: &Self) -> bool {
        self.inputs.keys().all(|input| !other.inputs.contains_key(input))
            && self.chunks.keys().all(|chunk| !other.chunks.contains_key(chunk))
    }

    /// Appends a later part.
    pub(crate) fn join(&mut self, later: Self) {
        self.chunks.extend(later.chunks);
        for (input, read) in later.inputs {
            self.inputs.entry(input).or_default().join(read);
        }
    }

    /// The first input ordinal that is free.
    pub(crate) fn next_input(&self) -> u32 {
        self.inputs.last_key_value().map_or(0, |(input, _)| input + 1)
    }

    /// Gives every input and chunk a later ordinal.
    pub(crate) fn move_inputs(&mut self, by: u32) {
        self.inputs =
            std::mem::take(&mut self.inputs).into_iter().map(|(input, read)| (input + by, read)).collect();
        let chunk = |(chunk, (input, records)): (u32, (u32, u64))| {
            (chunk + (by << CHUNK_BITS), (input + by, records))
        };
        self.chunks = std::mem::take(&mut self.chunks).into_iter().map(chunk).collect();
        let problems = self
            .inputs
            .values_mut()
            .flat_map(|input| input.problems.iter_mut().chain(input.misfits.values_mut()));
        for (chunk, _) in problems.filter_map(|problem| problem.record.as_mut()) {
            *chunk += by << CHUNK_BITS;
        }
        for clock in self.inputs.values_mut().map(|input| &mut input.clock) {
            let first = clock.first.as_mut().map(|(at, _)| at);
            for at in first.into_iter().chain(clock.step.as_mut()) {
                at.chunk += by << CHUNK_BITS;
            }
        }
    }

    /// First and last stamp of all inputs.
    pub(crate) fn window(&self) -> Option<(i64, i64)> {
        let first = self.inputs.values().filter_map(|input| input.start).min()?;
        Some((first, self.inputs.values().filter_map(|input| input.end).max()?))
    }
}
