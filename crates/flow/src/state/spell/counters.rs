//! What is counted of a spell: packets, IP bytes and payload by side, payload that came in large packets, and bytes on the
//! wire.
//!
//! The record of a spell has 32 bits for each; what passes them is carried to the rare part of the spell. So no
//! counter can overflow, and nearly every flow has room for all that is counted of it in its record.

use serde::{Deserialize, Serialize};

use crate::state::entry::Share;
use crate::state::key::Side;

/// The counters of a spell as whole numbers, and what of them a record had no room for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counters {
    /// Packets by side.
    pub(crate) packets: [u64; 2],
    /// IP bytes by side.
    pub(crate) bytes: [u64; 2],
    /// Payload bytes by side.
    pub(crate) payload: [u64; 2],
    /// Payload bytes by side, of packets that carry at least [`Counters::LARGE`].
    pub(crate) large: [u64; 2],
    /// Bytes on the wire of both sides.
    pub(crate) wire: u64,
}

impl Counters {
    /// Payload from which on a packet is large: keep-alives and reports of state are smaller, and content that is sent as fast
    /// as it goes fills packets. It is fixed here and no rule of the catalogue, since packets are counted once.
    pub(crate) const LARGE: u32 = 512;

    /// Adds those of another.
    pub(crate) fn join(&mut self, other: &Self) {
        for side in [0, 1] {
            self.packets[side] += other.packets[side];
            self.bytes[side] += other.bytes[side];
            self.payload[side] += other.payload[side];
            self.large[side] += other.large[side];
        }
        self.wire += other.wire;
    }

    /// The lower halves, that of [`Counters::large`] apart, and what is carried beyond them.
    pub(crate) fn split(&self) -> (LowCounters, [u32; 2], Self) {
        let low = |all: [u64; 2]| all.map(|count| count as u32);
        let carried = |all: [u64; 2]| all.map(|count| count >> 32 << 32);
        (
            LowCounters {
                packets: low(self.packets),
                bytes: low(self.bytes),
                payload: low(self.payload),
                wire: self.wire as u32,
            },
            low(self.large),
            Self {
                packets: carried(self.packets),
                bytes: carried(self.bytes),
                payload: carried(self.payload),
                large: carried(self.large),
                wire: self.wire >> 32 << 32,
            },
        )
    }
}

/// The lower 32 bits of each counter.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct LowCounters {
    pub(crate) packets: [u32; 2],
    pub(crate) bytes: [u32; 2],
    pub(crate) payload: [u32; 2],
    pub(crate) wire: u32,
}

impl LowCounters {
    /// Counts a packet; what passed 32 bits by that.
    #[inline]
    pub(crate) fn add(&mut self, share: &Share, side: Side) -> Option<Counters> {
        let side = side & 1;
        let packets = u64::from(self.packets[side]) + 1;
        let bytes = u64::from(self.bytes[side]) + u64::from(share.bytes);
        let payload = u64::from(self.payload[side]) + u64::from(share.payload);
        let wire = u64::from(self.wire) + u64::from(share.wire);
        self.packets[side] = packets as u32;
        self.bytes[side] = bytes as u32;
        self.payload[side] = payload as u32;
        self.wire = wire as u32;
        if (packets | bytes | payload | wire) >> 32 == 0 {
            return None;
        }
        let mut all = Counters { wire, ..Counters::default() };
        (all.packets[side], all.bytes[side], all.payload[side]) = (packets, bytes, payload);
        Some(all.split().2)
    }

    /// The whole numbers, given the lower halves of [`Counters::large`] and what was carried.
    #[inline]
    pub(crate) fn with(&self, large: [u32; 2], carried: Option<&Counters>) -> Counters {
        let whole = |low: [u32; 2]| low.map(u64::from);
        let mut all = Counters {
            packets: whole(self.packets),
            bytes: whole(self.bytes),
            payload: whole(self.payload),
            large: whole(large),
            wire: u64::from(self.wire),
        };
        if let Some(carried) = carried {
            all.join(carried);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_lost_past_32_bits(packets in prop::collection::vec((any::<[u32; 3]>(), 0usize..2), 0..40)) {
            let (mut low, mut carried, mut expected) =
                (LowCounters::default(), Counters::default(), Counters::default());
            for ([bytes, payload, wire], side) in packets {
                let share = Share { wire, bytes, payload, ..Share::default() };
                if let Some(more) = low.add(&share, side) {
                    carried.join(&more);
                }
                expected.packets[side] += 1;
                expected.bytes[side] += u64::from(bytes);
                expected.payload[side] += u64::from(payload);
                expected.wire += u64::from(wire);
            }
            prop_assert_eq!(low.with([0; 2], Some(&carried)), expected);
            prop_assert_eq!(expected.split(), (low, [0; 2], carried));
        }
    }
}
