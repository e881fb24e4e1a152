//! RTSP 1.0 over TCP (RFC 2326) and what stands behind its tunnel over HTTP: who serves media, which, and who asks.
//!
//! Two readers. A half is a row of messages with bodies: a camera says 401 with a realm, then describes its media, and then
//! sends them between the messages (RFC 2326, 10.12; [`interleaved`] knows the half where the capture has no message). Each message mostly is a segment of its own, so a message reader takes
//! what its head says, and the packet that is named shows it. The stream reader knows the half, and takes a description, and of
//! answers the first server and the first realm, that are spread over segments; it reads until there is a description, a SETUP or
//! media, else to the end of the half or 24 messages. What stands in one segment is therefore said twice: a count of `sdp.media`
//! is an upper bound.
//!
//! Facts about the sender: `rtsp.server`, `rtsp.realm` (with the rest of [`challenge`]), `rtsp.user_agent`, `rtsp.credentials`
//! (`Basic`, where a password crosses in clear), and those of [`sdp`] in the body of an answer to DESCRIBE or of an
//! ANNOUNCE; about the receiver of a request `rtsp.path`: what stands behind host and port of its URL, with passwords
//! masked. A request proves nothing of its receiver: anybody may ask anybody for a path. An answer to SETUP refers to both
//! ends of the media that come by themselves over UDP (RFC 2326, 12.39).

pub(crate) mod interleaved;
mod transport;
mod url;

use crate::{
    Fact, Field, Message, Party, Probe, Read, Reader, ReaderId, Route, Stream,
    head::{Head, after_empty_lines},
    reader::Facts,
    readers::{challenge, sdp},
    text::{masked, value},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(28),
    app: "rtsp",
    activity: None,
    hides: false,
    fields: &[
        Field::DahuaSerial,
        Field::RtspRealm,
        Field::RtspServer,
        Field::SdpMedia,
        Field::SdpMediaHeader,
        Field::SdpPacketization,
        Field::SdpRange,
        Field::SdpSession,
        Field::SdpTool,
    ],
    read: Read::Stream(&[b'A'..=b'Z', b'\r'..=b'\r', b'\n'..=b'\n'], read),
};

pub(crate) const MESSAGE_READER: Reader = Reader {
    number: ReaderId(29),
    fields: &[
        Field::DahuaSerial,
        Field::RtspCredentials,
        Field::RtspPath,
        Field::RtspRealm,
        Field::RtspServer,
        Field::RtspUserAgent,
        Field::SdpMedia,
        Field::SdpMediaHeader,
        Field::SdpPacketization,
        Field::SdpRange,
        Field::SdpSession,
        Field::SdpTool,
    ],
    read: Read::Message(
        &[
            Route::TcpStart(b"RTSP/1.0"),
            Route::TcpStart(b"OPTIONS "),
            Route::TcpStart(b"DESCRIBE"),
            Route::TcpStart(b"SETUP "),
            Route::TcpStart(b"PLAY "),
            Route::TcpStart(b"ANNOUNCE"),
            Route::TcpStart(b"MULTITRA"),
        ],
        read_message,
    ),
    ..READER
};

const MAX_MESSAGES: usize = 24;
/// Longest body that is waited for.
const MAX_BODY: usize = 16 << 10;

/// Methods of RFC 2326 and of RFC 7826, and one more that is met; a word in capitals alone is anybody's.
const METHODS: [&str; 13] = [
    "OPTIONS",
    "DESCRIBE",
    "SETUP",
    "PLAY",
    "PAUSE",
    "TEARDOWN",
    "ANNOUNCE",
    "RECORD",
    "GET_PARAMETER",
    "SET_PARAMETER",
    "REDIRECT",
    "PLAY_NOTIFY",
    // Of TP-Link's cameras: sound in both directions, and recordings.
    "MULTITRANS",
];

/// A message with its body.
#[derive(Clone, Copy, Debug)]
struct Entire<'a> {
    head: Head<'a>,
    start: Start<'a>,
    body: &'a [u8],
    /// Whether the body is all there.
    whole: bool,
}

/// A start line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Start<'a> {
    Request { method: &'a [u8], url: &'a [u8] },
    Response,
}

/// What stands at one place of a half.
enum Next<'a> {
    /// A message, and where the next one begins.
    Message(Entire<'a>, usize),
    /// Media between messages, or no message at all.
    Other,
    /// The message is not whole before the half has so many bytes.
    Open(usize),
}

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let (mut server, mut refusal, mut described) = (None, None, None);
    let mut at = 0;
    for count in 0..MAX_MESSAGES {
        match next(stream, at) {
            Next::Message(message, end) => {
                at = end;
                if message.start == Start::Response {
                    let [named, challenge] = message.head.first(["server", "www-authenticate"]);
                    server = server.or(named);
                    refusal = refusal.or(challenge.map(|_| message.head));
                }
                if message.describes() {
                    described = Some(message);
                }
                if described.is_some() || message.sets_up() {
                    break;
                }
            }
            Next::Open(length) if !stream.ended => return Probe::More(length),
            Next::Open(_) | Next::Other if count == 0 => return Probe::NotMine,
            Next::Open(_) | Next::Other => break,
        }
    }
    if let Some(server) = server {
        facts(Fact::of_sender(Field::RtspServer, value(server)));
    }
    if let Some(refusal) = refusal {
        challenge::say(&refusal, Field::RtspRealm, facts);
    }
    if let Some(described) = described {
        described.say_media(facts);
    }
    Probe::Match
}

fn read_message(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let packet = message.packet;
    let stream = Stream { bytes: message.payload, ended: true };
    let Next::Message(message, _) = next(&stream, 0) else { return false };
    message.say(facts);
    if message.start == Start::Response {
        transport::refer(&message.head, packet, facts);
    }
    message.say_media(facts);
    true
}

/// Whether a half may begin like this: with the version of an answer, or a method of ours and a space.
fn may_begin(bytes: &[u8]) -> bool {
    let begins = |word: &[u8]| {
        let there = word.len().min(bytes.len());
        bytes.get(..there) == word.get(..there)
    };
    begins(b"RTSP/1.0 ")
        || METHODS.iter().any(|method| {
            begins(method.as_bytes()) && bytes.get(method.len()).is_none_or(|&byte| byte == b' ')
        })
}

fn next<'a>(stream: &Stream<'a>, at: usize) -> Next<'a> {
    let rest = stream.bytes.get(at..).unwrap_or(&[]);
    let begun = after_empty_lines(rest);
    if matches!(begun, b"" | b"\r") {
        return Next::Open(at + rest.len() + 1);
    }
    if !may_begin(begun) {
        return Next::Other;
    }
    let Some(head) = Head::parse(rest) else {
        let endless = rest.len() >= crate::head::MAX_HEAD;
        return if endless { Next::Other } else { Next::Open(stream.bytes.len() + 1) };
    };
    let Some(start) = Start::parse(&head) else { return Next::Other };
    if !head.whole && !stream.ended {
        return Next::Open(stream.bytes.len() + 1);
    }
    let behind = head.body.unwrap_or(&[]);
    let length = head.field("content-length").and_then(|digits| std::str::from_utf8(digits).ok());
    let length = length.and_then(|digits| digits.parse().ok()).unwrap_or(0_usize).min(MAX_BODY);
    let end = stream.bytes.len() - behind.len() + length;
    if behind.len() < length && !stream.ended {
        return Next::Open(end);
    }
    let body = behind.get(..length).unwrap_or(behind);
    Next::Message(Entire { head, start, body, whole: body.len() == length }, end)
}

impl<'a> Start<'a> {
    fn parse(head: &Head<'a>) -> Option<Self> {
        if let Some(status) = head.start.strip_prefix(b"RTSP/1.0 ") {
            let code = status.get(..3)?;
            let ends = status.get(3).is_none_or(|&byte| byte == b' ');
            return (ends && code.iter().all(u8::is_ascii_digit)).then_some(Self::Response);
        }
        let [method, url, version] = head.words()?;
        let known = METHODS.iter().any(|known| known.as_bytes() == method);
        (known && version == b"RTSP/1.0" && !url.is_empty()).then_some(Self::Request { method, url })
    }
}

impl Entire<'_> {
    /// Whether media follow, and nothing more need be read.
    fn sets_up(&self) -> bool {
        matches!(self.start, Start::Request { method: b"SETUP" | b"PLAY" | b"RECORD", .. })
    }

    /// Whether its body describes media.
    fn describes(&self) -> bool {
        let kind = self.head.field("content-type").and_then(|kind| kind.get(..15));
        !self.body.is_empty() && kind.is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/sdp"))
    }

    /// Yields what it says of the media that its sender serves: who announces media (RFC 2326, 10.3) hands them to a server, as
    /// programs do that send a film.
    fn say_media(&self, facts: Facts<'_>) {
        if self.start == Start::Response && self.describes() {
            sdp::read(self.body, self.whole, facts);
        }
    }

    /// Yields what its head says.
    fn say(&self, facts: Facts<'_>) {
        let mut sender = |field, value: &[u8]| facts(Fact::of_sender(field, value));
        let [server, agent, credentials] = self.head.first(["server", "user-agent", "authorization"]);
        for (field, found) in [(Field::RtspServer, server), (Field::RtspUserAgent, agent)] {
            if let Some(found) = found {
                sender(field, value(found));
            }
        }
        let scheme = credentials.and_then(|credentials| credentials.split(|&byte| byte == b' ').next());
        if let Some(scheme) = scheme.filter(|scheme| scheme.eq_ignore_ascii_case(b"Basic")) {
            sender(Field::RtspCredentials, scheme);
        }
        challenge::say(&self.head, Field::RtspRealm, facts);
        if let Start::Request { url, .. } = self.start
            && url != b"*"
        {
            let path = masked(url::path(url));
            facts(Fact::Says { who: Party::Receiver, field: Field::RtspPath, value: path.as_bytes() });
        }
    }
}

#[cfg(test)]
mod tests;
