//! A camera whose protocol names nobody: it logs in at a server, is told where a viewer and a relay are, and sends to both.

use super::{Case, File, capture};
use crate::{End, Host, MORNING, SECOND, Scenario, Side};

pub(super) const P2P_RENDEZVOUS: Case = Case {
    name: "p2p-rendezvous",
    shows: "no name is spoken: the protocol tells whose it is, the server from the viewer, and whom its messages told of",
    checks: r#"[[check]]
record = "flow"
match = { vendor = "pppp", attribution = "protocol", role = "p2p", protocol = "udp" }
count = 1

[[check]]
record = "flow"
match = { vendor = "pppp", attribution = "protocol", role = "viewer-or-relay" }
count = 1

[[check]]
record = "flow"
match = { vendor = "pppp", attribution = "learned", role = "viewer-or-relay", protocol = "tcp" }
count = 1

[[check]]
record = "flow"
match = { vendor = "pppp", attribution = "learned", role = "p2p", protocol = "tcp" }
count = 1

[[check]]
record = "device"
match = { mac = "78:df:72:00:53:40", vendor = "chuangmi", platform = "pppp", cloud_of = "pppp", standing = "camera" }
count = 1

[[check]]
record = "finding"
match = { party = "peer", vendor = "pppp" }
count = 2
"#,
    build: rendezvous,
};

/// `WXYZ-000123-KLMNO`, as PPPP writes it.
const UID: &[u8; 20] = b"WXYZ\0\0\0\0\0\0\0\x7bKLMNO\0\0\0";

fn pppp(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[0xf1, kind], &(body.len() as u16).to_be_bytes()[..], body].concat()
}

/// An end as PPPP writes it: family, port and address with the low byte first, zeros.
fn written([a, b, c, d]: [u8; 4], port: u16) -> Vec<u8> {
    let [low, high] = port.to_le_bytes();
    [&[0, 2, low, high, d, c, b, a][..], &[0; 8]].concat()
}

fn rendezvous() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 71);
    let camera = Host::new("78:df:72:00:53:40", "192.168.1.64");
    let (server, viewer, relay) =
        (s.outside("198.51.100.7"), s.outside("203.0.113.9"), s.outside("198.51.100.80"));
    let (inside, rendezvous): (End, End) = (camera.port(10_240), server.port(32_100));
    for _ in 0..3 {
        s.udp(inside, rendezvous, &pppp(0x10, &[&UID[..], &[0; 20]].concat()));
        s.udp(rendezvous, inside, &pppp(0x11, &[0; 4]));
        s.wait(30 * SECOND);
    }
    s.udp(rendezvous, inside, &pppp(0x40, &written([203, 0, 113, 9], 29_821)));
    let relays = [&[1, 0, 0, 0][..], &written([198, 51, 100, 80], 443)].concat();
    s.udp(rendezvous, inside, &pppp(0x69, &relays));
    // A way is made to the viewer, and used.
    let (way, peer) = (camera.port(10_241), viewer.port(29_821));
    for _ in 0..3 {
        s.udp(way, peer, &pppp(0x41, UID));
        s.udp(peer, way, &pppp(0x41, UID));
    }
    for number in 0..24 {
        let picture = s.random.bytes(900);
        s.udp(way, peer, &pppp(0xd0, &[&[0xd1, 1, 0, number][..], &picture].concat()));
        s.udp(peer, way, &pppp(0xd1, &[0xd1, 1, 0, 1, 0, number]));
    }
    // What is carried over TCP is hidden: only the addresses are known.
    for to in [relay.port(443), server.port(443)] {
        let mut tcp = s.tcp(camera, to);
        for length in [200, 700] {
            let hidden = s.random.bytes(length);
            tcp.send(&mut s, Side::Client, &hidden);
        }
        tcp.send(&mut s, Side::Server, &[7; 20]);
        tcp.close(&mut s, Side::Client);
    }
    capture(&s.frames)
}
