//! Who takes part in a scenario: a link address and an IP address, and the port of a socket.

use lenscap_wire::Mac;
use std::net::IpAddr;

/// A station as the capture's segment sees it: an outside host has the gateway's link address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Host {
    /// Link address.
    pub mac: Mac,
    /// IP address.
    pub ip: IpAddr,
}

impl Host {
    /// A host from the text of its addresses.
    ///
    /// # Panics
    /// When either address cannot be read.
    pub fn new(mac: &str, ip: &str) -> Self {
        Self { mac: parse_mac(mac), ip: parse_ip(ip) }
    }

    /// The same station under another IP address.
    ///
    /// # Panics
    /// When the address cannot be read.
    #[must_use]
    pub fn at(self, ip: &str) -> Self {
        Self { ip: parse_ip(ip), ..self }
    }

    /// A socket of this host.
    pub const fn port(self, port: u16) -> End {
        End { host: self, port }
    }

    /// Everybody who listens to a multicast group or the broadcast address (RFC 1112 §6.4, RFC 2464 §7).
    ///
    /// # Panics
    /// When the address cannot be read.
    pub fn group(ip: &str) -> Self {
        let ip = parse_ip(ip);
        let mac = match ip {
            IpAddr::V4(four) if four.is_multicast() => {
                let [_, b, c, d] = four.octets();
                [1, 0, 0x5e, b & 0x7f, c, d]
            }
            IpAddr::V4(_) => [0xff; 6],
            IpAddr::V6(six) => {
                let bytes = six.octets();
                [0x33, 0x33, bytes[12], bytes[13], bytes[14], bytes[15]]
            }
        };
        Self { mac: Mac(mac), ip }
    }
}

/// One end of a conversation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct End {
    /// Whose it is.
    pub host: Host,
    /// TCP or UDP port.
    pub port: u16,
}

fn parse_ip(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no IP address"))
}

fn parse_mac(text: &str) -> Mac {
    let mut bytes = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut bytes {
        *byte = parts
            .next()
            .and_then(|part| u8::from_str_radix(part, 16).ok())
            .unwrap_or_else(|| panic!("{text:?} is no link address"));
    }
    assert!(parts.next().is_none(), "{text:?} is no link address");
    Mac(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_the_link_address_of_their_group() {
        assert_eq!(Host::group("224.0.0.251").mac.to_string(), "01:00:5e:00:00:fb");
        assert_eq!(Host::group("239.255.255.250").mac.to_string(), "01:00:5e:7f:ff:fa");
        assert_eq!(Host::group("ff02::1:ff00:1").mac.to_string(), "33:33:ff:00:00:01");
        assert_eq!(Host::group("255.255.255.255").mac.to_string(), "ff:ff:ff:ff:ff:ff");
    }
}
