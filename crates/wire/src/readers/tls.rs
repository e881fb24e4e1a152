//! TLS over TCP (RFC 5246, RFC 8446): names, versions and fingerprints from the part of a handshake that is in
//! the clear.
//!
//! A half is TLS when it begins with a record of known type, version and length. The client's half yields its
//! hello, also when it is split over records; the server's half its hello and, up to TLS 1.2, the names of its
//! own certificate. Up to eight alerts and change-cipher-specs before the handshake are passed over. A half that
//! begins with data is TLS without facts, and so is one where something encrypted follows: the capture began later.
//! A handshake message is read up to 64 KiB; a longer one is TLS without facts. Extensions that contradict their
//! own length end the reading: what stood before is kept, and there is no JA4.
//!
//! Facts: `tls.sni` (as DNS spells it), `tls.alpn` (one for each name), `tls.version` (two hex pairs as on the wire: the
//! highest that the client offers, the one that the server chose), `tls.cipher` (the same form), `tls.ech` (`outer`),
//! `tls.ja4`, and those of [`certificate`].

pub(super) mod certificate;
pub(crate) mod client;
pub(crate) mod handshake;
pub(crate) mod hello;
pub(crate) mod server;

pub use certificate::MAX_CERTIFICATE_NAMES;

use crate::{Field, Probe, Read, Reader, ReaderId, Stream, reader::Facts};
use handshake::{Flight, Next};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(0),
    app: "tls",
    activity: None,
    hides: true,
    fields: FIELDS,
    read: Read::Stream(&[20..=24], read),
};

/// The fields of a handshake of TLS, be it over TCP or in datagrams.
pub(crate) const FIELDS: &[Field] = &[
    Field::TlsAlpn,
    Field::TlsCertificate,
    Field::TlsCipher,
    Field::TlsEch,
    Field::TlsIssuer,
    Field::TlsJa4,
    Field::TlsNames,
    Field::TlsSelfIssued,
    Field::TlsSni,
    Field::TlsSubjectCn,
    Field::TlsSubjectO,
    Field::TlsVersion,
];

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let handshake = match handshake::begins(stream.bytes) {
        Ok(handshake) => handshake,
        Err(Probe::More(_)) if stream.ended && handshake::first_record(stream.bytes).is_ok() => {
            return Probe::Match;
        }
        Err(step) => return step,
    };
    let mut flight = Flight::new(handshake);
    match flight.next() {
        Next::Message(message) if message.kind == handshake::CLIENT_HELLO => {
            // The next byte may begin a record that cannot follow, and end the flight.
            if !message.whole && !stream.ended {
                return stream.more();
            }
            client::read(&message, facts);
            Probe::Match
        }
        Next::Message(message) => server::read(message, flight, stream, facts),
        Next::Open if stream.ended => Probe::Match,
        Next::Open => stream.more(),
        Next::Closed => Probe::Match,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{cut_stream_everywhere, stream};

    fn long(body: &[u8]) -> Vec<u8> {
        [&(body.len() as u16).to_be_bytes()[..], body].concat()
    }

    fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &long(body)].concat()
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let [_, length @ ..] = (body.len() as u32).to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    fn record(kind: u8, fragment: &[u8]) -> Vec<u8> {
        [&[kind, 3, 1][..], &long(fragment)].concat()
    }

    /// One message over records of at most `size` bytes.
    fn records(message: &[u8], size: usize) -> Vec<u8> {
        message.chunks(size).flat_map(|piece| record(handshake::RECORD_HANDSHAKE, piece)).collect()
    }

    fn client_hello() -> Vec<u8> {
        let name = long(&[&[0][..], &long(b"cam.example")].concat());
        let extensions = [
            extension(0, &name),
            extension(16, &long(b"\x02h2\x08http/1.1")),
            extension(43, &[6, 0x1a, 0x1a, 3, 4, 3, 3]),
            extension(0xfe0d, &[0]),
        ];
        let head = [&[3, 3][..], &[9; 32], &[0, 0, 4, 0x13, 1, 0xc0, 0x2f, 1, 0]].concat();
        message(handshake::CLIENT_HELLO, &[head, long(&extensions.concat())].concat())
    }

    const CLIENT_SAYS: [&str; 6] = [
        "receiver tls.sni cam.example",
        "sender tls.alpn h2",
        "sender tls.alpn http/1.1",
        "sender tls.ech outer",
        "sender tls.version 0304",
        "sender tls.ja4 t13d0204h2_c1929292aa6b_19db675bb9c5",
    ];

    fn server_hello(extensions: &[Vec<u8>]) -> Vec<u8> {
        let head = [&[3, 3][..], &[9; 32], &[0, 0xc0, 0x2f, 0]].concat();
        message(handshake::SERVER_HELLO, &[head, long(&extensions.concat())].concat())
    }

    /// Hello and certificate of TLS 1.2 in one record.
    fn server_flight() -> Vec<u8> {
        let of_three = |body: &[u8]| [&(body.len() as u32).to_be_bytes()[1..], body].concat();
        let list = of_three(&of_three(&certificate::tests::certificate()));
        let hello = server_hello(&[extension(16, &long(b"\x02h2")), extension(0xff01, &[0])]);
        records(&[hello, message(handshake::CERTIFICATE, &list)].concat(), 1 << 14)
    }

    #[test]
    fn a_client_says_whom_it_wants_and_what_it_can() {
        assert_eq!(stream(&READER, &records(&client_hello(), 1 << 14), false), done(&CLIENT_SAYS));
    }

    fn done(said: &[&str]) -> (Probe, Vec<String>) {
        (Probe::Match, said.iter().map(|&line| line.to_owned()).collect())
    }

    #[test]
    fn a_name_is_spelt_as_dns_spells_it() {
        let mut hello = client_hello();
        let at = hello.windows(11).position(|window| window == b"cam.example").unwrap();
        hello[at..at + 11].copy_from_slice(b"Cam.Exampl.");
        let said = stream(&READER, &records(&hello, 1 << 14), false).1;
        assert_eq!(said[0], "receiver tls.sni cam.exampl");
    }

    #[test]
    fn a_hello_may_be_cut_into_records_anywhere() {
        for size in 1..client_hello().len() {
            assert_eq!(stream(&READER, &records(&client_hello(), size), false), done(&CLIENT_SAYS), "{size}");
        }
    }

    #[test]
    fn a_server_says_what_it_chose_and_its_names() {
        let chosen = ["sender tls.version 0303", "sender tls.cipher c02f", "sender tls.alpn h2"];
        let said = [&chosen[..], &certificate::tests::SAID].concat();
        assert_eq!(stream(&READER, &server_flight(), false), done(&said));
    }

    #[test]
    fn a_certificate_that_is_cut_says_what_stood_before() {
        let flight = server_flight();
        let cut = &flight[..flight.len() - 1];
        assert!(matches!(stream(&READER, cut, false).0, Probe::More(_)));
        let said = stream(&READER, cut, true).1;
        assert_eq!(said[3..], certificate::tests::SAID[..4]);
    }

    #[test]
    fn after_a_hello_of_1_3_all_is_encrypted() {
        let hello = records(&server_hello(&[extension(43, &[3, 4])]), 1 << 14);
        let said = ["sender tls.version 0304", "sender tls.cipher c02f"];
        assert_eq!(stream(&READER, &hello, false), done(&said));
    }

    #[test]
    fn the_version_of_a_hello_without_its_end_is_not_guessed() {
        let hello =
            records(&server_hello(&[extension(16, &long(b"\x02h2")), extension(43, &[3, 4])]), 1 << 14);
        let said = ["sender tls.cipher c02f", "sender tls.alpn h2"];
        assert_eq!(stream(&READER, &hello[..hello.len() - 1], true), done(&said));
        let mut old = records(&server_hello(&[]), 1 << 14);
        old[10] = 1;
        let said = ["sender tls.version 0301", "sender tls.cipher c02f"];
        assert_eq!(stream(&READER, &old[..old.len() - 1], true), done(&said));
    }

    #[test]
    fn a_half_that_begins_later_is_tls_without_facts() {
        let alert = record(21, &[1, 0]);
        for later in
            [record(23, &[7; 40]), record(21, &[7; 40]), [alert.clone(), record(23, &[7; 40])].concat()]
        {
            assert_eq!(stream(&READER, &later, false), done(&[]));
        }
        for begun in [alert.clone(), record(20, &[1]), [alert, vec![22, 3]].concat()] {
            assert!(matches!(stream(&READER, &begun, false).0, Probe::More(_)));
            assert_eq!(stream(&READER, &begun, true), done(&[]));
        }
        let finished = records(&message(20, &[7; 12]), 1 << 14);
        assert_eq!(stream(&READER, &finished, false), done(&[]));
    }

    #[test]
    fn records_before_the_hello_are_passed_over() {
        let hello = records(&client_hello(), 1 << 14);
        for before in
            [record(20, &[1]), record(21, &[1, 0]), [record(21, &[1, 90]), record(20, &[1])].concat()]
        {
            let half = [&before[..], &hello].concat();
            assert_eq!(stream(&READER, &half, false), done(&CLIENT_SAYS));
            cut_stream_everywhere(&READER, &half);
        }
        let answered = [record(20, &[1]), server_flight()].concat();
        assert_eq!(stream(&READER, &answered, false), stream(&READER, &server_flight(), false));
        let many = [record(20, &[1]).repeat(handshake::MAX_BEFORE + 1), hello].concat();
        assert_eq!(stream(&READER, &many, false), done(&[]));
    }

    #[test]
    fn extensions_that_contradict_their_length_end_the_reading() {
        let mut hello = client_hello();
        let at = hello.len() - 3;
        hello[at] = 9;
        let said = stream(&READER, &records(&hello, 1 << 14), false).1;
        assert_eq!(said, CLIENT_SAYS[..3]);
    }

    #[test]
    fn nearly_tls_is_not_read() {
        let whole = records(&client_hello(), 1 << 14);
        for (at, byte) in [(0, 19), (0, 25), (1, 2), (2, 5), (3, 0x49)] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            assert_eq!(stream(&READER, &bytes, false), (Probe::NotMine, vec![]), "byte {at} is {byte}");
        }
        assert_eq!(stream(&READER, &record(21, &[1, 0, 0]), false).0, Probe::NotMine);
        assert_eq!(stream(&READER, &record(22, &[]), false).0, Probe::NotMine);
        assert_eq!(stream(&READER, b"GET / HTTP/1.1\r\n\r\n", false).0, Probe::NotMine);
    }

    #[test]
    fn overlong_messages_say_nothing() {
        let endless = records(&[&[handshake::CLIENT_HELLO, 1, 0, 1][..], &[0; 100]].concat(), 1 << 14);
        assert_eq!(stream(&READER, &endless, false), done(&[]));
    }

    #[test]
    fn cut_at_every_byte() {
        cut_stream_everywhere(&READER, &records(&client_hello(), 1 << 14));
        cut_stream_everywhere(&READER, &records(&client_hello(), 7));
        cut_stream_everywhere(&READER, &records(&server_hello(&[extension(43, &[3, 4])]), 1 << 14));
        cut_stream_everywhere(&READER, &server_flight());
    }
}
