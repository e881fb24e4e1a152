//! From a link header through VLANs, MPLS, NSH, `PPPoE` and PPP to the IP packet, in a frame or inside a tunnel.
//!
//! [`descend`] is a loop: each step takes one header off the front and names the next. Every step but the last takes
//! bytes, so the walk is linear; wrappings that count as [`Layer`]s are at most as many as `Packet::path` holds.

use crate::span::Span;
use crate::{Address, Hazards, Header, Layer, LayerKind, Mac, Packet, Stop, Why, mpls, tag};

/// What stands at the front of the bytes that are left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// Destination, source, then an `EtherType` or a length (IEEE 802.3).
    Ethernet,
    /// What this `EtherType` stands for.
    EtherType(u16),
    /// IEEE 802.2 logical link control.
    Llc,
    /// A `PPPoE` header (RFC 2516).
    Pppoe,
    /// PPP, with or without address and control (RFC 1661, RFC 1662); `EtherType` of what it came in.
    Ppp(u16),
    /// MPLS labels (RFC 3032); the `EtherType` they came with.
    Mpls(u16),
    /// IP of the version that its first four bits say.
    Ip,
    /// Something sound without IP, of this `EtherType` (0 without).
    Other(u16),
}

/// What the headers of a link carry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Carried<'a> {
    /// At an IP packet.
    Ip(Span<'a>),
    /// At something else that is sound: its `EtherType`, and what follows the link header.
    Other(u16, Span<'a>),
}

/// `EtherTypes` (IEEE registration authority): those that lead on to IP, and ARP.
pub(crate) mod ether_type {
    pub(crate) const IPV4: u16 = 0x0800;
    pub(crate) const ARP: u16 = 0x0806;
    pub(crate) const IPV6: u16 = 0x86dd;
    pub(crate) const VLAN: u16 = 0x8100;
    pub(crate) const SERVICE_VLAN: u16 = 0x88a8;
    pub(crate) const OLD_SERVICE_VLAN: u16 = 0x9100;
    pub(crate) const OTHER_SERVICE_VLAN: u16 = 0x9200;
    pub(crate) const MPLS: u16 = 0x8847;
    pub(crate) const MPLS_MULTICAST: u16 = 0x8848;
    pub(crate) const PPPOE: u16 = 0x8864;
    pub(crate) const PPP: u16 = 0x880b;
    pub(crate) const BRIDGED: u16 = 0x6558;
    pub(crate) const MACSEC: u16 = 0x88e5;
    pub(crate) const CISCO_METADATA: u16 = 0x8909;
    pub(crate) const NSH: u16 = 0x894f;
    pub(crate) const JUMBO_LLC: u16 = 0x8870;
    pub(crate) const BACKBONE: u16 = 0x88e7;
    pub(crate) const FABRIC_PATH: u16 = 0x8903;
    pub(crate) const TRILL: u16 = 0x22f3;
    pub(crate) const VN_TAG: u16 = 0x8926;
    pub(crate) const RING: u16 = 0x892f;
    pub(crate) const E_TAG: u16 = 0x893f;
    /// Values up to this are lengths of 802.3 frames.
    pub(crate) const MAX_LENGTH: u16 = 1500;
}

/// Goes from `head` to the IP packet. Layers on the way are put on `packet.path`, addresses into `packet.macs`.
pub(crate) fn descend<'a>(
    mut head: Next,
    mut span: Span<'a>,
    packet: &mut Packet<'a>,
) -> Result<Carried<'a>, Stop> {
    loop {
        let step = match head {
            Next::Ip => return Ok(Carried::Ip(span)),
            Next::Other(ether_type) => return Ok(Carried::Other(ether_type, span)),
            Next::Ethernet => ethernet(span, packet),
            Next::EtherType(ether_type) => typed(ether_type, span, packet),
            Next::Llc => llc(span),
            Next::Pppoe => pppoe(span, packet),
            Next::Ppp(outer) => ppp(outer, span),
            Next::Mpls(outer) => mpls::enter(outer, span, packet),
        };
        (head, span) = step.map_err(|stop| stop.at(head.header(), span))?;
    }
}

impl Next {
    /// What it is called where decoding stops at it.
    fn header(self) -> Header {
        match self {
            Self::Ethernet | Self::EtherType(_) | Self::Other(_) => Header::Ethernet,
            Self::Llc => Header::Llc,
            Self::Pppoe | Self::Ppp(_) => Header::Ppp,
            Self::Mpls(_) => Header::Mpls,
            Self::Ip => Header::Ip,
        }
    }
}

/// Puts a layer on the path, unless it is full.
pub(crate) fn wrap(
    packet: &mut Packet<'_>,
    kind: LayerKind,
    id: u32,
    ends: [Address; 2],
) -> Result<(), Stop> {
    packet.path.try_push(Layer { kind, id, ends }).map_err(|_| Stop::new(Why::TooDeep))
}

/// Puts the VLAN of a tag on the path. An id of 0 is none: such a tag has only a priority (IEEE 802.1Q 9.6), and may
/// stand on one direction of a flow alone.
pub(crate) fn tagged(packet: &mut Packet<'_>, tag: u16) -> Result<(), Stop> {
    match tag & 0x0fff {
        0 => Ok(()),
        id => wrap(packet, LayerKind::Vlan, u32::from(id), [Address::default(); 2]),
    }
}

fn ethernet<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[a, b, c, d, e, f, g, h, i, j, k, l, t0, t1], rest) = span.take::<14>()?;
    packet.macs = Some((Mac([g, h, i, j, k, l]), Mac([a, b, c, d, e, f])));
    match [a, b, c, d, e] {
        tag::ISL | tag::ISL_OTHER if rest.seen.starts_with(&tag::ISL_SNAP) => tag::isl(rest, packet),
        _ => Ok((Next::EtherType(u16::from_be_bytes([t0, t1])), rest)),
    }
}

/// What an `EtherType`, or a length in its place, stands for.
fn typed<'a>(ether_type: u16, span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    match ether_type {
        ether_type::IPV4 | ether_type::IPV6 => Ok((Next::Ip, span)),
        ether_type::VLAN
        | ether_type::SERVICE_VLAN
        | ether_type::OLD_SERVICE_VLAN
        | ether_type::OTHER_SERVICE_VLAN => {
            let (&[c0, c1, t0, t1], rest) = span.take::<4>()?;
            tagged(packet, u16::from_be_bytes([c0, c1]))?;
            Ok((Next::EtherType(u16::from_be_bytes([t0, t1])), rest))
        }
        ether_type::MPLS | ether_type::MPLS_MULTICAST => Ok((Next::Mpls(ether_type), span)),
        ether_type::PPPOE => Ok((Next::Pppoe, span)),
        ether_type::PPP => Ok((Next::Ppp(ether_type), span)),
        ether_type::BRIDGED => Ok((Next::Ethernet, span)),
        ether_type::JUMBO_LLC => Ok((Next::Llc, span)),
        ether_type::MACSEC => tag::macsec(span),
        ether_type::CISCO_METADATA => tag::cisco_metadata(span),
        ether_type::VN_TAG | ether_type::RING => tag::skipped::<2>(span),
        ether_type::E_TAG => tag::skipped::<3>(span),
        ether_type::BACKBONE => tag::backbone(span, packet),
        ether_type::FABRIC_PATH => tag::fabric_path(span),
        ether_type::TRILL => tag::trill(span),
        ether_type::NSH => nsh(span, packet),
        length if length <= ether_type::MAX_LENGTH => {
            if usize::from(length) > span.wire {
                packet.hazards.insert(Hazards::BAD_LENGTH);
            }
            if span.has_trailer(usize::from(length)) {
                packet.hazards.insert(Hazards::TRAILER);
            }
            Ok((Next::Llc, span.limit(usize::from(length))))
        }
        other => Ok((Next::Other(other), span)),
    }
}

/// IEEE 802.2, with SNAP (RFC 1042).
fn llc(span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    match span.seen {
        [0xaa, 0xaa, 0x03, ..] => {
            let (&[_, _, _, o0, o1, o2, t0, t1], rest) = span.take::<8>()?;
            match ([o0, o1, o2], u16::from_be_bytes([t0, t1])) {
                ([0, 0, 0 | 0xf8], ether_type) if ether_type > ether_type::MAX_LENGTH => {
                    Ok((Next::EtherType(ether_type), rest))
                }
                _ => Ok((Next::Other(0), span)),
            }
        }
        [0x06, 0x06, 0x03, ..] => Ok((Next::Ip, span.skip(3)?)),
        // What was cut off may have led to IP.
        [] | [0xaa | 0x06] | [0xaa, 0xaa] | [0x06, 0x06] if span.is_cut() => {
            Err(span.take::<3>().err().unwrap_or(Stop::UNKNOWN))
        }
        _ => Ok((Next::Other(0), span)),
    }
}

/// The network service header (RFC 8300). Each direction has its own service path, so the layer has no id.
fn nsh<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[b0, b1, _, next, ..], _) = span.take::<8>()?;
    // In words of four bytes, of which the base and the path are two.
    let words = usize::from(b1 & 0x3f);
    let head = match next {
        1 | 2 => Next::Ip,
        3 => Next::Ethernet,
        4 => Next::EtherType(ether_type::NSH),
        5 => Next::Mpls(ether_type::MPLS),
        _ => Next::Other(ether_type::NSH),
    };
    // Version 0, no operations message.
    if b0 & 0xe0 != 0 || words < 2 || head == Next::Other(ether_type::NSH) {
        return Ok((Next::Other(ether_type::NSH), span));
    }
    wrap(packet, LayerKind::Nsh, 0, [Address::default(); 2])?;
    Ok((head, span.skip(words * 4)?))
}

fn pppoe<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[version, code, s0, s1, l0, l1], rest) = span.take::<6>()?;
    if version != 0x11 {
        return Err(Stop::UNKNOWN);
    }
    if code != 0 {
        return Ok((Next::Other(ether_type::PPPOE), span));
    }
    wrap(packet, LayerKind::Pppoe, u32::from(u16::from_be_bytes([s0, s1])), [Address::default(); 2])?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if length > rest.wire {
        packet.hazards.insert(Hazards::BAD_LENGTH);
    }
    if span.has_trailer(6 + length) {
        packet.hazards.insert(Hazards::TRAILER);
    }
    Ok((Next::Ppp(ether_type::PPPOE), rest.limit(length)))
}

/// PPP protocol numbers (IANA), of one byte where the first is odd.
fn ppp(outer: u16, span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    let span = if let [0xff, 0x03, ..] = span.seen { span.skip(2)? } else { span };
    let (&[first], short) = span.take::<1>()?;
    if first == 0xff && short.seen.is_empty() {
        // The second byte would tell whether this is an address.
        span.take::<2>()?;
    }
    let (protocol, rest) = if first & 1 == 1 {
        (u16::from(first), short)
    } else {
        let (pair, rest) = span.take::<2>()?;
        (u16::from_be_bytes(*pair), rest)
    };
    match protocol {
        0x0021 | 0x0057 => Ok((Next::Ip, rest)),
        0x0281 | 0x0283 => Ok((Next::Mpls(ether_type::MPLS), rest)),
        // Van Jacobson compression, multilink fragments: IP, but not to be read without state.
        0x002d | 0x002f | 0x003d => Err(Stop::UNKNOWN),
        // Encrypted (RFC 1968) or compressed and encrypted (RFC 3078).
        0x0053 | 0x00fd => Err(Stop::new(Why::Encrypted)),
        _ => Ok((Next::Other(outer), span)),
    }
}

/// Whether an Ethernet header with a well-known `EtherType`, or a length that fits, stands at the front.
pub(crate) fn is_ethernet(span: Span<'_>) -> bool {
    span.word_at(12).is_some_and(|word| {
        is_common(word)
            || ((3..=ether_type::MAX_LENGTH).contains(&word) && usize::from(word) + 14 <= span.wire)
    })
}

/// `EtherTypes` that are common enough to prove that an Ethernet header stands where one was only supposed.
pub(crate) fn is_common(word: u16) -> bool {
    matches!(
        word,
        ether_type::IPV4
            | ether_type::IPV6
            | ether_type::VLAN
            | ether_type::SERVICE_VLAN
            | ether_type::OLD_SERVICE_VLAN
            | ether_type::MPLS
            | ether_type::MPLS_MULTICAST
            | ether_type::PPPOE
            | ether_type::MACSEC
            | ether_type::ARP
            | 0x8863
            | 0x888e
            | 0x88cc
            | 0x9000
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Class;

    /// Where it ends, the kinds and ids of its layers, and how many bytes are left.
    pub(crate) fn walked(head: Next, bytes: &[u8]) -> (Option<Next>, Vec<(LayerKind, u32)>, usize) {
        let mut packet = Packet::default();
        let (end, left) = match descend(head, Span::new(bytes, bytes.len()), &mut packet) {
            Ok(Carried::Ip(span)) => (Some(Next::Ip), span.wire),
            Ok(Carried::Other(ether_type, span)) => (Some(Next::Other(ether_type)), span.wire),
            Err(_) => (None, 0),
        };
        (end, packet.path.iter().map(|layer| (layer.kind, layer.id)).collect(), left)
    }

    #[test]
    fn vlans_stack_outermost_first() {
        let bytes = [0x00, 0x64, 0x81, 0x00, 0xe0, 0x07, 0x08, 0x00, 0x45];
        let path = vec![(LayerKind::Vlan, 100), (LayerKind::Vlan, 7)];
        for outer in [0x88a8, 0x9100, 0x9200] {
            assert_eq!(walked(Next::EtherType(outer), &bytes), (Some(Next::Ip), path.clone(), 1));
        }
    }

    #[test]
    fn a_priority_is_no_vlan() {
        let bytes = [0xe0, 0x00, 0x81, 0x00, 0x60, 0x07, 0x08, 0x00, 0x45];
        assert_eq!(walked(Next::EtherType(0x8100), &bytes), (Some(Next::Ip), vec![(LayerKind::Vlan, 7)], 1));
    }

    #[test]
    fn nine_tags_are_too_deep() {
        let bytes = [0, 1, 0x81, 0].repeat(9);
        assert_eq!(walked(Next::EtherType(0x8100), &bytes).0, None);
    }

    #[test]
    fn snap_leads_to_ip_and_spanning_tree_does_not() {
        let snap = [0, 9, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0, 0x45, 0, 0];
        assert_eq!(walked(Next::EtherType(9), &snap[2..]), (Some(Next::Ip), vec![], 1));
        let tree = [0x42, 0x42, 3, 0, 0, 0, 0];
        assert_eq!(walked(Next::EtherType(4), &tree), (Some(Next::Other(0)), vec![], 4));
    }

    #[test]
    fn what_was_cut_off_is_not_absent() {
        let ends = |head, bytes: &[u8], wire| {
            let end = descend(head, Span::new(bytes, wire), &mut Packet::default());
            end.map_or_else(Stop::class, |_| Class::NonIp)
        };
        let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
        for length in 0..8 {
            assert_eq!(ends(Next::Llc, &snap[..length], 90), Class::Truncated, "{length}");
        }
        assert_eq!(ends(Next::Llc, &[0x42], 90), Class::NonIp);
        assert_eq!(ends(Next::Llc, &[0xaa], 1), Class::NonIp);
        assert_eq!(ends(Next::Ppp(0), &[0xff], 90), Class::Truncated);
        for length in 0..18 {
            let labelled = [0, 0, 1, 64, 0, 0x1b, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x88, 0xb5];
            assert_eq!(ends(Next::Mpls(0x8847), &labelled[..length], 90), Class::Truncated, "{length}");
        }
    }

    #[test]
    fn a_session_of_pppoe_ends_where_it_says() {
        let session = [0x11, 0, 0, 5, 0, 4, 0, 0x21, 0x45, 0, 0xee, 0xee];
        assert_eq!(walked(Next::Pppoe, &session), (Some(Next::Ip), vec![(LayerKind::Pppoe, 5)], 2));
    }

    #[test]
    fn bytes_behind_a_length_of_the_link_are_told() {
        let trailer = |head, start: &[u8], length: usize| {
            let bytes = [start, &[0; 80]].concat();
            let mut packet = Packet::default();
            descend(head, Span::new(&bytes[..length], length), &mut packet).unwrap();
            packet.hazards.contains(Hazards::TRAILER)
        };
        for (head, start) in [
            (Next::EtherType(9), &[0x42, 0x42, 3, 0, 0, 0, 0, 0, 0][..]),
            (Next::Pppoe, &[0x11, 0, 0, 5, 0, 4, 0, 0x21, 0x45, 0]),
        ] {
            assert!(!trailer(head, start, 50) && trailer(head, start, 51), "{head:?}");
        }
    }

    #[test]
    fn ppp_may_be_short_or_framed() {
        assert_eq!(walked(Next::Ppp(0), &[0xff, 3, 0x21, 0x45]), (Some(Next::Ip), vec![], 1));
        assert_eq!(walked(Next::Ppp(0), &[0xc0, 0x21, 1]), (Some(Next::Other(0)), vec![], 3));
        assert_eq!(walked(Next::Ppp(0), &[0x00, 0xfd, 1]).0, None);
    }

    #[test]
    fn service_headers_lead_to_what_they_name() {
        let header = |b0: u8, words: u8, next: u8| [&[b0, words, 2, next][..], &[0, 0, 7, 255]].concat();
        let path = vec![(LayerKind::Nsh, 0)];
        let descend = |bytes: &[u8]| walked(Next::EtherType(0x894f), bytes);
        let plain = [header(0x0f, 0xc2, 1), vec![0x45, 0]].concat();
        assert_eq!(descend(&plain), (Some(Next::Ip), path.clone(), 2));
        let context = [header(0, 4, 2), vec![9; 8], vec![0x60]].concat();
        assert_eq!(descend(&context), (Some(Next::Ip), path.clone(), 1));
        let frame = [header(0, 2, 3), vec![2; 12], vec![0x08, 0x06, 0, 1]].concat();
        assert_eq!(descend(&frame), (Some(Next::Other(0x0806)), path.clone(), 2));
        let twice = [header(0, 2, 4), plain.clone()].concat();
        assert_eq!(descend(&twice).1.len(), 2);
        assert_eq!(descend(&header(0, 2, 4).repeat(9)).0, None);
        for odd in [header(0x40, 2, 1), header(0x20, 2, 1), header(0, 1, 1), header(0, 2, 9)] {
            let bytes = [odd, vec![0x45, 0]].concat();
            assert_eq!(descend(&bytes), (Some(Next::Other(0x894f)), vec![], 10), "{bytes:?}");
        }
        for end in 0..context.len() - 1 {
            assert_eq!(descend(&context[..end]).0, (end >= 16).then_some(Next::Ip), "{end}");
        }
    }
}
