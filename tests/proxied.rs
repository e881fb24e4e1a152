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
        (
            whole.into_bytes(),
            b"HTTP/1.1 200 OK\r\nVia: 1.1 site\r\nContent-Length: 3000\r\n\r\n".to_vec(),
            false,
        ),
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

fn socks(target: &str) -> Vec<u8> {
    [b"\x05\x01\x00\x05\x01\x00\x03", &[target.len() as u8][..], target.as_bytes(), &[1, 187]].concat()
}

fn whole(method: &str, host: &str) -> Vec<u8> {
    format!("{method} http://{host}/v3 HTTP/1.1\r\nHost: {host}\r\nContent-Length: 400000\r\n\r\n")
        .into_bytes()
}

/// Who asks a camera for its own cloud, as if it were a proxy, makes it none: whether it is silent, refuses or answers with its page.
#[test]
fn who_asks_a_camera_for_its_cloud_takes_nothing_from_it() {
    let page: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>";
    let refusal: &[u8] = b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n";
    let empty: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let plain = of_camera_asked(None, b"");
    assert_eq!(plain.0["standing"], "camera", "{}", plain.0);
    assert_eq!(plain.1[0]["severity"], "high");
    let (by_connect, by_socks) = (connect(&format!("{CLOUD}:443")), socks(CLOUD));
    let by_address = whole("GET", CLOUD);
    for (request, answers) in [
        (&by_connect, vec![b"", refusal, page]),
        (&by_socks, vec![b"", refusal]),
        (&by_address, vec![b"", refusal, page, empty]),
    ] {
        for answer in answers {
            let asked = of_camera_asked(Some(request), answer);
            let said = String::from_utf8_lossy(request).into_owned() + &String::from_utf8_lossy(answer);
            assert_eq!(asked.0["standing"], plain.0["standing"], "{said}");
            for what in ["kind", "severity", "endpoint", "payload_out", "confidence"] {
                assert_eq!(asked.1[0][what], plain.1[0][what], "{said}");
            }
            assert_eq!((asked.1.len(), asked.2.len(), asked.3), (plain.1.len(), 0, 0), "{said}");
        }
    }
}

/// A camera and its findings, those of a stranger who asked it this before it called its cloud, and what he sent outside.
fn of_camera_asked(request: Option<&[u8]>, answer: &[u8]) -> (Value, Vec<Value>, Vec<Value>, u64) {
    let mut stage = Stage::new();
    let cloud = stage.s.outside("203.0.113.40");
    let stranger = Host::new("02:66:66:66:66:66", "192.168.1.66");
    if let Some(request) = request {
        let mut asked = stage.s.tcp(stranger, stage.camera.port(80));
        asked.send(&mut stage.s, Side::Client, request);
        if !answer.is_empty() {
            asked.send(&mut stage.s, Side::Server, answer);
        }
    }
    let mut tcp = stage.s.tls(stage.camera, cloud.port(443), CLOUD);
    stage.upload(&mut tcp);
    let told = stage.told();
    let of = |mac: &str| findings(&told, mac).into_iter().cloned().collect();
    let sent = device(&told, "02:66:66:66:66:66")["payload_out_external"].as_u64().unwrap_or_default();
    (device(&told, CAMERA).clone(), of(CAMERA), of("02:66:66:66:66:66"), sent)
}

/// What is sent behind a request that nobody granted is sent to nobody outside.
#[test]
fn what_no_proxy_granted_went_nowhere() {
    let page: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for (request, answer) in [
        (connect(&format!("{CLOUD}:443")), &b""[..]),
        (connect(&format!("{CLOUD}:443")), b"HTTP/1.1 502 Bad Gateway\r\n\r\n"),
        (socks(CLOUD), b""),
        (socks(CLOUD), b"\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"),
        (whole("POST", CLOUD), b""),
        (whole("POST", CLOUD), page),
        (whole("POST", CLOUD), b"HTTP/1.1 403 Forbidden\r\nVia: 1.1 site\r\nContent-Length: 0\r\n\r\n"),
        (whole("POST", CLOUD), b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let mut stage = Stage::new();
        let mut tcp = stage.s.tcp(stage.camera, stage.proxy.port(3128));
        tcp.send(&mut stage.s, Side::Client, &request);
        if !answer.is_empty() {
            tcp.send(&mut stage.s, Side::Server, answer);
        }
        tcp.opaque(&mut stage.s, Side::Client, 400_000);
        let told = stage.told();
        let said = String::from_utf8_lossy(&request).into_owned() + &String::from_utf8_lossy(answer);
        assert_eq!(device(&told, CAMERA)["payload_out_external"], 0, "{said}");
        assert!(findings(&told, CAMERA).is_empty(), "{said}");
    }
}

/// What the host itself answered through a proxy was sent to it, whatever it answered.
#[test]
fn an_origin_that_answers_through_a_proxy_was_reached() {
    for status in ["200 OK", "302 Found", "401 Unauthorized", "404 Not Found", "500 Internal Server Error"] {
        let mut stage = Stage::new();
        let answer = format!("HTTP/1.1 {status}\r\nVia: 1.1 site\r\nContent-Length: 0\r\n\r\n");
        let mut tcp = stage.asks(&whole("POST", CLOUD), answer.as_bytes());
        tcp.opaque(&mut stage.s, Side::Client, 400_000);
        let told = stage.told();
        assert!(device(&told, CAMERA)["payload_out_external"].as_u64() >= Some(400_000), "{status}");
        assert_eq!(findings(&told, CAMERA)[0]["endpoint"], CLOUD, "{status}");
    }
}

/// A name that the site's own service gives an address inside is of a host inside, through whomever it is asked for.
#[test]
fn a_name_of_the_site_is_none_outside() {
    for (address, is_outside) in [("192.168.1.9", false), ("192.168.1.8", false), ("203.0.113.40", true)] {
        let mut stage = Stage::new();
        let (camera, service) = (stage.camera, Host::new("02:00:00:00:53:01", "192.168.1.1"));
        stage.s.resolve(camera, service, "vms.example.com", Host::new("02:00:00:00:53:09", address));
        let mut tcp = stage.asks(&connect("vms.example.com:443"), GRANTED);
        stage.upload(&mut tcp);
        let sent = device(&stage.told(), CAMERA)["payload_out_external"].as_u64().unwrap_or_default();
        assert_eq!(sent > 300_000, is_outside, "{address}: {sent}");
    }
}

/// Of two hosts that are asked for through one connection both are told, and the one that has an owner is no less for being second.
#[test]
fn several_hosts_behind_one_connection_are_told() {
    for hosts in [[CLOUD, "backup.example.org"], ["backup.example.org", CLOUD]] {
        let mut stage = Stage::new();
        let mut tcp = stage.s.tcp(stage.camera, stage.proxy.port(3128));
        for host in hosts {
            tcp.send(&mut stage.s, Side::Client, &whole("POST", host));
            tcp.opaque(&mut stage.s, Side::Client, 400_000);
            tcp.send(
                &mut stage.s,
                Side::Server,
                b"HTTP/1.1 200 OK\r\nVia: 1.1 site\r\nContent-Length: 0\r\n\r\n",
            );
        }
        let told = stage.told();
        let of_camera = findings(&told, CAMERA);
        assert_eq!(of_camera.len(), 1, "{hosts:?}");
        assert_eq!(of_camera[0]["vendor"], "hikvision", "{}", of_camera[0]);
        assert!(of_camera[0]["reasons"].to_string().contains("\"hosts: "), "{}", of_camera[0]["reasons"]);
    }
}

/// A proxy keeps what it says elsewhere.
#[test]
fn a_proxy_answers_for_its_own_contacts() {
    let mut stage = Stage::new();
    stage.proxy = Host::new("bc:ad:28:00:53:08", "192.168.1.8");
    let mut tcp = stage.asks(&connect("backup.example.org:443"), GRANTED);
    stage.upload(&mut tcp);
    stage.onward(400_000);
    let told = stage.told();
    let proxy = device(&told, "bc:ad:28:00:53:08");
    assert_eq!(proxy["standing"], "camera", "{proxy}");
    assert!(proxy["payload_out_external"].as_u64() >= Some(400_000), "{proxy}");
}
