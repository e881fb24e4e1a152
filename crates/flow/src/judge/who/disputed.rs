//! Addresses that two MACs use at once, and foreign sources.
//!
//! A camera sends from 192.168.1.64, and in the midst of one of its flows somebody else says by ARP that he is there: one of the two
//! is mistaken, or lies, or wants to listen in. That both were there within an hour or a week is no such thing: leases go from one
//! to the other and back, of two firewalls one stands by, and who sleeps may be answered for. Networks that are told apart by tags
//! may each have that address.

use hashbrown::hash_table::{Entry, HashTable};
use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Field, Mac};
use std::collections::BTreeMap;
use std::hash::BuildHasher;

use super::claims::{is_of_link, is_shared_by_routers, is_unspecified};
use super::ends::{End, Ends};
use super::mac::MacKinds;
use super::roll::{Roll, StationKey};
use crate::judge::{Court, SETTLED, rules};
use crate::report::AddressDoubt;
use crate::state::seed::seeded;
use crate::state::sighting::{Seen, Shown};
use crate::state::spell::flag;

/// Addresses of a device of which such is told, at most.
const TOLD: usize = 4;

/// By station, what is doubtful about its addresses.
pub(crate) type Doubts = HashMap<u32, Vec<AddressDoubt>>;

/// The doubts about the addresses of stations that have a MAC.
pub(super) fn doubts(court: &Court<'_>, kinds: &MacKinds, ends: &Ends, roll: &Roll<'_>) -> Doubts {
    let mut all = Doubts::new();
    for (mac, addresses, is_more) in foreign(ends) {
        if let Some(place) = roll.place(kinds, StationKey::Mac(mac)) {
            all.entry(place).or_default().push(AddressDoubt::Foreign { addresses, is_more });
        }
    }
    if court.summary.flows.paths.has_any() {
        return all;
    }
    for (address, times) in times(court, &users(court, kinds, ends)) {
        for (mac, with) in times.at_once() {
            let Some(place) = roll.place(kinds, StationKey::Mac(mac)) else { continue };
            let told = all.entry(place).or_default();
            if told.len() < TOLD {
                told.push(AddressDoubt::Shared { address: address.ip(), with });
            }
        }
    }
    all
}

/// How many foreign sources each MAC sent from, and whether there are more. Which of many the walk tells apart hangs on its order.
fn foreign(ends: &Ends) -> Vec<(Mac, u64, bool)> {
    let mut all: BTreeMap<Mac, [u64; 2]> = BTreeMap::new();
    for end in ends.all.iter().filter(|end| end.is_foreign) {
        all.entry(end.key.0).or_default()[usize::from(end.is_inside)] += 1;
    }
    let told = |(mac, [outside, inside]): (Mac, [u64; 2])| {
        let is_more = ends.has_many_abroad(mac);
        let outside = if is_more { rules::OUTSIDE_NETWORKS as u64 } else { outside };
        (mac, outside + inside, is_more)
    };
    all.into_iter().map(told).collect()
}

/// When MACs used one address.
#[derive(Debug, Default)]
struct Times {
    /// First and last time of each flow in which a MAC sent several packets.
    flows: Vec<(i64, i64, Mac)>,
    /// Times at which a MAC sent, or said that it is there.
    moments: Vec<(i64, Mac)>,
}

impl Times {
    /// MACs in the midst of whose flows another used the address, and those others, each with the first such.
    fn at_once(mut self) -> BTreeMap<Mac, Mac> {
        self.flows.sort_unstable();
        self.moments.sort_unstable();
        // By moment, the next one of another MAC.
        let mut next = vec![self.moments.len(); self.moments.len()];
        for at in (1..self.moments.len()).rev() {
            next[at - 1] = if self.moments[at - 1].1 == self.moments[at].1 { next[at] } else { at };
        }
        let mut found = BTreeMap::new();
        for &(first, last, mac) in &self.flows {
            let at = self.moments.partition_point(|(time, _)| *time <= first);
            let is_own = self.moments.get(at).is_some_and(|(_, of)| *of == mac);
            let at = if is_own { next[at] } else { at };
            if let Some(&(_, other)) = self.moments.get(at).filter(|(time, _)| *time < last) {
                found.entry(mac).or_insert(other);
                found.entry(other).or_insert(mac);
            }
        }
        found
    }
}

/// Addresses that several MACs use, each with those.
type Users = HashMap<Address, HashSet<Mac>>;

/// When those did, by their flows and by what they say.
fn times(court: &Court<'_>, users: &Users) -> BTreeMap<Address, Times> {
    let mut all = BTreeMap::<Address, Times>::new();
    if users.is_empty() {
        return all;
    }
    let is_user = |mac: Mac, address| users.get(&address).is_some_and(|macs| macs.contains(&mac));
    for flow in (0..=SETTLED).flat_map(|shard| court.flows(shard)).filter(|flow| !flow.is_evicted()) {
        for side in [0, 1] {
            let (mac, address) = (flow.mac(side).unwrap_or_default(), flow.hot.key.address(side));
            if flow.hot.flags & flag::SENT << side == 0 || !is_user(mac, address) {
                continue;
            }
            let times = all.entry(address).or_default();
            if flow.hot.first_side() == side {
                times.moments.push((flow.began(), mac));
            }
            if flow.counters().packets[side] > 1 {
                let (first, last) = flow.span();
                times.flows.push((first, last, mac));
            }
        }
    }
    for (mac, address, seen) in said(court).filter(|(mac, address, _)| is_user(*mac, *address)) {
        all.entry(address).or_default().moments.extend([seen.first, seen.last].map(|time| (time, mac)));
    }
    all
}

/// What MACs say themselves of which address they have.
fn said<'c>(court: &'c Court<'_>) -> impl Iterator<Item = (Mac, Address, &'c Seen)> {
    let own = |(shown, seen): &(&Shown, &Seen)| {
        matches!(shown.field, Field::Arp | Field::Ndp) && !shown.claimed && seen.by == shown.mac.0
    };
    court.summary.site.sightings.iter().filter(own).map(|(shown, seen)| (shown.mac, shown.address, seen))
}

/// The addresses that several MACs use, by what each sends and says itself. Nearly every address is of one, and is looked up once.
fn users(court: &Court<'_>, kinds: &MacKinds, ends: &Ends) -> Users {
    let is_here =
        |end: &End| end.is_inside && end.sending.is_some() && !end.is_foreign && !end.passage.is_passed_on();
    let sent = || ends.all.iter().enumerate().filter(move |(_, end)| is_here(end));
    let said = || said(court).map(|(mac, address, _)| (mac, address));
    let mut known: HashTable<(Mac, Address)> = HashTable::with_capacity(ends.all.len());
    let mut several = HashSet::new();
    for (mac, address) in sent().map(|(_, end)| end.key).chain(said()).filter(|(mac, _)| !mac.is_zero()) {
        let hash = |(_, address): &(Mac, Address)| seeded().hash_one(address);
        match known.entry(seeded().hash_one(address), |of| of.1 == address, hash) {
            Entry::Vacant(entry) => _ = entry.insert((mac, address)),
            Entry::Occupied(entry) if entry.get().0 != mac => _ = several.insert(address),
            Entry::Occupied(_) => {}
        }
    }
    if several.is_empty() {
        return Users::new();
    }
    let counts = |(mac, address): &(Mac, Address)| {
        several.contains(address)
            && !(mac.is_zero() || mac.is_group() || is_shared_by_routers(*mac))
            && court.claims.vouches(*mac)
            && !is_of_link(*address)
            && !is_unspecified(*address)
    };
    let own = |(at, end): &(usize, &End)| kinds.is_own(&court.claims, *at, end);
    let sent = sent().filter(|(_, end)| several.contains(&end.key.1)).filter(own).map(|(_, end)| end.key);
    let mut all = Users::new();
    for (mac, address) in sent.chain(said()).filter(counts) {
        all.entry(address).or_default().insert(mac);
    }
    all.retain(|_, macs| macs.len() > 1);
    all
}

#[cfg(test)]
mod tests;
