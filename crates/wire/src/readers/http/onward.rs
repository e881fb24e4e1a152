//! Where a half of HTTP hands on to another protocol, as far as the half alone tells.
//!
//! - Behind a request for `CONNECT` (RFC 9110, 9.3.6), and behind one with `Upgrade` and without a body (7.8). Where the
//!   server refuses, the next request stands there and is read as HTTP again, as is a second try at a proxy that asked
//!   for a password.
//! - Behind `101` (15.2.2), the last that a server says in HTTP.
//! - Behind an answer of `application/x-rtsp-tunnelled`: a camera's half of RTSP in clear, while its viewer speaks in the
//!   body of a POST beside it, in base64.
//! - Behind `200` with no length, coding or type of a body: so a proxy answers `CONNECT`. The head alone decides, whatever
//!   follows. An old server that sends a body without any of these up to the end of the connection looks the same; its
//!   body is then asked what protocol it is, and is none.

use super::Start;
use crate::{head::Head, reader::Facts, readers::proxied};

/// Whether another protocol may stand behind a head.
pub(super) fn hands_on(head: &Head<'_>, start: Start<'_>) -> bool {
    match start {
        Start::Request { method: b"CONNECT", .. } | Start::Response { status: b"101" } => true,
        Start::Request { .. } => {
            head.field("upgrade").is_some() && {
                let [transfer, length] = head.first(["transfer-encoding", "content-length"]);
                transfer.is_none() && length.is_none_or(|length| length == b"0")
            }
        }
        Start::Response { status } => {
            let [transfer, length, kind] =
                head.first(["transfer-encoding", "content-length", "content-type"]);
            kind.is_some_and(is_tunnelled_rtsp)
                || status == b"200" && transfer.is_none() && length.is_none() && kind.is_none()
        }
    }
}

fn is_tunnelled_rtsp(kind: &[u8]) -> bool {
    kind.eq_ignore_ascii_case(b"application/x-rtsp-tunnelled")
}

/// Says to which address a `CONNECT` asks the proxy to connect, where its target is one; the head ends at `end`.
pub(super) fn refer(target: &[u8], end: usize, facts: Facts<'_>) {
    let Some(colon) = target.iter().rposition(|&byte| byte == b':') else { return };
    let (host, port) = target.split_at(colon);
    let port = str::from_utf8(port).ok().and_then(|port| port.strip_prefix(':')?.parse().ok());
    if let Some(port) = port {
        proxied::refer(host, port, end, facts);
    }
}

#[cfg(test)]
mod tests {
    use super::super::READER;
    use crate::Probe;
    use crate::readers::tests::{chain_cut_everywhere, cut_stream_everywhere, stream};
    use lenscap_testkit::SplitMix64;
    use lenscap_testkit::message::{ClientHello, server_hello};

    /// What all readers say behind heads that hand on: TLS as an example.
    #[test]
    fn a_half_goes_on_behind_its_head() {
        let hello = ClientHello { name: Some("in.example"), ..ClientHello::default() };
        let hello = hello.record(&mut SplitMix64::new(1));
        let asks = b"CONNECT cam.example:443 HTTP/1.1\r\nHost: cam.example:443\r\n\r\n";
        let (app, said) = chain_cut_everywhere(&[&asks[..], &hello].concat());
        assert_eq!(app, Some("tls"));
        assert_eq!(said[..2], ["receiver http.method CONNECT", "receiver http.host cam.example"]);
        assert!(said.contains(&"receiver tls.sni in.example".to_owned()));
        // A proxy asked for a password; the second try went through.
        let (app, again) = chain_cut_everywhere(&[&asks[..], asks, &hello].concat());
        assert_eq!((app, again.len()), (Some("tls"), said.len() + 2));
        let answer = server_hello(&mut SplitMix64::new(1));
        for grants in [
            &b"HTTP/1.1 200 Connection established\r\nProxy-Agent: a\r\n\r\n"[..],
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\r\n",
        ] {
            let (app, said) = chain_cut_everywhere(&[grants, &answer].concat());
            assert_eq!(app, Some("tls"));
            assert!(said.contains(&"sender tls.version 0304".to_owned()));
            // Nothing that is known follows: it stays HTTP.
            assert_eq!(chain_cut_everywhere(&[grants, b"\xff\xff"].concat()).0, Some("http"));
            assert_eq!(chain_cut_everywhere(grants).0, Some("http"));
        }
    }

    #[test]
    fn a_camera_answers_in_rtsp_through_its_tunnel() {
        let head = b"HTTP/1.0 200 OK\r\nServer: a\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n";
        let answer = b"RTSP/1.0 200 OK\r\nServer: Example Rtsp\r\n\r\n$\0\0\0";
        assert_eq!(chain_cut_everywhere(&[&head[..], answer].concat()).0, Some("rtsp"));
    }

    #[test]
    fn a_request_for_an_address_refers_to_another_flow() {
        let refers = |target: &str| {
            let head = format!("CONNECT {target} HTTP/1.1\r\nHost: a\r\n\r\n");
            let said = stream(&READER, head.as_bytes(), false).1;
            said.iter().find_map(|said| said.strip_prefix("refers to ")).map(str::to_owned)
        };
        assert_eq!(refers("192.0.2.7:443").as_deref(), Some("192.0.2.7 port 443 protocol 6"));
        assert_eq!(refers("[2001:db8::7]:443").as_deref(), Some("2001:db8::7 port 443 protocol 6"));
        for target in ["cam.example:443", "192.0.2.7", "192.0.2.7:0", "192.0.2.7:x", ":1"] {
            assert_eq!(refers(target), None, "{target}");
        }
    }

    #[test]
    fn a_body_is_not_taken_for_a_protocol() {
        let hello = ClientHello::default().record(&mut SplitMix64::new(1));
        for head in [
            "HTTP/1.1 200 OK\r\nContent-Length: 9",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html",
            "HTTP/1.1 206 Partial Content\r\nServer: a",
            "HTTP/1.1 403 Forbidden\r\nUpgrade: h2c",
            "GET / HTTP/1.1\r\nHost: a",
            "POST / HTTP/1.1\r\nUpgrade: h2c\r\nContent-Length: 900",
            "POST / HTTP/1.1\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked",
        ] {
            let half = [head.as_bytes(), b"\r\n\r\n", &hello].concat();
            assert_eq!(stream(&READER, &half, false).0, Probe::Match, "{head}");
            assert_eq!(chain_cut_everywhere(&half).0, Some("http"), "{head}");
        }
    }

    #[test]
    fn the_place_behind_a_head_counts_empty_lines_before_it() {
        let late = b"\r\nCONNECT a:1 HTTP/1.1\n\nx";
        assert_eq!(stream(&READER, late, false).0, Probe::Then(late.len() - 1));
        cut_stream_everywhere(&READER, late);
    }
}
