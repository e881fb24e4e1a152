//! Transport headers: ports, TCP fields, payload, and what an ICMP error quotes.
//!
//! A header that is cut or malformed leaves the packet what IP made of it; ports are set wherever they were captured.

use crate::ip::{self, Body};
use crate::protocol::Protocol;
use crate::span::Span;
use crate::{Address, Hazards, Header, Packet, Quoted, Stop, Tcp, TcpFlags, Why};

/// Reads the transport header of `body` into `packet`, whose IP fields are set and whose transport fields are empty.
pub(crate) fn read<'a>(body: &Body<'a>, packet: &mut Packet<'a>) {
    let span = body.span;
    let length = span.wire as u32;
    if body.checkable && body.stop.is_none() && !span.is_cut() {
        packet.segment = span.seen;
    }
    packet.payload = span.seen;
    packet.payload_length = length;
    if body.stop.is_some() {
        packet.stop = body.stop;
        return;
    }
    match body.protocol {
        Protocol::TCP => tcp(span, packet),
        Protocol::UDP => udp(span, packet),
        Protocol::UDP_LITE => {
            ports(span, packet);
            payload(span, 8, packet);
        }
        Protocol::SCTP => {
            ports(span, packet);
            payload(span, 12, packet);
        }
        Protocol::ICMP | Protocol::ICMPV6 => icmp(body, packet),
        _ => {}
    }
}

fn ports(span: Span<'_>, packet: &mut Packet<'_>) {
    if let Some(&[s0, s1, d0, d1]) = span.seen.first_chunk::<4>() {
        packet.ports = (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]));
    }
}

/// Says that a header of `length` bytes is not all there.
#[cold]
fn missed(span: Span<'_>, length: usize, packet: &mut Packet<'_>) {
    let stop = span.stop(length).at(Header::Transport, span);
    packet.hazards.insert(stop.hazards());
    packet.stop = Some(stop);
}

/// Sets the payload to what follows a header of `header` bytes in the segment.
fn payload<'a>(span: Span<'a>, header: usize, packet: &mut Packet<'a>) {
    if span.seen.len() < header {
        missed(span, header, packet);
    }
    // Of a header that was cut the payload is empty and lies where what was captured ends: nowhere else may it seem to.
    packet.payload = span.seen.get(header.min(span.seen.len())..).unwrap_or_default();
    packet.payload_length = span.wire.saturating_sub(header) as u32;
}

fn tcp<'a>(span: Span<'a>, packet: &mut Packet<'a>) {
    ports(span, packet);
    // Of the checksum and what follows nothing is needed: a header that was cut behind the window says all.
    let Some(header) = span.seen.first_chunk::<16>().filter(|_| span.wire >= 20) else {
        return cut_tcp(span, packet);
    };
    let &[_, _, _, _, s0, s1, s2, s3, a0, a1, a2, a3, offset, flags, w0, w1] = header;
    let offset = usize::from(offset >> 4) * 4;
    if offset < 20 || offset > span.wire {
        packet.hazards.insert(Hazards::BAD_LENGTH);
        packet.stop = Some(Stop::new(Why::Length).at(Header::Transport, span));
        (packet.payload, packet.payload_length) = (&[], 0);
        return;
    }
    let flags = TcpFlags(flags);
    if is_odd(flags) {
        packet.hazards.insert(Hazards::ODD_FLAGS);
    }
    packet.tcp = Some(Tcp {
        sequence: u32::from_be_bytes([s0, s1, s2, s3]),
        acknowledgement: u32::from_be_bytes([a0, a1, a2, a3]),
        flags,
        window: u16::from_be_bytes([w0, w1]),
    });
    payload(span, offset, packet);
}

/// Says that too little of a header is there. Even where it still says how long it is, so that its payload would be known, what was seen
/// before is not told without all numbers and flags: no payload is claimed.
#[cold]
fn cut_tcp<'a>(span: Span<'a>, packet: &mut Packet<'a>) {
    missed(span, 20, packet);
    (packet.payload, packet.payload_length) = (&[], 0);
    if matches!(packet.stop, Some(Stop { why: Why::Cut { .. }, .. })) {
        packet.hazards.insert(Hazards::CUT_TRANSPORT);
    }
}

/// SYN with FIN or RST.
#[inline]
pub(crate) fn is_odd(flags: TcpFlags) -> bool {
    /// One bit for each of the eight that FIN, SYN and RST make.
    const ODD: u8 = 1 << 0b011 | 1 << 0b110 | 1 << 0b111;
    ODD >> (flags.0 & 7) & 1 != 0
}

fn udp<'a>(span: Span<'a>, packet: &mut Packet<'a>) {
    ports(span, packet);
    let Some(&[_, _, _, _, l0, l1, _, _]) = span.seen.first_chunk::<8>() else {
        missed(span, 8, packet);
        (packet.payload, packet.payload_length) = (&[], span.wire.saturating_sub(8) as u32);
        return;
    };
    let (length, mut own) = (span.wire, usize::from(u16::from_be_bytes([l0, l1])));
    // A length of 0 is a datagram that was captured before it was split, or one beyond 65,535 bytes (RFC 2675).
    if own != 0 && (own < 8 || own > length) {
        packet.hazards.insert(Hazards::BAD_LENGTH);
    }
    if own < 8 || own > length {
        own = length;
        // The checksum covers the length, and so is that of another datagram.
        packet.segment = &[];
    }
    if own < length {
        packet.hazards.insert(Hazards::UDP_SURPLUS);
        packet.surplus = packet.surplus.saturating_add((length - own) as u32);
    }
    let span = span.limit(own);
    packet.segment = packet.segment.get(..span.seen.len()).unwrap_or_default();
    payload(span, 8, packet);
}

fn icmp<'a>(body: &Body<'a>, packet: &mut Packet<'a>) {
    let span = body.span;
    let Some(&[kind, code]) = span.seen.first_chunk::<2>() else {
        missed(span, 2, packet);
        return;
    };
    packet.ports = (u16::from(kind), u16::from(code));
    let (echo, error) = match body.protocol {
        Protocol::ICMP => (matches!(kind, 0 | 8), matches!(kind, 3 | 4 | 5 | 11 | 12)),
        _ => (matches!(kind, 128 | 129), matches!(kind, 1..=4)),
    };
    payload(span, if echo { 8 } else { 4 }, packet);
    if error {
        packet.quoted = span.skip(8).ok().and_then(quoted);
    }
}

/// The flow of the packet that an ICMP error quotes; ports as in [`Packet::ports`].
fn quoted(span: Span<'_>) -> Option<Quoted> {
    let ip = ip::read(span).ok()?;
    let known = ip.body.stop.is_none() && ip.body.fragment.is_none_or(|fragment| fragment.offset == 0);
    let seen = if known { ip.body.span.seen } else { &[] };
    let ports = match (ip.body.protocol, seen) {
        (Protocol::TCP | Protocol::UDP | Protocol::SCTP | Protocol::UDP_LITE, [s0, s1, d0, d1, ..]) => {
            (u16::from_be_bytes([*s0, *s1]), u16::from_be_bytes([*d0, *d1]))
        }
        (Protocol::ICMP | Protocol::ICMPV6, [kind, code, ..]) => (u16::from(*kind), u16::from(*code)),
        _ => (0, 0),
    };
    Some(Quoted { source: ip.source, destination: ip.destination, protocol: ip.body.protocol, ports })
}

/// The two ends of a tunnel, lower address first.
pub(crate) fn ends(packet: &Packet<'_>) -> [Address; 2] {
    let (a, b) = (packet.source, packet.destination);
    if a <= b { [a, b] } else { [b, a] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(protocol: u8, bytes: &[u8], length: u32) -> Packet<'_> {
        let body = Body {
            protocol,
            span: Span::new(bytes, length as usize),
            fragment: None,
            stop: None,
            checkable: true,
        };
        let mut packet = Packet { protocol, ..Packet::default() };
        read(&body, &mut packet);
        packet
    }

    #[test]
    fn tcp_options_are_no_payload() {
        let mut bytes = [0; 30];
        bytes[..4].copy_from_slice(&[0x1f, 0x90, 0, 80]);
        bytes[12] = 0x60;
        bytes[13] = 0x03;
        let packet = transport(6, &bytes, 40);
        assert_eq!((packet.ports, packet.payload.len(), packet.payload_length), ((8080, 80), 6, 16));
        assert_eq!(packet.hazards, Hazards::ODD_FLAGS);
    }

    #[test]
    fn ports_survive_a_bad_tcp_offset() {
        let mut bytes = [0; 20];
        bytes[3] = 80;
        bytes[12] = 0x40;
        let packet = transport(6, &bytes, 20);
        assert_eq!(
            (packet.ports, packet.tcp.is_none(), packet.hazards),
            ((0, 80), true, Hazards::BAD_LENGTH)
        );
    }

    #[test]
    fn udp_takes_the_shorter_plausible_length() {
        let at = |own: u8| {
            let bytes = [0, 1, 0, 2, 0, own, 0, 0, 9, 9, 9, 9];
            let packet = transport(17, &bytes, 12);
            (packet.payload.len(), packet.payload_length, packet.hazards)
        };
        assert_eq!(at(10), (2, 2, Hazards::UDP_SURPLUS));
        assert_eq!(at(0), (4, 4, Hazards::NONE));
        assert_eq!(at(7), (4, 4, Hazards::BAD_LENGTH));
        assert_eq!(at(50), (4, 4, Hazards::BAD_LENGTH));
    }

    #[test]
    fn an_error_quotes_the_flow_that_failed() {
        let mut bytes = vec![3, 3, 0, 0, 0, 0, 0, 0];
        bytes.extend([0x45, 0, 0, 99, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 53, 0, 99]);
        let packet = transport(1, &bytes, bytes.len() as u32);
        let quoted = packet.quoted.unwrap();
        assert_eq!((packet.ports, quoted.protocol, quoted.ports), ((3, 3), 17, (53, 99)));
        assert_eq!(quoted.source, Address::v4([10, 0, 0, 1]));
    }
}
