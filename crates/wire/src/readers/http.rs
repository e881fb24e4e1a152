//! HTTP/1 over TCP (RFC 9110, RFC 9112): what is asked of a server, and what both sides say they are.
//!
//! Two readers. The stream reader takes the first head of a half, up to 16 KiB: a request's, or a response's with its body where
//! [`body`] has a reader for it, and the next few answers behind one that says where it ends ([`answers`]). A connection carries
//! many requests, perhaps for several hosts, so a message reader looks at later ones ([`requests`]).
//!
//! Where another protocol may stand behind the head, a half hands on ([`onward`]).
//!
//! Empty lines before a head are passed over: old clients send one behind the body of a POST (RFC 9112, 2.2).
//!
//! Facts about the receiver of a request: `http.method`, `http.path` (with query, without host, passwords masked), `http.host`
//! (without port, as DNS spells it; that of an absolute target wins over the field); about the sender:
//! `http.user_agent`, `http.content_type`, `http.credentials` where a password crosses in clear, and of a response
//! `http.status`, `http.server`, and those of [`challenge`]. Of an answer that passed a proxy (`Via`, `X-Cache`) the status and the
//! type alone are said: what else it says is another's word. Nor is a path said of the receiver of an absolute target, for
//! that is a proxy.

mod answers;
mod api;
mod body;
mod cgi;
mod cgi_xml;
mod chunks;
mod document;
mod inflate;
mod isapi;
mod multipart;
mod onward;
pub(crate) mod requests;
mod target;
mod title;
mod upnp;

use super::challenge;
use crate::{
    Fact, Field, Party, Probe, Read, Reader, ReaderId, Stream,
    head::{Head, after_empty_lines},
    reader::Facts,
    text::{self, Text, masked, value},
};
use body::{Body, Told};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(1),
    app: "http",
    activity: None,
    hides: false,
    fields: &[
        Field::CgiApi,
        Field::CgiClass,
        Field::CgiFirmware,
        Field::CgiMac,
        Field::CgiModel,
        Field::CgiName,
        Field::CgiRole,
        Field::CgiSerial,
        Field::CgiVendor,
        Field::DahuaSerial,
        Field::HttpContentType,
        Field::HttpCredentials,
        Field::HttpHost,
        Field::HttpMethod,
        Field::HttpPath,
        Field::HttpRealm,
        Field::HttpServer,
        Field::HttpStatus,
        Field::HttpTitle,
        Field::HttpUserAgent,
        Field::IsapiClass,
        Field::IsapiFirmware,
        Field::IsapiMac,
        Field::IsapiModel,
        Field::IsapiName,
        Field::IsapiRole,
        Field::IsapiSerial,
        Field::IsapiVendor,
        Field::OnvifClass,
        Field::OnvifCredentials,
        Field::OnvifFirmware,
        Field::OnvifMac,
        Field::OnvifManufacturer,
        Field::OnvifModel,
        Field::OnvifRole,
        Field::OnvifScopeHardware,
        Field::OnvifScopeName,
        Field::OnvifSerial,
        Field::OnvifUid,
        Field::OnvifVideo,
        Field::SsdpAddress,
        Field::SsdpDeviceType,
        Field::SsdpFirmware,
        Field::SsdpFriendlyName,
        Field::SsdpManufacturer,
        Field::SsdpModel,
        Field::SsdpModelDescription,
        Field::SsdpModelNumber,
        Field::SsdpSerial,
    ],
    read: Read::Stream(&[b'A'..=b'Z', b'-'..=b'-', b'_'..=b'_', b'\r'..=b'\r', b'\n'..=b'\n'], answers::read),
};

/// Longest method that is believed; the longest registered one has 17 letters.
const MAX_METHOD: usize = 20;

/// A message of which all is there that is wanted.
#[derive(Debug)]
struct Entire<'a> {
    head: Head<'a>,
    start: Start<'a>,
    /// Its body, where somebody reads it.
    body: Option<Body<'a>>,
}

impl<'a> Entire<'a> {
    /// The message that a half begins with; else what is to be said of the half.
    fn parse(stream: &Stream<'a>) -> Result<Self, Probe> {
        let begun = after_empty_lines(stream.bytes);
        if !begun.is_empty() && begun != b"\r" && !may_begin(begun) {
            return Err(Probe::NotMine);
        }
        let Some(head) = Head::parse(stream.bytes) else {
            let endless = begun.len() >= crate::head::MAX_HEAD;
            return Err(if endless { Probe::NotMine } else { stream.more() });
        };
        let start = Start::parse(&head).ok_or(Probe::NotMine)?;
        if !head.whole && !stream.ended {
            return Err(stream.more());
        }
        let body = Body::announced(&head, start).filter(|_| !is_anothers(&head, start));
        let told = body.as_ref().map_or(Told::Nobodys, Body::told);
        if told == Told::Open && !stream.ended {
            return Err(stream.more());
        }
        Ok(Self { head, start, body: body.filter(|_| told != Told::Nobodys) })
    }

    /// Yields what it says.
    fn say(&self, facts: Facts<'_>) {
        match self.start {
            Start::Request { method, target } => request(&self.head, method, target, facts),
            Start::Response { status } => response(&self.head, status, facts),
        }
        if let Some(body) = &self.body {
            body.read(facts);
        }
    }

    /// What stands behind its head, where another protocol may.
    fn hands_on(&self) -> Option<&'a [u8]> {
        self.head.body.filter(|_| onward::hands_on(&self.head, self.start))
    }
}

/// A start line of HTTP/1.
#[derive(Clone, Copy, Debug)]
enum Start<'a> {
    Request { method: &'a [u8], target: &'a [u8] },
    Response { status: &'a [u8] },
}

impl<'a> Start<'a> {
    const fn status(self) -> Option<&'a [u8]> {
        match self {
            Self::Response { status } => Some(status),
            Self::Request { .. } => None,
        }
    }

    fn parse(head: &Head<'a>) -> Option<Self> {
        if is_version(head.start.get(..8)?) {
            let status = head.start.get(8..)?.strip_prefix(b" ")?.get(..3)?;
            let ends = head.start.get(12).is_none_or(|&byte| byte == b' ');
            return (ends && status.iter().all(u8::is_ascii_digit)).then_some(Self::Response { status });
        }
        let [method, target, version] = head.words()?;
        let possible = is_method(method) && !target.is_empty() && is_version(version);
        possible.then_some(Self::Request { method, target })
    }
}

fn is_version(word: &[u8]) -> bool {
    matches!(word, [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0' | b'1'])
}

fn is_method(word: &[u8]) -> bool {
    (1..=MAX_METHOD).contains(&word.len())
        && word.iter().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_'))
}

/// Whether a start line may begin like this: a version, or a method and a space.
fn may_begin(bytes: &[u8]) -> bool {
    let word = bytes.get(..=MAX_METHOD).unwrap_or(bytes);
    let version = b"HTTP/1.";
    if word.iter().zip(version).all(|(byte, expected)| byte == expected) {
        return true;
    }
    match word.iter().position(|&byte| byte == b' ') {
        Some(end) => word.get(..end).is_some_and(is_method),
        None => word.len() <= MAX_METHOD && is_method(word),
    }
}

fn request(head: &Head<'_>, method: &[u8], target: &[u8], facts: Facts<'_>) {
    facts(Fact::Says { who: Party::Receiver, field: Field::HttpMethod, value: method });
    if method != b"CONNECT" {
        say_path(target, facts);
    }
    let [host, agent, content, authorization] =
        head.first(["host", "user-agent", "content-type", "authorization"]);
    say_host(host, method, target, facts);
    say(agent, Field::HttpUserAgent, facts);
    say(content, Field::HttpContentType, facts);
    if authorization
        .is_some_and(|scheme| scheme.get(..6).is_some_and(|it| it.eq_ignore_ascii_case(b"basic ")))
    {
        say(Some(b"Basic"), Field::HttpCredentials, facts);
    }
}

/// Yields the path of a target, with passwords masked, and that there is one.
fn say_path(target: &[u8], facts: Facts<'_>) {
    let path = target::path(target);
    let is_receivers = target::authority(target).is_none();
    let mut say_it = |value| {
        if is_receivers {
            facts(Fact::Says { who: Party::Receiver, field: Field::HttpPath, value });
        }
    };
    if memchr::memchr(b'=', path).is_none() {
        return say_it(value(path));
    }
    let shown = masked(path);
    say_it(shown.as_bytes());
    if shown.as_bytes() != value(path) {
        say(Some(b"query"), Field::HttpCredentials, facts);
    }
}

/// Whether an answer is another's, which a proxy or cache passed on (RFC 9110, 7.6.3).
fn is_anothers(head: &Head<'_>, start: Start<'_>) -> bool {
    start.status().is_some() && head.first(["via", "x-cache"]).iter().any(Option::is_some)
}

fn response(head: &Head<'_>, status: &[u8], facts: Facts<'_>) {
    facts(Fact::of_sender(Field::HttpStatus, status));
    let [server, content, challenge] = head.first(["server", "content-type", "www-authenticate"]);
    let is_anothers = is_anothers(head, Start::Response { status });
    say(server.filter(|_| !is_anothers), Field::HttpServer, facts);
    say(content, Field::HttpContentType, facts);
    if challenge.is_none() || is_anothers {
        return;
    }
    challenge::say(head, Field::HttpRealm, facts);
}

fn say(found: Option<&[u8]>, field: Field, facts: Facts<'_>) {
    if let Some(found) = found {
        facts(Fact::of_sender(field, value(found)));
    }
}

fn say_host(field: Option<&[u8]>, method: &[u8], target: &[u8], facts: Facts<'_>) {
    let named = if method == b"CONNECT" { Some(target) } else { target::authority(target) };
    let host = named.or(field).map(target::without_port);
    if let Some(host) = host.filter(|host| (1..=255).contains(&host.len())) {
        let mut spelt = Text::new();
        facts(Fact::Says {
            who: Party::Receiver,
            field: Field::HttpHost,
            value: text::host(host, &mut spelt),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{cut_stream_everywhere, stream};

    const REQUEST: &[u8] =
        b"POST /upload?id=1 HTTP/1.1\r\nHost: cam.example:8080\r\nuser-agent: example/1\r\n\
        Content-Type: image/jpeg\r\n\r\nbody";
    const RESPONSE: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\nContent-Type: text/html\r\n\
        WWW-Authenticate: Digest qop=\"auth\", realm=\"Cam \\\"1\\\"\", nonce=\"1\"\r\n\
        WWW-Authenticate: Basic realm=cam\r\n\r\n";

    fn said(bytes: &[u8]) -> Vec<String> {
        let (step, said) = stream(&READER, bytes, false);
        assert!(matches!(step, Probe::Match | Probe::Then(_)));
        said
    }

    #[test]
    fn a_request_speaks_of_both_sides() {
        let expected = [
            "receiver http.method POST",
            "receiver http.path /upload?id=1",
            "receiver http.host cam.example",
            "sender http.user_agent example/1",
            "sender http.content_type image/jpeg",
        ];
        assert_eq!(said(REQUEST), expected);
    }

    #[test]
    fn passwords_in_clear_are_told_and_not_shown() {
        let asks =
            b"GET /cgi?usr=a&pwd=secret&cmd=b HTTP/1.1\r\nHost: a\r\nauthorization: basic YTpi\r\n\r\n";
        let all = [
            "receiver http.method GET",
            "receiver http.path /cgi?usr=a&pwd=***&cmd=b",
            "sender http.credentials query",
            "receiver http.host a",
            "sender http.credentials Basic",
        ];
        assert_eq!(said(asks), all);
        let others = b"GET /?a=b HTTP/1.1\r\nAuthorization: Digest username=\"a\"\r\n\r\n";
        assert_eq!(said(others), ["receiver http.method GET", "receiver http.path /?a=b"]);
    }

    #[test]
    fn a_response_speaks_of_its_sender() {
        let expected = [
            "sender http.status 401",
            "sender http.server App-webs/",
            "sender http.content_type text/html",
            "sender http.realm Cam \\\"1\\\"",
            "sender http.realm cam",
        ];
        assert_eq!(said(RESPONSE), expected);
    }

    #[test]
    fn what_a_proxy_passes_on_is_not_its_own() {
        let asks = b"GET http://cam.example/ISAPI?pwd=a HTTP/1.1\r\nHost: cam.example\r\n\r\n";
        let expected =
            ["receiver http.method GET", "sender http.credentials query", "receiver http.host cam.example"];
        assert_eq!(said(asks), expected);
        let body = "<?xml version=\"1.0\"?><DeviceInfo xmlns=\"http://www.hikvision.com/ver20/XMLSchema\"><model>E</model></DeviceInfo>";
        for field in ["Via: 1.1 proxy", "X-Cache: MISS from proxy", "X: y"] {
            let answer = format!(
                "HTTP/1.1 200 OK\r\nServer: App-webs/\r\nWWW-Authenticate: Basic realm=cam\r\nConnection: close\r\n{field}\r\n\
                 Content-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let said = said(answer.as_bytes());
            if field == "X: y" {
                assert_eq!(said.len(), 6);
            } else {
                assert_eq!(said, ["sender http.status 200", "sender http.content_type text/xml"], "{field}");
            }
        }
    }

    #[test]
    fn empty_lines_before_a_head_are_passed_over() {
        for whole in [REQUEST, RESPONSE] {
            let late = [b"\r\n\r\n", whole].concat();
            assert_eq!(said(&late), said(whole));
            cut_stream_everywhere(&READER, &late);
        }
        assert_eq!(stream(&READER, &b"\r\n".repeat(9), false).0, Probe::NotMine);
        assert_eq!(stream(&READER, b"\r\n\rGET / HTTP/1.1\r\n", false).0, Probe::NotMine);
    }

    #[test]
    fn nearly_http_is_not_read() {
        for start in [
            "GET / HTTP/2.0",
            "GET / RTSP/1.0",
            "GET /",
            "GET  HTTP/1.1",
            "get / HTTP/1.1",
            "REGISTER sip:a SIP/2.0",
            "HTTP/1.1 20 OK",
            "HTTP/1.1 2000",
            "HTTP/1.2 200 OK",
            "",
        ] {
            let bytes = format!("{start}\r\nHost: cam.example\r\n\r\n");
            assert_eq!(stream(&READER, bytes.as_bytes(), false), (Probe::NotMine, vec![]), "{start}");
        }
    }

    #[test]
    fn a_start_that_never_ends_is_given_up() {
        let endless = [b"GET /", &vec![b'a'; crate::head::MAX_HEAD][..]].concat();
        assert_eq!(stream(&READER, &endless, false), (Probe::NotMine, vec![]));
        let fields =
            [b"GET / HTTP/1.1\r\nHost: cam.example\r\nX: ", &vec![b'a'; crate::head::MAX_HEAD][..]].concat();
        assert_eq!(said(&fields).last().unwrap(), "receiver http.host cam.example");
    }

    #[test]
    fn cut_at_every_byte() {
        for whole in [REQUEST, RESPONSE] {
            cut_stream_everywhere(&READER, whole);
        }
    }
}
