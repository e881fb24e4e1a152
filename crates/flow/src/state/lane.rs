//! How a packet waits between the passes of a fold.
//!
//! The index slot of packet 1 is asked for while packet 2 is decoded; until it has come, all that is known of packet 1 stands here.

use crate::state::entry::Entry;
use crate::state::key::{Key, Side};
use crate::state::table::shard::{At, shard_of};

/// What becomes of a packet, as far as one look at it tells.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Course {
    /// It is in the ledger, and that is all.
    #[default]
    Counted,
    /// Into its flow.
    Flow,
    /// Into its flow, and it has more to say than its payload: what it quotes, or carries in a tunnel.
    Heard,
    /// A fragment, or without IP.
    Apart,
}

/// Where a packet is booked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) key: Key,
    pub(crate) hash: u64,
    pub(crate) side: Side,
    pub(crate) guess: u32,
}

impl Slot {
    /// The open spell at a place of its shard.
    #[inline]
    pub(crate) fn at(&self, place: usize) -> At {
        At { shard: shard_of(self.hash), settled: false, place }
    }
}

/// A packet between the passes. Lanes are used again for every batch and written in place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lane {
    pub(crate) course: Course,
    pub(crate) slot: Slot,
    pub(crate) entry: Entry,
    /// Where the captured payload begins and ends in the frame.
    pub(crate) payload: (u32, u32),
}

impl Lane {
    /// Whether any payload was captured.
    #[inline]
    pub(crate) fn has_payload(&self) -> bool {
        self.payload.0 != self.payload.1
    }
}
