//! A set of positions as ranges apart from one another.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Start to end (exclusive) of each range.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ranges(BTreeMap<i64, i64>);

impl Ranges {
    /// Adds a range; touching ranges become one. Returns whether any of it was there already.
    pub(crate) fn add(&mut self, mut start: i64, mut end: i64) -> bool {
        if end <= start {
            return false;
        }
        let mut overlap = false;
        let (from, to) = (start, end);
        while let Some((&near, &until)) = self.0.range(..=end).next_back() {
            if until < start {
                break;
            }
            overlap |= until > from && near < to;
            start = start.min(near);
            end = end.max(until);
            self.0.remove(&near);
        }
        self.0.insert(start, end);
        overlap
    }

    /// How many ranges there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Positions in all ranges together.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().map(|(start, end)| end.wrapping_sub(*start) as u64).sum()
    }

    /// Every range in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, i64)> {
        self.0.iter().map(|(&start, &end)| (start, end))
    }

    /// Makes one range of all, from the lowest position to the highest.
    pub(crate) fn collapse(&mut self) {
        let ends = self.0.first_key_value().zip(self.0.last_key_value());
        if let Some(((&start, _), (_, &end))) = ends {
            self.0 = BTreeMap::from([(start, end)]);
        }
    }

    /// Whether every position from `start` to `end` is in.
    pub(crate) fn covers(&self, start: i64, end: i64) -> bool {
        self.0.range(..=start).next_back().is_some_and(|(_, &until)| until >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn holds_what_a_set_holds(ranges in prop::collection::vec((0i64..100, 0i64..20), 0..20)) {
            let (mut ours, mut set) = (Ranges::default(), BTreeSet::new());
            for (start, length) in ranges {
                let overlap = (start..start + length).any(|at| set.contains(&at));
                prop_assert_eq!(ours.add(start, start + length), overlap);
                set.extend(start..start + length);
            }
            prop_assert_eq!(ours.total(), set.len() as u64);
            prop_assert!(ours.iter().flat_map(|(a, b)| a..b).eq(set));
        }
    }

    #[test]
    fn all_ranges_collapse_into_one() {
        let mut ranges = Ranges::default();
        ranges.collapse();
        assert_eq!(ranges.total(), 0);
        ranges.add(16, 24);
        ranges.add(-3, 8);
        ranges.collapse();
        assert_eq!(ranges.iter().collect::<Vec<_>>(), [(-3, 24)]);
    }

    #[test]
    fn covers_only_without_a_hole() {
        let mut ranges = Ranges::default();
        ranges.add(0, 8);
        ranges.add(16, 24);
        assert!(!ranges.covers(0, 24));
        ranges.add(8, 16);
        assert!(ranges.covers(0, 24) && ranges.len() == 1);
    }
}
