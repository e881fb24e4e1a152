//! Saved summaries joined, as if their captures had been scanned together.
//!
//! Monday's and Tuesday's summaries are joined as if both captures had been scanned at once. Two captures of the same hour
//! cannot be: their packets lie between one another.

use lenscap_wire::PacketRef;

use crate::join::refusal::Refusal;
use crate::state::captures::CHUNK_BITS;
use crate::state::spell::Cold;
use crate::state::summary::Summary;

/// Why saved summaries could not be joined.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// There is nothing to join.
    #[error("no saved summary was given")]
    Nothing,
    /// Packets of two captures lie between one another.
    #[error("{0} and {1} overlap in time: they must be read packet by packet")]
    Overlap(String, String),
    /// Equality could not be proven.
    #[error("{0} and {1} cannot be joined exactly: {2:?}")]
    Refused(String, String, Refusal),
}

impl MergeError {
    /// What to do instead.
    pub fn next(&self) -> String {
        match self {
            Self::Nothing => "Try: lenscap merge a.lens b.lens".to_string(),
            Self::Overlap(..) | Self::Refused(..) => {
                "Try: lenscap scan with the captures that both were made of, together".to_string()
            }
        }
    }
}

/// Joins saved summaries in order of their first packets, as if their captures had been scanned together.
pub fn merge(mut all: Vec<(String, Summary)>) -> Result<Summary, MergeError> {
    all.sort_by_key(|(_, summary)| summary.site.captures.window());
    let mut all = all.into_iter();
    let (mut name, mut whole) = all.next().ok_or(MergeError::Nothing)?;
    for (next, mut summary) in all {
        let overlap =
            whole.site.captures.window().zip(summary.site.captures.window()).is_some_and(|(l, r)| r.0 < l.1);
        if overlap {
            return Err(MergeError::Overlap(name, next));
        }
        summary.move_inputs(whole.site.captures.next_input());
        whole = whole
            .then(summary, &())
            .map_err(|refused| MergeError::Refused(name, next.clone(), refused.why))?;
        name = next;
    }
    Ok(whole)
}

impl Summary {
    /// Gives every input and chunk a later ordinal, so that they follow those of another summary.
    fn move_inputs(&mut self, by: u32) {
        self.site.captures.move_inputs(by);
        let shift = |at: &mut PacketRef| at.chunk += by << CHUNK_BITS;
        for shard in &mut *self.flows.shards {
            shard.spells_mut().for_each(|spell| move_packets(&mut spell.cold, by));
        }
        self.site.evictions.packets(|spell| move_packets(&mut spell.cold, by), shift);
        self.flows.fragments.packets(shift);
        self.site.names.packets(shift);
        self.site.sightings.packets(shift);
    }
}

/// Gives the packets that a spell cites a later chunk.
fn move_packets(cold: &mut Cold, by: u32) {
    let shift = |at: &mut PacketRef| at.chunk += by << CHUNK_BITS;
    cold.cited.move_chunks(by << CHUNK_BITS);
    let halves = cold.extra.iter_mut().flat_map(|extra| &mut extra.halves);
    for piece in halves.flat_map(|halves| &mut **halves).flat_map(|half| &mut half.pieces) {
        shift(&mut piece.at.packet);
    }
    let later = cold.extra.iter_mut().flat_map(|extra| &mut extra.later);
    for learned in later.flat_map(|later| later.learned.iter_mut().flatten()) {
        shift(&mut learned.at);
    }
    let far = cold.extra.iter_mut().flat_map(|extra| &mut extra.wide).map(|wide| &mut wide.far);
    far.flat_map(|far| far.iter_mut().flatten()).for_each(shift);
}
