//! A thinned sample of a half's large datagrams: what is seen twice however far apart.
//!
//! Two taps whose clocks differ, or a mirror of a link behind a long queue, show each datagram again after hundreds of others. A
//! window over these would be as long. So only datagrams are remembered whose print begins with three zero bits, one of eight, each
//! with how often it came; one bit more whenever more than [`Sample::CAP`] are known. Which ones these are and how often each
//! came is a function of the set of what was seen: the same in every order, for every cut.
//!
//! The first datagram of a half is kept for every half, and is none of them: so a half of one datagram has no sample.
//!
//! It tells of a half that was seen twice, or up to four times, as a whole, and of nothing else: see [`Sample::times`].
//!
//! A sender may know the print, which has no secret, for outputs must not hang on one, and send again just what the sample
//! remembers. A false low count by this is a fourth of the truth at the least, as it is for one who makes all his datagrams
//! look alike, and is said to be an estimate with what was repeated beside it. What he sent is judged by more: see
//! [`measure`](crate::state::measure).

use serde::{Deserialize, Serialize};

/// Prints with so many zero bits in front, or more, and how often each came.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    level: u32,
    /// By print.
    seen: Vec<(u32, u32)>,
}

impl Default for Sample {
    fn default() -> Self {
        Self { level: Self::LEVEL, seen: Vec::new() }
    }
}

impl Sample {
    /// Zero bits at least.
    const LEVEL: u32 = 3;
    /// Prints that are kept at most.
    const CAP: usize = 32;
    /// Prints that tell something.
    const LEAST: usize = 8;
    /// The most that a sample costs.
    pub(super) const MOST: usize = Self::price_of(Self::CAP + 1);

    const fn price_of(prints: usize) -> usize {
        let room = if prints <= 4 {
            4
        } else if prints <= 16 {
            16
        } else {
            Self::CAP + 1
        };
        size_of::<Self>() + room * size_of::<(u32, u32)>()
    }

    /// What it costs: its prints grow one by one and are counted in steps.
    pub(super) fn price(&self) -> usize {
        Self::price_of(self.seen.len())
    }

    /// Whether a sample keeps this print, until it is thinned.
    #[inline]
    pub(super) const fn takes(print: u32) -> bool {
        print.leading_zeros() >= Self::LEVEL
    }

    /// Adds a datagram that came so often.
    pub(super) fn add(&mut self, print: u32, times: u32) {
        if print.leading_zeros() >= self.level {
            match self.seen.binary_search_by_key(&print, |(print, _)| *print) {
                Ok(place) => self.seen[place].1 = self.seen[place].1.saturating_add(times),
                Err(place) => {
                    self.seen.reserve_exact(1);
                    self.seen.insert(place, (print, times));
                    self.thin(self.level);
                }
            }
        }
    }

    /// Adds another.
    pub(super) fn join(&mut self, other: &Self) {
        self.thin(other.level);
        for (print, times) in &other.seen {
            self.add(*print, *times);
        }
    }

    fn thin(&mut self, level: u32) {
        if level > self.level {
            self.level = level;
            self.seen.retain(|(print, _)| print.leading_zeros() >= level);
        }
        while self.seen.len() > Self::CAP {
            self.thin(self.level + 1);
        }
    }

    /// How often the half was seen, as a fraction, where nine of ten of its datagrams were seen more than once and enough are
    /// known. More than four times, nobody's taps see it: then the sender repeats himself.
    pub(super) fn times(&self) -> Option<(u64, u64)> {
        let known = self.seen.len() as u64;
        let all: u64 = self.seen.iter().map(|(_, times)| u64::from(*times)).sum();
        let again = self.seen.iter().filter(|(_, times)| *times > 1).count();
        let doubled = self.seen.len() >= Self::LEAST && again * 10 >= self.seen.len() * 9;
        (doubled && all <= 4 * known).then_some((all, known))
    }

    /// Whether these can be numbers of a fold: a saved summary may hold anything.
    pub(super) fn is_sound(&self) -> bool {
        let fits = |(print, times): &(u32, u32)| print.leading_zeros() >= self.level && *times > 0;
        let ordered = self.seen.is_sorted_by(|(one, _), (other, _)| one < other);
        (Self::LEVEL..=32).contains(&self.level)
            && self.seen.len() <= Self::CAP
            && ordered
            && self.seen.iter().all(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fold(prints: &[u32]) -> Sample {
        let mut sample = Sample::default();
        prints.iter().filter(|print| Sample::takes(**print)).for_each(|print| sample.add(*print, 1));
        sample
    }

    /// Prints of so many datagrams.
    fn prints(count: u32) -> Vec<u32> {
        (1..=count).map(|n| (u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32).collect()
    }

    #[test]
    fn what_is_seen_twice_as_a_whole_is_known_at_any_distance() {
        for count in [150, 300, 1000, 20_000] {
            let all = prints(count);
            assert_eq!(fold(&all).times(), None);
            let (seen, known) = fold(&[&all[..], &all[..]].concat()).times().unwrap();
            assert_eq!(seen, 2 * known);
            assert_eq!(fold(&[&all[..], &all[..all.len() / 2]].concat()).times(), None, "half of it again");
            assert_eq!(fold(&all.repeat(5)).times(), None, "five times");
        }
        let few = prints(40);
        assert_eq!(fold(&[&few[..], &few[..]].concat()).times(), None, "too few");
    }

    proptest! {
        #[test]
        fn every_order_and_tree_gives_the_same(
            (drawn, shuffled) in prop::collection::vec(0u32..1 << 29, 1..200)
                .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
            cut in 0usize..200,
        ) {
            let (left, right) = shuffled.split_at(cut.min(shuffled.len()));
            let (mut one, two) = (fold(left), fold(right));
            one.join(&two);
            prop_assert_eq!(&one, &fold(&drawn));
            prop_assert!(one.is_sound());
        }
    }
}
