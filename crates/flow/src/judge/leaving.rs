//! Which flows ended and may leave memory, and what of each hangs on other flows or on names: what a record must not mix.

use lenscap_wire::PacketRef;

use super::view::Judgement;
use super::{Court, Flow, rules};
use crate::judge::judged::Judged;
use crate::report::{Leaving, Said};
use crate::state::answer::Answer;
use crate::state::key::{Side, TCP, UDP};
use crate::state::leaving::Leaver;
use lenscap_wire::Timestamp;

impl Judgement<'_> {
    /// The flows that ended at or before a moment; of those alone that `said` holds, where it is given.
    pub(super) fn leavers(&self, until: Timestamp, said: Option<&Said>) -> Leaving {
        let shards = 0..self.court.summary.flows.shards.len();
        let flows = shards.flat_map(|shard| self.court.flows(shard));
        let ended = flows.filter(|flow| flow.span().1 <= until.0);
        let leaver = |flow: Flow<'_>| {
            let first = flow.cold.at();
            let first = (first.chunk, first.record);
            let may = said.is_none_or(|said| said.has(first));
            may.then(|| Some((first, self.leaver(&flow, self.judged.get(flow.at)?))))?
        };
        Leaving { flows: ended.filter_map(leaver).collect() }
    }

    fn leaver(&self, flow: &Flow<'_>, judged: &Judged) -> Leaver {
        let court = &self.court;
        let named: Option<(PacketRef, u8)> =
            court.named(flow, judged).map(|named| (named.at, named.confidence));
        Leaver {
            named,
            refused: [0, 1].map(|side| self.undelivered.of(flow, side)),
            class: court.class(flow),
            masked: masked(flow, judged),
            alone: court.is_alone(flow),
        }
    }
}

impl Court<'_> {
    /// What judging asks of the amounts of a flow: thresholds as bits, content by its power of two.
    fn class(&self, flow: &Flow<'_>) -> u32 {
        let (counters, large) = (flow.counters(), flow.hot.totals(flow.cold).large);
        let of_side = |side: Side| {
            let content = flow.content(self.catalog.content(), side);
            let power = if content >= rules::UPLOAD_BYTES { 64 - content.leading_zeros() } else { 0 };
            let bulk = large[side] >= rules::BULK_BYTES && large[side] / 10 >= large[1 - side];
            let answer = flow.answer(side);
            let answers = [Answer::Guessed, Answer::Acknowledged, Answer::Seen].map(|least| answer >= least);
            let amounts = [bulk, counters.payload[side] > 0, counters.packets[side] > 0];
            let bits = amounts.into_iter().chain(answers);
            bits.fold(power, |all, bit| all << 1 | u32::from(bit))
        };
        of_side(0) << 16 | of_side(1)
    }

    /// Whether a flow has something that no sum can have.
    fn is_alone(&self, flow: &Flow<'_>) -> bool {
        let told = [0, 1].into_iter().any(|side| !flow.cold.learned(side).is_empty());
        let quotes = flow.cold.extra.as_ref().is_some_and(|extra| extra.quoted.is_some());
        // Of one five-tuple there may be halves and copies with other tags.
        told || quotes || self.halves.concern(flow.at)
    }
}

/// The side of which the port differs from flow to flow: who began the connection, where the other's is the port of a service.
fn masked(flow: &Flow<'_>, judged: &Judged) -> Option<Side> {
    let key = &flow.hot.key;
    match key.protocol {
        TCP if judged.bits & Judged::BY_SYN != 0 => Some(judged.orig()),
        TCP | UDP => {
            let serves = |side: Side| key.ports[side] < 1024 && key.ports[1 - side] >= 1024;
            [0, 1].into_iter().find(|&side| serves(1 - side))
        }
        _ => None,
    }
}
