//! What stations asked name services, as far as it tells what they are.
//!
//! A station that asked for `hik-connect.com` may be a camera even where nobody answered. One that asked for names of six
//! owners whom nobody in the catalogue is, beside it, is a phone or a computer.

use hashbrown::HashMap;
use lenscap_catalog::{Role, Roles};
use lenscap_wire::{Address, PacketRef};

use super::grouped::Grouped;
use crate::judge::Court;
use crate::state::text::TextId;

/// A name of a cloud that serves cameras only, and the packet that asked for it first.
pub(crate) type AskedFor = (i64, PacketRef, TextId);

/// What stations asked, by their places.
pub(crate) struct Questions {
    clouds: Grouped<AskedFor>,
    /// How many owners of names, whom the catalogue does not know, each station asked for; those of which nothing is known
    /// that could make them cameras are left out.
    strangers: HashMap<u32, usize>,
}

impl Questions {
    /// Puts questions to the stations that have the askers' addresses; `matters` says of which station it is of interest
    /// whom else it asked for.
    pub(crate) fn new(
        court: &Court<'_>,
        addresses: impl Iterator<Item = (Address, u32)>,
        stations: usize,
        matters: impl Fn(usize) -> bool,
    ) -> Self {
        let names = &court.summary.site.names;
        let mut askers: HashMap<Address, Option<u32>> =
            names.asked().map(|(asker, ..)| (asker, None)).collect();
        if !askers.is_empty() {
            for (address, place) in addresses {
                if let Some(owner) = askers.get_mut(&address) {
                    *owner = Some(owner.map_or(place, |known| known.min(place)));
                }
            }
        }
        let placed = || {
            names
                .asked()
                .filter_map(|(asker, name, question)| Some((askers.get(&asker).copied()??, name, question)))
        };
        let mut clouds = Vec::new();
        for (place, name, question) in placed() {
            if court
                .opinions
                .owner(name)
                .0
                .is_some_and(|owner| owner.proves_camera && serves_devices(owner.roles))
            {
                clouds.push((place, (question.first, question.at, name)));
            }
        }
        let clouds = Grouped::new(clouds, stations);
        let texts = &court.summary.flows.texts;
        let mut strangers = Vec::new();
        for (place, name, _) in placed() {
            let of_interest = clouds.of(place as usize).len() > 0 || matters(place as usize);
            if of_interest && let (None, None) = court.opinions.owner(name) {
                strangers.extend(registered(texts.text(name)).map(|owner| (place, owner)));
            }
        }
        strangers.sort_unstable();
        strangers.dedup();
        let mut counts = HashMap::new();
        for (place, _) in strangers {
            *counts.entry(place).or_default() += 1;
        }
        Self { clouds, strangers: counts }
    }

    /// The first question of a station for a cloud that serves cameras only.
    pub(crate) fn cloud(&self, place: usize) -> Option<AskedFor> {
        self.clouds.of(place).min_by_key(|(first, at, name)| (*first, *at, *name)).copied()
    }

    /// How many owners of names, whom the catalogue does not know, a station asked for.
    pub(crate) fn strangers(&self, place: usize) -> usize {
        self.strangers.get(&(place as u32)).copied().unwrap_or(0)
    }
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
