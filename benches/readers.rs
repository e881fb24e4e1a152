//! What applications say: stream readers over the first bytes of a half, message readers over one packet. Throughput is
//! payload bytes. `routes` measures how a packet finds its readers, with eighty beginnings more than there are, and
//! `dispatch with 80 beginnings` the same of eighty packets that begin differently, all readers on.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use lenscap_testkit::message::{ClientHello, Lease, server_hello};
use lenscap_testkit::{Host, MORNING, Scenario, SplitMix64};
use lenscap_wire::readers::{Routes, read_message, read_stream};
use lenscap_wire::{Message, Packet, PacketRef, Route, Stream, decode};
use std::hint::black_box;

/// Sends one exchange; its last packet is read.
type Send<'s> = &'s dyn Fn(&mut Scenario);

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("readers");
    streams(&mut group);
    messages(&mut group);
    group.finish();
    routes(&mut criterion);
    dispatch(&mut criterion);
    criterion.final_summary();
}

fn streams(group: &mut BenchmarkGroup<'_, WallTime>) {
    let mut random = SplitMix64::new(1);
    let hello =
        |key_share| ClientHello { name: Some("dev.hik-connect.com"), key_share, ..ClientHello::default() };
    let request = b"GET /doc/page/login.asp HTTP/1.1\r\nHost: 192.168.1.64\r\nUser-Agent: example/1\r\n\r\n";
    let reply = b"HTTP/1.1 401 Unauthorized\r\nServer: webserver\r\nWWW-Authenticate: Digest realm=\"camera\"\r\n\r\n";
    for (name, bytes) in [
        ("stream/tls client hello", hello(32).record(&mut random)),
        ("stream/tls client hello, post-quantum", hello(1216).record(&mut random)),
        ("stream/tls server hello", server_hello(&mut random)),
        ("stream/http request", request.to_vec()),
        ("stream/http reply", reply.to_vec()),
        ("stream/none of them", random.bytes(400)),
    ] {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                read_stream(&Stream { bytes: black_box(&bytes), ended: true }, &mut |fact| {
                    _ = black_box(fact);
                })
            });
        });
    }
}

fn messages(group: &mut BenchmarkGroup<'_, WallTime>) {
    let routes = Routes::new();
    let host = Host::new("bc:ad:28:00:53:40", "192.168.1.64");
    let gateway = Host::new("02:00:5e:00:53:01", "192.168.1.1");
    let lease = Lease { client: host, server: gateway, hostname: "DS-2CD2042WD-I", vendor_class: "", id: 1 };
    let sends: [(&str, Send<'_>); 6] = [
        ("message/dns answer", &|s| s.resolve(host, gateway, "dev.hik-connect.com", gateway)),
        ("message/dhcp acknowledgement", &|s| s.dhcp(&lease)),
        ("message/mdns", &|s| s.mdns(host, "_printer._tcp.local", "Desk._printer._tcp.local")),
        ("message/ssdp", &|s| s.ssdp(host, "Linux UPnP/1.0 camera")),
        ("message/ntp", &|s| s.ntp(host, gateway)),
        ("message/arp", &|s| s.arp(host, gateway)),
    ];
    for (name, send) in sends {
        let mut scenario = Scenario::new(MORNING, 1);
        send(&mut scenario);
        let frame = scenario.frames.pop().expect("a frame");
        let mut packet = Packet::default();
        decode(&frame.as_frame(PacketRef::default()), &mut packet);
        let message = Message { packet: &packet, payload: packet.payload };
        group.throughput(Throughput::Bytes(message.payload.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                read_message(routes.readers(&message), black_box(&message), &mut |fact| _ = black_box(fact))
            });
        });
    }
}

/// Eighty beginnings of eight bytes, on both transports, whose first bytes differ: 0x30 to 0x7f.
static BEGINNINGS: [[u8; 8]; 80] = {
    let mut all = [*b"0beginni"; 80];
    let mut rest: &mut [[u8; 8]] = &mut all;
    let mut first = b'0';
    while let [[byte, ..], more @ ..] = rest {
        *byte = first;
        first += 1;
        rest = more;
    }
    all
};

fn routes(criterion: &mut Criterion) {
    let more: Vec<Route> = BEGINNINGS
        .iter()
        .enumerate()
        .map(|(n, start)| if n % 2 == 0 { Route::UdpStart(start) } else { Route::TcpStart(start) })
        .collect();
    let mut group = criterion.benchmark_group("routes");
    group.throughput(Throughput::Elements(1));
    for (count, routes) in [(0, Routes::new()), (80, Routes::with(&more))] {
        for (name, protocol, ports, start) in [
            ("unknown, TCP", 6, (50_000, 8000), [0xee, 1, 2, 3]),
            ("unknown, UDP", 17, (50_000, 8000), [0xee, 1, 2, 3]),
            ("known, TCP", 6, (50_000, 8000), *b"1beg"),
            ("TLS", 6, (50_000, 443), [0x17, 3, 3, 4]),
            ("RTP", 17, (50_000, 40_000), [0x80, 0x60, 1, 2]),
        ] {
            let payload: Vec<u8> = start.into_iter().chain([7; 1000]).collect();
            let packet = Packet { version: 4, protocol, ports, payload: &payload, ..Packet::default() };
            let message = Message { packet: &packet, payload: &payload };
            group.bench_function(format!("{count} more/{name}"), |bencher| {
                bencher.iter(|| routes.readers(black_box(&message)));
            });
        }
    }
    group.finish();
}

/// What payloads begin with: IP protocol, and the first bytes. Some are of readers, some look like them, some are of others.
const STARTS: [(u8, &[u8]); 40] = [
    (6, b"\x16\x03\x01\x02\0\x01\0\x01"),
    (6, b"\x17\x03\x03\x04\0\xaa\xbb\xcc"),
    (6, b"GET / HT"),
    (6, b"POST /ap"),
    (6, b"HTTP/1.1"),
    (6, b"RTSP/1.0"),
    (6, b"DESCRIBE"),
    (6, b"SSH-2.0-"),
    (6, b"220 mail"),
    (6, b"\x10\x1a\0\x04MQTT"),
    (6, b"\xff\x01\0\0\0\0\0\0"),
    (6, b"\xa0\0\0\x60\0\0\0\0"),
    (6, b"\xf0\xde\xbc\x0a\x01\0\0\0"),
    (6, b"\x03\0\0\x13\x0e\xe0\0\0"),
    (6, b"\x05\x01\0\0\0\0\0\0"),
    (6, b"\0\0\0\x40\xfeSMB"),
    (17, b"\xc3\0\0\0\x01\x08\x11\x22"),
    (17, b"\x43\x11\x22\x33\x44\x55\x66\x77"),
    (17, b"\x80\x60\0\x01\0\0\0\x01"),
    (17, b"\x81\xc8\0\x0c\0\0\0\x01"),
    (17, b"\0\x01\0\x08\x21\x12\xa4\x42"),
    (17, b"\x16\xfe\xfd\0\0\0\0\0"),
    (17, b"\x12\x34\x01\0\0\x01\0\0"),
    (17, b"\xf1\x30\0\0\0\0\0\0"),
    (17, b"\xf1\xd0\x04\x04\xd1\0\0\x01"),
    (17, b"\x04\x02\x1a\x02\0\0\0\0"),
    (17, b"M-SEARCH"),
    (17, b"NOTIFY *"),
    (17, b"<?xml ve"),
    (17, b"SIP/2.0 "),
    (17, b"REGISTER"),
    (17, b"\x24\0\x03\xfa\0\0\0\0"),
    (17, b"\x30\x26\x02\x01\x01\x04\x06p"),
    (17, b"\x02\x01\x06\0\x12\x34\x56\x78"),
    (17, b"\x01\0\0\0\x99\x88\x77\x66"),
    (17, b"\x38\x01\x02\x03\x04\x05\x06\x07"),
    (17, b"\x20\0\0\0DHIP"),
    (17, b"\x21\x31\0\x20\0\0\0\0"),
    (17, b"d1:ad2:i"),
    (17, b"\x7f\x01\x02\x03\x04\x05\x06\x07"),
];

/// Eighty packets of 60 bytes of payload: [`STARTS`], then one for each further first byte that nobody above has. Every
/// eighth has a port that readers go by.
fn beginnings() -> Vec<(u8, (u16, u16), Vec<u8>)> {
    let mut random = SplitMix64::new(5);
    let mut all: Vec<(u8, Vec<u8>)> =
        STARTS.iter().map(|(protocol, start)| (*protocol, start.to_vec())).collect();
    for first in 0..=u8::MAX {
        if all.len() < 80 && all.iter().all(|(_, known)| known.first() != Some(&first)) {
            all.push((if first % 2 == 0 { 17 } else { 6 }, [&[first], random.bytes(7).as_slice()].concat()));
        }
    }
    let with_ports = |(n, (protocol, start)): (usize, (u8, Vec<u8>))| {
        let port = if n % 8 == 0 { 53 } else { 8000 };
        (protocol, (50_000 + n as u16, port), [start, random.bytes(52)].concat())
    };
    all.into_iter().enumerate().map(with_ports).collect()
}

/// Eighty packets, one of each beginning, find their readers; a packet takes an eightieth of what is told.
fn dispatch(criterion: &mut Criterion) {
    let routes = Routes::new();
    let all = beginnings();
    assert_eq!(all.len(), 80);
    let mut group = criterion.benchmark_group("dispatch with 80 beginnings");
    group.throughput(Throughput::Elements(80));
    for (name, datagrams) in [("all readers", true), ("of halves that are read", false)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for (protocol, ports, payload) in black_box(&all) {
                    black_box(routes.of_flow((*protocol, 4), *ports, payload, datagrams));
                }
            });
        });
    }
    group.finish();
}
