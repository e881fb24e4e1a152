//! How often payload was sent again: moments that lie apart, of all flows of a contact.
//!
//! A camera opens three connections for one report: that is one moment. It reports each minute for an hour, over one
//! connection or sixty: that is sixty. What is counted hangs on how far apart stamps lie and on nothing else: not on where a
//! minute begins by the clock, nor on the order in which flows are added.

use serde::{Deserialize, Serialize};

use crate::state::key::TCP;
use crate::state::spell::pauses::Pauses;
use crate::state::spell::{Cold, Hot};

/// Datagrams with fewer bytes than this, taken together, keep a way open and tell nothing: `f1 e0 00 00` of PPPP is four.
const KEEP_ALIVE: u64 = 8;

/// Moments of payload sent that are told apart: as many as a rule can ask for.
pub const MOMENTS: u64 = 64;

/// Flows that follow one another without a gap of [`Pauses::LEAST`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct Stretch {
    first: i64,
    last: i64,
    /// The moments of its flows, as if none were the same.
    moments: u64,
}

impl Stretch {
    /// Moments that lie apart: what is told of flows side by side counts once.
    fn count(&self) -> u64 {
        let length = self.last.saturating_sub(self.first).max(0);
        self.moments.min((length / Pauses::LEAST) as u64 + 1)
    }
}

/// The moments at which flows sent payload; a function of the set of flows.
///
/// Another flow never makes fewer of them: where it fills a gap between two stretches, it is as long as that. So "at least
/// [`MOMENTS`]" stays true, and nothing more need be kept then.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recurrences {
    /// In order of time, each so far from the next that both are apart.
    stretches: Vec<Stretch>,
    many: bool,
}

impl Recurrences {
    /// Adds what one side of a flow sent.
    pub(crate) fn add(&mut self, (hot, cold): (&Hot, &Cold), side: usize) {
        each_stretch((hot, cold), side, |stretch| self.put(stretch));
    }

    /// Adds those of other flows.
    pub(crate) fn join(&mut self, other: Self) {
        if other.many {
            *self = Self { many: true, ..Self::default() };
        }
        other.stretches.into_iter().for_each(|stretch| self.put(stretch));
    }

    /// How many moments there are, up to [`MOMENTS`].
    pub(crate) fn count(&self) -> u64 {
        let all = self.stretches.iter().map(Stretch::count);
        if self.many { MOMENTS } else { all.fold(0, u64::saturating_add).min(MOMENTS) }
    }

    /// What they cost.
    pub(crate) fn price(&self) -> usize {
        self.stretches.len() * size_of::<Stretch>()
    }

    fn put(&mut self, mut new: Stretch) {
        if self.many {
            return;
        }
        let apart = |one: &Stretch, other: &Stretch| other.first.saturating_sub(one.last) >= Pauses::LEAST;
        let alone = new;
        let from = self.stretches.partition_point(|known| apart(known, &alone));
        let near = self.stretches.iter().skip(from).take_while(|known| !apart(&alone, known));
        let mut to = from;
        for known in near {
            new.first = new.first.min(known.first);
            new.last = new.last.max(known.last);
            new.moments = new.moments.saturating_add(known.moments);
            to += 1;
        }
        self.stretches.splice(from..to, [new]);
        if self.count() >= MOMENTS {
            self.many = true;
            self.stretches.clear();
        }
    }
}

/// The stretches in which one side of a flow sent payload, with their moments, none nearer to the next than [`Pauses::LEAST`].
///
/// Each burst is one. A burst may last for hours without a pause, and which of its packets bore payload is not kept. Then its
/// length tells how many there are: in UDP, where packets without payload are rare, and in TCP where payload is what the side
/// sent most. Who downloads for an hour acknowledges and sends hardly any; he has a moment for each kilobyte that he asked with.
fn each_stretch((hot, cold): (&Hot, &Cold), side: usize, mut each: impl FnMut(Stretch)) {
    let (side, other) = (side & 1, 1 - (side & 1));
    if hot.payload_once(cold, side).bytes == 0 {
        return;
    }
    let counters = hot.counters(cold);
    let (sent, received) = (counters.payload[side], counters.payload[other]);
    if hot.key.protocol != TCP && sent < counters.packets[side] * KEEP_ALIVE {
        return;
    }
    let tells = sent >= counters.packets[side] && sent.saturating_mul(64) >= received;
    let mut asked = if hot.key.protocol != TCP || tells { u64::MAX } else { sent >> 10 };
    let mut burst = |(first, last): (i64, i64)| {
        let length = last.saturating_sub(first).max(0) as u64;
        let within = (length / Pauses::LEAST as u64).min(asked);
        asked -= within;
        // What was sent once was mostly sent at the beginning, however late the end was.
        each(Stretch { first, last: if within > 0 { last } else { first }, moments: 1 + within });
    };
    let Some(pauses) = cold.pauses() else { return burst(hot.span(cold)) };
    let listed = || pauses.listed().iter().filter(|burst| burst.has(side));
    listed().for_each(|known| burst(known.span()));
    let opened = pauses.opened(side, sent);
    if let Some(first) = opened {
        burst((first.min(hot.last), first.max(hot.last)));
    }
    // Of further bursts only their number is kept.
    let known = listed().count() as u64 + u64::from(opened.is_some());
    let moments = pauses.bursts(side, sent).saturating_sub(known);
    let end = pauses.listed().last().map(|burst| burst.span().1);
    if let Some(first) = end.filter(|_| moments > 0) {
        each(Stretch { first, last: pauses.last_opened().max(first), moments });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000_000_000;

    fn of(flows: &[(i64, i64, u64)]) -> Recurrences {
        let mut all = Recurrences::default();
        for &(first, length, moments) in flows {
            all.put(Stretch { first, last: first + length, moments });
        }
        all
    }

    #[test]
    fn what_is_sent_side_by_side_is_one_moment() {
        assert_eq!(of(&[(0, 0, 1), (SECOND, 0, 1), (2 * SECOND, 0, 1)]).count(), 1);
        assert_eq!(of(&[(0, 0, 1), (60 * SECOND, 0, 1), (120 * SECOND, 0, 1)]).count(), 3);
        // Three within a minute are one page.
        assert_eq!(of(&[(0, 0, 1), (20 * SECOND, 0, 1), (50 * SECOND, 0, 1)]).count(), 2);
        assert_eq!(of(&[(0, 600 * SECOND, 3), (100 * SECOND, 0, 1)]).count(), 4);
    }

    proptest! {
        #[test]
        fn order_and_clock_and_cuts_change_nothing(
            flows in prop::collection::vec((0i64..9000, 0i64..400, 1u64..4), 1..90),
            cut in 0usize..90, by in -(1i64 << 60)..1 << 60, scale in 1i64..4,
        ) {
            let flows: Vec<_> = flows.into_iter().map(|(first, length, moments)| {
                (first * SECOND * scale, length * SECOND, moments)
            }).collect();
            let whole = of(&flows);
            let mut turned = flows.clone();
            turned.reverse();
            prop_assert_eq!(&of(&turned), &whole);
            turned.sort_by_key(|(first, length, _)| (first % 7, *length));
            prop_assert_eq!(&of(&turned), &whole);
            let (left, right) = flows.split_at(cut.min(flows.len()));
            let mut joined = of(left);
            joined.join(of(right));
            prop_assert_eq!(&joined, &whole);
            let moved: Vec<_> = flows.iter().map(|&(first, length, n)| (first + by, length, n)).collect();
            prop_assert_eq!(of(&moved).count(), whole.count());
            // One flow more never makes fewer.
            prop_assert!(of(left).count() <= whole.count());
        }
    }
}
