//! Packets of a Linux interface out of a ring that the kernel fills: `AF_PACKET` with `TPACKET_V3` (packet(7), and
//! `Documentation/networking/packet_mmap.rst` of the kernel).
//!
//! The kernel writes packets into blocks of memory that it shares with this process, and hands over a block when it is full or
//! [`Options::retire`] after its first packet. [`Ring::next`] lends the packets of one block, where they lie; asking for the
//! next gives the block back. Nothing is copied, and no packet costs a system call.
//!
//! What the kernel takes off a frame is put back: the tag of a VLAN stands where it stood on the wire. It has no link type but
//! what the interface has ([`Ring::hardware`]), and it needs `CAP_NET_RAW` in the network namespace of the interface.
//!
//! This is the one crate of the workspace with `unsafe`: system calls (`socket.rs`), the shared memory (`memory.rs`) and
//! what the allocator is asked (`heap.rs`), each with the argument for its soundness. What a block holds is read as plain bytes (`block.rs`), so a kernel that wrote nonsense
//! into it could give wrong packets, but no access out of bounds.
#![cfg(target_os = "linux")]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod block;
mod group;
mod heap;
mod memory;
mod options;
mod ring;
mod socket;
mod statistics;

pub use block::{Packet, Packets, Way};
pub use group::Group;
pub use heap::give_back;
pub use options::{Instruction, Options};
pub use ring::Ring;
pub use statistics::Statistics;
