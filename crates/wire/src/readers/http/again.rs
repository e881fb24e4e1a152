//! Answers behind a refusal: a server says 401 with a challenge, its client asks again over the same connection, and what it is
//! stands in the second answer (RFC 7616, 3.3). So ask most clients of cameras.

use super::{Start, body, read_one};
use crate::{Probe, Stream, head::Head, reader::Facts};

/// Longest page of a refusal that is passed over.
const MAX_PAGE: usize = 8 << 10;

/// Reads a half, and where it begins with a refusal the answer behind it, too.
pub(super) fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let Some(end) = end_of_refusal(stream.bytes) else { return read_one(stream, facts) };
    let (Some(refusal), Some(rest)) = (stream.bytes.get(..end), stream.bytes.get(end..)) else {
        return if stream.ended { read_one(stream, facts) } else { Probe::More(end + 1) };
    };
    if rest.is_empty() && !stream.ended {
        return Probe::More(end + 1);
    }
    let next = Stream { bytes: rest, ended: stream.ended };
    let probe = match read_one(&next, &mut |_| {}) {
        Probe::More(more) if !stream.ended => return Probe::More(end + more),
        Probe::More(_) | Probe::NotMine => return read_one(stream, facts),
        Probe::Then(offset) => Probe::Then(end + offset),
        Probe::Match => Probe::Match,
    };
    read_one(&Stream { bytes: refusal, ended: true }, facts);
    read_one(&next, facts);
    probe
}

/// Where a refusal ends with which a half begins, and behind which the server answers again; it may not be there yet.
fn end_of_refusal(bytes: &[u8]) -> Option<usize> {
    let head = Head::parse(bytes)?;
    let rest = head.body.filter(|_| head.whole)?;
    if Start::parse(&head)?.status()? != b"401" {
        return None;
    }
    let [challenge, length, connection] = head.first(["www-authenticate", "content-length", "connection"]);
    challenge?;
    let closes = connection.is_some_and(|word| word.eq_ignore_ascii_case(b"close"));
    let length = body::number(length?, 10).filter(|length| *length <= MAX_PAGE && !closes)?;
    Some(bytes.len() - rest.len() + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::{
        http::READER,
        tests::{cut_stream_everywhere, stream},
    };

    const PAGE: &str = "<html><title>401</title></html>";

    fn refusal(fields: &str) -> String {
        format!(
            "HTTP/1.1 401 Unauthorized\r\nServer: Example\r\nWWW-Authenticate: Digest realm=\"E1\", nonce=\"1\"\r\n{fields}\r\n{PAGE}"
        )
    }

    fn sized() -> String {
        refusal(&format!("Content-Length: {}\r\n", PAGE.len()))
    }

    fn answer() -> String {
        let body = "root.Brand.ProdNbr=E1\nroot.Brand.Brand=EXAMPLE\n";
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn what_is_answered_to_a_client_that_asks_again_is_read() {
        let half = sized() + &answer();
        let (probe, said) = stream(&READER, half.as_bytes(), false);
        assert_eq!(probe, Probe::Match);
        for line in [
            "sender http.realm E1",
            "sender http.status 401",
            "sender http.status 200",
            "sender cgi.vendor EXAMPLE",
        ] {
            assert!(said.contains(&line.to_owned()), "{line} in {said:?}");
        }
        cut_stream_everywhere(&READER, half.as_bytes());
        let twice = sized() + &sized() + &answer();
        let said = stream(&READER, twice.as_bytes(), false).1;
        assert!(!said.contains(&"sender http.status 200".to_owned()), "one refusal, and no more");
    }

    #[test]
    fn a_refusal_alone_says_what_it_says_at_its_end() {
        let half = sized();
        assert_eq!(stream(&READER, half.as_bytes(), false), (Probe::More(half.len() + 1), vec![]));
        let (probe, said) = stream(&READER, half.as_bytes(), true);
        assert!(probe == Probe::Match && said.contains(&"sender http.realm E1".to_owned()));
        let other = half + "no HTTP";
        assert_eq!(stream(&READER, other.as_bytes(), false), (Probe::Match, said));
    }

    #[test]
    fn nothing_is_waited_for_behind_an_answer_that_ends_the_connection() {
        let closes = refusal(&format!("Content-Length: {}\r\nConnection: close\r\n", PAGE.len()));
        let long = refusal(&format!("Content-Length: {}\r\n", MAX_PAGE + 1));
        let other = sized().replace("401 Unauthorized", "403 Forbidden");
        let unsaid = sized().replace("WWW-Authenticate", "X-Authenticate");
        for half in [closes, long, other, unsaid] {
            assert_eq!(stream(&READER, half.as_bytes(), false).0, Probe::Match, "{half}");
        }
    }
}
