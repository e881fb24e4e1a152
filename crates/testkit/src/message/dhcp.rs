//! DHCP messages (RFC 2131, options of RFC 2132).

use crate::Host;
use std::net::IpAddr;

/// What a client says of itself and is given.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// Link address, and the address that it gets.
    pub client: Host,
    /// Server address.
    pub server: Host,
    /// Host name (option 12).
    pub hostname: &'a str,
    /// Vendor class (option 60).
    pub vendor_class: &'a str,
    /// Transaction id.
    pub id: u32,
}

/// One message: `kind` is 1 discover, 2 offer, 3 request, 5 acknowledge.
///
/// # Panics
/// When an address is not IPv4.
pub fn dhcp(lease: &Lease<'_>, kind: u8) -> Vec<u8> {
    let (IpAddr::V4(client), IpAddr::V4(server)) = (lease.client.ip, lease.server.ip) else {
        panic!("DHCP is for IPv4");
    };
    let from_server = matches!(kind, 2 | 5);
    let mut out = vec![if from_server { 2 } else { 1 }, 1, 6, 0];
    out.extend(lease.id.to_be_bytes());
    out.extend([0; 8]);
    out.extend(if from_server { client.octets() } else { [0; 4] });
    out.extend([0; 8]);
    out.extend(lease.client.mac.0);
    out.resize(236, 0);
    out.extend([0x63, 0x82, 0x53, 0x63]);
    option(&mut out, 53, &[kind]);
    if from_server {
        option(&mut out, 54, &server.octets());
        option(&mut out, 51, &86_400_u32.to_be_bytes());
    } else {
        option(&mut out, 12, lease.hostname.as_bytes());
        option(&mut out, 60, lease.vendor_class.as_bytes());
        option(&mut out, 55, &[1, 3, 6, 42]);
        if kind == 3 {
            option(&mut out, 50, &client.octets());
        }
    }
    out.push(255);
    out
}

fn option(out: &mut Vec<u8>, code: u8, value: &[u8]) {
    if !value.is_empty() {
        out.extend([code, value.len() as u8]);
        out.extend(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_part_and_options() {
        let client = Host::new("02:00:00:00:00:01", "192.168.1.2");
        let lease =
            Lease { client, server: client.at("192.168.1.1"), hostname: "cam", vendor_class: "", id: 9 };
        let discover = dhcp(&lease, 1);
        assert_eq!(discover[28..34], client.mac.0);
        assert_eq!(discover[236..243], [0x63, 0x82, 0x53, 0x63, 53, 1, 1]);
        assert!(discover.windows(5).any(|window| window == [12, 3, b'c', b'a', b'm']));
        assert_eq!(dhcp(&lease, 5)[16..20], [192, 168, 1, 2]);
    }
}
