//! What state costs, and how the memory budget is shared out.
//!
//! The budget counts our own state by fixed prices, never what the allocator or the system says: prices depend only
//! on what was folded, so a cap bites at the same packet for every number of threads. One half is for flows, an
//! eighth for names, an eighth for sightings, a sixteenth for what flows leave that left memory, an eighth for records of
//! flows that ended, a thirty-second for heirs, a sixty-fourth for residuals, the rest for chunks folded ahead and input buffers.

use lenscap_wire::Quoted;

use crate::state::half::{Half, Listed};
use crate::state::key::TCP;
use crate::state::learned::Learned;
use crate::state::spell::buckets::Buckets;
use crate::state::spell::pauses::Pauses;
use crate::state::spell::sequence::Trouble;
use crate::state::spell::unseen::Marks;
use crate::state::spell::{Cold, Extra, Hot, Later, flag};
use crate::state::text::Texts;
use crate::state::transcript::{Asked, Transcript, TranscriptId, Transcripts};

/// A flow: its two records, and its share of the index and of slack. One that settled has its share of the index of settled ones.
pub(crate) const SPELL: usize = 248;

/// What extra state costs beside what is in it; nothing while there is nothing that a price is for, since whether
/// the box stands there then depends on how the flow came to be. Eight bytes less than it has: allocators hand out sixteen at a
/// time and keep eight of them, so that the last eight take no room.
const EXTRA: usize = size_of::<Extra>() - 8;
/// Names beside those of the halves, beside the names themselves.
const LATER: usize = size_of::<Later>();
/// Earliest and latest stamp of a flow whose stamps step back.
const DISORDER: usize = 32;
/// What is kept of a flow's pauses, and of one burst between them.
const PAUSES: usize = Pauses::price(1);
const BURST: usize = Pauses::price(1) - Pauses::price(0);
/// Time buckets of a flow, at their most.
const MOST_BUCKETS: usize = Buckets::price(Buckets::CAP);
/// What is kept of a half with payloads, listed or not, beside them: both halves lie in one box.
const COUNTED: usize = size_of::<[Half; 2]>();
/// The text of a name at most.
const LONGEST_NAME: usize = 255;
/// A range of sequence numbers.
const RANGE: usize = 32;
/// What a transcript's statements, or what is learned, cost at most for each byte of payload that they were read from: an
/// answer of 16 bytes may name a name of 255 bytes and a chain of 512 by pointers.
const STATEMENTS: usize = 64;

/// What booking a datagram that a cut split can cost more at any time than both sides counted: a flow, and what joining
/// the right-hand one to it makes.
pub(crate) const SPLIT: usize = SPELL + 4 * EXTRA + 2 * (MOST_BUCKETS + PAUSES);

/// Bytes of the budget for flows.
pub(crate) const fn spells(memory: usize) -> usize {
    memory / 2
}

/// Bytes of the budget for names and questions.
pub(crate) const fn names(memory: usize) -> usize {
    memory / 8
}

/// Bytes of the budget for what flows leave that left memory.
pub(crate) const fn evictions(memory: usize) -> usize {
    memory / 16
}

/// Bytes of the budget for the sums of those of which no record stayed.
pub(crate) const fn residuals(memory: usize) -> usize {
    memory / 64
}

/// Bytes of the budget for records of flows that ended.
pub(crate) const fn settled(memory: usize) -> usize {
    memory / 8
}

/// Bytes of the budget for what connections leave to spells that go on with them.
pub(crate) const fn heirs(memory: usize) -> usize {
    memory / 32
}

/// Bytes of the budget for sightings.
pub(crate) const fn sightings(memory: usize) -> usize {
    memory / 8
}

/// What a spell keeps beside its record.
pub(crate) fn beside(hot: &Hot, cold: &Cold, transcripts: &Transcripts, texts: &Texts) -> usize {
    told(cold, texts) + untold(hot, cold, transcripts)
}

/// What a spell's texts cost. Each look-up misses the cache: ask only where they change.
pub(crate) fn told(cold: &Cold, texts: &Texts) -> usize {
    let Asked { name, path } = cold.asked;
    let other = cold.extra.as_ref().map_or(Asked::NOTHING, |extra| extra.asked);
    let all = [name, path, other.name, other.path].into_iter().chain(cold.names_of_others());
    let learned = |side| Learned::texts(cold.learned(side), texts);
    all.map(|text| texts.text(text).len()).sum::<usize>() + learned(0) + learned(1)
}

/// What a spell keeps beside its record and its texts.
pub(crate) fn untold(hot: &Hot, cold: &Cold, transcripts: &Transcripts) -> usize {
    let none = cold.transcripts == [TranscriptId::NONE; 2];
    let each = || cold.transcripts.iter().map(|&id| transcripts.cost(id));
    let mut cost = if none { 0 } else { each().sum() };
    let Some(extra) = &cold.extra else { return cost };
    let before = cost;
    cost += if extra.asked == Asked::NOTHING { 0 } else { 8 };
    if extra.later.is_some() {
        let (names, learned) =
            (cold.names_of_others().count(), cold.learned(0).len() + cold.learned(1).len());
        cost += names * 8 + learned * size_of::<Learned>();
        cost += if names + learned > 0 { LATER } else { 0 };
    }
    cost += cold.bucket_price(hot.last);
    cost += cold.pause_price();
    for trouble in extra.trouble.iter().flatten() {
        cost += size_of::<Trouble>() + trouble.ranges() * RANGE;
        cost += if trouble.marks.is_some() { size_of::<Marks>() } else { 0 };
    }
    for (side, half) in extra.halves.iter().flat_map(|halves| halves.iter().enumerate()) {
        if hot.flags & flag::UNDECIDED << side != 0 {
            cost += own(half);
        }
    }
    cost += if hot.flags & flag::DISORDER != 0 { DISORDER } else { 0 };
    cost += extra.copies.as_ref().map_or(0, |copies| copies.price());
    cost += extra.quoted.as_ref().map_or(0, |_| size_of::<Quoted>());
    let bare = cost == before && hot.flags & flag::BUCKETS == 0;
    if bare { cost } else { cost + EXTRA }
}

/// A list without what only an earlier chunk may want, which a half that is known to begin here does not keep.
fn own(half: &Half) -> usize {
    let (pieces, bytes) = half.own();
    let counted = if half.count() > 0 { COUNTED } else { 0 };
    pieces * size_of::<Listed>() + bytes + counted
}

/// All of a list.
fn listed(half: &Half) -> usize {
    let (pieces, bytes) = half.own();
    own(half) + (half.pieces.len() - pieces) * size_of::<Listed>() + half.length() - bytes
}

/// How much more than both apart a spell and the later one that may go on with it can cost at any time: what only
/// the joint makes (a bucket left, a break, a stamp that steps back), and payloads that the later one's readers had
/// no more need of.
pub(crate) fn joint((hot, cold): (&Hot, &Cold), (later, later_cold): (&Hot, &Cold)) -> usize {
    let mut cost = 0;
    if (hot.flags | later.flags) & flag::BUCKETS != 0 || !Buckets::same(hot.last, later_cold.first) {
        let both = Buckets::price(hot.most_buckets(cold) + later.most_buckets(later_cold));
        cost += both.saturating_sub(cold.bucket_price(hot.last));
        cost += if hot.flags & flag::BUCKETS == 0 { EXTRA } else { 0 };
        // A burst of ours that was open is listed.
        cost += if Pauses::between(hot.last, later_cold.first).is_some() {
            PAUSES
        } else if later_cold.pauses().is_some() {
            BURST
        } else {
            0
        };
    }
    if hot.flags & flag::DISORDER == 0 && later_cold.first < hot.last {
        cost += EXTRA + DISORDER;
    }
    cost += hot.price_of_copies(cold, (later, later_cold));
    let asks = |hot: &Hot, cold: &Cold, side| cold.asked(hot, side) != Asked::NOTHING;
    if [0, 1].into_iter().any(|side| asks(hot, cold, side) && asks(later, later_cold, 1 - side)) {
        cost += EXTRA + 8;
    }
    // A name that is the later one's own may not be ours.
    cost += later_cold.own_names_kept() * (EXTRA + LATER + 8 + LONGEST_NAME);
    for side in [0, 1] {
        let both = hot.flags & later.flags & flag::SEQUENCED << side != 0;
        let trouble = (hot.flags | later.flags) & flag::TROUBLE << side != 0;
        let begins = later.next[side].wrapping_sub(later.low.payload[side]);
        if both && (trouble || begins != hot.next[side]) {
            cost += EXTRA + size_of::<Trouble>() + 2 * RANGE;
        }
        let seen = |hot: &Hot| hot.flags & flag::SEQUENCED << side != 0;
        let marked = !seen(later)
            && if seen(hot) {
                hot.may_be_marked((later, later_cold), side)
            } else {
                hot.next[side] != later.next[side]
            };
        if hot.key.protocol == TCP && marked {
            cost += EXTRA + size_of::<Trouble>() + RANGE + size_of::<Marks>();
        }
        if let (true, Some(half)) = (hot.flags & flag::UNDECIDED << side != 0, later_cold.half(side)) {
            let read = cold.half(side).map_or(0, Half::length) + half.length();
            cost += EXTRA + LATER + listed(half) + Transcript::COST + read * STATEMENTS;
        }
    }
    cost.saturating_sub(SPELL)
}

/// Books in a sum what a record costs now, in place of what it did.
pub(crate) const fn reprice(sum: &mut usize, known: &mut usize, price: usize) {
    *sum = *sum + price - std::mem::replace(known, price);
}
