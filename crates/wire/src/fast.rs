//! The fast path: the shapes that nearly every frame has, read with a handful of comparisons.
//!
//! Ethernet, at most two VLAN tags, IPv4 without options or IPv6 without extension headers, not a fragment, captured
//! to the end that IP gives it, then TCP or UDP of sound lengths and no tunnel's port. Anything else is refused, and
//! the general path decides; for what is accepted both give the same packet.

use crate::checksum;
use crate::link::ether_type;
use crate::protocol::Protocol;
use crate::{
    Address, Class, Frame, Hazards, Layer, LayerKind, LinkType, Mac, Packet, Tcp, TcpFlags, transport, tunnel,
};

/// Decodes `frame` and says so, or leaves `packet` in any state.
#[inline]
pub(crate) fn decode<'a>(frame: &Frame<'a>, packet: &mut Packet<'a>) -> bool {
    frame.link_type == LinkType::ETHERNET && ethernet(frame.bytes, packet).is_some()
}

#[inline]
fn ethernet<'a>(bytes: &'a [u8], packet: &mut Packet<'a>) -> Option<()> {
    let (&[a, b, c, d, e, f, g, h, i, j, k, l, t0, t1], mut rest) = bytes.split_first_chunk::<14>()?;
    let mut ether_type = u16::from_be_bytes([t0, t1]);
    packet.path.clear();
    for _ in 0..2 {
        if !matches!(ether_type, ether_type::VLAN | ether_type::SERVICE_VLAN | ether_type::OLD_SERVICE_VLAN) {
            break;
        }
        let (&[c0, c1, t0, t1], after) = rest.split_first_chunk::<4>()?;
        let id = u32::from(u16::from_be_bytes([c0, c1]) & 0x0fff);
        packet.path.push(Layer { kind: LayerKind::Vlan, id, ends: [Address::default(); 2] });
        (ether_type, rest) = (u16::from_be_bytes([t0, t1]), after);
    }
    match ether_type {
        ether_type::IPV4 => v4(rest, packet)?,
        ether_type::IPV6 => v6(rest, packet)?,
        _ => return None,
    }
    packet.class = Class::Ip;
    packet.macs = Some((Mac([g, h, i, j, k, l]), Mac([a, b, c, d, e, f])));
    packet.ether_type = 0;
    packet.fragment = None;
    packet.quoted = None;
    Some(())
}

#[inline]
fn v4<'a>(bytes: &'a [u8], packet: &mut Packet<'a>) -> Option<()> {
    let header = bytes.first_chunk::<20>()?;
    let &[0x45, _, l0, l1, _, _, f0, f1, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = header else {
        return None;
    };
    // Neither more fragments nor an offset.
    if u16::from_be_bytes([f0, f1]) & 0x3fff != 0 {
        return None;
    }
    let total = u16::from_be_bytes([l0, l1]);
    let body = bytes.get(20..usize::from(total))?;
    let right = checksum::folded(checksum::sum(header)) == 0xffff;
    packet.hazards = if right { Hazards::NONE } else { Hazards::BAD_IP_CHECKSUM };
    packet.version = 4;
    packet.source = Address::v4([s0, s1, s2, s3]);
    packet.destination = Address::v4([d0, d1, d2, d3]);
    packet.ip_length = u32::from(total);
    segment(protocol, body, packet)
}

#[inline]
fn v6<'a>(bytes: &'a [u8], packet: &mut Packet<'a>) -> Option<()> {
    let (&[first, _, _, _, l0, l1, protocol, _], rest) = bytes.split_first_chunk::<8>()?;
    let (source, rest) = rest.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    let length = u16::from_be_bytes([l0, l1]);
    if first >> 4 != 6 || length == 0 {
        return None;
    }
    let body = rest.get(..usize::from(length))?;
    packet.hazards = Hazards::NONE;
    packet.version = 6;
    packet.source = Address::v6(*source);
    packet.destination = Address::v6(*destination);
    packet.ip_length = u32::from(length) + 40;
    segment(protocol, body, packet)
}

#[inline]
fn segment<'a>(protocol: u8, body: &'a [u8], packet: &mut Packet<'a>) -> Option<()> {
    let (ports, payload) = match protocol {
        Protocol::TCP => {
            let header = body.first_chunk::<20>()?;
            let &[p0, p1, p2, p3, s0, s1, s2, s3, a0, a1, a2, a3, offset, flags, w0, w1, _, _, _, _] = header;
            let (offset, flags) = (usize::from(offset >> 4) * 4, TcpFlags(flags));
            if offset < 20 || transport::is_odd(flags) {
                return None;
            }
            packet.tcp = Some(Tcp {
                sequence: u32::from_be_bytes([s0, s1, s2, s3]),
                acknowledgement: u32::from_be_bytes([a0, a1, a2, a3]),
                flags,
                window: u16::from_be_bytes([w0, w1]),
            });
            ((u16::from_be_bytes([p0, p1]), u16::from_be_bytes([p2, p3])), body.get(offset..)?)
        }
        Protocol::UDP => {
            let (&[p0, p1, p2, p3, l0, l1, _, _], payload) = body.split_first_chunk::<8>()?;
            let ports = (u16::from_be_bytes([p0, p1]), u16::from_be_bytes([p2, p3]));
            if usize::from(u16::from_be_bytes([l0, l1])) != body.len() || tunnel::is_candidate(ports) {
                return None;
            }
            packet.tcp = None;
            (ports, payload)
        }
        _ => return None,
    };
    packet.protocol = protocol;
    packet.ports = ports;
    packet.payload = payload;
    packet.payload_length = payload.len() as u32;
    packet.segment = body;
    Some(())
}
