//! Which flows ended and were told, so that they may leave memory, and what is known of each of them that hangs on others.
//!
//! A flow is known by its first packet. What is said here hangs on packets alone and on no catalogue, so that what it leaves can
//! be judged again by another.

use hashbrown::HashMap;
use lenscap_wire::PacketRef;

use crate::state::key::Side;

/// What is known of a flow that leaves.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Leaver {
    /// The answer that named its other end, and how sure that was.
    pub(crate) named: Option<(PacketRef, u8)>,
    /// By side: the packet that says that what it sent was not delivered.
    pub(crate) refused: [Option<PacketRef>; 2],
    /// What of its amounts judging asks for, as bits and powers of two.
    pub(crate) class: u32,
    /// The side of which the port differs from flow to flow, as that of a client does.
    pub(crate) masked: Option<Side>,
    /// Whether it has something that no sum can have: a half of its connection elsewhere, an error that speaks of another flow.
    pub(crate) alone: bool,
}

/// Flows that may leave, by chunk and record of their first packets.
#[derive(Clone, Debug, Default)]
pub struct Leaving {
    pub(crate) flows: HashMap<(u32, u32), Leaver>,
}

impl Leaving {
    /// How many they are.
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    /// What is known of the one with this first packet.
    pub(crate) fn of(&self, first: PacketRef) -> Option<&Leaver> {
        self.flows.get(&(first.chunk, first.record))
    }
}
