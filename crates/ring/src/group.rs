//! Sockets that share the packets of an interface: a group (`PACKET_FANOUT` of packet(7)), with a program that says whose a packet is.
//!
//! Any packet socket can join, libpcap's, too. There is no `unsafe` here: a descriptor that is borrowed is open, one of another
//! kind is refused by the kernel, and what the kernel reads of this process are a number and a program, each for the time of the
//! call alone. It changes which packets a socket gets, and no memory.

use std::ffi::c_int;
use std::io;
use std::os::fd::BorrowedFd;

use crate::Instruction;
use crate::socket::{get, set, set_program};

/// Bits of the option's value that are the number of the group; its kind and its flags stand above.
const NUMBER: c_int = 0xffff;

/// A group of sockets that share packets. No other program can have joined it by chance: the kernel chose its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Group {
    number: u16,
}

impl Group {
    /// Makes a group of which this socket is the first member. `program` is asked about each packet; what it returns, modulo the
    /// number of members, is the place of the member that gets it, in the order in which they joined.
    ///
    /// Offsets in the program from `0xfff0_0000` on count from the network header, and `0xffff_f000` is the `EtherType`, whatever
    /// tag of a VLAN the kernel took off.
    ///
    /// # Errors
    /// What the kernel says: `InvalidInput` where the socket is bound to no interface, or for a program that it does not take.
    pub fn with(first: BorrowedFd<'_>, program: &[Instruction]) -> io::Result<Self> {
        let kind = (libc::PACKET_FANOUT_CBPF | libc::PACKET_FANOUT_FLAG_UNIQUEID) as c_int;
        set(first, libc::SOL_PACKET, libc::PACKET_FANOUT, &(kind << 16))?;
        set_program(first, libc::SOL_PACKET, libc::PACKET_FANOUT_DATA, program)?;
        let number: c_int = get(first, libc::SOL_PACKET, libc::PACKET_FANOUT, 0)?;
        Ok(Self { number: (number & NUMBER) as u16 })
    }

    /// Joins a socket of the same interface to it.
    ///
    /// # Errors
    /// What the kernel says: `InvalidInput` where the socket is bound to another interface or to none.
    pub fn join(self, socket: BorrowedFd<'_>) -> io::Result<()> {
        let kind = libc::PACKET_FANOUT_CBPF as c_int;
        set(socket, libc::SOL_PACKET, libc::PACKET_FANOUT, &(kind << 16 | c_int::from(self.number)))
    }
}
