//! The merge law for what the first packet of a side shows of its way: hops and ends of tunnels that differ from packet to packet.

use super::trace::{Joints, ROOMY, Trace};
use lenscap_testkit::{Host, MORNING, Scenario, SplitMix64, Wrap};

/// Where the hop limit stands in an IPv4 packet behind Ethernet, and in the one that it carries.
const HOPS: [usize; 2] = [22, 42];

/// Two ends, each of a tunnel with a third in turn, or within it, send each other datagrams and pieces of them.
#[test]
fn the_way_of_a_first_packet_holds_at_every_cut() {
    let mut all = Joints::default();
    for seed in 0..120 {
        let mut random = SplitMix64::new(seed);
        let mut s = Scenario::new(MORNING, seed);
        let ends = [Host::new("02:00:00:00:00:02", "192.168.1.2"), s.outside("192.0.2.9")];
        while s.frames.len() < 10 {
            let [from, to] = if random.chance(50) { [0, 1] } else { [1, 0] };
            let (from, to) = (ends[from].port([5000, 9000][from]), ends[to].port([5000, 9000][to]));
            let [near, far] = if random.chance(50) { ends } else { [ends[1], ends[0]] };
            s.within = if seed % 2 == 0 { vec![Wrap::IpIp { near, far }] } else { Vec::new() };
            let payload = random.bytes(200);
            let pieces = s.udp_fragments(from, to, &payload, 104);
            match random.below(3) {
                0 => pieces.iter().for_each(|piece| s.ip(from.host, to.host, piece)),
                1 => s.ip(from.host, to.host, &pieces[0]),
                _ => s.udp(from, to, &payload),
            }
        }
        for frame in &mut s.frames {
            for at in HOPS {
                frame.bytes[at] = *random.pick(&[0, 1, 57, 64, 128]);
            }
        }
        let trace = Trace::of_frames(&format!("ways of seed {seed}"), ROOMY, &s.frames);
        trace.check_every_cut(seed, &mut all);
        trace.check_tree(&trace.serial(), seed, &mut all);
        trace.check_associativity(seed);
    }
    println!("{}", all.line("ways"));
    assert!(all.refused() * 2 < all.all(), "half of the cuts are refused");
}
