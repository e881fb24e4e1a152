//! Bodies of HTTP: which are read, how much of them is there, and by whom.
//!
//! A body is read where the head announces a text, or says nothing of its type and the body begins like one, also where it was
//! compressed ([`inflate`](super::inflate)). Of a response it is read where the status is 2xx: what an error shows is not the device's word, but for why SOAP refuses. Of a body
//! in parts the first is read. What it is shows in its first bytes ([`document`] for XML); what nobody reads is not
//! waited for. Lengths are those of RFC 9112, 6: chunked, or `Content-Length`, or up to the end of the half. At most
//! 64 KiB of a body are read, within the bounds of [`Xml`](crate::xml::Xml); bytes that are no UTF-8 read as U+FFFD.

use std::borrow::Cow;

use memchr::{memchr, memrchr};

use super::{
    Start, api, cgi, chunks,
    document::{self, Root},
    inflate::Coding,
    links, multipart, title,
};
use crate::{head::Head, reader::Facts, xml::Xml};

/// Longest body that is read, in bytes.
pub(super) const MAX_BODY: usize = 64 << 10;
/// How much of a compressed body is looked at to know whether somebody reads it.
const PEEK: usize = 4 << 10;

/// Which side sent a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    Client,
    Server,
    /// A server, with an answer that is no success.
    Refusal,
}

/// A body as far as it is there, its transfer coding undone.
#[derive(Debug)]
pub(super) struct Body<'a> {
    bytes: Cow<'a, [u8]>,
    /// Whether nothing more of it will come, or be read.
    whole: bool,
    side: Side,
    /// Whether it is a page for people.
    pub(super) html: bool,
}

/// What can be told of a body from what is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Told {
    /// Nobody reads it.
    Nobodys,
    /// More of it is needed.
    Open,
    /// It can be read.
    Ready,
}

impl<'a> Body<'a> {
    /// The body that a head announces, if it is one that may be read.
    pub(super) fn announced(head: &Head<'a>, start: Start<'_>) -> Option<Self> {
        let rest = head.body?;
        let side = match start {
            Start::Request { .. } => Side::Client,
            Start::Response { status: [b'2', ..] } if start.status() != Some(b"204") => Side::Server,
            Start::Response { status: [b'4' | b'5', ..] } if is_fault(head) => Side::Refusal,
            Start::Response { .. } => return None,
        };
        let wanted = ["content-type", "content-encoding", "transfer-encoding", "content-length"];
        let [kind, coding, transfer, length] = head.first(wanted);
        let coding = coding.filter(|coding| !coding.eq_ignore_ascii_case(b"identity"));
        let coding = match coding.map(Coding::named) {
            Some(None) => return None,
            coding => coding.flatten(),
        };
        let length = match (transfer, length) {
            (Some(transfer), _) if transfer.eq_ignore_ascii_case(b"chunked") => None,
            (Some(_), _) => return None,
            (None, Some(length)) => Some(number(length, 10)?),
            (None, None) => None,
        };
        let sized = transfer.is_some() || length.is_some();
        // A request without a length has no body (RFC 9112, 6.3).
        let announced = match kind {
            Some(kind) => is_text(kind) && (sized || side != Side::Client),
            None => sized,
        };
        if !announced || length == Some(0) {
            return None;
        }
        let (bytes, whole) =
            if transfer.is_some() { chunks::data(rest) } else { plain(rest, length.unwrap_or(MAX_BODY)) };
        let html = kind.is_some_and(is_html);
        let mut body = Self { bytes, whole, side, html };
        if let Some(coding) = coding {
            body = body.inflated(coding);
        }
        Some(if kind.is_some_and(multipart::is_multipart) { body.first_part() } else { body })
    }

    /// Itself before it was compressed. Most are read by nobody, which their first bytes tell.
    fn inflated(self, coding: Coding) -> Self {
        let first = Self { bytes: Cow::Owned(coding.undo(&self.bytes, PEEK)), whole: false, ..self };
        if first.bytes.len() < PEEK || first.told() == Told::Nobodys {
            return Self { whole: self.whole, ..first };
        }
        let bytes = coding.undo(&self.bytes, MAX_BODY);
        Self { whole: self.whole || bytes.len() == MAX_BODY, bytes: Cow::Owned(bytes), ..self }
    }

    /// The first part of a body in parts, as far as it is there.
    fn first_part(self) -> Self {
        match multipart::first(&self.bytes) {
            Some(part) => {
                Self { whole: self.whole || part.whole, bytes: Cow::Owned(part.bytes.to_vec()), ..self }
            }
            None => Self { bytes: Cow::default(), ..self },
        }
    }

    /// What can be told of it so far.
    pub(super) fn told(&self) -> Told {
        // Most bodies without a type are pictures or video: their bytes need not be made text to say so. Nor may it count
        // that an element stands further behind, which would not have been waited for.
        let told = match self.begins() {
            Some(b'<') if self.html => match (title::told(&self.bytes), links::told(&self.bytes)) {
                (_, Told::Open) if self.whole => Told::Ready,
                (_, Told::Open) => Told::Open,
                (Told::Ready, _) | (_, Told::Ready) => Told::Ready,
                (title, _) => title,
            },
            Some(b'<') => match document::root(&String::from_utf8_lossy(&self.bytes), self.side) {
                Root::Known(_) if self.whole => Told::Ready,
                Root::Known(_) | Root::Open => Told::Open,
                Root::Other => Told::Nobodys,
            },
            Some(_) if self.side != Side::Server => Told::Nobodys,
            Some(b'{' | b'[') => match api::told(&self.bytes) {
                Told::Open if self.whole => Told::Ready,
                told => told,
            },
            Some(_) => match cgi::told(&self.bytes) {
                Told::Ready if !self.whole => Told::Open,
                told => told,
            },
            None => Told::Open,
        };
        if self.whole && told == Told::Open { Told::Nobodys } else { told }
    }

    /// Yields what it says.
    pub(super) fn read(&self, facts: Facts<'_>) {
        if matches!(self.begins(), Some(b'{' | b'[')) {
            api::read(&self.bytes, facts);
        } else if self.begins() != Some(b'<') {
            let there = if self.whole { Some(self.bytes.len()) } else { memrchr(b'\n', &self.bytes) };
            cgi::read(there.and_then(|there| self.bytes.get(..there)).unwrap_or(&[]), facts);
        } else if self.html {
            title::read(&self.bytes, facts);
            links::read(&self.bytes, facts);
        } else {
            let text = String::from_utf8_lossy(&self.bytes);
            if let Root::Known(read) = document::root(&text, self.side) {
                read(&mut Xml::new(&text), facts);
            }
        }
    }

    /// Its first byte that is no space, nor of a byte order mark; `None` while it is not there.
    fn begins(&self) -> Option<u8> {
        let bytes = &*self.bytes;
        if bytes.len() < 3 && b"\xef\xbb".starts_with(bytes) {
            return None;
        }
        bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start().first().copied()
    }
}

/// Yields what these bytes of a body say.
#[cfg(test)]
pub(super) fn read(bytes: &[u8], facts: Facts<'_>) {
    Body { bytes: Cow::Borrowed(bytes), whole: true, side: Side::Server, html: false }.read(facts);
}

/// Whether a response that is no success may tell why in a message of SOAP (SOAP 1.2, part 2, 7.5.2): that is its server's word, and
/// nothing but a fault is read of it.
fn is_fault(head: &Head<'_>) -> bool {
    const SOAP: &[u8] = b"application/soap+xml";
    let [kind] = head.first(["content-type"]);
    kind.and_then(|kind| kind.get(..SOAP.len())).is_some_and(|start| start.eq_ignore_ascii_case(SOAP))
}

fn is_html(kind: &[u8]) -> bool {
    kind.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"))
}

/// Whether a type is text, or parts of which the first may be.
fn is_text(kind: &[u8]) -> bool {
    let name = kind.split(|&byte| byte == b';').next().unwrap_or(kind).trim_ascii();
    let Some(slash) = memchr(b'/', name) else { return false };
    let (class, rest) = name.split_at(slash);
    let form = rest.rsplit(|byte| matches!(byte, b'/' | b'+')).next().unwrap_or(rest);
    let is_form = |wanted: &[u8]| form.eq_ignore_ascii_case(wanted);
    class.eq_ignore_ascii_case(b"text")
        || is_form(b"xml")
        || is_form(b"json")
        || multipart::is_multipart(kind)
}

/// Digits and nothing else; what is larger than any body that is read counts as that.
pub(super) fn number(digits: &[u8], radix: u32) -> Option<usize> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_usize, |number, &digit| {
        let digit = char::from(digit).to_digit(radix)?;
        Some((number * radix as usize + digit as usize).min(MAX_BODY))
    })
}

fn plain(rest: &[u8], length: usize) -> (Cow<'_, [u8]>, bool) {
    let wanted = length.min(MAX_BODY);
    let bytes = rest.get(..wanted).unwrap_or(rest);
    (Cow::Borrowed(bytes), bytes.len() == wanted)
}

#[cfg(test)]
mod tests {
    use super::super::READER;
    use super::*;
    use crate::{
        Probe,
        readers::tests::{cut_stream_everywhere, steps_of, stream},
        xml::{MAX_DEPTH, MAX_PARTS},
    };

    const DOCUMENT: &str = "<?xml version='1.0'?><!DOCTYPE root [<!ELEMENT a (b)>]><!-- <x> --><root xmlns='urn:schemas-upnp-org:device-1-0'>\
        <device><modelName>A</modelName><?p i?><serialNumber><![CDATA[</1>]]></serialNumber></device></root>";
    const SAID: [&str; 2] = ["sender ssdp.model A", "sender ssdp.serial </1>"];

    fn response(fields: &str, body: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{fields}\r\n\r\n{body}").into_bytes()
    }

    fn typed(kind: &str) -> Vec<u8> {
        response(&format!("Content-Type: {kind}\r\nContent-Length: {}", DOCUMENT.len()), DOCUMENT)
    }

    fn in_chunks(size: usize) -> Vec<u8> {
        let chunks = DOCUMENT
            .as_bytes()
            .chunks(size)
            .map(|piece| [format!("{:x};a=b\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
        let chunks = String::from_utf8(chunks.collect::<Vec<_>>().concat()).unwrap();
        response("Transfer-Encoding: chunked\r\nContent-Type: text/xml", &(chunks + "0\r\n\r\n"))
    }

    /// What is said of the body.
    fn said(bytes: &[u8], ended: bool) -> (Probe, Vec<String>) {
        let (step, mut said) = stream(&READER, bytes, ended);
        said.retain(|line| line.starts_with("sender ssdp."));
        (step, said)
    }

    #[test]
    fn facts_of_head_and_body_come_together() {
        let whole = typed("text/xml; charset=\"utf-8\"");
        let all =
            [&["sender http.status 200", "sender http.content_type text/xml; charset=\"utf-8\""], &SAID[..]];
        assert_eq!(
            stream(&READER, &whole, false),
            (Probe::Match, all.concat().iter().map(ToString::to_string).collect())
        );
        assert_eq!(stream(&READER, &whole[..whole.len() - 1], false), (Probe::More(whole.len()), vec![]));
    }

    #[test]
    fn bodies_of_any_length_coding_are_read_at_every_cut() {
        let unsaid = response(&format!("Content-Length: {}", DOCUMENT.len()), DOCUMENT);
        for whole in [typed("application/xml"), unsaid, in_chunks(1), in_chunks(7), in_chunks(1000)] {
            assert_eq!(said(&whole, false), (Probe::Match, SAID.map(str::to_owned).to_vec()));
            cut_stream_everywhere(&READER, &whole);
            let next = [&whole[..], b"HTTP/1.1 404 Not Found\r\n\r\n"].concat();
            assert_eq!(stream(&READER, &next, false), stream(&READER, &whole, false));
        }
    }

    #[test]
    fn compressed_bodies_are_read() {
        use flate2::{Compression, bufread::GzEncoder};
        use std::io::Read;
        let compressed = |text: &str| {
            let mut bytes = Vec::new();
            GzEncoder::new(text.as_bytes(), Compression::best()).read_to_end(&mut bytes).unwrap();
            let fields = format!(
                "Content-Type: text/xml\r\nContent-Encoding: gzip\r\nContent-Length: {}",
                bytes.len()
            );
            [&response(&fields, "")[..], &bytes].concat()
        };
        let long = DOCUMENT.replace("<?p i?>", &"<a>b</a>".repeat(PEEK / 8));
        for document in [DOCUMENT, &long] {
            let whole = compressed(document);
            assert_eq!(said(&whole, false), (Probe::Match, SAID.map(str::to_owned).to_vec()));
            cut_stream_everywhere(&READER, &whole);
        }
        let mut other =
            response("Content-Type: text/xml\r\nContent-Encoding: gzip\r\nContent-Length: 90000", "");
        let all = compressed("<a>b</a>");
        other.extend(&all[all.windows(2).position(|pair| pair == [0x1f, 0x8b]).unwrap()..]);
        assert_eq!(said(&other, false), (Probe::Match, vec![]), "what nobody reads is not waited for");
    }

    #[test]
    fn a_body_without_a_length_ends_with_its_half() {
        let whole = response("Content-Type: text/xml", DOCUMENT);
        assert!(matches!(said(&whole, false).0, Probe::More(_)));
        assert_eq!(said(&whole, true).1, SAID);
        assert_eq!(said(&whole[..whole.len() - 40], true).1, SAID[..1]);
    }

    #[test]
    fn bodies_that_nobody_reads_are_not_waited_for() {
        let length = "Content-Length: 90000";
        for (fields, body) in [
            (format!("Content-Type: text/html\r\n{length}"), "<root><body></html>"),
            (format!("Content-Type: text/xml\r\n{length}"), "<e:Envelope xmlns:e='x'><e:Body><u:AResponse>"),
            (format!("Content-Type: text/xml\r\n{length}"), "no XML"),
            (format!("Content-Type: text/xml\r\n{length}"), "no XML <root>"),
            (length.to_owned(), "\u{fffd}PNG <root>"),
            (format!("Content-Type: text/xml\r\nContent-Encoding: br\r\n{length}"), ""),
            ("Content-Type: text/xml\r\nTransfer-Encoding: gzip, chunked".to_owned(), ""),
            ("Connection: close\r\nContent-Type: text/xml\r\nContent-Length: 0".to_owned(), ""),
            ("Content-Type: text/xml\r\nContent-Length: -1".to_owned(), ""),
            (length.to_owned(), "{\"a\":1}"),
        ] {
            assert_eq!(said(&response(&fields, body), false), (Probe::Match, vec![]), "{fields}");
        }
        // Without a word about a body another protocol may follow.
        assert!(matches!(said(&response("Server: a", ""), false), (Probe::Then(_), _)));
        let unchanged = String::from_utf8(typed("text/xml")).unwrap().replace("200 OK", "304 Not Modified");
        assert_eq!(said(&unchanged.into_bytes()[..100], false).0, Probe::Match);
    }

    #[test]
    fn size_depth_and_parts_are_bounded() {
        let endless = response("Content-Type: text/xml", &format!("{DOCUMENT}{}", " ".repeat(MAX_BODY)));
        assert_eq!(said(&endless, false).1, SAID);
        let deep = "<a>".repeat(MAX_DEPTH);
        let deep = DOCUMENT.replace("<?p i?>", &deep);
        assert_eq!(said(&response("Content-Type: text/xml", &deep), true).1, SAID[..1]);
        let many = DOCUMENT.replace("<?p i?>", &"<a/>".repeat(MAX_PARTS / 2));
        let many = response("Content-Type: text/xml", &many);
        let steps = steps_of(|| assert_eq!(said(&many, true).1, SAID[..1]));
        assert!(steps <= many.len(), "{steps} steps for {} bytes", many.len());
        let lines = response("Transfer-Encoding: chunked", &"f".repeat(chunks::MAX_LINE));
        assert_eq!(said(&lines, false), (Probe::Match, vec![]));
    }

    #[test]
    fn broken_documents_say_what_stood_before() {
        let bytes = DOCUMENT.as_bytes();
        for at in 0..bytes.len() {
            for byte in *b"<>&;/!?[]-\0\xff" {
                let mut broken = bytes.to_vec();
                broken[at] = byte;
                let whole = response("Content-Type: text/xml", &String::from_utf8_lossy(&broken));
                assert_eq!(said(&whole, true).0, Probe::Match);
            }
        }
    }
}
