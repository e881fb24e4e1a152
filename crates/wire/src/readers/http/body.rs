//! Bodies of HTTP responses: which are read, how much of them is there, and by whom.
//!
//! A body is read where the head announces XML (`text/xml`, `application/xml`), or says nothing of its type and the
//! body begins like XML; not where it is compressed. Its root element finds its reader in [`READERS`]. Lengths are
//! those of RFC 9112, 6: chunked, or `Content-Length`, or up to the end of the half. At most 64 KiB of a body are
//! read, within the bounds of [`Xml`]; bytes that are no UTF-8 read as U+FFFD.
//!
//! To add a reader: a file beside this one with `read`, and a line in the table.

use std::borrow::Cow;

use memchr::memchr;

use super::upnp;
use crate::{
    cursor::Cursor,
    head::Head,
    reader::Facts,
    xml::{Part, Xml},
};

/// Longest body that is read, in bytes.
const MAX_BODY: usize = 64 << 10;
/// Longest line that says how long a chunk is.
const MAX_CHUNK_LINE: usize = 256;

/// Reads a document from its beginning.
type Read = fn(&mut Xml<'_>, Facts<'_>);

/// The readers by the name of the root element, without its prefix.
const READERS: &[(&str, Read)] = &[("root", upnp::read)];

/// A body as far as it is there, its transfer coding undone.
#[derive(Debug)]
pub(super) struct Body<'a> {
    bytes: Cow<'a, [u8]>,
    /// Whether nothing more of it will come, or be read.
    whole: bool,
}

impl<'a> Body<'a> {
    /// The body that the head of a response announces, if it is one that may be read.
    pub(super) fn announced(head: &Head<'a>, status: &[u8]) -> Option<Self> {
        let rest = head.body?;
        let wanted = ["content-type", "content-encoding", "transfer-encoding", "content-length"];
        let [kind, coding, transfer, length] = head.first(wanted);
        let bodiless = matches!(status, [b'1', ..] | b"204" | b"304");
        if bodiless || coding.is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
            return None;
        }
        let length = match (transfer, length) {
            (Some(transfer), _) => transfer.eq_ignore_ascii_case(b"chunked").then_some(None)?,
            (None, Some(length)) => Some(number(length, 10)?),
            (None, None) => None,
        };
        let announced = match kind {
            Some(kind) => is_xml(kind),
            None => transfer.is_some() || length.is_some(),
        };
        if !announced || length == Some(0) {
            return None;
        }
        Some(if transfer.is_some() { chunked(rest) } else { plain(rest, length.unwrap_or(MAX_BODY)) })
    }

    /// Whether it can be told from what is there who reads it, and nobody does.
    pub(super) fn is_nobodys(&self) -> bool {
        // Most bodies without a type are pictures or video: their bytes need not be made text to say so. Nor may it count
        // that an element stands further behind, which would not have been waited for.
        if !begins_like_xml(&self.bytes) {
            return true;
        }
        let text = String::from_utf8_lossy(&self.bytes);
        match root(&text) {
            Root::Known(_) => false,
            Root::Other => true,
            Root::Open => self.whole,
        }
    }

    /// Whether nothing more of it will come, or be read.
    pub(super) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Yields what it says.
    pub(super) fn read(&self, facts: Facts<'_>) {
        read(&self.bytes, facts);
    }
}

/// Yields what these bytes of a body say.
pub(super) fn read(bytes: &[u8], facts: Facts<'_>) {
    let text = String::from_utf8_lossy(bytes);
    if let Root::Known(read) = root(&text) {
        read(&mut Xml::new(&text), facts);
    }
}

fn is_xml(kind: &[u8]) -> bool {
    let kind = kind.split(|&byte| byte == b';').next().unwrap_or(kind).trim_ascii();
    kind.eq_ignore_ascii_case(b"text/xml") || kind.eq_ignore_ascii_case(b"application/xml")
}

/// Whether XML may begin like this, as far as it is there.
fn begins_like_xml(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    start.first().is_none_or(|&byte| byte == b'<') || bytes.len() < 3 && b"\xef\xbb".starts_with(bytes)
}

/// Digits and nothing else; what is larger than any body that is read counts as that.
fn number(digits: &[u8], radix: u32) -> Option<usize> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_usize, |number, &digit| {
        let digit = char::from(digit).to_digit(radix)?;
        Some((number * radix as usize + digit as usize).min(MAX_BODY))
    })
}

fn plain(rest: &[u8], length: usize) -> Body<'_> {
    let wanted = length.min(MAX_BODY);
    let bytes = rest.get(..wanted).unwrap_or(rest);
    Body { bytes: Cow::Borrowed(bytes), whole: bytes.len() == wanted }
}

/// The chunks' data (RFC 9112, 7.1), borrowed where there is one; what is no chunk ends them.
fn chunked(rest: &[u8]) -> Body<'_> {
    let mut rest = Cursor(rest);
    let mut bytes = Cow::Borrowed(&[][..]);
    loop {
        let line_end = memchr(b'\n', rest.0.get(..MAX_CHUNK_LINE).unwrap_or(rest.0));
        let Some(line) = line_end.and_then(|end| rest.take(end + 1)) else {
            return Body { bytes, whole: rest.0.len() >= MAX_CHUNK_LINE };
        };
        let size = line.split(|byte| *byte == b';').next().unwrap_or(line).trim_ascii();
        // The last chunk is empty.
        let Some(size) = number(size, 16).filter(|&size| size > 0) else {
            return Body { bytes, whole: true };
        };
        let data = rest.up_to(size.min(MAX_BODY - bytes.len()));
        if bytes.is_empty() {
            bytes = Cow::Borrowed(data);
        } else {
            bytes.to_mut().extend_from_slice(data);
        }
        if bytes.len() == MAX_BODY {
            return Body { bytes, whole: true };
        }
        match rest.0 {
            [b'\n', ..] => rest.up_to(1),
            [b'\r', b'\n', ..] => rest.up_to(2),
            [] | [b'\r'] => return Body { bytes, whole: false },
            _ => return Body { bytes, whole: true },
        };
    }
}

/// What a document's first element says.
enum Root {
    /// This reader reads it.
    Known(Read),
    /// Nobody does.
    Other,
    /// It is not there (yet).
    Open,
}

fn root(text: &str) -> Root {
    match Xml::new(text).next() {
        Some(Part::Begins { path, .. }) => {
            let known = READERS.iter().find(|(root, _)| *root == path);
            known.map_or(Root::Other, |(_, read)| Root::Known(*read))
        }
        _ => Root::Open,
    }
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

    const DOCUMENT: &str = "<?xml version='1.0'?><!DOCTYPE root [<!ELEMENT a (b)>]><!-- <x> --><root>\
        <device><modelName>A</modelName><?p i?><serialNumber><![CDATA[</1>]]></serialNumber></device></root>";
    const SAID: [&str; 2] = ["sender ssdp.model A", "sender ssdp.serial </1>"];

    fn response(fields: &str, body: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}").into_bytes()
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
            (format!("Content-Type: text/html\r\n{length}"), "<root>"),
            (format!("Content-Type: text/xml\r\n{length}"), "<e:Envelope xmlns:e='x'>"),
            (format!("Content-Type: text/xml\r\n{length}"), "no XML"),
            (format!("Content-Type: text/xml\r\n{length}"), "no XML <root>"),
            (length.to_owned(), "\u{fffd}PNG <root>"),
            (format!("Content-Type: text/xml\r\nContent-Encoding: gzip\r\n{length}"), ""),
            ("Content-Type: text/xml\r\nTransfer-Encoding: gzip, chunked".to_owned(), ""),
            ("Content-Type: text/xml\r\nContent-Length: 0".to_owned(), ""),
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
        let lines = response("Transfer-Encoding: chunked", &"f".repeat(MAX_CHUNK_LINE));
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
