//! What was read of one input: sums, times, and what was wrong.

use lenscap_wire::{PacketRef, Timestamp};
use std::collections::BTreeSet;

use crate::clock::{Clock, ClockStep};
use crate::drops::Drops;
use crate::problem::{Problem, ProblemKind};
use crate::record::{Oddity, Packet};
use crate::{ChunkId, Record};

/// Sums over the records of one chunk.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Of what.
    pub id: ChunkId,
    /// Packets read.
    pub records: u64,
    /// Packet numbers that Wireshark gives: those of the packets, of records that cannot be read, and of blocks of
    /// pcapng that hold no packet but count as one.
    pub numbers: u64,
    /// Bytes that were captured.
    pub bytes_captured: u64,
    /// Bytes that were on the wire; a record that claims fewer than it holds counts as what it holds.
    pub bytes_wire: u64,
    /// Earliest stamp.
    pub start: Option<Timestamp>,
    /// Latest stamp.
    pub end: Option<Timestamp>,
    /// When the clock stepped back.
    pub clock: Clock,
    /// Link types that the headers name.
    pub link_types: BTreeSet<u16>,
    /// Snap lengths that the headers name.
    pub snap_length: SnapLength,
    /// Packets that the input says were lost.
    pub drops: Drops,
    /// Whether the input ends, or stops making sense, inside a record.
    pub torn_tail: bool,
    /// What was wrong, the first [`Tally::PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many more there were.
    pub problems_more: u64,
}

/// The snap lengths of all interfaces of an input.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SnapLength {
    /// The longest in bytes, of those that are one.
    pub longest: Option<u32>,
    /// Whether some interface has none.
    pub unlimited: bool,
}

impl SnapLength {
    /// Adds that of an interface.
    pub(crate) fn add(&mut self, snap_length: Option<u32>) {
        self.longest = self.longest.max(snap_length);
        self.unlimited |= snap_length.is_none();
    }
}

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// In the block.
    pub(crate) start: usize,
    /// In the input.
    pub(crate) offset: u64,
}

impl Tally {
    /// Problems that are kept.
    pub const PROBLEMS: usize = 64;

    /// The tally of a chunk of which nothing was read.
    pub(crate) fn new(id: ChunkId) -> Self {
        Self { id, ..Self::default() }
    }

    /// Books a packet.
    #[inline]
    pub(crate) fn take(&mut self, packet: &Packet, at: Place) -> Record {
        if packet.lost > 0 || packet.oddity != Oddity::default() {
            self.book_oddities(packet, at.offset);
        }
        let Packet { time, link_type, lengths, header, .. } = *packet;
        let record = self.number();
        if record == u32::MAX {
            self.pass_last_number(at.offset);
        }
        self.records += 1;
        self.numbers += 1;
        self.bytes_captured += u64::from(lengths.captured);
        self.bytes_wire += u64::from(lengths.wire);
        self.start = Some(self.start.map_or(time, |start| start.min(time)));
        self.end = Some(self.end.map_or(time, |end| end.max(time)));
        let chunk = self.id.chunk;
        self.clock.take(time, || ClockStep { chunk, record, offset: at.offset, by: 0 });
        Record {
            time,
            link_type,
            interface: u16::try_from(packet.interface).unwrap_or(u16::MAX),
            direction: packet.direction,
            header,
            wire_length: lengths.wire,
            start: at.start as u32 + u32::from(header),
            at: PacketRef {
                chunk: self.id.chunk,
                record,
                offset: at.offset + u64::from(header),
                length: lengths.captured,
            },
        }
    }

    /// The number of the next record, from 0. References hold 32 bits: behind the last of them all have the same, and are told
    /// apart by their offsets.
    fn number(&self) -> u32 {
        u32::try_from(self.numbers).unwrap_or(u32::MAX)
    }

    /// Tells once that numbers end here.
    #[cold]
    fn pass_last_number(&mut self, offset: u64) {
        if self.numbers == u64::from(u32::MAX) {
            self.problem(true, offset, ProblemKind::Unnumbered);
        }
    }

    #[cold]
    fn book_oddities(&mut self, packet: &Packet, offset: u64) {
        self.drops.count(packet.lost);
        let kinds = [
            (packet.oddity.unknown_interface, ProblemKind::UnknownInterface { interface: packet.interface }),
            (packet.oddity.too_early, ProblemKind::TooEarly),
            (packet.oddity.too_late, ProblemKind::TooLate),
        ];
        for (_, kind) in kinds.into_iter().filter(|(is_so, _)| *is_so) {
            self.problem(true, offset, kind);
        }
    }

    /// Keeps a problem, or counts it where there are many. `of_record` tells whether it is about the next record.
    pub(crate) fn problem(&mut self, of_record: bool, offset: u64, kind: ProblemKind) {
        if self.problems.len() < Self::PROBLEMS {
            let record = of_record.then(|| self.number());
            self.problems.push(Problem { record, offset, kind });
        } else {
            self.problems_more += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Direction;
    use crate::record::Lengths;
    use lenscap_wire::LinkType;

    fn packet() -> Packet {
        Packet {
            time: Timestamp(7),
            stamped: true,
            link_type: LinkType::ETHERNET,
            lengths: Lengths::new(60, 64),
            header: 16,
            length: 80,
            interface: 70_000,
            direction: Direction::Inbound,
            lost: 0,
            oddity: Oddity::default(),
        }
    }

    #[test]
    fn a_packet_is_booked_with_its_number_and_place() {
        let mut tally = Tally { numbers: 5, ..Tally::new(ChunkId { input: 1, chunk: 9 }) };
        let record = tally.take(&packet(), Place { start: 100, offset: 1000 });
        assert_eq!((record.start, record.interface, record.wire_length), (116, u16::MAX, 64));
        assert_eq!(record.at, PacketRef { chunk: 9, record: 5, offset: 1016, length: 64 });
        assert_eq!((tally.records, tally.numbers, tally.bytes_wire), (1, 6, 64));
        assert!(tally.problems.is_empty());
    }

    #[test]
    fn what_is_odd_is_told_and_what_was_lost_counted() {
        let mut tally = Tally::default();
        let oddity = Oddity { unknown_interface: true, too_late: true, ..Oddity::default() };
        tally.take(&Packet { lost: 3, oddity, ..packet() }, Place { start: 0, offset: 40 });
        let kinds: Vec<_> = tally.problems.iter().map(|problem| problem.kind.clone()).collect();
        assert_eq!(kinds, [ProblemKind::UnknownInterface { interface: 70_000 }, ProblemKind::TooLate]);
        assert_eq!(tally.problems[0].record, Some(0));
        assert_eq!(tally.drops.counts().between, 3);
    }

    /// Packet 4,294,967,297 is not called packet 1.
    #[test]
    fn numbers_end_and_do_not_begin_again() {
        let mut tally = Tally { numbers: u64::from(u32::MAX) - 1, ..Tally::default() };
        let records: Vec<_> =
            (0..3).map(|n| tally.take(&packet(), Place { start: 0, offset: 100 * n }).at).collect();
        assert_eq!(
            records.iter().map(|at| at.record).collect::<Vec<_>>(),
            [u32::MAX - 1, u32::MAX, u32::MAX]
        );
        assert!(records[1] < records[2], "the offset tells them apart");
        let problems: Vec<_> = tally.problems.iter().map(|problem| (problem.offset, &problem.kind)).collect();
        assert_eq!(problems, [(100, &ProblemKind::Unnumbered)]);
    }

    #[test]
    fn of_many_problems_the_first_are_kept() {
        let mut tally = Tally::default();
        for n in 0..70 {
            tally.problem(false, n, ProblemKind::LengthsDiffer);
        }
        assert_eq!((tally.problems.len(), tally.problems_more), (64, 6));
    }

    #[test]
    fn no_limit_is_more_than_any() {
        let mut snap_length = SnapLength::default();
        snap_length.add(Some(96));
        assert_eq!(snap_length, SnapLength { longest: Some(96), unlimited: false });
        snap_length.add(None);
        assert_eq!(snap_length, SnapLength { longest: Some(96), unlimited: true });
    }
}
