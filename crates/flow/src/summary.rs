//! The state of a capture: what folding packets leaves, and all that judging needs.
//!
//! [`Summary::fold`] takes a batch; [`Summary::then`](crate::merge) appends a later summary. The serial fold is
//! the definition: whenever `then` answers, the result is what folding all packets in order would have given.

use lenscap_capture::Batch;
use lenscap_wire::{
    Class, Fact, Frame, Message, Packet, PacketRef, ReaderId, Stream, TcpFlags, decode, decode_datagram,
    readers::{self, Routes, Verdict as Reading},
};
use std::sync::OnceLock;

use crate::captures::Captures;
use crate::cost;
use crate::fragment::{Datagram, Fragments};
use crate::index::NOWHERE;
use crate::key::{Key, Side, TCP};
use crate::listen::Listener;
use crate::names::Names;
use crate::path::{PathId, Paths};
use crate::residual::Residuals;
use crate::shard::{Added, At, SHARDS, Shard, shard_of};
use crate::sighting::Sightings;
use crate::spell::{Share, flag};
use crate::stream::Payload;
use crate::tally::{Caps, Tally};
use crate::text::{TextId, Texts};
use crate::verdict::{Said, Verdicts};

/// What a fold needs to know beforehand. Summaries of one capture are folded with equal limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Nanoseconds without a packet after which a flow has ended (`--idle`).
    pub idle: i64,
    /// Bytes of state, as [`cost`](crate::cost) counts them.
    pub memory: usize,
}

/// The state of a capture, or of a chunk of one.
#[derive(Debug)]
pub struct Summary {
    pub(crate) limits: Limits,
    /// Whether packets may stand before the first one, so that this may be appended to another summary.
    pub(crate) appendable: bool,
    /// Whether it will be saved, so that lists of payloads keep their bytes.
    saved: bool,
    pub(crate) captures: Captures,
    pub(crate) tally: Tally,
    pub(crate) paths: Paths,
    pub(crate) texts: Texts,
    pub(crate) verdicts: Verdicts,
    pub(crate) shards: Vec<Shard>,
    pub(crate) fragments: Fragments,
    pub(crate) names: Names,
    pub(crate) sightings: Sightings,
    pub(crate) residuals: Residuals,
    /// Cost of the spells and, apart, of what they and the names keep as text; see [`crate::cost`].
    pub(crate) spell_cost: usize,
    pub(crate) spell_peak: usize,
    pub(crate) text_cost: usize,
    pub(crate) late: OnceLock<crate::late::Late>,
    scratch: Scratch,
}

/// Buffers that are used again, without meaning between packets.
#[derive(Debug, Default)]
struct Scratch {
    prefix: Vec<u8>,
    said: Vec<Said>,
}

/// A packet between decoding and booking.
#[derive(Clone, Copy)]
struct Slot {
    key: Key,
    hash: u64,
    side: Side,
    guess: u32,
}

pub(crate) fn routes() -> &'static Routes {
    static ROUTES: OnceLock<Routes> = OnceLock::new();
    ROUTES.get_or_init(Routes::new)
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
            verdicts: Verdicts::default(),
            shards: vec![Shard::default(); SHARDS],
            fragments: Fragments::new(appendable),
            names: Names::default(),
            sightings: Sightings::default(),
            residuals: Residuals::default(),
            spell_cost: 0,
            spell_peak: 0,
            text_cost: 0,
            late: OnceLock::new(),
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

    /// Folds in the packets of a batch, in order; `keep` says which the filter lets through.
    pub fn fold(&mut self, batch: &Batch<'_>, mut keep: impl FnMut(&Frame<'_>) -> bool) {
        let mut packets: [Packet<'_>; lenscap_capture::BATCH] = std::array::from_fn(|_| Packet::default());
        let mut slots = [None; lenscap_capture::BATCH];
        let mut kept = [false; lenscap_capture::BATCH];
        let lanes = batch.frames().zip(&mut packets).zip(slots.iter_mut().zip(&mut kept));
        for ((frame, packet), (slot, kept)) in lanes {
            *kept = keep(&frame);
            if *kept {
                decode(&frame, packet);
                *slot = self.slot(packet);
            }
        }
        for slot in slots.iter_mut().flatten() {
            slot.guess = self.shards.get(shard_of(slot.hash)).map_or(NOWHERE, |shard| shard.guess(slot.hash));
        }
        for (((frame, packet), slot), kept) in batch.frames().zip(&packets).zip(&slots).zip(kept) {
            self.book(&frame, packet, slot.as_ref(), kept);
        }
    }

    /// The key of a packet that goes into a flow at once.
    #[inline]
    fn slot(&mut self, packet: &Packet<'_>) -> Option<Slot> {
        if packet.class != Class::Ip || packet.fragment.is_some() {
            return None;
        }
        let path = self.path(packet);
        let (key, side) = Key::of(packet, path);
        let hash = key.hash(self.paths.hash(path));
        if let Some(shard) = self.shards.get(shard_of(hash)) {
            shard.prefetch(hash);
        }
        Some(Slot { key, hash, side, guess: NOWHERE })
    }

    #[inline]
    fn path(&mut self, packet: &Packet<'_>) -> PathId {
        if packet.path.is_empty() {
            return PathId::NONE;
        }
        self.paths.intern(&packet.path).unwrap_or_else(|| {
            self.tally.caps.paths += 1;
            PathId::OTHER
        })
    }

    #[inline]
    fn book(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, slot: Option<&Slot>, kept: bool) {
        let wire = u64::from(frame.wire_length);
        self.tally.packets += 1;
        self.tally.bytes_wire += wire;
        self.tally.bytes_captured += frame.bytes.len() as u64;
        if !kept {
            self.tally.filtered.add(wire);
            return;
        }
        if !packet.hazards.is_empty() {
            self.tally.note(packet.hazards);
        }
        if let Some(slot) = slot {
            let share = Share::whole(frame, packet);
            self.flow(slot, &share, packet, Some(frame.bytes));
            return;
        }
        match packet.class {
            Class::Ip => self.fragment(frame, packet),
            Class::NonIp => {
                self.tally.non_ip.add(wire);
                self.listen(packet, frame.time.0, frame.at);
            }
            Class::Undecodable => self.tally.undecodable.add(wire),
            Class::Truncated => self.tally.truncated.add(wire),
        }
    }

    /// Books a packet to its flow and lets the readers see it. `frame` is what the payload lies in, where it can
    /// be fetched again.
    #[inline]
    fn flow(&mut self, slot: &Slot, share: &Share, packet: &Packet<'_>, frame: Option<&[u8]>) {
        let shard_at = shard_of(slot.hash);
        let Some(part) = self.shards.get_mut(shard_at) else { return };
        let key = (slot.hash, &slot.key, slot.side);
        let settled = part.settled.len();
        let (place, added) = part.add(key, slot.guess, share, packet, self.limits.idle);
        match added {
            Added::Began => self.began(shard_at, place, settled),
            Added::Grew => self.recount(At { shard: shard_at, settled: false, place }),
            Added::Continued => {}
        }
        let Some(hot) = self.shards.get(shard_at).and_then(|shard| shard.hots.get(place)) else { return };
        let side = slot.side & 1;
        let wanted = hot.flags & (flag::UNDECIDED | flag::LISTING) << side != 0;
        if let (true, Some(tcp)) = (wanted && packet.payload_length > 0, &packet.tcp) {
            let sequence = tcp.sequence.wrapping_add(u32::from(tcp.flags.has(TcpFlags::SYN)));
            let payload = Payload::of(packet.payload, frame, share.at);
            self.feed(At { shard: shard_at, settled: false, place }, side, sequence, payload);
        }
        let heard = self.listen(packet, share.time, share.at);
        if heard.reader.is_some() || heard.name.is_some() {
            self.recognise(shard_at, place, heard);
        }
        self.spell_peak = self.spell_peak.max(self.spell_cost);
        if self.spell_cost > cost::spells(self.limits.memory) {
            self.evict(share.time);
        }
    }

    /// Marks a spell that has just begun and counts its cost.
    fn began(&mut self, shard_at: usize, place: usize, settled_before: usize) {
        self.spell_cost += cost::SPELL;
        let appendable = self.appendable;
        let Some(shard) = self.shards.get_mut(shard_at) else { return };
        let replaced = shard.settled.len() > settled_before;
        let Some(hot) = shard.hots.get_mut(place) else { return };
        let beginning_unknown = appendable && !replaced && hot.flags & flag::OPENS == 0;
        if beginning_unknown && hot.key.protocol == TCP {
            hot.flags |= flag::LISTING | flag::LISTING << 1;
        }
        if shard.colds.get(place).is_some_and(|cold| cold.extra.is_some()) {
            self.recount(At { shard: shard_at, settled: false, place });
        }
    }

    /// Gives the readers a packet's payload.
    #[inline]
    fn listen(&mut self, packet: &Packet<'_>, time: i64, at: PacketRef) -> Heard {
        let message = Message { packet, payload: packet.payload };
        if routes().readers(&message).is_empty() {
            return Heard::default();
        }
        let room = self.entry_cost() <= cost::entries(self.limits.memory);
        let mut listener = Listener {
            texts: &mut self.texts,
            names: &mut self.names,
            sightings: &mut self.sightings,
            packet,
            time,
            at,
            room,
            kept: 0,
            flow_name: None,
        };
        let reader = readers::read_message(routes(), &message, &mut |fact: Fact<'_>| listener.hear(&fact));
        let (kept, name) = (listener.kept, listener.flow_name);
        self.text_cost += kept;
        if !room {
            self.tally.inexact_since.get_or_insert(time);
        }
        Heard { reader, name }
    }

    /// What names and sightings cost.
    pub(crate) fn entry_cost(&self) -> usize {
        self.names.len() * Names::COST + self.sightings.len() * Sightings::COST + self.text_cost
    }

    #[cold]
    fn recognise(&mut self, shard_at: usize, place: usize, heard: Heard) {
        let Some(cold) = self.shards.get_mut(shard_at).and_then(|shard| shard.colds.get_mut(place)) else {
            return;
        };
        if let (0, Some(reader)) = (cold.app, heard.reader) {
            cold.app = reader.0.saturating_add(1);
        }
        if let Some(name) = heard.name {
            cold.extra.get_or_insert_default().name(name);
        }
        self.recount(At { shard: shard_at, settled: false, place });
    }

    /// Gives the stream readers a payload of a half that is undecided, and lists it where that is due.
    pub(crate) fn feed(&mut self, at: At, side: Side, sequence: u32, payload: Payload<'_>) {
        let Some((hot, cold)) = self.shards.get_mut(at.shard).and_then(|shard| shard.spell_mut(at)) else {
            return;
        };
        let undecided = hot.flags & flag::UNDECIDED << side != 0;
        let listing = hot.flags & flag::LISTING << side != 0;
        let start = cold.start(hot, side);
        let Scratch { said, prefix } = &mut self.scratch;
        said.clear();
        let texts = &mut self.texts;
        let mut note = |fact: Fact<'_>| {
            if let Fact::Says { who, kind, value } = fact {
                said.push(Said::new(texts, who, kind, value));
            }
        };
        let mut reading = Reading::Undecided;
        let alone = cold.half(side).is_none() && start.is_none_or(|start| start == sequence);
        if undecided && alone {
            reading = readers::read_stream(&Stream { bytes: payload.bytes, ended: false }, &mut note);
        }
        if listing || reading == Reading::Undecided {
            let Some(half) = cold.extra.get_or_insert_default().halves.get_mut(side) else { return };
            let half = half.get_or_insert_default();
            half.push(payload.piece(sequence, undecided || self.saved));
            if undecided && reading == Reading::Undecided {
                half.prefix(start, prefix);
                let stream = Stream { bytes: prefix, ended: half.is_full() };
                reading = readers::read_stream(&stream, &mut note);
            }
            if half.is_full() {
                hot.flags &= !(flag::LISTING << side);
            }
        }
        if undecided && reading != Reading::Undecided {
            hot.flags &= !(flag::UNDECIDED << side);
            if let (Reading::Done(reader), Some(verdict)) = (reading, cold.verdicts.get_mut(side)) {
                *verdict = self.verdicts.intern(reader, said);
                if !said.is_empty() {
                    cold.decide(side, Some(payload.at.packet));
                }
            }
            cold.close(side, listing, self.saved);
        }
        self.recount(at);
    }

    /// Counts anew what a spell keeps beside its record.
    fn recount(&mut self, at: At) {
        let Some((hot, cold)) = self.shards.get_mut(at.shard).and_then(|shard| shard.spell_mut(at)) else {
            return;
        };
        let now = cost::beside(hot, cold, &self.verdicts, &self.texts);
        self.spell_cost = self.spell_cost + now - cold.cost as usize;
        cold.cost = now as u32;
    }

    /// Takes in an IP fragment, and the datagram that it completes.
    #[cold]
    fn fragment(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        let Some(fragment) = packet.fragment else { return };
        let path = self.path(packet);
        let outcome = self.fragments.add(Share::whole(frame, packet), packet, path, &fragment);
        if outcome.over_budget > 0 {
            self.tally.caps.datagrams += outcome.over_budget;
            self.tally.inexact_since.get_or_insert(frame.time.0);
        }
        for datagram in &outcome.given_up {
            self.unfinished(datagram);
        }
        if let Some(datagram) = &outcome.whole {
            self.datagram(datagram);
        }
    }

    /// Books a whole datagram: each fragment's share to the flow, and the payload with the last.
    fn datagram(&mut self, datagram: &Datagram) {
        let (whole, length) = datagram.assemble();
        let mut packet = Packet::default();
        decode_datagram(&whole, length, &datagram.head, &mut packet);
        packet.hazards.insert(datagram.hazards());
        let path = self.path(&packet);
        let (key, side) = Key::of(&packet, path);
        let slot = Slot { key, hash: key.hash(self.paths.hash(path)), side, guess: NOWHERE };
        let Some((last, first)) = datagram.shares.split_last() else { return };
        let bare = Packet { tcp: None, payload: &[], payload_length: 0, quoted: None, ..packet.clone() };
        for share in first {
            self.flow(&slot, &Share { payload: 0, ..*share }, &bare, None);
        }
        let share = Share { payload: u64::from(packet.payload_length), ..*last };
        self.flow(&slot, &share, &packet, None);
    }

    /// Books the fragments of a datagram that never was whole to a flow with port 0.
    fn unfinished(&mut self, datagram: &Datagram) {
        let (key, side) = Key::portless(&datagram.head, datagram.path);
        let hash = key.hash(self.paths.hash(datagram.path));
        let packet = Packet { hazards: datagram.hazards(), ..datagram.head.clone() };
        for share in &datagram.shares {
            self.flow(&Slot { key, hash, side, guess: NOWHERE }, share, &packet, None);
        }
    }
}

/// What the message readers made of a packet.
#[derive(Clone, Copy, Default)]
struct Heard {
    reader: Option<ReaderId>,
    name: Option<TextId>,
}
