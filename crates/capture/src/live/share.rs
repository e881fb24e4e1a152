//! Several handles that share the packets of an interface: which of them gets a packet.
//!
//! The kernel asks a program of ours, and not its own hash over addresses and ports: all packets between 192.168.1.5 and 192.0.2.7
//! are of one handle, whatever their direction, and so are the pieces of a datagram, which have no ports, and what a tunnel
//! between the two carries. So the flows of two handles are disjoint, and no datagram is torn. The price is that two stations that
//! say much to each other keep one thread busy.

use lenscap_ring::{Group, Instruction};
use std::io;
use std::os::fd::BorrowedFd;

/// Offsets from the network header (`SKF_NET_OFF` of the kernel). Where a tag stands before the IP header, that of a packet that
/// comes is what follows the tag's first two bytes, and that of one that goes is the IP header.
const NETWORK: u32 = 0xfff0_0000;
/// Offsets from the frame's first byte (`SKF_LL_OFF`).
const FRAME: u32 = 0xffe0_0000;
/// Where the `EtherType` of an Ethernet frame stands, and what it has in all.
const ETHER_TYPE: u32 = 12;
const ETHERNET: u32 = 14;
/// The `EtherType`, behind a tag that the kernel took off (`SKF_AD_OFF + SKF_AD_PROTOCOL`).
const PROTOCOL: u32 = 0xffff_f000;

const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;
const TAGS: [u32; 2] = [0x8100, 0x88a8];
/// Tags that are looked through; those of the kernel are not among them.
const DEPTH: u32 = 2;

// Operations of classic BPF, as bpf(4) has them; M is its scratch memory.
const LOAD: u16 = 0x20;
const LOAD_HALF: u16 = 0x28;
const LOAD_FROM_X: u16 = 0x40;
const LOAD_M: u16 = 0x60;
const STORE_M: u16 = 0x02;
const SET_X: u16 = 0x01;
const LOAD_X_M: u16 = 0x61;
const STORE_X_M: u16 = 0x03;
const A_TO_X: u16 = 0x07;
const ADD_X: u16 = 0x0c;
const XOR_X: u16 = 0xac;
const MULTIPLY: u16 = 0x24;
const SHIFT_RIGHT: u16 = 0x74;
const JUMP_IF: u16 = 0x15;
const RETURN: u16 = 0x06;
const RETURN_A: u16 = 0x16;

/// What stands where in M: a word of the source, what was made of it, the sum, the length of the tags.
const SOURCE: u32 = 0;
const MIXED: u32 = 1;
const SUM: u32 = 2;
const TAGGED: u32 = 3;

const fn step(code: u16, k: u32) -> Instruction {
    Instruction { code, jt: 0, jf: 0, k }
}

/// The group of all these sockets, of one interface.
pub(super) fn share<'s>(sockets: impl IntoIterator<Item = BorrowedFd<'s>>) -> io::Result<()> {
    let mut group: Option<Group> = None;
    for socket in sockets {
        match group {
            None => group = Some(Group::with(socket, &by_addresses())?),
            Some(group) => group.join(socket)?,
        }
    }
    Ok(())
}

/// A number that is the same for both directions of all that goes on between two IP addresses; 0 for what has none.
fn by_addresses() -> Vec<Instruction> {
    let (four, six) = (sum_of(12, 16, 1), sum_of(8, 24, 4));
    let mut program = vec![step(SET_X, 0), step(LOAD, PROTOCOL)];
    // Backwards: jumps go forward, over what is known by then. Behind the last tag nothing else is looked through. Tags are walked
    // from the frame's first byte: in both directions they stand there in the same way, those aside that the kernel took off.
    let mut heads: Vec<Instruction> = Vec::new();
    for depth in (0..=DEPTH).rev() {
        let (tags, next): (&[u32], Vec<_>) = if depth == DEPTH {
            (&[], Vec::new())
        } else {
            let tags = 4 * (depth + 1);
            let header = FRAME.wrapping_sub(NETWORK).wrapping_add(ETHERNET + tags);
            (&TAGS, vec![step(SET_X, header), step(LOAD_HALF, FRAME + ETHER_TYPE + tags)])
        };
        // From the first jump of this head to behind its last step.
        let length = tags.len() + 3;
        let behind = length + next.len() + heads.len();
        let jump = |k, at: usize, to: usize| Instruction { code: JUMP_IF, jt: (to - at - 1) as u8, jf: 0, k };
        let mut head = vec![jump(IPV4, 0, behind), jump(IPV6, 1, behind + four.len())];
        head.extend((2..).zip(tags).map(|(at, &tag)| jump(tag, at, length)));
        head.push(step(RETURN, 0));
        head.extend(next);
        head.append(&mut heads);
        heads = head;
    }
    program.append(&mut heads);
    program.extend(four);
    program.extend(six);
    program
}

/// Ends with a number made of so many words at these offsets of the header that begins at X, in which both stand for one another.
fn sum_of(source: u32, destination: u32, words: u32) -> Vec<Instruction> {
    let mut all = vec![step(STORE_X_M, TAGGED), step(SET_X, 0), step(STORE_X_M, SUM)];
    for word in (0..words).map(|n| 4 * n) {
        all.extend([
            step(LOAD_X_M, TAGGED),
            step(LOAD_FROM_X, NETWORK + source + word),
            step(STORE_M, SOURCE),
            step(LOAD_FROM_X, NETWORK + destination + word),
            step(A_TO_X, 0),
            step(LOAD_M, SOURCE),
            step(XOR_X, 0),
            step(MULTIPLY, 0x9e37_79b1),
            step(STORE_M, MIXED),
            step(LOAD_M, SOURCE),
            step(ADD_X, 0),
            step(MULTIPLY, 0x85eb_ca6b),
            step(LOAD_X_M, MIXED),
            step(XOR_X, 0),
            step(LOAD_X_M, SUM),
            step(ADD_X, 0),
            step(MULTIPLY, 0xc2b2_ae35),
            step(STORE_M, SUM),
        ]);
    }
    all.extend([step(LOAD_M, SUM), step(SHIFT_RIGHT, 16), step(RETURN_A, 0)]);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would answer of a packet that comes: its network header is what follows the first `EtherType` that it left.
    fn asked(protocol: u16, packet: &[u8]) -> u32 {
        asked_of(protocol, packet, 0)
    }

    /// What it would answer of a packet whose network header is so many bytes on.
    fn asked_of(protocol: u16, packet: &[u8], network: usize) -> u32 {
        let program = by_addresses();
        let frame = [&[2; 12][..], &protocol.to_be_bytes(), packet].concat();
        let (mut a, mut x, mut memory, mut at) = (0_u32, 0_u32, [0_u32; 16], 0);
        loop {
            let Instruction { code, jt, jf, k } = program[at];
            at += 1;
            let bytes = |from: u32, count: usize| {
                let from = match from.checked_sub(NETWORK) {
                    Some(from) => ETHERNET as usize + network + from as usize,
                    None => (from - FRAME) as usize,
                };
                frame.get(from..from + count).map(|b| b.iter().fold(0, |sum, b| sum << 8 | u32::from(*b)))
            };
            let loaded = match code {
                LOAD if k == PROTOCOL => Some(protocol.into()),
                LOAD_HALF => bytes(k, 2),
                LOAD_FROM_X => bytes(k.wrapping_add(x), 4),
                LOAD_M => Some(memory[k as usize]),
                _ => Some(a),
            };
            // The kernel ends with 0 where there are no such bytes.
            let Some(loaded) = loaded else { return 0 };
            a = loaded;
            match code {
                LOAD | LOAD_HALF | LOAD_FROM_X | LOAD_M => {}
                STORE_M => memory[k as usize] = a,
                SET_X => x = k,
                LOAD_X_M => x = memory[k as usize],
                STORE_X_M => memory[k as usize] = x,
                A_TO_X => x = a,
                ADD_X => a = a.wrapping_add(x),
                XOR_X => a ^= x,
                MULTIPLY => a = a.wrapping_mul(k),
                SHIFT_RIGHT => a >>= k,
                JUMP_IF => at += usize::from(if a == k { jt } else { jf }),
                RETURN => return k,
                RETURN_A => return a,
                other => panic!("{other:x} is no operation of it"),
            }
        }
    }

    fn four(source: [u8; 4], destination: [u8; 4]) -> Vec<u8> {
        [&[0x45; 12][..], &source, &destination, &[0; 8]].concat()
    }

    fn six(source: [u8; 16], destination: [u8; 16]) -> Vec<u8> {
        [&[0x60; 8][..], &source, &destination].concat()
    }

    fn tagged(protocol: u16, packet: &[u8]) -> Vec<u8> {
        [&[0, 7][..], &protocol.to_be_bytes(), packet].concat()
    }

    #[test]
    fn both_directions_are_one_whatever_the_tags() {
        let mut seen = [[0_u32; 2]; 2];
        for n in 0..=255 {
            let (one, other) = ([192, 168, 1, n], [192, 0, 2, 7]);
            let long = |a: [u8; 4]| std::array::from_fn(|at| if at < 12 { 0x20 } else { a[at - 12] });
            for (which, kind, there, back) in [
                (0, 0x0800, four(one, other), four(other, one)),
                (1, 0x86dd, six(long(one), long(other)), six(long(other), long(one))),
            ] {
                let number = asked(kind, &there);
                assert_eq!(number, asked(kind, &back));
                assert_eq!(number, asked(0x8100, &tagged(kind, &back)));
                let twice = tagged(0x8100, &tagged(kind, &there));
                assert_eq!(number, asked(0x88a8, &twice));
                // Of a packet that goes it is the IP header, whatever tags stand before.
                assert_eq!(number, asked_of(0x8100, &tagged(kind, &back), 4));
                assert_eq!(number, asked_of(0x88a8, &twice, 8));
                seen[which][(number % 2) as usize] += 1;
            }
        }
        assert!(seen.as_flattened().iter().all(|count| *count > 96), "each gets its share: {seen:?}");
    }

    #[test]
    fn what_has_no_address_is_of_the_first() {
        let deep = tagged(0x8100, &tagged(0x8100, &tagged(0x0800, &four([1; 4], [2; 4]))));
        for (kind, packet) in
            [(0x0806, vec![1; 28]), (0x0800, vec![0x45; 19]), (0x8100, vec![1]), (0x8100, deep)]
        {
            assert_eq!(asked(kind, &packet), 0);
        }
    }
}
