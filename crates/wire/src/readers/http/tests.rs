//! Tests of [`super`]: what heads say of both sides.

use super::*;
use crate::readers::tests::{cut_stream_everywhere, stream};

const REQUEST: &[u8] = b"POST /upload?id=1 HTTP/1.1\r\nHost: cam.example:8080\r\nuser-agent: example/1\r\n\
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
    let asks = b"GET /cgi?usr=a&pwd=secret&cmd=b HTTP/1.1\r\nHost: a\r\nauthorization: basic YTpi\r\n\r\n";
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
            let told = ["sender http.status 200", "sender http.content_type text/xml", "sender http.via yes"];
            assert_eq!(said, told[..2 + usize::from(field.starts_with("Via"))], "{field}");
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
