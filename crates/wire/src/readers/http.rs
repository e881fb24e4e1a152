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
//! `http.status`, `http.server`, those of [`challenge`], and where it leads to ([`links`]). Of an answer that passed a proxy (`Via`, `X-Cache`) the status and the
//! type alone are said, and that it did (`http.via`): what else it says is another's word. Nor is a path said of the receiver of an absolute target, for
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
mod links;
mod multipart;
mod onward;
pub(crate) mod requests;
mod target;
mod title;
mod tvt;
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
        Field::HttpLink,
        Field::HttpMethod,
        Field::HttpPath,
        Field::HttpRealm,
        Field::HttpServer,
        Field::HttpStatus,
        Field::HttpTitle,
        Field::HttpUserAgent,
        Field::HttpVia,
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

/// Whether a proxy passed an answer on. Each has to say so (RFC 9110, 7.6.3); one that says it of a page of its own, too, says why it
/// wrote that.
fn is_passed_on(head: &Head<'_>) -> bool {
    let [via, error] = head.first(["via", "x-squid-error"]);
    via.is_some() && error.is_none()
}

fn response(head: &Head<'_>, status: &[u8], facts: Facts<'_>) {
    facts(Fact::of_sender(Field::HttpStatus, status));
    let [server, content, challenge] = head.first(["server", "content-type", "www-authenticate"]);
    let is_anothers = is_anothers(head, Start::Response { status });
    say(server.filter(|_| !is_anothers), Field::HttpServer, facts);
    say(content, Field::HttpContentType, facts);
    if is_anothers {
        say(is_passed_on(head).then_some(b"yes"), Field::HttpVia, facts);
        return;
    }
    links::say_redirect(head, status, facts);
    if challenge.is_some() {
        challenge::say(head, Field::HttpRealm, facts);
    }
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
mod tests;
