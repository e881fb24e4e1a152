//! Contacts: what a station and one party outside had to do with each other, as sums over their flows.
//!
//! A camera calls `dev.example.com` at two addresses on three ports in ninety flows: that is one contact. What it is called
//! hangs on the sums (`decide.rs`), so it does not hang on the order of flows, and a saved summary can be judged again.

use arrayvec::ArrayVec;
use lenscap_catalog::{Called, Roles, VendorId};
use lenscap_wire::{Activity, Address, PacketRef};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::party::{Content, PartyName};
use crate::judge::judged::Judged;
use crate::judge::walk::Undelivered;
use crate::judge::{Court, Flow, FlowAt, rules};
use crate::report::{Attribution, Party};
use crate::state::eviction::{Cite, Gone};
use crate::state::key::Side;
use crate::state::measure::Measures;

/// Which contact of a station.
pub(crate) type ContactKey = (Called, PartyName);

/// A flow of a station with a party outside.
#[derive(Clone, Copy)]
pub(crate) struct Dealing<'a> {
    pub(crate) flow: Flow<'a>,
    pub(crate) side: Side,
    pub(crate) judged: Judged,
}

impl Dealing<'_> {
    pub(crate) fn called(&self) -> Called {
        let by_syn = self.judged.bits & Judged::BY_SYN != 0;
        if by_syn && self.judged.orig() != self.side { Called::In } else { Called::Out }
    }

    /// Whether it is errors of ICMP alone: they quote what the station sent itself, so they are none of the contact's payload,
    /// and show no more than that it was refused.
    pub(crate) fn is_error(&self) -> bool {
        self.flow.hot.key.is_icmp_error(self.flow.hot.first_side())
    }

    /// Whether who began is not known: the capture lacks the beginning.
    pub(crate) fn is_open(&self) -> bool {
        self.judged.bits & Judged::BY_SYN == 0
    }
}

/// A flow among the largest of its contact: the most payload first, then the earliest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Large {
    payload: Reverse<u64>,
    first: i64,
    packet: PacketRef,
    pub(crate) at: FlowAt,
    pub(crate) side: Side,
}

/// What the flows of a contact say of its party's vendor: payload by which it is weighed, and the sum of confidences times that.
#[derive(Clone, Copy, Debug, Default)]
struct VendorShare {
    weight: u64,
    payload: u64,
    confidence: u128,
    roles: Roles,
    /// Whether a server of the vendor is among them: else it is but whose protocol the party speaks.
    served: bool,
}

/// Whose a party is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose {
    pub(crate) vendor: VendorId,
    /// How sure that is, by bytes.
    pub(crate) confidence: u8,
    /// Roles of its endpoints.
    pub(crate) roles: Roles,
    /// Whether a server of the vendor is among them: else it is but whose protocol the party speaks.
    pub(crate) served: bool,
    /// Payload of the flows that say so.
    pub(crate) payload: u64,
    /// Whether they are most of the contact: else the vendor is that of a part of it, and the party's is not known.
    pub(crate) is_most: bool,
}

/// What a station asked a name service for and was given no address for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) at: PacketRef,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) outcome: crate::report::LookUp,
    pub(crate) vendor: VendorId,
}

/// A station and a party, as sums.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contact {
    pub(crate) flows: u64,
    pub(crate) answered: u64,
    /// Flows that were refused, and some of the packets that show it.
    pub(crate) refused: u64,
    pub(crate) refusals: BTreeSet<PacketRef>,
    /// Flows of protocols that every host uses: look-ups, clocks, echoes.
    pub(crate) services: u64,
    /// Payload sent and received, each byte once, and what was repeated of both.
    pub(crate) once: [u64; 2],
    pub(crate) repeated: u64,
    /// Whether these are estimates, for some flow.
    pub(crate) estimated: bool,
    /// IP bytes sent and received, whatever was repeated.
    pub(crate) bytes: [u64; 2],
    /// What its flows are for, each once.
    pub(crate) activity: ArrayVec<Activity, 8>,
    /// Payload in flows of protocols that hide it.
    pub(crate) hidden: u64,
    /// Payload in flows that no reader knew, and in those of protocols that carry content packed.
    pub(crate) unknown: u64,
    pub(crate) packed: u64,
    pub(crate) measures: Measures,
    pub(crate) span: Option<(i64, i64)>,
    /// The largest flows, in order.
    pub(crate) largest: Vec<Large>,
    /// The party's addresses.
    pub(crate) addresses: BTreeSet<Address>,
    /// The station's own.
    pub(crate) own: BTreeSet<Address>,
    /// Ends of tunnels that flows were inside of.
    pub(crate) tunnels: BTreeSet<Address>,
    /// Protocol and service port.
    pub(crate) ports: BTreeSet<(u8, u16)>,
    pub(crate) sources: BTreeSet<Attribution>,
    pub(crate) party: Party,
    pub(crate) asked: Vec<Asked>,
    /// Of flows that say of no vendor themselves and are here because they go to the address of its name: how many, and
    /// their payload.
    pub(crate) bound: [u64; 2],
    vendors: BTreeMap<VendorId, VendorShare>,
    weight: u64,
}

impl Contact {
    /// Things of a kind that are kept at most, beside their sums.
    const KEPT: usize = 16;

    pub(crate) fn add(&mut self, court: &Court<'_>, undelivered: &Undelivered, dealing: &Dealing<'_>) {
        let Dealing { flow, side, judged } = dealing;
        let (side, other) = (side & 1, 1 - (side & 1));
        let bytes = flow.whole_counters().bytes;
        self.bytes = [self.bytes[0] + bytes[side], self.bytes[1] + bytes[other]];
        if court.halves.is_copy(flow.at) {
            self.repeated += flow.once(0) + flow.once(1);
            return;
        }
        let half = court.halves.other(flow.at).and_then(|at| court.flow(at));
        // Two halves are one flow, which the earlier of them stands for.
        let stands_for =
            if half.is_some_and(|half| half.cold.at() < flow.cold.at()) { 0 } else { flow.count() };
        let own = [flow.once(side), flow.once(other)];
        self.estimated |= flow.is_estimated();
        let mut payload = flow.counters().payload;
        let gone = flow.gone_once();
        let once = [own[0] + gone[side], own[1] + gone[other]];
        let service = court.is_service(flow, judged);
        if let Some(gone) = flow.gone() {
            payload = [0, 1].map(|side| payload[side] + gone.counters.payload[side]);
            self.go(gone, side, service);
            let port = |port: &u16| (flow.hot.key.protocol, *port);
            let of = if dealing.called() == Called::In { side } else { other };
            gone.ports[of].iter().map(port).for_each(|port| keep(&mut self.ports, port));
        }
        self.flows += stands_for;
        self.services += if service { stands_for } else { 0 };
        self.once[0] += once[0];
        self.once[1] += once[1];
        self.repeated += payload[0] + payload[1] - once[0] - once[1];
        match court.content(flow) {
            Content::Hidden => self.hidden += once[0] + once[1],
            Content::Unknown => self.unknown += once[0] + once[1],
            Content::Packed => self.packed += once[0] + once[1],
            Content::Read => {}
        }
        self.measures.add(&court.catalog.content().into(), (flow.hot, flow.cold), side, !service);
        if stands_for > 0 {
            self.answer(undelivered, flow, half.as_ref(), side);
        }
        let (first, last) = flow.whole_span();
        let span = self.span.get_or_insert((first, last));
        *span = (span.0.min(first), span.1.max(last));
        let packet = flow.cold.at();
        let first = flow.span().0;
        self.keep(Large { payload: Reverse(own[0] + own[1]), first, packet, at: flow.at, side });
        keep(&mut self.addresses, court.party_address(flow, other));
        keep(&mut self.own, flow.hot.key.address(side));
        if let Some([_, end]) = court.tunnel_ends(flow) {
            keep(&mut self.tunnels, end);
        }
        let key = &flow.hot.key;
        let service_side = if dealing.called() == Called::In { side } else { other };
        keep(&mut self.ports, (key.protocol, key.port(service_side).unwrap_or(0)));
        self.is_for(judged.activity);
        self.weigh(judged, once[0] + once[1]);
    }

    fn is_for(&mut self, activity: Activity) {
        if !self.activity.contains(&activity) {
            _ = self.activity.try_push(activity);
        }
    }

    /// Takes in the flows that left memory.
    fn go(&mut self, gone: &Gone, side: Side, service: bool) {
        self.answered += gone.answered[side & 1];
        self.refused += gone.refused[side & 1];
        if let Some(Cite(packet)) = gone.refusal[side & 1] {
            keep(&mut self.refusals, packet);
        }
        let mut measures = gone.measures[side & 1].clone();
        if service {
            measures.recur_not();
        }
        self.measures.join(measures);
    }

    /// Counts how a flow ended, as both halves of it tell.
    fn answer(&mut self, undelivered: &Undelivered, flow: &Flow<'_>, half: Option<&Flow<'_>>, side: Side) {
        let halves = || [Some(flow), half].into_iter().flatten();
        let error = undelivered.of(flow, side);
        let reset = || halves().find(|flow| flow.is_reset(side));
        if halves().any(|flow| flow.is_answered(side)) {
            self.answered += 1;
        } else if let Some(packet) = error.or_else(|| Some(reset()?.cold.at())) {
            self.refused += 1;
            keep(&mut self.refusals, packet);
        }
    }

    fn weigh(&mut self, judged: &Judged, payload: u64) {
        let weight = payload + 1;
        self.weight += weight;
        self.party = self.party.max(judged.party);
        self.sources.extend(judged.attribution);
        let Some(vendor) = judged.vendor() else { return };
        let known = self.vendors.entry(vendor).or_default();
        known.weight += weight;
        known.payload += payload;
        known.confidence += u128::from(weight) * u128::from(judged.confidence);
        known.roles = known.roles.and(judged.roles);
        known.served |= judged.party != Party::Peer;
    }

    /// A question for a name of the party.
    pub(crate) fn ask(&mut self, asked: Asked) {
        let span = self.span.get_or_insert((asked.first, asked.last));
        *span = (span.0.min(asked.first), span.1.max(asked.last));
        self.weight += 1;
        self.party = Party::Vendor;
        self.sources.insert(Attribution::Dns);
        let known = self.vendors.entry(asked.vendor).or_default();
        known.weight += 1;
        known.confidence += u128::from(rules::BY_OWN_DNS);
        known.served = true;
        self.asked.push(asked);
        self.asked.sort_by_key(|asked| asked.at);
        self.asked.truncate(Self::KEPT);
    }

    fn keep(&mut self, large: Large) {
        let place = self.largest.partition_point(|known| *known < large);
        if place < rules::LARGEST_FLOWS {
            self.largest.insert(place, large);
            self.largest.truncate(rules::LARGEST_FLOWS);
        }
    }

    /// Adds the flows of another contact of the same station.
    pub(crate) fn join(&mut self, other: Self) {
        self.flows += other.flows;
        self.answered += other.answered;
        self.refused += other.refused;
        self.services += other.services;
        self.once[0] += other.once[0];
        self.once[1] += other.once[1];
        self.repeated += other.repeated;
        self.estimated |= other.estimated;
        self.hidden += other.hidden;
        self.unknown += other.unknown;
        self.packed += other.packed;
        self.bytes = [self.bytes[0] + other.bytes[0], self.bytes[1] + other.bytes[1]];
        other.activity.into_iter().for_each(|activity| self.is_for(activity));
        self.measures.join(other.measures);
        self.span = match (self.span, other.span) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
        other.largest.into_iter().for_each(|large| self.keep(large));
        other.refusals.into_iter().for_each(|at| keep(&mut self.refusals, at));
        other.addresses.into_iter().for_each(|address| keep(&mut self.addresses, address));
        other.own.into_iter().for_each(|address| keep(&mut self.own, address));
        other.tunnels.into_iter().for_each(|address| keep(&mut self.tunnels, address));
        other.ports.into_iter().for_each(|port| keep(&mut self.ports, port));
        self.sources.extend(other.sources);
        self.party = self.party.max(other.party);
        self.asked.extend(other.asked);
        self.asked.sort_by_key(|asked| asked.at);
        self.asked.truncate(Self::KEPT);
        for (vendor, more) in other.vendors {
            let known = self.vendors.entry(vendor).or_default();
            known.weight += more.weight;
            known.payload += more.payload;
            known.confidence += more.confidence;
            known.roles = known.roles.and(more.roles);
            known.served |= more.served;
        }
        self.weight += other.weight;
        self.bound[0] += other.bound[0];
        self.bound[1] += other.bound[1];
    }

    /// The same, where it goes with a name only because the station gave its address that name in other flows.
    pub(crate) fn bound_by_address(mut self) -> Self {
        if self.vendors.is_empty() {
            self.bound = [self.flows, self.payload()];
        }
        self
    }

    /// The vendor that most of the payload with a vendor went to or came from, and how sure that is by bytes. One that serves comes
    /// before one whose protocol alone is spoken.
    pub(crate) fn whose(&self) -> Option<Whose> {
        // Whose a server is says more than whose protocol somebody speaks.
        let (&vendor, best) =
            self.vendors.iter().max_by_key(|(id, by)| (by.served, by.weight, Reverse(**id)))?;
        let own = best.confidence / u128::from(best.weight.max(1));
        let bound = self.bound[0] + self.bound[1];
        let by_address = u128::from(bound) * own.min(u128::from(rules::BY_SAME_ADDRESS));
        let confidence = (best.confidence + by_address) / u128::from(self.weight.max(1));
        let &VendorShare { roles, served, payload, .. } = best;
        let is_most = (best.weight + bound).saturating_mul(2) >= self.weight;
        Some(Whose { vendor, confidence: confidence.min(100) as u8, roles, served, payload, is_most })
    }

    /// What kind of party it is, given whose it is: a viewer or relay where all that is known is whose protocol it speaks.
    pub(crate) fn kind_of_party(&self, whose: Option<&Whose>) -> Party {
        match whose {
            Some(whose) if whose.served => Party::Vendor,
            Some(_) => Party::Peer,
            // A vendor's, or of its protocol, is a part: of the whole nothing is known.
            None if matches!(self.party, Party::Vendor | Party::Peer) => Party::Unknown,
            None => self.party,
        }
    }

    /// Payload both ways.
    pub(crate) fn payload(&self) -> u64 {
        self.once[0] + self.once[1]
    }

    /// Payload of the largest flows.
    pub(crate) fn shown(&self) -> u64 {
        self.largest.iter().map(|large| large.payload.0).sum()
    }
}

/// Keeps the least so many.
fn keep<T: Ord>(all: &mut BTreeSet<T>, one: T) {
    all.insert(one);
    if all.len() > Contact::KEPT {
        all.pop_last();
    }
}
