//! Pieces travel: a capture is cut anywhere, each piece is folded on its own, saved, loaded, and joined to its neighbours
//! in any order. The report is the same to the byte, and what does not follow is refused.

mod common;

use common::rendered;
use lenscap_capture::{Capture, ChunkId, Next, Record, Source};
use lenscap_flow::{FoldError, Folding, Input, Limits, LoadError, NoJoint, Options, Piece, Refusal, scan};
use lenscap_testkit::{Interface, Ng, OwnedFrame, SECOND, SplitMix64, pcap, pcapng, random_traffic};
use std::num::NonZeroUsize;
use std::sync::Arc;

fn options(saved: bool) -> Options {
    let limits = Limits { idle: 300 * SECOND, memory: 1 << 30 };
    Options { threads: NonZeroUsize::MIN, limits, filter: None, from: None, to: None, saved }
}

fn saved(piece: &Piece) -> Vec<u8> {
    let mut bytes = Vec::new();
    piece.save(&mut bytes).expect("memory takes all");
    bytes
}

fn saved_and_loaded(piece: &Piece) -> Piece {
    Piece::load(&saved(piece)[..]).expect("what was saved can be loaded")
}

fn in_memory(bytes: Vec<u8>) -> Capture {
    Capture::new(Arc::new(bytes)).expect("it is a capture")
}

/// Where its records begin.
fn starts(capture: &Capture) -> Vec<u64> {
    let mut reader = capture.reader(ChunkId::default()).expect("it is a capture");
    let mut starts = Vec::new();
    while let Next::Batch(batch) = reader.next().expect("memory can be read") {
        let start = |record: &Record| record.at.offset - u64::from(record.header);
        starts.extend(batch.records().iter().map(start));
    }
    starts
}

/// A pcapng file whose second half is a section of its own, in the other byte order.
fn sections(frames: &[OwnedFrame]) -> Vec<u8> {
    let mut ng = Ng::new(false);
    let (one, other) = frames.split_at(frames.len() / 2);
    for (big_endian, frames) in [(false, one), (true, other)] {
        if big_endian {
            ng.section(true);
        }
        for link_type in [frames[0].link_type, lenscap_wire::LinkType(101)] {
            ng.interface(Interface { link_type, ..Interface::default() });
        }
        for frame in frames {
            ng.enhanced(0, frame);
        }
    }
    ng.finish()
}

/// How pieces were joined.
#[derive(Default)]
struct Joints {
    joined: u32,
    places: u32,
    refused: u32,
}

/// A capture in pieces that lie between neighbouring ends.
struct Pieces<'f> {
    folding: Folding<'f>,
    ends: Vec<u64>,
    /// Whether each is saved and loaded before it is joined.
    travel: bool,
}

impl Pieces<'_> {
    fn fold(&self, n: usize) -> Piece {
        let range = self.ends[n]..self.ends[n + 1];
        let piece = Piece::fold(&self.folding, n as u32, range).expect("memory can be read");
        if self.travel { saved_and_loaded(&piece) } else { piece }
    }

    /// Pieces `from..to`, joined in a random tree.
    fn tree(&self, from: usize, to: usize, random: &mut SplitMix64, joints: &mut Joints) -> Piece {
        if to - from == 1 {
            return self.fold(from);
        }
        let split = from + 1 + random.below((to - from - 1) as u64) as usize;
        let left = self.tree(from, split, random, joints);
        let right = self.tree(split, to, random, joints);
        let joined = if self.travel { left.then(right, &()) } else { left.then(right, self.folding.capture) };
        let mut left = match joined {
            Ok(whole) => {
                joints.joined += 1;
                return whole;
            }
            Err(unjoined) => {
                match unjoined.why {
                    NoJoint::Place => joints.places += 1,
                    NoJoint::Refused(_) => joints.refused += 1,
                    NoJoint::Number => panic!("numbers are in order"),
                }
                unjoined.left
            }
        };
        left.fold_on(&self.folding, split as u32, self.ends[to]).expect("memory can be read");
        left
    }
}

#[test]
fn pieces_in_any_tree_are_the_capture() {
    let mut joints = Joints::default();
    for seed in 0..12 {
        let mut random = SplitMix64::new(seed);
        let frames = random_traffic(seed, 1500);
        for bytes in [pcap(&frames), pcapng(&frames), sections(&frames)] {
            let folder = tempfile::tempdir().expect("a folder can be made");
            let path = folder.path().join("day.pcap");
            std::fs::write(&path, &bytes).expect("a temporary file can be written");
            let serial = scan(&[Input::File(path.clone())], &options(false), &()).expect("it can be read");
            let serial = rendered(&serial);
            let capture = in_memory(bytes);
            let starts = starts(&capture);
            for travel in [false, true] {
                let options = options(travel);
                let path = path.to_str().expect("it is text");
                let folding = Folding { capture: &capture, path, input: 0, options: &options, progress: &() };
                // Where records begin, where one is guessed, and where none does.
                let mut ends: Vec<u64> = (0..random.below(12))
                    .filter_map(|_| {
                        let at = starts[random.below(starts.len() as u64) as usize];
                        match random.below(4) {
                            0 => capture.guess(at + random.below(900)),
                            1 => Some(at + 4),
                            _ => Some(at),
                        }
                    })
                    .chain([capture.body(), capture.size()])
                    .collect();
                ends.sort_unstable();
                ends.dedup();
                let count = ends.len() - 1;
                let pieces = Pieces { folding, ends, travel };
                let whole = pieces.tree(0, count, &mut random, &mut joints);
                assert!(rendered(whole.summary()) == serial, "seed {seed}, {count} pieces, travel {travel}");
                assert!(rendered(saved_and_loaded(&whole).summary()) == serial || !travel, "saved again");
            }
        }
    }
    let Joints { joined, places, refused } = joints;
    println!("{joined} joined, {places} at no boundary, {refused} refused");
    assert!(joined > 4 * refused && joined > 150 && places > 20);
}

#[test]
fn what_does_not_follow_is_refused_and_both_come_back() {
    let capture = in_memory(pcapng(&random_traffic(5, 900)));
    let (starts, all) = (starts(&capture), options(true));
    let (a, b) = (starts[300], starts[600]);
    let folding = Folding { capture: &capture, path: "day.pcapng", input: 3, options: &all, progress: &() };
    let piece = |n, from, to| Piece::fold(&folding, n, from..to).expect("memory can be read");
    let refused = |left: Piece, right: Piece| {
        let before = (saved(&left), saved(&right));
        let unjoined = left.then(right, &()).expect_err("it does not follow");
        assert!((saved(&unjoined.left), saved(&unjoined.right)) == before, "both as they were");
        unjoined.why
    };
    let left = || piece(0, capture.body(), a);
    assert_eq!(refused(left(), piece(2, b, capture.size())), NoJoint::Place, "one is missing");
    assert_eq!(refused(left(), left()), NoJoint::Place, "the same twice");
    assert_eq!(refused(left(), piece(1, starts[299], b)), NoJoint::Place, "it overlaps");
    assert_eq!(refused(piece(1, a, b), left()), NoJoint::Place, "it stands before");
    assert_eq!(refused(left(), piece(0, a, b)), NoJoint::Number);
    let small = Options { limits: Limits { memory: 1 << 20, ..all.limits }, ..all.clone() };
    let other = Folding { options: &small, ..folding };
    let right = Piece::fold(&other, 1, a..b).expect("memory can be read");
    assert_eq!(refused(left(), right), NoJoint::Refused(Refusal::Beginning), "other limits");
    let whole = left().then(piece(1, a, b), &()).expect("it follows");
    assert_eq!(whole.summary().packets(), 600);
    assert_eq!((whole.begin().at, whole.end().at), (capture.body(), b));
}

#[test]
fn pieces_have_numbers_of_their_input() {
    let capture = in_memory(pcap(&random_traffic(5, 10)));
    let options = options(true);
    let folding = |input| Folding { capture: &capture, path: "", input, options: &options, progress: &() };
    let fold = |input, n| Piece::fold(&folding(input), n, capture.body()..capture.size());
    assert!(fold((1 << 20) - 1, (1 << 12) - 1).is_ok());
    for (input, number) in [(0, 1 << 12), (1 << 20, 0)] {
        assert!(matches!(fold(input, number), Err(FoldError::Number { .. })));
        let mut piece = fold(0, 0).expect("it can be numbered");
        let before = saved(&piece);
        assert!(piece.fold_on(&folding(input), number, capture.size()).is_err());
        assert!(saved(&piece) == before, "nothing has changed");
    }
}

#[test]
fn a_damaged_piece_is_refused() {
    let capture = in_memory(pcapng(&random_traffic(5, 60)));
    let options = options(true);
    let folding = Folding { capture: &capture, path: "", input: 0, options: &options, progress: &() };
    let good = saved(&Piece::fold(&folding, 0, capture.body()..capture.size()).expect("it can be read"));
    for cut in 0..good.len() {
        assert!(Piece::load(&good[..cut]).is_err(), "cut at {cut}");
    }
    assert!(matches!(Piece::load(&b"lenscap\x07"[..]), Err(LoadError::Magic)));
    let mut vast = good.clone();
    vast[8..12].fill(0xff);
    assert!(matches!(Piece::load(&vast[..]), Err(LoadError::Damaged(_))));
    // One that is loaded all the same can be folded on, and refuses what does not follow.
    let mut loaded = 0;
    let mut random = SplitMix64::new(1);
    for at in 0..good.len().min(400) {
        let mut bad = good.clone();
        bad[at] = random.below(256) as u8;
        if let Ok(mut piece) = Piece::load(&bad[..]) {
            loaded += 1;
            piece.fold_on(&folding, 9, capture.size()).expect("memory can be read");
        }
    }
    println!("{loaded} of 400 were loaded");
    assert!(loaded > 20);
}
