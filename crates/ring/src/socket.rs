//! The socket of a ring: the system calls, each checked.

use std::ffi::{CString, c_int, c_uint, c_ulong};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use crate::block::TAG;
use crate::{Instruction, Options};

/// All protocols, in network order.
const ALL: u16 = (libc::ETH_P_ALL as u16).to_be();

/// The size of a frame only says into how many the memory must divide: `TPACKET_V3` packs them.
const FRAME: u32 = 2048;

/// A socket for packets, of one interface.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    interface: c_int,
}

/// What the kernel reads or writes as it lies in memory: whole numbers, side by side, and nothing else.
///
/// # Safety
/// Every bit pattern of the type is a value of it.
pub(crate) unsafe trait Plain: Copy {}
// SAFETY: a whole number.
unsafe impl Plain for c_int {}
// SAFETY: whole numbers.
unsafe impl Plain for libc::tpacket_req3 {}
// SAFETY: whole numbers.
unsafe impl Plain for libc::packet_mreq {}
// SAFETY: whole numbers.
unsafe impl Plain for libc::tpacket_stats_v3 {}
// SAFETY: a count and a pointer, of which null is one. That it points to so many instructions is for who hands it over to see to.
unsafe impl Plain for libc::sock_fprog {}

impl Socket {
    /// Opens a socket that takes no packet yet. Fails without `CAP_NET_RAW`, and where there is no such interface.
    pub(crate) fn open(interface: &str) -> io::Result<Self> {
        // SAFETY: no pointer is handed over.
        let fd = checked(unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) })?;
        // SAFETY: the call made the descriptor, and nobody else has it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let name = CString::new(interface)?;
        // SAFETY: the text ends with a zero and lives until the call is over.
        let interface = unsafe { libc::if_nametoindex(name.as_ptr()) };
        if interface == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { fd, interface: interface as c_int })
    }

    /// Asks for a ring, with room for a tag in front of each frame.
    pub(crate) fn set_up_ring(&self, options: &Options) -> io::Result<()> {
        self.set(libc::SOL_PACKET, libc::PACKET_VERSION, &(libc::tpacket_versions::TPACKET_V3 as c_int))?;
        self.set(libc::SOL_PACKET, libc::PACKET_RESERVE, &(TAG as c_int))?;
        let request = libc::tpacket_req3 {
            tp_block_size: options.block,
            tp_block_nr: options.blocks,
            tp_frame_size: FRAME,
            tp_frame_nr: (options.block / FRAME).saturating_mul(options.blocks),
            tp_retire_blk_tov: options.retire.as_millis().clamp(1, u128::from(c_uint::MAX)) as c_uint,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        self.set(libc::SOL_PACKET, libc::PACKET_RX_RING, &request)
    }

    /// Lets only so much of packets in as the program says.
    pub(crate) fn filter(&self, program: &[Instruction]) -> io::Result<()> {
        set_program(self.fd.as_fd(), libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, program)
    }

    /// Takes packets for others, too, until the socket is closed.
    pub(crate) fn be_promiscuous(&self) -> io::Result<()> {
        let request = libc::packet_mreq {
            mr_ifindex: self.interface,
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        self.set(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request)
    }

    /// Begins to take packets.
    pub(crate) fn bind(&self) -> io::Result<()> {
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: ALL,
            sll_ifindex: self.interface,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        let length = size_of_val(&address) as libc::socklen_t;
        // SAFETY: the address lives until the call is over and is as long as is said.
        checked(unsafe { libc::bind(self.fd.as_raw_fd(), (&raw const address).cast(), length) }).map(drop)
    }

    /// Packets, drops and freezes since it was last asked.
    pub(crate) fn statistics(&self) -> io::Result<[u32; 3]> {
        let empty = libc::tpacket_stats_v3 { tp_packets: 0, tp_drops: 0, tp_freeze_q_cnt: 0 };
        let counted = self.get(libc::SOL_PACKET, libc::PACKET_STATISTICS, empty)?;
        Ok([counted.tp_packets, counted.tp_drops, counted.tp_freeze_q_cnt])
    }

    /// Waits until a block is handed over; `false` where none was in time or a signal came. An interface that went down or away is
    /// an error.
    pub(crate) fn wait(&self, time: Duration) -> io::Result<bool> {
        let mut asked = libc::pollfd { fd: self.fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let time = time.as_millis().min(c_int::MAX as u128) as c_int;
        // SAFETY: one entry, which lives until the call is over.
        let ready = unsafe { libc::poll(&raw mut asked, 1, time) };
        match checked(ready) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            Err(error) => Err(error),
            Ok(_) if asked.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0 => {
                Err(self.error()?)
            }
            Ok(ready) => Ok(ready > 0),
        }
    }

    /// What went wrong with the socket.
    fn error(&self) -> io::Result<io::Error> {
        let code = self.get(libc::SOL_SOCKET, libc::SO_ERROR, 0)?;
        // It is told once; a descriptor that is still in error after that has lost its interface.
        Ok(io::Error::from_raw_os_error(if code == 0 { libc::ENETDOWN } else { code }))
    }

    /// The hardware type of the interface (`ARPHRD_…`): 1 is Ethernet.
    pub(crate) fn hardware(&self, interface: &str) -> io::Result<u16> {
        // SAFETY: zeros are a value of each of its fields: whole numbers, and a pointer that is not used.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        let name = request.ifr_name.iter_mut().zip(interface.bytes()).take(libc::IFNAMSIZ - 1);
        name.for_each(|(at, byte)| *at = byte as _);
        let asked: c_ulong = libc::SIOCGIFHWADDR as c_ulong;
        // SAFETY: the request lives until the call is over, and SIOCGIFHWADDR writes an address into it (netdevice(7)).
        checked(unsafe { libc::ioctl(self.fd.as_raw_fd(), asked as _, &raw mut request) })?;
        // SAFETY: that is the field of the union which the call wrote.
        Ok(unsafe { request.ifr_ifru.ifru_hwaddr }.sa_family)
    }

    fn set<T: Plain>(&self, level: c_int, option: c_int, value: &T) -> io::Result<()> {
        set(self.fd.as_fd(), level, option, value)
    }

    fn get<T: Plain>(&self, level: c_int, option: c_int, value: T) -> io::Result<T> {
        get(self.fd.as_fd(), level, option, value)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Sets an option of a socket.
pub(crate) fn set<T: Plain>(
    socket: BorrowedFd<'_>,
    level: c_int,
    option: c_int,
    value: &T,
) -> io::Result<()> {
    let (start, length) = ((&raw const *value).cast(), size_of::<T>() as libc::socklen_t);
    // SAFETY: the kernel reads as many bytes as the value has, which lives until the call is over.
    checked(unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, start, length) }).map(drop)
}

/// Sets an option of a socket that is a program.
pub(crate) fn set_program(
    socket: BorrowedFd<'_>,
    level: c_int,
    option: c_int,
    program: &[Instruction],
) -> io::Result<()> {
    let mut program: Vec<libc::sock_filter> = program
        .iter()
        .map(|&Instruction { code, jt, jf, k }| libc::sock_filter { code, jt, jf, k })
        .collect();
    let length = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // The kernel copies the instructions during the call, and `program` lives longer.
    let filter = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
    set(socket, level, option, &filter)
}

/// An option of a socket.
pub(crate) fn get<T: Plain>(
    socket: BorrowedFd<'_>,
    level: c_int,
    option: c_int,
    mut value: T,
) -> io::Result<T> {
    let (start, mut length) = ((&raw mut value).cast(), size_of::<T>() as libc::socklen_t);
    // SAFETY: the kernel writes at most as many bytes as the value has, which lives until the call is over; whatever it writes
    // is a value of the type, which is plain.
    checked(unsafe { libc::getsockopt(socket.as_raw_fd(), level, option, start, &raw mut length) })?;
    Ok(value)
}

/// What a system call gave, or why it failed.
fn checked(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
