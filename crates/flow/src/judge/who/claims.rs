//! What stations of the link said of who holds which address, and who is a router.
//!
//! ARP says that 192.168.1.1 is at 50:c7:bf:00:00:01, and the DHCP server that sends from there that the routers are at 192.168.1.1:
//! so that MAC is a router's, and that address is its own. Anybody can send either of somebody else, so that a DHCP answer makes a
//! router of who sends such answers himself, or also passes on what others sent (`mac.rs`), and of nobody else. An address that a
//! MAC holds by such word never speaks against it. So does one that it asked of all whether anybody holds it, and that nobody does.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Field, Mac};
use std::net::IpAddr;

use crate::judge::rules;
use crate::state::sighting::{Seen, Shown, Sightings};
use crate::state::summary::Summary;

/// The first 64 bits of an IPv6 address: the network that one link has (RFC 4291, 2.5.1).
pub(crate) type Network = [u8; 8];

/// Statements about addresses of the link.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Who holds which address, and whether a frame of the holder itself says so.
    held: HashMap<(Mac, Address), bool>,
    /// Networks of addresses that somebody on the link holds, and those that routers say are of the link.
    networks: HashSet<Network>,
    /// The latter alone.
    advertised: HashSet<Network>,
    routers: HashSet<Mac>,
    /// Addresses that DHCP servers called routers.
    router_addresses: HashSet<Address>,
    /// MACs that DHCP answers came from.
    servers: HashSet<Mac>,
    /// How many addresses a MAC holds by ARP.
    by_arp: HashMap<Mac, u32>,
}

impl Claims {
    /// What ARP, neighbour discovery and DHCP showed.
    pub(crate) fn new(summary: &Summary) -> Self {
        let sightings = &summary.site.sightings;
        let mut claims = Self {
            routers: sightings.own_words(Field::NdpRouter, false).map(|(mac, _)| mac).collect(),
            router_addresses: sightings
                .holders(Field::DhcpRouter, true)
                .map(|(_, address)| address)
                .collect(),
            servers: servers(sightings).collect(),
            ..Self::default()
        };
        for field in [Field::Arp, Field::Ndp, Field::NdpRouter, Field::Dhcp] {
            // Who was given an address says nothing of it; the server is believed.
            for (mac, address) in sightings.own_words(field, field == Field::Dhcp) {
                if field == Field::Arp {
                    *claims.by_arp.entry(mac).or_default() += 1;
                    if claims.router_addresses.contains(&address) && claims.servers.contains(&mac) {
                        claims.routers.insert(mac);
                    }
                }
                claims.networks.extend(network(address));
                claims.held.insert((mac, address), false);
            }
        }
        for (mac, address) in tried(sightings) {
            claims.networks.extend(network(address));
            claims.held.entry((mac, address)).or_insert(false);
        }
        let by_itself = |(shown, seen): &(&Shown, &Seen)| {
            matches!(shown.field, Field::Arp | Field::Ndp) && !shown.claimed && seen.by == shown.mac.0
        };
        for (shown, _) in sightings.iter().filter(by_itself) {
            claims.held.insert((shown.mac, shown.address), true);
        }
        claims.advertised = advertised(summary);
        claims.networks.extend(&claims.advertised);
        claims
    }

    /// Whether anything can tell that an address is of the link: of IPv4 that is what stations said alone, which most captures of
    /// one link do not hold.
    #[inline]
    pub(crate) fn may_tell_of(&self, address: Address) -> bool {
        !self.held.is_empty() || address.octets().is_none()
    }

    /// Whether a router says that addresses of this one's network are of the link.
    #[inline]
    pub(crate) fn is_advertised(&self, address: Address) -> bool {
        !self.advertised.is_empty()
            && network(address).is_some_and(|network| self.advertised.contains(&network))
    }

    /// Whether a MAC holds an address by its own word, or by the identifier made of it (RFC 4291, appendix A).
    #[inline]
    pub(crate) fn is_own(&self, mac: Mac, address: Address) -> bool {
        is_made_of(address, mac) || self.held.contains_key(&(mac, address))
    }

    /// Whether frames of the MAC itself say that it holds an address. Anybody can say so of another, or make an address of another's
    /// MAC.
    pub(crate) fn is_said_by(&self, mac: Mac, address: Address) -> bool {
        self.held.get(&(mac, address)) == Some(&true)
    }

    /// Whether somebody on the link has an address of this one's network.
    #[inline]
    pub(crate) fn is_near(&self, address: Address) -> bool {
        network(address).is_some_and(|network| self.networks.contains(&network))
    }

    /// Whether a MAC said that it is a router, or is one that routers share.
    #[inline]
    pub(crate) fn is_router(&self, mac: Mac) -> bool {
        self.routers.contains(&mac) || is_shared_by_routers(mac)
    }

    /// Whether a DHCP server called an address a router: anybody can say so of anybody.
    pub(crate) fn is_router_address(&self, address: Address) -> bool {
        self.router_addresses.contains(&address)
    }

    /// Whether DHCP answers came from a MAC: what they call a router may be who sends them.
    pub(crate) fn serves_leases(&self, mac: Mac) -> bool {
        self.servers.contains(&mac)
    }

    /// Whether a MAC's word tells which addresses are its own. One that answers for others (RFC 1027) says so of many.
    pub(crate) fn vouches(&self, mac: Mac) -> bool {
        self.by_arp.get(&mac).is_none_or(|count| *count <= rules::STATION_ADDRESSES)
    }
}

/// The MACs that DHCP answers came from, as far as they were the first to say what they say.
fn servers(sightings: &Sightings) -> impl Iterator<Item = Mac> {
    let answers = sightings
        .iter()
        .filter(|(shown, _)| shown.claimed && matches!(shown.field, Field::Dhcp | Field::DhcpRouter));
    answers.map(|(_, seen)| Mac(seen.by)).filter(|mac| !mac.is_zero())
}

/// Addresses that stations tried before they took them (RFC 4862, 5.4), where nobody else tried the same or holds it.
fn tried(sightings: &Sightings) -> impl Iterator<Item = (Mac, Address)> {
    let mut all: HashMap<Address, Option<Mac>> = HashMap::new();
    for (mac, address) in sightings.holders(Field::NdpTried, false) {
        let known = all.entry(address).or_insert(Some(mac));
        *known = known.filter(|known| *known == mac);
    }
    if !all.is_empty() {
        for (mac, address) in
            [Field::Ndp, Field::NdpRouter].into_iter().flat_map(|of| sightings.holders(of, false))
        {
            if let Some(known) = all.get_mut(&address) {
                *known = known.filter(|known| *known == mac);
            }
        }
    }
    all.into_iter().filter_map(|(address, mac)| Some((mac?, address)))
}

/// Networks that routers say are of the link. One who says so of many says it of none: no link has as many, and a list of all clouds is
/// soon made.
fn advertised(summary: &Summary) -> HashSet<Network> {
    let mut all: HashMap<Mac, HashSet<Network>> = HashMap::new();
    for (shown, _) in summary.site.sightings.iter().filter(|(shown, _)| shown.field == Field::NdpPrefix) {
        let value = std::str::from_utf8(summary.flows.texts.text(shown.value)).unwrap_or_default();
        let prefix = value.strip_suffix("/64").and_then(|prefix| prefix.parse::<IpAddr>().ok());
        all.entry(shown.mac).or_default().extend(prefix.and_then(|prefix| network(Address::from(prefix))));
    }
    all.into_values().filter(|networks| networks.len() <= rules::LINK_NETWORKS).flatten().collect()
}

/// The network of an IPv6 address; none for IPv4, and for what is of one link only.
pub(crate) fn network(address: Address) -> Option<Network> {
    let (network, _) = address.0.split_first_chunk()?;
    let six = *network != [0; 8] && !is_of_link(address);
    six.then_some(*network)
}

/// Whether an address means something on its own link only: IPv4 and IPv6 link-local (RFC 3927, RFC 4291), loopback, none at
/// all, this network, and those that devices have before they were given one (192.0.0.0/24, RFC 6890). No router passes them on, and
/// many stations have the same.
pub(crate) fn is_of_link(address: Address) -> bool {
    if let Some(octets) = address.octets() {
        return matches!(octets, [0 | 127, ..] | [169, 254, ..] | [192, 0, 0, _]);
    }
    match address.0 {
        [0xfe, second, ..] => second & 0xc0 == 0x80,
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 | 1] => true,
        _ => false,
    }
}

/// Whether an address stands for none: who asks for one sends from it (RFC 2131, 4.1; RFC 4291, 2.5.2).
pub(crate) fn is_unspecified(address: Address) -> bool {
    address == Address::default() || address.octets() == Some([0; 4])
}

/// Whether an IPv6 address ends in the identifier that is made of a MAC.
pub(crate) fn is_made_of(address: Address, Mac([a, b, c, d, e, f]): Mac) -> bool {
    matches!(address.0, [.., u, v, w, 0xff, 0xfe, x, y, z] if [u ^ 2, v, w, x, y, z] == [a, b, c, d, e, f])
}

/// Whether routers share a MAC: VRRP (RFC 9568, 7.3), HSRP and GLBP.
pub(super) fn is_shared_by_routers(mac: Mac) -> bool {
    match mac.0 {
        [0, 0, 0x5e, 0, 1 | 2, _] | [0, 0, 0x0c, 7, 0xac, _] | [0, 7, 0xb4, 0, _, _] => true,
        [0, 0, 0x0c, 0x9f, group, _] => group & 0xf0 == 0xf0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn a_station_holds_what_it_says_and_what_is_made_of_its_mac() {
        let mac = Mac([0x44, 0x19, 0xb6, 0, 0, 1]);
        let held = [((mac, address("2001:db8::5")), true)].into_iter().collect();
        let claims = Claims { held, ..Claims::default() };
        assert!(claims.is_own(mac, address("2001:db8::5")));
        assert!(claims.is_own(mac, address("2001:db8::4619:b6ff:fe00:1")));
        assert!(!claims.is_own(mac, address("2001:db8::6")));
        assert!(!claims.is_own(Mac([0x44, 0x19, 0xb6, 0, 0, 2]), address("2001:db8::5")));
    }

    #[test]
    fn what_a_device_has_before_it_is_given_an_address_is_of_its_link() {
        for near in ["192.0.0.64", "169.254.3.4", "fe80::1", "127.0.0.1", "::1", "0.0.0.0", "::"] {
            assert!(is_of_link(address(near)), "{near}");
        }
        for far in ["192.0.2.64", "192.168.1.108", "fd00::1", "2001:db8::1"] {
            assert!(!is_of_link(address(far)), "{far}");
        }
    }

    #[test]
    fn routers_that_stand_in_for_one_another_share_a_mac() {
        for shared in [
            [0, 0, 0x5e, 0, 1, 9],
            [0, 0, 0x5e, 0, 2, 9],
            [0, 0, 0x0c, 7, 0xac, 1],
            [0, 0, 0x0c, 0x9f, 0xf0, 1],
        ] {
            assert!(Claims::default().is_router(Mac(shared)), "{shared:x?}");
        }
        assert!(!Claims::default().is_router(Mac([0, 0, 0x5e, 0, 0x53, 1])));
        assert!(!Claims::default().is_router(Mac([0, 0, 0x0c, 0x9f, 0x10, 1])));
    }
}
