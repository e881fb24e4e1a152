//! QUIC (RFC 9000, RFC 9001; version 2, RFC 9369; drafts 21 to 34; Google's and mvfst's kinds of it): the client's
//! hello, which anybody on the way can open.
//!
//! A datagram is one of QUIC when it begins with a long header of a known version, or of one that is reserved
//! (RFC 9000, 15) where it is as large as a client's first; when it is a list of versions with a known one; or when
//! it begins with the public header of Google's versions up to Q043, or answers such with a refusal. Neither ports nor
//! short headers are looked at.
//!
//! The client's half is the one whose Initial packet opens with keys of its own destination connection id; those
//! keys stay when later packets bear an id of the server's choice. After a Retry, and in another version, the client
//! begins anew with another id: so up to three connections are tried. CRYPTO frames may come in any order, twice,
//! and over several packets and datagrams. The half is decided by the datagram that completes the hello; before any
//! packet has opened, by one that only a server sends, or that shows the handshake gone on; else by the eighth, which
//! says what is there of the hello. A server's half yields nothing, for its keys come from what the client sent.
//!
//! Facts: those of a ClientHello in [`super::tls`], the fingerprint with `q`; of Google's CHLO the `tls.sni` alone;
//! and with either `quic.version`, eight hex digits, or four letters where the version is made of such (`Q046`).
//! `quic.unopened` where packets were left unopened that might have held the hello.
//!
//! Bounds: eight datagrams of 1,500 bytes, a packet that is cut is not opened; at most 16 packets are opened, or
//! tried, each time the reader is asked, and at most three times are keys derived; 12 KiB of handshake for each.

mod crypto;
mod hello;
mod keys;
mod packet;
#[cfg(test)]
mod vectors;
mod version;

use arrayvec::ArrayVec;

use self::{
    crypto::Crypto,
    keys::Keys,
    packet::{Kind, Packet},
};
use crate::{
    DatagramRead, Datagrams, Fact, Field, Pattern, Probe, Read, Reader, ReaderId, Route, cursor::Cursor,
    reader::Facts, text::hex_digit,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(14),
    app: "quic",
    activity: None,
    hides: true,
    fields: &[
        Field::QuicUnopened,
        Field::QuicVersion,
        Field::TlsAlpn,
        Field::TlsEch,
        Field::TlsJa4,
        Field::TlsSni,
        Field::TlsVersion,
    ],
    read: Read::Datagrams(DatagramRead {
        routes: &[
            // A long header; the public header of Google's versions with a version in it, and its refusals.
            Route::UdpTwo { mask: 0x80, first: 0x80, second: &version::FIRST_BYTES },
            Route::UdpAt(Pattern { offset: 0, mask: &[0xc9], bytes: &[0x09] }),
            Route::UdpAt(Pattern { offset: 0, mask: &[0xcb], bytes: &[0x08] }),
        ],
        passes: packet::begins,
        most: MOST,
        keeps: 1500,
        read,
    }),
};

/// Datagrams that are looked at.
const MOST: u8 = 8;

/// Connections of one half that are tried.
const MAX_CONNECTIONS: usize = 3;
/// Packets that are opened, or tried, each time the reader is asked.
const MAX_OPENED: usize = 16;
/// Least length of the connection id that a client's keys are derived from (RFC 9000, 7.2).
const LEAST_ID: usize = 8;

fn read(datagrams: &Datagrams<'_>, facts: Facts<'_>) -> Probe {
    let mut half = Half::default();
    let decided = datagrams.all.iter().any(|datagram| half.take(datagram));
    if !decided && !datagrams.ended {
        return datagrams.more();
    }
    half.say(facts);
    Probe::Match
}

/// What is known of a half after some of its datagrams.
#[derive(Default)]
struct Half<'a> {
    connections: ArrayVec<Connection<'a>, MAX_CONNECTIONS>,
    /// The first message that was not encrypted, and its version.
    clear: Option<(u32, &'a [u8])>,
    /// Packets opened or tried, and whether one was left that would have been tried, too.
    tried: usize,
    left: bool,
    /// What a packet is opened in.
    buffer: Vec<u8>,
}

impl<'a> Half<'a> {
    /// Takes a datagram; says whether it decides the half.
    fn take(&mut self, datagram: &'a [u8]) -> bool {
        if let Some(number) = packet::public_version(datagram) {
            return self.clear(number, datagram);
        }
        if datagram.first().is_some_and(|flags| flags & 0x80 == 0) {
            return hello::is_answer(datagram);
        }
        let mut rest = Cursor(datagram);
        while let Some(packet) = Packet::take(&mut rest) {
            let decided = match packet.kind {
                Kind::Initial { number_at } => self.initial(&packet, number_at),
                Kind::Clear => self.clear(packet.number, datagram),
                // A client whose version is refused tries another one.
                Kind::ZeroRtt | Kind::Opaque => false,
                // Of a server, or of a client whose beginning was not captured. Behind packets that open they are
                // the same client's, or forged, and the rest of its hello may still come.
                Kind::Handshake | Kind::Retry | Kind::Negotiation => {
                    !self.connections.iter().any(|connection| connection.opened)
                }
            };
            if decided {
                return true;
            }
        }
        false
    }

    fn clear(&mut self, number: u32, datagram: &'a [u8]) -> bool {
        let Some(message) = hello::in_the_clear(datagram) else { return hello::is_answer(datagram) };
        self.clear.get_or_insert((number, message));
        hello::is_whole(message)
    }

    fn initial(&mut self, packet: &Packet<'a>, number_at: usize) -> bool {
        if !packet.whole {
            return false;
        }
        let mut known = false;
        for connection in self.connections.iter_mut().filter(|connection| connection.number == packet.number)
        {
            if self.tried == MAX_OPENED {
                self.left = true;
                return false;
            }
            self.tried += 1;
            if connection.open(packet, number_at, &mut self.buffer) {
                return hello::is_whole(connection.crypto.bytes());
            }
            known |= connection.destination == packet.destination;
        }
        self.left |= !known && self.tried == MAX_OPENED && !self.connections.is_full();
        if known || self.tried == MAX_OPENED || self.connections.is_full() {
            return false;
        }
        if packet.destination.len() < LEAST_ID {
            // No client begins so: a server's half, or one whose beginning was not captured.
            return self.connections.is_empty();
        }
        let Some(mut connection) = Connection::of(packet) else { return false };
        self.tried += 1;
        connection.open(packet, number_at, &mut self.buffer);
        let whole = hello::is_whole(connection.crypto.bytes());
        self.connections.push(connection);
        whole
    }

    /// Yields what there is of a hello: a whole one, else the longest.
    fn say(&self, facts: Facts<'_>) {
        let opened = self.connections.iter().map(|connection| (connection.number, connection.crypto.bytes()));
        let hellos = opened.chain(self.clear).filter(|(_, message)| !message.is_empty());
        let best = hellos.max_by_key(|(_, message)| (hello::is_whole(message), message.len()));
        if self.left && !best.is_some_and(|(_, message)| hello::is_whole(message)) {
            facts(Fact::of_sender(Field::QuicUnopened, b""));
        }
        let Some((number, message)) = best else { return };
        hello::say(message, facts);
        let letters = number.to_be_bytes();
        let digits = [28, 24, 20, 16, 12, 8, 4, 0].map(|shift| hex_digit((number >> shift) as u8));
        let is_text = letters.iter().all(u8::is_ascii_alphanumeric);
        let value: &[u8] = if is_text { &letters } else { &digits };
        facts(Fact::of_sender(Field::QuicVersion, value));
    }
}

/// A connection that a client begins.
struct Connection<'a> {
    number: u32,
    destination: &'a [u8],
    keys: Keys,
    /// Whether any packet has opened.
    opened: bool,
    crypto: Crypto,
}

impl<'a> Connection<'a> {
    /// The connection that a packet begins, if it begins one.
    fn of(packet: &Packet<'a>) -> Option<Self> {
        let keys = Keys::client(packet.version, packet.destination)?;
        let &Packet { number, destination, .. } = packet;
        Some(Self { number, destination, keys, opened: false, crypto: Crypto::default() })
    }

    /// Takes the frames of a packet, if it is one of this connection's client.
    fn open(&mut self, packet: &Packet<'_>, number_at: usize, buffer: &mut Vec<u8>) -> bool {
        let Some(frames) = self.keys.open(packet.bytes, number_at, buffer) else { return false };
        self.opened = true;
        self.crypto.take(frames);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::every_beginning;
    use lenscap_testkit::message::{Initial, QUIC_2, crypto, quic_hello};
    use vectors::{HELLO, VERSION_1, VERSION_2, hex};

    const ID: [u8; 8] = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
    const SAID: [&str; 4] = [
        "receiver tls.sni example.com",
        "sender tls.alpn alpn",
        "sender tls.version 0304",
        "sender tls.ja4 q13d0211an_62ed6f6ca7ad_4d634acda6c0",
    ];

    fn said(version: &str) -> Vec<String> {
        SAID.iter().map(|&line| line.to_owned()).chain([format!("sender quic.version {version}")]).collect()
    }

    fn read(datagrams: &[&[u8]]) -> Option<(usize, Vec<String>)> {
        every_beginning(&READER, datagrams)
    }

    /// The hello in CRYPTO frames of these ranges.
    fn frames(ranges: &[(usize, usize)]) -> Vec<u8> {
        let hello = hex(HELLO);
        ranges.iter().flat_map(|&(start, end)| crypto(start, &hello[start..end])).collect()
    }

    #[test]
    fn the_standards_packets() {
        assert_eq!(read(&[&hex(VERSION_1)]), Some((1, said("00000001"))));
        assert_eq!(read(&[&hex(VERSION_2)]), Some((1, said("6b3343cf"))));
        assert_eq!(read(&[&quic_hello(&ID, &hex(HELLO))]), Some((1, said("00000001"))));
    }

    #[test]
    fn a_hello_in_pieces_in_any_order() {
        let first = Initial::first(&ID);
        let pings = [&frames(&[(100, 180)])[..], &[0, 1, 0, 1], &frames(&[(30, 110), (0, 30)])].concat();
        let one = first.padded(&pings, 1200);
        let acknowledged = [&[2, 0, 0, 1, 0, 3, 1][..], &frames(&[(170, 241)])].concat();
        let two = Initial { number: 1, ..first }.padded(&acknowledged, 1200);
        assert_eq!(read(&[&one, &two]), Some((2, said("00000001"))));
        assert_eq!(read(&[&two, &one]), Some((2, said("00000001"))));
        assert_eq!(read(&[&one, &one, &two]), Some((3, said("00000001"))));
        // Both in one datagram, and the second under an id of the server's choice.
        let later = Initial { number: 1, destination: &[5; 20], ..first }.padded(&acknowledged, 700);
        let short = first.padded(&pings, 500);
        let small = Initial { number: 1, ..first }.padded(&acknowledged, 700);
        assert_eq!(read(&[&[short, small].concat()]), Some((1, said("00000001"))));
        assert_eq!(read(&[&one, &later]), Some((2, said("00000001"))));
    }

    #[test]
    fn after_a_retry_the_client_begins_anew() {
        let first = Initial::first(&ID).padded(&frames(&[(0, 120)]), 1200);
        let id = [9; 12];
        let anew = Initial { token: &[1; 40], number: 1, ..Initial::first(&id) };
        let second = anew.padded(&frames(&[(0, 120)]), 1200);
        let third = Initial { number: 2, ..anew }.padded(&frames(&[(120, 241)]), 1200);
        assert_eq!(read(&[&first, &second, &third]), Some((3, said("00000001"))));
    }

    #[test]
    fn a_hello_that_stays_without_its_end_says_what_is_there() {
        let begun = Initial::first(&ID).padded(&frames(&[(0, 130)]), 1200);
        let some: Vec<String> =
            [SAID[0], SAID[1], "sender quic.version 00000001"].iter().map(|&line| line.to_owned()).collect();
        assert_eq!(read(&[&begun]), Some((1, some.clone())));
        assert_eq!(read(&[begun.as_slice(); 10]), Some((8, some.clone())));
        let handshake = [&[0xe1, 0, 0, 0, 1, 8][..], &[5; 8], &[0, 40], &[7; 40]].concat();
        assert_eq!(read(&[&begun, &handshake]), Some((2, some)));
        // A packet that nobody needs to be able to open does not cut the hello short.
        assert_eq!(
            read(&[&[begun, handshake.clone()].concat(), &hex(VERSION_1)]),
            Some((2, said("00000001")))
        );
        assert_eq!(read(&[&handshake, &hex(VERSION_1)]), Some((1, vec![])));
    }

    #[test]
    fn a_servers_half_says_nothing() {
        let server = Initial { server: true, source: &[3; 8], destination: &[], ..Initial::first(&ID) };
        let reply = server.padded(&crypto(0, &[2; 90]), 1200);
        assert_eq!(read(&[&reply]), Some((1, vec![])));
        let to_id = Initial { destination: &[6; 10], ..server }.padded(&crypto(0, &[2; 90]), 1200);
        assert_eq!(read(&[to_id.as_slice(); 9]), Some((8, vec![])));
        let list = [&[0x80, 0, 0, 0, 0, 8][..], &ID, &[0, 0x1a, 0x2a, 0x3a, 0x4a, 0, 0, 0, 1]].concat();
        assert_eq!(read(&[&list]), Some((1, vec![])));
    }

    #[test]
    fn a_client_whose_version_is_refused_tries_another() {
        let mut reserved = hex(VERSION_1);
        reserved[1..5].copy_from_slice(&[0x1a, 0x2a, 0x3a, 0x4a]);
        assert_eq!(read(&[&reserved]), Some((1, vec![])));
        assert_eq!(read(&[&reserved, &hex(VERSION_2)]), Some((2, said("6b3343cf"))));
        reserved.truncate(1199);
        assert_eq!(read(&[&reserved]), None);
    }

    #[test]
    fn packets_of_other_keys_do_not_hide_the_hello() {
        let mut wrong = hex(VERSION_1);
        wrong[1199] ^= 1;
        assert_eq!(read(&[&wrong, &hex(VERSION_1)]), Some((2, said("00000001"))));
        let other = Initial::first(&[4; 9]).padded(&[1; 3], 1200);
        assert_eq!(read(&[&other, &wrong, &hex(VERSION_1)]), Some((3, said("00000001"))));
    }

    /// A CHLO with a pad before the name.
    fn chlo() -> Vec<u8> {
        let index = [b"PAD\0".as_slice(), &[9, 0, 0, 0], b"SNI\0", &[20, 0, 0, 0]].concat();
        [b"CHLO\x02\0\0\0".as_slice(), &index, b"---------cam.example"].concat()
    }

    #[test]
    fn googles_hellos_in_the_clear() {
        let old = [&[0x0d][..], &ID, b"Q043", &[1], &[0; 12], &[0xa0, 1, 0, 40], &chlo()].concat();
        let said = |version| {
            vec!["receiver tls.sni cam.example".to_owned(), format!("sender quic.version {version}")]
        };
        assert_eq!(read(&[&old]), Some((1, said("Q043"))));
        let long = [&[0xc3][..], b"Q046", &[0x50], &ID, &[0, 0, 0, 1], &[0; 12], &[0xa0, 1, 0, 40], &chlo()]
            .concat();
        assert_eq!(read(&[&long]), Some((1, said("Q046"))));
        assert_eq!(read(&[&long[..long.len() - 12]]), Some((1, vec!["sender quic.version Q046".to_owned()])));
        let answer = [&[0xc3][..], b"Q046", &[0x05], &ID, &[0; 16], &[0xa0, 1, 0, 4], b"REJ\0"].concat();
        assert_eq!(read(&[&answer]), Some((1, vec![])));
        let old = [&[0x08][..], &ID, &[1], &[0; 12], &[0xa0, 1, 0, 40], b"REJ\0\x07\0\0\0"].concat();
        assert_eq!(read(&[&old]), Some((1, vec![])));
        assert_eq!(read(&[&old[..old.len() - 1]]), None);
    }

    #[test]
    fn nearly_quic_is_not_read() {
        let whole = hex(VERSION_1);
        // A short header, no fixed bit, another version, ids that are too long, a length that is too small.
        for (at, byte) in [(0, 0x40), (0, 0x80), (1, 1), (5, 21), (14, 21), (16, 0x13)] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            assert!(!packet::begins(&bytes), "byte {at} is {byte}");
        }
        let list = [&[0x80, 0, 0, 0, 0, 8][..], &ID, &[0, 0, 0, 0, 9]].concat();
        assert!(!packet::begins(&list) && !packet::begins(b""));
    }

    #[test]
    fn cut_at_every_byte() {
        let two =
            Initial { version: QUIC_2, ..Initial::first(&ID) }.padded(&frames(&[(120, 241), (0, 120)]), 1200);
        for whole in [hex(VERSION_1), two, chlo()] {
            for length in 0..whole.len() {
                let all = read(&[&whole[..length]]);
                assert!(all.is_none_or(|(_, said)| said.is_empty()), "cut to {length} bytes");
            }
        }
    }

    #[test]
    fn work_is_bounded() {
        // Each packet fills its datagram and has an id of its own, so that all keys are tried on each.
        let packet =
            |id: u8| [&[0xc1, 0, 0, 0, 1, 8][..], &[id; 8], &[0, 0, 0x45, 0xb8], &[id; 1464]].concat();
        let large: Vec<Vec<u8>> = (0..8).map(packet).collect();
        // Datagrams full of small packets.
        let small = |id: u8| [&[0xc1, 0, 0, 0, 1, 8][..], &[id; 8], &[0, 0, 20], &[id; 20]].concat();
        let many: Vec<Vec<u8>> =
            (0..8).map(|id| (0..30).flat_map(|n| small(id * 30 + n)).collect()).collect();
        for datagrams in [large, many] {
            let mut half = Half::default();
            assert!(!datagrams.iter().any(|datagram| half.take(datagram)));
            assert_eq!((half.tried, half.connections.len()), (MAX_OPENED, MAX_CONNECTIONS));
            assert!(half.left);
            let mut says = false;
            half.say(&mut |fact| says |= matches!(fact, Fact::Says { field: Field::QuicUnopened, .. }));
            assert!(says);
        }
        // So of the most that is kept each byte is tried twice, on the whole.
        assert_eq!(MAX_OPENED, 2 * usize::from(MOST));
    }
}
