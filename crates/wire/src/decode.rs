//! Frames to packets: the general path, which opens everything that is known.
//!
//! One pass, no recursion, no allocation: link headers up to an IP packet, its transport header, and if that is a
//! tunnel the same again inside, at most as deep as `Packet::path` is long. A tunnel whose inside cannot be read or is
//! no IP is not opened: the packet stays that of the innermost IP header that could be read. So a packet that has any
//! IP header is one with IP.

mod inside;

use crate::decode::inside::{Inside, enter, read};
use crate::ip::{self, Body, Ip};
use crate::link;
use crate::protocol::Protocol;
use crate::span::Span;
use crate::{
    Address, Class, Frame, Hazards, Header, InnerFrame, Packet, Stop, Why, fast, link_type, transport, tunnel,
};

/// Decodes `frame` into `packet`, overwriting all of it; callers keep one and use it again.
///
/// Never fails: what cannot be read is a class, what is odd is a hazard. Transport checksums are left to
/// [`check_transport`](crate::check_transport).
///
/// ```
/// use lenscap_wire::{Class, Frame, LinkType, Packet, PacketRef, Timestamp, decode};
///
/// let mut packet = Packet::default();
/// // A snap length of 14 bytes left the Ethernet header alone of a frame of 60.
/// let bytes = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
/// let (time, at) = (Timestamp::MIN, PacketRef::default());
/// decode(&Frame { time, link_type: LinkType::ETHERNET, wire_length: 60, bytes: &bytes, at }, &mut packet);
/// assert_eq!(packet.class, Class::Truncated);
/// ```
#[inline]
pub fn decode<'a>(frame: &Frame<'a>, packet: &mut Packet<'a>) {
    if !fast::decode::<true>(frame, packet) {
        general(frame, packet);
    }
}

/// Decodes a reassembled datagram: `whole` is what followed the IP headers of its fragments, put together. `head` is
/// any packet of them; its path, addresses, protocol and link addresses are kept, and so are its hazards.
///
/// `ip_length` is what the packet shall count for: the sum of the `ip_length` of all fragments that it was made of,
/// so that bytes of flows stay those on the wire. A tunnel inside counts by its own header, as always. Only the caller
/// knows whether all of the datagram was captured, and so whether its checksum can be checked.
pub fn decode_datagram<'a>(whole: &'a [u8], ip_length: u32, head: &Packet<'_>, packet: &mut Packet<'a>) {
    reset(packet);
    packet.class = Class::Ip;
    packet.hazards = head.hazards;
    packet.macs = head.macs;
    packet.path.clone_from(&head.path);
    packet.from_higher = head.from_higher;
    packet.version = head.version;
    packet.hop_limit = head.hop_limit;
    packet.identification = head.identification;
    packet.source = head.source;
    packet.destination = head.destination;
    packet.ip_length = ip_length;

    let span = Span::new(whole, whole.len());
    let body = ip::extensions(head.version, head.protocol, span, &mut packet.hazards);
    // A fragment header inside a reassembled datagram would be reassembled for ever.
    let again = body.fragment.map(|_| Stop::new(Why::TooDeep).at(Header::Ip, body.span));
    let body = Body { fragment: None, stop: body.stop.or(again), ..body };
    packet.protocol = body.protocol;
    follow(body, packet);
}

/// What [`decode`] promises, without the fast path.
pub(crate) fn general<'a>(frame: &Frame<'a>, packet: &mut Packet<'a>) {
    reset(packet);
    let span = Span::new(frame.bytes, frame.wire_length as usize);
    let found = link_type::enter(frame.link_type, span, packet)
        .and_then(|(head, span)| link::descend(head, span, packet))
        .and_then(read);
    match found {
        Ok(Inside::Ip(ip)) => {
            accept(&ip, packet);
            follow(ip.body, packet);
        }
        Ok(Inside::Other(ether_type, span)) => plain(ether_type, span, packet),
        Err(stop) => {
            packet.class = stop.class();
            packet.hazards.insert(stop.hazards());
            packet.stop = Some(stop);
        }
    }
}

fn reset(packet: &mut Packet<'_>) {
    packet.class = Class::Undecodable;
    packet.hazards = Hazards::NONE;
    packet.macs = None;
    packet.unwrap_to(0);
    clear(packet);
}

/// Empties what belongs to one IP packet or to none.
fn clear(packet: &mut Packet<'_>) {
    packet.ether_type = 0;
    packet.version = 0;
    packet.hop_limit = 0;
    packet.identification = 0;
    packet.protocol = 0;
    packet.source = Address::default();
    packet.destination = Address::default();
    packet.ports = (0, 0);
    packet.ip_length = 0;
    packet.payload_length = 0;
    packet.payload = &[];
    packet.segment = &[];
    packet.tcp = None;
    packet.fragment = None;
    packet.quoted = None;
    packet.inner_frame = None;
    packet.stop = None;
}

/// Makes `packet` one without IP.
fn plain<'a>(ether_type: u16, span: Span<'a>, packet: &mut Packet<'a>) {
    clear(packet);
    packet.class = Class::NonIp;
    packet.ether_type = ether_type;
    packet.payload = span.seen;
    packet.payload_length = span.wire as u32;
    if span.is_cut() {
        packet.hazards.insert(Hazards::CUT);
    }
}

/// Makes `packet` that of an IP header, its transport still unread.
fn accept<'a>(ip: &Ip<'a>, packet: &mut Packet<'a>) {
    clear(packet);
    packet.class = Class::Ip;
    packet.hazards.insert(ip.hazards);
    packet.version = ip.version;
    packet.hop_limit = ip.hop_limit;
    packet.identification = ip.identification;
    packet.protocol = ip.body.protocol;
    packet.source = ip.source;
    packet.destination = ip.destination;
    packet.ip_length = ip.length;
    packet.surplus = ip.surplus;
}

/// Reads the transport header of `body` and of every packet inside it.
fn follow<'a>(mut body: Body<'a>, packet: &mut Packet<'a>) {
    // Every round but the last adds to the path, which is bounded.
    loop {
        if body.fragment.is_some() {
            packet.hazards.insert(Hazards::FRAGMENT);
            packet.fragment = body.fragment;
            return;
        }
        transport::read(&body, packet);
        let Some(tunnel) = tunnel::open(&body, packet) else {
            if matches!(body.protocol, Protocol::GRE | Protocol::IPV4 | Protocol::IPV6) {
                packet.hazards.insert(Hazards::UNOPENED_TUNNEL);
            }
            return;
        };
        let (depth, macs, hazards) = (packet.path.len(), packet.macs, packet.hazards);
        // Only what is odd inside may speak against a guess.
        packet.hazards = Hazards::NONE;
        // Those outside are of the tunnel's ends. Where none are inside, only a tunnel of IP alone tells them apart.
        packet.macs = macs.filter(|_| tunnel.kind.carries_ip_alone());
        match enter(&tunnel, packet) {
            Ok(Inside::Ip(ip)) => {
                accept(&ip, packet);
                packet.hazards.insert(hazards);
                body = ip.body;
            }
            Ok(Inside::Other(ether_type, span)) => {
                let inner = InnerFrame {
                    macs: packet.macs,
                    ether_type,
                    payload: span.seen,
                    payload_length: span.wire as u32,
                };
                packet.inner_frame = Some(inner);
                packet.unwrap_to(depth);
                packet.macs = macs;
                packet.hazards.insert(hazards);
                if ether_type != link::ether_type::ARP {
                    packet.hazards.insert(Hazards::UNOPENED_TUNNEL);
                }
                return;
            }
            Err(stop) => {
                packet.unwrap_to(depth);
                (packet.macs, packet.hazards) = (macs, hazards);
                if !tunnel.guessed || stop.why == Why::TooDeep {
                    packet.hazards.insert(stop.hazards());
                    packet.stop = Some(stop);
                }
                if !tunnel.guessed {
                    packet.hazards.insert(Hazards::UNOPENED_TUNNEL);
                }
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layer, LayerKind, LinkType, Mac, PacketRef, Timestamp};

    #[test]
    fn a_stop_says_where_and_why() {
        let packet = v4(17, 9, &udp(1, 2, b"abc"));
        let bytes = ethernet(0x8100, &[&[0, 7, 8, 0][..], &packet].concat());
        let stop = |bytes: &[u8], wire| framed(1, bytes, wire).stop.unwrap();
        let at = |header, offset, why| Stop { header, offset, why };
        let cut = Why::Cut { needed: 20, had: 7 };
        assert_eq!(stop(&bytes[..25], bytes.len()), at(Header::Ip, 18, cut));
        assert_eq!(stop(&bytes[..16], 16), at(Header::Ethernet, 14, Why::Short { needed: 4, had: 2 }));
        let cut = Why::Cut { needed: 8, had: 3 };
        assert_eq!(stop(&bytes[..41], bytes.len()), at(Header::Transport, 38, cut));
        assert_eq!(framed(1, &bytes, bytes.len()).stop, None);
        let encrypted = ethernet(0x88e5, &[0x0c, 0, 0, 0, 0, 1, 8, 0]);
        assert_eq!(stop(&encrypted, encrypted.len()), at(Header::Ethernet, 14, Why::Encrypted));
        assert_eq!(framed(999, &bytes, 60).stop.unwrap(), at(Header::Link, 0, Why::Unknown));
        let inner = v4(4, 8, &v4(17, 9, &[])[..10]);
        let short = Why::Short { needed: 20, had: 10 };
        assert_eq!(framed(101, &inner, inner.len()).stop.unwrap(), at(Header::Ip, 20, short));
    }

    fn framed(link_type: u16, bytes: &[u8], wire: usize) -> Packet<'_> {
        let frame = Frame {
            time: Timestamp::MIN,
            link_type: LinkType(link_type),
            wire_length: wire as u32,
            bytes,
            at: PacketRef::default(),
        };
        let mut packet = Packet { payload_length: 77, ..Packet::default() };
        decode(&frame, &mut packet);
        packet
    }

    fn v4(protocol: u8, last: u8, body: &[u8]) -> Vec<u8> {
        let [l0, l1] = ((20 + body.len()) as u16).to_be_bytes();
        let header = [0x45, 0, l0, l1, 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, last, 10, 0, 0, 5];
        [&header[..], body].concat()
    }

    fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
        let length = (8 + payload.len()) as u16;
        let words = [source, destination, length, 0].map(u16::to_be_bytes);
        [words.as_flattened(), payload].concat()
    }

    fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
        [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], &ether_type.to_be_bytes(), payload].concat()
    }

    fn ends(a: u8, b: u8) -> [Address; 2] {
        [Address::v4([10, 0, 0, a]), Address::v4([10, 0, 0, b])]
    }

    #[test]
    fn the_innermost_packet_counts() {
        let inner = ethernet(0x8100, &[&[0, 9, 8, 0][..], &v4(17, 3, &udp(1, 2, b"hi"))].concat());
        let vxlan = [&[8, 0, 0, 0, 0, 0, 42, 0][..], &inner].concat();
        let bytes = ethernet(0x0800, &v4(17, 9, &udp(999, 4789, &vxlan)));
        let packet = framed(1, &bytes, bytes.len());
        assert_eq!((packet.class, packet.ports, packet.payload), (Class::Ip, (1, 2), &b"hi"[..]));
        let layers = [
            Layer { kind: LayerKind::Vxlan, id: 42, ends: ends(5, 9) },
            Layer { kind: LayerKind::Vlan, id: 9, ends: [Address::default(); 2] },
        ];
        assert_eq!(packet.path[..], layers);
        assert_eq!((packet.ip_length, packet.source), (30, Address::v4([10, 0, 0, 3])));
        assert!(!packet.is_carried() && packet.own_macs() == packet.macs && packet.macs.is_some());
        let bytes = ethernet(0x0800, &v4(4, 9, &v4(17, 3, &udp(1, 2, b"hi"))));
        let packet = framed(1, &bytes, bytes.len());
        assert!(packet.is_carried() && packet.own_macs().is_none() && packet.macs.is_some());
    }

    #[test]
    fn each_tunnel_was_entered_at_one_of_its_ends() {
        // From .9 to .5, in it from .3, in it from .8, and there what turns out to be no tunnel.
        let closed = v4(17, 9, &udp(999, 4789, &[8, 0, 0, 0, 0, 0, 42, 0, 1, 2, 3]));
        let bytes = v4(4, 9, &v4(4, 3, &v4(4, 8, &closed)));
        let packet = framed(101, &bytes, bytes.len());
        assert_eq!((packet.path.len(), packet.from_higher), (3, 0b101));
    }

    #[test]
    fn a_port_alone_is_no_tunnel() {
        let bytes = ethernet(0x0800, &v4(17, 9, &udp(999, 4789, &[8, 0, 0, 0, 0, 0, 42, 0, 1, 2, 3])));
        let packet = framed(1, &bytes, bytes.len());
        assert_eq!((packet.ports, packet.payload.len(), packet.path.len()), ((999, 4789), 11, 0));
        assert_eq!(packet.macs.unwrap().0, Mac([2, 0, 0, 0, 0, 1]));
        assert_eq!(packet.hazards, Hazards::BAD_IP_CHECKSUM);
    }

    #[test]
    fn a_frame_longer_than_its_tunnel_stays_closed() {
        let inner = |length| [&ethernet(length, &[0x42, 0x42, 3])[..], &[0; 5]].concat();
        let vxlan =
            |length| v4(17, 9, &udp(999, 4789, &[&[8, 0, 0, 0, 0, 0, 42, 0][..], &inner(length)].concat()));
        let (fits, long) = (vxlan(8), vxlan(9));
        assert!(framed(101, &fits, fits.len()).inner_frame.is_some());
        let packet = framed(101, &long, long.len());
        assert_eq!((packet.class, packet.ports, packet.payload.len()), (Class::Ip, (999, 4789), 30));
        assert!(packet.path.is_empty() && packet.macs.is_none() && packet.inner_frame.is_none());
        assert_eq!(packet.hazards, Hazards::BAD_IP_CHECKSUM);

        let erspan = |length| v4(47, 9, &[&[0, 0, 0x88, 0xbe][..], &inner(length)].concat());
        let (fits, long) = (erspan(8), erspan(9));
        assert!(framed(101, &fits, fits.len()).inner_frame.is_some());
        let packet = framed(101, &long, long.len());
        assert_eq!((packet.class, packet.protocol, packet.path.len()), (Class::Ip, 47, 0));
        assert!(packet.hazards.contains(Hazards::BAD_LENGTH));
    }

    #[test]
    fn what_is_no_ip_inside_a_tunnel_hides_no_conversation() {
        for (ether_type, hazards) in
            [(0x0806, Hazards::NONE), (0x88cc, Hazards::UNOPENED_TUNNEL), (0x88b5, Hazards::UNOPENED_TUNNEL)]
        {
            let inner = ethernet(ether_type, &[7; 40]);
            let gre = [&[0, 0, 0x65, 0x58][..], &inner].concat();
            let bytes = [&[9; 12][..], &[8, 0], &v4(47, 9, &gre)].concat();
            let packet = framed(1, &bytes, bytes.len());
            assert_eq!((packet.class, packet.protocol, packet.ip_length), (Class::Ip, 47, 78));
            assert_eq!((packet.macs, packet.path.len()), (Some((Mac([9; 6]), Mac([9; 6]))), 0));
            assert_eq!((packet.payload.len(), packet.source), (58, Address::v4([10, 0, 0, 9])));
            assert_eq!(packet.hazards - Hazards::BAD_IP_CHECKSUM, hazards);
            let frame = packet.inner().unwrap();
            assert_eq!(
                (frame.class, frame.ether_type, frame.payload),
                (Class::NonIp, ether_type, &[7; 40][..])
            );
            assert_eq!(frame.macs, Some((Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]))));
        }
        // What was not opened at all is told as well.
        let bytes = v4(47, 9, &[0, 0, 0x12, 0x34, 1, 2, 3]);
        assert!(framed(101, &bytes, bytes.len()).hazards.contains(Hazards::UNOPENED_TUNNEL));
    }

    #[test]
    fn tunnels_beyond_the_path_stay_closed() {
        let mut bytes = v4(17, 1, &udp(7, 8, b"x"));
        for last in 2..20 {
            bytes = v4(4, last, &bytes);
        }
        let packet = framed(101, &bytes, bytes.len());
        assert_eq!((packet.class, packet.protocol, packet.path.len()), (Class::Ip, 4, 8));
        assert!(packet.hazards.contains(Hazards::TOO_DEEP));
    }

    #[test]
    fn frames_without_ip_keep_their_type() {
        let bytes = ethernet(0x0806, &[0, 1, 8, 0]);
        let packet = framed(1, &bytes, bytes.len());
        assert_eq!(
            (packet.class, packet.ether_type, packet.payload),
            (Class::NonIp, 0x0806, &[0, 1, 8, 0][..])
        );
        assert_eq!(framed(999, &bytes, bytes.len()).hazards, Hazards::UNKNOWN_HEADER);
    }

    #[test]
    fn headers_that_end_early_are_truncated_only_by_the_snap_length() {
        let bytes = ethernet(0x0800, &v4(17, 9, &udp(1, 2, b"abc")));
        assert_eq!(framed(1, &bytes[..33], bytes.len()).class, Class::Truncated);
        assert_eq!(framed(1, &bytes[..33], 33).class, Class::Undecodable);
        let cut = framed(1, &bytes[..40], bytes.len());
        assert_eq!((cut.class, cut.ports, cut.payload_length), (Class::Ip, (1, 2), 3));
        assert!(cut.hazards.contains(Hazards::CUT) && !cut.hazards.contains(Hazards::BAD_LENGTH));
    }

    #[test]
    fn padding_is_not_payload() {
        let mut bytes = ethernet(0x0800, &v4(17, 9, &udp(1, 2, b"abc")));
        bytes.resize(60, 0xee);
        assert_eq!(framed(1, &bytes, 60).payload, b"abc");
    }

    #[test]
    fn a_fragment_waits_and_its_datagram_is_read() {
        let datagram = udp(1, 2, b"abc");
        let mut bytes = v4(17, 9, &datagram);
        bytes[6] = 0x20;
        let head = framed(101, &bytes, bytes.len());
        assert_eq!(
            (head.ports, head.payload.len(), head.fragment.unwrap().bytes),
            ((0, 0), 0, &datagram[..])
        );
        let mut packet = Packet::default();
        decode_datagram(&datagram, 71, &head, &mut packet);
        assert_eq!((packet.ports, packet.payload, packet.ip_length), ((1, 2), &b"abc"[..], 71));
        assert!(packet.fragment.is_none() && packet.hazards.contains(Hazards::FRAGMENT));
    }
}
