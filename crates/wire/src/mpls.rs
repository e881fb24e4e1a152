//! MPLS: a stack of labels (RFC 3032), and what it carries, which no field names.
//!
//! IP begins with its version, Ethernet with any address, and between label and Ethernet there may be a control word
//! (RFC 4385, RFC 4448). So an IP header is sought in each of the three places, and where one fits, in length and
//! checksum, that is the proof. Only where none fits do the first four bits decide.

use crate::link::{self, Next, ether_type, is_common, is_ethernet};
use crate::span::Span;
use crate::{Address, Hazards, LayerKind, Packet, Stop, ip};

/// A label stack is one layer; behind it stands IP, or Ethernet with or without the control word.
pub(crate) fn enter<'a>(
    outer: u16,
    mut span: Span<'a>,
    packet: &mut Packet<'a>,
) -> Result<(Next, Span<'a>), Stop> {
    link::wrap(packet, LayerKind::Mpls, 0, [Address::default(); 2])?;
    loop {
        let (&[_, _, bottom, _], rest) = span.take::<4>()?;
        span = rest;
        if bottom & 1 == 1 {
            break;
        }
    }
    let worded = span.skip(4).ok().filter(|_| span.first().is_some_and(|first| first >> 4 == 0));
    if is_ip(span) {
        return Ok((Next::Ip, span));
    }
    match worded {
        Some(frame) if carries_ip(frame) => return Ok((Next::Ethernet, frame)),
        _ if carries_ip(span) => return Ok((Next::Ethernet, span)),
        _ => {}
    }
    match worded {
        _ if span.first().is_some_and(|first| matches!(first >> 4, 4 | 6)) && !bridges_instead(span) => {
            Ok((Next::Ip, span))
        }
        Some(frame) if is_ethernet(frame) => Ok((Next::Ethernet, frame)),
        _ if is_ethernet(span) => Ok((Next::Ethernet, span)),
        // What was cut off could have told.
        _ if span.is_cut() && span.seen.len() < 14 => Err(span.take::<14>().err().unwrap_or(Stop::UNKNOWN)),
        _ => Ok((Next::Other(outer), span)),
    }
}

/// Whether an IP header that fits stands at the front: of IPv4 the checksum, of both the length.
fn is_ip(span: Span<'_>) -> bool {
    let odd = [Hazards::BAD_LENGTH, Hazards::BAD_IP_CHECKSUM, Hazards::TRAILER];
    ip::read(span).is_ok_and(|ip| odd.iter().all(|odd| !ip.hazards.contains(*odd)))
}

/// Whether an Ethernet header stands at the front that leads, with at most two VLAN tags, to such an IP header.
fn carries_ip(mut span: Span<'_>) -> bool {
    let mut at = 12;
    for _ in 0..3 {
        let (Some(word), Ok(rest)) = (span.word_at(at), span.skip(at + 2)) else { return false };
        span = rest;
        match word {
            ether_type::IPV4 | ether_type::IPV6 => return is_ip(span),
            ether_type::VLAN
            | ether_type::SERVICE_VLAN
            | ether_type::OLD_SERVICE_VLAN
            | ether_type::OTHER_SERVICE_VLAN => at = 2,
            _ => return false,
        }
    }
    false
}

/// Whether what looks like an IP header by its first four bits is an Ethernet address after all: none can be read, or
/// all of it lies, and behind two addresses a type of Ethernet stands. ARP to 4c:11:bf:00:00:02 is the common case.
fn bridges_instead(span: Span<'_>) -> bool {
    let all_lies = |ip: ip::Ip<'_>| {
        let of_length = [Hazards::BAD_LENGTH, Hazards::TRAILER].iter().any(|odd| ip.hazards.contains(*odd));
        of_length && (ip.body.stop.is_some() || ip.hazards.contains(Hazards::BAD_IP_CHECKSUM))
    };
    match ip::read(span) {
        Err(_) => is_ethernet(span),
        Ok(ip) => all_lies(ip) && span.word_at(12).is_some_and(is_common),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::tests::walked;
    use etherparse::PacketBuilder;

    const LABELS: [u8; 8] = [0, 1, 0, 64, 0, 2, 1, 64];

    #[test]
    fn an_ip_header_that_fits_is_the_proof() {
        // As an address, each begins what looks like a control word, IPv4 or IPv6.
        for first in [0x02, 0x4c, 0x45, 0x62] {
            for (six, tags) in [(false, 0), (true, 0), (false, 2)] {
                let frame = PacketBuilder::ethernet2([first, 0, 0, 0, 0, 1], [first, 8, 0, 0, 0, 2]);
                let ip = if six {
                    frame.ipv6([1; 16], [2; 16], 9)
                } else {
                    frame.ipv4([10, 0, 0, 1], [10, 0, 0, 2], 9)
                };
                let mut frame = Vec::new();
                ip.udp(1, 2).write(&mut frame, b"hello, world").unwrap();
                for _ in 0..tags {
                    frame.splice(12..12, [0x81, 0, 0, 0]);
                }
                let ip = frame.len() - 14 - 4 * tags;
                let found = (Some(Next::Ip), vec![(LayerKind::Mpls, 0)], ip);
                let plain = [&LABELS[..], &frame].concat();
                assert_eq!(walked(Next::Mpls(0x8847), &plain), found, "{first:#x} {six} {tags}");
                let worded = [&LABELS[..], &[0, 0, 0, 7], &frame].concat();
                assert_eq!(walked(Next::Mpls(0x8847), &worded), found, "{first:#x} {six} {tags}");
                let bare = [&LABELS[..], &frame[14 + 4 * tags..]].concat();
                assert_eq!(walked(Next::Mpls(0x8847), &bare), found, "{first:#x} {six} {tags}");
            }
        }
    }

    #[test]
    fn labels_carry_ip_or_ethernet() {
        let labels = [0, 1, 0, 64, 0, 2, 1, 64];
        let ethernet = [0x00, 0x1b, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x08, 0x06, 0, 1];
        let path = vec![(LayerKind::Mpls, 0)];
        let plain = [&labels[..], &ethernet].concat();
        assert_eq!(walked(Next::Mpls(0x8847), &plain), (Some(Next::Other(0x0806)), path.clone(), 2));
        let word = [&labels[..], &[0; 4], &ethernet].concat();
        assert_eq!(walked(Next::Mpls(0x8847), &word), (Some(Next::Other(0x0806)), path.clone(), 2));
        let mut arp = [&labels[..], &[0x4c, 0x11, 0xbf, 0x33, 0x44, 0x55], &[9; 6], &[0x08, 0x06]].concat();
        arp.extend([0; 28]);
        assert_eq!(walked(Next::Mpls(0x8847), &arp), (Some(Next::Other(0x0806)), path.clone(), 28));
        let ip = [&labels[..], &[0x45, 0]].concat();
        assert_eq!(walked(Next::Mpls(0x8847), &ip), (Some(Next::Ip), path, 2));
    }
}
