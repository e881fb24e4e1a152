//! Who is a router: what a DHCP answer or an ARP reply says of somebody makes him none, since anybody can send it.

mod common;

use common::records;
use lenscap_testkit::message::{self, Lease};
use lenscap_testkit::{Host, MORNING, SECOND, Scenario, Side};
use serde_json::Value;

/// A MAC of a maker of cameras, who calls its cloud and uploads.
const CAMERA: &str = "bc:ad:28:00:53:40";
const CLOUD: &str = "litedev.hik-connect.com";
const ROUTER: &str = "02:00:00:00:53:fe";
const STRANGER: &str = "02:66:66:66:66:66";

struct Stage {
    s: Scenario,
    camera: Host,
    desk: Host,
    router: Host,
}

impl Stage {
    /// The router has the address that the outside speaks from, too.
    fn new() -> Self {
        let mut s = Scenario::new(MORNING, 7);
        let router = Host::new(ROUTER, "192.168.1.1");
        s.gateway = router.mac;
        let (camera, desk) =
            (Host::new(CAMERA, "192.168.1.64"), Host::new("02:00:00:00:53:20", "192.168.1.20"));
        Self { s, camera, desk, router }
    }

    /// A DHCP answer to the desk that calls an address a router.
    fn answer(&mut self, server: Host, router: [u8; 4]) {
        let lease = Lease { client: self.desk, server, hostname: "", vendor_class: "", id: 9 };
        let mut body = message::dhcp(&lease, 5);
        body.pop();
        body.extend([3, 4]);
        body.extend(router);
        body.push(255);
        self.s.udp(server.port(67), self.desk.port(68), &body);
    }

    fn upload(&mut self) {
        let cloud = self.s.outside("203.0.113.40");
        let mut tcp = self.s.tls(self.camera, cloud.port(443), CLOUD);
        tcp.opaque(&mut self.s, Side::Client, 400_000);
        self.s.wait(SECOND);
    }

    fn told(&self) -> Vec<Value> {
        records(&self.s.frames)
    }
}

/// The device with a MAC or an address for its id.
fn device<'r>(records: &'r [Value], id: &str) -> &'r Value {
    let id = id.replace(':', "");
    let found = records.iter().find(|of| of["type"] == "device" && of["id"] == *id);
    found.unwrap_or(&Value::Null)
}

#[test]
fn whom_a_stranger_calls_a_router_is_none() {
    let stranger = Host::new(STRANGER, "192.168.1.66");
    for true_answer in [false, true] {
        let mut stage = Stage::new();
        if true_answer {
            stage.answer(stage.router, [192, 168, 1, 1]);
        }
        stage.answer(stranger, [192, 168, 1, 64]);
        stage.s.arp(stage.desk, stage.camera);
        stage.upload();
        let camera = device(&stage.told(), CAMERA).clone();
        assert_eq!(camera["standing"], "camera", "{camera}");
        assert_eq!(camera["mac"], CAMERA);
    }
}

/// Who says that he has the router's address, or of whom it is said.
#[test]
fn who_is_said_to_hold_the_router_s_address_is_none() {
    let mut stage = Stage::new();
    stage.answer(stage.router, [192, 168, 1, 1]);
    stage.s.arp(stage.desk, Host { ip: stage.router.ip, ..stage.camera });
    stage.upload();
    let told = stage.told();
    assert_eq!(device(&told, CAMERA)["standing"], "camera");
    let by_address = told.iter().filter(|of| of["type"] == "device" && of["id"] == "192.168.1.1");
    assert_eq!(by_address.count(), 0);
}

/// A router that sends the answers itself is one, and so is one that also passes on what the outside says.
#[test]
fn a_router_is_one_by_a_second_witness() {
    let cloud_says = |own: bool, passes: bool| {
        let mut stage = Stage::new();
        let maker = Host::new(CAMERA, "192.168.1.1");
        let server = if own { maker } else { Host::new(STRANGER, "192.168.1.66") };
        stage.answer(server, [192, 168, 1, 1]);
        stage.s.udp(maker.port(53), stage.desk.port(5353), &[0; 40]);
        if passes {
            let outside = Host { mac: maker.mac, ..stage.s.outside("203.0.113.9") };
            stage.s.udp(outside.port(9000), stage.desk.port(5000), &[7; 40]);
        }
        device(&stage.told(), CAMERA)["kind_points"].as_u64().unwrap_or_default()
    };
    // The prefix of a maker of cameras tells nothing of a router.
    assert!(cloud_says(false, false) >= 40);
    assert_eq!(
        (cloud_says(true, false), cloud_says(false, true)),
        (cloud_says(true, true), cloud_says(true, true))
    );
    assert!(cloud_says(true, true) < 40);
}
