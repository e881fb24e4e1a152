//! `a.beside(b)`: puts together the summaries of two parts that ran side by side.
//!
//! Two workers of a sensor take the flows of one interface by hash, and a third takes what carries facts. Flow 10.0.0.1:5000 to
//! 10.0.0.2:443 is then whole in one of them, the names are all in another, and both together are what folding all packets in
//! order of time would have given. Where that cannot be known, both are handed back.

use crate::join::ids::Ids;
use crate::join::refusal::{Refusal, Refused};
use crate::join::then::Plan;
use crate::state::cost;
use crate::state::eviction::EvictedKey;
use crate::state::path::PathId;
use crate::state::spell::{Hot, Spell};
use crate::state::summary::{Role, Summary};
use crate::state::table::index::NOWHERE;
use crate::state::table::shard::Shard;
use crate::state::text::TextId;

impl Summary {
    /// Puts `other` together with this summary, as if the packets of both had been folded in order of time.
    ///
    /// Their flows must be disjoint; only one of them may hold names, only one sightings, and only one pieces of datagrams: in
    /// these the order counts. No cap may have bitten. Which of both stands on the left changes nothing.
    pub fn beside(mut self, other: Self) -> Result<Self, Box<Refused>> {
        self.flows.reindex();
        match self.plan_beside(&other) {
            Ok(plan) => {
                self.append(other, plan);
                Ok(self)
            }
            Err(why) => Err(Box::new(Refused { left: self, right: other, why })),
        }
    }

    /// Puts what a worker has together with what its desk has, to be judged: as [`Summary::beside`], caps or none. Flows of a
    /// path for which there is no room among all stay flows, of another path.
    #[must_use]
    pub(crate) fn gather(mut self, mut other: Self) -> Self {
        self.flows.reindex();
        let paths = self.flows.paths.adopt_most(&other.flows.paths);
        let ids = Ids { paths, ..Ids::default() };
        let counterparts = self.meet(&other, &ids);
        let (pathless, first) = pathless(&other, &ids);
        self.site.tally.caps.paths += pathless;
        let since = [self.site.tally.inexact_since, other.site.tally.inexact_since, first];
        self.site.shed += other.site.shed;
        self.site.residuals.join(std::mem::take(&mut other.site.residuals));
        // What is adopted twice is there already.
        let texts = self.flows.texts.adopt(&other.flows.texts);
        let text = |id: TextId| texts.get(id.0 as usize).copied().unwrap_or_default();
        let transcripts = self.flows.transcripts.adopt(&other.flows.transcripts, text);
        let all = Ids { paths: ids.paths.clone(), texts: texts.clone(), transcripts };
        let evictions = std::mem::take(&mut other.site.evictions);
        let rename = |key: &mut EvictedKey, spell: &mut Spell| {
            (key.path, key.name) = (all.path(key.path), all.text(key.name));
            all.rename(&mut spell.hot, &mut spell.cold);
        };
        self.site.evictions.join(evictions, rename, &self.flows, self.limits.idle);
        let peak = self.flows.costs.peak.saturating_add(other.flows.costs.peak);
        self.append(other, Plan { ids, split: Vec::new(), counterparts, peak });
        self.role = Role::Whole;
        self.site.tally.inexact_since = since.into_iter().flatten().min();
        self
    }

    fn plan_beside(&mut self, other: &Self) -> Result<Plan, Refusal> {
        if self.limits != other.limits || self.appendable != other.appendable || self.saved != other.saved {
            return Err(Refusal::Beginning);
        }
        let peak = self.flows.costs.peak.saturating_add(other.flows.costs.peak);
        let memory = self.limits.memory;
        let over = self.entries_with(other);
        let capped = self.site.is_capped() || other.site.is_capped();
        if capped || peak > cost::spells(memory) || over {
            return Err(Refusal::Memory);
        }
        let (ours, theirs) = (&self.site, &other.site);
        let shared = [
            ours.names.len() > 0 && theirs.names.len() > 0,
            ours.sightings.len() > 0 && theirs.sightings.len() > 0,
            !self.flows.fragments.is_untouched() && !other.flows.fragments.is_untouched(),
            !ours.captures.are_apart(&theirs.captures),
        ];
        if shared.contains(&true) {
            return Err(Refusal::Shared);
        }
        // What is refused is handed back, with one path more than it had: nothing of it shows.
        let paths = self.flows.paths.adopt(&other.flows.paths).ok_or(Refusal::Memory)?;
        let ids = Ids { paths, ..Ids::default() };
        let counterparts = self.meet(other, &ids);
        if counterparts.iter().flatten().any(|&place| place != NOWHERE) {
            return Err(Refusal::Shared);
        }
        Ok(Plan { ids, split: Vec::new(), counterparts, peak })
    }
}

/// Packets of flows whose path has no id of its own among all, and the stamp of the first.
fn pathless(other: &Summary, ids: &Ids) -> (u64, Option<i64>) {
    if !ids.paths.contains(&PathId::OTHER) {
        return (0, None);
    }
    let open = other.flows.shards.iter().flat_map(Shard::spells);
    let ended = other.site.settled.iter().flat_map(|record| &record.kept).map(|kept| &kept.spell);
    let evicted = other.site.evictions.sorted().into_iter().map(|(_, record)| &record.largest);
    let apart = ended.chain(evicted).map(|spell| (&spell.hot, &spell.cold));
    let lost = |hot: &Hot| hot.key.path != PathId::OTHER && ids.path(hot.key.path) == PathId::OTHER;
    open.chain(apart).filter(|(hot, _)| lost(hot)).fold((0, None), |(packets, first), (hot, cold)| {
        let first = first.map_or(cold.first, |first: i64| first.min(cold.first));
        (packets + hot.counters(cold).packets.iter().sum::<u64>(), Some(first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::key::Key;
    use crate::state::path::{Layers, Paths};
    use crate::state::summary::{Limits, Passed};
    use lenscap_wire::{Address, Layer, LayerKind};

    fn vlan(id: u32) -> Layers {
        Layers::from_iter([Layer { kind: LayerKind::Vlan, id, ends: [Address::default(); 2] }])
    }

    /// The desk knows as many paths as there can be; a worker has flows of a further one, and of one that the desk knows.
    #[test]
    fn flows_of_a_path_too_many_are_gathered_all_the_same() {
        let mut desk = Summary::new(Limits { idle: 300, memory: 1 << 24 }).into_desk();
        for id in 0..Paths::CAP as u32 {
            desk.flows.paths.intern(&vlan(id));
        }
        let mut worker = desk.worker(1);
        for (port, id, time) in [(5000, 7, 20), (5001, 1 << 20, 30), (5002, 1 << 20, 10), (5001, 1 << 21, 40)]
        {
            let key = Key { ports: [port, 443], protocol: 17, version: 4, ..Key::default() };
            let share = Share { time, wire: 60, bytes: 46, ..Share::default() };
            let entry = Entry { share, ..Entry::default() };
            worker.take_passed(Passed::Copy(Box::new((key, 0, entry, vlan(id)))));
        }
        let whole = desk.clone().gather(worker.clone());
        assert_eq!((worker.flows(), whole.flows()), (4, 4));
        assert_eq!((whole.site.tally.caps.paths, whole.site.tally.inexact_since), (3, Some(10)));
        let paths = whole.flows.shards.iter().flat_map(Shard::spells).map(|(hot, _)| hot.key.path);
        assert_eq!(paths.filter(|path| *path == PathId::OTHER).count(), 3);
        assert_eq!(Summary::new(desk.limits).gather(worker).site.tally.caps.paths, 0, "with room for all");
    }
}
