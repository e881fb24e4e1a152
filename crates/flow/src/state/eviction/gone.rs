//! Sums of flows that left memory: all that is judged of many at once.

use lenscap_wire::PacketRef;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::state::key::Side;
use crate::state::measure::{Beside, ContentLimits, Keeps, Measures};
use crate::state::spell::Spell;
use crate::state::spell::counters::Counters;

/// A packet that is cited.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct Cite(#[serde(with = "crate::state::packet_ref")] pub(crate) PacketRef);

/// Sums of the flows of a record beside its largest.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gone {
    pub(crate) flows: u64,
    pub(crate) counters: Counters,
    /// Payload by side, each byte once.
    pub(crate) once: [u64; 2],
    /// Whether that is an estimate, for some flow.
    pub(crate) estimated: bool,
    pub(crate) span: Option<(i64, i64)>,
    /// By side: flows that the other end answered, and those that it refused.
    pub(crate) answered: [u64; 2],
    pub(crate) refused: [u64; 2],
    /// The first packet of the first one refused.
    pub(crate) refusal: [Option<Cite>; 2],
    /// By side: payload of it that the other end acknowledges and nobody captured behind what was.
    pub(crate) acknowledged: [u64; 2],
    /// By side: what it sent.
    pub(crate) measures: [Measures; 2],
    /// Bytes of TCP that were never captured between others, of flows that ended and were told.
    #[serde(skip)]
    pub(crate) missed: u64,
    /// By side: what of these is sure, and of how many such flows something was sent that nobody captured.
    #[serde(skip)]
    pub(crate) gaps: [u64; 2],
    #[serde(skip)]
    pub(crate) lacking: [u64; 2],
    /// By side: the least ports of it, where they differ in flows that ended and were told.
    #[serde(skip)]
    pub(crate) ports: [BTreeSet<u16>; 2],
}

impl Gone {
    /// Adds a flow; `refused` are, by side, the packets of others that say that what it sent was not delivered.
    pub(crate) fn add(&mut self, Spell { hot, cold }: &Spell, refused: [Option<PacketRef>; 2], keeps: Keeps) {
        let (first, last) = hot.span(cold);
        // Of those that ended none has a half elsewhere; of those that a cap put out, nobody knows any more.
        let unseen = keeps == Keeps::Months;
        self.flows += 1;
        self.counters.join(&hot.counters(cold));
        self.estimated |= hot.is_estimated(cold);
        let span = self.span.get_or_insert((first, last));
        *span = (span.0.min(first), span.1.max(last));
        for side in [0, 1] {
            self.once[side] += hot.payload_once(cold, side).bytes;
            if unseen {
                self.acknowledged[side] += hot.acknowledged(cold, side);
                self.gaps[side] += hot.lacking(cold, side) - hot.acknowledged(cold, side);
                self.lacking[side] += u64::from(hot.lacking(cold, side) > 0);
            }
            self.answered[side] += u64::from(hot.is_answered(cold, side));
            let told = refused[side].filter(|_| !hot.is_answered(cold, side));
            if let Some(packet) = told.or_else(|| hot.is_reset(cold, side).then(|| cold.at())) {
                self.refused[side] += 1;
                let refusal = self.refusal[side].get_or_insert(Cite(packet));
                *refusal = (*refusal).min(Cite(packet));
                if !hot.counts_though_refused(cold, side) {
                    continue;
                }
            }
            self.measures[side].add(
                &ContentLimits::LEAVING,
                (hot, cold),
                side,
                Beside { unseen, ..Beside::ALL },
            );
            self.measures[side].limit(keeps);
        }
    }

    /// Adds the sums of others.
    pub(crate) fn join(&mut self, other: Self, keeps: Keeps) {
        // By name, so that the next field is not forgotten.
        let Self {
            flows,
            counters,
            once,
            estimated,
            span,
            answered,
            refused,
            refusal,
            acknowledged,
            measures,
            missed,
            gaps,
            lacking,
            ports,
        } = other;
        self.missed += missed;
        self.flows += flows;
        self.counters.join(&counters);
        self.estimated |= estimated;
        self.span = match (self.span, span) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
        for (side, measures) in measures.into_iter().enumerate() {
            self.once[side] += once[side];
            self.acknowledged[side] += acknowledged[side];
            self.gaps[side] += gaps[side];
            self.lacking[side] += lacking[side];
            self.answered[side] += answered[side];
            self.refused[side] += refused[side];
            self.refusal[side] = [self.refusal[side], refusal[side]].into_iter().flatten().min();
            self.measures[side].join(measures);
            self.measures[side].limit(keeps);
        }
        for (side, ports) in ports.into_iter().enumerate() {
            for port in ports {
                self.note_port(side, port);
            }
        }
    }

    /// All its numbers, as one that none of their sums passes; `None` where that is too many: a saved summary may hold anything.
    pub(crate) fn weight(&self) -> Option<u64> {
        let Counters { packets, bytes, payload, large, wire } = self.counters;
        let pairs =
            [packets, bytes, payload, large, self.once, self.answered, self.refused, self.acknowledged];
        let measures = self.measures.iter().flat_map(Measures::amounts);
        let mut all = pairs.into_iter().flatten().chain([self.flows, wire]).chain(measures);
        all.try_fold(0, u64::checked_add)
    }

    /// Keeps a port, if it is among the least.
    pub(crate) fn note_port(&mut self, side: Side, port: u16) {
        const MOST: usize = 16;
        let ports = &mut self.ports[side & 1];
        ports.insert(port);
        if ports.len() > MOST {
            ports.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::key::{Key, UDP};

    /// Of a flow that was refused and left memory the same is judged as of one that is there: a little of it is nothing, and content
    /// is what left.
    #[test]
    fn content_that_was_refused_is_measured_all_the_same() {
        let of = |packets: u32| {
            let key = Key { protocol: UDP, ..Key::default() };
            let entry = Entry { share: Share { payload: 1400, ..Share::default() }, ..Entry::default() };
            let mut spell = Spell::begin(key, 0, &entry);
            for _ in 1..packets {
                spell.hot.absorb(&mut spell.cold, &entry, 0);
            }
            let mut gone = Gone::default();
            gone.add(&spell, [Some(PacketRef::default()), None], Keeps::Few);
            (gone.refused[0], gone.measures[0].content(false))
        };
        assert_eq!(of(11), (1, 0));
        assert_eq!(of(300), (1, 420_000));
    }

    /// Sums that take in an estimate rest on one from then on, whichever of the two had it.
    #[test]
    fn sums_that_rest_on_an_estimate_stay_so() {
        let of = |estimated| Gone { estimated, flows: 1, ..Gone::default() };
        for (ours, theirs) in [(false, true), (true, false), (false, false)] {
            let mut sums = of(ours);
            sums.join(of(theirs), Keeps::Few);
            assert_eq!((sums.estimated, sums.flows), (ours || theirs, 2));
        }
    }

    #[test]
    fn sums_that_no_sum_can_hold_have_no_weight() {
        let gone = Gone { flows: 3, once: [4, 5], ..Gone::default() };
        assert_eq!(gone.weight(), Some(12));
        assert_eq!(Gone { answered: [u64::MAX, 0], ..gone }.weight(), None);
    }
}
