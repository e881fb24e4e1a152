//! Naxclow's protocol of the small cameras V720 and A9 (TCP and UDP 6123, and other ports).
//!
//! A message has 20 bytes of header: the length of its body, a command, two flags, whom to forward it to, a number. It is of
//! this protocol where a body of text is JSON that begins with `code`, or one of a picture is JPEG; heartbeats without a body
//! prove nothing. Fact: `naxclow.role`, `device` of who registers or sends pictures.

use crate::{
    Field, Message, Probe, Read, Reader, ReaderId, Route, Stream,
    reader::Facts,
    readers::layout::{array, say, u16le, u32le},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(90),
    app: "naxclow",
    activity: None,
    hides: false,
    fields: &[Field::NaxclowRole],
    read: Read::Stream(&[0..=0xff], read),
};

pub(crate) const DATAGRAM_READER: Reader =
    Reader { number: ReaderId(103), read: Read::Message(&[Route::Udp(6123)], read_datagram), ..READER };

const HEADER: usize = 20;
const MAX_BODY: u32 = 64 << 10;
/// What of a body is looked at.
const LOOKED_AT: usize = 24;

const JSON: u16 = 0;
const JPEG: u16 = 1;
/// The code of a registration.
const REGISTERS: &[u8] = b"100";

/// What the beginning of a body proves.
enum Body {
    Registers,
    Pictures,
    Other,
}

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    // Three bytes of the length, the command and its flag, as far as they are there.
    let is_possible = bytes.get(3).is_none_or(|&high| high == 0)
        && bytes.get(4).is_none_or(|&command| u16::from(command) <= JPEG)
        && bytes.get(5).is_none_or(|&high| high == 0)
        && bytes.get(6).is_none_or(|&flag| is_flag(flag));
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
        Some(message) => body(message).map_or(Probe::NotMine, |body| {
            say_role(&body, facts);
            Probe::Match
        }),
    }
}

fn read_datagram(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let fits = length(bytes)
        .is_some_and(|length| u64::from(length) + HEADER as u64 == u64::from(message.packet.payload_length));
    let body = body(bytes).filter(|_| fits && bytes.get(6).is_some_and(|&flag| is_flag(flag)));
    if let Some(body) = &body {
        say_role(body, facts);
    }
    body.is_some()
}

fn say_role(body: &Body, facts: Facts<'_>) {
    let is_device = matches!(body, Body::Registers | Body::Pictures);
    say(Field::NaxclowRole, is_device.then_some(b"device"), facts);
}

/// Whether a message is whole, or which part of it this is.
const fn is_flag(flag: u8) -> bool {
    matches!(flag, 0 | 0xfa | 0xfb | 0xfc | 0xff)
}

fn length(bytes: &[u8]) -> Option<u32> {
    u32le(bytes, 0).filter(|_| bytes.len() >= HEADER)
}

fn body(message: &[u8]) -> Option<Body> {
    let body = message.get(HEADER..)?;
    match u16le(message, 4)? {
        JSON => {
            let rest =
                body.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"code\"")?.trim_ascii_start();
            let code = rest.strip_prefix(b":")?.trim_ascii_start();
            let digits = code.iter().take_while(|byte| byte.is_ascii_digit()).count();
            match code.get(..digits)? {
                [] => None,
                REGISTERS => Some(Body::Registers),
                _ => Some(Body::Other),
            }
        }
        JPEG if array(body, 0) == Some([0xff, 0xd8, 0xff]) => Some(Body::Pictures),
        _ => None,
    }
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
        let device = vec!["sender naxclow.role device".to_owned()];
        for (whole, said) in [
            (message(0, 0, REGISTRATION), device.clone()),
            (message(1, 0xfa, &[&[0xff, 0xd8, 0xff][..], &[7; 900]].concat()), device),
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
        assert_eq!(facts(&DATAGRAM_READER, &message(0, 0, REGISTRATION)[..70]), None);
        assert_eq!(stream(&READER, &[0, 0, 0, 1], false).0, Probe::NotMine);
    }
}
