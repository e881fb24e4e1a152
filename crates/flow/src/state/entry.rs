//! What a packet enters into the books of its flow.
//!
//! A datagram of 3,000 bytes in three fragments is three shares in one flow, each with its own wire bytes, and one entry with
//! the payload, booked with the last fragment.

use lenscap_wire::{Frame, Hazards, Mac, Packet, PacketRef, Tcp};
use serde::{Deserialize, Serialize};

use crate::state::spell::copies::print;

/// The MACs of a packet as they stand in front of an Ethernet frame: the receiver's, then the sender's. As one piece they are
/// copied in two steps.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Macs([u8; 12]);

impl Macs {
    /// Those with which an Ethernet frame begins.
    #[inline]
    pub(crate) fn of_ethernet(frame: &[u8]) -> Self {
        Self(frame.first_chunk().copied().unwrap_or_default())
    }

    /// Sender and receiver.
    pub(crate) fn ends(self) -> (Mac, Mac) {
        let [a, b, c, d, e, f, source @ ..] = self.0;
        (Mac(source), Mac([a, b, c, d, e, f]))
    }
}

impl From<(Mac, Mac)> for Macs {
    #[inline]
    fn from((Mac([g, h, i, j, k, l]), Mac([a, b, c, d, e, f])): (Mac, Mac)) -> Self {
        Self([a, b, c, d, e, f, g, h, i, j, k, l])
    }
}

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
    pub(crate) macs: Macs,
    pub(crate) tcp: Option<Tcp>,
    /// Hops that were left, and from which ends of its tunnels it came; none where what is booked shows neither.
    pub(crate) hop_limit: u8,
    pub(crate) from_higher: u8,
    /// What a datagram is known by where it is seen twice; see [`print`].
    pub(crate) print: u32,
}

impl Entry {
    /// A packet's entry for this share of it.
    #[inline]
    pub(crate) fn of(share: Share, packet: &Packet<'_>) -> Self {
        Self::with(share, packet, packet.macs.unwrap_or_default().into())
    }

    /// The same of a packet whose MACs are known to be these.
    #[inline]
    pub(crate) fn with(share: Share, packet: &Packet<'_>, macs: Macs) -> Self {
        let &Packet { hazards, tcp, hop_limit, from_higher, .. } = packet;
        Self { share, hazards, macs, tcp, hop_limit, from_higher, print: print(packet) }
    }

    /// The same without what only the transport header's own packet has.
    pub(crate) fn bare(share: Share, packet: &Packet<'_>) -> Self {
        Self { tcp: None, print: 0, ..Self::of(share, packet) }
    }

    /// That of a copy of a fragment, of whose datagram the flow may be that inside of a tunnel.
    pub(crate) fn copy(share: Share, packet: &Packet<'_>) -> Self {
        Self { hop_limit: 0, from_higher: 0, ..Self::bare(share, packet) }
    }
}
