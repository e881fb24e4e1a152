//! What a packet enters into the books of its flow.
//!
//! A datagram of 3,000 bytes in three fragments is three shares in one flow, each with its own wire bytes, and one entry with
//! the payload, booked with the last fragment.

use lenscap_wire::{Frame, Hazards, Mac, Packet, PacketRef, Tcp};
use serde::{Deserialize, Serialize};

use crate::state::spell::copies::print;

/// One packet's share of a flow: what the decoder found, and what a reassembled datagram's fragments share out.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) time: i64,
    pub(crate) wire: u32,
    pub(crate) bytes: u32,
    pub(crate) payload: u32,
    #[serde(with = "crate::state::packet_ref")]
    pub(crate) at: PacketRef,
}

impl Share {
    /// All of a packet.
    #[inline]
    pub(crate) fn whole(frame: &Frame<'_>, packet: &Packet<'_>) -> Self {
        Self {
            time: frame.time.0,
            wire: frame.wire_length,
            bytes: packet.ip_length,
            payload: packet.payload_length,
            at: frame.at,
        }
    }
}

/// All that a packet enters into the books of its flow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) share: Share,
    pub(crate) hazards: Hazards,
    pub(crate) macs: (Mac, Mac),
    pub(crate) tcp: Option<Tcp>,
    /// What a datagram is known by where it is seen twice; see [`print`].
    pub(crate) print: u32,
}

impl Entry {
    /// A packet's entry for this share of it.
    #[inline]
    pub(crate) fn of(share: Share, packet: &Packet<'_>) -> Self {
        let macs = packet.macs.unwrap_or_default();
        Self { share, hazards: packet.hazards, macs, tcp: packet.tcp, print: print(packet) }
    }

    /// The same without what only the transport header's own packet has.
    pub(crate) fn bare(share: Share, packet: &Packet<'_>) -> Self {
        Self { tcp: None, print: 0, ..Self::of(share, packet) }
    }
}
