//! The merge law: `fold(xs ++ ys) == fold(xs).then(fold(ys))` for every cut of every capture, whenever `then` answers.
//!
//! A capture is folded serially; that is the definition. Then it is cut at random places, every piece is folded on
//! its own, and the pieces are joined in a random tree; where `then` refuses, the right piece's packets are folded
//! again onto the left, as the engine does. The reports must be equal to the byte, and so must the states: what a report
//! does not show may be shown by the next packet. Every refusal is counted by its
//! reason: a law that is kept by refusing everything would be worth nothing.

mod common;
#[path = "law/far.rs"]
mod far;
#[path = "law/reuse.rs"]
mod reuse;
#[path = "law/spells.rs"]
mod spells;
#[path = "law/trace.rs"]
mod trace;
#[path = "law/ways.rs"]
mod ways;

use common::{CATALOG, rendered};
use lenscap_flow::{Limits, Policy, Summary, judge};
use lenscap_testkit::message::{self, Record as Answer, Value::Address};
use lenscap_testkit::{
    Host, MORNING, Scenario, Side, SplitMix64, captures, random_datagrams, random_flow, random_lookups,
};
use trace::{IDLE, Joints, ROOMY, Trace};

/// Trees of random cuts of one capture, with its line of the table.
fn check(trace: &Trace, trees: u64) -> Joints {
    let (serial, mut joints) = (trace.serial(), Joints::default());
    for seed in 0..trees {
        trace.check_tree(&serial, seed, &mut joints);
        trace.check_associativity(seed);
    }
    joints
}

#[test]
fn fixtures_hold_at_every_place() {
    let mut all = Joints::default();
    for path in captures::fixtures() {
        let trace = Trace::of_file(&path);
        let packets = trace.records.len();
        let (serial, mut joints) = (trace.serial(), Joints::default());
        let mut random = SplitMix64::new(1);
        let mut places: Vec<usize> = (1..packets).collect();
        while places.len() > 150 {
            places.swap_remove(random.below(places.len() as u64) as usize);
        }
        for at in places {
            let whole = trace.join(trace.piece(0..at), trace.piece(at..packets), at..packets, &mut joints);
            trace.compare("the joint", &serial, &rendered(&whole), 1, &[0, at, packets]);
        }
        println!("{}", joints.line(path.strip_prefix(captures::repository()).unwrap().to_str().unwrap()));
        // A hello in forty segments is longer than what is listed for an earlier chunk, so cuts in it are refused.
        if !path.parent().is_some_and(|case| case.ends_with("probes")) {
            all.add(&joints);
        }
    }
    println!("{}", all.line("all fixtures"));
    assert!(all.refused() * 50 < all.all(), "2 % of the cuts or more are refused");
}

/// What the end of a capture decides (a hello without its last segment, a datagram without its last piece) is decided
/// anew at each end: a summary that was judged is folded on as if it had not been.
#[test]
fn judging_leaves_no_trace() {
    let (mut all, mut decided) = (0, 0);
    for path in captures::fixtures() {
        let trace = Trace::of_file(&path);
        let packets = trace.records.len();
        let serial = trace.serial();
        let mut random = SplitMix64::new(1);
        for at in trace.cuts(12, &mut random) {
            let mut summary = Summary::new(trace.limits);
            trace.fold(&mut summary, 0..at);
            let (half, open) = (rendered(&summary), summary.flows() as u64);
            assert!(half.contains("\"balanced\":true"), "{} to packet {at}", trace.name);
            let closed = summary.close();
            decided += u64::from(judge(&closed, &CATALOG, &Policy::default()).overview.flows > open);
            trace.fold(&mut summary, at..packets);
            trace.compare("what was judged before", &serial, &rendered(&summary), 1, &[0, at, packets]);
            all += 1;
        }
    }
    println!("{all} summaries judged on the way, {decided} with flows that only their end makes");
    assert!(decided > 0);
}

#[test]
fn fixtures_hold_in_random_trees() {
    for (name, memory) in [("all fixtures", ROOMY.memory), ("all fixtures, tiny memory", 40 << 10)] {
        let mut all = Joints::default();
        for path in captures::fixtures() {
            let trace = Trace { limits: Limits { idle: IDLE, memory }, ..Trace::of_file(&path) };
            all.add(&check(&trace, 15));
        }
        println!("{}", all.line(name));
    }
}

#[test]
fn random_traffic_holds() {
    let mut all = Joints::default();
    let mut associative = 0;
    for seed in 0..60 {
        let trace = Trace::of_seed(seed, 400, ROOMY);
        let serial = trace.serial();
        for cut in 0..12 {
            trace.check_tree(&serial, cut, &mut all);
            associative += u64::from(trace.check_associativity(cut));
        }
    }
    println!("{}; associative {associative} of 720", all.line("random traffic"));
}

/// Every fixture with bytes changed, cut out and repeated, as far as it can be read: what a broken disk or a hostile sender
/// leaves.
#[test]
fn damaged_fixtures_hold() {
    let mut all = Joints::default();
    let directory = tempfile::tempdir().expect("a directory can be made");
    for (seed, path) in (0..).zip(captures::fixtures()) {
        let mut random = SplitMix64::new(seed);
        let mut bytes = std::fs::read(&path).expect("a fixture can be read");
        for _ in 0..=bytes.len() / 400 {
            let at = 40 + random.below(bytes.len().saturating_sub(40).max(1) as u64) as usize;
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        let damaged = directory.path().join(format!("{seed}"));
        std::fs::write(&damaged, &bytes).expect("a file can be written");
        all.add(&check(
            &Trace { name: format!("damaged {}", path.display()), ..Trace::of_file(&damaged) },
            12,
        ));
        // Damage that leaves the records in place: only what is in them is wrong.
        let mut inside = Trace::of_file(&path);
        inside.name = format!("damaged inside {}", path.display());
        for _ in 0..inside.block.len() / 200 {
            let at = random.below(inside.block.len() as u64) as usize;
            inside.block[at] ^= 1 << random.below(8);
        }
        all.add(&check(&inside, 12));
    }
    println!("{}", all.line("damaged fixtures"));
    assert!(all.all() > 500, "too little of the damaged files could be read");
}

#[test]
fn one_hostile_flow_holds() {
    let mut all = Joints::default();
    for seed in (0..2500).chain([21_504]) {
        let count = 2 + seed as usize % 30;
        let name = format!("random_flow({seed}, {count})");
        let trace = Trace::of_frames(&name, ROOMY, &random_flow(seed, count));
        let serial = trace.serial();
        trace.check_tree(&serial, seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}", all.line("one flow"));
}

/// Repeats, probes and wrong copies on both sides of every cut, each list joined to what was listed before it.
#[test]
fn repeats_hold_at_every_cut() {
    let mut all = Joints::default();
    for seed in 0..200 {
        let frames = if seed % 2 == 0 { random_flow(seed, 16) } else { random_datagrams(seed, 16) };
        let trace = Trace::of_frames(&format!("flow of seed {seed}"), ROOMY, &frames);
        trace.check_every_cut(seed, &mut all);
    }
    println!("{}", all.line("repeats"));
}

/// Messages of DNS over TCP that are told when their half ends, cut between any two of their segments: what was learned names
/// the packets that told it, wherever the cut was, and none twice.
#[test]
fn lookups_over_tcp_hold_at_every_cut() {
    let (mut all, mut told) = (Joints::default(), 0);
    for seed in 0..120 {
        let count = 16 + seed as usize % 48;
        let frames = random_lookups(seed, count);
        let trace = Trace::of_frames(&format!("random_lookups({seed}, {count})"), ROOMY, &frames);
        let (serial, whole) = (trace.serial(), trace.piece(0..count));
        told += serial.matches("\"type\":\"name\"").count();
        for at in 1..count {
            let joint = trace.join(trace.piece(0..at), trace.piece(at..count), at..count, &mut all);
            trace.compare("the joint", &rendered(&whole), &rendered(&joint), seed, &[0, at, count]);
            assert!(whole.state() == joint.state(), "the state differs: seed {seed}, cut at {at}");
        }
        trace.check_tree(&serial, seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}; {told} names", all.line("lookups over TCP"));
    assert!(told > 60, "too little was learned: {told} names");
    assert!(all.refused() * 4 < all.all(), "a quarter of the cuts or more are refused");
}

/// A connection to a resolver that goes on for long is no reason to fold everything behind a cut again.
#[test]
fn a_long_connection_to_a_resolver_is_joined() {
    let mut s = Scenario::new(MORNING, 1);
    let (camera, resolver) = (Host::new("02:00:00:00:00:02", "192.168.1.2"), s.outside("192.0.2.53"));
    let mut tcp = s.tcp(camera, resolver.port(53));
    tcp.segment_size = 536;
    for n in 0..16u8 {
        let answer = |m| Answer { name: "a.example.com", value: Address([203, 0, 113 + n, m].into()) };
        let answers: Vec<Answer<'_>> = (0..40).map(answer).collect();
        let message = message::dns(1, 0x8180, Some(("a.example.com", 1)), &answers);
        let lengthened = [&(message.len() as u16).to_be_bytes()[..], &message].concat();
        tcp.send(&mut s, Side::Server, &lengthened);
    }
    let trace = Trace::of_frames("a long connection", ROOMY, &s.frames);
    let (count, serial, mut joints) = (s.frames.len(), trace.serial(), Joints::default());
    assert_eq!(serial.matches("\"type\":\"name\"").count(), 16 * 40);
    for at in 4..count {
        let joint = trace.join(trace.piece(0..at), trace.piece(at..count), at..count, &mut joints);
        trace.compare("the joint", &serial, &rendered(&joint), 1, &[0, at, count]);
    }
    assert_eq!(joints.refused(), 0, "{}", joints.line("a long connection"));
}

#[test]
fn one_hostile_flow_of_datagrams_holds() {
    let mut all = Joints::default();
    for seed in 0..1500 {
        let count = 2 + seed as usize % 24;
        let name = format!("random_datagrams({seed}, {count})");
        let trace = Trace::of_frames(&name, ROOMY, &random_datagrams(seed, count));
        let serial = trace.serial();
        trace.check_tree(&serial, seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}", all.line("one flow of datagrams"));
}

#[test]
fn caps_bite_at_the_same_packet() {
    let mut all = Joints::default();
    let (mut bitten, mut given_up) = (0, 0);
    for seed in 0..60 {
        let limits = Limits { idle: IDLE, memory: (16 << 10) + seed as usize * (3 << 10) };
        let trace = match seed % 4 {
            0 => Trace::of_names(seed, 400, limits),
            _ => Trace::of_seed(seed, 1200, limits),
        };
        let serial = trace.serial();
        bitten += u64::from(serial.contains("\"exact\":false"));
        // Records of evicted flows gave way, too.
        given_up += u64::from(serial.contains("\"contacts\":"));
        for cut in 0..8 {
            trace.check_tree(&serial, cut, &mut all);
        }
    }
    println!("{}; caps bit in {bitten} of 60", all.line("tiny memory"));
    assert!(bitten > 20 && bitten < 60 && given_up > 10, "caps bit in {bitten}, of records in {given_up}");
}

#[test]
fn corpus_holds() {
    let Some(paths) = captures::corpus(400, 400_000) else {
        println!("skipped: there is no corpus");
        return;
    };
    let mut all = Joints::default();
    for path in &paths {
        all.add(&check(&Trace::of_file(path), 4));
    }
    println!("{}; {} captures", all.line("corpus"), paths.len());
}
