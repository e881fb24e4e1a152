//! When a long flow's bytes went: counters in aligned buckets of absolute capture time.
//!
//! A flow that stays within one bucket of the finest width needs none. Buckets are `2^shift` ns wide and start at
//! multiples of that; when more than [`Buckets::CAP`] would hold something, neighbours are added in pairs. The width thus
//! depends on the set of stamps alone, and a cut capture gives the same buckets. What counts is how many hold something and not
//! how far apart they lie: one packet with the stamp 0 amid an upload, or a clock that is set from 1970 on the way, costs a
//! bucket and makes no other wider. What went in large packets is kept finer then; see [`large`].

mod large;

use large::Large;
use serde::{Deserialize, Serialize};

/// Payload bytes sent by the lower and the higher end, those of them in large packets, and packets of both.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    /// Payload bytes by side.
    pub(crate) payload: [u64; 2],
    /// Those of them in large packets; see [`Counters::LARGE`](super::counters::Counters::LARGE).
    pub(crate) large: [u64; 2],
    /// Packets of both sides.
    pub(crate) packets: u64,
}

impl Bucket {
    pub(crate) fn add(&mut self, other: &Self) {
        self.payload[0] += other.payload[0];
        self.payload[1] += other.payload[1];
        self.large[0] += other.large[0];
        self.large[1] += other.large[1];
        self.packets += other.packets;
    }

    /// Takes another from this one; false where that is more than there is.
    fn take(&mut self, other: &Self) -> bool {
        let both = |ours: [u64; 2], theirs: [u64; 2]| {
            Some([ours[0].checked_sub(theirs[0])?, ours[1].checked_sub(theirs[1])?])
        };
        let left = || {
            let (payload, large) = (both(self.payload, other.payload)?, both(self.large, other.large)?);
            Some(Self { payload, large, packets: self.packets.checked_sub(other.packets)? })
        };
        let Some(left) = left() else { return false };
        *self = left;
        true
    }
}

/// Counters of one flow in aligned time.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Buckets {
    shift: u32,
    /// By time. A list, since most flows that need any have two.
    all: Vec<(i64, Bucket)>,
    /// Totals of the flow when the present bucket was entered.
    entered: Bucket,
    /// What of it went in large packets, where the buckets are wider than the finest.
    large: Option<Box<Large>>,
}

impl Buckets {
    /// Finest width: 2^34 ns, about 17.2 s.
    pub(crate) const SHIFT: u32 = 34;
    /// Buckets a flow keeps at most.
    pub(crate) const CAP: usize = 64;

    /// Whether two stamps stand in the same bucket of the finest width.
    #[inline]
    pub(crate) fn same(one: i64, other: i64) -> bool {
        one >> Self::SHIFT == other >> Self::SHIFT
    }

    /// Those of a flow that stayed within the bucket of `time`.
    pub(crate) fn one(time: i64, totals: Bucket) -> Self {
        let mut one = Self::default();
        one.book(time, totals);
        one
    }

    /// The totals that were booked, where all stand in one bucket.
    pub(crate) fn alone(&self) -> Option<Bucket> {
        (self.all.len() == 1).then_some(self.entered)
    }

    /// How many there are once `last`, the stamp of the last packet, is booked: the same however often booking was done
    /// early, as a joint does.
    pub(crate) fn count(&self, last: i64) -> usize {
        if self.all.is_empty() {
            return 1;
        }
        let at = last >> self.shift.max(Self::SHIFT);
        let new = self.all.binary_search_by_key(&at, |(at, _)| *at).is_err();
        if new && self.all.len() == Self::CAP {
            // They get wider by that, which may happen thirty times.
            let mut wider = self.clone();
            wider.add(last >> Self::SHIFT, &Bucket::default());
            return wider.all.len();
        }
        self.all.len() + usize::from(new)
    }

    /// The most that there can have been at any time, if `last` is the stamp of the last packet.
    pub(crate) fn most(&self, last: i64) -> usize {
        if self.shift > Self::SHIFT { Self::CAP } else { self.count(last) }
    }

    /// What so many cost: they grow one by one and are counted in steps of 4, 16 and 64.
    pub(crate) const fn price(count: usize) -> usize {
        let room = if count <= 4 {
            4
        } else if count <= 16 {
            16
        } else {
            // With as many of large packets, which are kept where there were more.
            return size_of::<Self>() + Self::CAP * size_of::<((i64, Bucket), (i64, [u64; 2]))>();
        };
        size_of::<Self>() + room * size_of::<(i64, Bucket)>()
    }

    /// Books what came since the last call to the bucket of `time`; `totals` are those of the flow so far.
    pub(crate) fn book(&mut self, time: i64, totals: Bucket) {
        let mut since = totals;
        let grew = since.take(&self.entered);
        debug_assert!(grew, "counters of a flow never fall");
        self.entered = totals;
        self.add(time >> Self::SHIFT, &since);
    }

    /// Appends the buckets of a later part whose totals have all been booked; ours must have been, too.
    pub(crate) fn join(&mut self, later: &Self) {
        // What went in large packets of wide ones is known finer than by these.
        let theirs = later.large.as_ref();
        if let Some(theirs) = theirs {
            self.make_large().join(theirs);
        }
        for (at, bucket) in &later.all {
            self.put_all(later.shift.max(Self::SHIFT), *at, bucket, theirs.is_none());
        }
        self.widen_to(later.shift);
        self.entered.add(&later.entered);
    }

    /// Adds one of the finest width.
    fn add(&mut self, at: i64, bucket: &Bucket) {
        self.put_all(Self::SHIFT, at, bucket, true);
    }

    /// Adds one of a width, with what of it went in large packets where that is not known finer.
    fn put_all(&mut self, shift: u32, at: i64, bucket: &Bucket, with_large: bool) {
        self.widen_to(shift);
        if let (true, Some(large)) = (with_large, &mut self.large) {
            large.add(shift, at, bucket.large);
        }
        self.put(at >> (self.shift - shift), bucket);
        while self.all.len() > Self::CAP {
            self.widen_to(self.shift + 1);
        }
    }

    fn put(&mut self, at: i64, bucket: &Bucket) {
        match self.all.binary_search_by_key(&at, |(at, _)| *at) {
            Ok(place) => self.all[place].1.add(bucket),
            Err(place) => {
                self.all.reserve_exact(1);
                self.all.insert(place, (at, *bucket));
            }
        }
    }

    fn widen_to(&mut self, shift: u32) {
        let shift = shift.max(Self::SHIFT);
        if shift <= self.shift {
            return;
        }
        if shift > Self::SHIFT {
            self.make_large();
        }
        let by = if self.all.is_empty() { 0 } else { shift - self.shift };
        let narrow = std::mem::take(&mut self.all);
        for (at, bucket) in narrow {
            self.put(at >> by, &bucket);
        }
        self.shift = shift;
    }

    /// What went in large packets, known apart from now on: until then the buckets are of the finest width.
    fn make_large(&mut self) -> &mut Large {
        let all = &self.all;
        self.large.get_or_insert_with(|| Box::new(Large::of(Self::SHIFT, all)))
    }

    /// Whether these can be the buckets of a flow that has `totals`: a saved summary may hold anything.
    pub(crate) fn is_sound(&self, mut totals: Bucket) -> bool {
        let ordered = self.all.is_sorted_by(|(one, _), (other, _)| one < other);
        let width = if self.all.is_empty() { 0..64 } else { Self::SHIFT..64 };
        let mut left = self.entered;
        ordered
            && width.contains(&self.shift)
            && self.all.len() <= Self::CAP
            && self.large.is_some() == (self.shift > Self::SHIFT)
            && self.large.as_ref().is_none_or(|large| large.is_sound(self.shift, &self.all))
            && self.all.iter().all(|(_, bucket)| left.take(bucket))
            && left == Bucket::default()
            && totals.take(&self.entered)
    }

    /// With the packets since the last booking, which belong to the bucket of `last`.
    pub(crate) fn closed(&self, last: i64, totals: Bucket) -> Self {
        let mut closed = self.clone();
        closed.book(last, totals);
        closed
    }

    /// Width of all of them, as a power of two in nanoseconds.
    pub(crate) fn shift(&self) -> u32 {
        self.shift
    }

    /// What went in large packets where the buckets are wider than the finest: the width of these, and each that holds something.
    pub(crate) fn large(&self) -> Option<(u32, impl Iterator<Item = (i64, [u64; 2])>)> {
        self.large.as_ref().map(|large| (large.shift(), large.iter()))
    }

    /// The buckets that hold something, by start in nanoseconds.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Bucket)> {
        let shift = self.shift;
        self.all.iter().map(move |(at, bucket)| (at << shift, bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fold(packets: &[(i64, u64)]) -> Buckets {
        let (mut buckets, mut totals) = (Buckets::default(), Bucket::default());
        for &(time, payload) in packets {
            totals.payload[0] += payload;
            totals.large[0] += if payload > 90 { payload } else { 0 };
            totals.packets += 1;
            buckets.book(time, totals);
        }
        buckets
    }

    /// Keep-alives of a day make the width of an upload's bucket no wider.
    #[test]
    fn what_goes_in_large_packets_is_kept_finer() {
        let day: Vec<_> = (0..5000).map(|n| (n << 34, if n % 1000 == 3 { 99 } else { 1 })).collect();
        let buckets = fold(&day);
        let (shift, large) = buckets.large().unwrap();
        assert_eq!(
            (shift, large.collect::<Vec<_>>()),
            (34, (0..5).map(|n| ((n * 1000 + 3) << 34, [99, 0])).collect())
        );
        assert!(buckets.shift() > 40 && buckets.is_sound(buckets.entered));
    }

    #[test]
    fn a_flow_that_crosses_one_border_costs_little() {
        let mut one = Buckets::default();
        one.book(0, Bucket { packets: 1, ..Bucket::default() });
        assert_eq!(one.count(1 << 34), 2);
        assert!(Buckets::price(2) < 280, "{}", Buckets::price(2));
        assert!(Buckets::price(5) > Buckets::price(4) && Buckets::price(64) > Buckets::price(16));
    }

    #[test]
    fn what_cannot_have_been_folded_is_not_sound() {
        let sound = fold(&[(1 << 34, 3), (5 << 34, 4)]);
        let totals = sound.entered;
        assert!(sound.is_sound(totals));
        let mut turned = sound.clone();
        turned.all.reverse();
        let many = (0..65).map(|n| (n << 34, 1)).collect::<Vec<_>>();
        let mut many = Buckets { shift: 34, all: Vec::new(), ..fold(&many) };
        many.all.extend((0..65).map(|n| (n, Bucket { payload: [1, 0], packets: 1, ..Bucket::default() })));
        let mut more = sound.clone();
        more.all[0].1.payload[1] = u64::MAX;
        for unsound in
            [turned, many, more, Buckets { shift: 200, ..sound.clone() }, Buckets { shift: 3, ..sound }]
        {
            assert!(!unsound.is_sound(totals));
        }
    }

    /// An upload of ten minutes keeps its buckets whatever a packet amid it says, and a clock that is set on the way.
    #[test]
    fn a_stamp_that_makes_no_sense_makes_no_bucket_wider() {
        let upload = |from: i64| (0..35).map(move |n| (from + (n << 34), 1000));
        let now = 1_772_443_501_000_000_000;
        let plain = fold(&upload(now).collect::<Vec<_>>());
        for odd in [0, 1, i64::MIN, i64::MAX, now - (1 << 60)] {
            let mut stamps: Vec<_> = upload(now).collect();
            stamps.insert(17, (odd, 1000));
            let buckets = fold(&stamps);
            assert_eq!((buckets.shift(), buckets.all.len()), (Buckets::SHIFT, plain.all.len() + 1), "{odd}");
        }
        let set = fold(&upload(0).take(29).chain(upload(now)).collect::<Vec<_>>());
        assert_eq!((set.shift(), set.all.len()), (Buckets::SHIFT, 64));
        let more = fold(&upload(0).chain(upload(now)).collect::<Vec<_>>());
        assert_eq!(more.shift(), Buckets::SHIFT + 1);
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_changes_nothing(
            packets in prop::collection::vec((0i64..1 << 44, 0u64..100), 1..200), cut in 0usize..200,
        ) {
            let (left, right) = packets.split_at(cut.min(packets.len()));
            let mut joined = fold(left);
            joined.join(&fold(right));
            prop_assert_eq!(joined, fold(&packets));
        }

        #[test]
        fn as_many_are_counted_as_there_are_when_all_is_booked(
            packets in prop::collection::vec((0i64..1 << 44, 0u64..100), 2..40), early in 1usize..40,
        ) {
            let (last, before) = packets.split_last().unwrap();
            let whole = fold(&packets);
            let open = fold(before);
            prop_assert_eq!(open.count(last.0), whole.all.len());
            prop_assert_eq!(whole.count(last.0), whole.all.len());
            // What a part had at any time is bounded by what is said of it at its end.
            let early = early.min(packets.len());
            prop_assert!(fold(&packets[..early]).all.len() <= whole.most(last.0));
        }

        #[test]
        fn what_was_folded_is_sound(packets in prop::collection::vec((any::<i64>(), 0u64..100), 0..40)) {
            let buckets = fold(&packets);
            prop_assert!(buckets.is_sound(buckets.entered));
            let less = Bucket { packets: buckets.entered.packets.saturating_sub(1), ..buckets.entered };
            prop_assert_eq!(buckets.is_sound(less), packets.is_empty());
        }

        #[test]
        fn nothing_is_lost_and_the_cap_holds(packets in prop::collection::vec((0i64..1 << 50, 1u64..100), 1..40)) {
            let buckets = fold(&packets);
            prop_assert!(buckets.iter().count() <= Buckets::CAP);
            prop_assert_eq!(buckets.iter().map(|(_, b)| b.packets).sum::<u64>(), packets.len() as u64);
        }
    }
}
