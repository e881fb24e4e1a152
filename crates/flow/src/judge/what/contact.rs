//! Contacts: what a station and one party outside had to do with each other, as sums over their flows.
//!
//! A camera calls `dev.example.com` at two addresses on three ports in ninety flows: that is one contact. What it is called
//! hangs on the sums (`decide.rs`), so it does not hang on the order of flows, and a saved summary can be judged again.

use arrayvec::ArrayVec;
use lenscap_catalog::{Called, VendorId};
use lenscap_wire::{Activity, Address, Hazards, PacketRef};
use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::party::{Content, PartyName};
use super::votes::Votes;
use crate::judge::judged::Judged;
use crate::judge::walk::Undelivered;
use crate::judge::{Court, Flow, FlowAt, rules};
use crate::state::eviction::{Cite, Gone};
use crate::state::key::Side;
use crate::state::measure::{Beside, Measures};

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

    /// Whether it says whose the party is: errors and what another flow shows already do not.
    pub(crate) fn is_weighed(&self, court: &Court<'_>) -> bool {
        !self.is_error() && !court.halves.is_copy(self.flow.at)
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

/// What a station asked a name service for and was given no address for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) at: PacketRef,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) outcome: crate::report::LookUp,
    pub(crate) vendor: VendorId,
}

/// How a flow ended.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Answered,
    /// By this packet.
    Refused(PacketRef),
    NotCaptured,
}

impl Ending {
    /// As both halves of it tell.
    fn of(undelivered: &Undelivered, flow: &Flow<'_>, half: Option<&Flow<'_>>, side: Side) -> Self {
        let halves = || [Some(flow), half].into_iter().flatten();
        let reset = || halves().find(|flow| flow.is_reset(side));
        if halves().any(|flow| flow.is_answered(side)) {
            return Self::Answered;
        }
        let packet = undelivered.of(flow, side).or_else(|| Some(reset()?.cold.at()));
        packet.map_or(Self::NotCaptured, Self::Refused)
    }
}

/// A station and a party, as sums.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contact {
    pub(crate) flows: u64,
    pub(crate) answered: u64,
    /// Flows that the party began and the station accepted.
    pub(crate) accepted: u64,
    /// Flows that were refused, and some of the packets that show it.
    pub(crate) refused: u64,
    pub(crate) refusals: BTreeSet<PacketRef>,
    /// Flows of protocols that every host uses: look-ups, clocks, echoes.
    pub(crate) services: u64,
    /// Flows of which the other end acknowledges what the station sent, and no packet of the station was captured, or not all that
    /// the numbers of both ends show.
    pub(crate) unseen: u64,
    /// Whether there is a flow of the latter kind among them.
    pub(crate) partly: bool,
    /// Payload of those that was not captured, at least.
    pub(crate) acknowledged: u64,
    /// Payload sent and received, each byte once, and what was repeated of both.
    pub(crate) once: [u64; 2],
    pub(crate) repeated: u64,
    /// Whether these are estimates, for some flow.
    pub(crate) estimated: bool,
    /// Whether TCP headers of some flow were cut, so that it is not known how much they carried, nor whether they answer.
    pub(crate) headers_cut: bool,
    /// Flows that went on at once with those of another station with the same addresses and ports.
    pub(crate) mixed: u64,
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
    /// Proxies of the site that flows went through, and how many flows did.
    pub(crate) proxies: BTreeSet<Address>,
    pub(crate) proxied: u64,
    /// Protocol and service port.
    pub(crate) ports: BTreeSet<(u8, u16)>,
    /// Whose its party is.
    pub(crate) votes: Votes,
    pub(crate) asked: Vec<Asked>,
    /// Payload of flows that say themselves neither whose their other end is nor what it is called, as the coverage counts it.
    pub(crate) nameless: u64,
}

impl Contact {
    /// Things of a kind that are kept at most, beside their sums.
    const KEPT: usize = 16;

    pub(crate) fn add(&mut self, court: &Court<'_>, undelivered: &Undelivered, dealing: &Dealing<'_>) {
        let Dealing { flow, side, judged } = dealing;
        let (side, other) = (side & 1, 1 - (side & 1));
        let bytes = flow.whole_counters().bytes;
        self.bytes = [self.bytes[0] + bytes[side], self.bytes[1] + bytes[other]];
        self.nameless +=
            if judged.is_nameless() && judged.is_inside(side) { flow.whole_payload() } else { 0 };
        if court.halves.is_copy(flow.at) {
            self.repeated += flow.once(0) + flow.once(1);
            return;
        }
        let (half, stands_for) = court.stands_for(flow);
        let own = [flow.once(side), flow.once(other)];
        self.estimated |= flow.is_estimated();
        self.mixed += u64::from(court.earlier.is_mixed(flow.at));
        self.headers_cut |= flow.hot.hazards().contains(Hazards::CUT_TRANSPORT);
        let mut payload = flow.counters().payload;
        let gone = flow.gone_once();
        let once = [own[0] + gone[side], own[1] + gone[other]];
        let service = court.is_service(flow, judged);
        if let Some(gone) = flow.gone() {
            payload = [0, 1].map(|side| payload[side] + gone.counters.payload[side]);
            self.go(gone, side);
            let port = |port: &u16| (flow.hot.key.protocol, *port);
            let of = if dealing.called() == Called::In { side } else { other };
            gone.ports[of].iter().map(port).for_each(|port| keep(&mut self.ports, port));
        }
        self.flows += stands_for;
        self.services += if service { stands_for } else { 0 };
        self.once[0] += once[0];
        self.once[1] += once[1];
        self.repeated += payload[0] + payload[1] - once[0] - once[1];
        let content = court.content(flow);
        self.carry(content, once[0] + once[1]);
        let mut ending = Ending::of(undelivered, flow, half.as_ref(), side);
        if dealing.called() == Called::In && flow.accepts(side) {
            self.accepted += stands_for;
            // A reset of who had called is no refusal.
            ending = if matches!(ending, Ending::Refused(_)) { Ending::NotCaptured } else { ending };
        }
        let refused =
            matches!(ending, Ending::Refused(_)) && !flow.hot.counts_though_refused(flow.cold, side);
        // What nobody answered of a protocol that hides what it carries are its hellos.
        let gone_answered = || flow.gone().is_some_and(|gone| gone.answered[side] > 0);
        let hello = content == Content::Hidden && !matches!(ending, Ending::Answered) && !gone_answered();
        let unseen = self.lack(court, flow, side, stands_for);
        let beside = Beside { recurs: !service, pieces: !service && !hello, unseen };
        flow.measure(court.catalog.content(), side, beside, refused, &mut self.measures);
        if stands_for > 0 {
            self.end(ending);
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
        if court.is_proxied(flow, judged) {
            keep(&mut self.proxies, key.address(other));
            self.proxied += stands_for;
        }
        let service_side = if dealing.called() == Called::In { side } else { other };
        keep(&mut self.ports, (key.protocol, key.port(service_side).unwrap_or(0)));
        self.is_for(judged.activity);
        self.votes.weigh(judged, stands_for, once[0] + once[1]);
    }

    /// Counts payload by whether it could be read.
    fn carry(&mut self, content: Content, payload: u64) {
        match content {
            Content::Hidden => self.hidden += payload,
            Content::Unknown => self.unknown += payload,
            Content::Packed => self.packed += payload,
            Content::Read => {}
        }
    }

    /// Counts a flow of which what the station sent was not captured, or not all of it; returns whether it is one.
    fn lack(&mut self, court: &Court<'_>, flow: &Flow<'_>, side: Side, stands_for: u64) -> bool {
        let (unseen, (bytes, flows)) = (flow.is_unseen(side), flow.lacking(side));
        let lacks = (unseen || bytes > 0) && court.shows_all(flow);
        if lacks {
            self.unseen += if unseen { stands_for } else { flows };
            self.partly |= !unseen;
            self.acknowledged += bytes;
        }
        lacks
    }

    fn is_for(&mut self, activity: Activity) {
        if !self.activity.contains(&activity) {
            _ = self.activity.try_push(activity);
        }
    }

    /// Takes in the flows that left memory.
    fn go(&mut self, gone: &Gone, side: Side) {
        self.answered += gone.answered[side & 1];
        self.refused += gone.refused[side & 1];
        if let Some(Cite(packet)) = gone.refusal[side & 1] {
            keep(&mut self.refusals, packet);
        }
    }

    /// Counts how a flow ended.
    fn end(&mut self, ending: Ending) {
        match ending {
            Ending::Answered => self.answered += 1,
            Ending::Refused(packet) => {
                self.refused += 1;
                keep(&mut self.refusals, packet);
            }
            Ending::NotCaptured => {}
        }
    }

    /// A question for a name of the party.
    pub(crate) fn ask(&mut self, asked: Asked) {
        let span = self.span.get_or_insert((asked.first, asked.last));
        *span = (span.0.min(asked.first), span.1.max(asked.last));
        self.votes.ask(asked.vendor);
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
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.services += other.services;
        self.unseen += other.unseen;
        self.partly |= other.partly;
        self.acknowledged += other.acknowledged;
        self.once[0] += other.once[0];
        self.once[1] += other.once[1];
        self.repeated += other.repeated;
        self.estimated |= other.estimated;
        self.headers_cut |= other.headers_cut;
        self.mixed += other.mixed;
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
        other.proxies.into_iter().for_each(|address| keep(&mut self.proxies, address));
        self.proxied += other.proxied;
        other.ports.into_iter().for_each(|port| keep(&mut self.ports, port));
        self.votes.join(other.votes);
        self.nameless += other.nameless;
        self.asked.extend(other.asked);
        self.asked.sort_by_key(|asked| asked.at);
        self.asked.truncate(Self::KEPT);
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
