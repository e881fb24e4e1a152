//! Things by the group that they belong to, in one list.
//!
//! From (1, a), (0, b), (1, c) come b for group 0, and a and c for group 1, in a list of three and one of where groups end:
//! a vector for each of a million stations would cost more than what is in it.

/// Every thing of every group, one group after another.
#[derive(Debug)]
pub(crate) struct Grouped<T> {
    all: Vec<(u32, T)>,
    /// Where each group ends.
    ends: Vec<u32>,
}

impl<T> Grouped<T> {
    /// Puts things with the number of their group in order of the groups, where they are: lists of all flows would be
    /// large twice. Within a group their order is not kept.
    pub(crate) fn new(mut all: Vec<(u32, T)>, groups: usize) -> Self {
        if all.is_empty() {
            return Self { all, ends: Vec::new() };
        }
        let mut ends = vec![0; groups];
        for (group, _) in &all {
            ends[*group as usize] += 1;
        }
        let mut end = 0;
        let mut next: Vec<u32> = Vec::with_capacity(groups);
        for size in &mut ends {
            next.push(end);
            end += *size;
            *size = end;
        }
        for group in 0..groups {
            while next[group] < ends[group] {
                let here = next[group] as usize;
                let of = all[here].0 as usize;
                let there = next[of] as usize;
                next[of] += 1;
                // Most are where they belong: stations are numbered as their flows come.
                if here != there {
                    all.swap(here, there);
                }
            }
        }
        Self { all, ends }
    }

    /// Whether no group has anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Every thing with its group.
    pub(crate) fn each(&self) -> impl Iterator<Item = (usize, &T)> {
        self.all.iter().map(|(group, thing)| (*group as usize, thing))
    }

    /// The groups that have something.
    pub(crate) fn groups(&self) -> impl Iterator<Item = usize> {
        let mut start = 0;
        self.ends
            .iter()
            .zip(0..)
            .filter_map(move |(&end, group)| (std::mem::replace(&mut start, end) < end).then_some(group))
    }

    /// The things of one group.
    pub(crate) fn of(&self, group: usize) -> impl ExactSizeIterator<Item = &T> + Clone {
        let end = |group: usize| self.ends.get(group).map_or(0, |&end| end as usize);
        let start = group.checked_sub(1).map_or(0, end);
        self.all.get(start..end(group)).unwrap_or(&[]).iter().map(|(_, thing)| thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_group_that_has_nothing_is_empty() {
        let grouped = Grouped::new(vec![(2, 'a'), (0, 'b')], 3);
        assert_eq!((grouped.of(0).count(), grouped.of(1).count(), grouped.of(3).count()), (1, 0, 0));
        assert_eq!(grouped.groups().collect::<Vec<_>>(), [0, 2]);
        assert_eq!(Grouped::<u8>::new(Vec::new(), 2).of(1).count(), 0);
    }

    proptest! {
        #[test]
        fn everything_is_in_its_group(groups in prop::collection::vec(0u32..9, 0..200)) {
            let things: Vec<_> = groups.iter().copied().zip(0usize..).collect();
            let grouped = Grouped::new(things, 9);
            for group in 0..9u32 {
                let mut found: Vec<_> = grouped.of(group as usize).copied().collect();
                found.sort_unstable();
                let expected: Vec<_> = (0..groups.len()).filter(|&n| groups[n] == group).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
