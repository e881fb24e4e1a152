//! Uploads that no single flow shows: cut over many connections or ports, or seen by what acknowledges them alone.

mod common;

use common::records;
use lenscap_testkit::{End, Host, MILLISECOND, MORNING, OwnedFrame, SECOND, Scenario, Side, Wrap};
use lenscap_wire::TcpFlags;
use serde_json::Value;

struct Stage {
    s: Scenario,
    camera: Host,
    cloud: Host,
}

impl Stage {
    /// A camera by its own word, and a party outside that nobody knows.
    fn new() -> Self {
        let mut s = Scenario::new(MORNING, 7);
        let (camera, cloud) = (Host::new("bc:ad:28:00:53:40", "192.168.1.64"), s.outside("203.0.113.40"));
        s.ssdp(camera, "Linux/3.0 UPnP/1.0 Hikvision/1.0 IPCamera");
        Self { s, camera, cloud }
    }

    /// Posts so much over a connection of its own, to this port; the answer has so many bytes.
    fn post(&mut self, port: u16, bytes: usize, answer: usize) {
        let mut tcp = self.s.tcp(self.camera, self.cloud.port(port));
        let head = format!("POST /f HTTP/1.1\r\nHost: 203.0.113.40\r\nContent-Length: {bytes}\r\n\r\n");
        tcp.send(&mut self.s, Side::Client, &[head.as_bytes(), &vec![0x5a; bytes]].concat());
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {answer}\r\n\r\n");
        tcp.send(&mut self.s, Side::Server, &[head.as_bytes(), &vec![0x5a; answer]].concat());
        tcp.close(&mut self.s, Side::Client);
    }

    fn end(&self, port: u16) -> End {
        self.cloud.port(port)
    }
}

/// The finding about the camera and the party: kind, and the rule that decided.
fn found(frames: &[OwnedFrame]) -> (String, String) {
    let all = records(frames);
    let findings: Vec<_> = all.iter().filter(|record| record["type"] == "finding").collect();
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    (text(&finding["kind"]), text(&finding["reasons"][0]))
}

fn kind(frames: &[OwnedFrame]) -> String {
    found(frames).0
}

/// 700 kB as a hundred pieces, each over a connection of its own, to one port or to a hundred.
#[test]
fn what_is_cut_over_many_connections_is_one_upload() {
    for ports in [1, 100] {
        let mut stage = Stage::new();
        for n in 0..100 {
            stage.post(8000 + n % ports, 7000, 2);
            stage.s.wait(500 * MILLISECOND);
        }
        let (kind, why) = found(&stage.s.frames);
        assert_eq!(kind, "exfiltration", "{why}");
        assert!(why.starts_with("upload: 706200 payload bytes of content sent"), "{why}");
    }
}

/// The same as datagrams, each to a port of its own.
#[test]
fn what_is_cut_over_many_ports_is_one_upload() {
    let mut stage = Stage::new();
    for n in 0..500 {
        let (from, to) = (stage.camera.port(5000), stage.end(20_000 + n));
        stage.s.udp(from, to, &[n as u8; 1400]);
        stage.s.wait(100 * MILLISECOND);
    }
    assert_eq!(kind(&stage.s.frames), "exfiltration");
}

/// A camera that asks for much, page by page, tries again each second where a filter lets no hello through, or reports now and then
/// uploads nothing, whatever all of it comes to.
#[test]
fn pages_and_hellos_and_reports_are_no_pieces() {
    let mut pages = Stage::new();
    for _ in 0..200 {
        pages.post(80, 3000, 9000);
    }
    assert_eq!(kind(&pages.s.frames), "contact");

    let mut hellos = Stage::new();
    for _ in 0..600 {
        let mut tcp = hellos.s.tcp(hellos.camera, hellos.end(443));
        tcp.send(
            &mut hellos.s,
            Side::Client,
            &[&[0x16, 3, 1, 6, 0xa3, 1, 0, 6, 0x9f, 3, 3][..], &[9; 1693]].concat(),
        );
        tcp.reset(&mut hellos.s, Side::Server);
        hellos.s.wait(SECOND);
    }
    assert_eq!(kind(&hellos.s.frames), "telemetry");

    let mut reports = Stage::new();
    for _ in 0..200 {
        reports.post(80, 7000, 2);
        reports.s.wait(60 * SECOND);
    }
    assert_eq!(kind(&reports.s.frames), "telemetry");
}

/// What comes back on other connections hides nothing.
#[test]
fn a_download_beside_them_hides_no_pieces() {
    let mut stage = Stage::new();
    for n in 0..100 {
        stage.post(80, 7000, 2);
        if n % 2 == 0 {
            stage.post(80, 100, 100_000);
        }
    }
    assert_eq!(kind(&stage.s.frames), "exfiltration");
}

/// A camera opens a tunnel of links to the outside, and sends in it from MACs and addresses that it chooses: that leaves the
/// camera, whatever else is said of who stands inside.
#[test]
fn what_a_camera_sends_in_a_tunnel_of_its_own_leaves_it() {
    for (here, there) in [("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.1"), ("10.0.0.1", "198.51.100.7")] {
        let mut stage = Stage::new();
        let (near, far) = (stage.camera, stage.cloud);
        stage.s.within = vec![Wrap::Vxlan { near, far, network: 9 }];
        let (inner, other) = (Host::new("02:00:00:00:53:a1", here), Host::new("02:00:00:00:53:a2", there));
        for n in 0..400_u16 {
            let payload = [&n.to_be_bytes()[..], &[9; 998]].concat();
            stage.s.udp(inner.port(5000), other.port(5001), &payload);
        }
        let all = records(&stage.s.frames);
        let is_camera = |record: &&Value| record["type"] == "device" && record["id"] == "bcad28005340";
        let camera = all.iter().find(is_camera).expect("it is there");
        assert!(camera["bytes_out_external"].as_u64() >= Some(400_000), "{camera:#}");
        assert!(camera["payload_out_external"].as_u64() >= Some(400_000), "{camera:#}");
        let (kind, why) = found(&stage.s.frames);
        assert_eq!(kind, "exfiltration", "{why}");
    }
}

/// A tap of one direction shows what a server sends to a camera, of which it acknowledges 600 kB: so much was sent, and not captured.
/// Whoever sends one acknowledgement in the server's name, of 2 GB or of a window, makes it no more than a window.
#[test]
fn what_is_acknowledged_and_was_not_captured_is_said() {
    let to_camera = |stage: &Stage| {
        let mac = stage.camera.mac.0;
        let is_to = move |frame: &&OwnedFrame| frame.bytes[..6] == mac || frame.bytes[0] & 1 == 1;
        stage.s.frames.iter().filter(is_to).cloned().collect::<Vec<_>>()
    };
    let seen = |bytes: usize, ahead: u32| {
        let mut stage = Stage::new();
        let mut tcp = stage.s.tcp(stage.camera, stage.end(443));
        tcp.send(&mut stage.s, Side::Client, &vec![9; bytes]);
        if ahead > 0 {
            tcp.skip(Side::Client, ahead);
            tcp.flag(&mut stage.s, Side::Server, TcpFlags::ACK);
        }
        let all = records(&to_camera(&stage));
        let finding = all.iter().find(|record| record["type"] == "finding").expect("one");
        assert_eq!(finding["payload_out"], 0);
        assert!(
            finding["reasons"].to_string().contains("unseen: of 1 flow no packet of the device was captured")
        );
        let summary = all.iter().find(|record| record["type"] == "summary").expect("one");
        (
            finding["kind"].as_str().unwrap().to_string(),
            summary["coverage"]["acknowledged_bytes"].as_u64().unwrap_or(0),
        )
    };
    assert_eq!(seen(600_000, 0), ("exfiltration".into(), 599_999));
    assert_eq!(seen(600_000, 1 << 31), ("exfiltration".into(), 599_999));
    assert_eq!(seen(1000, 1 << 31), ("contact".into(), 999));
    assert_eq!(seen(1000, 60_000), ("contact".into(), 60_999));
    assert_eq!(seen(0, 1 << 30), ("contact".into(), 0));

    // What was captured is told by itself, and what was fetched is no upload.
    let mut whole = Stage::new();
    whole.post(80, 600_000, 2);
    assert!(!records(&whole.s.frames).iter().any(|record| record["reasons"].to_string().contains("unseen")));
    let mut fetched = Stage::new();
    let mut tcp = fetched.s.tcp(fetched.camera, fetched.end(80));
    for _ in 0..300 {
        tcp.send(&mut fetched.s, Side::Client, &[9; 1000]);
        tcp.send(&mut fetched.s, Side::Server, &[9; 9000]);
    }
    assert_eq!(kind(&to_camera(&fetched)), "contact");
}

/// A switch hands a connection over to its hardware once it has seen the hello, so that the capture lacks the upload: the acknowledgements
/// of the other end show it, or the FINs of both. One segment that somebody makes up shows nothing, and what the capture holds
/// is no upload by it.
#[test]
fn what_lies_behind_the_last_captured_segment_is_said() {
    let seen = |keep: &dyn Fn(usize, usize, bool) -> bool, forged: u32| {
        let mut stage = Stage::new();
        let mut tcp = stage.s.tcp(stage.camera, stage.end(443));
        tcp.send(&mut stage.s, Side::Client, &[9; 100]);
        let hello = stage.s.frames.len();
        tcp.send(&mut stage.s, Side::Client, &vec![9; 700_000]);
        if forged > 0 {
            tcp.skip(Side::Client, forged);
            tcp.flag(&mut stage.s, Side::Server, TcpFlags::ACK);
        }
        let sent = stage.s.frames.len();
        tcp.close(&mut stage.s, Side::Client);
        let mac = stage.camera.mac.0;
        let frames = stage
            .s
            .frames
            .iter()
            .enumerate()
            .filter(|(n, frame)| *n < hello || keep(*n, sent, frame.bytes[6..12] == mac));
        let all = records(&frames.map(|(_, frame)| frame.clone()).collect::<Vec<_>>());
        let finding = all.iter().find(|record| record["type"] == "finding").expect("one").clone();
        let summary = all.iter().find(|record| record["type"] == "summary").expect("one");
        let acknowledged = summary["coverage"]["acknowledged_bytes"].as_u64().unwrap_or(0);
        (finding["kind"].as_str().unwrap().to_string(), finding["reasons"].to_string(), acknowledged)
    };
    let (kind, why, acknowledged) = seen(&|n, sent, own| !own && n < sent, 0);
    assert_eq!(kind, "exfiltration", "{why}");
    assert!(why.contains("headers show at least 699999 payload bytes that the device sent"), "{why}");
    assert_eq!(acknowledged, 699_999);
    let (kind, why, acknowledged) = seen(&|n, sent, _| n >= sent, 0);
    assert_eq!((kind.as_str(), acknowledged), ("exfiltration", 700_000), "{why}");
    let (kind, why, acknowledged) = seen(&|n, sent, own| !own && n + 1 == sent, 1 << 30);
    assert_eq!((kind.as_str(), acknowledged), ("contact", 0), "{why}");
    // All of it was captured.
    let (kind, why, acknowledged) = seen(&|_, _, _| true, 0);
    assert_eq!((kind.as_str(), acknowledged), ("exfiltration", 0), "{why}");
    assert!(!why.contains("unseen"), "{why}");
}

/// A datagram from each of a thousand ports is an upload as a thousand from one; who is answered with as much, or is few, uploads nothing.
#[test]
fn a_datagram_from_each_of_many_ports_is_one_upload() {
    let sent = |count: u16, bytes: usize, answer: usize| {
        let mut stage = Stage::new();
        for port in 0..count {
            let (from, to) = (stage.camera.port(20_000 + port), stage.end(9000));
            stage.s.udp(from, to, &vec![port as u8; bytes]);
            if answer > 0 {
                stage.s.udp(to, from, &vec![port as u8; answer]);
            }
            stage.s.wait(20 * MILLISECOND);
        }
        kind(&stage.s.frames)
    };
    assert_eq!(sent(700, 1000, 2), "exfiltration");
    assert_eq!(
        [sent(700, 1000, 900), sent(80, 1000, 2), sent(700, 40, 0)].map(|kind| kind == "exfiltration"),
        [false; 3]
    );
}

/// 700 kB sent at once, and 600 kB that came a minute and a half later: what keeps the connection open for a day behind them changes
/// nothing.
#[test]
fn a_day_of_keep_alives_makes_no_upload_less() {
    let told = |keep_alives: usize| {
        let mut stage = Stage::new();
        let mut tcp = stage.s.tcp(stage.camera, stage.end(443));
        tcp.opaque(&mut stage.s, Side::Client, 700_000);
        stage.s.wait(100 * SECOND);
        tcp.opaque(&mut stage.s, Side::Server, 600_000);
        for _ in 0..keep_alives {
            stage.s.wait(15 * SECOND);
            tcp.opaque(&mut stage.s, Side::Client, 45);
            tcp.opaque(&mut stage.s, Side::Server, 45);
        }
        found(&stage.s.frames)
    };
    for keep_alives in [0, 5760] {
        let (kind, rule) = told(keep_alives);
        assert!(kind == "exfiltration" && rule.starts_with("upload:"), "{keep_alives}: {kind} {rule}");
    }
}
