//! Who began a flow, where no handshake shows it.

mod common;

use common::records;
use lenscap_testkit::{Host, MORNING, Scenario, Side};
use serde_json::Value;

/// The addresses of a flow's originator and how that is known, where a capture of TLS lacks its first packets.
fn originator(missed: usize) -> (Value, Value) {
    let mut s = Scenario::new(MORNING, 7);
    let (camera, cloud) = (Host::new("bc:ad:28:00:53:40", "192.168.1.64"), s.outside("203.0.113.40"));
    let mut tls = s.tls(camera, cloud.port(443), "dev.example.com");
    tls.opaque(&mut s, Side::Client, 900);
    tls.close(&mut s, Side::Client);
    let from_cloud =
        |frame: &lenscap_testkit::OwnedFrame| frame.bytes.get(26..30) == Some(&[203, 0, 113, 40]);
    let first = s.frames.iter().skip(missed).position(from_cloud).expect("the cloud answers");
    let all = records(&s.frames[missed + first..]);
    let flow = all.iter().find(|record| record["type"] == "flow").expect("a flow");
    (flow["orig"]["address"].clone(), flow["orig_basis"].clone())
}

#[test]
fn a_hello_of_a_server_shows_who_asked_though_it_was_seen_first() {
    // Without the three packets of the handshake the server's first are an acknowledgement and its hello.
    assert_eq!(originator(3), ("192.168.1.64".into(), "server-hello".into()));
    // Its SYN-ACK says more.
    assert_eq!(originator(1), ("192.168.1.64".into(), "syn".into()));
    // Behind the hello nothing does.
    assert_eq!(originator(8), ("203.0.113.40".into(), "first-seen".into()));
}
