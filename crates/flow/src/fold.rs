//! `fold`: takes in a batch of packets, in order.
//!
//! A batch goes through three passes, so that the memory that 32 packets need is on its way all at once: decode and
//! ask for the index slot; look into the slot and ask for the record; book. What is rare (a reader of messages, a
//! fragment, a packet without IP) is decoded again when its turn comes: so little need be kept between the passes.

mod apart;
mod desk;
mod drain;
mod evict;
pub(crate) mod listen;

use lenscap_capture::{BATCH, Batch};
use lenscap_wire::{
    Class, Fact, Frame, Hazards, Message, Packet, PacketRef, ReaderId, Tcp, TcpFlags, check_transport,
    decode, decode_usual,
    readers::{self, Readers, Routes},
};

use crate::fold::listen::Listener;
use crate::state::cost;
use crate::state::entry::{Entry, Macs, Share};
use crate::state::half::{Order, Payload, PayloadAt};
use crate::state::key::{Key, Side, streams};
use crate::state::lane::{Course, Lane, Slot};
use crate::state::path::PathId;
use crate::state::spell::flag;
use crate::state::summary::{Role, Summary};
use crate::state::table::index::NOWHERE;
use crate::state::table::shard::{Added, At, Booked, shard_of};
use crate::state::text::TextId;

/// What the message readers made of a packet.
#[derive(Clone, Copy, Default)]
struct Recognised {
    reader: Option<ReaderId>,
    name: Option<TextId>,
}

/// Whether payloads of this side are still looked at, or listed.
#[inline]
const fn is_open(flags: u32, side: Side) -> bool {
    flags & (flag::UNDECIDED | flag::LISTING) << (side & 1) != 0
}

/// Whether the receiver drops a segment, unless what shows it came of capturing: by a checksum (RFC 1122, 3.2.1.2; RFC 9293, 3.1), or
/// since it acknowledges nothing (RFC 9293, 3.10.7.4).
fn is_dropped(tcp: &Tcp, hazards: Hazards) -> bool {
    let wrong = hazards.contains(Hazards::BAD_TRANSPORT_CHECKSUM)
        && !hazards.contains(Hazards::OFFLOADED_CHECKSUM)
        || hazards.contains(Hazards::BAD_IP_CHECKSUM);
    wrong || tcp.flags.0 & (TcpFlags::ACK | TcpFlags::SYN | TcpFlags::RST) == 0
}

/// The readers that may know a packet.
fn asked_about(packet: &Packet<'_>) -> Readers {
    Routes::shared().readers(&Message { packet, payload: packet.payload })
}

impl Summary {
    /// Folds in the packets of a batch, in order; `keep` says which the filter lets through.
    pub fn fold(&mut self, batch: &Batch<'_>, mut keep: impl FnMut(&Frame<'_>) -> bool) {
        self.flows.reindex();
        let mut lanes = std::mem::take(&mut self.scratch.lanes);
        lanes.resize(BATCH, Lane::default());
        let mut packet = Packet::default();
        let (mut wire, mut captured) = (0, 0);
        for (frame, lane) in batch.frames().zip(&mut lanes) {
            wire += u64::from(frame.wire_length);
            captured += frame.bytes.len() as u64;
            lane.course = if keep(&frame) {
                // One of its own, which is lent to nobody: it is never written to memory.
                let mut usual = Packet::default();
                if decode_usual(&frame, &mut usual) {
                    // Here and not in decoding, for what is decoded again need not be checked again.
                    check_transport(&mut usual);
                    self.enter((&frame, &usual), PathId::NONE, || Macs::of_ethernet(frame.bytes), lane);
                    Course::Flow
                } else {
                    self.look(frame, &mut packet, lane)
                }
            } else {
                self.site.tally.filtered.add(u64::from(frame.wire_length));
                Course::Counted
            };
        }
        self.site.tally.packets += batch.len() as u64;
        self.site.tally.bytes_wire += wire;
        self.site.tally.bytes_captured += captured;
        for Lane { course, slot, .. } in lanes.get_mut(..batch.len()).unwrap_or_default() {
            if matches!(course, Course::Flow | Course::Heard) {
                slot.guess = self.flows.shards[shard_of(slot.hash)].guess(slot.hash);
            }
        }
        let routes = self.routes;
        let mut calm = self.calm();
        for (record, lane) in batch.records().iter().zip(&lanes) {
            match lane.course {
                Course::Counted => continue,
                Course::Apart => self.apart(batch.frame(record), &mut packet),
                course => {
                    let Lane { slot, entry, .. } = lane;
                    let payload = || batch.part_of(record, lane.payload);
                    let shown = || (payload(), Some(batch.frame(record).bytes));
                    let (place, flags) = self.book(slot, entry, shown);
                    let mut asked = Readers::NONE;
                    if lane.has_payload() || !streams(slot.key.protocol) {
                        let of = (slot.key.protocol, slot.key.version);
                        let open = is_open(flags, slot.side);
                        asked = routes.of_flow(of, slot.key.ports.into(), payload(), open);
                    }
                    if asked.has_message() || course == Course::Heard {
                        let at = slot.at(place);
                        self.heard((at, flags), asked, batch.frame(record), lane, &mut packet);
                    } else if !asked.is_empty() {
                        let (payload, frame) = shown();
                        let whence = (entry.share.at, entry.share.time);
                        self.offer((slot.at(place), slot.side), asked, payload, frame, whence);
                    }
                }
            }
            // Hardly a packet makes anything dearer.
            if self.flows.costs.spells > calm {
                self.limit(record.time.0);
                calm = self.calm();
            }
        }
        self.scratch.lanes = lanes;
    }

    /// The first look at a packet of another shape than most have.
    #[inline(never)]
    fn look<'a>(&mut self, frame: Frame<'a>, packet: &mut Packet<'a>, lane: &mut Lane) -> Course {
        let frame = &frame;
        decode(frame, packet);
        check_transport(packet);
        let wire = u64::from(frame.wire_length);
        match packet.class {
            Class::Ip if packet.fragment.is_none() => {
                self.site.tally.note_surplus(packet);
                let path = self.path(packet, frame.time.0);
                self.enter((frame, packet), path, || packet.macs.unwrap_or_default().into(), lane);
                let says_more = packet.quoted.is_some() || packet.inner_frame.is_some();
                return if says_more { Course::Heard } else { Course::Flow };
            }
            Class::Ip => {
                self.note(packet.hazards);
                return Course::Apart;
            }
            Class::NonIp => self.site.tally.frame(packet, wire),
            Class::Undecodable => self.site.tally.undecodable.add(wire),
            Class::Truncated => self.site.tally.truncated.add(wire),
        }
        self.note(packet.hazards);
        if packet.class == Class::NonIp { Course::Apart } else { Course::Counted }
    }

    #[inline]
    fn note(&mut self, hazards: Hazards) {
        if !hazards.is_empty() {
            self.site.tally.note(hazards);
        }
    }

    /// Puts a packet of a flow into its lane. The MACs are asked for last: until then no register holds them.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "so that the packet stays in registers")]
    fn enter(
        &mut self,
        (frame, packet): (&Frame<'_>, &Packet<'_>),
        path: PathId,
        macs: impl FnOnce() -> Macs,
        lane: &mut Lane,
    ) {
        self.note(packet.hazards);
        let (key, side) = Key::of(packet, path);
        let hash = key.hash(&self.flows.paths);
        self.flows.shards[shard_of(hash)].prefetch(hash);
        lane.slot = Slot { key, hash, side, guess: NOWHERE };
        lane.entry = Entry::with(Share::whole(frame, packet), packet, macs());
        let start = (packet.payload.as_ptr() as usize).wrapping_sub(frame.bytes.as_ptr() as usize);
        lane.payload = (start as u32, (start + packet.payload.len()) as u32);
    }

    #[inline]
    fn path(&mut self, packet: &Packet<'_>, now: i64) -> PathId {
        if packet.path.is_empty() {
            return PathId::NONE;
        }
        self.flows.paths.intern(&packet.path).unwrap_or_else(|| {
            self.site.tally.caps.paths += 1;
            self.site.tally.inexact_since.get_or_insert(now);
            PathId::OTHER
        })
    }

    /// Books a packet to its flow and shows its payload, which is asked for only then, to the stream readers: that, and
    /// the frame that it lies in, where it can be fetched again. Returns the place in the shard, and the flags of the spell when the packet
    /// was booked.
    #[inline]
    fn book<'p>(
        &mut self,
        slot: &Slot,
        entry: &Entry,
        shown: impl FnOnce() -> (&'p [u8], Option<&'p [u8]>),
    ) -> (usize, u32) {
        let shard = &mut self.flows.shards[shard_of(slot.hash)];
        let key = (slot.hash, &slot.key, slot.side);
        let booked = shard.add(key, slot.guess, entry, self.limits.idle, self.appendable);
        let place = booked.place as usize;
        match booked.added {
            Added::Began => self.flows.costs.spells += cost::SPELL,
            Added::Grew | Added::Late => self.recount(slot, &booked),
            Added::Continued => {}
        }
        let side = slot.side & 1;
        if is_open(booked.flags, side)
            && let Some(tcp) = &entry.tcp
        {
            let ends = tcp.flags.has(TcpFlags::FIN);
            if entry.share.payload > 0 || ends {
                let sequence = tcp.sequence.wrapping_add(u32::from(tcp.flags.has(TcpFlags::SYN)));
                let order =
                    Order::Segment { sequence, ordinal: 0, ends, wrong: is_dropped(tcp, entry.hazards) };
                let (bytes, frame) = shown();
                let at = PayloadAt::of(bytes, frame, entry.share.at, entry.share.time);
                let payload = Payload { order, bytes, length: bytes.len() as u32, at };
                self.feed(slot.at(place), side, &payload);
            }
        }
        (place, booked.flags)
    }

    /// Counts anew what the spell costs to which a packet was booked.
    #[cold]
    #[inline(never)]
    fn recount(&mut self, slot: &Slot, booked: &Booked) {
        let mut at = slot.at(booked.place as usize);
        if booked.added == Added::Late {
            let Some(place) = self.flows.shards[at.shard].last_settled(&slot.key) else { return };
            at = At { settled: true, place, ..at };
        }
        self.flows.recount(at);
    }

    /// Shows a datagram of the flow at `at`, where that half is [open](is_open), to the datagram readers, if one of those
    /// that are `asked` admits it.
    fn offer(
        &mut self,
        (at, side): (At, Side),
        asked: Readers,
        payload: &[u8],
        frame: Option<&[u8]>,
        (packet, time): (PacketRef, i64),
    ) {
        let Some((reader, how)) = readers::admit(asked, payload) else { return };
        let side = side & 1;
        let Some((_, cold)) = self.flows.spell_mut(at) else { return };
        // Where that reader has had its fill and not decided, thousands like this one may follow.
        if cold.half(side).is_some_and(|half| !half.has_room(reader, how.most)) {
            return;
        }
        let bytes = payload.get(..usize::from(how.keeps)).unwrap_or(payload);
        let (order, place) =
            (Order::Datagram { reader: reader.0 }, PayloadAt::of(bytes, frame, packet, time));
        self.feed(at, side, &Payload { order, bytes, length: bytes.len() as u32, at: place });
    }

    /// Shows a packet that was booked to the message readers; to the datagram readers where none of them knew it.
    #[inline(never)]
    fn heard<'a>(
        &mut self,
        (at, flags): (At, u32),
        asked: Readers,
        frame: Frame<'a>,
        lane: &Lane,
        packet: &mut Packet<'a>,
    ) {
        decode(&frame, packet);
        let known = self.hear(at, packet, asked, &lane.entry.share);
        if !known && asked.has_datagram() && is_open(flags, lane.slot.side) {
            let at = (at, lane.slot.side);
            self.offer(at, asked, packet.payload, Some(frame.bytes), (frame.at, frame.time.0));
        }
    }

    /// Lets the message readers see a packet of the flow at `at`, and keeps what it quotes. Returns whether one knew it.
    fn hear(&mut self, at: At, packet: &Packet<'_>, asked: Readers, share: &Share) -> bool {
        if let Some(quoted) = packet.quoted {
            let spell = self.flows.spell_mut(at);
            if spell.is_some_and(|(_, cold)| cold.quote(quoted)) {
                self.flows.recount(at);
            }
        }
        let heard = self.listen_within(packet, asked, share.time, share.at);
        if let Some((hot, cold)) = self.flows.spell_mut(at) {
            if let Some(reader) = heard.reader {
                hot.recognise(reader);
            }
            let begun = hot.is_begun(self.appendable);
            if heard.name.is_some_and(|name| cold.name(hot, begun, name)) {
                self.flows.recount(at);
            }
        }
        self.limit_entries(share.time);
        heard.reader.is_some()
    }

    /// Lets readers see what a packet carries without IP (ARP in a tunnel), which says something of its own network and nothing
    /// of this flow, and then those that are `asked` its payload.
    fn listen_within(&mut self, packet: &Packet<'_>, asked: Readers, time: i64, at: PacketRef) -> Recognised {
        if let Some(inner) = packet.inner() {
            self.listen(&inner, asked_about(&inner), time, at);
        }
        self.listen(packet, asked, time, at)
    }

    /// Gives those message readers that are `asked` a packet's payload.
    fn listen(&mut self, packet: &Packet<'_>, asked: Readers, time: i64, at: PacketRef) -> Recognised {
        let message = Message { packet, payload: packet.payload };
        let mut listener = Listener {
            texts: &mut self.flows.texts,
            names: &mut self.site.names,
            sightings: &mut self.site.sightings,
            packet,
            time,
            at,
            keeps: !matches!(self.role, Role::Flows | Role::Member),
            passes: false,
            flow_name: None,
        };
        let reader = readers::read_message(asked, &message, &mut |fact: Fact<'_>| listener.hear(&fact));
        let Listener { flow_name: name, passes, .. } = listener;
        if passes {
            self.note_told(at);
        }
        Recognised { reader, name }
    }
}
