//! The hosts of all requests of a connection, each read from the segment that it begins.
//!
//! A connection carries many requests, perhaps for several hosts, and a segment may hold several of them (RFC 9112, 9.3.2).
//! So every segment that begins like a request is read, and of each request in it whose head is whole and whose body ends
//! there too, the next one. One that begins in the middle of a segment and ends in another is not seen.
//!
//! The first request of a connection is said by the stream reader as well: a count of `http.host` is an upper bound of the
//! requests seen, never their number. A body may hold text that looks like a request; whoever counts such hosts must look
//! at the flow's own protocol too.

use super::{Start, say_host};
use crate::{Field, Message, Read, Reader, ReaderId, Route, head::Head, reader::Facts};

pub(crate) const REQUEST_READER: Reader = Reader {
    number: ReaderId(2),
    app: "http",
    activity: None,
    hides: false,
    fields: &[Field::HttpHost],
    read: Read::Message(
        &[
            Route::TcpStart(b"GET "),
            Route::TcpStart(b"POST "),
            Route::TcpStart(b"PUT "),
            Route::TcpStart(b"HEAD "),
            Route::TcpStart(b"DELETE "),
            Route::TcpStart(b"OPTIONS "),
            Route::TcpStart(b"PATCH "),
            Route::TcpStart(b"CONNECT "),
            Route::TcpStart(b"\r\n"),
            Route::TcpStart(b"\n"),
        ],
        read,
    ),
};

/// How many requests of one segment are read.
const MAX_REQUESTS: usize = 16;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let (mut rest, mut found) = (message.payload, false);
    for _ in 0..MAX_REQUESTS {
        let Some(head) = Head::parse(rest) else { break };
        let Some(Start::Request { method, target }) = Start::parse(&head) else { break };
        let [host, length] = head.first(["host", "content-length"]);
        say_host(host, method, target, facts);
        found = true;
        let Some(next) = behind(&head, length) else { break };
        rest = next;
    }
    found
}

/// What follows the body of a request. One in chunks has no length, and what follows its head is no request.
fn behind<'a>(head: &Head<'a>, length: Option<&[u8]>) -> Option<&'a [u8]> {
    let length = match length {
        Some(digits) => str::from_utf8(digits).ok()?.parse().ok()?,
        None => 0,
    };
    head.body?.get(length..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    const ONE: &[u8] = b"GET /a HTTP/1.1\r\nHost: One.example:8080\r\n\r\n";
    const TWO: &[u8] = b"POST /b HTTP/1.1\r\nContent-Length: 5\r\nHost: two.example\r\n\r\nbody.";

    fn hosts(bytes: &[u8]) -> Vec<String> {
        facts(&REQUEST_READER, bytes).unwrap_or_default()
    }

    #[test]
    fn every_request_of_a_segment_is_read() {
        let (one, two) = ("receiver http.host one.example", "receiver http.host two.example");
        assert_eq!(hosts(ONE), [one]);
        assert_eq!(hosts(&[ONE, TWO, ONE].concat()), [one, two, one]);
        assert_eq!(hosts(&[b"\r\n", TWO, b"\n", ONE].concat()), [two, one]);
        assert_eq!(hosts(&ONE.repeat(MAX_REQUESTS + 1)).len(), MAX_REQUESTS);
        cut_everywhere(&REQUEST_READER, &Packet::default(), &[TWO, ONE].concat());
    }

    #[test]
    fn a_body_is_no_request() {
        let long = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999999\r\n\r\n";
        let chunks = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n30\r\n";
        for head in [&long[..], chunks] {
            assert_eq!(hosts(&[head, ONE].concat()), ["receiver http.host a"]);
        }
    }

    #[test]
    fn answers_and_what_is_nearly_a_request_are_none() {
        for other in ["HTTP/1.1 200 OK", "GET / RTSP/1.0", "GET / HTTP/2.0", "get / HTTP/1.1", ""] {
            let bytes = format!("{other}\r\nHost: cam.example\r\n\r\n");
            assert_eq!(facts(&REQUEST_READER, bytes.as_bytes()), None, "{other}");
        }
    }
}
