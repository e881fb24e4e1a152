//! MQTT (versions 3.1 to 5) over TCP: how a client calls itself, and what it speaks of.
//!
//! A client's half begins with CONNECT, which names the protocol. Facts: `mqtt.client_id`; `mqtt.topic`, the first level alone of
//! its will's topic, and of that which the packet behind CONNECT subscribes to or publishes, for the levels below it name devices
//! and people; `mqtt.credentials`, `clear` where it sends a password. A server's half proves too little.
//!
//! Bounds: a CONNECT of 4 KiB; 64 bytes of a topic.

use crate::{
    Activity, Field, Probe, Read, Reader, ReaderId, Stream,
    cursor::Cursor,
    reader::Facts,
    readers::layout::{say, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(99),
    app: "mqtt",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: &[Field::MqttClientId, Field::MqttCredentials, Field::MqttTopic],
    read: Read::Stream(&[CONNECT..=CONNECT], read),
};

const CONNECT: u8 = 0x10;
const MAX_CONNECT: usize = 4 << 10;
const MAX_TOPIC: usize = 64;

const HAS_WILL: u8 = 0x04;
const HAS_PASSWORD: u8 = 0x40;
const RESERVED: u8 = 0x01;

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    if stream.bytes.first().is_some_and(|&first| first != CONNECT) {
        return Probe::NotMine;
    }
    let wait = stream.more();
    let mut cursor = Cursor(stream.bytes.get(1..).unwrap_or(&[]));
    let length = match length(&mut cursor) {
        Ok(length) if length <= MAX_CONNECT => length,
        Err(Ended::Open) => return wait,
        _ => return Probe::NotMine,
    };
    let names = [&b"\0\x04MQTT"[..], b"\0\x06MQIsdp"];
    if !names.iter().any(|name| cursor.0.iter().zip(*name).all(|(byte, expected)| byte == expected)) {
        return Probe::NotMine;
    }
    let Some(packet) = cursor.take(length) else {
        return wait;
    };
    let Some(connect) = Connect::parse(packet) else { return Probe::NotMine };
    let next = match behind(cursor) {
        Ok(topic) => topic,
        Err(Ended::Open) if !stream.ended => return wait,
        Err(_) => None,
    };
    say(Field::MqttClientId, text(connect.id, 0, connect.id.len()), facts);
    say(Field::MqttCredentials, connect.has_password.then_some(b"clear"), facts);
    let will = connect.will.and_then(first_level);
    say(Field::MqttTopic, will, facts);
    say(Field::MqttTopic, next.filter(|topic| Some(*topic) != will), facts);
    Probe::Match
}

/// Why something cannot be read.
enum Ended {
    /// The rest may still come.
    Open,
    /// It is nothing that is read.
    Wrong,
}

/// The length of what follows (version 5, 1.5.5): seven bits a byte, the lowest first.
fn length(cursor: &mut Cursor<'_>) -> Result<usize, Ended> {
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = cursor.u8().ok_or(Ended::Open)?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(length);
        }
    }
    Err(Ended::Wrong)
}

struct Connect<'a> {
    id: &'a [u8],
    will: Option<&'a [u8]>,
    has_password: bool,
}

impl<'a> Connect<'a> {
    fn parse(packet: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor(packet);
        let name = cursor.vector16()?;
        let version = cursor.u8()?;
        let flags = cursor.u8()?;
        let is_possible = match name {
            b"MQIsdp" => version & 0x7f == 3,
            _ => matches!(version & 0x7f, 4 | 5),
        };
        if !is_possible || flags & RESERVED != 0 {
            return None;
        }
        cursor.u16()?;
        if version == 5 {
            properties(&mut cursor)?;
        }
        let id = cursor.vector16()?;
        let will = if flags & HAS_WILL == 0 {
            None
        } else {
            if version == 5 {
                properties(&mut cursor)?;
            }
            let topic = cursor.vector16()?;
            cursor.vector16()?;
            Some(topic)
        };
        Some(Self { id, will, has_password: flags & HAS_PASSWORD != 0 })
    }
}

/// Passes over properties.
fn properties(cursor: &mut Cursor<'_>) -> Option<()> {
    let count = length(cursor).ok()?;
    cursor.take(count).map(|_| ())
}

/// The first level of the topic of the packet behind CONNECT, where it is one that has a topic.
fn behind(mut cursor: Cursor<'_>) -> Result<Option<&[u8]>, Ended> {
    let kind = cursor.u8().ok_or(Ended::Open)?;
    length(&mut cursor)?;
    match kind {
        // SUBSCRIBE of version 5 has properties; without knowing where they end nothing is taken.
        0x82 => {
            cursor.u16().ok_or(Ended::Open)?;
        }
        0x30..=0x3f => {}
        _ => return Ok(None),
    }
    let size = cursor.u16().ok_or(Ended::Open)?;
    let topic = cursor.up_to(size.into());
    match first_level(topic) {
        None if topic.len() < MAX_TOPIC && topic.len() < size.into() => Err(Ended::Open),
        Some(level) if level.len() == topic.len() && topic.len() < size.into() => Err(Ended::Open),
        level => Ok(level),
    }
}

/// The first level of a topic: `Cams` of `/Cams/7/status`.
fn first_level(topic: &[u8]) -> Option<&[u8]> {
    let topic = topic.strip_prefix(b"/").unwrap_or(topic);
    let topic = topic.get(..MAX_TOPIC).unwrap_or(topic);
    let level = topic.split(|&byte| byte == b'/').next().filter(|level| !level.is_empty())?;
    (!level.iter().any(u8::is_ascii_control)).then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{cut_stream_everywhere, stream};

    fn packet(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let (low, high) = (body.len() as u8 & 0x7f | 0x80, (body.len() >> 7) as u8);
        [&[kind, low, high][..], &body].concat()
    }

    fn text(text: &str) -> Vec<u8> {
        [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
    }

    fn connect(version: u8, flags: u8) -> Vec<u8> {
        let properties: &[u8] = if version == 5 { &[2, 0x21, 7] } else { &[] };
        let empty: &[u8] = if version == 5 { &[0] } else { &[] };
        let will = [empty, &text("Cams/P2P/Status"), &text("gone")].concat();
        packet(
            CONNECT,
            &[
                &text("MQTT"),
                &[version, flags, 0, 60],
                properties,
                &text("cam-0001"),
                if flags & HAS_WILL == 0 { &[] } else { &will },
                &text("someone"),
                &text("made up"),
            ],
        )
    }

    fn said(half: &[u8], ended: bool) -> (Probe, Vec<String>) {
        stream(&READER, half, ended)
    }

    #[test]
    fn a_client_tells_its_name_and_what_it_speaks_of() {
        for version in [4, 5] {
            let subscribes = packet(0x82, &[&[0, 1], &text("Others/cam-0001/sub"), &[0]]);
            let half = [connect(version, 0xc6), subscribes].concat();
            let all = [
                "sender mqtt.client_id cam-0001",
                "sender mqtt.credentials clear",
                "sender mqtt.topic Cams",
                "sender mqtt.topic Others",
            ];
            assert_eq!(said(&half, false), (Probe::Match, all.map(String::from).to_vec()));
            cut_stream_everywhere(&READER, &half);
            assert_eq!(said(&connect(version, 0xc6), true).1, all[..3]);
        }
        let half = [connect(4, 0), packet(0x30, &[&text("/alone"), b"{}"])].concat();
        assert_eq!(said(&half, false).1, ["sender mqtt.client_id cam-0001", "sender mqtt.topic alone"]);
        assert_eq!(
            said(&[connect(4, 0), vec![0xc0, 0]].concat(), false).1,
            ["sender mqtt.client_id cam-0001"]
        );
    }

    #[test]
    fn what_is_nearly_a_connect_is_none() {
        assert_eq!(said(&connect(3, 0), false).0, Probe::NotMine);
        assert_eq!(said(&connect(4, 1), false).0, Probe::NotMine);
        for half in [
            &b"\x20\x02"[..],
            b"\x10\xff\xff\xff\xff",
            b"\x10\x20\0\x04MQTU",
            b"\x10\x20\0\x06MQTT",
            b"\x10\xff\x7f",
        ] {
            assert_eq!(said(half, false).0, Probe::NotMine, "{half:?}");
        }
        let mut short = connect(4, 0xc6);
        (short[1], short[2]) = (0x90, 0);
        assert_eq!(said(&short, false).0, Probe::NotMine);
    }
}
