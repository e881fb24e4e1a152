//! The ring: blocks one after another, each lent while it is read.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use crate::block::{Packets, put_tags_back};
use crate::memory::Memory;
use crate::socket::Socket;
use crate::{Instruction, Options, Statistics};

/// The packets of an interface, out of a ring that the kernel fills.
///
/// ```no_run
/// use lenscap_ring::{Options, Ring};
/// use std::time::Duration;
///
/// let mut ring = Ring::open("eth0", &Options::default())?;
/// ring.start()?;
/// while let Some(packets) = ring.next(Duration::from_millis(100))? {
///     for packet in packets {
///         println!("{} of {} bytes", packet.bytes.len(), packet.length);
///     }
/// }
/// println!("{:?}", ring.statistics()?);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Ring {
    /// Before the socket: what is mapped is let go before the descriptor is closed.
    memory: Memory,
    socket: Socket,
    hardware: u16,
    /// The block that comes next, or that is lent.
    at: usize,
    lent: bool,
    statistics: Statistics,
    /// What lets packets in.
    filter: Vec<Instruction>,
}

impl Ring {
    /// Opens a ring that takes no packet before [`start`](Self::start): several rings of a group are all opened first and
    /// [join](crate::Group::join) it, so that no packet reaches two of them.
    ///
    /// # Errors
    /// What the kernel says: `PermissionDenied` without `CAP_NET_RAW`, `NotFound` or `ENODEV` where there is no such interface,
    /// `InvalidInput` for sizes that it does not take, `OutOfMemory` for a ring that is too large.
    pub fn open(interface: &str, options: &Options) -> io::Result<Self> {
        let socket = Socket::open(interface)?;
        let hardware = socket.hardware(interface)?;
        socket.set_up_ring(options)?;
        let memory = Memory::map(socket.as_fd(), options.block as usize, options.blocks as usize)?;
        // A socket that is bound takes packets, and it can join a group only then.
        socket.filter(&[Instruction::keep(0)])?;
        if options.promiscuous {
            socket.be_promiscuous()?;
        }
        socket.bind()?;
        let whole = || vec![Instruction::keep(options.snap_length)];
        let filter = if options.filter.is_empty() { whole() } else { options.filter.clone() };
        let statistics = Statistics::default();
        Ok(Self { memory, socket, hardware, at: 0, lent: false, statistics, filter })
    }

    /// Lets packets in.
    ///
    /// # Errors
    /// `InvalidInput` for a filter that the kernel does not take.
    pub fn start(&self) -> io::Result<()> {
        self.socket.filter(&self.filter)
    }

    /// The hardware type of the interface (`ARPHRD_…` of Linux): 1 is Ethernet, 772 the loopback's, which has Ethernet frames.
    pub fn hardware(&self) -> u16 {
        self.hardware
    }

    /// The packets of the next block, which was lent until now being given back; `None` where none was handed over in time.
    ///
    /// # Errors
    /// `ENETDOWN` where the interface went down or away: packets may come again once it is up.
    pub fn next(&mut self, wait: Duration) -> io::Result<Option<Packets<'_>>> {
        if std::mem::take(&mut self.lent) {
            self.memory.give_back(self.at);
            self.at = (self.at + 1) % self.memory.blocks();
        }
        if !self.memory.is_ours(self.at) {
            self.socket.wait(wait)?;
        }
        let Some(bytes) = self.memory.bytes(self.at) else { return Ok(None) };
        self.lent = true;
        put_tags_back(bytes);
        Ok(Some(Packets::of(bytes)))
    }

    /// What the kernel counted since the ring was opened.
    pub fn statistics(&mut self) -> io::Result<Statistics> {
        self.statistics.add(self.socket.statistics()?);
        Ok(self.statistics)
    }
}

/// What can be polled: it is readable while a block is handed over.
impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
