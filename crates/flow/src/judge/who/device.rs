//! Devices: the stations of the roll with what they are, and the record of each.

use lenscap_catalog::VendorId;
use lenscap_wire::Address;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::grouped::Grouped;
use super::identity::Identity;
use super::link::Links;
use super::roll::{Contact, Often, Roll, Sighted, Station, StationKey};
use crate::judge::judged::Judged;
use crate::judge::walk::{Walk, parts};
use crate::judge::whose::opinion::Statement;
use crate::judge::{Court, FlowAt};
use crate::report::{DeviceRecord, EndpointRecord, Party, Standing};
use crate::state::key::Side;
use crate::state::table::index::NOWHERE;
use crate::state::table::slab::Slab;

/// Every station, with its flows.
pub(crate) struct Stations<'a> {
    /// The places that all other lists go by.
    keys: Vec<StationKey>,
    all: Slab<Station>,
    /// Addresses of stations that have several, beside the first.
    others: Grouped<Address>,
    /// By shard and flow, the place of each end's station, or [`NOWHERE`].
    places: Vec<Vec<[u32; 2]>>,
    /// Flows with a vendor, by station.
    dealings: Grouped<Contact>,
    said: Grouped<(Statement, Often)>,
    shown: Grouped<Sighted<'a>>,
    /// What each is. The rest of an identity is worked out when asked for: most are never shown.
    standings: Vec<Standing>,
}

/// One station.
#[derive(Clone, Copy)]
pub(crate) struct Device<'s, 'a> {
    pub(crate) key: StationKey,
    pub(crate) station: &'s Station,
    pub(crate) place: usize,
    stations: &'s Stations<'a>,
}

impl<'a> Stations<'a> {
    pub(crate) fn new(court: &Court<'a>, walk: &mut Walk) -> Self {
        let mut standings = std::mem::take::<Links>(&mut walk.links).standings();
        let mut ends = std::mem::take(&mut walk.ends).into_iter();
        let shares: Vec<Range<usize>> = parts().collect();
        let shares: Vec<_> = shares
            .into_iter()
            .map(|shards| {
                let several = shards.len();
                (shards, ends.by_ref().take(several).collect())
            })
            .collect();
        let rolls: Vec<Roll<'a>> = shares
            .into_par_iter()
            .with_max_len(1)
            .map(|share| Roll::over(court, &walk.judged, &standings, share))
            .collect();
        let roll = rolls.into_iter().reduce(|roll, other| roll.join(other, &mut standings));
        let mut roll = roll.unwrap_or_default();
        roll.add_sightings(court, &mut standings);
        drop(standings);
        Self::conclude(court, &walk.judged, roll)
    }

    fn conclude(court: &Court<'a>, judged: &[Vec<Judged>], roll: Roll<'a>) -> Self {
        let Roll { keys, stations, others, places, said, shown, .. } = roll;
        let groups = keys.len();
        let (said, shown) = rayon::join(|| Grouped::new(said, groups), || Grouped::new(shown, groups));
        let others = Grouped::new(others.into_iter().collect(), groups);
        let dealings = contacts(&places, judged, groups, |judged, side| {
            judged.vendor().is_some() && judged.is_contact(side)
        });
        let mut all =
            Self { keys, all: stations, others, places, dealings, said, shown, standings: Vec::new() };
        let standing = |(place, key): (usize, &StationKey)| {
            all.is_known(place)
                .then(|| all.identity(court, judged, *key, place))
                .map_or_else(|| Identity::of_mac(court, key.mac()).standing(), |identity| identity.standing())
        };
        all.standings = all.keys.par_iter().enumerate().map(standing).collect();
        all
    }

    /// Whether anything is known of a station beside its MAC, which alone makes no camera.
    fn is_known(&self, place: usize) -> bool {
        let (said, shown) = (self.said.of(place), self.shown.of(place));
        said.len() + shown.len() + self.dealings.of(place).len() > 0
    }

    /// What a station is.
    fn identity(
        &self,
        court: &Court<'a>,
        judged: &[Vec<Judged>],
        key: StationKey,
        place: usize,
    ) -> Identity<'a> {
        let mut identity = Identity::default();
        for (statement, (count, at)) in self.said.of(place) {
            for (kind, value) in court.opinions.said(*statement) {
                identity.see(kind, value, *count, *at);
            }
        }
        for shown in self.shown.of(place) {
            identity.see(shown.field, shown.value, shown.count, shown.at);
        }
        let known =
            self.dealings.of(place).filter_map(|contact| Some((contact.side(), contact.at().of(judged)?)));
        identity.conclude(court, key.mac(), known);
        identity
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// How many of them are cameras.
    pub(crate) fn cameras(&self) -> usize {
        self.standings.iter().filter(|standing| **standing == Standing::Camera).count()
    }

    /// What the station at a place is.
    pub(crate) fn standing(&self, place: usize) -> Standing {
        self.standings.get(place).copied().unwrap_or_default()
    }

    /// The flows with parties outside that are judged, by station: all of a camera and a possible camera, those with a vendor
    /// of any other.
    pub(crate) fn dealings_outside(&self, judged: &[Vec<Judged>]) -> Grouped<Contact> {
        let shard = |((shard, places), judged): ((usize, &Vec<[u32; 2]>), &Vec<Judged>)| {
            let mut found = Vec::new();
            for ((place, stations), judged) in (0..).zip(places).zip(judged) {
                for side in [0, 1].into_iter().filter(|&side| judged.is_outside(1 - side)) {
                    let station = stations[side];
                    let told = station != NOWHERE
                        && (judged.vendor().is_some() || self.standing(station as usize) != Standing::Other);
                    if told {
                        let at = FlowAt { shard: shard as u32, place };
                        found.push((station, Contact::new(at, side)));
                    }
                }
            }
            found
        };
        let found: Vec<Vec<_>> = self.places.par_iter().enumerate().zip(judged).map(shard).collect();
        Grouped::new(found.into_iter().flatten().collect(), self.len())
    }

    /// The station at a place.
    pub(crate) fn device(&self, place: usize) -> Option<Device<'_, 'a>> {
        let (key, station) = (*self.keys.get(place)?, self.all.get(place)?);
        Some(Device { key, station, place, stations: self })
    }

    /// Every station, in no promised order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Device<'_, 'a>> {
        (0..self.len()).filter_map(|place| self.device(place))
    }

    /// The records, by first packet and id.
    pub(crate) fn records(&self, court: &Court<'a>, judged: &[Vec<Judged>]) -> Vec<DeviceRecord<'a>> {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_by_key(|device| (device.station.volume.first.unwrap_or(i64::MAX), device.key));
        let contacts = contacts(&self.places, judged, all.len(), Judged::is_contact);
        all.into_par_iter().map(|device| device.record(court, judged, &contacts)).collect()
    }
}

impl<'s, 'a> Device<'s, 'a> {
    /// Its addresses, in no order.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address> + use<'s, 'a> {
        let others = self.stations.others.of(self.place).copied();
        self.station.address.into_iter().chain(others)
    }

    /// What it is.
    pub(crate) fn identity(&self, court: &Court<'a>, judged: &[Vec<Judged>]) -> Identity<'a> {
        self.stations.identity(court, judged, self.key, self.place)
    }

    fn record(
        &self,
        court: &Court<'a>,
        judged: &[Vec<Judged>],
        contacts: &Grouped<Contact>,
    ) -> DeviceRecord<'a> {
        let (identity, volume) = (self.identity(court, judged), self.station.volume);
        let addresses: BTreeSet<_> = self.addresses().map(Address::ip).collect();
        DeviceRecord {
            id: self.key.id(),
            mac: self.station.mac,
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
            endpoints: endpoints(court, judged, contacts.of(self.place)),
            sightings: identity.records(court),
        }
    }
}

/// The flows of each station that `wanted` wants, by station.
fn contacts(
    places: &[Vec<[u32; 2]>],
    judged: &[Vec<Judged>],
    stations: usize,
    wanted: impl Fn(&Judged, Side) -> bool + Sync,
) -> Grouped<Contact> {
    let shard = |((shard, places), judged): ((usize, &Vec<[u32; 2]>), &Vec<Judged>)| {
        let mut found = Vec::new();
        for ((place, stations), judged) in (0..).zip(places).zip(judged) {
            let at = FlowAt { shard: shard as u32, place };
            let sides = [0, 1].into_iter().filter(|&side| stations[side] != NOWHERE && wanted(judged, side));
            found.extend(sides.map(|side| (stations[side], Contact::new(at, side))));
        }
        found
    };
    let found: Vec<Vec<_>> = places.par_iter().enumerate().zip(judged).map(shard).collect();
    Grouped::new(found.into_iter().flatten().collect(), stations)
}

/// The outside parties of a station, by bytes sent.
fn endpoints<'a, 'c>(
    court: &Court<'a>,
    judged: &[Vec<Judged>],
    contacts: impl Iterator<Item = &'c Contact>,
) -> Vec<EndpointRecord<'a>> {
    type PartyKey<'n> = (Party, Option<VendorId>, Option<&'n [u8]>, Address);
    let mut all: BTreeMap<PartyKey<'a>, EndpointRecord<'a>> = BTreeMap::new();
    for contact in contacts {
        let (at, side) = (contact.at(), contact.side());
        let (Some(flow), Some(judged)) = (court.flow(at), FlowAt::of(at, judged)) else { continue };
        let address = court.party_address(&flow, 1 - side);
        let name = court.best_name(&flow, judged).map(|named| named.text);
        let vendor = judged.vendor();
        let record = all.entry((judged.party, vendor, name, address)).or_insert_with(|| EndpointRecord {
            party: judged.party,
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
        if !record.activity.contains(&judged.activity) {
            record.activity.push(judged.activity);
            record.activity.sort_unstable_by_key(|activity| activity.word());
        }
    }
    let mut all: Vec<_> = all.into_values().collect();
    all.sort_by(|a, b| (b.bytes_out, a.name, a.address).cmp(&(a.bytes_out, b.name, b.address)));
    all
}
