//! The state of a capture: what folding packets leaves, and all that judging needs.
//!
//! [`Summary::fold`] takes a batch; [`Summary::then`] appends a later summary. The serial
//! fold is the definition: whenever `then` answers, the result is what folding all packets in order would have given.

use lenscap_wire::{
    Fact, Stream,
    readers::{self, Reading},
};

use crate::state::cost;
use crate::state::flows::Flows;
use crate::state::fragment::Fragments;
use crate::state::half::Payload;
use crate::state::key::Side;
use crate::state::lane::Lane;
use crate::state::site::Site;
use crate::state::spell::flag;
use crate::state::table::shard::At;
use crate::state::transcript::{Asked, Draft};

/// What a fold needs to know beforehand. Summaries of one capture are folded with equal limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Nanoseconds without a packet after which a flow has ended (`--idle`).
    pub idle: i64,
    /// Bytes of state, as `state/cost.rs` counts them.
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
    pub(crate) flows: Flows,
    pub(crate) site: Site,
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
            flows: Flows::new(Fragments::new(appendable, limits.memory)),
            site: Site::default(),
            scratch: Scratch::default(),
        }
    }

    /// Packets so far.
    pub fn packets(&self) -> u64 {
        self.site.tally.packets
    }

    /// Flows so far, evicted ones left out.
    pub fn flows(&self) -> usize {
        self.flows.len()
    }

    /// Gives the stream readers a payload of a half that is undecided, and lists it where that is due.
    pub(crate) fn feed(&mut self, at: At, side: Side, payload: Payload<'_>) {
        let Some((hot, cold)) = self.flows.shards.get_mut(at.shard).and_then(|shard| shard.spell_mut(at))
        else {
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
        let mut told = cold.cost as usize - cost::untold(hot, cold, &self.flows.transcripts);
        let start = cold.start(hot, side);
        let Scratch { draft, prefix, .. } = &mut self.scratch;
        draft.clear();
        let texts = &mut self.flows.texts;
        let mut note = |fact: Fact<'_>| draft.note(texts, &fact);
        let mut reading = Reading::Undecided(0);
        let alone = cold.half(side).is_none() && start.is_none_or(|start| start == payload.sequence);
        if alone {
            let stream = Stream { bytes: payload.bytes, ended: payload.ends };
            reading = readers::read_stream(&stream, &mut note);
        }
        if listing || reading.is_undecided() {
            let half = cold.list(side);
            half.push(payload.piece(true));
            // A first piece was read just now; again only if it is the last that will be looked at.
            let again = half.pieces.len() > 1 || !alone || half.is_full();
            if again && reading.is_undecided() {
                reading = half.read(start, prefix, &mut note);
            }
        }
        if !reading.is_undecided() {
            hot.flags &= !(flag::UNDECIDED << side);
            if let Reading::Done(reader) = reading {
                cold.transcripts[side & 1] = self.flows.transcripts.intern(reader, &draft.said, texts);
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
        let now = told + cost::untold(hot, cold, &self.flows.transcripts);
        self.flows.costs.spells = self.flows.costs.spells + now - cold.reprice(now);
    }
}
