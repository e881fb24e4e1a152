//! V380 (Macro-Video): the search of its cameras (UDP 10008, answers to 10009), and the first message of a half over TCP (8800).
//! Built from public code.
//!
//! A search and its answer begin with words in ASCII; an answer has at least 16 fields between `^`. Over TCP messages have 256
//! bytes and begin with a command. Facts of a camera that answers a search: `v380.mac`, `v380.uid` (the number by which its
//! cloud knows it); `v380.role` of either side.

use crate::{
    Activity, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream,
    reader::Facts,
    readers::layout::{array, dotted, is_mac, is_of_another, say, text, u32le},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(87),
    app: "v380",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::V380Mac, Field::V380Role, Field::V380Uid],
    read: Read::Message(&[Route::UdpStart(b"NVDEVSEA"), Route::UdpStart(b"NVDEVRES")], read),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(88),
    activity: None,
    fields: &[Field::V380Role],
    read: Read::Stream(&[0x8f..=0x91, 0x2d..=0x2d], read_stream),
    ..READER
};

const FIELDS: usize = 16;
const MAX_FIELDS: usize = 64;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    if message.payload.starts_with(b"NVDEVSEARCH^") {
        say(Field::V380Role, Some(b"client"), facts);
        return true;
    }
    if !message.payload.starts_with(b"NVDEVRESULT^") {
        return false;
    }
    let (mut mac, mut address, mut id, mut count) = (None, None, None, 0);
    for field in message.payload.split(|&byte| byte == b'^').take(MAX_FIELDS) {
        let field = text(field, 0, field.len());
        match count {
            2 => mac = field.filter(|mac| is_mac(mac)),
            3 => address = field.and_then(dotted),
            12 => id = field,
            _ => {}
        }
        count += 1;
    }
    if mac.is_none() || count < FIELDS && !message.is_cut() {
        return false;
    }
    // Of the last field the capture may have cut some.
    if is_of_another(message, address.filter(|_| count > 4)) {
        return true;
    }
    say(Field::V380Role, Some(b"device"), facts);
    say(Field::V380Mac, mac, facts);
    let id = id.filter(|id| count > 13 && id.iter().all(u8::is_ascii_digit));
    say(Field::V380Uid, id, facts);
    true
}

const LENGTH: usize = 256;
const LOGIN: u32 = 1167;
const LOGIN_ANSWER: u32 = 1168;
const STREAM_LOGIN: u32 = 301;
const STREAM_ANSWER: u32 = 401;

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    let may_be = match bytes {
        [] => true,
        [first] => matches!(first, 0x8f | 0x90 | 0x2d | 0x91),
        [first, rest @ ..] => {
            let second = if matches!(first, 0x8f | 0x90) { 4 } else { 1 };
            matches!(first, 0x8f | 0x90 | 0x2d | 0x91)
                && rest.iter().zip([second, 0, 0]).all(|(byte, expected)| *byte == expected)
        }
    };
    if !may_be {
        return Probe::NotMine;
    }
    let Some(message) = bytes.get(..LENGTH) else { return stream.more() };
    let number = |at| u32le(message, at).unwrap_or(0);
    let role: &[u8] = match number(0) {
        LOGIN | STREAM_LOGIN if is_login(message) => b"client",
        LOGIN_ANSWER | STREAM_ANSWER if matches!(number(4), 1001 | 1011 | 1012 | 1018) => b"device",
        _ => return Probe::NotMine,
    };
    say(Field::V380Role, Some(role), facts);
    Probe::Match
}

/// Whether a message has what a login has: a kind of client, the number of a camera, and the name of a user with zeros behind.
fn is_login(message: &[u8]) -> bool {
    let user: [u8; 32] = array(message, 49).unwrap_or([1; 32]);
    let end = user.iter().position(|&byte| byte == 0).unwrap_or(user.len());
    let (name, zeros) = user.split_at(end);
    u32le(message, 13).is_some_and(|id| id != 0)
        && name.iter().all(u8::is_ascii_graphic)
        && zeros.iter().all(|&byte| byte == 0)
        && matches!(u32le(message, 4), Some(1022 | 1002 | 120))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, facts_from, stream},
    };

    const ANSWER: &[u8] = b"NVDEVRESULT^1^02:00:5e:10:00:01^192.0.2.7^a^b^c^d^e^f^g^h^12345678^i^j^k^";

    #[test]
    fn a_search_is_answered_with_address_and_number() {
        assert_eq!(
            facts(&READER, ANSWER).unwrap(),
            ["sender v380.role device", "sender v380.mac 02:00:5e:10:00:01", "sender v380.uid 12345678"]
        );
        assert_eq!(facts(&READER, b"NVDEVSEARCH^100").unwrap(), ["sender v380.role client"]);
        cut_everywhere(&READER, &Packet::default(), ANSWER);
        for near in
            [&b"NVDEVRESULT^1^02:00:5e:10:00:01^"[..], b"NVDEVRESULT^1^x^^^^^^^^^^^^^^^^", b"NVDEVRESET^"]
        {
            assert_eq!(facts(&READER, near), None, "{near:?}");
        }
    }

    #[test]
    fn what_another_answers_is_not_the_senders() {
        let whole = ANSWER;
        assert_eq!(facts_from(&READER, [192, 0, 2, 7], whole), facts(&READER, whole));
        assert_eq!(facts_from(&READER, [192, 0, 2, 8], whole), Some(vec![]));
    }

    #[test]
    fn a_number_that_was_never_set_is_none() {
        let unset = String::from_utf8_lossy(ANSWER).replace("12345678", "0");
        assert_eq!(facts(&READER, unset.as_bytes()).unwrap().len(), 2);
    }

    fn login(command: u32, kind: u32) -> Vec<u8> {
        let mut bytes = vec![0; LENGTH];
        bytes[..4].copy_from_slice(&command.to_le_bytes());
        bytes[4..8].copy_from_slice(&kind.to_le_bytes());
        bytes[13..17].copy_from_slice(&7u32.to_le_bytes());
        bytes[49..54].copy_from_slice(b"admin");
        bytes
    }

    #[test]
    fn a_login_over_tcp_tells_who_is_who() {
        for (half, role) in [
            (login(LOGIN, 1022), "client"),
            (login(STREAM_LOGIN, 1002), "client"),
            (login(LOGIN_ANSWER, 1001), "device"),
            (login(STREAM_ANSWER, 1018), "device"),
        ] {
            assert_eq!(
                stream(&STREAM_READER, &half, false),
                (Probe::Match, vec![format!("sender v380.role {role}")])
            );
            cut_stream_everywhere(&STREAM_READER, &half);
        }
        let with = |at: usize, byte| {
            let mut near = login(LOGIN, 1022);
            near[at] = byte;
            near
        };
        for near in
            [login(LOGIN, 7), login(LOGIN_ANSWER, 0), with(13, 0), with(60, b'x'), with(1, 5), with(50, 7)]
        {
            assert_eq!(stream(&STREAM_READER, &near, false).0, Probe::NotMine);
        }
        assert_eq!(stream(&STREAM_READER, b"\x8f\x04\0\x01", false).0, Probe::NotMine);
    }
}
