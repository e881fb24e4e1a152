//! What a reader with the same packets refuted: each test is a small capture of which too much was said, or too little.

mod common;

use common::{device, records};
use lenscap_testkit::message::Lease;
use lenscap_testkit::{Host, MORNING, SECOND, Scenario};
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

/// Two connections side by side that report at the same two moments reported twice; four moments are four.
#[test]
fn what_is_sent_side_by_side_is_one_moment() {
    use lenscap_testkit::Side;
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
