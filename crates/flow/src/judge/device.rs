//! Stations of the site: which MAC or address is a device, and what it sent to whom.

use hashbrown::HashMap;
use lenscap_catalog::VendorId;
use lenscap_wire::{Address, Mac, PacketRef};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

use super::attribution::{Judged, Party};
use super::identity::Identity;
use super::link::Links;
use super::opinion::Statement;
use super::{Court, Flow, FlowAt};
use crate::key::Side;
use crate::report::{DeviceRecord, EndpointRecord};

/// What makes a device: its MAC, or its address where there is no MAC of its own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Station {
    Mac(Mac),
    Address(Address),
}

impl Station {
    /// The id of its record.
    pub(crate) fn id(self) -> String {
        match self {
            Self::Mac(mac) => mac.to_string().replace(':', ""),
            Self::Address(address) => address.ip().to_string(),
        }
    }
}

/// IP bytes by direction, all and to the outside.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Volume {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) sent_outside: u64,
    pub(crate) received_outside: u64,
    first: Option<i64>,
}

impl Volume {
    fn join(&mut self, other: &Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.sent_outside += other.sent_outside;
        self.received_outside += other.received_outside;
        self.first = [self.first, other.first].into_iter().flatten().min();
    }
}

/// Every station, with its flows.
pub(crate) struct Stations<'a> {
    /// Sorted by station.
    pub(crate) all: Vec<(Station, Box<Member<'a>>)>,
}

/// A flow of a station, from its side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contact {
    pub(crate) at: FlowAt,
    pub(crate) side: u8,
}

/// What belongs to one station.
#[derive(Debug, Default)]
pub(crate) struct Member<'a> {
    pub(crate) mac: Option<Mac>,
    pub(crate) addresses: BTreeSet<Address>,
    /// The address added last: most stations have one, and many flows.
    lately: Option<Address>,
    pub(crate) volume: Volume,
    /// Flows with a vendor, or to the outside, in no order.
    pub(crate) contacts: Vec<Contact>,
    /// What its flows' halves said of it: how often, and in which packet first.
    said: HashMap<Statement, (u64, PacketRef)>,
    pub(crate) identity: Identity<'a>,
}

impl Member<'_> {
    fn join(&mut self, other: Self) {
        self.mac = self.mac.or(other.mac);
        self.addresses.extend(other.addresses);
        self.volume.join(&other.volume);
        self.contacts.extend(other.contacts);
        for (statement, (count, at)) in other.said {
            self.hear(statement, count, at);
        }
    }

    fn hear(&mut self, statement: Statement, count: u64, at: PacketRef) {
        let known = self.said.entry(statement).or_insert((0, at));
        *known = (known.0 + count, known.1.min(at));
    }
}

/// MAC of one end of a flow: what it sent from, else what was sent to.
pub(crate) fn mac_of(flow: &Flow<'_>, side: Side) -> Option<Mac> {
    let (own, far) = (flow.cold.macs.get(side)?, flow.cold.macs.get(1 - (side & 1))?);
    let usable = |mac: &Mac| !mac.is_zero() && !mac.is_group();
    Some(own.0).filter(usable).or(Some(far.1).filter(usable))
}

impl<'a> Stations<'a> {
    pub(crate) fn new(court: &Court<'a>, judged: &[Vec<Judged>]) -> Self {
        let links = Links::new(court);
        let each = |mut roll: Roll<'a>, shard: usize| {
            let verdicts = judged.get(shard).into_iter().flatten();
            court.flows(shard).zip(verdicts).for_each(|(flow, judged)| {
                for side in [0, 1] {
                    roll.add(court, &links, &flow, judged, side);
                }
            });
            roll
        };
        let apart = judged.len().div_ceil(rayon::current_num_threads());
        let shards = (0..judged.len()).into_par_iter().with_min_len(apart);
        let mut roll = shards.fold(Roll::default, each).reduce(Roll::default, Roll::join);
        roll.add_sightings(court, &links);
        let Roll { mut all, .. } = roll;
        all.par_sort_unstable_by_key(|(station, _)| *station);
        all.par_iter_mut().for_each(|(station, member)| {
            let mac = if let Station::Mac(mac) = station { Some(*mac) } else { None };
            for (statement, (count, at)) in std::mem::take(&mut member.said) {
                for (kind, value) in court.opinions.said(statement) {
                    member.identity.see(kind, value, count, at);
                }
            }
            let contacts = member
                .contacts
                .iter()
                .filter_map(|contact| Some((Side::from(contact.side), contact.at.of(judged)?)));
            member.identity.conclude(court, mac, contacts);
        });
        Self { all }
    }

    /// A station's member.
    pub(crate) fn member(&self, station: Station) -> Option<&Member<'a>> {
        let at = self.all.binary_search_by_key(&station, |(known, _)| *known).ok()?;
        self.all.get(at).map(|(_, member)| &**member)
    }

    /// The records, by first packet and id.
    pub(crate) fn records(&self, court: &Court<'a>, judged: &[Vec<Judged>]) -> Vec<DeviceRecord<'a>> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_by_key(|(station, member)| (member.volume.first.unwrap_or(i64::MAX), *station));
        all.into_par_iter().map(|(station, member)| record(court, judged, *station, member)).collect()
    }
}

/// Stations in the order in which they were met.
#[derive(Default)]
struct Roll<'a> {
    all: Vec<(Station, Box<Member<'a>>)>,
    places: HashMap<Station, u32>,
}

impl<'a> Roll<'a> {
    fn member(&mut self, station: Station) -> &mut Member<'a> {
        let place = *self.places.entry(station).or_insert_with(|| {
            self.all.push((station, Box::default()));
            self.all.len() as u32 - 1
        });
        // Every place in the map is one of the list.
        &mut self.all[place as usize].1
    }

    fn join(self, other: Self) -> Self {
        let (mut all, few) = if self.all.len() < other.all.len() { (other, self) } else { (self, other) };
        for (station, member) in few.all {
            all.member(station).join(*member);
        }
        all
    }

    fn add(&mut self, court: &Court<'a>, links: &Links, flow: &Flow<'a>, judged: &Judged, side: Side) {
        let address = flow.hot.key.address(side);
        let outside = judged.is_outside(side);
        if flow.hot.packets[side] == 0 && outside || !outside && !court.site.is_inside(address) {
            return;
        }
        let Some(station) = station(links, mac_of(flow, side), address, !outside, b"") else { return };
        let member = self.member(station);
        if let Station::Mac(mac) = station {
            member.mac = Some(mac);
        }
        if member.lately.replace(address) != Some(address) {
            member.addresses.insert(address);
        }
        let (sent, received) = (flow.hot.bytes[side], flow.hot.bytes[1 - side]);
        member.volume.sent += sent;
        member.volume.received += received;
        let first = flow.cold.first;
        member.volume.first = Some(member.volume.first.map_or(first, |known| known.min(first)));
        if judged.is_outside(1 - side) {
            member.volume.sent_outside += sent;
            member.volume.received_outside += received;
        }
        if judged.is_outside(1 - side) || judged.vendor().is_some() && judged.remote() != side {
            member.contacts.push(Contact { at: flow.at, side: side as u8 });
        }
        for from in [0, 1] {
            let at = court.decided(flow, from).unwrap_or(flow.cold.at);
            for statement in court.testimony(flow, from).about(from != side) {
                member.hear(statement, 1, at);
            }
        }
    }

    /// What stations said of themselves in messages.
    fn add_sightings(&mut self, court: &Court<'a>, links: &Links) {
        let texts = &court.summary.texts;
        for (shown, seen) in court.summary.sightings.sorted(texts) {
            let kind = texts.text(shown.kind);
            let mac = Some(shown.mac).filter(|mac| !mac.is_zero() && !mac.is_group());
            let inside = court.site.is_inside(shown.address);
            let Some(station) = station(links, mac, shown.address, inside, kind) else { continue };
            let member = self.member(station);
            member.mac = member.mac.or(mac);
            if inside {
                member.addresses.insert(shown.address);
            }
            member.identity.see(kind, texts.text(shown.value), seen.count, seen.at);
        }
    }
}

/// Which station an end is; `None` for the outside and for those that cannot be told apart.
fn station(links: &Links, mac: Option<Mac>, address: Address, inside: bool, kind: &[u8]) -> Option<Station> {
    let Some(mac) = mac else { return inside.then_some(Station::Address(address)) };
    let standing = links.standing(mac);
    if !standing.gateway || matches!(kind, b"arp" | b"ndp") {
        return Some(if standing.shared && inside { Station::Address(address) } else { Station::Mac(mac) });
    }
    inside.then_some(Station::Address(address))
}

fn record<'a>(
    court: &Court<'a>,
    judged: &[Vec<Judged>],
    station: Station,
    member: &Member<'a>,
) -> DeviceRecord<'a> {
    let identity = &member.identity;
    let volume = member.volume;
    DeviceRecord {
        id: station.id(),
        mac: member.mac,
        addresses: member
            .addresses
            .iter()
            .map(|address| address.ip())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
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
        endpoints: endpoints(court, judged, member),
        sightings: identity.records(court),
    }
}

/// The outside parties of a device, by bytes sent.
fn endpoints<'a>(court: &Court<'a>, judged: &[Vec<Judged>], member: &Member<'a>) -> Vec<EndpointRecord<'a>> {
    type Whose<'n> = (Party, Option<VendorId>, Option<&'n [u8]>, Address);
    let mut all: BTreeMap<Whose<'a>, EndpointRecord<'a>> = BTreeMap::new();
    for &Contact { at, side } in &member.contacts {
        let side = Side::from(side);
        let (Some(flow), Some(judged)) = (court.flow(at), at.of(judged)) else { continue };
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
        record.bytes_out += flow.hot.bytes[side];
        record.bytes_in += flow.hot.bytes[1 - side];
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
