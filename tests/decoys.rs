//! Segments that their receiver drops and that say something else than what it took: they name nothing.

mod common;

use common::records;
use lenscap_testkit::{Host, MORNING, Scenario, Side, message};
use lenscap_wire::TcpFlags;

const NAME: &str = "litedev.hik-connect.com";

fn hello(s: &mut Scenario, name: &str) -> Vec<u8> {
    message::ClientHello { name: Some(name), ..Default::default() }.record(&mut s.random)
}

/// The names of the hosts that a camera's upload is said to have asked for, of which a decoy hello of the same length went ahead.
fn named(decoy: impl FnOnce(&mut Scenario, &lenscap_testkit::Conversation, &[u8])) -> String {
    let mut s = Scenario::new(MORNING, 7);
    let camera = Host::new("bc:ad:28:00:53:40", "192.168.1.64");
    let mut tcp = s.tcp(camera, s.outside("203.0.113.40").port(443));
    let first = hello(&mut s, NAME);
    let other = hello(&mut s, "www.example.org.example");
    assert_eq!(first.len(), other.len());
    decoy(&mut s, &tcp, &other);
    tcp.send(&mut s, Side::Client, &first);
    tcp.opaque(&mut s, Side::Server, 60);
    let flow = records(&s.frames).into_iter().find(|of| of["type"] == "flow").expect("there is one");
    flow["server_name"].to_string()
}

/// What stands below the first number of a handshake is neither payload nor, with what lies between, missing.
#[test]
fn what_stands_below_the_first_number_counts_for_nothing() {
    for below in [100, 10_000, 60_000] {
        let mut s = Scenario::new(MORNING, 7);
        let mut tcp =
            s.tcp(Host::new("bc:ad:28:00:53:40", "192.168.1.64"), s.outside("203.0.113.40").port(443));
        let low = tcp.next(Side::Client).wrapping_sub(below);
        tcp.at(&mut s, Side::Client, low, TcpFlags::ACK | TcpFlags::PSH, &[7; 95]);
        tcp.send(&mut s, Side::Client, &vec![8; 50_000]);
        let flow = records(&s.frames).into_iter().find(|of| of["type"] == "flow").expect("there is one");
        let sent = ["payload_unique", "missed"].map(|key| flow["orig"][key].as_u64().unwrap_or(0));
        assert_eq!(sent, [50_000, 0], "{flow}");
    }
}

#[test]
fn what_its_receiver_drops_names_nothing() {
    let whole = TcpFlags::ACK | TcpFlags::PSH;
    let taken = named(|s, tcp, other| tcp.at(s, Side::Client, tcp.next(Side::Client), whole, other));
    assert!(taken.contains("www.example.org"), "{taken}");
    let damaged = |at: usize| {
        named(|s, tcp, other| {
            tcp.at(s, Side::Client, tcp.next(Side::Client), whole, other);
            s.frames.last_mut().unwrap().bytes[at] ^= 0x55;
        })
    };
    // The checksums of IPv4 and of TCP.
    for at in [24, 50] {
        assert!(damaged(at).contains(NAME), "{}", damaged(at));
    }
    let bare = named(|s, tcp, other| tcp.at(s, Side::Client, tcp.next(Side::Client), TcpFlags::PSH, other));
    assert!(bare.contains(NAME), "{bare}");
}
