//! The ledger's parts and the counters of what was odd, as sums over packets.

use lenscap_wire::Hazards;
use serde::{Deserialize, Serialize};

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

impl Caps {
    fn join(&mut self, later: &Self) {
        self.flows_evicted += later.flows_evicted;
        self.contacts += later.contacts;
        self.paths += later.paths;
        self.datagrams += later.datagrams;
    }
}

impl Tally {
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
        self.caps.join(&later.caps);
        self.inexact_since = self.inexact_since.or(later.inexact_since);
    }
}
