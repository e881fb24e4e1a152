//! Which message and datagram readers a packet goes to: tables built once from the registry.
//!
//! A packet costs one bit for each of its ports, one look-up by its first byte, and a comparison of eight bytes for each
//! beginning that may stand behind that byte and asks for more than it. It costs the same with eighty beginnings as with
//! eight, as long as their first bytes differ. Readers come out in the order of the registry, each at most once.

use super::ALL;
use crate::{Message, Pattern, Read, Reader, Route};

/// A set of readers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Readers(u128);

const _: () = assert!(ALL.len() <= u128::BITS as usize, "a set of readers has one bit for each");

/// The datagram readers; all others that have routes are message readers.
const DATAGRAM_READERS: u128 = {
    let mut set = 0;
    let mut rest: &[Reader] = ALL;
    let mut bit = 1;
    while let [reader, more @ ..] = rest {
        if let Read::Datagrams(_) = reader.read {
            set |= bit;
        }
        bit <<= 1;
        rest = more;
    }
    set
};

impl Readers {
    /// No readers.
    pub const NONE: Self = Self(0);

    pub(super) const fn only(place: usize) -> Self {
        Self(1 << place)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether there is a message reader.
    #[inline]
    pub const fn has_message(self) -> bool {
        self.0 & !DATAGRAM_READERS != 0
    }

    /// Whether there is a datagram reader.
    #[inline]
    pub const fn has_datagram(self) -> bool {
        self.0 & DATAGRAM_READERS != 0
    }

    /// The message readers, in the order of the registry.
    #[inline]
    pub fn messages(self) -> impl Iterator<Item = &'static Reader> {
        Self(self.0 & !DATAGRAM_READERS).iter()
    }

    /// The datagram readers, in the order of the registry.
    #[inline]
    pub fn datagrams(self) -> impl Iterator<Item = &'static Reader> {
        Self(self.0 & DATAGRAM_READERS).iter()
    }

    /// All, in the order of the registry.
    #[inline]
    pub(super) fn iter(self) -> impl Iterator<Item = &'static Reader> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let place = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            ALL.get(place)
        })
    }
}

/// Eight bytes of a payload that must fit.
#[derive(Clone, Copy, Debug)]
struct Test {
    offset: u16,
    /// Where what is compared ends; a shorter payload does not fit.
    end: u16,
    mask: u64,
    value: u64,
    readers: Readers,
}

impl Test {
    fn new(&Pattern { offset, mask, bytes }: &Pattern, readers: Readers) -> Self {
        let (mask, value) = (word(mask), word(bytes));
        let end = u16::from(offset) + bytes.len().min(8) as u16;
        Self { offset: offset.into(), end, mask, value: value & mask, readers }
    }

    /// The first bytes of the payloads that may fit.
    fn first_bytes(&self) -> impl Iterator<Item = u8> + use<> {
        let front = |word: u64| if self.offset > 0 { 0 } else { (word >> 56) as u8 };
        let (mask, value) = (front(self.mask), front(self.value));
        // Most tests are for one byte only.
        let range = if mask == u8::MAX { value..=value } else { 0..=u8::MAX };
        range.filter(move |byte| byte & mask == value)
    }

    /// Whether the first byte of a payload tells all: RTP and QUIC ask for two bits of it alone.
    fn is_of_first(&self) -> bool {
        self.offset == 0 && self.end <= 1 && self.mask << 8 == 0
    }

    #[inline]
    fn fits(&self, payload: &[u8]) -> bool {
        let offset = usize::from(self.offset);
        payload.len() >= usize::from(self.end)
            && payload.get(offset..).is_some_and(|bytes| word(bytes) & self.mask == self.value)
    }
}

/// The first eight bytes as a number, the first byte uppermost; what is missing is zero.
#[inline]
fn word(bytes: &[u8]) -> u64 {
    if let Some(whole) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*whole);
    }
    bytes
        .iter()
        .zip([56, 48, 40, 32, 24, 16, 8])
        .fold(0, |word, (&byte, shift)| word | u64::from(byte) << shift)
}

/// What a first byte of a payload tells.
#[derive(Clone, Copy, Debug, Default)]
struct First {
    /// The readers that ask for no more than this byte.
    readers: Readers,
    /// Where the tests of what else may stand behind it begin in [`Transport::tests`], and where they end.
    tests: (u16, u16),
}

/// Readers by a number, sorted by it.
#[derive(Clone, Debug, Default)]
struct Numbered(Vec<(u16, Readers)>);

impl Numbered {
    fn add(&mut self, number: u16, reader: Readers) {
        match self.0.binary_search_by_key(&number, |&(known, _)| known) {
            Ok(place) => {
                if let Some((_, readers)) = self.0.get_mut(place) {
                    *readers = readers.and(reader);
                }
            }
            Err(place) => self.0.insert(place, (number, reader)),
        }
    }

    fn of(&self, number: u16) -> Readers {
        let found = self.0.binary_search_by_key(&number, |&(known, _)| known).ok();
        found.and_then(|place| self.0.get(place)).map_or(Readers::NONE, |&(_, readers)| readers)
    }
}

/// The readers of one transport, by port and by first bytes.
#[derive(Clone, Debug)]
struct Transport {
    /// By 64 ports, those that have readers: few packets have one of them, and all others look no further.
    known: Box<[u64; 1 << 10]>,
    ports: Numbered,
    /// Those that have readers for payloads with some first bytes only.
    opened: Vec<(u16, &'static [u8], Readers)>,
    /// By first byte.
    first: Box<[First; 256]>,
    tests: Vec<Test>,
}

impl Transport {
    fn new() -> Self {
        Self {
            known: Box::new([0; 1 << 10]),
            ports: Numbered::default(),
            opened: vec![],
            first: Box::new([First::default(); 256]),
            tests: vec![],
        }
    }

    fn add_port(&mut self, port: u16, reader: Readers) {
        self.ports.add(port, reader);
        self.note_port(port);
    }

    fn note_port(&mut self, port: u16) {
        if let Some(known) = self.known.get_mut(usize::from(port) / 64) {
            *known |= 1 << (port % 64);
        }
    }

    fn add_start(&mut self, start: &'static [u8], reader: Readers) {
        const ALL_BITS: [u8; 8] = [0xff; 8];
        let mask = ALL_BITS.get(..start.len()).unwrap_or(&ALL_BITS);
        self.tests.push(Test::new(&Pattern { offset: 0, mask, bytes: start }, reader));
    }

    /// Sorts the tests by the first bytes behind which they may stand. One that may stand behind several is there for each.
    fn index(&mut self) {
        let tests = std::mem::take(&mut self.tests);
        let mut more: Vec<(u8, u16)> = Vec::new();
        for (test, number) in tests.iter().zip(0..) {
            if !test.is_of_first() {
                more.extend(test.first_bytes().map(|byte| (byte, number)));
                continue;
            }
            for byte in test.first_bytes() {
                if let Some(first) = self.first.get_mut(usize::from(byte)) {
                    first.readers = first.readers.and(test.readers);
                }
            }
        }
        more.sort_unstable();
        self.tests = more.iter().filter_map(|&(_, number)| tests.get(usize::from(number)).copied()).collect();
        let mut begin = 0;
        for of_byte in more.chunk_by(|(one, _), (other, _)| one == other) {
            let end = begin + of_byte.len() as u16;
            let first = of_byte.first().and_then(|(byte, _)| self.first.get_mut(usize::from(*byte)));
            if let Some(first) = first {
                first.tests = (begin, end);
            }
            begin = end;
        }
    }

    #[inline]
    fn is_known(&self, port: u16) -> bool {
        self.known.get(usize::from(port) / 64).is_some_and(|known| known >> (port % 64) & 1 != 0)
    }

    /// The readers of either port. Few packets come here: it stays out of the loop that all go through.
    #[inline(never)]
    fn by_port(&self, (source, destination): (u16, u16), byte: u8) -> Readers {
        let readers = self.ports.of(source).and(self.ports.of(destination));
        let is_of = |port| port == source || port == destination;
        let more = self.opened.iter().filter(|(port, first, _)| is_of(*port) && first.contains(&byte));
        more.fold(readers, |readers, (_, _, more)| readers.and(*more))
    }

    #[inline]
    fn of(&self, (source, destination): (u16, u16), payload: &[u8]) -> Readers {
        let Some(&byte) = payload.first() else { return Readers::NONE };
        let First { mut readers, tests: (begin, end) } =
            self.first.get(usize::from(byte)).copied().unwrap_or_default();
        if self.is_known(source) || self.is_known(destination) {
            readers = readers.and(self.by_port((source, destination), byte));
        }
        if begin != end {
            let tests = self.tests.get(begin.into()..end.into()).unwrap_or(&[]);
            for test in tests.iter().filter(|test| test.fits(payload)) {
                readers = readers.and(test.readers);
            }
        }
        readers
    }
}

/// The routes of all readers as look-up tables (about 32 KiB); build once and share.
#[derive(Clone, Debug)]
pub struct Routes {
    udp: Transport,
    tcp: Transport,
    icmp6: Readers,
    ether_types: Numbered,
}

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}

impl Routes {
    /// The tables of the registry.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// The tables of the registry and more routes, all to the first reader: for measuring what routes cost.
    pub fn with(more: &[Route]) -> Self {
        let mut routes = Self {
            udp: Transport::new(),
            tcp: Transport::new(),
            icmp6: Readers::NONE,
            ether_types: Numbered::default(),
        };
        for (place, reader) in ALL.iter().enumerate() {
            let ways = match reader.read {
                Read::Message(ways, _) => ways,
                Read::Datagrams(how) => how.routes,
                Read::Stream(..) | Read::Behind(_) => &[],
            };
            for &way in ways {
                routes.add(way, Readers::only(place));
            }
        }
        for &way in more {
            routes.add(way, Readers::only(0));
        }
        routes.udp.index();
        routes.tcp.index();
        routes
    }

    fn add(&mut self, way: Route, reader: Readers) {
        match way {
            Route::Udp(port) => self.udp.add_port(port, reader),
            Route::UdpFirst(port, first) => {
                self.udp.opened.push((port, first, reader));
                self.udp.note_port(port);
            }
            Route::Tcp(port) => self.tcp.add_port(port, reader),
            Route::UdpStart(start) => self.udp.add_start(start, reader),
            Route::TcpStart(start) => self.tcp.add_start(start, reader),
            Route::UdpAt(pattern) => self.udp.tests.push(Test::new(&pattern, reader)),
            Route::Icmp6 => self.icmp6 = self.icmp6.and(reader),
            Route::EtherType(kind) => self.ether_types.add(kind, reader),
        }
    }

    /// The readers that may know this message. Most packets have none.
    #[inline]
    pub fn readers(&self, message: &Message<'_, '_>) -> Readers {
        let packet = message.packet;
        match (packet.protocol, packet.version) {
            (_, 0) => self.ether_types.of(packet.ether_type),
            (6, _) => self.tcp.of(packet.ports, message.payload),
            (17, _) => self.udp.of(packet.ports, message.payload),
            (58, 6) => self.icmp6,
            _ => Readers::NONE,
        }
    }
}

#[cfg(test)]
mod tests;
