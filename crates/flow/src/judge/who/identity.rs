//! What a station is: its sightings, and the evidence in them and in whom it calls.

use lenscap_catalog::{Banner, Confidence, DeviceClass, Evidence, Extract, VendorId, VendorKind};
use lenscap_wire::{Field, Mac, Meaning, PacketRef};
use std::borrow::Cow;
use std::cmp::Reverse;

use super::ends::Often;
use super::questions::{AskedFor, serves_devices};
use super::weighing::{Outcome, Signs, Weighed};
use crate::judge::judged::Judged;
use crate::judge::{Court, Flow, rules};
use crate::report::{Attribution, MakerRecord, SightingRecord, Standing, WhyRecord};
use crate::state::key::{Side, TCP};
use crate::state::spell::counters::Counters;

/// How often something was seen, in which packet first, and whose it is.
#[derive(Clone, Copy, Debug, Default)]
struct Sighting {
    count: u64,
    at: Option<PacketRef>,
    vendor: Option<VendorId>,
    /// Whether only others said so, and the station did not confirm it.
    claimed: bool,
}

/// Kind and value.
type Shown<'a> = (Field, Cow<'a, [u8]>);

/// Something that a text tells beside what it is evidence for.
#[derive(Clone, Debug)]
struct Told {
    what: Extract,
    /// By whose text; nobody's where the protocol has a field for it.
    vendor: Option<VendorId>,
    points: u8,
    text: String,
}

/// What is known of a station before its sightings are looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Background<'a> {
    pub(crate) mac: Option<Mac>,
    pub(crate) is_router: bool,
    /// The first question for a cloud that serves cameras only.
    pub(crate) asked: Option<AskedFor<'a>>,
    pub(crate) strangers: usize,
}

/// What is known of one station.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity<'a> {
    /// Kind and value of each sighting; in order and each once when it has been weighed.
    seen: Vec<(Shown<'a>, Sighting)>,
    evidence: Vec<Weighed<'a>>,
    told: Vec<Told>,
    signs: Signs,
    outcome: Outcome,
    /// Whose cloud it uses.
    pub(crate) cloud_of: Option<VendorId>,
    class: Option<DeviceClass>,
}

impl<'a> Identity<'a> {
    /// Takes in something the station said, or others said of it (`claimed`), how often, and in which packet first.
    pub(crate) fn see(&mut self, (field, value): (Field, &'a [u8]), (count, at): Often, claimed: bool) {
        self.seen.push(((field, value.into()), Sighting { count, at: Some(at), vendor: None, claimed }));
    }

    /// Itself with room for so many sightings.
    pub(crate) fn with_room(sightings: usize) -> Self {
        Self { seen: Vec::with_capacity(sightings), ..Self::default() }
    }

    /// Puts equal sightings together, in order of kind and value.
    fn gather(&mut self) {
        self.seen.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        self.seen.dedup_by(|(later, more), (kept, known)| {
            let same = later == kept;
            if same {
                known.count += more.count;
                known.at = known.at.min(more.at);
                known.claimed &= more.claimed;
            }
            same
        });
    }

    /// Weighs everything seen.
    pub(crate) fn conclude<'j>(
        &mut self,
        court: &Court<'a>,
        background: Background<'a>,
        contacts: impl Iterator<Item = (Flow<'a>, Side, &'j Judged)>,
    ) {
        self.signs =
            Signs { is_router: background.is_router, strangers: background.strangers, is_client: false };
        self.gather();
        self.weigh_texts(court);
        self.weigh_contacts(court, contacts, background.asked);
        self.weigh_mac(court, background);
        if self.evidence.is_empty() {
            return;
        }
        self.evidence.sort_by(|a, b| {
            let rank =
                |e: &Weighed<'_>| (Reverse(e.kind()), Reverse(e.row.maker), e.claimed, e.row.evidence, e.at);
            rank(a).cmp(&rank(b)).then_with(|| a.value.cmp(&b.value))
        });
        self.outcome = Outcome::of(court.catalog, &self.evidence, self.signs);
        let mut classes = self.evidence.iter().filter(|piece| !piece.claimed).map(|piece| piece.class);
        self.class = classes.find(|class| *class != DeviceClass::Unknown);
    }

    fn weigh_texts(&mut self, court: &Court<'_>) {
        let mut seen = std::mem::take(&mut self.seen);
        // Who asks for media may also send some, to a server that passes it on (ANNOUNCE), and so do programs that pass it on.
        let passes_on = seen.iter().any(|((field, value), _)| match field {
            Field::RtspUserAgent => true,
            Field::RtspServer | Field::SdpSession => {
                let mut hits = court.catalog.banners(*field, value).into_iter();
                hits.any(|hit| hit.banner.device_class == DeviceClass::App)
            }
            _ => false,
        });
        for ((field, value), sighting) in &mut seen {
            if *field == Field::SdpMedia && value.starts_with(b"video ") && !passes_on {
                self.evidence.push(Weighed {
                    row: court.catalog.worth(Evidence::Video, Confidence::Medium),
                    value: value.clone(),
                    vendor: None,
                    class: DeviceClass::Unknown,
                    claimed: sighting.claimed,
                    at: sighting.at,
                });
            }
            let models =
                if field.may_hold_model() { court.catalog.banners(Field::Model, value) } else { vec![] };
            for hit in court.catalog.banners(*field, value).into_iter().chain(models) {
                let banner = hit.banner;
                let evidence = evidence_of(*field, banner);
                let is_client = evidence == Evidence::Client;
                let class = if is_client { DeviceClass::Unknown } else { banner.device_class };
                self.signs.is_client |= is_client && !sighting.claimed;
                self.evidence.push(Weighed {
                    row: court.catalog.worth(evidence, banner.confidence),
                    value: value.clone(),
                    vendor: banner.vendor.filter(|_| !is_client),
                    class,
                    claimed: sighting.claimed,
                    at: sighting.at,
                });
                if sighting.claimed || is_client {
                    continue;
                }
                sighting.vendor = sighting.vendor.or(banner.vendor);
                let rest = hit.captured.and_then(|range| value.get(range));
                if let (Some(rest), Some(what), Some(vendor)) = (rest, banner.captures, banner.vendor) {
                    let text = String::from_utf8_lossy(rest).trim().to_string();
                    let points = banner.confidence.points();
                    self.told.push(Told { what, vendor: Some(vendor), points, text });
                }
            }
            if !sighting.claimed {
                self.tell(court, *field, value.clone(), sighting.at);
            }
        }
        self.seen = seen;
    }

    /// What a field of a protocol that has one for it says of the device: its model, its serial number, who made it.
    fn tell(&mut self, court: &Court<'_>, field: Field, value: Cow<'a, [u8]>, at: Option<PacketRef>) {
        let meaning = match field.meaning() {
            None | Some(Meaning::Role) => return,
            Some(meaning) => meaning,
        };
        let text = String::from_utf8_lossy(&value).trim().to_string();
        if is_placeholder(&text) {
            return;
        }
        let what = match meaning {
            Meaning::Model => Extract::Model,
            Meaning::Serial => Extract::Serial,
            Meaning::Firmware => Extract::Firmware,
            _ => {
                let vendor = court.catalog.vendor_called(&text);
                return self.evidence.extend(vendor.map(|vendor| Weighed {
                    row: court.catalog.worth(Evidence::Banner, Confidence::High),
                    value,
                    vendor: Some(vendor),
                    class: DeviceClass::Unknown,
                    claimed: false,
                    at,
                }));
            }
        };
        self.told.push(Told { what, vendor: None, points: rules::BY_OWN_FIELD, text });
    }

    /// Contacts with services of a camera vendor, of which people's browsers are not the users.
    fn weigh_contacts<'j>(
        &mut self,
        court: &Court<'a>,
        contacts: impl Iterator<Item = (Flow<'a>, Side, &'j Judged)>,
        asked: Option<AskedFor<'a>>,
    ) {
        type Best<'a, 'j> = (i64, PacketRef, (Flow<'a>, &'j Judged));
        let mut best: [Option<Best<'a, 'j>>; 2] = [None, None];
        let mut cloud: Option<(bool, u8, Reverse<VendorId>)> = None;
        for (flow, side, judged) in contacts {
            let Some(vendor) = judged.vendor() else { continue };
            if !judged.is_outside(1 - side) || !serves_devices(judged.roles) || !calls(&flow, judged, side) {
                continue;
            }
            cloud = cloud.max(Some((judged.proves_camera, judged.confidence, Reverse(vendor))));
            if judged.proves_camera && is_own_word(court, &flow, judged, side) {
                let asked = usize::from(!is_answered(&flow, side));
                let key = (flow.cold.first, flow.cold.at());
                if best[asked].as_ref().is_none_or(|(first, at, _)| key < (*first, *at)) {
                    best[asked] = Some((key.0, key.1, (flow, judged)));
                }
            }
        }
        self.cloud_of = cloud.map(|(.., Reverse(vendor))| vendor);
        for (best, evidence) in best.into_iter().zip([Evidence::Cloud, Evidence::CloudAsked]) {
            let Some((_, first, (flow, judged))) = best else { continue };
            let name = court.best_name(&flow, judged);
            let value = name.map_or_else(Cow::default, |name| Cow::Borrowed(name.text));
            let at = name.and_then(|name| name.at).unwrap_or(first);
            self.add_cloud(court, evidence, (value, at), judged.vendor());
        }
        if let Some((_, at, name, owner)) = asked {
            self.cloud_of = self.cloud_of.or(Some(owner));
            self.add_cloud(court, Evidence::CloudAsked, (name.into(), at), Some(owner));
        }
    }

    fn add_cloud(
        &mut self,
        court: &Court<'a>,
        evidence: Evidence,
        (value, at): (Cow<'a, [u8]>, PacketRef),
        vendor: Option<VendorId>,
    ) {
        let row = court.catalog.worth(evidence, Confidence::Medium);
        let class = DeviceClass::Unknown;
        self.evidence.push(Weighed { row, value, vendor, class, claimed: false, at: Some(at) });
    }

    fn weigh_mac(&mut self, court: &Court<'_>, Background { mac, is_router, .. }: Background<'_>) {
        let mac = mac.filter(|mac| !mac.is_local());
        let Some(oui) = mac.and_then(|mac| court.catalog.mac(mac.0)) else { return };
        let mut prefix = mac.map(|mac| mac.to_string()).unwrap_or_default();
        prefix.truncate(8);
        let sighting = Sighting { count: 1, vendor: Some(oui.vendor), ..Sighting::default() };
        self.seen.push(((Field::Oui, prefix.clone().into_bytes().into()), sighting));
        self.gather();
        // A router's MAC says nothing of who stands behind it.
        let evidence =
            if oui.camera_specific && !is_router { Evidence::Prefix } else { Evidence::MixedPrefix };
        let is_doorbell = court.catalog.vendor(oui.vendor).kind == VendorKind::Doorbell;
        self.evidence.push(Weighed {
            row: court.catalog.worth(evidence, Confidence::Medium),
            value: prefix.into_bytes().into(),
            vendor: Some(oui.vendor),
            class: if is_doorbell { DeviceClass::Doorbell } else { DeviceClass::Unknown },
            claimed: false,
            at: None,
        });
    }

    /// Camera, possible camera, viewer or other.
    pub(crate) fn standing(&self) -> Standing {
        self.outcome.standing
    }

    /// Whether the evidence makes it a camera, recorder, doorbell or encoder.
    pub(crate) fn is_camera(&self) -> bool {
        self.outcome.standing == Standing::Camera
    }

    /// Points that it is a camera, and points of its maker.
    pub(crate) fn points(&self) -> (u32, u32) {
        (self.outcome.kind, self.outcome.maker.map_or(0, |(_, points)| points))
    }

    /// 0 to 100: how sure that it is a camera, where it is one or may be; else how sure the maker is.
    pub(crate) fn confidence(&self) -> u8 {
        let (kind, maker) = self.points();
        let points = if self.outcome.standing == Standing::Other { maker } else { kind };
        points.min(99) as u8
    }

    /// Who made it, by what it says and shows itself.
    pub(crate) fn vendor(&self) -> Option<VendorId> {
        self.outcome.maker.map(|(vendor, _)| vendor)
    }

    /// What kind of device, where it is one of those that the evidence is about.
    pub(crate) fn class(&self) -> Option<DeviceClass> {
        self.is_camera().then_some(self.class.unwrap_or(DeviceClass::Camera))
    }

    /// What the maker's surest text tells of a kind.
    pub(crate) fn told(&self, what: Extract) -> Option<String> {
        let of = self.told.iter().filter(|told| told.what == what);
        let of = of.filter(|told| told.vendor.is_none() || told.vendor == self.vendor());
        of.min_by_key(|told| (Reverse(told.points), &told.text)).map(|told| told.text.clone())
    }

    /// The evidence, strongest first.
    pub(crate) fn why(&self, court: &Court<'a>) -> Vec<WhyRecord<'a>> {
        let record = |piece: &Weighed<'a>| WhyRecord {
            kind: piece.row.evidence,
            value: piece.value.clone(),
            weight: piece.kind() as u8,
            claimed: piece.claimed,
            packet: piece.at.map(|at| court.numbering.locate(&at)),
        };
        let mut all: Vec<_> = self.evidence.iter().map(record).collect();
        all.dedup_by(|b, a| {
            (a.kind, &a.value, a.weight, a.claimed) == (b.kind, &b.value, b.weight, b.claimed)
        });
        all.truncate(rules::WHY);
        all
    }

    /// Makers that other evidence names.
    pub(crate) fn conflicts(&self, court: &Court<'a>) -> Vec<MakerRecord<'a>> {
        let all = self.outcome.conflicts.iter().take(rules::WHY);
        all.map(|&(id, points)| MakerRecord { vendor: court.catalog.vendor(id), points }).collect()
    }

    /// The sightings, those that name a vendor first, then by kind and value.
    pub(crate) fn records(&self, court: &Court<'a>) -> Vec<SightingRecord<'a>> {
        let mut all: Vec<_> = self.seen.iter().collect();
        all.sort_by_key(|(_, sighting)| sighting.vendor.is_none());
        let record = |((field, value), sighting): &(Shown<'a>, Sighting)| SightingRecord {
            kind: field.word(),
            value: value.clone(),
            vendor: sighting.vendor.map(|id| court.catalog.vendor(id)),
            count: sighting.count,
            packet: sighting.at.map(|at| court.numbering.locate(&at)),
        };
        all.into_iter().take(rules::SIGHTINGS).map(record).collect()
    }
}

/// What kind of evidence a text of the catalogue is in a field. In a field for the part that a station plays, it is the
/// protocol that speaks.
fn evidence_of(field: Field, banner: &Banner) -> Evidence {
    let plays = field.meaning() == Some(Meaning::Role) || field == Field::OnvifClass;
    match (banner.device_class, banner.confidence) {
        (DeviceClass::App, _) => Evidence::Client,
        _ if field == Field::UaApp => Evidence::Client,
        _ if !banner.is_camera => Evidence::Banner,
        (_, Confidence::High) if plays => Evidence::Protocol,
        _ if plays => Evidence::DeviceRole,
        _ => Evidence::Model,
    }
}

/// Whether a device has not been given what it should say here.
fn is_placeholder(text: &str) -> bool {
    let nothing = ["none", "null", "unknown", "n/a", "default", "private", "general"];
    text.len() < 2 || nothing.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a station called its peer: by the handshake where it was seen, else by the port of a service. Who happens to be
/// seen first in the middle of a connection tells nothing; where nothing tells, it may have.
fn calls(flow: &Flow<'_>, judged: &Judged, side: Side) -> bool {
    /// Ports below are of services, ports from the other on are lent to clients (RFC 6335, and what systems do).
    const SERVICES: u16 = 1024;
    const LENT: u16 = 32768;
    if judged.bits & Judged::BY_SYN != 0 {
        return judged.orig() == side;
    }
    let (Some(own), Some(peer)) = (flow.hot.key.port(side), flow.hot.key.port(1 - side)) else { return true };
    let serves = |port, other| port < SERVICES && other >= SERVICES || port < LENT && other >= LENT;
    !serves(own, peer)
}

/// Whether the station itself named the peer: in the flow, or by asking for it before.
fn is_own_word(court: &Court<'_>, flow: &Flow<'_>, judged: &Judged, side: Side) -> bool {
    match judged.attribution {
        Some(Attribution::Sni | Attribution::Host | Attribution::Certificate) => true,
        Some(Attribution::Dns) => {
            let (key, (start, end)) = (&flow.hot.key, flow.span());
            let named = court.names.name(key.address(1 - side), key.address(side), start, end);
            named.is_some_and(|named| named.is_own())
        }
        _ => false,
    }
}

/// Whether a peer answered: with payload, or since nobody sends over TCP before the handshake is done.
fn is_answered(flow: &Flow<'_>, side: Side) -> bool {
    let Counters { payload, .. } = flow.counters();
    payload[1 - side] > 0 || flow.hot.key.protocol == TCP && payload[side] > 0
}
