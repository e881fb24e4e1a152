//! STUN messages (RFC 8489).

use std::net::SocketAddr;

/// The magic cookie.
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// A message of this type (0x0001 asks for the mapped address, 0x0101 answers) with attributes as they stand.
pub fn stun(kind: u16, transaction: [u8; 12], attributes: &[Vec<u8>]) -> Vec<u8> {
    let body = attributes.concat();
    let head = [&kind.to_be_bytes()[..], &(body.len() as u16).to_be_bytes(), &COOKIE, &transaction].concat();
    [head, body].concat()
}

/// An attribute, padded to four bytes.
pub fn stun_attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut out = [&kind.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat();
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

/// XOR-MAPPED-ADDRESS: what the server saw the request come from.
pub fn stun_mapped(transaction: [u8; 12], seen: SocketAddr) -> Vec<u8> {
    let key = [&COOKIE[..], &transaction].concat();
    let (family, address) = match seen {
        SocketAddr::V4(four) => (1, four.ip().octets().to_vec()),
        SocketAddr::V6(six) => (2, six.ip().octets().to_vec()),
    };
    let mask = |bytes: &[u8]| bytes.iter().zip(&key).map(|(byte, mask)| byte ^ mask).collect::<Vec<u8>>();
    let value = [vec![0, family], mask(&seen.port().to_be_bytes()), mask(&address)].concat();
    stun_attribute(0x0020, &value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mapped_address_of_the_standards_example() {
        // RFC 5769, 2.2.
        let transaction = *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";
        let seen = stun_mapped(transaction, "192.0.2.1:32853".parse().expect("an endpoint"));
        assert_eq!(seen, b"\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43");
    }
}
