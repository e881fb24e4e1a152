//! Sources that are not their sender's own, addresses that two use at once, and what others say of a MAC.

mod common;

use common::records;
use lenscap_testkit::{Host, MORNING, SECOND, Scenario, Side, packet};
use lenscap_wire::Mac;
use serde_json::Value;
use std::net::IpAddr;

/// A MAC of a maker of cameras, who calls its cloud and uploads.
const CAMERA: &str = "bc:ad:28:00:53:40";
const CLOUD: &str = "litedev.hik-connect.com";
const STRANGER: &str = "02:66:66:66:66:66";

struct Stage {
    s: Scenario,
    camera: Host,
    desk: Host,
}

impl Stage {
    fn new() -> Self {
        let s = Scenario::new(MORNING, 7);
        let (camera, desk) =
            (Host::new(CAMERA, "192.168.1.64"), Host::new("02:00:00:00:53:20", "192.168.1.20"));
        Self { s, camera, desk }
    }

    fn upload(&mut self) {
        let cloud = self.s.outside("203.0.113.40");
        let mut tcp = self.s.tls(self.camera, cloud.port(443), CLOUD);
        tcp.opaque(&mut self.s, Side::Client, 400_000);
        self.s.wait(SECOND);
    }

    /// Datagrams from the camera's MAC and any address to one outside.
    fn forged(&mut self, sources: impl Iterator<Item = [u8; 4]>) {
        let victim = self.s.outside("203.0.113.99");
        for source in sources {
            let from = Host { ip: IpAddr::from(source), ..self.camera };
            self.s.udp(from.port(5000), victim.port(80), &[7; 512]);
        }
    }

    /// An answer of ARP that a host is there, in a frame of this MAC.
    fn says(&mut self, frame: Mac, holder: Host) {
        let (IpAddr::V4(own), IpAddr::V4(asker)) = (holder.ip, self.desk.ip) else {
            panic!("ARP is for IPv4")
        };
        let head = [0, 1, 8, 0, 6, 4, 0, 2];
        let body = [&head[..], &holder.mac.0, &own.octets(), &self.desk.mac.0, &asker.octets()].concat();
        self.s.frame(packet::ethernet(frame, self.desk.mac, 0x0806, &body));
    }

    fn told(&self) -> Vec<Value> {
        records(&self.s.frames)
    }
}

/// The device with a MAC for its id.
fn device<'r>(records: &'r [Value], mac: &str) -> &'r Value {
    let id = mac.replace(':', "");
    records.iter().find(|of| of["type"] == "device" && of["id"] == *id).unwrap_or(&Value::Null)
}

/// A camera of a botnet sends from whatever addresses it likes, inside ones among them, two or a thousand.
#[test]
fn sources_that_nothing_came_back_to_make_no_router() {
    for count in [2, 1000] {
        let mut stage = Stage::new();
        stage.upload();
        let any = |n: u32| {
            let [_, b, c, d] = n.wrapping_mul(2_654_435_761).to_be_bytes();
            if n % 50 > 47 {
                [if n % 100 == 48 { 10 } else { 127 }, b, c, d]
            } else {
                [20 + (n % 90) as u8, b, c, d | 1]
            }
        };
        stage.forged((0..count).map(any));
        let told = stage.told();
        let camera = device(&told, CAMERA);
        assert_eq!((&camera["standing"], &camera["mac"]), (&"camera".into(), &CAMERA.into()), "{camera}");
        assert_eq!(camera["addresses"], serde_json::json!(["192.168.1.64"]));
        let sent = 400_000 + u64::from(count) * 512;
        assert!(camera["bytes_out_external"].as_u64() >= Some(sent), "{camera}");
        let placed = told.iter().filter(|of| of["type"] == "device" && !of["addresses"].is_null());
        assert_eq!(placed.count(), 1);
        let doubt = &camera["address_doubts"][0];
        assert_eq!((&doubt["kind"], &doubt["more"]), (&"foreign".into(), &(count > 2).into()));
        let finding = |of: &&Value| of["type"] == "finding" && of["endpoint"] == "203.0.113.99";
        assert_eq!(told.iter().filter(finding).count(), 1);
    }
}

/// What is delivered inside from the outside, or answered, came through a router.
#[test]
fn a_source_that_was_heard_is_behind_a_router() {
    for answered in [false, true] {
        let mut stage = Stage::new();
        stage.s.udp(stage.camera.port(53), stage.desk.port(5353), &[0; 40]);
        stage.s.udp(stage.desk.port(5353), stage.camera.port(53), &[0; 40]);
        stage.forged([[20, 0, 0, 1], [21, 0, 0, 1]].into_iter());
        let from = Host { ip: "22.0.0.1".parse().unwrap(), ..stage.camera };
        if answered {
            let victim = stage.s.outside("203.0.113.99");
            stage.s.udp(victim.port(80), from.port(5000), &[7; 512]);
            stage.s.udp(from.port(5000), victim.port(80), &[7; 512]);
        } else {
            stage.s.udp(from.port(5000), stage.desk.port(5000), &[7; 512]);
        }
        let told = stage.told();
        assert!(device(&told, CAMERA)["address_doubts"].is_null());
        assert!(device(&told, CAMERA)["kind_points"].as_u64().unwrap_or_default() < 40);
    }
}

/// A router of which one direction was captured, or that passes on what is answered by another way, sends as much from the outside.
#[test]
fn what_was_passed_on_or_could_not_be_answered_is_nobody_s_own() {
    for (hops, is_answered, count) in [(3, true, 2), (3, true, 1000), (0, false, 2), (0, false, 1000)] {
        let mut stage = Stage::new();
        let (camera, desk) = (stage.camera, stage.desk);
        if is_answered {
            stage.upload();
        }
        stage.s.udp(camera.port(161), desk.port(162), &[0; 60]);
        stage.s.udp(desk.port(162), camera.port(161), &[0; 60]);
        let before = stage.s.frames.len();
        stage.forged((0..count).map(|n: u32| [20, 0, (n >> 8) as u8, n as u8]));
        stage.s.frames[before..].iter_mut().for_each(|frame| frame.pass_on(hops));
        let told = stage.told();
        for device in told.iter().filter(|of| of["type"] == "device") {
            assert!(device["address_doubts"].is_null(), "{device}");
        }
        let own = told.iter().find(|of| of["addresses"][0] == "192.168.1.64");
        let sent = own.and_then(|of| of["bytes_out_external"].as_u64()).unwrap_or_default();
        assert!(sent < 500_000, "{hops} {count} {sent}");
    }
}

/// A lease that goes there and back, two firewalls of which one stands by, a proxy that answers for who sleeps.
#[test]
fn an_address_that_two_use_in_turn_is_no_doubt() {
    for (speaks, says) in [(true, false), (true, true), (false, true)] {
        let mut stage = Stage::new();
        let desk = stage.desk;
        let users = [stage.camera, Host::new(STRANGER, "192.168.1.64")];
        stage.s.udp(users[1].at("192.168.1.65").port(5000), desk.port(5000), &[1; 40]);
        for round in 0..6_u16 {
            let user = users[usize::from(round % 2)];
            if says {
                stage.says(user.mac, user);
            }
            if speaks || round % 2 == 0 {
                for _ in 0..3 {
                    stage.s.udp(user.port(5000 + round), desk.port(5000), &[1; 40]);
                    stage.s.udp(desk.port(5000), user.port(5000 + round), &[1; 40]);
                    stage.s.wait(SECOND);
                }
            }
            stage.s.wait(3600 * SECOND);
        }
        let told = stage.told();
        for mac in [CAMERA, STRANGER] {
            assert!(device(&told, mac)["id"].is_string(), "{mac}");
            assert!(device(&told, mac)["address_doubts"].is_null(), "{speaks} {says}");
        }
    }
}

/// Two MACs that send from one address in the same seconds, or of which one only says that he is there; and a lease that moves.
#[test]
fn an_address_that_two_use_at_once_is_told_of_both() {
    let doubts = |at_once: bool, speaks: bool| {
        let mut stage = Stage::new();
        let other = Host::new(STRANGER, "192.168.1.64");
        let (desk, camera) = (stage.desk, stage.camera);
        stage.s.udp(camera.port(5000), desk.port(5000), &[1; 40]);
        stage.s.wait(SECOND);
        if at_once {
            stage.says(other.mac, other);
            if speaks {
                stage.s.udp(other.port(6000), desk.port(6000), &[1; 40]);
            }
            stage.s.wait(SECOND);
        }
        stage.s.udp(camera.port(5000), desk.port(5000), &[1; 40]);
        if !at_once {
            stage.s.wait(SECOND);
            stage.says(other.mac, other);
            stage.s.udp(other.port(6000), desk.port(6000), &[1; 40]);
        }
        let told = stage.told();
        [CAMERA, STRANGER].map(|mac| device(&told, mac)["address_doubts"][0]["with"].clone())
    };
    for speaks in [false, true] {
        assert_eq!(doubts(true, speaks), [Value::from(STRANGER), Value::from(CAMERA)], "{speaks}");
    }
    assert_eq!(doubts(false, true), [Value::Null, Value::Null]);
}

/// ARP in a stranger's frame: that the camera has the printer's address is his claim.
#[test]
fn what_another_s_frame_says_of_a_mac_is_a_claim() {
    let mut stage = Stage::new();
    let printer = Host::new("02:00:00:00:53:30", "192.168.1.30");
    stage.s.udp(printer.port(5000), stage.desk.port(5000), &[1; 40]);
    stage.says(Host::new(STRANGER, "192.168.1.66").mac, Host { ip: printer.ip, ..stage.camera });
    stage.upload();
    let told = stage.told();
    let camera = device(&told, CAMERA);
    assert_eq!(camera["addresses"], serde_json::json!(["192.168.1.64"]));
    assert_eq!(camera["standing"], "camera");
    assert!(camera["address_doubts"].is_null());
    assert!(device(&told, "02:00:00:00:53:30")["address_doubts"].is_null());
}
