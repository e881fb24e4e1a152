//! The datagrams that became whole last, kept for copies of their fragments.
//!
//! Where a mirror sees each packet twice, a ping of 3,000 bytes comes as fragments A B C and once more as A B C. The first
//! three make the datagram. The others bring nothing new: they are packets of the datagram's flow, and no beginning of
//! another datagram that would never become whole.

use hashbrown::HashMap;
use lenscap_wire::{Fragment, PacketRef};
use std::collections::VecDeque;

use super::{Datagram, DatagramKey, Seen};
use crate::state::key::{Key, Side};
use crate::state::path::PathId;

/// Nanoseconds after which the same bytes under the same identification are another datagram.
pub(super) const REPEAT: i64 = 1_000_000_000;

/// A datagram that became whole, and the flow that it was booked to.
#[derive(Clone, Debug)]
pub(super) struct Finished {
    pub(super) key: DatagramKey,
    pub(super) datagram: Datagram,
    pub(super) flow: Key,
    pub(super) side: Side,
}

impl Finished {
    /// Time of its last piece.
    fn last(&self) -> i64 {
        self.datagram.shares.last().map_or(0, |share| share.time)
    }
}

/// The last that became whole, in that order.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    all: VecDeque<Finished>,
    cost: usize,
}

impl Recent {
    /// How many are kept, and what they may cost together.
    const CAP: usize = 32;
    const BUDGET: usize = 256 << 10;

    /// The flow of the whole datagram of which a fragment is a copy.
    pub(super) fn copied(
        &self,
        key: &DatagramKey,
        time: i64,
        fragment: &Fragment<'_>,
    ) -> Option<(Key, Side)> {
        let finished = self.all.iter().rev().find(|finished| finished.key == *key)?;
        let near = time.saturating_sub(finished.last()) <= REPEAT;
        (near && finished.datagram.holds(fragment)).then_some((finished.flow, finished.side))
    }

    /// Keeps one more.
    pub(super) fn keep(&mut self, key: DatagramKey, datagram: Datagram, flow: Key, side: Side) {
        self.cost += datagram.cost;
        self.all.push_back(Finished { key, datagram, flow, side });
        self.forget();
    }

    /// Forgets the oldest. What is kept is decided by the last of them alone, so that it is the same wherever a capture
    /// was cut.
    fn forget(&mut self) {
        while self.all.len() > Self::CAP || self.cost > Self::BUDGET {
            let Some(oldest) = self.all.pop_front() else { return };
            self.cost -= oldest.datagram.cost;
        }
    }

    /// Whether a piece that was seen on the right may be a copy of what became whole here.
    pub(super) fn is_copied_in(
        &self,
        later: &HashMap<DatagramKey, Seen>,
        path: impl Fn(PathId) -> PathId,
    ) -> bool {
        let near = |(key, seen): (&DatagramKey, &Seen)| {
            let ours = DatagramKey { path: path(key.path), ..*key };
            let mut finished = self.all.iter().filter(|finished| finished.key == ours);
            finished.any(|finished| seen.first.saturating_sub(finished.last()) <= REPEAT)
        };
        !self.is_empty() && later.iter().any(near)
    }

    /// Appends what became whole on the right; the last `split` of ours became so among them.
    pub(super) fn append(&mut self, later: Self, split: usize, path: impl Fn(PathId) -> PathId) {
        let mut both = self.all.split_off(self.all.len().saturating_sub(split));
        both.extend(later.all.into_iter().map(|mut finished| {
            finished.key.path = path(finished.key.path);
            finished.flow.path = path(finished.flow.path);
            finished.datagram.path = path(finished.datagram.path);
            finished
        }));
        if split > 0 {
            both.make_contiguous().sort_by_key(|finished| finished.datagram.last());
        }
        self.cost += later.cost;
        self.all.append(&mut both);
        self.forget();
    }

    /// Changes every packet reference.
    pub(super) fn packets(&mut self, change: impl Fn(&mut PacketRef)) {
        for finished in &mut self.all {
            finished.datagram.shares.iter_mut().for_each(|share| change(&mut share.at));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Finished> {
        self.all.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fragment::Fragments;
    use crate::state::fragment::tests::{add, piece};
    use lenscap_wire::Hazards;

    /// Adds two pieces that make a datagram, and books it.
    fn finish(all: &mut Fragments, n: u32, time: i64) {
        add(all, n, time, &piece(0, b"aaaaaaaa", true));
        let (key, whole) = add(all, n + 1, time, &piece(8, b"c", false)).whole.unwrap();
        all.finish(key, whole, Key { ports: [1, 2], ..Key::default() }, 1);
    }

    #[test]
    fn a_piece_that_comes_again_belongs_to_its_datagram() {
        let mut all = Fragments::new(false, 0);
        add(&mut all, 0, 0, &piece(0, b"aaaaaaaa", true));
        add(&mut all, 1, 0, &piece(0, b"aaaaaaaa", true));
        let (key, whole) = add(&mut all, 2, 0, &piece(8, b"c", false)).whole.unwrap();
        assert_eq!((whole.shares.len(), whole.hazards()), (3, Hazards::NONE));
        let flow = Key { ports: [1, 2], ..Key::default() };
        all.finish(key, whole, flow, 1);
        let again = add(&mut all, 3, REPEAT, &piece(8, b"c", false));
        assert_eq!((again.copy_of, all.waiting().len()), (Some((flow, 1)), 0));
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
        assert_eq!(all.finished.all.len(), Recent::CAP);
        let large = vec![0; 60_000];
        for n in 0..9 {
            let bytes = [&large[..], &[n as u8]].concat();
            let (key, whole) = add(&mut all, n, 900 * REPEAT, &piece(0, &bytes, false)).whole.unwrap();
            all.finish(key, whole, Key::default(), 0);
        }
        assert!(all.finished.cost <= Recent::BUDGET && all.finished.all.len() == 4);
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
        assert!(left.split(&right_at(REPEAT), |path| path).is_none());
        assert!(left.split(&right_at(REPEAT + 1), |path| path).is_some_and(|split| split.is_empty()));
        let mut other = Fragments::new(true, 0);
        finish(&mut other, 2, 2 * REPEAT);
        left.join(other, Vec::new(), |path| path);
        assert!(left.split(&right_at(3 * REPEAT), |path| path).is_none());
        assert_eq!(left.finished.all.len(), 2);
    }
}
