//! What every MAC stands for: a station, several, or a gateway behind which the outside speaks.
//!
//! A MAC that only 192.168.1.5 sends from is a station. One that sends from 203.0.113.9 and 198.51.100.7 is a gateway: the
//! router's, that passes on what others sent, so what they say is not the router's.

use arrayvec::ArrayVec;
use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Field, Mac};

use crate::judge::judged::Judged;
use crate::judge::{Flow, rules};
use crate::state::spell::flag;
use crate::state::summary::Summary;

/// A MAC by its number in one judgement, so that walks over the flows need not look it up again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LinkId(u32);

impl LinkId {
    /// No MAC.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// Its place in lists by MAC.
    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }
}

/// The MACs of both ends of a flow.
pub(crate) type Ends = [LinkId; 2];

/// A MAC, and what was seen to send from it; of each kind no more addresses than a rule can ask for.
#[derive(Debug)]
struct Link {
    mac: Mac,
    inside: FewAddresses,
    outside: FewAddresses,
}

/// A few addresses: most stations have one.
#[derive(Debug, Default)]
struct FewAddresses {
    first: Option<Address>,
    others: Option<Box<ArrayVec<Address, { rules::STATION_ADDRESSES }>>>,
}

impl FewAddresses {
    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.as_ref().map_or(0, |others| others.len())
    }

    /// Adds an address unless it is known or there are so many.
    fn add(&mut self, address: Address, most: usize) {
        if *self.first.get_or_insert(address) == address || self.len() >= most {
            return;
        }
        let others = self.others.get_or_insert_default();
        if !others.contains(&address) {
            // `most` is no more than there is room for.
            let _ = others.try_push(address);
        }
    }

    /// Adds all of another's.
    fn join(&mut self, other: &Self, most: usize) {
        let others = other.others.iter().flat_map(|others| others.iter());
        other.first.iter().chain(others).for_each(|address| self.add(*address, most));
    }
}

impl Link {
    /// Addresses that a rule can ask for.
    const INSIDE: usize = rules::STATION_ADDRESSES + 1;
    const OUTSIDE: usize = rules::GATEWAY_ADDRESSES;

    fn standing(&self) -> Standing {
        Standing {
            gateway: self.outside.len() >= rules::GATEWAY_ADDRESSES
                || self.outside.len() > 0 && self.inside.len() > 0,
            shared: self.inside.len() > rules::STATION_ADDRESSES,
        }
    }
}

/// What is known of a MAC.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    pub(crate) gateway: bool,
    /// Several stations send from it.
    pub(crate) shared: bool,
}

/// Global IPv6 addresses that stations of the link hold. They look like the outside's, and a station that has one
/// beside a local address must not be taken for a gateway.
#[derive(Debug, Default)]
pub(crate) struct Held(HashSet<(Mac, Address)>);

impl Held {
    /// What neighbour discovery showed (RFC 4861).
    pub(crate) fn new(summary: &Summary) -> Self {
        Self(summary.site.sightings.holders(Field::Ndp).collect())
    }

    /// Whether a MAC holds an address by its own word, or by the identifier made of it (RFC 4291, appendix A).
    fn is_own(&self, mac: Mac, address: Address) -> bool {
        let [a, b, c, d, e, f] = mac.0;
        address.0.ends_with(&[a ^ 2, b, c, 0xff, 0xfe, d, e, f]) || self.0.contains(&(mac, address))
    }
}

/// The MACs of all ends of the flows seen so far.
#[derive(Debug, Default)]
pub(crate) struct Links {
    ids: HashMap<Mac, LinkId>,
    all: Vec<Link>,
    /// The MAC seen last on each side: most flows of a site have its gateway at one end.
    lately: [Option<(Mac, LinkId)>; 2],
}

impl Links {
    /// Takes in both ends of a flow.
    pub(crate) fn ends(&mut self, held: &Held, flow: &Flow<'_>, judged: &Judged) -> Ends {
        [0, 1].map(|side| {
            let Some(mac) = flow.mac(side) else { return LinkId::NONE };
            let own = flow.hot.flags & flag::SENT << side != 0;
            let id = match self.lately[side] {
                Some((known, id)) if known == mac => id,
                _ => self.id(mac),
            };
            self.lately[side] = Some((mac, id));
            if let (true, Some(link)) = (own, self.all.get_mut(id.place())) {
                let address = flow.hot.key.address(side);
                if judged.is_inside(side) {
                    link.inside.add(address, Link::INSIDE);
                } else if judged.is_outside(side)
                    && link.outside.len() < Link::OUTSIDE
                    && !held.is_own(mac, address)
                {
                    link.outside.add(address, Link::OUTSIDE);
                }
            }
            id
        })
    }

    fn id(&mut self, mac: Mac) -> LinkId {
        *self.ids.entry(mac).or_insert_with(|| {
            self.all.push(Link { mac, inside: FewAddresses::default(), outside: FewAddresses::default() });
            LinkId(self.all.len() as u32 - 1)
        })
    }

    /// Takes in the MACs of other flows; the result maps their numbers to ours.
    pub(crate) fn adopt(&mut self, other: Self) -> Vec<LinkId> {
        let ours = |link: Link| {
            let id = self.id(link.mac);
            if let Some(known) = self.all.get_mut(id.place()) {
                known.inside.join(&link.inside, Link::INSIDE);
                known.outside.join(&link.outside, Link::OUTSIDE);
            }
            id
        };
        other.all.into_iter().map(ours).collect()
    }

    /// What each of them stands for, now that all flows were seen.
    pub(crate) fn standings(self) -> Standings {
        let all = self.all.iter().map(|link| (link.mac, link.standing())).collect();
        Standings { ids: self.ids, all }
    }
}

/// What every MAC stands for.
#[derive(Debug)]
pub(crate) struct Standings {
    ids: HashMap<Mac, LinkId>,
    all: Vec<(Mac, Standing)>,
}

impl Standings {
    /// How many MACs there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// A MAC and what it stands for; `None` for [`LinkId::NONE`].
    pub(crate) fn of(&self, id: LinkId) -> Option<(Mac, Standing)> {
        self.all.get(id.place()).copied()
    }

    /// The number of a MAC; one that no flow showed stands for a station and gets the next.
    pub(crate) fn id(&mut self, mac: Mac) -> LinkId {
        *self.ids.entry(mac).or_insert_with(|| {
            self.all.push((mac, Standing::default()));
            LinkId(self.all.len() as u32 - 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn a_station_holds_what_it_says_and_what_is_made_of_its_mac() {
        let address = |text: &str| Address::from(text.parse::<IpAddr>().unwrap());
        let mac = Mac([0x44, 0x19, 0xb6, 0, 0, 1]);
        let held = Held([(mac, address("2001:db8::5"))].into_iter().collect());
        assert!(held.is_own(mac, address("2001:db8::5")));
        assert!(held.is_own(mac, address("2001:db8::4619:b6ff:fe00:1")));
        assert!(!held.is_own(mac, address("2001:db8::6")));
        assert!(!held.is_own(Mac([0x44, 0x19, 0xb6, 0, 0, 2]), address("2001:db8::5")));
    }
}
