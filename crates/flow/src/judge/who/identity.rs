//! What a station is: its sightings, and the evidence in them and in whom it calls.

use lenscap_catalog::{Confidence, DeviceClass, Evidence, Extract, VendorId, VendorKind};
use lenscap_wire::{Field, Mac, Meaning, PacketRef};
use std::borrow::Cow;
use std::cmp::Reverse;

use super::dealt::Dealt;
use super::heard::Often;
use super::precedence::TextKind;
use super::questions::Background;
use super::texts;
use super::told::{Telling, is_placeholder, may_be_serial};
use super::weighing::{Outcome, Signs, Weighed, each_once};
use crate::judge::judged::Judged;
use crate::judge::{Court, Flow, Stated, rules};
use crate::report::{MakerRecord, SightingRecord, Standing, WhyRecord};
use crate::state::key::Side;

/// How often something was seen, in which packet first, and whose it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sighting {
    pub(super) count: u64,
    at: Option<PacketRef>,
    vendor: Option<VendorId>,
    /// Whether only others said so, and the station did not confirm it.
    pub(super) claimed: bool,
}

/// Kind and value.
pub(crate) type Shown<'a> = (Field, Cow<'a, [u8]>);

/// What is known of one station.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity<'a> {
    /// Kind and value of each sighting; in order and each once when it has been weighed.
    seen: Vec<(Shown<'a>, Sighting)>,
    evidence: Vec<Weighed<'a>>,
    told: Telling,
    signs: Signs,
    outcome: Outcome,
    /// Whose cloud it uses.
    pub(crate) cloud_of: Option<VendorId>,
    /// The platform whose protocol it speaks with parties outside.
    speaks: Option<VendorId>,
    class: Option<DeviceClass>,
    /// The model by the owner's word, and whether he says what it is.
    stated_model: Option<String>,
    is_stated: bool,
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
        contacts: impl Iterator<Item = (Flow<'a>, Side, &'j Judged)> + Clone,
    ) {
        let Background { mac, is_router, strangers, .. } = background;
        self.signs = Signs { is_router, strangers, ..Signs::default() };
        self.gather();
        self.signs.tells_other =
            texts::tells_other_mac(court.catalog, mac.filter(|_| !is_router), &self.seen);
        self.weigh_texts(court, mac.filter(|_| !is_router));
        let told = [Evidence::Protocol, Evidence::DeviceRole];
        let is_device =
            self.evidence.iter().any(|piece| !piece.claimed && told.contains(&piece.row.evidence));
        self.signs.is_client |= self.plays_client(court) && !is_device;
        let dealt = Dealt::of(court, contacts, background, is_device || self.signs.is_client);
        self.evidence.extend(dealt.evidence);
        self.cloud_of = dealt.cloud_of;
        self.speaks = dealt.speaks;
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
        if self.outcome.standing == Standing::Camera {
            // Of a camera it adds nothing: see the sum.
            self.evidence.retain(|piece| piece.row.evidence != Evidence::Upload);
        }
        let mut classes = self.evidence.iter().filter(|piece| !piece.claimed).map(|piece| piece.class);
        self.class = classes.find(|class| *class != DeviceClass::Unknown);
    }

    /// Takes the owner's word above all evidence, and shows it as his.
    pub(crate) fn correct(&mut self, court: &Court<'a>, stated: &Stated) {
        let Stated { vendor, model, class, name, .. } = stated;
        let said = [
            class.map(|class| format!("class={}", Stated::class_word(class))),
            vendor.map(|vendor| format!("vendor={}", court.catalog.vendor(vendor).id)),
            model.as_ref().map(|model| format!("model={model}")),
            name.as_ref().map(|name| format!("name={name}")),
        ];
        let weighed = |value: String| Weighed {
            row: court.catalog.worth(Evidence::Owner, Confidence::High),
            value: value.into_bytes().into(),
            vendor: *vendor,
            class: class.unwrap_or(DeviceClass::Unknown),
            by: TextKind::Other,
            claimed: false,
            at: None,
        };
        self.evidence.splice(0..0, said.into_iter().flatten().map(weighed));
        if let Some(standing) = stated.standing() {
            (self.outcome.standing, self.class, self.is_stated) = (standing, *class, true);
        }
        if let Some(vendor) = *vendor {
            self.outcome.make(court.catalog, vendor);
        }
        self.stated_model.clone_from(model);
    }

    /// Whether it says that it is the side that views, in a peer-to-peer protocol.
    fn plays_client(&self, court: &Court<'_>) -> bool {
        let mut own = self.seen.iter().filter(|(_, sighting)| !sighting.claimed);
        own.any(|((field, part), _)| part.as_ref() == b"client" && court.protocols.is_part_of_peers(*field))
    }

    fn weigh_texts(&mut self, court: &Court<'_>, mac: Option<Mac>) {
        let own_maker =
            mac.filter(|mac| !mac.is_local()).and_then(|mac| Some(court.catalog.mac(mac.0)?.vendor));
        let mut seen = std::mem::take(&mut self.seen);
        let passes_on = texts::passes_on(court.catalog, &seen);
        let calls = seen.iter().any(|((field, _), by)| *field == Field::SipUserAgent && !by.claimed);
        texts::withdraw_scanned(court.catalog, &mut seen);
        let is_shown = |((field, value), by): &(Shown<'_>, Sighting)| {
            !by.claimed && texts::answers_as_camera(*field, value)
        };
        let answers = seen.iter().any(is_shown);
        let makers = texts::Makers::of(court.catalog, own_maker, &seen);
        for (shown, sighting) in &mut seen {
            let (field, value) = &*shown;
            if let Some((evidence, vendor)) = texts::shown(court.catalog, (*field, value), (passes_on, calls))
            {
                self.evidence.push(Weighed {
                    row: court.catalog.worth(evidence, Confidence::Medium),
                    value: value.clone(),
                    vendor,
                    class: DeviceClass::Unknown,
                    by: TextKind::Other,
                    claimed: sighting.claimed,
                    at: sighting.at,
                });
            }
            let models = texts::models(court.catalog, (*field, value), own_maker);
            // The longest text tells best: `AXIS,Network Camera,` before `AXIS,`.
            let mut told = [false; Extract::ALL.len()];
            let mut longest = None;
            let hits = court.catalog.banners(*field, value).into_iter().chain(models);
            for hit in hits.filter(|hit| makers.may_say(hit.banner)) {
                let banner = hit.banner;
                let rest = hit.captured.and_then(|range| value.get(range));
                // In realms that makers word so a serial number follows; else it is anybody's page: `Login to router12345`.
                let is_realm = matches!(field, Field::HttpRealm | Field::RtspRealm);
                if is_realm && banner.captures == Some(Extract::Serial) && !rest.is_some_and(may_be_serial) {
                    continue;
                }
                let vendor = texts::maker(banner, &mut longest);
                let evidence = texts::evidence_of(*field, banner);
                let is_client = evidence == Evidence::Client;
                let class = if is_client { DeviceClass::Unknown } else { banner.device_class };
                self.signs.is_client |= is_client && !sighting.claimed;
                self.evidence.push(Weighed {
                    row: court.catalog.worth(evidence, texts::sureness(*field, banner, answers)),
                    value: value.clone(),
                    vendor: vendor.filter(|_| !is_client),
                    class,
                    by: if banner.field == Field::Model { TextKind::Model } else { TextKind::Other },
                    claimed: sighting.claimed,
                    at: sighting.at,
                });
                if sighting.claimed || is_client {
                    continue;
                }
                sighting.vendor = sighting.vendor.or(vendor);
                if let (Some(rest), Some(what), Some(vendor)) = (rest, banner.captures, banner.vendor)
                    && !std::mem::replace(&mut told[what as usize], true)
                {
                    self.told.beside(what, vendor, banner.confidence.points(), rest);
                }
            }
            if !sighting.claimed {
                self.tell(court, shown, sighting.at);
            }
        }
        self.weigh_served(court, &mut seen);
        self.seen = seen;
    }

    /// Who serves video under a path in a maker's words may be of that maker.
    fn weigh_served(&mut self, court: &Court<'_>, seen: &mut [(Shown<'a>, Sighting)]) {
        if !self.evidence.iter().any(|piece| piece.row.evidence == Evidence::Video && !piece.claimed) {
            return;
        }
        let paths = seen.iter_mut().filter(|((field, _), _)| *field == Field::RtspPath);
        let paths = paths.map(|((_, value), sighting)| (&**value, sighting));
        let Some((vendor, value, sighting)) = texts::served(court.catalog, paths) else { return };
        sighting.vendor = Some(vendor);
        self.evidence.push(Weighed {
            row: court.catalog.worth(Evidence::Banner, Confidence::Low),
            value: value.to_vec().into(),
            vendor: Some(vendor),
            class: DeviceClass::Unknown,
            by: TextKind::Other,
            claimed: false,
            at: sighting.at,
        });
    }

    /// What a field of a protocol that has one for it says of the device: its model, its serial number, who made it.
    fn tell(&mut self, court: &Court<'_>, (field, value): &Shown<'a>, at: Option<PacketRef>) {
        let field = *field;
        let meaning = match field.meaning() {
            // A name that devices are shipped with may be the maker's: `CP PLUS`.
            None if field == Field::OnvifScopeName => Meaning::Vendor,
            // It is printed on the camera: letters of its maker, a serial number, letters that check both.
            None if field == Field::PpppUid => {
                return self.told.named_by_platform(String::from_utf8_lossy(value).into_owned());
            }
            None | Some(Meaning::Role) => return,
            Some(meaning) => meaning,
        };
        let text = String::from_utf8_lossy(value).trim().to_string();
        if is_placeholder(&text) {
            return;
        }
        let what = match meaning {
            Meaning::Model => Extract::Model,
            Meaning::Serial => Extract::Serial,
            Meaning::Firmware => Extract::Firmware,
            _ => {
                let told = texts::maker_told(court.catalog, field, &text);
                return self.evidence.extend(told.map(|(vendor, evidence, by)| Weighed {
                    row: court.catalog.worth(evidence, Confidence::High),
                    value: value.clone(),
                    vendor: Some(vendor),
                    class: DeviceClass::Unknown,
                    by,
                    claimed: false,
                    at,
                }));
            }
        };
        self.told.in_field(what, text);
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
            by: TextKind::Other,
            claimed: false,
            at: None,
        });
    }

    /// Whether nothing was found that tells what it is, or whom it belongs to.
    pub(crate) fn is_blank(&self) -> bool {
        self.evidence.is_empty() && self.cloud_of.is_none() && self.speaks.is_none()
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

    /// The platform whose protocol it speaks: that is no maker.
    pub(crate) fn platform(&self) -> Option<VendorId> {
        self.outcome.platform.map(|(vendor, _)| vendor).or(self.speaks)
    }

    /// 0 to 100: how sure that it is a camera, where it is one or may be; else how sure it is whose it is.
    pub(crate) fn confidence(&self) -> u8 {
        if self.is_stated {
            return 99;
        }
        let Outcome { standing, kind, maker, platform, .. } = self.outcome;
        let whose = maker.or(platform).map_or(0, |(_, points)| points);
        let points = if standing == Standing::Other { whose } else { kind };
        let is_own_word = |piece: &Weighed<'_>| !piece.row.evidence.is_circumstance() && piece.kind() > 0;
        let by_word = standing == Standing::Other || self.evidence.iter().any(is_own_word);
        points.min(if by_word { 99 } else { rules::BY_CIRCUMSTANCE.into() }) as u8
    }

    /// Who made it, by what it says and shows itself.
    pub(crate) fn maker(&self) -> Option<VendorId> {
        self.outcome.maker.map(|(vendor, _)| vendor)
    }

    /// Whose it is: its maker's; where nothing tells that, of the platform that it belongs to.
    pub(crate) fn vendor(&self) -> Option<VendorId> {
        self.maker().or(self.outcome.platform.map(|(vendor, _)| vendor))
    }

    /// What kind of device, where it is one of those that the evidence is about.
    pub(crate) fn class(&self) -> Option<DeviceClass> {
        let stated = self.class.filter(|class| self.is_stated && *class != DeviceClass::Unknown);
        stated.or_else(|| self.is_camera().then_some(self.class.unwrap_or(DeviceClass::Camera)))
    }

    /// What the maker's surest text tells of a kind.
    pub(crate) fn told(&self, what: Extract) -> Option<String> {
        let stated = self.stated_model.clone().filter(|_| what == Extract::Model);
        stated.or_else(|| self.told.surest(what, self.vendor()))
    }

    /// The evidence, strongest first.
    pub(crate) fn why(&self, court: &Court<'a>) -> Vec<WhyRecord<'a>> {
        let record = |piece: &Weighed<'a>| WhyRecord {
            kind: piece.row.evidence,
            value: piece.value.clone(),
            weight: piece.kind() as u8,
            claimed: piece.claimed,
            names_maker: piece.maker() > 0 && piece.vendor == self.maker(),
            packet: piece.at.map(|at| court.numbering.locate(&at)),
        };
        each_once(self.evidence.iter().map(record))
    }

    /// Whether nothing but the cloud that it calls says who made it.
    pub(crate) fn is_maker_by_cloud(&self) -> bool {
        self.outcome.by_cloud
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
