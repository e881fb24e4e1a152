//! Random segments, and random datagrams, of one five-tuple, as hostile to a cut as one flow can be.
//!
//! [`random_traffic`](crate::random_traffic) talks as hosts do; here nobody keeps to a protocol: handshakes are
//! repeated, answered twice or by nobody, half a message comes before the SYN, headers are cut off, sequence numbers
//! wrap every few packets, and the clock jumps over the idle time or back.

use crate::message::{self, ClientHello};
use crate::packet::Segment;
use crate::traffic::undecided::{Said, dns_over_tcp, exchange};
use crate::{Host, MORNING, OwnedFrame, SECOND, Scenario, SplitMix64};
use lenscap_wire::TcpFlags;

/// What one half says, over and over.
struct Half {
    first: u32,
    said: Vec<u8>,
    at: u32,
}

/// `count` frames in capture order; the same for the same seed.
pub fn random_flow(seed: u64, count: usize) -> Vec<OwnedFrame> {
    let mut random = SplitMix64::new(seed);
    let mut s = Scenario::new(MORNING, random.next());
    let ends = [Host::new("02:00:00:00:00:02", "192.168.1.2"), s.outside("192.0.2.9")];
    let said = [request(&mut random), message::server_hello(&mut random)];
    let mut halves = said.map(|said| Half { first: near_the_end(&mut random), said, at: 0 });
    while s.frames.len() < count {
        let side = random.below(2) as usize;
        if random.chance(5) {
            halves[side].first = near_the_end(&mut random);
        }
        let (flags, payload) = step(&mut random, &mut halves[side]);
        let half = &halves[side];
        let sequence = match flags & TcpFlags::SYN {
            0 => half.first.wrapping_add(1).wrapping_add(half.at),
            _ => half.first,
        };
        let ports = if side == 0 { (50_000, 443) } else { (443, 50_000) };
        let other = &halves[1 - side];
        let received = if flags & TcpFlags::SYN == 0 { other.at } else { 0 };
        let acknowledgement = other.first.wrapping_add(1).wrapping_add(received);
        let segment = Segment { ports, sequence, acknowledgement, flags };
        s.segment(ends[side], ends[1 - side], segment, &payload);
        if random.chance(10) {
            // Its checksum is wrong, and so may be what it says.
            s.frames.last_mut().expect("a segment was sent").bytes[50] ^= 1;
        }
        if random.chance(8) {
            let cut = s.frames.pop().expect("a segment was sent").cut(14 + 20 + random.below(30) as u32);
            s.frames.push(cut);
        }
        if flags & TcpFlags::SYN == 0 {
            halves[side].at = halves[side].at.wrapping_add(payload.len() as u32);
        }
        s.wait(*random.pick(&[0, 0, 0, 1, 20, 301, -2, -400]) * SECOND);
    }
    s.frames
}

/// `count` datagrams of one five-tuple: those of several exchanges, each drawn again and again in any order.
pub fn random_datagrams(seed: u64, count: usize) -> Vec<OwnedFrame> {
    let mut random = SplitMix64::new(seed);
    let mut s = Scenario::new(MORNING, random.next());
    let ends = [
        Host::new("02:00:00:00:00:02", "192.168.1.2").port(50_000),
        s.outside("192.0.2.9").port(*random.pick(&[443, 3478, 9000])),
    ];
    let mut said: Said = Vec::new();
    for _ in 0..=random.below(3) {
        said.extend(exchange(&mut random));
    }
    let mut next = 0;
    while s.frames.len() < count {
        next = if random.chance(70) { next + 1 } else { random.below(said.len() as u64) as usize };
        let (side, payload) = &said[next % said.len()];
        // One side may say what the other did.
        let side = if random.chance(5) { 1 - *side as usize } else { *side as usize };
        s.udp(ends[side], ends[1 - side], payload);
        let frame = s.frames.last_mut().expect("a datagram was sent");
        match random.below(20) {
            0 => frame.bytes[40] ^= 1,
            1 => *frame = frame.clone().cut(42 + random.below(300) as u32),
            _ => {}
        }
        s.wait(*random.pick(&[0, 0, 0, 0, 0, 1, 20, 301, -2, -400]) * SECOND);
    }
    s.frames
}

/// `count` segments of one five-tuple that carry DNS: messages in segments of any size, a connection after another, of
/// which segments come twice, in another order, or with a wrong checksum.
pub fn random_lookups(seed: u64, count: usize) -> Vec<OwnedFrame> {
    let mut random = SplitMix64::new(seed);
    let mut s = Scenario::new(MORNING, random.next());
    let ends =
        [Host::new("02:00:00:00:00:02", "192.168.1.2"), s.outside("192.0.2.9")].map(|host| host.port(50_000));
    while s.frames.len() < count {
        dns_over_tcp(&mut s, &mut random, ends[0], ends[1]);
        s.wait(*random.pick(&[0, 1, 20, 301]) * SECOND);
    }
    s.frames.truncate(count);
    for n in 1..count {
        match random.below(16) {
            0 => s.frames.swap(n - 1, n),
            1 => s.frames[n] = s.frames[n - 1].clone(),
            2 => s.frames[n].bytes[50] ^= 1,
            _ => {}
        }
    }
    s.frames
}

fn near_the_end(random: &mut SplitMix64) -> u32 {
    u32::MAX - random.below(200) as u32
}

fn request(random: &mut SplitMix64) -> Vec<u8> {
    match random.below(4) {
        0 => b"GET /index HTTP/1.1\r\nHost: a.example.com\r\nUser-Agent: example/1\r\n\r\n".repeat(3),
        1 => random.bytes(60),
        2 => ClientHello { key_share: 1216, ..ClientHello::default() }.record(random),
        _ => ClientHello { name: Some("a.example.com"), ..ClientHello::default() }.record(random),
    }
}

/// Flags and payload of the next segment; may move the half to another place of what it says.
fn step(random: &mut SplitMix64, half: &mut Half) -> (u8, Vec<u8>) {
    match random.below(13) {
        0 => return (TcpFlags::SYN, Vec::new()),
        1 => return (TcpFlags::SYN | TcpFlags::ACK, Vec::new()),
        2 => return (*random.pick(&[TcpFlags::SYN, TcpFlags::SYN | TcpFlags::ACK]), b"early".to_vec()),
        3 => return (TcpFlags::ACK, Vec::new()),
        4 => return (*random.pick(&[TcpFlags::FIN | TcpFlags::ACK, TcpFlags::RST]), Vec::new()),
        5 => half.at = half.at.saturating_sub(random.below(80) as u32),
        6 => half.at = half.at.wrapping_add(random.below(40) as u32),
        7 => half.at = 0,
        8 if half.at > 0 => {
            // A keep-alive probe: the byte before the next one, and not what was said there.
            half.at -= 1;
            return (TcpFlags::ACK, vec![0]);
        }
        _ => {}
    }
    let rest = half.said.get(half.at as usize..).unwrap_or_default();
    let length = 1 + random.below(*random.clone().pick(&[8, 60, 400])) as usize;
    match rest.get(..length.min(rest.len())) {
        Some(bytes) if !bytes.is_empty() => (TcpFlags::ACK | TcpFlags::PSH, bytes.to_vec()),
        _ => (TcpFlags::ACK | TcpFlags::PSH, random.bytes(length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_everything() {
        assert_eq!(random_flow(1, 20), random_flow(1, 20));
        assert_ne!(random_flow(1, 20), random_flow(2, 20));
        assert_eq!(random_flow(3, 20).len(), 20);
        assert_eq!(random_lookups(1, 20), random_lookups(1, 20));
        assert_ne!(random_lookups(1, 20), random_lookups(2, 20));
        assert_eq!(random_datagrams(1, 20), random_datagrams(1, 20));
        assert_ne!(random_datagrams(1, 20), random_datagrams(2, 20));
    }
}
