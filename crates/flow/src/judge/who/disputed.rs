//! Addresses that two MACs use at once, and sources that are not their sender's own.
//!
//! A camera sends from 192.168.1.64, and in the same minutes somebody else says by ARP that he is there: one of the two is
//! mistaken, or lies, or wants to listen in. A lease that goes from one to the other is no such thing: the first is silent from
//! then on. Networks that are told apart by tags may each have that address.

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Field, Mac};
use std::collections::BTreeMap;

use super::claims::{is_of_link, is_shared_by_routers, is_unspecified};
use super::ends::Ends;
use super::mac::MacKinds;
use super::roll::Roll;
use crate::judge::{Court, rules};
use crate::report::AddressDoubt;

/// Addresses of a device of which such is told, at most.
const TOLD: usize = 4;

/// By station, what is doubtful about its addresses.
pub(crate) type Doubts = HashMap<u32, Vec<AddressDoubt>>;

/// The doubts about the addresses of stations that have a MAC.
pub(super) fn doubts(court: &Court<'_>, kinds: &MacKinds, ends: &Ends, roll: &Roll<'_>) -> Doubts {
    let mut all = Doubts::new();
    for (mac, addresses, is_more) in made_up(court, ends) {
        if let Some(place) = roll.of_mac(kinds, mac) {
            all.entry(place).or_default().push(AddressDoubt::MadeUp { addresses, is_more });
        }
    }
    if court.summary.flows.paths.has_any() {
        return all;
    }
    for (address, users) in users(court, kinds, ends) {
        for (mac, span) in &users {
            let other = users.iter().find(|(other, of)| other != mac && is_at_once(*span, *of));
            let place = other.and_then(|_| roll.of_mac(kinds, *mac));
            if let Some((place, (with, _))) = place.zip(other) {
                let told = all.entry(place).or_default();
                if told.len() < TOLD {
                    told.push(AddressDoubt::Shared { address: address.ip(), with: *with });
                }
            }
        }
    }
    all
}

/// Whether two were there at once: one before the other had gone, and after he had come.
fn is_at_once((first, last): Span, (begins, ends): Span) -> bool {
    first < ends && begins < last
}

/// How many sources that are not its own each MAC sent from, and whether there are more. Which of many the walk tells apart hangs on
/// its order.
fn made_up(court: &Court<'_>, ends: &Ends) -> Vec<(Mac, u64, bool)> {
    let mut all: BTreeMap<Mac, [u64; 2]> = BTreeMap::new();
    for end in ends.all.iter().filter(|end| ends.foreign.is_made_up(&court.claims, end)) {
        all.entry(end.key.0).or_default()[usize::from(end.is_inside)] += 1;
    }
    let told = |(mac, [outside, inside]): (Mac, [u64; 2])| {
        let is_more = ends.has_many_abroad(mac);
        let outside = if is_more { rules::OUTSIDE_NETWORKS as u64 } else { outside };
        (mac, outside + inside, is_more)
    };
    all.into_iter().map(told).collect()
}

/// When something was first and last.
type Span = (i64, i64);

/// When a MAC used an address.
type Use = (Mac, Address, Span);

/// Addresses that several MACs use, by what each sends and says itself.
fn users(court: &Court<'_>, kinds: &MacKinds, ends: &Ends) -> BTreeMap<Address, Vec<(Mac, Span)>> {
    let uses = || {
        let sent = ends.all.iter().enumerate().filter_map(|(at, end)| {
            let is_own = kinds.is_own(&court.claims, at, end)
                && !end.passage.is_passed_on()
                && !ends.foreign.is_made_up(&court.claims, end);
            Some((end.key.0, end.key.1, end.sending.filter(|_| is_own && end.is_inside)?))
        });
        let said = court.summary.site.sightings.iter().filter(|(shown, seen)| {
            matches!(shown.field, Field::Arp | Field::Ndp) && !shown.claimed && seen.by == shown.mac.0
        });
        let said = said.map(|(shown, seen)| (shown.mac, shown.address, (seen.first, seen.last)));
        let counts = |(mac, address, _): &Use| {
            let is_plain = !mac.is_zero() && !mac.is_group() && !is_shared_by_routers(*mac);
            is_plain && court.claims.vouches(*mac) && !is_of_link(*address) && !is_unspecified(*address)
        };
        sent.chain(said).filter(counts)
    };
    let (mut first, mut several) = (HashMap::with_capacity(ends.all.len()), HashSet::new());
    for (mac, address, _) in uses() {
        match first.entry(address) {
            Entry::Vacant(entry) => _ = entry.insert(mac),
            Entry::Occupied(known) if *known.get() != mac => _ = several.insert(address),
            Entry::Occupied(_) => {}
        }
    }
    let mut all: BTreeMap<Address, BTreeMap<Mac, Span>> = BTreeMap::new();
    if several.is_empty() {
        return BTreeMap::new();
    }
    for (mac, address, (begins, ends)) in uses().filter(|(_, address, _)| several.contains(address)) {
        let known = all.entry(address).or_default().entry(mac).or_insert((begins, ends));
        *known = (known.0.min(begins), known.1.max(ends));
    }
    all.into_iter().map(|(address, users)| (address, users.into_iter().collect())).collect()
}
