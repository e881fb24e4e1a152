//! Pauses within a spell, and in how many of the stretches between them each side sent payload.
//!
//! A camera reports each minute over one connection and is silent between: of ten reports there are nine pauses and ten
//! bursts. A pause is what lies between two packets that follow each other, so it is the same whatever the clock said when the
//! capture began, and wherever the capture is cut. Aligned buckets could not say that: three reports lie in two of them or in
//! four, as their borders happen to fall.

use serde::{Deserialize, Serialize};

use crate::state::measure::recurrences::MOMENTS;
use crate::state::spell::times::Span;

/// When an ended burst was in which a side sent payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Burst {
    /// Stamps of its first and last packet, of either side.
    first: i64,
    last: i64,
    /// Which sides sent payload in it.
    sides: [bool; 2],
}

impl Burst {
    /// Its earlier and its later end: a clock may have stepped back in it.
    pub(crate) fn span(&self) -> (i64, i64) {
        (self.first.min(self.last), self.first.max(self.last))
    }

    /// Whether a side sent payload in it.
    pub(crate) const fn has(&self, side: usize) -> bool {
        self.sides[side & 1]
    }
}

/// What ended bursts hold; a spell without a pause has none.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pauses {
    /// Nanoseconds of all pauses.
    silent: u64,
    /// Ended bursts in which a side sent payload.
    bursts: [u32; 2],
    /// Payload by side in the first burst.
    led: [u64; 2],
    /// Payload by side before the last pause.
    before: [u64; 2],
    /// Whether the protocol has keep-alives of one byte.
    probes: bool,
    /// Stamp of the last packet of the first burst.
    led_until: i64,
    /// Stamp of the first packet behind the last pause.
    opened: i64,
    /// The first ended bursts with payload.
    listed: Vec<Burst>,
}

impl Pauses {
    /// The shortest pause: 2^35 ns, about 34 s. Two stamps so far apart lie in two buckets of time, whose border is the only
    /// place where it is asked for.
    pub(crate) const LEAST: i64 = 1 << 35;
    /// Bursts of which is kept when they were: as many moments as are told apart.
    const LISTED: usize = MOMENTS as usize;

    /// How long a pause lies between packets with these stamps that follow each other; none where they are nearer, or where the
    /// clock steps back.
    pub(crate) fn between(one: i64, other: i64) -> Option<u64> {
        let gap = other.saturating_sub(one);
        (gap >= Self::LEAST).then_some(gap as u64)
    }

    /// Of a spell that began at a moment, of a protocol that may have keep-alives of one byte, as TCP does (RFC 9293, 3.8.4).
    fn new(opened: i64, probes: bool) -> Self {
        Self { probes, opened, ..Self::default() }
    }

    /// Those of a spell, made where there are none.
    pub(super) fn of(pauses: &mut Option<Box<Self>>, opened: i64, probes: bool) -> &mut Self {
        pauses.get_or_insert_with(|| Box::new(Self::new(opened, probes)))
    }

    /// What those with so many listed bursts cost.
    pub(crate) const fn price(listed: usize) -> usize {
        size_of::<Self>() + listed * size_of::<Burst>()
    }

    /// Keeps when a burst was, where payload was sent in it and there is room.
    fn list(&mut self, burst: Burst) {
        if burst.sides != [false; 2] && self.listed.len() < Self::LISTED {
            // Most spells have a few.
            let more = 1 + self.listed.len() / 2;
            if self.listed.len() == self.listed.capacity() {
                self.listed.reserve_exact(more);
            }
            self.listed.push(burst);
        }
    }

    /// Whether so much payload in one burst is more than a keep-alive.
    const fn counts(&self, payload: u64) -> bool {
        payload > self.probes as u64
    }

    /// Ends a burst by a pause between packets of these two stamps; `payload` is what each side has sent so far.
    pub(crate) fn pause(&mut self, payload: [u64; 2], (last, next): (i64, i64)) {
        let first = self.silent == 0;
        let sides = [0, 1].map(|side| self.counts(payload[side].saturating_sub(self.before[side])));
        for side in [0, 1] {
            self.bursts[side] = self.bursts[side].saturating_add(u32::from(sides[side]));
        }
        if first {
            (self.led, self.led_until) = (payload, last);
        }
        self.list(Burst { first: self.opened, last, sides });
        (self.before, self.opened) = (payload, next);
        self.silent = self.silent.saturating_add(next.saturating_sub(last) as u64);
    }

    /// Appends those of a later part that goes on with a burst of ours, which is still open. `payload` is what each side had sent
    /// in our part.
    pub(crate) fn join(&mut self, payload: [u64; 2], later: &Self) {
        let whole = [0, 1].map(|side| payload[side].saturating_add(later.led[side]));
        let (first, before) = (self.silent == 0, self.before);
        let sides = [0, 1].map(|side| self.counts(whole[side].saturating_sub(before[side])));
        let led = later.led.map(|payload| self.counts(payload));
        for side in [0, 1] {
            // The first burst of the later part is a piece of ours.
            let others = later.bursts[side].saturating_sub(u32::from(led[side]));
            self.bursts[side] =
                self.bursts[side].saturating_add(u32::from(sides[side])).saturating_add(others);
            self.before[side] = payload[side].saturating_add(later.before[side]);
        }
        if first {
            (self.led, self.led_until) = (whole, later.led_until);
        }
        self.list(Burst { first: self.opened, last: later.led_until, sides });
        let others = later.listed.iter().skip(usize::from(led != [false; 2]));
        others.for_each(|burst| self.list(*burst));
        self.opened = later.opened;
        self.silent = self.silent.saturating_add(later.silent);
    }

    /// Bursts in which a side sent payload, given all that it has sent.
    pub(crate) fn bursts(&self, side: usize, payload: u64) -> u64 {
        let open = payload.saturating_sub(self.before[side & 1]);
        u64::from(self.bursts[side & 1]) + u64::from(self.counts(open))
    }

    /// The first ended bursts with payload, in the order in which they were.
    pub(crate) fn listed(&self) -> &[Burst] {
        &self.listed
    }

    /// When the open burst began, where a side that has sent so much has sent payload in it.
    pub(crate) fn opened(&self, side: usize, payload: u64) -> Option<i64> {
        self.counts(payload.saturating_sub(self.before[side & 1])).then_some(self.opened)
    }

    /// When the last burst began, whoever sent in it.
    pub(crate) const fn last_opened(&self) -> i64 {
        self.opened
    }

    /// Whether these can be the pauses of a spell with so much payload: a saved summary may hold anything.
    pub(crate) fn is_sound(&self, payload: [u64; 2], probes: bool) -> bool {
        let within = |side: usize| self.led[side] <= self.before[side] && self.before[side] <= payload[side];
        let few = self.listed.len() <= Self::LISTED;
        self.silent >= Self::LEAST as u64 && self.probes == probes && within(0) && within(1) && few
    }
}

/// Appends the pauses of a later part, which began `next`, to those of a spell.
pub(crate) fn append(
    ours: &mut Option<Box<Pauses>>,
    spell: Span,
    (next, later): (i64, Option<&Pauses>),
    probes: bool,
) {
    let (first, payload) = (spell.first, spell.totals.payload);
    if Pauses::between(spell.last, next).is_some() {
        Pauses::of(ours, first, probes).pause(payload, (spell.last, next));
    }
    if let Some(later) = later {
        Pauses::of(ours, first, probes).join(payload, later);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::spell::buckets::Bucket;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000_000_000;

    /// Packets of a side with payload, and when; what a spell keeps of them.
    fn fold(packets: &[(i64, usize, u64)]) -> (Option<Box<Pauses>>, [u64; 2]) {
        let (mut pauses, mut payload) = (None::<Box<Pauses>>, [0; 2]);
        for (n, &(time, side, bytes)) in packets.iter().enumerate() {
            let before = n.checked_sub(1).map(|before| packets[before].0);
            if let Some(before) = before.filter(|before| Pauses::between(*before, time).is_some()) {
                Pauses::of(&mut pauses, packets[0].0, true).pause(payload, (before, time));
            }
            payload[side] += bytes;
        }
        (pauses, payload)
    }

    fn packets() -> impl Strategy<Value = Vec<(i64, usize, u64)>> {
        let step = prop_oneof![0i64..SECOND, 0i64..60 * SECOND, -90 * SECOND..90 * SECOND];
        prop::collection::vec((step, 0usize..2, 0u64..3), 1..24).prop_map(|steps| {
            let time = |time: &mut i64, (step, side, bytes): (i64, usize, u64)| {
                *time += step;
                Some((*time, side, bytes))
            };
            steps.into_iter().scan(0, time).collect()
        })
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_changes_nothing(packets in packets(), cut in 1usize..24) {
            let (left, right) = packets.split_at(cut.min(packets.len()));
            let Some(first) = right.first() else { return Ok(()) };
            let ((mut joined, ours), (later, theirs)) = (fold(left), fold(right));
            let totals = Bucket { payload: ours, ..Bucket::default() };
            let span = Span { first: left[0].0, last: left[left.len() - 1].0, totals };
            append(&mut joined, span, (first.0, later.as_deref()), true);
            let (whole, payload) = fold(&packets);
            prop_assert_eq!(&joined, &whole);
            prop_assert_eq!(payload, [ours[0] + theirs[0], ours[1] + theirs[1]]);
            prop_assert!(whole.is_none_or(|whole| whole.is_sound(payload, true)));
        }

        #[test]
        fn a_clock_that_was_set_otherwise_changes_nothing(packets in packets(), by in -(1i64 << 60)..1 << 60) {
            let moved: Vec<_> = packets.iter().map(|&(time, side, bytes)| (time + by, side, bytes)).collect();
            let (mut whole, payload) = fold(&packets);
            if let Some(pauses) = &mut whole {
                pauses.listed.iter_mut().for_each(|burst| {
                    (burst.first, burst.last) = (burst.first + by, burst.last + by);
                });
                (pauses.led_until, pauses.opened) = (pauses.led_until + by, pauses.opened + by);
            }
            prop_assert_eq!(fold(&moved), (whole, payload));
        }
    }

    #[test]
    fn reports_are_counted_and_keep_alives_of_a_byte_are_not() {
        let each_minute = |bytes| (0..10).map(|n| (n * 60 * SECOND, 0, bytes)).collect::<Vec<_>>();
        let bursts = |packets: &[_]| {
            let (pauses, payload) = fold(packets);
            pauses.map(|pauses| pauses.bursts(0, payload[0]))
        };
        assert_eq!(bursts(&each_minute(90)), Some(10));
        assert_eq!(bursts(&each_minute(1)), Some(0));
        assert_eq!(bursts(&[(0, 0, 90), (33 * SECOND, 0, 90)]), None);
    }
}
