//! IP fragments put together again.
//!
//! A datagram is a packet once its last hole is filled: then its fragments count in its flow, one by one. Until
//! then they wait here. Datagrams wait for no clock: one is given up when a piece of the same key comes more than
//! [`PATIENCE`] later, when the budget is spent, or when the capture ends; its fragments then are a flow with
//! port 0. Overlapping fragments: the byte that came first wins, and the packet is flagged.
//!
//! A fragment that comes again belongs to its datagram (RFC 791), as where a mirror sees each packet twice. Datagrams
//! that became whole last are kept for that: their flow counts such a copy as a packet, and no payload of it.

mod datagram;
mod finished;
pub(crate) mod portable;

pub(crate) use datagram::Datagram;
use datagram::Part;
use finished::Recent;

use hashbrown::HashMap;
use lenscap_wire::{Address, Fragment, Packet, PacketRef};
use serde::{Deserialize, Serialize};

use crate::state::entry::Share;
use crate::state::key::{Key, Side};
use crate::state::path::PathId;

/// Nanoseconds after which the next piece begins another datagram (RFC 8200 gives a datagram 60 s).
pub(crate) const PATIENCE: i64 = 60_000_000_000;

/// Which datagram a fragment is of.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct DatagramKey {
    pub(crate) path: PathId,
    pub(crate) version: u8,
    pub(crate) protocol: u8,
    pub(crate) id: u32,
    pub(crate) source: Address,
    pub(crate) destination: Address,
}

/// What one side and another, later one call a datagram of which both have pieces, and it with all of them.
pub(crate) type Open = (DatagramKey, DatagramKey, Datagram);

/// What became of a fragment.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The datagram it completed.
    pub(crate) whole: Option<(DatagramKey, Datagram)>,
    /// The flow of the whole datagram of which it is a copy, and the side that sent it.
    pub(crate) copy_of: Option<(Key, Side)>,
    /// Datagrams given up for it.
    pub(crate) given_up: Vec<Datagram>,
    /// How many of those because the budget was spent.
    pub(crate) over_budget: u64,
}

/// What was seen of a datagram's pieces in a summary that may be appended to another.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Whether any of them was made use of, so that it would matter if pieces stood before it.
    used: bool,
    /// The earliest stamp of any of them, in nanoseconds.
    first: i64,
}

/// Every datagram that waits for pieces, and the last that had all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragments {
    open: HashMap<DatagramKey, Datagram>,
    finished: Recent,
    /// Whose pieces were seen, kept in a summary that may be appended to another.
    seen: Option<HashMap<DatagramKey, Seen>>,
    budget: usize,
    cost: usize,
    peak: usize,
}

impl Fragments {
    /// Bytes that may wait at least, with what each piece costs beside them.
    pub(crate) const BUDGET: usize = 8 << 20;
    /// Where there is more memory, so many parts of it.
    const PARTS: usize = 32;
    /// Datagrams that a chunk tells apart; past that it cannot be appended.
    const SEEN_CAP: usize = 1 << 18;
    /// No piece ends behind this: the last offset of IPv4, and the longest packet after it.
    const END: u32 = 1 << 17;

    /// None yet; `appendable` where the summary may be appended to another.
    pub(crate) fn new(appendable: bool, memory: usize) -> Self {
        let budget = Self::BUDGET.max(memory / Self::PARTS);
        Self { seen: appendable.then(HashMap::new), budget, ..Self::default() }
    }

    /// Takes in a fragment.
    pub(crate) fn add(
        &mut self,
        share: Share,
        packet: &Packet<'_>,
        path: PathId,
        fragment: &Fragment<'_>,
    ) -> Outcome {
        let (version, protocol) = (packet.version, packet.protocol);
        let (source, destination) = (packet.source, packet.destination);
        let key = DatagramKey { path, version, protocol, id: fragment.id, source, destination };
        let mut outcome = Outcome::default();
        if let Some(seen) = self.seen.as_mut().filter(|seen| seen.len() < Self::SEEN_CAP) {
            let seen = seen.entry(key).or_insert(Seen { used: false, first: share.time });
            seen.first = seen.first.min(share.time);
        }
        if self.open.get(&key).is_some_and(|datagram| datagram.is_given_up(share.time)) {
            outcome.given_up.extend(self.take(&key));
        }
        if !self.open.contains_key(&key) {
            outcome.copy_of = self.finished.copied(&key, share.time, fragment);
            if outcome.copy_of.is_some() {
                return outcome;
            }
        }
        let datagram = self.open.entry(key).or_insert_with(|| Datagram::new(packet, path));
        let before = if datagram.shares.is_empty() { 0 } else { datagram.cost };
        let &Fragment { offset, length, more, checkable, bytes, .. } = fragment;
        datagram.add(share, Part { offset, length, more, checkable, bytes: bytes.into() }, packet.hazards);
        self.cost += datagram.cost - before;
        if datagram.is_whole() {
            outcome.whole = self.take(&key).map(|datagram| (key, datagram));
        }
        self.peak = self.peak.max(self.cost);
        if self.cost > self.budget {
            self.give_up(&mut outcome);
        }
        outcome
    }

    /// Keeps a datagram that became whole and was booked to this flow, so that copies of its pieces find it.
    pub(crate) fn finish(&mut self, key: DatagramKey, datagram: Datagram, flow: Key, side: Side) {
        self.finished.keep(key, datagram, flow, side);
    }

    /// Gives up the oldest until a quarter of the budget is free, so that a flood does not sort at every packet.
    fn give_up(&mut self, outcome: &mut Outcome) {
        let mut oldest: Vec<_> =
            self.open.iter().map(|(w, d)| (d.shares.first().map(|s| s.at), *w)).collect();
        oldest.sort_unstable();
        for (_, key) in oldest {
            if self.cost <= self.budget / 4 * 3 {
                return;
            }
            outcome.given_up.extend(self.take(&key));
            outcome.over_budget += 1;
        }
    }

    fn remove(&mut self, key: &DatagramKey) -> Option<Datagram> {
        let datagram = self.open.remove(key)?;
        self.cost -= datagram.cost;
        Some(datagram)
    }

    /// Takes a datagram out to make use of it.
    fn take(&mut self, key: &DatagramKey) -> Option<Datagram> {
        let datagram = self.remove(key)?;
        if let Some(seen) = self.seen.as_mut().and_then(|seen| seen.get_mut(key)) {
            seen.used = true;
        }
        Some(datagram)
    }

    /// The datagrams of which pieces wait here and came in `later`, whose paths map to ours by `path`, put together.
    /// `None` where they do not join, or where both together could have reached the budget.
    pub(crate) fn split(&self, later: &Self, path: impl Fn(PathId) -> PathId) -> Option<Vec<Open>> {
        let nothing = self.open.is_empty() && self.finished.is_empty();
        let Some(seen) = &later.seen else { return nothing.then(Vec::new) };
        let full = seen.len() >= Self::SEEN_CAP && !nothing;
        let near = self.cost.saturating_add(later.peak) > self.budget;
        if !seen.is_empty() && (full || near) || self.finished.is_copied_in(seen, &path) {
            return None;
        }
        let mut split = Vec::new();
        for (key, Seen { used, .. }) in seen {
            let ours = DatagramKey { path: path(key.path), ..*key };
            let Some(datagram) = self.open.get(&ours) else { continue };
            let rest = later.open.get(key).filter(|_| !used)?;
            let datagram = datagram.with(rest)?;
            split.push((ours, *key, datagram));
        }
        Some(split)
    }

    /// Appends what `later` holds; `split` is what [`Fragments::split`] gave.
    pub(crate) fn join(
        &mut self,
        mut later: Self,
        split: impl IntoIterator<Item = Open>,
        path: impl Fn(PathId) -> PathId,
    ) {
        self.peak = self.peak.max(self.cost + later.peak);
        let mut whole = 0;
        for (ours, theirs, datagram) in split {
            later.remove(&theirs);
            if datagram.is_whole() {
                whole += 1;
                self.take(&ours);
            } else {
                self.remove(&ours);
                self.cost += datagram.cost;
                self.open.insert(ours, datagram);
            }
        }
        self.cost += later.cost;
        self.finished.append(later.finished, whole, &path);
        let ours = |key: DatagramKey| DatagramKey { path: path(key.path), ..key };
        for (key, datagram) in later.open {
            let path = path(datagram.path);
            self.open.insert(ours(key), Datagram { path, ..datagram });
        }
        if let (Some(seen), Some(theirs)) = (&mut self.seen, later.seen) {
            for (key, theirs) in theirs {
                let key = ours(key);
                if let Some(known) = seen.get_mut(&key) {
                    known.used |= theirs.used;
                    known.first = known.first.min(theirs.first);
                } else if seen.len() < Self::SEEN_CAP {
                    seen.insert(key, theirs);
                }
            }
        }
    }

    /// Whether no piece of a datagram has come that matters any more.
    pub(crate) fn is_untouched(&self) -> bool {
        self.open.is_empty() && self.finished.is_empty() && self.seen.as_ref().is_none_or(HashMap::is_empty)
    }

    /// Changes every packet reference.
    pub(crate) fn packets(&mut self, change: impl Fn(&mut PacketRef)) {
        for datagram in self.open.values_mut() {
            datagram.shares.iter_mut().for_each(|share| change(&mut share.at));
        }
        self.finished.packets(change);
    }

    /// Every datagram that still waits, by its first packet.
    pub(crate) fn waiting(&self) -> Vec<&Datagram> {
        let mut all: Vec<_> = self.open.values().collect();
        all.sort_by_key(|datagram| datagram.shares.first().map(|share| share.at));
        all
    }

    /// What waits, in the memory budget.
    #[cfg(test)]
    fn cost(&self) -> usize {
        self.cost
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use lenscap_wire::Hazards;

    fn share(n: u32, time: i64) -> Share {
        let at = PacketRef { record: n, ..PacketRef::default() };
        Share { time, wire: 1, bytes: 1, payload: 0, at }
    }

    pub(super) fn piece(offset: u32, bytes: &[u8], more: bool) -> Fragment<'_> {
        Fragment { id: 7, offset, more, bytes, length: bytes.len() as u32, checkable: true }
    }

    pub(super) fn add(all: &mut Fragments, n: u32, time: i64, fragment: &Fragment<'_>) -> Outcome {
        all.add(share(n, time), &Packet::default(), PathId::NONE, fragment)
    }

    #[test]
    fn pieces_in_any_order_make_the_datagram() {
        let mut all = Fragments::new(false, 0);
        assert!(add(&mut all, 0, 0, &piece(8, b"orld", false)).whole.is_none());
        let (_, whole) = add(&mut all, 1, 1, &piece(0, b"hello, w", true)).whole.unwrap();
        assert_eq!(whole.assemble(), (b"hello, world".to_vec(), 12));
        assert_eq!((whole.shares.len(), all.cost()), (2, 0));
    }

    #[test]
    fn the_first_copy_wins_and_is_flagged() {
        let mut all = Fragments::new(false, 0);
        add(&mut all, 0, 0, &piece(0, b"aaaaaaaa", true));
        add(&mut all, 1, 0, &piece(0, b"bbbbbbbb", true));
        let (_, whole) = add(&mut all, 2, 0, &piece(8, b"c", false)).whole.unwrap();
        assert_eq!(whole.assemble().0, b"aaaaaaaac");
        assert!(whole.hazards().contains(Hazards::OVERLAP));
    }

    #[test]
    fn a_late_piece_begins_another_datagram() {
        let mut all = Fragments::new(false, 0);
        add(&mut all, 0, 0, &piece(0, b"aaaaaaaa", true));
        let outcome = add(&mut all, 1, PATIENCE + 1, &piece(8, b"c", false));
        assert_eq!((outcome.given_up.len(), outcome.over_budget, all.waiting().len()), (1, 0, 1));
    }

    #[test]
    fn the_budget_gives_up_the_oldest() {
        let mut all = Fragments::new(false, 0);
        let bytes = vec![0; 60_000];
        let mut given_up = Vec::new();
        for id in 0..200 {
            let fragment = Fragment { id, ..piece(0, &bytes, true) };
            given_up.extend(add(&mut all, id, 0, &fragment).given_up);
        }
        assert!(all.cost() <= Fragments::BUDGET && !given_up.is_empty());
        assert!(given_up.is_sorted_by_key(|d| d.shares[0].at));
    }

    #[test]
    fn a_datagram_across_the_cut_is_put_together() {
        let (mut left, mut right) = (Fragments::new(true, 0), Fragments::new(true, 0));
        add(&mut left, 0, 0, &piece(0, b"aaaaaaaa", true));
        assert!(left.split(&right, |path| path).is_some_and(|split| split.is_empty()));
        add(&mut right, 1, 0, &piece(16, b"c", false));
        let split = left.split(&right, |path| path).unwrap();
        assert_eq!((split.len(), split[0].2.is_whole()), (1, false));
        left.join(right, split, |path| path);
        assert_eq!((left.waiting().len(), left.waiting()[0].shares.len()), (1, 2));
        let mut last = Fragments::new(true, 0);
        add(&mut last, 2, 0, &piece(8, b"bbbbbbbb", true));
        let split = left.split(&last, |path| path).unwrap();
        assert_eq!(
            (split[0].2.is_whole(), split[0].2.assemble()),
            (true, (b"aaaaaaaabbbbbbbbc".to_vec(), 17))
        );
        left.join(last, split, |path| path);
        assert_eq!((left.waiting().len(), left.cost()), (0, 0));
    }

    #[test]
    fn a_datagram_that_the_cut_made_another_is_refused() {
        let (mut left, mut right) = (Fragments::new(true, 0), Fragments::new(true, 0));
        add(&mut left, 0, 0, &piece(0, b"aaaaaaaa", true));
        add(&mut right, 1, 0, &piece(0, b"aaaaaaaa", true));
        assert!(add(&mut right, 2, 0, &piece(8, b"c", false)).whole.is_some());
        assert!(left.split(&right, |path| path).is_none());
        let mut late = Fragments::new(true, 0);
        add(&mut late, 1, PATIENCE + 1, &piece(8, b"c", false));
        assert!(left.split(&late, |path| path).is_none());
    }
}
