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
use super::votes::Votes;
use crate::judge::walk::Undelivered;
use crate::judge::{Court, rules};

/// Which contact each of a station's flows is of.
pub(crate) struct Parties {
    /// By the flow's place in the list, before those without a name are joined to one.
    places: Vec<Place>,
    names: BTreeMap<Option<Address>, BTreeSet<Vec<u8>>>,
}

impl Parties {
    /// Of a station with these flows. Errors of ICMP alone make no party, and name none.
    pub(crate) fn new<'a>(court: &Court<'a>, dealings: &[Dealing<'a>]) -> Self {
        let told = told_apart(court, dealings);
        let place = |dealing| {
            let place = court.place(dealing);
            let is_told = told.as_ref().is_none_or(|told| told.contains(&place));
            if is_told { place } else { (place.0, None, None) }
        };
        let mut places: Vec<Place> = dealings.iter().map(place).collect();
        let known =
            places.iter().zip(dealings).filter(|(_, dealing)| !dealing.is_error() && !dealing.is_open());
        let known: BTreeSet<_> = known.map(|((called, _, address), _)| (*called, *address)).collect();
        // Of what was under way when the capture began nobody knows who had called: it goes with what is known of the address.
        for ((called, _, address), _) in
            places.iter_mut().zip(dealings).filter(|(_, dealing)| dealing.is_open())
        {
            let only_in =
                known.contains(&(Called::In, *address)) && !known.contains(&(Called::Out, *address));
            *called = if only_in { Called::In } else { Called::Out };
        }
        let mut names: BTreeMap<Option<Address>, BTreeSet<Vec<u8>>> = BTreeMap::new();
        for ((_, name, address), _) in places.iter().zip(dealings).filter(|(_, dealing)| !dealing.is_error())
        {
            let known = names.entry(*address).or_default();
            if let Some(name) = name.as_ref().filter(|name| !known.contains(*name)) {
                known.insert(name.clone());
            }
        }
        Self { places, names }
    }

    /// The same of a station that is no camera for all that is known: what has no name goes with the one that has its address only
    /// where that is at least half of the payload. A computer that asked a vendor's page for 63 bytes at an address, and
    /// sends 4 MB of something else there, uploads nothing to that vendor.
    pub(crate) fn of_other<'a>(court: &Court<'a>, dealings: &[Dealing<'a>]) -> Self {
        let mut parties = Self::new(court, dealings);
        let mut sums: BTreeMap<Vec<u8>, [u64; 2]> = BTreeMap::new();
        let flows = parties.places.iter().zip(dealings).filter(|(_, dealing)| dealing.is_weighed(court));
        for (place, Dealing { flow, .. }) in flows {
            if let ((_, PartyName::Name(name)), is_bound) = parties.key(place) {
                let gone = flow.gone_once();
                sums.entry(name).or_default()[usize::from(is_bound)] +=
                    flow.once(0) + flow.once(1) + gone[0] + gone[1];
            }
        }
        sums.retain(|_, [own, bound]| bound > own);
        for names in parties.names.values_mut().filter(|names| names.len() == 1) {
            names.retain(|name| !sums.contains_key(name));
        }
        parties
    }

    /// The contact of what is in a place, and whether it is of it by its address alone.
    fn key(&self, (called, name, address): &Place) -> (ContactKey, bool) {
        let only = || self.names.get(address).filter(|names| names.len() == 1)?.first().cloned();
        let by_address = || address.map_or(PartyName::Others, PartyName::Address);
        let (party, is_bound) = match (name.clone(), only()) {
            (Some(name), _) => (PartyName::Name(name), false),
            (None, Some(name)) => (PartyName::Name(name), true),
            (None, None) => (by_address(), false),
        };
        ((*called, party), is_bound)
    }

    /// The contact of each flow.
    pub(crate) fn keys(&self) -> impl Iterator<Item = ContactKey> {
        self.places.iter().map(|place| self.key(place).0)
    }

    /// The contact of each flow, and what its flows say of whose its party is.
    pub(crate) fn votes<'a>(
        &self,
        court: &Court<'a>,
        dealings: &[Dealing<'a>],
    ) -> (Vec<ContactKey>, BTreeMap<ContactKey, Votes>) {
        let mut all: BTreeMap<&Place, Votes> = BTreeMap::new();
        for (place, Dealing { flow, judged, .. }) in
            self.places.iter().zip(dealings).filter(|(_, dealing)| dealing.is_weighed(court))
        {
            let (_, flows) = court.stands_for(flow);
            let gone = flow.gone_once();
            let payload = flow.once(0) + flow.once(1) + gone[0] + gone[1];
            all.entry(place).or_default().weigh(judged, flows, payload);
        }
        (self.keys().collect(), self.by_party(all, Votes::bind, Votes::join))
    }

    /// Joins what is of places into what is of contacts; first what is of one by its address alone is told so.
    fn by_party<T: Default>(
        &self,
        all: BTreeMap<&Place, T>,
        bind: impl Fn(&mut T),
        join: impl Fn(&mut T, T),
    ) -> BTreeMap<ContactKey, T> {
        let mut by_party: BTreeMap<ContactKey, T> = BTreeMap::new();
        for (place, mut of_place) in all {
            let (key, is_bound) = self.key(place);
            if is_bound {
                bind(&mut of_place);
            }
            join(by_party.entry(key).or_default(), of_place);
        }
        by_party
    }
}

/// The contacts of a station with these flows, which are of these parties.
pub(crate) fn contacts<'a>(
    court: &Court<'a>,
    undelivered: &Undelivered,
    dealings: &[Dealing<'a>],
    parties: &Parties,
) -> BTreeMap<ContactKey, Contact> {
    let mut all: BTreeMap<&Place, Contact> = BTreeMap::new();
    for (place, dealing) in parties.places.iter().zip(dealings).filter(|(_, dealing)| !dealing.is_error()) {
        all.entry(place).or_default().add(court, undelivered, dealing);
    }
    parties.by_party(all, |contact| contact.votes.bind(), Contact::join)
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
