//! Community ID 1.0 with seed 0: the flow identifier that Zeek, Suricata and Arkime share.

use lenscap_wire::Address;
use sha1::{Digest, Sha1};

use crate::state::key::{ICMP, ICMP6, Key, SCTP, Side, TCP, UDP, one_way_icmp};

/// The identifier of a flow, `1:` and 28 characters of base64. `sender` is the side that sent the first packet,
/// which counts for ICMP messages without a counterpart only.
pub(crate) fn community_id(key: &Key, sender: Side) -> String {
    let icmp = matches!(key.protocol, ICMP | ICMP6);
    let one_way = icmp && one_way_icmp(key.protocol, key.port(sender).unwrap_or(0));
    let first = if one_way { sender } else { 0 };
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    for side in [first, 1 - first] {
        update_address(&mut hash, key.version, key.address(side));
    }
    hash.update([key.protocol, 0]);
    if icmp || matches!(key.protocol, TCP | UDP | SCTP) {
        for side in [first, 1 - first] {
            hash.update(key.port(side).unwrap_or(0).to_be_bytes());
        }
    }
    let mut text = String::with_capacity(30);
    text.push_str("1:");
    push_base64(&hash.finalize(), &mut text);
    text
}

fn update_address(hash: &mut Sha1, version: u8, address: Address) {
    let from = if version == 4 { 12 } else { 0 };
    hash.update(address.0.get(from..).unwrap_or(&[]));
}

fn push_base64(bytes: &[u8], out: &mut String) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for three in bytes.chunks(3) {
        let word =
            three.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for n in 0..4 {
            let sextet = (word >> (18 - 6 * n)) as usize & 63;
            let letter = ALPHABET.get(sextet).copied().map_or('=', char::from);
            out.push(if n > three.len() { '=' } else { letter });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::path::PathId;
    use lenscap_wire::Packet;

    fn id(source: [u8; 4], destination: [u8; 4], protocol: u8, ports: (u16, u16)) -> String {
        let packet = Packet {
            source: Address::v4(source),
            destination: Address::v4(destination),
            protocol,
            ports,
            version: 4,
            ..Packet::default()
        };
        let (key, side) = Key::of(&packet, PathId::NONE);
        community_id(&key, side)
    }

    /// Vectors of the specification's baseline.
    #[test]
    fn matches_the_published_vectors() {
        let (a, b) = ([128, 232, 110, 120], [66, 35, 250, 204]);
        assert_eq!(id(a, b, TCP, (34855, 80)), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_eq!(id(b, a, TCP, (80, 34855)), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        let (c, d) = ([192, 168, 1, 52], [8, 8, 8, 8]);
        assert_eq!(id(c, d, UDP, (54585, 53)), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
        let (e, g) = ([192, 168, 0, 89], [192, 168, 0, 1]);
        assert_eq!(id(e, g, ICMP, (8, 0)), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
        assert_eq!(id(g, e, ICMP, (0, 0)), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
    }

    #[test]
    fn base64_pads() {
        let mut out = String::new();
        push_base64(b"M", &mut out);
        push_base64(b"Ma", &mut out);
        push_base64(b"Man", &mut out);
        assert_eq!(out, "TQ==TWE=TWFu");
    }
}
