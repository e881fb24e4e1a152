//! Pauses within a spell, and in how many of the stretches between them each side sent payload.
//!
//! A camera reports each minute over one connection and is silent between: of ten reports there are nine pauses and ten
//! bursts. A pause is what lies between two packets that follow each other, so it is the same whatever the clock said when the
//! capture began, and wherever the capture is cut. Aligned buckets could not say that: three reports lie in two of them or in
//! four, as their borders happen to fall.

use serde::{Deserialize, Serialize};

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
}

impl Pauses {
    /// The shortest pause: 2^35 ns, about 34 s. Two stamps so far apart lie in two buckets of time, whose border is the only
    /// place where it is asked for.
    pub(crate) const LEAST: i64 = 1 << 35;

    /// How long a pause lies between packets with these stamps that follow each other; none where they are nearer, or where the
    /// clock steps back.
    pub(crate) fn between(one: i64, other: i64) -> Option<u64> {
        let gap = other.saturating_sub(one);
        (gap >= Self::LEAST).then_some(gap as u64)
    }

    /// Of a spell of a protocol that may have keep-alives of one byte, as TCP does (RFC 9293, 3.8.4).
    fn new(probes: bool) -> Self {
        Self { probes, ..Self::default() }
    }

    /// Those of a spell, made where there are none.
    pub(super) fn of(pauses: &mut Option<Box<Self>>, probes: bool) -> &mut Self {
        pauses.get_or_insert_with(|| Box::new(Self::new(probes)))
    }

    /// Whether so much payload in one burst is more than a keep-alive.
    const fn counts(&self, payload: u64) -> bool {
        payload > self.probes as u64
    }

    /// Ends a burst by a pause; `payload` is what each side has sent so far.
    pub(crate) fn pause(&mut self, payload: [u64; 2], silent: u64) {
        let first = self.silent == 0;
        for side in [0, 1] {
            let burst = payload[side].saturating_sub(self.before[side]);
            self.bursts[side] = self.bursts[side].saturating_add(u32::from(self.counts(burst)));
        }
        if first {
            self.led = payload;
        }
        self.before = payload;
        self.silent = self.silent.saturating_add(silent);
    }

    /// Appends those of a later part that goes on with a burst of ours, which is still open. `payload` is what each side had sent
    /// in our part.
    pub(crate) fn join(&mut self, payload: [u64; 2], later: &Self) {
        let whole = [0, 1].map(|side| payload[side].saturating_add(later.led[side]));
        let (first, before) = (self.silent == 0, self.before);
        for side in [0, 1] {
            let burst = whole[side].saturating_sub(before[side]);
            let own = u32::from(self.counts(burst));
            // The first burst of the later part is a piece of ours.
            let others = later.bursts[side].saturating_sub(u32::from(self.counts(later.led[side])));
            self.bursts[side] = self.bursts[side].saturating_add(own).saturating_add(others);
            self.before[side] = payload[side].saturating_add(later.before[side]);
        }
        if first {
            self.led = whole;
        }
        self.silent = self.silent.saturating_add(later.silent);
    }

    /// Bursts in which a side sent payload, given all that it has sent.
    pub(crate) fn bursts(&self, side: usize, payload: u64) -> u64 {
        let open = payload.saturating_sub(self.before[side & 1]);
        u64::from(self.bursts[side & 1]) + u64::from(self.counts(open))
    }

    /// Nanoseconds of all pauses.
    pub(crate) const fn silent(&self) -> u64 {
        self.silent
    }

    /// Whether these can be the pauses of a spell with so much payload: a saved summary may hold anything.
    pub(crate) fn is_sound(&self, payload: [u64; 2], probes: bool) -> bool {
        let within = |side: usize| self.led[side] <= self.before[side] && self.before[side] <= payload[side];
        self.silent >= Self::LEAST as u64 && self.probes == probes && within(0) && within(1)
    }
}

/// Appends the pauses of a later part to those of a spell that had sent so much; `gap` is the pause between both, if any.
pub(crate) fn append(
    ours: &mut Option<Box<Pauses>>,
    payload: [u64; 2],
    gap: Option<u64>,
    later: Option<&Pauses>,
    probes: bool,
) {
    if let Some(gap) = gap {
        Pauses::of(ours, probes).pause(payload, gap);
    }
    if let Some(later) = later {
        Pauses::of(ours, probes).join(payload, later);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000_000_000;

    /// Packets of a side with payload, and when; what a spell keeps of them.
    fn fold(packets: &[(i64, usize, u64)]) -> (Option<Box<Pauses>>, [u64; 2]) {
        let (mut pauses, mut payload) = (None::<Box<Pauses>>, [0; 2]);
        for (n, &(time, side, bytes)) in packets.iter().enumerate() {
            let gap = n.checked_sub(1).and_then(|before| Pauses::between(packets[before].0, time));
            if let Some(gap) = gap {
                Pauses::of(&mut pauses, true).pause(payload, gap);
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
            append(&mut joined, ours, Pauses::between(left[left.len() - 1].0, first.0), later.as_deref(), true);
            let (whole, payload) = fold(&packets);
            prop_assert_eq!(&joined, &whole);
            prop_assert_eq!(payload, [ours[0] + theirs[0], ours[1] + theirs[1]]);
            prop_assert!(whole.is_none_or(|whole| whole.is_sound(payload, true)));
        }

        #[test]
        fn a_clock_that_was_set_otherwise_changes_nothing(packets in packets(), by in -(1i64 << 60)..1 << 60) {
            let moved: Vec<_> = packets.iter().map(|&(time, side, bytes)| (time + by, side, bytes)).collect();
            prop_assert_eq!(fold(&moved), fold(&packets));
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
