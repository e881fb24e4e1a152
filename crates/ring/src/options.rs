//! How a ring is opened.

use std::time::Duration;

/// How a ring is opened. The default is 64 MiB in blocks of 1 MiB, whole packets, of everybody (promiscuous), one ring for all.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of a block: a power of two, at least a page. A packet never spans two.
    pub block: u32,
    /// How many blocks the ring has. `block` times `blocks` is memory that the kernel locks.
    pub blocks: u32,
    /// Bytes of a packet that are kept.
    pub snap_length: u32,
    /// Whether packets for others are taken, too.
    pub promiscuous: bool,
    /// How long a block waits for more packets after its first before it is handed over.
    pub retire: Duration,
    /// A classic BPF program that says how many bytes of a packet are kept, 0 for none. Empty: all packets.
    pub filter: Vec<Instruction>,
    /// Several rings share the packets of an interface.
    pub fanout: Option<Fanout>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            block: 1 << 20,
            blocks: 64,
            snap_length: 1 << 18,
            promiscuous: true,
            retire: Duration::from_millis(50),
            filter: Vec::new(),
            fanout: None,
        }
    }
}

/// An instruction of classic BPF (bpf(4)): operation, jumps where true and where false, operand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub struct Instruction {
    pub code: u16,
    pub jt: u8,
    pub jf: u8,
    pub k: u32,
}

impl Instruction {
    /// Ends the program: so many bytes are kept.
    pub const fn keep(bytes: u32) -> Self {
        Self { code: 0x06, jt: 0, jf: 0, k: bytes }
    }
}

/// A group of rings among which the kernel shares out packets, by a hash over addresses and ports: both directions of a
/// conversation reach the same ring. Fragments are not put together first, so those of one datagram may be spread.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fanout {
    /// The number of the group in this network namespace. All rings of a group are of one process.
    pub group: u16,
}
