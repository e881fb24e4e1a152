//! Kasa, by which TP-Link's older smart devices are found and ruled over port 9999: cameras, plugs, bulbs.
//!
//! A message is JSON, each byte masked with the masked byte before it, the first with `ab`; over TCP its length stands
//! before it, four bytes, big-endian. Bytes are of Kasa where, unmasked, they are a whole object of JSON. Of one that is
//! cut what is there must be the beginning of one.
//!
//! Facts, all about the sender: `kasa.role`; of a device `kasa.class`, `kasa.model`, `kasa.mac`, `kasa.name`,
//! `kasa.firmware`, `kasa.uid`; of a client that sends a password `kasa.credentials`, for the mask hides nothing.
//!
//! Bounds: those of [`json`]; over TCP the first message, 4 KiB of it.

use crate::{
    Activity, Fact, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream,
    json::{self, End, MAX_LENGTH},
    reader::Facts,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(35),
    app: "kasa",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::KasaClass,
        Field::KasaCredentials,
        Field::KasaFirmware,
        Field::KasaMac,
        Field::KasaModel,
        Field::KasaName,
        Field::KasaRole,
        Field::KasaUid,
    ],
    read: Read::Message(&[Route::UdpStart(&START)], read),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(36),
    activity: Some(Activity::Signalling),
    read: Read::Stream(&[0..=0], read_stream),
    ..READER
};

const FIRST_MASK: u8 = 0xab;
/// `{"`, masked.
const START: [u8; 2] = [0xd0, 0xf2];
/// Longest part of a message over TCP that is read.
const MAX_MESSAGE: usize = 4096;
/// How many bytes of a message that is cut must be there, all of them printable.
const LEAST: usize = 12;

/// What a device says of itself, by its place in the document. Cameras put it one level deeper.
const SAID: [(&[&str], Field); 14] = [
    (&["system", "get_sysinfo", "alias"], Field::KasaName),
    (&["system", "get_sysinfo", "deviceId"], Field::KasaUid),
    (&["system", "get_sysinfo", "mac"], Field::KasaMac),
    (&["system", "get_sysinfo", "mic_mac"], Field::KasaMac),
    (&["system", "get_sysinfo", "mic_type"], Field::KasaClass),
    (&["system", "get_sysinfo", "model"], Field::KasaModel),
    (&["system", "get_sysinfo", "sw_ver"], Field::KasaFirmware),
    (&["system", "get_sysinfo", "type"], Field::KasaClass),
    (&["system", "get_sysinfo", "system", "alias"], Field::KasaName),
    (&["system", "get_sysinfo", "system", "deviceId"], Field::KasaUid),
    (&["system", "get_sysinfo", "system", "mic_mac"], Field::KasaMac),
    (&["system", "get_sysinfo", "system", "model"], Field::KasaModel),
    (&["system", "get_sysinfo", "system", "sw_ver"], Field::KasaFirmware),
    (&["system", "get_sysinfo", "system", "type"], Field::KasaClass),
];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    say(message.payload, message.is_cut(), facts)
}

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let may_begin = [0, 0].iter().zip(stream.bytes).all(|(a, b)| a == b)
        && stream.bytes.iter().skip(4).zip(START).all(|(a, b)| *a == b);
    if !may_begin {
        return Probe::NotMine;
    }
    let Some(([_, _, high, low], masked)) = stream.bytes.split_first_chunk() else {
        return stream.more();
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let wanted = length.min(MAX_MESSAGE);
    let there = masked.get(..wanted).unwrap_or(masked);
    // Random bytes that begin like this are told by the next few, be the message there as a whole or not.
    if there.len() >= LEAST && !is_printable(there) {
        return Probe::NotMine;
    }
    if there.len() < wanted && !stream.ended {
        return Probe::More(if there.len() < LEAST { stream.bytes.len() + 1 } else { 4 + wanted });
    }
    if say(there, there.len() < length, facts) { Probe::Match } else { Probe::NotMine }
}

/// The bytes without their mask.
fn unmask(masked: &[u8]) -> impl Iterator<Item = u8> {
    let before = std::iter::once(&FIRST_MASK).chain(masked);
    masked.iter().zip(before).map(|(byte, mask)| byte ^ mask)
}

fn is_printable(masked: &[u8]) -> bool {
    unmask(masked).take(LEAST).filter(|byte| (b' '..=b'~').contains(byte)).count() == LEAST
}

/// Yields what a message says, if it is one.
fn say(masked: &[u8], is_cut: bool, facts: Facts<'_>) -> bool {
    let last = unmask(masked.get(masked.len().saturating_sub(2)..).unwrap_or(&[])).last();
    if !masked.starts_with(&START) || !is_cut && last != Some(b'}') || is_cut && !is_printable(masked) {
        return false;
    }
    let document: Vec<u8> = unmask(masked.get(..MAX_LENGTH).unwrap_or(masked)).collect();
    let (mut answers, mut password) = (false, false);
    let end = json::walk(&document, |path, value| match path {
        [.., "err_code"] => answers = true,
        [.., "set_stainfo" | "bind", "password"] => password |= !value.is_empty(),
        _ => {}
    });
    if end == End::Broken || !is_cut && end == End::Cut {
        return false;
    }
    if answers {
        facts(Fact::of_sender(Field::KasaRole, b"device"));
    } else if end == End::Whole {
        facts(Fact::of_sender(Field::KasaRole, b"client"));
    }
    json::say(&document, &SAID, facts);
    if password {
        facts(Fact::of_sender(Field::KasaCredentials, b"clear"));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
    };

    const SEARCH: &str = "{\"system\":{\"get_sysinfo\":{}}}";
    const ANSWER: &str = "{\"system\":{\"get_sysinfo\":{\"err_code\":0,\"system\":{\"sw_ver\":\"2.0 Build 1\",\
        \"model\":\"KC000(EU)\",\"alias\":\"Hall\",\"type\":\"IOT.IPCAMERA\",\"mic_mac\":\"00005E005307\",\
        \"deviceId\":\"0123456789ABCDEF\",\"latitude_i\":0}}}}";
    const SAID: [&str; 7] = [
        "sender kasa.role device",
        "sender kasa.firmware 2.0 Build 1",
        "sender kasa.model KC000(EU)",
        "sender kasa.name Hall",
        "sender kasa.class IOT.IPCAMERA",
        "sender kasa.mac 00005E005307",
        "sender kasa.uid 0123456789ABCDEF",
    ];

    fn mask(document: &str) -> Vec<u8> {
        let mut mask = FIRST_MASK;
        let masked = document.bytes().map(|byte| {
            mask ^= byte;
            mask
        });
        masked.collect()
    }

    fn framed(document: &str) -> Vec<u8> {
        [&(document.len() as u32).to_be_bytes()[..], &mask(document)].concat()
    }

    #[test]
    fn a_device_that_is_found_says_what_it_is() {
        assert_eq!(facts(&READER, &mask(ANSWER)).unwrap(), SAID);
        cut_everywhere(&READER, &Packet::default(), &mask(ANSWER));
        let plug = "{\"system\":{\"get_sysinfo\":{\"mac\":\"00:00:5E:00:53:08\",\"mic_type\":\"IOT.SMARTPLUGSWITCH\",\
            \"model\":\"HS000(EU)\",\"err_code\":0}}}";
        let said = [
            SAID[0],
            "sender kasa.mac 00:00:5E:00:53:08",
            "sender kasa.class IOT.SMARTPLUGSWITCH",
            "sender kasa.model HS000(EU)",
        ];
        assert_eq!(facts(&READER, &mask(plug)).unwrap(), said);
    }

    #[test]
    fn a_search_is_a_clients() {
        let masked = mask(SEARCH);
        assert_eq!(masked[..9], [0xd0, 0xf2, 0x81, 0xf8, 0x8b, 0xff, 0x9a, 0xf7, 0xd5]);
        assert_eq!(facts(&READER, &masked).unwrap(), ["sender kasa.role client"]);
    }

    #[test]
    fn over_tcp_the_first_message_speaks() {
        for (document, count) in [(SEARCH, 1), (ANSWER, SAID.len())] {
            let half = framed(document);
            let (probe, said) = stream(&STREAM_READER, &half, false);
            assert_eq!((probe, said.len()), (Probe::Match, count));
            cut_stream_everywhere(&STREAM_READER, &half);
        }
    }

    #[test]
    fn a_password_is_told_but_not_said() {
        let join = "{\"netif\":{\"set_stainfo\":{\"ssid\":\"n\",\"password\":\"secret\",\"key_type\":3}}}";
        let said = ["sender kasa.role client", "sender kasa.credentials clear"];
        assert_eq!(stream(&STREAM_READER, &framed(join), false).1, said);
    }

    #[test]
    fn nearly_kasa_is_not_read() {
        for document in ["{\"a\":1}x", "{\"a\":1", "{\"a\" 1}", "[\"a\"]", "{ \"a\":1}", "{\"", ""] {
            assert!(facts(&READER, &mask(document)).is_none(), "{document}");
        }
        let random: Vec<u8> = START.into_iter().chain((0..200_u8).map(|n| n.wrapping_mul(37))).collect();
        assert!(facts(&READER, &random).is_none());
        let half = [&200_u32.to_be_bytes()[..], &random[..40]].concat();
        assert_eq!(stream(&STREAM_READER, &half, false).0, Probe::NotMine);
        for start in [&b"\0\x01"[..], b"\0\0\0\x40\xff", b"\0\0\0\x40\xd0\xf3", b"GET"] {
            assert_eq!(stream(&STREAM_READER, start, false).0, Probe::NotMine, "{start:?}");
        }
        assert_ne!(stream(&STREAM_READER, &framed(ANSWER)[..10], true).0, Probe::Match);
        // A document, but one whose first key no device writes: what was refused when less was there stays so.
        let odd = framed("{\"k\u{e9}y_that_is_long\":1}");
        for length in [20, odd.len()] {
            assert_eq!(stream(&STREAM_READER, &odd[..length], false).0, Probe::NotMine, "{length}");
        }
        assert_eq!(stream(&STREAM_READER, &[0; 3], false).0, Probe::More(4));
        assert_eq!(stream(&STREAM_READER, &[0; 4], false).0, Probe::NotMine);
    }
}
