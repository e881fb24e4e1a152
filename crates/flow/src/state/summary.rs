//! The state of a capture: what folding packets leaves, and all that judging needs.
//!
//! [`Summary::fold`](crate::fold) takes a batch; [`Summary::then`](crate::join::then) appends a later summary. The serial
//! fold is the definition: whenever `then` answers, the result is what folding all packets in order would have given.

use lenscap_wire::{
    Fact, Stream,
    readers::{self, Reading},
};

use crate::state::captures::Captures;
use crate::state::cost;
use crate::state::fragment::Fragments;
use crate::state::half::Payload;
use crate::state::key::Side;
use crate::state::lane::Lane;
use crate::state::names::Names;
use crate::state::path::Paths;
use crate::state::residual::Residuals;
use crate::state::sighting::Sightings;
use crate::state::spell::flag;
use crate::state::table::shard::{At, SHARDS, Shard};
use crate::state::tally::{Caps, Tally};
use crate::state::text::Texts;
use crate::state::transcript::{Asked, Draft, Transcripts};

/// What a fold needs to know beforehand. Summaries of one capture are folded with equal limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Nanoseconds without a packet after which a flow has ended (`--idle`).
    pub idle: i64,
    /// Bytes of state, as [`cost`](crate::state::cost) counts them.
    pub memory: usize,
}

/// The state of a capture, or of a chunk of one.
#[derive(Debug)]
pub struct Summary {
    pub(crate) limits: Limits,
    /// Whether packets may stand before the first one, so that this may be appended to another summary.
    pub(crate) appendable: bool,
    /// Whether it will be saved, so that lists of payloads keep their bytes.
    pub(crate) saved: bool,
    pub(crate) captures: Captures,
    pub(crate) tally: Tally,
    pub(crate) paths: Paths,
    pub(crate) texts: Texts,
    pub(crate) transcripts: Transcripts,
    pub(crate) shards: Vec<Shard>,
    pub(crate) fragments: Fragments,
    pub(crate) names: Names,
    pub(crate) sightings: Sightings,
    pub(crate) residuals: Residuals,
    /// Cost of the spells and, apart, of what they and the names keep as text; see [`crate::state::cost`].
    pub(crate) spell_cost: usize,
    pub(crate) spell_peak: usize,
    pub(crate) text_cost: usize,
    pub(crate) scratch: Scratch,
}

/// Buffers that are used again, without meaning between packets.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) lanes: Vec<Lane>,
    prefix: Vec<u8>,
    draft: Draft,
}

impl Summary {
    /// The empty summary of a capture's beginning.
    pub fn new(limits: Limits) -> Self {
        Self::with(limits, false, false)
    }

    /// The empty summary of a chunk before which others stand.
    pub fn appendable(limits: Limits) -> Self {
        Self::with(limits, true, false)
    }

    /// The empty summary of a capture that will be saved, and may then be appended to another.
    pub fn saveable(limits: Limits) -> Self {
        Self::with(limits, true, true)
    }

    fn with(limits: Limits, appendable: bool, saved: bool) -> Self {
        Self {
            limits,
            appendable,
            saved,
            captures: Captures::default(),
            tally: Tally::default(),
            paths: Paths::default(),
            texts: Texts::default(),
            transcripts: Transcripts::default(),
            shards: vec![Shard::default(); SHARDS],
            fragments: Fragments::new(appendable, limits.memory),
            names: Names::default(),
            sightings: Sightings::default(),
            residuals: Residuals::default(),
            spell_cost: 0,
            spell_peak: 0,
            text_cost: 0,
            scratch: Scratch::default(),
        }
    }

    /// Packets so far.
    pub fn packets(&self) -> u64 {
        self.tally.packets
    }

    /// How often each cap bit.
    pub(crate) fn caps(&self) -> Caps {
        Caps { names: self.names.refused, sightings: self.sightings.refused, ..self.tally.caps }
    }

    /// Flows so far, evicted ones left out.
    pub fn flows(&self) -> usize {
        self.shards.iter().map(Shard::len).sum()
    }

    /// What names and sightings cost.
    pub(crate) fn entry_cost(&self) -> usize {
        self.names.len() * Names::COST + self.sightings.len() * Sightings::COST + self.text_cost
    }

    /// Gives the stream readers a payload of a half that is undecided, and lists it where that is due.
    pub(crate) fn feed(&mut self, at: At, side: Side, payload: Payload<'_>) {
        let Some((hot, cold)) = self.shards.get_mut(at.shard).and_then(|shard| shard.spell_mut(at)) else {
            return;
        };
        let undecided = hot.flags & flag::UNDECIDED << side != 0;
        let listing = hot.flags & flag::LISTING << side != 0;
        if listing && !undecided {
            // What is listed of a decided half has no price.
            let half = cold.list(side);
            half.push(payload.piece(self.saved));
            return hot.limit_list(side, half, self.saved);
        }
        let mut told = cold.cost as usize - cost::untold(hot, cold, &self.transcripts);
        let start = cold.start(hot, side);
        let Scratch { draft, prefix, .. } = &mut self.scratch;
        draft.clear();
        let texts = &mut self.texts;
        let mut note = |fact: Fact<'_>| draft.note(texts, &fact);
        let mut reading = Reading::Undecided;
        let alone = cold.half(side).is_none() && start.is_none_or(|start| start == payload.sequence);
        if alone {
            let stream = Stream { bytes: payload.bytes, ended: payload.ends };
            reading = readers::read_stream(&stream, &mut note);
        }
        if listing || reading == Reading::Undecided {
            let half = cold.list(side);
            half.push(payload.piece(true));
            // A first piece was read just now; again only if it is the last that will be looked at.
            let unread = half.pieces.len() > 1 || !alone || half.is_full();
            if unread && reading == Reading::Undecided {
                reading = half.read(start, prefix, &mut note);
            }
        }
        if reading != Reading::Undecided {
            hot.flags &= !(flag::UNDECIDED << side);
            if let Reading::Done(reader) = reading {
                cold.transcripts[side & 1] = self.transcripts.intern(reader, &draft.said, texts);
                cold.ask(hot, side, draft.asked);
                if !draft.said.is_empty() {
                    cold.decide(side, payload.at.packet);
                }
            }
            cold.close(side, listing, self.saved);
            let dropped = cold.settle_names(hot, hot.is_begun(self.appendable));
            if dropped || draft.asked != Asked::NOTHING {
                told = cost::told(cold, texts);
            }
        }
        if let (true, Some(half)) = (listing, cold.half(side)) {
            hot.limit_list(side, half, self.saved);
        }
        let now = told + cost::untold(hot, cold, &self.transcripts);
        self.spell_cost = self.spell_cost + now - cold.reprice(now);
    }

    /// Counts anew what a spell keeps beside its record.
    pub(crate) fn recount(&mut self, at: At) {
        let Some((hot, cold)) = self.shards.get_mut(at.shard).and_then(|shard| shard.spell_mut(at)) else {
            return;
        };
        let now = cost::beside(hot, cold, &self.transcripts, &self.texts);
        self.spell_cost = self.spell_cost + now - cold.reprice(now);
    }
}
