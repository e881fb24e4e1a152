//! HTTP/2 in clear with prior knowledge, or behind an upgrade (RFC 9113, 3.3 and 3.4): recognised, yields nothing.
//!
//! A client's half begins with a preface of 24 bytes that no HTTP/1 server may take for a request. A server's begins with
//! a SETTINGS frame; only one that sets something, and first a parameter of RFC 9113, 6.5.2, or RFC 8441, counts: nine
//! bytes that are nearly all zero could be anything. What is asked for stands in compressed heads, which are not read.

use crate::{Probe, Read, Reader, ReaderId, Stream, cursor::Cursor, reader::Facts};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(19),
    app: "http2",
    activity: None,
    hides: false,
    fields: &[],
    read: Read::Stream(&[b'P'..=b'P', 0..=0], read),
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes of a parameter: number and value.
const PARAMETER: u32 = 6;
/// More than were ever registered.
const MOST_PARAMETERS: u32 = 32;

fn read(stream: &Stream<'_>, _: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    if bytes.starts_with(PREFACE) {
        return Probe::Match;
    }
    if PREFACE.starts_with(bytes) {
        // Up to the version no word of HTTP/1 begins like it.
        let known = stream.ended && bytes.starts_with(b"PRI * HTTP/2.0\r\n");
        return if known { Probe::Match } else { Probe::More(bytes.len() + 1) };
    }
    sets(bytes)
}

/// Whether a SETTINGS frame of a server stands here.
fn sets(bytes: &[u8]) -> Probe {
    // What every one of them begins with, so that other halves are told by their first bytes.
    let fits = |at: usize, test: fn(u8) -> bool| bytes.get(at).is_none_or(|&byte| test(byte));
    if !fits(0, |byte| byte == 0) || !fits(1, |byte| byte == 0) || !fits(3, |kind| kind == 4) {
        return Probe::NotMine;
    }
    let mut cursor = Cursor(bytes);
    let head = (cursor.u24(), cursor.u16(), cursor.u32(), cursor.u16());
    let (Some(length), Some(kind_and_flags), Some(stream), Some(first)) = head else {
        return Probe::More(bytes.len() + 1);
    };
    let counted = length % PARAMETER == 0 && (1..=MOST_PARAMETERS).contains(&(length / PARAMETER));
    let known = counted && kind_and_flags == 0x0400 && stream == 0 && matches!(first, 1..=6 | 8);
    if known { Probe::Match } else { Probe::NotMine }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{chain_cut_everywhere, cut_stream_everywhere, stream};

    const SETS: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";

    #[test]
    fn preface_and_settings_are_recognised() {
        for half in [[PREFACE, SETS].concat(), SETS.to_vec()] {
            cut_stream_everywhere(&READER, &half);
            assert_eq!(chain_cut_everywhere(&half), (Some("http2"), vec![]));
        }
        assert_eq!(stream(&READER, &PREFACE[..16], true).0, Probe::Match);
    }

    #[test]
    fn nearly_http2_is_not_read() {
        for at in [0, 1, 2, 3, 4, 8, 9, 10] {
            let mut bytes = SETS.to_vec();
            bytes[at] ^= 0x40;
            assert_eq!(stream(&READER, &bytes, false).0, Probe::NotMine, "{at}");
        }
        for bytes in [&b"PRI * HTTP/1.1\r\n\r\n"[..], b"\0\0\0\x04\0\0\0\0\0\0\0", b"\0\0\0\x0c"] {
            assert_eq!(stream(&READER, bytes, false).0, Probe::NotMine);
        }
        assert!(matches!(stream(&READER, &PREFACE[..12], true).0, Probe::More(_)));
    }

    #[test]
    fn a_half_goes_on_in_it_behind_an_upgrade() {
        let asks = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n";
        let (app, said) = chain_cut_everywhere(&[asks, PREFACE, SETS].concat());
        assert_eq!((app, said.len()), (Some("http2"), 3));
        let grants = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n";
        let said = vec!["sender http.status 101".to_owned()];
        assert_eq!(chain_cut_everywhere(&[grants, SETS].concat()), (Some("http2"), said));
    }
}
