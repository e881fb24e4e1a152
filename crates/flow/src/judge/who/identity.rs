//! What a station is: its sightings weighed by a table of integers, shown with their sources.

use lenscap_catalog::{DeviceClass, Extract, Role, VendorId, VendorKind};
use lenscap_wire::{Field, Mac, PacketRef};
use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::judge::judged::Judged;
use crate::judge::{Court, rules};
use crate::report::{SightingRecord, Standing};
use crate::state::key::Side;

/// How often something was seen, in which packet first, and whose it is.
#[derive(Clone, Copy, Debug, Default)]
struct Sighting {
    count: u64,
    at: Option<PacketRef>,
    vendor: Option<VendorId>,
}

/// Kind and value.
type Shown<'a> = (Field, Cow<'a, [u8]>);

/// What is known of one station.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity<'a> {
    /// Kind and value of each sighting; in order and each once when it has been weighed.
    seen: Vec<(Shown<'a>, Sighting)>,
    /// Evidence for vendors, in points.
    vendors: BTreeMap<VendorId, u32>,
    pub(crate) vendor: Option<VendorId>,
    pub(crate) model: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) firmware: Option<String>,
    class: Option<DeviceClass>,
    /// The strongest text that says camera, and the strongest that says viewer.
    banner: u32,
    viewer: bool,
    cloud: u32,
    oui: u32,
}

impl<'a> Identity<'a> {
    /// Takes in something the station said; `at` is the packet that showed it first.
    pub(crate) fn see(&mut self, field: Field, value: &'a [u8], count: u64, at: PacketRef) {
        self.seen.push(((field, value.into()), Sighting { count, at: Some(at), vendor: None }));
    }

    /// Puts equal sightings together, in order of kind and value.
    fn gather(&mut self) {
        self.seen.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        self.seen.dedup_by(|(later, more), (kept, known)| {
            let same = later == kept;
            if same {
                known.count += more.count;
                known.at = known.at.min(more.at);
            }
            same
        });
    }

    /// Weighs everything seen.
    pub(crate) fn conclude<'j>(
        &mut self,
        court: &Court<'a>,
        mac: Option<Mac>,
        contacts: impl Iterator<Item = (Side, &'j Judged)>,
    ) {
        self.gather();
        self.weigh_texts(court);
        self.weigh_contacts(contacts);
        self.weigh_mac(court, mac);
        let strongest = self.vendors.iter().max_by_key(|(id, points)| (**points, std::cmp::Reverse(**id)));
        self.vendor = strongest.map(|(id, _)| *id);
    }

    fn weigh_texts(&mut self, court: &Court<'_>) {
        let mut seen = std::mem::take(&mut self.seen);
        for ((field, value), sighting) in &mut seen {
            for hit in court.catalog.banners(*field, value) {
                let banner = hit.banner;
                if banner.device_class == DeviceClass::App || *field == Field::UaApp {
                    self.viewer = true;
                    continue;
                }
                let points = rules::BANNER.get(banner.confidence as usize).copied().unwrap_or(0);
                let weight = if banner.is_camera { points } else { rules::WEAK_BANNER.min(points) };
                if weight > self.banner {
                    self.banner = weight;
                    self.class = Some(banner.device_class).filter(|class| *class != DeviceClass::Unknown);
                }
                sighting.vendor = sighting.vendor.or(banner.vendor);
                if let Some(id) = banner.vendor {
                    *self.vendors.entry(id).or_default() += points;
                }
                let rest = hit.captured.and_then(|range| value.get(range));
                if let (Some(rest), Some(captures)) = (rest, banner.captures) {
                    let text = String::from_utf8_lossy(rest).trim().to_string();
                    match captures {
                        Extract::Model => self.model.get_or_insert(text),
                        Extract::Serial => self.serial.get_or_insert(text),
                        Extract::Firmware => self.firmware.get_or_insert(text),
                        Extract::Brand => continue,
                    };
                }
            }
        }
        self.seen = seen;
    }

    /// Contacts with services of a camera vendor, of which people's browsers are not the users.
    fn weigh_contacts<'j>(&mut self, contacts: impl Iterator<Item = (Side, &'j Judged)>) {
        for (side, judged) in contacts {
            let Some(vendor) = judged.vendor() else { continue };
            let called = judged.orig() == side && judged.is_outside(1 - side);
            if !called
                || judged.roles.only_web()
                || judged.roles == lenscap_catalog::Roles::NONE.with(Role::Time)
            {
                continue;
            }
            let level = usize::from(judged.confidence / 30).clamp(1, 3) - 1;
            let points = rules::CLOUD.get(level).copied().unwrap_or(0);
            if judged.proves_camera {
                self.cloud = self.cloud.max(points);
            }
            let known = self.vendors.entry(vendor).or_default();
            *known = (*known).max(points);
        }
    }

    fn weigh_mac(&mut self, court: &Court<'_>, mac: Option<Mac>) {
        let Some(oui) = mac.filter(|mac| !mac.is_local()).and_then(|mac| court.catalog.mac(mac.0)) else {
            return;
        };
        self.oui = if oui.camera_specific { rules::CAMERA_OUI } else { rules::OTHER_OUI };
        *self.vendors.entry(oui.vendor).or_default() += self.oui;
        let mut prefix = mac.map(|mac| mac.to_string()).unwrap_or_default();
        prefix.truncate(8);
        let sighting = Sighting { count: 1, at: None, vendor: Some(oui.vendor) };
        self.seen.push(((Field::Oui, prefix.into_bytes().into()), sighting));
        self.gather();
        if self.class.is_none() && court.catalog.vendor(oui.vendor).kind == VendorKind::Doorbell {
            self.class = Some(DeviceClass::Doorbell);
        }
    }

    fn points(&self) -> u32 {
        let all = self.banner + self.cloud + self.oui;
        if self.viewer { all.saturating_sub(rules::VIEWER) } else { all }
    }

    /// Whether the evidence makes it a camera, recorder, doorbell or encoder. A MAC prefix alone never does.
    pub(crate) fn is_camera(&self) -> bool {
        self.points() >= rules::CAMERA && self.banner + self.cloud > 0
    }

    /// What a MAC alone says.
    pub(crate) fn of_mac(court: &Court<'_>, mac: Option<Mac>) -> Self {
        let mut identity = Self::default();
        identity.weigh_mac(court, mac);
        identity
    }

    /// Whether it is a camera, or may be one: half of what makes a camera is enough to be suspected. Whom it calls alone is
    /// not, since a viewer's phone calls the same.
    pub(crate) fn standing(&self) -> Standing {
        let own = if self.banner > rules::WEAK_BANNER { self.banner } else { 0 };
        let prefix = if self.oui == rules::CAMERA_OUI { self.oui } else { 0 };
        if self.is_camera() {
            Standing::Camera
        } else if !self.viewer && own + prefix >= rules::SUSPECTED {
            Standing::Suspected
        } else {
            Standing::Other
        }
    }

    /// 0 to 100: how sure that it is a camera, where it is one; else how sure the vendor is.
    pub(crate) fn confidence(&self) -> u8 {
        self.points().min(99) as u8
    }

    /// What kind of device, where it is one of those that the evidence is about.
    pub(crate) fn class(&self) -> Option<DeviceClass> {
        self.is_camera().then(|| self.class.unwrap_or(DeviceClass::Camera))
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
