//! `a.then(b)`: appends a later summary, or hands it back where equality cannot be proven.
//!
//! What a cut can tear apart is the last open spell of a key on the left and the first of that key on the right.
//! They are one spell by the same rule that packets obey; then their counters join, and the right half's listed
//! payloads are given to the left half's readers as if they had come as packets.

use rayon::prelude::*;

use crate::join::append::{Appending, Joined, Owed, Terms};
use crate::join::chain::{Chains, is_known, takes_for_granted};
use crate::join::ids::Ids;
use crate::join::refusal::{Refusal, Refused};
use crate::join::split_datagram::SplitDatagram;
use crate::state::cost;
use crate::state::half::{Fetch, Half};
use crate::state::heir::Heirs;
use crate::state::key::{Key, Side, TCP};
use crate::state::settled::SettledFlows;
use crate::state::spell::{Cold, Hot, Spell, flag};
use crate::state::summary::Summary;
use crate::state::table::shard::{At, Counterparts, SHARDS, Shard, shard_of};

/// What was found out before anything is changed.
pub(super) struct Plan {
    /// The right side's paths; its texts and transcripts are adopted only when all is certain.
    pub(super) ids: Ids,
    pub(super) split: Vec<SplitDatagram>,
    /// By shard.
    pub(super) counterparts: Vec<Counterparts>,
    /// What the flows of both cost at most at any time.
    pub(super) peak: usize,
}

impl Summary {
    /// Appends `later`, the summary of the packets that follow. `source` opens payloads again where a stream
    /// lies across the cut.
    pub fn then(mut self, mut later: Self, source: &dyn Fetch) -> Result<Self, Box<Refused>> {
        self.flows.reindex();
        later.flows.reindex();
        let plan = self.plan(&later).and_then(|plan| {
            self.fill(&mut later, &plan, source)?;
            Ok(plan)
        });
        match plan {
            Ok(plan) => {
                self.append(later, plan);
                Ok(self)
            }
            Err(why) => Err(Box::new(Refused { left: self, right: later, why })),
        }
    }

    /// Sees whether `later` may be appended.
    fn plan(&mut self, later: &Self) -> Result<Plan, Refusal> {
        // A list that was made for a capture to fall back on is too short for a summary that will be saved.
        // What was drained was told, and cannot go on with anything.
        let drained = self.site.is_drained() || later.site.is_drained();
        if !later.appendable || self.limits != later.limits || self.saved && !later.saved || drained {
            return Err(Refusal::Beginning);
        }
        if !self.site.captures.ended_before(&later.site.captures) {
            return Err(Refusal::Later);
        }
        if later.site.is_capped() || self.cost_with(later) {
            return Err(Refusal::Memory);
        }
        let paths = self.flows.paths.adopt(&later.flows.paths).ok_or(Refusal::Memory)?;
        let ids = Ids { paths, ..Ids::default() };
        let split = self.split(later, |id| ids.path(id))?;
        let counterparts = self.meet(later, &ids);
        let pieces: usize = split.iter().map(|split| split.datagram.shares.len()).sum();
        let peak = self.peak_with(later, &counterparts).saturating_add(pieces * cost::SPLIT);
        if peak > cost::spells(self.limits.memory) {
            return Err(Refusal::Memory);
        }
        Ok(Plan { ids, split, counterparts, peak })
    }

    /// Looks every right-hand spell's key up on the left.
    pub(super) fn meet(&self, later: &Self, ids: &Ids) -> Vec<Counterparts> {
        let paths = &self.flows.paths;
        let shard = |(left, right): (&Shard, &Shard)| {
            let key = |(hot, _): (&Hot, &Cold)| {
                let key = Key { path: ids.path(hot.key.path), ..hot.key };
                (key.hash(paths), key)
            };
            left.find_all(right.spells().map(key))
        };
        self.flows.shards.par_iter().zip(&*later.flows.shards).map(shard).collect()
    }

    /// Whether both together could have reached a cap, joints of flows left out.
    fn cost_with(&self, later: &Self) -> bool {
        let spells = self.flows.costs.spells.saturating_add(later.flows.costs.peak);
        spells > cost::spells(self.limits.memory) || self.entries_with(later)
    }

    /// Whether names or sightings of both together could have passed their shares.
    pub(super) fn entries_with(&self, later: &Self) -> bool {
        let (ours, theirs, memory) = (&self.site, &later.site, self.limits.memory);
        ours.names.cost().saturating_add(theirs.names.cost()) > cost::names(memory)
            || ours.sightings.cost().saturating_add(theirs.sightings.cost()) > cost::sightings(memory)
    }

    /// What the flows of both cost at most at any time: joined ones may cost more than both apart.
    fn peak_with(&self, later: &Self, counterparts: &[Counterparts]) -> usize {
        let shards = self.flows.shards.par_iter().zip(&*later.flows.shards).zip(counterparts);
        let joints = shards.map(|((left, right), counterparts)| {
            let first = right.spells().zip(counterparts).filter(|((hot, _), _)| hot.flags & flag::FIRST != 0);
            let joint = |(right, &place): ((&Hot, &Cold), &u32)| {
                let place = place as usize;
                Some(cost::joint(left.open(place)?, right))
            };
            first.filter_map(joint).sum::<usize>()
        });
        self.flows.costs.spells.saturating_add(later.flows.costs.peak).saturating_add(joints.sum())
    }

    /// Makes sure that every payload that the left side's readers will want is at hand. Changes nothing else.
    fn fill(
        &self,
        later: &mut Self,
        Plan { ids, counterparts, .. }: &Plan,
        source: &dyn Fetch,
    ) -> Result<(), Refusal> {
        let shards = self.flows.shards.par_iter().zip(&mut *later.flows.shards).zip(counterparts);
        shards.try_for_each(|((left, right), counterparts)| {
            let ended = right.settled.len();
            let mut chains = Chains::default();
            for (n, (Spell { hot, cold }, &place)) in right.spells_mut().zip(counterparts).enumerate() {
                let plain = n >= ended && cold.extra.is_none() && !takes_for_granted(hot);
                if !chains.await_any() && hot.flags & flag::FIRST == 0 {
                    continue;
                }
                let ours = left.open(place as usize);
                if hot.flags & flag::FIRST != 0 && may_be_late(left, ours, (hot, cold), ids) {
                    return Err(Refusal::Handshake);
                }
                let Some(ours) = ours else { continue };
                if plain && !chains.await_any() {
                    continue;
                }
                chains.check(place, ours, (hot, cold, n < ended), self.limits.idle)?;
                if hot.flags & flag::FIRST == 0 {
                    continue;
                }
                // A datagram that the cut split may yet come between; a segment may not.
                let apart = hot.key.protocol == TCP && !ours.0.goes_on(ours.1, (hot, cold), self.limits.idle);
                if apart {
                    continue;
                }
                if !is_known(ours, (hot, cold)) {
                    return Err(Refusal::Handshake);
                }
                if ours.0.is_beyond_doubtful(ours.1, (hot, cold)) {
                    return Err(Refusal::Stream);
                }
                if hot.flags & flag::OPENS == 0 {
                    for side in [0, 1] {
                        fill_half(ours, (hot, cold), side, source)?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Joins all parts. Nothing can fail any more.
    pub(super) fn append(&mut self, mut later: Self, Plan { mut ids, split, mut counterparts, peak }: Plan) {
        self.book_split(&later, &split, &mut counterparts);
        // Nothing is looked up on the right any more, nor behind the last joint on the left.
        later.flows.unindex();
        if self.flows.joins_last {
            self.flows.unindex_flows();
        }
        ids.texts = self.flows.texts.adopt(&later.flows.texts);
        ids.transcripts = self.flows.transcripts.adopt(&later.flows.transcripts, |id| ids.text(id));
        give_back((later.flows.texts, later.flows.transcripts));
        self.site.names.join(later.site.names, |id| ids.text(id));
        self.site.sightings.join(&later.site.sightings, |id| ids.text(id));
        let split =
            split.into_iter().map(|SplitDatagram { ours, theirs, datagram, .. }| (ours, theirs, datagram));
        self.flows.fragments.join(later.flows.fragments, split, |id| ids.path(id));
        self.join_settled(later.site.settled, later.site.heirs, &ids);
        self.site.captures.join(later.site.captures);
        self.site.tally.join(&later.site.tally);
        self.flows.taught |= later.flows.taught;
        self.flows.costs.peak = self.flows.costs.peak.max(peak);
        self.site.names.text_cost = self.site.names.texts(&self.flows.texts);
        self.site.sightings.text_cost = self.site.sightings.texts(&self.flows.texts);
        let terms = Terms {
            ids,
            idle: self.limits.idle,
            appendable: self.appendable,
            indexed: self.flows.is_indexed(),
            paths: &self.flows.paths,
            transcripts: &self.flows.transcripts,
            texts: &self.flows.texts,
        };
        let shards = self.flows.shards.par_iter_mut().zip(*later.flows.shards).zip(counterparts);
        let joints: Vec<Joined> = shards
            .map(|((left, right), counterparts)| Appending::run(left, right, counterparts, &terms))
            .collect();
        let (come, gone) =
            joints.iter().fold((0, 0), |(come, gone), joined| (come + joined.come, gone + joined.gone));
        self.flows.costs.spells = self.flows.costs.spells + later.flows.costs.spells + come - gone;
        self.feed_owed(&joints);
        give_back((joints, later.site.sightings));
        self.flows.costs.peak = self.flows.costs.peak.max(self.flows.costs.spells);
        if cfg!(debug_assertions) {
            let counted = self.flows.count_spells();
            assert_eq!(self.flows.costs.spells, counted);
        }
    }

    /// Takes over what flows left that were drained: none where one part follows on the other.
    fn join_settled(&mut self, mut settled: SettledFlows, mut heirs: Heirs, ids: &Ids) {
        settled.change(|spell| ids.rename(&mut spell.hot, &mut spell.cold));
        self.site.settled.join(settled, &self.flows);
        heirs
            .change(|key| key.path = ids.path(key.path), |spell| ids.rename(&mut spell.hot, &mut spell.cold));
        self.site.heirs.join(heirs);
    }

    /// Gives the readers of left halves what the right side listed for them.
    fn feed_owed(&mut self, joints: &[Joined]) {
        for (shard, joined) in joints.iter().enumerate() {
            for owed in &joined.owed {
                self.feed_half(joined.at(shard, owed.place), owed);
            }
        }
    }

    /// Gives a left half the payloads of the right one, and how many more there were.
    fn feed_half(&mut self, at: At, Owed { side, base, count, passed, stopped, pieces, .. }: &Owed) {
        let side = *side;
        let Some((hot, cold)) = self.flows.spell_mut(at) else { return };
        let before = cold.half(side).map_or(0, Half::count);
        if hot.flags & open(side) != 0 && base.is_some() {
            let start = cold.start(hot, side);
            cold.list(side).begin(start, *base);
        }
        for piece in pieces {
            if self.flows.spell_mut(at).is_some_and(|(hot, _)| hot.flags & open(side) != 0) {
                self.feed(at, side, &piece.payload().after(before));
            }
        }
        let Some((hot, cold)) = self.flows.spell_mut(at) else { return };
        if hot.flags & open(side) != 0 && *count > 0 {
            let half = cold.list(side);
            half.count_to(before.saturating_add(*count));
            hot.limit_list(side, half, self.saved);
        }
        if (passed.0 || passed.1) && hot.flags & flag::LISTING << side != 0 {
            let half = cold.list(side);
            half.beyond |= passed.0;
            half.below |= passed.1;
        }
        if *stopped && hot.flags & flag::LISTING << side != 0 {
            hot.flags &= !(flag::LISTING << side);
            hot.flags |= flag::SHORT << side;
        }
        self.flows.recount(at);
    }
}

/// Whether a right-hand spell, the first of its key, may have a segment that is of a spell on the left: of ours, of the one before
/// that, or of one that settled and whose successor left memory. It was booked there as nothing stood before it.
fn may_be_late(left: &Shard, ours: Option<(&Hot, &Cold)>, (hot, cold): (&Hot, &Cold), ids: &Ids) -> bool {
    if hot.key.protocol != TCP {
        return false;
    }
    let has_settled = || left.last_settled(&Key { path: ids.path(hot.key.path), ..hot.key }).is_some();
    let between = |ours: &Hot| ours.is_asking() && !hot.shows_client() && has_settled();
    match ours {
        Some((ours, _)) => cold.history.is_marked() || between(ours),
        None => cold.history.is_marked() && has_settled(),
    }
}

/// Whether a half still takes payloads: to decide on it, or for a list.
const fn open(side: Side) -> u32 {
    (flag::UNDECIDED | flag::LISTING) << side
}

/// Makes sure that every payload that the left half's readers will want of the right half is at hand.
fn fill_half(
    (ours, ours_cold): (&Hot, &Cold),
    (hot, cold): (&Hot, &mut Cold),
    side: Side,
    source: &dyn Fetch,
) -> Result<(), Refusal> {
    if ours.flags & open(side) == 0 {
        return Ok(());
    }
    let undecided = ours.flags & flag::UNDECIDED << side != 0;
    let short = hot.flags & flag::SHORT << side != 0;
    let known = ours_cold.half(side);
    // The right part may be the one that saw the server's SYN: that tells where the half begins, not its first payload.
    let serves = ours.flags & flag::OPENS != 0 && ours.client() != side && hot.flags & flag::SERVER_ISN != 0;
    let told = serves.then(|| cold.server_isn.wrapping_add(1));
    let start = ours_cold.start(ours, side).or(told);
    let Some(half) = cold.half_mut(side) else {
        // A datagram that decided alone stands for itself, unless some came before it.
        return if undecided && short && known.is_some() { Err(Refusal::Stream) } else { Ok(()) };
    };
    if undecided {
        half.fetch(source).ok_or(Refusal::Unreadable)?;
    }
    let listing = ours.flags & flag::LISTING << side != 0;
    let (empty, full) = (Half::default(), half.is_list_full());
    let known = known.unwrap_or(&empty);
    let sound = ours.began_sound(ours_cold, side);
    let missed = known.may_miss(start, half, listing) || full && listing && !known.is_empty();
    if missed || undecided && !known.bears(start, sound, half, short || full) {
        return Err(Refusal::Stream);
    }
    Ok(())
}

/// Frees what is no longer needed, beside what follows: giving back memory that another thread asked for is slow.
fn give_back(dead: impl Send + 'static) {
    // A thread that is alone would only come to it when all else is done.
    if rayon::current_num_threads() > 1 {
        rayon::spawn(move || drop(dead));
    }
}

/// The shard that a hash is of is the same on both sides; this is what makes the merge run shard by shard.
const _: () = assert!(shard_of(u64::MAX) == SHARDS - 1);
