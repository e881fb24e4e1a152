//! The contacts of one station: its flows by party, those without a name joined to the one name that has their address.
//!
//! `dev.example.com` at 203.0.113.7, and a flow to 203.0.113.7 that names nobody, are one contact, if the station called that
//! address nothing else.

use hashbrown::HashMap;
use lenscap_catalog::Called;
use lenscap_wire::Address;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::contact::{Contact, ContactKey, Dealing};
use super::party::{PartyName, Place};
use crate::judge::walk::Undelivered;
use crate::judge::{Court, rules};

/// The contacts of a station with these flows.
pub(crate) fn contacts<'a>(
    court: &Court<'a>,
    undelivered: &Undelivered,
    dealings: &[Dealing<'a>],
) -> BTreeMap<ContactKey, Contact> {
    let told = told_apart(court, dealings);
    let mut all: BTreeMap<Place, Contact> = BTreeMap::new();
    let mut open: BTreeMap<Place, Contact> = BTreeMap::new();
    for dealing in dealings.iter().filter(|dealing| !dealing.is_error()) {
        let mut place = court.place(dealing);
        if told.as_ref().is_some_and(|told| !told.contains(&place)) {
            place = (place.0, None, None);
        }
        let of = if dealing.is_open() { &mut open } else { &mut all };
        of.entry(place).or_default().add(court, undelivered, dealing);
    }
    // Of what was under way when the capture began nobody knows who had called: it goes with what is known of the address.
    let known: BTreeSet<_> = all.keys().map(|(called, _, address)| (*called, *address)).collect();
    for ((_, name, address), contact) in open {
        let only_in = known.contains(&(Called::In, address)) && !known.contains(&(Called::Out, address));
        let called = if only_in { Called::In } else { Called::Out };
        all.entry((called, name, address)).or_default().join(contact);
    }
    let mut names: BTreeMap<Option<Address>, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for (_, name, address) in all.keys() {
        names.entry(*address).or_default().extend(name.clone());
    }
    let mut by_party: BTreeMap<ContactKey, Contact> = BTreeMap::new();
    for ((called, name, address), contact) in all {
        let only = || names.get(&address).filter(|names| names.len() == 1)?.first().cloned();
        let by_address = || address.map_or(PartyName::Others, PartyName::Address);
        let (party, contact) = match (name, only()) {
            (Some(name), _) => (PartyName::Name(name), contact),
            (None, Some(name)) => (PartyName::Name(name), contact.bound_by_address()),
            (None, None) => (by_address(), contact),
        };
        by_party.entry((called, party)).or_default().join(contact);
    }
    by_party
}

/// The parties with most payload, where there are more than are told one by one: a station that scans the Internet has a
/// million.
fn told_apart<'a>(court: &Court<'a>, dealings: &[Dealing<'a>]) -> Option<BTreeSet<Place>> {
    if dealings.len() <= rules::PARTIES {
        return None;
    }
    let mut payload: HashMap<Place, u64> = HashMap::new();
    for dealing in dealings {
        let counted = dealing.flow.counters().payload;
        let gone = dealing.flow.gone().map(|gone| gone.counters.payload).unwrap_or_default();
        *payload.entry(court.place(dealing)).or_default() += counted[0] + counted[1] + gone[0] + gone[1];
    }
    let mut order: Vec<_> = payload.into_iter().map(|(place, payload)| (Reverse(payload), place)).collect();
    order.sort_unstable();
    order.truncate(rules::PARTIES);
    Some(order.into_iter().map(|(_, place)| place).collect())
}
