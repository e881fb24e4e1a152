//! Which bytes of a TCP half were seen at least once: the union of its sequence ranges.
//!
//! Positions are displacements from the half's first payload byte, found by adding up signed 32-bit steps from the
//! end of one segment to the start of the next, so a sequence number that wraps is no event. While every segment
//! starts where the one before it ended, nothing is stored here: the flow record's next sequence number says it all.

use serde::{Deserialize, Serialize};

use crate::state::spell::ranges::Ranges;
use crate::state::spell::unseen::Marks;

/// A half whose segments did not all follow on one another.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trouble {
    /// Sequence number of the first payload byte.
    pub(crate) first: u32,
    /// Displacement of the end of the last segment.
    pub(crate) end: i64,
    /// How many segments did not start where the one before ended.
    pub(crate) breaks: u32,
    /// Displacements seen, start to end, apart from one another; once `breaks` passes [`Trouble::CAP`] one range from the
    /// lowest to the highest.
    ranges: Ranges,
    /// What is proven behind the last segment, or of a half without one; see `unseen.rs`.
    pub(crate) marks: Option<Box<Marks>>,
}

impl Trouble {
    /// Breaks in a half after which it is only told how many unique bytes there are at most.
    pub(crate) const CAP: u32 = 1 << 16;
    /// How far below the start of a half something counts as below, and not as numbers that went once round.
    pub(crate) const BELOW: i64 = 1 << 16;
    /// A half that was in order for `length` bytes up to the sequence number `next`.
    pub(crate) fn after(next: u32, length: u64) -> Self {
        let end = length as i64;
        let mut ranges = Ranges::default();
        ranges.add(0, end);
        Self { first: next.wrapping_sub(length as u32), end, breaks: 0, ranges, marks: None }
    }

    /// A half of which no payload was captured.
    pub(crate) fn unseen() -> Self {
        Self { first: 0, end: 0, breaks: 0, ranges: Ranges::default(), marks: None }
    }

    /// Adds a segment that starts at `sequence`, where `next` was due.
    pub(crate) fn segment(&mut self, next: u32, sequence: u32, length: u32) {
        let start = self.end.wrapping_add(i64::from(sequence.wrapping_sub(next) as i32));
        if start != self.end {
            self.breaks = self.breaks.saturating_add(1);
        }
        self.marks = None;
        self.end = start.wrapping_add(i64::from(length));
        self.add(start, self.end);
        self.limit();
    }

    /// Appends a later part of the half, whose first byte is at `later.first`, where `next` was due.
    pub(crate) fn join(&mut self, next: u32, later: &Self) {
        let shift = self.end.wrapping_add(i64::from(later.first.wrapping_sub(next) as i32));
        let broken = u32::from(shift != self.end);
        self.breaks = self.breaks.saturating_add(later.breaks).saturating_add(broken);
        self.end = shift.wrapping_add(later.end);
        self.marks.clone_from(&later.marks);
        for (start, end) in later.ranges.iter() {
            self.add(shift.wrapping_add(start), shift.wrapping_add(end));
        }
        self.limit();
    }

    fn limit(&mut self) {
        if self.breaks > Self::CAP && self.ranges.len() > 1 {
            self.ranges.collapse();
        }
    }

    fn add(&mut self, start: i64, end: i64) {
        self.ranges.add(start, end);
    }

    /// Whether [`Trouble::CAP`] was not passed, so that every byte is told apart.
    pub(crate) const fn is_exact(&self) -> bool {
        self.breaks <= Self::CAP
    }

    /// Bytes seen at least once; at most so many once the cap was passed.
    pub(crate) fn seen(&self) -> u64 {
        self.ranges.total()
    }

    /// Bytes seen within a window below a displacement.
    pub(crate) fn below(&self, start: i64) -> u64 {
        let below = self.ranges.iter().take_while(|(from, _)| *from < start);
        below.map(|range| Self::within_below(start, range)).sum()
    }

    /// Bytes of a range within a window below a displacement.
    pub(crate) fn within_below(start: i64, (from, to): (i64, i64)) -> u64 {
        let within = to.min(start).saturating_sub(from.max(start.saturating_sub(Self::BELOW)));
        u64::try_from(within).unwrap_or(0)
    }

    /// How far the highest byte seen stands ahead of the last segment.
    pub(crate) fn ahead(&self) -> u64 {
        let highest = self.ranges.iter().last().map_or(self.end, |(_, end)| end);
        u64::try_from(highest.saturating_sub(self.end)).unwrap_or(0)
    }

    /// Whether some of what was seen stands so far from the rest that no window reaches from one to the other.
    pub(crate) fn leaps(&self) -> bool {
        const FAR: i64 = 1 << 24;
        let next = self.ranges.iter().skip(1);
        self.ranges.iter().zip(next).any(|((_, end), (start, _))| start.saturating_sub(end) > FAR)
    }

    /// Whether bytes between those seen are missing.
    pub(crate) fn has_gap(&self) -> bool {
        self.ranges.len() > 1
    }

    /// Bytes between those seen that never were. A gap counts where on either side of it a byte was seen for each 1,024 of
    /// it: a tap may keep one segment of a hundred, and one that stands 1 GB off was made up.
    /// What lies below the start of the half, where that is known, is none.
    pub(crate) fn missed(&self, start: Option<i64>) -> u64 {
        self.gaps_where(start, |gap| gap >> 10)
    }

    /// Those that are surely missing: all of a gap that fits in a window, and of a wider one where as much was seen on either side
    /// of it. One segment that stands far off, which anybody may have sent, makes no gap.
    pub(crate) fn gaps(&self, start: Option<i64>) -> u64 {
        const WINDOW: u64 = 1 << 16;
        self.gaps_where(start, |gap| if gap > WINDOW { WINDOW } else { 0 })
    }

    /// All gaps that have so much on either side, given how wide they are.
    fn gaps_where(&self, first: Option<i64>, least: impl Fn(u64) -> u64) -> u64 {
        let (all, mut below, mut end, mut gaps) = (self.seen(), 0, None, 0_u64);
        for (start, until) in self.ranges.iter() {
            // Something below the first byte, and near it, makes no gap up to there.
            let is_below = |end: i64| first.is_some_and(|first| end < first && first - end <= Self::BELOW);
            let end_of = |end: i64| if is_below(end) { first.unwrap_or(end).min(start) } else { end };
            let gap = end.map_or(0, |end| start.wrapping_sub(end_of(end)) as u64);
            if below.min(all.saturating_sub(below)) >= least(gap) {
                gaps = gaps.saturating_add(gap);
            }
            below += until.wrapping_sub(start) as u64;
            end = Some(until);
        }
        gaps
    }

    /// How many ranges are kept.
    pub(crate) fn ranges(&self) -> usize {
        self.ranges.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Folds segments as a flow does: in order without trouble, from the first break on with it.
    fn fold(segments: &[(u32, u32)]) -> Option<(Trouble, u32)> {
        let (&(first, length), rest) = segments.split_first()?;
        let mut next = first.wrapping_add(length);
        let mut trouble = Trouble::after(next, u64::from(length));
        for &(sequence, length) in rest {
            trouble.segment(next, sequence, length);
            next = sequence.wrapping_add(length);
        }
        Some((trouble, next))
    }

    fn naive(segments: &[(u32, u32)]) -> usize {
        let (mut seen, mut position, mut due) = (BTreeSet::new(), 0i64, segments[0].0);
        for &(sequence, length) in segments {
            position += i64::from(sequence.wrapping_sub(due) as i32);
            seen.extend(position..position + i64::from(length));
            position += i64::from(length);
            due = sequence.wrapping_add(length);
        }
        seen.len()
    }

    fn segments() -> impl Strategy<Value = Vec<(u32, u32)>> {
        prop::collection::vec((prop_oneof![0u32..200, u32::MAX - 200..u32::MAX], 1u32..30), 1..20)
    }

    proptest! {
        #[test]
        fn unique_bytes_are_those_of_a_set(segments in segments()) {
            let (trouble, _) = fold(&segments).unwrap();
            prop_assert_eq!((trouble.seen(), trouble.is_exact()), (naive(&segments) as u64, true));
        }

        #[test]
        fn a_cut_anywhere_changes_nothing(segments in segments(), cut in 0usize..20) {
            let (left, right) = segments.split_at(cut.min(segments.len()));
            if let (Some((mut left, next)), Some((right, _))) = (fold(left), fold(right)) {
                left.join(next, &right);
                prop_assert_eq!(left, fold(&segments).unwrap().0);
            }
        }
    }

    #[test]
    fn what_was_missed_lies_between_what_was_seen() {
        let mut trouble = Trouble::after(100, 100);
        assert_eq!(trouble.missed(None), 0);
        trouble.segment(100, 150, 50);
        trouble.segment(200, 260, 40);
        assert_eq!((trouble.missed(None), trouble.seen()), (110, 190));
        trouble.segment(300, 100, 50);
        assert_eq!(trouble.missed(None), 60);
    }

    #[test]
    fn past_the_cap_the_lowest_and_the_highest_position_are_kept() {
        let mut trouble = Trouble::after(10, 10);
        for _ in 0..=Trouble::CAP / 2 {
            trouble.segment(10, 50, 1);
            trouble.segment(51, 20, 1);
            trouble.segment(21, 10, 0);
        }
        assert!(!trouble.is_exact() && !trouble.has_gap());
        assert_eq!((trouble.seen(), trouble.below(51), trouble.below(10)), (51, 51, 10));
    }

    /// Each segment comes once more, three segments later, as behind a mirror of both ports: what was sent once is known
    /// beyond the cap, too, as no more than the distance from the lowest to the highest position.
    #[test]
    fn an_upload_that_is_seen_twice_is_no_longer_than_it_is() {
        let (mut trouble, mut next) = (Trouble::after(100, 100), 100);
        let mut segment = |at: u32| {
            trouble.segment(next, at * 100, 100);
            next = (at + 1) * 100;
        };
        for at in 3..40_000 {
            segment(at);
            segment(at - 3);
        }
        assert!(!trouble.is_exact());
        assert_eq!(trouble.seen(), 40_000 * 100);
    }
}
