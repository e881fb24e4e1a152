//! What could be seen of the traffic and what could not, and how much of it no reader knew.

use super::{Amount, PacketAt};
use lenscap_wire::{Mac, Timestamp};
use std::net::IpAddr;

/// What could and what could not be seen.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// First and last packet.
    pub window: Option<(Timestamp, Timestamp)>,
    /// Flows with packets both ways, and all flows, of TCP and UDP.
    pub two_way: (u64, u64),
    /// Wire bytes never captured because of the snap length.
    pub cut_bytes: u64,
    /// Bytes of TCP that were never captured, though bytes before and after them of the same half were, by their sequence numbers.
    /// Of evicted flows, and of halves that are seen out of order without end, not known.
    pub missed_bytes: u64,
    /// Payload of TCP that is acknowledged, at least, behind the last packet of its half that was captured, or of halves of which none was.
    pub acknowledged_bytes: u64,
    /// IP bytes of TCP and UDP whose ports were not captured: fragments of datagrams that never were whole, and packets whose header
    /// the snap length cut.
    pub portless_bytes: u64,
    /// Payload bytes in flows of encrypted protocols, the handshakes that are read among them, and in all flows with an outside
    /// end.
    pub encrypted: (u64, u64),
    /// Payload bytes to or from outside without any name or vendor, and all such payload bytes.
    pub unattributed: (u64, u64),
    /// Flows of which no reader could tell the protocol from as much of their beginning as is read.
    pub undecided: u64,
    /// Flows with payload that no reader knew; of protocols in which hosts speak of the network alone only those with much.
    pub unread: Unread,
    /// Halves of TCP of which something was sent, by the numbers of both ends, that was not captured: the sender of the largest is its first end.
    pub lacking: Unread,
    /// What went between outside addresses of which neither is a device's here.
    pub between: Between,
    /// Bytes behind IP packets that are no padding, and behind datagrams of UDP in them.
    pub surplus_bytes: u64,
    /// Frames without IP that nobody reads.
    pub frames: UnreadFrames,
    /// Oddities of packets, as (name, packets), fixed order, none that is zero.
    pub hazards: Vec<(&'static str, u64)>,
    /// Caps that bit, as (name, count), fixed order.
    pub caps: Vec<(&'static str, u64)>,
}

/// What no reader knew, or what of it was not captured.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Unread {
    /// How many flows.
    pub flows: u64,
    /// Their payload both ways.
    pub payload: u64,
    /// The one with most payload.
    pub largest: Option<UnreadFlow>,
}

/// Frames without IP beside those in which hosts and switches speak of the network alone.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct UnreadFrames {
    /// All of them.
    pub amount: Amount,
    /// The kind of which there are most bytes.
    pub largest: Option<UnreadKind>,
}

/// Frames of one `EtherType`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub struct UnreadKind {
    pub ether_type: u16,
    pub bytes: u64,
    /// Who sent them, if it was one MAC.
    pub source: Option<Mac>,
}

/// What went between outside ends.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Between {
    /// The flows.
    pub flows: Unread,
    /// Whose an end of the largest is.
    pub vendor: Option<String>,
}

/// Such a flow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub struct UnreadFlow {
    /// Address and port of both ends, who began first, or who sent it.
    pub ends: [(IpAddr, u16); 2],
    /// IP protocol number.
    pub protocol: u8,
    /// Payload both ways.
    pub payload: u64,
    pub first_packet: PacketAt,
}
