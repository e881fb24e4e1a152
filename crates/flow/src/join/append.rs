//! One shard appended to another: which spells go on, which follow, and what is left to do then.
//!
//! The left shard has an open spell of 10.0.0.1:5000 to 10.0.0.2:443, the right one has two spells of the same key: the first
//! may go on with ours and is joined to it, the second follows, and what was ours settles. A spell of a key that the left
//! never saw is taken over where it lies.

use std::collections::HashMap;

use crate::join::ids::Ids;
use crate::state::cost;
use crate::state::half::Listed;
use crate::state::path::Paths;
use crate::state::spell::{Cold, Extra, Hot, Spell, flag};
use crate::state::table::index::NOWHERE;
use crate::state::table::shard::{At, Counterparts, Shard};
use crate::state::table::slab::Slab;
use crate::state::text::Texts;
use crate::state::transcript::Transcripts;

/// Payloads of a right half that the left half's readers must still see.
pub(crate) struct Owed {
    pub(crate) place: usize,
    pub(crate) side: usize,
    pub(crate) pieces: Vec<Listed>,
    /// Where the right half counts positions from.
    pub(crate) base: Option<u32>,
    /// Payloads that the right half had, listed or not.
    pub(crate) count: u16,
    /// Whether it passed over something beyond its window, and below it.
    pub(crate) passed: (bool, bool),
    /// Whether it listed no more, though more came.
    pub(crate) stopped: bool,
}

/// What joining one shard leaves to do.
#[derive(Default)]
pub(crate) struct Joined {
    /// What the spells that changed had cost, the right-hand ones that joined included.
    pub(crate) gone: usize,
    /// What they cost now.
    pub(crate) come: usize,
    pub(crate) owed: Vec<Owed>,
    /// What is no longer needed: threads that give back memory of one another at once wait for one another.
    #[expect(clippy::vec_box, reason = "a box is moved for less than what is in it")]
    dead: Vec<Box<Extra>>,
    /// Where open spells went that another of their key followed.
    moved: HashMap<usize, usize>,
}

impl Joined {
    /// Where the spell stands now that was joined at a place.
    pub(crate) fn at(&self, shard: usize, place: usize) -> At {
        let moved = self.moved.get(&place);
        At { shard, settled: moved.is_some(), place: moved.copied().unwrap_or(place) }
    }

    /// A right-hand spell that goes on with none: its beginning is known now, if ours is or if we `met` its key.
    fn found(&mut self, hot: &mut Hot, cold: &mut Cold, met: bool, terms: &Terms<'_>) {
        if met || !terms.appendable {
            hot.flags &= !flag::FIRST;
            cold.settle_copies();
            hot.flags &= !(flag::LISTING | flag::LISTING << 1);
            for side in [0, 1] {
                if hot.flags & flag::UNDECIDED << side == 0 {
                    cold.close(side, false, false);
                } else if let Some(half) = cold.half_mut(side) {
                    half.settle();
                    self.recount(hot, cold, terms);
                }
            }
        }
        if cold.settle_names(hot, hot.is_begun(terms.appendable)) {
            self.recount(hot, cold, terms);
        }
    }

    /// Counts anew what a spell keeps beside its record.
    fn recount(&mut self, hot: &Hot, cold: &mut Cold, terms: &Terms<'_>) {
        let now = cost::beside(hot, cold, terms.transcripts, terms.texts);
        self.gone += cold.reprice(now);
        self.come += now;
    }
}

/// What all shards need to know while they are appended.
pub(crate) struct Terms<'s> {
    pub(crate) ids: Ids,
    pub(crate) idle: i64,
    pub(crate) appendable: bool,
    /// Whether flows are to be found afterwards.
    pub(crate) indexed: bool,
    pub(crate) paths: &'s Paths,
    pub(crate) transcripts: &'s Transcripts,
    pub(crate) texts: &'s Texts,
}

/// One shard while another is appended to it.
pub(crate) struct Appending<'s> {
    left: &'s mut Shard,
    terms: &'s Terms<'s>,
    joined: Joined,
}

impl<'s> Appending<'s> {
    /// Appends a shard; `counterparts` tells which spell on the left each of its spells meets.
    pub(crate) fn run(
        left: &'s mut Shard,
        right: Shard,
        counterparts: Counterparts,
        terms: &'s Terms<'s>,
    ) -> Joined {
        let mut all = Self { left, terms, joined: Joined::default() };
        let Shard { settled, open, .. } = right;
        let mut counterparts = counterparts.into_iter();
        for (spell, place) in settled.into_iter().zip(&mut counterparts) {
            all.settled(place, spell);
        }
        all.open(open, counterparts);
        all.joined
    }

    /// Takes in a spell that had ended on the right. One that meets ours stands open for a moment, so that those of one key
    /// settle in their order.
    fn settled(&mut self, place: u32, mut spell: Spell) {
        if place != NOWHERE {
            return self.meet(place as usize, spell);
        }
        self.terms.ids.rename(&mut spell.hot, &mut spell.cold);
        self.joined.found(&mut spell.hot, &mut spell.cold, false, self.terms);
        self.left.settle(spell);
    }

    /// Takes in the spells that are open on the right: one by one those that meet one of ours, the others as they lie.
    fn open(&mut self, mut open: Slab<Spell>, counterparts: impl Iterator<Item = u32>) {
        let met: Vec<_> = counterparts.enumerate().filter(|(_, here)| *here != NOWHERE).collect();
        // From the end, so that what takes the place of one that is taken out meets none.
        for &(place, here) in met.iter().rev() {
            if let Some(spell) = open.swap_remove(place) {
                self.meet(here as usize, spell);
            }
        }
        for place in self.left.adopt(open) {
            self.adopted(place);
        }
    }

    /// Takes in a spell that meets ours at `place`: it goes on with it, or takes its slot.
    fn meet(&mut self, place: usize, mut spell: Spell) {
        self.terms.ids.rename(&mut spell.hot, &mut spell.cold);
        if spell.hot.flags & flag::FIRST != 0 && self.join(place, &mut spell).is_some() {
            return;
        }
        self.joined.found(&mut spell.hot, &mut spell.cold, true, self.terms);
        self.joined.moved.entry(place).or_insert(self.left.settled.len());
        self.left.replace(place, spell);
    }

    /// Lets a spell that meets none of ours be found where it lies now.
    fn adopted(&mut self, place: usize) {
        let Some((hot, cold)) = self.left.open_mut(place) else { return };
        self.terms.ids.rename(hot, cold);
        let hash = self.terms.indexed.then(|| hot.key.hash(self.terms.paths));
        self.joined.found(hot, cold, false, self.terms);
        if let Some(hash) = hash {
            self.left.enter(hash, place);
        }
    }

    /// Joins a right-hand spell to ours at `place`, where it goes on with it.
    fn join(&mut self, place: usize, later: &mut Spell) -> Option<()> {
        let mut ours = self.left.take(place)?;
        let goes_on = ours.hot.key == later.hot.key && ours.goes_on(later, self.terms.idle);
        if goes_on {
            for side in [0, 1] {
                self.join_half(place, side, &mut ours, later);
            }
            self.joined.gone += cost::SPELL + later.cold.cost as usize;
            ours.join(later);
            ours.cold.settle_names(&ours.hot, ours.hot.is_begun(self.terms.appendable));
            self.joined.recount(&ours.hot, &mut ours.cold, self.terms);
            self.joined.dead.extend(later.cold.extra.take());
        }
        self.left.put_back(place, ours);
        goes_on.then_some(())
    }

    /// Joins what was read of a half. Must run before the counters are joined.
    fn join_half(&mut self, place: usize, side: usize, ours: &mut Spell, later: &mut Spell) {
        let open = (flag::UNDECIDED | flag::LISTING) << side;
        if ours.hot.flags & open == 0 {
            return;
        }
        let short = later.hot.flags & flag::SHORT << side != 0;
        if let Some(half) = later.cold.half_mut(side).map(std::mem::take) {
            let stopped = short || half.is_list_full();
            let (base, count, passed) = (half.base(), half.count(), (half.beyond, half.below));
            self.joined.owed.push(Owed { place, side, base, count, passed, stopped, pieces: half.pieces });
            return;
        }
        let decided = later.hot.flags & flag::UNDECIDED << side == 0;
        if decided && ours.cold.half(side).is_none() {
            ours.hot.flags &= !(flag::UNDECIDED << side);
            if short && ours.hot.flags & flag::LISTING << side != 0 {
                ours.hot.flags &= !(flag::LISTING << side);
                ours.hot.flags |= flag::SHORT << side;
            }
            ours.cold.transcripts[side & 1] = later.cold.transcripts[side & 1];
            ours.cold.ask(&mut ours.hot, side, later.cold.asked(&later.hot, side));
            let names = later.cold.extra.as_mut().and_then(|extra| extra.later.as_mut());
            let learned = names.and_then(|later| later.learned.get_mut(side));
            ours.cold.learn(side, learned.map(std::mem::take).unwrap_or_default());
            if let Some(packet) = later.cold.decided(side) {
                ours.cold.decide(side, packet);
            }
        }
    }
}
