//! The text protocol of Dahua's P2P service over UDP (DHP2P): HTTP's syntax in datagrams, with verbs of its own, by which
//! applications find a device and a way to it.
//!
//! A datagram is one of DHP2P where it begins with `DHGET /` or `DHPOST /`, or as newer applications write it, `NFGET /` or
//! `NFPOST /`; a request with a verb of HTTP where it
//! authorises itself as this service wants it, or asks for what only this service has; a reply of HTTP where it counts
//! requests and its body is the service's XML.
//!
//! Facts about the sender: `dhp2p.message`, and `dhp2p.target`, the serial number that is asked for. They do not tell whether
//! a device asks or an application: what is publicly known is the application's side. Whoever answers is a `server`
//! (`dhp2p.role`), and is asked as one. An answer refers to others: the service's server for a device (`US`), relays
//! (`Address`, `Agent`), the device or application itself (`PubAddr`).
//!
//! Bounds: those of a head, and of [`xml`](crate::xml) in 4 KiB of a body.

use memchr::memchr;
use std::net::SocketAddr;

use crate::{
    Activity, Address, Fact, Field, Message, Party, Read, Reader, ReaderId, Route,
    head::Head,
    reader::Facts,
    text::value,
    xml::{Part, Xml},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(41),
    app: "dhp2p",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: &[Field::Dhp2pMessage, Field::Dhp2pRole, Field::Dhp2pTarget],
    read: Read::Message(
        &[
            Route::UdpStart(b"DHGET /"),
            Route::UdpStart(b"DHPOST /"),
            Route::UdpStart(b"NFGET /"),
            Route::UdpStart(b"NFPOST /"),
            Route::UdpStart(b"GET /"),
            Route::UdpStart(b"POST /"),
            Route::UdpStart(b"HTTP/1."),
        ],
        read,
    ),
};

/// What requests begin with that nobody else writes.
const OWN: [&[u8]; 4] = [b"DHGET /", b"DHPOST /", b"NFGET /", b"NFPOST /"];
const SERVER: &[u8] = b"server";
const UDP: u8 = 17;
/// What of a reply's body is looked at.
const LOOKED_AT: usize = 4096;

/// What is asked for: the path's parts, where `*` stands for the serial number or a token, and the word for it.
const PATHS: [(&[&[u8]], &[u8]); 8] = [
    (&[b"probe", b"p2psrv"], b"probe/p2psrv"),
    (&[b"probe", b"device", b"*"], b"probe/device"),
    (&[b"online", b"p2psrv", b"*"], b"online/p2psrv"),
    (&[b"online", b"relay"], b"online/relay"),
    (&[b"relay", b"agent"], b"relay/agent"),
    (&[b"relay", b"start", b"*"], b"relay/start"),
    (&[b"device", b"*", b"p2p-channel"], b"device/p2p-channel"),
    (&[b"device", b"*", b"relay-channel"], b"device/relay-channel"),
];

/// What a known path asks for.
struct Asked<'a> {
    message: &'static [u8],
    /// Of a device, its serial number.
    target: Option<&'a [u8]>,
}

impl<'a> Asked<'a> {
    fn of(path: &'a [u8]) -> Option<Self> {
        let path = path.strip_prefix(b"/")?;
        let parts = || path.split(|&byte| byte == b'/').take(4);
        let fits = |form: &[&[u8]]| {
            form.len() == parts().count()
                && form
                    .iter()
                    .zip(parts())
                    .all(|(form, part)| *form == part || *form == b"*" && !part.is_empty())
        };
        let (form, message) = PATHS.iter().find(|(form, _)| fits(form))?;
        let named = form.iter().zip(parts()).find_map(|(form, part)| (*form == b"*").then_some(part));
        let target =
            named.filter(|serial| *message != b"relay/start" && serial.iter().all(u8::is_ascii_alphanumeric));
        Some(Self { message, target })
    }
}

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let is_own = OWN.iter().any(|start| bytes.starts_with(start));
    let Some(head) = Head::parse(bytes) else { return is_own };
    if bytes.starts_with(b"HTTP/1.") {
        if !is_reply(&head) {
            return false;
        }
        facts(Fact::of_sender(Field::Dhp2pRole, SERVER));
        refer(head.body.unwrap_or(&[]), facts);
        return true;
    }
    let Some(
        [b"DHGET" | b"DHPOST" | b"NFGET" | b"NFPOST" | b"GET" | b"POST", path, b"HTTP/1.1" | b"HTTP/1.0"],
    ) = head.words()
    else {
        return is_own;
    };
    let asked = Asked::of(path);
    if !is_own && asked.is_none() && !authorises(&head) {
        return false;
    }
    facts(Fact::Says { who: Party::Receiver, field: Field::Dhp2pRole, value: SERVER });
    if let Some(Asked { message, target }) = asked {
        facts(Fact::of_sender(Field::Dhp2pMessage, message));
        if let Some(target) = target {
            facts(Fact::of_sender(Field::Dhp2pTarget, value(target)));
        }
    }
    true
}

/// Yields the flows that the body of a reply names.
fn refer(body: &[u8], facts: Facts<'_>) {
    let body = body.get(..LOOKED_AT).unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    let mut xml = Xml::new(&text);
    while let Some(part) = xml.next() {
        let Part::Ends { path: "body/US" | "body/Address" | "body/Agent" | "body/PubAddr", text } = part
        else {
            continue;
        };
        let end = str::from_utf8(text).ok().and_then(|text| text.parse::<SocketAddr>().ok());
        if let Some(end) = end.filter(|end| end.port() != 0) {
            let (address, app) = (Address::from(end.ip()), Some(READER.number));
            facts(Fact::Refers { address, port: end.port(), transport: UDP, app });
        }
    }
}

/// Whether a request authorises itself in the manner of WS-Security.
fn authorises(head: &Head<'_>) -> bool {
    let [authorization, token] = head.first(["authorization", "x-wsse"]);
    token.is_some_and(|token| token.starts_with(b"UsernameToken "))
        || authorization.is_some_and(|how| how.starts_with(b"WSSE profile=\"UsernameToken\""))
}

/// Whether a reply counts requests, by a number alone, and its body is an element `body`.
fn is_reply(head: &Head<'_>) -> bool {
    let counts = head.field("cseq").is_some_and(|count| count.iter().all(u8::is_ascii_digit));
    let body = head.body.unwrap_or(&[]).trim_ascii_start();
    let element = if body.starts_with(b"<?xml") {
        memchr(b'>', body).and_then(|end| body.get(end + 1..)).unwrap_or(&[]).trim_ascii_start()
    } else {
        body
    };
    counts && element.starts_with(b"<body>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    const ASKS: &[u8] = b"DHPOST /device/9Z01234PAB56789/p2p-channel HTTP/1.1\r\nCSeq: 7\r\n\
        Authorization: WSSE profile=\"UsernameToken\"\r\nX-WSSE: UsernameToken Username=\"app\"\r\nContent-Type: \r\n\
        Content-Length: 13\r\n\r\n<body></body>";

    #[test]
    fn a_request_says_what_is_asked_for() {
        let said = [
            "receiver dhp2p.role server",
            "sender dhp2p.message device/p2p-channel",
            "sender dhp2p.target 9Z01234PAB56789",
        ];
        assert_eq!(facts(&READER, ASKS).unwrap(), said);
        cut_everywhere(&READER, &Packet::default(), ASKS);
        for (path, count) in [
            ("/probe/p2psrv", 1),
            ("/probe/device/9Z01234PAB56789", 2),
            ("/relay/start/token7", 1),
            ("/device//p2p-channel", 0),
            ("/device/a/p2p-channel/b", 0),
            ("/device/a%20b/p2p-channel", 1),
            ("/other", 0),
        ] {
            let request = format!("DHGET {path} HTTP/1.1\r\n\r\n");
            assert_eq!(facts(&READER, request.as_bytes()).unwrap().len(), 1 + count, "{path}");
        }
    }

    #[test]
    fn a_reply_names_other_servers_and_ends() {
        let reply = |body: &str| format!("HTTP/1.1 200 OK\r\nCSeq: 7\r\n\r\n<body>{body}</body>");
        let said = |body: &str| facts(&READER, reply(body).as_bytes()).unwrap();
        let relay = "refers to 192.0.2.1 port 8800 protocol 17 dhp2p".to_owned();
        assert_eq!(said("<US>192.0.2.1:8800</US>"), ["sender dhp2p.role server".to_owned(), relay.clone()]);
        assert_eq!(said("<Token>a</Token><Agent>192.0.2.1:8800</Agent>")[1..], [relay]);
        for other in ["<US>relay.example.com:8800</US>", "<US>192.0.2.1</US>", "<Other>192.0.2.1:1</Other>"] {
            assert_eq!(said(other).len(), 1, "{other}");
        }
        cut_everywhere(&READER, &Packet::default(), reply("<US>192.0.2.1:8800</US>").as_bytes());
    }

    #[test]
    fn verbs_of_http_count_with_what_only_this_service_has() {
        for (request, is_mine) in [
            ("GET /online/relay HTTP/1.1\r\n\r\n", true),
            ("POST /x HTTP/1.1\r\nX-WSSE: UsernameToken Username=\"\"\r\n\r\n", true),
            ("GET /x HTTP/1.1\r\nAuthorization: WSSE profile=\"UsernameToken\"\r\n\r\n", true),
            ("GET /x HTTP/1.1\r\nAuthorization: Basic eA==\r\n\r\n", false),
            ("GET /online/relay RTSP/1.0\r\n\r\n", false),
            ("POST / HTTP/1.1", false),
            ("DHGET /x", true),
            ("NFGET /probe/p2psrv HTTP/1.1\r\nCSeq: 1\r\n\r\n", true),
            ("NFPOST /x", true),
            ("NFPUT /x", false),
            ("DHGET x", false),
            ("DHPUT /x", false),
        ] {
            assert_eq!(facts(&READER, request.as_bytes()).is_some(), is_mine, "{request}");
        }
    }

    #[test]
    fn a_reply_counts_requests_and_has_a_body() {
        for (reply, is_mine) in [
            ("HTTP/1.1 200 OK\r\nCSeq: 7\r\n\r\n<body><US>192.0.2.1:8800</US></body>", true),
            ("HTTP/1.1 200 OK\r\nCSeq: 7\r\n\r\n<?xml version=\"1.0\"?>\r\n<body/>", false),
            ("HTTP/1.1 200 OK\r\nCSeq: 7\r\n\r\n<?xml version=\"1.0\"?>\r\n<body>", true),
            ("HTTP/1.1 200 OK\r\nCSeq: 7 INVITE\r\n\r\n<body>", false),
            ("HTTP/1.1 200 OK\r\nCSeq: 7\r\n\r\n<html><body>", false),
            ("HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nCSeq: 7\r\n", false),
        ] {
            assert_eq!(facts(&READER, reply.as_bytes()).is_some(), is_mine, "{reply}");
        }
    }
}
