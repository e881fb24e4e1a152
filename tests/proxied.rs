//! What a device sends through a proxy of the site goes to whom it asked for, and the proxy is no camera for passing it on.

mod common;

use common::records;
use lenscap_testkit::message::ClientHello;
use lenscap_testkit::{Conversation, Host, MORNING, SECOND, Scenario, Side};
use serde_json::Value;

/// A MAC of a maker of cameras.
const CAMERA: &str = "bc:ad:28:00:53:40";
const PROXY: &str = "02:00:00:00:53:08";
const CLOUD: &str = "litedev.hik-connect.com";

struct Stage {
    s: Scenario,
    camera: Host,
    proxy: Host,
}

impl Stage {
    fn new() -> Self {
        let s = Scenario::new(MORNING, 7);
        let (camera, proxy) = (Host::new(CAMERA, "192.168.1.64"), Host::new(PROXY, "192.168.1.8"));
        Self { s, camera, proxy }
    }

    /// A connection of the camera to the proxy, of which it asks this, and which answers that.
    fn asks(&mut self, request: &[u8], answer: &[u8]) -> Conversation {
        let mut tcp = self.s.tcp(self.camera, self.proxy.port(3128));
        tcp.send(&mut self.s, Side::Client, request);
        tcp.send(&mut self.s, Side::Server, answer);
        tcp
    }

    fn hello(&mut self, tcp: &mut Conversation) {
        let hello = ClientHello { name: Some(CLOUD), ..ClientHello::default() }.record(&mut self.s.random);
        tcp.send(&mut self.s, Side::Client, &hello);
    }

    fn upload(&mut self, tcp: &mut Conversation) {
        tcp.opaque(&mut self.s, Side::Server, 3000);
        tcp.opaque(&mut self.s, Side::Client, 400_000);
        self.s.wait(SECOND);
    }

    /// What the proxy sends on, or sends of its own.
    fn onward(&mut self, bytes: usize) {
        let cloud = self.s.outside("203.0.113.40");
        let mut tcp = self.s.tls(self.proxy, cloud.port(443), CLOUD);
        tcp.opaque(&mut self.s, Side::Server, 3000);
        tcp.opaque(&mut self.s, Side::Client, bytes);
        self.s.wait(SECOND);
    }

    fn told(&self) -> Vec<Value> {
        records(&self.s.frames)
    }
}

fn connect(target: &str) -> Vec<u8> {
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").into_bytes()
}

fn device<'r>(told: &'r [Value], mac: &str) -> &'r Value {
    told.iter().find(|of| of["type"] == "device" && of["mac"] == mac).unwrap_or(&Value::Null)
}

fn findings<'r>(told: &'r [Value], mac: &str) -> Vec<&'r Value> {
    let id = mac.replace(':', "");
    told.iter().filter(|of| of["type"] == "finding" && of["device"] == *id).collect()
}

const GRANTED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// By CONNECT, by SOCKS 5 with a name, and by a request with the whole address.
#[test]
fn what_goes_through_a_proxy_goes_to_whom_it_was_asked_for() {
    let mut socks = b"\x05\x01\x00\x05\x01\x00\x03".to_vec();
    socks.push(CLOUD.len() as u8);
    socks.extend(CLOUD.as_bytes());
    socks.extend([1, 187]);
    let whole = format!("POST http://{CLOUD}/v3 HTTP/1.1\r\nHost: {CLOUD}\r\nContent-Length: 400000\r\n\r\n");
    let socks_granted = b"\x05\x00\x05\x00\x00\x01\xc0\xa8\x01\x08\x10\x00".to_vec();
    for (request, answer, hello) in [
        (connect(&format!("{CLOUD}:443")), GRANTED.to_vec(), true),
        (socks, socks_granted, true),
        (whole.into_bytes(), b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n".to_vec(), false),
    ] {
        let mut stage = Stage::new();
        let mut tcp = stage.asks(&request, &answer);
        if hello {
            stage.hello(&mut tcp);
        }
        stage.upload(&mut tcp);
        let told = stage.told();
        let camera = device(&told, CAMERA);
        assert_eq!(camera["standing"], "camera", "{camera}");
        assert!(camera["payload_out_external"].as_u64() >= Some(400_000), "{camera}");
        let of_camera = findings(&told, CAMERA);
        assert_eq!(of_camera.len(), 1);
        assert_eq!(
            (&of_camera[0]["kind"], &of_camera[0]["endpoint"]),
            (&"exfiltration".into(), &CLOUD.into())
        );
        let reasons = of_camera[0]["reasons"].to_string();
        assert!(reasons.contains("through-proxy") && reasons.contains("192.168.1.8"), "{reasons}");
        let proxy = device(&told, PROXY);
        assert_eq!((&proxy["standing"], &proxy["payload_out_external"]), (&"other".into(), &0.into()));
    }
}

/// The request may name an address, and what it names may be inside: that goes nowhere outside.
#[test]
fn a_target_inside_the_site_is_none_outside() {
    let to = |target: &str| {
        let mut stage = Stage::new();
        let mut tcp = stage.asks(&connect(target), GRANTED);
        stage.upload(&mut tcp);
        let told = stage.told();
        let endpoints =
            findings(&told, CAMERA).iter().map(|of| of["endpoint"].to_string()).collect::<Vec<_>>();
        (device(&told, CAMERA)["payload_out_external"].as_u64().unwrap_or_default() > 0, endpoints)
    };
    assert_eq!(to("203.0.113.40:443"), (true, vec!["\"203.0.113.40\"".to_owned()]));
    for inside in ["192.168.1.90:443", "nvr.lan:443", "nvr:443"] {
        assert_eq!(to(inside), (false, vec![]), "{inside}");
    }
}

/// A proxy that refuses connects to nobody.
#[test]
fn what_a_proxy_refused_went_nowhere() {
    let mut stage = Stage::new();
    let request = connect(&format!("{CLOUD}:443"));
    stage.asks(&request, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let told = stage.told();
    assert_eq!(device(&told, CAMERA)["payload_out_external"], 0);
}

/// Both legs in one capture; and a proxy that sends more than it was given.
#[test]
fn a_proxy_is_no_camera_for_what_it_sends_on() {
    for (sent_on, standing) in [(400_000, "other"), (900_000, "suspected")] {
        let mut stage = Stage::new();
        let mut tcp = stage.asks(&connect(&format!("{CLOUD}:443")), GRANTED);
        stage.hello(&mut tcp);
        stage.onward(sent_on);
        stage.upload(&mut tcp);
        let told = stage.told();
        assert_eq!(device(&told, PROXY)["standing"], standing, "{sent_on}");
        assert_eq!(device(&told, CAMERA)["standing"], "camera");
    }
}

/// Who asks a camera for its own cloud, as if it were a proxy, makes it none.
#[test]
fn who_asks_a_camera_for_its_cloud_takes_nothing_from_it() {
    let mut stage = Stage::new();
    let cloud = stage.s.outside("203.0.113.40");
    let stranger = Host::new("02:66:66:66:66:66", "192.168.1.66");
    let mut asked = stage.s.tcp(stranger, stage.camera.port(80));
    let request = format!("GET http://{CLOUD}/ HTTP/1.1\r\nHost: {CLOUD}\r\n\r\n");
    asked.send(&mut stage.s, Side::Client, request.as_bytes());
    asked.send(&mut stage.s, Side::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let mut tcp = stage.s.tls(stage.camera, cloud.port(443), CLOUD);
    stage.upload(&mut tcp);
    let told = stage.told();
    let camera = device(&told, CAMERA);
    assert_eq!(camera["standing"], "camera", "{camera}");
    assert_eq!(findings(&told, CAMERA)[0]["severity"], "high");
}
