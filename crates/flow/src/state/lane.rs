//! How a packet waits between the passes of a fold.
//!
//! The index slot of packet 1 is asked for while packet 2 is decoded; until it has come, all that is known of packet 1 stands here.

use lenscap_wire::{Frame, readers::Readers};

use crate::state::entry::Entry;
use crate::state::key::{Key, Side};

/// What becomes of a packet, as far as one look at it tells.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Course {
    /// It is in the ledger, and that is all.
    #[default]
    Counted,
    /// Into its flow.
    Flow,
    /// Into its flow, and a datagram reader may know it.
    Datagram,
    /// Into its flow, and message readers want to see it whole.
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

/// A packet between the passes. Lanes are used again for every batch and written in place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lane {
    pub(crate) course: Course,
    pub(crate) slot: Slot,
    pub(crate) entry: Entry,
    /// Who may know the payload.
    pub(crate) asked: Readers,
    /// Where the captured payload begins and ends in the frame.
    pub(crate) payload: (u32, u32),
}

impl Lane {
    pub(crate) fn payload<'a>(&self, frame: &Frame<'a>) -> &'a [u8] {
        frame.bytes.get(self.payload.0 as usize..self.payload.1 as usize).unwrap_or(&[])
    }
}
