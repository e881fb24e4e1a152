//! The state of a capture: what folding packets leaves, and all that judging needs.
//!
//! [`Summary::fold`] takes a batch; [`Summary::then`] appends a later summary. The serial
//! fold is the definition: whenever `then` answers, the result is what folding all packets in order would have given.

use lenscap_wire::PacketRef;
use lenscap_wire::readers::{Reading, Routes};
use std::ops::Range;

use crate::state::cost;
use crate::state::entry::Entry;
use crate::state::flows::Flows;
use crate::state::fragment::{Datagram, Fragments};
use crate::state::half::{Half, Listed, Order, Payload, PayloadAt};
use crate::state::key::{Key, Side};
use crate::state::lane::Lane;
use crate::state::learned::{Learned, Told};
use crate::state::path::Layers;
use crate::state::residual::Residuals;
use crate::state::site::Site;
use crate::state::spell::{Cold, Hot, flag};
use crate::state::table::shard::At;
use crate::state::text::Texts;
use crate::state::transcript::{Asked, Draft, TranscriptId, Transcripts};

/// What a fold needs to know beforehand. Summaries of one capture are folded with equal limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Nanoseconds without a packet after which a flow has ended (`--idle`).
    pub idle: i64,
    /// Bytes of state, as `state/cost.rs` counts them.
    pub memory: usize,
}

/// Which part of the work a summary does, where workers share it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Role {
    /// All of it.
    #[default]
    Whole,
    /// Flows alone: names and sightings are kept at the desk.
    Flows,
    /// What is no flow, pieces of datagrams, and what messages told of names and stations.
    Desk,
    /// All but names and sightings: packets that tell of them are noted for the desk.
    Member,
}

/// The state of a capture, or of a chunk of one.
#[derive(Clone, Debug)]
pub struct Summary {
    pub(crate) role: Role,
    pub(crate) limits: Limits,
    /// Whether packets may stand before the first one, so that this may be appended to another summary.
    pub(crate) appendable: bool,
    /// Whether it will be saved, so that lists of payloads keep their bytes.
    pub(crate) saved: bool,
    pub(crate) flows: Flows,
    pub(crate) site: Site,
    pub(crate) scratch: Scratch,
    /// Which readers see which packets.
    pub(crate) routes: &'static Routes,
}

/// What a desk passes on to the worker whose flow it is of.
#[derive(Clone, Debug)]
pub(crate) enum Passed {
    /// A datagram that became whole.
    Whole(Box<Datagram>),
    /// One that never did.
    Unfinished(Box<Datagram>),
    /// A copy of a piece of a datagram that became whole, and what its flow's path is made of.
    Copy(Box<(Key, Side, Entry, Layers)>),
}

impl Passed {
    /// Bytes that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        match self {
            Self::Whole(datagram) | Self::Unfinished(datagram) => datagram.cost(),
            Self::Copy(_) => size_of::<(Key, Side, Entry, Layers)>(),
        }
    }
}

/// Buffers that are used again, without meaning between packets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    /// What a desk has for workers.
    pub(crate) passed: Vec<(u64, Passed)>,
    /// What a member has for its desk: packets that tell of names or stations, each once, with the datagram that it made whole.
    pub(crate) told: Vec<(PacketRef, Option<Box<Datagram>>)>,
    pub(crate) lanes: Vec<Lane>,
    prefix: Vec<u8>,
    /// Texts that were needed when that was asked last.
    pub(crate) texts_kept: usize,
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
            role: Role::Whole,
            limits,
            appendable,
            saved,
            flows: Flows::new(Fragments::new(appendable, limits.memory)),
            site: Site { residuals: Residuals::within(cost::residuals(limits.memory)), ..Site::default() },
            scratch: Scratch::default(),
            routes: Routes::shared(),
        }
    }

    /// Packets so far.
    pub fn packets(&self) -> u64 {
        self.site.tally.packets
    }

    /// Bytes of state, as they count for [`Limits::memory`].
    pub fn cost(&self) -> usize {
        let Site { names, sightings, evictions, settled, heirs, .. } = &self.site;
        let entries = names.cost() + sightings.cost() + evictions.cost() + settled.cost() + heirs.cost();
        self.flows.costs.spells.saturating_add(entries)
    }

    /// Flows so far, evicted ones left out.
    pub fn flows(&self) -> usize {
        self.flows.len()
    }

    /// Gives the readers a payload of a half that is undecided, and lists it where that is due.
    pub(crate) fn feed(&mut self, at: At, side: Side, payload: &Payload<'_>) {
        let Flows { shards, texts, transcripts, costs, taught, .. } = &mut self.flows;
        let Some((hot, cold)) = shards.get_mut(at.shard).and_then(|shard| shard.spell_mut(at)) else {
            return;
        };
        let undecided = hot.flags & flag::UNDECIDED << side != 0;
        let listing = hot.flags & flag::LISTING << side != 0;
        if listing && !undecided {
            // What is listed of a decided half has no price.
            let half = cold.list(side);
            half.offer(payload, None, true, self.saved);
            return hot.limit_list(side, half, self.saved);
        }
        // Most halves are read before anything was asked for.
        let mut told =
            if cold.has_texts() { cold.cost as usize - cost::untold(hot, cold, transcripts) } else { 0 };
        let (reading, forced) = read(hot, cold, side, payload, (listing, self.saved), &mut self.scratch);
        if !reading.is_undecided() {
            let asks = if let Reading::Done(reader) = reading {
                let draft = &mut self.scratch.draft;
                let stands_at = draft.shown();
                let (said, asked) = draft.keep(texts);
                cold.transcripts[side & 1] = transcripts.intern(reader, said, texts);
                if !said.is_empty() {
                    let cited = stands_at.map(|place| half_shows(hot, cold, side, payload).0(&place));
                    cold.decide(side, cited.unwrap_or(payload.at).packet);
                }
                cold.ask(hot, side, asked);
                // What was learned leaves the draft.
                let tells = draft.tells() || forced && Reading::Done(Transcripts::SPENT) != reading;
                if tells {
                    let (shows, spent) = half_shows(hot, cold, side, payload);
                    let mut learned = draft.learned(texts, shows);
                    let is_more = |learned: &Learned| !matches!(learned.told, Told::Refers { .. });
                    if forced || spent && learned.iter().any(is_more) {
                        let PayloadAt { packet, time, .. } = payload.at;
                        learned.push(Learned { told: Told::Unread, time, at: packet });
                    }
                    cold.learn(side, learned);
                    *taught = true;
                }
                asked != Asked::NOTHING || tells
            } else {
                false
            };
            close(hot, cold, side, payload, self.saved);
            if cold.settle_names(hot, hot.is_begun(self.appendable)) || asks {
                told = cost::told(cold, texts);
            }
        }
        if let (true, Some(half)) = (listing, cold.half(side)) {
            hot.limit_list(side, half, self.saved);
        }
        let now = told + cost::untold(hot, cold, transcripts);
        costs.spells = costs.spells + now - cold.reprice(now);
    }
}

/// What a half says that was waiting for bytes, if none come any more.
pub(crate) struct AtEnd {
    pub(crate) transcript: TranscriptId,
    pub(crate) asked: Asked,
    /// The last packet that it was read from.
    pub(crate) last: PacketRef,
    pub(crate) learned: Vec<Learned>,
}

/// Reads a half that is waiting as if it ended here.
pub(crate) fn read_at_end(
    (hot, cold): (&Hot, &Cold),
    side: Side,
    texts: &mut Texts,
    transcripts: &mut Transcripts,
) -> Option<AtEnd> {
    if hot.flags & flag::UNDECIDED << side == 0 {
        return None;
    }
    let half = cold.half(side)?;
    let (mut bytes, mut draft) = (Vec::new(), Draft::default());
    let sound = hot.began_sound(cold, side);
    let reading = half.read(sound, true, &mut bytes, &mut |fact| draft.note(&fact));
    let Reading::Done(reader) = reading else { return None };
    let stands_at = draft.shown();
    let (said, asked) = draft.keep(texts);
    let transcript = transcripts.intern(reader, said, texts);
    // What was listed only in case the half began earlier was not read.
    let mut settled = half.clone();
    settled.settle();
    let last = settled.pieces.last().map(Listed::payload)?;
    let shows = half_shows(hot, cold, side, &last).0;
    let at = stands_at.map_or(last.at, |place| shows(&place)).packet;
    let learned = draft.learned(texts, shows);
    Some(AtEnd { transcript, asked, last: at, learned })
}

/// Ends the reading of a half that this payload decided, and keeps of what was listed what an earlier part of it may need.
fn close(hot: &mut Hot, cold: &mut Cold, side: Side, payload: &Payload<'_>, saved: bool) {
    let listing = hot.flags & flag::LISTING << side != 0;
    hot.flags &= !(flag::UNDECIDED << side);
    let kept = match payload.order {
        Order::Segment { .. } => listing,
        // Those that came before are needed where an earlier part of the half was undecided, too. One that decided
        // alone is not worth its room in every flow: where an earlier part needs it the joint is refused.
        Order::Datagram { .. } => {
            if listing {
                hot.flags &= !(flag::LISTING << side);
                hot.flags |= flag::SHORT << side;
            }
            listing && cold.half(side).is_some_and(|half| saved || half.pieces.len() > 1)
        }
    };
    cold.close(side, kept, saved);
}

/// Where the messages of a half stand in the capture: in the packet that brought the last of each, or in that of its only
/// payload where the half keeps no list. Beside it, whether the budget of the half is spent.
pub(crate) fn half_shows(
    hot: &Hot,
    cold: &Cold,
    side: Side,
    only: &Payload<'_>,
) -> (impl Fn(&Range<usize>) -> PayloadAt, bool) {
    let sound = hot.began_sound(cold, side);
    let half = cold.half(side);
    let places = half.map(|half| half.places(sound)).unwrap_or_default();
    let spent = half.map_or(only.bytes.len() >= Half::WINDOW as usize, |half| half.is_spent(places.end()));
    let shows = move |place: &Range<usize>| {
        let piece = places.last(place).and_then(|last| half?.pieces.get(last));
        piece.map_or(only.at, |piece| piece.at)
    };
    (shows, spent)
}

/// What the readers say of a half with one more payload, and whether they would have waited for more than is read. What they found
/// stands in the draft.
fn read(
    hot: &Hot,
    cold: &mut Cold,
    side: Side,
    payload: &Payload<'_>,
    (listing, saved): (bool, bool),
    Scratch { draft, prefix, .. }: &mut Scratch,
) -> (Reading, bool) {
    let start = cold.start(hot, side);
    let mut reading = Reading::Undecided(0);
    let sound = || hot.began_sound(cold, side);
    let alone = cold.half(side).is_none() && payload.stands_alone(start, sound);
    if alone {
        draft.clear();
        reading = payload.read(&mut |fact| draft.note(&fact));
    }
    let listed = matches!(payload.order, Order::Segment { .. }) || saved;
    if !(reading.is_undecided() || listing && listed) {
        return (reading, false);
    }
    let sound = sound();
    let half = cold.list(side);
    let new = half.offer(payload, start, listing, true);
    // A first piece was read just now; again only if it is the last that will be looked at.
    let again = !alone && new && half.is_worth_asking();
    if reading.is_undecided() && again {
        draft.clear();
        reading = half.read(sound, false, prefix, &mut |fact| draft.note(&fact));
        half.want(reading);
    }
    if reading.is_undecided()
        && half.is_spent(if again { prefix.len() } else { payload.bytes.len() * usize::from(alone) })
    {
        draft.clear();
        reading = half.read(sound, true, prefix, &mut |fact| draft.note(&fact));
        if reading == Reading::Unknown {
            draft.clear();
            reading = Reading::Done(Transcripts::SPENT);
        }
        return (reading, true);
    }
    (reading, false)
}
