//! A capture that can be folded in pieces: cut anywhere, joined in any tree, and held against the fold of the whole.

use crate::common::rendered;
use lenscap_capture::{BATCH, Batch, Capture, ChunkId, Next, Record, Source};
use lenscap_flow::{Fetch, Limits, Refusal, Summary};
use lenscap_testkit::{Host, MORNING, OwnedFrame, Scenario, SplitMix64, random_traffic};
use lenscap_wire::{Frame, PacketRef};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

pub(crate) const IDLE: i64 = 300_000_000_000;
pub(crate) const ROOMY: Limits = Limits { idle: IDLE, memory: 1 << 30 };

/// The packets of a capture, where bytes can be fetched again.
pub(crate) struct Trace {
    pub(crate) name: String,
    pub(crate) limits: Limits,
    pub(crate) block: Vec<u8>,
    pub(crate) records: Vec<Record>,
}

impl Fetch for Trace {
    fn fetch(&self, _: u32, offset: u64, length: usize, out: &mut Vec<u8>) -> bool {
        let start = offset as usize;
        let Some(bytes) = self.block.get(start..start + length) else { return false };
        out.clear();
        out.extend_from_slice(bytes);
        true
    }
}

impl Trace {
    /// Offset 0 holds the file header in a real capture, so no payload stands there.
    pub(crate) fn empty(name: &str, limits: Limits) -> Self {
        Self { name: name.to_string(), limits, block: vec![0; 24], records: Vec::new() }
    }

    pub(crate) fn of_file(path: &Path) -> Self {
        let mut trace = Self::empty(&path.to_string_lossy(), ROOMY);
        let Ok(mut reader) = Capture::open(path).and_then(|capture| capture.reader(ChunkId::default()))
        else {
            return trace;
        };
        while let Ok(Next::Batch(batch)) = reader.next() {
            for frame in batch.frames() {
                let Frame { time, link_type, wire_length, bytes, .. } = frame;
                trace.push(&OwnedFrame { time, link_type, wire_length, bytes: bytes.to_vec() });
            }
        }
        trace
    }

    pub(crate) fn of_seed(seed: u64, count: usize, limits: Limits) -> Self {
        Self::of_frames(&format!("random_traffic({seed}, {count})"), limits, &random_traffic(seed, count))
    }

    pub(crate) fn of_frames(name: &str, limits: Limits, frames: &[OwnedFrame]) -> Self {
        let mut trace = Self::empty(name, limits);
        for frame in frames {
            trace.push(frame);
        }
        trace
    }

    /// Stations that look many names up again and again, and offer themselves by some.
    pub(crate) fn of_names(seed: u64, count: usize, limits: Limits) -> Self {
        let mut random = SplitMix64::new(seed);
        let mut s = Scenario::new(MORNING, seed);
        let resolver = s.outside("192.0.2.53");
        while s.frames.len() < count {
            let (host, n) = (1 + random.below(3), random.below(80));
            let station = Host::new(&format!("02:00:00:00:00:{host:02x}"), &format!("192.168.1.{host}"));
            let name = format!("host-{n}.example.com");
            let question = s.dns_query(station, resolver, &name);
            match random.below(6) {
                0 => s.dns_denied(&question),
                1 => {}
                2 => s.ssdp(station, &format!("Linux/3.0 UPnP/1.0 IPCamera/{n}")),
                _ => s.dns_answer(&question, &[], &[s.outside(&format!("192.0.2.{}", n / 4)).ip]),
            }
        }
        Self::of_frames(&format!("names({seed}, {count})"), limits, &s.frames)
    }

    pub(crate) fn push(&mut self, frame: &OwnedFrame) {
        let (start, record) = (self.block.len(), self.records.len() as u32);
        let at = PacketRef { chunk: 0, record, offset: start as u64, length: frame.bytes.len() as u32 };
        let OwnedFrame { time, link_type, wire_length, .. } = *frame;
        self.records.push(Record {
            time,
            link_type,
            wire_length,
            start: start as u32,
            at,
            ..Record::default()
        });
        self.block.extend_from_slice(&frame.bytes);
    }

    pub(crate) fn fold(&self, summary: &mut Summary, packets: Range<usize>) {
        for records in self.records[packets].chunks(BATCH) {
            summary.fold(&Batch::new(&self.block, records), |_| true);
        }
    }

    pub(crate) fn serial(&self) -> String {
        let mut whole = Summary::new(self.limits);
        self.fold(&mut whole, 0..self.records.len());
        rendered(&whole)
    }

    /// A piece on its own, made to be appended unless it is the beginning.
    pub(crate) fn piece(&self, packets: Range<usize>) -> Summary {
        let mut piece = match packets.start {
            0 => Summary::new(self.limits),
            _ => Summary::appendable(self.limits),
        };
        self.fold(&mut piece, packets);
        piece
    }

    /// The same, saved and loaded again.
    pub(crate) fn saved_piece(&self, packets: Range<usize>) -> Summary {
        let mut piece = Summary::saveable(self.limits);
        self.fold(&mut piece, packets);
        let mut saved = Vec::new();
        piece.save(&mut saved).expect("memory takes all");
        Summary::load(&saved[..]).expect("what was saved can be loaded")
    }

    /// Joins the pieces between neighbouring `ends` in a random tree; `saved` ones were saved and loaded again.
    pub(crate) fn tree(
        &self,
        ends: &[usize],
        saved: bool,
        random: &mut SplitMix64,
        joints: &mut Joints,
    ) -> Summary {
        let last = ends.len() - 1;
        if last == 1 {
            let packets = ends[0]..ends[1];
            return if saved { self.saved_piece(packets) } else { self.piece(packets) };
        }
        let split = 1 + random.below(last as u64 - 1) as usize;
        let left = self.tree(&ends[..=split], saved, random, joints);
        let right = self.tree(&ends[split..], saved, random, joints);
        self.join(left, right, ends[split]..ends[last], joints)
    }

    /// Appends `right`, the summary of `packets`, or folds those onto `left`.
    pub(crate) fn join(
        &self,
        left: Summary,
        right: Summary,
        packets: Range<usize>,
        joints: &mut Joints,
    ) -> Summary {
        match left.then(right, self) {
            Ok(whole) => {
                joints.count(None);
                whole
            }
            Err(refused) => {
                joints.count(Some(refused.why));
                let mut whole = refused.left;
                self.fold(&mut whole, packets);
                whole
            }
        }
    }

    /// Up to `count` cuts between the packets, ascending, with both ends.
    pub(crate) fn cuts(&self, count: u64, random: &mut SplitMix64) -> Vec<usize> {
        let packets = self.records.len();
        let mut ends = vec![0, packets];
        if packets > 1 {
            ends.extend((0..count).map(|_| 1 + random.below(packets as u64 - 1) as usize));
        }
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    /// Holds a random tree against the serial fold.
    pub(crate) fn check_tree(&self, serial: &str, seed: u64, joints: &mut Joints) {
        let mut random = SplitMix64::new(seed);
        let count = 1 + random.below(6);
        let ends = self.cuts(count, &mut random);
        if ends.len() > 2 {
            let saved = random.chance(25);
            let tree = self.tree(&ends, saved, &mut random, joints);
            let found = rendered(&tree);
            self.compare("the tree", serial, &found, seed, &ends);
            let all = 0..self.records.len();
            let whole = if saved { self.saved_piece(all) } else { self.piece(all) };
            assert!(
                whole.state() == tree.state(),
                "the state of {} differs: seed {seed}, cut at {ends:?}, saved {saved}",
                self.name
            );
        }
    }

    /// Holds `(a b) c` and `a (b c)`, none of which is the beginning, against the fold of all three. Returns whether
    /// `then` answered every time.
    pub(crate) fn check_associativity(&self, seed: u64) -> bool {
        let ends = self.cuts(3, &mut SplitMix64::new(seed));
        let &[_, from, b, c, to] = ends.as_slice() else { return false };
        let pieces = || [from..b, b..c, c..to].map(|packets| self.piece(packets));
        let ([a, b, c], [d, e, f]) = (pieces(), pieces());
        let left = a.then(b, self).and_then(|ab| ab.then(c, self));
        let right = e.then(f, self).and_then(|ef| d.then(ef, self));
        let (Ok(left), Ok(right)) = (left, right) else { return false };
        let serial = rendered(&self.piece(from..to));
        self.compare("(a b) c", &serial, &rendered(&left), seed, &ends);
        self.compare("a (b c)", &serial, &rendered(&right), seed, &ends);
        true
    }

    pub(crate) fn compare(&self, what: &str, wanted: &str, found: &str, seed: u64, ends: &[usize]) {
        if wanted == found {
            return;
        }
        let differs = wanted.lines().zip(found.lines()).find(|(wanted, found)| wanted != found);
        let (wanted, found) = differs.unwrap_or(("(one report has more lines)", ""));
        panic!(
            "{what} of {} differs: seed {seed}, cut at {ends:?}\n  want {wanted}\n found {found}",
            self.name
        );
    }

    /// Cuts in two at every place, and holds report and state of the joint against the whole.
    pub(crate) fn check_every_cut(&self, seed: u64, joints: &mut Joints) {
        let packets = self.records.len();
        let whole = self.piece(0..packets);
        let wanted = rendered(&whole);
        for at in 1..packets {
            let joint = self.join(self.piece(0..at), self.piece(at..packets), at..packets, joints);
            self.compare("the joint", &wanted, &rendered(&joint), seed, &[0, at, packets]);
            assert!(
                whole.state() == joint.state(),
                "the state of {} differs: seed {seed}, cut at {at}",
                self.name
            );
        }
    }
}

/// How joints went, by the reason of a refusal.
#[derive(Default)]
pub(crate) struct Joints(pub(crate) BTreeMap<Option<Refusal>, u64>);

impl Joints {
    pub(crate) fn count(&mut self, why: Option<Refusal>) {
        *self.0.entry(why).or_default() += 1;
    }

    pub(crate) fn all(&self) -> u64 {
        self.0.values().sum()
    }

    pub(crate) fn refused(&self) -> u64 {
        self.all() - self.0.get(&None).copied().unwrap_or_default()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (why, count) in &other.0 {
            *self.0.entry(*why).or_default() += count;
        }
    }

    /// A line of the table.
    pub(crate) fn line(&self, name: &str) -> String {
        let reasons = self.0.iter().filter_map(|(why, n)| why.map(|why| format!("  {why:?} {n}")));
        format!(
            "{name:42} {:6} joints {:5} refused{}",
            self.all(),
            self.refused(),
            reasons.collect::<String>()
        )
    }
}
