//! What is said of small captures in which one thing was made to go wrong: whose an address is.
//!
//! Each is a few conversations between a camera, a desk and a cloud. What is asked is what a hostile expert would ask: does
//! the packet that is named show what is said?

mod common;

use common::records;
use lenscap_testkit::{Conversation, End, Host, MORNING, OwnedFrame, SECOND, Scenario, Side, Wrap};
use serde_json::Value;

const HOUR: i64 = 3600 * SECOND;

/// A camera, a desk, and an address of a cloud.
struct Stage {
    s: Scenario,
    camera: Host,
    desk: Host,
    resolver: Host,
    cloud: Host,
}

impl Stage {
    fn new() -> Self {
        let s = Scenario::new(MORNING, 7);
        let (resolver, cloud) = (s.outside("192.0.2.53"), s.outside("203.0.113.40"));
        let camera = Host::new("bc:ad:28:00:53:40", "192.168.1.64");
        Self { s, camera, desk: Host::new("02:00:00:00:53:20", "192.168.1.20"), resolver, cloud }
    }

    /// Sends to the cloud without a word of whose it is.
    fn opaque(&mut self, from: Host) {
        let mut tcp = self.s.tcp(from, self.cloud.port(8443));
        tcp.opaque(&mut self.s, Side::Client, 600);
        tcp.opaque(&mut self.s, Side::Server, 60);
        tcp.close(&mut self.s, Side::Client);
    }

    /// The flows to a port of the cloud.
    fn flows(self, port: u16) -> Vec<Value> {
        let flow = |record: &Value| {
            let ends = [&record["orig"]["port"], &record["resp"]["port"]];
            record["type"] == "flow" && ends.contains(&&Value::from(port))
        };
        records(&self.s.frames).into_iter().filter(flow).collect()
    }

    /// Vendor, attribution and confidence of the only flow to the unnamed port.
    fn attribution(self) -> (Value, Value, Value) {
        let flows = self.flows(8443);
        assert_eq!(flows.len(), 1);
        let of = |key: &str| flows[0][key].clone();
        (of("vendor"), of("attribution"), of("confidence"))
    }
}

fn by_dns(confidence: u8) -> (Value, Value, Value) {
    ("hikvision".into(), "dns".into(), confidence.into())
}

const NOBODYS: (Value, Value, Value) = (Value::Null, Value::Null, Value::Null);

#[test]
fn what_the_asker_was_told_names_the_address() {
    let mut stage = Stage::new();
    stage.s.resolve(stage.camera, stage.resolver, "dev.hik-connect.com", stage.cloud);
    stage.opaque(stage.camera);
    assert_eq!(stage.attribution(), by_dns(85));
}

#[test]
fn an_answer_without_a_question_is_anybodys() {
    let mut stage = Stage::new();
    stage.s.resolve(stage.camera, stage.resolver, "dev.hik-connect.com", stage.cloud);
    stage.s.frames.remove(0);
    stage.opaque(stage.camera);
    assert_eq!(stage.attribution(), by_dns(65));
}

#[test]
fn what_others_were_told_counts_for_hours() {
    for (wait, said) in [(HOUR, by_dns(65)), (7 * HOUR, NOBODYS)] {
        let mut stage = Stage::new();
        stage.s.resolve(stage.desk, stage.resolver, "dev.hik-connect.com", stage.cloud);
        stage.s.wait(wait);
        stage.opaque(stage.camera);
        assert_eq!(stage.attribution(), said);
    }
}

#[test]
fn an_alias_of_the_name_that_was_asked_names_the_address() {
    let mut stage = Stage::new();
    let question = stage.s.dns_query(stage.camera, stage.resolver, "device.example.net");
    stage.s.dns_answer(&question, &["dev.hik-connect.com"], &[stage.cloud.ip]);
    stage.opaque(stage.camera);
    assert_eq!(stage.attribution(), by_dns(85));
}

#[test]
fn a_multicast_answer_names_nothing_outside() {
    use lenscap_testkit::message::{self, Record, Value as Data};
    let mut stage = Stage::new();
    let said = Record { name: "dev.hik-connect.com", value: Data::Address(stage.cloud.ip) };
    let group: End = Host::group("224.0.0.251").port(5353);
    stage.s.udp(stage.desk.port(5353), group, &message::dns(0, 0x8400, None, &[said]));
    stage.opaque(stage.camera);
    let heard = records(&stage.s.frames).iter().filter(|record| record["type"] == "name").count();
    assert_eq!((heard, stage.attribution()), (1, NOBODYS));
}

/// An address of a cloud is many tenants': the flow's own name is nobody's, whatever the address was to another name.
#[test]
fn a_host_name_that_is_nobodys_ends_the_search() {
    let mut stage = Stage::new();
    stage.s.resolve(stage.camera, stage.resolver, "dev.hik-connect.com", stage.cloud);
    let server = stage.cloud.port(8443);
    stage.s.tls(stage.camera, server, "backup.example.org").close(&mut stage.s, Side::Client);
    assert_eq!(stage.attribution(), NOBODYS);
}

#[test]
fn an_address_in_place_of_a_name_ends_nothing() {
    let mut stage = Stage::new();
    stage.s.resolve(stage.camera, stage.resolver, "dev.hik-connect.com", stage.cloud);
    let server = stage.cloud.port(8443);
    stage.s.http(
        stage.camera,
        server,
        "GET / HTTP/1.1\r\nHost: 203.0.113.40:8443\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
    );
    assert_eq!(stage.attribution(), by_dns(85));
}

/// A caller from outside says in its hello how it calls the station here, not who it is.
#[test]
fn who_calls_in_is_not_named_by_its_hello() {
    let mut stage = Stage::new();
    let server = stage.camera.port(8443);
    stage.s.tls(stage.cloud, server, "dev.hik-connect.com").close(&mut stage.s, Side::Client);
    assert_eq!(stage.attribution(), NOBODYS);
}

#[test]
fn names_say_whether_they_were_asked_for() {
    let mut stage = Stage::new();
    stage.s.resolve(stage.camera, stage.resolver, "dev.hik-connect.com", stage.cloud);
    stage.s.resolve(stage.desk, stage.resolver, "dev.hik-connect.com", stage.cloud);
    stage.s.frames.remove(2);
    let asked = |ip: &str| {
        let all = records(&stage.s.frames);
        let name = all.iter().find(|record| record["type"] == "name" && record["asker"] == ip);
        name.map(|name| name["asked"].clone())
    };
    assert_eq!((asked("192.168.1.64"), asked("192.168.1.20")), (Some(true.into()), Some(false.into())));
}

/// A sender that says the same again and again has sent all of it; a mirror that shows each datagram twice has not.
#[test]
fn a_sender_that_repeats_itself_is_no_mirror() {
    let sent = |times: usize, doubled: bool| {
        let mut stage = Stage::new();
        let (from, to) = (stage.s.client(stage.camera), stage.cloud.port(8443));
        for n in 0..times {
            let first = if doubled { n as u8 } else { 7 };
            stage.s.udp(from, to, &[&[first][..], &[7; 999]].concat());
            let mut again = stage.s.frames.last().expect("one was sent").clone();
            if doubled {
                again.time.0 += 1000;
                stage.s.frames.push(again);
            } else {
                // The sender does not count its datagrams, so that nothing tells them apart.
                let first = stage.s.frames[0].bytes.clone();
                stage.s.frames.last_mut().expect("one was sent").bytes = first;
            }
        }
        let all = records(&stage.s.frames);
        let finding = all.iter().find(|record| record["type"] == "flow").expect("a flow");
        (finding["copies"]["packets"].as_u64().unwrap_or(0), finding["activity"].clone())
    };
    assert_eq!(sent(400, false), (399, "bulk-upload".into()));
    assert_eq!(sent(200, true), (200, "bulk-upload".into()));
}

/// What a flow without a name sends to an address that the same device named in another flow is told under that name, as sure
/// as that is: neither not at all nor as sure as if it had said so.
#[test]
fn an_upload_beside_the_flow_that_named_its_address_is_as_sure_as_the_address() {
    let mut stage = Stage::new();
    let (named, unnamed) = (stage.cloud.port(443), stage.cloud.port(8443));
    stage.s.tls(stage.camera, named, "dev.hik-connect.com").close(&mut stage.s, Side::Client);
    let mut tcp = stage.s.tcp(stage.camera, unnamed);
    (0..400).for_each(|_| tcp.send(&mut stage.s, Side::Client, &[0xa5; 1000]));
    tcp.close(&mut stage.s, Side::Client);
    let all = records(&stage.s.frames);
    let finding = all.iter().find(|record| record["kind"] == "exfiltration").expect("an upload");
    assert_eq!(finding["endpoint"], "dev.hik-connect.com");
    assert_eq!((&finding["confidence"], &finding["severity"]), (&65.into(), &"high".into()));
    let reasons = finding["reasons"].as_array().expect("reasons");
    let said = "same-address: 1 flow with 400000 payload bytes named nobody: in other flows the device called this address by that name";
    assert!(reasons.contains(&said.into()), "{reasons:?}");
}

#[test]
fn asking_each_minute_whether_a_host_is_there_reports_nothing() {
    let mut stage = Stage::new();
    for n in 0..20 {
        stage.s.wait(70 * SECOND);
        stage.s.ping(stage.camera, stage.cloud, n);
    }
    let all = records(&stage.s.frames);
    let findings: Vec<_> = all.iter().filter(|record| record["type"] == "finding").collect();
    let said: Vec<_> = findings.iter().map(|finding| (&finding["kind"], &finding["severity"])).collect();
    assert_eq!(said, [(&Value::from("contact"), &Value::from("info"))]);
}

/// Who sends in a tunnel of IP alone is the station at its near end: the addresses inside are of no link.
#[test]
fn what_leaves_in_a_tunnel_of_ip_is_sent_by_the_station_at_its_end() {
    let Stage { camera: near, cloud: far, .. } = Stage::new();
    for wrap in [Wrap::IpIp { near, far }, Wrap::Gre { near, far, key: Some(7) }] {
        let mut stage = Stage::new();
        stage.s.within = vec![wrap];
        let inner = Host::new("bc:ad:28:00:53:40", "10.0.0.1");
        let from = stage.s.client(inner);
        for n in 0..400_u16 {
            let payload = [&n.to_be_bytes()[..], &[9; 998]].concat();
            stage.s.udp(from, Host::new("02:00:00:00:53:99", "10.0.0.2").port(5001), &payload);
        }
        let all = records(&stage.s.frames);
        let devices: Vec<_> = all.iter().filter(|record| record["type"] == "device").collect();
        assert_eq!(devices.len(), 1, "{devices:?}");
        assert_eq!(
            (&devices[0]["id"], &devices[0]["addresses"][0]),
            (&"bcad28005340".into(), &"192.168.1.64".into())
        );
        assert!(devices[0]["bytes_out_external"].as_u64() >= Some(400_000), "{devices:?}");
        let flow = all.iter().find(|record| record["type"] == "flow").expect("a flow");
        assert_eq!((&flow["orig"]["address"], &flow["orig"]["mac"]), (&"10.0.0.1".into(), &Value::Null));
    }
}

/// A mirror that sends Ethernet to a collector outside shows the stations of the link, and so does one that is sent within the
/// site without it.
#[test]
fn what_a_mirror_carries_was_sent_by_the_stations_inside() {
    let (switch, collector) =
        (Host::new("02:00:00:00:00:fe", "192.168.9.1"), Host::new("02:00:00:00:00:fd", "192.168.9.2"));
    let far = Stage::new().cloud;
    let bridged = Wrap::Vxlan { near: switch, far, network: 9 };
    for (wrap, id) in
        [(bridged, "bcad28005340"), (Wrap::Gre { near: switch, far: collector, key: None }, "192.168.1.64")]
    {
        let mut stage = Stage::new();
        stage.s.within = vec![wrap];
        let camera = stage.camera;
        let mut tcp = stage.s.tcp(camera, stage.cloud.port(8443));
        tcp.opaque(&mut stage.s, Side::Client, 600);
        let all = records(&stage.s.frames);
        assert!(all.iter().any(|record| record["type"] == "device" && record["id"] == id), "{id}");
    }
}

/// Vendor, originator and how that is known, of each flow to the cloud's port 443.
fn silent(stage: Stage) -> Vec<(Value, Value, Value)> {
    let of =
        |flow: &Value| (flow["vendor"].clone(), flow["orig"]["address"].clone(), flow["orig_basis"].clone());
    stage.flows(443).iter().map(of).collect()
}

fn hikvision(basis: &str) -> (Value, Value, Value) {
    ("hikvision".into(), "192.168.1.64".into(), basis.into())
}

/// MQTT allows 18 hours between keep-alives (3.1.2.10): what comes after a silence is the same connection, whoever speaks
/// first, and though its halves fall silent in turn.
#[test]
fn a_connection_that_was_silent_keeps_its_name_and_who_began_it() {
    let mut stage = Stage::new();
    let mut tls = stage.s.tls(stage.camera, stage.cloud.port(443), "dev.hik-connect.com");
    for side in [Side::Server, Side::Client, Side::Server, Side::Server] {
        stage.s.wait(HOUR);
        tls.opaque(&mut stage.s, side, 90);
    }
    let [syn, earlier] = ["syn", "earlier"].map(hikvision);
    assert_eq!(silent(stage), [syn, earlier.clone(), earlier.clone(), earlier.clone(), earlier]);
}

/// The byte before the next is that of a keep-alive; a megabyte may have been missed; behind that, in front of it and after a
/// reset it is another connection.
#[test]
fn a_half_that_begins_elsewhere_is_another_connections() {
    for (ahead, reset, same) in [
        (-1i64, false, true),
        (1_000_000, false, true),
        (2 << 20, false, false),
        (-3, false, false),
        (0, true, false),
    ] {
        let mut stage = Stage::new();
        let mut tls = stage.s.tls(stage.camera, stage.cloud.port(443), "dev.hik-connect.com");
        if reset {
            tls.reset(&mut stage.s, Side::Server);
        }
        stage.s.wait(HOUR);
        let next = tls.next(Side::Server).wrapping_add(ahead as u32);
        tls.at(&mut stage.s, Side::Server, next, 0x18, &[1; 40]);
        let stranger = (Value::Null, stage.cloud.ip.to_string().into(), "first-seen".into());
        let second = if same { hikvision("earlier") } else { stranger };
        assert_eq!(silent(stage), [hikvision("syn"), second], "{ahead} ahead, reset: {reset}");
    }
}

#[test]
fn datagrams_go_on_within_an_hour() {
    let basis = |wait: i64| {
        let mut stage = Stage::new();
        let (here, there) = (stage.s.client(stage.camera), stage.cloud.port(443));
        stage.s.udp(here, there, &[1; 40]);
        stage.s.wait(wait);
        stage.s.udp(there, here, &[2; 40]);
        let second = stage.flows(443).swap_remove(1);
        (second["orig"]["address"].clone(), second["orig_basis"].clone())
    };
    assert_eq!(basis(HOUR - SECOND), ("192.168.1.64".into(), "earlier".into()));
    assert_eq!(basis(HOUR + SECOND), ("203.0.113.40".into(), "first-seen".into()));
}

/// Flags as IPFIX has them, what was missed, why the record ends, and an identifier of its own for each connection of a
/// five-tuple.
#[test]
fn records_say_why_they_end_and_what_they_lack() {
    let mut stage = Stage::new();
    let server = stage.cloud.port(443);
    let mut first = stage.s.tcp(stage.camera, server);
    first.send(&mut stage.s, Side::Client, &[1; 4000]);
    let lost = stage.s.frames.iter().rposition(|frame| frame.bytes.len() == 1514).expect("a full segment");
    stage.s.frames.remove(lost);
    // The port is used again at once.
    let mut second = Conversation::unopened(first.client, server, [7, 9]);
    second.open(&mut stage.s);
    second.send(&mut stage.s, Side::Client, &[2; 100]);
    stage.s.wait(HOUR);
    second.send(&mut stage.s, Side::Server, &[3; 100]);
    second.close(&mut stage.s, Side::Client);
    let other = stage.s.client(stage.camera);
    stage.s.udp(other, server, &[1; 40]);
    let flows = stage.flows(443);
    let of = |key: &str| flows.iter().map(|flow| flow[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("end_reason"), ["reuse", "idle", "closed", "end"]);
    let half = |flow: usize, key: &str| flows[flow]["orig"][key].clone();
    assert_eq!(
        (half(0, "missed"), half(1, "missed"), half(3, "missed")),
        (1460.into(), 0.into(), Value::Null)
    );
    assert_eq!((half(0, "tcp_flags"), half(3, "tcp_flags")), (0x1a.into(), Value::Null), "SYN, PSH and ACK");
    let uids: std::collections::BTreeSet<String> = of("uid").iter().map(ToString::to_string).collect();
    let ids: std::collections::BTreeSet<String> =
        of("community_id").iter().map(ToString::to_string).collect();
    assert_eq!((uids.len(), ids.len()), (4, 2));
}

/// One direction of a connection comes with a tag. The halves are two rows of one connection, and the reply has the name that
/// the hello said; with another handshake, or with two candidates and none, they are not joined.
#[test]
fn halves_of_other_tags_are_joined_where_that_is_proven() {
    let joined = |handshake: bool, stranger: bool| {
        let mut stage = Stage::new();
        let mut tls = stage.s.tls(stage.camera, stage.cloud.port(443), "dev.hik-connect.com");
        tls.opaque(&mut stage.s, Side::Server, 600);
        if !handshake {
            stage.s.frames.drain(..3);
        }
        let reply = |frame: &OwnedFrame| frame.bytes.get(6..12) != Some(&[0xbc, 0xad, 0x28, 0, 0x53, 0x40]);
        let replies: Vec<_> = stage.s.frames.iter().filter(|frame| reply(frame)).cloned().collect();
        stage.s.frames.retain(|frame| !reply(frame));
        for tag in if stranger { 10..12u8 } else { 10..11 } {
            for mut frame in replies.clone() {
                frame.bytes.splice(12..12, [0x81, 0, 0, tag]);
                frame.wire_length += 4;
                stage.s.frames.push(frame);
            }
        }
        let flows = stage.flows(443);
        let of = |flow: &Value| {
            (flow["joined"] == true, flow["vendor"] == "hikvision" && flow["attribution"] == "sni")
        };
        flows.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(joined(true, false), [(true, true), (true, true)]);
    assert_eq!(joined(false, false), [(true, true), (true, true)]);
    assert!(!joined(false, true).iter().any(|(joined, _)| *joined), "two customers may have one address");
}
