//! The merge law where a port is used again at once, and segments of the connection before come between SYN and SYN-ACK.

use super::trace::{Joints, ROOMY, Trace};
use lenscap_flow::{Limits, Refusal};
use lenscap_testkit::packet::Segment;
use lenscap_testkit::{Host, MORNING, Scenario, SplitMix64};
use lenscap_wire::Timestamp;

/// Flows that a little more than fill a small memory.
const FLOOD: u16 = 300;

/// Segments of one connection after the other, of which the last ones of each may come behind the SYN of the next, lost,
/// doubled or in another place; of some, one direction alone is captured.
fn frames(random: &mut SplitMix64, s: &mut Scenario) {
    let ends = [Host::new("02:00:00:00:00:02", "192.168.1.2").port(50_000), s.outside("192.0.2.9").port(443)];
    let (fin, syn, ack) = (1, 2, 16);
    let one_sided = random.chance(20);
    let mut late: Vec<(usize, u8, u32, u32)> = Vec::new();
    for n in 1..=2 + random.below(3) as u32 {
        let isns = [n * 100_000, n * 700_000];
        let sent = if random.chance(75) { [40, 60] } else { [0, 0] };
        let end = [0, 1].map(|side: usize| isns[side] + 1 + sent[side]);
        let mut all = vec![(0, syn, isns[0], 0, 0)];
        for (side, flags, sequence, acknowledgement) in late.drain(..) {
            all.push((side, flags, sequence, acknowledgement, 0));
        }
        all.push((1, syn | ack, isns[1], isns[0] + 1, 0));
        all.push((0, ack, isns[0] + 1, isns[1] + 1, 0));
        all.push((0, ack, isns[0] + 1, isns[1] + 1, sent[0]));
        all.push((1, ack, isns[1] + 1, end[0], sent[1]));
        all.push((0, ack | fin, end[0], end[1], 0));
        all.push((1, ack | fin, end[1], end[0] + 1, 0));
        for segment in [(0, ack, end[0] + 1, end[1] + 1), (1, ack, end[1] + 1, end[0] + 1), (0, ack, 77, 78)]
        {
            if random.chance(60) {
                late.push(segment);
            }
        }
        all.retain(|(side, ..)| (!one_sided || *side == 0) && !random.chance(8));
        if random.chance(20) && all.len() > 1 {
            let at = random.below(all.len() as u64 - 1) as usize;
            all.swap(at, at + 1);
        }
        for (side, flags, sequence, acknowledgement, payload) in all {
            let ports = (ends[side].port, ends[1 - side].port);
            let segment = Segment { ports, flags, sequence, acknowledgement };
            s.segment(ends[side].host, ends[1 - side].host, segment, &vec![7; payload as usize]);
        }
    }
}

#[test]
fn late_segments_of_the_connection_before_hold_at_every_cut() {
    let mut all = Joints::default();
    for seed in 0..400 {
        let (mut random, mut s) = (SplitMix64::new(seed), Scenario::new(MORNING, seed));
        frames(&mut random, &mut s);
        let mut now = MORNING.0;
        for frame in &mut s.frames {
            now += *random.pick(&[0, 1_000_000, 20_000_000, 20_000_000, 5_000_000_000]);
            frame.time = Timestamp(now);
        }
        let trace = Trace::of_frames(&format!("ports used again, seed {seed}"), ROOMY, &s.frames);
        trace.check_every_cut(seed, &mut all);
        trace.check_tree(&trace.serial(), seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}", all.line("ports used again"));
    assert!(all.0.contains_key(&Some(Refusal::Handshake)), "no cut lies where a segment may be late");
    // Nothing here but ports that are used again, and late segments of most of them.
    assert!(all.refused() * 4 < all.all() * 3, "three of four cuts are refused");
}

/// The last ACK of a connection counts for it, though the SYN of the next one on the same ports came before it.
#[test]
fn a_late_ack_counts_for_its_own_connection() {
    let mut s = Scenario::new(MORNING, 1);
    let ends = [Host::new("02:00:00:00:00:02", "192.168.1.2").port(50_000), s.outside("192.0.2.9").port(443)];
    let mut show = |side: usize, flags, sequence, acknowledgement, payload: &[u8]| {
        let segment =
            Segment { ports: (ends[side].port, ends[1 - side].port), flags, sequence, acknowledgement };
        s.segment(ends[side].host, ends[1 - side].host, segment, payload);
    };
    let (fin, syn, ack) = (1, 2, 16);
    show(0, syn, 100, 0, b"");
    show(1, syn | ack, 900, 101, b"");
    show(0, ack, 101, 901, b"ten bytes.");
    show(0, ack | fin, 111, 901, b"");
    show(1, ack | fin, 901, 112, b"");
    show(0, syn, 5000, 0, b"");
    show(0, ack, 112, 902, b"");
    show(1, ack, 902, 112, b"");
    show(1, syn | ack, 8000, 5001, b"");
    show(0, ack, 5001, 8001, b"");
    let trace = Trace::of_frames("a late ACK", ROOMY, &s.frames);
    let flows: Vec<String> =
        trace.serial().lines().filter(|line| line.contains("\"type\":\"flow\"")).map(str::to_owned).collect();
    let [first, second] = &flows[..] else { panic!("{} flows", flows.len()) };
    let packets = |flow: &str| flow.matches("\"packets\":").count() == 2 && flow.contains("\"tcp_history\"");
    assert!(packets(first) && packets(second));
    let counted = |flow: &str| -> Vec<u64> {
        flow.split("\"packets\":").skip(1).filter_map(|rest| rest.split(',').next()?.parse().ok()).collect()
    };
    assert_eq!(counted(first), [4, 3], "SYN, bytes, FIN and the late ACK; SYN-ACK, FIN and an ACK");
    assert_eq!(counted(second), [2, 1], "SYN and ACK; SYN-ACK");
}

/// The connection that was asked for behind the first left memory, half-open as it was; the first one did not. So behind a cut the
/// left side knows the key by what settled alone.
#[test]
fn late_segments_hold_where_their_successor_left_memory() {
    let mut all = Joints::default();
    let mut s = Scenario::new(MORNING, 1);
    let (camera, cloud) = (Host::new("02:00:00:00:00:02", "192.168.1.2"), s.outside("192.0.2.9"));
    let (fin, syn, ack) = (1, 2, 16);
    let show = |s: &mut Scenario, from_camera, flags, sequence, acknowledgement, payload: &[u8]| {
        let (ports, from, to) =
            if from_camera { ((50_000, 443), camera, cloud) } else { ((443, 50_000), cloud, camera) };
        s.segment(from, to, Segment { ports, flags, sequence, acknowledgement }, payload);
    };
    show(&mut s, true, syn, 100, 0, b"");
    show(&mut s, false, syn | ack, 900, 101, b"");
    show(&mut s, true, ack, 101, 901, b"ten bytes.");
    show(&mut s, true, ack | fin, 111, 901, b"");
    show(&mut s, false, ack | fin, 901, 112, b"");
    show(&mut s, true, syn, 5000, 0, b"");
    for n in 0..FLOOD {
        let other = s.outside(&format!("198.51.100.{}", n % 250));
        let segment =
            Segment { ports: (1024 + n, 80), flags: syn, sequence: u32::from(n), acknowledgement: 0 };
        s.segment(other, camera, segment, b"");
    }
    show(&mut s, true, syn, 7000, 0, b"");
    show(&mut s, true, ack, 112, 902, b"");
    let limits = Limits { memory: 128 << 10, ..ROOMY };
    let trace = Trace::of_frames("a successor that left memory", limits, &s.frames);
    assert!(trace.serial().contains("\"flows-evicted\""), "nothing had to leave memory");
    trace.check_every_cut(1, &mut all);
    trace.check_tree(&trace.serial(), 1, &mut all);
    println!("{}", all.line("a successor that left memory"));
    assert!(all.0.contains_key(&Some(Refusal::Handshake)) && all.0.contains_key(&None));
}
