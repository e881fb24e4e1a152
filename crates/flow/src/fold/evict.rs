//! What happens when the flows' share of the memory budget is spent.
//!
//! A capture with a port scan and one camera loses the scan's single packets first. What leaves is summed by ends, service and
//! name (`state/eviction.rs`), so that what it carried can still be found.

use hashbrown::HashSet;
use lenscap_wire::Address;

use crate::state::cost;
use crate::state::spell::buckets::Bucket;
use crate::state::spell::{Cold, Hot, Spell, flag};
use crate::state::summary::Summary;
use crate::state::table::shard::SHARDS;
use crate::state::text::TextId;

/// Payload from which on a flow goes last: what carried most is what findings rest on, and who wants it gone has to send as
/// much for each flow that he fills memory with.
const LARGE: u64 = 16 << 10;

/// In what order flows go: half-open ones and single packets first, then those of a station that told what it is, those
/// that carried much last, the longest silent first among equals. Nothing in it depends on a hash, so every run evicts the same.
type Rank = (u8, i64, lenscap_wire::PacketRef);

fn rank(hot: &Hot, cold: &Cold, devices: &HashSet<Address>) -> Rank {
    let Bucket { payload, packets, .. } = hot.totals(cold);
    let class = if payload[0] + payload[1] >= LARGE {
        3
    } else if devices.contains(&hot.key.address(0)) || devices.contains(&hot.key.address(1)) {
        2
    } else {
        u8::from(packets > 1 && hot.flags & flag::PURE == 0)
    };
    (class, hot.last, cold.at())
}

impl Summary {
    /// What spells may cost without anything to note or to evict.
    pub(super) fn calm(&self) -> usize {
        self.flows.costs.peak.min(cost::spells(self.limits.memory))
    }

    /// Evicts flows where they have passed their share of the memory budget.
    #[inline]
    pub(super) fn limit(&mut self, now: i64) {
        self.flows.costs.peak = self.flows.costs.peak.max(self.flows.costs.spells);
        if self.flows.costs.spells > cost::spells(self.limits.memory) {
            self.evict(now);
        }
    }

    /// Makes room where names or sightings have passed theirs.
    #[inline]
    pub(super) fn limit_entries(&mut self, now: i64) {
        let names = self.site.names.cost() > cost::names(self.limits.memory);
        if names || self.site.sightings.cost() > cost::sightings(self.limits.memory) {
            self.make_room(now);
        }
    }

    /// Puts a quarter of the flows' budget out of memory, and drops the texts that nothing needs any more.
    #[cold]
    pub(crate) fn evict(&mut self, now: i64) {
        self.site.tally.inexact_since.get_or_insert(now);
        let budget = cost::spells(self.limits.memory) / 4 * 3;
        let devices = self.site.sightings.speakers();
        let mut order: Vec<(Rank, u32, u32)> = Vec::new();
        for (shard, at) in self.flows.shards.iter().zip(0..) {
            order.extend(shard.spells().zip(0..).map(|((hot, cold), n)| (rank(hot, cold, &devices), at, n)));
        }
        order.sort_unstable();
        let mut gone: Vec<Vec<usize>> = vec![Vec::new(); SHARDS];
        for &(_, at, n) in &order {
            if self.flows.costs.spells <= budget {
                break;
            }
            let Some(shard) = self.flows.shards.get(at as usize) else { continue };
            let beside = shard.spell(n as usize).map_or(0, |(_, cold)| cold.cost as usize);
            self.flows.costs.spells = self.flows.costs.spells.saturating_sub(cost::SPELL + beside);
            self.site.tally.caps.flows_evicted += 1;
            if let Some(places) = gone.get_mut(at as usize) {
                places.push(n as usize);
            }
        }
        let paths = &self.flows.paths;
        let mut left = Vec::new();
        for (shard, places) in self.flows.shards.iter_mut().zip(&mut gone) {
            places.sort_unstable();
            shard.remove(places, |key| key.hash(paths), |spell| left.push(spell));
        }
        // Which shard a flow is in differs from run to run.
        left.sort_unstable_by_key(|spell| (spell.cold.at(), spell.hot.key));
        for spell in left {
            self.site.evictions.add(spell, &self.site.names, &self.flows, self.limits.idle);
            self.limit_evictions(2);
        }
        self.limit_evictions(1);
        self.forget_texts();
    }

    /// Lets records of evicted flows give way once they cost so many times their share.
    pub(super) fn limit_evictions(&mut self, times: usize) {
        let room = cost::evictions(self.limits.memory);
        if self.site.evictions.cost() > times * room {
            self.site.tally.caps.contacts += self.site.evictions.limit(room, &mut self.site.residuals);
        }
    }

    /// Lets names and sightings give way where they have passed their shares, and drops the texts that nothing needs any more.
    #[cold]
    pub(crate) fn make_room(&mut self, now: i64) {
        self.site.tally.inexact_since.get_or_insert(now);
        let (names, sightings) = (cost::names(self.limits.memory), cost::sightings(self.limits.memory));
        if self.site.names.cost() > names {
            self.site.names.limit(names, &self.flows.texts);
        }
        if self.site.sightings.cost() > sightings {
            self.site.sightings.limit(sightings, &self.flows.texts);
        }
        self.forget_texts();
    }

    /// Keeps only the texts and transcripts that are in use.
    pub(crate) fn forget_texts(&mut self) {
        let (texts, transcripts) =
            (std::mem::take(&mut self.flows.texts), std::mem::take(&mut self.flows.transcripts));
        let mut keep = |id: TextId| self.flows.texts.intern(texts.text(id));
        let mut used = vec![None; transcripts.len()];
        let mut rename = |cold: &mut Cold, name: Option<&mut TextId>| {
            for id in &mut cold.transcripts {
                let Some(transcript) = transcripts.transcript(*id) else { continue };
                let Some(kept) = used.get_mut(id.0 as usize) else { continue };
                *id = *kept.get_or_insert_with(|| self.flows.transcripts.keep(transcript, &mut keep));
            }
            cold.texts_mut().chain(name).for_each(|text| *text = keep(*text));
        };
        for shard in &mut *self.flows.shards {
            shard.spells_mut().for_each(|spell| rename(&mut spell.cold, None));
        }
        self.site.evictions.rename(|Spell { cold, .. }, name| rename(cold, Some(name)));
        let mut spell = |Spell { cold, .. }: &mut Spell| rename(cold, None);
        self.site.settled.change(&mut spell);
        self.site.heirs.change(|_| {}, &mut spell);
        self.site.names = std::mem::take(&mut self.site.names).with_texts(&mut keep);
        self.site.sightings = std::mem::take(&mut self.site.sightings).with_texts(&mut keep);
    }
}
