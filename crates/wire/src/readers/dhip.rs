//! DHIP, the protocol of Dahua's devices and of those that others sell: `DHDiscover` over UDP, by which they are found,
//! and the requests and answers of a session over TCP.
//!
//! A frame is a header of 32 bytes, little-endian: `20 00 00 00`, `DHIP`, session, request, length of the body, zero,
//! length of the body again, zero. The body is JSON, over TCP perhaps with binary data behind it. A datagram is one of
//! DHIP where both lengths are those of what follows, or one less for a NUL at the end; so is the bare word `DHIP`, with
//! which the network is searched for devices. A half of TCP is one where the first eight bytes stand there.
//!
//! Facts, all about the sender: `dhip.role`, `dhip.message` (the method); of a device that answers a search `dhip.mac`,
//! `dhip.class`, `dhip.model`, `dhip.name`, `dhip.serial`, `dhip.vendor`, `dhip.firmware`; of one that asks for a login
//! `dhip.serial`, where its realm holds it; of a client that sends its password as it is, `dhip.credentials`.
//!
//! Bounds: those of [`json`]; over TCP the first frame, 4 KiB of it.

use super::dahua::realm;
use crate::{
    Activity, Fact, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream,
    json::{self, End},
    reader::Facts,
    readers::layout::{dotted, is_of_another, say_written},
    text::Text,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(30),
    app: "dhip",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::DhipChannels,
        Field::DhipClass,
        Field::DhipCredentials,
        Field::DhipFirmware,
        Field::DhipMac,
        Field::DhipMessage,
        Field::DhipModel,
        Field::DhipName,
        Field::DhipRole,
        Field::DhipSerial,
        Field::DhipVendor,
    ],
    read: Read::Message(&[Route::UdpStart(&START), Route::UdpStart(SEARCH)], read),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(31),
    activity: Some(Activity::Signalling),
    read: Read::Stream(&[0x20..=0x20], read_stream),
    ..READER
};

const START: [u8; 8] = *b"\x20\0\0\0DHIP";
/// A search without a header.
const SEARCH: &[u8] = b"DHIP";
const HEADER: usize = 32;
/// The method of an answer to a search.
const FOUND: &[u8] = b"client.notifyDevInfo";
/// Longest frame over TCP that is waited for.
const MAX_FRAME: usize = 4096;

/// What an answer to a search says, by its place in the document.
const ANSWERED: [(&[&str], Field); 7] = [
    (&["mac"], Field::DhipMac),
    (&["params", "deviceInfo", "DeviceClass"], Field::DhipClass),
    (&["params", "deviceInfo", "DeviceType"], Field::DhipModel),
    (&["params", "deviceInfo", "MachineName"], Field::DhipName),
    (&["params", "deviceInfo", "SerialNo"], Field::DhipSerial),
    (&["params", "deviceInfo", "Vendor"], Field::DhipVendor),
    (&["params", "deviceInfo", "Version"], Field::DhipFirmware),
];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    if bytes == SEARCH && !message.is_cut() {
        facts(Fact::of_sender(Field::DhipRole, b"client"));
        return true;
    }
    let Some((header, body)) = bytes.split_first_chunk() else { return false };
    let sent = if message.is_cut() { message.packet.payload_length as usize } else { bytes.len() };
    let (length, again) = lengths(header);
    let is_whole = HEADER + length == sent || HEADER + length + 1 == sent;
    if !header.starts_with(&START) || length != again || !is_whole {
        return false;
    }
    let known = Known::of(body);
    if known.is_found() && is_of_another(message, dotted(known.address.as_bytes())) {
        return true;
    }
    say(body, &known, facts);
    true
}

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    if !bytes.iter().zip(START).all(|(byte, expected)| *byte == expected) {
        return Probe::NotMine;
    }
    let Some((header, body)) = bytes.split_first_chunk() else {
        return if stream.ended && bytes.len() >= START.len() { Probe::Match } else { stream.more() };
    };
    let wanted = lengths(header).0.min(MAX_FRAME);
    match body.get(..wanted) {
        None if !stream.ended => return Probe::More(HEADER + wanted),
        body_there => {
            let body = body_there.unwrap_or(body);
            say(body, &Known::of(body), facts);
        }
    }
    Probe::Match
}

/// The two lengths of a body.
fn lengths(header: &[u8; HEADER]) -> (usize, usize) {
    let number = |at: usize| {
        let four = header.get(at..).and_then(|bytes| bytes.first_chunk());
        four.map_or(0, |four| u32::from_le_bytes(*four) as usize)
    };
    (number(16), number(24))
}

/// What of a body must be known before it is told what its values mean.
#[derive(Debug, Default)]
struct Known {
    method: Text<64>,
    realm: Text<64>,
    /// The IPv4 address of what answers a search.
    address: Text<16>,
    /// Its channels: what is connected to it, and what it takes over the network.
    channels: [Option<u16>; 2],
    /// An answer has a result, whatever it is.
    answers: bool,
    /// Password in the clear, or in Base64.
    password: bool,
    encoded: bool,
}

impl Known {
    fn of(body: &[u8]) -> Self {
        let mut known = Self::default();
        let end = json::walk(body, |path, value| match path {
            ["method"] if known.method.is_empty() => known.method.extend(value.as_bytes()),
            ["params", "deviceInfo", "IPv4Address", "IPAddress"] if known.address.is_empty() => {
                known.address.extend(value.as_bytes());
            }
            ["params", "deviceInfo", "VideoInputChannels"] => known.channels[0] = value.parse().ok(),
            ["params", "deviceInfo", "RemoteVideoInputChannels"] => known.channels[1] = value.parse().ok(),
            ["params", "realm"] if known.realm.is_empty() => known.realm.extend(value.as_bytes()),
            ["result"] => known.answers = true,
            ["params", "password"] => known.password |= !value.is_empty(),
            ["params", "passwordType" | "authorityType"] => {
                known.encoded |= matches!(value, "Plain" | "Basic");
            }
            _ => {}
        });
        // A method may stand behind the cut.
        known.answers &= end == End::Whole;
        known
    }

    /// Whether it answers a search for devices.
    fn is_found(&self) -> bool {
        self.method.as_bytes() == FOUND
    }
}

fn say(body: &[u8], known: &Known, facts: Facts<'_>) {
    let method = known.method.as_bytes();
    let from_device = method.starts_with(b"client.") || method.is_empty() && known.answers;
    if from_device {
        facts(Fact::of_sender(Field::DhipRole, b"device"));
    } else if !method.is_empty() {
        facts(Fact::of_sender(Field::DhipRole, b"client"));
    }
    if !method.is_empty() {
        facts(Fact::of_sender(Field::DhipMessage, method));
    }
    if known.is_found() {
        json::say(body, &ANSWERED, facts);
        if let [Some(own), Some(others)] = known.channels
            && let channels @ 1.. = own.saturating_add(others)
        {
            say_written(Field::DhipChannels, format_args!("{channels}"), facts);
        }
    }
    if from_device && let Some(serial) = realm::serial(known.realm.as_bytes()) {
        facts(Fact::of_sender(Field::DhipSerial, serial));
    }
    if !from_device && known.password && known.encoded {
        facts(Fact::of_sender(Field::DhipCredentials, b"clear"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, facts_from, steps_of, stream},
    };

    const ANSWER: &str = "{\"mac\" : \"00:00:5e:00:53:07\", \"method\" : \"client.notifyDevInfo\", \"params\" : \
        {\"deviceInfo\" : {\"AlarmInputChannels\" : 0, \"DeviceClass\" : \"IPC\", \"DeviceType\" : \"IPC-EX100\", \
        \"IPv4Address\" : {\"DhcpEnable\" : false, \"IPAddress\" : \"192.0.2.7\"}, \"MachineName\" : \" Door \", \
        \"SerialNo\" : \"9Z01234PAB56789\", \"Vendor\" : \"Example\", \"Version\" : \"2.800.0.1.R\"}}}";

    const SAID: [&str; 9] = [
        "sender dhip.role device",
        "sender dhip.message client.notifyDevInfo",
        "sender dhip.mac 00:00:5e:00:53:07",
        "sender dhip.class IPC",
        "sender dhip.model IPC-EX100",
        "sender dhip.name Door",
        "sender dhip.serial 9Z01234PAB56789",
        "sender dhip.vendor Example",
        "sender dhip.firmware 2.800.0.1.R",
    ];

    fn frame(body: &str) -> Vec<u8> {
        let length = (body.len() as u32).to_le_bytes();
        [&START[..], &[0; 8], &length, &[0; 4], &length, &[0; 4], body.as_bytes()].concat()
    }

    #[test]
    fn a_device_that_is_found_says_what_it_is() {
        assert_eq!(facts(&READER, &frame(ANSWER)).unwrap(), SAID);
        let ended = [&frame(ANSWER)[..], b"\0"].concat();
        assert_eq!(facts(&READER, &ended).unwrap(), SAID);
        cut_everywhere(&READER, &Packet::default(), &frame(ANSWER));
    }

    #[test]
    fn a_recorder_counts_its_channels() {
        let with = |own: &str, others: &str| {
            let channels = format!(
                "\"RemoteVideoInputChannels\" : {others}, \"VideoInputChannels\" : {own}, \"Vendor\""
            );
            frame(&ANSWER.replace("\"Vendor\"", &channels))
        };
        let said = facts(&READER, &with("4", "12")).unwrap();
        assert_eq!(said[9..], ["sender dhip.channels 16"]);
        cut_everywhere(&READER, &Packet::default(), &with("4", "12"));
        for (own, others) in [("0", "0"), ("\"\"", "16"), ("-1", "16"), ("1.5", "1")] {
            assert_eq!(facts(&READER, &with(own, others)).unwrap(), SAID, "{own} {others}");
        }
    }

    #[test]
    fn what_another_answers_is_not_the_senders() {
        let whole = frame(ANSWER);
        assert_eq!(facts_from(&READER, [192, 0, 2, 7], &whole), facts(&READER, &whole));
        assert_eq!(facts_from(&READER, [192, 0, 2, 8], &whole), Some(vec![]));
    }

    #[test]
    fn a_search_is_a_clients() {
        let search =
            frame("{ \"method\" : \"DHDiscover.search\", \"params\" : { \"mac\" : \"\", \"uni\" : 1 } }\n");
        let said = ["sender dhip.role client", "sender dhip.message DHDiscover.search"];
        assert_eq!(facts(&READER, &search).unwrap(), said);
        assert_eq!(facts(&READER, SEARCH).unwrap(), said[..1]);
    }

    #[test]
    fn nearly_dhip_is_not_read() {
        let whole = frame(ANSWER);
        for at in [0, 3, 4, 7, 16, 17, 24] {
            let mut wrong = whole.clone();
            wrong[at] ^= 1;
            assert!(facts(&READER, &wrong).is_none(), "byte {at}");
        }
        assert!(facts(&READER, &whole[..whole.len() - 1]).is_none());
        assert!(facts(&READER, &[&whole[..], b"\0\0"].concat()).is_none());
        assert!(facts(&READER, b"DHIP\0").is_none());
        assert!(facts(&READER, b"DHI").is_none());
    }

    #[test]
    fn a_body_that_is_no_json_says_nothing() {
        assert_eq!(facts(&READER, &frame("binary")).unwrap(), [""; 0]);
        assert_eq!(facts(&READER, &frame("")).unwrap(), [""; 0]);
    }

    #[test]
    fn a_session_says_who_is_the_device() {
        let login = frame(
            "{\"result\":0,\"method\":\"global.login\",\"params\":{\"userName\":\"a\",\"password\":\"\"},\"id\":1}\n",
        );
        let said = ["sender dhip.role client", "sender dhip.message global.login"];
        assert_eq!(stream(&STREAM_READER, &login, false), (Probe::Match, said.map(String::from).to_vec()));
        cut_stream_everywhere(&STREAM_READER, &login);
        let challenge = "{\"error\":{\"code\":268632079},\"id\":1,\"params\":{\"encryption\":\"Default\",\"random\":\
            \"7\",\"realm\":\"Login to 9Z01234PAB56789\"},\"result\":false,\"session\":5}\n";
        let said = ["sender dhip.role device", "sender dhip.serial 9Z01234PAB56789"];
        let half = [frame(challenge), frame("{\"result\":true}")].concat();
        assert_eq!(stream(&STREAM_READER, &half, false), (Probe::Match, said.map(String::from).to_vec()));
        cut_stream_everywhere(&STREAM_READER, &frame(challenge));
    }

    #[test]
    fn a_password_in_the_clear_is_told_but_not_said() {
        for (how, clear) in [("Plain", true), ("Basic", true), ("Default", false)] {
            let login = format!(
                "{{\"method\":\"global.login\",\"params\":{{\"password\":\"secret\",\"passwordType\":\"{how}\"}}}}"
            );
            let (_, said) = stream(&STREAM_READER, &frame(&login), false);
            assert_eq!(said.iter().any(|line| line == "sender dhip.credentials clear"), clear, "{how}");
            assert!(!said.concat().contains("secret"));
        }
    }

    #[test]
    fn other_streams_are_refused_at_once_and_long_frames_are_not_waited_for() {
        for bytes in [&b"GET / HTTP/1.1"[..], b"\x20\0\0\x01", b"\x20\0\0\0DHIQ"] {
            assert_eq!(stream(&STREAM_READER, bytes, false).0, Probe::NotMine);
        }
        assert_eq!(stream(&STREAM_READER, &START, false).0, Probe::More(START.len() + 1));
        assert_eq!(stream(&STREAM_READER, &START[..7], true).0, Probe::More(8));
        let long = frame(&" ".repeat(1 << 20));
        assert_eq!(stream(&STREAM_READER, &long[..HEADER], false).0, Probe::More(HEADER + MAX_FRAME));
        let steps = steps_of(|| assert_eq!(stream(&STREAM_READER, &long, false).0, Probe::Match));
        assert!(steps <= 2 * MAX_FRAME, "{steps}");
    }
}
