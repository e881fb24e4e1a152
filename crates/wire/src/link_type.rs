//! Link types, and the first header of a frame by its link type: what stands behind it, and whose addresses it has.
//!
//! Layouts are those of the tcpdump group's registry of link types. A link type that is not here is
//! [`Stop::UNKNOWN`].

use crate::link::Next;
use crate::span::Span;
use crate::{Mac, Packet, Stop, wifi};
use std::fmt;

/// The kind of link header a frame starts with, by the numbers of the tcpdump group's registry (`LINKTYPE_…`).
///
/// ```
/// use lenscap_wire::LinkType;
///
/// assert_eq!(LinkType(113), LinkType::LINUX_SLL);
/// assert_eq!(LinkType::ETHERNET.to_string(), "EN10MB");
/// assert_eq!(LinkType(147).to_string(), "147");
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LinkType(pub u16);

macro_rules! link_types {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        impl LinkType {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// Every link type that is read, with its short name in the registry.
            pub const NAMES: &'static [(Self, &'static str)] = &[$((Self::$name, $text)),*];
        }
    };
}

link_types! {
    /// BSD loopback: an address family in the capturing machine's byte order.
    NULL = 0, "NULL";
    /// Ethernet (IEEE 802.3).
    ETHERNET = 1, "EN10MB";
    /// PPP, bare, in HDLC framing, or as Cisco frames it.
    PPP = 9, "PPP";
    /// IP alone, as most BSDs number it.
    RAW_BSD = 12, "RAW";
    /// IP alone, as OpenBSD numbers it.
    RAW_OPENBSD = 14, "RAW";
    /// PPP in HDLC framing, or Cisco HDLC.
    PPP_HDLC = 50, "PPP_SERIAL";
    /// `PPPoE` sessions without their Ethernet header.
    PPP_ETHER = 51, "PPP_ETHER";
    /// IP alone, of the version that its first four bits say.
    RAW = 101, "RAW";
    /// Cisco HDLC.
    C_HDLC = 104, "C_HDLC";
    /// IEEE 802.11 without a radio's header.
    IEEE802_11 = 105, "IEEE802_11";
    /// Frame relay (RFC 2427).
    FRELAY = 107, "FRELAY";
    /// OpenBSD loopback: an address family in network order.
    LOOP = 108, "LOOP";
    /// Linux cooked capture, version 1.
    LINUX_SLL = 113, "LINUX_SLL";
    /// IEEE 802.11 behind a Prism header.
    IEEE802_11_PRISM = 119, "PRISM_HEADER";
    /// IEEE 802.11 behind radiotap.
    IEEE802_11_RADIOTAP = 127, "IEEE802_11_RADIO";
    /// IEEE 802.11 behind an AVS header.
    IEEE802_11_AVS = 163, "IEEE802_11_RADIO_AVS";
    /// IPv4 alone.
    IPV4 = 228, "IPV4";
    /// IPv6 alone.
    IPV6 = 229, "IPV6";
    /// Linux netfilter log.
    NFLOG = 239, "NFLOG";
    /// Linux cooked capture, version 2.
    LINUX_SLL2 = 276, "LINUX_SLL2";
}

impl fmt::Display for LinkType {
    /// The registry's short name (`EN10MB`), else the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(known, _)| known == self) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Takes the link type's own header off the frame.
pub(crate) fn enter<'a>(
    link_type: LinkType,
    span: Span<'a>,
    packet: &mut Packet<'a>,
) -> Result<(Next, Span<'a>), Stop> {
    match link_type {
        LinkType::NULL | LinkType::LOOP => family(link_type, span),
        LinkType::ETHERNET => Ok((Next::Ethernet, span)),
        LinkType::PPP | LinkType::PPP_HDLC => serial(span),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD | LinkType::IPV4 | LinkType::IPV6 => {
            Ok((Next::Ip, span))
        }
        LinkType::PPP_ETHER => Ok((Next::Pppoe, span)),
        LinkType::C_HDLC => cisco(span),
        LinkType::IEEE802_11 => wifi::enter(span, packet, wifi::Framing::default()),
        LinkType::FRELAY => frame_relay(span),
        LinkType::LINUX_SLL => cooked(span, packet),
        LinkType::IEEE802_11_PRISM => wifi::prism(span, packet),
        LinkType::IEEE802_11_RADIOTAP => wifi::radiotap(span, packet),
        LinkType::IEEE802_11_AVS => wifi::avs(span, packet),
        LinkType::NFLOG => nflog(span, packet),
        LinkType::LINUX_SLL2 => cooked2(span, packet),
        _ => Err(Stop::UNKNOWN),
    }
}

/// BSD null (the capturing machine's byte order) and loop (network order): an address family of four bytes.
fn family(link_type: LinkType, span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    let (word, rest) = span.take::<4>()?;
    let network = u32::from_be_bytes(*word);
    let family = if link_type == LinkType::NULL && network > 0xffff { network.swap_bytes() } else { network };
    match family {
        // 24, 28 and 30 are IPv6 on the BSDs and Darwin, 10 on Linux, 23 on Windows.
        2 | 10 | 23 | 24 | 28 | 30 => Ok((Next::Ip, rest)),
        _ => Err(Stop::UNKNOWN),
    }
}

/// PPP, bare or in HDLC framing, or Cisco HDLC, told apart by the first byte: no protocol of PPP begins with those of
/// Cisco.
fn serial(span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    match span.first() {
        Some(0x0f | 0x8f) => cisco(span),
        _ => Ok((Next::Ppp(0), span)),
    }
}

/// Cisco HDLC: address, control, `EtherType`.
fn cisco(span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    let (&[_, _, t0, t1], rest) = span.take::<4>()?;
    Ok((long_type(u16::from_be_bytes([t0, t1])), rest))
}

/// An `EtherType` field that never holds a length: small values are none.
fn long_type(ether_type: u16) -> Next {
    if ether_type <= crate::link::ether_type::MAX_LENGTH {
        Next::Other(0)
    } else {
        Next::EtherType(ether_type)
    }
}

/// Frame relay (RFC 2427): an address of two to four bytes, then control and protocol, or Cisco's `EtherType`.
fn frame_relay(span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    let mut rest = span;
    for taken in 1..=4 {
        let (&[byte], after) = rest.take::<1>()?;
        rest = after;
        if byte & 1 == 1 {
            break;
        }
        if taken == 4 {
            return Err(Stop::UNKNOWN);
        }
    }
    match rest.seen {
        [0x03, 0xcc | 0x8e, ..] => Ok((Next::Ip, rest.skip(2)?)),
        [0x03, 0xcf, ..] => Ok((Next::Ppp(0), rest.skip(2)?)),
        [0x03, 0x00, 0x80, ..] => Ok(bridged(rest.skip(3)?)),
        [0x03, 0x80, ..] => Ok(bridged(rest.skip(2)?)),
        [0x03, ..] => Ok((Next::Other(0), rest)),
        _ => {
            let (&[t0, t1], payload) = rest.take::<2>()?;
            match u16::from_be_bytes([t0, t1]) {
                short if short <= crate::link::ether_type::MAX_LENGTH => Ok((Next::Other(0), rest)),
                ether_type => Ok((Next::EtherType(ether_type), payload)),
            }
        }
    }
}

/// The SNAP header of RFC 2427: routed protocols by `EtherType`, Ethernet bridged with or without its checksum.
fn bridged(span: Span<'_>) -> (Next, Span<'_>) {
    let head = match span.seen {
        [0, 0, 0, t0, t1, ..] => long_type(u16::from_be_bytes([*t0, *t1])),
        [0x00, 0x80, 0xc2, 0x00, 0x01 | 0x07, ..] => Next::Ethernet,
        _ => return (Next::Other(0), span),
    };
    (head, span.skip(5).unwrap_or(span))
}

/// Linux cooked capture, version 1.
fn cooked<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[_, _, h0, h1, l0, l1, a, b, c, d, e, f, _, _, t0, t1], rest) = span.take::<16>()?;
    source_only(packet, u16::from_be_bytes([l0, l1]), [a, b, c, d, e, f]);
    Ok((cooked_type(u16::from_be_bytes([h0, h1]), u16::from_be_bytes([t0, t1])), rest))
}

/// Linux cooked capture, version 2.
fn cooked2<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[t0, t1, _, _, _, _, _, _, h0, h1, _, length, a, b, c, d, e, f, _, _], rest) = span.take::<20>()?;
    source_only(packet, u16::from(length), [a, b, c, d, e, f]);
    Ok((cooked_type(u16::from_be_bytes([h0, h1]), u16::from_be_bytes([t0, t1])), rest))
}

/// Netlink messages have no `EtherType` at all; of the small values, 4 is LLC and the others carry no IP.
fn cooked_type(hardware: u16, ether_type: u16) -> Next {
    const NETLINK: u16 = 824;
    match ether_type {
        _ if hardware == NETLINK => Next::Other(0),
        0x0004 => Next::Llc,
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
fn nflog<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    const PAYLOAD: u16 = 9;
    const HARDWARE_ADDRESS: u16 = 8;
    let (&[family, version, _, _], mut rest) = span.take::<4>()?;
    if version != 0 {
        return Err(Stop::UNKNOWN);
    }
    while rest.wire > 0 {
        let (&[l0, l1, t0, t1], value) = rest.take::<4>()?;
        // No field is longer than the packet and few are of 256 bytes or more by type, so the type tells the order.
        let order = if t0 == 0 { u16::from_be_bytes } else { u16::from_le_bytes };
        let (length, kind) = (usize::from(order([l0, l1])), order([t0, t1]) & 0x7fff);
        let Some(value_length) = length.checked_sub(4) else { return Err(Stop::UNKNOWN) };
        let value = value.limit(value_length);
        match (kind, value.seen) {
            (HARDWARE_ADDRESS, [l0, l1, _, _, a, b, c, d, e, f, ..]) => {
                source_only(packet, u16::from_be_bytes([*l0, *l1]), [*a, *b, *c, *d, *e, *f]);
            }
            // Address families of Linux: IPv4, bridge, IPv6.
            (PAYLOAD, _) if matches!(family, 2 | 10) => return Ok((Next::Ip, value)),
            (PAYLOAD, _) => return Ok((Next::Other(0), value)),
            _ => {}
        }
        rest = rest.skip(length.next_multiple_of(4).min(rest.wire))?;
    }
    Ok((Next::Other(0), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(link_type: u16, bytes: &[u8]) -> (Option<Next>, usize, Option<(Mac, Mac)>) {
        let mut packet = Packet::default();
        let end = enter(LinkType(link_type), Span::new(bytes, bytes.len()), &mut packet);
        (end.ok().map(|end| end.0), end.map_or(0, |end| end.1.wire), packet.macs)
    }

    #[test]
    fn families_come_in_either_byte_order() {
        assert_eq!(entered(0, &[2, 0, 0, 0, 0x45]).0, Some(Next::Ip));
        assert_eq!(entered(0, &[0, 0, 0, 30, 0x60]).0, Some(Next::Ip));
        assert_eq!(entered(108, &[0, 0, 0, 2, 0x45]).0, Some(Next::Ip));
        assert_eq!(entered(108, &[2, 0, 0, 0, 0x45]).0, None);
    }

    #[test]
    fn cooked_frames_name_their_sender() {
        let frame = [0, 0, 0, 1, 0, 6, 2, 3, 4, 5, 6, 7, 0, 0, 8, 0, 0x45];
        let macs = Some((Mac([2, 3, 4, 5, 6, 7]), Mac::default()));
        assert_eq!(entered(113, &frame), (Some(Next::EtherType(0x0800)), 1, macs));
        let frame = [0x86, 0xdd, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 3, 4, 5, 6, 7, 0, 0, 0x60];
        assert_eq!(entered(276, &frame), (Some(Next::EtherType(0x86dd)), 1, macs));
    }

    #[test]
    fn the_netfilter_log_is_read_in_either_order() {
        let little = [2, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0, 0, 6, 0, 9, 0, 0x45, 0];
        assert_eq!(entered(239, &little), (Some(Next::Ip), 2, None));
        let big = [2, 0, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0, 0, 6, 0, 9, 0x45, 0];
        assert_eq!(entered(239, &big), (Some(Next::Ip), 2, None));
    }

    #[test]
    fn serial_lines_speak_ppp_or_as_cisco_does() {
        for link_type in [9, 50] {
            assert_eq!(entered(link_type, &[0x0f, 0, 8, 0, 0x45]), (Some(Next::EtherType(0x0800)), 1, None));
            assert_eq!(entered(link_type, &[0, 0x21, 0x45]), (Some(Next::Ppp(0)), 3, None));
        }
    }

    #[test]
    fn frame_relay_has_two_forms() {
        assert_eq!(entered(107, &[0x18, 0x41, 0x03, 0xcc, 0x45]), (Some(Next::Ip), 1, None));
        assert_eq!(entered(107, &[0x18, 0x41, 0x08, 0x00, 0x45]), (Some(Next::EtherType(0x0800)), 1, None));
    }
}
