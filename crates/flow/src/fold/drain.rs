//! `drain`: lets flows leave memory that ended and were told.
//!
//! What leaves has a record of its kind (`state/settled.rs`), which is judged as the flow was, and leaves an heir to the spells
//! that go on with its connection (`state/heir.rs`). A half that was waiting for bytes is read as far as it goes: none come.

use hashbrown::HashSet;
use lenscap_wire::Field;

use crate::state::cost;
use crate::state::eviction::holder;
use crate::state::flows::Flows;
use crate::state::heir::{Line, Teller};
use crate::state::key::{Key, TCP};
use crate::state::leaving::Leaving;
use crate::state::share::cleared;
use crate::state::spell::{Spell, flag, history};
use crate::state::summary::{AtEnd, Summary, read_at_end};
use crate::state::table::shard::{Shard, shard_of};
use crate::state::text::TextId;
use crate::state::transcript::Transcript;

/// Texts below which it is not asked whether anything needs them.
const FEW_TEXTS: usize = 1 << 12;
/// Which part of its share what leaves at once may be beyond it before some of it gives way.
const OVER: usize = 4;

impl Summary {
    /// Lets go of the flows that may leave. `until` is a moment before which no stamp comes any more. Returns how many left.
    pub fn drain(&mut self, leaving: &Leaving, until: i64) -> usize {
        self.flows.reindex();
        let paths = &self.flows.paths;
        let mut left = Vec::with_capacity(leaving.len());
        for shard in &mut *self.flows.shards {
            let places = places(shard, leaving);
            if !places.is_empty() {
                shard.remove(&places, |key| key.hash(paths), |spell| left.push(spell));
            }
        }
        // Which shard a flow is in differs from run to run. Of one key they come in their order, which packets of two interfaces
        // do not tell.
        left.sort_by_key(|spell| spell.hot.key);
        let (count, latest) = (left.len(), left.iter().map(|Spell { hot, cold }| hot.latest(cold)).max());
        for spell in left {
            self.limit_early(latest.unwrap_or(until).max(until));
            let (spells, price) = (&mut self.flows.costs.spells, cost::SPELL + spell.cold.cost as usize);
            debug_assert!(*spells >= price, "{price} of {spells}");
            *spells = spells.saturating_sub(price);
            self.settle(spell, leaving);
        }
        self.limit_settled(until, latest.unwrap_or(until).max(until));
        count
    }

    /// Where more leaves at once than has room, it is not all put away first: that would be memory beside the budget.
    fn limit_early(&mut self, latest: i64) {
        let room = cost::settled(self.limits.memory);
        if self.site.settled.cost() > room.saturating_add(room / OVER) {
            self.limit_records(latest);
        }
        let room = cost::heirs(self.limits.memory);
        if self.site.heirs.cost() > room.saturating_add(room / OVER) {
            self.limit_heirs(i64::MIN, latest);
        }
    }

    /// Puts away a flow that ended.
    fn settle(&mut self, mut spell: Spell, leaving: &Leaving) {
        self.conclude(&mut spell);
        let key = spell.hot.key;
        let at = (&spell.hot, &spell.cold);
        let before = self.site.heirs.of(&key).filter(|line| line.goes_on(at));
        let heritage = before.map(|line| (line.orig, line.by_syn, line.teller.clone()));
        let names = spell
            .cold
            .transcripts
            .iter()
            .any(|id| self.flows.transcripts.transcript(*id).is_some_and(names_its_server));
        if before.is_some() || !is_attempt(&spell) {
            let line = Line::with(at, names, || Teller::of(&spell), before);
            self.site.heirs.put(key, line, holder(&spell), &self.flows);
        } else {
            self.site.heirs.forget(key);
        }
        let mut leaver = leaving.of(spell.cold.at()).copied().unwrap_or_default();
        // What was learned as the half was concluded, no sum can have.
        leaver.alone |= [0, 1].into_iter().any(|side| !spell.cold.learned(side).is_empty());
        self.site.settled.add(spell, heritage, &leaver, &self.flows);
    }

    /// Reads what waited for bytes, and lets go of the bytes.
    fn conclude(&mut self, spell: &mut Spell) {
        for side in [0, 1] {
            let (texts, transcripts) = (&mut self.flows.texts, &mut self.flows.transcripts);
            let read = read_at_end((&spell.hot, &spell.cold), side, texts, transcripts);
            if let Some(AtEnd { transcript, asked, last, learned }) = read {
                spell.cold.transcripts[side & 1] = transcript;
                spell.cold.ask(&mut spell.hot, side, asked);
                spell.cold.decide(side, last);
                self.flows.taught |= !learned.is_empty();
                spell.cold.learn(side, learned);
            }
            spell.cold.close(side, false, false);
        }
        let of_side = flag::UNDECIDED | flag::LISTING | flag::SHORT;
        spell.hot.flags &= !(of_side | of_side << 1 | flag::FIRST);
    }

    /// Keeps what flows leave within its shares of memory. `latest` is when a cap bites.
    fn limit_settled(&mut self, until: i64, latest: i64) {
        self.limit_heirs(until, latest);
        self.limit_records(latest);
        if self.flows.texts.len() > FEW_TEXTS.max(2 * self.scratch.texts_kept) {
            self.forget_texts();
            self.scratch.texts_kept = self.flows.texts.len();
        }
    }

    fn limit_heirs(&mut self, until: i64, latest: i64) {
        let (room, before) = (cost::heirs(self.limits.memory), self.site.heirs.given_up);
        let Flows { shards, paths, .. } = &self.flows;
        self.site.heirs.limit(until, room, |key| {
            let hash = key.hash(paths);
            shards.get(shard_of(hash)).is_some_and(|shard| shard.find(hash, key).is_some())
        });
        if self.site.heirs.given_up > before {
            self.site.tally.inexact_since.get_or_insert(latest);
        }
    }

    fn limit_records(&mut self, latest: i64) {
        let room = cost::settled(self.limits.memory);
        if self.site.settled.cost() <= room {
            return;
        }
        self.site.tally.inexact_since.get_or_insert(latest);
        for record in self.site.settled.take(cleared(room)) {
            self.site.tally.caps.flows_evicted += record.flows();
            self.site.evictions.take(record, &self.site.names, &self.flows, self.limits.idle);
            self.limit_evictions(2);
        }
        self.limit_evictions(1);
    }
}

/// The places of those that leave. Of one key they leave in their order: where an earlier one stays, so do those after it.
fn places(shard: &Shard, leaving: &Leaving) -> Vec<usize> {
    let mut stay: HashSet<Key> = HashSet::new();
    let settled = shard.settled.len();
    let leaves = |(n, (hot, cold)): (usize, (&crate::state::spell::Hot, &crate::state::spell::Cold))| {
        let leaves = leaving.of(cold.at()).is_some() && (stay.is_empty() || !stay.contains(&hot.key));
        if !leaves && n < settled {
            stay.insert(hot.key);
        }
        leaves.then_some(n)
    };
    shard.spells().enumerate().filter_map(leaves).collect()
}

/// Whether a spell is one try that nobody took up, as each of a scan: a SYN. There is nothing to go on with, and they are many.
fn is_attempt(Spell { hot, cold }: &Spell) -> bool {
    let counters = hot.counters(cold);
    let is_one_sided = counters.packets.contains(&0) && counters.payload == [0; 2];
    let letters = hot.seen[0] | hot.seen[1];
    let is_half_open = letters & history::SYN != 0 && letters & history::ACK == 0;
    hot.key.protocol == TCP && is_one_sided && is_half_open && !cold.says_anything()
}

/// Whether a half names the flow's server, as a hello or a certificate does.
fn names_its_server(transcript: &Transcript) -> bool {
    let names = |field| matches!(field, Field::TlsSni | Field::HttpHost | Field::TlsCertificate);
    transcript.said.iter().any(|said| names(said.field) && said.value != TextId::EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::key::UDP;
    use crate::state::learned::{Learned, Told};
    use crate::state::settled::SettledFlows;
    use crate::state::summary::Limits;
    use crate::state::transcript::Asked;
    use lenscap_wire::PacketRef;

    fn spell(protocol: u8, port: u16, payload: u32) -> Spell {
        let key = Key { ports: [port, 443], protocol, version: 4, ..Key::default() };
        let at = PacketRef { record: u32::from(port), ..PacketRef::default() };
        let share = Share { wire: 60, bytes: 40, payload, at, ..Share::default() };
        Spell::begin(key, 0, &Entry { share, ..Entry::default() })
    }

    fn syn() -> Spell {
        let mut syn = spell(TCP, 5000, 0);
        syn.hot.seen = [history::SYN, 0];
        syn
    }

    #[test]
    fn a_try_that_nobody_took_up_leaves_no_heir() {
        assert!(is_attempt(&syn()));
        let mut named = syn();
        named.cold.ask(&mut named.hot, 0, Asked { name: TextId(1), ..Asked::NOTHING });
        let mut answered = syn();
        answered.hot.seen = [history::SYN | history::ACK, history::ACK];
        assert!(![named, answered, spell(UDP, 5000, 0)].iter().any(is_attempt));

        let mut summary = Summary::new(Limits { idle: 300, memory: 1 << 30 });
        summary.settle(syn(), &Leaving::default());
        assert_eq!(summary.site.heirs.len(), 0);
        summary.settle(spell(TCP, 5000, 9), &Leaving::default());
        assert_eq!(summary.site.heirs.len(), 1);
    }

    /// What is drained can be judged, and no more: not saved, and joined to nothing.
    #[test]
    fn what_is_left_of_the_drained_is_neither_saved_nor_joined() {
        let mut summary = Summary::new(Limits { idle: 300, memory: 1 << 30 });
        assert!(summary.save(Vec::new()).is_ok());
        summary.settle(spell(TCP, 5000, 9), &Leaving::default());
        summary.site.settled = SettledFlows::default();
        assert!(summary.site.heirs.len() == 1 && summary.save(Vec::new()).is_err());
        let other = || Summary::appendable(Limits { idle: 300, memory: 1 << 30 });
        assert!(Summary::new(summary.limits).then(other(), &()).is_ok());
        assert!(summary.then(other(), &()).is_err());
        let mut shed = Summary::new(Limits { idle: 300, memory: 1 << 30 });
        shed.site.shed = 1;
        assert!(shed.save(Vec::new()).is_err());
    }

    /// Three thousand flows leave at once that are like no other, and there is room for a few: those that find none give way as
    /// they come, and no packet of them is lost.
    #[test]
    fn more_than_has_room_is_never_put_away() {
        let mut summary = Summary::new(Limits { idle: 300, memory: 1 << 20 });
        let mut most = 0;
        for port in 1..3000 {
            summary.limit_early(0);
            let mut spell = spell(UDP, port, 9);
            spell.hot.key.ports[1] = port;
            summary.settle(spell, &Leaving::default());
            most = most
                .max(summary.site.settled.cost() + summary.site.evictions.cost() + summary.site.heirs.cost());
        }
        let room = (cost::settled(1 << 20), cost::heirs(1 << 20), cost::evictions(1 << 20));
        // What comes last is above it.
        let over = room.0 / OVER + room.1 / OVER + 2 * room.2 + 8192;
        assert!(most < room.0 + room.1 + over, "{most} of {room:?}");
        let site = &summary.site;
        let settled: u64 = site.settled.iter().map(crate::state::settled::Settled::flows).sum();
        assert_eq!(settled + site.evictions.total().0 + site.residuals.total().0, 2999);
        assert!(site.tally.inexact_since.is_some());
    }

    /// A half that told of names has a record of its own, as it is judged by itself.
    #[test]
    fn who_told_of_names_shares_no_record() {
        let mut summary = Summary::new(Limits { idle: 300, memory: 1 << 30 });
        for port in [5000, 5001] {
            let mut spell = spell(UDP, port, 9);
            spell.hot.key.ports[0] = 5000;
            let at = spell.cold.at();
            spell.cold.learn(0, vec![Learned { told: Told::Unread, time: 0, at }]);
            summary.settle(spell, &Leaving::default());
        }
        assert_eq!(summary.site.settled.sorted().len(), 2);
    }
}
