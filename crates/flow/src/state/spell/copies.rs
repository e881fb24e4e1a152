//! Datagrams that were seen twice: a mirror of both ports of a switch shows each one on its way in and on its way out.
//!
//! A datagram is a copy where its [print](print) is that of the one before it in its half, within a tenth of a second. It is
//! counted like every packet, and once more as a copy; payload seen once is what is left. In TCP nothing of this is needed:
//! sequence numbers tell what was seen before.
//!
//! At a joint only the first datagram of each right-hand half is in doubt, so its print, time and length are kept, and
//! print and time of the last. They stand in words of the spell that only TCP uses otherwise.

use lenscap_wire::{Hazards, Packet};
use serde::{Deserialize, Serialize};

use crate::state::entry::Entry;
use crate::state::key::{Side, TCP, UDP};
use crate::state::spell::{Cold, Hot};

/// Copies by side.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Copies {
    pub(crate) packets: [u64; 2],
    pub(crate) payload: [u64; 2],
}

impl Copies {
    fn add(&mut self, side: Side, payload: u64) {
        self.packets[side & 1] += 1;
        self.payload[side & 1] += payload;
    }

    fn join(&mut self, later: &Self) {
        for side in [0, 1] {
            self.packets[side] += later.packets[side];
            self.payload[side] += later.payload[side];
        }
    }
}

/// Ticks of 2^20 ns, about a millisecond, that a copy may come after what it is one of: 100 ms.
const WINDOW: u16 = 95;

fn tick(time: i64) -> u16 {
    (time >> 20) as u16
}

/// What tells datagrams of one half apart: IP identification, checksum, length and first bytes. 0 where too little does, as
/// where neither the sender counts its datagrams nor a checksum is there: two equal ones may then well be two.
#[inline]
pub(crate) fn print(packet: &Packet<'_>) -> u32 {
    if packet.protocol != UDP || packet.payload_length > u32::from(u16::MAX) {
        return 0;
    }
    let checksum = match packet.segment.get(6..8) {
        // A sum that is left to the network card is the same for all of one length.
        Some(&[high, low]) if !packet.hazards.contains(Hazards::OFFLOADED_CHECKSUM) => {
            u16::from_be_bytes([high, low])
        }
        _ => 0,
    };
    let id = packet.identification;
    if id == 0 && checksum == 0 {
        return 0;
    }
    let begins = packet.payload.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
    let head = u64::from(id) << 48 | u64::from(checksum) << 32 | u64::from(packet.payload_length);
    let mixed = (head ^ begins.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed >> 32) as u32).max(1)
}

/// Print, time and payload of a half's first datagram.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct First {
    print: u32,
    tick: u16,
    payload: u16,
}

impl Cold {
    fn first_datagram(&self, side: Side) -> First {
        let print = [self.client_isn, self.server_isn][side & 1];
        let word = self.history.word(side);
        First { print, tick: (word >> 16) as u16, payload: word as u16 }
    }

    fn keep_first_datagram(&mut self, side: Side, first: First) {
        if side == 0 {
            self.client_isn = first.print;
        } else {
            self.server_isn = first.print;
        }
        self.history.set_word(side, u32::from(first.tick) << 16 | u32::from(first.payload));
    }

    /// Datagrams that were seen twice.
    pub(crate) fn copies(&self) -> Option<&Copies> {
        self.extra.as_ref()?.copies.as_deref()
    }

    /// Counts a copy. Returns whether that took memory.
    #[cold]
    fn copy(&mut self, side: Side, payload: u64) -> bool {
        let copies = &mut self.extra.get_or_insert_default().copies;
        let new = copies.is_none();
        copies.get_or_insert_default().add(side, payload);
        new
    }
}

impl Hot {
    /// Whether a datagram that came at a tick is a copy of the last one of its half.
    #[inline]
    fn is_copied(&self, side: Side, print: u32, tick: u16) -> bool {
        let side = side & 1;
        print != 0 && self.next[side] == print && tick.wrapping_sub(self.seen[side]) <= WINDOW
    }

    /// Compares a datagram with the one before it in its half. Returns whether that took memory.
    #[inline]
    pub(super) fn absorb_datagram(&mut self, cold: &mut Cold, entry: &Entry, side: Side) -> bool {
        let side = side & 1;
        let tick = tick(entry.share.time);
        let copied = self.is_copied(side, entry.print, tick);
        if self.low.packets[side] == 1 && self.counters(cold).packets[side] == 1 {
            let payload = entry.share.payload as u16;
            cold.keep_first_datagram(side, First { print: entry.print, tick, payload });
        }
        (self.next[side], self.seen[side]) = (entry.print, tick);
        copied && cold.copy(side, entry.share.payload.into())
    }

    /// Whether the first datagram that a later part of a half shows is a copy of our last, and its payload. For UDP only.
    fn copied_at_joint(&self, (later, later_cold): (&Self, &Cold), side: Side) -> Option<u64> {
        let First { print, tick, payload } = later_cold.first_datagram(side);
        let shown = later.counters(later_cold).packets[side & 1] > 0;
        (shown && self.is_copied(side, print, tick)).then(|| payload.into())
    }

    /// Whether a joint makes copies where we have none yet.
    pub(crate) fn first_copies(&self, cold: &Cold, later: (&Self, &Cold)) -> bool {
        let copied = |side| self.copied_at_joint(later, side).is_some();
        self.key.protocol == UDP && cold.copies().is_none() && (copied(0) || copied(1))
    }

    /// Appends the datagrams of a later part. Must run before the counters are joined.
    pub(crate) fn join_datagrams(&mut self, cold: &mut Cold, (later, later_cold): (&Self, &Cold)) {
        for side in [0, 1] {
            if let Some(payload) = self.copied_at_joint((later, later_cold), side) {
                cold.copy(side, payload);
            }
            if later.counters(later_cold).packets[side] == 0 {
                continue;
            }
            if self.counters(cold).packets[side] == 0 {
                cold.keep_first_datagram(side, later_cold.first_datagram(side));
            }
            (self.next[side], self.seen[side]) = (later.next[side], later.seen[side]);
        }
        if let Some(copies) = later_cold.copies() {
            cold.extra.get_or_insert_default().copies.get_or_insert_default().join(copies);
        }
    }

    /// Whether the first segment of a side that had a checksum to be wrong had a right one, or it is no TCP.
    pub(crate) fn began_sound(&self, cold: &Cold, side: Side) -> bool {
        self.key.protocol != TCP || cold.history.began_sound(self.seen, side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::Share;
    use crate::state::key::Key;
    use crate::state::spell::Spell;

    const MS: i64 = 1_000_000;

    /// The spell of datagrams, each with its side, print, time in milliseconds and payload.
    fn spell(datagrams: &[(Side, u32, i64, u32)]) -> Spell {
        let entry = |&(_, print, ms, payload): &(Side, u32, i64, u32)| {
            let share = Share { time: ms * MS, payload, bytes: payload + 28, ..Share::default() };
            Entry { share, print, ..Entry::default() }
        };
        let key = Key { protocol: UDP, ..Key::default() };
        let mut spell = Spell::begin(key, datagrams[0].0, &entry(&datagrams[0]));
        for datagram in &datagrams[1..] {
            spell.hot.absorb(&mut spell.cold, &entry(datagram), datagram.0);
        }
        spell
    }

    fn copies(datagrams: &[(Side, u32, i64, u32)]) -> Copies {
        spell(datagrams).cold.copies().copied().unwrap_or_default()
    }

    #[test]
    fn a_copy_is_the_datagram_before_it_in_its_half_once_more() {
        let doubled = copies(&[(0, 7, 0, 100), (1, 9, 1, 5), (0, 7, 2, 100), (1, 9, 3, 5), (1, 8, 4, 6)]);
        assert_eq!(doubled, Copies { packets: [1, 1], payload: [100, 5] });
        assert_eq!(copies(&[(0, 7, 0, 100), (1, 7, 1, 100)]), Copies::default(), "another half");
        assert_eq!(copies(&[(0, 7, 0, 100), (0, 7, 102, 100)]), Copies::default(), "too late");
        assert_eq!(copies(&[(0, 0, 0, 100), (0, 0, 1, 100)]), Copies::default(), "nothing to know it by");
        assert_eq!(copies(&[(0, 7, 0, 100), (0, 7, 1, 100), (0, 7, 2, 100)]).packets, [2, 0]);
    }

    #[test]
    fn payload_seen_once_is_what_is_no_copy() {
        let spell = spell(&[(0, 7, 0, 100), (0, 7, 1, 100), (0, 8, 2, 50)]);
        assert_eq!(spell.hot.payload_once(&spell.cold, 0).bytes, 150);
        assert_eq!(spell.hot.counters(&spell.cold).payload, [250, 0]);
    }

    #[test]
    fn a_cut_anywhere_changes_nothing() {
        let all =
            [(0, 7, 0, 100), (0, 7, 2, 100), (1, 9, 3, 5), (1, 9, 9, 5), (0, 7, 11, 100), (1, 9, 300, 5)];
        let whole = spell(&all);
        for cut in 1..all.len() {
            let (mut left, mut right) = (spell(&all[..cut]), spell(&all[cut..]));
            left.join(&mut right);
            assert_eq!(left.cold.copies(), whole.cold.copies(), "cut at {cut}");
            for side in [0, 1] {
                assert_eq!(left.cold.first_datagram(side), whole.cold.first_datagram(side), "cut at {cut}");
            }
            assert_eq!((left.hot.next, left.hot.seen), (whole.hot.next, whole.hot.seen), "cut at {cut}");
        }
    }

    #[test]
    fn a_print_needs_a_checksum_or_an_identification() {
        let segment = |sum: u8| [0, 1, 0, 2, 0, 16, 0, sum, 1, 2, 3, 4, 5, 6, 7, 8];
        let of = |identification, segment: &[u8], hazards| {
            let payload = &segment[8..];
            let payload_length = payload.len() as u32;
            let protocol = UDP;
            let (segment, packet) = (segment, Packet::default());
            print(&Packet { identification, segment, payload, payload_length, protocol, hazards, ..packet })
        };
        let (plain, summed) = (segment(0), segment(9));
        assert_eq!(of(0, &plain, Hazards::NONE), 0);
        assert_eq!(of(0, &summed, Hazards::OFFLOADED_CHECKSUM), 0);
        let prints =
            [of(0, &summed, Hazards::NONE), of(1, &summed, Hazards::NONE), of(2, &plain, Hazards::NONE)];
        assert!(prints.iter().all(|print| *print != 0));
        assert!(prints[0] != prints[1] && prints[1] != prints[2]);
    }
}
