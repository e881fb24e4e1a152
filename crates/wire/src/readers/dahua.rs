//! DVRIP of the Dahua platform, older than DHIP: sessions over TCP, and the discovery of older devices over UDP.
//! Xiongmai's protocol of the same name is another.
//!
//! A frame is a header of 32 bytes, little-endian, and a body: command, a byte of its own, two more, length of the body.
//! A half of TCP is one of DVRIP where one of these stands first: a login (`a0`) whose header ends with `a1 aa`; the
//! answer to one (`b0`) whose body names realm and random number; a frame with JSON (`f6`) whose two lengths agree. A
//! search for devices has 32 bytes (`a3`); the answer (`b3`) has 88 bytes of numbers, a version before all, the link address as text, and
//! lines such as `SerialNo:`.
//!
//! Facts, all about the sender: `dahua.role`; of a device `dahua.serial`, and in answers to a search `dahua.mac`,
//! `dahua.firmware`, `dahua.model`, `dahua.name`; of a client that logs in in the oldest way `dahua.credentials`, for everybody has the key
//! that it hides its password with.
//!
//! Bounds: 4 KiB of the first frame, 32 lines.

pub(super) mod realm;

use crate::{
    Activity, Fact, Field, Message, Pattern, Probe, Read, Reader, ReaderId, Route, Stream,
    json::{self, End},
    reader::Facts,
    readers::layout::{is_mac, say_written, u16le},
    text::told,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(39),
    app: "dahua",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::DahuaCredentials,
        Field::DahuaFirmware,
        Field::DahuaMac,
        Field::DahuaModel,
        Field::DahuaName,
        Field::DahuaRole,
        Field::DahuaSerial,
    ],
    read: Read::Message(&[Route::UdpStart(&SEARCH), Route::UdpAt(ANSWER)], read),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(40),
    activity: None,
    read: Read::Stream(&[0xa0..=0xa0, 0xb0..=0xb0, 0xf6..=0xf6], read_stream),
    ..READER
};

const SEARCH: [u8; 3] = [0xa3, 1, 0];
/// Command, and the length of the numbers.
const ANSWER: Pattern = Pattern {
    offset: 0,
    mask: &[0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
    bytes: &[0xb3, 0, 0, 0, 0x58, 0, 0, 0],
};

const HEADER: usize = 32;
/// Where the text of an answer to a search begins.
const TEXT: usize = HEADER + 0x58;
const MAX_BODY: usize = 4096;
const MAX_LINES: usize = 32;

const LOGIN: u8 = 0xa0;
const LOGIN_ANSWER: u8 = 0xb0;
const DOCUMENT: u8 = 0xf6;

/// What the lines of an answer to a search say.
const SAID: [(&[u8], Field); 3] =
    [(b"Device:", Field::DahuaModel), (b"Name:", Field::DahuaName), (b"SerialNo:", Field::DahuaSerial)];

/// Four bytes of a header as a number.
fn number(header: &[u8; HEADER], at: usize) -> usize {
    let four = header.get(at..).and_then(|bytes| bytes.first_chunk());
    four.map_or(0, |four| u32::from_le_bytes(*four) as usize)
}

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else { return false };
    let sent = if message.is_cut() { message.packet.payload_length as usize } else { bytes.len() };
    match header {
        [0xa3, 1, 0, 0 | 1, ..] => {
            let [_, _, _, _, numbers @ ..] = header;
            let expected = [0; 12].into_iter().chain([2, 0, 0, 0]).chain([0; 12]);
            let is_search = sent == HEADER && rest.is_empty() && numbers.iter().copied().eq(expected);
            if is_search {
                facts(Fact::of_sender(Field::DahuaRole, b"client"));
            }
            is_search
        }
        [0xb3, _, mac, ..] => found(header, usize::from(*mac), bytes, sent, facts),
        _ => false,
    }
}

/// Reads the answer to a search, whose link address has `length` characters.
fn found(header: &[u8; HEADER], length: usize, bytes: &[u8], sent: usize, facts: Facts<'_>) -> bool {
    let text = bytes.get(TEXT..).unwrap_or(&[]);
    let Some((mac, lines)) = text.split_at_checked(length) else { return false };
    let behind = number(header, 20) & 0xffff;
    if number(header, 4) != 0x58
        || number(header, 16) != 2
        || TEXT + behind > sent
        || !mac.get(..17).is_some_and(is_mac)
    {
        return false;
    }
    facts(Fact::of_sender(Field::DahuaRole, b"device"));
    facts(Fact::of_sender(Field::DahuaMac, mac.get(..17).unwrap_or(mac)));
    if let (Some(a), Some(b), Some(c), Some(d)) =
        (u16le(bytes, HEADER), u16le(bytes, HEADER + 2), u16le(bytes, HEADER + 4), u16le(bytes, HEADER + 6))
    {
        say_written(Field::DahuaFirmware, format_args!("{a}.{b}.{c}.{d}"), facts);
    }
    let mut said = [false; SAID.len()];
    // The last line is one where its end is there.
    for line in lines
        .split_inclusive(|&byte| byte == b'\n')
        .filter_map(|line| line.strip_suffix(b"\n"))
        .take(MAX_LINES)
    {
        for ((start, field), said) in SAID.iter().zip(&mut said) {
            let text = line.strip_prefix(*start).map(<[u8]>::trim_ascii).and_then(told);
            if let Some(text) = text.filter(|_| !*said) {
                *said = true;
                facts(Fact::of_sender(*field, text));
            }
        }
    }
    true
}

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    if !matches!(
        bytes,
        [] | [LOGIN | LOGIN_ANSWER | DOCUMENT]
            | [LOGIN, 0 | 1 | 5, ..]
            | [LOGIN_ANSWER, 0 | 1, ..]
            | [DOCUMENT, 0]
            | [DOCUMENT, 0, 0]
            | [DOCUMENT, 0, 0, 0, ..]
    ) {
        return Probe::NotMine;
    }
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return stream.more();
    };
    let length = number(header, 4);
    if header.first() == Some(&LOGIN) {
        return login(header, facts);
    }
    if header.first() == Some(&DOCUMENT) && !is_of_document(header, rest) {
        return Probe::NotMine;
    }
    let wanted = length.min(MAX_BODY);
    let body = match rest.get(..wanted) {
        Some(body) => body,
        None if stream.ended => rest,
        None => return Probe::More(HEADER + wanted),
    };
    if header.first() == Some(&DOCUMENT) { document(body, facts) } else { login_answer(body, facts) }
}

/// Whether the header is that of a frame with JSON, as far as this may be told.
fn is_of_document(header: &[u8; HEADER], rest: &[u8]) -> bool {
    let length = number(header, 4);
    let zeros = [12, 20, 28].iter().all(|&at| number(header, at) == 0);
    length > 0 && length == number(header, 16) && zeros && rest.first().is_none_or(|&byte| byte == b'{')
}

fn login(header: &[u8; HEADER], facts: Facts<'_>) -> Probe {
    let [_, _, _, _, _, _, _, _, secret @ .., 5, 2, how, kind, 0, 0, 0xa1, 0xaa] = header else {
        return Probe::NotMine;
    };
    facts(Fact::of_sender(Field::DahuaRole, b"client"));
    if [*how, *kind] == [0, 1] && secret.iter().any(|byte| *byte != 0) {
        facts(Fact::of_sender(Field::DahuaCredentials, b"clear"));
    }
    Probe::Match
}

/// The answer to a login is known by its lines.
fn login_answer(body: &[u8], facts: Facts<'_>) -> Probe {
    let line = |start: &[u8]| {
        let lines = body.split_inclusive(|&byte| byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
        lines.take(MAX_LINES).find_map(|line| line.strip_prefix(start))
    };
    let (Some(realm), Some(_)) = (line(b"Realm:"), line(b"Random:")) else { return Probe::NotMine };
    facts(Fact::of_sender(Field::DahuaRole, b"device"));
    if let Some(serial) = realm::serial(realm) {
        facts(Fact::of_sender(Field::DahuaSerial, serial));
    }
    Probe::Match
}

fn document(body: &[u8], facts: Facts<'_>) -> Probe {
    let (mut asks, mut answers) = (false, false);
    let end = json::walk(body, |path, value| match path {
        // So begin the methods by which a device tells its client of something.
        ["method"] if value.starts_with("client.") => answers = true,
        ["method"] => asks = true,
        ["result"] => answers = true,
        _ => {}
    });
    if body.first() != Some(&b'{') || end == End::Broken {
        return Probe::NotMine;
    }
    if asks {
        facts(Fact::of_sender(Field::DahuaRole, b"client"));
    } else if answers && end == End::Whole {
        facts(Fact::of_sender(Field::DahuaRole, b"device"));
    }
    Probe::Match
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
    };

    fn search() -> Vec<u8> {
        [&[0xa3, 1, 0, 1][..], &[0; 12], &[2, 0, 0, 0], &[0; 12]].concat()
    }

    fn answer(lines: &str) -> Vec<u8> {
        let behind = (17 + lines.len() as u16).to_le_bytes();
        let header =
            [&[0xb3, 0, 17, 0, 0x58, 0, 0, 0][..], &[0; 8], &[2, 0, 0, 0], &behind, &[0; 10]].concat();
        [&header[..], &[2, 0, 0xa4, 1, 0, 0, 5, 0], &[0; 80], b"00:00:5e:00:53:07", lines.as_bytes()].concat()
    }

    const LINES: &str =
        "Name:Door\r\nDevice:IPC-EX100\r\nIPv6Addr:;\r\nSerialNo:9Z01234PAB56789\r\nName:x\r\n";

    fn frame(command: [u8; 2], body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32).to_le_bytes();
        [&command[..], &[0, 0], &length, &[0; 24], body].concat()
    }

    fn with_document(body: &str) -> Vec<u8> {
        let mut bytes = frame([DOCUMENT, 0], body.as_bytes());
        let length = (body.len() as u32).to_le_bytes();
        bytes[16..20].copy_from_slice(&length);
        bytes[24] = 9;
        bytes
    }

    fn half(bytes: &[u8]) -> (Probe, Vec<String>) {
        stream(&STREAM_READER, bytes, false)
    }

    #[test]
    fn an_old_device_that_is_found_says_what_it_is() {
        let said = [
            "sender dahua.role device",
            "sender dahua.mac 00:00:5e:00:53:07",
            "sender dahua.firmware 2.420.0.5",
            "sender dahua.name Door",
            "sender dahua.model IPC-EX100",
            "sender dahua.serial 9Z01234PAB56789",
        ];
        assert_eq!(facts(&READER, &answer(LINES)).unwrap(), said);
        cut_everywhere(&READER, &Packet::default(), &answer(LINES));
        assert_eq!(facts(&READER, &search()).unwrap(), ["sender dahua.role client"]);
    }

    #[test]
    fn nearly_a_discovery_is_not_read() {
        for at in [0, 4, 5, 16, 17, 21, 120, 122] {
            let mut wrong = answer(LINES);
            wrong[at] ^= 0x41;
            assert!(facts(&READER, &wrong).is_none(), "byte {at}");
        }
        for at in [0, 1, 2, 3, 4, 16, 31] {
            let mut wrong = search();
            wrong[at] ^= 0x42;
            assert!(facts(&READER, &wrong).is_none(), "byte {at}");
        }
        assert!(facts(&READER, &[&search()[..], b"\0"].concat()).is_none());
    }

    #[test]
    fn a_login_is_a_clients() {
        for (how, clear) in [([0, 1], true), ([1, 1], false), ([0, 8], false)] {
            let mut login = frame([LOGIN, 1], b"");
            login[24..].copy_from_slice(&[5, 2, how[0], how[1], 0, 0, 0xa1, 0xaa]);
            assert_eq!(half(&login), (Probe::Match, vec!["sender dahua.role client".to_owned()]));
            login[8..24].copy_from_slice(b"eightby0eightby1");
            assert_eq!(half(&login).1.contains(&"sender dahua.credentials clear".to_owned()), clear);
            cut_stream_everywhere(&STREAM_READER, &login);
        }
    }

    #[test]
    fn the_answer_to_a_login_may_hold_a_serial_number() {
        let answer = frame([LOGIN_ANSWER, 1], b"Realm:Login to 9Z01234PAB56789\r\nRandom:7\r\n\r\n");
        let said = ["sender dahua.role device", "sender dahua.serial 9Z01234PAB56789"];
        assert_eq!(half(&answer), (Probe::Match, said.map(String::from).to_vec()));
        cut_stream_everywhere(&STREAM_READER, &answer);
    }

    #[test]
    fn a_document_says_who_asks() {
        for (body, role) in [
            ("{\"method\":\"a\",\"id\":1}\n", "client"),
            ("{\"id\":1,\"result\":true}\n", "device"),
            ("{\"method\":\"client.notifyEventStream\",\"id\":1}\n", "device"),
        ] {
            let bytes = with_document(body);
            assert_eq!(half(&bytes), (Probe::Match, vec![format!("sender dahua.role {role}")]));
            cut_stream_everywhere(&STREAM_READER, &bytes);
        }
    }

    #[test]
    fn nearly_a_session_is_not_read() {
        let mut twice = with_document("{\"id\":1}");
        twice[16] ^= 1;
        for bytes in [
            &b"\xa0\x02"[..],
            b"\xf6\0\x01",
            b"GET",
            &frame([LOGIN, 0], b""),
            &frame([LOGIN_ANSWER, 0], b"Realm:Login to x\r\n"),
            &frame([LOGIN_ANSWER, 0], b""),
            &with_document("[1]"),
            &with_document("{1}"),
            &twice,
        ] {
            assert_eq!(half(bytes).0, Probe::NotMine, "{bytes:?}");
        }
        assert_eq!(
            half(&frame([LOGIN_ANSWER, 0], &vec![b'x'; 1 << 20])[..HEADER]).0,
            Probe::More(HEADER + MAX_BODY)
        );
    }
}
