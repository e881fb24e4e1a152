//! The fast path: the shapes that nearly every frame has, read with a handful of comparisons.
//!
//! Ethernet, at most two VLAN tags, IPv4 without options or IPv6 without extension headers, not a fragment, captured
//! to the end that IP gives it and with nothing but padding behind, then TCP or UDP of sound lengths and no tunnel's port. Anything else is refused, and
//! the general path decides; for what is accepted both give the same packet.
#![allow(clippy::inline_always, reason = "a packet that is passed to no function stays in registers")]

use arrayvec::ArrayVec;
use std::hint::cold_path;

use crate::checksum;
use crate::link::ether_type;
use crate::protocol::Protocol;
use crate::{
    Address, Class, Frame, Hazards, Layer, LayerKind, LinkType, Mac, Packet, Tcp, TcpFlags, transport, tunnel,
};

const IPV4: u16 = ether_type::IPV4.to_be();
const IPV6: u16 = ether_type::IPV6.to_be();

/// Decodes `frame` as [`decode`](crate::decode) does, if it has the shape that most frames have; else leaves `packet` in any
/// state. Returns whether it has: Ethernet without tags, IP, then all of a segment of TCP or a datagram of UDP that is no tunnel.
///
/// It is inlined where packets are counted by the million. `packet` can then stay in registers: let it be fresh, and lend
/// it to nothing that is not inlined.
///
/// ```
/// use lenscap_wire::{Frame, LinkType, Packet, PacketRef, Timestamp, decode_usual};
///
/// let bytes = [
///     2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, // Ethernet
///     0x45, 0, 0, 30, 0, 1, 0, 0, 64, 17, 0xf6, 0xca, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
///     0x03, 0xe8, 0x07, 0xd0, 0, 10, 0, 0, b'h', b'i', // UDP
/// ];
/// let (time, at) = (Timestamp::MIN, PacketRef::default());
/// let frame = Frame { time, link_type: LinkType::ETHERNET, wire_length: 44, bytes: &bytes, at };
/// let mut packet = Packet::default();
/// assert!(decode_usual(&frame, &mut packet) && packet.payload == b"hi");
/// ```
#[inline(always)]
pub fn decode_usual<'a>(frame: &Frame<'a>, packet: &mut Packet<'a>) -> bool {
    decode::<false>(frame, packet)
}

/// Decodes `frame` and says so, or leaves `packet` in any state. Frames with `TAGS` may be refused, too.
#[inline(always)]
pub(crate) fn decode<'a, const TAGS: bool>(frame: &Frame<'a>, packet: &mut Packet<'a>) -> bool {
    frame.link_type == LinkType::ETHERNET
        && frame.wire_length as usize <= frame.bytes.len()
        && ethernet::<TAGS>(frame.bytes, packet).is_some()
}

#[inline(always)]
fn ethernet<'a, const TAGS: bool>(bytes: &'a [u8], packet: &mut Packet<'a>) -> Option<()> {
    let (header, mut rest) = bytes.split_first_chunk::<14>()?;
    let (destination, header) = header.split_first_chunk::<6>()?;
    let (source, ether_type) = header.split_first_chunk::<6>()?;
    // As it lies in memory, so that nothing need be turned round to be compared.
    let mut ether_type = u16::from_ne_bytes(*ether_type.first_chunk()?);
    packet.class = Class::Ip;
    packet.macs = Some((Mac(*source), Mac(*destination)));
    packet.ether_type = 0;
    packet.fragment = None;
    packet.quoted = None;
    packet.inner_frame = None;
    packet.stop = None;
    if TAGS {
        packet.path.clear();
        packet.from_higher = 0;
        if !matches!(ether_type, IPV4 | IPV6) {
            (ether_type, rest) = tags(ether_type, rest, &mut packet.path)?;
        }
    }
    let (protocol, body) = match ether_type {
        IPV4 => v4::<TAGS>(rest, packet)?,
        IPV6 => v6(rest, packet)?,
        _ => return None,
    };
    segment(protocol, body, packet)
}

/// Reads at most two VLAN tags: the type of what they stand before, and that.
#[inline(never)]
fn tags<'a>(
    mut ether_type: u16,
    mut bytes: &'a [u8],
    path: &mut ArrayVec<Layer, 8>,
) -> Option<(u16, &'a [u8])> {
    for _ in 0..2 {
        if !matches!(
            ether_type.to_be(),
            ether_type::VLAN | ether_type::SERVICE_VLAN | ether_type::OLD_SERVICE_VLAN
        ) {
            break;
        }
        let (&[c0, c1, t0, t1], after) = bytes.split_first_chunk::<4>()?;
        let id = u32::from(u16::from_be_bytes([c0, c1]) & 0x0fff);
        // A tag with id 0 has a priority and names no VLAN.
        if id != 0 {
            path.push(Layer { kind: LayerKind::Vlan, id, ends: [Address::default(); 2] });
        }
        (ether_type, bytes) = (u16::from_ne_bytes([t0, t1]), after);
    }
    Some((ether_type, bytes))
}

/// Reads the header of IPv4: the protocol, and what follows.
#[inline(always)]
fn v4<'a, const TAGS: bool>(bytes: &'a [u8], packet: &mut Packet<'a>) -> Option<(u8, &'a [u8])> {
    let (header, mut body) = bytes.split_first_chunk::<20>()?;
    let &[0x45, _, l0, l1, i0, i1, _, _, hop_limit, protocol, _, _, ..] = header else { return None };
    let (source, destination) = header.get(12..)?.split_first_chunk::<4>()?;
    let destination = destination.first_chunk::<4>()?;
    let fragment = header.get(6..)?.first_chunk::<2>()?;
    // Neither more fragments nor an offset.
    if u16::from_ne_bytes(*fragment) & 0x3fff_u16.to_be() != 0 {
        return None;
    }
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    // Most frames end with their datagram.
    if bytes.len() != total {
        body = bytes.get(20..total)?;
        if has_trailer(bytes.len(), total) {
            return None;
        }
    }
    packet.hazards = Hazards::NONE;
    if !checksum::is_right_header(header) {
        cold_path();
        packet.hazards = Hazards::BAD_IP_CHECKSUM;
    }
    packet.version = 4;
    packet.hop_limit = hop_limit;
    packet.identification = u16::from_be_bytes([i0, i1]);
    // Where frames with tags are read the packet lies in memory, and is written by bytes.
    let address = if TAGS { Address::v4 } else { Address::mapped };
    packet.source = address(*source);
    packet.destination = address(*destination);
    packet.ip_length = total as u32;
    Some((protocol, body))
}

/// The same of IPv6.
#[inline(always)]
fn v6<'a>(bytes: &'a [u8], packet: &mut Packet<'a>) -> Option<(u8, &'a [u8])> {
    let (header, mut body) = bytes.split_first_chunk::<40>()?;
    let (&[first, _, _, _, l0, l1, protocol, hop_limit], addresses) = header.split_first_chunk::<8>()?;
    let (source, addresses) = addresses.split_first_chunk::<16>()?;
    let destination = addresses.first_chunk::<16>()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if first >> 4 != 6 || length == 0 {
        return None;
    }
    if body.len() != length {
        body = body.get(..length)?;
        if has_trailer(bytes.len(), length + 40) {
            return None;
        }
    }
    packet.hazards = Hazards::NONE;
    packet.version = 6;
    packet.hop_limit = hop_limit;
    packet.identification = 0;
    packet.source = Address::v6(*source);
    packet.destination = Address::v6(*destination);
    packet.ip_length = length as u32 + 40;
    Some((protocol, body))
}

/// What `Span::has_trailer` says of so many bytes, short frames first.
#[inline]
fn has_trailer(wire: usize, length: usize) -> bool {
    wire > 50 && wire > length + 4
}

/// Reads the transport header. Whatever refuses comes first: what is read before it would have to be put aside.
#[inline(always)]
fn segment<'a>(protocol: u8, body: &'a [u8], packet: &mut Packet<'a>) -> Option<()> {
    let payload = match protocol {
        Protocol::TCP => {
            let header = body.first_chunk::<20>()?;
            let [.., offset, flags, _, _, _, _, _, _] = *header;
            let (offset, flags) = (usize::from(offset >> 4) * 4, TcpFlags(flags));
            if offset < 20 || transport::is_odd(flags) {
                return None;
            }
            let payload = body.get(offset..)?;
            let &[p0, p1, p2, p3, s0, s1, s2, s3, a0, a1, a2, a3, _, _, w0, w1, ..] = header;
            packet.tcp = Some(Tcp {
                sequence: u32::from_be_bytes([s0, s1, s2, s3]),
                acknowledgement: u32::from_be_bytes([a0, a1, a2, a3]),
                flags,
                window: u16::from_be_bytes([w0, w1]),
            });
            packet.ports = (u16::from_be_bytes([p0, p1]), u16::from_be_bytes([p2, p3]));
            payload
        }
        Protocol::UDP => {
            let (&[p0, p1, p2, p3, l0, l1, _, _], payload) = body.split_first_chunk::<8>()?;
            let ports = (u16::from_be_bytes([p0, p1]), u16::from_be_bytes([p2, p3]));
            if usize::from(u16::from_be_bytes([l0, l1])) != body.len() || tunnel::is_candidate(ports) {
                return None;
            }
            packet.tcp = None;
            packet.ports = ports;
            payload
        }
        _ => return None,
    };
    packet.protocol = protocol;
    packet.payload = payload;
    packet.payload_length = payload.len() as u32;
    packet.segment = body;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PacketRef, Timestamp, decode::general};
    use etherparse::PacketBuilder;
    use proptest::prelude::*;

    fn frame(bytes: &[u8], wire_length: u32) -> Frame<'_> {
        Frame {
            time: Timestamp::MIN,
            link_type: LinkType::ETHERNET,
            wire_length,
            bytes,
            at: PacketRef::default(),
        }
    }

    /// A sound frame of the shapes that the fast path is for; `tags` VLAN tags.
    fn build(six: bool, tcp: bool, tags: usize, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
        let ethernet = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        let ip = if six {
            ethernet.ipv6([1; 16], [2; 16], 9)
        } else {
            ethernet.ipv4([10, 0, 0, 1], [10, 0, 0, 2], 9)
        };
        let mut bytes = Vec::new();
        if tcp {
            ip.tcp(ports.0, ports.1, 7, 9).ack(3).write(&mut bytes, payload).unwrap();
        } else {
            ip.udp(ports.0, ports.1).write(&mut bytes, payload).unwrap();
        }
        for tag in 0..tags {
            bytes.splice(12..12, [0x81, 0, 0x20, tag as u8]);
        }
        bytes
    }

    fn same(bytes: &[u8], wire_length: u32) -> Result<bool, TestCaseError> {
        let (mut fast, mut slow) = (Packet::default(), Packet::default());
        let accepted = decode::<true>(&frame(bytes, wire_length), &mut fast);
        if accepted {
            general(&frame(bytes, wire_length), &mut slow);
            prop_assert_eq!(format!("{fast:?}"), format!("{slow:?}"));
        }
        let mut bare = Packet::default();
        if decode::<false>(&frame(bytes, wire_length), &mut bare) {
            prop_assert!(accepted && fast.path.is_empty());
            prop_assert_eq!(format!("{bare:?}"), format!("{fast:?}"));
        }
        Ok(accepted)
    }

    prop_compose! {
        fn sound()(
            six in any::<bool>(),
            tcp in any::<bool>(),
            tags in 0_usize..4,
            source in any::<u16>(),
            destination in prop_oneof![any::<u16>(), Just(4789), Just(2152), Just(3544), Just(443)],
            payload in prop::collection::vec(any::<u8>(), 0..80),
        ) -> (Vec<u8>, bool) {
            let ports = (source, destination);
            let usual = tags <= 2 && (tcp || !tunnel::is_candidate(ports));
            (build(six, tcp, tags, ports, &payload), usual)
        }
    }

    proptest! {
        #[test]
        fn the_usual_is_accepted_and_the_same((bytes, usual) in sound(), padding in 0_usize..20) {
            let mut bytes = bytes;
            let end = bytes.len();
            bytes.resize(end + padding, 0);
            // The tags are no part of what is padded.
            let tags = bytes[12..].chunks(4).take_while(|tag| tag[..2] == [0x81, 0]).count();
            let is_trailer = padding > 4 && bytes.len() - 14 - 4 * tags > 50;
            prop_assert_eq!(same(&bytes, bytes.len() as u32)?, usual && !is_trailer);
        }

        #[test]
        fn damage_is_seen_alike(
            (bytes, _) in sound(),
            damage in prop::collection::vec((0_usize..80, any::<u8>()), 0..4),
            cut in 0_usize..160,
            beyond in 0_u32..100,
        ) {
            let mut bytes = bytes;
            for (at, value) in damage {
                let at = at % bytes.len();
                bytes[at] = value;
            }
            bytes.truncate(cut.max(14));
            same(&bytes, bytes.len() as u32 + beyond)?;
        }

        #[test]
        fn noise_is_seen_alike(
            head in prop::sample::select(vec![[8, 0, 0x45, 0], [0x86, 0xdd, 0x60, 0], [0x81, 0, 0, 1]]),
            noise in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            let bytes = [&[2; 12][..], &head, &noise].concat();
            same(&bytes, bytes.len() as u32)?;
        }
    }

    #[test]
    fn a_used_packet_is_overwritten() {
        let tagged = build(false, true, 2, (1, 2), b"abc");
        let plain = build(true, false, 0, (3, 4), b"de");
        let (mut used, mut fresh) = (Packet::default(), Packet::default());
        let (tagged, plain) = (frame(&tagged, tagged.len() as u32), frame(&plain, plain.len() as u32));
        assert!(decode::<true>(&tagged, &mut used) && decode::<true>(&plain, &mut used));
        assert!(!decode::<false>(&tagged, &mut fresh) && decode::<false>(&plain, &mut fresh));
        assert_eq!(format!("{used:?}"), format!("{fresh:?}"));
    }
}
