//! A small office: two cameras, a recorder, two laptops and a robot vacuum, for six minutes.

use super::{Case, File, capture};
use crate::message::Lease;
use crate::{Host, MILLISECOND, MORNING, OwnedFrame, SECOND, Scenario, Side};
use lenscap_wire::Timestamp;

pub(super) const OFFICE: Case = Case {
    name: "office",
    shows: "a Hikvision camera uploads, an Amcrest camera registers with Dahua, a recorder asks in vain; media segments keep 96 bytes",
    checks: r#"[[check]]
record = "device"
match = { mac = "bc:ad:28:00:53:40", vendor = "hikvision", is_camera = true }
count = 1

[[check]]
record = "device"
match = { mac = "9c:8e:cd:00:53:46", vendor = "amcrest", is_camera = true }
count = 1

[[check]]
record = "finding"
match = { kind = "attempt", vendor = "hikvision" }
min = 1

[[check]]
record = "device"
match = { mac = "50:ec:50:00:53:50", is_camera = true }
count = 0

[[check]]
record = "flow"
match = { server_name = "litedev.hik-connect.com" }
min = 1
"#,
    build,
};

const ROUTER: &str = "192.168.1.1";

fn build() -> Vec<File> {
    let parts = [uploading_camera(), registering_camera(), recorder(), laptops(), vacuum()];
    let mut frames: Vec<OwnedFrame> = parts.into_iter().flat_map(|s| s.frames).collect();
    frames.sort_by_key(|frame| frame.time);
    capture(&frames)
}

/// A device's own script, from getting its address on.
fn arrive(seed: u64, seconds: i64, device: Host, hostname: &str, vendor_class: &str) -> (Scenario, Host) {
    let mut s = Scenario::new(Timestamp(MORNING.0 + seconds * SECOND), seed);
    s.step = 2 * MILLISECOND + seed as i64 * 1000;
    let router = s.outside(ROUTER);
    s.dhcp(&Lease { client: device, server: router, hostname, vendor_class, id: seed as u32 });
    s.arp(device, router);
    let clock = s.outside("198.51.100.123");
    s.resolve(device, router, "pool.example.org", clock);
    s.ntp(device, clock);
    (s, router)
}

fn uploading_camera() -> Scenario {
    let camera = Host::new("bc:ad:28:00:53:40", "192.168.1.64");
    let (mut s, router) = arrive(1, 0, camera, "DS-2CD2042WD-I", "");
    let cloud = s.outside("203.0.113.40");
    s.resolve(camera, router, "litedev.hik-connect.com", cloud);
    let mut tcp = s.tls(camera, cloud.port(443), "litedev.hik-connect.com");
    s.snap_length = 96;
    s.step = MILLISECOND;
    for picture in 0..300 {
        let begin = s.now;
        let length = if picture % 20 == 0 { 20_000 } else { 2_400 + s.random.below(800) as usize };
        tcp.opaque(&mut s, Side::Client, length);
        s.now = Timestamp(begin.0 + 100 * MILLISECOND);
    }
    tcp.close(&mut s, Side::Client);
    s
}

fn registering_camera() -> Scenario {
    let camera = Host::new("9c:8e:cd:00:53:46", "192.168.1.70");
    let (mut s, router) = arrive(2, 3, camera, "IP4M-1051", "");
    let cloud = s.outside("203.0.113.70");
    s.resolve(camera, router, "www.easy4ipcloud.com", cloud);
    let mut tcp = s.tls(camera, cloud.port(443), "www.easy4ipcloud.com");
    for _ in 0..16 {
        s.wait(20 * SECOND);
        tcp.opaque(&mut s, Side::Client, 90);
        tcp.opaque(&mut s, Side::Server, 40);
    }
    s
}

fn recorder() -> Scenario {
    let recorder = Host::new("bc:ad:28:00:53:14", "192.168.1.20");
    let (mut s, router) = arrive(3, 7, recorder, "DS-7608NI-K2", "");
    let question = s.dns_query(recorder, router, "firmware.hikvision.com");
    s.dns_denied(&question);
    s
}

fn laptops() -> Scenario {
    let laptop = Host::new("02:00:00:00:53:65", "192.168.1.101");
    let (mut s, router) = arrive(4, 11, laptop, "laptop-1", "MSFT 5.0");
    let web = s.outside("192.0.2.80");
    for (host, name) in
        [(laptop, "www.example.com"), (Host::new("02:00:00:00:53:66", "192.168.1.102"), "www.example.net")]
    {
        s.resolve(host, router, name, web);
        let mut tcp = s.tls(host, web.port(443), name);
        tcp.opaque(&mut s, Side::Client, 400);
        tcp.opaque(&mut s, Side::Server, 9_000);
        tcp.close(&mut s, Side::Client);
        s.wait(5 * SECOND);
    }
    let request = "GET / HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: example/1\r\n\r\n";
    let response =
        "HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
    s.http(laptop, web.port(80), request, response);
    s.mdns(laptop, "_printer._tcp.local", "Desk._printer._tcp.local");
    s
}

fn vacuum() -> Scenario {
    let vacuum = Host::new("50:ec:50:00:53:50", "192.168.1.80");
    let (mut s, router) = arrive(5, 17, vacuum, "roborock-vacuum-s5", "");
    let cloud = s.outside("203.0.113.90");
    s.resolve(vacuum, router, "ot.io.mi.com", cloud);
    let client = s.client(vacuum);
    for _ in 0..10 {
        s.udp(client, cloud.port(8053), &[0x21; 32]);
        s.udp(cloud.port(8053), client, &[0x21; 32]);
        s.wait(15 * SECOND);
    }
    s.ssdp(vacuum, "Linux UPnP/1.0 vacuum");
    s
}
