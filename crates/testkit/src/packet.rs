//! Packets as bytes: Ethernet, IP and transport headers with right lengths and checksums, by etherparse.
//!
//! Everything here panics on what does not fit its field (a payload over 65,535 bytes, IPv4 to IPv6): a scenario
//! that asks for it is wrong.

use etherparse::{
    Icmpv4Header, Icmpv4Type, Icmpv6Header, Icmpv6Type, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header,
    TcpHeader, TcpOptionElement, TransportHeader, UdpHeader,
};
use lenscap_wire::{Mac, TcpFlags};
use std::net::IpAddr;

/// `EtherType` of IPv4.
pub const IPV4: u16 = 0x0800;
/// `EtherType` of ARP.
pub const ARP: u16 = 0x0806;
/// `EtherType` of IPv6.
pub const IPV6: u16 = 0x86dd;
/// `EtherType` of an 802.1Q tag.
pub const VLAN: u16 = 0x8100;

/// The fields of a TCP segment that scenarios choose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Segment {
    /// Source and destination port.
    pub ports: (u16, u16),
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number.
    pub acknowledgement: u32,
    /// Flag bits as in the header.
    pub flags: u8,
}

/// An Ethernet II frame, not padded.
pub fn ethernet(source: Mac, destination: Mac, ether_type: u16, body: &[u8]) -> Vec<u8> {
    [&destination.0[..], &source.0, &ether_type.to_be_bytes(), body].concat()
}

/// The `EtherType` that an IP packet goes by.
pub fn ether_type(ip_packet: &[u8]) -> u16 {
    if ip_packet[0] >> 4 == 6 { IPV6 } else { IPV4 }
}

/// An IP packet around `body`, hop limit 64. IPv6 has no identification; it is ignored there.
pub fn ip(source: IpAddr, destination: IpAddr, protocol: u8, body: &[u8], identification: u16) -> Vec<u8> {
    match (source, destination) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let length = u16::try_from(body.len()).expect("body fits an IPv4 packet");
            let mut header = Ipv4Header::new(length, 64, IpNumber(protocol), from.octets(), to.octets())
                .expect("body fits an IPv4 packet");
            header.identification = identification;
            header.dont_fragment = identification == 0;
            header.header_checksum = header.calc_header_checksum();
            [&header.to_bytes(), body].concat()
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let header = Ipv6Header {
                traffic_class: 0,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: u16::try_from(body.len()).expect("body fits an IPv6 packet"),
                next_header: IpNumber(protocol),
                hop_limit: 64,
                source: from.octets(),
                destination: to.octets(),
            };
            [&header.to_bytes(), body].concat()
        }
        _ => panic!("{source} and {destination} are of two versions"),
    }
}

/// A UDP datagram's header and payload.
pub fn udp(source: IpAddr, destination: IpAddr, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let header = UdpHeader {
        source_port: ports.0,
        destination_port: ports.1,
        length: u16::try_from(payload.len() + 8).expect("payload fits a datagram"),
        checksum: 0,
    };
    transport(source, destination, TransportHeader::Udp(header), payload)
}

/// A TCP segment's header and payload; a SYN offers a maximum segment size of 1,460 bytes.
pub fn tcp(source: IpAddr, destination: IpAddr, segment: Segment, payload: &[u8]) -> Vec<u8> {
    let Segment { ports, sequence, acknowledgement, flags } = segment;
    let mut header = TcpHeader::new(ports.0, ports.1, sequence, 64_240);
    let has = |bit| flags & bit != 0;
    header.acknowledgment_number = acknowledgement;
    header.fin = has(TcpFlags::FIN);
    header.syn = has(TcpFlags::SYN);
    header.rst = has(TcpFlags::RST);
    header.psh = has(TcpFlags::PSH);
    header.ack = has(TcpFlags::ACK);
    header.urg = has(TcpFlags::URG);
    if header.syn {
        let options =
            [TcpOptionElement::MaximumSegmentSize(1460), TcpOptionElement::SelectiveAcknowledgementPermitted];
        header.set_options(&options).expect("two options fit");
    }
    transport(source, destination, TransportHeader::Tcp(header), payload)
}

/// An ICMP (or `ICMPv6`) message of the raw type and code, with `rest` as bytes 5 to 8.
pub fn icmp(source: IpAddr, destination: IpAddr, kind: (u8, u8), rest: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let (type_u8, code_u8) = kind;
    let header = match source {
        IpAddr::V4(_) => TransportHeader::Icmpv4(Icmpv4Header::new(Icmpv4Type::Unknown {
            type_u8,
            code_u8,
            bytes5to8: rest,
        })),
        IpAddr::V6(_) => TransportHeader::Icmpv6(Icmpv6Header::new(Icmpv6Type::Unknown {
            type_u8,
            code_u8,
            bytes5to8: rest,
        })),
    };
    transport(source, destination, header, payload)
}

/// The IP protocol number of ICMP for an address's version.
pub const fn icmp_protocol(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(_) => 1,
        IpAddr::V6(_) => 58,
    }
}

fn transport(source: IpAddr, destination: IpAddr, mut header: TransportHeader, payload: &[u8]) -> Vec<u8> {
    match (source, destination) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let around =
                Ipv4Header { source: from.octets(), destination: to.octets(), ..Ipv4Header::default() };
            header.update_checksum_ipv4(&around, payload).expect("payload fits");
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let around =
                Ipv6Header { source: from.octets(), destination: to.octets(), ..Ipv6Header::default() };
            header.update_checksum_ipv6(&around, payload).expect("payload fits");
        }
        _ => panic!("{source} and {destination} are of two versions"),
    }
    let mut out = Vec::with_capacity(header.header_len() + payload.len());
    header.write(&mut out).expect("a vector takes every write");
    out.extend(payload);
    out
}

/// Cuts an IP packet in fragments whose bodies hold at most `size` bytes (rounded down to a multiple of eight).
///
/// # Panics
/// When `size` is under eight, or the packet is not a whole IP packet without extension headers.
pub fn fragments(ip_packet: &[u8], size: usize, identification: u32) -> Vec<Vec<u8>> {
    let size = size / 8 * 8;
    assert!(size > 0, "a fragment holds at least eight bytes");
    if ether_type(ip_packet) == IPV6 {
        let (header, body) = Ipv6Header::from_slice(ip_packet).expect("a whole IPv6 packet");
        return pieces(body, size)
            .map(|(offset, more, piece)| {
                let field = (offset as u16) | u16::from(more);
                let head =
                    [&[header.next_header.0, 0][..], &field.to_be_bytes(), &identification.to_be_bytes()];
                let body = [&head.concat(), piece].concat();
                ip(header.source_addr().into(), header.destination_addr().into(), 44, &body, 0)
            })
            .collect();
    }
    let (header, body) = Ipv4Header::from_slice(ip_packet).expect("a whole IPv4 packet");
    pieces(body, size)
        .map(|(offset, more, piece)| {
            let mut header = header.clone();
            header.identification = identification as u16;
            header.dont_fragment = false;
            header.more_fragments = more;
            header.fragment_offset = ((offset / 8) as u16).try_into().expect("offset fits thirteen bits");
            header.set_payload_len(piece.len()).expect("a piece is shorter than the whole");
            header.header_checksum = header.calc_header_checksum();
            [&header.to_bytes(), piece].concat()
        })
        .collect()
}

fn pieces(body: &[u8], size: usize) -> impl Iterator<Item = (usize, bool, &[u8])> {
    body.chunks(size)
        .enumerate()
        .map(move |(n, piece)| (n * size, n * size + piece.len() < body.len(), piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};

    fn addresses() -> [(IpAddr, IpAddr); 2] {
        let ip = |text: &str| text.parse().unwrap();
        [(ip("192.168.1.2"), ip("192.0.2.1")), (ip("2001:db8::1"), ip("2001:db8::2"))]
    }

    #[test]
    fn segments_are_read_back_with_right_checksums() {
        for (from, to) in addresses() {
            let segment = Segment { ports: (1, 2), sequence: 3, acknowledgement: 4, flags: 0x12 };
            let packet = ip(from, to, 6, &tcp(from, to, segment, b"payload"), 7);
            let sliced = SlicedPacket::from_ip(&packet).unwrap();
            let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("no TCP") };
            assert_eq!(tcp.sequence_number(), 3);
            assert!(tcp.syn() && tcp.ack() && !tcp.fin());
            assert_eq!(tcp.payload(), b"payload");
            let want = match sliced.net.unwrap() {
                NetSlice::Ipv4(v4) => {
                    assert_eq!(v4.header().header_checksum(), v4.header().to_header().calc_header_checksum());
                    tcp.calc_checksum_ipv4(v4.header().source(), v4.header().destination()).unwrap()
                }
                NetSlice::Ipv6(v6) => {
                    tcp.calc_checksum_ipv6(v6.header().source(), v6.header().destination()).unwrap()
                }
                NetSlice::Arp(_) => panic!("ARP"),
            };
            assert_eq!(tcp.checksum(), want);
        }
    }

    #[test]
    fn fragments_join_to_the_datagram() {
        for (from, to) in addresses() {
            let payload: Vec<u8> = (0..=255).cycle().take(3000).collect();
            let whole = ip(from, to, 17, &udp(from, to, (53, 53), &payload), 0);
            let skip = if from.is_ipv4() { 20 } else { 48 };
            let cut = fragments(&whole, 1003, 77);
            assert_eq!(cut.len(), 4);
            let joined: Vec<u8> = cut.iter().flat_map(|piece| piece[skip..].to_vec()).collect();
            assert_eq!(joined[8..], payload);
        }
    }
}
