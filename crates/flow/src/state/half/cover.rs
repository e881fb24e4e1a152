//! Which positions of a half the listed segments cover.
//!
//! A stream in order is one range; a segment that came before the one in front of it makes a second. Positions are bytes
//! from where the half begins, negative for what stands before that.

/// Ranges apart from one another, in order, start to end (exclusive).
#[derive(Clone, Debug, Default)]
pub(super) struct Cover {
    first: (i32, i32),
    more: Vec<(i32, i32)>,
}

impl Cover {
    /// Adds a range. Returns whether any of it was not in yet.
    pub(super) fn add(&mut self, start: i32, end: i32) -> bool {
        if end <= start {
            return false;
        }
        let (from, to) = self.first;
        if from == to {
            self.first = (start, end);
            return true;
        }
        if self.more.is_empty() && start <= to && end >= from {
            self.first = (from.min(start), to.max(end));
            return start < from || end > to;
        }
        self.insert(start, end)
    }

    /// Adds a range that begins where all others end, if these are one from 0 on or none. Returns whether it did.
    pub(super) fn follow(&mut self, start: i32, end: i32) -> bool {
        let follows = self.more.is_empty() && self.first.0 == 0 && self.first.1 == start && start < end;
        if follows {
            self.first.1 = end;
        }
        follows
    }

    #[cold]
    fn insert(&mut self, mut start: i32, mut end: i32) -> bool {
        self.more.insert(0, self.first);
        let from = self.more.partition_point(|range| range.1 < start);
        let to = self.more.partition_point(|range| range.0 <= end);
        let touched = self.more.get(from..to).unwrap_or(&[]);
        if let [range] = touched
            && range.0 <= start
            && range.1 >= end
        {
            self.more.remove(0);
            return false;
        }
        if let (Some(low), Some(high)) = (touched.first(), touched.last()) {
            (start, end) = (start.min(low.0), end.max(high.1));
        }
        self.more.splice(from..to, [(start, end)]);
        self.first = self.more.remove(0);
        true
    }

    /// The parts of a range that are not in, in order.
    pub(super) fn gaps(&self, start: i32, end: i32) -> impl Iterator<Item = (i32, i32)> {
        let ranges = std::iter::once(&self.first).chain(&self.more).copied();
        let inside = ranges.filter(move |range| range.1 > start && range.0 < end);
        let ends = std::iter::once(start).chain(inside.clone().map(|range| range.1));
        let starts = inside.map(|range| range.0).chain(std::iter::once(end));
        ends.zip(starts).filter(|(from, to)| from < to)
    }

    /// Where the range ends that `start` is in; `start` itself where it is in none.
    pub(super) fn end(&self, start: i32) -> i32 {
        let ranges = std::iter::once(&self.first).chain(&self.more);
        ranges
            .filter(|range| range.0 <= start && range.1 > start)
            .map(|range| range.1)
            .next()
            .unwrap_or(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn holds_what_a_set_holds(ranges in prop::collection::vec((-50i32..50, 0i32..20), 0..20), asked in (-60i32..60, 0i32..30)) {
            let (mut cover, mut set) = (Cover::default(), BTreeSet::new());
            for (start, length) in ranges {
                let new = (start..start + length).any(|at| !set.contains(&at));
                prop_assert_eq!(cover.add(start, start + length), new);
                set.extend(start..start + length);
            }
            let (from, to) = (asked.0, asked.0 + asked.1);
            let gaps: Vec<i32> = cover.gaps(from, to).flat_map(|(a, b)| a..b).collect();
            let expected: Vec<i32> = (from..to).filter(|at| !set.contains(at)).collect();
            prop_assert_eq!(gaps, expected);
            let end = (from..=100).find(|at| !set.contains(at)).unwrap();
            prop_assert_eq!(cover.end(from), end);
        }
    }
}
