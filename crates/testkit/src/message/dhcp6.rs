//! `DHCPv6` messages (RFC 8415), with the client's name (RFC 4704).

use lenscap_wire::Mac;
use std::net::Ipv6Addr;

/// What a client says of itself and is given.
#[derive(Clone, Copy, Debug)]
pub struct Lease6<'a> {
    /// Link address, of which the client's identifier is made.
    pub client: Mac,
    /// The server's link address.
    pub server: Mac,
    /// The address that is given.
    pub address: Ipv6Addr,
    /// Full name (option 39).
    pub name: &'a str,
    /// Vendor class (option 16), under the enterprise number that is reserved for documentation.
    pub vendor_class: &'a str,
    /// Transaction id, 24 bits.
    pub id: u32,
}

/// RFC 5612.
const EXAMPLE_ENTERPRISE: u32 = 32_473;

/// One message: `kind` is 1 solicit, 2 advertise, 3 request, 7 reply.
///
/// # Panics
/// When a label of the name is empty or longer than 63 bytes.
pub fn dhcp6(lease: &Lease6<'_>, kind: u8) -> Vec<u8> {
    let [_, id @ ..] = lease.id.to_be_bytes();
    let mut out = [&[kind][..], &id].concat();
    option(&mut out, 1, &identifier(lease.client));
    if kind != 1 {
        option(&mut out, 2, &identifier(lease.server));
    }
    let mut association = vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    if matches!(kind, 2 | 7) {
        option(
            &mut association,
            5,
            &[&lease.address.octets()[..], &[0, 0, 0x0e, 0x10], &[0, 0, 0x1c, 0x20]].concat(),
        );
    } else {
        option(&mut out, 39, &[&[1][..], &super::dns::name(lease.name)].concat());
        let length = (lease.vendor_class.len() as u16).to_be_bytes();
        option(
            &mut out,
            16,
            &[&EXAMPLE_ENTERPRISE.to_be_bytes()[..], &length, lease.vendor_class.as_bytes()].concat(),
        );
    }
    option(&mut out, 3, &association);
    out
}

/// A DUID of a link address (RFC 8415, 11.4).
fn identifier(mac: Mac) -> Vec<u8> {
    [&[0, 3, 0, 1][..], &mac.0].concat()
}

fn option(out: &mut Vec<u8>, code: u16, body: &[u8]) {
    out.extend(code.to_be_bytes());
    out.extend((body.len() as u16).to_be_bytes());
    out.extend(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_fill_the_message() {
        let (client, server) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
        let address = "2001:db8::64".parse().unwrap();
        let lease = Lease6 { client, server, address, name: "cam.example", vendor_class: "cam", id: 7 };
        let (solicit, reply) = (dhcp6(&lease, 1), dhcp6(&lease, 7));
        assert_eq!(solicit[..18], [1, 0, 0, 7, 0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1]);
        assert!(reply.windows(16).any(|window| window == address.octets()));
        for message in [solicit, reply] {
            let mut rest = &message[4..];
            while let [_, _, high, low, tail @ ..] = rest {
                rest = &tail[usize::from(u16::from_be_bytes([*high, *low]))..];
            }
            assert!(rest.is_empty());
        }
    }
}
