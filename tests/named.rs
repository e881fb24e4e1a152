//! By which name a party is known: what was told in parts, what came with a lag, and what one odd stamp must not take away.

mod common;

use common::records;
use lenscap_testkit::message::{self, Record, Value as Data};
use lenscap_testkit::{Host, MILLISECOND, MORNING, SECOND, Scenario, Side};
use lenscap_wire::{Mac, Timestamp};
use serde_json::Value;

const CLOUD: &str = "litedev.hik-connect.com";
const MAC: Mac = Mac([0xbc, 0xad, 0x28, 0, 0x53, 0x40]);

struct Stage {
    s: Scenario,
    camera: Host,
    resolver: Host,
    cloud: Host,
}

impl Stage {
    fn new() -> Self {
        let s = Scenario::new(MORNING, 7);
        let (resolver, cloud) = (s.outside("192.0.2.53"), s.outside("203.0.113.40"));
        Self {
            s,
            camera: Host { mac: MAC, ..Host::new("02:00:00:00:00:01", "192.168.1.64") },
            resolver,
            cloud,
        }
    }

    fn look_up(&mut self, name: &str, kind: u16, records: &[Record<'_>]) {
        let question = message::dns(1, 0x0100, Some((name, kind)), &[]);
        self.s.udp(self.camera.port(4000), self.resolver.port(53), &question);
        let answer = message::dns(1, 0x8180, Some((name, kind)), records);
        self.s.udp(self.resolver.port(53), self.camera.port(4000), &answer);
    }

    fn upload(&mut self) {
        let mut tcp = self.s.tcp(self.camera, self.cloud.port(8443));
        tcp.opaque(&mut self.s, Side::Client, 400_000);
        tcp.opaque(&mut self.s, Side::Server, 300);
    }

    /// The camera's standing; of each finding but that of the resolver its party and vendor.
    fn told(self) -> (Value, Vec<[Value; 2]>) {
        let all = records(&self.s.in_time_order());
        let camera = all.iter().find(|of| of["type"] == "device" && of["mac"] == MAC.to_string());
        let findings = all.iter().filter(|of| of["type"] == "finding" && of["endpoint"] != "192.0.2.53");
        let party = |of: &Value| [of["endpoint"].clone(), of["vendor"].clone()];
        (camera.expect("it sent")["standing"].clone(), findings.map(party).collect())
    }
}

fn all_is_told(stage: Stage) {
    let (standing, findings) = stage.told();
    assert_eq!(standing, "camera");
    assert_eq!(findings, [[Value::from(CLOUD), Value::from("hikvision")]]);
}

/// A resolver may answer in parts (RFC 1034, 3.6.2).
#[test]
fn an_alias_that_comes_alone_is_followed() {
    for steps in [1, 2, 8, 9] {
        let mut stage = Stage::new();
        let mut name = CLOUD.to_string();
        for step in 0..steps {
            let target = format!("lb{step}.cdn.example");
            stage.look_up(&name, 1, &[Record { name: &name, value: Data::Cname(&target) }]);
            name = target;
        }
        let address = stage.cloud.ip;
        stage.look_up(&name, 1, &[Record { name: &name, value: Data::Address(address) }]);
        stage.upload();
        if steps < 9 {
            all_is_told(stage);
        } else {
            assert_ne!(stage.told().1[0][1], "hikvision", "it is too long");
        }
    }
}

/// Of another asker, or of a name that nobody asked for, it says nothing.
#[test]
fn an_alias_is_its_asker_s() {
    let mut stage = Stage::new();
    let (name, address) = ("lb.cdn.example", stage.cloud.ip);
    let alias = Record { name: CLOUD, value: Data::Cname(name) };
    let told = message::dns(1, 0x8180, Some((CLOUD, 1)), &[alias]);
    stage.s.udp(Host::new("52:54:00:66:66:66", "192.168.1.66").port(53), stage.camera.port(4001), &told);
    stage.look_up(name, 1, &[Record { name, value: Data::Address(address) }]);
    stage.upload();
    assert_eq!(stage.told().1, [[Value::from(name), Value::Null]]);
}

/// What goes to the camera comes by another tap, or another queue.
#[test]
fn an_answer_that_lags_behind_the_flow_names_it() {
    for (lag, in_time) in [(20 * MILLISECOND, true), (1900 * MILLISECOND, true), (2100 * MILLISECOND, false)]
    {
        let mut stage = Stage::new();
        let address = stage.cloud.ip;
        stage.look_up(CLOUD, 1, &[Record { name: CLOUD, value: Data::Address(address) }]);
        stage.s.wait(12 * MILLISECOND);
        stage.upload();
        for frame in stage.s.frames.iter_mut().filter(|frame| frame.bytes.starts_with(&MAC.0)) {
            frame.time = Timestamp(frame.time.0 + lag);
        }
        if in_time {
            all_is_told(stage);
        } else {
            assert_ne!(stage.told().0, "camera");
        }
    }
}

/// What was asked only after the flow had begun is no name that it was called by.
#[test]
fn who_asks_later_had_not_asked() {
    let mut stage = Stage::new();
    stage.upload();
    let address = stage.cloud.ip;
    stage.look_up(CLOUD, 1, &[Record { name: CLOUD, value: Data::Address(address) }]);
    assert_ne!(stage.told().0, "camera");
}

/// Nor does one that a clock lays behind the flow, where it was captured before.
#[test]
fn a_clock_that_is_set_back_takes_no_name() {
    for (back, named) in [(1900 * MILLISECOND, true), (60 * SECOND, false)] {
        let mut stage = Stage::new();
        let address = stage.cloud.ip;
        stage.look_up(CLOUD, 1, &[Record { name: CLOUD, value: Data::Address(address) }]);
        stage.s.wait(-back);
        stage.upload();
        let all = records(&stage.s.frames);
        let finding = all.iter().find(|of| of["type"] == "finding" && of["endpoint"] != "192.0.2.53");
        assert_eq!(finding.expect("it uploads")["endpoint"] == CLOUD, named);
    }
}

#[test]
fn a_stamp_that_steps_back_takes_no_name() {
    for back in [2 * SECOND, 3600 * SECOND] {
        let mut stage = Stage::new();
        let address = stage.cloud.ip;
        stage.look_up(CLOUD, 1, &[Record { name: CLOUD, value: Data::Address(address) }]);
        stage.upload();
        let middle = stage.s.frames.len() / 2;
        stage.s.frames[middle].time.0 -= back;
        let all = records(&stage.s.frames);
        let finding = all.iter().find(|of| of["type"] == "finding").expect("it uploads");
        assert_eq!(
            (finding["endpoint"].as_str(), finding["vendor"].as_str()),
            (Some(CLOUD), Some("hikvision"))
        );
    }
}

/// Requests of one connection for two hosts: which of them its bytes went to is not told.
#[test]
fn one_of_two_hosts_of_a_connection_is_said_as_one_of_two() {
    let told = |hosts: [&str; 2]| {
        let mut stage = Stage::new();
        let mut tcp = stage.s.tcp(stage.camera, stage.cloud.port(80));
        let [first, second] = hosts.map(|host| format!("Host: {host}\r\n"));
        tcp.send(&mut stage.s, Side::Client, format!("GET / HTTP/1.1\r\n{first}\r\n").as_bytes());
        tcp.send(&mut stage.s, Side::Server, b"HTTP/1.1 204 No Content\r\n\r\n");
        let post = format!("POST /up HTTP/1.1\r\n{second}Content-Length: 400000\r\n\r\n");
        tcp.send(&mut stage.s, Side::Client, post.as_bytes());
        tcp.send(&mut stage.s, Side::Client, &vec![b'x'; 400_000]);
        tcp.send(&mut stage.s, Side::Server, b"HTTP/1.1 204 No Content\r\n\r\n");
        let all = records(&stage.s.frames);
        all.into_iter().find(|of| of["type"] == "finding").expect("it uploaded")
    };
    let hosts =
        |finding: &Value| finding["reasons"].to_string().contains("hosts: requests of one connection named");
    let one = told([CLOUD, CLOUD]);
    assert!(one["confidence"].as_u64() > Some(70) && !hosts(&one), "{one}");
    for two in [[CLOUD, "backup.example.org"], ["time.example.org", CLOUD]] {
        let finding = told(two);
        assert_eq!((&finding["endpoint"], &finding["vendor"]), (&two[0].into(), &"hikvision".into()));
        assert!(finding["confidence"].as_u64() <= Some(65) && hosts(&finding), "{finding}");
    }
    let same_owner = told([CLOUD, "dev.hik-connect.com"]);
    assert!(same_owner["confidence"].as_u64() > Some(70) && hosts(&same_owner), "{same_owner}");
}
