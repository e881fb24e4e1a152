//! The merge law where one segment stands so far off that it is not known which side of the others it is on.

use super::trace::{Joints, ROOMY, Trace};
use lenscap_testkit::packet::Segment;
use lenscap_testkit::{Host, MORNING, Scenario};

/// A server's payload with a number that damage moved so far, before the end of a half in which it sent nothing else.
fn moved(by: u32) -> Trace {
    let mut s = Scenario::new(MORNING, 1);
    let ends = [Host::new("02:00:00:00:00:02", "192.168.1.2").port(50_000), s.outside("192.0.2.9").port(443)];
    let (fin, syn, ack) = (1, 2, 16);
    let (client, server) = (100_000u32, 700_000u32);
    let all = [
        (0, syn, client, 0, 0),
        (1, syn | ack, server, client + 1, 0),
        (0, ack, client + 1, server + 1, 0),
        (0, ack, client + 1, server + 1, 6),
        (1, ack, (server + 1).wrapping_add(by), client + 7, 6),
        (0, ack, client + 7, server + 1, 6),
        (1, ack | fin, server + 1, client + 13, 0),
        (0, ack | fin, client + 13, server + 2, 0),
    ];
    for (side, flags, sequence, acknowledgement, payload) in all {
        let side: usize = side;
        let ports = (ends[side].port, ends[1 - side].port);
        let segment = Segment { ports, flags, sequence, acknowledgement };
        s.segment(ends[side].host, ends[1 - side].host, segment, &vec![7; payload]);
    }
    Trace::of_frames(&format!("a segment moved by {by}"), ROOMY, &s.frames)
}

#[test]
fn a_segment_moved_by_any_distance_holds_at_every_cut() {
    let mut all = Joints::default();
    for bit in 0..32_u32 {
        for near in [0, 1, 6, 7, 40_000] {
            for by in [1u32 << bit, (1u32 << bit).wrapping_add(near), (1u32 << bit).wrapping_sub(near)] {
                moved(by).check_every_cut(u64::from(bit), &mut all);
            }
        }
    }
    println!("{}", all.line("a segment far off"));
    assert!(all.all() > all.refused(), "all joints were refused");
}
