//! IP fragments put together again.
//!
//! A datagram is a packet once its last hole is filled: then its fragments count in its flow, one by one. Until
//! then they wait here. Datagrams wait for no clock: one is given up when a piece of the same key comes more than
//! [`PATIENCE`] later, when the budget is spent, or when the capture ends; its fragments then are a flow with
//! port 0. Overlapping fragments: the byte that came first wins, and the packet is flagged.
//!
//! A fragment that comes again belongs to its datagram (RFC 791), as where a mirror sees each packet twice. Datagrams
//! that became whole last are kept for that: their flow counts such a copy as a packet, and no payload of it.

pub(crate) mod portable;

use hashbrown::HashMap;
use lenscap_wire::{Address, Fragment, Hazards, Packet, PacketRef};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

use crate::key::{Key, Side};
use crate::path::PathId;
use crate::ranges::Ranges;
use crate::spell::Share;
use crate::torn::Torn;

/// Nanoseconds after which the next piece begins another datagram (RFC 8200 gives a datagram 60 s).
pub(crate) const PATIENCE: i64 = 60_000_000_000;

/// Nanoseconds after which the same bytes under the same identification are another datagram.
const REPEAT: i64 = 1_000_000_000;

/// Which datagram a fragment is of.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Whose {
    pub(crate) path: PathId,
    pub(crate) version: u8,
    pub(crate) protocol: u8,
    pub(crate) id: u32,
    pub(crate) source: Address,
    pub(crate) destination: Address,
}

/// A datagram on the way.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    /// The decoded head of the first fragment seen: link addresses, path, five-tuple without ports.
    pub(crate) head: Packet<'static>,
    pub(crate) path: PathId,
    /// Each fragment's share, in capture order.
    pub(crate) shares: Vec<Share>,
    /// What each fragment brought, in capture order.
    pieces: Vec<Piece>,
    filled: Ranges,
    length: Option<u32>,
    hazards: Hazards,
    /// Whether the addresses of all fragments are those that the transport's checksum covers.
    checkable: bool,
    cost: usize,
}

impl Piece {
    fn as_fragment(&self) -> Fragment<'_> {
        let Self { offset, length, more, checkable, ref bytes } = *self;
        Fragment { id: 0, offset, more, bytes, length, checkable }
    }
}

/// What one fragment brought.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Piece {
    offset: u32,
    /// Its length on the wire, of which `bytes` are what was captured.
    length: u32,
    /// Whether more follows after it.
    more: bool,
    /// Whether the datagram's checksum may be told from it.
    checkable: bool,
    bytes: Box<[u8]>,
}

/// A datagram that became whole, and the flow that it was booked to.
#[derive(Clone, Debug)]
struct Finished {
    whose: Whose,
    datagram: Datagram,
    key: Key,
    side: Side,
}

impl Finished {
    /// Time of its last piece.
    fn last(&self) -> i64 {
        self.datagram.shares.last().map_or(0, |share| share.time)
    }
}

/// What was seen of a datagram's pieces in a summary that may be appended to another.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct Met {
    /// Whether any of them was made use of, so that it would matter if pieces stood before it.
    used: bool,
    /// The earliest stamp of any of them.
    first: i64,
}

impl Datagram {
    /// How many of the last pieces are looked at for one that comes again: all of a datagram over Ethernet.
    const COPIES: usize = 64;
    const COST: usize = 512;
    const SHARE_COST: usize = 128;

    fn new(packet: &Packet<'_>, path: PathId) -> Self {
        let head = Packet {
            class: packet.class,
            macs: packet.macs,
            path: packet.path.clone(),
            version: packet.version,
            protocol: packet.protocol,
            source: packet.source,
            destination: packet.destination,
            ..Packet::default()
        };
        let (shares, pieces, filled) = (Vec::new(), Vec::new(), Ranges::default());
        Self {
            head,
            path,
            shares,
            pieces,
            filled,
            length: None,
            hazards: Hazards::NONE,
            checkable: true,
            cost: Self::COST,
        }
    }

    fn add(&mut self, share: Share, piece: Piece, hazards: Hazards) {
        let end = piece.offset.saturating_add(piece.length);
        if self.filled.add(i64::from(piece.offset), i64::from(end)) && !self.holds(&piece.as_fragment()) {
            self.hazards.insert(Hazards::OVERLAP);
        }
        if !piece.more && self.length.is_none() {
            self.length = Some(end);
        }
        self.hazards.insert(hazards);
        self.checkable &= piece.checkable;
        self.cost += piece.bytes.len() + Self::SHARE_COST;
        self.pieces.push(piece);
        self.shares.push(share);
    }

    /// Whether one of its last pieces is the same.
    fn holds(&self, fragment: &Fragment<'_>) -> bool {
        self.pieces.iter().rev().take(Self::COPIES).any(|piece| {
            (piece.offset, piece.length, piece.more) == (fragment.offset, fragment.length, fragment.more)
                && *piece.bytes == *fragment.bytes
        })
    }

    /// Whether a piece at this time is of another datagram with the same identification.
    fn is_given_up(&self, time: i64) -> bool {
        self.shares.last().is_some_and(|last| time.saturating_sub(last.time) > PATIENCE)
    }

    /// Its last piece so far.
    pub(crate) fn last(&self) -> Option<PacketRef> {
        self.shares.last().map(|share| share.at)
    }

    /// Itself with the pieces that came later; `None` where it is over before the last of them.
    fn with(&self, later: &Self) -> Option<Self> {
        let mut both = self.clone();
        for (share, piece) in later.shares.iter().zip(&later.pieces) {
            if both.is_whole() || both.is_given_up(share.time) {
                return None;
            }
            both.add(*share, piece.clone(), later.hazards);
        }
        Some(both)
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.length.is_some_and(|length| self.filled.covers(0, i64::from(length)))
    }

    /// Oddities of all its fragments.
    pub(crate) fn hazards(&self) -> Hazards {
        self.hazards
    }

    /// Whether the addresses are those that the transport's checksum covers.
    pub(crate) fn is_checkable(&self) -> bool {
        self.checkable
    }

    /// The bytes after the IP header up to the first that was not captured, and the length they should have.
    pub(crate) fn assemble(&self) -> (Vec<u8>, u32) {
        let length = self.length.unwrap_or(0);
        let mut whole = vec![0; length as usize];
        let mut captured = Ranges::default();
        for Piece { offset, bytes, .. } in self.pieces.iter().rev() {
            let offset = *offset as usize;
            let fits = bytes.len().min(whole.len().saturating_sub(offset));
            if let (Some(to), Some(from)) = (whole.get_mut(offset..offset + fits), bytes.get(..fits)) {
                to.copy_from_slice(from);
                captured.add(offset as i64, (offset + fits) as i64);
            }
        }
        let until = captured.iter().next().filter(|(start, _)| *start == 0).map_or(0, |(_, end)| end);
        whole.truncate(until as usize);
        (whole, length)
    }
}

/// What became of a fragment.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The datagram it completed.
    pub(crate) whole: Option<(Whose, Datagram)>,
    /// The flow of the whole datagram of which it is a copy.
    pub(crate) copy_of: Option<(Key, Side)>,
    /// Datagrams given up for it.
    pub(crate) given_up: Vec<Datagram>,
    /// How many of those because the budget was spent.
    pub(crate) over_budget: u64,
}

/// Every datagram that waits for pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragments {
    open: HashMap<Whose, Datagram>,
    /// The last that became whole, in that order.
    finished: VecDeque<Finished>,
    finished_cost: usize,
    /// Whose pieces were seen, kept in a summary that may be appended to another.
    met: Option<HashMap<Whose, Met>>,
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
    const MET_CAP: usize = 1 << 18;
    /// How many datagrams that became whole are kept, and what they may cost together.
    const FINISHED: usize = 32;
    const FINISHED_BUDGET: usize = 256 << 10;
    /// No piece ends behind this: the last offset of IPv4, and the longest packet after it.
    const END: u32 = 1 << 17;

    /// None yet; `appendable` where the summary may be appended to another.
    pub(crate) fn new(appendable: bool, memory: usize) -> Self {
        let budget = Self::BUDGET.max(memory / Self::PARTS);
        Self { met: appendable.then(HashMap::new), budget, ..Self::default() }
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
        let whose = Whose { path, version, protocol, id: fragment.id, source, destination };
        let mut outcome = Outcome::default();
        if let Some(met) = self.met.as_mut().filter(|met| met.len() < Self::MET_CAP) {
            let met = met.entry(whose).or_insert(Met { used: false, first: share.time });
            met.first = met.first.min(share.time);
        }
        if self.open.get(&whose).is_some_and(|datagram| datagram.is_given_up(share.time)) {
            outcome.given_up.extend(self.take(&whose));
        }
        if !self.open.contains_key(&whose)
            && let Some(finished) = self.copied(&whose, share.time, fragment)
        {
            outcome.copy_of = Some((finished.key, finished.side));
            return outcome;
        }
        let datagram = self.open.entry(whose).or_insert_with(|| Datagram::new(packet, path));
        let before = if datagram.shares.is_empty() { 0 } else { datagram.cost };
        let &Fragment { offset, length, more, checkable, bytes, .. } = fragment;
        datagram.add(share, Piece { offset, length, more, checkable, bytes: bytes.into() }, packet.hazards);
        self.cost += datagram.cost - before;
        if datagram.is_whole() {
            outcome.whole = self.take(&whose).map(|datagram| (whose, datagram));
        }
        self.peak = self.peak.max(self.cost);
        if self.cost > self.budget {
            self.give_up(&mut outcome);
        }
        outcome
    }

    /// The whole datagram of which a fragment is a copy.
    fn copied(&self, whose: &Whose, time: i64, fragment: &Fragment<'_>) -> Option<&Finished> {
        let finished = self.finished.iter().rev().find(|finished| finished.whose == *whose)?;
        let near = time.saturating_sub(finished.last()) <= REPEAT;
        (near && finished.datagram.holds(fragment)).then_some(finished)
    }

    /// Keeps a datagram that became whole and was booked to this flow, so that copies of its pieces find it.
    pub(crate) fn finish(&mut self, whose: Whose, datagram: Datagram, key: Key, side: Side) {
        self.finished_cost += datagram.cost;
        self.finished.push_back(Finished { whose, datagram, key, side });
        self.forget();
    }

    /// Forgets the oldest of the datagrams that became whole. What is kept is decided by the last of them alone, so that
    /// it is the same wherever a capture was cut.
    fn forget(&mut self) {
        while self.finished.len() > Self::FINISHED || self.finished_cost > Self::FINISHED_BUDGET {
            let Some(oldest) = self.finished.pop_front() else { return };
            self.finished_cost -= oldest.datagram.cost;
        }
    }

    /// Whether a piece on the right may be a copy of what became whole here.
    fn is_copied_in(&self, later: &HashMap<Whose, Met>, path: impl Fn(PathId) -> PathId) -> bool {
        let near = |(whose, met): (&Whose, &Met)| {
            let ours = Whose { path: path(whose.path), ..*whose };
            let finished = self.finished.iter().filter(|finished| finished.whose == ours);
            finished.into_iter().any(|finished| met.first.saturating_sub(finished.last()) <= REPEAT)
        };
        !self.finished.is_empty() && later.iter().any(near)
    }

    /// Gives up the oldest until a quarter of the budget is free, so that a flood does not sort at every packet.
    fn give_up(&mut self, outcome: &mut Outcome) {
        let mut oldest: Vec<_> =
            self.open.iter().map(|(w, d)| (d.shares.first().map(|s| s.at), *w)).collect();
        oldest.sort_unstable();
        for (_, whose) in oldest {
            if self.cost <= self.budget / 4 * 3 {
                return;
            }
            outcome.given_up.extend(self.take(&whose));
            outcome.over_budget += 1;
        }
    }

    fn remove(&mut self, whose: &Whose) -> Option<Datagram> {
        let datagram = self.open.remove(whose)?;
        self.cost -= datagram.cost;
        Some(datagram)
    }

    /// Takes a datagram out to make use of it.
    fn take(&mut self, whose: &Whose) -> Option<Datagram> {
        let datagram = self.remove(whose)?;
        if let Some(used) = self.met.as_mut().and_then(|met| met.get_mut(whose)) {
            used.used = true;
        }
        Some(datagram)
    }

    /// The datagrams of which pieces wait here and came in `later`, whose paths map to ours by `path`, put together.
    /// `None` where they do not join, or where both together could have reached the budget.
    pub(crate) fn torn(&self, later: &Self, path: impl Fn(PathId) -> PathId) -> Option<Vec<Torn>> {
        let Some(met) = &later.met else {
            return (self.open.is_empty() && self.finished.is_empty()).then(Vec::new);
        };
        let full = met.len() >= Self::MET_CAP && !(self.open.is_empty() && self.finished.is_empty());
        let near = self.cost.saturating_add(later.peak) > self.budget;
        if !met.is_empty() && (full || near) || self.is_copied_in(met, &path) {
            return None;
        }
        let mut torn = Vec::new();
        for (whose, Met { used, .. }) in met {
            let ours = Whose { path: path(whose.path), ..*whose };
            let Some(datagram) = self.open.get(&ours) else { continue };
            let rest = later.open.get(whose).filter(|_| !used)?;
            let datagram = datagram.with(rest)?;
            torn.push(Torn { ours, theirs: *whose, datagram, follower: None });
        }
        Some(torn)
    }

    /// Appends what `later` holds; `torn` is what [`Fragments::torn`] gave.
    pub(crate) fn join(&mut self, mut later: Self, torn: Vec<Torn>, path: impl Fn(PathId) -> PathId) {
        self.peak = self.peak.max(self.cost + later.peak);
        let whole = torn.iter().filter(|torn| torn.datagram.is_whole()).count();
        for Torn { ours, theirs, datagram, .. } in torn {
            later.remove(&theirs);
            if datagram.is_whole() {
                self.take(&ours);
            } else {
                self.remove(&ours);
                self.cost += datagram.cost;
                self.open.insert(ours, datagram);
            }
        }
        self.cost += later.cost;
        self.append_finished(later.finished, whole, &path);
        let ours = |whose: Whose| Whose { path: path(whose.path), ..whose };
        for (whose, datagram) in later.open {
            let path = path(datagram.path);
            self.open.insert(ours(whose), Datagram { path, ..datagram });
        }
        if let (Some(met), Some(theirs)) = (&mut self.met, later.met) {
            for (whose, theirs) in theirs {
                let whose = ours(whose);
                if let Some(known) = met.get_mut(&whose) {
                    known.used |= theirs.used;
                    known.first = known.first.min(theirs.first);
                } else if met.len() < Self::MET_CAP {
                    met.insert(whose, theirs);
                }
            }
        }
    }

    /// Appends what became whole on the right; the last `torn` of ours became so among them.
    fn append_finished(&mut self, later: VecDeque<Finished>, torn: usize, path: &impl Fn(PathId) -> PathId) {
        let mut both = self.finished.split_off(self.finished.len().saturating_sub(torn));
        both.extend(later.into_iter().map(|mut finished| {
            self.finished_cost += finished.datagram.cost;
            finished.whose.path = path(finished.whose.path);
            finished.key.path = path(finished.key.path);
            finished.datagram.path = path(finished.datagram.path);
            finished
        }));
        if torn > 0 {
            both.make_contiguous().sort_by_key(|finished| finished.datagram.last());
        }
        self.finished.append(&mut both);
        self.forget();
    }

    /// Changes every packet reference.
    pub(crate) fn packets(&mut self, change: impl Fn(&mut PacketRef)) {
        for datagram in self.open.values_mut() {
            datagram.shares.iter_mut().for_each(|share| change(&mut share.at));
        }
        for finished in &mut self.finished {
            finished.datagram.shares.iter_mut().for_each(|share| change(&mut share.at));
        }
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
mod tests {
    use super::*;

    fn share(n: u32, time: i64) -> Share {
        let at = PacketRef { record: n, ..PacketRef::default() };
        Share { time, wire: 1, bytes: 1, payload: 0, at }
    }

    fn piece(offset: u32, bytes: &[u8], more: bool) -> Fragment<'_> {
        Fragment { id: 7, offset, more, bytes, length: bytes.len() as u32, checkable: true }
    }

    fn add(all: &mut Fragments, n: u32, time: i64, fragment: &Fragment<'_>) -> Outcome {
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

    /// Adds two pieces that make a datagram, and books it.
    fn finish(all: &mut Fragments, n: u32, time: i64) {
        add(all, n, time, &piece(0, b"aaaaaaaa", true));
        let (whose, whole) = add(all, n + 1, time, &piece(8, b"c", false)).whole.unwrap();
        all.finish(whose, whole, Key { ports: [1, 2], ..Key::default() }, 1);
    }

    #[test]
    fn a_piece_that_comes_again_belongs_to_its_datagram() {
        let mut all = Fragments::new(false, 0);
        add(&mut all, 0, 0, &piece(0, b"aaaaaaaa", true));
        add(&mut all, 1, 0, &piece(0, b"aaaaaaaa", true));
        let (whose, whole) = add(&mut all, 2, 0, &piece(8, b"c", false)).whole.unwrap();
        assert_eq!((whole.shares.len(), whole.hazards()), (3, Hazards::NONE));
        let key = Key { ports: [1, 2], ..Key::default() };
        all.finish(whose, whole, key, 1);
        let again = add(&mut all, 3, REPEAT, &piece(8, b"c", false));
        assert_eq!((again.copy_of, all.waiting().len()), (Some((key, 1)), 0));
        // Neither is other bytes, nor the same so much later.
        assert!(add(&mut all, 4, REPEAT, &piece(8, b"d", false)).copy_of.is_none());
        let mut all = Fragments::new(false, 0);
        finish(&mut all, 0, 0);
        assert!(add(&mut all, 4, REPEAT + 1, &piece(8, b"c", false)).copy_of.is_none());
    }

    #[test]
    fn few_datagrams_are_kept_for_their_copies() {
        let mut all = Fragments::new(false, 0);
        (0..100).for_each(|n| finish(&mut all, 2 * n, i64::from(n) * 2 * REPEAT));
        assert_eq!(all.finished.len(), Fragments::FINISHED);
        let large = vec![0; 60_000];
        for n in 0..9 {
            let (whose, whole) =
                add(&mut all, n, 900 * REPEAT, &piece(0, &[&large[..], &[n as u8]].concat(), false))
                    .whole
                    .unwrap();
            all.finish(whose, whole, Key::default(), 0);
        }
        assert!(all.finished_cost <= Fragments::FINISHED_BUDGET && all.finished.len() == 4);
    }

    #[test]
    fn a_copy_behind_the_cut_is_refused() {
        let right_at = |time| {
            let mut right = Fragments::new(true, 0);
            add(&mut right, 2, time, &piece(8, b"c", false));
            right
        };
        let mut left = Fragments::new(true, 0);
        finish(&mut left, 0, 0);
        assert!(left.torn(&right_at(REPEAT), |path| path).is_none());
        assert!(left.torn(&right_at(REPEAT + 1), |path| path).is_some_and(|torn| torn.is_empty()));
        let mut other = Fragments::new(true, 0);
        finish(&mut other, 2, 2 * REPEAT);
        left.join(other, Vec::new(), |path| path);
        assert!(left.torn(&right_at(3 * REPEAT), |path| path).is_none());
        assert_eq!(left.finished.len(), 2);
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
        assert!(left.torn(&right, |path| path).is_some_and(|torn| torn.is_empty()));
        add(&mut right, 1, 0, &piece(16, b"c", false));
        let torn = left.torn(&right, |path| path).unwrap();
        assert_eq!((torn.len(), torn[0].datagram.is_whole()), (1, false));
        left.join(right, torn, |path| path);
        assert_eq!((left.waiting().len(), left.waiting()[0].shares.len()), (1, 2));
        let mut last = Fragments::new(true, 0);
        add(&mut last, 2, 0, &piece(8, b"bbbbbbbb", true));
        let torn = left.torn(&last, |path| path).unwrap();
        assert_eq!(
            (torn[0].datagram.is_whole(), torn[0].datagram.assemble()),
            (true, (b"aaaaaaaabbbbbbbbc".to_vec(), 17))
        );
        left.join(last, torn, |path| path);
        assert_eq!((left.waiting().len(), left.cost()), (0, 0));
    }

    #[test]
    fn a_datagram_that_the_cut_made_another_is_refused() {
        let (mut left, mut right) = (Fragments::new(true, 0), Fragments::new(true, 0));
        add(&mut left, 0, 0, &piece(0, b"aaaaaaaa", true));
        add(&mut right, 1, 0, &piece(0, b"aaaaaaaa", true));
        assert!(add(&mut right, 2, 0, &piece(8, b"c", false)).whole.is_some());
        assert!(left.torn(&right, |path| path).is_none());
        let mut late = Fragments::new(true, 0);
        add(&mut late, 1, PATIENCE + 1, &piece(8, b"c", false));
        assert!(left.torn(&late, |path| path).is_none());
    }
}
