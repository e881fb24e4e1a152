//! Random traffic that is as odd as a cut or a merge can bear: many interleaved flows with loss, repeats, reordering,
//! sequence wrap, port reuse, idle gaps, stamps stepping back, fragments, names and split hellos, and everything else
//! that one packet does not decide ([`undecided`]).
//!
//! Ports and addresses come from a small pool, so that five-tuples meet again.

pub(crate) mod undecided;

use crate::Host;
use crate::message::{self, ClientHello};
use crate::{Conversation, End, MILLISECOND, MORNING, OwnedFrame, SECOND, Scenario, Side, SplitMix64, Wrap};
use lenscap_wire::{TcpFlags, Timestamp};

/// `count` frames in capture order; the same for the same seed. Stamps mostly ascend.
pub fn random_traffic(seed: u64, count: usize) -> Vec<OwnedFrame> {
    let mut random = SplitMix64::new(seed);
    let mut frames = Vec::new();
    while frames.len() < count {
        let begin = MORNING.0 + random.below(900) as i64 * SECOND;
        frames.extend(flow(&mut random, Timestamp(begin)));
    }
    frames.sort_by_key(|frame| frame.time);
    frames.truncate(count);
    disturb(&mut random, &mut frames);
    frames
}

fn flow(random: &mut SplitMix64, begin: Timestamp) -> Vec<OwnedFrame> {
    let mut s = Scenario::new(begin, random.next());
    s.step = 1 + random.below(200) as i64 * MILLISECOND;
    if random.chance(10) {
        s.within.push(Wrap::Vlan(10 + random.below(2) as u16));
    }
    let six = random.chance(20);
    let (client, server) = ends(&s, random, six);
    match random.below(16) {
        0..5 => connection(&mut s, random, client, server),
        5 => names(&mut s, random, client.host, server.host),
        6 => datagrams(&mut s, random, client, server),
        7 => pieces(&mut s, random, client, server),
        8 => s.ping(client.host, server.host, random.below(9) as u16),
        9..12 => undecided::datagrams(&mut s, random, client, server),
        12 => undecided::dns_over_tcp(&mut s, random, client, server),
        13 | 14 => undecided::besieged_hello(&mut s, random, client, server),
        _ => s.udp_refused(client, server, b"anybody?"),
    }
    s.frames
}

fn ends(s: &Scenario, random: &mut SplitMix64, six: bool) -> (End, End) {
    let (inside, outside) = (2 + random.below(3), 1 + random.below(3));
    let mac = format!("02:00:00:00:00:{inside:02x}");
    let (from, to) = if six {
        (format!("fd00::{inside}"), format!("2001:db8::{outside}"))
    } else {
        (format!("192.168.1.{inside}"), format!("192.0.2.{outside}"))
    };
    let client = Host::new(&mac, &from).port(50_000 + random.below(4) as u16);
    (client, s.outside(&to).port(*random.pick(&[80, 443, 554, 8000])))
}

fn connection(s: &mut Scenario, random: &mut SplitMix64, client: End, server: End) {
    let mut first =
        || if random.chance(40) { u32::MAX - random.below(3000) as u32 } else { random.next() as u32 };
    let mut tcp = Conversation::unopened(client, server, [first(), first()]);
    tcp.segment_size = *random.pick(&[7, 100, 536, 1460]);
    tcp.acknowledged = random.chance(70);
    if random.chance(25) {
        let (again, gap) = (tcp.clone(), *random.pick(&[1, 3, 400]));
        again.at(s, Side::Client, again.next(Side::Client), TcpFlags::SYN, b"");
        s.wait(gap * SECOND);
    }
    if random.chance(85) {
        tcp.open(s);
    }
    if random.chance(60) {
        let name = *random.pick(&["a.example.com", "b.example.net"]);
        let key_share = *random.pick(&[32, 1216]);
        let hello =
            ClientHello { name: Some(name), key_share, ..ClientHello::default() }.record(&mut s.random);
        tcp.send(s, Side::Client, &hello);
        let reply = message::server_hello(&mut s.random);
        tcp.send(s, Side::Server, &reply);
    }
    for _ in 0..random.below(12) {
        trouble(s, random, &mut tcp);
    }
    match random.below(4) {
        0 => tcp.reset(s, Side::Server),
        1 => {}
        _ => tcp.close(s, Side::Client),
    }
}

fn trouble(s: &mut Scenario, random: &mut SplitMix64, tcp: &mut Conversation) {
    let side = *random.pick(&[Side::Client, Side::Server]);
    let length = 1 + random.below(400) as usize;
    match random.below(10) {
        0 => tcp.skip(side, length as u32),
        1 => {
            let back = random.below(600) as u32;
            let bytes = random.bytes(length);
            tcp.again(s, side, back, &bytes);
        }
        2 => s.reverse_last(2 + random.below(3) as usize),
        3 => s.lose_last(),
        4 => s.wait(*random.pick(&[1, 299, 300, 301, 700]) * SECOND),
        _ => tcp.send(s, side, &random.bytes(length)),
    }
}

fn names(s: &mut Scenario, random: &mut SplitMix64, client: Host, server: Host) {
    let name = *random.pick(&["a.example.com", "b.example.net", "c.example.org"]);
    let question = s.dns_query(client, server, name);
    s.wait(random.below(2) as i64 * SECOND);
    match random.below(4) {
        0 => s.dns_denied(&question),
        1 => s.dns_answer(&question, &["edge.example.net"], &[server.ip]),
        2 => {}
        _ => s.dns_answer(&question, &[], &[server.ip]),
    }
}

fn datagrams(s: &mut Scenario, random: &mut SplitMix64, client: End, server: End) {
    for _ in 0..=random.below(8) {
        let length = random.below(300) as usize;
        let (from, to) = if random.chance(70) { (client, server) } else { (server, client) };
        s.udp(from, to, &random.bytes(length));
        if random.chance(10) {
            s.wait(301 * SECOND);
        }
    }
}

fn pieces(s: &mut Scenario, random: &mut SplitMix64, client: End, server: End) {
    let length = 100 + random.below(2000) as usize;
    let payload = random.bytes(length);
    let mut cut = s.udp_fragments(client, server, &payload, *random.pick(&[64, 576, 1480]));
    if random.chance(30) {
        cut.reverse();
    }
    if random.chance(20) {
        cut.pop();
    }
    for piece in &cut {
        s.ip(client.host, server.host, piece);
        if random.chance(10) {
            s.ip(client.host, server.host, piece);
        }
    }
}

/// Swaps neighbours, repeats frames, cuts some at a snap length, lets single stamps step back, and damages bytes that
/// checksums cover.
fn disturb(random: &mut SplitMix64, frames: &mut [OwnedFrame]) {
    for n in 1..frames.len() {
        match random.below(60) {
            0 => frames.swap(n - 1, n),
            1 => frames[n] = frames[n - 1].clone(),
            2 => frames[n].bytes.truncate(14 + random.below(80) as usize),
            3 => frames[n].time.0 -= *random.pick(&[1, SECOND, 400 * SECOND]),
            4 => damage(&mut frames[n].bytes),
            _ => {}
        }
    }
}

fn damage(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_everything() {
        assert_eq!(random_traffic(1, 500), random_traffic(1, 500));
        assert_ne!(random_traffic(1, 500), random_traffic(2, 500));
        assert_eq!(random_traffic(3, 2000).len(), 2000);
    }

    #[test]
    fn no_frame_holds_more_than_was_on_the_wire() {
        assert!(random_traffic(4, 2000).iter().all(|frame| frame.bytes.len() <= frame.wire_length as usize));
    }
}
