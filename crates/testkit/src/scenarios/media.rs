//! Small cases of what several packets must be seen of: QUIC, DTLS, RTP, and hellos over TCP among probes and decoys.

use super::{Case, File, capture};
use crate::message::{self, ClientHello, Initial, Rtp, crypto, rtcp, stun_attribute, stun_mapped};
use crate::{End, Host, MILLISECOND, MORNING, SECOND, Scenario, Side};
use std::net::SocketAddr;

pub(super) const PROBES: Case = Case {
    name: "probes",
    shows: "hellos behind 24 keep-alives, behind a decoy with a wrong checksum, and in 40 tiny segments",
    checks: r#"[[check]]
record = "flow"
match = { app = "tls", server_name = "patient.example.com" }
count = 1

[[check]]
record = "flow"
match = { app = "tls", server_name = "true.example.com" }
count = 1

[[check]]
record = "flow"
match = { server_name = "decoy.example.com" }
count = 0

[[check]]
record = "flow"
match = { app = "tls", server_name = "hello-in-forty-small-segments.tiny.example.com" }
count = 1
"#,
    build: probes,
};

pub(super) const QUIC: Case = Case {
    name: "quic",
    shows: "QUIC hellos in one Initial, in two that come in reversed order, and again after a Retry; version 2, too",
    checks: r#"[[check]]
record = "flow"
match = { app = "quic", server_name = "one.example.com" }
count = 1

[[check]]
record = "flow"
match = { app = "quic", server_name = "two.example.com" }
count = 1

[[check]]
record = "flow"
match = { app = "quic", server_name = "reversed.example.com" }
count = 1

[[check]]
record = "flow"
match = { app = "quic", server_name = "retry.example.com" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "quic.version", "sightings.value" = "6b3343cf" }
count = 1
"#,
    build: quic,
};

pub(super) const RTP: Case = Case {
    name: "rtp",
    shows: "a camera's RTP stream after keep-alives, its RTCP reports on the next port, and four datagrams that are no stream",
    checks: r#"[[check]]
record = "flow"
match = { app = "rtp" }
count = 1

[[check]]
record = "flow"
match = { app = "rtcp" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "rtp.payload_type", "sightings.value" = "96" }
count = 1
"#,
    build: rtp,
};

pub(super) const WEBRTC: Case = Case {
    name: "webrtc",
    shows: "one five-tuple of WebRTC: ICE by STUN, then DTLS, then RTP",
    checks: r#"[[check]]
record = "flow"
match = { app = "dtls", server_name = "media.example.com" }
count = 1

[[check]]
record = "flow"
match = {}
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "stun.mapped", "sightings.value" = "198.51.100.7:40000" }
count = 1
"#,
    build: webrtc,
};

fn stage(seed: u64) -> (Scenario, Host, Host) {
    let s = Scenario::new(MORNING, seed);
    let outside = s.outside("203.0.113.9");
    (s, Host::new("02:00:00:00:53:40", "192.168.1.64"), outside)
}

fn offer(name: &str, key_share: usize) -> ClientHello<'_> {
    ClientHello { name: Some(name), alpn: &["h3"], versions: &[0x0304], key_share }
}

fn quic() -> Vec<File> {
    let (mut s, camera, cloud) = stage(21);
    let server = cloud.port(443);
    let client = s.client(camera);
    s.quic(client, server, "one.example.com");

    let client = s.client(camera);
    let (key, hello) = (s.random.bytes(8), offer("two.example.com", 1216).message(&mut s.random));
    initials(&mut s, (client, server), Initial::first(&key), &hello);
    let second = Initial { version: message::QUIC_2, ..Initial::first(&key) };
    let client = s.client(camera);
    let hello = offer("v2.example.com", 32).message(&mut s.random);
    initials(&mut s, (client, server), second, &hello);

    let client = s.client(camera);
    s.quic_in_two(client, server, "reversed.example.com");

    // The server wants to see its token again before it does anything (RFC 9000, 8.1.2). What follows is sealed with
    // keys from the identifier that it chose.
    let client = s.client(camera);
    let (key, id, token) = (s.random.bytes(8), s.random.bytes(8), s.random.bytes(24));
    let hello = offer("retry.example.com", 32).message(&mut s.random);
    initials(&mut s, (client, server), Initial::first(&key), &hello);
    let tag = s.random.bytes(16);
    s.udp(server, client, &[&[0xf0, 0, 0, 0, 1, 0, 8][..], &id, &token, &tag].concat());
    let again = Initial { token: &token, number: 1, ..Initial::first(&id) };
    initials(&mut s, (client, server), again, &hello);
    let shares = s.random.bytes(90);
    let reply = Initial { destination: &[], source: &id, server: true, ..Initial::first(&id) };
    s.udp(server, client, &reply.padded(&crypto(0, &shares), 1200));
    capture(&s.frames)
}

/// A hello in as many Initials as it takes, with 1,000 bytes in each.
fn initials(s: &mut Scenario, (client, server): (End, End), first: Initial<'_>, hello: &[u8]) {
    for (n, part) in hello.chunks(1000).enumerate() {
        let initial = Initial { number: first.number + n as u16, ..first };
        s.udp(client, server, &initial.padded(&crypto(n * 1000, part), 1200));
    }
}

fn webrtc() -> Vec<File> {
    let (mut s, camera, viewer) = stage(22);
    let (client, server) = (s.client(camera), viewer.port(40_001));
    let seen = SocketAddr::from(([198, 51, 100, 7], 40_000));
    for (from, to) in [(client, server), (server, client)] {
        let transaction = s.random.bytes(12).try_into().expect("twelve bytes");
        let user = stun_attribute(0x0006, b"vIew:caMr");
        s.udp(from, to, &message::stun(0x0001, transaction, &[user]));
        s.udp(to, from, &message::stun(0x0101, transaction, &[stun_mapped(transaction, seen)]));
    }
    s.dtls(client, server, "media.example.com");
    s.rtp(client, server, 96, 12, 300);
    s.wait(SECOND);
    let transaction = s.random.bytes(12).try_into().expect("twelve bytes");
    s.udp(client, server, &message::stun(0x0001, transaction, &[]));
    capture(&s.frames)
}

fn rtp() -> Vec<File> {
    let (mut s, camera, viewer) = stage(23);
    let (media, sink) = (camera.port(50_000), viewer.port(41_000));
    for _ in 0..10 {
        // What opens the way through a router, and is no media.
        s.udp(media, sink, &[0]);
        s.wait(SECOND);
    }
    let mut stream = Rtp { payload_type: 96, sequence: 65_530, time: 1_000_000, source: 0x5eed_cafe };
    for n in 0..24 {
        let picture = s.random.bytes(700);
        // Two packets for each picture, of one time.
        s.udp(media, sink, &stream.packet(&picture, if n % 2 == 1 { 3600 } else { 0 }));
        if n % 8 == 7 {
            let report = rtcp(stream.source, "camera@example.com");
            s.udp(camera.port(50_001), viewer.port(41_001), &report);
        }
        s.wait(20 * MILLISECOND);
    }
    // Its first byte is that of RTP, and no packet goes on from the one before.
    for _ in 0..4 {
        let noise = s.random.bytes(100);
        s.udp(camera.port(50_002), viewer.port(41_004), &[&[0x80, 0x60][..], &noise].concat());
    }
    capture(&s.frames)
}

fn probes() -> Vec<File> {
    let (mut s, camera, cloud) = stage(24);
    let mut tcp = s.tcp(camera, cloud.port(443));
    for _ in 0..24 {
        // A byte in front of the next one, as keep-alives have it (RFC 9293, 3.8.4).
        tcp.again(&mut s, Side::Client, 1, &[0]);
        s.wait(10 * SECOND);
    }
    let hello = tls(&mut s, "patient.example.com");
    tcp.send(&mut s, Side::Client, &hello);
    tcp.close(&mut s, Side::Client);

    let mut tcp = s.tcp(camera, cloud.port(443));
    let decoy = tls(&mut s, "decoy.example.com");
    tcp.again(&mut s, Side::Client, 0, &decoy);
    s.frames.last_mut().expect("a segment was sent").bytes[50] ^= 1;
    let hello = tls(&mut s, "true.example.com");
    tcp.send(&mut s, Side::Client, &hello);
    tcp.close(&mut s, Side::Client);

    let mut tcp = s.tcp(camera, cloud.port(443));
    let hello = tls(&mut s, "hello-in-forty-small-segments.tiny.example.com");
    tcp.segment_size = hello.len().div_ceil(40);
    tcp.send(&mut s, Side::Client, &hello);
    tcp.close(&mut s, Side::Client);
    capture(&s.frames)
}

fn tls(s: &mut Scenario, name: &str) -> Vec<u8> {
    ClientHello { name: Some(name), ..ClientHello::default() }.record(&mut s.random)
}
