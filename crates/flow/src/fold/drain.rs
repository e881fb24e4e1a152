//! `drain`: lets flows leave memory that ended and were told.
//!
//! What leaves has a record of its kind (`state/settled.rs`), which is judged as the flow was, and leaves an heir to the spells
//! that go on with its connection (`state/heir.rs`). A half that was waiting for bytes is read as far as it goes: none come.

use hashbrown::HashSet;
use lenscap_wire::Field;

use crate::state::cost;
use crate::state::flows::Flows;
use crate::state::heir::{Line, Teller};
use crate::state::key::Key;
use crate::state::leaving::Leaving;
use crate::state::spell::{Spell, flag};
use crate::state::summary::{AtEnd, Summary, read_at_end};
use crate::state::table::shard::{Shard, shard_of};
use crate::state::text::TextId;
use crate::state::transcript::Transcript;

/// Texts below which it is not asked whether anything needs them.
const FEW_TEXTS: usize = 1 << 12;

impl Summary {
    /// Lets go of the flows that may leave. `until` is a moment before which no stamp comes any more. Returns how many left.
    pub fn drain(&mut self, leaving: &Leaving, until: i64) -> usize {
        let paths = &self.flows.paths;
        let mut left = Vec::with_capacity(leaving.len());
        for shard in &mut *self.flows.shards {
            let places = places(shard, leaving);
            if !places.is_empty() {
                shard.remove(&places, |key| key.hash(paths), |spell| left.push(spell));
            }
        }
        // Which shard a flow is in differs from run to run; of one key they come in their order.
        left.sort_by_key(|spell| spell.cold.at());
        let count = left.len();
        for spell in left {
            self.flows.costs.spells -= cost::SPELL + spell.cold.cost as usize;
            self.settle(spell, leaving);
        }
        self.limit_settled(until);
        count
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
        let line = Line::with(at, names, || Teller::of(&spell), before);
        self.site.heirs.put(key, line);
        let leaver = leaving.of(spell.cold.at()).copied().unwrap_or_default();
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

    /// Keeps what flows leave within its shares of memory.
    fn limit_settled(&mut self, until: i64) {
        let (settled, heirs) = (cost::settled(self.limits.memory), cost::heirs(self.limits.memory));
        let before = self.site.heirs.given_up;
        let Flows { shards, paths, .. } = &self.flows;
        self.site.heirs.limit(until, heirs, |key| {
            let hash = key.hash(paths);
            shards.get(shard_of(hash)).is_some_and(|shard| shard.find(hash, key).is_some())
        });
        let mut bites = self.site.heirs.given_up > before;
        if self.site.settled.cost() > settled {
            bites = true;
            for record in self.site.settled.take(settled / 8 * 7) {
                self.site.tally.caps.flows_evicted += record.flows();
                self.site.evictions.take(record, &self.site.names, &self.flows, self.limits.idle);
            }
            let room = cost::evictions(self.limits.memory);
            self.site.tally.caps.contacts += self.site.evictions.limit(room, &mut self.site.residuals);
        }
        if bites {
            self.site.tally.inexact_since.get_or_insert(until);
        }
        if self.flows.texts.len() > FEW_TEXTS.max(2 * self.scratch.texts_kept) {
            self.forget_texts();
            self.scratch.texts_kept = self.flows.texts.len();
        }
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

/// Whether a half names the flow's server, as a hello or a certificate does.
fn names_its_server(transcript: &Transcript) -> bool {
    let names = |field| matches!(field, Field::TlsSni | Field::HttpHost | Field::TlsCertificate);
    transcript.said.iter().any(|said| names(said.field) && said.value != TextId::EMPTY)
}
