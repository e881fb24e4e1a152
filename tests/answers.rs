//! Whose an answer is: what a proxy says, or somebody on the way, is no word of the cloud that was asked for; and what a scanner asks
//! for is none of who answers with something.

mod common;

use common::device;
use lenscap_testkit::message::{ClientHello, server_hello};
use lenscap_testkit::{Host, MORNING, Scenario, Side, SplitMix64};
use serde_json::Value;

/// A cloud that only devices call, and a computer.
const CLOUD: &str = "pushx.reolink.com";
const DESK: &str = "3c:22:fb:00:53:20";

/// The kinds of evidence of a computer that says this to somebody outside, and is answered so.
fn called(port: u16, said: &[&[u8]], answered: &[&[u8]]) -> Vec<Value> {
    let mut s = Scenario::new(MORNING, 7);
    let other = s.outside("198.51.100.8");
    let mut tcp = s.tcp(Host::new(DESK, "192.168.1.20"), other.port(port));
    for n in 0..said.len().max(answered.len()) {
        for (side, all) in [(Side::Client, said), (Side::Server, answered)] {
            if let Some(bytes) = all.get(n) {
                tcp.send(&mut s, side, bytes);
            }
        }
    }
    tcp.close(&mut s, Side::Client);
    let why = device(&s.frames, DESK)["why"].clone();
    why.as_array().into_iter().flatten().map(|why| why["kind"].clone()).collect()
}

const ASKED: [&str; 1] = ["cloud-asked"];

fn hello() -> Vec<u8> {
    let name = Some(CLOUD);
    ClientHello { name, ..ClientHello::default() }.record(&mut SplitMix64::new(5))
}

#[test]
fn a_proxy_that_refuses_is_no_answer_of_the_cloud() {
    let connect = format!("CONNECT {CLOUD}:443 HTTP/1.1\r\nHost: {CLOUD}:443\r\n\r\n");
    let absolute = format!("GET http://{CLOUD}/a HTTP/1.1\r\nHost: {CLOUD}\r\n\r\n");
    for status in ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"] {
        let refusal = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        for request in [&connect, &absolute] {
            assert_eq!(called(3128, &[request.as_bytes()], &[refusal.as_bytes()]), ASKED, "{status}");
        }
    }
    let server = server_hello(&mut SplitMix64::new(6));
    let granted = b"HTTP/1.1 200 Connection established\r\n\r\n";
    let through = called(3128, &[connect.as_bytes(), &hello()], &[granted, &server]);
    assert_eq!(through, ["cloud-of-devices"]);
    let told = called(3128, &[absolute.as_bytes()], &[b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]);
    assert_eq!(told, ["cloud-of-devices"]);
}

#[test]
fn a_page_of_somebody_on_the_way_is_none() {
    let request = format!("GET / HTTP/1.1\r\nHost: {CLOUD}\r\n\r\n");
    let by = |status: &str| {
        let head =
            format!("HTTP/1.1 {status}\r\nLocation: http://blocked.example/\r\nContent-Length: 0\r\n\r\n");
        called(80, &[request.as_bytes()], &[head.as_bytes()])
    };
    for status in ["302 Found", "403 Forbidden", "451 Unavailable For Legal Reasons"] {
        assert_eq!(by(status), ASKED, "{status}");
    }
    for status in ["200 OK", "401 Unauthorized", "404 Not Found"] {
        assert_eq!(by(status), ["cloud-of-devices"], "{status}");
    }
}

#[test]
fn an_alert_without_a_hello_is_none() {
    assert_eq!(called(443, &[&hello()], &[b"\x15\x03\x03\0\x02\x02\x70"]), ASKED);
    let server = server_hello(&mut SplitMix64::new(6));
    assert_eq!(called(443, &[&hello()], &[&server]), ["cloud-of-devices"]);
}

/// A printer that a scanner asks for what cameras have, of which one host may be another.
fn scanned(path: &str, host: &str, kind: &str, body: &str) -> Value {
    let mut s = Scenario::new(MORNING, 7);
    let (desk, printer) = (Host::new(DESK, "192.168.1.20"), Host::new("3c:2a:f4:00:53:30", "192.168.1.30"));
    let mut tcp = s.tcp(desk, printer.port(80));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    tcp.send(&mut s, Side::Client, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
    tcp.send(&mut s, Side::Server, (head + body).as_bytes());
    tcp.close(&mut s, Side::Client);
    device(&s.frames, "3c:2a:f4:00:53:30")
}

const INFO: &str = "<DeviceInfo xmlns=\"http://www.hikvision.com/ver20/XMLSchema\"><model>DS-2CD2042WD-I</model></DeviceInfo>";
const OWN: &str = "192.168.1.30";

#[test]
fn a_path_that_a_scanner_asks_for_makes_nobody_s_device() {
    for (path, kind, body) in [
        ("/ISAPI/System/deviceInfo", "application/xml", "<status>unknown</status>"),
        ("/cgi-bin/magicBox.cgi?action=getDeviceType", "text/plain", "OK"),
        ("/axis-cgi/param.cgi?action=list", "text/plain", "echo"),
    ] {
        let printer = scanned(path, OWN, kind, body);
        assert_eq!(printer["vendor"], Value::Null, "{printer}");
    }
    let unread = scanned("/ISAPI/System/deviceInfo", OWN, "application/xml", "<status>unknown</status>");
    assert_eq!(unread["kind_points"], 0, "the protocol's own answers can be read");
    let own = scanned("/ISAPI/System/deviceInfo", OWN, "application/xml", INFO);
    assert_eq!((own["vendor"].as_str(), own["standing"].as_str()), (Some("hikvision"), Some("camera")));
}

/// Who passes on what another answers is not that one.
#[test]
fn what_was_asked_of_another_host_is_that_one_s_word() {
    for (path, host) in [
        ("/ISAPI/System/deviceInfo", "192.168.1.64"),
        ("http://192.168.1.64/ISAPI/System/deviceInfo", "192.168.1.64"),
    ] {
        let printer = scanned(path, host, "application/xml", INFO);
        assert_eq!(
            (printer["standing"].as_str(), &printer["model"]),
            (Some("other"), &Value::Null),
            "{printer}"
        );
    }
    // As through a port that a router of another network forwards.
    assert_eq!(
        scanned("/ISAPI/System/deviceInfo", "10.0.0.5", "application/xml", INFO)["standing"],
        "camera"
    );
}
