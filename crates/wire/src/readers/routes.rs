//! Which message and datagram readers a packet goes to: tables built once from the registry.
//!
//! A packet costs one bit for each of its ports, one look-up by its first byte and one bit for its second. Where a beginning
//! may stand behind these two and asks for more, which few packets have, each that may stand behind the first costs a
//! comparison of eight bytes. It costs the same with eighty beginnings as with eight, as long as their first bytes differ.
//! Readers come out in the order of the registry, each at most once.

mod beginning;

use super::ALL;
use crate::{Message, Pattern, Read, Reader, Route};
use beginning::{Bytes, Test, word};
use std::sync::OnceLock;

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

    /// The message readers among them.
    #[inline]
    const fn of_messages(self) -> Self {
        Self(self.0 & !DATAGRAM_READERS)
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

/// What a first byte of a payload tells.
#[derive(Clone, Copy, Debug, Default)]
struct First {
    /// The readers that ask for no more than this byte.
    readers: Readers,
    /// Where the tests of what else may stand behind it begin in [`Transport::tests`], those of message readers first; where
    /// these end, and where all do.
    tests: (u16, u16, u16),
    /// The second bytes that any of them lets through.
    second: Bytes,
}

/// The readers of a port, for payloads with some first bytes.
#[derive(Clone, Copy, Debug)]
struct OfPort {
    port: u16,
    first: Bytes,
    readers: Readers,
}

/// The readers of one transport, by port and by first bytes.
#[derive(Clone, Debug)]
struct Transport {
    /// By 64 ports, those that have readers: few packets have one of them, and all others look no further.
    known: Box<[u64; 1 << 10]>,
    /// By 64 ports, the first of theirs in [`Transport::ports`].
    starts: Box<[u16; 1 << 10]>,
    /// By port, once indexed.
    ports: Vec<OfPort>,
    /// By first byte.
    first: Box<[First; 256]>,
    tests: Vec<Test>,
    /// Until it is indexed, the tests with the second bytes of the payloads that may fit.
    added: Vec<(Test, Bytes)>,
}

impl Transport {
    fn new() -> Self {
        Self {
            known: Box::new([0; 1 << 10]),
            starts: Box::new([0; 1 << 10]),
            ports: vec![],
            first: Box::new([First::default(); 256]),
            tests: vec![],
            added: vec![],
        }
    }

    fn add_port(&mut self, port: u16, first: Bytes, readers: Readers) {
        self.ports.push(OfPort { port, first, readers });
        if let Some(known) = self.known.get_mut(usize::from(port) / 64) {
            *known |= 1 << (port % 64);
        }
    }

    fn add_start(&mut self, start: &'static [u8], reader: Readers) {
        const ALL_BITS: [u8; 8] = [0xff; 8];
        let mask = ALL_BITS.get(..start.len()).unwrap_or(&ALL_BITS);
        self.add_pattern(&Pattern { offset: 0, mask, bytes: start }, reader);
    }

    fn add_pattern(&mut self, pattern: &Pattern, reader: Readers) {
        let test = Test::new(pattern, reader);
        self.added.push((test, test.seconds()));
    }

    /// A test of the first byte, for payloads with these second ones. With others it is made where another test asks for more.
    fn add_two(&mut self, first: (u8, u8), second: &[u8], readers: Readers) {
        self.added.push((Test::of_two(first, readers), Bytes::of(second.iter().copied())));
    }

    /// Sorts the ports, and the tests by the first bytes behind which they may stand. One that may stand behind several is
    /// there for each.
    fn index(&mut self) {
        self.ports.sort_by_key(|of| of.port);
        for (place, of) in self.ports.iter().enumerate().rev() {
            if let Some(start) = self.starts.get_mut(usize::from(of.port) / 64) {
                *start = place as u16;
            }
        }
        let added = std::mem::take(&mut self.added);
        // How many tests stand behind each first byte, those of message readers and all.
        let mut counts = [(0u16, 0u16); 256];
        for (test, second) in &added {
            let of_messages = u16::from(test.readers.has_message());
            for byte in test.firsts() {
                let Some(first) = self.first.get_mut(usize::from(byte)) else { continue };
                if test.is_of_first() {
                    first.readers = first.readers.and(test.readers);
                } else if let Some((messages, all)) = counts.get_mut(usize::from(byte)) {
                    first.second = first.second.and(*second);
                    (*messages, *all) = (*messages + of_messages, *all + 1);
                }
            }
        }
        let mut end = 0;
        for (first, (messages, all)) in self.first.iter_mut().zip(counts) {
            // Where the next test of each kind goes; in the end these are where they end.
            first.tests = (end, end, end + messages);
            end += all;
        }
        if let Some((test, _)) = added.first() {
            self.tests = vec![*test; end.into()];
        }
        for (test, _) in added.iter().filter(|(test, _)| !test.is_of_first()) {
            for byte in test.firsts() {
                let Some(First { tests: (_, messages, all), .. }) = self.first.get_mut(usize::from(byte))
                else {
                    continue;
                };
                let next = if test.readers.has_message() { messages } else { all };
                if let Some(place) = self.tests.get_mut(usize::from(*next)) {
                    *place = *test;
                }
                *next += 1;
            }
        }
    }

    #[inline]
    fn is_known(&self, port: u16) -> bool {
        self.known.get(usize::from(port) / 64).is_some_and(|known| known >> (port % 64) & 1 != 0)
    }

    /// The readers of a port. Few packets come here: it stays out of the loop that all go through.
    #[inline(never)]
    fn by_port(&self, port: u16, byte: u8) -> Readers {
        let start = self.starts.get(usize::from(port) / 64).copied().unwrap_or(0);
        let from = self.ports.get(start.into()..).unwrap_or(&[]);
        let own = from.iter().take_while(|of| of.port <= port);
        let own = own.filter(|of| of.port == port && of.first.has(byte));
        own.fold(Readers::NONE, |readers, of| readers.and(of.readers))
    }

    #[inline]
    fn of(&self, (source, destination): (u16, u16), payload: &[u8], datagrams: bool) -> Readers {
        let Some(&byte) = payload.first() else { return Readers::NONE };
        let Some(first) = self.first.get(usize::from(byte)) else { return Readers::NONE };
        let mut readers = first.readers;
        // Of TCP none goes by port.
        if !self.ports.is_empty() {
            if self.is_known(source) {
                readers = readers.and(self.by_port(source, byte));
            }
            if self.is_known(destination) {
                readers = readers.and(self.by_port(destination, byte));
            }
        }
        // A payload of one byte fits no test that asks for more than the first.
        if payload.get(1).is_some_and(|&byte| first.second.has(byte)) {
            let (begin, of_messages, all) = first.tests;
            let end = if datagrams { all } else { of_messages };
            readers = readers.and(self.fitting((begin, end), payload));
        }
        if datagrams { readers } else { readers.of_messages() }
    }

    /// The readers of those tests that a payload fits. Few packets come here, as to [`Transport::by_port`].
    #[inline(never)]
    fn fitting(&self, (begin, end): (u16, u16), payload: &[u8]) -> Readers {
        let tests = self.tests.get(begin.into()..end.into()).unwrap_or(&[]);
        let first = word(payload);
        let fitting = tests.iter().filter(|test| test.fits(first, payload));
        fitting.fold(Readers::NONE, |readers, test| readers.and(test.readers))
    }
}

/// The routes of all readers as look-up tables (about 32 KiB).
#[derive(Clone, Debug)]
pub struct Routes {
    udp: Transport,
    tcp: Transport,
    icmp6: Readers,
    ether_types: Vec<(u16, Readers)>,
}

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}

impl Routes {
    /// The tables of the registry, made once for the whole process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Routes> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    /// The tables of the registry.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// The tables of the registry and more routes, all to the first reader: for measuring what routes cost.
    pub fn with(more: &[Route]) -> Self {
        let mut routes =
            Self { udp: Transport::new(), tcp: Transport::new(), icmp6: Readers::NONE, ether_types: vec![] };
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
            Route::Udp(port) => self.udp.add_port(port, Bytes::ALL, reader),
            Route::UdpFirst(port, first) => self.udp.add_port(port, Bytes::of(first.iter().copied()), reader),
            Route::Tcp(port) => self.tcp.add_port(port, Bytes::ALL, reader),
            Route::UdpStart(start) => self.udp.add_start(start, reader),
            Route::TcpStart(start) => self.tcp.add_start(start, reader),
            Route::UdpAt(pattern) => self.udp.add_pattern(&pattern, reader),
            Route::UdpTwo { mask, first, second } => self.udp.add_two((mask, first), second, reader),
            Route::Icmp6 => self.icmp6 = self.icmp6.and(reader),
            Route::EtherType(kind) => self.ether_types.push((kind, reader)),
        }
    }

    /// The readers that may know this message. Most packets have none.
    #[inline]
    pub fn readers(&self, message: &Message<'_, '_>) -> Readers {
        let packet = message.packet;
        match packet.version {
            0 => {
                let own = self.ether_types.iter().filter(|(kind, _)| *kind == packet.ether_type);
                own.fold(Readers::NONE, |readers, (_, more)| readers.and(*more))
            }
            version => self.of_flow((packet.protocol, version), packet.ports, message.payload, true),
        }
    }

    /// The readers that may know a payload of a flow: its IP protocol, its version of IP, and its ports in any order. Those
    /// of datagrams are left out where nobody wants them, which costs less: of a half that is read, nobody does.
    #[inline]
    pub fn of_flow(
        &self,
        (protocol, version): (u8, u8),
        ports: (u16, u16),
        payload: &[u8],
        datagrams: bool,
    ) -> Readers {
        match protocol {
            6 => self.tcp.of(ports, payload, true),
            17 => self.udp.of(ports, payload, datagrams),
            58 if version == 6 => self.icmp6,
            _ => Readers::NONE,
        }
    }
}

#[cfg(test)]
mod tests;
