//! Blocks in both byte orders: whole, cut at every byte, too short, too long, and of every kind.

use super::*;
use crate::ChunkId;
use lenscap_testkit::{Interface as Described, Ng, OwnedFrame};

const ORDERS: [bool; 2] = [false, true];

fn frame() -> OwnedFrame {
    OwnedFrame::ethernet(Timestamp(5_000_000_007), vec![9; 61])
}

/// The bytes of one block, written in a section of this order with one interface.
fn block(big_endian: bool, write: impl Fn(&mut Ng)) -> Vec<u8> {
    let mut ng = Ng::new(big_endian);
    ng.interface(Described::default());
    let before = ng.clone().finish().len();
    write(&mut ng);
    ng.finish().split_off(before)
}

fn section(big_endian: bool) -> Vec<u8> {
    Ng::new(big_endian).finish()
}

/// A walk that has seen a section header and one interface, and what they told.
fn begun(big_endian: bool) -> (Pcapng, Tally) {
    let (mut walk, mut tally) = (Pcapng::default(), Tally::new(ChunkId::default()));
    walk.enter(&section(big_endian), 0, &mut tally);
    let interface = {
        let mut ng = Ng::new(big_endian);
        ng.interface(Described { snap_length: 262_144, ..Described::default() });
        ng.finish().split_off(28)
    };
    walk.enter(&interface, 28, &mut tally);
    (walk, tally)
}

fn word(big_endian: bool, value: u32) -> [u8; 4] {
    if big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
}

fn put(bytes: &mut [u8], at: usize, big_endian: bool, value: u32) {
    bytes[at..at + 4].copy_from_slice(&word(big_endian, value));
}

#[test]
fn every_block_is_asked_for_where_it_is_cut() {
    for big_endian in ORDERS {
        let (walk, _) = begun(big_endian);
        let interface = block(big_endian, |ng| {
            ng.interface(Described { offset: Some(1), ..Described::default() });
        });
        let blocks = [
            (section(big_endian), Parsed::Told(28)),
            (interface.clone(), Parsed::Told(interface.len())),
            (block(big_endian, |ng| ng.secrets(b"key")), Parsed::Skip { length: 24, numbered: false }),
            (block(big_endian, |ng| ng.block(9, &[b'x'; 32])), Parsed::Skip { length: 44, numbered: true }),
        ];
        for (block, whole) in blocks {
            for cut in 0..block.len() {
                let wanted = if cut < 12 { 12 } else { block.len() };
                assert_eq!(walk.step(&block[..cut]), Parsed::Need(wanted), "cut at {cut}");
            }
            assert_eq!(walk.step(&block), whole);
        }
    }
}

#[test]
fn packets_of_every_block_are_read_and_asked_for_where_they_are_cut() {
    for big_endian in ORDERS {
        let (mut walk, _) = begun(big_endian);
        walk.time = Some(Timestamp(3));
        let blocks = [
            (block(big_endian, |ng| ng.enhanced(0, &frame())), 28, true, 0),
            (block(big_endian, |ng| ng.obsolete(0, 3, &frame())), 28, true, 3),
            (block(big_endian, |ng| ng.obsolete(0, u16::MAX, &frame())), 28, true, 0),
            (block(big_endian, |ng| ng.simple(&frame())), 12, false, 0),
        ];
        for (block, header, stamped, lost) in blocks {
            for cut in 0..block.len() {
                let wanted = if cut < 12 { 12 } else { block.len() };
                assert_eq!(walk.step(&block[..cut]), Parsed::Need(wanted), "cut at {cut}");
            }
            let Parsed::Packet(packet) = walk.step(&block) else { panic!("it is a packet") };
            assert_eq!((packet.header, packet.length as usize), (header, block.len()));
            assert_eq!(packet.stamped, stamped);
            assert_eq!(packet.time, Timestamp(if stamped { 5_000_000_007 } else { 3 }));
            assert_eq!((packet.lengths, packet.lost), (Lengths { wire: 61, captured: 61 }, lost));
        }
    }
}

#[test]
fn options_of_a_packet_tell_direction_and_drops() {
    for big_endian in ORDERS {
        let (walk, _) = begun(big_endian);
        let short = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let count = if big_endian { 777_u64.to_be_bytes() } else { 777_u64.to_le_bytes() };
        let fields = [0, 0, 5000, 4, 60].map(|field| word(big_endian, field)).concat();
        let options = [&short(2)[..], &short(4), &word(big_endian, 2), &short(4), &short(8), &count].concat();
        let body = [fields, vec![1; 4], options].concat();
        let Parsed::Packet(packet) = walk.step(&block(big_endian, |ng| ng.block(6, &body))) else {
            panic!("it is a packet")
        };
        assert_eq!((packet.direction, packet.lost), (Direction::Outbound, 777));
        assert_eq!(packet.lengths, Lengths { wire: 60, captured: 4 });
    }
}

#[test]
fn blocks_too_short_for_their_kind_are_passed_over() {
    for big_endian in ORDERS {
        let (walk, _) = begun(big_endian);
        let kinds = [
            (kind::ENHANCED_PACKET, 16, BlockKind::Packet, true),
            (kind::OBSOLETE_PACKET, 16, BlockKind::Packet, true),
            (kind::SIMPLE_PACKET, 0, BlockKind::Packet, true),
            (kind::STATISTICS, 8, BlockKind::Statistics, false),
        ];
        for (kind, body, block_kind, numbered) in kinds {
            let length = body + 12;
            let problem = ProblemKind::TooShort { block: block_kind, length: length as u32 };
            let short = block(big_endian, |ng| ng.block(kind, &vec![0; body]));
            assert_eq!(walk.step(&short), Parsed::Bad { length, numbered, kind: problem });
        }
    }
}

#[test]
fn a_short_interface_block_is_told_and_keeps_its_number() {
    let (mut walk, mut tally) = begun(false);
    let short = block(false, |ng| ng.block(1, &[0; 4]));
    assert_eq!(walk.step(&short), Parsed::Told(16));
    walk.enter(&short, 50, &mut tally);
    let interface = block(false, |ng| {
        ng.interface(Described { link_type: lenscap_wire::LinkType(113), ..Described::default() });
    });
    walk.enter(&interface, 66, &mut tally);
    assert_eq!(walk.interfaces()[2].link_type.0, 113);
    let kind = ProblemKind::TooShort { block: BlockKind::Interface, length: 16 };
    assert_eq!((tally.problems.len(), &tally.problems[0].kind), (1, &kind));
}

#[test]
fn a_packet_that_claims_more_than_its_block_is_passed_over() {
    for big_endian in ORDERS {
        let (walk, _) = begun(big_endian);
        for (mut block, at) in [
            (block(big_endian, |ng| ng.enhanced(0, &frame())), at::PACKET_CAPTURED),
            (block(big_endian, |ng| ng.simple(&frame())), at::SIMPLE_ORIGINAL),
        ] {
            put(&mut block, at, big_endian, 65);
            let length = block.len();
            let kind = ProblemKind::Overrun { interface: 0, claim: 65, block: length as u32 };
            assert_eq!(walk.step(&block), Parsed::Bad { length, numbered: true, kind });
            put(&mut block, at, big_endian, 64);
            assert!(matches!(walk.step(&block), Parsed::Packet(_)), "padding is room, too");
        }
    }
}

#[test]
fn what_no_block_can_be_ends_the_walk() {
    let (walk, _) = begun(false);
    for length in [0, 8, 11, 13] {
        let mut bytes = block(false, |ng| ng.block(77, &[0; 8]));
        put(&mut bytes, 4, false, length);
        assert_eq!(walk.step(&bytes), Parsed::Malformed(ProblemKind::BlockLength { length }));
        assert!(!walk.is_plausible(&bytes));
    }
    let mut apart = block(false, |ng| ng.block(77, &[0; 8]));
    put(&mut apart, 16, false, 24);
    assert_eq!(walk.step(&apart), Parsed::Malformed(ProblemKind::LengthsDiffer));
    let mut section = section(false);
    section[8] = 0;
    assert_eq!(walk.step(&section), Parsed::Malformed(ProblemKind::ByteOrder));
}

#[test]
fn a_long_record_is_passed_over_whether_it_is_at_hand_or_not() {
    let (walk, _) = begun(false);
    let long = OwnedFrame::ethernet(Timestamp(0), vec![0; LEAST as usize + 1]);
    let block = block(false, |ng| ng.enhanced(0, &long));
    let kind = ProblemKind::TooLong { claim: LEAST + 1, limit: LEAST };
    let bad = Parsed::Bad { length: block.len(), numbered: true, kind };
    assert_eq!(walk.step(&block[..20]), Parsed::Need(28));
    assert_eq!(walk.step(&block[..28]), bad);
    assert_eq!(walk.step(&block), bad);
}

#[test]
fn what_holds_no_packet_may_have_any_length() {
    let (walk, _) = begun(false);
    let header = |kind: u32| [word(false, kind), word(false, 1 << 30), [0; 4]].concat();
    assert_eq!(walk.step(&header(9)), Parsed::Skip { length: 1 << 30, numbered: true });
    assert_eq!(walk.step(&header(10)), Parsed::Skip { length: 1 << 30, numbered: false });
    let kind = ProblemKind::BlockTooLong { length: 1 << 30, limit: LEAST };
    assert_eq!(walk.step(&header(1)), Parsed::Malformed(kind));
    let kind = ProblemKind::TooLong { claim: 1 << 30, limit: LEAST };
    assert_eq!(walk.step(&header(5)), Parsed::Bad { length: 1 << 30, numbered: false, kind });
}

#[test]
fn a_snap_length_of_0_is_none() {
    let (mut walk, mut tally) = begun(true);
    assert_eq!(tally.snap_length, crate::SnapLength { longest: Some(262_144), unlimited: false });
    let unlimited = block(true, |ng| {
        ng.interface(Described::default());
    });
    walk.enter(&unlimited, 0, &mut tally);
    assert!(tally.snap_length.unlimited);
    assert_eq!(walk.interfaces()[1].snap_length, None);
}

#[test]
fn statistics_tell_drops_by_layer() {
    for big_endian in ORDERS {
        let (mut walk, mut tally) = begun(big_endian);
        let short = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let long = |value: u64| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut body = [0, 0, 5].map(|field| word(big_endian, field)).concat();
        for (code, count) in [(4, 1000), (5, 777), (7, 33), (8, 190)] {
            body.extend([&short(code)[..], &short(8), &long(count)].concat());
        }
        let statistics = block(big_endian, |ng| ng.block(5, &body));
        assert_eq!(walk.step(&statistics), Parsed::Told(statistics.len()));
        walk.enter(&statistics, 90, &mut tally);
        let counts = crate::DropCounts { interface: 777, ring: 33, between: 0 };
        assert_eq!(tally.drops.counts(), counts);
    }
}

#[test]
fn a_packet_of_no_interface_is_odd_and_one_without_stamp_needs_one() {
    let (mut walk, _) = begun(false);
    let mut enhanced = block(false, |ng| ng.enhanced(0, &frame()));
    put(&mut enhanced, 8, false, 7);
    let Parsed::Packet(packet) = walk.step(&enhanced) else { panic!("it is a packet") };
    assert!(packet.oddity.unknown_interface && packet.interface == 7);
    assert_eq!(packet.link_type.0, u16::MAX);
    let Parsed::Packet(simple) = walk.step(&block(false, |ng| ng.simple(&frame()))) else {
        panic!("it is a packet")
    };
    walk.took(&simple);
    assert!(walk.time_needed());
}

#[test]
fn original_blocks_are_kept_within_bounds() {
    let (mut walk, mut tally) = begun(false);
    assert_eq!(walk.section().map(|block| block.len()), Some(28));
    let long = block(false, |ng| ng.block(1, &vec![0; 200 << 10]));
    for _ in 0..30 {
        walk.enter(&long, 0, &mut tally);
    }
    let kept = walk.interfaces().iter().filter(|interface| interface.block.is_some()).count();
    assert_eq!((walk.interfaces().len(), kept), (31, 1 + (KEPT / long.len())));
    assert!(walk.kept <= KEPT);
    walk.enter(&section(false), 0, &mut tally);
    assert_eq!((walk.kept, walk.interfaces().len()), (28, 0));
}
