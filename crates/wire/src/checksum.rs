//! The Internet checksum (RFC 1071), of IPv4 headers and of whole segments.
//!
//! Sums are made over words in the machine's own order and folded at the end: the one's complement sum does not
//! depend on the order of bytes, nor on how wide the words are.

use crate::protocol::Protocol;
use crate::{Hazards, Packet};

/// The sum of the 32-bit words, not folded; a word that is not whole counts as if zeros followed. Sums may be added
/// where every part but the last is of even length.
#[inline]
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    if bytes.len() < BLOCK { short_sum(bytes, bytes) } else { long_sum(bytes) }
}

/// What is summed at a time where there is so much.
const BLOCK: usize = 64;

/// The sum of a `part` that ends `bytes`, and is shorter than [`BLOCK`]: with what is carried counted apart.
#[inline]
fn short_sum(part: &[u8], bytes: &[u8]) -> u64 {
    let (words, rest) = part.as_chunks::<8>();
    let words = words.iter().map(|word| u128::from(u64::from_ne_bytes(*word)));
    let sum = words.sum::<u128>() + u128::from(last_word(bytes, rest));
    let (sum, carried) = (sum as u64, (sum >> 64) as u64);
    (sum >> 32) + (sum & 0xffff_ffff) + carried
}

/// The sum of at least [`BLOCK`] bytes, by blocks: in so long steps the loop itself costs little.
///
/// The sum of whole words loses carries, but the upper halves are added apart, and what the lower ones come to follows from
/// both. So vectors need no widening: four instructions for 16 bytes.
#[inline(never)]
fn long_sum(bytes: &[u8]) -> u64 {
    let (mut all, mut upper) = ([0_u64; BLOCK / 8], [0_u64; BLOCK / 8]);
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        for ((all, upper), word) in all.iter_mut().zip(&mut upper).zip(words) {
            let word = u64::from_ne_bytes(*word);
            *all = all.wrapping_add(word);
            *upper += word >> 32;
        }
    }
    let upper = upper.iter().sum::<u64>();
    let all = all.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
    all.wrapping_sub(upper << 32) + upper + short_sum(rest, bytes)
}

/// The `rest` that ends `bytes`, at most seven bytes, as a word with zeros behind.
#[inline]
fn last_word(bytes: &[u8], rest: &[u8]) -> u64 {
    let bits = rest.len() as u32 * 8;
    let word = match bytes.last_chunk::<8>() {
        // One load and a shift instead of a byte at a time.
        Some(last) => u64::from_le_bytes(*last).checked_shr(64 - bits).unwrap_or(0),
        None => rest.iter().rfold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    u64::from_ne_bytes(word.to_le_bytes())
}

/// The same of an IPv4 header: 32-bit words alone, for in so few bytes the detour of [`sum`] does not pay.
#[inline]
pub(crate) fn header_sum(header: &[u8]) -> u64 {
    let (words, _) = header.as_chunks::<4>();
    words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum()
}

/// The same of an IPv6 address, without a loop over it.
#[inline]
fn address_sum(address: u128) -> u64 {
    let word = |shift: u32| u64::from(((address >> shift) as u32).to_be());
    word(0) + word(32) + word(64) + word(96)
}

/// Folds a sum to 16 bits: 0xffff where the checksum was among the words and is right.
#[inline]
pub(crate) fn folded(sum: u64) -> u16 {
    let sum = (sum >> 32) + (sum & 0xffff_ffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    ((sum >> 16) + (sum & 0xffff)) as u16
}

/// Whether a sum [folds](folded) to 0xffff.
///
/// What is added to itself, its halves changed about, has their one's complement sum above: so 64 bits become 32, and
/// these are known to fold to 0xffff without folding to the end.
#[inline]
fn is_right(sum: u64) -> bool {
    let sum = (sum.wrapping_add(sum.rotate_left(32)) >> 32) as u32;
    sum.wrapping_add(sum.rotate_left(16)) >> 16 == 0xffff
}

/// Whether the checksum of an IPv4 header without options is right.
#[inline]
pub(crate) fn is_right_header(header: &[u8; 20]) -> bool {
    let &[a @ .., i, j, k, l, m, n, o, p, q, r, s, t] = header;
    let (first, carry) = u64::from_ne_bytes(a).overflowing_add(u64::from_ne_bytes([i, j, k, l, m, n, o, p]));
    let (sum, again) = first.overflowing_add(u64::from(u32::from_ne_bytes([q, r, s, t])) + u64::from(carry));
    is_right(sum + u64::from(again))
}

/// Checks the checksum of TCP, UDP, ICMP or `ICMPv6` and adds [`Hazards::BAD_TRANSPORT_CHECKSUM`] where it is wrong.
///
/// Costs a read of the whole segment, which is why decoding leaves it to the caller. Nothing is said of segments
/// that were not captured whole, of fragments, of UDP without a checksum (allowed over IPv6, too, by RFC 6936), and of
/// packets whose IP options may change an address on the way. Senders that leave the sum to the network card have it
/// wrong in their own captures: [`Hazards::OFFLOADED_CHECKSUM`] then says so.
///
/// ```
/// use lenscap_wire::{Hazards, LinkType, Packet, check_transport};
///
/// let bytes = [
///     0x45, 0, 0, 30, 0, 1, 0, 0, 64, 17, 0xf6, 0xca, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
///     0x03, 0xe8, 0x07, 0xd0, 0, 10, 0x12, 0x34, b'h', b'i', // UDP
/// ];
/// let mut packet = Packet::parse(LinkType::RAW, &bytes);
/// check_transport(&mut packet);
/// assert_eq!(packet.hazards, Hazards::BAD_TRANSPORT_CHECKSUM);
/// ```
#[inline]
pub fn check_transport(packet: &mut Packet<'_>) {
    if let Some(pseudo) = pseudo_header(packet)
        && !is_right(sum(packet.segment) + pseudo)
    {
        packet.hazards.insert(wrong(packet.protocol, packet.segment, pseudo));
    }
}

/// Whether the transport checksum of a packet is right; nothing where it cannot be told, as where the sender left it to its network card.
pub fn is_transport_right(packet: &Packet<'_>) -> Option<bool> {
    let pseudo = pseudo_header(packet)?;
    let is_right = is_right(sum(packet.segment) + pseudo);
    let left = || wrong(packet.protocol, packet.segment, pseudo).contains(Hazards::OFFLOADED_CHECKSUM);
    (is_right || !left()).then_some(is_right)
}

/// What a wrong checksum is. Takes no packet, so that one may stay in registers.
#[cold]
#[inline(never)]
fn wrong(protocol: u8, segment: &[u8], pseudo: u64) -> Hazards {
    let mut hazards = Hazards::BAD_TRANSPORT_CHECKSUM;
    let at = match protocol {
        Protocol::TCP => 16,
        Protocol::UDP => 6,
        _ => return hazards,
    };
    let claimed = segment.get(at..at + 2).and_then(<[u8]>::first_chunk);
    if claimed.is_some_and(|claimed| u16::from_ne_bytes(*claimed) == folded(pseudo)) {
        hazards.insert(Hazards::OFFLOADED_CHECKSUM);
    }
    hazards
}

/// The sum of the addresses, protocol and length that the transport checksum covers (RFC 9293, RFC 8200), 0 where it
/// covers none; nothing where there is no checksum that can be checked.
#[inline]
fn pseudo_header(packet: &Packet<'_>) -> Option<u64> {
    let segment = packet.segment;
    match packet.protocol {
        Protocol::TCP if segment.len() >= 20 => {}
        Protocol::UDP if !matches!(segment.get(6..8), None | Some([0, 0])) => {}
        Protocol::ICMPV6 if segment.len() >= 4 && packet.version == 6 => {}
        Protocol::ICMP if segment.len() >= 4 && packet.version == 4 => return Some(0),
        _ => return None,
    }
    let [source, destination] = [packet.source.0, packet.destination.0].map(u128::from_be_bytes);
    let addresses = if packet.version == 4 {
        // Of a mapped address the last four bytes alone are on the wire.
        u64::from((source as u32).to_be()) + u64::from((destination as u32).to_be())
    } else {
        address_sum(source) + address_sum(destination)
    };
    Some(
        addresses + u64::from(u16::from(packet.protocol).to_be()) + u64::from((segment.len() as u32).to_be()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frame, LinkType, PacketRef, Timestamp, decode};
    use etherparse::{PacketBuilder, TcpOptionElement};
    use proptest::prelude::*;

    #[test]
    fn the_example_of_rfc_1071_sums_up() {
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(u16::from_be(folded(sum(&bytes))), 0xddf2);
    }

    proptest! {
        #[test]
        fn a_header_is_right_where_its_sum_folds_to_ones(
            header in prop::array::uniform20(prop_oneof![any::<u8>(), Just(0xff), Just(0)]),
            off in 0_u16..3,
        ) {
            let mut header = header;
            header[0] = 0x45;
            header[10..12].fill(0);
            let right = !folded(header_sum(&header));
            header[10..12].copy_from_slice(&right.wrapping_add(off).to_ne_bytes());
            prop_assert_eq!(is_right_header(&header), folded(header_sum(&header)) == 0xffff);
            prop_assert!(is_right_header(&header) || off > 0);
        }
    }

    /// TCP over IPv4 with options and no payload, or with `payload`.
    fn tcp(payload: &[u8]) -> Vec<u8> {
        let step = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]).ipv4(
            [10, 0, 0, 1],
            [10, 0, 0, 2],
            9,
        );
        let options = [TcpOptionElement::MaximumSegmentSize(1460), TcpOptionElement::WindowScale(7)];
        let mut bytes = Vec::new();
        step.tcp(1, 2, 3, 4).options(&options).unwrap().write(&mut bytes, payload).unwrap();
        bytes
    }

    fn udp(six: bool, payload: &[u8]) -> Vec<u8> {
        let step = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        let step =
            if six { step.ipv6([1; 16], [2; 16], 9) } else { step.ipv4([10, 0, 0, 1], [10, 0, 0, 2], 9) };
        let mut bytes = Vec::new();
        step.udp(1, 2).write(&mut bytes, payload).unwrap();
        bytes
    }

    fn hazards(bytes: &[u8], wire: usize) -> Hazards {
        let frame = Frame {
            time: Timestamp::MIN,
            link_type: LinkType::ETHERNET,
            wire_length: wire as u32,
            bytes,
            at: PacketRef::default(),
        };
        let mut packet = Packet::default();
        decode(&frame, &mut packet);
        check_transport(&mut packet);
        packet.hazards
    }

    #[test]
    fn what_was_left_to_the_card_is_told_apart() {
        for (mut bytes, at) in [(tcp(b"hello"), 50), (udp(false, b"hello"), 40), (udp(true, b"hello"), 60)] {
            assert_eq!(hazards(&bytes, bytes.len()), Hazards::NONE);
            bytes[at] ^= 1;
            assert_eq!(hazards(&bytes, bytes.len()), Hazards::BAD_TRANSPORT_CHECKSUM);
            let (ip, transport) = bytes[14..].split_at(at - if at == 50 { 30 } else { 20 });
            let protocol = if at == 50 { Protocol::TCP } else { Protocol::UDP };
            let addresses = &ip[ip.len() - if at == 60 { 32 } else { 8 }..];
            let length = (transport.len() as u16).to_be_bytes();
            let pseudo = folded(sum(&[addresses, &[0, protocol], &length].concat()));
            bytes[at..at + 2].copy_from_slice(&pseudo.to_ne_bytes());
            let mut both = Hazards::BAD_TRANSPORT_CHECKSUM;
            both.insert(Hazards::OFFLOADED_CHECKSUM);
            assert_eq!(hazards(&bytes, bytes.len()), both);
        }
    }

    #[test]
    fn what_was_not_captured_is_not_flagged() {
        for (mut bytes, at) in [(tcp(b"hello"), 50), (tcp(b""), 50), (udp(true, b"hello"), 60)] {
            bytes[at] ^= 1;
            for cut in 14..bytes.len() {
                assert!(
                    !hazards(&bytes[..cut], bytes.len()).contains(Hazards::BAD_TRANSPORT_CHECKSUM),
                    "{cut}"
                );
            }
            assert_eq!(hazards(&bytes, bytes.len()), Hazards::BAD_TRANSPORT_CHECKSUM);
        }
    }

    #[test]
    fn no_checksum_is_none_to_be_wrong() {
        for (six, at) in [(false, 40), (true, 60)] {
            let mut bytes = udp(six, b"hello");
            bytes[at..at + 2].fill(0);
            assert_eq!(hazards(&bytes, bytes.len()), Hazards::NONE);
        }
    }

    #[test]
    fn the_length_of_another_datagram_cannot_be_checked() {
        let mut bytes = udp(false, b"hello");
        bytes[39] += 1;
        assert_eq!(hazards(&bytes, bytes.len()), Hazards::BAD_LENGTH);
    }

    proptest! {
        #[test]
        fn sums_are_those_of_single_words(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xff)], 0..200)) {
            let mut naive = 0_u32;
            for pair in bytes.chunks(2) {
                naive += u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]));
                naive = (naive & 0xffff) + (naive >> 16);
            }
            prop_assert_eq!(u32::from(u16::from_be(folded(sum(&bytes)))), naive);
            if bytes.len() % 4 == 0 {
                prop_assert_eq!(folded(header_sum(&bytes)), folded(sum(&bytes)));
            }
        }
    }
}
