//! IP fragments put together again.
//!
//! A datagram is a packet once its last hole is filled: then its fragments count in its flow, one by one. Until
//! then they wait here. Datagrams wait for no clock: one is given up when a piece of the same key comes more than
//! [`PATIENCE`] later, when the budget is spent, or when the capture ends; its fragments then are a flow with
//! port 0. Overlapping fragments: the byte that came first wins, and the packet is flagged.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Fragment, Hazards, Mac, Packet, PacketRef};
use serde::{Deserialize, Serialize};

use crate::path::PathId;
use crate::ranges::Ranges;
use crate::spell::Share;

/// Nanoseconds after which the next piece begins another datagram (RFC 8200 gives a datagram 60 s).
pub(crate) const PATIENCE: i64 = 60_000_000_000;

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
    pieces: Vec<(u32, Box<[u8]>)>,
    filled: Ranges,
    length: Option<u32>,
    hazards: Hazards,
    /// Whether the addresses of all fragments are those that the transport's checksum covers.
    checkable: bool,
    cost: usize,
}

impl Datagram {
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

    fn add(&mut self, share: Share, packet: &Packet<'_>, fragment: &Fragment<'_>) {
        let end = fragment.offset.saturating_add(fragment.length);
        if self.filled.add(i64::from(fragment.offset), i64::from(end)) {
            self.hazards.insert(Hazards::OVERLAP);
        }
        if !fragment.more && self.length.is_none() {
            self.length = Some(end);
        }
        self.hazards.insert(packet.hazards);
        self.checkable &= fragment.checkable;
        self.cost += fragment.bytes.len() + Self::SHARE_COST;
        self.pieces.push((fragment.offset, fragment.bytes.into()));
        self.shares.push(share);
    }

    fn is_whole(&self) -> bool {
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
        for (offset, bytes) in self.pieces.iter().rev() {
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
    pub(crate) whole: Option<Datagram>,
    /// Datagrams given up for it.
    pub(crate) given_up: Vec<Datagram>,
    /// How many of those because the budget was spent.
    pub(crate) over_budget: u64,
}

/// Every datagram that waits for pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragments {
    open: HashMap<Whose, Datagram>,
    /// Whose pieces were seen, kept in a summary that may be appended to another.
    met: Option<HashSet<Whose>>,
    cost: usize,
    peak: usize,
}

impl Fragments {
    /// Bytes that may wait, with what each piece costs beside them.
    pub(crate) const BUDGET: usize = 8 << 20;
    /// Datagrams that a chunk tells apart; past that it cannot be appended.
    const MET_CAP: usize = 1 << 16;

    /// None yet; `appendable` where the summary may be appended to another.
    pub(crate) fn new(appendable: bool) -> Self {
        Self { met: appendable.then(HashSet::new), ..Self::default() }
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
            met.insert(whose);
        }
        let late = |d: &Datagram| {
            d.shares.last().is_some_and(|last| share.time.saturating_sub(last.time) > PATIENCE)
        };
        if self.open.get(&whose).is_some_and(late) {
            outcome.given_up.extend(self.take(&whose));
        }
        let datagram = self.open.entry(whose).or_insert_with(|| Datagram::new(packet, path));
        let before = if datagram.shares.is_empty() { 0 } else { datagram.cost };
        datagram.add(share, packet, fragment);
        self.cost += datagram.cost - before;
        if datagram.is_whole() {
            outcome.whole = self.take(&whose);
        }
        self.peak = self.peak.max(self.cost);
        if self.cost > Self::BUDGET {
            self.give_up(&mut outcome);
        }
        outcome
    }

    /// Gives up the oldest until a quarter of the budget is free, so that a flood does not sort at every packet.
    fn give_up(&mut self, outcome: &mut Outcome) {
        let mut oldest: Vec<_> =
            self.open.iter().map(|(w, d)| (d.shares.first().map(|s| s.at), *w)).collect();
        oldest.sort_unstable();
        for (_, whose) in oldest {
            if self.cost <= Self::BUDGET / 4 * 3 {
                return;
            }
            outcome.given_up.extend(self.take(&whose));
            outcome.over_budget += 1;
        }
    }

    fn take(&mut self, whose: &Whose) -> Option<Datagram> {
        let datagram = self.open.remove(whose)?;
        self.cost -= datagram.cost;
        Some(datagram)
    }

    /// Whether `later`, whose paths map to ours by `paths`, may be appended: no datagram that waits here has a
    /// piece there, and both together never were near the budget.
    pub(crate) fn accepts(&self, later: &Self, path: impl Fn(PathId) -> PathId) -> bool {
        let Some(met) = &later.met else { return self.open.is_empty() && self.cost == 0 };
        if met.is_empty() {
            return true;
        }
        let full = met.len() >= Self::MET_CAP && !self.open.is_empty();
        let near = self.cost.saturating_add(later.peak) > Self::BUDGET;
        !full
            && !near
            && !met.iter().any(|whose| self.open.contains_key(&Whose { path: path(whose.path), ..*whose }))
    }

    /// Appends what `later` holds.
    pub(crate) fn join(&mut self, later: Self, path: impl Fn(PathId) -> PathId) {
        self.peak = self.peak.max(self.cost + later.peak);
        self.cost += later.cost;
        let ours = |whose: Whose| Whose { path: path(whose.path), ..whose };
        for (whose, datagram) in later.open {
            let path = path(datagram.path);
            self.open.insert(ours(whose), Datagram { path, ..datagram });
        }
        if let (Some(met), Some(theirs)) = (&mut self.met, later.met) {
            met.extend(theirs.into_iter().map(ours));
        }
    }

    /// Changes every packet reference.
    pub(crate) fn packets(&mut self, change: impl Fn(&mut PacketRef)) {
        for datagram in self.open.values_mut() {
            datagram.shares.iter_mut().for_each(|share| change(&mut share.at));
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

/// A waiting datagram and its key as plain records, for saving.
#[derive(Serialize, Deserialize)]
pub(crate) struct PortableDatagram {
    whose: PortableWhose,
    macs: Option<([u8; 6], [u8; 6])>,
    shares: Vec<Share>,
    pieces: Vec<(u32, Box<[u8]>)>,
    filled: Ranges,
    length: Option<u32>,
    hazards: u32,
    checkable: bool,
    cost: usize,
}

/// Path, version, protocol, identification, source and destination.
pub(crate) type PortableWhose = (PathId, u8, u8, u32, [u8; 16], [u8; 16]);

/// All that waits, whose pieces were met, cost and peak.
pub(crate) type PortableFragments = (Vec<PortableDatagram>, Option<Vec<PortableWhose>>, usize, usize);

fn portable(whose: &Whose) -> PortableWhose {
    (whose.path, whose.version, whose.protocol, whose.id, whose.source.0, whose.destination.0)
}

fn whose_of((path, version, protocol, id, source, destination): PortableWhose) -> Whose {
    Whose { path, version, protocol, id, source: Address(source), destination: Address(destination) }
}

impl Fragments {
    /// The saved form.
    pub(crate) fn portable(&self) -> PortableFragments {
        let datagram = |(whose, d): (&Whose, &Datagram)| PortableDatagram {
            whose: portable(whose),
            macs: d.head.macs.map(|(source, destination)| (source.0, destination.0)),
            shares: d.shares.clone(),
            pieces: d.pieces.clone(),
            filled: d.filled.clone(),
            length: d.length,
            hazards: d.hazards.0,
            checkable: d.checkable,
            cost: d.cost,
        };
        let mut open: Vec<_> = self.open.iter().collect();
        open.sort_by_key(|(whose, _)| **whose);
        let met = self.met.as_ref().map(|met| {
            let mut met: Vec<_> = met.iter().map(portable).collect();
            met.sort_unstable();
            met
        });
        (open.into_iter().map(datagram).collect(), met, self.cost, self.peak)
    }

    /// The opposite of [`Fragments::portable`].
    pub(crate) fn from_portable((open, met, cost, peak): PortableFragments) -> Self {
        let datagram = |d: PortableDatagram| {
            let whose = whose_of(d.whose);
            let head = Packet {
                macs: d.macs.map(|(source, destination)| (Mac(source), Mac(destination))),
                version: whose.version,
                protocol: whose.protocol,
                source: whose.source,
                destination: whose.destination,
                ..Packet::default()
            };
            let PortableDatagram { shares, pieces, filled, length, checkable, cost, .. } = d;
            let (path, hazards) = (whose.path, Hazards(d.hazards));
            (whose, Datagram { head, path, shares, pieces, filled, length, hazards, checkable, cost })
        };
        let met = met.map(|met| met.into_iter().map(whose_of).collect());
        Self { open: open.into_iter().map(datagram).collect(), met, cost, peak }
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
        let mut all = Fragments::new(false);
        assert!(add(&mut all, 0, 0, &piece(8, b"orld", false)).whole.is_none());
        let whole = add(&mut all, 1, 1, &piece(0, b"hello, w", true)).whole.unwrap();
        assert_eq!(whole.assemble(), (b"hello, world".to_vec(), 12));
        assert_eq!((whole.shares.len(), all.cost()), (2, 0));
    }

    #[test]
    fn the_first_copy_wins_and_is_flagged() {
        let mut all = Fragments::new(false);
        add(&mut all, 0, 0, &piece(0, b"aaaaaaaa", true));
        add(&mut all, 1, 0, &piece(0, b"bbbbbbbb", true));
        let whole = add(&mut all, 2, 0, &piece(8, b"c", false)).whole.unwrap();
        assert_eq!(whole.assemble().0, b"aaaaaaaac");
        assert!(whole.hazards().contains(Hazards::OVERLAP));
    }

    #[test]
    fn a_late_piece_begins_another_datagram() {
        let mut all = Fragments::new(false);
        add(&mut all, 0, 0, &piece(0, b"aaaaaaaa", true));
        let outcome = add(&mut all, 1, PATIENCE + 1, &piece(8, b"c", false));
        assert_eq!((outcome.given_up.len(), outcome.over_budget, all.waiting().len()), (1, 0, 1));
    }

    #[test]
    fn the_budget_gives_up_the_oldest() {
        let mut all = Fragments::new(false);
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
    fn a_datagram_across_the_cut_is_refused() {
        let (mut left, mut right) = (Fragments::new(true), Fragments::new(true));
        add(&mut left, 0, 0, &piece(0, b"aaaaaaaa", true));
        assert!(left.accepts(&right, |path| path));
        add(&mut right, 1, 0, &piece(8, b"c", false));
        assert!(!left.accepts(&right, |path| path));
    }
}
