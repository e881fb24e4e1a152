//! The Internet checksum (RFC 1071), of IPv4 headers and of whole segments.
//!
//! Sums are made over 32-bit words in the machine's own order and folded at the end: the one's complement sum does
//! not depend on the order of bytes.

use crate::protocol::Protocol;
use crate::{Class, Hazards, Packet};

/// The sum of the 16-bit words, not folded; an odd last byte counts as if a zero followed. Sums may be added where
/// every part but the last is of even length.
#[inline]
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut sum = words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum::<u64>();
    let (pairs, last) = rest.as_chunks::<2>();
    sum += pairs.iter().map(|pair| u64::from(u16::from_ne_bytes(*pair))).sum::<u64>();
    sum + last.iter().map(|byte| u64::from(u16::from_ne_bytes([*byte, 0]))).sum::<u64>()
}

/// Folds a sum to 16 bits: 0xffff where the checksum was among the words and is right.
#[inline]
pub(crate) fn folded(sum: u64) -> u16 {
    let sum = (sum >> 32) + (sum & 0xffff_ffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    ((sum >> 16) + (sum & 0xffff)) as u16
}

/// Checks the checksum of TCP, UDP, ICMP or `ICMPv6` and adds [`Hazards::BAD_TRANSPORT_CHECKSUM`] where it is wrong.
///
/// Costs a read of the whole segment, which is why decoding leaves it to the caller. Nothing is said of segments
/// that were not captured whole, of fragments, of UDP without a checksum, and of packets whose IP options may change
/// an address on the way. Senders that leave the sum to the network card have it wrong in their own captures.
pub fn check_transport(packet: &mut Packet<'_>) {
    if transport_is_wrong(packet) == Some(true) {
        packet.hazards.insert(Hazards::BAD_TRANSPORT_CHECKSUM);
    }
}

/// Whether the transport checksum is wrong; nothing where it cannot be told.
fn transport_is_wrong(packet: &Packet<'_>) -> Option<bool> {
    let segment = packet.segment;
    let whole = packet.class == Class::Ip && packet.payload.len() as u64 == u64::from(packet.payload_length);
    if !whole || segment.is_empty() || packet.fragment.is_some() {
        return None;
    }
    let with_addresses = match packet.protocol {
        Protocol::TCP => packet.tcp.is_some(),
        Protocol::UDP => segment.get(6..8)? != [0, 0],
        Protocol::ICMPV6 => packet.version == 6,
        Protocol::ICMP if packet.version == 4 => return Some(folded(sum(segment)) != 0xffff),
        _ => false,
    };
    with_addresses.then(|| folded(sum(segment) + pseudo_header(packet)) != 0xffff)
}

/// The sum of the addresses, protocol and length that the transport checksum covers (RFC 9293, RFC 8200).
fn pseudo_header(packet: &Packet<'_>) -> u64 {
    let address = |bytes: &[u8; 16]| match packet.version {
        4 => sum(bytes.get(12..).unwrap_or_default()),
        _ => sum(bytes),
    };
    address(&packet.source.0)
        + address(&packet.destination.0)
        + sum(&[0, packet.protocol])
        + sum(&(packet.segment.len() as u32).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_rfc_1071_sums_up() {
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(u16::from_be(folded(sum(&bytes))), 0xddf2);
    }

    proptest! {
        #[test]
        fn sums_are_those_of_single_words(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut naive = 0_u32;
            for pair in bytes.chunks(2) {
                naive += u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]));
                naive = (naive & 0xffff) + (naive >> 16);
            }
            prop_assert_eq!(u32::from(u16::from_be(folded(sum(&bytes)))), naive);
        }
    }
}
