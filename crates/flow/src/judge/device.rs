//! Devices: the stations of the roll with what they are, and the record of each.

use lenscap_catalog::VendorId;
use lenscap_wire::Address;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

use super::attribution::{Judged, Party};
use super::grouped::Grouped;
use super::identity::Identity;
use super::link::Links;
use super::opinion::Statement;
use super::roll::{Contact, Member, Often, Roll, Shown, Station};
use super::walk::{Walk, parts};
use super::{Court, FlowAt};
use crate::report::{DeviceRecord, EndpointRecord};
use crate::slab::Slab;

/// Every station, with its flows.
pub(crate) struct Stations<'a> {
    /// The stations in their order, with the place of each in the other lists.
    sorted: Vec<(Station, u32)>,
    members: Slab<Member>,
    contacts: Grouped<Contact>,
    said: Grouped<(Statement, Often)>,
    shown: Grouped<Shown<'a>>,
    /// Whether each is a camera. The rest of an identity is worked out when asked for: most are never shown.
    cameras: Vec<bool>,
}

/// One station.
#[derive(Clone, Copy)]
pub(crate) struct Device<'s, 'a> {
    pub(crate) station: Station,
    pub(crate) member: &'s Member,
    pub(crate) is_camera: bool,
    place: usize,
    stations: &'s Stations<'a>,
}

impl<'a> Stations<'a> {
    pub(crate) fn new(court: &Court<'a>, walk: &mut Walk) -> Self {
        let mut standings = std::mem::take::<Links>(&mut walk.links).standings();
        let rolls: Vec<Roll<'a>> =
            parts().map(|shards| Roll::over(court, walk, &standings, shards)).collect();
        walk.ends = Vec::new();
        let roll = rolls.into_iter().reduce(|roll, other| roll.join(other, &mut standings));
        let mut roll = roll.unwrap_or_default();
        roll.add_sightings(court, &mut standings);
        drop(standings);
        Self::conclude(court, &walk.judged, roll)
    }

    fn conclude(court: &Court<'a>, judged: &[Vec<Judged>], roll: Roll<'a>) -> Self {
        let Roll { stations, members, contacts, said, shown, .. } = roll;
        let places = stations.len();
        let words = || rayon::join(|| Grouped::new(said, places), || Grouped::new(shown, places));
        let (contacts, (said, shown)) = rayon::join(|| Grouped::new(contacts, places), words);
        let mut sorted: Vec<(Station, u32)> = stations.into_iter().zip(0..).collect();
        let mut all = Self { sorted: Vec::new(), members, contacts, said, shown, cameras: Vec::new() };
        let camera = |(station, place): &(Station, u32)| {
            all.identity(court, judged, *station, *place as usize).is_camera()
        };
        all.cameras = sorted.par_iter().map(camera).collect();
        sorted.par_sort_unstable();
        all.sorted = sorted;
        all
    }

    /// What a station is.
    fn identity(
        &self,
        court: &Court<'a>,
        judged: &[Vec<Judged>],
        station: Station,
        place: usize,
    ) -> Identity<'a> {
        let mut identity = Identity::default();
        for (statement, (count, at)) in self.said.of(place) {
            for (kind, value) in court.opinions.said(*statement) {
                identity.see(kind, value, *count, *at);
            }
        }
        for shown in self.shown.of(place) {
            identity.see(shown.kind, shown.value, shown.count, shown.at);
        }
        let known = self.contacts.of(place).filter(|contact| contact.vendor);
        let known = known.filter_map(|contact| Some((contact.side(), contact.at().of(judged)?)));
        identity.conclude(court, station.mac(), known);
        identity
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }

    fn at(&self, station: Station, place: u32) -> Option<Device<'_, 'a>> {
        let place = place as usize;
        let (member, is_camera) = (self.members.get(place)?, *self.cameras.get(place)?);
        Some(Device { station, member, is_camera, place, stations: self })
    }

    /// Every station in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Device<'_, 'a>> {
        self.sorted.iter().filter_map(|(station, place)| self.at(*station, *place))
    }

    /// One station.
    pub(crate) fn device(&self, station: Station) -> Option<Device<'_, 'a>> {
        let at = self.sorted.binary_search_by_key(&station, |(known, _)| *known).ok()?;
        let (station, place) = self.sorted.get(at)?;
        self.at(*station, *place)
    }

    /// The records, by first packet and id.
    pub(crate) fn records(&self, court: &Court<'a>, judged: &[Vec<Judged>]) -> Vec<DeviceRecord<'a>> {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_by_key(|device| (device.member.volume.first.unwrap_or(i64::MAX), device.station));
        all.into_par_iter().map(|device| device.record(court, judged)).collect()
    }
}

impl<'s, 'a> Device<'s, 'a> {
    /// Flows with a vendor, or to the outside, in no order.
    pub(crate) fn contacts(&self) -> impl Iterator<Item = &'s Contact> + use<'s> {
        self.stations.contacts.of(self.place)
    }

    /// What it is.
    pub(crate) fn identity(&self, court: &Court<'a>, judged: &[Vec<Judged>]) -> Identity<'a> {
        self.stations.identity(court, judged, self.station, self.place)
    }

    fn record(&self, court: &Court<'a>, judged: &[Vec<Judged>]) -> DeviceRecord<'a> {
        let (identity, volume) = (self.identity(court, judged), self.member.volume);
        let addresses: BTreeSet<_> = self.member.addresses().map(Address::ip).collect();
        DeviceRecord {
            id: self.station.id(),
            mac: self.member.mac,
            addresses: addresses.into_iter().collect(),
            vendor: identity.vendor.map(|id| court.catalog.vendor(id)),
            model: identity.model.clone(),
            serial: identity.serial.clone(),
            firmware: identity.firmware.clone(),
            class: identity.class(),
            is_camera: identity.is_camera(),
            confidence: identity.confidence(),
            bytes_out: volume.sent,
            bytes_in: volume.received,
            bytes_out_external: volume.sent_outside,
            bytes_in_external: volume.received_outside,
            endpoints: self.endpoints(court, judged),
            sightings: identity.records(court),
        }
    }

    /// Its outside parties, by bytes sent.
    fn endpoints(&self, court: &Court<'a>, judged: &[Vec<Judged>]) -> Vec<EndpointRecord<'a>> {
        type Whose<'n> = (Party, Option<VendorId>, Option<&'n [u8]>, Address);
        let mut all: BTreeMap<Whose<'a>, EndpointRecord<'a>> = BTreeMap::new();
        for contact in self.contacts() {
            let (at, side) = (contact.at(), contact.side());
            let (Some(flow), Some(judged)) = (court.flow(at), FlowAt::of(at, judged)) else { continue };
            let address = flow.hot.key.address(1 - side);
            let name = court.best_name(&flow, judged).map(|named| named.text);
            let vendor = judged.vendor();
            let record = all.entry((judged.party, vendor, name, address)).or_insert_with(|| EndpointRecord {
                party: judged.party.word(),
                vendor: vendor.map(|id| court.catalog.vendor(id)),
                name,
                address: address.ip(),
                bytes_out: 0,
                bytes_in: 0,
                flows: 0,
                activity: Vec::new(),
            });
            let bytes = flow.counters().bytes;
            record.bytes_out += bytes[side];
            record.bytes_in += bytes[1 - side];
            record.flows += 1;
            if !record.activity.contains(&judged.activity.word()) {
                record.activity.push(judged.activity.word());
                record.activity.sort_unstable();
            }
        }
        let mut all: Vec<_> = all.into_values().collect();
        all.sort_by(|a, b| (b.bytes_out, a.name, a.address).cmp(&(a.bytes_out, b.name, b.address)));
        all
    }
}
