use super::*;
use crate::Packet;

fn apps(packet: &Packet<'_>, payload: &[u8]) -> Vec<&'static str> {
    Routes::new().readers(&Message { packet, payload }).messages().map(|reader| reader.app).collect()
}

#[test]
fn either_port_brings_a_packet_to_its_readers_once() {
    let mut packet = Packet { version: 4, protocol: 17, ports: (5353, 5353), ..Packet::default() };
    assert_eq!(apps(&packet, b"x"), ["mdns"]);
    packet.ports = (5353, 53);
    assert_eq!(apps(&packet, b"x"), ["dns", "mdns"]);
    packet.ports = (4000, 5000);
    assert!(apps(&packet, b"x").is_empty());
}

#[test]
fn a_port_may_bring_only_what_begins_as_its_reader_wants() {
    let mut packet = Packet { version: 4, protocol: 17, ports: (40_000, 10_001), ..Packet::default() };
    assert_eq!(apps(&packet, b"\x01\x06\0\0"), ["ubiquiti"]);
    assert!(apps(&packet, b"\x60\0\0\0").is_empty());
    packet.ports = (10_001, 40_000);
    assert_eq!(apps(&packet, b"\x02\x08\0\0"), ["ubiquiti"]);
    packet.ports = (40_000, 1194);
    assert_eq!(apps(&packet, &[8 << 3; 9]), ["openvpn"]);
    assert!(apps(&packet, &[9 << 3; 9]).is_empty(), "data");
}

#[test]
fn a_packet_without_payload_goes_nowhere() {
    let packet = Packet { version: 4, protocol: 17, ports: (40_000, 53), ..Packet::default() };
    assert!(apps(&packet, b"").is_empty());
    assert_eq!(apps(&packet, b"x"), ["dns"]);
}

#[test]
fn a_beginning_counts_on_any_port_of_its_transport() {
    let mut packet = Packet { version: 6, protocol: 6, ports: (40_000, 8000), ..Packet::default() };
    assert_eq!(apps(&packet, b"GET / HTTP/1.1\r\n"), ["http"]);
    assert!(apps(&packet, b"GETTING").is_empty());
    packet.protocol = 17;
    assert!(apps(&packet, b"PUT / HTTP/1.1\r\n").is_empty());
}

#[test]
fn icmpv6_and_ethertypes_have_their_readers() {
    assert_eq!(apps(&Packet { version: 6, protocol: 58, ..Packet::default() }, b""), ["ndp"]);
    assert!(apps(&Packet { version: 4, protocol: 58, ..Packet::default() }, b"").is_empty());
    assert_eq!(apps(&Packet { ether_type: 0x0806, ..Packet::default() }, b""), ["arp"]);
    assert!(apps(&Packet { ether_type: 0x88cc, ..Packet::default() }, b"").is_empty());
}

fn places(readers: Readers) -> Vec<u32> {
    (0..128).filter(|place| readers.0 >> place & 1 == 1).collect()
}

#[test]
fn two_readers_of_one_port_share_a_class_with_both() {
    let mut transport = Transport::new();
    transport.add_port(9000, Bytes::ALL, Readers::only(3));
    transport.add_port(9000, Bytes::ALL, Readers::only(1));
    transport.add_port(8999, Bytes::ALL, Readers::only(2));
    transport.index();
    assert_eq!(places(transport.of((9000, 1), b"x", true)), [1, 3]);
}

#[test]
fn a_pattern_counts_where_its_bits_stand() {
    let mut routes = Routes::new();
    let stun = Pattern {
        offset: 0,
        mask: &[0xc0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
        bytes: &[0, 0, 0, 0, 0x21, 0x12, 0xa4, 0x42],
    };
    let behind = Pattern { offset: 4, mask: &[0xff; 4], bytes: b"DHIP" };
    let mut udp = Transport::new();
    udp.add_pattern(&stun, Readers::only(1));
    udp.add_pattern(&behind, Readers::only(2));
    udp.index();
    routes.udp = udp;
    let of = |payload: &[u8]| places(routes.udp.of((1, 2), payload, true));
    assert_eq!(of(b"\x01\x01\0\x08\x21\x12\xa4\x42"), [1]);
    assert_eq!(of(b"\x81\x01\0\x08\x21\x12\xa4\x42"), [0; 0]);
    assert_eq!(of(b"\x01\x01\0\x08\x21\x12\xa4"), [0; 0]);
    assert_eq!(of(b"\x20\0\0\0DHIP"), [2]);
    assert_eq!(of(b"\x20\0\0\0DHI"), [0; 0]);
}

#[test]
fn a_second_byte_counts_behind_the_bits_of_a_first() {
    let mut udp = Transport::new();
    udp.add_two((0xf0, 0x80), b"ab", Readers::only(1));
    udp.add_start(b"\x80ccc", Readers::only(2));
    udp.index();
    let of = |payload: &[u8]| places(udp.of((1, 2), payload, true));
    assert_eq!([of(b"\x80a"), of(b"\x8fb"), of(b"\x80ccc")], [vec![1], vec![1], vec![1, 2]]);
    let others: [&[u8]; 5] = [b"\x80", b"\x70a", b"\x90a", b"\x80d", b"\x8fc"];
    assert!(others.iter().all(|payload| of(payload).is_empty()));
}

proptest::proptest! {
    /// The tables say what comparing with every beginning says.
    #[test]
    fn tables_say_what_comparing_says(
        starts in proptest::collection::vec(proptest::collection::vec(0u8..4, 1..9), 0..40),
        payload in proptest::collection::vec(0u8..4, 0..12),
    ) {
        let mut transport = Transport::new();
        let mut expected = Readers::NONE;
        for (place, start) in starts.iter().enumerate() {
            let start: &'static [u8] = Box::leak(start.clone().into_boxed_slice());
            transport.add_start(start, Readers::only(place));
            if payload.starts_with(start) {
                expected = expected.and(Readers::only(place));
            }
        }
        transport.index();
        proptest::prop_assert_eq!(transport.of((1, 2), &payload, true), expected);
    }
}
