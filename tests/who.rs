//! What a station is taken for by what it tells of itself and by what it sends outside; and whose its parties are.

mod common;

use common::{device, records};
use lenscap_testkit::message::Lease;
use lenscap_testkit::{Conversation, Host, MORNING, OwnedFrame, SECOND, Scenario, Side};
use serde_json::Value;

/// What devices ask before they have an address is one flow of them all, from 0.0.0.0 to everybody: none is given what others sent.
#[test]
fn what_several_sent_without_an_address_is_none_of_theirs() {
    let mut s = Scenario::new(MORNING, 7);
    let server = Host::new("02:00:00:00:53:01", "192.168.1.1");
    let clients = [("bc:ad:28:00:53:40", "192.168.1.64"), ("02:00:00:00:53:20", "192.168.1.20")];
    for (id, (mac, address)) in (7..).zip(clients) {
        let client = Host::new(mac, address);
        s.dhcp(&Lease { client, server, hostname: "host", vendor_class: "", id });
    }
    for (mac, address) in clients {
        let device = device(&s.frames, mac);
        assert_eq!((&device["bytes_out"], &device["addresses"]), (&0.into(), &vec![address].into()));
    }
}

/// Its DHCP message may be cut to nothing, and its name look-up may be lost: it sent, so it is there.
#[test]
fn who_has_no_address_yet_is_known_by_its_mac() {
    let mac = "02:00:00:00:53:64";
    let mut s = Scenario::new(MORNING, 7);
    let everybody = Host::new("ff:ff:ff:ff:ff:ff", "255.255.255.255");
    s.udp(Host::new(mac, "0.0.0.0").port(68), everybody.port(67), &[1; 20]);
    let before = device(&s.frames, mac);
    assert_eq!((&before["mac"], &before["addresses"]), (&mac.into(), &Value::Null), "{before}");
    s.udp(Host::new(mac, "192.168.1.64").port(5000), s.outside("203.0.113.9").port(5000), &[1; 100]);
    let after = device(&s.frames, mac);
    assert_eq!(after["addresses"], serde_json::json!(["192.168.1.64"]));
    assert_eq!((&before["bytes_out"], &after["bytes_out"]), (&0.into(), &128.into()));
}

/// Who has a prefix of a maker of cameras and other things, and sends content to a party nobody knows: so often, so much at once.
fn uploads(times: usize, bytes: usize, parties: usize) -> Value {
    let mut s = Scenario::new(MORNING, 7);
    let camera = Host::new(MIXED, "192.168.1.64");
    for n in 0..times {
        let party = s.outside(&format!("203.0.113.{}", 40 + n % parties));
        let mut tcp = s.tcp(camera, party.port(8443));
        tcp.opaque(&mut s, Side::Client, bytes);
        tcp.opaque(&mut s, Side::Server, 60);
        tcp.close(&mut s, Side::Client);
        s.wait(SECOND);
    }
    device(&s.frames, MIXED)
}

/// The MAC of a maker of cameras and other things.
const MIXED: &str = "8c:11:cb:00:53:40";

/// An upload is one contact's, over however many connections; what goes to several parties is that of none.
#[test]
fn an_upload_over_several_connections_is_one() {
    for (times, bytes, parties, standing) in [
        (1, 400_000, 1, "suspected"),
        (4, 100_000, 1, "suspected"),
        (4, 100_000, 4, "other"),
        (4, 9_000, 1, "other"),
    ] {
        let device = uploads(times, bytes, parties);
        assert_eq!(device["standing"], standing, "{times} of {bytes} to {parties}: {device}");
    }
}

/// A connection that names nobody goes to whom the device called by name at that address, on every record; so does one of a
/// device that is no camera.
#[test]
fn a_flow_without_a_name_is_of_the_party_that_has_its_address() {
    for mac in ["bc:ad:28:00:53:40", "02:00:00:00:53:40"] {
        let mut s = Scenario::new(MORNING, 7);
        let (device, cloud) = (Host::new(mac, "192.168.1.64"), s.outside("203.0.113.40"));
        s.tls(device, cloud.port(443), "litedev.hik-connect.com").close(&mut s, Side::Client);
        let mut tcp = s.tcp(device, cloud.port(8443));
        tcp.opaque(&mut s, Side::Client, 600);
        tcp.close(&mut s, Side::Client);
        let all = records(&s.frames);
        let of = |kind: &str| all.iter().filter(|record| record["type"] == kind).collect::<Vec<_>>();
        let contacts = of("contact");
        assert_eq!((contacts.len(), &contacts[0]["flows"]), (1, &2.into()), "{contacts:?}");
        assert_eq!(contacts[0]["vendor"], "hikvision");
        let device = of("device").into_iter().find(|device| device["mac"] == mac).expect("it sent");
        let rows = device["endpoints"].as_array().expect("it has a party");
        assert_eq!((rows.len(), &rows[0]["vendor"], &rows[0]["flows"]), (1, &"hikvision".into(), &2.into()));
        let unattributed = &of("summary")[0]["coverage"]["unattributed"];
        assert_eq!(unattributed["payload"], 0, "{unattributed}");
    }
}

/// Stations of which each has two addresses, and of one of them a second tap shows frames behind the router's MAC: what the first
/// sent by both is more than what the second sent, in whatever order they are added up.
#[test]
fn the_title_is_the_address_that_sent_most_by_all_macs() {
    let mut s = Scenario::new(MORNING, 7);
    let cloud = s.outside("203.0.113.40");
    for n in 0..24 {
        let mac = format!("02:00:00:00:53:{n:02x}");
        let address = |last: u8| format!("192.168.1.{}", last + n);
        let (first, second) = (Host::new(&mac, &address(10)), Host::new(&mac, &address(100)));
        let behind = Host::new("02:00:00:00:53:fe", &address(10));
        s.arp(second, first);
        s.arp(first, second);
        for (host, length) in [(first, 600), (second, 1000), (behind, 600)] {
            s.udp(host.port(5000), cloud.port(9000), &vec![n; length]);
        }
    }
    let titles: Vec<Value> = records(&s.frames)
        .into_iter()
        .filter(|record| record["type"] == "device" && record["mac"].as_str() < Some("02:00:00:00:53:fe"))
        .map(|record| record["addresses"][0].clone())
        .collect();
    let expected: Vec<Value> = (10..34).map(|last| format!("192.168.1.{last}").into()).collect();
    assert_eq!(titles, expected);
}

/// A session description that an outsider sends to another station, unasked, names an address of a vendor as one of its own: what
/// goes there stays the vendor's. A turned-over STUN datagram that names an end makes it nobody's.
#[test]
fn one_unasked_datagram_gives_and_takes_no_vendor() {
    let vendor_of = |party: &str, unasked: Option<(u16, Vec<u8>)>| {
        let mut s = Scenario::new(MORNING, 7);
        let (device, other) =
            (Host::new("02:00:00:00:53:40", "192.168.1.9"), Host::new("02:00:00:00:53:41", "192.168.1.5"));
        let (cloud, outsider) = (s.outside(party), s.outside("198.51.100.66"));
        if let Some((port, payload)) = unasked {
            s.udp(outsider.port(port), other.port(port), &payload);
        }
        for n in 0..40 {
            s.udp(device.port(40_000), cloud.port(443), &[n | 0x80; 1000]);
            s.udp(cloud.port(443), device.port(40_000), &[n | 0x80; 20]);
        }
        let all = records(&s.frames);
        let contact =
            all.iter().find(|record| record["type"] == "contact" && record["device"] == "020000005340");
        contact.map(|contact| contact["vendor"].clone()).unwrap_or_default()
    };
    let (of_vendor, nobody) = ("50.19.254.134", "203.0.113.50");
    let description = format!(
        "v=0\r\no=- 1 1 IN IP4 198.51.100.66\r\ns=-\r\nc=IN IP4 198.51.100.66\r\nt=0 0\r\nm=video 9 RTP/AVP 96\r\n\
         a=candidate:1 1 UDP 1 {of_vendor} 443 typ relay\r\n"
    );
    let invite = format!(
        "INVITE sip:a@192.168.1.5 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.66\r\nFrom: <sip:b@198.51.100.66>\r\nTo: <sip:a@192.168.1.5>\r\n\
         Call-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{description}",
        description.len()
    );
    let known = vendor_of(of_vendor, None);
    assert_eq!(known, "tutk");
    assert_eq!(vendor_of(of_vendor, Some((5060, invite.into_bytes()))), known);
    let plain = [
        &[0u8, 1, 0, 24][..],
        &[7; 16],
        &[0x80, 0x2a, 0, 8],
        &[5; 8],
        &[0, 4, 0, 8, 0, 1, 1, 0xbb, 203, 0, 113, 50],
    ];
    let turned: Vec<u8> = plain.concat().iter().map(|byte| !byte).collect();
    assert_eq!(vendor_of(nobody, None), Value::Null);
    assert_eq!(vendor_of(nobody, Some((8000, turned))), Value::Null);
}

/// A prefix of Ring, whose devices the catalogue knows to be many things.
const OF_RING: &str = "54:e0:19:00:53:01";

/// What is said of a device of that prefix, once it and others have exchanged these frames.
fn of_ring(frames: &[OwnedFrame]) -> (Value, Vec<Value>) {
    let all = records(frames);
    let device = all.iter().find(|record| record["type"] == "device" && record["mac"] == OF_RING);
    let device = device.cloned().unwrap_or_default();
    (device, all.into_iter().filter(|record| record["type"] == "flow").collect())
}

#[test]
fn bytes_for_many_strangers_or_for_who_called_in_are_no_upload() {
    for (parties, each, calls) in [(700u16, 15, true), (1, 300, false)] {
        let mut s = Scenario::new(MORNING, 7);
        let device = Host::new(OF_RING, "192.168.1.68");
        for n in 0..parties {
            let party = s.outside(&format!("93.2.{}.{}", n / 250, 1 + n % 250));
            let (client, server) = if calls { (device, party.port(4000)) } else { (party, device.port(443)) };
            let mut tcp = s.tcp(client, server);
            let (asks, sends) =
                if calls { (Side::Server, Side::Client) } else { (Side::Client, Side::Server) };
            tcp.send(&mut s, asks, b"\x81more");
            for _ in 0..each {
                tcp.send(&mut s, sends, &[0x81; 1400]);
            }
        }
        let (device, _) = of_ring(&s.frames);
        assert_eq!(device["standing"], "other", "{parties} parties: {device}");
    }
}

#[test]
fn a_published_port_tells_nothing_of_who_calls_in_or_has_a_name() {
    let flow_with = |calls_in: bool, name: Option<&str>| {
        let mut s = Scenario::new(MORNING, 7);
        let (device, party) = (Host::new(OF_RING, "192.168.1.68"), s.outside("203.0.113.9"));
        if let Some(name) = name {
            let resolver = s.outside("192.0.2.53");
            s.resolve(device, resolver, name, party);
        }
        let (client, server) = if calls_in {
            (party.port(9998), device.port(443))
        } else {
            (device.port(40_000), party.port(9998))
        };
        let mut tcp = Conversation::unopened(client, server, [100, 900]);
        tcp.open(&mut s);
        tcp.send(&mut s, Side::Client, b"\x81 some bytes");
        tcp.send(&mut s, Side::Server, b"\x81 some more");
        let (_, flows) = of_ring(&s.frames);
        flows.into_iter().find(|flow| flow["protocol"] == "tcp").map(|flow| flow["vendor"].clone())
    };
    assert_eq!(flow_with(false, None), Some("ring".into()));
    assert_eq!(flow_with(true, None), Some(Value::Null));
    assert_eq!(flow_with(false, Some("relay.stranger.example")), Some(Value::Null));
}

/// What a station is said to have sent a vendor, and the kind, by a PC that says so many bytes under the vendor's name, and then
/// sends so many of something else to the same address.
fn to_an_address_of_a_vendor(named: usize, other: usize) -> Vec<Value> {
    let mut s = Scenario::new(MORNING, 7);
    let (desk, cloud) = (Host::new("02:00:00:00:53:20", "192.168.1.20"), s.outside("203.0.113.40"));
    let request = format!("POST / HTTP/1.1\r\nHost: www.abus.com\r\nContent-Length: {named}\r\n\r\n");
    let mut tcp = s.tcp(desk, cloud.port(80));
    tcp.send(&mut s, Side::Client, request.as_bytes());
    tcp.send(&mut s, Side::Client, &vec![7; named]);
    let (from, to) = (desk.port(50_000), cloud.port(51_820));
    for _ in 0..other.div_ceil(1000) {
        s.udp(from, to, &[7; 1000]);
    }
    let all = records(&s.frames);
    all.into_iter().filter(|record| record["type"] == "finding").collect()
}

#[test]
fn what_a_computer_sends_to_the_address_of_a_vendor_is_not_all_the_vendors() {
    let found = to_an_address_of_a_vendor(1, 900_000);
    let sent = |found: &[Value]| found.iter().filter_map(|finding| finding["payload_out"].as_u64()).max();
    assert!(sent(&found).unwrap_or(0) < 1000, "{found:#?}");
    let found = to_an_address_of_a_vendor(500_000, 400_000);
    assert!(sent(&found) >= Some(900_000), "{found:#?}");
    assert!(
        found[0]["reasons"]
            .to_string()
            .contains("same-address: 1 flow with 400000 payload bytes named nobody")
    );
}

/// The flows to the end of which a server of PPPP tells a camera at the tenth second, by who sends, over what, and from when.
fn told_of_an_end() -> Vec<(String, Value)> {
    let mut s = Scenario::new(MORNING, 7);
    let (camera, other) =
        (Host::new("78:df:72:00:53:40", "192.168.1.64"), Host::new("02:00:00:00:53:20", "192.168.1.20"));
    let (server, told) = (s.outside("198.51.100.7"), s.outside("203.0.113.9").port(29_821));
    s.udp(camera.port(4000), told, &[7; 200]);
    s.wait(10 * SECOND);
    let punch = [&[0xf1, 0x40, 0, 16, 0, 2, 0x7d, 0x74, 9, 113, 0, 203][..], &[0; 8]].concat();
    s.udp(server.port(32_100), camera.port(10_240), &punch);
    s.udp(camera.port(4001), told, &[7; 200]);
    s.udp(other.port(4002), told, &[7; 200]);
    s.tcp(camera, told).send(&mut s, Side::Client, &[7; 200]);
    let flows = records(&s.frames)
        .into_iter()
        .filter(|record| record["type"] == "flow" && record["resp"]["address"] == "203.0.113.9");
    let name = |flow: &Value| {
        let port = if flow["protocol"] == "tcp" { "tcp".into() } else { flow["orig"]["port"].to_string() };
        (port, flow["attribution"].clone())
    };
    flows.map(|flow| name(&flow)).collect()
}

#[test]
fn who_was_told_of_an_end_deals_with_it_and_nobody_else() {
    let mut flows = told_of_an_end();
    flows.sort_by(|one, other| one.0.cmp(&other.0));
    let learned = |port: &str| flows.iter().find(|(of, _)| of == port).map(|(_, by)| by == "learned");
    assert_eq!(learned("4001"), Some(true), "{flows:?}");
    assert_eq!(learned("4000"), Some(false), "before it was told: {flows:?}");
    assert_eq!(learned("4002"), Some(false), "another station: {flows:?}");
    assert_eq!(learned("tcp"), Some(false), "over another transport: {flows:?}");
}

/// What a camera with a public address is told to have sent outside to another, whose MAC is said to hold the address.
fn sent_to_neighbour(holder: &str) -> Value {
    let mut s = Scenario::new(MORNING, 7);
    let camera = Host::new("bc:ad:28:00:53:40", "203.0.113.64");
    let store = Host::new("02:00:00:00:53:20", "203.0.113.10");
    s.arp(camera, Host::new(holder, "203.0.113.10"));
    for _ in 0..300 {
        s.udp(camera.port(5000), store.port(9999), &[0x5a; 1000]);
    }
    device(&s.frames, "bc:ad:28:00:53:40")["payload_out_external"].clone()
}

#[test]
fn a_neighbour_on_the_link_is_not_outside_whatever_its_address() {
    assert_eq!(sent_to_neighbour("02:00:00:00:53:20"), 0);
    // Somebody says that he has the address: the packets go to another.
    assert_eq!(sent_to_neighbour("02:00:00:00:53:99"), 300_000);
}
