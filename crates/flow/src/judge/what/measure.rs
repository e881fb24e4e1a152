//! What is measured of a flow of a device: payload seen once, content, answers, refusals.

use lenscap_catalog::ContentRule;

use crate::judge::Flow;
use crate::state::answer::Answer;
use crate::state::eviction::Gone;
use crate::state::key::Side;
use crate::state::measure::{Beside, ContentLimits, Measures};
use crate::state::spell::history::SYN_ACK;

impl From<&ContentRule> for ContentLimits {
    fn from(rule: &ContentRule) -> Self {
        let &ContentRule { large, any, ratio, piece, datagrams, .. } = rule;
        Self { large, any, ratio, piece, datagrams }
    }
}

impl Flow<'_> {
    /// Payload that one side sent, each byte once.
    pub(crate) fn once(&self, side: Side) -> u64 {
        self.payload_once(side).bytes
    }

    /// Payload of both sides as it was captured, with that of the flows that left memory with this one.
    pub(crate) fn whole_payload(&self) -> u64 {
        self.whole_counters().payload.iter().sum()
    }

    /// Whether that is an estimate for a half, of this flow or of those that left memory with it.
    pub(crate) fn is_estimated(&self) -> bool {
        self.hot.is_estimated(self.cold) || self.gone().is_some_and(|gone| gone.estimated)
    }

    /// The same of both sides, of the flows that left memory with this one.
    pub(crate) fn gone_once(&self) -> [u64; 2] {
        self.gone().map(|gone| gone.once).unwrap_or_default()
    }

    /// Whether one side sent so much [content](Self::content). Content is part of the payload, which is at hand.
    pub(crate) fn has_content(&self, rule: &ContentRule, side: Side, least: u64) -> bool {
        let may = self.is_evicted() || self.counters().payload.get(side).is_some_and(|&sent| sent >= least);
        may && self.content(rule, side) >= least
    }

    /// Content that one side sent in two neighbouring windows, at most, with that of the flows that a cap put out of memory with
    /// this one: of those that ended and were told all are alike. Cheap where there is little.
    pub(crate) fn content(&self, rule: &ContentRule, side: Side) -> u64 {
        let gone = self.gone().filter(|_| self.is_evicted());
        if gone.is_none() && self.counters().payload.get(side).is_none_or(|&sent| sent < rule.large) {
            return 0;
        }
        let Some(gone) = gone else {
            return Measures::content_of(&rule.into(), (self.hot, self.cold), side);
        };
        let mut measures = gone.measures[side & 1].clone();
        measures.add(&rule.into(), (self.hot, self.cold), side, Beside::NOTHING);
        measures.content(false)
    }

    /// Adds what one side of it sent by window to `all`, with that of the flows that left memory with this one; `refused`
    /// says that it reached nobody: then only those that left count.
    pub(crate) fn measure(
        &self,
        rule: &ContentRule,
        side: Side,
        beside: Beside,
        refused: bool,
        all: &mut Measures,
    ) {
        if let Some(gone) = self.gone() {
            let mut measures = gone.measures[side & 1].clone();
            measures.keep(beside);
            all.join(measures);
        }
        if !refused {
            all.add(&rule.into(), (self.hot, self.cold), side, beside);
        }
    }

    /// How it is known that the other end answered.
    pub(crate) fn answer(&self, side: Side) -> Answer {
        self.hot.answer(self.cold, side)
    }

    /// Whether no packet of one side was captured, of it and of those that left memory with it, though the other end
    /// acknowledges what it sent.
    pub(crate) fn is_unseen(&self, side: Side) -> bool {
        self.hot.is_unseen(self.cold, side) && self.whole_counters().packets[side & 1] == 0
    }

    /// Payload of one side that the other end acknowledges and nobody captured, with that of the flows that left memory with it.
    pub(crate) fn acknowledged(&self, side: Side) -> u64 {
        let gone = self.gone().map_or(0, |gone| gone.acknowledged[side & 1]);
        self.hot.acknowledged(self.cold, side) + gone
    }

    /// Payload of one side that was sent and not captured by the numbers of both ends, in how many flows, with those of the
    /// flows that left memory with it.
    pub(crate) fn lacking(&self, side: Side) -> (u64, u64) {
        let own = self.hot.lacking(self.cold, side);
        let of = |gone: &Gone| (gone.acknowledged[side & 1] + gone.gaps[side & 1], gone.lacking[side & 1]);
        let (bytes, flows) = self.gone().map_or((0, 0), of);
        (own.saturating_add(bytes), u64::from(own > 0) + flows)
    }

    /// Whether the other end answered.
    pub(crate) fn is_answered(&self, side: Side) -> bool {
        self.hot.is_answered(self.cold, side)
    }

    /// Whether one side accepted a connection.
    pub(crate) fn accepts(&self, side: Side) -> bool {
        self.hot.seen[side & 1] & SYN_ACK != 0
    }

    /// Whether the other end reset the connection before it acknowledged a byte.
    pub(crate) fn is_reset(&self, side: Side) -> bool {
        self.hot.is_reset(self.cold, side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_catalog::Catalog;

    /// What leaves memory is measured before a catalogue is at hand.
    #[test]
    fn content_is_the_same_before_and_at_the_end() {
        assert_eq!(ContentLimits::from(Catalog::builtin().content()), ContentLimits::LEAVING);
    }
}
