//! Naxclow's protocol of the small cameras V720 and A9 (TCP and UDP 6123, and other ports).
//!
//! A message has 20 bytes of header: the length of its body, a command, two flags, whom to forward it to (eight bytes of
//! zeros, of `0`, or of `ff`), a number. It is of this protocol where a body of text is JSON that begins with `code`, or one of a
//! picture is JPEG; heartbeats without a body prove nothing. A registration is one that names its `uid` or `token`.
//!
//! Facts: `naxclow.role`, `device` of who registers, and of such a one `naxclow.uid`. Who sends pictures may be a relay.

use crate::{
    Field, Message, Probe, Read, Reader, ReaderId, Route, Stream, json,
    reader::Facts,
    readers::layout::{array, say, u16le, u32le},
    text::Text,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(90),
    app: "naxclow",
    activity: None,
    hides: false,
    fields: &[Field::NaxclowRole, Field::NaxclowUid],
    read: Read::Stream(&[0..=0xff], read),
};

pub(crate) const DATAGRAM_READER: Reader =
    Reader { number: ReaderId(103), read: Read::Message(&[Route::Udp(6123)], read_datagram), ..READER };

const HEADER: usize = 20;
const MAX_BODY: u32 = 64 << 10;
/// What of a body is looked at.
const LOOKED_AT: usize = 256;
/// Whom to forward to.
const FORWARD: usize = 8;

const JSON: u16 = 0;
const JPEG: u16 = 1;
/// The code of a registration.
const REGISTERS: &[u8] = b"100";

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    // Three bytes of the length, the command and its flag, as far as they are there.
    let is_possible = bytes.get(3).is_none_or(|&high| high == 0)
        && bytes.get(4).is_none_or(|&command| u16::from(command) <= JPEG)
        && bytes.get(5).is_none_or(|&high| high == 0)
        && bytes.get(6).is_none_or(|&flag| is_flag(flag))
        && forwards(bytes.get(FORWARD..).unwrap_or(&[]));
    if !is_possible {
        return Probe::NotMine;
    }
    let Some(length) = length(bytes) else { return stream.more() };
    if length == 0 || length > MAX_BODY {
        return Probe::NotMine;
    }
    let end = HEADER + LOOKED_AT.min(length as usize);
    match bytes.get(..end) {
        None => stream.more(),
        Some(message) if is_of(message) => {
            say_registration(message, facts);
            Probe::Match
        }
        Some(_) => Probe::NotMine,
    }
}

fn read_datagram(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let fits = length(bytes)
        .is_some_and(|length| u64::from(length) + HEADER as u64 == u64::from(message.packet.payload_length));
    let is_mine = fits && bytes.get(6).is_some_and(|&flag| is_flag(flag)) && is_of(bytes);
    if is_mine {
        say_registration(bytes, facts);
    }
    is_mine
}

/// Whether the bytes from the eighth on, as far as they are there, name nobody, everybody, or eight digits of zero.
fn forwards(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..8).unwrap_or(bytes);
    [0, b'0', 0xff].iter().any(|filling| bytes.iter().all(|byte| byte == filling))
}

/// Says of a registration who registers: a device, by its number.
fn say_registration(message: &[u8], facts: Facts<'_>) {
    let body = message.get(HEADER..).unwrap_or(&[]);
    if u16le(message, 4) != Some(JSON) {
        return;
    }
    let body = body.get(..LOOKED_AT).unwrap_or(body);
    let (mut registers, mut known, mut uid) = (false, false, Text::<64>::new());
    json::walk(body, |path, value| match path {
        ["code"] => registers = value.as_bytes() == REGISTERS,
        ["token"] => known |= !value.is_empty(),
        ["uid"] if uid.is_empty() => uid.extend(value.as_bytes()),
        _ => {}
    });
    if registers && (known || !uid.is_empty()) {
        say(Field::NaxclowRole, Some(b"device"), facts);
        say(Field::NaxclowUid, Some(uid.as_bytes()), facts);
    }
}

/// Whether a message is whole, or which part of it this is.
const fn is_flag(flag: u8) -> bool {
    matches!(flag, 0 | 0xfa | 0xfb | 0xfc | 0xff)
}

fn length(bytes: &[u8]) -> Option<u32> {
    u32le(bytes, 0).filter(|_| bytes.len() >= HEADER)
}

/// Whether header and body of a message are of this protocol.
fn is_of(message: &[u8]) -> bool {
    let body = message.get(HEADER..).unwrap_or(&[]);
    let forwarded = message.get(FORWARD..).is_some_and(forwards);
    forwarded
        && match u16le(message, 4) {
            Some(JSON) => has_code(body).is_some(),
            Some(JPEG) => array(body, 0) == Some([0xff, 0xd8, 0xff]),
            _ => false,
        }
}

/// The first digit of the code with which a body begins.
fn has_code(body: &[u8]) -> Option<u8> {
    let rest = body.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"code\"")?.trim_ascii_start();
    let code = rest.strip_prefix(b":")?.trim_ascii_start();
    code.first().copied().filter(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
    };

    fn message(command: u8, flag: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
        bytes.extend([command, 0, flag]);
        bytes.resize(HEADER, 0);
        bytes.extend(body);
        bytes
    }

    const REGISTRATION: &[u8] = br#"{"code": 100, "uid": "0123456789ab", "domain": "v.example"}"#;

    #[test]
    fn who_registers_is_a_camera() {
        let device = ["sender naxclow.role device", "sender naxclow.uid 0123456789ab"].map(str::to_owned);
        for (whole, said) in [
            (message(0, 0, REGISTRATION), device.to_vec()),
            (message(0, 0, br#"{"code":100,"token":"01234567"}"#), device[..1].to_vec()),
            (message(0, 0, br#"{"code":100,"domain":"v.example"}"#), vec![]),
            (message(0, 0, br#"{"code":1000,"uid":"0123456789ab"}"#), vec![]),
            // A relay sends pictures, too.
            (message(1, 0xfa, &[&[0xff, 0xd8, 0xff][..], &[7; 900]].concat()), vec![]),
            (message(0, 0xff, br#"{ "code":301,"target":"0"}"#), vec![]),
        ] {
            assert_eq!(stream(&READER, &whole, false), (Probe::Match, said.clone()));
            assert_eq!(facts(&DATAGRAM_READER, &whole), Some(said));
            cut_stream_everywhere(&READER, &whole);
            cut_everywhere(&DATAGRAM_READER, &Packet::default(), &whole);
        }
    }

    #[test]
    fn what_proves_nothing_is_not_read() {
        for near in [
            message(100, 0, &[]),
            message(0, 1, REGISTRATION),
            message(2, 0, REGISTRATION),
            message(0, 0, br#"{"cods": 100, "uid": "0123456789ab"}"#),
            message(1, 0, b"\xff\xd9\xff................."),
            message(0, 0, br#"{"code": "x", "uid": "0123456789"}"#),
        ] {
            assert_eq!(stream(&READER, &near, false).0, Probe::NotMine);
            assert_eq!(facts(&DATAGRAM_READER, &near), None);
        }
        for forward in
            [&[0xff; 8][..], b"00000000", &[0; 8], b"00000001", &[1; 8], &[0, 0, 0, 0, 0, 0, 0, 0xff]]
        {
            let mut whole = message(0, 0, REGISTRATION);
            whole[8..16].copy_from_slice(forward);
            let is_mine = forward.iter().all(|byte| *byte == forward[0]) && forward[0] != 1;
            assert_eq!(facts(&DATAGRAM_READER, &whole).is_some(), is_mine, "{forward:?}");
            assert_eq!(stream(&READER, &whole, false).0 == Probe::Match, is_mine, "{forward:?}");
        }
        assert_eq!(facts(&DATAGRAM_READER, &message(0, 0, REGISTRATION)[..70]), None);
        assert_eq!(stream(&READER, &[0, 0, 0, 1], false).0, Probe::NotMine);
    }
}
