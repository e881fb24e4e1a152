//! What one flow, name, device or finding of a load looks like on the wire.

use crate::message::{self, ClientHello, Lease, Record, Value};
use crate::{Conversation, End, Host, MORNING, OwnedFrame, Scenario, Side, SplitMix64, Wrap};
use lenscap_wire::{Mac, TcpFlags};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Inside hosts of the loads that are not about devices.
const HOSTS: u64 = 4096;

/// Names of endpoints that the built-in catalogue has, each of another vendor.
const VENDORS: [&str; 10] = [
    "dev.hik-connect.com",
    "www.easy4ip.com",
    "p2p.amcrestview.com",
    "my.arlo.com",
    "api.mydlink.com",
    "www.foscam.com",
    "a.hichip.net",
    "b.icloseli.com",
    "x.cloudlinks.cn",
    "rest.immedia-semi.com",
];

/// What a load is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// What an office has: TLS, HTTP, DNS, DHCP, discovery, pings, IPv6, tags, a few fragments.
    Mix,
    /// Some 25 packets of 60 to 74 bytes a flow, four TCP flows to one of UDP: bound by headers and cache misses.
    Small,
    /// TCP flows of eight packets, three in five with a TLS hello, one in five with HTTP.
    Flows,
    /// Few flows of 1,400-byte payloads: RTP over UDP, and TLS uploads.
    Video,
    /// Answers to name queries; no name and no address comes twice.
    Names,
    /// One address that one host is given under two names in turn, and a flow to it after each answer.
    Renames,
    /// Devices with a link address each, that get an address by DHCP.
    Devices,
    /// Devices that contact ten vendors each: a finding every.
    Findings,
    /// Questions to a resolver, each a flow of one datagram.
    Questions,
    /// QUIC flows of three packets: a client's hello, a server's reply, and one that nobody can open.
    Quic,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Mix,
        Self::Small,
        Self::Flows,
        Self::Video,
        Self::Names,
        Self::Renames,
        Self::Devices,
        Self::Findings,
        Self::Questions,
        Self::Quic,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Mix => "mix",
            Self::Small => "small",
            Self::Flows => "flows",
            Self::Video => "video",
            Self::Names => "names",
            Self::Renames => "renames",
            Self::Devices => "devices",
            Self::Findings => "findings",
            Self::Questions => "questions",
            Self::Quic => "quic",
        }
    }

    /// How many are alive at once.
    pub(super) const fn width(self) -> usize {
        match self {
            Self::Small | Self::Flows | Self::Questions | Self::Quic => 16_384,
            Self::Mix | Self::Names | Self::Devices | Self::Findings => 512,
            Self::Video => 320,
            // One after another: each name ends that before it.
            Self::Renames => 1,
        }
    }

    /// The frames of the `n`-th, without meaningful stamps.
    pub(super) fn frames(self, n: u64, random: &mut SplitMix64) -> Vec<OwnedFrame> {
        let mut s = Scenario::new(MORNING, random.next());
        match self {
            Self::Mix => mix(&mut s, random, n),
            Self::Small => small(&mut s, random, n),
            Self::Flows => flow(&mut s, random, n),
            Self::Video => video(&mut s, random, n),
            Self::Names => name(&mut s, n),
            Self::Renames => renamed(&mut s, random, n),
            Self::Devices => lease(&mut s, station(n), n),
            Self::Findings => finding(&mut s, n),
            Self::Questions => question(&mut s, random, n),
            Self::Quic => quic(&mut s, random, n),
        }
        s.frames
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::word).join(", ");
        Self::ALL
            .into_iter()
            .find(|shape| shape.word() == word)
            .ok_or_else(|| format!("no shape {word:?}; there are {}", known()))
    }
}

/// The `n`-th inside host, of at most 2^24.
fn station(n: u64) -> Host {
    let [.., a, b, c] = n.to_be_bytes();
    Host { mac: Mac([2, 0, 0, a, b, c]), ip: IpAddr::V4(Ipv4Addr::new(10, a, b, c)) }
}

/// A host somewhere behind the router.
fn elsewhere(s: &Scenario, random: &mut SplitMix64) -> Host {
    let [a, b, c, ..] = random.next().to_be_bytes();
    Host { mac: s.gateway, ip: IpAddr::V4(Ipv4Addr::new(45 + a % 32, b, c, 1 + a / 32)) }
}

/// A socket that no other flow has, up to 245 million of them.
fn socket(n: u64) -> End {
    station(n % HOSTS).port(1024 + (n / HOSTS % 60_000) as u16)
}

fn connection(random: &mut SplitMix64, client: End, server: End) -> Conversation {
    let mut tcp = Conversation::unopened(client, server, [random.next() as u32, random.next() as u32]);
    tcp.acknowledged = false;
    tcp
}

fn hello(s: &mut Scenario, tcp: &mut Conversation, name: &str) {
    let hello = ClientHello { name: Some(name), ..ClientHello::default() }.record(&mut s.random);
    tcp.send(s, Side::Client, &hello);
    let reply = message::server_hello(&mut s.random);
    tcp.send(s, Side::Server, &reply);
}

/// Handshake, request, reply, three packets to close.
fn flow(s: &mut Scenario, random: &mut SplitMix64, n: u64) {
    let kind = random.below(10);
    let port = match kind {
        0..6 => 443,
        6 | 7 => 80,
        8 => 1883,
        _ => 5000,
    };
    let server = elsewhere(s, random).port(port);
    let mut tcp = connection(random, socket(n), server);
    tcp.open(s);
    let name = format!("h{}.e{}.load.example", random.below(8), random.below(20_000));
    match port {
        443 => hello(s, &mut tcp, &name),
        80 => {
            tcp.send(s, Side::Client, format!("GET / HTTP/1.1\r\nHost: {name}\r\n\r\n").as_bytes());
            tcp.send(s, Side::Server, b"HTTP/1.1 200 OK\r\nServer: load\r\nContent-Length: 0\r\n\r\n");
        }
        _ => {
            tcp.send(s, Side::Client, &random.bytes(40));
            tcp.send(s, Side::Server, &random.bytes(12));
        }
    }
    tcp.close(s, Side::Client);
}

/// One of eight names, asked for from a port of its own; nobody answers.
fn question(s: &mut Scenario, random: &mut SplitMix64, n: u64) {
    let name = format!("h{}.load.example", random.below(8));
    let body = message::dns(n as u16, 0x0100, Some((&name, 1)), &[]);
    s.udp(socket(n), s.outside("10.255.0.53").port(53), &body);
}

fn quic(s: &mut Scenario, random: &mut SplitMix64, n: u64) {
    let server = elsewhere(s, random).port(443);
    let name = format!("h{}.e{}.load.example", random.below(8), random.below(20_000));
    s.quic(socket(n), server, &name);
    s.lose_last();
}

fn small(s: &mut Scenario, random: &mut SplitMix64, n: u64) {
    let packets = 4 + random.below(43);
    let client = socket(n);
    if random.chance(20) {
        let server = elsewhere(s, random).port(*random.pick(&[3478, 5683, 10_001, 32_100]));
        for _ in 0..packets {
            let length = 4 + random.below(24) as usize;
            let payload = random.bytes(length);
            let (from, to) = if random.chance(50) { (client, server) } else { (server, client) };
            s.udp(from, to, &payload);
        }
        return;
    }
    let server = elsewhere(s, random).port(*random.pick(&[443, 80, 8883, 1883, 554, 22, 5000]));
    let mut tcp = connection(random, client, server);
    tcp.open(s);
    for _ in 4..packets {
        let side = *random.pick(&[Side::Client, Side::Server]);
        let length = 1 + random.below(12) as usize;
        match random.below(3) {
            0 => tcp.send(s, side, &random.bytes(length)),
            _ => tcp.flag(s, side, TcpFlags::ACK),
        }
    }
    tcp.reset(s, Side::Client);
}

fn video(s: &mut Scenario, random: &mut SplitMix64, n: u64) {
    let client = socket(n);
    let server = elsewhere(s, random);
    if random.chance(20) {
        let mut tcp = connection(random, client, server.port(443));
        tcp.open(s);
        hello(s, &mut tcp, "media.load.example");
        for _ in 0..100 {
            tcp.opaque(s, Side::Client, 1395);
        }
        return;
    }
    // One source, ten packets a picture.
    for sequence in 0..100_u16 {
        let mut packet = vec![0x80, 96];
        packet.extend(sequence.to_be_bytes());
        packet.extend((u32::from(sequence) / 10 * 3600).to_be_bytes());
        packet.extend((n as u32).to_be_bytes());
        packet.extend(random.bytes(1388));
        s.udp(client, server.port(10_000), &packet);
    }
}

fn name(s: &mut Scenario, n: u64) {
    let [_, a, b, c] = (n as u32).to_be_bytes();
    let client = station(n % HOSTS).port(50_000);
    let server = Host { mac: s.gateway, ip: IpAddr::V4(Ipv4Addr::new(10, 255, 255, 1)) }.port(53);
    let address = IpAddr::V4(Ipv4Addr::new(60, a, b, c));
    let owner = format!("n{n}.load.example");
    s.udp(client, server, &message::dns(n as u16, 0x0100, Some((&owner, 1)), &[]));
    let answer = Record { name: &owner, value: Value::Address(address) };
    s.udp(server, client, &message::dns(n as u16, 0x8180, Some((&owner, 1)), &[answer]));
}

fn renamed(s: &mut Scenario, random: &mut SplitMix64, n: u64) {
    let host = station(1);
    let gateway = Host { mac: s.gateway, ip: IpAddr::V4(Ipv4Addr::new(10, 255, 255, 1)) };
    let shared = Host { mac: s.gateway, ip: IpAddr::V4(Ipv4Addr::new(60, 0, 0, 1)) };
    let owner = ["a.load.example", "b.load.example"][(n % 2) as usize];
    let answer = Record { name: owner, value: Value::Address(shared.ip) };
    let reply = message::dns(n as u16, 0x8180, Some((owner, 1)), &[answer]);
    s.udp(gateway.port(53), host.port(50_000), &reply);
    let (client, server) = (host.port(1024 + (n % 60_000) as u16), shared.port(443 + (n / 60_000) as u16));
    let mut tcp = connection(random, client, server);
    tcp.open(s);
    tcp.reset(s, Side::Client);
}

fn lease(s: &mut Scenario, client: Host, n: u64) {
    let server = Host { mac: s.gateway, ip: IpAddr::V4(Ipv4Addr::new(10, 255, 255, 1)) };
    let hostname = format!("device-{n}");
    s.dhcp(&Lease { client, server, hostname: &hostname, vendor_class: "load", id: n as u32 });
}

fn finding(s: &mut Scenario, n: u64) {
    let (device, vendor) = (n / VENDORS.len() as u64, (n % VENDORS.len() as u64) as usize);
    let server = Host { mac: s.gateway, ip: IpAddr::V4(Ipv4Addr::new(45, 0, 0, 1 + vendor as u8)) };
    let first = [s.random.next() as u32, s.random.next() as u32];
    let client = station(device).port(40_000 + vendor as u16);
    let mut tcp = Conversation::unopened(client, server.port(443), first);
    tcp.acknowledged = false;
    tcp.open(s);
    hello(s, &mut tcp, VENDORS[vendor]);
    tcp.close(s, Side::Client);
}

fn mix(s: &mut Scenario, random: &mut SplitMix64, n: u64) {
    let client = socket(n);
    let host = client.host;
    let server = elsewhere(s, random);
    let router = Host { mac: s.gateway, ip: IpAddr::V4(Ipv4Addr::new(10, 255, 255, 1)) };
    if random.chance(5) {
        s.within.push(Wrap::Vlan(7));
    }
    let name = format!("{}.load.example", random.below(2000));
    match random.below(20) {
        0..5 => secure(s, random, (client, server.port(443)), &name),
        5..8 => plain(s, random, (client, server.port(80)), &name),
        8..12 => s.resolve(host, router, &name, server),
        12 => s.mdns(host, "_printer._tcp.local", "Desk._printer._tcp.local"),
        13 => s.ssdp(host, "Linux UPnP/1.0 load"),
        14 => s.ntp(host, server),
        15 => s.arp(host, router),
        16 => lease(s, host, n),
        17 => s.ping(host, server, n as u16),
        18 => six(s, random, n),
        _ => {
            let payload = random.bytes(2000);
            for piece in s.udp_fragments(client, server.port(9000), &payload, 1480) {
                s.ip(host, server, &piece);
            }
        }
    }
}

fn secure(s: &mut Scenario, random: &mut SplitMix64, (client, server): (End, End), name: &str) {
    let mut tcp = connection(random, client, server);
    tcp.acknowledged = true;
    tcp.open(s);
    hello(s, &mut tcp, name);
    tcp.opaque(s, Side::Client, 400);
    tcp.opaque(s, Side::Server, random.below(20_000) as usize);
    tcp.close(s, Side::Client);
}

fn plain(s: &mut Scenario, random: &mut SplitMix64, (client, server): (End, End), name: &str) {
    let mut tcp = connection(random, client, server);
    tcp.open(s);
    let request = format!("GET /index.html HTTP/1.1\r\nHost: {name}\r\nUser-Agent: load/1\r\n\r\n");
    tcp.send(s, Side::Client, request.as_bytes());
    let length = random.below(6000) as usize;
    let head = format!("HTTP/1.1 200 OK\r\nServer: load\r\nContent-Length: {length}\r\n\r\n");
    tcp.send(s, Side::Server, &[head.as_bytes(), &random.bytes(length)].concat());
    tcp.close(s, Side::Server);
}

fn six(s: &mut Scenario, random: &mut SplitMix64, n: u64) {
    let [.., a, b] = (n % HOSTS).to_be_bytes();
    let low = u16::from_be_bytes([a, b]);
    let inside = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, low.max(1));
    let outside = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1 + random.below(5000) as u16);
    let client = Host { mac: station(n % HOSTS).mac, ip: inside.into() };
    let server = Host { mac: s.gateway, ip: outside.into() };
    secure(
        s,
        random,
        (client.port(1024 + (n / HOSTS % 60_000) as u16), server.port(443)),
        "six.load.example",
    );
}
