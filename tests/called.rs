//! Who called whom: what a SYN shows that nobody heeded, and who is the client where both called.

mod common;

use common::records;
use lenscap_testkit::message::ClientHello;
use lenscap_testkit::packet::Segment;
use lenscap_testkit::{Conversation, End, Host, MORNING, SECOND, Scenario, Side};
use lenscap_wire::TcpFlags;
use serde_json::Value;

const CAMERA: &str = "bc:ad:28:00:53:40";
const CLOUD: &str = "litedev.hik-connect.com";
const SYN: u8 = TcpFlags::SYN;
const ACK: u8 = TcpFlags::ACK;

struct Stage {
    s: Scenario,
    tcp: Conversation,
}

impl Stage {
    /// A connection that is not opened yet.
    fn new() -> Self {
        let s = Scenario::new(MORNING, 7);
        let (camera, cloud) = (Host::new(CAMERA, "192.168.1.64"), s.outside("203.0.113.40"));
        let tcp = Conversation::unopened(camera.port(41_000), cloud.port(443), [1000, 9_000_000]);
        Self { s, tcp }
    }

    fn flag(&mut self, side: Side, flags: u8) -> &mut Self {
        self.tcp.flag(&mut self.s, side, flags);
        self
    }

    /// A SYN of the cloud that belongs to no handshake.
    fn stray(&mut self) {
        let (from, to): (End, End) = (self.tcp.server, self.tcp.client);
        let segment = Segment { ports: (443, 41_000), sequence: 77_777, acknowledgement: 0, flags: SYN };
        self.s.segment(from.host, to.host, segment, b"");
    }

    fn hello(&mut self) {
        let hello = ClientHello { name: Some(CLOUD), ..ClientHello::default() }.record(&mut self.s.random);
        self.tcp.send(&mut self.s, Side::Client, &hello);
    }

    fn send(&mut self, side: Side, bytes: usize) {
        self.tcp.opaque(&mut self.s, side, bytes);
        self.s.wait(SECOND / 10);
    }

    /// The camera's standing, and of each finding its kind and what was sent.
    fn told(&self) -> (Value, Vec<(Value, u64)>) {
        let all = records(&self.s.frames);
        let camera = all.iter().find(|of| of["type"] == "device" && of["mac"] == CAMERA);
        let of = |finding: &&Value| finding["type"] == "finding";
        let findings = all.iter().filter(of);
        let findings =
            findings.map(|of| (of["kind"].clone(), of["payload_out"].as_u64().unwrap_or_default()));
        (camera.map_or(Value::Null, |camera| camera["standing"].clone()), findings.collect())
    }
}

/// Whoever receives the upload can send it.
#[test]
fn a_syn_that_nobody_heeded_makes_no_call_of_an_upload() {
    let at = |when: Option<usize>| {
        let mut stage = Stage::new();
        stage.tcp.open(&mut stage.s);
        let steps: [fn(&mut Stage); 4] = [
            Stage::hello,
            |stage| stage.send(Side::Server, 3000),
            |stage| stage.send(Side::Client, 300_000),
            |stage| stage.send(Side::Client, 300_000),
        ];
        for (n, step) in steps.into_iter().enumerate() {
            if when == Some(n) {
                stage.stray();
            }
            step(&mut stage);
        }
        stage.told()
    };
    let (standing, findings) = at(None);
    assert_eq!((standing.as_str(), findings.len()), (Some("camera"), 1));
    assert_eq!(findings[0].0, "exfiltration");
    for when in 0..4 {
        assert_eq!(at(Some(when)), (standing.clone(), findings.clone()), "before step {when}");
    }
}

/// What the party began and the device let in, it called; where no packet of the device is there, nothing says otherwise.
#[test]
fn who_is_let_in_called() {
    let viewed = |lets_in: bool, answers: bool| {
        let mut stage = Stage::new();
        let (camera, cloud) = (stage.tcp.client, stage.tcp.server);
        stage.tcp = Conversation::unopened(cloud.host.port(50_000), camera.host.port(8000), [5000, 6000]);
        stage.flag(Side::Client, SYN);
        if lets_in {
            stage.flag(Side::Server, SYN | ACK).flag(Side::Client, ACK);
        }
        if answers {
            stage.send(Side::Server, 300_000);
        }
        stage.told().1.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
    };
    assert_eq!(viewed(true, true), ["exposure"]);
    assert!(!viewed(false, true).contains(&"exposure".into()), "it did not let it in");
}

/// As through two firewalls, each of which lets in what answers to what went out.
#[test]
fn where_both_call_the_hello_tells_the_client() {
    for first in [Side::Client, Side::Server] {
        let second = if first == Side::Client { Side::Server } else { Side::Client };
        let mut stage = Stage::new();
        stage.flag(first, SYN).flag(second, SYN);
        // Each acknowledges the other's SYN by its own.
        for (side, sequence) in [(Side::Client, 1000), (Side::Server, 9_000_000)] {
            stage.tcp.at(&mut stage.s, side, sequence, SYN | ACK, b"");
        }
        stage.hello();
        stage.send(Side::Client, 400_000);
        let (standing, findings) = stage.told();
        assert_eq!((standing.as_str(), findings.len()), (Some("camera"), 1), "{first:?}");
        assert_eq!(findings[0].0, "exfiltration");
    }
}

/// Who is asked for smaller packets was not refused (RFC 1191); who is told that a port is closed was.
#[test]
fn a_packet_that_was_too_large_was_not_refused() {
    let told = |code: u8| {
        let mut stage = Stage::new();
        let (camera, cloud, router) =
            (stage.tcp.client.host, stage.tcp.server.host, stage.s.outside("198.51.100.1"));
        for _ in 0..3 {
            stage.s.udp(camera.port(5000), cloud.port(9999), &[0x5a; 1300]);
            let sent = stage.s.frames.last().expect("one was sent").bytes[14..14 + 28].to_vec();
            stage.s.icmp(router, camera, (3, code), [0, 0, 5, 0], &sent);
            stage.s.wait(70 * SECOND);
        }
        records(&stage.s.frames).iter().any(|of| {
            of["type"] == "finding"
                && of["endpoint"] == "203.0.113.40"
                && of["reasons"].to_string().contains("refused")
        })
    };
    assert!(told(3), "its port is closed");
    assert!(!told(4));
}

/// A scanner sends a SYN, the camera's SYN-ACK shows the open port, and a reset ends it; a closed port is none.
#[test]
fn a_port_that_answers_a_scan_is_open() {
    let told = |open: bool, reset: bool| {
        let mut s = Scenario::new(MORNING, 7);
        let (camera, scanner) = (Host::new(CAMERA, "192.168.1.64"), s.outside("203.0.113.40"));
        let mut tcp = Conversation::unopened(scanner.port(41_000), camera.port(80), [1000, 9_000_000]);
        tcp.flag(&mut s, Side::Client, SYN);
        tcp.flag(&mut s, Side::Server, if open { SYN | ACK } else { TcpFlags::RST | ACK });
        if reset {
            tcp.reset(&mut s, Side::Client);
        }
        let findings = records(&s.frames).into_iter().filter(|of| of["type"] == "finding");
        findings.map(|of| (of["kind"].clone(), of["payload_out"].clone())).collect::<Vec<_>>()
    };
    let exposed = vec![(Value::from("exposure"), Value::from(0))];
    assert_eq!((told(true, true), told(true, false)), (exposed.clone(), exposed));
    assert_eq!(told(false, false), []);
}
