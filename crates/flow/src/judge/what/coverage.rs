//! What could be seen and what could not, in numbers.

use lenscap_wire::{Hazards, ReaderId, Timestamp};

use crate::judge::Flow;
use crate::judge::judged::Judged;
use crate::report::{Amount, Coverage};
use crate::state::key::{TCP, UDP};
use crate::state::spell::counters::Counters;
use crate::state::summary::Summary;
use crate::state::transcript::Transcripts;

/// Sums over all flows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) flows: u64,
    /// What the flows hold of the ledger.
    pub(crate) booked: Amount,
    /// Flows whose IP bytes are more than their packets had on the wire.
    pub(crate) beyond_wire: u64,
    two_way: (u64, u64),
    encrypted: (u64, u64),
    unattributed: (u64, u64),
    undecided: u64,
    /// Flows with packets that no key was tried on any more.
    unopened: u64,
}

impl Sums {
    /// Adds a flow, which reader knew it, and whether packets of it were left unopened.
    pub(crate) fn add(&mut self, flow: &Flow<'_>, judged: &Judged, reader: Option<ReaderId>, unopened: bool) {
        self.unopened += u64::from(unopened);
        let hidden = reader.and_then(ReaderId::reader).is_some_and(|reader| reader.hides);
        self.undecided += u64::from(reader == Some(Transcripts::SPENT));
        self.flows += 1;
        let Counters { packets, bytes, payload, wire, .. } = flow.counters();
        self.booked.packets += packets[0] + packets[1];
        self.booked.bytes += wire;
        self.beyond_wire += u64::from(bytes[0] + bytes[1] > wire);
        if matches!(flow.hot.key.protocol, TCP | UDP) {
            self.two_way.0 += u64::from(packets[0] > 0 && packets[1] > 0);
            self.two_way.1 += 1;
        }
        if judged.is_external() {
            let payload = payload[0] + payload[1];
            self.encrypted.0 += if hidden { payload } else { 0 };
            self.encrypted.1 += payload;
            let nameless = judged.attribution.is_none() && judged.bits & Judged::NAMED == 0;
            self.unattributed.0 += if nameless { payload } else { 0 };
            self.unattributed.1 += payload;
        }
    }

    pub(crate) fn join(&mut self, other: &Self) {
        let add = |ours: &mut (u64, u64), theirs: (u64, u64)| *ours = (ours.0 + theirs.0, ours.1 + theirs.1);
        self.flows += other.flows;
        self.booked.packets += other.booked.packets;
        self.booked.bytes += other.booked.bytes;
        self.beyond_wire += other.beyond_wire;
        add(&mut self.two_way, other.two_way);
        add(&mut self.encrypted, other.encrypted);
        add(&mut self.unattributed, other.unattributed);
        self.undecided += other.undecided;
        self.unopened += other.unopened;
    }
}

/// The coverage of a summary.
pub(crate) fn coverage(summary: &Summary, sums: &Sums) -> Coverage {
    let hazards = Hazards::NAMES.iter().map(|(hazard, name)| {
        let bit = hazard.0.trailing_zeros() as usize;
        (*name, summary.site.tally.hazards.get(bit).copied().unwrap_or(0))
    });
    let caps = summary.site.caps().named().into_iter().chain([("quic-unopened", sums.unopened)]);
    Coverage {
        window: summary.site.captures.window().map(|(first, last)| (Timestamp(first), Timestamp(last))),
        two_way: sums.two_way,
        cut_bytes: summary.site.tally.bytes_wire - summary.site.tally.bytes_captured,
        encrypted: sums.encrypted,
        unattributed: sums.unattributed,
        undecided: sums.undecided,
        hazards: hazards.filter(|(_, count)| *count > 0).collect(),
        caps: caps.filter(|(_, count)| *count > 0).collect(),
    }
}
