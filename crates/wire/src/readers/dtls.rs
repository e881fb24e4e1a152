//! DTLS 1.0, 1.2 and 1.3 (RFC 4347, RFC 6347, RFC 9147): names, versions and fingerprints from the part of a
//! handshake that is in the clear.
//!
//! A datagram is one of DTLS when it begins with a record of a known type and version whose length fits; a record
//! that begins a handshake may be cut, for what stands in it tells enough. What is encrypted in the manner of 1.3 has
//! no such record and is passed over. A client's hello of the version
//! before the standard (0x0100) says nothing.
//!
//! Handshake messages are put together from fragments, over records and datagrams, by their own sequence number. A
//! client's half is decided by its first whole ClientHello, be it the one that a `HelloVerifyRequest` refuses: the
//! second says the same. A server's half is decided by a ServerHello of 1.3; up to 1.2 by the certificate behind the
//! ServerHello, or another message in its place. Either is decided by a record that is encrypted or announces
//! encryption, and by the eighth datagram: then what is there is said.
//!
//! Facts: those of [`super::tls`], the fingerprint with `d`, versions as on the wire (`fefd` is 1.2).
//!
//! Bounds: eight datagrams of 1,500 bytes, eight messages, 12 KiB of each.

mod record;

use arrayvec::ArrayVec;
use std::borrow::Cow;

use self::record::{Fragment, Record};
use super::{
    pieces::Pieces,
    tls::{
        self, client,
        handshake::{CERTIFICATE, CLIENT_HELLO, HandshakeMessage, RECORD_HANDSHAKE, SERVER_HELLO},
        hello::ClientHello,
        server,
    },
};
use crate::{
    DatagramRead, Datagrams, Pattern, Probe, Read, Reader, ReaderId, Route, cursor::Cursor, ja4::Transport,
    reader::Facts,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(15),
    app: "dtls",
    activity: None,
    hides: true,
    fields: tls::FIELDS,
    read: Read::Datagrams(DatagramRead {
        routes: &[
            // Types of records from 16 to 31, and the upper byte of the versions.
            Route::UdpAt(Pattern { offset: 0, mask: &[0xf0, 0xff], bytes: &[0x10, 0xfe] }),
            Route::UdpAt(Pattern { offset: 0, mask: &[0xf0, 0xff, 0xff], bytes: &[0x10, 0x01, 0x00] }),
        ],
        passes,
        most: MOST,
        keeps: 1500,
        read,
    }),
};

/// Datagrams that are looked at.
const MOST: u8 = 8;

const MAX_MESSAGES: usize = 8;
const LONGEST: usize = 12_288;
const RECORD_HEADER: usize = 13;

fn passes(datagram: &[u8]) -> bool {
    // What begins every record; of most other datagrams no more is looked at.
    matches!(datagram, [20..=26, 0xfe | 0x01, ..])
        && datagram.len() > RECORD_HEADER
        && Record::take(&mut Cursor(datagram)).is_some_and(|record| record.fits())
}

fn read(datagrams: &Datagrams<'_>, facts: Facts<'_>) -> Probe {
    let mut half = Half::default();
    let decided = datagrams.all.iter().any(|datagram| half.take(datagram));
    if !decided && !datagrams.ended {
        return datagrams.more();
    }
    half.say(facts);
    Probe::Match
}

/// A handshake message in pieces.
#[derive(Debug)]
struct Message {
    kind: u8,
    sequence: u16,
    length: usize,
    pieces: Pieces<LONGEST>,
}

impl Message {
    /// What there is of it.
    fn view(&self) -> HandshakeMessage<'_> {
        let body = self.pieces.bytes();
        let body = body.get(..self.length).unwrap_or(body);
        HandshakeMessage { kind: self.kind, body: Cow::Borrowed(body), whole: body.len() >= self.length }
    }
}

/// What is known of a half after some of its datagrams.
#[derive(Debug, Default)]
struct Half {
    messages: ArrayVec<Message, MAX_MESSAGES>,
}

impl Half {
    /// Takes a datagram; says whether it decides the half.
    fn take(&mut self, datagram: &[u8]) -> bool {
        let (mut rest, mut encrypts) = (Cursor(datagram), false);
        while let Some(record) = Record::take(&mut rest) {
            if record.epoch > 0 || record.kind == 20 {
                encrypts = true;
            } else if record.kind == RECORD_HANDSHAKE {
                let mut fragments = Cursor(record.fragment);
                while let Some(fragment) = Fragment::take(&mut fragments).filter(Fragment::is_known) {
                    self.put(fragment);
                }
            }
        }
        encrypts || self.is_decided()
    }

    fn put(&mut self, fragment: Fragment<'_>) {
        let (kind, sequence) = (fragment.kind, fragment.sequence);
        let length = fragment.length as usize;
        let known = self.messages.iter().position(|message| message.sequence == sequence);
        let message = if let Some(place) = known {
            self.messages.get_mut(place)
        } else {
            let message = Message { kind, sequence, length, pieces: Pieces::default() };
            self.messages.try_push(message).ok().and_then(|()| self.messages.last_mut())
        };
        let wanted = matches!(kind, CLIENT_HELLO | SERVER_HELLO | CERTIFICATE);
        if let Some(message) =
            message.filter(|message| wanted && message.kind == kind && message.length == length)
        {
            message.pieces.put(fragment.offset.into(), fragment.bytes);
        }
    }

    /// The messages of a type, in order of capture.
    fn of(&self, kind: u8) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(move |message| message.kind == kind)
    }

    fn is_decided(&self) -> bool {
        let server = || {
            self.of(SERVER_HELLO).filter(|message| message.view().whole).any(|hello| {
                let behind = self.messages.iter().find(|message| message.sequence == hello.sequence + 1);
                server::hides_the_rest(&hello.view())
                    || behind.is_some_and(|message| {
                        message.kind != CERTIFICATE || server::has_leaf(message.pieces.bytes())
                    })
            })
        };
        self.of(CLIENT_HELLO).any(|message| message.view().whole) || server()
    }

    /// Yields what there is: of the client its first whole hello, else the longest; of the server hello and names.
    fn say(&self, facts: Facts<'_>) {
        let of = |kind| {
            let views = self.of(kind).map(Message::view);
            // Of equals the first: those after it say the same.
            views.reduce(|best, next| {
                let is_better = (next.whole, next.body.len()) > (best.whole, best.body.len()) && !best.whole;
                if is_better { next } else { best }
            })
        };
        if let Some(message) = of(CLIENT_HELLO) {
            if let Some(mut hello) = ClientHello::parse_with_cookie(&message.body) {
                hello.whole &= message.whole;
                client::facts_of(&hello, Transport::Dtls, facts);
            }
            return;
        }
        if let Some(hello) = of(SERVER_HELLO) {
            server::say_hello(&hello, facts);
        }
        if let Some(certificate) = of(CERTIFICATE) {
            server::say_certificate(&certificate.body, facts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::{tests::every_beginning, tls::certificate};
    use lenscap_testkit::{
        SplitMix64,
        message::{ClientHello, dtls_fragment, dtls_message, dtls_record, dtls_verify},
    };

    const CAMERA: ClientHello<'_> = ClientHello {
        name: Some("cam.example"),
        alpn: &["webrtc"],
        versions: &[0xfefc, 0xfefd],
        key_share: 32,
    };
    const SAID: [&str; 4] = [
        "receiver tls.sni cam.example",
        "sender tls.alpn webrtc",
        "sender tls.version fefc",
        "sender tls.ja4 dd3d0306wc_28fa9b2900ea_5d4d534e3685",
    ];

    fn read(datagrams: &[&[u8]]) -> Option<(usize, Vec<String>)> {
        every_beginning(&READER, datagrams)
    }

    fn lines(said: &[&str]) -> Vec<String> {
        said.iter().map(|&line| line.to_owned()).collect()
    }

    fn hello(cookie: &[u8]) -> Vec<u8> {
        CAMERA.dtls_body(&mut SplitMix64::new(1), cookie)
    }

    /// A server's hello of 1.2, or of 1.3 with the extension that says so.
    fn server_hello(extensions: &[u8]) -> Vec<u8> {
        let length = (extensions.len() as u16).to_be_bytes();
        [&[0xfe, 0xfd][..], &[9; 32], &[0, 0xc0, 0x2b, 0], &length, extensions].concat()
    }

    fn certificates() -> Vec<u8> {
        let of_three = |body: &[u8]| [&(body.len() as u32).to_be_bytes()[1..], body].concat();
        of_three(&of_three(&certificate::tests::certificate()))
    }

    #[test]
    fn a_client_says_whom_it_wants_before_and_after_the_cookie() {
        assert_eq!(read(&[&dtls_message(1, 0, &hello(b""))]), Some((1, lines(&SAID))));
        assert_eq!(read(&[&dtls_message(1, 1, &hello(&[7; 20]))]), Some((1, lines(&SAID))));
    }

    #[test]
    fn a_hello_in_fragments_in_any_order() {
        let body = hello(b"");
        let part = |range| dtls_fragment(1, 0, &body, range);
        let one = dtls_record(22, 0, 0, &[part(60..100), part(0..40)].concat());
        let two =
            [dtls_record(22, 0, 1, &part(30..70)), dtls_record(22, 0, 2, &part(100..body.len()))].concat();
        assert_eq!(read(&[&one, &two]), Some((2, lines(&SAID))));
        assert_eq!(read(&[&two, &two, &one]), Some((3, lines(&SAID))));
    }

    #[test]
    fn a_hello_that_stays_without_its_end_says_what_is_there() {
        let body = hello(b"");
        let begun = dtls_record(22, 0, 0, &dtls_fragment(1, 0, &body, 0..80));
        let said = lines(&SAID[..1]);
        assert_eq!(read(&[&begun]), Some((1, said.clone())));
        assert_eq!(read(&[begun.as_slice(); 9]), Some((8, said.clone())));
        assert_eq!(read(&[&begun, &dtls_record(23, 1, 0, &[7; 40])]), Some((2, said)));
    }

    #[test]
    fn a_server_says_what_it_chose_and_its_names() {
        let chosen = ["sender tls.version fefd", "sender tls.cipher c02b"];
        let all = lines(&[&chosen[..], &certificate::tests::SAID].concat());
        let (hello, names) = (server_hello(&[]), certificates());
        let verify = dtls_message(3, 0, &dtls_verify(&[7; 20]));
        let half = names.len() / 2;
        let one = [dtls_message(2, 1, &hello), dtls_record(22, 0, 2, &dtls_fragment(11, 2, &names, 0..half))]
            .concat();
        let two = dtls_record(22, 0, 3, &dtls_fragment(11, 2, &names, half..names.len()));
        assert_eq!(read(&[&verify, &one, &two]), Some((3, all.clone())));
        assert_eq!(read(&[&two, &one]), Some((2, all)));
        // With another message in the certificate's place, with encryption, and with neither.
        let done = dtls_message(14, 2, &[]);
        assert_eq!(read(&[&dtls_message(2, 1, &hello), &done, &two]), Some((2, lines(&chosen))));
        let encrypts = dtls_record(20, 0, 5, &[1]);
        assert_eq!(read(&[&dtls_message(2, 1, &hello), &encrypts, &two]), Some((2, lines(&chosen))));
        assert_eq!(read(&[&dtls_message(2, 1, &hello)]), Some((1, lines(&chosen))));
    }

    #[test]
    fn after_a_hello_of_1_3_all_is_encrypted() {
        let hello = server_hello(&[0, 43, 0, 2, 0xfe, 0xfc]);
        let said = lines(&["sender tls.version fefc", "sender tls.cipher c02b"]);
        assert_eq!(
            read(&[&dtls_message(2, 0, &hello), &dtls_message(11, 1, &certificates())]),
            Some((1, said))
        );
    }

    #[test]
    fn a_half_that_begins_later_is_dtls_without_facts() {
        for later in
            [dtls_record(23, 1, 9, &[7; 40]), dtls_record(22, 1, 0, &[7; 40]), dtls_record(20, 0, 3, &[1])]
        {
            assert_eq!(read(&[&later, &dtls_message(1, 0, &hello(b""))]), Some((1, vec![])));
        }
        assert_eq!(read(&[&dtls_record(21, 0, 3, &[2, 40])]), Some((1, vec![])));
    }

    #[test]
    fn nearly_dtls_is_not_read() {
        let whole = dtls_message(1, 0, &hello(b""));
        // Type, version, length, type of message, its length, its place, its fragment's length.
        for (at, byte) in
            [(0, 19), (0, 27), (1, 3), (2, 0xfe), (11, 0x49), (13, 5), (14, 2), (17, 1), (22, 1)]
        {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            assert!(!passes(&bytes), "byte {at} is {byte}");
        }
        for record in
            [dtls_record(20, 0, 0, &[2]), dtls_record(21, 0, 0, &[3, 0]), dtls_record(23, 0, 0, &[7; 40])]
        {
            assert!(!passes(&record), "{record:?}");
        }
        // Encrypted, but longer than the datagram, too short, or of an age that nobody reaches.
        let encrypted = dtls_record(23, 1, 0, &[7; 40]);
        assert!(passes(&encrypted) && !passes(&encrypted[..52]));
        assert!(!passes(&dtls_record(23, 1, 0, &[7; 15])) && !passes(&dtls_record(23, 256, 0, &[7; 40])));
    }

    #[test]
    fn cut_at_every_byte() {
        let names = certificates();
        let flight = [dtls_message(2, 1, &server_hello(&[])), dtls_message(11, 2, &names)].concat();
        for whole in [dtls_message(1, 0, &hello(b"")), flight] {
            let (_, all) = read(&[&whole]).unwrap();
            for length in 0..whole.len() {
                for said in read(&[&whole[..length]]).map(|(_, said)| said).unwrap_or_default() {
                    assert!(all.contains(&said), "cut to {length} bytes: {said}");
                }
            }
        }
    }

    #[test]
    fn memory_is_bounded() {
        let (mut half, body) = (Half::default(), vec![1; 60_000]);
        for sequence in 0..200 {
            half.take(&dtls_record(22, 0, 0, &dtls_fragment(1, sequence, &body, 12_000..13_400)));
        }
        assert_eq!(half.messages.len(), MAX_MESSAGES);
        assert!(half.messages.iter().all(|message| message.pieces.bytes().is_empty()));
    }
}
