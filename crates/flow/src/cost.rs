//! What state costs, and how the memory budget is shared out.
//!
//! The budget counts our own state by fixed prices, never what the allocator or the system says: prices depend only
//! on what was folded, so a cap bites at the same packet for every number of threads. One half is for flows, a
//! quarter for names and sightings, the last quarter for chunks folded ahead and input buffers.

use crate::sequence::Trouble;
use crate::spell::{Cold, Hot, flag};
use crate::stream::Piece;
use crate::text::Texts;
use crate::verdict::Verdicts;

/// A flow: its two records, and its share of the index and of slack.
pub(crate) const SPELL: usize = 320;

/// What extra state costs before anything is in it.
const EXTRA: usize = 160;
/// Time buckets of a flow, at their most.
const BUCKETS: usize = 64 * 48;
/// A range of sequence numbers.
const RANGE: usize = 32;

/// Bytes of the budget for flows.
pub(crate) const fn spells(memory: usize) -> usize {
    memory / 2
}

/// Bytes of the budget for names and sightings.
pub(crate) const fn entries(memory: usize) -> usize {
    memory / 4
}

/// What a spell keeps beside its record.
pub(crate) fn beside(hot: &Hot, cold: &Cold, verdicts: &Verdicts, texts: &Texts) -> usize {
    let mut cost = cold.verdicts.iter().map(|&id| verdicts.cost(id)).sum::<usize>();
    cost += cold.own.iter().map(|&name| texts.text(name).len()).sum::<usize>();
    let Some(extra) = &cold.extra else { return cost };
    cost += EXTRA + extra.names.iter().map(|&name| 8 + texts.text(name).len()).sum::<usize>();
    cost += if hot.flags & flag::BUCKETS != 0 { BUCKETS } else { 0 };
    for trouble in extra.trouble.iter().flatten() {
        cost += size_of::<Trouble>() + trouble.ranges() * RANGE;
    }
    for (side, half) in extra.halves.iter().enumerate() {
        let undecided = hot.flags & flag::UNDECIDED << side != 0;
        if let (true, Some(half)) = (undecided, half) {
            cost += half.pieces.len() * size_of::<Piece>() + half.length();
        }
    }
    cost
}
