//! Bodies in parts (RFC 2046, 5.1), as far as their first part: cameras push an alarm as XML, and behind it a picture, and answer
//! who waits for events with parts that replace each other, as they do with pictures.
//!
//! who waits for events is told in parts before them, too, that the sender is still there (`Heartbeat`, of Dahua): these are passed
//! over.
//!
//! Bounds: a part's own head is at most 1 KiB, and four parts are passed over.

use memchr::{memchr, memmem};

use crate::text::begins;

/// Longest head of a part.
const MAX_PART_HEAD: usize = 1024;

/// The first part of a body.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Part<'a> {
    /// Its bytes as far as they are there.
    pub(super) bytes: &'a [u8],
    /// Whether the next part begins behind them, or nothing can.
    pub(super) whole: bool,
}

/// Whether a type is that of a body in parts of which the first may be text.
pub(super) fn is_multipart(kind: &[u8]) -> bool {
    [&b"multipart/form-data"[..], b"multipart/mixed", b"multipart/x-mixed-replace"]
        .iter()
        .any(|name| begins(kind, name))
}

/// Most parts that are passed over.
const MAX_PASSED: usize = 4;

/// The first part that says something; `None` while its head is not there.
pub(super) fn first(mut body: &[u8]) -> Option<Part<'_>> {
    for _ in 0..MAX_PASSED {
        let (part, rest) = at_start(body)?;
        if !part.whole || part.bytes.trim_ascii() != b"Heartbeat" {
            return Some(part);
        }
        body = rest;
    }
    Some(at_start(body)?.0)
}

/// The part that a body begins with, and what stands behind it.
fn at_start(body: &[u8]) -> Option<(Part<'_>, &[u8])> {
    let never = (Part { bytes: b"", whole: true }, &b""[..]);
    let body = body.trim_ascii_start();
    if !body.starts_with(b"--") {
        return (body.len() > 1).then_some(never);
    }
    let bounded = body.get(..MAX_PART_HEAD).unwrap_or(body);
    let Some((boundary, _)) = memchr(b'\n', bounded).and_then(|end| body.split_at_checked(end)) else {
        return (bounded.len() == MAX_PART_HEAD).then_some(never);
    };
    let boundary = boundary.trim_ascii_end();
    let rest = bounded.get(boundary.len()..).unwrap_or(&[]);
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    let end = ends.iter().filter_map(|end| Some(memmem::find(rest, end)? + end.len())).min();
    let Some(bytes) = end.and_then(|end| body.get(boundary.len() + end..)) else {
        return (bounded.len() == MAX_PART_HEAD).then_some(never);
    };
    let end = memmem::find(bytes, boundary);
    let (own, behind) = bytes.split_at_checked(end.unwrap_or(bytes.len()))?;
    Some((Part { bytes: own, whole: end.is_some() }, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] =
        b"--b\r\nContent-Type: application/xml\r\n\r\n<a/>\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n\xff";

    #[test]
    fn the_first_part_stands_between_its_head_and_the_next() {
        let part = first(BODY).unwrap();
        assert_eq!(part, Part { bytes: b"<a/>\r\n", whole: true });
        for length in 0..BODY.len() {
            let cut = first(&BODY[..length]);
            assert!(
                cut.is_none_or(|cut| part.bytes.starts_with(cut.bytes.get(..6).unwrap_or(cut.bytes))),
                "{length}"
            );
        }
    }

    #[test]
    fn what_only_says_that_somebody_is_there_is_passed_over() {
        let beat = "--b\r\nContent-Type: text/plain\r\nContent-Length:9\r\n\r\nHeartbeat\r\n\r\n";
        let event = "--b\r\nContent-Type: text/plain\r\n\r\nCode=VideoMotion;action=Start;index=0\r\n";
        let told = |beats: usize| {
            let body = format!("{}{event}--b", beat.repeat(beats));
            first(body.as_bytes()).map(|part| part.bytes.trim_ascii().to_vec())
        };
        assert_eq!(told(1).unwrap(), b"Code=VideoMotion;action=Start;index=0");
        assert_eq!(told(MAX_PASSED), told(1));
        assert_eq!(told(MAX_PASSED + 1).unwrap(), b"Heartbeat");
        assert_eq!(first(beat.as_bytes()), Some(Part { bytes: b"Heartbeat\r\n\r\n", whole: false }));
        assert_eq!(first(format!("{beat}--b").as_bytes()), None, "the next part's head is not there yet");
    }

    #[test]
    fn what_has_no_parts_has_none() {
        let never = Some(Part { bytes: &b""[..], whole: true });
        assert_eq!(first(b"<a>"), never);
        assert_eq!(first(&[b"--", &[b'a'; MAX_PART_HEAD][..]].concat()), never);
        assert_eq!(first(&[b"--b\n", &[b'a'; MAX_PART_HEAD][..]].concat()), never);
        assert_eq!((first(b"-"), first(b"--b"), first(b"--b\r\nA: b\r\n")), (None, None, None));
    }

    #[test]
    fn types_of_parts() {
        assert!(is_multipart(b"Multipart/form-data; boundary=b") && is_multipart(b"multipart/mixed"));
        assert!(is_multipart(b"multipart/x-mixed-replace; boundary=b"));
        assert!(!is_multipart(b"multipart/related") && !is_multipart(b"multi"));
    }
}
