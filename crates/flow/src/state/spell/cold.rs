//! What few packets of a spell touch, and what few spells have at all.
//!
//! A ping has a record here, but no extra: no second bucket of time, no break in a sequence, no payload that waits.

use lenscap_wire::{Mac, PacketRef, Quoted};

use super::{Hot, flag};
use crate::state::half::Half;
use crate::state::key::Side;
use crate::state::learned::Learned;
use crate::state::spell::cited::{Cited, Far};
use crate::state::spell::copies::Copies;
use crate::state::spell::counters::Counters;
use crate::state::spell::history::History;
use crate::state::spell::pauses::Pauses;
use crate::state::spell::sequence::Trouble;
use crate::state::spell::times::{Span, Times};
use crate::state::text::TextId;
use crate::state::transcript::{Asked, TranscriptId};

/// What few packets of a spell touch; in front what the first ones do.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(crate) struct Cold {
    pub(crate) history: History,
    /// Initial sequence number of the handshake's client. Where the first segment is of none, this and the server's are what that
    /// one may be told by (`late.rs`). In UDP this, the server's and the history hold the first
    /// datagrams; see [`super::copies`].
    pub(crate) client_isn: u32,
    pub(crate) extra: Option<Box<Extra>>,
    /// Stamp of the first packet in capture order.
    pub(crate) first: i64,
    /// The lower 32 bits of [`Counters::large`], by side.
    pub(crate) large: [u32; 2],
    /// Initial sequence number of the handshake's server.
    pub(crate) server_isn: u32,
    /// The MAC of each end: the first that it sent from, else the first that was sent to.
    pub(crate) macs: [Mac; 2],
    /// What the stream readers decided, by side.
    pub(crate) transcripts: [TranscriptId; 2],
    /// What the half asked for that asked for something; see [`Cold::asked`].
    pub(crate) asked: Asked,
    /// What the spell keeps beside its record, as last counted; see [`crate::state::cost::beside`].
    pub(crate) cost: u32,
    /// The first packet, and those with which the stream readers could say what they said of the halves.
    pub(crate) cited: Cited,
}

const _: () = assert!(size_of::<Cold>() == 112);

/// What few spells have. Its size is in the price of each flow that crosses one border of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    /// Earliest and latest stamp, where they are not the first and last.
    pub(crate) span: Option<Box<(i64, i64)>>,
    /// What the record has no room for.
    pub(crate) wide: Option<Box<Wide>>,
    pub(crate) trouble: [Option<Box<Trouble>>; 2],
    pub(crate) copies: Option<Box<Copies>>,
    pub(crate) times: Times,
    /// Where it was silent for long.
    pub(crate) pauses: Option<Box<Pauses>>,
    /// The first payloads of each half, while they are needed.
    pub(crate) halves: Option<Box<[Half; 2]>>,
    /// The flow that the first ICMP error of this flow speaks of.
    pub(crate) quoted: Option<Box<Quoted>>,
    /// What the other half asked for, where both did.
    pub(crate) asked: Asked,
    /// Names beside those of the halves.
    pub(crate) later: Option<Box<Later>>,
}

const _: () = assert!(size_of::<Extra>() <= 104);

/// Names of a spell beside those that its halves gave for their servers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Later {
    /// Server names that later requests of the same connection gave; see [`Cold::name`].
    pub(crate) names: Box<[TextId]>,
    /// What each half told of names.
    pub(crate) learned: [Vec<Learned>; 2],
}

impl Later {
    /// These names and what was learned; nothing where there is neither.
    pub(crate) fn of(names: Box<[TextId]>, learned: [Vec<Learned>; 2]) -> Option<Box<Self>> {
        let is_empty = names.is_empty() && learned.iter().all(Vec::is_empty);
        (!is_empty).then(|| Box::new(Self { names, learned }))
    }
}

/// What few records have no room for. Without a price: it comes with gigabytes, or hangs on the cuts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wide {
    /// Counters beyond 32 bits.
    pub(crate) carried: Counters,
    /// Packets that are cited and lie far from the first.
    pub(crate) far: Far,
}

impl Extra {
    pub(super) fn is_empty(&self) -> bool {
        self.span.is_none()
            && self.wide.is_none()
            && self.trouble.iter().all(Option::is_none)
            && self.copies.is_none()
            && self.times.is_one()
            && self.pauses.is_none()
            && self.halves.is_none()
            && self.quoted.is_none()
            && self.asked == Asked::NOTHING
            && self.later.is_none()
    }

    /// Leaves the bucket of the last packet for that of `time`, after a pause where it is one.
    pub(super) fn leave(&mut self, span: Span, time: i64, probes: bool) {
        if Pauses::between(span.last, time).is_some() {
            Pauses::of(&mut self.pauses, span.first, probes).pause(span.totals.payload, (span.last, time));
        }
        self.times.leave(span);
    }

    /// The names of later requests that are kept.
    pub(crate) fn names(&self) -> &[TextId] {
        self.later.as_ref().map_or(&[], |later| &later.names)
    }

    /// Lets go of what the halves told of names.
    pub(crate) fn forget_learned(&mut self) {
        let names = self.later.take().map(|later| later.names);
        self.later = Later::of(names.unwrap_or_default(), Default::default());
    }

    /// Keeps these in place of them.
    pub(crate) fn keep_names(&mut self, names: Box<[TextId]>) {
        let learned = self.later.take().map(|later| later.learned);
        self.later = Later::of(names, learned.unwrap_or_default());
    }
}

impl Cold {
    /// Sequence number of the first payload byte of a half whose handshake was seen.
    pub(crate) fn start(&self, hot: &Hot, side: Side) -> Option<u32> {
        let isn = if hot.flags & flag::OPENS == 0 {
            None
        } else if hot.client() == side {
            Some(self.client_isn)
        } else {
            (hot.flags & flag::SERVER_ISN != 0).then_some(self.server_isn)
        };
        isn.map(|isn| isn.wrapping_add(1))
    }

    /// What the buckets of time cost, if `last` is the stamp of the last packet.
    pub(crate) fn bucket_price(&self, last: i64) -> usize {
        self.extra.as_ref().map_or(0, |extra| extra.times.price(last))
    }

    /// Where the spell was silent for long.
    pub(crate) fn pauses(&self) -> Option<&Pauses> {
        self.extra.as_ref()?.pauses.as_deref()
    }

    /// What is kept of its pauses costs.
    pub(crate) fn pause_price(&self) -> usize {
        self.pauses().map_or(0, |pauses| Pauses::price(pauses.listed().len()))
    }

    /// Keeps the flow that an ICMP error speaks of. Returns whether that took memory.
    pub(crate) fn quote(&mut self, quoted: Quoted) -> bool {
        let extra = self.extra.get_or_insert_default();
        let new = extra.quoted.is_none();
        extra.quoted.get_or_insert_with(|| Box::new(quoted));
        new
    }

    /// The list of a half's first payloads.
    pub(crate) fn half(&self, side: Side) -> Option<&Half> {
        self.extra.as_ref()?.halves.as_ref()?.get(side).filter(|half| !half.is_empty())
    }

    /// The same, to be changed.
    pub(crate) fn half_mut(&mut self, side: Side) -> Option<&mut Half> {
        self.extra.as_mut()?.halves.as_mut()?.get_mut(side).filter(|half| !half.is_empty())
    }

    /// The same, to be added to: made where there is none.
    pub(crate) fn list(&mut self, side: Side) -> &mut Half {
        &mut self.extra.get_or_insert_default().halves.get_or_insert_default()[side & 1]
    }

    /// What a half told of names, in the order of its messages.
    pub(crate) fn learned(&self, side: Side) -> &[Learned] {
        let later = self.extra.as_ref().and_then(|extra| extra.later.as_ref());
        later.and_then(|later| later.learned.get(side)).map_or(&[], Vec::as_slice)
    }

    /// Keeps what a half told: it is decided once.
    pub(crate) fn learn(&mut self, side: Side, learned: Vec<Learned>) {
        if !learned.is_empty() {
            self.extra.get_or_insert_default().later.get_or_insert_default().learned[side & 1] = learned;
        }
    }

    /// Whether it names any text of its own, for which there is a [price](crate::state::cost::told).
    #[inline]
    pub(crate) fn has_texts(&self) -> bool {
        let more = |extra: &Extra| extra.asked != Asked::NOTHING || extra.later.is_some();
        self.asked != Asked::NOTHING || self.extra.as_deref().is_some_and(more)
    }

    /// Whether a half said anything, or a later request named a server.
    pub(crate) fn says_anything(&self) -> bool {
        self.transcripts != [TranscriptId::NONE; 2] || self.has_texts()
    }

    /// Lets go of all but what was said, and by which packets.
    pub(crate) fn keep_what_is_said(&mut self) {
        let Some(extra) = &mut self.extra else { return };
        let wide = extra.wide.take().filter(|wide| wide.far.iter().any(Option::is_some));
        let wide = wide.map(|wide| Box::new(Wide { far: wide.far, ..Wide::default() }));
        let (asked, later) = (extra.asked, extra.later.take());
        **extra = Extra { wide, asked, later, ..Extra::default() };
        extra.forget_learned();
        if extra.is_empty() {
            self.extra = None;
        }
    }

    /// Sets what the spell keeps beside its record, and returns what that was.
    pub(crate) fn reprice(&mut self, now: usize) -> usize {
        std::mem::replace(&mut self.cost, now as u32) as usize
    }

    /// The first packet.
    #[inline]
    pub(crate) fn at(&self) -> PacketRef {
        let far = || self.extra.as_ref()?.wide.as_ref()?.far[Cited::FIRST];
        self.cited.first(far)
    }

    /// The packet with which the stream readers could say what they said of a half.
    pub(crate) fn decided(&self, side: Side) -> Option<PacketRef> {
        let far = |which| self.extra.as_ref()?.wide.as_ref()?.far.get::<usize>(which).copied()?;
        self.cited.decided(side, far)
    }

    /// Keeps that packet.
    pub(crate) fn decide(&mut self, side: Side, packet: PacketRef) {
        let first = self.at();
        if self.cited.decide(side, packet, first) {
            self.put_far(side & 1, packet);
        }
    }

    /// Keeps its first packet.
    #[inline]
    pub(crate) fn begin(&mut self, packet: PacketRef) {
        if self.cited.begin(packet) {
            self.put_far(Cited::FIRST, packet);
        }
    }

    #[cold]
    fn put_far(&mut self, which: usize, packet: PacketRef) {
        self.extra.get_or_insert_default().wide.get_or_insert_default().far[which] = Some(packet);
    }

    /// Bytes of one side of a TCP spell that stand between captured ones and never were; nothing where that is not known exactly.
    pub(crate) fn missed(&self, hot: &Hot, side: Side) -> Option<u64> {
        let trouble = self.extra.as_ref().and_then(|extra| extra.trouble.get(side)?.as_ref());
        trouble
            .map_or(Some(0), |trouble| trouble.is_exact().then(|| trouble.missed(hot.start_of(self, side))))
    }

    /// The same, as far as they are surely missing.
    pub(crate) fn gaps(&self, hot: &Hot, side: Side) -> u64 {
        let trouble = self.extra.as_ref().and_then(|extra| extra.trouble.get(side)?.as_ref());
        trouble
            .filter(|trouble| trouble.is_exact())
            .map_or(0, |trouble| trouble.gaps(hot.start_of(self, side)))
    }

    /// Lets go of a decided half's bytes, unless they are to be `kept`; of the list, too, unless it is `listed`.
    pub(crate) fn close(&mut self, side: Side, listed: bool, kept: bool) {
        if listed {
            if let (false, Some(half)) = (kept, self.half_mut(side)) {
                half.forget_bytes();
            }
            return;
        }
        let Some(extra) = &mut self.extra else { return };
        match &mut extra.halves {
            Some(halves) if !halves[1 - (side & 1)].is_empty() => halves[side & 1] = Half::default(),
            halves => *halves = None,
        }
        if extra.is_empty() {
            self.extra = None;
        }
    }
}
