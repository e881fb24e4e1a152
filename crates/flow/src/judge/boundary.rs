//! What is inside the site and what is outside.
//!
//! 192.168.1.5 is inside, 198.51.100.7 is outside, and 224.0.0.251 is neither: a group is no station of either.

use lenscap_wire::Address;
use std::net::{IpAddr, Ipv6Addr};

use super::stated::Stated;

/// What the user says about the site.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Prefixes that are the site's own (`--local`), as first and last address; beside the private ranges.
    pub local: Vec<(IpAddr, IpAddr)>,
    /// What devices are by his word (`--overrides`).
    pub stated: Vec<Stated>,
}

/// The site's prefixes, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Boundary {
    local: Vec<(IpAddr, IpAddr)>,
}

impl Boundary {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self { local: policy.local.clone() }
    }

    /// Which of the two a station's address is; `None` for groups, broadcasts and addresses that stand for nobody.
    #[inline]
    pub(crate) fn place(&self, address: Address) -> Option<Place> {
        let place = match address.octets() {
            Some(octets) => v4(octets),
            None => v6(Ipv6Addr::from(address.0)),
        };
        match place {
            Some(Place::Outside) if !self.local.is_empty() && self.is_local(address.ip()) => {
                Some(Place::Inside)
            }
            place => place,
        }
    }

    fn is_local(&self, ip: IpAddr) -> bool {
        self.local.iter().any(|(first, last)| *first <= ip && ip <= *last)
    }

    /// Whether an address is a station of the site.
    pub(crate) fn is_inside(&self, address: Address) -> bool {
        self.place(address) == Some(Place::Inside)
    }
}

/// Where a station is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Inside,
    Outside,
}

#[inline]
fn v4(octets: [u8; 4]) -> Option<Place> {
    // By the first byte: all flows are asked, and most have one of the last line.
    let [first, second, third, _] = octets;
    let inside = match first {
        224..=255 => return None,
        0 if octets == [0; 4] => return None,
        // This network, private, loopback, link-local, protocol assignments (RFC 6890): the last are addresses that devices
        // have before they are given one. Not 100.64.0.0/10, which is a carrier's own (RFC 6598), or of a network laid over many.
        0 | 10 | 127 => true,
        169 => second == 254,
        172 => second & 0xf0 == 16,
        192 => second == 168 || second == 0 && third == 0,
        _ => false,
    };
    Some(if inside { Place::Inside } else { Place::Outside })
}

fn v6(six: Ipv6Addr) -> Option<Place> {
    if six.is_multicast() || six.is_unspecified() {
        return None;
    }
    let inside = six.is_unique_local() || six.is_unicast_link_local() || six.is_loopback();
    Some(if inside { Place::Inside } else { Place::Outside })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Address {
        Address::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn private_is_inside_and_groups_are_neither() {
        let site = Boundary::new(&Policy::default());
        for inside in ["10.1.2.3", "192.168.0.1", "169.254.1.1", "fe80::1", "fd00::1", "192.0.0.64"] {
            assert!(site.place(at(inside)) == Some(Place::Inside), "{inside}");
        }
        for outside in ["8.8.8.8", "2001:db8::1", "100.64.0.1", "100.128.0.1", "192.0.2.64"] {
            assert!(site.place(at(outside)) == Some(Place::Outside), "{outside}");
        }
        for nobody in ["224.0.0.251", "255.255.255.255", "0.0.0.0", "ff02::1", "::"] {
            assert!(site.place(at(nobody)).is_none(), "{nobody}");
        }
    }

    #[test]
    fn the_user_names_public_addresses_of_the_site() {
        let range = ("203.0.113.0".parse().unwrap(), "203.0.113.255".parse().unwrap());
        let site = Boundary::new(&Policy { local: vec![range], ..Policy::default() });
        assert!(site.is_inside(at("203.0.113.9")) && !site.is_inside(at("203.0.114.9")));
    }
}
