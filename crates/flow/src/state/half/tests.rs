use super::*;
use proptest::prelude::*;

fn segment(sequence: u32, bytes: &[u8]) -> Payload<'_> {
    let order = Order::Segment { sequence, ordinal: 0, ends: false, wrong: false };
    Payload { order, bytes, length: bytes.len() as u32, at: PayloadAt::default() }
}

fn flagged(sequence: u32, bytes: &[u8], last: bool, bad: bool) -> Payload<'_> {
    let order = Order::Segment { sequence, ordinal: 0, ends: last, wrong: bad };
    Payload { order, ..segment(sequence, bytes) }
}

fn half(pieces: &[(u32, &[u8])], start: Option<u32>) -> Half {
    let mut half = Half::default();
    for &(sequence, bytes) in pieces {
        half.offer(&segment(sequence, bytes), start, false, true);
    }
    half
}

fn prefix(pieces: &[(u32, &[u8])], start: Option<u32>) -> Vec<u8> {
    let mut out = vec![9];
    half(pieces, start).prefix(true, false, &mut out);
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
    // Also where a copy that came later closes the hole in front of it.
    assert_eq!(prefix(&[(0, b"ab"), (4, b"ef"), (2, b"cdXY")], None), b"abcdef");
}

#[test]
fn a_half_ends_where_its_last_byte_was_seen() {
    let mut half = half(&[(10, b"ab"), (14, b"e")], None);
    half.offer(&flagged(15, b"", true, false), None, false, true);
    assert!(!half.prefix(true, false, &mut Vec::new()));
    half.offer(&segment(12, b"cd"), None, false, true);
    assert!(half.prefix(true, false, &mut Vec::new()));
}

#[test]
fn probes_and_repetitions_use_up_nothing() {
    let mut half = Half::default();
    for _ in 0..1000 {
        assert!(!half.offer(&segment(99, b"\0"), Some(100), false, true));
    }
    assert!(half.offer(&segment(100, b"ab"), Some(100), false, true));
    for _ in 0..1000 {
        assert!(!half.offer(&segment(100, b"ab"), Some(100), false, true));
    }
    assert_eq!((half.pieces.len(), half.count(), half.is_full()), (1, 2001, false));
    for _ in 0..3000 {
        half.offer(&segment(99, b"\0"), Some(100), false, true);
    }
    assert!(half.is_full() && !half.offer(&segment(102, b"cd"), Some(100), false, true));
}

#[test]
fn who_wants_more_than_the_window_is_asked_at_its_end() {
    let mut half = Half::default();
    half.offer(&segment(0, &[22; 1000]), Some(0), false, true);
    half.want(Reading::Undecided(60_000));
    for n in 1..33 {
        assert!(!half.is_worth_asking(), "at {n} segments");
        half.offer(&segment(n * 1000, &[22; 1000]), Some(0), false, true);
    }
    assert!(half.is_worth_asking() && !half.is_full());
}

#[test]
fn bytes_with_a_wrong_checksum_count_where_no_others_come() {
    let mut half = Half::default();
    half.offer(&flagged(0, b"decoy", false, true), Some(0), false, true);
    let mut out = Vec::new();
    half.prefix(true, false, &mut out);
    assert_eq!(out, b"");
    half.prefix(false, false, &mut out);
    assert_eq!(out, b"decoy");
    half.offer(&segment(0, b"true"), Some(0), false, true);
    half.prefix(true, false, &mut out);
    assert_eq!(out, b"true");
    half.prefix(true, true, &mut out);
    assert_eq!(out, b"truey");
}

#[test]
fn a_list_says_what_it_passed_over() {
    let ours = half(&[(101_000, b"ab")], None);
    let mut theirs = Half::default();
    theirs.offer(&segment(102_000, b"cd"), None, true, true);
    assert!(!ours.may_miss(None, &theirs, true));
    theirs.offer(&segment(102_000 + Half::WINDOW as u32, b"ef"), None, true, true);
    assert!(!ours.may_miss(None, &theirs, true));
    assert!(half(&[(103_000, b"ab")], None).may_miss(None, &theirs, false));
    theirs.offer(&segment(102_000 - Half::WINDOW as u32 - 1, b"ef"), None, true, true);
    assert!(ours.may_miss(None, &theirs, true) && !ours.may_miss(None, &theirs, false));
}

#[test]
fn a_restored_half_goes_on_as_it_was() {
    let whole = half(&[(0, b"ab"), (4, b"ef")], Some(0));
    let bytes = postcard::to_allocvec(&whole).unwrap();
    let mut restored = postcard::from_bytes::<Half>(&bytes).unwrap().restored().unwrap();
    assert_eq!(restored.length(), whole.length());
    assert!(!restored.offer(&segment(4, b"ef"), Some(0), false, true));
    assert!(restored.offer(&segment(2, b"cd"), Some(0), false, true));
    assert!(postcard::to_allocvec(&restored).unwrap().len() > bytes.len());
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
