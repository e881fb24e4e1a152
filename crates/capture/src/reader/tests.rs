//! Whole walks: what is told once, what is passed over, where chunks begin.

use super::*;
use crate::ReadAt;
use crate::block::LIMIT;
use lenscap_testkit::{Classic, Interface, Ng, OwnedFrame, pcap};
use lenscap_wire::Timestamp;
use std::io;
use std::sync::Arc;

fn frames(count: usize) -> Vec<OwnedFrame> {
    (0..count).map(|n| OwnedFrame::ethernet(Timestamp(n as i64 * 1000), vec![n as u8; 60])).collect()
}

/// The same bytes as a file and as a pipe.
fn readers(bytes: &[u8]) -> [RecordReader; 2] {
    let file = Origin::Placed(Arc::new(bytes.to_vec()));
    let pipe = Origin::Stream(Box::new(io::Cursor::new(bytes.to_vec())));
    [file, pipe].map(|origin| RecordReader::open(origin, ChunkId::default()).unwrap())
}

fn numbers(reader: &mut RecordReader) -> Vec<u32> {
    let mut numbers = Vec::new();
    while reader.advance() {
        numbers.extend(reader.batch().records().iter().map(|record| record.at.record));
    }
    numbers
}

fn kinds(reader: &RecordReader) -> Vec<(Option<u32>, &'static str)> {
    reader.tally().problems.iter().map(|problem| (problem.record, problem.kind.name())).collect()
}

fn described() -> Ng {
    let mut ng = Ng::new(false);
    ng.interface(Interface { snap_length: 262_144, ..Interface::default() });
    ng
}

#[test]
fn what_is_wrong_is_told_once_wherever_the_batch_was_full() {
    for before in [31, 32, 33, 64, 65] {
        let mut ng = described();
        for frame in frames(before) {
            ng.enhanced(0, &frame);
        }
        let mut last = [0_u8; 24];
        last[..4].copy_from_slice(&7_u32.to_le_bytes());
        ng.block(6, &last);
        let mut bytes = ng.finish();
        bytes.extend([0xff; 16]);
        for mut reader in readers(&bytes) {
            assert_eq!(numbers(&mut reader).len(), before + 1);
            let n = before as u32;
            assert_eq!(kinds(&reader), [(Some(n), "unknown-interface"), (Some(n + 1), "block-length")]);
            assert!(reader.tally().torn_tail && reader.end().stopped);
        }
    }
}

#[test]
fn files_cut_anywhere_are_read_up_to_there() {
    let mut ng = described();
    for frame in frames(3) {
        ng.enhanced(0, &frame);
    }
    for bytes in [pcap(&frames(3)), ng.finish()] {
        let mut ends = Vec::new();
        let [mut whole, _] = readers(&bytes);
        while whole.advance() {
            let end = |record: &Record| {
                (record.at.offset + u64::from(record.at.length)).next_multiple_of(4) as usize
            };
            ends.extend(whole.batch().records().iter().map(end));
        }
        assert_eq!((whole.tally().torn_tail, ends.len()), (false, 3));
        for cut in 28..bytes.len() {
            for mut reader in readers(&bytes[..cut]) {
                let read = numbers(&mut reader).len();
                let format = reader.format();
                let trailer = if format == Format::Pcapng { 4 } else { 0 };
                assert_eq!(read, ends.iter().filter(|&&end| end + trailer <= cut).count(), "cut at {cut}");
                let boundary = reader.end().at as usize == cut;
                assert_eq!(reader.tally().torn_tail, !boundary, "cut at {cut}");
                assert_eq!(kinds(&reader).len(), usize::from(!boundary));
            }
        }
    }
}

/// A classic capture of `count` packets, of which one claims another length, and really has it.
fn with_long(count: usize, at: usize, length: usize) -> Vec<u8> {
    let mut frames = frames(count);
    frames[at].bytes = vec![7; length];
    Classic { snap_length: u32::MAX, ..Classic::default() }.write(&frames)
}

#[test]
fn a_record_over_the_limit_is_passed_over_and_takes_a_number() {
    let length = 300_000;
    let mut bytes = with_long(5, 2, length);
    bytes[16..20].copy_from_slice(&262_144_u32.to_le_bytes());
    for mut reader in readers(&bytes) {
        assert_eq!(numbers(&mut reader), [0, 1, 3, 4]);
        assert_eq!(kinds(&reader), [(Some(2), "too-long")]);
        let kind = ProblemKind::TooLong { claim: length as u32, limit: 262_144 };
        assert_eq!(reader.tally().problems[0].kind, kind);
        assert_eq!(reader.tally().problems[0].offset, 24 + 2 * 76);
        assert!(!reader.tally().torn_tail && reader.block.bytes().len() <= crate::BLOCK);
        assert_eq!((reader.tally().records, reader.tally().numbers), (4, 5));
    }
    // The same record, where the snap length allows it.
    for mut reader in readers(&with_long(5, 2, length)) {
        assert_eq!(numbers(&mut reader), [0, 1, 2, 3, 4]);
        assert!(reader.tally().problems.is_empty());
    }
}

#[test]
fn no_snap_length_makes_any_record_resident() {
    for mut reader in readers(&with_long(3, 1, (16 << 20) + 1)) {
        assert_eq!(numbers(&mut reader), [0, 2]);
        assert_eq!(kinds(&reader), [(Some(1), "too-long")]);
        assert!(reader.block.bytes().len() <= LIMIT);
    }
}

#[test]
fn where_no_record_follows_on_one_that_was_passed_over_reading_ends() {
    let mut bytes = with_long(4, 1, 300_000);
    bytes[16..20].copy_from_slice(&262_144_u32.to_le_bytes());
    // The claim is four bytes too long: what it leads to is no record.
    let claim = 24 + 76 + 8;
    bytes[claim..claim + 4].copy_from_slice(&300_006_u32.to_le_bytes());
    for mut reader in readers(&bytes) {
        assert_eq!(numbers(&mut reader), [0]);
        assert_eq!(kinds(&reader), [(Some(1), "too-long"), (Some(2), "no-record")]);
        assert!(reader.tally().torn_tail);
    }
    // The claim leads beyond the end.
    bytes[claim..claim + 4].copy_from_slice(&900_000_u32.to_le_bytes());
    for mut reader in readers(&bytes) {
        assert_eq!(numbers(&mut reader), [0]);
        let left = (bytes.len() - 24 - 76) as u64;
        let problem = &reader.tally().problems[0];
        assert_eq!(problem.kind, ProblemKind::Torn { claim: Some(900_016), left });
        assert_eq!((problem.record, problem.offset), (Some(1), 100));
    }
}

#[test]
fn numbers_are_those_of_wireshark() {
    let mut ng = described();
    let frames = frames(3);
    ng.enhanced(0, &frames[0]);
    ng.block(9, b"__REALTIME_TIMESTAMP=1\nMESSAGE=hi\n");
    ng.secrets(b"key");
    ng.enhanced(0, &frames[1]);
    ng.block(0xbad, &[1; 16]);
    // A journal entry of 300 kB, which no block holds.
    ng.block(9, &vec![b'x'; 300_000]);
    ng.simple(&frames[2]);
    for mut reader in readers(&ng.clone().finish()) {
        assert_eq!(numbers(&mut reader), [0, 2, 5]);
        assert_eq!((reader.tally().records, reader.tally().numbers), (3, 6));
        assert!(reader.tally().problems.is_empty());
        assert!(reader.block.bytes().len() <= crate::BLOCK);
    }
}

#[test]
fn a_batch_lies_in_one_section_with_one_list_of_interfaces() {
    let mut ng = described();
    let frame = &frames(1)[0];
    ng.enhanced(0, frame);
    ng.interface(Interface { link_type: lenscap_wire::LinkType(113), ..Interface::default() });
    ng.enhanced(1, frame);
    ng.section(true);
    ng.interface(Interface::default());
    ng.enhanced(0, frame);
    for mut reader in readers(&ng.clone().finish()) {
        let mut batches = Vec::new();
        while reader.advance() {
            let interfaces =
                reader.batch().records().iter().map(|record| record.interface).collect::<Vec<_>>();
            batches.push((interfaces, reader.walker().described()));
        }
        assert_eq!(batches, [(vec![0], 1), (vec![1], 2), (vec![0], 1)]);
    }
}

#[test]
fn a_chunk_whose_numbers_are_used_up_is_followed_by_another() {
    let mut ng = described();
    for frame in frames(100) {
        ng.enhanced(0, &frame);
        ng.block(9, &[b'x'; 32]);
    }
    let [mut reader, _] = readers(&ng.finish());
    reader.numbers = 70;
    let mut places = Vec::new();
    while reader.advance() {
        places.extend(reader.batch().records().iter().map(|record| (record.at.chunk, record.at.record)));
    }
    // Every other number is a packet's, and no chunk has more than 70.
    let wanted: Vec<_> = (0..200).step_by(2).map(|n| (n / 70, n % 70)).collect();
    assert_eq!(places, wanted);
    let tallies = reader.tallies();
    let sums: Vec<_> = tallies.iter().map(|tally| (tally.id.chunk, tally.records, tally.numbers)).collect();
    assert_eq!(sums, [(0, 35, 70), (1, 35, 70), (2, 30, 60)]);
}

/// A file to which others still write: its size is that of when it was opened.
struct Growing(Vec<u8>);

impl ReadAt for Growing {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(out, offset)
    }

    fn size(&self) -> u64 {
        30
    }
}

#[test]
fn a_file_that_grew_while_it_was_read_says_what_is_left() {
    let bytes = pcap(&frames(2));
    let cut = bytes.len() - 10;
    let origin = Origin::Placed(Arc::new(Growing(bytes[..cut].to_vec())));
    let mut reader = RecordReader::open(origin, ChunkId::default()).unwrap();
    assert_eq!(numbers(&mut reader), [0]);
    let torn = ProblemKind::Torn { claim: Some(76), left: 66 };
    assert_eq!(reader.tally().problems[0].kind, torn);
}

#[test]
fn a_walk_that_stopped_is_not_gone_on_with() {
    let mut bytes = pcap(&frames(3));
    bytes.truncate(bytes.len() - 1);
    let [mut reader, other] = readers(&bytes);
    numbers(&mut reader);
    let mut on = RecordReader::resume(other.block, &reader.end(), u64::MAX, ChunkId::default());
    assert!(!on.advance() && on.tally().problems.is_empty() && on.end().stopped);
}

#[test]
fn a_reader_ends_after_so_many_packets() {
    let capture = crate::Capture::new(Arc::new(pcap(&frames(100)))).unwrap();
    for (wanted, packets) in [(0, 0), (1, 1), (32, 32), (33, 33), (100, 100), (1000, 100)] {
        let mut reader = capture.reader(ChunkId::default()).unwrap().at_most(wanted);
        while reader.advance() {}
        assert_eq!((reader.tally().records, reader.tally().torn_tail), (packets, false));
    }
}
