//! Decoding against etherparse's lax slices, on the shapes that both know, sound and damaged; and against noise of
//! every link type, which must not panic.

use etherparse::checksum::Sum16BitWords;
use etherparse::{LaxIpv6Slice, LaxNetSlice, LaxSlicedPacket, PacketBuilder, TransportSlice};
use lenscap_wire::{
    Address, Class, Frame, Hazards, LinkType, Packet, PacketRef, Timestamp, check_transport, decode,
    decode_datagram,
};
use proptest::prelude::*;

const LINK_TYPES: [u16; 21] =
    [0, 1, 9, 12, 14, 50, 51, 101, 104, 105, 107, 108, 113, 119, 127, 163, 228, 229, 239, 276, 9999];

fn framed(link_type: u16, bytes: &[u8], wire_length: usize) -> Packet<'_> {
    let mut packet = Packet::default();
    let frame = Frame {
        time: Timestamp::MIN,
        link_type: LinkType(link_type),
        wire_length: wire_length as u32,
        bytes,
        at: PacketRef::default(),
    };
    decode(&frame, &mut packet);
    packet
}

/// Addresses and protocol as etherparse has them, and its payload of IP; none of fragments.
fn twin_of<'a>(twin: &LaxSlicedPacket<'a>) -> Option<(Address, Address, u8, &'a [u8])> {
    let payload = twin.net.as_ref()?.ip_payload_ref()?;
    if payload.fragmented {
        return None;
    }
    let (source, destination) = match twin.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Ipv6(ip) if twin.stop_err.is_some() || !is_skipped_here(ip) => {
            (Address(ip.header().source()), Address(ip.header().destination()))
        }
        _ => return None,
    };
    Some((source, destination, payload.ip_number.0, payload.payload))
}

/// Whether the header that etherparse stops at is passed here alone: mobility, HIP and shim.
fn is_skipped_here(ip: &LaxIpv6Slice<'_>) -> bool {
    matches!(ip.payload().ip_number.0, 135 | 139 | 140)
}

/// Ports and payload as etherparse has them.
fn transport_of<'a>(transport: &TransportSlice<'a>) -> Option<((u16, u16), &'a [u8])> {
    match transport {
        TransportSlice::Tcp(tcp) => Some(((tcp.source_port(), tcp.destination_port()), tcp.payload())),
        TransportSlice::Udp(udp) => Some(((udp.source_port(), udp.destination_port()), udp.payload())),
        _ => None,
    }
}

/// Whether the transport's checksum is wrong by etherparse's arithmetic; not where there is none.
fn is_wrong_of(twin: &LaxSlicedPacket<'_>) -> bool {
    let (Some(net), Some(transport)) = (&twin.net, &twin.transport) else { return false };
    let (protocol, segment) = match (net, transport) {
        (_, TransportSlice::Tcp(tcp)) => (6, tcp.slice()),
        (_, TransportSlice::Udp(udp)) if udp.checksum() != 0 => (17, udp.slice()),
        (LaxNetSlice::Ipv6(_), TransportSlice::Icmpv6(icmp)) => (58, icmp.slice()),
        (LaxNetSlice::Ipv4(_), TransportSlice::Icmpv4(icmp)) => {
            return Sum16BitWords::new().add_slice(icmp.slice()).ones_complement() != 0;
        }
        _ => return false,
    };
    let sum = Sum16BitWords::new().add_slice(segment);
    let mut sum = match net {
        LaxNetSlice::Ipv4(ip) => sum.add_slice(&[ip.header().source(), ip.header().destination()].concat()),
        LaxNetSlice::Ipv6(ip) => sum.add_slice(&[ip.header().source(), ip.header().destination()].concat()),
        LaxNetSlice::Arp(_) => return false,
    };
    sum.add_4bytes((segment.len() as u32).to_be_bytes()).add_2bytes([0, protocol]).ones_complement() != 0
}

fn assert_twins(bytes: &[u8]) -> Result<(), TestCaseError> {
    let packet = framed(1, bytes, bytes.len());
    let Ok(twin) = LaxSlicedPacket::from_ethernet(bytes) else { return Ok(()) };
    let Some((source, destination, protocol, payload)) = twin_of(&twin) else { return Ok(()) };
    // What etherparse takes for all of the slice, and what is opened here alone.
    if packet.class != Class::Ip || packet.path.iter().any(|layer| layer.ends != [Address::default(); 2]) {
        return Ok(());
    }
    prop_assert_eq!((packet.source, packet.destination), (source, destination));
    if twin.stop_err.is_some() {
        return Ok(());
    }
    prop_assert_eq!(packet.protocol, protocol);
    match twin.transport.as_ref().and_then(transport_of) {
        Some((ports, payload)) => {
            prop_assert_eq!(packet.ports, ports);
            prop_assert_eq!(packet.payload, payload);
        }
        None if !matches!(packet.protocol, 1 | 58 | 132 | 136) => prop_assert_eq!(packet.payload, payload),
        None => {}
    }
    if !packet.segment.is_empty() {
        let mut checked = packet.clone();
        check_transport(&mut checked);
        let is_wrong = checked.hazards.contains(Hazards::BAD_TRANSPORT_CHECKSUM);
        prop_assert_eq!(is_wrong, is_wrong_of(&twin));
    }
    Ok(())
}

prop_compose! {
    fn sound()(
        six in any::<bool>(),
        protocol in prop::sample::select(vec![6_u8, 17, 58]),
        vlan in prop::option::of(0_u16..4096),
        ports in (1_u16..1000, 1_u16..1000),
        hop in prop::option::of(Just(0_u8)),
        extensions in prop::collection::vec(prop::sample::select(vec![43_u8, 60]), 0..4),
        payload in prop::collection::vec(any::<u8>(), 0..60),
    ) -> Vec<u8> {
        let ethernet = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        let ip = match (vlan, six) {
            (Some(id), true) => ethernet.single_vlan(id.try_into().unwrap()).ipv6([1; 16], [2; 16], 9),
            (Some(id), false) => ethernet.single_vlan(id.try_into().unwrap()).ipv4([10, 0, 0, 1], [10, 0, 0, 2], 9),
            (None, true) => ethernet.ipv6([1; 16], [2; 16], 9),
            (None, false) => ethernet.ipv4([10, 0, 0, 1], [10, 0, 0, 2], 9),
        };
        let mut bytes = Vec::new();
        match (protocol, six) {
            (6, _) => ip.tcp(ports.0, ports.1, 1, 2).syn().write(&mut bytes, &payload).unwrap(),
            (17, _) => ip.udp(ports.0, ports.1).write(&mut bytes, &payload).unwrap(),
            (_, true) => ip.icmpv6_echo_request(ports.0, ports.1).write(&mut bytes, &payload).unwrap(),
            (_, false) => ip.icmpv4_echo_request(ports.0, ports.1).write(&mut bytes, &payload).unwrap(),
        }
        if six {
            let extensions: Vec<_> = hop.into_iter().chain(extensions).collect();
            extend(&mut bytes, if vlan.is_some() { 18 } else { 14 }, &extensions);
        }
        bytes
    }
}

/// Puts extension headers of eight bytes behind the IPv6 header at `ip`.
fn extend(bytes: &mut Vec<u8>, ip: usize, extensions: &[u8]) {
    for extension in extensions.iter().rev() {
        let next = std::mem::replace(&mut bytes[ip + 6], *extension);
        bytes.splice(ip + 40..ip + 40, [next, 0, 1, 0, 0, 0, 0, 0]);
    }
    let length = (bytes.len() - ip - 40) as u16;
    bytes[ip + 4..ip + 6].copy_from_slice(&length.to_be_bytes());
}

proptest! {
    #[test]
    fn sound_frames_decode_as_etherparse_has_them(bytes in sound(), padding in 0_usize..9) {
        let mut bytes = bytes;
        bytes.resize(bytes.len() + padding, 0);
        assert_twins(&bytes)?;
        let mut hazards = framed(1, &bytes, bytes.len()).hazards;
        // Beyond a check sequence it may be a trailer; where ip.rs is tested it is told when.
        if padding > 4 {
            hazards = hazards - Hazards::TRAILER;
        }
        prop_assert_eq!(hazards, Hazards::NONE);
    }

    #[test]
    fn damaged_frames_decode_as_etherparse_has_them(
        bytes in sound(),
        damage in prop::collection::vec((12_usize..120, any::<u8>()), 1..4),
    ) {
        let mut bytes = bytes;
        for (at, value) in damage {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        assert_twins(&bytes)?;
    }

    #[test]
    fn checksums_of_sound_segments_are_right_and_of_damaged_ones_wrong(bytes in sound(), bit in 0_u32..8) {
        let mut packet = framed(1, &bytes, bytes.len());
        check_transport(&mut packet);
        prop_assert_eq!(packet.hazards, Hazards::NONE);
        if packet.payload.is_empty() || packet.segment.is_empty() {
            return Ok(());
        }
        let mut bytes = bytes.clone();
        *bytes.last_mut().unwrap() ^= 1 << bit;
        let mut packet = framed(1, &bytes, bytes.len());
        check_transport(&mut packet);
        prop_assert_eq!(packet.hazards, Hazards::BAD_TRANSPORT_CHECKSUM);
    }

    #[test]
    fn noise_never_panics_and_lengths_hold(
        link_type in prop::sample::select(LINK_TYPES.to_vec()),
        start in prop::sample::select(vec![
            vec![], vec![0x45], vec![0x60], vec![2, 0, 0, 0, 0x45], vec![8, 0, 0, 0], vec![0, 0, 8, 0, 2],
        ]),
        noise in prop::collection::vec(any::<u8>(), 0..300),
        beyond in 0_usize..50,
    ) {
        let bytes = [start, noise].concat();
        let mut packet = framed(link_type, &bytes, bytes.len() + beyond);
        check_transport(&mut packet);
        prop_assert!(packet.payload.len() <= bytes.len());
        if packet.class == Class::Ip {
            prop_assert!(packet.payload.len() as u64 <= u64::from(packet.payload_length));
            prop_assert!(packet.payload_length <= packet.ip_length);
            prop_assert!(packet.ip_length as usize <= bytes.len() + beyond);
        } else {
            prop_assert!(packet.tcp.is_none() && packet.fragment.is_none() && packet.version == 0);
        }
        let mut datagram = Packet::default();
        for protocol in [4, 17, 41, 47, 58, 60] {
            let head = Packet { version: 6, protocol, ..Packet::default() };
            decode_datagram(&bytes, 1, &head, &mut datagram);
        }
    }
}
