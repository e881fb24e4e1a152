//! The first answers of a half. A client asks for a page that is not there, or without a password, and then over the same
//! connection for what a camera says of itself: that stands behind an answer that tells nothing (RFC 9112, 9.3). Or it asks for a
//! camera's clock, or logs in, and then for its model: that stands behind an answer that tells little.
//!
//! Read on is behind an answer that gives nothing, no success or one without content, and behind one with a body that is read as
//! devices', which the web hardly has: behind each page of it that would cost a tenth of all that is read of most captures. It has
//! to say where it ends, by a length or in chunks, and not to close the connection. Where none tells
//! more, the first alone is said, as if nothing stood behind it, and its place in the half shows it. Bounds: four answers, each of
//! which begins in the first 4 KiB. So a half is decided by a few segments, and a joint seldom wants more of it than is listed.

use arrayvec::ArrayVec;

use super::{Entire, Start, body, chunks, onward};
use crate::{Fact, Probe, Stream, reader::Facts};

/// Answers that are read.
const MAX_ANSWERS: usize = 4;
/// How far into a half an answer may begin.
const MAX_PLACE: usize = 4 << 10;

/// Reads a half: a request, or answers.
pub(super) fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let mut all = ArrayVec::<_, MAX_ANSWERS>::new();
    // Where those end behind which was looked.
    let mut ends = ArrayVec::<_, MAX_ANSWERS>::new();
    let mut place = 0;
    loop {
        let rest = Stream { bytes: stream.bytes.get(place..).unwrap_or(&[]), ended: stream.ended };
        let message = match Entire::parse(&rest) {
            Ok(message) if all.is_empty() || message.start.status().is_some() => message,
            Err(Probe::More(more)) if !stream.ended => return Probe::More(place + more),
            Err(probe) if all.is_empty() => return probe,
            _ => break,
        };
        let end = end(&message, &rest).filter(|end| place + end <= MAX_PLACE);
        all.push(message);
        ends.extend(end.map(|end| place + end));
        match end.filter(|_| !all.is_full()) {
            Some(end) if place + end < stream.bytes.len() => place += end,
            Some(end) if !stream.ended => return Probe::More(place + end + 1),
            _ => break,
        }
    }
    let is_named = |message: &Entire<'_>| {
        server(message).is_some_and(|named| Some(named) != all.first().and_then(server))
    };
    // Of one alone nothing hangs on what it tells.
    let several = all.get(1..).unwrap_or_default();
    let said =
        several.iter().rposition(|message| tells(message) || is_named(message)).map_or(0, |place| place + 1);
    // Behind a refusal the client asks again for the same.
    let is_asked_again = said == 0 && all.first().is_some_and(|first| first.start.status() == Some(b"401"));
    let count = said + 1 + usize::from(is_asked_again);
    let to = ends.get(count.min(all.len()) - 1).copied();
    for message in all.iter().take(count) {
        message.say(&mut |fact| match to {
            Some(to) => facts(Fact::Within { from: 0, to, fact: &fact }),
            None => facts(fact),
        });
    }
    let last = all.last();
    let Some((last, rest)) = last.and_then(|last| Some((last, last.hands_on()?))) else {
        return Probe::Match;
    };
    let behind = stream.bytes.len() - rest.len();
    if let Start::Request { method: b"CONNECT", target } = last.start {
        onward::refer(target, behind, facts);
    }
    Probe::Then(behind)
}

/// Whether an answer says what its sender is: in a body that is read, or in whose realm to log in.
fn tells(message: &Entire<'_>) -> bool {
    message.body.is_some() || message.head.field("www-authenticate").is_some()
}

/// What server an answer names.
fn server<'a>(message: &Entire<'a>) -> Option<&'a [u8]> {
    message.start.status().and(message.head.field("server"))
}

/// Where an answer ends behind which the next one is looked for. It may not be there yet; of one in chunks the least that is wanted.
fn end(message: &Entire<'_>, stream: &Stream<'_>) -> Option<usize> {
    // The cheap question first: most halves are requests, or begin with a success whose body nobody reads but people.
    let is_devices = || message.body.as_ref().is_some_and(|body| !body.html);
    let gives = |status: &[u8]| status.starts_with(b"2") && status != b"204";
    let status = message.start.status().filter(|status| !gives(status) || is_devices())?;
    let rest = message.head.body.filter(|_| message.head.whole && message.hands_on().is_none())?;
    let wanted = ["connection", "transfer-encoding", "content-length"];
    let [connection, transfer, length] = message.head.first(wanted);
    let is = |word: &[u8]| connection.is_some_and(|connection| connection.eq_ignore_ascii_case(word));
    if is(b"close") || message.head.start.starts_with(b"HTTP/1.0") && !is(b"keep-alive") {
        return None;
    }
    let length = match (status, transfer, length) {
        ([b'1', ..] | b"204" | b"304", ..) => 0,
        (_, Some(transfer), _) if transfer.eq_ignore_ascii_case(b"chunked") => chunks::end(rest)?,
        (_, None, Some(length)) => body::number(length, 10)?,
        _ => return None,
    };
    Some(stream.bytes.len() - rest.len() + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::{
        http::READER,
        tests::{cut_stream_everywhere, stream},
    };

    const PAGE: &str = "<html><title>401</title></html>";

    fn refusal(status: &str, fields: &str) -> String {
        let challenge = if status.starts_with("401") {
            "WWW-Authenticate: Digest realm=\"E1\", nonce=\"1\"\r\n"
        } else {
            ""
        };
        format!("HTTP/1.1 {status}\r\nServer: Example\r\n{challenge}{fields}\r\n{PAGE}")
    }

    fn sized(status: &str) -> String {
        refusal(status, &format!("Content-Length: {}\r\n", PAGE.len()))
    }

    fn chunked() -> String {
        let whole = refusal("404 Not Found", "Transfer-Encoding: chunked\r\n");
        whole.replace(PAGE, &format!("{:x}\r\n{PAGE}\r\n3;a=b\r\nabc\n0\r\n\r\n", PAGE.len()))
    }

    fn answer() -> String {
        let body = "root.Brand.ProdNbr=E1\nroot.Brand.Brand=EXAMPLE\n";
        let fields = "Connection: close\r\nContent-Type: text/plain";
        format!("HTTP/1.1 200 OK\r\n{fields}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    fn said(half: &str) -> Vec<String> {
        let (probe, said) = stream(&READER, half.as_bytes(), true);
        assert_eq!(probe, Probe::Match, "{half}");
        said
    }

    const VENDOR: &str = "sender cgi.vendor EXAMPLE";

    #[test]
    fn what_is_answered_behind_answers_that_tell_nothing_is_read() {
        for before in [
            sized("401 Unauthorized"),
            sized("404 Not Found"),
            chunked(),
            refusal("304 Not Modified", "").replace(PAGE, ""),
            refusal("404 Not Found", &format!("Content-Length: {}\r\n", 3000))
                .replace(PAGE, &" ".repeat(3000)),
            sized("404 Not Found") + &chunked() + &sized("401 Unauthorized"),
        ] {
            let half = before + &answer();
            let (probe, said) = stream(&READER, half.as_bytes(), false);
            assert_eq!(probe, Probe::Match);
            assert_eq!(said[1], "sender http.server Example", "the first comes first");
            assert!(said.contains(&VENDOR.to_owned()), "{half} says {said:?}");
            cut_stream_everywhere(&READER, half.as_bytes());
        }
    }

    /// A camera answers to a login, and then over the same connection what it is; and a page of the web is not read on behind.
    #[test]
    fn what_is_answered_behind_answers_that_tell_little_is_read() {
        let document = |root: &str, body: &str| {
            let body = format!("<{root} xmlns=\"http://www.hikvision.com/ver20/XMLSchema\">{body}</{root}>");
            let fields = "Content-Type: application/xml";
            format!("HTTP/1.1 200 OK\r\n{fields}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        };
        let (login, info) = (document("userCheck", ""), document("DeviceInfo", "<model>DS-E</model>"));
        let model = "sender isapi.model DS-E".to_owned();
        assert!(said(&(login.clone() + &info)).contains(&model));
        assert!(said(&(sized("401 Unauthorized") + &login + &info)).contains(&model));
        cut_stream_everywhere(&READER, (login.clone() + &info + &answer()).as_bytes());
        assert_eq!(said(&login).last().map(String::as_str), Some("sender isapi.role login"));
        let page = login.replace("application/xml", "text/html");
        assert_eq!(stream(&READER, page.as_bytes(), false).0, Probe::Match);
    }

    #[test]
    fn answers_are_few_and_begin_early() {
        let four = sized("404 Not Found").repeat(MAX_ANSWERS);
        assert_eq!(stream(&READER, four.as_bytes(), false).0, Probe::Match);
        assert!(!said(&(four + &answer())).contains(&VENDOR.to_owned()));
        let head = refusal("404 Not Found", "Content-Length: 00000\r\n");
        let head = head.strip_suffix(PAGE).unwrap();
        let long = |more: usize| {
            let length = MAX_PLACE - head.len() + more;
            head.replace("00000", &format!("{length:05}")) + &"a".repeat(length) + &answer()
        };
        assert!(said(&long(0)).contains(&VENDOR.to_owned()));
        assert_eq!(
            stream(&READER, &long(1).as_bytes()[..head.len()], false).0,
            Probe::Match,
            "not waited for"
        );
        assert_eq!(stream(&READER, &long(0).as_bytes()[..head.len()], false).0, Probe::More(MAX_PLACE + 1));
    }

    #[test]
    fn an_answer_alone_says_what_it_says_at_its_end() {
        let half = sized("401 Unauthorized");
        assert_eq!(stream(&READER, half.as_bytes(), false), (Probe::More(half.len() + 1), vec![]));
        let alone = said(&half);
        assert!(alone.contains(&"sender http.realm E1".to_owned()));
        for other in ["no HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 2000\r\n\r\n"] {
            let other = half.clone() + other;
            assert_eq!(stream(&READER, other.as_bytes(), false), (Probe::Match, alone.clone()));
        }
    }

    #[test]
    fn where_nothing_more_is_told_the_first_answer_shows_it() {
        let first = sized("404 Not Found");
        let half = first.clone() + &sized("403 Forbidden");
        let mut ends = Vec::new();
        let mut note = |fact: Fact<'_>| match fact {
            Fact::Within { from: 0, to, .. } => ends.push(to),
            fact => panic!("{fact:?} has no place"),
        };
        assert_eq!(read(&Stream { bytes: half.as_bytes(), ended: true }, &mut note), Probe::Match);
        assert_eq!(ends, [first.len(); 2]);
        assert_eq!(said(&half), ["sender http.status 404", "sender http.server Example"]);
        let other = first.replace("Example", "Other");
        assert!(said(&(first + &other)).contains(&"sender http.server Other".to_owned()));
    }

    #[test]
    fn nothing_is_waited_for_behind_an_answer_that_ends_the_connection() {
        let length = format!("Content-Length: {}\r\n", PAGE.len());
        for half in [
            refusal("401 Unauthorized", &format!("{length}Connection: close\r\n")),
            refusal("401 Unauthorized", "Content-Length: 99999999\r\n"),
            refusal("200 OK", "Transfer-Encoding: gzip\r\n"),
            refusal("200 OK", "Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n"),
            refusal("404 Not Found", ""),
            sized("200 OK"),
            sized("404 Not Found").replace("HTTP/1.1", "HTTP/1.0"),
        ] {
            assert_eq!(stream(&READER, half.as_bytes(), false).0, Probe::Match, "{half}");
        }
        let kept =
            refusal("404 Not Found", &format!("{length}Connection: Keep-Alive\r\n")).replace("/1.1", "/1.0");
        assert_eq!(stream(&READER, kept.as_bytes(), false).0, Probe::More(kept.len() + 1));
    }
}
