//! What could be seen and what could not, in numbers.

use lenscap_wire::{Hazards, Mac, PacketRef, Reader, ReaderId, Timestamp};
use std::cmp::Reverse;

use super::party::ESP;
use crate::judge::by_flow::ByFlow;
use crate::judge::judged::Judged;
use crate::judge::who::device::Stations;
use crate::judge::{Court, Flow, FlowAt, SETTLED};
use crate::report::{Amount, Between, Coverage, Unread, UnreadFlow, UnreadFrames, UnreadKind};
use crate::state::key::{ICMP, ICMP6, Side, TCP, UDP};
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
    missed: u64,
    acknowledged: u64,
    portless: u64,
    encrypted: (u64, u64),
    unattributed: (u64, u64),
    /// Flows of whose beginning not all was read.
    pub(crate) undecided: u64,
    /// Flows with packets that no key was tried on any more.
    unopened: u64,
    unread: Most,
    /// Payload of flows of which both ends are outside.
    between: u64,
    /// What was sent by the numbers of TCP and not captured, by half.
    lacking: Most,
}

/// Flows with payload of some kind: how many, how much of it, and the one with most, or the first of equals, with the side that is
/// named first.
#[derive(Clone, Copy, Debug, Default)]
struct Most {
    flows: u64,
    payload: u64,
    largest: Option<(u64, Reverse<PacketRef>, FlowAt, Side)>,
}

impl Most {
    fn add(&mut self, flow: &Flow<'_>, payload: u64, side: Side) {
        self.flows += 1;
        self.payload += payload;
        if self.largest.is_none_or(|(most, ..)| payload >= most) {
            self.largest = self.largest.max(Some((payload, Reverse(flow.cold.at()), flow.at, side)));
        }
    }

    fn join(&mut self, other: &Self) {
        self.flows += other.flows;
        self.payload += other.payload;
        self.largest = self.largest.max(other.largest);
    }

    fn told(&self, court: &Court<'_>) -> Unread {
        let largest = self.largest.and_then(|(payload, Reverse(at), place, first)| {
            let key = &court.flow(place)?.hot.key;
            let ends = [first, 1 - first].map(|side| (key.address(side).ip(), key.port(side).unwrap_or(0)));
            let first_packet = court.numbering.locate(&at);
            Some(UnreadFlow { ends, protocol: key.protocol, payload, first_packet })
        });
        Unread { flows: self.flows, payload: self.payload, largest }
    }
}

impl Sums {
    /// Adds a flow, what was counted of it alone and with what left memory with it, which reader knew it, and whether packets
    /// of it were left unopened.
    #[inline]
    pub(crate) fn add(
        &mut self,
        court: &Court<'_>,
        flow: &Flow<'_>,
        judged: &Judged,
        (counters, whole): (&Counters, &Counters),
        reader: Option<ReaderId>,
        unopened: bool,
    ) {
        let flows = if flow.is_evicted() { 1 } else { flow.count() };
        self.unopened += if unopened { flows } else { 0 };
        let gone = flow.gone().map(|gone| gone.counters.payload).unwrap_or_default();
        let hides = |reader: &Reader| reader.hides;
        let hidden = reader.and_then(ReaderId::reader).is_some_and(hides) || flow.hot.key.protocol == ESP;
        let &Counters { packets, bytes, payload, wire, .. } = counters;
        self.beyond_wire += u64::from(bytes[0] + bytes[1] > wire);
        if !flow.is_evicted() {
            self.flows += flows;
            self.booked.packets += whole.packets[0] + whole.packets[1];
            self.booked.bytes += whole.wire;
            let protocol = flow.hot.key.protocol;
            let unknown = reader.is_none_or(|reader| reader == Transcripts::SPENT);
            let (own, more) = (payload[0] + payload[1], gone[0] + gone[1]);
            let carried = own + more;
            if own > 0 && unknown && is_unread(flow, carried) && !(hidden && judged.is_external()) {
                self.unread.add(flow, own, flow.hot.first_side());
                self.unread.flows += flows - 1;
                self.unread.payload += more;
            }
            self.between += if judged.is_outside(0) && judged.is_outside(1) { carried } else { 0 };
            if matches!(protocol, TCP | UDP) {
                // Nobody answers from the address of a group.
                let is_to_group = [0, 1].into_iter().any(|side| judged.is_group(side) && packets[side] == 0);
                // Of two halves of one connection, which are two rows, the earlier one stands for both.
                let (half, counted) = court.stands_for(flow);
                let counted = if is_to_group { 0 } else { counted };
                self.two_way.0 +=
                    if half.is_some() || packets[0] > 0 && packets[1] > 0 { counted } else { 0 };
                self.two_way.1 += counted;
                self.portless +=
                    if flow.hot.key.ports == [0; 2] { whole.bytes[0] + whole.bytes[1] } else { 0 };
            }
        }
        if judged.is_external() {
            let payload = payload[0] + payload[1] + gone[0] + gone[1];
            self.encrypted.0 += if hidden { payload } else { 0 };
            self.encrypted.1 += payload;
            self.unattributed.0 += if judged.is_nameless() { payload } else { 0 };
            self.unattributed.1 += payload;
        }
    }

    /// Adds what TCP's numbers show of a flow that was not captured, and tells which half lacks most.
    #[inline]
    pub(crate) fn lack(&mut self, court: &Court<'_>, flow: &Flow<'_>) {
        if flow.hot.key.protocol != TCP || flow.is_evicted() {
            return;
        }
        self.missed += flow.gone().map_or(0, |gone| gone.missed);
        let shows_all = || court.shows_all(flow);
        for side in [0, 1] {
            let missed = flow.cold.missed(flow.hot, side).unwrap_or(0);
            self.missed += missed;
            let bytes = Some(flow.acknowledged(side)).filter(|&bytes| bytes > 0 && shows_all()).unwrap_or(0);
            self.acknowledged += bytes;
            if missed + bytes > 0 {
                self.lacking.add(flow, missed + bytes, side);
            }
        }
    }

    /// Takes payload for attributed that its flows say nothing of, and the contacts that they are of do.
    pub(crate) fn attribute(&mut self, payload: u64) {
        self.unattributed.0 = self.unattributed.0.saturating_sub(payload);
    }

    pub(crate) fn join(&mut self, other: &Self) {
        let add = |ours: &mut (u64, u64), theirs: (u64, u64)| *ours = (ours.0 + theirs.0, ours.1 + theirs.1);
        self.flows += other.flows;
        self.booked.packets += other.booked.packets;
        self.booked.bytes += other.booked.bytes;
        self.beyond_wire += other.beyond_wire;
        self.missed += other.missed;
        self.acknowledged += other.acknowledged;
        self.portless += other.portless;
        add(&mut self.two_way, other.two_way);
        add(&mut self.encrypted, other.encrypted);
        add(&mut self.unattributed, other.unattributed);
        self.undecided += other.undecided;
        self.unopened += other.unopened;
        self.unread.join(&other.unread);
        self.between += other.between;
        self.lacking.join(&other.lacking);
    }
}

/// Whether a flow carries something that is to be read. Protocols in which hosts and routers speak of the network alone do not,
/// unless it is more than they have to say.
fn is_unread(flow: &Flow<'_>, payload: u64) -> bool {
    const MUCH: u64 = 1 << 16;
    /// IGMP, RSVP, EIGRP, OSPF, PIM, VRRP.
    const CONTROL: [u8; 6] = [2, 46, 88, 89, 103, 112];
    let key = &flow.hot.key;
    match key.protocol {
        ICMP | ICMP6 => payload >= MUCH && !key.is_icmp_error(flow.hot.first_side()),
        protocol => payload >= MUCH || !CONTROL.contains(&protocol),
    }
}

/// What went between outside ends of which neither is a station here, and whose the largest of it is.
fn between(court: &Court<'_>, judged: &ByFlow<Judged>, stations: &Stations<'_>) -> Between {
    let mut all = Most::default();
    for shard in 0..=SETTLED {
        for flow in court.flows(shard) {
            let outside = |judged: &Judged| judged.is_outside(0) && judged.is_outside(1);
            let payload = flow.whole_payload();
            let counts = payload > 0 && !flow.is_evicted() && judged.get(flow.at).is_some_and(outside);
            if counts && [0, 1].iter().all(|&side| stations.at(flow.at, side).is_none()) {
                all.add(&flow, payload, flow.hot.first_side());
            }
        }
    }
    let vendor = all.largest.and_then(|(.., at, _)| judged.get(at)?.vendor());
    let vendor = vendor.map(|vendor| court.catalog.vendor(vendor).name.to_string());
    Between { flows: all.told(court), vendor }
}

/// Frames without IP that nobody reads, and the kind of which there are most bytes.
fn frames(summary: &Summary) -> UnreadFrames {
    let mut all = UnreadFrames::default();
    for (&ether_type, frames) in &summary.site.tally.frames {
        all.amount.packets += frames.amount.packets;
        all.amount.bytes += frames.amount.bytes;
        let source = frames.sources;
        let source = (source[0] == source[1]).then_some(Mac(source[0]));
        if all.largest.is_none_or(|largest| frames.amount.bytes > largest.bytes) {
            all.largest = Some(UnreadKind { ether_type, bytes: frames.amount.bytes, source });
        }
    }
    all
}

/// The coverage of a summary.
pub(crate) fn coverage(
    court: &Court<'_>,
    sums: &Sums,
    (judged, stations): (&ByFlow<Judged>, &Stations<'_>),
) -> Coverage {
    let summary = court.summary;
    let hazards = Hazards::NAMES.iter().map(|(hazard, name)| {
        let bit = hazard.0.trailing_zeros() as usize;
        (*name, summary.site.tally.hazards.get(bit).copied().unwrap_or(0))
    });
    let caps = summary.site.caps().into_iter().chain([("quic-unopened", sums.unopened)]);
    Coverage {
        window: summary.site.captures.window().map(|(first, last)| (Timestamp(first), Timestamp(last))),
        two_way: sums.two_way,
        cut_bytes: summary.site.tally.bytes_wire - summary.site.tally.bytes_captured,
        missed_bytes: sums.missed,
        acknowledged_bytes: sums.acknowledged,
        portless_bytes: sums.portless,
        encrypted: sums.encrypted,
        unattributed: sums.unattributed,
        undecided: sums.undecided,
        frames: frames(summary),
        surplus_bytes: summary.site.tally.surplus,
        unread: sums.unread.told(court),
        lacking: sums.lacking.told(court),
        between: if sums.between > 0 { between(court, judged, stations) } else { Between::default() },
        hazards: hazards.filter(|(_, count)| *count > 0).collect(),
        caps: caps.filter(|(_, count)| *count > 0).collect(),
    }
}
