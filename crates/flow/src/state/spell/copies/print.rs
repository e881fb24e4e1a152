//! What a datagram is known by where it is seen again.

use lenscap_wire::{Hazards, Packet};
use serde::{Deserialize, Serialize};

use crate::state::key::UDP;

/// Payload of datagrams that are large enough to be looked for among several: 20 ms of telephone sound, or a piece of a
/// picture. What is smaller is mostly a question, an answer or a keep-alive, of which a flow sends few.
pub(super) const LARGE: u32 = 128;

/// Ticks of 2^20 ns, about a millisecond, that a copy may come after what it is one of: 100 ms.
pub(super) const WINDOW: u16 = 95;

pub(super) fn tick(time: i64) -> u16 {
    (time >> 20) as u16
}

/// What tells datagrams of one half apart: IP identification, checksum, length and the first 8 bytes, of large ones 24. 0 where too little does, as where neither the sender counts its datagrams nor a checksum is
/// there: two equal ones may then well be two.
///
/// The checksum stands for all bytes between, which are not read again. One who sends different bytes that look the same here
/// hides them behind one another, but three of four at the most: see [`Copies::once`](super::Copies::once).
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
    let mix = |word: u64| word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut mixed = mix(head ^ begins.rotate_left(17));
    if packet.payload_length >= LARGE {
        // Not further in: of two observers one may have kept less of each packet.
        for word in [packet.payload.get(8..16), packet.payload.get(16..24)] {
            let word = word.and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
            mixed = mix(mixed.rotate_left(29) ^ u64::from_le_bytes(word));
        }
    }
    ((mixed >> 32) as u32).max(1)
}

/// Print, time and payload of a datagram.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(super) struct Datagram {
    pub(super) print: u32,
    pub(super) tick: u16,
    pub(super) payload: u16,
}

impl Datagram {
    /// Whether it is looked for among several.
    pub(super) fn is_large(self) -> bool {
        self.print != 0 && u32::from(self.payload) >= LARGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
