//! TVT's recorders (TCP 5000, 6036, 9008) and their many brands. Built from public code.
//!
//! A recorder's half begins with 64 bytes that begin with `head`, and a frame; a client's with a frame: `1111` or `AAAA`, the length
//! of what follows, and in that a command, a number, a version and the length of the rest.
//! Fact: `tvt.role` `device` of who greets so. Frames are either side's, where a half is met in the middle.

use crate::{
    Field, Probe, Read, Reader, ReaderId, Stream,
    reader::Facts,
    readers::layout::{say, u32le},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(94),
    app: "tvt",
    activity: None,
    hides: false,
    fields: &[Field::TvtRole],
    read: Read::Stream(&[b'h'..=b'h', b'1'..=b'1', b'A'..=b'A'], read),
};

const GREETING: usize = 64;
const FRAME: usize = 24;
/// Command, number, version and length.
const INNER: u32 = 16;
const LAST_VERSION: u32 = 0x20;
const MAX_LENGTH: u32 = 4 << 20;

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    let begins =
        |at: usize, word: &[u8; 4]| bytes.iter().skip(at).zip(word).all(|(byte, expected)| byte == expected);
    let is_recorder = begins(0, b"head") && !bytes.is_empty();
    let at = if is_recorder { GREETING } else { 0 };
    if !begins(at, b"1111") && !begins(at, b"AAAA") {
        return Probe::NotMine;
    }
    let Some(frame) = bytes.get(at..at + FRAME) else { return stream.more() };
    let number = |at| u32le(frame, at).unwrap_or(u32::MAX);
    let (length, version, inner) = (number(4), number(16), number(20));
    if length > MAX_LENGTH
        || !(1..=LAST_VERSION).contains(&version)
        || inner.checked_add(INNER) != Some(length)
    {
        return Probe::NotMine;
    }
    say(Field::TvtRole, is_recorder.then_some(b"device"), facts);
    Probe::Match
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{cut_stream_everywhere, stream};

    fn frame(magic: [u8; 4], length: u32, version: u32, inner: u32) -> Vec<u8> {
        let numbers = [length, 0x101, 7, version, inner].map(u32::to_le_bytes);
        [&magic[..], &numbers.concat()].concat()
    }

    fn greeting() -> Vec<u8> {
        let mut bytes = b"head\x01\0\0\0".to_vec();
        bytes.resize(GREETING, 0);
        bytes
    }

    #[test]
    fn the_greeting_tells_the_recorder() {
        for (half, role) in [
            (frame(*b"1111", 216, 10, 200), vec![]),
            (frame(*b"AAAA", 16, 11, 0), vec![]),
            ([greeting(), frame(*b"1111", 116, 10, 100)].concat(), vec!["sender tvt.role device".to_owned()]),
        ] {
            assert_eq!(stream(&READER, &half, false), (Probe::Match, role));
            cut_stream_everywhere(&READER, &half);
        }
    }

    #[test]
    fn lengths_have_to_fit() {
        for half in [
            frame(*b"1112", 216, 10, 200),
            frame(*b"1111", 216, 10, 201),
            frame(*b"1111", 216, 0, 200),
            frame(*b"1111", 5 << 20, 10, (5 << 20) - 16),
            [greeting(), b"1211".to_vec()].concat(),
            b"heat".to_vec(),
        ] {
            assert_eq!(stream(&READER, &half, false).0, Probe::NotMine);
        }
    }
}
