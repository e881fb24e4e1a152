//! The names that later requests of a connection gave, beside those that its halves began with.
//!
//! A half's first request is mostly not its last, and the rest mostly say the same name: it is kept once, as the
//! half's own. Whether a name is a half's own may be known only later (the half is undecided, or began before this
//! chunk); until then there is room for one more name for each such half. So the first [`Cold::NAMES`] names that are
//! no half's own are always among those that are kept, wherever the capture was cut.

use super::{Cold, Hot, flag};
use crate::text::TextId;

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

    /// Keeps a name, unless it is known or there are enough. Returns whether that took memory.
    pub(crate) fn name(&mut self, hot: &Hot, begun: bool, name: TextId) -> bool {
        let known = self.extra.as_ref().map_or(&[][..], |extra| &extra.names);
        let full = known.len() >= Self::NAMES + hot.unknown(begun);
        if full || known.contains(&name) || begun && self.own.contains(&name) {
            return false;
        }
        self.extra.get_or_insert_default().names.push(name);
        true
    }

    /// Drops the names that turned out to be a half's own, or too many. Returns whether there were any.
    pub(crate) fn settle_names(&mut self, hot: &Hot, begun: bool) -> bool {
        let own = if begun { self.own } else { [TextId::EMPTY; 2] };
        let Some(extra) = self.extra.as_mut().filter(|extra| !extra.names.is_empty()) else { return false };
        let before = extra.names.len();
        extra.names.retain(|name| !own.contains(name));
        extra.names.truncate(Self::NAMES + hot.unknown(begun));
        let dropped = extra.names.len() < before;
        if extra.is_empty() {
            self.extra = None;
        }
        dropped
    }

    /// The names of later requests.
    pub(crate) fn later_names(&self) -> impl Iterator<Item = TextId> {
        let all = self.extra.iter().flat_map(|extra| &extra.names).copied();
        all.filter(|name| !self.own.contains(name)).take(Self::NAMES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;
    use crate::spell::{Entry, Spell};
    use proptest::prelude::*;

    /// A spell whose halves are decided after so many names, with these names of their own.
    fn fold(names: &[u32], decided: [(usize, u32); 2]) -> Spell {
        let mut spell = Spell::begin(Key::default(), 0, &Entry::default());
        spell.hot.flags |= flag::UNDECIDED | flag::UNDECIDED << 1;
        let decide = |spell: &mut Spell, at: usize| {
            for (side, &(_, own)) in decided.iter().enumerate().filter(|(_, (when, _))| *when == at) {
                spell.hot.flags &= !(flag::UNDECIDED << side);
                spell.cold.own[side] = TextId(own);
                spell.cold.settle_names(&spell.hot, true);
            }
        };
        for (at, name) in names.iter().enumerate() {
            decide(&mut spell, at);
            spell.cold.name(&spell.hot, true, TextId(*name));
        }
        decide(&mut spell, names.len());
        spell
    }

    proptest! {
        #[test]
        fn the_first_names_that_are_no_halfs_own_are_kept(
            names in prop::collection::vec(1u32..16, 0..30), first in (0usize..30, 0u32..16), second in (0usize..30, 0u32..16),
        ) {
            let decided = [first, second].map(|(at, own)| (at.min(names.len()), own));
            let spell = fold(&names, decided);
            let mut expected: Vec<u32> = Vec::new();
            for name in names.into_iter().filter(|name| decided.iter().all(|(_, own)| own != name)) {
                if expected.len() < Cold::NAMES && !expected.contains(&name) {
                    expected.push(name);
                }
            }
            let kept: Vec<u32> = spell.cold.later_names().map(|name| name.0).collect();
            prop_assert_eq!(kept, expected);
        }
    }
}
