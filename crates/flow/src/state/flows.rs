//! The flows of a summary, and what their records name: paths, texts, transcripts, fragments that may become packets.
//!
//! Ids are local: text 7 of one summary is another text in the next. So what names an id, and what it names, stand here
//! together, and can be handed over together.

use rayon::prelude::*;

use crate::state::cost;
use crate::state::fragment::Fragments;
use crate::state::path::Paths;
use crate::state::spell::{Cold, Hot, Spell};
use crate::state::table::shard::{At, SHARDS, Shard};
use crate::state::text::Texts;
use crate::state::transcript::Transcripts;

/// Every flow, by shard.
#[derive(Clone, Debug)]
pub(crate) struct Flows {
    pub(crate) paths: Paths,
    pub(crate) texts: Texts,
    pub(crate) transcripts: Transcripts,
    pub(crate) shards: Box<[Shard; SHARDS]>,
    pub(crate) fragments: Fragments,
    pub(crate) costs: Costs,
    /// Whether any spell may have [learned](Cold::learned) something: most captures have none.
    pub(crate) taught: bool,
    /// Whether nothing can be looked up: see [`Flows::unindex`].
    unindexed: bool,
    /// Whether the next joint is the last of a scan, behind which flows are only judged.
    pub(crate) joins_last: bool,
}

/// What the spells cost, as [`cost`] counts it; fragments have a budget of their own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Costs {
    pub(crate) spells: usize,
    /// The most that they cost at any time.
    pub(crate) peak: usize,
}

impl Flows {
    /// None yet.
    pub(crate) fn new(fragments: Fragments) -> Self {
        Self {
            paths: Paths::default(),
            texts: Texts::default(),
            transcripts: Transcripts::default(),
            shards: Box::new(std::array::from_fn(|_| Shard::default())),
            fragments,
            costs: Costs::default(),
            taught: false,
            unindexed: false,
            joins_last: false,
        }
    }

    /// Lets go of what flows and texts are looked up by: 13 to 26 bytes a flow, 10 to 21 a text and 5 to 11 a transcript that nobody needs who only
    /// judges. Packets and flows can be added again after [`Flows::reindex`].
    pub(crate) fn unindex(&mut self) {
        self.unindex_flows();
        self.texts.unindex();
        self.transcripts.unindex();
    }

    /// Lets go of what flows are looked up by alone.
    pub(crate) fn unindex_flows(&mut self) {
        self.unindexed = true;
        self.shards.iter_mut().for_each(Shard::unindex);
    }

    /// Whether flows can be looked up.
    pub(crate) fn is_indexed(&self) -> bool {
        !self.unindexed
    }

    /// Makes it again, where it was let go of.
    #[inline]
    pub(crate) fn reindex(&mut self) {
        if self.unindexed {
            self.make_index();
        }
    }

    #[cold]
    #[inline(never)]
    fn make_index(&mut self) {
        self.unindexed = false;
        self.texts.reindex();
        self.transcripts.reindex();
        let paths = &self.paths;
        self.shards.par_iter_mut().for_each(|shard| shard.reindex(|key| key.hash(paths)));
    }

    /// How many there are, evicted ones left out.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(Shard::len).sum()
    }

    /// The spell at a place.
    pub(crate) fn spell_mut(&mut self, at: At) -> Option<(&mut Hot, &mut Cold)> {
        self.shards.get_mut(at.shard)?.spell_mut(at)
    }

    /// Counts anew what a spell keeps beside its record.
    pub(crate) fn recount(&mut self, at: At) {
        let Some((hot, cold)) = self.shards.get_mut(at.shard).and_then(|shard| shard.spell_mut(at)) else {
            return;
        };
        let now = cost::beside(hot, cold, &self.transcripts, &self.texts);
        self.costs.spells = self.costs.spells + now - cold.reprice(now);
    }

    /// What all spells cost: a sum over what they are, not over how they came to be. Each keeps its own part.
    pub(crate) fn count_spells(&mut self) -> usize {
        let (transcripts, texts) = (&self.transcripts, &self.texts);
        let shard = |shard: &mut Shard| {
            let mut sum = shard.len() * cost::SPELL;
            for Spell { hot, cold } in shard.spells_mut() {
                cold.cost = cost::beside(hot, cold, transcripts, texts) as u32;
                sum += cold.cost as usize;
            }
            sum
        };
        self.shards.par_iter_mut().map(shard).sum()
    }
}
