//! The second walk over all flows: which station each end is of, and what the stations add up to.
//!
//! It follows the first, since a gateway is only known by all that speaks from its MAC. What a station has many of
//! (flows, statements) goes to lists of all stations, so that a station without much to say costs little.

use hashbrown::{HashMap, HashSet, HashTable};
use lenscap_wire::{Address, Field, Mac, PacketRef};
use rayon::prelude::*;
use std::hash::BuildHasher;
use std::ops::Range;

use super::link::{Ends, LinkId, Standings};
use crate::judge::judged::Judged;
use crate::judge::whose::opinion::Statement;
use crate::judge::{Court, Flow, FlowAt};
use crate::state::key::Side;
use crate::state::seed::seeded;
use crate::state::table::index::NOWHERE;
use crate::state::table::shard::SHARDS;
use crate::state::table::slab::Slab;

/// What makes a device: its MAC, or its address where there is no MAC of its own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum StationKey {
    Mac(Mac),
    Address(Address),
}

impl StationKey {
    /// The MAC that it is known by.
    pub(crate) fn mac(self) -> Option<Mac> {
        match self {
            Self::Mac(mac) => Some(mac),
            Self::Address(_) => None,
        }
    }

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
    /// Stamp of the first packet of its flows.
    pub(crate) first: Option<i64>,
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

/// A flow of a station, from its side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contact {
    place: u32,
    shard: u8,
    side: u8,
}

const _: () = assert!(size_of::<Contact>() == 8 && SHARDS <= u8::MAX as usize);

impl Contact {
    pub(crate) fn new(FlowAt { shard, place }: FlowAt, side: Side) -> Self {
        Self { place, shard: shard as u8, side: side as u8 }
    }

    /// Where the flow stands.
    pub(crate) fn at(self) -> FlowAt {
        FlowAt { shard: u32::from(self.shard), place: self.place }
    }

    /// Which side of it the station is.
    pub(crate) fn side(self) -> Side {
        Side::from(self.side)
    }
}

/// What is known of one station.
#[derive(Debug, Default)]
pub(crate) struct Station {
    pub(crate) mac: Option<Mac>,
    pub(crate) volume: Volume,
    /// The address seen first: most stations have one.
    pub(crate) address: Option<Address>,
}

/// Something that a station said, as a sighting before it is put into words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighted<'a> {
    pub(crate) field: Field,
    pub(crate) value: &'a [u8],
    pub(crate) count: u64,
    pub(crate) at: PacketRef,
}

/// How often something was said, and in which packet first.
pub(crate) type Often = (u64, PacketRef);

/// A station's place, and what was said of it.
pub(crate) type StationSaid = (u32, (Statement, Often));

/// Stations in the order in which they were seen.
#[derive(Default)]
pub(crate) struct Roll<'a> {
    pub(crate) keys: Vec<StationKey>,
    pub(crate) stations: Slab<Station>,
    /// Addresses of stations that have several.
    pub(crate) others: HashSet<(u32, Address)>,
    /// By shard and flow, the place of each end's station, or [`NOWHERE`].
    pub(crate) places: Vec<Vec<[u32; 2]>>,
    /// What the flows' halves said of a station, of each walk apart.
    pub(crate) said: Vec<StationSaid>,
    /// What stations said of themselves in messages.
    pub(crate) shown: Vec<(u32, Sighted<'a>)>,
    by_link: Vec<u32>,
    by_address: HashMap<Address, u32>,
    /// Where in [`Roll::said`] a station's statement is.
    hearing: HashTable<u32>,
}

/// A station before it has a place on the roll.
#[derive(Clone, Copy)]
enum Found {
    Link(LinkId, Mac),
    Address(Address),
}

impl<'a> Roll<'a> {
    /// Walks over the flows of some shards.
    pub(crate) fn over(
        court: &Court<'a>,
        judged: &[Vec<Judged>],
        standings: &Standings,
        (shards, ends): (Range<usize>, Vec<Vec<Ends>>),
    ) -> Self {
        let mut roll = Self { by_link: vec![NOWHERE; standings.len()], ..Self::default() };
        // The numbers of a shard's MACs go as those of its stations come: lists of all flows are large.
        for (shard, ends) in shards.zip(ends) {
            let flows = court.flows(shard).zip(judged.get(shard).into_iter().flatten()).zip(&ends);
            let enter = |((flow, judged), ends): ((Flow<'a>, &Judged), &Ends)| {
                [0, 1].map(|side| {
                    let place = roll.enter(court, standings, (&flow, judged, ends), side);
                    place.unwrap_or(NOWHERE)
                })
            };
            let mut places = Vec::with_capacity(ends.len());
            places.extend(flows.map(enter));
            roll.places.push(places);
        }
        roll.hearing = HashTable::new();
        roll
    }

    /// Takes in the stations of other flows.
    pub(crate) fn join(mut self, other: Self, standings: &mut Standings) -> Self {
        self.by_address.reserve(other.by_address.len());
        let ours: Vec<u32> = other
            .keys
            .iter()
            .map(|key| match *key {
                StationKey::Mac(mac) => self.place(Found::Link(standings.id(mac), mac)),
                StationKey::Address(address) => self.place(Found::Address(address)),
            })
            .collect();
        let our = |place: u32| ours.get(place as usize).copied().unwrap_or(place);
        for (place, station) in ours.iter().zip(other.stations.iter()) {
            if let Some(known) = self.stations.get_mut(*place as usize) {
                known.mac = known.mac.or(station.mac);
                known.volume.join(&station.volume);
            }
            if let Some(address) = station.address {
                self.reside(*place, address);
            }
        }
        for (place, address) in other.others {
            self.reside(our(place), address);
        }
        let mut places = other.places;
        places.par_iter_mut().flatten_iter().flatten().for_each(|place| *place = our(*place));
        self.places.append(&mut places);
        self.said.extend(other.said.into_iter().map(|(place, said)| (our(place), said)));
        self
    }

    fn place(&mut self, found: Found) -> u32 {
        let (known, key) = match found {
            Found::Link(link, mac) => {
                if self.by_link.len() <= link.place() {
                    self.by_link.resize(link.place() + 1, NOWHERE);
                }
                // The list was just made long enough.
                (&mut self.by_link[link.place()], StationKey::Mac(mac))
            }
            Found::Address(address) => {
                (self.by_address.entry(address).or_insert(NOWHERE), StationKey::Address(address))
            }
        };
        if *known == NOWHERE {
            *known = self.keys.len() as u32;
            self.keys.push(key);
            self.stations.push(Station { mac: key.mac(), ..Station::default() });
        }
        *known
    }

    fn reside(&mut self, place: u32, address: Address) {
        let known =
            self.stations.get_mut(place as usize).map(|station| *station.address.get_or_insert(address));
        if known != Some(address) {
            self.others.insert((place, address));
        }
    }

    fn hear(&mut self, place: u32, statement: Statement, (count, at): Often) {
        let key = |&(place, (statement, _)): &StationSaid| seeded().hash_one((place, statement));
        let new = (place, (statement, (count, at)));
        let same = |&at: &u32| {
            self.said.get(at as usize).is_some_and(|said| (said.0, said.1.0) == (place, statement))
        };
        if let Some(&known) = self.hearing.find(key(&new), same) {
            if let Some((_, (_, often))) = self.said.get_mut(known as usize) {
                *often = (often.0 + count, often.1.min(at));
            }
            return;
        }
        let said = &self.said;
        self.hearing.insert_unique(key(&new), said.len() as u32, |&at| said.get(at as usize).map_or(0, key));
        self.said.push(new);
    }

    fn enter(
        &mut self,
        court: &Court<'a>,
        standings: &Standings,
        (flow, judged, ends): (&Flow<'a>, &Judged, &Ends),
        side: Side,
    ) -> Option<u32> {
        let address = flow.hot.key.address(side);
        let outside = judged.is_outside(side);
        let counters = flow.counters();
        if counters.packets[side] == 0 && outside || !outside && !judged.is_inside(side) {
            return None;
        }
        let found = station(standings, ends[side], address, !outside, None)?;
        let place = self.place(found);
        let abroad = judged.is_outside(1 - side);
        self.reside(place, address);
        if let Some(station) = self.stations.get_mut(place as usize) {
            let (sent, received) = (counters.bytes[side], counters.bytes[1 - side]);
            let volume = &mut station.volume;
            volume.sent += sent;
            volume.received += received;
            let first = flow.cold.first;
            volume.first = Some(volume.first.map_or(first, |known| known.min(first)));
            if abroad {
                volume.sent_outside += sent;
                volume.received_outside += received;
            }
        }
        for from in [0, 1] {
            let mut statements = court.testimony(flow, from).about(from != side).peekable();
            if statements.peek().is_some() {
                let at = court.decided(flow, from).unwrap_or(flow.cold.at());
                statements.for_each(|statement| self.hear(place, statement, (1, at)));
            }
        }
        Some(place)
    }

    /// Adds what stations said of themselves in messages.
    pub(crate) fn add_sightings(&mut self, court: &Court<'a>, standings: &mut Standings) {
        let texts = &court.summary.flows.texts;
        for (shown, seen) in court.summary.site.sightings.sorted(texts) {
            let field = shown.field;
            let mac = Some(shown.mac).filter(|mac| !mac.is_zero() && !mac.is_group());
            let link = mac.map_or(LinkId::NONE, |mac| standings.id(mac));
            let inside = court.boundary.is_inside(shown.address);
            let Some(found) = station(standings, link, shown.address, inside, Some(field)) else { continue };
            let place = self.place(found);
            if let Some(station) = self.stations.get_mut(place as usize) {
                station.mac = station.mac.or(mac);
            }
            if inside {
                self.reside(place, shown.address);
            }
            let shown = Sighted { field, value: texts.text(shown.value), count: seen.count, at: seen.at };
            self.shown.push((place, shown));
        }
    }
}

/// Which station an end is; `None` for the outside and for those that cannot be told apart.
fn station(
    standings: &Standings,
    link: LinkId,
    address: Address,
    inside: bool,
    field: Option<Field>,
) -> Option<Found> {
    let by_address = || inside.then_some(Found::Address(address));
    let Some((mac, standing)) = standings.of(link) else { return by_address() };
    let gateway = standing.gateway && !matches!(field, Some(Field::Arp | Field::Ndp));
    if gateway || standing.shared && inside { by_address() } else { Some(Found::Link(link, mac)) }
}
