//! What is inside the site and what is outside.

use lenscap_wire::Address;
use std::net::IpAddr;

/// What the user says about the site.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Prefixes that are the site's own (`--local`), as first and last address; beside the private ranges.
    pub local: Vec<(IpAddr, IpAddr)>,
}

/// The site's prefixes, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    local: Vec<(IpAddr, IpAddr)>,
}

impl Site {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self { local: policy.local.clone() }
    }

    /// Whether an address is a station outside the site. Groups, broadcasts and addresses that stand for nobody
    /// are neither inside nor outside.
    pub(crate) fn is_outside(&self, address: Address) -> bool {
        let ip = address.ip();
        let special = match ip {
            IpAddr::V4(four) => {
                let [a, b, ..] = four.octets();
                let carrier_nat = a == 100 && (64..128).contains(&b);
                four.is_private()
                    || four.is_link_local()
                    || four.is_loopback()
                    || four.is_multicast()
                    || a == 0
                    || a >= 240
                    || carrier_nat
            }
            IpAddr::V6(six) => {
                six.is_unique_local()
                    || six.is_unicast_link_local()
                    || six.is_loopback()
                    || six.is_multicast()
                    || six.is_unspecified()
            }
        };
        !special && !self.local.iter().any(|(first, last)| *first <= ip && ip <= *last)
    }

    /// Whether an address is a station of the site.
    pub(crate) fn is_inside(&self, address: Address) -> bool {
        let ip = address.ip();
        let nobody = match ip {
            IpAddr::V4(four) => four.is_multicast() || four.is_unspecified() || four.octets()[0] >= 240,
            IpAddr::V6(six) => six.is_multicast() || six.is_unspecified(),
        };
        !nobody && !self.is_outside(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Address {
        Address::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn private_is_inside_and_groups_are_neither() {
        let site = Site::new(&Policy::default());
        for inside in ["10.1.2.3", "192.168.0.1", "169.254.1.1", "fe80::1", "fd00::1", "100.64.0.1"] {
            assert!(site.is_inside(at(inside)) && !site.is_outside(at(inside)), "{inside}");
        }
        for outside in ["8.8.8.8", "2001:db8::1", "100.128.0.1"] {
            assert!(site.is_outside(at(outside)) && !site.is_inside(at(outside)), "{outside}");
        }
        for nobody in ["224.0.0.251", "255.255.255.255", "0.0.0.0", "ff02::1", "::"] {
            assert!(!site.is_outside(at(nobody)) && !site.is_inside(at(nobody)), "{nobody}");
        }
    }

    #[test]
    fn the_user_names_public_addresses_of_the_site() {
        let range = ("203.0.113.0".parse().unwrap(), "203.0.113.255".parse().unwrap());
        let site = Site::new(&Policy { local: vec![range] });
        assert!(site.is_inside(at("203.0.113.9")) && site.is_outside(at("203.0.114.9")));
    }
}
