//! Frames to packets: shapes of the fast path, and shapes that only the general path reads; and the check of their
//! checksums. One element is a frame.

mod traffic;

use criterion::{Criterion, Throughput};
use lenscap_capture::BATCH;
use lenscap_testkit::{Host, MORNING, OwnedFrame, Scenario, Wrap, packet::Segment};
use lenscap_wire::{Packet, PacketRef, TcpFlags, check_transport, decode};
use std::hint::black_box;
use traffic::Traffic;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(BATCH as u64));
    for (name, frame) in shapes() {
        let traffic = Traffic::with(std::iter::repeat_n(frame, BATCH));
        group.bench_function(name, |bencher| {
            let mut packet = Packet::default();
            bencher.iter(|| {
                for batch in traffic.batches() {
                    for frame in batch.frames() {
                        decode(black_box(&frame), &mut packet);
                        black_box(&packet);
                    }
                }
            });
        });
    }
    group.finish();
    check(&mut criterion);
    criterion.final_summary();
}

/// The checksums of packets that are decoded already, by the bytes of their payload.
fn check(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check");
    group.throughput(Throughput::Elements(1));
    for length in [0, 100, 400, 1400] {
        let frame = tcp_of(length);
        let mut packet = Packet::default();
        decode(&frame.as_frame(PacketRef::default()), &mut packet);
        group.bench_function(format!("tcp of {length}"), |bencher| {
            bencher.iter(|| check_transport(black_box(&mut packet)));
        });
    }
    group.finish();
}

fn four() -> [Host; 2] {
    [Host::new("02:00:00:00:00:01", "10.0.0.1"), Host::new("02:00:00:00:00:02", "192.0.2.1")]
}

const SEGMENT: Segment =
    Segment { ports: (50_000, 443), sequence: 1, acknowledgement: 1, flags: TcpFlags::ACK };

/// A TCP segment of `length` payload bytes over IPv4.
fn tcp_of(length: usize) -> OwnedFrame {
    let ([from, to], mut s) = (four(), Scenario::new(MORNING, 1));
    s.segment(from, to, SEGMENT, &vec![7; length]);
    s.frames.remove(0)
}

fn shapes() -> Vec<(&'static str, OwnedFrame)> {
    let four = four();
    let six = four.map(|host| host.at(if host.mac.0[5] == 1 { "fd00::1" } else { "2001:db8::1" }));
    let tcp = |s: &mut Scenario, [from, to]: [Host; 2]| s.segment(from, to, SEGMENT, &[7; 400]);
    let last = |within: Vec<Wrap>, send: &dyn Fn(&mut Scenario)| {
        let mut s = Scenario::new(MORNING, 1);
        s.within = within;
        send(&mut s);
        s.frames.pop().expect("a frame")
    };
    let vxlan = Wrap::Vxlan { near: four[0], far: four[1], network: 7 };
    vec![
        ("fast/tcp", last(vec![], &|s| tcp(s, four))),
        ("fast/udp", last(vec![], &|s| s.udp(four[0].port(1), four[1].port(2), &[7; 400]))),
        ("fast/tcp over ipv6", last(vec![], &|s| tcp(s, six))),
        ("fast/tcp in a vlan", last(vec![Wrap::Vlan(7)], &|s| tcp(s, four))),
        ("general/icmp", last(vec![], &|s| s.ping(four[0], four[1], 1))),
        ("general/arp", last(vec![], &|s| s.arp(four[0], four[1]))),
        (
            "general/fragment",
            last(vec![], &|s| {
                let pieces = s.udp_fragments(four[0].port(1), four[1].port(2), &[7; 1000], 480);
                for piece in &pieces {
                    s.ip(four[0], four[1], piece);
                }
            }),
        ),
        ("general/tcp in vxlan", last(vec![vxlan], &|s| tcp(s, four))),
    ]
}
