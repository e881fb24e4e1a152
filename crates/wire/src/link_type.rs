//! The first header of a frame, by link type: what stands behind it, and whose addresses it has.
//!
//! Layouts are those of the tcpdump group's registry of link types. A link type that is not here is
//! [`Lost::UNKNOWN`].

use crate::link::Head;
use crate::span::{Lost, Span};
use crate::{LinkType, Mac, Packet, wifi};

/// Takes the link type's own header off the frame.
pub(crate) fn enter<'a>(
    link_type: LinkType,
    span: Span<'a>,
    packet: &mut Packet<'a>,
) -> Result<(Head, Span<'a>), Lost> {
    match link_type.0 {
        0 | 108 => family(link_type, span),
        1 => Ok((Head::Ethernet, span)),
        12 | 14 | 101 | 228 | 229 => Ok((Head::Ip, span)),
        9 | 50 => serial(span),
        51 => Ok((Head::Pppoe, span)),
        104 => cisco(span),
        105 => wifi::enter(span, packet, wifi::Framing::default()),
        107 => frame_relay(span),
        113 => cooked(span, packet),
        119 => wifi::prism(span, packet),
        127 => wifi::radiotap(span, packet),
        163 => wifi::avs(span, packet),
        239 => nflog(span, packet),
        276 => cooked2(span, packet),
        _ => Err(Lost::UNKNOWN),
    }
}

/// BSD null (the capturing machine's byte order) and loop (network order): an address family of four bytes.
fn family(link_type: LinkType, span: Span<'_>) -> Result<(Head, Span<'_>), Lost> {
    let (word, rest) = span.take::<4>()?;
    let network = u32::from_be_bytes(*word);
    let family = if link_type.0 == 0 && network > 0xffff { network.swap_bytes() } else { network };
    match family {
        // 24, 28 and 30 are IPv6 on the BSDs and Darwin, 10 on Linux, 23 on Windows.
        2 | 10 | 23 | 24 | 28 | 30 => Ok((Head::Ip, rest)),
        _ => Err(Lost::UNKNOWN),
    }
}

/// PPP, bare or in HDLC framing, or Cisco HDLC, told apart by the first byte: no protocol of PPP begins with those of
/// Cisco.
fn serial(span: Span<'_>) -> Result<(Head, Span<'_>), Lost> {
    match span.first() {
        Some(0x0f | 0x8f) => cisco(span),
        _ => Ok((Head::Ppp(0), span)),
    }
}

/// Cisco HDLC: address, control, `EtherType`.
fn cisco(span: Span<'_>) -> Result<(Head, Span<'_>), Lost> {
    let (&[_, _, t0, t1], rest) = span.take::<4>()?;
    Ok((long_type(u16::from_be_bytes([t0, t1])), rest))
}

/// An `EtherType` field that never holds a length: small values are none.
fn long_type(ether_type: u16) -> Head {
    if ether_type <= crate::link::ether_type::MAX_LENGTH {
        Head::Other(0)
    } else {
        Head::EtherType(ether_type)
    }
}

/// Frame relay (RFC 2427): an address of two to four bytes, then control and protocol, or Cisco's `EtherType`.
fn frame_relay(span: Span<'_>) -> Result<(Head, Span<'_>), Lost> {
    let mut rest = span;
    for taken in 1..=4 {
        let (&[byte], after) = rest.take::<1>()?;
        rest = after;
        if byte & 1 == 1 {
            break;
        }
        if taken == 4 {
            return Err(Lost::UNKNOWN);
        }
    }
    match rest.seen {
        [0x03, 0xcc | 0x8e, ..] => Ok((Head::Ip, rest.skip(2)?)),
        [0x03, 0xcf, ..] => Ok((Head::Ppp(0), rest.skip(2)?)),
        [0x03, 0x00, 0x80, ..] => Ok(bridged(rest.skip(3)?)),
        [0x03, 0x80, ..] => Ok(bridged(rest.skip(2)?)),
        [0x03, ..] => Ok((Head::Other(0), rest)),
        _ => {
            let (&[t0, t1], payload) = rest.take::<2>()?;
            match u16::from_be_bytes([t0, t1]) {
                short if short <= crate::link::ether_type::MAX_LENGTH => Ok((Head::Other(0), rest)),
                ether_type => Ok((Head::EtherType(ether_type), payload)),
            }
        }
    }
}

/// The SNAP header of RFC 2427: routed protocols by `EtherType`, Ethernet bridged with or without its checksum.
fn bridged(span: Span<'_>) -> (Head, Span<'_>) {
    let head = match span.seen {
        [0, 0, 0, t0, t1, ..] => long_type(u16::from_be_bytes([*t0, *t1])),
        [0x00, 0x80, 0xc2, 0x00, 0x01 | 0x07, ..] => Head::Ethernet,
        _ => return (Head::Other(0), span),
    };
    (head, span.skip(5).unwrap_or(span))
}

/// Linux cooked capture, version 1.
fn cooked<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Head, Span<'a>), Lost> {
    let (&[_, _, h0, h1, l0, l1, a, b, c, d, e, f, _, _, t0, t1], rest) = span.take::<16>()?;
    source_only(packet, u16::from_be_bytes([l0, l1]), [a, b, c, d, e, f]);
    Ok((cooked_type(u16::from_be_bytes([h0, h1]), u16::from_be_bytes([t0, t1])), rest))
}

/// Linux cooked capture, version 2.
fn cooked2<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Head, Span<'a>), Lost> {
    let (&[t0, t1, _, _, _, _, _, _, h0, h1, _, length, a, b, c, d, e, f, _, _], rest) = span.take::<20>()?;
    source_only(packet, u16::from(length), [a, b, c, d, e, f]);
    Ok((cooked_type(u16::from_be_bytes([h0, h1]), u16::from_be_bytes([t0, t1])), rest))
}

/// Netlink messages have no `EtherType` at all; of the small values, 4 is LLC and the others carry no IP.
fn cooked_type(hardware: u16, ether_type: u16) -> Head {
    const NETLINK: u16 = 824;
    match ether_type {
        _ if hardware == NETLINK => Head::Other(0),
        0x0004 => Head::Llc,
        other => long_type(other),
    }
}

/// Link headers that hold the sender's address alone: the destination is left zero. Interfaces without addresses
/// give zero or none.
fn source_only(packet: &mut Packet<'_>, length: u16, address: [u8; 6]) {
    let mac = Mac(address);
    packet.macs = (length == 6 && !mac.is_zero()).then_some((mac, Mac::default()));
}

/// Linux netfilter log: family, version, resource, then type-length-value fields in the capturing machine's order.
fn nflog<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Head, Span<'a>), Lost> {
    const PAYLOAD: u16 = 9;
    const HARDWARE_ADDRESS: u16 = 8;
    let (&[family, version, _, _], mut rest) = span.take::<4>()?;
    if version != 0 {
        return Err(Lost::UNKNOWN);
    }
    while rest.wire > 0 {
        let (&[l0, l1, t0, t1], value) = rest.take::<4>()?;
        // No field is longer than the packet and few are of 256 bytes or more by type, so the type tells the order.
        let order = if t0 == 0 { u16::from_be_bytes } else { u16::from_le_bytes };
        let (length, kind) = (usize::from(order([l0, l1])), order([t0, t1]) & 0x7fff);
        let Some(value_length) = length.checked_sub(4) else { return Err(Lost::UNKNOWN) };
        let value = value.limit(value_length);
        match (kind, value.seen) {
            (HARDWARE_ADDRESS, [l0, l1, _, _, a, b, c, d, e, f, ..]) => {
                source_only(packet, u16::from_be_bytes([*l0, *l1]), [*a, *b, *c, *d, *e, *f]);
            }
            // Address families of Linux: IPv4, bridge, IPv6.
            (PAYLOAD, _) if matches!(family, 2 | 10) => return Ok((Head::Ip, value)),
            (PAYLOAD, _) => return Ok((Head::Other(0), value)),
            _ => {}
        }
        rest = rest.skip(length.next_multiple_of(4).min(rest.wire))?;
    }
    Ok((Head::Other(0), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(link_type: u16, bytes: &[u8]) -> (Option<Head>, usize, Option<(Mac, Mac)>) {
        let mut packet = Packet::default();
        let end = enter(LinkType(link_type), Span::new(bytes, bytes.len()), &mut packet);
        (end.ok().map(|end| end.0), end.map_or(0, |end| end.1.wire), packet.macs)
    }

    #[test]
    fn families_come_in_either_byte_order() {
        assert_eq!(entered(0, &[2, 0, 0, 0, 0x45]).0, Some(Head::Ip));
        assert_eq!(entered(0, &[0, 0, 0, 30, 0x60]).0, Some(Head::Ip));
        assert_eq!(entered(108, &[0, 0, 0, 2, 0x45]).0, Some(Head::Ip));
        assert_eq!(entered(108, &[2, 0, 0, 0, 0x45]).0, None);
    }

    #[test]
    fn cooked_frames_name_their_sender() {
        let frame = [0, 0, 0, 1, 0, 6, 2, 3, 4, 5, 6, 7, 0, 0, 8, 0, 0x45];
        let macs = Some((Mac([2, 3, 4, 5, 6, 7]), Mac::default()));
        assert_eq!(entered(113, &frame), (Some(Head::EtherType(0x0800)), 1, macs));
        let frame = [0x86, 0xdd, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 3, 4, 5, 6, 7, 0, 0, 0x60];
        assert_eq!(entered(276, &frame), (Some(Head::EtherType(0x86dd)), 1, macs));
    }

    #[test]
    fn the_netfilter_log_is_read_in_either_order() {
        let little = [2, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0, 0, 6, 0, 9, 0, 0x45, 0];
        assert_eq!(entered(239, &little), (Some(Head::Ip), 2, None));
        let big = [2, 0, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0, 0, 6, 0, 9, 0x45, 0];
        assert_eq!(entered(239, &big), (Some(Head::Ip), 2, None));
    }

    #[test]
    fn serial_lines_speak_ppp_or_as_cisco_does() {
        for link_type in [9, 50] {
            assert_eq!(entered(link_type, &[0x0f, 0, 8, 0, 0x45]), (Some(Head::EtherType(0x0800)), 1, None));
            assert_eq!(entered(link_type, &[0, 0x21, 0x45]), (Some(Head::Ppp(0)), 3, None));
        }
    }

    #[test]
    fn frame_relay_has_two_forms() {
        assert_eq!(entered(107, &[0x18, 0x41, 0x03, 0xcc, 0x45]), (Some(Head::Ip), 1, None));
        assert_eq!(entered(107, &[0x18, 0x41, 0x08, 0x00, 0x45]), (Some(Head::EtherType(0x0800)), 1, None));
    }
}
