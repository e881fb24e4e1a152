//! When a flow's bytes went, as small as it can be told: within one aligned bucket, on both sides of one border, or in a list
//! of [`Buckets`].
//!
//! A flow of two packets a second apart has two buckets where a border happens to lie between them. That is no reason to
//! keep a list for it: what it had sent when it crossed the border says all.

use crate::state::spell::buckets::{Bucket, Buckets};

/// Counters of a flow in aligned time, as far as the packets before the present bucket of time go.
#[derive(Clone, Debug, Default)]
pub(crate) enum Times {
    /// It never left the bucket of its first packet.
    #[default]
    One,
    /// It left that bucket, and the one that it is in now not yet: payload by side, that of large packets, and packets when it
    /// left.
    Two([u32; 5]),
    /// All else.
    Many(Box<Buckets>),
}

const _: () = assert!(size_of::<Times>() == 24);

/// What a flow's time is told from, beside its times: the stamps of its first and its last packet, and its totals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) totals: Bucket,
}

impl Times {
    /// Where the flow leaves the bucket of its first packet with these totals.
    fn left(first: i64, totals: Bucket) -> Self {
        let Bucket { payload: [low, high], large: [large_low, large_high], packets } = totals;
        match [low, high, large_low, large_high, packets].map(u32::try_from) {
            [Ok(low), Ok(high), Ok(large_low), Ok(large_high), Ok(packets)] => {
                Self::Two([low, high, large_low, large_high, packets])
            }
            _ => Self::Many(Box::new(Buckets::one(first, totals))),
        }
    }

    /// What [`Times::Two`] holds, as a bucket.
    fn bucket([low, high, large_low, large_high, packets]: [u32; 5]) -> Bucket {
        Bucket {
            payload: [low, high].map(u64::from),
            large: [large_low, large_high].map(u64::from),
            packets: u64::from(packets),
        }
    }

    /// Whether it never left its first bucket.
    pub(crate) const fn is_one(&self) -> bool {
        matches!(self, Self::One)
    }

    /// The list of all buckets that were left; none where there never was a second.
    pub(crate) fn buckets(&self, first: i64) -> Option<Buckets> {
        match self {
            Self::One => None,
            Self::Two(left) => Some(Buckets::one(first, Self::bucket(*left))),
            Self::Many(buckets) => Some((**buckets).clone()),
        }
    }

    /// What a list stands for, if it is one that [`Times::buckets`] gave for a flow with this first stamp.
    pub(crate) fn of(buckets: Buckets, first: i64) -> Self {
        match buckets.alone() {
            Some(totals) if Buckets::one(first, totals) == buckets => Self::left(first, totals),
            _ => Self::Many(Box::new(buckets)),
        }
    }

    /// Leaves the bucket of the last packet.
    pub(crate) fn leave(&mut self, span: Span) {
        *self = match std::mem::take(self) {
            Self::One => Self::left(span.first, span.totals),
            times => match times.into_many(span.first) {
                Some(mut buckets) => {
                    buckets.book(span.last, span.totals);
                    Self::Many(buckets)
                }
                None => Self::One,
            },
        };
    }

    fn into_many(self, first: i64) -> Option<Box<Buckets>> {
        match self {
            Self::Many(buckets) => Some(buckets),
            times => times.buckets(first).map(Box::new),
        }
    }

    /// What there is with the packets since the bucket of the last packet was entered.
    pub(crate) fn closed(&self, span: Span) -> Option<Buckets> {
        self.buckets(span.first).map(|buckets| buckets.closed(span.last, span.totals))
    }

    /// Appends the times of a later part. The spans and totals are those of each part alone.
    pub(crate) fn join(&mut self, ours: Span, later: &Self, theirs: Span) {
        let apart = !Buckets::same(ours.last, theirs.first);
        *self = match (&*self, later, apart) {
            (Self::One, Self::One, false) => Self::One,
            (Self::One, Self::One, true) => Self::left(ours.first, ours.totals),
            (Self::Two(left), Self::One, false) => Self::Two(*left),
            (Self::One, Self::Two(left), false) => {
                let mut totals = ours.totals;
                totals.add(&Self::bucket(*left));
                Self::left(ours.first, totals)
            }
            _ => {
                let all = |times: &Self, span: Span| {
                    let one = || Buckets::one(span.first, span.totals);
                    times.closed(span).unwrap_or_else(one)
                };
                let mut joined = all(self, ours);
                joined.join(&all(later, theirs));
                Self::Many(Box::new(joined))
            }
        };
    }

    /// What they cost beside the box that they stand in, if `last` is the stamp of the last packet.
    pub(crate) fn price(&self, last: i64) -> usize {
        match self {
            Self::One | Self::Two(_) => 0,
            Self::Many(buckets) => Buckets::price(buckets.count(last)),
        }
    }

    /// How many buckets there can have been at most at any time.
    pub(crate) fn most(&self, last: i64) -> usize {
        match self {
            Self::One => 1,
            Self::Two(_) => 2,
            Self::Many(buckets) => buckets.most(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Folds packets as a flow does.
    fn fold(packets: &[(i64, u64)]) -> (Times, Span) {
        let mut span = Span { first: packets[0].0, last: packets[0].0, totals: Bucket::default() };
        let mut times = Times::default();
        for &(time, payload) in packets {
            if !Buckets::same(time, span.last) {
                times.leave(span);
            }
            span.last = time;
            span.totals.payload[0] += payload;
            span.totals.packets += 1;
        }
        (times, span)
    }

    fn naive(packets: &[(i64, u64)]) -> Buckets {
        let (mut buckets, mut totals) = (Buckets::default(), Bucket::default());
        for &(time, payload) in packets {
            totals.payload[0] += payload;
            totals.packets += 1;
            buckets.book(time, totals);
        }
        buckets
    }

    fn packets() -> impl Strategy<Value = Vec<(i64, u64)>> {
        let time = prop_oneof![0i64..1 << 35, 0i64..1 << 38, 0i64..1 << 44];
        let payload = prop_oneof![0u64..100, Just(u64::from(u32::MAX))];
        prop::collection::vec((time, payload), 1..12)
    }

    proptest! {
        #[test]
        fn they_say_what_the_list_says(packets in packets()) {
            let (times, span) = fold(&packets);
            match times.closed(span) {
                Some(buckets) => prop_assert_eq!(buckets, naive(&packets)),
                None => prop_assert!(packets.iter().all(|(time, _)| Buckets::same(*time, span.first))),
            }
        }

        #[test]
        fn a_cut_anywhere_changes_neither_times_nor_price(packets in packets(), cut in 1usize..12) {
            let (left, right) = packets.split_at(cut.min(packets.len() - 1).max(1).min(packets.len()));
            if right.is_empty() {
                return Ok(());
            }
            let ((mut joined, ours), (later, theirs), (whole, span)) = (fold(left), fold(right), fold(&packets));
            let most = joined.most(ours.last) + later.most(theirs.last);
            joined.join(ours, &later, theirs);
            prop_assert_eq!(joined.price(span.last), whole.price(span.last));
            prop_assert_eq!(joined.is_one(), whole.is_one());
            prop_assert_eq!(joined.closed(span), whole.closed(span));
            prop_assert!(whole.price(span.last) <= Buckets::price(most));
        }

        #[test]
        fn a_saved_list_is_what_it_was(packets in packets()) {
            let (times, span) = fold(&packets);
            if let Some(buckets) = times.buckets(span.first) {
                let again = Times::of(buckets.clone(), span.first);
                prop_assert_eq!(again.price(span.last), times.price(span.last));
                prop_assert_eq!(again.buckets(span.first), Some(buckets));
            }
        }
    }

    #[test]
    fn one_border_costs_nothing_and_a_second_one_a_list() {
        let border = 1 << Buckets::SHIFT;
        let price = |packets: &[(i64, u64)]| fold(packets).0.price(packets[packets.len() - 1].0);
        assert_eq!(price(&[(0, 1), (border, 1), (border + 1, 1)]), 0);
        assert_eq!(price(&[(0, 1), (border, 1), (0, 1)]), Buckets::price(2));
        assert_eq!(price(&[(0, u64::from(u32::MAX) + 1), (border, 1)]), Buckets::price(2));
    }
}
