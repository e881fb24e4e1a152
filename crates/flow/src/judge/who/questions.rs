//! What stations asked name services, as far as it tells what they are.
//!
//! A station that asked for `hik-connect.com` may be a camera even where nobody answered. One that asked for names of six
//! owners whom nobody in the catalogue is, beside it, is a phone or a computer.

use hashbrown::{HashMap, HashSet};
use lenscap_catalog::{Endpoint, Role, Roles, VendorId};
use lenscap_wire::{Address, Mac, PacketRef};

use super::askers::Askers;
use super::grouped::Grouped;
use super::roll::StationKey;
use crate::judge::judged::Callers;
use crate::judge::whose::name::LookedUp;
use crate::judge::{Court, SETTLED};

/// What is known of a station before its sightings are looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Background<'a> {
    pub(crate) mac: Option<Mac>,
    pub(crate) is_router: bool,
    /// The first question for a cloud that serves cameras only.
    pub(crate) asked: Option<AskedFor<'a>>,
    pub(crate) strangers: usize,
}

/// Whether viewers call it, too, when and in which packet a cloud that serves cameras only was asked for first, its name, and
/// whose it is.
pub(crate) type AskedFor<'a> = (bool, i64, PacketRef, &'a [u8], VendorId);

/// What stations asked, by their places.
pub(crate) struct Questions<'a> {
    clouds: Grouped<AskedFor<'a>>,
    /// How many owners of names, whom the catalogue does not know, each station asked for; those of which nothing is known
    /// that could make them cameras are left out.
    strangers: HashMap<u32, usize>,
}

impl<'a> Questions<'a> {
    /// Puts questions to the stations that asked, of which there are so many; `matters` says of which station it is of interest whom
    /// else it asked for.
    pub(crate) fn new(
        court: &Court<'a>,
        addresses: impl Iterator<Item = (Address, StationKey, u32)>,
        stations: usize,
        matters: impl Fn(usize) -> bool,
    ) -> Self {
        let mut questions = court.names.questions();
        // An answer that nobody was seen to ask for tells nothing of its receiver: anybody can send one.
        questions.retain(|of| of.question.asked > 0);
        let handed_on = handed_on(court, &questions);
        questions.retain(|of| !handed_on.contains(&(of.asker, of.name)));
        let askers = Askers::new(questions.iter().map(|of| of.asker), addresses);
        let placed = questions.iter().filter_map(|of| {
            let owner = court.opinions.owner(of.at_end, of.id);
            Some((askers.station(of.asker, &of.question)?, of.name, &of.question, owner))
        });
        let placed: Vec<_> = placed.collect();
        let is_cloud = |of: &Endpoint| Callers::of(of) > Callers::Any && serves_devices(of.roles);
        let clouds = placed.iter().filter_map(|(place, name, question, owner)| {
            let owner = owner.0.filter(|owner| is_cloud(owner))?;
            let by_viewers = Callers::of(owner) < Callers::Cameras;
            Some((*place, (by_viewers, question.first, question.at, *name, owner.vendor)))
        });
        let clouds = Grouped::new(clouds.collect(), stations);
        let of_interest = |place: u32| clouds.of(place as usize).len() > 0 || matters(place as usize);
        let nobodys =
            placed.iter().filter(|(place, .., owner)| matches!(owner, (None, None)) && of_interest(*place));
        let strangers = nobodys.filter_map(|(place, name, ..)| Some((*place, registered(name)?)));
        let mut strangers: Vec<_> = strangers.collect();
        strangers.sort_unstable();
        strangers.dedup();
        let mut counts = HashMap::new();
        for (place, _) in strangers {
            *counts.entry(place).or_default() += 1;
        }
        Self { clouds, strangers: counts }
    }

    /// The first question of a station, of its own, for a cloud that serves cameras only, rather for one that no viewer calls.
    pub(crate) fn cloud(&self, place: usize, is_own: impl Fn(&AskedFor<'a>) -> bool) -> Option<AskedFor<'a>> {
        self.clouds.of(place).filter(|asked| is_own(asked)).min().copied()
    }

    /// The stations that asked for such a cloud.
    pub(crate) fn clouds(&self) -> impl Iterator<Item = usize> {
        self.clouds.groups()
    }

    /// How many owners of names, whom the catalogue does not know, a station asked for.
    pub(crate) fn strangers(&self, place: usize) -> usize {
        self.strangers.get(&(place as u32)).copied().unwrap_or(0)
    }
}

/// Names of clouds that a station asked for on behalf of others, by asker: it answers name look-ups itself, of one who asked for
/// the same name. A filter for a home asks upstream for every name that anybody at home asks it for.
fn handed_on<'a>(court: &Court<'a>, questions: &[LookedUp<'a>]) -> HashSet<(Address, &'a [u8])> {
    const DNS: u16 = 53;
    let of_cloud = |of: &&LookedUp<'a>| {
        let (owner, _) = court.opinions.owner(of.at_end, of.id);
        owner.is_some_and(|owner| Callers::of(owner) > Callers::Any)
    };
    let mut askers: HashMap<&[u8], Vec<Address>> = HashMap::new();
    for of in questions.iter().filter(of_cloud) {
        askers.entry(of.name).or_default().push(of.asker);
    }
    askers.retain(|_, askers| askers.len() > 1);
    let mut names: HashMap<Address, HashSet<&'a [u8]>> = HashMap::new();
    for (name, askers) in &askers {
        for asker in askers {
            names.entry(*asker).or_default().insert(name);
        }
    }
    let (mut all, mut known) = (HashSet::new(), HashSet::new());
    if names.is_empty() {
        return all;
    }
    for flow in (0..=SETTLED).flat_map(|shard| court.flows(shard)) {
        let key = &flow.hot.key;
        for side in [0, 1] {
            let serves = key.port(side) == Some(DNS) && flow.counters().payload[side] > 0;
            let ends = [key.address(side), key.address(1 - side)];
            // Of two stations there may be a flow for each look-up.
            if serves && ends.iter().all(|end| names.contains_key(end)) && known.insert(ends) {
                let [ours, theirs] = ends.map(|end| names.get(&end));
                let same = ours.zip(theirs).into_iter().flat_map(|(ours, theirs)| ours.intersection(theirs));
                all.extend(same.map(|name| (ends[0], *name)));
            }
        }
    }
    all
}

/// Whether more stands behind a name than a web site or a clock, which everybody calls.
pub(crate) fn serves_devices(roles: Roles) -> bool {
    !roles.only_web() && roles != Roles::NONE.with(Role::Time)
}

/// The part of a name that somebody registered, about: the last two labels, or three below a country's `co`, `com` and their
/// like. To count owners needs no list of all registries.
fn registered(name: &[u8]) -> Option<&[u8]> {
    let dots: Vec<usize> =
        name.iter().enumerate().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at).collect();
    let from = |dot: usize| name.get(dot + 1..);
    let (last, rest) = dots.split_last()?;
    let second = rest.last().map_or(Some(name), |dot| from(*dot))?;
    let (country, label) = (name.len() - last - 1 == 2, second.len() - (name.len() - last));
    if !(country && label <= 3) {
        return Some(second);
    }
    let (_, more) = rest.split_last()?;
    more.last().map_or(Some(name), |dot| from(*dot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_one_that_was_registered_have_one_owner() {
        let of =
            |name: &'static str| registered(name.as_bytes()).map(|owner| std::str::from_utf8(owner).unwrap());
        assert_eq!(of("a.b.example.com"), Some("example.com"));
        assert_eq!(of("example.com"), Some("example.com"));
        assert_eq!(of("www.firm.co.uk"), Some("firm.co.uk"));
        assert_eq!(of("firm.co.uk"), Some("firm.co.uk"));
        assert_eq!(of("www.example.de"), Some("example.de"));
        assert_eq!((of("printer"), of("co.uk"), of("")), (None, None, None));
    }
}
