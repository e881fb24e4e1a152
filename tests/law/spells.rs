//! The merge law where it is hardest to keep for spells: clocks that step, and handshakes that are sent or seen again.

use super::trace::{IDLE, Joints, ROOMY, Trace};
use lenscap_flow::Refusal;
use lenscap_testkit::packet::Segment;
use lenscap_testkit::{Host, MORNING, OwnedFrame, Scenario, SplitMix64, random_datagrams, random_flow};
use lenscap_wire::Timestamp;

/// The frames of one flow, of segments or of datagrams.
fn flow(seed: u64, count: usize) -> Vec<OwnedFrame> {
    if seed.is_multiple_of(3) { random_datagrams(seed, count) } else { random_flow(seed, count) }
}

/// The clock steps back and on again by up to four times the idle time, and every flow goes over such a step.
#[test]
fn stamps_that_step_hold_at_every_cut() {
    let mut all = Joints::default();
    for seed in 0..300 {
        let (mut frames, mut random) = (flow(seed, 14), SplitMix64::new(seed));
        let mut off = 0;
        for frame in &mut frames {
            off = *random.pick(&[off, off, off, 0, IDLE / 2, 4 * IDLE, -IDLE, -4 * IDLE]);
            frame.time = Timestamp(frame.time.0 + off);
        }
        let trace = Trace::of_frames(&format!("stepping stamps of seed {seed}"), ROOMY, &frames);
        trace.check_every_cut(seed, &mut all);
        trace.check_tree(&trace.serial(), seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}", all.line("stepping stamps"));
    assert!(all.0.contains_key(&Some(Refusal::Chain)), "no cut lies where a chain is refused");
    assert!(all.refused() * 2 < all.all(), "half of the cuts are refused");
}

/// Whether a frame of a flow of segments is a SYN or a SYN-ACK.
fn is_syn(frame: &OwnedFrame) -> bool {
    frame.bytes.get(47).is_some_and(|flags| flags & 2 != 0)
}

/// Each SYN and SYN-ACK is seen once more at another place, in front of what it belongs to or long after.
#[test]
fn a_handshake_seen_again_anywhere_holds_at_every_cut() {
    let mut all = Joints::default();
    for seed in (0..240).filter(|seed| seed % 3 != 0) {
        let (mut frames, mut random) = (flow(seed, 12), SplitMix64::new(seed));
        // The steps of other tests apart: what is asked here is the order.
        for (frame, n) in frames.iter_mut().zip(0..) {
            frame.time = Timestamp(1_772_443_501_000_000_000 + n * 1_000_000);
        }
        let again: Vec<_> = frames.iter().filter(|frame| is_syn(frame)).cloned().collect();
        for syn in again {
            let at = random.below(frames.len() as u64) as usize;
            let time = frames[at].time;
            frames.insert(at, OwnedFrame { time, ..syn });
        }
        let trace = Trace::of_frames(&format!("handshakes of seed {seed}"), ROOMY, &frames);
        trace.check_every_cut(seed, &mut all);
        trace.check_tree(&trace.serial(), seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}", all.line("handshakes again"));
    assert!(all.refused() * 2 < all.all(), "half of the cuts are refused");
}

/// Both ends open at once, as where two firewalls are passed: SYNs of both come again anywhere, and a flow of this sort is
/// one.
#[test]
fn both_ends_opening_at_once_hold_at_every_cut() {
    let (mut all, mut flows) = (Joints::default(), [0; 2]);
    for seed in 0..160 {
        let mut random = SplitMix64::new(seed);
        let mut s = Scenario::new(MORNING, seed);
        let ends =
            [Host::new("02:00:00:00:00:02", "192.168.1.2").port(50_000), s.outside("192.0.2.9").port(9000)];
        let isns = [7_000, 9_000];
        let mut send = |side: usize, flags, sequence, acknowledgement, payload: &[u8]| {
            let ports = (ends[side].port, ends[1 - side].port);
            let segment = Segment { ports, flags, sequence, acknowledgement };
            s.segment(ends[side].host, ends[1 - side].host, segment, payload);
        };
        let (syn, ack) = (2, 16);
        for _ in 0..=random.below(2) {
            for side in [0, 1] {
                send(side, syn, isns[side], 0, b"");
            }
        }
        for side in [0, 1] {
            if random.chance(60) {
                send(side, syn | ack, isns[side], isns[1 - side] + 1, b"");
            }
        }
        for (side, payload) in
            [(0, &b"GET / HTTP/1.1\r\n"[..]), (1, b"HTTP/1.1 200 OK\r\n"), (0, b"Host: a\r\n\r\n")]
        {
            send(side, ack, isns[side] + 1, isns[1 - side] + 1, payload);
        }
        let plain = s.frames.clone();
        let again: Vec<_> = s.frames.iter().filter(|frame| is_syn(frame)).cloned().collect();
        let again: Vec<_> = again.into_iter().filter(|_| random.chance(50)).collect();
        for frame in again {
            let at = random.below(s.frames.len() as u64 + 1) as usize;
            s.frames.insert(at, frame);
        }
        if random.chance(30) {
            let other = random.below(s.frames.len() as u64) as usize;
            // Another connection of the same ports, of which either end may be the client.
            let again = s.frames[other].bytes[38..42].to_vec();
            s.frames
                .iter_mut()
                .skip(other + 1)
                .filter(|frame| frame.bytes[38..42] == again[..])
                .for_each(|frame| frame.bytes[41] ^= 1);
        } else if s.frames.first().is_some_and(|frame| is_syn(frame) && frame.bytes[47] & 16 == 0) {
            let trace = Trace::of_frames(&format!("plain opening of seed {seed}"), ROOMY, &plain);
            let count = trace.serial().matches("\"type\":\"flow\"").count();
            flows[usize::from(count == 1)] += 1;
        }
        for (frame, n) in s.frames.iter_mut().zip(0..) {
            frame.time = Timestamp(MORNING.0 + n * 1_000_000);
        }
        let trace = Trace::of_frames(&format!("opening at once of seed {seed}"), ROOMY, &s.frames);
        trace.check_every_cut(seed, &mut all);
        trace.check_tree(&trace.serial(), seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}; {} of one flow", all.line("opening at once"), flows[1]);
    assert_eq!(flows[0], 0, "an opening at once is two flows");
    assert!(flows[1] > 40);
    assert!(all.refused() * 3 < all.all() * 2, "two of three cuts are refused");
}

/// A mirror shows each datagram once more, none to three datagrams later; some of them too late to be copies.
#[test]
fn datagrams_seen_again_hold_at_every_cut() {
    let (mut all, mut copies) = (Joints::default(), 0);
    for seed in 0..160 {
        let mut random = SplitMix64::new(seed);
        let lag = seed as usize % 4;
        let said = random_datagrams(seed, 8);
        let mut frames = Vec::new();
        for n in 0..said.len() + lag {
            frames.extend(said.get(n).cloned());
            let again = n.checked_sub(lag).and_then(|n| said.get(n)).filter(|_| random.chance(80));
            frames.extend(again.cloned());
        }
        let mut now = 1_772_443_501_000_000_000;
        for frame in &mut frames {
            now += *random.pick(&[0, 300_000, 30_000_000, 95_000_000, 150_000_000]);
            frame.time = Timestamp(now);
        }
        let trace = Trace::of_frames(&format!("copies of seed {seed}"), ROOMY, &frames);
        trace.check_every_cut(seed, &mut all);
        let serial = trace.serial();
        copies += usize::from(serial.contains("\"copies\""));
        trace.check_tree(&serial, seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}; {copies} with copies", all.line("datagrams again"));
    assert!(copies > 40, "copies are found in {copies} of 160");
}

/// Bursts of large datagrams of both ends, each again up to 24 datagrams or hundreds later: windows and samples hold at every
/// cut, and in every tree, of few as of many.
#[test]
fn large_datagrams_seen_again_behind_others_hold_at_every_cut() {
    let (mut all, mut copies) = (Joints::default(), 0);
    for seed in 0..90 {
        let mut random = SplitMix64::new(seed);
        let mut s = Scenario::new(MORNING, seed);
        let ends =
            [Host::new("02:00:00:00:00:02", "192.168.1.2").port(50_000), s.outside("192.0.2.9").port(9000)];
        let many = seed % 9 == 0;
        for _ in 0..if many { 900 } else { 3 + random.below(16) } {
            let side = usize::from(random.chance(20));
            let length = *random.pick(&[40, 127, 128, 700, 700, 1200]);
            let payload: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
            s.udp(ends[side], ends[1 - side], &payload);
        }
        let lag = if many { 200 + seed as usize } else { random.below(24) as usize };
        let mut frames: Vec<OwnedFrame> = Vec::new();
        for n in 0..s.frames.len() + lag {
            frames.extend(s.frames.get(n).cloned());
            let again = n.checked_sub(lag).and_then(|n| s.frames.get(n)).filter(|_| random.chance(90));
            frames.extend(again.cloned());
        }
        let mut now = MORNING.0;
        for frame in &mut frames {
            now += *random.pick(&[0, 300_000, 1_000_000, 9_000_000]);
            frame.time = Timestamp(now);
        }
        let trace = Trace::of_frames(&format!("large copies of seed {seed}"), ROOMY, &frames);
        if !many {
            trace.check_every_cut(seed, &mut all);
        }
        let serial = trace.serial();
        copies += usize::from(serial.contains("\"copies\""));
        trace.check_tree(&serial, seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}; {copies} with copies", all.line("large datagrams again"));
    assert!(copies > 60, "copies are found in {copies} of 90");
    assert_eq!(all.refused(), 0);
}
