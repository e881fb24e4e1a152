//! From references into chunks to packet numbers as Wireshark counts them, and what is reported of each input.
//!
//! A chunk is folded without knowing how many packets stand before it: its third record may be packet 3 or packet
//! 70,003 of the file. Once all chunks are booked, each is given the number of its first packet.

use lenscap_capture::{Clock, ClockStep};
use lenscap_wire::{LinkType, PacketRef, Timestamp};
use std::collections::BTreeMap;

use crate::report::{CaptureRecord, PacketAt, ProblemRecord};
use crate::state::captures::{Captures, InputRecord, Problem};

/// Input and first packet number of each chunk, and the place of each input's record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbering {
    chunks: BTreeMap<u32, (u32, u64)>,
    inputs: BTreeMap<u32, u32>,
}

impl Numbering {
    /// Numbers the packets of every chunk, now that all chunks of each input are known.
    pub(crate) fn of(captures: &Captures) -> Self {
        let mut next: BTreeMap<u32, u64> = BTreeMap::new();
        let mut chunks = BTreeMap::new();
        for (&chunk, &(input, records)) in &captures.chunks {
            let first = next.entry(input).or_insert(1);
            chunks.insert(chunk, (input, *first));
            *first += records;
        }
        let inputs = captures.inputs.keys().copied().zip(0..).collect();
        Self { chunks, inputs }
    }

    /// Input and packet number of a reference.
    pub(crate) fn locate(&self, at: &PacketRef) -> PacketAt {
        let (input, first) = self.chunks.get(&at.chunk).copied().unwrap_or((0, 1));
        let input = self.inputs.get(&input).copied().unwrap_or(0);
        PacketAt { input, packet: first + u64::from(at.record), offset: at.offset, length: at.length }
    }
}

/// The report's record of each input.
pub(crate) fn records(captures: &Captures, numbering: &Numbering) -> Vec<CaptureRecord> {
    captures.inputs.values().map(|input| record(input, numbering)).collect()
}

/// Once for an input, however often its clock was set.
fn clock_step(input: &InputRecord, numbering: &Numbering) -> Option<ProblemRecord> {
    let Clock { steps, step, .. } = input.clock;
    let ClockStep { chunk, record, offset, by } = step?;
    let packet = numbering.locate(&PacketRef { chunk, record, ..PacketRef::default() }).packet;
    let more = match steps {
        0 | 1 => String::new(),
        2 => ", and once more".into(),
        steps => format!(", and {} times more", steps - 1),
    };
    let what = format!("time goes backward by {} s{more}", by / 1_000_000_000);
    Some(ProblemRecord { packet: Some(packet), offset, kind: "clock-step".into(), what })
}

fn record(input: &InputRecord, numbering: &Numbering) -> CaptureRecord {
    let problem = |problem: &Problem| ProblemRecord {
        packet: problem.record.map(|(chunk, record)| {
            numbering.locate(&PacketRef { chunk, record, ..PacketRef::default() }).packet
        }),
        offset: problem.offset,
        kind: problem.kind.clone(),
        what: problem.what.clone(),
    };
    let mut problems: Vec<_> = input.misfits.values().chain(&input.problems).map(problem).collect();
    problems.extend(clock_step(input, numbering));
    if input.problems_more > 0 {
        let what = format!("{} more problems", input.problems_more);
        problems.push(ProblemRecord { packet: None, offset: 0, kind: "more".into(), what });
    }
    let format = ["pcap", "pcapng", "live"].into_iter().find(|known| *known == input.format);
    CaptureRecord {
        path: input.path.clone(),
        sha256: None,
        format: format.unwrap_or(""),
        compression: ["gzip", "zstd"].into_iter().find(|known| Some(*known) == input.compression.as_deref()),
        link_types: input.link_types.iter().map(|&link| LinkType(link).to_string()).collect(),
        snap_length: input.snap_length.filter(|_| !input.unlimited),
        packets: input.packets,
        bytes_captured: input.bytes_captured,
        bytes_wire: input.bytes_wire,
        start: input.start.map(Timestamp),
        end: input.end.map(Timestamp),
        torn_tail: input.torn_tail,
        unfiltered: !input.misfits.is_empty(),
        drops: input.drops.counts(),
        problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_capture::ChunkId;

    #[test]
    fn a_clock_that_was_set_is_one_problem_however_often() {
        let at = |record, by| ClockStep { chunk: 4, record, offset: 900, by };
        let clock =
            Clock { first: Some((at(0, 0), 7)), last: 9, steps: 3, step: Some(at(41, 3_600_500_000_000)) };
        let mut captures = Captures::default();
        captures.add(ChunkId { input: 0, chunk: 3 }, InputRecord { numbers: 100, ..InputRecord::default() });
        captures.add(ChunkId { input: 0, chunk: 4 }, InputRecord { clock, ..InputRecord::default() });
        let records = records(&captures, &Numbering::of(&captures));
        let told: Vec<_> = records[0]
            .problems
            .iter()
            .map(|p| (p.packet, p.offset, p.kind.as_str(), p.what.as_str()))
            .collect();
        assert_eq!(told, [(Some(142), 900, "clock-step", "time goes backward by 3600 s, and 2 times more")]);
    }
}
