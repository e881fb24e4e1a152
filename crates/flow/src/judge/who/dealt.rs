//! What a station's flows with parties outside say of it: whose cloud it uses, which peer-to-peer protocol it speaks, whether
//! it is the side that media come from, and whether it uploads.
//!
//! A camera that sends 1.7 MB of PPPP to a phone, and gets 11 kB of acknowledgements back, is the device's side of it. One that
//! keeps such a way open and sends nothing may be a camera, and may be who views one.

use lenscap_catalog::{Called, Confidence, ContactKind, DeviceClass, Evidence, Measure, VendorId};
use lenscap_wire::{Activity, MAX_CERTIFICATE_NAMES, PacketRef, ReaderId};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::precedence::TextKind;
use super::questions::{Background, serves_devices};
use super::weighing::Weighed;
use crate::judge::judged::{Callers, Judged, certifies, host_part, is_host_name};
use crate::judge::what::contact::{ContactKey, Dealing};
use crate::judge::what::contacts::Parties;
use crate::judge::what::party::PartyName;
use crate::judge::whose::opinion::Testimony;
use crate::judge::{Court, Flow, rules};
use crate::report::{Attribution, Party};
use crate::state::answer::Answer;
use crate::state::key::{SCTP, Side, TCP, UDP};
use crate::state::measure::{Beside, Measures};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Dealt<'a> {
    pub(crate) evidence: Vec<Weighed<'a>>,
    /// Whose cloud it uses.
    pub(crate) cloud_of: Option<VendorId>,
    /// The platform whose peer-to-peer protocol it speaks.
    pub(crate) speaks: Option<VendorId>,
}

/// The first of a kind, by stamp and packet.
type First<'a, 'j> = Option<(i64, PacketRef, (Flow<'a>, &'j Judged))>;

/// Keeps the earlier.
fn first<'a, 'j>(known: &mut First<'a, 'j>, flow: Flow<'a>, judged: &'j Judged) {
    let (stamp, at) = (flow.cold.first, flow.cold.at());
    if known.as_ref().is_none_or(|(first, packet, _)| (stamp, at) < (*first, *packet)) {
        *known = Some((stamp, at, (flow, judged)));
    }
}

/// What it can be to have called a cloud.
const CLOUDS: [Evidence; 5] = [
    Evidence::CloudOfDevices,
    Evidence::CloudOfDevicesInferred,
    Evidence::Cloud,
    Evidence::CloudInferred,
    Evidence::CloudAsked,
];

impl<'a> Dealt<'a> {
    /// Looks through the flows of a station, of which `side` is its own end; `background` what is known before, and
    /// `is_role_known` says that the station told its part in a protocol.
    pub(crate) fn of<'j>(
        court: &Court<'a>,
        flows: impl Iterator<Item = (Flow<'a>, Side, &'j Judged)> + Clone,
        background: Background<'a>,
        is_role_known: bool,
    ) -> Self {
        let mut dealt = Self::default();
        let mut clouds: [First<'a, 'j>; CLOUDS.len()] = Default::default();
        let [mut bulk, mut speaks, mut views]: [First<'a, 'j>; 3] = [None; 3];
        let mut uploaded = 0;
        let mut cloud: Option<(Callers, u8, Reverse<VendorId>)> = None;
        for (flow, side, judged) in flows.clone() {
            let dealing = Dealing { flow, side, judged: *judged };
            if !is_abroad(&dealing) {
                continue;
            }
            if is_upload(court, &dealing) {
                uploaded += flow.whole_counters().payload[side & 1];
            }
            let Some(vendor) = judged.vendor() else { continue };
            if court.speaks_as_peer(&flow) {
                if is_bulk_side(&flow, side) {
                    first(&mut bulk, flow, judged);
                } else if is_bulk_side(&flow, 1 - side) {
                    // Who takes the media views: that shows the platform, and no camera.
                    first(&mut views, flow, judged);
                } else {
                    first(&mut speaks, flow, judged);
                }
            }
            // A published port is known by the prefix of who calls: it says nothing new of him.
            let served = judged.party == Party::Vendor
                && judged.attribution != Some(Attribution::PublishedPort)
                && serves_devices(judged.roles);
            if !served || !calls(&flow, judged, side) {
                continue;
            }
            cloud = cloud.max(Some((judged.callers, judged.confidence, Reverse(vendor))));
            if judged.callers > Callers::Any && is_own_word(court, &flow, judged, side) {
                let in_flow = matches!(judged.attribution, Some(Attribution::Sni | Attribution::Host));
                let of_devices = judged.callers == Callers::Cameras && in_flow;
                let answer = if court.is_intercepted(&flow, judged) || court.is_turned_away(&flow, side) {
                    Answer::None
                } else {
                    court.answer(&flow, side)
                };
                let evidence = match (answer, of_devices) {
                    (Answer::Seen, true) => Evidence::CloudOfDevices,
                    (Answer::Acknowledged, true) => Evidence::CloudOfDevicesInferred,
                    (Answer::Seen, false) => Evidence::Cloud,
                    (Answer::Acknowledged, false) => Evidence::CloudInferred,
                    (Answer::Guessed | Answer::None, _) => Evidence::CloudAsked,
                };
                let place = CLOUDS.iter().zip(&mut clouds).find(|(kind, _)| **kind == evidence);
                if let Some((_, known)) = place {
                    first(known, flow, judged);
                }
            }
        }
        dealt.cloud_of = cloud.map(|(.., Reverse(vendor))| vendor);
        for (found, evidence) in clouds.into_iter().zip(CLOUDS) {
            let Some((_, packet, (flow, judged))) = found else { continue };
            let name = court.best_name(&flow, judged);
            let value = name.map_or_else(Cow::default, |name| Cow::Borrowed(name.text));
            let at = name.and_then(|name| name.at).unwrap_or(packet);
            dealt.add(court, evidence, (value, at), judged.vendor());
        }
        if let Some((by_viewers, _, at, name, owner)) = background.asked {
            dealt.cloud_of = dealt.cloud_of.or(Some(owner));
            let evidence = if by_viewers { Evidence::CloudAsked } else { Evidence::CloudOfDevicesAsked };
            dealt.add(court, evidence, (name.into(), at), Some(owner));
        }
        let platform = |found: &First<'a, 'j>| found.as_ref()?.2.1.vendor();
        dealt.speaks = platform(&bulk).or(platform(&speaks)).or(platform(&views));
        dealt.speaks = dealt.speaks.filter(|vendor| court.catalog.vendor(*vendor).kind.is_platform());
        let app = |flow: &Flow<'a>| Cow::Borrowed(court.app(flow).unwrap_or_default().as_bytes());
        // Who sends the bulk may be a phone that talks to its camera, or hands on a film: that shows no side but of what a maker of
        // cameras built.
        let is_built =
            background.mac.is_some_and(|mac| !mac.is_local() && court.catalog.mac(mac.0).is_some());
        if let Some((_, at, (flow, judged))) = bulk.filter(|_| is_built && !background.is_router) {
            dealt.add(court, Evidence::DeviceRole, (app(&flow), at), judged.vendor());
        } else if let Some((_, packet, (flow, judged))) = bulk.or(speaks).filter(|_| !is_role_known) {
            let at = court.shows_party(&flow, judged).unwrap_or(packet);
            dealt.add(court, Evidence::P2p, (app(&flow), at), judged.vendor());
        }
        let dealings = flows.map(|(flow, side, judged)| Dealing { flow, side, judged: *judged });
        if let Some(at) = upload(court, uploaded, dealings) {
            dealt.add(court, Evidence::Upload, (Cow::default(), at), None);
        }
        dealt
    }

    fn add(
        &mut self,
        court: &Court<'a>,
        evidence: Evidence,
        (value, at): (Cow<'a, [u8]>, PacketRef),
        vendor: Option<VendorId>,
    ) {
        let row = court.catalog.worth(evidence, Confidence::Medium);
        let class = DeviceClass::Unknown;
        self.evidence.push(Weighed {
            row,
            value,
            vendor,
            class,
            by: TextKind::Other,
            claimed: false,
            at: Some(at),
        });
    }
}

/// Whether a flow is with the outside, and no errors alone.
fn is_abroad(dealing: &Dealing<'_>) -> bool {
    dealing.judged.is_outside(1 - dealing.side) && !dealing.is_error()
}

/// Whether it sent content there.
fn is_upload(court: &Court<'_>, dealing: &Dealing<'_>) -> bool {
    let uploads = dealing.judged.activity == Activity::BulkUpload && !dealing.flow.is_reset(dealing.side);
    uploads && !court.halves.is_copy(dealing.flow.at)
}

/// Content from which on it makes an upload of a contact.
pub(super) fn least_upload(court: &Court<'_>) -> Option<u64> {
    let mut rules = court.catalog.contact_rules().iter();
    let rule = rules.find(|rule| {
        (rule.kind, rule.called, rule.measure) == (ContactKind::Exfiltration, Called::Out, Measure::Window)
    });
    rule.map(|rule| rule.least)
}

/// The first packet of what makes an upload of a contact, if those of a station's flows that each sent content make one; together
/// they `sent` so much. A camera that sends a clip of 100 kB over each of four connections uploads as one does that sends them
/// over one.
fn upload<'a>(court: &Court<'a>, sent: u64, flows: impl Iterator<Item = Dealing<'a>>) -> Option<PacketRef> {
    // Content is part of the payload, which is at hand.
    let least = least_upload(court).filter(|least| sent >= *least)?;
    let flows: Vec<_> = flows.filter(|of| is_abroad(of) && is_upload(court, of)).collect();
    let flows = flows.as_slice();
    let parties = Parties::new(court, flows);
    let mut all: BTreeMap<ContactKey, (Measures, (i64, PacketRef))> = BTreeMap::new();
    // Who calls in and fetches is answered, as by any server; and what is beyond the cap of parties is many, not one.
    let one = |key: &ContactKey| key.0 == Called::Out && key.1 != PartyName::Others;
    for (dealing, key) in flows.iter().zip(parties.keys()).filter(|(_, key)| one(key)) {
        let cold = dealing.flow.cold;
        let begun = (cold.first, cold.at());
        let (measures, first) = all.entry(key).or_insert_with(|| (Measures::default(), begun));
        dealing.flow.measure(court.catalog.content(), dealing.side, Beside::NOTHING, false, measures);
        *first = begun.min(*first);
    }
    let uploads = all.into_values().filter(|(measures, _)| measures.content(false) >= least);
    uploads.map(|(_, first)| first).min().map(|(_, at)| at)
}

impl<'a> Court<'a> {
    /// How it is known that one side was answered, in either half of what the capture has as two.
    fn answer(&self, flow: &Flow<'a>, side: Side) -> Answer {
        let (half, _) = self.stands_for(flow);
        flow.answer(side).max(half.map_or(Answer::None, |half| half.answer(side)))
    }

    /// Whether somebody else answered than who was called: the certificate, all of whose names were read, holds for other hosts
    /// than the one called, and for nobody in the catalogue. A filter's page to say that a name is blocked does so, and a firewall
    /// that opens what it lets through.
    fn is_intercepted(&self, flow: &Flow<'a>, judged: &Judged) -> bool {
        let halves = [self.testimony(flow, 0), self.testimony(flow, 1)];
        let count = judged.certified(&halves).count();
        if count == 0 || count >= MAX_CERTIFICATE_NAMES {
            return false;
        }
        let Some(called) = self.best_name(flow, judged) else { return false };
        judged.certified(&halves).all(|claim| {
            is_host_name(claim.text)
                && matches!(claim.owner, (None, None))
                && !certifies(claim.text, host_part(called.text))
        })
    }

    /// Whether all that came back to one side is no word of the host that it asked for: its proxy's refusal, a page of somebody on
    /// the way, an alert of TLS where a server would have said hello.
    fn is_turned_away(&self, flow: &Flow<'a>, side: Side) -> bool {
        /// Header of a record and of a message, version, random and the least that follows (RFC 8446, 4.1.3).
        const SHORTEST_HELLO: u64 = 47;
        let [own, other] = [side & 1, 1 - (side & 1)].map(|side| self.testimony(flow, side));
        let back = flow.counters().payload[1 - (side & 1)];
        let is_tls =
            |half: &Testimony<'_, 'a>| half.reader().is_some_and(|reader| ReaderId(reader).app() == "tls");
        let alerts =
            || back < SHORTEST_HELLO && own.asks() && is_tls(&own) && is_tls(&other) && !other.serves();
        flow.hot.key.protocol == TCP && back > 0 && (other.turns_away(&own) || alerts())
    }

    /// Whether a flow speaks a peer-to-peer protocol of cameras.
    fn speaks_as_peer(&self, flow: &Flow<'a>) -> bool {
        let halves = [self.testimony(flow, 0), self.testimony(flow, 1)];
        self.protocols.of(self.reader_of(flow, &halves)).is_some_and(|spoken| spoken.protocol.p2p)
    }
}

/// Whether what is large in a flow comes from one end: so much of it that it was 64 packets at least, ten times what came back.
fn is_bulk_side(flow: &Flow<'_>, side: Side) -> bool {
    let large = flow.hot.totals(flow.cold).large;
    large[side & 1] >= rules::BULK_BYTES && large[side & 1] / 10 >= large[1 - (side & 1)]
}

/// Whether a station called a service of its peer: by the handshake where it was seen, else by the port of a service. Who happens
/// to be seen first in the middle of a connection tells nothing; where nothing tells, it may have.
fn calls(flow: &Flow<'_>, judged: &Judged, side: Side) -> bool {
    /// Ports below are of services, ports from the other on are lent to clients (RFC 6335, and what systems do).
    const SERVICES: u16 = 1024;
    const LENT: u16 = 32768;
    // An echo asks for no service.
    if !matches!(flow.hot.key.protocol, TCP | UDP | SCTP) {
        return false;
    }
    if judged.bits & Judged::BY_SYN != 0 {
        return judged.orig() == side;
    }
    let (Some(own), Some(peer)) = (flow.hot.key.port(side), flow.hot.key.port(1 - side)) else { return true };
    let serves = |port, other| port < SERVICES && other >= SERVICES || port < LENT && other >= LENT;
    !serves(own, peer)
}

/// Whether the station itself named the peer: in the flow, or by asking for it before. What a certificate says is the peer's
/// word: anybody can issue one to himself in anybody's name.
fn is_own_word(court: &Court<'_>, flow: &Flow<'_>, judged: &Judged, side: Side) -> bool {
    match judged.attribution {
        Some(Attribution::Sni | Attribution::Host) => true,
        Some(Attribution::Dns) => {
            let (asker, address) = (court.asker(flow, side), flow.hot.key.address(1 - side));
            let named = court.names.name(address, asker, flow.course());
            named.is_some_and(|named| {
                named.is_own() && !court.is_contested(&named, (address, asker), flow.began())
            })
        }
        _ => false,
    }
}
