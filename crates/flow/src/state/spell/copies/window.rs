//! The last large datagrams of a half: a copy may come behind others.
//!
//! A mirror that shows a burst on its way in and then the same burst on its way out sends the datagrams 1 2 3 1 2 3, and a camera
//! whose datagrams are not acknowledged sends the same ones again in its own order. So the last [`Window::LAG`] large
//! datagrams of a half are remembered: a large one is a copy of any of them that is not too old.
//!
//! A half of which no large datagram but its first was seen has no window: that first one is kept for every half.
//!
//! At a joint the first [`Window::LAG`] large datagrams of the right-hand half are in doubt, so these are kept, where an
//! earlier part may come to stand in front. The n-th of them is compared with what of the left-hand window would still have
//! been in it, and is a copy by that or was one already.

use serde::{Deserialize, Serialize};

use super::print::{Datagram, WINDOW};

/// The last large datagrams of a half, and its first ones.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Window {
    /// Prints, the latest last; 0 in front where there were fewer.
    prints: [u32; Window::LAG],
    ticks: [u16; Window::LAG],
    /// The first ones, each with whether it is known to be a copy, where an earlier part of the half may be in another summary.
    /// Without a price: it hangs on the cuts.
    early: Vec<(Datagram, bool)>,
}

impl Window {
    /// How many large datagrams of its half a copy may come behind what it is one of.
    pub(crate) const LAG: usize = 16;

    /// That of a half whose first datagram was its only large one, if it was.
    pub(super) fn of_first(first: Datagram, early: bool) -> Self {
        let mut window = Self::default();
        if first.is_large() {
            window.push(first);
            window.early.extend(early.then_some((first, false)));
        }
        window
    }

    /// Takes in a large datagram. Returns whether it is a copy of one of the last. `early` says whether the first ones are kept.
    #[inline]
    pub(super) fn add(&mut self, datagram: Datagram, early: bool) -> bool {
        let copied = self.holds(datagram.print) && self.shows(datagram, 0);
        self.push(datagram);
        if early && self.early.len() < Self::LAG {
            self.early.push((datagram, copied));
        }
        copied
    }

    /// Whether a print is among them. All are compared, which takes no branch and four vectors; nearly always none is the same.
    #[inline]
    fn holds(&self, print: u32) -> bool {
        self.prints.iter().fold(0, |same, known| same | u32::from(*known == print)) != 0
    }

    /// Whether one of those that stand behind the first `forgotten` places is the same, and not too long ago.
    #[cold]
    #[inline(never)]
    fn shows(&self, datagram: Datagram, forgotten: usize) -> bool {
        let recent = |(print, tick): (&u32, &u16)| {
            *print == datagram.print && datagram.tick.wrapping_sub(*tick) <= WINDOW
        };
        self.prints.iter().zip(&self.ticks).skip(forgotten).any(recent)
    }

    #[inline]
    fn push(&mut self, datagram: Datagram) {
        self.prints.copy_within(1.., 0);
        self.ticks.copy_within(1.., 0);
        self.prints[Self::LAG - 1] = datagram.print;
        self.ticks[Self::LAG - 1] = datagram.tick;
    }

    /// How many it holds.
    fn len(&self) -> usize {
        self.prints.iter().filter(|print| **print != 0).count()
    }

    /// Whether it holds none.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends that of a later part of the half. `copied` gets the payload of each of its datagrams that is found to be a copy
    /// only now.
    pub(super) fn join(&mut self, later: &Self, early: bool, mut copied: impl FnMut(u64)) {
        for (n, &(datagram, known)) in later.early.iter().enumerate() {
            let found = !known && self.shows(datagram, n);
            if found {
                copied(datagram.payload.into());
            }
            if early && self.early.len() < Self::LAG {
                self.early.push((datagram, known || found));
            }
        }
        let more = later.len();
        self.prints.copy_within(more.., 0);
        self.ticks.copy_within(more.., 0);
        let kept = Self::LAG - more;
        self.prints[kept..].copy_from_slice(&later.prints[kept..]);
        self.ticks[kept..].copy_from_slice(&later.ticks[kept..]);
    }

    /// Forgets the first ones: no earlier part of the half will come.
    pub(super) fn settle(&mut self) {
        self.early = Vec::new();
    }

    /// Whether these can be numbers of a fold: a saved summary may hold anything.
    pub(super) fn is_sound(&self) -> bool {
        self.early.len() <= Self::LAG
            && self.prints.iter().skip_while(|print| **print == 0).all(|print| *print != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fold(all: &[(u8, u16)]) -> (Window, u64) {
        let (mut window, mut copies) = (Window::default(), 0);
        for &(print, tick) in all {
            copies += u64::from(window.add(Datagram { print: print.into(), tick, payload: 200 }, true));
        }
        (window, copies)
    }

    #[test]
    fn a_copy_comes_at_most_so_many_datagrams_later() {
        for lag in 1..20 {
            let burst: Vec<_> = (1..=lag).chain(1..=lag).map(|print| (print, 0)).collect();
            let expected = if usize::from(lag) <= Window::LAG { u64::from(lag) } else { 0 };
            assert_eq!(fold(&burst).1, expected, "{lag} datagrams later");
        }
        assert_eq!(fold(&[(1, 0), (2, 0), (1, WINDOW)]).1, 1);
        assert_eq!(fold(&[(1, 0), (2, 0), (1, WINDOW + 1)]).1, 0, "too late");
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_changes_nothing(
            steps in prop::collection::vec((1u8..24, 0u16..20), 0..60), cuts in (0usize..60, 0usize..60),
        ) {
            let mut now = 0;
            let all: Vec<_> = steps.iter().map(|&(print, step)| { now += step; (print, now) }).collect();
            let (one, two) = (cuts.0.min(all.len()), cuts.1.min(all.len()));
            let (one, two) = (one.min(two), one.max(two));
            let whole = fold(&all);
            let [(a, x), (b, y), (c, z)] = [&all[..one], &all[one..two], &all[two..]].map(fold);
            let mut copies = x + y + z;
            let mut left = a.clone();
            left.join(&b, true, |_| copies += 1);
            left.join(&c, true, |_| copies += 1);
            prop_assert_eq!((left, copies), whole.clone());
            let mut copies = x + y + z;
            let (mut right, mut left) = (b, a);
            right.join(&c, true, |_| copies += 1);
            left.join(&right, true, |_| copies += 1);
            prop_assert_eq!((left, copies), whole);
        }
    }
}
