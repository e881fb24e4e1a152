//! One shard appended to another: which spells go on, which follow, and what is left to do then.

use std::collections::HashMap;

use crate::cost;
use crate::index::NOWHERE;
use crate::shard::{At, Shard};
use crate::spell::{Spell, flag};
use crate::stream::Piece;

/// Payloads of a right half that the left half's readers must still see.
pub(crate) struct Unread {
    pub(crate) place: usize,
    pub(crate) side: usize,
    pub(crate) pieces: Vec<Piece>,
}

/// What joining one shard leaves to do. Places are those of open spells when they were joined.
#[derive(Default)]
pub(crate) struct Joined {
    /// Spells that a right-hand one went on with.
    pub(crate) places: Vec<usize>,
    /// What those right-hand ones had cost.
    pub(crate) gone: usize,
    pub(crate) unread: Vec<Unread>,
    /// Spells that go on with none and lost names by that: whether they are settled, and where.
    pub(crate) renamed: Vec<(bool, usize)>,
    /// Where open spells went that another of their key followed.
    moved: HashMap<usize, usize>,
}

impl Joined {
    /// Where the spell stands now that was joined at a place.
    pub(crate) fn at(&self, shard: usize, place: usize) -> At {
        let moved = self.moved.get(&place);
        At { shard, settled: moved.is_some(), place: moved.copied().unwrap_or(place) }
    }
}

/// One shard while another is appended to it.
pub(crate) struct Appending<'s> {
    pub(crate) left: &'s mut Shard,
    pub(crate) idle: i64,
    pub(crate) appendable: bool,
    pub(crate) joined: Joined,
}

impl Appending<'_> {
    /// Takes in a spell that had ended on the right.
    pub(crate) fn settled(&mut self, (_, place): (u64, u32), mut spell: Spell) {
        let here = (place != NOWHERE && spell.hot.flags & flag::FIRST != 0).then_some(place as usize);
        let goes_on = here.and_then(|place| self.join(place, &mut spell));
        if goes_on.is_none() {
            if self.found(&mut spell, here.is_some()) {
                self.joined.renamed.push((true, self.left.settled.len()));
            }
            self.left.settled.push(spell);
        }
    }

    /// Takes in a spell that is open on the right: it goes on with ours, or takes its slot.
    pub(crate) fn open(&mut self, (hash, place): (u64, u32), mut spell: Spell) {
        if place == NOWHERE {
            let renamed = self.found(&mut spell, false);
            let place = self.left.insert(hash, spell);
            if renamed {
                self.joined.renamed.push((false, place));
            }
            return;
        }
        let place = place as usize;
        if spell.hot.flags & flag::FIRST != 0 && self.join(place, &mut spell).is_some() {
            return;
        }
        if self.found(&mut spell, true) {
            self.joined.renamed.push((false, place));
        }
        self.joined.moved.insert(place, self.left.settled.len());
        self.left.replace(place, spell);
    }

    /// A right-hand spell that goes on with none: its beginning is known now, if ours is or if we met its key. Returns
    /// whether it lost names by that.
    fn found(&self, spell: &mut Spell, met: bool) -> bool {
        if met {
            spell.hot.flags &= !flag::FIRST;
        }
        if met || !self.appendable {
            spell.hot.flags &= !(flag::LISTING | flag::LISTING << 1);
            for side in [0, 1] {
                if spell.hot.flags & flag::UNDECIDED << side == 0 {
                    spell.cold.close(side, false, false);
                }
            }
        }
        spell.cold.settle_names(&spell.hot, spell.hot.is_begun(self.appendable))
    }

    /// Joins a right-hand spell to ours at `place`, where it goes on with it.
    fn join(&mut self, place: usize, later: &mut Spell) -> Option<()> {
        let mut ours = self.left.take(place)?;
        let goes_on = ours.hot.key == later.hot.key && ours.goes_on(later, self.idle);
        if goes_on {
            for side in [0, 1] {
                self.join_half(place, side, &mut ours, later);
            }
            self.joined.places.push(place);
            self.joined.gone += cost::SPELL + later.cold.cost as usize;
            ours.join(later);
            ours.cold.settle_names(&ours.hot, ours.hot.is_begun(self.appendable));
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
        let half = later.cold.extra.as_mut().and_then(|extra| extra.halves.get_mut(side)?.take());
        if let Some(half) = half {
            self.joined.unread.push(Unread { place, side, pieces: half.pieces });
            return;
        }
        let decided = later.hot.flags & flag::UNDECIDED << side == 0;
        if decided && ours.cold.half(side).is_none() {
            ours.hot.flags &= !(flag::UNDECIDED << side);
            ours.cold.verdicts[side & 1] = later.cold.verdicts[side & 1];
            ours.cold.ask(&mut ours.hot, side, later.cold.asked(&later.hot, side));
            if let Some(packet) = later.cold.decided(side) {
                ours.cold.decide(side, packet);
            }
        }
    }
}
