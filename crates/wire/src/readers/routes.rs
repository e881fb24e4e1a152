//! Which message readers a packet goes to: tables built once from the registry.
//!
//! A packet costs two look-ups by port (a table of 64 KiB), one by its first byte, and a few comparisons where
//! that byte begins a known message. Readers come out in the order of the registry, each at most once.

use super::ALL;
use crate::{Message, Read, ReaderId, Route};

/// A set of readers; iterates in the order of the registry.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Readers(u128);

const _: () = assert!(ALL.len() <= u128::BITS as usize, "a set of readers has one bit for each");

impl Readers {
    /// No readers.
    pub const NONE: Self = Self(0);

    const fn only(id: ReaderId) -> Self {
        Self(1 << id.0)
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl IntoIterator for Readers {
    type Item = ReaderId;
    type IntoIter = Ids;

    #[inline]
    fn into_iter(self) -> Ids {
        Ids(self.0)
    }
}

/// The ids of a set, ascending.
#[derive(Debug)]
pub struct Ids(u128);

impl Iterator for Ids {
    type Item = ReaderId;

    #[inline]
    fn next(&mut self) -> Option<ReaderId> {
        let id = (self.0 != 0).then(|| ReaderId(self.0.trailing_zeros() as u8));
        self.0 &= self.0.wrapping_sub(1);
        id
    }
}

/// The readers of one transport, by port and by first bytes.
#[derive(Clone, Debug)]
struct Transport {
    /// By 64 ports, those that have readers. Small enough to stay in the nearest cache, unlike `ports`.
    known: Box<[u64]>,
    /// Class of each port: an index into `classes`; 0 is the class without readers.
    ports: Box<[u8]>,
    classes: Vec<Readers>,
    /// Whether any known beginning has this first byte.
    first: [bool; 256],
    starts: Vec<(&'static [u8], Readers)>,
}

impl Transport {
    fn new() -> Self {
        Self {
            known: vec![0; 1 << 10].into(),
            ports: vec![0; 1 << 16].into(),
            classes: vec![Readers::NONE],
            first: [false; 256],
            starts: vec![],
        }
    }

    fn add_port(&mut self, port: u16, reader: Readers) {
        let with = self.of_port(port).and(reader);
        let known = self.classes.iter().position(|&class| class == with);
        let class = known.unwrap_or(self.classes.len());
        if let (Some(entry), Ok(class)) = (self.ports.get_mut(usize::from(port)), u8::try_from(class)) {
            *entry = class;
            if let Some(known) = self.known.get_mut(usize::from(port) / 64) {
                *known |= 1 << (port % 64);
            }
            if known.is_none() {
                self.classes.push(with);
            }
        }
    }

    fn add_start(&mut self, start: &'static [u8], reader: Readers) {
        if let Some(known) = start.first().and_then(|&byte| self.first.get_mut(usize::from(byte))) {
            *known = true;
            self.starts.push((start, reader));
        }
    }

    #[inline]
    fn of_port(&self, port: u16) -> Readers {
        if self.known.get(usize::from(port) / 64).is_none_or(|known| known >> (port % 64) & 1 == 0) {
            return Readers::NONE;
        }
        let class = self.ports.get(usize::from(port)).copied().unwrap_or(0);
        self.classes.get(usize::from(class)).copied().unwrap_or_default()
    }

    #[inline]
    fn of(&self, (source, destination): (u16, u16), payload: &[u8]) -> Readers {
        let Some(&first) = payload.first() else { return Readers::NONE };
        let by_port = self.of_port(source).and(self.of_port(destination));
        if self.first.get(usize::from(first)) != Some(&true) {
            return by_port;
        }
        let begun = self.starts.iter().filter(|(start, _)| payload.starts_with(start));
        begun.fold(by_port, |readers, &(_, reader)| readers.and(reader))
    }
}

/// The routes of all message readers as look-up tables (about 130 KiB); build once and share.
#[derive(Clone, Debug)]
pub struct Routes {
    udp: Transport,
    tcp: Transport,
    icmp6: Readers,
    /// Sorted by `EtherType`.
    ether_types: Vec<(u16, Readers)>,
}

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}

impl Routes {
    /// The tables of the registry.
    pub fn new() -> Self {
        let mut routes =
            Self { udp: Transport::new(), tcp: Transport::new(), icmp6: Readers::NONE, ether_types: vec![] };
        for (id, reader) in (0..).map(ReaderId).zip(ALL) {
            if let Read::Message(ways, _) = reader.read {
                for &way in ways {
                    routes.add(way, Readers::only(id));
                }
            }
        }
        routes
    }

    fn add(&mut self, way: Route, reader: Readers) {
        match way {
            Route::Udp(port) => self.udp.add_port(port, reader),
            Route::Tcp(port) => self.tcp.add_port(port, reader),
            Route::UdpStart(start) => self.udp.add_start(start, reader),
            Route::TcpStart(start) => self.tcp.add_start(start, reader),
            Route::Icmp6 => self.icmp6 = self.icmp6.and(reader),
            Route::EtherType(kind) => match self.ether_types.binary_search_by_key(&kind, |&(known, _)| known)
            {
                Ok(place) => {
                    if let Some((_, readers)) = self.ether_types.get_mut(place) {
                        *readers = readers.and(reader);
                    }
                }
                Err(place) => self.ether_types.insert(place, (kind, reader)),
            },
        }
    }

    /// The readers that may know this message. Most packets have none.
    #[inline]
    pub fn readers(&self, message: &Message<'_, '_>) -> Readers {
        let packet = message.packet;
        match (packet.version, packet.protocol) {
            (0, _) => self.of_ether_type(packet.ether_type),
            (_, 17) => self.udp.of(packet.ports, message.payload),
            (_, 6) => self.tcp.of(packet.ports, message.payload),
            (6, 58) => self.icmp6,
            _ => Readers::NONE,
        }
    }

    fn of_ether_type(&self, kind: u16) -> Readers {
        let found = self.ether_types.binary_search_by_key(&kind, |&(known, _)| known).ok();
        found.and_then(|place| self.ether_types.get(place)).map_or(Readers::NONE, |&(_, readers)| readers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Packet;

    fn apps(packet: &Packet<'_>, payload: &[u8]) -> Vec<&'static str> {
        Routes::new().readers(&Message { packet, payload }).into_iter().map(ReaderId::app).collect()
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
    fn a_packet_without_payload_goes_nowhere() {
        let packet = Packet { version: 4, protocol: 6, ports: (40_000, 53), ..Packet::default() };
        assert!(apps(&packet, b"").is_empty());
        assert_eq!(apps(&packet, b"x"), ["dns"]);
    }

    #[test]
    fn a_beginning_counts_on_any_port_of_its_transport() {
        let mut packet = Packet { version: 6, protocol: 6, ports: (40_000, 8000), ..Packet::default() };
        assert_eq!(apps(&packet, b"GET / HTTP/1.1\r\n"), ["http"]);
        assert!(apps(&packet, b"GETTING").is_empty());
        packet.protocol = 17;
        assert!(apps(&packet, b"GET / HTTP/1.1\r\n").is_empty());
    }

    #[test]
    fn icmpv6_and_ethertypes_have_their_readers() {
        assert_eq!(apps(&Packet { version: 6, protocol: 58, ..Packet::default() }, b""), ["ndp"]);
        assert!(apps(&Packet { version: 4, protocol: 58, ..Packet::default() }, b"").is_empty());
        assert_eq!(apps(&Packet { ether_type: 0x0806, ..Packet::default() }, b""), ["arp"]);
        assert!(apps(&Packet { ether_type: 0x88cc, ..Packet::default() }, b"").is_empty());
    }

    #[test]
    fn two_readers_of_one_port_share_a_class_with_both() {
        let mut transport = Transport::new();
        transport.add_port(9000, Readers::only(ReaderId(3)));
        transport.add_port(9000, Readers::only(ReaderId(1)));
        assert_eq!(transport.of((9000, 1), b"x").into_iter().collect::<Vec<_>>(), [ReaderId(1), ReaderId(3)]);
    }
}
