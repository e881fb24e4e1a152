//! How a ring is opened.

use std::time::Duration;

/// How a ring is opened. The default is 64 MiB in blocks of 1 MiB, whole packets, of everybody (promiscuous).
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
