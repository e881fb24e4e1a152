//! Two protocols of EZVIZ and Hik-Connect: frames of `9e ba ac e9` to devices and to the cloud, and the stream from the cloud.
//!
//! A frame begins with 32 bytes, big endian: the constant, a version of 1 in either byte order, a sequence number, zero, a
//! command, a word that is all ones in what is asked of a device, the lengths of body and tail; over TCP to ports of a
//! device's choice (9010, 9020), over UDP too. Its body is XML or encrypted, which it does not say, so none is read.
//!
//! The stream begins with `$`, channel 0, a length, a sequence number, a code of a message, all of 16 bits, and a body that
//! holds a URL of `ysproto://`. RTSP interleaves behind `$` as well, but never begins so.
//!
//! The sender is `ezviz.role` `client` where it asks a device, or for a stream. The answer to who asks for a stream refers to the
//! server that has it, where its URL gives an address.

use memchr::memmem;

use std::net::SocketAddr;

use crate::{
    Activity, Address, Fact, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream, cursor::Cursor,
    reader::Facts,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(61),
    app: "ezviz",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: &[Field::EzvizRole],
    read: Read::Stream(&[0x9e..=0x9e], read_frames),
};

pub(crate) const DATAGRAM_READER: Reader = Reader {
    number: ReaderId(62),
    app: "ezviz",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: &[Field::EzvizRole],
    read: Read::Message(&[Route::UdpStart(&MAGIC)], read_datagram),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(63),
    app: "ezviz",
    activity: None,
    hides: false,
    fields: &[Field::EzvizRole],
    read: Read::Stream(&[b'$'..=b'$'], read_url),
};

const MAGIC: [u8; 4] = [0x9e, 0xba, 0xac, 0xe9];
const HEADER: usize = 32;
/// Longest body that is believed.
const MAX_BODY: u32 = 1 << 20;
const MAX_TAIL: u32 = 64;

/// Whether a header is one, and whether it asks a device.
fn asks(mut header: Cursor<'_>) -> Option<bool> {
    let magic = header.array()?;
    let version = header.u32()?;
    let _sequence = header.u32()?;
    let [zero, command, word] = [header.u32()?, header.u32()?, header.u32()?];
    let [body, tail] = [header.u32()?, header.u32()?];
    let fits = magic == MAGIC
        && matches!(version, 1 | 0x0100_0000)
        && zero == 0
        && (1..=0xffff).contains(&command)
        && body <= MAX_BODY
        && tail <= MAX_TAIL;
    fits.then_some(word == u32::MAX)
}

fn say_client(facts: Facts<'_>) {
    facts(Fact::of_sender(Field::EzvizRole, b"client"));
}

fn read_frames(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    if !MAGIC.iter().zip(stream.bytes).all(|(expected, byte)| expected == byte) {
        return Probe::NotMine;
    }
    if stream.bytes.len() < HEADER {
        return stream.more();
    }
    let Some(asks) = asks(Cursor(stream.bytes)) else { return Probe::NotMine };
    if asks {
        say_client(facts);
    }
    Probe::Match
}

fn read_datagram(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let Some(asks) = asks(Cursor(message.payload)) else { return false };
    if asks {
        say_client(facts);
    }
    true
}

/// What asks for a stream, and what answers.
const ASKS: u16 = 0x013b;
const CODES: [u16; 2] = [ASKS, 0x013c];
const URL_HEADER: usize = 8;
const SCHEME: &[u8] = b"ysproto://";
/// Longest address and port of a URL.
const MAX_HOST: usize = 64;
const MAX_URL: usize = 4096;

fn read_url(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    if !b"$\0".iter().zip(stream.bytes).all(|(expected, byte)| expected == byte) {
        return Probe::NotMine;
    }
    let mut cursor = Cursor(stream.bytes);
    let header = [cursor.u16(), cursor.u16(), cursor.u16(), cursor.u16()];
    let [_, Some(length), _, Some(code)] = header else { return stream.more() };
    let length = usize::from(length);
    if !CODES.contains(&code) || !(1..=MAX_URL).contains(&length) {
        return Probe::NotMine;
    }
    let Some(body) = cursor.take(length) else { return Probe::More(URL_HEADER + length) };
    let Some(at) = memmem::find(body, SCHEME) else { return Probe::NotMine };
    if code == ASKS {
        say_client(facts);
    } else if let Some(server) = body.get(at + SCHEME.len()..).and_then(server) {
        let (address, port) = (Address::from(server.ip()), server.port());
        let fact = Fact::Refers { address, port, transport: 6, app: Some(STREAM_READER.number) };
        facts(Fact::Within { from: 0, to: URL_HEADER + length, fact: &fact });
    }
    Probe::Match
}

/// The address that stands in front of the path of a URL.
fn server(url: &[u8]) -> Option<SocketAddr> {
    let url = url.get(..MAX_HOST).unwrap_or(url);
    let end = url.iter().position(|&byte| byte == b'/')?;
    let server: SocketAddr = str::from_utf8(url.get(..end)?).ok()?.parse().ok()?;
    (server.port() != 0).then_some(server)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
    };

    fn frame(words: [u32; 7]) -> Vec<u8> {
        [&MAGIC[..], &words.map(u32::to_be_bytes).concat(), &[7; 9]].concat()
    }

    const ASKED: [u32; 7] = [0x0100_0000, 2, 0, 0x2011, u32::MAX, 9, 0];
    const CLIENT: [&str; 1] = ["sender ezviz.role client"];

    #[test]
    fn frames_are_known_by_their_header() {
        for (words, said) in [(ASKED, &CLIENT[..]), ([1, 2, 0, 0x5003, 0, 9, 0], &[])] {
            let bytes = frame(words);
            assert_eq!(
                stream(&READER, &bytes, false),
                (Probe::Match, said.iter().map(ToString::to_string).collect())
            );
            cut_stream_everywhere(&READER, &bytes);
            assert_eq!(facts(&DATAGRAM_READER, &bytes).unwrap(), said);
            cut_everywhere(&DATAGRAM_READER, &Packet::default(), &bytes);
        }
        for (place, word) in [(0, 2), (2, 1), (3, 0), (3, 0x1_0000), (5, MAX_BODY + 1), (6, MAX_TAIL + 1)] {
            let mut words = ASKED;
            words[place] = word;
            assert_eq!(stream(&READER, &frame(words), false), (Probe::NotMine, vec![]), "{place}");
            assert_eq!(facts(&DATAGRAM_READER, &frame(words)), None, "{place}");
        }
        assert_eq!(stream(&READER, b"\x9e\xba\xac\xe8", false).0, Probe::NotMine);
    }

    fn message(code: u16, url: &str) -> Vec<u8> {
        let body = [&[0x0a, url.len() as u8][..], url.as_bytes()].concat();
        let length = (body.len() as u16).to_be_bytes();
        [&b"$\0"[..], &length, &[0, 0], &code.to_be_bytes(), &body].concat()
    }

    #[test]
    fn streams_are_asked_for_by_url() {
        let url = "ysproto://192.0.2.1:8554/live?dev=E1&chn=1";
        let refers = ["refers to 192.0.2.1 port 8554 protocol 6 ezviz"];
        for (code, said) in [(ASKS, &CLIENT[..]), (0x013c, &refers)] {
            let bytes = message(code, url);
            let said = said.iter().map(ToString::to_string).collect();
            assert_eq!(stream(&STREAM_READER, &bytes, false), (Probe::Match, said));
            cut_stream_everywhere(&STREAM_READER, &bytes);
        }
        for other in
            ["ysproto://cam.example:8554/live", "ysproto://192.0.2.1:0/live", "ysproto://192.0.2.1:8554"]
        {
            assert_eq!(
                stream(&STREAM_READER, &message(0x013c, other), false),
                (Probe::Match, vec![]),
                "{other}"
            );
        }
        for bytes in [
            message(0x013d, url),
            message(ASKS, "rtsp://192.0.2.1"),
            b"$\x01\0\x01".to_vec(),
            b"$\0\0\0\0\0\x01\x3b".to_vec(),
        ] {
            assert_eq!(stream(&STREAM_READER, &bytes, false), (Probe::NotMine, vec![]));
        }
    }
}
