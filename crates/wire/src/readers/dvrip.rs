//! DVRIP of Xiongmai's devices (Sofia, `XMEye`), which are sold under many names: discovery over UDP, and sessions and
//! media over TCP. Dahua's protocol of the same name is another.
//!
//! A frame is a header of 20 bytes, little-endian, and a body: `ff`, 0 or 1, two zeros, session, sequence, two bytes
//! that count packets, the number of the message, length of the body. The body is JSON that ends with a line feed and
//! NUL, or media behind `00 00 01 f9` to `00 00 01 fe`. Bytes are of DVRIP where number and length are in their range and the body
//! begins like one of these, or is empty where the message asks for nothing.
//!
//! Facts, all about the sender: `dvrip.role`; of a device `dvrip.mac`, `dvrip.serial`, `dvrip.name` (discovery),
//! `dvrip.class` (login), `dvrip.model`, `dvrip.firmware` (its system), as far as the first frames say so, and in discovery
//! `dvrip.channels` and `dvrip.build`, which stands under the name `OtherFunction`; of a client that sends its password as it is, `dvrip.credentials`.
//!
//! Bounds: those of [`json`]; over TCP the first 4 frames as long as they are answers, 4 KiB of each.

use crate::{
    Activity, Fact, Field, Message, Pattern, Probe, Read, Reader, ReaderId, Route, Stream,
    json::{self, End},
    reader::Facts,
    readers::layout::is_of_another,
};
use std::net::Ipv4Addr;

pub(crate) const READER: Reader = Reader {
    number: ReaderId(32),
    app: "dvrip",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::DvripBuild,
        Field::DvripChannels,
        Field::DvripClass,
        Field::DvripCredentials,
        Field::DvripFirmware,
        Field::DvripMac,
        Field::DvripModel,
        Field::DvripName,
        Field::DvripRole,
        Field::DvripSerial,
    ],
    read: Read::Message(&[Route::UdpAt(START)], read),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(33),
    activity: None,
    read: Read::Stream(&[0xff..=0xff], read_stream),
    ..READER
};

/// The first four bytes, the second 0 or 1.
const START: Pattern = Pattern { offset: 0, mask: &[0xff, 0xfe, 0xff, 0xff], bytes: &[0xff, 0, 0, 0] };

const HEADER: usize = 20;
/// Longest body there is.
const MAX_LENGTH: usize = 1 << 20;
/// How much of a body over TCP is read.
const MAX_BODY: usize = 4096;
const MAX_FRAMES: usize = 4;
/// Bytes behind a frame in a datagram.
const MAX_PADDING: usize = 4;

const LOGIN: u16 = 1000;
const KEEP_ALIVE: u16 = 1006;
const ENCRYPTION: u16 = 1010;
const MEDIA: u16 = 1412;
/// What a client says of the stream that it will open; the answer has the next number.
const CLAIM: u16 = 1413;
const ALARM: u16 = 1504;
/// How who is told of an alarm answers, be it a centre or a recorder.
const ALARM_TAKEN: u16 = 1505;
const SEARCH: u16 = 1530;

/// What a device says of itself, by its place in a document. The key of the kind ends with a space.
const SAID: [(&[&str], Field); 10] = [
    (&["DeviceType "], Field::DvripClass),
    (&["NetWork.NetCommon", "ChannelNum"], Field::DvripChannels),
    (&["NetWork.NetCommon", "HostName"], Field::DvripName),
    (&["NetWork.NetCommon", "MAC"], Field::DvripMac),
    (&["NetWork.NetCommon", "OtherFunction"], Field::DvripBuild),
    (&["NetWork.NetCommon", "SN"], Field::DvripSerial),
    (&["SystemInfo", "HardWare"], Field::DvripModel),
    (&["SystemInfo", "SerialNo"], Field::DvripSerial),
    (&["SystemInfo", "SoftWareVersion"], Field::DvripFirmware),
    (&["SerialID"], Field::DvripSerial),
];

/// What stands in a header.
#[derive(Clone, Copy, Debug)]
struct Header {
    message: u16,
    length: usize,
}

impl Header {
    fn parse(bytes: &[u8; HEADER]) -> Option<Self> {
        let [0xff, 0 | 1, 0, 0, .., low, high, a, b, c, d] = *bytes else { return None };
        let message = u16::from_le_bytes([low, high]);
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let fits = (LOGIN..3700).contains(&message) && length <= MAX_LENGTH;
        fits.then_some(Self { message, length })
    }

    /// Whether a body that begins like this makes bytes DVRIP; `None` where it takes more to tell.
    fn fits(self, body: &[u8]) -> Option<bool> {
        match body {
            _ if self.length == 0 => Some(matches!(self.message, KEEP_ALIVE | ENCRYPTION | SEARCH)),
            [b'{', ..] | [0, 0, 1, 0xf9..=0xfe, ..] => Some(true),
            [b'\n', 0, ..] => Some(self.length == 2),
            [] | [0 | b'\n'] | [0, 0] | [0, 0, 1] if body.len() < self.length => None,
            _ => Some(false),
        }
    }

    /// Answers have odd numbers, but for those that a client claims a stream and a centre takes alarms with.
    const fn is_answer(self) -> bool {
        self.message % 2 == 1 && !matches!(self.message, CLAIM | ALARM_TAKEN)
    }
}

/// Who sends a frame, where that can be told.
fn role(header: Header, body: &[u8]) -> Option<&'static [u8]> {
    let (mut reports, mut answers) = (false, false);
    match (header.message, body) {
        (MEDIA | ALARM, _) => return Some(b"device"),
        (ALARM_TAKEN, _) | (_, [0, ..]) => return None,
        _ => {}
    }
    // A device that reports an alarm to a recorder asks for an answer, too.
    let end = json::walk(body, |path, _| match path {
        ["SerialID"] => reports = true,
        ["Ret"] => (reports, answers) = (true, true),
        ["SessionID" | "DeviceType "] => answers = true,
        _ => {}
    });
    match (header.message, end) {
        // The answer to a claim has another number.
        (CLAIM, End::Whole) => Some(b"client"),
        (CLAIM, _) => None,
        _ if header.is_answer() => answers.then_some(b"device"),
        _ if reports => Some(b"device"),
        (_, End::Whole) => Some(b"client"),
        _ => (header.length <= 2).then_some(b"client"),
    }
}

fn say(header: Header, body: &[u8], facts: Facts<'_>) {
    match role(header, body) {
        Some(b"device") => {
            json::say(body, &SAID, facts);
        }
        Some(_) if header.message == LOGIN && sends_password(body) => {
            facts(Fact::of_sender(Field::DvripCredentials, b"clear"));
        }
        _ => {}
    }
}

fn sends_password(body: &[u8]) -> bool {
    let (mut plain, mut password) = (false, false);
    json::walk(body, |path, value| match path {
        ["EncryptType"] => plain = value.eq_ignore_ascii_case("NONE"),
        ["PassWord"] => password = !value.is_empty(),
        _ => {}
    });
    plain && password
}

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let Some((header, body)) = bytes.split_first_chunk() else { return false };
    let Some(header) = Header::parse(header) else { return false };
    let sent = if message.is_cut() { message.packet.payload_length as usize } else { bytes.len() };
    let end = HEADER + header.length;
    if !(end..=end + MAX_PADDING).contains(&sent) || header.fits(body) != Some(true) {
        return false;
    }
    if is_of_another(message, host(body)) {
        return true;
    }
    if let Some(role) = role(header, body) {
        facts(Fact::of_sender(Field::DvripRole, role));
    }
    say(header, body, facts);
    true
}

/// The address that an answer to a search gives: `0x0A01A8C0`, the low byte first, or with dots.
fn host(body: &[u8]) -> Option<Ipv4Addr> {
    let mut host = None;
    json::walk(body, |path, value| {
        if matches!(path, ["NetWork.NetCommon", "HostIP"]) {
            let digits = value.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
            host = digits.map(|number| Ipv4Addr::from(number.to_le_bytes())).or(value.parse().ok());
        }
    });
    host
}

/// The frame that stands at `at`: `Ok(None)` where what stands there is none, else what it takes to tell.
fn frame(bytes: &[u8], at: usize, ended: bool) -> Result<Option<(Header, &[u8])>, Probe> {
    let rest = bytes.get(at..).unwrap_or(&[]);
    let Some((header, rest)) = rest.split_first_chunk() else {
        let may_be = rest.iter().zip(START.mask.iter().zip(START.bytes)).all(|(a, (mask, b))| a & mask == *b);
        // It may turn out to be no frame at any byte.
        return if may_be && !ended { Err(Probe::More(bytes.len() + 1)) } else { Ok(None) };
    };
    let Some(header) = Header::parse(header) else { return Ok(None) };
    match header.fits(rest) {
        Some(true) => {}
        None if !ended => return Err(Probe::More(bytes.len() + 1)),
        _ => return Ok(None),
    }
    let wanted = header.length.min(MAX_BODY);
    match rest.get(..wanted) {
        Some(body) => Ok(Some((header, body))),
        None if ended => Ok(Some((header, rest))),
        None => Err(Probe::More(at + HEADER + wanted)),
    }
}

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let mut frames = [None; MAX_FRAMES];
    let mut at = 0;
    for place in &mut frames {
        match frame(stream.bytes, at, stream.ended) {
            Err(wait) => return wait,
            Ok(None) => break,
            Ok(Some((header, body))) => {
                *place = Some((header, body));
                at += HEADER + header.length;
                if !header.is_answer() || header.length > MAX_BODY {
                    break;
                }
            }
        }
    }
    let [Some((first, body)), ..] = frames else { return Probe::NotMine };
    if let Some(role) = role(first, body) {
        facts(Fact::of_sender(Field::DvripRole, role));
    }
    for (header, body) in frames.into_iter().flatten() {
        say(header, body, facts);
    }
    Probe::Match
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, facts_in, steps_of, stream},
    };

    const COMMON: &str = "{ \"NetWork.NetCommon\" : { \"ChannelNum\" : 1, \"DeviceType\" : 1, \"HostIP\" : \
        \"0x6D0200C0\", \"HostName\" : \"LocalHost\", \"MAC\" : \"00:00:5e:00:53:07\", \"OtherFunction\" : \"D=1\", \
        \"SN\" : \"0123456789abcdef\", \"TCPPort\" : 34567 }, \"Ret\" : 100, \"SessionID\" : \"0x00000000\" }\n\0";
    const FOUND: [&str; 6] = [
        "sender dvrip.role device",
        "sender dvrip.channels 1",
        "sender dvrip.name LocalHost",
        "sender dvrip.mac 00:00:5e:00:53:07",
        "sender dvrip.build D=1",
        "sender dvrip.serial 0123456789abcdef",
    ];

    fn frame(second: u8, message: u16, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32).to_le_bytes();
        [&[0xff, second, 0, 0], &[0; 10][..], &message.to_le_bytes(), &length, body].concat()
    }

    fn half(bytes: &[u8]) -> (Probe, Vec<String>) {
        stream(&STREAM_READER, bytes, false)
    }

    #[test]
    fn a_device_that_is_found_says_what_it_is() {
        let answer = frame(1, 1531, COMMON.as_bytes());
        assert_eq!(facts(&READER, &answer).unwrap(), FOUND);
        assert_eq!(facts(&READER, &[&answer[..], &[0; 4]].concat()).unwrap(), FOUND);
        cut_everywhere(&READER, &Packet::default(), &answer);
    }

    #[test]
    fn what_another_is_is_not_the_senders() {
        let answer = frame(1, 1531, COMMON.as_bytes());
        let at = |source| Packet {
            source: crate::Address::v4(source),
            payload_length: answer.len() as u32,
            ..Packet::default()
        };
        assert_eq!(facts_in(&READER, &at([192, 0, 2, 109]), &answer).unwrap(), FOUND);
        assert_eq!(facts_in(&READER, &at([192, 0, 2, 110]), &answer), Some(vec![]));
        assert_eq!(host(br#"{"NetWork.NetCommon":{"HostIP":"192.0.2.7"}}"#), Some([192, 0, 2, 7].into()));
    }

    #[test]
    fn an_odd_number_alone_is_no_device() {
        let claim = br#"{ "Name" : "OPMonitor", "OPMonitor" : { "Action" : "Claim" }, "SessionID" : "0x1" }"#;
        for (message, body, said) in [
            (CLAIM, &claim[..], Some("client")),
            (ALARM_TAKEN, b"{ \"Name\" : \"\", \"Ret\" : 100, \"SessionID\" : \"0x0\" }\n\0", None),
            (1001, b"{ \"Name\" : \"x\" }", None),
            (1001, b"{ \"Ret\" : 100 }", Some("device")),
            (1007, b"{ \"SessionID\" : \"0x1\" }", Some("device")),
            (1414, b"{ \"Ret\" : 100 }", Some("device")),
        ] {
            let bytes = [&frame(1, message, body)[..], b"\xff\x01\x07"].concat();
            let role: Vec<_> = said.iter().map(|role| format!("sender dvrip.role {role}")).collect();
            assert_eq!(half(&bytes), (Probe::Match, role), "{message}");
            cut_stream_everywhere(&STREAM_READER, &bytes);
        }
    }

    #[test]
    fn a_search_is_a_clients() {
        for body in [&b""[..], b"\n\0"] {
            assert_eq!(facts(&READER, &frame(0, SEARCH, body)).unwrap(), ["sender dvrip.role client"]);
        }
    }

    #[test]
    fn nearly_dvrip_is_not_read() {
        let whole = frame(1, 1531, COMMON.as_bytes());
        for (at, byte) in
            [(0, 0xfe), (1, 2), (2, 1), (3, 1), (15, 2), (15, 15), (16, 7), (18, 0x20), (20, b'[')]
        {
            let mut wrong = whole.clone();
            wrong[at] = byte;
            assert!(facts(&READER, &wrong).is_none(), "byte {at} is {byte}");
        }
        assert!(facts(&READER, &[&whole[..], &[0; 5]].concat()).is_none());
        assert!(facts(&READER, &frame(0, 1531, b"")).is_none());
        assert!(facts(&READER, &frame(0, SEARCH, b"\n\0\0")).is_none());
        assert!(facts(&READER, &[0xff; 64]).is_none());
    }

    #[test]
    fn the_answers_of_a_session_say_what_the_device_is() {
        let login =
            frame(1, 1001, b"{ \"AliveInterval\" : 20, \"DeviceType \" : \"IPC\", \"Ret\" : 100 }\n\0");
        let system =
            b"{ \"Name\" : \"SystemInfo\", \"Ret\" : 100, \"SystemInfo\" : { \"HardWare\" : \"EX3516_50\", \
            \"SerialNo\" : \"0123456789abcdef\", \"SoftWareVersion\" : \"V5.00.R02\" } }\n\0";
        let session = [login, frame(1, 1021, system), frame(1, MEDIA, b"\0\0\x01\xfc\x02\x19")].concat();
        let said = [
            "sender dvrip.role device",
            "sender dvrip.class IPC",
            "sender dvrip.model EX3516_50",
            "sender dvrip.serial 0123456789abcdef",
            "sender dvrip.firmware V5.00.R02",
        ];
        assert_eq!(half(&session), (Probe::Match, said.map(String::from).to_vec()));
        cut_stream_everywhere(&STREAM_READER, &session);
        let whole = frame(1, 1001, b"{ \"Ret\" : 100 }");
        cut_stream_everywhere(&STREAM_READER, &[&whole[..], b"\xff\x01\x07"].concat());
    }

    #[test]
    fn who_speaks_is_told_by_the_message() {
        for (message, body, said) in [
            (KEEP_ALIVE, &b""[..], Some("client")),
            (1020, b"{ \"Name\" : \"SystemInfo\" }\n\0", Some("client")),
            (MEDIA, b"\0\0\x01\xfd\0\0\0\0", Some("device")),
            (1432, b"\0\0\x01\xfa\0\0\0\0", None),
            (ALARM, b"{ \"Event\" : \"VideoMotion\" }\n\0", Some("device")),
            (1508, b"{ \"SerialID\" : \"0123456789abcdef\" }\n\0", Some("device")),
        ] {
            let bytes = frame(0, message, body);
            let role = said.map(|role| format!("sender dvrip.role {role}"));
            let (probe, lines) = half(&bytes);
            assert_eq!((probe, lines.first()), (Probe::Match, role.as_ref()), "{message}");
            cut_stream_everywhere(&STREAM_READER, &bytes);
        }
    }

    #[test]
    fn a_password_in_the_clear_is_told_but_not_said() {
        for (how, clear) in [("MD5", false), ("NONE", true)] {
            let body =
                format!("{{\"EncryptType\":\"{how}\",\"PassWord\":\"secret\",\"UserName\":\"a\"}}\n\0");
            let said = half(&frame(0, LOGIN, body.as_bytes())).1;
            let all = ["sender dvrip.role client", "sender dvrip.credentials clear"];
            assert_eq!(said, all[..=usize::from(clear)]);
        }
    }

    #[test]
    fn other_streams_are_refused_at_once_and_work_is_bounded() {
        for bytes in [&b"\xff\xfb\x01"[..], b"GET /", b"\xff\0\0\x01", b"\xff\x02"] {
            assert_eq!(half(bytes).0, Probe::NotMine);
        }
        assert_eq!(half(b"\xff\x01\0").0, Probe::More(4));
        let long = frame(1, 1021, &[b"{\"a\":\"", &vec![b'x'; MAX_LENGTH - 6][..]].concat());
        assert_eq!(half(&long[..=HEADER]).0, Probe::More(HEADER + MAX_BODY));
        let many = frame(1, 1021, b"{\"a\":1}").repeat(1000);
        let steps = steps_of(|| assert_eq!(half(&many).0, Probe::Match));
        assert!(steps < 100, "{steps}");
    }
}
