//! Flows that are known only from several of their packets: QUIC, DTLS, RTP and STUN in any order and number, DNS over
//! TCP in crumbs, and hellos over TCP among probes, decoys and repeats.
//!
//! A cut falls between any two of their packets, so each leaves halves that are undecided on both sides of it.

use crate::message::{
    self, ClientHello, Initial, Record, Rtp, Value, crypto, dtls_fragment, dtls_message, dtls_record,
    dtls_verify, rtcp, stun_attribute, stun_mapped,
};
use crate::{Conversation, End, SECOND, Scenario, Side, SplitMix64};
use lenscap_wire::TcpFlags;
use std::net::SocketAddr;

/// Datagrams of one or several protocols on one five-tuple, disordered.
pub(super) fn datagrams(s: &mut Scenario, random: &mut SplitMix64, client: End, server: End) {
    for _ in 0..=random.below(3) {
        let mut said = exchange(random);
        disorder(random, &mut said);
        for (side, payload) in said {
            let (from, to) = match side {
                Side::Client => (client, server),
                Side::Server => (server, client),
            };
            s.udp(from, to, &payload);
            if random.chance(6) {
                super::damage(&mut s.frames.last_mut().expect("a datagram was sent").bytes);
            }
            if random.chance(3) {
                s.wait(*random.pick(&[1, 299, 301]) * SECOND);
            }
        }
    }
}

/// Who says what.
pub(crate) type Said = Vec<(Side, Vec<u8>)>;

/// What two ends say to one another in one protocol, in order.
pub(crate) fn exchange(random: &mut SplitMix64) -> Said {
    match random.below(7) {
        0 | 1 => quic(random),
        2 => dtls(random),
        3 => rtp(random),
        4 => stun(random),
        5 => keep_alives(random),
        // ICE, then DTLS, then media: one flow of WebRTC.
        _ => [stun(random), dtls(random), rtp(random)].concat(),
    }
}

fn offer<'a>(random: &mut SplitMix64) -> ClientHello<'a> {
    let name = Some(*random.pick(&["a.example.com", "b.example.net"]));
    ClientHello { name, alpn: &["h3"], versions: &[0x0304], key_share: *random.pick(&[32, 1216]) }
}

/// A client's hello in one or more Initials, with a Retry before it at times, and what the server says.
fn quic(random: &mut SplitMix64) -> Said {
    let mut said = Vec::new();
    let (key, id) = (random.bytes(8), random.bytes(8));
    let hello = offer(random).message(random);
    let mut first =
        Initial { version: *random.pick(&[message::QUIC_1, message::QUIC_2]), ..Initial::first(&key) };
    let piece = *random.pick(&[200, 700, 1100, 1100]);
    let initials = |said: &mut Said, mut first: Initial<'_>| {
        for (n, part) in hello.chunks(piece).enumerate() {
            first.number = n as u16;
            said.push((Side::Client, first.padded(&crypto(n * piece, part), 1200)));
        }
    };
    initials(&mut said, first);
    if random.chance(25) {
        let token = random.bytes(24);
        let head = [&[0xf0][..], &first.version.to_be_bytes(), &[0, 8], &id].concat();
        said.push((Side::Server, [head, token.clone(), random.bytes(16)].concat()));
        first = Initial { key: &id, destination: &id, ..first };
        initials(&mut said, Initial { token: &token, ..first });
    }
    let reply = Initial { destination: &[], source: &id, server: true, ..first };
    said.push((Side::Server, reply.padded(&crypto(0, &random.bytes(90)), 1200)));
    for side in [Side::Client, Side::Server] {
        said.push((side, [vec![0x40], id.clone(), random.bytes(50)].concat()));
    }
    said
}

/// A hello, at times in fragments, refused once for want of a cookie.
fn dtls(random: &mut SplitMix64) -> Said {
    let offer = offer(random);
    let (cookie, seed) = (random.bytes(20), random.clone());
    let mut said = Vec::new();
    for (n, cookie) in [&[][..], &cookie].into_iter().enumerate() {
        let body = offer.dtls_body(&mut seed.clone(), cookie);
        let size = *random.pick(&[80, 400, 2000]);
        for (m, from) in (0..body.len()).step_by(size).enumerate() {
            let part = from..body.len().min(from + size);
            let fragment = dtls_fragment(1, n as u16, &body, part);
            said.push((Side::Client, dtls_record(22, 0, (10 * n + m) as u32, &fragment)));
        }
        if n == 0 {
            said.push((Side::Server, dtls_message(3, 0, &dtls_verify(b"12345678901234567890"))));
        }
    }
    for side in [Side::Client, Side::Server] {
        said.push((side, dtls_record(23, 1, 0, &random.bytes(100))));
    }
    said
}

/// A stream one way or both, with reports among its packets, and steps of its numbers at times.
fn rtp(random: &mut SplitMix64) -> Said {
    let mut stream = || Rtp {
        payload_type: *random.pick(&[0, 8, 96, 97]),
        sequence: *random.pick(&[1, 7000, u16::MAX - 1]),
        time: random.next() as u32,
        source: random.next() as u32,
    };
    let mut streams = [stream(), stream()];
    let both = random.chance(50);
    let mut said = Vec::new();
    for _ in 0..=random.below(9) {
        let side = if both { *random.pick(&[Side::Client, Side::Server]) } else { Side::Server };
        let stream = &mut streams[side as usize];
        let payload = match random.below(8) {
            0 => rtcp(stream.source, "camera@example.com"),
            1 => {
                stream.sequence = stream.sequence.wrapping_add(random.below(2000) as u16);
                stream.packet(&random.bytes(60), 0)
            }
            _ => stream.packet(&random.bytes(80), 3600),
        };
        said.push((side, payload));
    }
    said
}

fn stun(random: &mut SplitMix64) -> Said {
    let seen = SocketAddr::from(([198, 51, 100, 7], 40_000));
    let mut said = Vec::new();
    for _ in 0..=random.below(3) {
        let transaction = random.bytes(12).try_into().expect("twelve bytes");
        let user = stun_attribute(0x0006, b"abcd:efgh");
        said.push((Side::Client, message::stun(0x0001, transaction, &[user])));
        said.push((Side::Server, message::stun(0x0101, transaction, &[stun_mapped(transaction, seen)])));
    }
    said
}

fn keep_alives(random: &mut SplitMix64) -> Said {
    let (count, length) = (1 + random.below(12), 1 + random.below(5) as usize);
    let payload = vec![*random.pick(&[0, 0x40, 0x80, 0xff]); length];
    (0..count).map(|_| (Side::Client, payload.clone())).collect()
}

/// Repeats, loses and moves what is said.
fn disorder(random: &mut SplitMix64, said: &mut Said) {
    for n in 1..said.len() {
        match random.below(10) {
            0 => said.swap(n - 1, n),
            1 => said[n] = said[n - 1].clone(),
            2 => said[n].1.truncate(60),
            _ => {}
        }
    }
    if random.chance(20) {
        said.reverse();
    }
    if random.chance(30) {
        said.remove(random.below(said.len() as u64) as usize);
    }
}

/// DNS over TCP: several messages each way, with their lengths before them, in segments of any size.
pub(crate) fn dns_over_tcp(s: &mut Scenario, random: &mut SplitMix64, client: End, server: End) {
    let mut tcp = Conversation::unopened(client, server.host.port(53), [random.next() as u32, 9]);
    if random.chance(80) {
        tcp.open(s);
    }
    for id in 0..=random.below(4) as u16 {
        tcp.segment_size = *random.pick(&[1, 5, 30, 1460]);
        let name = *random.pick(&["a.example.com", "b.example.net", "c.example.org"]);
        let ask = message::dns(id, 0x0100, Some((name, 1)), &[]);
        tcp.send(s, Side::Client, &lengthened(&ask));
        let record = Record { name, value: Value::Address(server.host.ip) };
        let kind = if server.host.ip.is_ipv4() { 1 } else { 28 };
        let reply = message::dns(id, 0x8180, Some((name, kind)), &[record]);
        tcp.send(s, Side::Server, &lengthened(&reply));
        if random.chance(20) {
            s.reverse_last(3);
        }
    }
    tcp.close(s, Side::Client);
}

fn lengthened(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes()[..], message].concat()
}

/// A hello over TCP in small segments, reversed at times, among keep-alive probes, segments with a wrong checksum that
/// say something else, and repeats of what was said.
pub(super) fn besieged_hello(s: &mut Scenario, random: &mut SplitMix64, client: End, server: End) {
    let mut tcp = Conversation::unopened(client, server, [u32::MAX - 90, random.next() as u32]);
    tcp.acknowledged = random.chance(50);
    if random.chance(90) {
        tcp.open(s);
    }
    let hello = match random.below(3) {
        0 => b"GET /live HTTP/1.1\r\nHost: a.example.com\r\nUser-Agent: example/1\r\n\r\n".to_vec(),
        _ => offer(random).record(random),
    };
    let size = 1 + random.below(300) as usize;
    let mut sent = Vec::new();
    for part in hello.chunks(size.max(hello.len() / 60)) {
        for _ in 0..random.below(4) {
            probe(s, random, &mut tcp, &sent, part);
        }
        tcp.send(s, Side::Client, part);
        sent.extend_from_slice(part);
    }
    if random.chance(30) {
        s.reverse_last(2 + random.below(12) as usize);
    }
    let reply = message::server_hello(&mut s.random);
    tcp.send(s, Side::Server, &reply);
    for _ in 0..random.below(6) {
        probe(s, random, &mut tcp, &sent, b"later");
    }
}

/// One packet that brings nothing to what was `sent`, or pretends to be the `next` bytes.
fn probe(s: &mut Scenario, random: &mut SplitMix64, tcp: &mut Conversation, sent: &[u8], next: &[u8]) {
    match random.below(5) {
        // A keep-alive probe: a byte that was acknowledged (RFC 9293, 3.8.4).
        0 => tcp.again(s, Side::Client, 1, &[0]),
        1 => {
            let back = random.below(sent.len() as u64 + 1) as usize;
            let from = sent.len() - back;
            tcp.again(s, Side::Client, back as u32, &sent[from..sent.len().min(from + 200)]);
        }
        2 => {
            let decoy = random.bytes(next.len());
            tcp.again(s, Side::Client, 0, &decoy);
            let frame = s.frames.last_mut().expect("a segment was sent");
            frame.bytes[50] ^= 1;
        }
        3 => tcp.again(s, Side::Server, 1, &[0]),
        _ => tcp.flag(s, Side::Server, TcpFlags::ACK),
    }
}
