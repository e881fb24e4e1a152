//! What hops tell of who stands on the link and who behind a router, and which end of a tunnel is the near one.

mod common;

use common::records;
use lenscap_testkit::{End, Host, MORNING, Scenario, Wrap};
use serde_json::Value;

/// The camera of these scenarios, the router that stands on its link, and a computer there.
const CAMERA: &str = "bc:ad:28:00:53:40";
const ROUTER: &str = "02:00:00:00:53:fe";
const DESK: &str = "02:00:00:00:53:20";

/// A scenario, each datagram of which comes with fewer hops where it was passed on.
struct Link(Scenario);

impl Link {
    fn new() -> Self {
        Self(Scenario::new(MORNING, 7))
    }

    fn say(&mut self, from: End, to: End, hops: u8) -> &mut Self {
        self.0.udp(from, to, &[0x5a; 600]);
        self.0.frames.last_mut().expect("one was sent").pass_on(hops);
        self
    }

    /// The devices: id, addresses, and bytes that went outside.
    fn devices(&self) -> Vec<(String, Vec<String>, u64)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let list = |value: &Value| value.as_array().into_iter().flatten().map(text).collect();
        let all = records(&self.0.frames).into_iter().filter(|record| record["type"] == "device");
        let device = |record: Value| {
            let outside = record["bytes_out_external"].as_u64().expect("a number");
            (text(&record["id"]), list(&record["addresses"]), outside)
        };
        all.map(device).collect()
    }

    /// Their ids, in order.
    fn ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.devices().into_iter().map(|(id, ..)| id).collect();
        ids.sort_unstable();
        ids
    }
}

/// A camera and a server, both with addresses of the outside, of which one alone was seen: routers stand before the server.
#[test]
fn one_outside_address_with_fewer_hops_stands_behind_a_router() {
    let camera = Host::new(CAMERA, "198.51.100.64").port(5000);
    let server = Host::new(ROUTER, "203.0.113.40").port(9000);
    let seen = |hops| {
        let mut link = Link::new();
        link.say(camera, server, 0).say(server, camera, hops);
        link.ids()
    };
    assert_eq!(seen(12), ["bcad28005340"]);
    assert_eq!(seen(0), ["198.51.100.64", "203.0.113.40"]);
}

/// Two stations of another network speak in turn by the MAC of the router inside: neither are they the router, nor one.
#[test]
fn stations_behind_an_inside_router_are_known_by_their_addresses() {
    let desk = Host::new(DESK, "192.168.1.20").port(9000);
    let seen = |hops, own: bool| {
        let mut link = Link::new();
        for address in ["10.0.5.7", "10.0.6.8"] {
            link.say(Host::new(ROUTER, address).port(5000), desk, hops);
        }
        if own {
            link.say(Host::new(ROUTER, "10.0.0.1").port(67), desk, 0);
        }
        link.ids()
    };
    assert_eq!(seen(0, false), ["0200000053fe"], "two leases of one");
    assert_eq!(seen(1, false), ["10.0.5.7", "10.0.6.8"]);
    assert_eq!(seen(1, true), ["0200000053fe", "10.0.5.7", "10.0.6.8"]);
}

/// A router of which only what it passes on is seen, in both directions of a flow: neither end is the router.
#[test]
fn a_mac_that_passes_on_both_directions_is_neither_end_s() {
    let (camera, server) =
        (Host::new(ROUTER, "192.168.1.64").port(5000), Host::new(ROUTER, "203.0.113.40").port(9000));
    let mut link = Link::new();
    link.say(camera, server, 1).say(server, camera, 12);
    assert_eq!(link.ids(), ["192.168.1.64"]);
}

/// A resolver's answers come from the router's own address with the resolver's hops, a host passes on what machines inside it
/// send from the host's address, and a scanner begins with any number.
#[test]
fn fewer_hops_alone_take_nobody_s_own_address_away() {
    let desk = Host::new(DESK, "192.168.1.20");
    let other = Host::new(CAMERA, "192.168.1.64");
    let mut held = Link::new();
    held.0.arp(desk, other);
    held.say(other.port(5000), desk.port(9000), 7);
    assert_eq!(held.ids(), ["020000005320", "bcad28005340"], "it says that it holds the address");

    let mut mixed = Link::new();
    mixed.say(other.port(5000), desk.port(9000), 7).say(other.port(5001), desk.port(9000), 0);
    mixed.say(desk.port(9000), other.port(5000), 0);
    assert_eq!(mixed.ids(), ["020000005320", "bcad28005340"], "something comes with all hops");

    let mut resolver = Link::new();
    let (router, cloud) = (Host::new(ROUTER, "192.168.1.1"), Host::new(ROUTER, "203.0.113.40"));
    resolver.say(desk.port(5000), router.port(53), 0).say(router.port(53), desk.port(5000), 7);
    resolver.say(desk.port(5001), cloud.port(9000), 0).say(cloud.port(9000), desk.port(5001), 7);
    assert_eq!(resolver.ids(), ["020000005320", "0200000053fe"], "it is a neighbour of the desk");
}

/// Two stations with addresses of the outside, between which no router stands, send nothing outside.
#[test]
fn neighbours_of_one_network_are_not_outside() {
    let camera = Host::new(CAMERA, "203.0.113.64").port(5000);
    let sent = |other: &str, hops, beside: Option<&str>| {
        let mut link = Link::new();
        let other = Host::new(DESK, other).port(9000);
        link.say(camera, other, 0).say(other, camera, hops);
        if let Some(beside) = beside {
            let beside = Host::new(DESK, beside).port(9000);
            link.say(camera, beside, 0).say(beside, camera, 0);
        }
        let all = link.devices().into_iter();
        all.filter(|(_, addresses, _)| addresses[0] == "203.0.113.64")
            .map(|(.., outside)| outside)
            .sum::<u64>()
    };
    assert_eq!(sent("203.0.112.9", 0, None), 0);
    assert!(sent("203.0.112.9", 3, None) > 0, "routers stand between");
    assert!(sent("198.51.100.9", 0, None) > 0, "a proxy that answers for whom was called");
    assert!(sent("203.0.112.9", 0, Some("203.0.112.10")) > 0, "a router that lowers nothing");
}

/// What comes out of a tunnel of IP was sent at its far end, and what goes in at the near one, whatever the addresses inside are
/// and whoever began.
#[test]
fn the_near_end_of_a_tunnel_is_told_by_its_direction() {
    let (near, far) = (Host::new(CAMERA, "192.168.1.64"), Scenario::new(MORNING, 7).outside("203.0.113.40"));
    // As the router's, a frame goes from far to near.
    for (here, there) in [("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.1"), ("198.51.100.7", "10.8.0.2")] {
        for (sends, answers) in [(true, false), (false, true), (true, true)] {
            let mut s = Scenario::new(MORNING, 7);
            s.within = vec![Wrap::IpIp { near, far }];
            let (here, there) = (Host::new(DESK, here).port(5000), s.outside(there).port(9000));
            if answers {
                s.udp(there, here, &[7; 1000]);
            }
            if sends {
                s.udp(here, there, &[9; 500]);
            }
            let all = records(&s.frames);
            let bytes = |is_sent, payload: u64| if is_sent { payload + 28 } else { 0 };
            let wanted = [bytes(sends, 500), bytes(answers, 1000)].map(Some);
            let found = |device: &Value| {
                let id = device["id"].as_str().unwrap_or_default().to_string();
                (id, ["bytes_out_external", "bytes_in_external"].map(|key| device[key].as_u64()))
            };
            let found: Vec<_> = all.iter().filter(|record| record["type"] == "device").map(found).collect();
            // Who never sends is no device.
            let wanted = if sends { vec![("bcad28005340".to_string(), wanted)] } else { Vec::new() };
            assert_eq!(found, wanted, "{here:?} sends: {sends}, is sent to: {answers}");
        }
    }
}
