//! The ledger's parts and the counters of what was odd, as sums over packets.

use lenscap_wire::{Hazards, Packet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Packets and wire bytes of one part of the ledger.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Amount {
    pub packets: u64,
    pub bytes: u64,
}

impl Amount {
    /// Adds a packet of so many wire bytes.
    #[inline]
    pub fn add(&mut self, bytes: u64) {
        self.packets += 1;
        self.bytes += bytes;
    }
}

/// Sums over all packets of a summary.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) packets: u64,
    pub(crate) bytes_wire: u64,
    pub(crate) bytes_captured: u64,
    pub(crate) non_ip: Amount,
    pub(crate) undecodable: Amount,
    pub(crate) truncated: Amount,
    pub(crate) filtered: Amount,
    /// Bytes behind IP packets that are no padding, and behind datagrams of UDP in them.
    pub(crate) surplus: u64,
    /// Frames without IP that nobody reads, by `EtherType`.
    pub(crate) frames: BTreeMap<u16, Frames>,
    /// Packets by hazard, in the order of its bits.
    pub(crate) hazards: [u64; 32],
    /// Times that a cap bit.
    pub(crate) caps: Caps,
    /// Stamp of the packet at which the first cap bit.
    pub(crate) inexact_since: Option<i64>,
}

/// How often each cap bit that is counted here. Names and sightings count their own: [`Site::caps`](super::site::Site::caps)
/// has all.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Caps {
    /// Flows that left memory since the budget was spent.
    pub(crate) flows_evicted: u64,
    /// Records of those of which only a residual is left.
    pub(crate) contacts: u64,
    /// Packets whose tunnel path was one too many.
    pub(crate) paths: u64,
    /// Datagrams given up since the fragment budget was spent.
    pub(crate) datagrams: u64,
}

/// Frames of one kind, and the lowest and the highest MAC that sent some.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Frames {
    pub(crate) amount: Amount,
    pub(crate) sources: [[u8; 6]; 2],
}

impl Frames {
    fn join(&mut self, other: &Self) {
        if self.amount.packets == 0 {
            self.sources = other.sources;
        }
        let [least, most] = &mut self.sources;
        (*least, *most) = ((*least).min(other.sources[0]), (*most).max(other.sources[1]));
        self.amount.packets += other.amount.packets;
        self.amount.bytes += other.amount.bytes;
    }
}

/// Whether frames of an `EtherType` are the network's own, or read: ARP, SADP, wake-up, CDP's kin, RARP, VLAN registration, discovery of `PPPoE`,
/// flow control, LACP, 802.1X, loops, discovery of links (LLDP, LLTD), of clocks and of faults, and those of powerlines.
fn is_own(ether_type: u16) -> bool {
    const OWN: [u16; 25] = [
        0x0806, 0x0842, 0x2000, 0x2003, 0x2004, 0x22ea, 0x22f0, 0x22f3, 0x8033, 0x8035, 0x8808, 0x8809,
        0x8863, 0x887b, 0x888e, 0x8899, 0x88c7, 0x88cc, 0x88d9, 0x88e1, 0x88f5, 0x88f6, 0x88f7, 0x8902,
        0x893a,
    ];
    // Below these numbers it is the length of a frame of IEEE 802.3, in which bridges speak.
    ether_type < 0x0600 || ether_type == 0x9000 || OWN.binary_search(&ether_type).is_ok()
}

impl Caps {
    fn join(&mut self, later: &Self) {
        self.flows_evicted += later.flows_evicted;
        self.contacts += later.contacts;
        self.paths += later.paths;
        self.datagrams += later.datagrams;
    }
}

impl Tally {
    /// Counts a frame without IP.
    pub(crate) fn frame(&mut self, packet: &Packet<'_>, wire: u64) {
        self.non_ip.add(wire);
        if !is_own(packet.ether_type) {
            let source = packet.macs.unwrap_or_default().0.0;
            let frame = Frames { amount: Amount { packets: 1, bytes: wire }, sources: [source; 2] };
            self.frames.entry(packet.ether_type).or_default().join(&frame);
        }
    }

    /// Counts what lies behind a packet or a datagram of UDP.
    pub(crate) fn note_surplus(&mut self, packet: &Packet<'_>) {
        if (packet.hazards.0 & (Hazards::TRAILER.0 | Hazards::UDP_SURPLUS.0)) != 0 {
            self.surplus += u64::from(packet.surplus);
        }
    }

    /// Counts a packet's oddities.
    #[inline]
    pub(crate) fn note(&mut self, hazards: Hazards) {
        let mut bits = hazards.0;
        while bits != 0 {
            if let Some(count) = self.hazards.get_mut(bits.trailing_zeros() as usize) {
                *count += 1;
            }
            bits &= bits - 1;
        }
    }

    /// Appends a later part.
    pub(crate) fn join(&mut self, later: &Self) {
        self.packets += later.packets;
        self.bytes_wire += later.bytes_wire;
        self.bytes_captured += later.bytes_captured;
        for (ours, theirs) in [
            (&mut self.non_ip, &later.non_ip),
            (&mut self.undecodable, &later.undecodable),
            (&mut self.truncated, &later.truncated),
            (&mut self.filtered, &later.filtered),
        ] {
            ours.packets += theirs.packets;
            ours.bytes += theirs.bytes;
        }
        for (ours, theirs) in self.hazards.iter_mut().zip(later.hazards) {
            *ours += theirs;
        }
        self.surplus += later.surplus;
        for (ether_type, frames) in &later.frames {
            self.frames.entry(*ether_type).or_default().join(frames);
        }
        self.caps.join(&later.caps);
        self.inexact_since = self.inexact_since.or(later.inexact_since);
    }
}
