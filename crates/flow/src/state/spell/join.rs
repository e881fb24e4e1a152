//! What a later spell does to an earlier one that it goes on with: the same as its packets would have done.
//!
//! A left spell with 10 packets and a right one with 5 have 15; the right one's first packet is forgotten; a gap between the
//! sequence numbers at the cut is a break, just as it would be between two packets.

use crate::state::key::{Side, TCP, UDP};
use crate::state::spell::buckets::Buckets;
use crate::state::spell::pauses;
use crate::state::spell::sequence::Trouble;
use crate::state::spell::times::Times;
use crate::state::spell::way::Way;
use crate::state::spell::{Spell, flag};

impl Spell {
    /// Whether a later spell of the same key goes on with this one.
    pub(crate) fn goes_on(&self, later: &Self, idle: i64) -> bool {
        self.hot.goes_on(&self.cold, (&later.hot, &later.cold), idle)
    }

    /// Earliest and latest stamp.
    pub(crate) fn span(&self) -> (i64, i64) {
        self.hot.span(&self.cold)
    }

    /// Appends the spell that goes on with this one, in all but its streams, which the caller joins first.
    pub(crate) fn join(&mut self, later: &mut Self) {
        self.join_span(later);
        self.join_buckets(later);
        for side in [0, 1] {
            self.join_sequence(later, side);
        }
        let (hot, cold) = (&mut self.hot, &mut self.cold);
        if hot.key.protocol == UDP {
            hot.join_datagrams(cold, (&later.hot, &later.cold));
        } else {
            cold.history.join(&mut hot.seen, &later.cold.history, later.hot.seen);
        }
        let mut counters = hot.counters(cold);
        counters.join(&later.hot.counters(&later.cold));
        hot.count(cold, &counters);
        for side in [0, 1] {
            let news = later.hot.flags & !hot.flags & (flag::SENT | flag::MAC) << side;
            let worse = hot.flags & flag::SENT << side != 0;
            if news != 0 && !worse {
                hot.flags |= news;
                cold.macs[side] = later.cold.macs[side];
            }
            if hot.ways[side] == Way::NONE {
                hot.ways[side] = later.hot.ways[side];
            }
        }
        hot.last = later.hot.last;
        hot.hazards |= later.hot.hazards;
        if let Some(reader) = later.hot.app() {
            hot.recognise(reader);
        }
        if hot.is_strange_to(cold, (&later.hot, &later.cold)) {
            cold.history.mark();
        }
        // Bytes, or another's SYN-ACK, end the handshake.
        let own = later.hot.handshake(&later.cold) == hot.handshake(cold);
        if own && hot.flags & flag::PURE != 0 && hot.flags & flag::SERVER_ISN == 0 {
            cold.server_isn = later.cold.server_isn;
            hot.flags |= later.hot.flags & flag::SERVER_ISN;
        }
        if !own || later.hot.flags & flag::PURE == 0 {
            hot.flags &= !flag::PURE;
        }
        if let Some(theirs) = &mut later.cold.extra
            && (theirs.quoted.is_some() || !theirs.names().is_empty())
        {
            let ours = cold.extra.get_or_insert_default();
            ours.quoted = ours.quoted.take().or_else(|| theirs.quoted.take());
            let new = theirs.names().iter().filter(|name| !ours.names().contains(name));
            ours.keep_names(ours.names().iter().chain(new).copied().collect());
        }
    }

    fn join_span(&mut self, later: &Self) {
        let (ours, theirs) = (self.span(), later.span());
        let disorder = (self.hot.flags | later.hot.flags) & flag::DISORDER != 0;
        if disorder || later.cold.first < self.hot.last {
            self.hot.flags |= flag::DISORDER;
            let span = (ours.0.min(theirs.0), ours.1.max(theirs.1));
            self.cold.extra.get_or_insert_default().span = Some(Box::new(span));
        }
    }

    fn join_buckets(&mut self, later: &Self) {
        let apart = !Buckets::same(self.hot.last, later.cold.first);
        if !apart && (self.hot.flags | later.hot.flags) & flag::BUCKETS == 0 {
            return;
        }
        let (ours, theirs) = (self.hot.times_of(&self.cold), later.hot.times_of(&later.cold));
        let one = Times::One;
        let times = later.cold.extra.as_ref().map_or(&one, |extra| &extra.times);
        self.hot.flags |= flag::BUCKETS;
        let extra = self.cold.extra.get_or_insert_default();
        let probes = self.hot.key.protocol == TCP;
        pauses::append(&mut extra.pauses, ours, (theirs.first, later.cold.pauses()), probes);
        extra.times.join(ours, times, theirs);
    }

    fn join_sequence(&mut self, later: &mut Self, side: Side) {
        let sequenced = flag::SEQUENCED << side;
        if later.hot.flags & sequenced == 0 {
            return self.join_unseen(later, side);
        }
        let theirs = later.cold.extra.as_mut().and_then(|extra| extra.trouble.get_mut(side)?.take());
        if self.hot.flags & sequenced == 0 {
            self.hot.see(&mut self.cold, side);
            self.hot.flags |= later.hot.flags & (sequenced | flag::TROUBLE << side);
            self.hot.next[side] = later.hot.next[side];
            if theirs.is_some() {
                self.cold.extra.get_or_insert_default().trouble[side] = theirs;
            }
            return;
        }
        self.end_marks(side);
        let payload = |spell: &Self| spell.hot.counters(&spell.cold).payload[side];
        let (next, payload, later_payload) = (self.hot.next[side], payload(self), payload(later));
        self.hot.next[side] = later.hot.next[side];
        let follows = later.hot.next[side].wrapping_sub(later.hot.low.payload[side]) == next;
        if theirs.is_none() && follows && self.hot.flags & flag::TROUBLE << side == 0 {
            return;
        }
        self.hot.flags |= flag::TROUBLE << side;
        let theirs = theirs.unwrap_or_else(|| Box::new(Trouble::after(later.hot.next[side], later_payload)));
        let trouble = &mut self.cold.extra.get_or_insert_default().trouble[side];
        trouble.get_or_insert_with(|| Box::new(Trouble::after(next, payload))).join(next, &theirs);
        self.hot.settle(&mut self.cold, side);
    }

    /// Forgets what was proven behind our last payload of a half, since more of it follows.
    fn end_marks(&mut self, side: Side) {
        let trouble = self.cold.extra.as_mut().and_then(|extra| extra.trouble[side].as_mut());
        if let Some(trouble) = trouble.filter(|trouble| trouble.marks.is_some()) {
            trouble.marks = None;
            self.hot.settle(&mut self.cold, side);
        }
    }
}
