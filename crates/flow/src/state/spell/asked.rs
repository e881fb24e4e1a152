//! What the halves of a connection asked for: the name of the server and a path, and the names of later requests.
//!
//! A half's first request is mostly not its last, and the rest mostly say the same name: it is kept once, as the
//! half's own. Whether a name is a half's own may be known only later (the half is undecided, or began before this
//! chunk); until then there is room for one more name for each such half. So the first [`Cold::NAMES`] names that are
//! no half's own are always among those that are kept, wherever the capture was cut.

use super::{Cold, Extra, Hot, flag};
use crate::state::key::Side;
use crate::state::text::TextId;
use crate::state::transcript::Asked;

impl Hot {
    /// Whether the spell surely begins in this summary, before which others may stand if it is `appendable`.
    pub(crate) fn is_begun(&self, appendable: bool) -> bool {
        !appendable || self.flags & flag::FIRST == 0 || self.flags & flag::OPENS != 0
    }

    /// Halves of which it is not known what they began with.
    fn unknown(&self, begun: bool) -> usize {
        let undecided = |side: &usize| self.flags & flag::UNDECIDED << side != 0;
        if begun { [0, 1].iter().filter(|&side| undecided(side)).count() } else { 2 }
    }
}

impl Cold {
    /// Names of later requests that are kept.
    pub(crate) const NAMES: usize = 8;

    /// What a half asked for. One half of a connection asks; the record has room for what that one asked for.
    #[inline]
    pub(crate) fn asked(&self, hot: &Hot, side: Side) -> Asked {
        if side == usize::from(hot.flags & flag::ASKED_HIGH != 0) {
            return self.asked;
        }
        self.extra.as_ref().map_or(Asked::NOTHING, |extra| extra.asked)
    }

    /// Keeps what a half asked for.
    pub(crate) fn ask(&mut self, hot: &mut Hot, side: Side, asked: Asked) {
        if asked == Asked::NOTHING {
            return;
        }
        if self.asked == Asked::NOTHING {
            hot.flags |= if side == 1 { flag::ASKED_HIGH } else { 0 };
            self.asked = asked;
        } else {
            self.extra.get_or_insert_default().asked = asked;
        }
    }

    /// All texts of a spell, to be changed.
    pub(crate) fn texts_mut(&mut self) -> impl Iterator<Item = &mut TextId> {
        let extra = self.extra.iter_mut().flat_map(|extra| {
            let Extra { asked: Asked { name, path }, later, .. } = &mut **extra;
            let (names, learned) = match later {
                Some(later) => (&mut *later.names, &mut later.learned[..]),
                None => (&mut [][..], &mut [][..]),
            };
            let told = learned.iter_mut().flatten().flat_map(|learned| learned.told.texts_mut());
            names.iter_mut().chain([name, path]).chain(told)
        });
        [&mut self.asked.name, &mut self.asked.path].into_iter().chain(extra)
    }

    fn own_names(&self) -> [TextId; 2] {
        [self.asked.name, self.extra.as_ref().map_or(TextId::EMPTY, |extra| extra.asked.name)]
    }

    /// Whether the names that are our halves' own are also those of another's halves.
    pub(crate) fn own_names_are_of(&self, other: &Self) -> bool {
        let others = other.own_names();
        self.own_names().iter().all(|own| *own == TextId::EMPTY || others.contains(own))
    }

    /// Keeps a name, unless it is known or there are enough. Returns whether that took memory.
    pub(crate) fn name(&mut self, hot: &Hot, begun: bool, name: TextId) -> bool {
        let known = self.extra.as_ref().map_or(&[][..], |extra| extra.names());
        let full = known.len() >= Self::NAMES + hot.unknown(begun);
        if full || known.contains(&name) || begun && self.own_names().contains(&name) {
            return false;
        }
        let extra = self.extra.get_or_insert_default();
        extra.keep_names(extra.names().iter().copied().chain([name]).collect());
        true
    }

    /// Drops the names that turned out to be a half's own, or too many. Returns whether there were any.
    pub(crate) fn settle_names(&mut self, hot: &Hot, begun: bool) -> bool {
        let own = if begun { self.own_names() } else { [TextId::EMPTY; 2] };
        let Some(extra) = self.extra.as_mut().filter(|extra| !extra.names().is_empty()) else { return false };
        let before = extra.names().len();
        let others = extra.names().iter().copied().filter(|name| !own.contains(name));
        let kept: Box<[_]> = others.take(Self::NAMES + hot.unknown(begun)).collect();
        let dropped = kept.len() < before;
        extra.keep_names(kept);
        if extra.is_empty() {
            self.extra = None;
        }
        dropped
    }

    /// The names of later requests that are no half's own, as far as is known: those that have a price. Whether a name
    /// that is a half's own is kept beside it hangs on what may stand before this chunk.
    pub(crate) fn names_of_others(&self) -> impl Iterator<Item = TextId> {
        let own = self.own_names();
        self.extra.iter().flat_map(|extra| extra.names()).copied().filter(move |name| !own.contains(name))
    }

    /// How many names are kept that are a half's own.
    pub(crate) fn own_names_kept(&self) -> usize {
        let kept = self.extra.as_ref().map_or(0, |extra| extra.names().len());
        kept - self.names_of_others().count()
    }

    /// The names of later requests.
    pub(crate) fn later_names(&self) -> impl Iterator<Item = TextId> {
        self.names_of_others().take(Self::NAMES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::Entry;
    use crate::state::key::Key;
    use crate::state::spell::Spell;
    use proptest::prelude::*;

    /// After how many names a half is decided, and the name of its own.
    type Decision = (usize, u32);

    fn spell() -> Spell {
        let mut spell = Spell::begin(Key::default(), 0, &Entry::default());
        spell.hot.flags |= flag::UNDECIDED | flag::UNDECIDED << 1 | flag::FIRST;
        spell
    }

    fn decide(spell: &mut Spell, side: Side, own: u32) {
        spell.hot.flags &= !(flag::UNDECIDED << side);
        spell.cold.ask(&mut spell.hot, side, Asked { name: TextId(own), ..Asked::NOTHING });
        spell.cold.settle_names(&spell.hot, true);
    }

    /// The beginning of a spell, and the halves that it left undecided.
    fn begin(names: &[u32], decisions: [Decision; 2]) -> (Spell, Vec<(Side, u32)>) {
        let mut spell = spell();
        let mut waiting: Vec<_> = decisions.into_iter().enumerate().collect();
        for at in 0..=names.len() {
            waiting.retain(|&(side, (when, own))| {
                if when == at {
                    decide(&mut spell, side, own);
                }
                when != at
            });
            if let Some(name) = names.get(at) {
                spell.cold.name(&spell.hot, true, TextId(*name));
            }
        }
        (spell, waiting.into_iter().map(|(side, (_, own))| (side, own)).collect())
    }

    proptest! {
        #[test]
        fn the_first_names_that_are_no_halfs_own_are_kept_wherever_the_spell_is_cut(
            names in prop::collection::vec(1u32..16, 0..30),
            first in (0usize..30, 0u32..16),
            second in (0usize..30, 0u32..16),
            cut in 0usize..30,
        ) {
            let decisions = [first, second].map(|(at, own)| (at.min(names.len()), own));
            let (left, right) = names.split_at(cut.min(names.len()));
            let (mut whole, waiting) = begin(left, decisions);
            let mut later = spell();
            for name in right {
                later.cold.name(&later.hot, false, TextId(*name));
            }
            whole.join(&mut later);
            whole.cold.settle_names(&whole.hot, true);
            for (side, own) in waiting {
                decide(&mut whole, side, own);
            }
            let mut expected: Vec<u32> = Vec::new();
            for name in names.into_iter().filter(|name| decisions.iter().all(|(_, own)| own != name)) {
                if expected.len() < Cold::NAMES && !expected.contains(&name) {
                    expected.push(name);
                }
            }
            let kept: Vec<u32> = whole.cold.later_names().map(|name| name.0).collect();
            prop_assert_eq!(&kept, &expected);
            let listed = whole.cold.extra.map_or(0, |extra| extra.names().len());
            prop_assert_eq!(listed, expected.len());
        }
    }
}
