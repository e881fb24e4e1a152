//! The roll of stations: which ends are one device, and what they add up to.
//!
//! It is called when all ends are known. What 44:19:b6:00:00:01 sends from 192.168.1.64 and from 192.168.1.70 a day later
//! is one station's, by the MAC; 10.0.0.7 behind a router is one by its address, and so is one on a link without MACs.

use hashbrown::HashMap;
use hashbrown::hash_table::{Entry, HashTable};
use lenscap_wire::{Address, Field, Mac, PacketRef};
use std::cmp::Reverse;
use std::hash::BuildHasher;

use super::claims::{is_of_link, is_unspecified};
use super::disputed::{Doubts, doubts};
use super::ends::{End, Ends};
use super::heard::Heard;
use super::mac::{MacKind, MacKinds};
use super::volume::Volume;
use crate::judge::Court;
use crate::report::DeviceId;
use crate::state::seed::seeded;
use crate::state::table::index::NOWHERE;
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
        DeviceId::from(self).to_string()
    }
}

impl From<StationKey> for DeviceId {
    fn from(key: StationKey) -> Self {
        match key {
            StationKey::Mac(mac) => Self::Mac(mac),
            StationKey::Address(address) => Self::Address(address.ip()),
        }
    }
}

/// What is known of one station.
#[derive(Debug, Default)]
pub(crate) struct Station {
    pub(crate) mac: Option<Mac>,
    /// Whether others stand behind its MAC.
    pub(crate) is_router: bool,
    pub(crate) volume: Volume,
    /// The address that carried most bytes so far, and how many it sent. Most stations have one.
    pub(crate) title: Option<(Address, u64)>,
}

/// Something that a station said, as a sighting before it is put into words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighted<'a> {
    pub(crate) field: Field,
    pub(crate) value: &'a [u8],
    /// Whether others said it of the station.
    pub(crate) claimed: bool,
    pub(crate) count: u64,
    pub(crate) at: PacketRef,
}

/// Stations in the order in which they were seen.
#[derive(Default)]
pub(crate) struct Roll<'a> {
    pub(crate) keys: Vec<StationKey>,
    pub(crate) stations: Slab<Station>,
    /// Addresses beside the title.
    pub(crate) others: Vec<(u32, Address)>,
    /// What the flows' halves said of a station, of each walk apart.
    pub(crate) said: Vec<(u32, Heard)>,
    /// What stations said of themselves in messages.
    pub(crate) shown: Vec<(u32, Sighted<'a>)>,
    /// What is doubtful about their addresses.
    pub(crate) doubts: Doubts,
    /// By the place of an end, that of its station, or [`NOWHERE`].
    pub(crate) of_end: Vec<u32>,
    /// By the [number](MacKinds::number) of a MAC, the station that ends are of which are its own.
    of_mac: Vec<u32>,
    /// The other stations.
    places: HashTable<u32>,
    /// Which station with a MAC an address is of, if any, for those of which is asked; [`NOWHERE`] where several have it.
    owners: HashMap<Address, Option<u32>>,
}

impl<'a> Roll<'a> {
    /// Makes stations of all ends, and adds what they said of themselves.
    pub(crate) fn new(court: &Court<'a>, mut ends: Ends) -> Self {
        ends.find_foreign(&court.claims);
        let has_asked = |mac, address| court.names.has_asked(mac, address);
        let kinds = MacKinds::new(&court.claims, &ends, has_asked);
        let mut roll = Self::with_room(ends.all.len());
        roll.of_end = vec![NOWHERE; ends.all.len()];
        roll.add_own(court, &kinds, &ends);
        roll.add_foreign(&kinds, &ends);
        let showed = roll.keys.len();
        roll.find_owners(court, &ends);
        roll.add_claims(court, &kinds);
        for (at, end) in ends.all.iter().enumerate() {
            let is_none = end.is_foreign || ends.is_behind(&court.claims, end);
            if roll.of_end[at] == NOWHERE && !is_none {
                roll.of_end[at] = roll.by_address(court, &kinds, end).unwrap_or(NOWHERE);
            }
            if let Some(station) = roll.stations.get_mut(roll.of_end[at] as usize) {
                station.volume.join(&end.volume);
            }
        }
        let said = std::mem::take(&mut ends.said).into_iter();
        let known = roll.keys.len();
        for (end, _) in said.as_slice().iter().filter(|(_, heard)| !heard.claimed) {
            let Some(end) = ends.all.get(*end as usize) else { continue };
            if !end.is_inside && kinds.of(end.key.0) == MacKind::Presumed {
                roll.enter(&kinds, StationKey::Mac(end.key.0));
            }
        }
        roll.add_residents(&ends);
        let placed = said.filter_map(|(end, heard)| roll.hearer((&ends, &kinds), known, end as usize, heard));
        roll.said = placed.collect();
        roll.add_sightings(court, &kinds);
        for station in roll.stations.iter_mut().skip(showed) {
            station.is_router = station.mac.is_some_and(|mac| kinds.of(mac).is_router());
        }
        roll.doubts = doubts(court, &kinds, &ends, &roll);
        // Nobody looks a station up any more, and what follows takes its room.
        (roll.places, roll.owners, roll.of_mac) = (HashTable::new(), HashMap::new(), Vec::new());
        roll
    }

    /// Adds the stations of MACs with the ends that are their own.
    fn add_own(&mut self, court: &Court<'a>, kinds: &MacKinds, ends: &Ends) {
        self.of_mac = vec![NOWHERE; kinds.len()];
        for (at, end) in ends.all.iter().enumerate() {
            let Some(number) = kinds.number_of(at).filter(|_| kinds.is_own(&court.claims, at, end)) else {
                continue;
            };
            if self.of_mac[number] == NOWHERE {
                self.of_mac[number] = self.add(StationKey::Mac(end.key.0), kinds.is_router(at));
            }
            self.of_end[at] = self.of_mac[number];
        }
    }

    /// Gives what came from sources that are not their sender's own to the station that sent it.
    fn add_foreign(&mut self, kinds: &MacKinds, ends: &Ends) {
        for (at, end) in ends.all.iter().enumerate() {
            if end.is_foreign {
                self.of_end[at] = self.own_place(kinds, StationKey::Mac(end.key.0)).unwrap_or(NOWHERE);
            }
        }
    }

    /// Finds the stations with a MAC that have the addresses of which is asked: those of ends that are not their MAC's own, and
    /// those of which messages told. In most captures they are few.
    fn find_owners(&mut self, court: &Court<'a>, ends: &Ends) {
        let asked = |(at, end): (usize, &End)| {
            let asked = self.of_end[at] == NOWHERE && !ends.is_behind(&court.claims, end);
            asked.then_some((end.key.1, None))
        };
        let told = court.summary.site.sightings.iter().map(|(shown, _)| (shown.address, None));
        self.owners = ends.all.iter().enumerate().filter_map(asked).chain(told).collect();
        if self.owners.is_empty() {
            return;
        }
        let of_end = std::mem::take(&mut self.of_end);
        for (place, end) in of_end.iter().zip(ends.all.iter()).filter(|(place, _)| **place != NOWHERE) {
            if !end.is_foreign {
                self.own(*place, end.key.1);
            }
        }
        self.of_end = of_end;
    }

    /// The station of which is told what was said at an end. What an outside end says behind a MAC that is only taken for a
    /// router's, and of which nothing else is known (it stands behind those that were `known`), is shown of that MAC, as if
    /// somebody had claimed it.
    fn hearer(
        &self,
        (ends, kinds): (&Ends, &MacKinds),
        known: usize,
        end: usize,
        heard: Heard,
    ) -> Option<(u32, Heard)> {
        let place = *self.of_end.get(end)?;
        if place != NOWHERE {
            return Some((place, heard));
        }
        let mac = ends.all.get(end)?.key.0;
        let place = self.place(kinds, StationKey::Mac(mac)).filter(|_| !heard.claimed)?;
        (place as usize >= known).then_some((place, heard.as_claim()))
    }

    /// A roll with room for about as many stations as there are ends.
    fn with_room(ends: usize) -> Self {
        Self { keys: Vec::with_capacity(ends), stations: Slab::with_room(ends), ..Self::default() }
    }

    /// The place of the station with a key, which is added where there is none.
    fn enter(&mut self, kinds: &MacKinds, key: StationKey) -> u32 {
        if let Some(place) = self.own_place(kinds, key) {
            return place;
        }
        let keys = &self.keys;
        let same = |place: &u32| keys.get(*place as usize) == Some(&key);
        let hash = |place: &u32| keys.get(*place as usize).map_or(0, |key| seeded().hash_one(key));
        let place = keys.len() as u32;
        match self.places.entry(seeded().hash_one(key), same, hash) {
            Entry::Occupied(known) => return *known.get(),
            Entry::Vacant(entry) => entry.insert(place),
        };
        self.add(key, false)
    }

    /// Adds a station with a key that none has yet.
    fn add(&mut self, key: StationKey, is_router: bool) -> u32 {
        let place = self.keys.len() as u32;
        self.keys.push(key);
        self.stations.push(Station { mac: key.mac(), is_router, ..Station::default() });
        place
    }

    /// The place of the station with a key.
    pub(super) fn place(&self, kinds: &MacKinds, key: StationKey) -> Option<u32> {
        let same = |place: &u32| self.keys.get(*place as usize) == Some(&key);
        let other = || self.places.find(seeded().hash_one(key), same).copied();
        self.own_place(kinds, key).or_else(other)
    }

    /// The same, of a MAC with ends of its own.
    fn own_place(&self, kinds: &MacKinds, key: StationKey) -> Option<u32> {
        let place = *self.of_mac.get(kinds.number(key.mac()?)?)?;
        (place != NOWHERE).then_some(place)
    }

    /// Notes that a station with a MAC has an address.
    fn own(&mut self, place: u32, address: Address) {
        if let Some(owner) = self.owners.get_mut(&address).filter(|_| !is_of_link(address)) {
            *owner = Some(owner.map_or(place, |known| if known == place { place } else { NOWHERE }));
        }
    }

    /// Stations that only said which address they hold, and addresses that were only claimed.
    fn add_claims(&mut self, court: &Court<'a>, kinds: &MacKinds) {
        let sightings = &court.summary.site.sightings;
        let holds = [Field::Arp, Field::Ndp].into_iter().flat_map(|field| sightings.own_words(field, false));
        let mut holds: Vec<_> = holds.filter(|(mac, _)| !mac.is_zero() && !mac.is_group()).collect();
        holds.sort_unstable();
        holds.dedup();
        for (mac, address) in holds {
            let place = self.enter(kinds, StationKey::Mac(mac));
            if court.claims.vouches(mac) && court.boundary.place(address).is_some() {
                self.own(place, address);
                self.reside(place, address, 0);
            }
        }
    }

    /// The station of an end that is not its MAC's own: one that is known by another MAC, else one by its address. Who
    /// never sent is none, and neither is the outside behind a router.
    fn by_address(&mut self, court: &Court<'a>, kinds: &MacKinds, end: &End) -> Option<u32> {
        let (mac, address) = end.key;
        if !mac.is_zero() && end.sending.is_none() && court.claims.is_own(mac, address) {
            return self.place(kinds, StationKey::Mac(mac));
        }
        if let Some(place) = self.owner(address) {
            return Some(place);
        }
        let known = end.sending.is_some() && (end.is_inside || !kinds.of(mac).is_router());
        known.then(|| self.enter(kinds, StationKey::Address(address)))
    }

    /// The one station with a MAC that has an address.
    fn owner(&self, address: Address) -> Option<u32> {
        self.owners.get(&address).copied().flatten().filter(|place| *place != NOWHERE)
    }

    /// Gives stations the addresses that they sent from. What one address sent by several MACs, as behind a second tap, is
    /// added up before any is compared: ends come in no order. Most stations have one end, and nothing to compare.
    fn add_residents(&mut self, ends: &Ends) {
        let mut several = Vec::new();
        let resides = |(end, _): &(&End, &u32)| {
            let is_its_own = end.sending.is_some() && !end.is_foreign;
            is_its_own && !is_unspecified(end.key.1)
        };
        for (end, place) in ends.all.iter().zip(&self.of_end).filter(resides) {
            let Some(station) = self.stations.get_mut(*place as usize) else { continue };
            let before = station.title.replace((end.key.1, end.volume.sent));
            several.extend(before.map(|(address, sent)| (*place, address, sent)));
        }
        let mut places: Vec<u32> = several.iter().map(|(place, ..)| *place).collect();
        places.sort_unstable();
        places.dedup();
        for place in places {
            let last = self.stations.get_mut(place as usize).and_then(|station| station.title.take());
            several.extend(last.map(|(address, sent)| (place, address, sent)));
        }
        several.sort_unstable();
        for same in several.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
            let (place, address, _) = same[0];
            self.reside(place, address, same.iter().map(|(.., sent)| sent).sum());
        }
    }

    fn reside(&mut self, place: u32, address: Address, sent: u64) {
        let Some(station) = self.stations.get_mut(place as usize) else { return };
        match &mut station.title {
            None => station.title = Some((address, sent)),
            Some((title, most)) if *title == address => *most += sent,
            Some((title, most)) => {
                // What is of one link only tells nobody where to look.
                let rank = |sent, address| (!is_of_link(address), sent, Reverse(address));
                let other = if rank(sent, address) > rank(*most, *title) {
                    let other = *title;
                    (*title, *most) = (address, sent);
                    other
                } else {
                    address
                };
                self.others.push((place, other));
            }
        }
    }

    /// Adds what stations said of themselves in messages.
    fn add_sightings(&mut self, court: &Court<'a>, kinds: &MacKinds) {
        let texts = &court.summary.flows.texts;
        for (shown, seen) in court.summary.site.sightings.sorted(texts) {
            let (field, address) = (shown.field, shown.address);
            let mac = Some(shown.mac).filter(|mac| !mac.is_zero() && !mac.is_group());
            let inside = court.boundary.is_inside(address);
            let own = mac.filter(|mac| self.speaks_for_itself(kinds, *mac, (address, field)));
            let key = own.map(StationKey::Mac).or_else(|| inside.then_some(StationKey::Address(address)));
            let Some(key) = key else { continue };
            let owner = self.owner(address).filter(|_| own.is_none());
            // What a server or a peer says of somebody shows nobody.
            let by_others = shown.claimed;
            let place = match owner.or_else(|| self.place(kinds, key)) {
                Some(place) => place,
                None if by_others => continue,
                None => self.enter(kinds, key),
            };
            // What somebody else's frame says of it is his claim: the address stays whose it is.
            let is_claim = own.is_some()
                && matches!(field, Field::Arp | Field::Ndp | Field::NdpRouter | Field::NdpPrefix)
                && seen.is_of_another(shown);
            let is_taken =
                || self.owners.get(&address).is_some_and(|owner| owner.is_some_and(|of| of != place));
            // Who tries an address need not have got it.
            if inside && !matches!(field, Field::DhcpRouter | Field::NdpTried) && !(is_claim && is_taken()) {
                self.reside(place, address, 0);
            }
            let shown = Sighted {
                field,
                value: texts.text(shown.value),
                claimed: shown.claimed || is_claim,
                count: seen.count,
                at: seen.at,
            };
            self.shown.push((place, shown));
        }
    }

    /// Whether what came from a MAC and an address is the word of the MAC's own station.
    fn speaks_for_itself(&self, kinds: &MacKinds, mac: Mac, (address, field): (Address, Field)) -> bool {
        matches!(field, Field::Arp | Field::Ndp | Field::NdpPrefix | Field::NdpRouter | Field::NdpTried)
            || address == Address::default()
            || is_of_link(address)
            || kinds.of(mac) == MacKind::Station
            || self.owner(address).is_some_and(|place| self.place(kinds, StationKey::Mac(mac)) == Some(place))
    }
}
