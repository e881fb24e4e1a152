//! Stations of the site: which MAC or address is a device, and what it sent to whom.

use hashbrown::HashMap;
use lenscap_catalog::VendorId;
use lenscap_wire::{Address, Mac};
use std::collections::{BTreeMap, BTreeSet};

use super::attribution::{Judged, Party};
use super::identity::Identity;
use super::{Court, Flow, FlowAt, rules};
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

/// What a MAC was seen to stand for.
#[derive(Clone, Debug, Default)]
struct Link {
    /// Inside addresses that it sends from.
    inside: BTreeSet<Address>,
    outside: u32,
    last_outside: Option<Address>,
}

impl Link {
    fn is_gateway(&self) -> bool {
        self.outside >= rules::GATEWAY_ADDRESSES || self.outside > 0 && !self.inside.is_empty()
    }
}

/// Every station, with its flows.
pub(crate) struct Stations<'a> {
    links: HashMap<Mac, Link>,
    pub(crate) all: BTreeMap<Station, Member<'a>>,
}

/// What belongs to one station.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member<'a> {
    pub(crate) mac: Option<Mac>,
    pub(crate) addresses: BTreeSet<Address>,
    pub(crate) volume: Volume,
    /// Flows with a vendor, or to the outside, from its side.
    pub(crate) contacts: Vec<(FlowAt, Side, Judged)>,
    pub(crate) identity: Identity<'a>,
}

/// MAC of one end of a flow: what it sent from, else what was sent to.
pub(crate) fn mac_of(flow: &Flow<'_>, side: Side) -> Option<Mac> {
    let (own, far) = (flow.cold.macs.get(side)?, flow.cold.macs.get(1 - (side & 1))?);
    let usable = |mac: &Mac| !mac.is_zero() && !mac.is_group();
    Some(own.0).filter(usable).or(Some(far.1).filter(usable))
}

impl<'a> Stations<'a> {
    pub(crate) fn new(court: &Court<'a>, judged: &[Vec<Judged>]) -> Self {
        let mut stations = Self { links: stations_links(court, judged.len()), all: BTreeMap::new() };
        for (shard, judged) in judged.iter().enumerate() {
            for (flow, judged) in court.flows(shard).zip(judged) {
                for side in [0, 1] {
                    stations.add(court, &flow, judged, side);
                }
            }
        }
        for (shown, seen) in court.summary.sightings.sorted(&court.summary.texts) {
            let kind = court.summary.texts.text(shown.kind);
            let usable = !shown.mac.is_zero() && !shown.mac.is_group();
            if let Some(station) = stations.station(court, usable.then_some(shown.mac), shown.address, kind) {
                let member = stations.all.entry(station).or_default();
                member.mac = member.mac.or(usable.then_some(shown.mac));
                if court.site.is_inside(shown.address) {
                    member.addresses.insert(shown.address);
                }
                let value = court.summary.texts.text(shown.value);
                member.identity.see(kind, value, seen.count, seen.at);
            }
        }
        for (station, member) in &mut stations.all {
            member.contacts.sort_by_key(|(at, side, _)| {
                (court.flow(*at).map(|flow| (flow.cold.first, flow.cold.at)), *side)
            });
            let mac = if let Station::Mac(mac) = station { Some(*mac) } else { None };
            let contacts = std::mem::take(&mut member.contacts);
            member.identity.conclude(court, mac, &contacts);
            member.contacts = contacts;
        }
        stations
    }

    /// Which station an end is; `None` for the outside and for those that cannot be told apart.
    pub(crate) fn station(
        &self,
        court: &Court<'_>,
        mac: Option<Mac>,
        address: Address,
        kind: &[u8],
    ) -> Option<Station> {
        let inside = court.site.is_inside(address);
        let Some(mac) = mac else { return inside.then_some(Station::Address(address)) };
        let link = self.links.get(&mac);
        if !link.is_some_and(Link::is_gateway) || matches!(kind, b"arp" | b"ndp") {
            let alone = link.is_none_or(|link| link.inside.len() <= 4);
            return if alone || !inside { Some(Station::Mac(mac)) } else { Some(Station::Address(address)) };
        }
        inside.then_some(Station::Address(address))
    }

    fn add(&mut self, court: &Court<'a>, flow: &Flow<'a>, judged: &Judged, side: Side) {
        let address = flow.hot.key.address(side);
        let nobody = !court.site.is_inside(address) && !court.site.is_outside(address);
        if nobody || flow.hot.packets[side] == 0 && judged.is_outside(side) {
            return;
        }
        let Some(station) = self.station(court, mac_of(flow, side), address, b"") else { return };
        let member = self.all.entry(station).or_default();
        if let Station::Mac(mac) = station {
            member.mac = Some(mac);
        }
        member.addresses.insert(address);
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
            member.contacts.push((flow.at, side, *judged));
        }
        for from in [0, 1] {
            let at = court.decided(flow, from).unwrap_or(flow.cold.at);
            for (kind, value, of_receiver) in court.said(flow, from) {
                if (from == side) != of_receiver {
                    member.identity.see(kind, value, 1, at);
                }
            }
        }
    }

    /// The records, by first packet and id.
    pub(crate) fn records(&self, court: &Court<'a>) -> Vec<DeviceRecord<'a>> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_by_key(|(station, member)| (member.volume.first.unwrap_or(i64::MAX), **station));
        all.into_iter().map(|(station, member)| record(court, *station, member)).collect()
    }
}

/// What every MAC sends from.
fn stations_links(court: &Court<'_>, shards: usize) -> HashMap<Mac, Link> {
    let mut links: HashMap<Mac, Link> = HashMap::new();
    for flow in (0..shards).flat_map(|shard| court.flows(shard)) {
        for side in [0, 1] {
            let Some((mac, _)) =
                flow.cold.macs.get(side).filter(|(mac, _)| !mac.is_zero() && !mac.is_group())
            else {
                continue;
            };
            let (address, sent) = (flow.hot.key.address(side), flow.hot.packets[side] > 0);
            if !sent {
                continue;
            }
            let link = links.entry(*mac).or_default();
            if court.site.is_inside(address) {
                link.inside.insert(address);
            } else if court.site.is_outside(address) && link.last_outside != Some(address) {
                link.outside = link.outside.saturating_add(1);
                link.last_outside = Some(address);
            }
        }
    }
    links
}

fn record<'a>(court: &Court<'a>, station: Station, member: &Member<'a>) -> DeviceRecord<'a> {
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
        endpoints: endpoints(court, member),
        sightings: identity.records(court),
    }
}

/// The outside parties of a device, by bytes sent.
fn endpoints<'a>(court: &Court<'a>, member: &Member<'a>) -> Vec<EndpointRecord<'a>> {
    type Whose<'n> = (Party, Option<VendorId>, Option<&'n [u8]>, Address);
    let mut all: BTreeMap<Whose<'a>, EndpointRecord<'a>> = BTreeMap::new();
    for (at, side, judged) in &member.contacts {
        let Some(flow) = court.flow(*at) else { continue };
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
        record.bytes_out += flow.hot.bytes[*side];
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
