//! IPv6: which addresses are one station, what is of the link, and who asked for the address that is called.

mod common;

use common::records;
use lenscap_testkit::packet;
use lenscap_testkit::{End, Host, MORNING, OwnedFrame, Scenario, Side};
use serde_json::Value;
use std::net::IpAddr;

/// The camera, and another station of its link.
const CAMERA: &str = "bc:ad:28:00:53:40";
const DESK: &str = "02:00:00:00:53:20";
/// Where the camera uploads to, and its own global address.
const CLOUD: &str = "2001:db8:9::9";
const GLOBAL: &str = "2001:db8:5::64";

struct Link {
    s: Scenario,
    camera: Host,
    /// The router's address inside.
    router: Host,
}

impl Link {
    fn new() -> Self {
        let s = Scenario::new(MORNING, 7);
        let router = Host { mac: s.gateway, ip: "192.168.1.1".parse().expect("an address") };
        Self { s, camera: Host::new(CAMERA, "192.168.1.64"), router }
    }

    /// The camera says something from its private address to the desk, and from the one of its link to everybody.
    fn at_home(&mut self) -> &mut Self {
        let desk = Host::new(DESK, "192.168.1.20");
        self.s.udp(self.camera.port(5000), desk.port(5000), b"here");
        self.s.udp(self.camera.at("fe80::64").port(6000), Host::group("ff02::77").port(6000), b"here");
        self
    }

    /// The camera sends 600 kB from one address to another.
    fn upload(&mut self, from: &str, to: Host) -> &mut Self {
        let mut tcp = self.s.tcp(self.camera.at(from), to.port(8443));
        tcp.opaque(&mut self.s, Side::Client, 600_000);
        tcp.close(&mut self.s, Side::Client);
        self
    }

    fn send(&mut self, from: End, to: End) -> &mut Self {
        self.s.udp(from, to, &[0x5a; 600]);
        self
    }

    /// A message of neighbour discovery.
    fn discovery(&mut self, from: Host, to: Host, kind: u8, rest: [u8; 4], body: &[&[u8]]) -> &mut Self {
        let message = packet::icmp(from.ip, to.ip, (kind, 0), rest, &body.concat());
        let mut packet = packet::ip(from.ip, to.ip, 58, &message, 0);
        packet[7] = 255;
        self.s.ip(from, to, &packet);
        self
    }

    /// The router, or somebody else with a MAC, advertises prefixes of so many bits.
    fn advertise(&mut self, mac: &str, lifetime: u8, prefixes: &[(&str, u8)]) -> &mut Self {
        let from = if mac.is_empty() { self.router.at("fe80::1") } else { Host::new(mac, "fe80::1") };
        let option = |(prefix, bits): &(&str, u8)| {
            let head = [3, 4, *bits, 0xc0, 0, 0, 0x38, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 0];
            [&head[..], &octets(prefix)].concat()
        };
        let options: Vec<u8> = prefixes.iter().flat_map(option).collect();
        let all = Host::group("ff02::1");
        self.discovery(from, all, 134, [64, 0, 0, lifetime], &[&[0; 8], &options])
    }

    /// A station asks whether anybody has an address that it is about to take.
    fn try_address(&mut self, mac: &str, address: &str) -> &mut Self {
        let target = octets(address);
        let group = format!("ff02::1:ff{:02x}:{:02x}{:02x}", target[13], target[14], target[15]);
        self.discovery(Host::new(mac, "::"), Host::group(&group), 135, [0; 4], &[&target])
    }

    fn told(&self, kind: &str) -> Vec<Value> {
        records(&self.s.frames).into_iter().filter(|record| record["type"] == kind).collect()
    }

    /// Id and addresses of each device, and what it sent outside.
    fn devices(&self) -> Vec<(String, Vec<String>, u64)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let device = |record: Value| {
            let list = record["addresses"].as_array().into_iter().flatten();
            let mut addresses: Vec<String> = list.map(text).collect();
            addresses.sort_unstable();
            (text(&record["id"]), addresses, record["bytes_out_external"].as_u64().expect("a number"))
        };
        let mut all: Vec<_> = self.told("device").into_iter().map(device).collect();
        all.sort_unstable();
        all
    }

    /// What the camera, known by its MAC, sent outside; nothing where it is not known so.
    fn sent(&self) -> Option<u64> {
        self.devices().into_iter().find(|(id, ..)| id == "bcad28005340").map(|(.., sent)| sent)
    }

    fn ids(&self) -> Vec<String> {
        self.devices().into_iter().map(|(id, ..)| id).collect()
    }

    /// Kind and device of each finding.
    fn findings(&self) -> Vec<(Value, Value)> {
        self.told("finding")
            .into_iter()
            .map(|found| (found["kind"].clone(), found["device"].clone()))
            .collect()
    }
}

fn octets(address: &str) -> [u8; 16] {
    match address.parse().expect("an address") {
        IpAddr::V6(six) => six.octets(),
        IpAddr::V4(_) => panic!("{address} is of IPv4"),
    }
}

/// The frame as it looks when so many routers have passed on the IPv6 packet in it.
fn lower(frame: &mut OwnedFrame, hops: u8) {
    assert_eq!(frame.bytes[12..14], [0x86, 0xdd], "no IPv6 in Ethernet");
    frame.bytes[21] -= hops;
}

fn exfiltration() -> Vec<(Value, Value)> {
    vec![("exfiltration".into(), "bcad28005340".into())]
}

/// Nobody discovers neighbours in the capture, and the cloud's packets come with all hops: the camera alone also sends from inside.
#[test]
fn a_private_a_link_and_a_global_address_are_one_station() {
    let mut link = Link::new();
    let cloud = link.s.outside(CLOUD);
    link.at_home().upload(GLOBAL, cloud);
    let (id, addresses, sent) = link.devices().remove(0);
    assert_eq!(link.ids(), ["bcad28005340"]);
    assert_eq!((id.as_str(), addresses.len()), ("bcad28005340", 3), "{addresses:?}");
    assert!(sent > 600_000, "{sent}");
    assert_eq!(link.findings(), exfiltration());
}

/// The router, too, sends from inside: it answers for names. The camera had asked it for the cloud's.
#[test]
fn who_had_asked_for_the_cloud_s_address_is_the_station() {
    let seen = |asks: bool| {
        let mut link = Link::new();
        let (cloud, camera, router) = (link.s.outside(CLOUD), link.camera, link.router);
        link.at_home();
        let asked = if asks { cloud } else { cloud.at("2001:db8:a::1") };
        link.s.resolve(camera, router, "cloud.example", asked);
        link.upload(GLOBAL, cloud);
        (link.ids(), link.findings())
    };
    let (ids, findings) = seen(true);
    assert_eq!(ids, ["02005e005301", "bcad28005340"]);
    assert_eq!(findings, exfiltration());
    // Where nothing tells which of the two passes on what the other sends, neither is said to.
    let (ids, findings) = seen(false);
    assert!(ids.contains(&GLOBAL.to_string()) && findings.is_empty(), "{ids:?} {findings:?}");
}

/// A camera without any other address calls the cloud, and the router has an address inside: that one sends nothing outside itself.
#[test]
fn a_router_with_an_address_inside_is_not_who_calls() {
    let mut link = Link::new();
    let (cloud, router, desk) = (link.s.outside(CLOUD), link.router, Host::new(DESK, "192.168.1.20"));
    link.send(router.port(53), desk.port(5000)).send(desk.port(5000), router.port(53));
    link.upload(GLOBAL, cloud);
    let devices = link.devices();
    let of_router = devices.iter().find(|(id, ..)| id == "02005e005301").expect("it answers for itself");
    assert_eq!((of_router.1.as_slice(), of_router.2), (&["192.168.1.1".to_string()][..], 0), "{devices:?}");
    assert!(devices.iter().any(|(_, addresses, _)| addresses.contains(&GLOBAL.to_string())), "{devices:?}");
}

/// What comes by its MAC from two networks of the outside is passed on by it, whatever else it sends.
#[test]
fn who_sends_from_many_networks_stays_a_router() {
    let mut link = Link::new();
    let (camera, router) = (link.camera.at(GLOBAL), link.router);
    link.at_home();
    for cloud in [CLOUD, "2001:db8:a::9"] {
        let cloud = link.s.outside(cloud);
        link.send(camera.port(5000), cloud.port(9000)).send(cloud.port(9000), camera.port(5000));
    }
    link.send(router.port(53), Host::new(DESK, "192.168.1.20").port(5000));
    let devices = link.devices();
    let of_router = devices.iter().find(|(id, ..)| id == "02005e005301").expect("it answers for itself");
    assert_eq!(of_router.1, ["192.168.1.1"]);
    assert!(devices.iter().all(|(_, addresses, _)| !addresses.contains(&CLOUD.to_string())), "{devices:?}");
}

/// A desk with an address that is made of its MAC is no neighbour's router.
#[test]
fn who_speaks_to_a_neighbour_of_its_own_network_is_no_router() {
    let mut link = Link::new();
    let (cloud, camera) = (link.s.outside(CLOUD), link.camera.at(GLOBAL));
    let desk = Host::new(DESK, "2001:db8:5::ff:fe00:5320");
    link.at_home().upload(GLOBAL, cloud);
    link.send(camera.port(5000), desk.port(9000)).send(desk.port(9000), camera.port(5000));
    assert_eq!(link.ids(), ["020000005320", "bcad28005340"]);
    assert_eq!(link.findings(), exfiltration());
}

/// No router passes on what comes from an address of the link or goes to one.
#[test]
fn what_a_link_local_address_sends_stays_on_the_link() {
    for answers in [false, true] {
        let mut link = Link::new();
        let (camera, desk) = (link.camera.at("fe80::64"), Host::new(DESK, "2001:db8:5::20"));
        link.at_home().send(camera.port(5000), desk.port(9000));
        if answers {
            link.send(desk.port(9000), camera.port(5000));
        }
        assert_eq!(link.sent(), Some(0));
        let others: Vec<_> = link.devices().into_iter().filter(|(id, ..)| id == "020000005320").collect();
        let expected = ("020000005320".to_string(), vec!["2001:db8:5::20".to_string()], 0);
        assert_eq!(others, if answers { vec![expected] } else { vec![] });
    }
    // What goes to the cloud from the camera's global address goes out, whatever went there from that of the link.
    let mut link = Link::new();
    let (cloud, camera) = (link.s.outside(CLOUD), link.camera);
    link.at_home().send(camera.at("fe80::64").port(5000), cloud.port(9000)).upload(GLOBAL, cloud);
    assert!(link.sent() > Some(600_000));
    assert_eq!(link.findings(), exfiltration());
}

/// Two stations of a network that the router advertises are inside, and the cloud is not.
#[test]
fn what_a_router_says_is_of_the_link_is_inside() {
    let prefixes = [("2001:db8:5::", 64), ("2001:db8:6::", 64)];
    let seen = |bits: u8, passed_on: u8| {
        let mut link = Link::new();
        let (camera, desk) = (link.camera.at(GLOBAL), Host::new(DESK, "2001:db8:6::20"));
        link.at_home().advertise("", 30, &prefixes.map(|(prefix, _)| (prefix, bits)));
        link.send(camera.port(5000), desk.port(9000)).send(desk.port(9000), camera.port(5000));
        lower(link.s.frames.last_mut().expect("it was sent"), passed_on);
        link.sent().expect("it is known by its MAC")
    };
    assert_eq!(seen(64, 0), 0);
    assert!(seen(3, 0) > 0, "no link has so many addresses");
    assert!(seen(48, 0) > 0, "a link's network has 64 bits");
    assert!(seen(64, 5) > 0, "routers stand between");
    let mut link = Link::new();
    let cloud = link.s.outside(CLOUD);
    link.at_home().advertise("", 30, &prefixes).upload(GLOBAL, cloud);
    assert!(link.sent() > Some(600_000));
    assert_eq!(link.findings(), exfiltration());
}

/// Who advertises the network of its cloud, as the camera itself may, makes nothing inside.
#[test]
fn a_forged_advertisement_hides_no_upload() {
    let far = |bytes: &[u8]| bytes[12..14] == [0x86, 0xdd] && bytes[22..38] == octets(CLOUD);
    for (forger, lifetime) in [(CAMERA, 0), (DESK, 0), (DESK, 30)] {
        for hops in [0, 9] {
            let mut link = Link::new();
            let (cloud, camera) = (link.s.outside(CLOUD), link.camera);
            let other = link.s.outside("203.0.113.9");
            link.send(camera.port(5000), other.port(9000)).send(other.port(9000), camera.port(5000));
            link.advertise(forger, lifetime, &[("2001:db8:9::", 64), ("2001:db8:5::", 64)]);
            link.at_home().upload(GLOBAL, cloud);
            link.s.frames.iter_mut().filter(|frame| far(&frame.bytes)).for_each(|frame| lower(frame, hops));
            assert!(link.sent() > Some(600_000), "{forger} {hops}: {:?}", link.devices());
            assert!(link.findings().contains(&exfiltration()[0]), "{forger} {hops}: {:?}", link.findings());
        }
    }
    // A list of many networks is no word of a link's.
    let mut link = Link::new();
    let (camera, desk) = (link.camera.at(GLOBAL), Host::new(DESK, "2001:db8:6::20"));
    let all: Vec<String> = (0..20).map(|n| format!("2001:db8:{n}::")).collect();
    for prefixes in all.chunks(8) {
        let prefixes: Vec<_> = prefixes.iter().map(|prefix| (prefix.as_str(), 64)).collect();
        link.advertise("", 30, &prefixes);
    }
    link.at_home().send(camera.port(5000), desk.port(9000)).send(desk.port(9000), camera.port(5000));
    assert!(link.sent() > Some(0));
}

/// Who says of the router that it holds the cloud's address, or has a cloud with an address that is made of the router's MAC, hides
/// nothing.
#[test]
fn what_is_said_of_the_router_hides_no_upload() {
    for (cloud, own) in [
        ("203.0.113.9", "192.168.1.64"),
        (CLOUD, "fd00:db8:5::64"),
        ("2001:db8:9::5eff:fe00:5301", "fd00:db8:5::64"),
    ] {
        let mut link = Link::new();
        let (camera, cloud) = (link.camera, link.s.outside(cloud));
        let other = link.s.outside("198.51.100.9");
        link.at_home().send(camera.port(5000), other.port(9000)).send(other.port(9000), camera.port(5000));
        if let IpAddr::V6(six) = cloud.ip {
            let held = [&six.octets()[..], &[2, 1], &cloud.mac.0].concat();
            link.discovery(camera.at("fe80::64"), Host::group("ff02::1"), 136, [0x20, 0, 0, 0], &[&held]);
        } else {
            link.s.arp(camera, cloud);
            let frame = link.s.frames.last_mut().expect("it was sent");
            frame.bytes[6..12].copy_from_slice(&camera.mac.0);
        }
        link.upload(own, cloud);
        assert!(link.sent() > Some(600_000), "{:?}", link.devices());
        assert!(link.findings().contains(&exfiltration()[0]), "{:?}", link.findings());
    }
}

/// A station with two global networks, each of which it tried before it took it; the desk tries the same.
#[test]
fn an_address_that_was_tried_is_its_own_where_nobody_else_has_it() {
    let seen = |by: &[&str]| {
        let mut link = Link::new();
        let cloud = link.s.outside(CLOUD);
        link.at_home();
        for address in [GLOBAL, "2001:db8:7::64"] {
            for mac in by {
                link.try_address(mac, address);
            }
            link.upload(address, cloud);
        }
        link
    };
    let own = seen(&[CAMERA]);
    assert_eq!(own.findings(), exfiltration());
    assert_eq!(own.devices().remove(0).1, ["192.168.1.64", GLOBAL, "2001:db8:7::64", "fe80::64"]);
    for by in [&[][..], &[CAMERA, DESK]] {
        assert_eq!(seen(by).findings(), [], "it may pass on what others send");
    }
    // An address that is only tried need not have been taken.
    let mut link = Link::new();
    link.at_home().try_address(CAMERA, "fd00::66");
    assert_eq!(link.devices().remove(0).1, ["192.168.1.64", "fe80::64"]);
}

/// The party is called what the station had asked for, from whichever of its addresses.
#[test]
fn a_name_that_a_station_asked_for_from_another_address_names_the_party() {
    let called = |asker: &str, resolver: &str, from: &str, to: &str, mac: &str| {
        let mut link = Link::new();
        let (cloud, router) = (link.s.outside(to), link.router.at(resolver));
        let other = link.s.outside("2001:db8:a::9");
        let global = link.camera.at(GLOBAL);
        link.at_home().send(other.port(9000), global.port(5000));
        link.s.resolve(Host::new(mac, asker), router, "cloud.example", cloud);
        link.upload(from, cloud);
        let contacts = link.told("contact");
        let of_cloud = contacts.iter().find(|contact| contact["address"] == to).expect("it was called");
        of_cloud["name"].clone()
    };
    let four = "192.168.1.64";
    assert_eq!(called(four, "192.168.1.1", four, "203.0.113.9", CAMERA), "cloud.example");
    assert_eq!(called(four, "192.168.1.1", GLOBAL, CLOUD, CAMERA), "cloud.example");
    assert_eq!(called("fe80::64", "fe80::1", four, "203.0.113.9", CAMERA), "cloud.example");
    assert_eq!(called("fe80::64", "fe80::1", GLOBAL, CLOUD, CAMERA), "cloud.example");
    assert_eq!(called("192.168.1.20", "192.168.1.1", GLOBAL, CLOUD, DESK), Value::Null, "another had asked");
}
