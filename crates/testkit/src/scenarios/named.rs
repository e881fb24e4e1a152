//! Flows that messages of others name: a platform's media server, a relay's client, servers of a list; and what a third party's
//! word is worth.

use super::{Case, File, capture};
use crate::message::Rtp;
use crate::{Conversation, End, Host, MORNING, SECOND, Scenario, Side};

pub(super) const NAMED_FLOWS: Case = Case {
    name: "named-flows",
    shows: "an invitation names where media are wanted, a list its servers; who is called a server by somebody else is none; a \
            port that a vendor publishes tells of a device of his alone",
    checks: r#"[[check]]
record = "flow"
match = { app = "rtp", attribution = "learned", role = "viewer-or-relay" }
count = 1

[[check]]
record = "flow"
match = { vendor = "gwell", attribution = "learned", role = "viewer-or-relay" }
count = 1

[[check]]
record = "flow"
match = { app = "pppp", role = "p2p" }
count = 1

[[check]]
record = "flow"
match = { app = "pppp", role = "viewer-or-relay" }
count = 1

[[check]]
record = "flow"
match = { vendor = "ring", attribution = "published-port", confidence = 40 }
count = 1
"#,
    build: named,
};

/// A frame of Gwell's with its own length.
fn gwell(head: [u8; 2], length: u8) -> Vec<u8> {
    let mut bytes = vec![head[0], head[1], length, 0];
    bytes.resize(length.into(), 0);
    bytes
}

fn named() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 83);
    let platform = s.outside("203.0.113.5").port(5060);
    let camera = Host::new("02:00:00:00:53:40", "192.168.1.64");
    let body = "v=0\r\ns=Play\r\nc=IN IP4 203.0.113.7\r\nt=0 0\r\nm=video 30000 RTP/AVP 96\r\na=recvonly\r\n";
    let invite = format!(
        "INVITE sip:34020000001320000001@192.168.1.64 SIP/2.0\r\nCSeq: 1 INVITE\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    s.udp(platform, camera.port(5060), invite.as_bytes());
    let (inside, media): (End, End) = (camera.port(9000), s.outside("203.0.113.7").port(30_000));
    let mut stream = Rtp { payload_type: 96, sequence: 7, time: 90_000, source: 0x0102_0304 };
    for _ in 0..12 {
        let picture = s.random.bytes(700);
        s.udp(inside, media, &stream.packet(&picture, 3000));
    }
    // Servers of a list, of which one is called by something that nobody can read.
    let other = Host::new("02:00:00:00:53:41", "192.168.1.65");
    let (asker, lister) = (other.port(9001), s.outside("198.51.100.20").port(51_701));
    let mut list = gwell([0x7f, 0x16], 68);
    list[32..36].copy_from_slice(&[203, 0, 113, 9]);
    list[56..58].copy_from_slice(&28_800_u16.to_be_bytes());
    for (from, to, frame) in [
        (asker, lister, gwell([0x7f, 0x15], 40)),
        (lister, asker, gwell([0x7f, 0x02], 56)),
        (asker, lister, gwell([0x7f, 0x01], 68)),
        (lister, asker, list),
    ] {
        s.udp(from, to, &frame);
    }
    let hidden = s.random.bytes(200);
    s.udp(other.port(9002), s.outside("203.0.113.9").port(28_800), &hidden);
    // One camera logs in at an address; another sends the same address what both sides send.
    s.wait(SECOND);
    let server = s.outside("198.51.100.7").port(29_000);
    let login = [&[0xf1, 0x10, 0, 40][..], b"WXYZ\0\0\0\0\0\0\0\x7bKLMNO\0\0\0", &[0; 20]].concat();
    s.udp(Host::new("02:00:00:00:53:42", "192.168.1.66").port(9003), server, &login);
    let neighbour = Host::new("02:00:00:00:53:43", "192.168.1.67").port(9004);
    for number in 0..3 {
        s.udp(neighbour, server, &[0xf1, 0xd0, 0, 8, 0xd1, 1, 0, number, 9, 9, 9, 9]);
    }
    amid_connections(&mut s);
    capture(&s.frames)
}

/// Connections whose hellos the capture missed, to addresses that nobody named. The first alone is told whose it is: by the prefix
/// of who calls, and the port that his maker publishes.
fn amid_connections(s: &mut Scenario) {
    let doorbell = Host::new("54:e0:19:00:53:44", "192.168.1.68");
    let other = Host::new("02:00:00:00:53:45", "192.168.1.69");
    for (client, port) in [(doorbell, 9998), (doorbell, 9997), (other, 9998)] {
        let ends = (s.client(client), s.outside("203.0.113.20").port(port));
        let mut tcp = Conversation::unopened(ends.0, ends.1, [1_000, 2_000]);
        for side in [Side::Client, Side::Server] {
            tcp.opaque(s, side, 52);
        }
    }
}
