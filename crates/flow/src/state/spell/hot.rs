//! What every packet of a spell touches: 96 bytes.

use lenscap_wire::{Hazards, ReaderId, Tcp, TcpFlags};

use super::history;
use super::{Cold, flag};
use crate::state::entry::Entry;
use crate::state::half::Half;
use crate::state::key::{Key, Side, TCP, UDP};
use crate::state::spell::buckets::{Bucket, Buckets};
use crate::state::spell::counters::{Counters, LowCounters};
use crate::state::spell::sequence::Trouble;
use crate::state::spell::times::Span;
use crate::state::spell::way::Way;

/// Payload seen once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Once {
    /// Bytes.
    pub(crate) bytes: u64,
    /// Whether it is so many; otherwise at most so many, or in UDP about so many.
    pub(crate) exact: bool,
}

/// What every packet of a spell touches.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Hot {
    pub(crate) key: Key,
    /// Stamp of the last packet in capture order.
    pub(crate) last: i64,
    pub(crate) flags: u32,
    /// See [`Hot::counters`].
    pub(crate) low: LowCounters,
    /// TCP: the sequence number after the last payload, by side; of a side without payload, the first number that either end showed
    /// of it. UDP: the print of the last datagram.
    pub(crate) next: [u32; 2],
    /// TCP: letters of the history so far, by side. UDP: when the last datagram came.
    pub(crate) seen: [u16; 2],
    /// Oddities of all packets.
    pub(crate) hazards: u16,
    /// How the first packet came that a side sent.
    pub(crate) ways: [Way; 2],
}

const _: () = assert!(size_of::<Hot>() == 96);

impl Hot {
    /// The flags of a spell of which both sides have sent, each from a MAC: then both are known, and what only one side tells of
    /// the other counts for nothing.
    const KNOWN: u32 = flag::SENT | flag::SENT << 1;

    /// Whether a packet belongs to this spell rather than beginning another.
    ///
    /// A gap is measured from the latest stamp, so a clock that steps back and on again makes none. Only a bare SYN begins a
    /// connection: one of this spell's own handshake goes on with it, whatever came between, for it may be sent again, or
    /// seen again behind a tap; so does that of the other end where both called at once. A SYN-ACK goes on with whatever is
    /// open.
    #[inline]
    pub(crate) fn continues(&self, cold: &Cold, entry: &Entry, side: Side, idle: i64) -> bool {
        if self.has_ended(cold, entry.share.time, idle) {
            return false;
        }
        match &entry.tcp {
            Some(tcp) if is_bare_syn(tcp) => self.has_syn(cold, (side, tcp.sequence)),
            _ => true,
        }
    }

    /// Whether a packet of this time comes after the gap that ends a spell.
    #[inline]
    pub(super) fn has_ended(&self, cold: &Cold, time: i64, idle: i64) -> bool {
        // What is no gap even without saturating is none: this much costs every packet.
        time > self.last
            && time.wrapping_sub(self.last) as u64 > idle as u64
            && self.has_been_silent(cold, time, idle)
    }

    #[cold]
    #[inline(never)]
    fn has_been_silent(&self, cold: &Cold, time: i64, idle: i64) -> bool {
        time.saturating_sub(self.last) > idle && time.saturating_sub(self.latest(cold)) > idle
    }

    /// Whether a later spell of the same key, in a chunk that follows, goes on with this one: what [`Hot::continues`] says
    /// of its first packet.
    pub(crate) fn goes_on(&self, cold: &Cold, (later, later_cold): (&Self, &Cold), idle: i64) -> bool {
        if later_cold.first.saturating_sub(self.latest(cold)) > idle {
            return false;
        }
        let syn = || later.handshake(later_cold);
        later.flags & flag::OPENS == 0 || syn().is_some_and(|syn| self.has_syn(cold, syn))
    }

    /// Whether a bare SYN of a side, with this number, is of the handshake that began this spell.
    fn has_syn(&self, cold: &Cold, syn: (Side, u32)) -> bool {
        self.handshake(cold) == Some(syn) || self.is_crossed(cold, syn)
    }

    /// Whether a bare SYN of a side, with this number, crossed the one that began this spell: both ends opened at once (RFC
    /// 9293, 3.5), as behind two firewalls. It stands for the SYN-ACK, and nothing but SYNs came before its first one.
    pub(crate) fn is_crossed(&self, cold: &Cold, (side, isn): (Side, u32)) -> bool {
        let known = self.flags & flag::SERVER_ISN != 0;
        let first = if known { cold.server_isn == isn } else { self.flags & flag::PURE != 0 };
        self.flags & flag::OPENS != 0 && self.client() != side & 1 && first
    }

    /// Client side and client ISN of the handshake that the first packet was of.
    pub(crate) fn handshake(&self, cold: &Cold) -> Option<(Side, u32)> {
        self.shows_client().then(|| (self.client(), cold.client_isn))
    }

    /// Whether the first packet was of a handshake, so that it is known who the client is.
    #[inline]
    pub(crate) fn shows_client(&self) -> bool {
        self.flags & (flag::OPENS | flag::SERVER_ISN) != 0
    }

    /// Latest stamp.
    #[inline]
    pub(crate) fn latest(&self, cold: &Cold) -> i64 {
        if self.flags & flag::DISORDER == 0 { self.last } else { self.span(cold).1 }
    }

    /// Earliest and latest stamp.
    pub(crate) fn span(&self, cold: &Cold) -> (i64, i64) {
        let kept = cold.extra.as_ref().and_then(|extra| extra.span.as_deref().copied());
        kept.unwrap_or((cold.first, self.last))
    }

    /// Sequence number of the first payload byte that a half showed.
    pub(crate) fn begins(&self, cold: &Cold, side: Side) -> Option<u32> {
        let trouble = cold.extra.as_ref().and_then(|extra| extra.trouble.get(side)?.as_ref());
        let in_order = || self.next[side & 1].wrapping_sub(self.low.payload[side & 1]);
        let sequenced = self.flags & flag::SEQUENCED << side != 0;
        sequenced.then(|| trouble.map_or_else(in_order, |trouble| trouble.first))
    }

    /// Whether as much is listed as an earlier chunk mostly needs. DNS is read to its end, and a half that was cut inside of a
    /// message shows no sign of it but the port: where too little is listed, the whole chunk is folded again.
    fn is_listed_enough(&self, half: &Half) -> bool {
        const DNS: u16 = 53;
        let dns = self.key.port(0) == Some(DNS) || self.key.port(1) == Some(DNS);
        half.is_listed_enough() && !dns
    }

    /// Ends the list of a half where it is long enough. A list that will be `saved` has no capture to fall back on.
    pub(crate) fn limit_list(&mut self, side: Side, half: &Half, saved: bool) {
        if half.is_full() {
            self.flags &= !(flag::LISTING << side);
        } else if !saved && self.is_listed_enough(half) && self.flags & flag::UNDECIDED << side == 0 {
            self.flags &= !(flag::LISTING << side);
            self.flags |= flag::SHORT << side;
        }
    }

    /// Which side sent the first packet.
    pub(crate) fn first_side(&self) -> Side {
        usize::from(self.flags & flag::FIRST_HIGH != 0)
    }

    /// Protocol that a message reader recognised first.
    pub(crate) fn app(&self) -> Option<ReaderId> {
        ((self.flags >> flag::APP) as u8).checked_sub(1).map(ReaderId)
    }

    /// Keeps that protocol, unless one is known.
    pub(crate) fn recognise(&mut self, reader: ReaderId) {
        if self.app().is_none() {
            self.flags |= (u32::from(reader.0) + 1) << flag::APP;
        }
    }

    /// The handshake's client side.
    pub(crate) fn client(&self) -> Side {
        usize::from(self.flags & flag::CLIENT_HIGH != 0)
    }

    /// All that was counted.
    #[inline]
    pub(crate) fn counters(&self, cold: &Cold) -> Counters {
        let carried = || cold.extra.as_ref().and_then(|extra| extra.wide.as_ref().map(|wide| &wide.carried));
        self.low.with(cold.large, if self.flags & flag::CARRIED == 0 { None } else { carried() })
    }

    /// Sets them.
    pub(crate) fn count(&mut self, cold: &mut Cold, counters: &Counters) {
        let (low, large, carried) = counters.split();
        self.low = low;
        cold.large = large;
        if carried != Counters::default() {
            self.flags |= flag::CARRIED;
            cold.extra.get_or_insert_default().wide.get_or_insert_default().carried = carried;
        }
    }

    /// What was odd of its packets.
    pub(crate) fn hazards(&self) -> Hazards {
        Hazards(self.hazards.into())
    }

    /// Payload and packets so far.
    pub(crate) fn totals(&self, cold: &Cold) -> Bucket {
        let Counters { payload, large, packets, .. } = self.counters(cold);
        Bucket { payload, large, packets: packets[0] + packets[1] }
    }

    /// Adds a packet. Returns whether that changed what the spell keeps beside its record.
    #[inline]
    pub(crate) fn absorb(&mut self, cold: &mut Cold, entry: &Entry, side: Side) -> bool {
        let share = &entry.share;
        let flags = self.flags;
        if share.time < self.last || flags & flag::DISORDER != 0 {
            self.stretch(cold, share.time);
        }
        let mut grew = self.flags != flags;
        if !Buckets::same(share.time, self.last) {
            grew |= self.enter_bucket(cold, share.time);
        }
        self.last = share.time;
        let side = side & 1;
        if let Some(carried) = self.low.add(share, side) {
            self.carry(cold, &carried);
        }
        if share.payload >= Counters::LARGE {
            self.count_large(cold, share.payload, side);
        }
        self.hazards |= entry.hazards.0 as u16;
        if self.flags & Self::KNOWN != Self::KNOWN {
            self.link(cold, entry, side);
        }
        if let Some(tcp) = &entry.tcp {
            return self.absorb_tcp(cold, tcp, entry, side) || grew;
        }
        // A header that was cut off may have been any: whether a SYN follows on it must not hang on what was before.
        self.flags &= !flag::PURE;
        if self.key.protocol == UDP {
            grew |= self.absorb_datagram(cold, entry, side);
        }
        grew
    }

    #[inline]
    fn absorb_tcp(&mut self, cold: &mut Cold, tcp: &Tcp, entry: &Entry, side: Side) -> bool {
        let length = entry.share.payload;
        let sequence = tcp.sequence.wrapping_add(u32::from(tcp.flags.has(TcpFlags::SYN)));
        let due = self.is_due(tcp, (sequence, length), side);
        let grew = !due && self.mark(cold, tcp, (length == 0).then_some(sequence), side);
        let letters = history::letters(tcp, length, entry.hazards);
        if letters & !self.seen[side] != 0 {
            cold.history.append(&mut self.seen, side, letters);
        }
        if self.flags & flag::PURE != 0 {
            self.open(cold, tcp, length, side);
        }
        if length == 0 {
            return grew;
        }
        let in_order = self.flags & (flag::SEQUENCED | flag::TROUBLE) << side == flag::SEQUENCED << side
            && sequence == self.next[side];
        let trouble = !in_order && self.out_of_order(cold, sequence, length, side);
        self.next[side] = sequence.wrapping_add(length);
        trouble || grew
    }

    /// Keeps what a handshake shows, or ends its purity.
    fn open(&mut self, cold: &mut Cold, tcp: &Tcp, payload: u32, side: Side) {
        let syn = tcp.flags.has(TcpFlags::SYN);
        let crossed = is_bare_syn(tcp) && self.is_crossed(cold, (side, tcp.sequence));
        let own = syn && handshake(tcp, side) == (self.client(), cold.client_isn);
        if self.is_asking() && self.is_strange(cold, tcp, payload, side) {
            cold.history.mark();
        }
        if !(own || crossed) || payload > 0 {
            self.flags &= !flag::PURE;
        }
        if (crossed || own && !is_bare_syn(tcp)) && self.flags & flag::SERVER_ISN == 0 {
            self.flags |= flag::SERVER_ISN;
            cold.server_isn = tcp.sequence;
        }
    }

    #[cold]
    fn stretch(&mut self, cold: &mut Cold, time: i64) {
        self.flags |= flag::DISORDER;
        let extra = cold.extra.get_or_insert_default();
        let (min, max) = extra.span.as_deref().copied().unwrap_or((cold.first, self.last));
        extra.span = Some(Box::new((min.min(time), max.max(time))));
    }

    #[inline]
    fn count_large(&mut self, cold: &mut Cold, payload: u32, side: Side) {
        let (large, over) = cold.large[side & 1].overflowing_add(payload);
        cold.large[side & 1] = large;
        if over {
            let mut carried = Counters::default();
            carried.large[side & 1] = 1 << 32;
            self.carry(cold, &carried);
        }
    }

    #[cold]
    fn carry(&mut self, cold: &mut Cold, more: &Counters) {
        self.flags |= flag::CARRIED;
        cold.extra.get_or_insert_default().wide.get_or_insert_default().carried.join(more);
    }

    /// Leaves the bucket of the last packet, since the next one is of another. Returns whether the price changes by that.
    #[cold]
    fn enter_bucket(&mut self, cold: &mut Cold, time: i64) -> bool {
        let price = |cold: &Cold, time| (cold.bucket_price(time), cold.pause_price());
        let before = (self.flags & flag::BUCKETS, price(cold, self.last));
        self.flags |= flag::BUCKETS;
        let span = self.times_of(cold);
        cold.extra.get_or_insert_default().leave(span, time, self.key.protocol == TCP);
        (flag::BUCKETS, price(cold, time)) != before
    }

    /// What the flow's [`Times`] are told from.
    pub(crate) fn times_of(&self, cold: &Cold) -> Span {
        Span { first: cold.first, last: self.last, totals: self.totals(cold) }
    }

    /// The flow's bytes in aligned time; none where all of them went within one bucket.
    pub(crate) fn buckets(&self, cold: &Cold) -> Option<Buckets> {
        cold.extra.as_ref()?.times.closed(self.times_of(cold))
    }

    /// How many buckets there can have been at most at any time.
    pub(crate) fn most_buckets(&self, cold: &Cold) -> usize {
        cold.extra.as_ref().map_or(1, |extra| extra.times.most(self.last))
    }

    /// Books a segment that did not start where the one before ended; the first of a half is where it starts.
    /// `payload` holds this segment already. Returns whether it took memory.
    #[cold]
    fn out_of_order(&mut self, cold: &mut Cold, sequence: u32, length: u32, side: Side) -> bool {
        if self.flags & flag::SEQUENCED << side == 0 {
            self.flags |= flag::SEQUENCED << side;
            return self.see(cold, side);
        }
        let next = self.next[side];
        let before = self.counters(cold).payload[side] - u64::from(length);
        let trouble = &mut cold.extra.get_or_insert_default().trouble[side];
        trouble.get_or_insert_with(|| Box::new(Trouble::after(next, before))).segment(next, sequence, length);
        self.settle(cold, side);
        true
    }

    /// Where a half of which the handshake was captured starts, as a displacement from the first payload byte that it showed. What stands
    /// below is no payload: the byte of a keep-alive (RFC 9293, 3.8.4), or what no receiver takes.
    pub(crate) fn start_of(&self, cold: &Cold, side: Side) -> Option<i64> {
        Some(i64::from(cold.start(self, side)?.wrapping_sub(self.begins(cold, side)?) as i32))
    }

    /// Payload of one side, each byte counted once however often it was seen.
    ///
    /// This is what is judged: a retransmission, a mirror's double and a second tap make nothing bigger.
    pub(crate) fn payload_once(&self, cold: &Cold, side: Side) -> Once {
        self.once_of(cold, side, &self.counters(cold))
    }

    /// The same, where all that was counted is at hand.
    pub(crate) fn once_of(&self, cold: &Cold, side: Side, counters: &Counters) -> Once {
        let &Counters { payload, packets, .. } = counters;
        let of_side = |counts: [u64; 2]| counts.get(side).copied().unwrap_or(0);
        let raw = of_side(payload);
        if self.key.protocol != TCP {
            let packets = of_side(packets);
            let all = Once { bytes: raw, exact: true };
            return cold.copies().map_or(all, |copies| copies.once(side, raw, packets).0);
        }
        let trouble = cold.extra.as_ref().and_then(|extra| extra.trouble.get(side)?.as_ref());
        let (bytes, exact) = trouble.map_or((raw, true), |trouble| (trouble.seen(), trouble.is_exact()));
        let below = self.start_of(cold, side).map_or(0, |start| match trouble {
            Some(trouble) => trouble.below(start),
            None => Trouble::within_below(start, (0, raw as i64)),
        });
        Once { bytes: bytes.saturating_sub(below).min(raw), exact }
    }
}

/// Whether a segment asks for a connection, as only a client's does.
#[inline]
pub(crate) fn is_bare_syn(tcp: &Tcp) -> bool {
    tcp.flags.has(TcpFlags::SYN) && !tcp.flags.has(TcpFlags::ACK)
}

/// Client side and client ISN of the handshake that a SYN or SYN-ACK belongs to.
pub(crate) fn handshake(tcp: &Tcp, side: Side) -> (Side, u32) {
    if tcp.flags.has(TcpFlags::ACK) {
        (1 - (side & 1), tcp.acknowledgement.wrapping_sub(1))
    } else {
        (side, tcp.sequence)
    }
}
