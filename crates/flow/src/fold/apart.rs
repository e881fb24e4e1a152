//! What is no packet as it stands: fragments, the datagrams that they make, and frames without IP.

use lenscap_wire::{Class, Frame, Packet, check_transport, decode, decode_datagram};

use super::{asked_about, is_open};
use crate::state::entry::{Entry, Share};
use crate::state::fragment::Datagram;
use crate::state::key::{Key, Side};
use crate::state::lane::Slot;
use crate::state::summary::{Role, Summary};
use crate::state::table::index::NOWHERE;
use crate::state::table::shard::At;

impl Summary {
    /// [Books](Summary::book) what is no packet as it stands, out of the way of the loop that packets go through.
    #[cold]
    #[inline(never)]
    pub(super) fn book_apart(&mut self, slot: &Slot, entry: &Entry, payload: &[u8]) -> (At, u32) {
        let (place, flags) = self.book(slot, entry, || (payload, None));
        (slot.at(place), flags)
    }

    /// Books a fragment or a packet without IP.
    #[cold]
    pub(super) fn apart<'a>(&mut self, frame: Frame<'a>, packet: &mut Packet<'a>) {
        decode(&frame, packet);
        if packet.class == Class::Ip {
            self.fragment(&frame, packet);
        } else {
            self.listen(packet, asked_about(packet), frame.time.0, frame.at);
            self.limit_entries(frame.time.0);
        }
    }

    /// Takes in an IP fragment, and the datagram that it completes.
    fn fragment(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        let Some(fragment) = packet.fragment else { return };
        let path = self.path(packet, frame.time.0);
        let outcome = self.flows.fragments.add(Share::whole(frame, packet), packet, path, &fragment);
        if outcome.over_budget > 0 {
            self.site.tally.caps.datagrams += outcome.over_budget;
            self.site.tally.inexact_since.get_or_insert(frame.time.0);
        }
        for datagram in &outcome.given_up {
            self.unfinished(datagram);
        }
        if let Some((of, datagram)) = outcome.whole
            && let Some((_, key, side)) = self.datagram(&datagram)
        {
            self.note_whole(frame.at, &datagram);
            self.flows.fragments.finish(of, datagram, key, side);
        }
        if let Some((key, side)) = outcome.copy_of {
            let share = Share { payload: 0, ..Share::whole(frame, packet) };
            let entry = Entry::copy(share, packet);
            if self.role == Role::Desk {
                return self.pass_copy(key, side, &entry);
            }
            let slot = self.slot_apart(key, side);
            self.book_apart(&slot, &entry, &[]);
            self.limit(share.time);
        }
    }

    /// Where what comes apart from its packet is booked: nothing is guessed of its place.
    pub(super) fn slot_apart(&self, key: Key, side: Side) -> Slot {
        Slot { key, hash: key.hash(&self.flows.paths), side, guess: NOWHERE }
    }

    /// Books a whole datagram: each fragment's share to the flow, and the payload with the last. Returns where,
    /// the key and the side that sent it.
    pub(crate) fn datagram(&mut self, datagram: &Datagram) -> Option<(At, Key, Side)> {
        let (whole, length) = datagram.assemble();
        let mut packet = Packet::default();
        decode_datagram(&whole, length, &datagram.head, &mut packet);
        if datagram.is_checkable() && whole.len() as u64 == u64::from(length) {
            check_transport(&mut packet);
        }
        let (last, first) = datagram.shares.split_last()?;
        let path = self.path(&packet, last.time);
        let (key, side) = Key::of(&packet, path);
        if self.role == Role::Desk {
            return Some((self.pass_whole(datagram, &key, &packet), key, side));
        }
        self.site.tally.note(packet.hazards);
        packet.hazards.insert(datagram.hazards());
        let slot = self.slot_apart(key, side);
        for share in first {
            self.book_apart(&slot, &Entry::bare(Share { payload: 0, ..*share }, &packet), &[]);
            self.limit(share.time);
        }
        let share = Share { payload: packet.payload_length, ..*last };
        let (at, flags) = self.book_apart(&slot, &Entry::of(share, &packet), packet.payload);
        let asked = asked_about(&packet);
        if !self.hear(at, &packet, asked, &share) && asked.has_datagram() && is_open(flags, side) {
            self.offer((at, side), asked, packet.payload, None, (share.at, share.time));
        }
        Some((at, key, side))
    }

    /// Books the fragments of a datagram that never was whole, and their payload, which left its sender all the same, to a flow
    /// with port 0.
    pub(super) fn unfinished(&mut self, datagram: &Datagram) {
        let (key, side) = Key::portless(&datagram.head, datagram.path);
        if self.role == Role::Desk {
            return self.pass_unfinished(datagram, &key);
        }
        let slot = self.slot_apart(key, side);
        for entry in datagram.entries() {
            self.book_apart(&slot, &entry, &[]);
            self.limit(entry.share.time);
        }
    }
}
