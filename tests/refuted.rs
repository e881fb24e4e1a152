//! What a reader with the same packets refuted: each test is a small capture of which too much was said, or too little.

mod common;

use common::{device, records};
use lenscap_testkit::message::Lease;
use lenscap_testkit::{Conversation, Host, MORNING, SECOND, Scenario, Side};
use serde_json::Value;

/// A MAC of a maker of cameras.
const MAC: &str = "bc:ad:28:00:53:40";
/// A cloud that cameras and viewers call.
const CLOUD: &str = "litedev.hik-connect.com";

struct Stage {
    s: Scenario,
    device: Host,
    cloud: Host,
}

impl Stage {
    fn new() -> Self {
        let s = Scenario::new(MORNING, 7);
        let cloud = s.outside("203.0.113.40");
        Self { s, device: Host::new(MAC, "192.168.1.64"), cloud }
    }

    fn records(&self, kind: &str) -> Vec<Value> {
        records(&self.s.frames).into_iter().filter(|record| record["type"] == kind).collect()
    }

    fn told(&self) -> Value {
        let told = device(&self.s.frames, MAC);
        assert!(!told.is_null(), "it sent");
        told
    }
}

/// Of a maker of cameras, in its cloud, and called by the maker's word for something else.
fn named(host_name: &str) -> Value {
    let mut stage = Stage::new();
    let (server, client) = (Host::new("02:00:00:00:53:01", "192.168.1.1"), stage.device);
    stage.s.dhcp(&Lease { client, server, hostname: host_name, vendor_class: "", id: 7 });
    stage.s.tls(stage.device, stage.cloud.port(443), CLOUD);
    stage.told()
}

#[test]
fn what_its_maker_calls_a_switch_is_no_camera_by_its_prefix_and_cloud() {
    assert_eq!(named("porch")["standing"], "camera");
    for other in ["DS-3E0318P-E", "DS-PWA64-L-WE", "DS-K1T671TM-3XF"] {
        let device = named(other);
        assert_eq!(device["standing"], "other", "{device}");
        assert!(device["kind_points"].as_u64().is_some_and(|points| points < 30), "{device}");
    }
}

#[test]
fn what_its_maker_calls_a_recorder_is_one_by_its_host_name() {
    let device = named("DS-7608NI-K2");
    assert_eq!((&device["standing"], &device["class"]), (&"camera".into(), &"recorder".into()));
    // The name of another's device proves nothing: people choose names.
    assert!(named("IPC-HDW4431C-A")["why"].to_string().find("IPC-HDW").is_none());
}

/// What keeps a way open, 4 bytes every 40 s, tells nothing; 40 bytes may.
#[test]
fn keep_alives_report_nothing() {
    let found = |bytes: usize| {
        let mut stage = Stage::new();
        for _ in 0..20 {
            stage.s.udp(stage.device.port(5000), stage.cloud.port(9999), &vec![0xf1; bytes]);
            stage.s.udp(stage.cloud.port(9999), stage.device.port(5000), &vec![0xf1; bytes]);
            stage.s.wait(40 * SECOND);
        }
        stage.records("finding").into_iter().map(|finding| finding["kind"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((found(4), found(40)), (vec!["contact".into()], vec!["telemetry".into()]));
}

/// The last fragment of each datagram is missing: what left all the same is counted, and its ports are said to be unknown.
#[test]
fn what_left_in_fragments_that_never_were_whole_is_told() {
    let mut stage = Stage::new();
    for _ in 0..100 {
        let fragments =
            stage.s.udp_fragments(stage.device.port(5000), stage.cloud.port(9999), &[7; 4000], 1480);
        for fragment in &fragments[..fragments.len() - 1] {
            stage.s.ip(stage.device, stage.cloud, fragment);
        }
    }
    let finding = &stage.records("finding")[0];
    let sent = finding["payload_out"].as_u64().unwrap();
    assert_eq!(sent, 100 * (2 * 1480 - 8), "{finding}");
    assert!(!finding["filter"].as_str().unwrap().contains("port"), "{finding}");
    let summary = &stage.records("summary")[0];
    assert_eq!(summary["coverage"]["portless_bytes"], 100 * 2 * 1500);
}

/// What a server says over HTTP when it is asked for a path, once for each.
fn served(asked: &[(&str, &str)]) -> Value {
    let mut stage = Stage::new();
    stage.device = Host::new("02:00:00:00:53:40", "192.168.1.64");
    let desk = Host::new("02:00:00:00:53:20", "192.168.1.20");
    for (path, body) in asked {
        let mut tcp = stage.s.tcp(desk, stage.device.port(80));
        let request = format!("GET {path} HTTP/1.1\r\nHost: 192.168.1.64\r\n\r\n");
        tcp.send(&mut stage.s, Side::Client, request.as_bytes());
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length";
        tcp.send(&mut stage.s, Side::Server, format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes());
    }
    device(&stage.s.frames, "02:00:00:00:53:40")
}

/// Alarm panels and access terminals of a maker let people log in as its cameras do.
#[test]
fn a_login_shows_the_maker_and_not_the_kind() {
    const SPACE: &str = "version=\"2.0\" xmlns=\"http://www.hikvision.com/ver20/XMLSchema\"";
    let login = format!(
        "<SessionLoginCap {SPACE}><sessionID>a</sessionID><challenge>b</challenge></SessionLoginCap>"
    );
    let info = |class| format!("<DeviceInfo {SPACE}><deviceType>{class}</deviceType></DeviceInfo>");
    let login = ("/ISAPI/Security/sessionLogin/capabilities?username=a", login.as_str());
    let alone = served(&[login]);
    assert_eq!((&alone["standing"], &alone["vendor"]), (&"suspected".into(), &"hikvision".into()), "{alone}");
    assert_eq!(served(&[login, ("/ISAPI/System/deviceInfo", &info("IPCamera"))])["standing"], "camera");
    assert_eq!(served(&[login, ("/ISAPI/System/deviceInfo", &info("AXPro"))])["standing"], "other");
}

/// Two connections side by side that report at the same two moments reported twice; four moments are four.
#[test]
fn what_is_sent_side_by_side_is_one_moment() {
    let told = |apart: bool| {
        let mut stage = Stage::new();
        let [one, other] = [8443, 8444].map(|port| stage.s.tcp(stage.device, stage.cloud.port(port)));
        let mut both = [one, other];
        for _ in 0..2 {
            for tcp in &mut both {
                tcp.opaque(&mut stage.s, Side::Client, 90);
                if apart {
                    stage.s.wait(100 * SECOND);
                }
            }
            stage.s.wait(100 * SECOND);
        }
        let finding = stage.records("finding").remove(0);
        (finding["kind"].clone(), finding["reasons"][0].to_string())
    };
    let (kind, why) = told(true);
    assert!(kind == "telemetry" && why.contains(" in 4 spans of 34 s"), "{kind} {why}");
    assert_eq!(told(false).0, "contact");
}

/// Clients that had one address one after another are as many as their MACs; who has one MAC and many addresses may be many.
#[test]
fn clients_one_after_another_are_no_one_station() {
    let cameras = |macs: u8, addresses: u8| {
        let mut stage = Stage::new();
        for n in 0..macs.max(addresses) {
            let (mac, address) = (n % macs, n % addresses);
            let mac = format!("bc:ad:28:00:54:{mac:02x}");
            let client = Host::new(&mac, &format!("192.168.1.{}", 64 + address));
            stage.s.tls(client, stage.cloud.port(443), CLOUD).opaque(&mut stage.s, Side::Client, 900);
            stage.s.wait(400 * SECOND);
        }
        let devices = stage.records("device").into_iter();
        devices
            .filter(|device| device["payload_out_external"].as_u64().is_some_and(|sent| sent > 900))
            .count()
    };
    assert_eq!((cameras(30, 1), cameras(1, 3), cameras(1, 30)), (30, 1, 30));
}

/// A mirror tags one direction: what is shown to be one connection was seen both ways.
#[test]
fn halves_of_one_connection_are_no_flows_of_one_way() {
    let mut stage = Stage::new();
    let mut tls = stage.s.tls(stage.device, stage.cloud.port(443), CLOUD);
    tls.opaque(&mut stage.s, Side::Client, 3000);
    tls.close(&mut stage.s, Side::Client);
    for frame in &mut stage.s.frames {
        if frame.bytes[6..12] == stage.device.mac.0 {
            frame.bytes.splice(12..12, [0x81, 0, 0, 10]);
            frame.wire_length += 4;
        }
    }
    assert_eq!(stage.records("flow").len(), 2);
    let summary = &stage.records("summary")[0];
    assert_eq!(summary["coverage"]["two_way"], serde_json::json!({"flows": 1, "of": 1}));
}

/// Only what is asked in a protocol that hides it is hidden.
#[test]
fn look_ups_are_hidden_by_a_protocol_that_hides_them() {
    use lenscap_testkit::Conversation;
    use lenscap_wire::TcpFlags;
    let hidden = |speak: fn(&mut Stage, Host)| {
        let mut stage = Stage::new();
        stage.s.resolve(
            stage.device,
            stage.s.outside("192.0.2.53"),
            "dns.google",
            stage.s.outside("8.8.8.8"),
        );
        let server = stage.s.outside("8.8.8.8");
        speak(&mut stage, server);
        let summary = common::summary(&stage.s.frames);
        let closed = summary.close();
        let report = lenscap_flow::judge(&closed, &common::CATALOG, &lenscap_flow::Policy::default());
        let ends = report.devices().iter().flat_map(|device| &device.endpoints);
        ends.filter(|end| end.hides_look_ups).count()
    };
    assert_eq!(hidden(|stage, server| stage.s.ping(stage.device, server, 1)), 0);
    assert_eq!(hidden(|stage, server| _ = stage.s.dns_query(stage.device, server, CLOUD)), 0);
    assert_eq!(
        hidden(|stage, server| {
            let client = stage.s.client(stage.device);
            let mut tcp = Conversation::unopened(client, server.port(853), [1000, 9000]);
            tcp.flag(&mut stage.s, Side::Client, TcpFlags::SYN);
        }),
        0
    );
    assert_eq!(hidden(|stage, server| _ = stage.s.tls(stage.device, server.port(443), "other.example")), 0);
    assert_eq!(hidden(|stage, server| _ = stage.s.tls(stage.device, server.port(853), "other.example")), 1);
    assert_eq!(hidden(|stage, server| _ = stage.s.tls(stage.device, server.port(853), "dns.google")), 1);
    assert_eq!(hidden(|stage, server| _ = stage.s.tls(stage.device, server.port(443), "dns.google")), 1);
    // It called the server so before.
    assert_eq!(hidden(|stage, server| _ = stage.s.tls(stage.device, server.port(443), "")), 1);
}

/// What is uploaded to an address for which a camera had been given these names, each so many seconds before the next; the hello says
/// this one, if any. The name, vendor and confidence of the finding, its reasons, and the evidence of the device.
fn called(names: &[(&str, i64)], hello: Option<&str>) -> (Value, Value, Value, String, String) {
    let mut stage = Stage::new();
    let resolver = stage.s.outside("192.0.2.53");
    for (name, seconds) in names {
        stage.s.resolve(stage.device, resolver, name, stage.cloud);
        stage.s.wait(seconds * SECOND);
    }
    let mut tcp = match hello {
        Some(name) => stage.s.tls(stage.device, stage.cloud.port(443), name),
        None => stage.s.tcp(stage.device, stage.cloud.port(8443)),
    };
    tcp.opaque(&mut stage.s, Side::Client, 300_000);
    let is_upload = |of: &Value| of["kind"] == "exfiltration";
    let finding = stage.records("finding").into_iter().find(is_upload).unwrap();
    let [name, vendor, confidence] = ["endpoint", "vendor", "confidence"].map(|key| finding[key].clone());
    (name, vendor, confidence, finding["reasons"].to_string(), stage.told()["why"].to_string())
}

#[test]
fn an_old_name_is_told_with_its_age() {
    let (name, _, _, fresh, _) = called(&[(CLOUD, 9)], None);
    assert!(name == CLOUD && !fresh.contains("looked-up"), "{fresh}");
    let (_, _, _, old, _) = called(&[(CLOUD, 36_000)], None);
    assert!(old.contains("looked-up: the name is from a look-up 10 h before\""), "{old}");
    // What the flow says itself is no older than the flow.
    let (_, _, _, said, _) = called(&[(CLOUD, 36_000)], Some(CLOUD));
    assert!(!said.contains("looked-up"), "{said}");
}

/// An address that the camera was given for a cloud's name and for another's: which of them it called there, nobody knows.
#[test]
fn one_of_two_names_of_an_address_is_no_fact() {
    let own = called(&[(CLOUD, 9)], None);
    let two = called(&[("www.example.com", 60), (CLOUD, 9)], None);
    assert!(
        two.3.contains("it is one of 2 names for which the device had been given this address"),
        "{}",
        two.3
    );
    assert!(two.2.as_u64() < own.2.as_u64() && two.2.as_u64() <= Some(65), "{} and {}", two.2, own.2);
    let answered = |of: &str| of.contains("\"cloud\"");
    assert!(answered(&own.4) && !answered(&two.4), "{}", two.4);
    // A hello decides; and two names of one vendor are no doubt of whose the address is.
    let said = called(&[("www.example.com", 60), (CLOUD, 9)], Some(CLOUD));
    assert!(said.2 == called(&[], Some(CLOUD)).2 && !said.3.contains("looked-up"), "{}", said.3);
    let one = called(&[("dev.hik-connect.com", 60), (CLOUD, 9)], None);
    assert!(one.2 == own.2 && one.3.contains("one of 2 names"), "{}", one.3);
}

/// Two sites in one capture, whose cameras have one address, call from one port at once: what each sent is not told apart.
#[test]
fn what_two_stations_with_one_address_sent_at_once_is_said_to_be_mixed() {
    let told = |other: &str, at_once: bool| {
        let mut stage = Stage::new();
        let cameras = [stage.device, Host::new(other, "192.168.1.64")];
        let mut calls = [7, 0x7000_0000].map(|first| {
            let client = cameras[usize::from(first != 7)].port(41_000);
            Conversation::unopened(client, stage.cloud.port(443), [first, first + 99])
        });
        for round in 0..100 {
            for (n, call) in calls.iter_mut().enumerate() {
                // One after the other: all of the second behind all of the first.
                let rounds =
                    if at_once { round..round + 1 } else { 0..if round == 99 * n { 100 } else { 0 } };
                for round in rounds {
                    if round == 0 {
                        call.open(&mut stage.s);
                    }
                    call.send(&mut stage.s, Side::Client, &[7; 3000]);
                    if round == 99 {
                        call.close(&mut stage.s, Side::Client);
                    }
                }
            }
        }
        stage
            .records("finding")
            .iter()
            .map(|of| of["reasons"].to_string().contains("two-stations"))
            .collect::<Vec<bool>>()
    };
    let both = |mixed: bool| vec![mixed; 2];
    assert_eq!(told("bc:ad:28:00:53:41", true), both(true));
    assert_eq!(told("bc:ad:28:00:53:41", false), both(false));
}

/// A camera with one fixed port calls again at once, when its first gateway has failed and another took over; or it goes on by another
/// link itself.
#[test]
fn who_calls_again_by_another_gateway_is_one_station() {
    for is_gateway in [true, false] {
        let mut stage = Stage::new();
        for first in [7, 0x7000_0000] {
            let (mut device, mut cloud) = (stage.device, stage.cloud);
            if first != 7 {
                let changed = if is_gateway { &mut cloud } else { &mut device };
                changed.mac.0[5] ^= 0x40;
            }
            let (client, server) = (device.port(41_000), cloud.port(443));
            let mut call = Conversation::unopened(client, server, [first, first + 99]);
            call.open(&mut stage.s);
            for _ in 0..100 {
                call.send(&mut stage.s, Side::Client, &[7; 3000]);
            }
        }
        let findings = stage.records("finding");
        assert!(!findings.is_empty());
        assert!(
            !findings.iter().any(|of| of["reasons"].to_string().contains("two-stations")),
            "{is_gateway}"
        );
    }
}
