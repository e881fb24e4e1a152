//! Things by the group that they belong to, in one list.

/// Every thing of every group, one group after another.
#[derive(Debug)]
pub(crate) struct Grouped<T> {
    all: Vec<T>,
    /// Where each group ends.
    ends: Vec<u32>,
}

impl<T: Copy> Grouped<T> {
    /// Puts things with the number of their group in order; within a group they stay as they came.
    pub(crate) fn new(things: Vec<(u32, T)>, groups: usize) -> Self {
        let Some(&(_, any)) = things.first() else { return Self { all: Vec::new(), ends: vec![0; groups] } };
        let mut ends = vec![0; groups];
        for (group, _) in &things {
            ends[*group as usize] += 1;
        }
        let mut next = 0;
        for end in &mut ends {
            next += std::mem::replace(end, next);
        }
        let mut all = vec![any; things.len()];
        for (group, thing) in things {
            // Each group's start moves on to its end.
            let at = &mut ends[group as usize];
            all[*at as usize] = thing;
            *at += 1;
        }
        Self { all, ends }
    }

    /// The things of one group.
    pub(crate) fn of(&self, group: usize) -> &[T] {
        let end = |group: usize| self.ends.get(group).map_or(0, |&end| end as usize);
        let start = group.checked_sub(1).map_or(0, end);
        self.all.get(start..end(group)).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_stand_by_group_in_the_order_in_which_they_came() {
        let things = vec![(2, 'a'), (0, 'b'), (2, 'c'), (4, 'd')];
        let grouped = Grouped::new(things, 5);
        let groups: Vec<String> = (0..5).map(|group| grouped.of(group).iter().collect()).collect();
        assert_eq!(groups, ["b", "", "ac", "", "d"]);
        assert_eq!(grouped.of(5), []);
        assert_eq!(Grouped::<u8>::new(Vec::new(), 2).of(1), []);
    }
}
