//! SIP (RFC 3261) over UDP and TCP: what both sides call themselves, and the surveillance that [`gb28181`] builds on it.
//!
//! A message begins with a method, a URI of SIP and `SIP/2.0`, or with `SIP/2.0` and a status. Its head is read as that of
//! HTTP is, up to 16 KiB; field names count in their short form, too (7.3.3). Over TCP the first message of a half is
//! read. A body is waited for only where its type is one that is read, at most 64 KiB.
//!
//! Facts about the sender: `sip.user_agent`, of `User-Agent` or else `Server`; and those of GB/T 28181. A description in an
//! invitation or its answer refers to where media are wanted (RFC 3264): that is how a platform names its media server.

mod gb28181;

use crate::{
    Activity, Fact, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream, head::Head, reader::Facts,
    readers::sdp, text::value,
};

const FIELDS: &[Field] = &[
    Field::Gb28181Class,
    Field::Gb28181Firmware,
    Field::Gb28181Message,
    Field::Gb28181Model,
    Field::Gb28181Name,
    Field::Gb28181Role,
    Field::Gb28181Uid,
    Field::Gb28181Vendor,
    Field::SipUserAgent,
];

pub(crate) const READER: Reader = Reader {
    number: ReaderId(53),
    app: "sip",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: FIELDS,
    read: Read::Message(
        &[
            Route::UdpFirst(5060, FIRST),
            Route::UdpStart(b"SIP/2.0 "),
            Route::UdpStart(b"REGISTER"),
            Route::UdpStart(b"MESSAGE "),
            Route::UdpStart(b"INVITE s"),
            Route::UdpStart(b"OPTIONS "),
        ],
        read,
    ),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(54),
    app: "sip",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: FIELDS,
    read: Read::Stream(&[b'A'..=b'C', b'I'..=b'I', b'M'..=b'P', b'R'..=b'S', b'U'..=b'U'], read_stream),
};

/// Methods of RFC 3261 and of those that add some (RFC 3262, 3265, 3311, 3428, 3515, 3903, 6086).
const METHODS: [&str; 14] = [
    "ACK",
    "BYE",
    "CANCEL",
    "INFO",
    "INVITE",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "PRACK",
    "PUBLISH",
    "REFER",
    "REGISTER",
    "SUBSCRIBE",
    "UPDATE",
];
/// What those and an answer begin with.
const FIRST: &[u8] = b"ABCIMNOPRSU";
const SCHEMES: [&str; 3] = ["sip:", "sips:", "tel:"];
const MAX_BODY: usize = 64 << 10;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    if !may_begin(message.payload) {
        return false;
    }
    let Some(head) = Head::parse(message.payload) else { return false };
    let Some(start) = Start::parse(&head) else { return false };
    say(&head, start, head.body.unwrap_or(&[]), !message.is_cut(), facts);
    true
}

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let more = stream.more();
    if !may_begin(stream.bytes) {
        return Probe::NotMine;
    }
    let Some(head) = Head::parse(stream.bytes) else {
        return if stream.bytes.len() >= crate::head::MAX_HEAD { Probe::NotMine } else { more };
    };
    let Some(start) = Start::parse(&head) else { return Probe::NotMine };
    if !head.whole && !stream.ended {
        return more;
    }
    let length = head.field("content-length").or_else(|| head.field("l"));
    let length = length.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
    let wanted = length.unwrap_or(0).min(MAX_BODY);
    let rest = head.body.unwrap_or(&[]);
    let body = rest.get(..wanted).unwrap_or(rest);
    if (gb28181::is_of(&head) || describes(&head)) && body.len() < wanted && !stream.ended {
        return more;
    }
    let to = stream.bytes.len() - rest.len() + body.len();
    say(&head, start, body, body.len() == wanted, &mut |fact| match fact {
        Fact::Refers { .. } => facts(Fact::Within { from: 0, to, fact: &fact }),
        fact => facts(fact),
    });
    Probe::Match
}

/// Whether a message may begin like this: a version, or a method and the beginning of a URI.
fn may_begin(bytes: &[u8]) -> bool {
    let fits = |text: &str, bytes: &[u8]| {
        let there = bytes.get(..text.len()).unwrap_or(bytes);
        text.as_bytes().starts_with(there)
    };
    fits("SIP/2.0 ", bytes)
        || METHODS.iter().any(|method| match bytes.strip_prefix(method.as_bytes()) {
            Some([b' ', uri @ ..]) => SCHEMES.iter().any(|scheme| fits(scheme, uri)),
            Some([]) => true,
            Some(_) => false,
            None => method.as_bytes().starts_with(bytes),
        })
}

/// A start line of SIP.
#[derive(Clone, Copy, Debug)]
enum Start<'a> {
    Request { method: &'a [u8], uri: &'a [u8] },
    Response,
}

impl<'a> Start<'a> {
    fn parse(head: &Head<'a>) -> Option<Self> {
        if let Some(rest) = head.start.strip_prefix(b"SIP/2.0 ") {
            let status = rest.get(..3)?.iter().all(u8::is_ascii_digit);
            return (status && rest.get(3).is_none_or(|&byte| byte == b' ')).then_some(Self::Response);
        }
        match head.words()? {
            [method, uri, b"SIP/2.0"] if !uri.is_empty() => Some(Self::Request { method, uri }),
            _ => None,
        }
    }
}

/// Whether the body is a session description.
fn describes(head: &Head<'_>) -> bool {
    let kind = head.field("content-type").or_else(|| head.field("c")).and_then(|kind| kind.get(..15));
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/sdp"))
}

fn say(head: &Head<'_>, start: Start<'_>, body: &[u8], whole: bool, facts: Facts<'_>) {
    let [agent, server] = head.first(["user-agent", "server"]);
    if let Some(agent) = agent.or(server) {
        facts(Fact::of_sender(Field::SipUserAgent, value(agent)));
    }
    if describes(head) {
        sdp::refer(body, whole, facts);
    }
    if gb28181::is_of(head) {
        gb28181::read(head, body, facts);
    } else if let Start::Request { method: b"REGISTER", uri } = start {
        gb28181::registers(head, uri, facts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
    };

    const REGISTER: &str = "REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5060\r\nFrom: <sip:401@192.0.2.1>;tag=1\r\n\
        User-Agent: Example Door Station\r\nContent-Length: 0\r\n\r\n";

    #[test]
    fn both_sides_say_what_they_are() {
        let answer = "SIP/2.0 200 OK\r\nServer: Example PBX\r\nl: 0\r\n\r\n";
        for (text, said) in [(REGISTER, "Example Door Station"), (answer, "Example PBX")] {
            let said = [format!("sender sip.user_agent {said}")];
            assert_eq!(facts(&READER, text.as_bytes()).unwrap(), said);
            cut_everywhere(&READER, &Packet::default(), text.as_bytes());
            assert_eq!(stream(&STREAM_READER, text.as_bytes(), false), (Probe::Match, said.to_vec()));
            cut_stream_everywhere(&STREAM_READER, text.as_bytes());
        }
    }

    #[test]
    fn an_invitation_names_where_media_are_wanted() {
        let body = "v=0\r\nc=IN IP4 203.0.113.7\r\nm=video 30000 RTP/AVP 96\r\n";
        let invite = |kind: &str| {
            format!(
                "INVITE sip:34020000001320000001@192.0.2.2 SIP/2.0\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let said = ["refers to 203.0.113.7 port 30000 protocol 17 rtp".to_owned()];
        for kind in ["APPLICATION/SDP", "application/sdp;charset=utf-8"] {
            let invite = invite(kind);
            assert_eq!(facts(&READER, invite.as_bytes()).unwrap(), said);
            cut_everywhere(&READER, &Packet::default(), invite.as_bytes());
            assert_eq!(stream(&STREAM_READER, invite.as_bytes(), false), (Probe::Match, said.to_vec()));
            cut_stream_everywhere(&STREAM_READER, invite.as_bytes());
        }
        assert_eq!(facts(&READER, invite("text/plain").as_bytes()).unwrap(), [""; 0]);
    }

    #[test]
    fn nearly_sip_is_not_read() {
        for start in [
            "REGISTER 192.0.2.1 SIP/2.0",
            "REGISTER sip:192.0.2.1 SIP/3.0",
            "REGISTER sip:192.0.2.1 HTTP/1.1",
            "OPTIONS / HTTP/1.1",
            "OPTIONS rtsp://192.0.2.1/ RTSP/1.0",
            "NOTIFY * HTTP/1.1",
            "SIP/2.0 20 OK",
            "SIP/2.0 2000",
            "REGISTERS sip:a SIP/2.0",
            "",
        ] {
            let text = format!("{start}\r\nUser-Agent: a\r\n\r\n");
            assert_eq!(facts(&READER, text.as_bytes()), None, "{start}");
            assert_eq!(stream(&STREAM_READER, text.as_bytes(), false), (Probe::NotMine, vec![]), "{start}");
        }
        // What cannot be told apart in a word is told as soon as the next begins.
        assert_eq!(stream(&STREAM_READER, b"OPTIONS /", false).0, Probe::NotMine);
        assert_eq!(stream(&STREAM_READER, b"OPTIONS s", false).0, Probe::More(10));
        let endless = [b"INVITE sip:", &vec![b'a'; crate::head::MAX_HEAD][..]].concat();
        assert_eq!(stream(&STREAM_READER, &endless, false).0, Probe::NotMine);
    }
}
