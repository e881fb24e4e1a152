//! What applications say: stream readers over the first bytes of a half, message readers over one packet. Throughput is
//! payload bytes. `routes` measures how a packet finds its readers, with eighty beginnings more than there are.

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
