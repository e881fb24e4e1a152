//! Foscam: the search of its cameras (UDP 10000), and the frames in which they send pictures and sound (TCP 88, 443). Built from
//! public code.
//!
//! A datagram of the search begins with `MO_I`, has a type at 4, and at 15 the length of what stands behind its 23 bytes of
//! header; where byte 6 says so, that is masked by the eight bytes at 7. A half of the media begins with the request
//! `SERVERPUSH / HTTP/1.`, or with a frame that has `FOSC` at 4.
//!
//! Facts of a camera that answers: `foscam.mac` (its serial number, where that is twelve hex digits, else `foscam.serial`),
//! `foscam.name`, `foscam.firmware`. `foscam.role` of either side, `foscam.credentials`, `clear` where a client logs in to the
//! media. Bound: 96 bytes of an answer.

use arrayvec::ArrayVec;

use crate::{
    Activity, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream,
    reader::Facts,
    readers::layout::{address, array, is_mac, is_of_another, say, say_written, text, u16le, u32le},
    text::told,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(81),
    app: "foscam",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::FoscamFirmware,
        Field::FoscamMac,
        Field::FoscamName,
        Field::FoscamRole,
        Field::FoscamSerial,
    ],
    read: Read::Message(&[Route::UdpStart(b"MO_I")], read),
};

pub(crate) const MEDIA_READER: Reader = Reader {
    number: ReaderId(92),
    activity: None,
    fields: &[Field::FoscamCredentials, Field::FoscamRole],
    read: Read::Stream(&[0..=0x1d, 0x64..=0x64, 0x6f..=0x6f, b'S'..=b'S'], read_media),
    ..READER
};

const HEADER: usize = 23;
const SEARCH: u16 = 0;
const ANSWER: u16 = 1;
const LONGEST: usize = 96;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let sent = u64::from(message.packet.payload_length.max(bytes.len() as u32));
    let Some(key) = array::<8>(bytes, 7).filter(|_| bytes.starts_with(b"MO_I")) else { return false };
    let fits = [15, 19]
        .iter()
        .any(|&at| u32le(bytes, at).is_some_and(|length| u64::from(length) + HEADER as u64 == sent));
    match u16le(bytes, 4) {
        Some(SEARCH) if fits && sent < 64 => {
            say(Field::FoscamRole, Some(b"client"), facts);
            true
        }
        Some(ANSWER) if fits && sent >= 87 => {
            let is_masked = bytes.get(6) != Some(&0);
            let masks = key.iter().cycle().map(|&mask| if is_masked { mask } else { 0 });
            let body = bytes.get(HEADER..).unwrap_or(&[]).iter().zip(masks);
            let body: ArrayVec<u8, LONGEST> = body.map(|(byte, mask)| byte ^ mask).take(LONGEST).collect();
            // An answer that names nothing is none.
            let names = |at, length| text(&body, at, length).is_some_and(|text| told(text).is_some());
            if !names(0, 13) && !names(13, 21) {
                return message.is_cut();
            }
            if !is_of_another(message, address(&body, 34)) {
                answer(&body, facts);
            }
            true
        }
        _ => false,
    }
}

fn answer(body: &[u8], facts: Facts<'_>) {
    say(Field::FoscamRole, Some(b"device"), facts);
    let serial = text(body, 0, 13);
    let field = if serial.is_some_and(is_mac) { Field::FoscamMac } else { Field::FoscamSerial };
    say(field, serial, facts);
    say(Field::FoscamName, text(body, 13, 21), facts);
    if let Some([a, b, c, d]) = array(body, 54) {
        say_written(Field::FoscamFirmware, format_args!("{a}.{b}.{c}.{d}"), facts);
    }
}

const REQUEST: &[u8] = b"SERVERPUSH / HTTP/1.";
const MAGIC: &[u8; 4] = b"FOSC";
const LOGIN: u32 = 0x0c;
/// Longest head behind which a login is looked for.
const MAX_HEAD: usize = 1024;
const MAX_FRAME: u32 = 4 << 20;

fn read_media(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    if bytes.iter().zip(REQUEST).all(|(byte, expected)| byte == expected) {
        return client(stream, facts);
    }
    let is_command = bytes.first().is_none_or(|first| matches!(first, 0..=0x1d | 0x64 | 0x6f));
    let is_frame = bytes.iter().skip(1).zip(b"\0\0\0FOSC").all(|(byte, expected)| byte == expected);
    if !is_command || !is_frame {
        return Probe::NotMine;
    }
    match frame(bytes) {
        None => stream.more(),
        Some((_, length)) if length > MAX_FRAME => Probe::NotMine,
        Some((command, _)) => {
            let role: Option<&[u8]> = match command {
                0x00..=0x0f => Some(b"client"),
                0x10 | 0x1a | 0x1b | 0x1d | 0x6f => Some(b"device"),
                _ => None,
            };
            say(Field::FoscamRole, role, facts);
            say(Field::FoscamCredentials, (command == LOGIN).then_some(b"clear"), facts);
            Probe::Match
        }
    }
}

/// Command and length of the frame at the beginning of `bytes`.
fn frame(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((u32le(bytes, 0)?, u32le(bytes, 8)?))
}

/// The request, and the first frame behind its empty line.
fn client(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let head = stream.bytes.get(..MAX_HEAD).unwrap_or(stream.bytes);
    let behind = memchr::memmem::find(head, b"\r\n\r\n").and_then(|end| stream.bytes.get(end + 4..));
    let login = match behind {
        Some(rest) if rest.len() >= 8 || stream.ended => {
            u32le(rest, 0) == Some(LOGIN) && array(rest, 4) == Some(*MAGIC)
        }
        None if head.len() == MAX_HEAD => false,
        None if stream.ended && head.len() >= REQUEST.len() => false,
        None if stream.ended => return Probe::NotMine,
        _ => return stream.more(),
    };
    say(Field::FoscamRole, Some(b"client"), facts);
    say(Field::FoscamCredentials, login.then_some(b"clear"), facts);
    Probe::Match
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, facts_from, stream},
    };

    fn answer(masked: bool, serial: &[u8; 13]) -> Vec<u8> {
        let mut body = [0; 64];
        body[..13].copy_from_slice(serial);
        body[13..17].copy_from_slice(b"Hall");
        body[34..38].copy_from_slice(&[192, 0, 2, 7]);
        body[54..58].copy_from_slice(&[1, 11, 2, 30]);
        let key = [9, 8, 7, 6, 5, 4, 3, 2];
        if masked {
            body.iter_mut().zip(key.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        }
        [&b"MO_I\x01\0"[..], &[u8::from(masked)], &key, &[64, 0, 0, 0, 0, 0, 0, 0], &body].concat()
    }

    #[test]
    fn an_answer_tells_address_name_and_firmware() {
        for masked in [false, true] {
            assert_eq!(
                facts(&READER, &answer(masked, b"02005e100001\0")).unwrap(),
                [
                    "sender foscam.role device",
                    "sender foscam.mac 02005e100001",
                    "sender foscam.name Hall",
                    "sender foscam.firmware 1.11.2.30",
                ]
            );
        }
        assert!(facts(&READER, &answer(false, b"0123456789\0\0\0")).unwrap()[1].contains("foscam.serial 01"));
        cut_everywhere(&READER, &Packet::default(), &answer(true, b"02005e100001\0"));
    }

    #[test]
    fn what_another_answers_is_not_the_senders() {
        let whole = answer(true, b"02005e100001\0");
        assert_eq!(facts_from(&READER, [192, 0, 2, 7], &whole), facts(&READER, &whole));
        assert_eq!(facts_from(&READER, [192, 0, 2, 8], &whole), Some(vec![]));
    }

    #[test]
    fn an_answer_names_something() {
        let mut whole = answer(false, &[0; 13]);
        assert_eq!(facts(&READER, &whole).unwrap().len(), 3);
        whole[HEADER..].fill(0);
        assert_eq!(facts(&READER, &whole), None);
        whole[HEADER..HEADER + 12].fill(b'0');
        assert_eq!(facts(&READER, &whole), None);
    }

    #[test]
    fn a_length_has_to_fit() {
        let whole = answer(false, b"02005e100001\0");
        assert_eq!(facts(&READER, &whole[..86]), None);
        assert_eq!(facts(&READER, &[&whole[..], &[0]].concat()), None);
        let search = [&b"MO_I\0\0\0"[..], &[0; 8], &[4, 0, 0, 0, 0, 0, 0, 0], &[0, 0, 0, 1]].concat();
        assert_eq!(facts(&READER, &search).unwrap(), ["sender foscam.role client"]);
        assert_eq!(facts(&READER, &search[..26]), None);
    }

    #[test]
    fn media_tell_who_sends_them() {
        let frame = |command: u8| [&[command, 0, 0, 0][..], MAGIC, &[5, 0, 0, 0]].concat();
        let request = b"SERVERPUSH / HTTP/1.1\r\nHost: 192.0.2.7\r\n\r\n";
        for (half, said) in [
            (frame(0x1a), vec!["sender foscam.role device"]),
            (frame(0x64), vec![]),
            (frame(0x0c), vec!["sender foscam.role client", "sender foscam.credentials clear"]),
            ([&request[..], &frame(0)].concat(), vec!["sender foscam.role client"]),
            (
                [&request[..], &frame(0x0c)].concat(),
                vec!["sender foscam.role client", "sender foscam.credentials clear"],
            ),
        ] {
            assert_eq!(
                stream(&MEDIA_READER, &half, false),
                (Probe::Match, said.iter().map(|&said| said.into()).collect())
            );
            cut_stream_everywhere(&MEDIA_READER, &half);
        }
        for half in [&b"SERVER"[..], b"\x1a\0\0\0FOS"] {
            assert!(matches!(stream(&MEDIA_READER, half, false).0, Probe::More(_)));
        }
        for half in [&b"SERVES"[..], b"\x1a\0\0\x01", b"\x1a\0\0\0FOSD", b"x", b"\x1a\0\0\0FOSC\0\0\0\x7f"] {
            assert_eq!(stream(&MEDIA_READER, half, false).0, Probe::NotMine, "{half:?}");
        }
        assert_eq!(stream(&MEDIA_READER, b"SERVER", true).0, Probe::NotMine);
    }
}
