//! Who looks at a camera in the site: RTSP on a port of its own, and through its tunnel over HTTP.

use super::{Case, File, capture};
use crate::{Conversation, Host, MORNING, Scenario, Side};

pub(super) const RTSP: Case = Case {
    name: "rtsp",
    shows: "a viewer that is refused once and then plays; the same camera through the tunnel over HTTP",
    checks: r#"[[check]]
record = "flow"
match = { app = "rtsp" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "sdp.media", "sightings.value" = "video H264/90000" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "rtsp.realm", "sightings.value" = "Example Camera" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:20", "sightings.kind" = "rtsp.credentials" }
count = 1
"#,
    build: rtsp,
};

const DESCRIPTION: &str = "v=0\r\no=- 1 1 IN IP4 192.168.1.64\r\ns=Example Session\r\nt=0 0\r\n\
    m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 8\r\n\
    a=rtpmap:8 PCMA/8000\r\n";

fn rtsp() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 25);
    let camera = Host::new("02:00:00:00:53:40", "192.168.1.64");
    let desk = Host::new("02:00:00:00:53:20", "192.168.1.20");

    let mut tcp = s.tcp(desk, camera.port(10_554));
    ask(&mut s, &mut tcp, "OPTIONS", "");
    answer(&mut s, &mut tcp, "200 OK", "Public: DESCRIBE, SETUP, PLAY\r\n", "");
    ask(&mut s, &mut tcp, "DESCRIBE", "");
    answer(&mut s, &mut tcp, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"Example Camera\"\r\n", "");
    ask(&mut s, &mut tcp, "DESCRIBE", "Authorization: Basic bm9ib2R5OnNlY3JldA==\r\n");
    answer(&mut s, &mut tcp, "200 OK", "Content-Type: application/sdp\r\n", DESCRIPTION);
    ask(&mut s, &mut tcp, "SETUP", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    answer(
        &mut s,
        &mut tcp,
        "200 OK",
        "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n",
        "",
    );
    ask(&mut s, &mut tcp, "PLAY", "Session: 1\r\n");
    answer(&mut s, &mut tcp, "200 OK", "Session: 1\r\n", "");
    for _ in 0..8 {
        let picture = s.random.bytes(1000);
        tcp.send(&mut s, Side::Server, &[&[b'$', 0, 3, 0xe8][..], &picture].concat());
    }
    tcp.close(&mut s, Side::Client);

    let tunnelled = "application/x-rtsp-tunnelled";
    let mut tcp = s.tcp(desk, camera.port(80));
    let get = format!("GET /live HTTP/1.0\r\nx-sessioncookie: 1\r\nAccept: {tunnelled}\r\n\r\n");
    tcp.send(&mut s, Side::Client, get.as_bytes());
    let grant = format!("HTTP/1.0 200 OK\r\nServer: Example\r\nContent-Type: {tunnelled}\r\n\r\n");
    tcp.send(&mut s, Side::Server, grant.as_bytes());
    answer(&mut s, &mut tcp, "200 OK", "Content-Type: application/sdp\r\n", DESCRIPTION);
    tcp.close(&mut s, Side::Client);
    capture(&s.frames)
}

fn ask(s: &mut Scenario, tcp: &mut Conversation, method: &str, fields: &str) {
    let url = "rtsp://192.168.1.64:10554/live/main";
    let request = format!("{method} {url} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Example Viewer\r\n{fields}\r\n");
    tcp.send(s, Side::Client, request.as_bytes());
}

fn answer(s: &mut Scenario, tcp: &mut Conversation, status: &str, fields: &str, body: &str) {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let reply = format!("RTSP/1.0 {status}\r\nCSeq: 1\r\nServer: Example Rtsp\r\n{fields}{length}\r\n{body}");
    tcp.send(s, Side::Server, reply.as_bytes());
}
