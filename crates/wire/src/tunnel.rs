//! Tunnels: which packets carry others, and where the inner ones start.
//!
//! A protocol number is proof enough for tunnels directly over IP. A UDP port is not: there the header must be sound
//! and what is inside must read as a packet that fits, else the packet stays an ordinary datagram. Bounded: headers
//! with extensions are followed [`MAX_EXTENSIONS`] times.

use crate::ip::Body;
use crate::link::{Next, ether_type};
use crate::protocol::Protocol;
use crate::span::Span;
use crate::{LayerKind, Packet};

/// How many extension headers of GTP-U are followed.
const MAX_EXTENSIONS: usize = 8;

const TEREDO: u16 = 3544;
const GTPU: u16 = 2152;
const VXLAN: u16 = 4789;
/// What Linux used before a port was assigned.
const OLD_VXLAN: u16 = 8472;
const VXLAN_GPE: u16 = 4790;
const GENEVE: u16 = 6081;

/// A tunnel that was recognised: its layer and what it carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tunnel<'a> {
    pub(crate) kind: LayerKind,
    pub(crate) id: u32,
    pub(crate) head: Next,
    pub(crate) span: Span<'a>,
    /// Whether only the inner packet can prove that this is a tunnel.
    pub(crate) guessed: bool,
}

/// Whether UDP between these ports may be a tunnel.
#[inline]
pub(crate) fn is_candidate((source, destination): (u16, u16)) -> bool {
    // Most datagrams lie outside of both spans, and two comparisons are fewer than eight.
    if !(GTPU..=OLD_VXLAN).contains(&destination) && !(GTPU..=TEREDO).contains(&source) {
        return false;
    }
    matches!(destination, VXLAN | OLD_VXLAN | VXLAN_GPE | GENEVE | GTPU | TEREDO)
        || matches!(source, GTPU | TEREDO)
}

/// The tunnel that starts in `body`, whose transport header `packet` holds.
pub(crate) fn open<'a>(body: &Body<'a>, packet: &Packet<'a>) -> Option<Tunnel<'a>> {
    if body.stop.is_some() {
        return None;
    }
    let span = body.span;
    match body.protocol {
        Protocol::IPV4 | Protocol::IPV6 => {
            let version = if body.protocol == Protocol::IPV4 { 4 } else { 6 };
            (span.first()? >> 4 == version).then_some(Tunnel {
                kind: LayerKind::IpIp,
                id: 0,
                head: Next::Ip,
                span,
                guessed: false,
            })
        }
        Protocol::GRE => gre(span),
        Protocol::UDP if is_candidate(packet.ports) => {
            let payload = span.skip(8).ok()?.limit(packet.payload_length as usize);
            udp(packet.ports, payload)
        }
        _ => None,
    }
}

fn udp((source, destination): (u16, u16), payload: Span<'_>) -> Option<Tunnel<'_>> {
    let (kind, id, head, span) = match destination {
        VXLAN | OLD_VXLAN => vxlan(payload),
        VXLAN_GPE => vxlan_gpe(payload),
        GENEVE => geneve(payload),
        GTPU => gtpu(payload),
        TEREDO => teredo(payload),
        _ if source == GTPU => gtpu(payload),
        _ if source == TEREDO => teredo(payload),
        _ => None,
    }?;
    Some(Tunnel { kind, id, head, span, guessed: true })
}

/// Kind, network, what is inside, and its bytes.
type Inner<'a> = (LayerKind, u32, Next, Span<'a>);

/// RFC 7348 5: the flag of a valid network must be set; all others, and the reserved bytes, are ignored.
fn vxlan(payload: Span<'_>) -> Option<Inner<'_>> {
    let (&[flags, _, _, _, n0, n1, n2, _], rest) = payload.take::<8>().ok()?;
    (flags & 0x08 != 0).then_some((
        LayerKind::Vxlan,
        u32::from_be_bytes([0, n0, n1, n2]),
        Next::Ethernet,
        rest,
    ))
}

/// The generic protocol extension of VXLAN (draft-ietf-nvo3-vxlan-gpe).
fn vxlan_gpe(payload: Span<'_>) -> Option<Inner<'_>> {
    let (&[flags, _, _, next, n0, n1, n2, _], rest) = payload.take::<8>().ok()?;
    // Version 0, a network, no operations message.
    if flags & 0xf9 != 0x08 {
        return None;
    }
    let head = match next {
        _ if flags & 0x04 == 0 => Next::Ethernet,
        1 | 2 => Next::Ip,
        3 => Next::Ethernet,
        4 => Next::EtherType(ether_type::NSH),
        5 => Next::Mpls(ether_type::MPLS),
        _ => return None,
    };
    let kind = if head == Next::Ip { LayerKind::VxlanGpeIp } else { LayerKind::VxlanGpe };
    Some((kind, u32::from_be_bytes([0, n0, n1, n2]), head, rest))
}

/// RFC 8926, whose reserved bits are ignored (3.4).
fn geneve(payload: Span<'_>) -> Option<Inner<'_>> {
    let (&[options, _, t0, t1, n0, n1, n2, _], rest) = payload.take::<8>().ok()?;
    if options >> 6 != 0 {
        return None;
    }
    let rest = rest.skip(usize::from(options & 0x3f) * 4).ok()?;
    let head = carried(u16::from_be_bytes([t0, t1]))?;
    let kind = if head == Next::Ip { LayerKind::GeneveIp } else { LayerKind::Geneve };
    Some((kind, u32::from_be_bytes([0, n0, n1, n2]), head, rest))
}

/// What an `EtherType` of a tunnel header stands for, as far as it leads to packets.
fn carried(protocol: u16) -> Option<Next> {
    match protocol {
        ether_type::IPV4 | ether_type::IPV6 => Some(Next::Ip),
        ether_type::BRIDGED => Some(Next::Ethernet),
        ether_type::MPLS | ether_type::MPLS_MULTICAST => Some(Next::Mpls(protocol)),
        ether_type::VLAN | ether_type::SERVICE_VLAN | ether_type::NSH => Some(Next::EtherType(protocol)),
        _ => None,
    }
}

/// GTP-U of version 1 (3GPP TS 29.281): a G-PDU, whose length fits. Each direction has its own endpoint id.
fn gtpu(payload: Span<'_>) -> Option<Inner<'_>> {
    let (&[flags, message, l0, l1, ..], rest) = payload.take::<8>().ok()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    // Version 1, protocol type GTP. The receiver does not evaluate the spare bit behind them (5.1).
    if flags & 0xf0 != 0x30 || message != 0xff || length > rest.wire {
        return None;
    }
    let mut span = rest.limit(length);
    if flags & 0x07 != 0 {
        let (&[_, _, _, mut next], rest) = span.take::<4>().ok()?;
        span = rest;
        let mut left = MAX_EXTENSIONS;
        while flags & 0x04 != 0 && next != 0 {
            left = left.checked_sub(1)?;
            let size = usize::from(span.first()?) * 4;
            next = *span.seen.get(size.checked_sub(1)?)?;
            span = span.skip(size).ok()?;
        }
    }
    Some((LayerKind::Gtpu, 0, Next::Ip, span))
}

/// Teredo (RFC 4380): an IPv6 packet that fills the datagram, after authentication and origin indications.
fn teredo(payload: Span<'_>) -> Option<Inner<'_>> {
    let mut span = payload;
    if let [0, 1, client, value, ..] = span.seen {
        span = span.skip(13 + usize::from(*client) + usize::from(*value)).ok()?;
    }
    if let [0, 0, ..] = span.seen {
        span = span.skip(8).ok()?;
    }
    let length = 40 + usize::from(span.word_at(4)?);
    (span.first()? >> 4 == 6 && length == span.wire).then_some((LayerKind::Teredo, 0, Next::Ip, span))
}

/// GRE (RFC 2784, RFC 2890), PPTP's version of it (RFC 2637), and ERSPAN in it.
fn gre(span: Span<'_>) -> Option<Tunnel<'_>> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGEMENT: u16 = 0x0080;
    let (&[f0, f1, t0, t1], mut rest) = span.take::<4>().ok()?;
    let (flags, protocol) = (u16::from_be_bytes([f0, f1]), u16::from_be_bytes([t0, t1]));
    if flags & ROUTING != 0 {
        return None;
    }
    if flags & CHECKSUM != 0 {
        rest = rest.skip(4).ok()?;
    }
    let mut key = [0; 4];
    if flags & KEY != 0 {
        let (bytes, after) = rest.take::<4>().ok()?;
        (key, rest) = (*bytes, after);
    }
    if flags & SEQUENCE != 0 {
        rest = rest.skip(4).ok()?;
    }
    let (kind, id, head, span) = match (flags & 0x07, protocol) {
        (0, 0x88be) if flags & SEQUENCE == 0 => (LayerKind::Erspan, 0, Next::Ethernet, rest),
        (0, 0x88be) => erspan2(rest)?,
        (0, 0x22eb) => erspan3(rest)?,
        (0, ether_type::PPP) => (LayerKind::Gre, u32::from_be_bytes(key), Next::Ppp(0), rest),
        (0, _) => {
            let head = carried(protocol)?;
            let kind = if head == Next::Ethernet { LayerKind::GreBridge } else { LayerKind::Gre };
            (kind, u32::from_be_bytes(key), head, rest)
        }
        // The key is the length of the payload and a call id that each direction has for itself.
        (1, ether_type::PPP) if flags & (KEY | SEQUENCE) == KEY | SEQUENCE => {
            let rest = if flags & ACKNOWLEDGEMENT != 0 { rest.skip(4).ok()? } else { rest };
            let [l0, l1, _, _] = key;
            (LayerKind::Gre, 0, Next::Ppp(0), rest.limit(usize::from(u16::from_be_bytes([l0, l1]))))
        }
        _ => return None,
    };
    Some(Tunnel { kind, id, head, span, guessed: false })
}

/// ERSPAN type II (draft-foschiano-erspan): eight bytes, the session in the low ten bits of the second word.
fn erspan2(span: Span<'_>) -> Option<Inner<'_>> {
    let (&[version, _, s0, s1, ..], rest) = span.take::<8>().ok()?;
    (version >> 4 == 1).then_some((LayerKind::Erspan, session(s0, s1), Next::Ethernet, rest))
}

/// ERSPAN type III: twelve bytes, and eight more where the last bit says so; frames of type 2 are IP.
fn erspan3(span: Span<'_>) -> Option<Inner<'_>> {
    let (&[version, _, s0, s1, _, _, _, _, _, _, k0, k1], rest) = span.take::<12>().ok()?;
    if version >> 4 != 2 {
        return None;
    }
    let head = match (k0 >> 2) & 0x1f {
        0 => Next::Ethernet,
        2 => Next::Ip,
        _ => return None,
    };
    let rest = if k1 & 1 == 1 { rest.skip(8).ok()? } else { rest };
    Some((LayerKind::Erspan, session(s0, s1), head, rest))
}

fn session(high: u8, low: u8) -> u32 {
    u32::from(u16::from_be_bytes([high, low]) & 0x03ff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(bytes: &[u8]) -> Span<'_> {
        Span::new(bytes, bytes.len())
    }

    fn summary(inner: Option<Inner<'_>>) -> Option<(LayerKind, u32, Next, usize)> {
        inner.map(|(kind, id, head, span)| (kind, id, head, span.wire))
    }

    #[test]
    fn gre_fields_come_in_order() {
        let bytes = [0xb0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0x45];
        let tunnel = gre(span(&bytes)).unwrap();
        assert_eq!((tunnel.kind, tunnel.id, tunnel.head, tunnel.span.wire), (LayerKind::Gre, 7, Next::Ip, 1));
        assert!(gre(span(&[0x40, 0, 8, 0, 0x45])).is_none());
        assert!(gre(span(&[0, 0, 0x9f, 0xff, 0])).is_none());
    }

    #[test]
    fn pptp_ends_where_its_key_says() {
        let bytes = [0x30, 0x81, 0x88, 0x0b, 0, 2, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0xc0, 0x21, 0xee];
        let tunnel = gre(span(&bytes)).unwrap();
        assert_eq!((tunnel.id, tunnel.head, tunnel.span.wire), (0, Next::Ppp(0), 2));
        assert!(gre(span(&[0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 1])).is_none());
    }

    #[test]
    fn erspan_has_three_types() {
        let first = gre(span(&[0, 0, 0x88, 0xbe, 1, 2, 3])).unwrap();
        assert_eq!((first.kind, first.id, first.span.wire), (LayerKind::Erspan, 0, 3));
        let second = gre(span(&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0xfc, 5, 0, 0, 0, 0, 9])).unwrap();
        assert_eq!((second.kind, second.id, second.span.wire), (LayerKind::Erspan, 5, 1));
        let third = [0x20, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9];
        assert_eq!(summary(erspan3(span(&third))), Some((LayerKind::Erspan, 6, Next::Ethernet, 1)));
    }

    #[test]
    fn flags_decide_whether_it_is_vxlan() {
        let at = |flags| summary(vxlan(span(&[flags, 0, 0, 0, 0, 1, 0, 0])));
        assert_eq!(at(0x08), Some((LayerKind::Vxlan, 256, Next::Ethernet, 0)));
        assert_eq!(at(0x00), None);
        assert_eq!(at(0xf7), None);
        for reserved in [0x18, 0x48, 0x09, 0x88] {
            assert_eq!(at(reserved), at(0x08), "{reserved:#x}");
        }
    }

    #[test]
    fn reserved_bits_of_geneve_and_gtp_are_ignored() {
        let network = |flags, reserved| summary(geneve(span(&[0, flags, 0x65, 0x58, 0, 1, 0, reserved])));
        assert_eq!(network(0, 0), Some((LayerKind::Geneve, 256, Next::Ethernet, 0)));
        assert_eq!(network(0x3f, 9), network(0, 0));
        let plain = [0x30, 0xff, 0, 1, 0, 0, 0, 1, 0x45];
        assert_eq!(summary(gtpu(span(&plain))), Some((LayerKind::Gtpu, 0, Next::Ip, 1)));
        let spare = [0x38, 0xff, 0, 1, 0, 0, 0, 1, 0x45];
        assert_eq!(summary(gtpu(span(&spare))), summary(gtpu(span(&plain))));
        assert_eq!(summary(gtpu(span(&[0x50, 0xff, 0, 1, 0, 0, 0, 1, 0x45]))), None);
    }

    #[test]
    fn the_next_protocol_of_vxlan_needs_its_flag() {
        let at = |flags, next| summary(vxlan_gpe(span(&[flags, 0, 0, next, 0, 0, 9, 0])));
        assert_eq!(at(0x0c, 1), Some((LayerKind::VxlanGpeIp, 9, Next::Ip, 0)));
        assert_eq!(at(0x0c, 4), Some((LayerKind::VxlanGpe, 9, Next::EtherType(0x894f), 0)));
        assert_eq!(at(0x08, 1), Some((LayerKind::VxlanGpe, 9, Next::Ethernet, 0)));
        assert_eq!(at(0x0d, 1), None);
    }

    #[test]
    fn gtp_extensions_are_skipped() {
        let bytes = [0x34, 0xff, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0, 0x45];
        assert_eq!(summary(gtpu(span(&bytes))), Some((LayerKind::Gtpu, 0, Next::Ip, 1)));
        let endless = [0x34, 0xff, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0x85, 0, 0, 9, 0];
        assert_eq!(summary(gtpu(span(&endless))), None);
        assert_eq!(summary(gtpu(span(&[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]))), None);
    }

    #[test]
    fn teredo_fills_its_datagram() {
        let mut bytes = vec![0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6];
        bytes.extend([0x60, 0, 0, 0, 0, 1, 59, 64]);
        bytes.resize(21 + 41, 0);
        assert_eq!(summary(teredo(span(&bytes))), Some((LayerKind::Teredo, 0, Next::Ip, 41)));
        bytes.push(0);
        assert_eq!(summary(teredo(span(&bytes))), None);
    }
}
