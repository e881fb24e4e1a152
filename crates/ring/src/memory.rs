//! The memory that the kernel shares: blocks that belong either to it or to this process, as a word in each says.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// A bit of a block's status: it belongs to this process.
const OURS: u32 = 1;
/// The block's status, by its offset.
const STATUS: usize = 8;

/// The ring's blocks. A block is the kernel's until its status says that it is ours, and ours until [`Memory::give_back`].
#[derive(Debug)]
pub(crate) struct Memory {
    start: NonNull<u8>,
    /// Bytes of a block, and how many there are.
    block: usize,
    blocks: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread; whoever has the value has all of it.
unsafe impl Send for Memory {}

impl Memory {
    /// Maps the ring of a socket that was set up with blocks of this size, so many.
    pub(crate) fn map(socket: BorrowedFd<'_>, block: usize, blocks: usize) -> io::Result<Self> {
        let length = block.checked_mul(blocks).ok_or(io::ErrorKind::InvalidInput)?;
        let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: no address is asked for, so that no memory of ours is replaced; the descriptor is open while it is borrowed.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), length, access, flags, socket.as_raw_fd(), 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, block, blocks })
    }

    /// How many blocks there are.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The status word of a block, which the kernel and this process share.
    fn status(&self, block: usize) -> &AtomicU32 {
        assert!(block < self.blocks, "a block of the ring");
        // SAFETY: the block lies within the mapping, since `block` is less than `blocks`, and a block is at least a page.
        let word = unsafe { self.start.add(block * self.block + STATUS) };
        // SAFETY: pages are aligned for it, the mapping lives as long as `self`, and neither the kernel nor this process writes the
        // word but as a whole: references to the bytes of a block are only made while the block is ours and are gone before its
        // status is written again.
        unsafe { AtomicU32::from_ptr(word.as_ptr().cast()) }
    }

    /// Whether a block was handed over.
    pub(crate) fn is_ours(&self, block: usize) -> bool {
        // What the kernel wrote into the block before it wrote the status is seen after this.
        self.status(block).load(Ordering::Acquire) & OURS != 0
    }

    /// The bytes of a block that was handed over.
    pub(crate) fn bytes(&mut self, block: usize) -> Option<&mut [u8]> {
        if !self.is_ours(block) {
            return None;
        }
        // SAFETY: the block lies within the mapping: `is_ours` asserts that.
        let start = unsafe { self.start.add(block * self.block) };
        // SAFETY: while its status says that a block is ours the kernel does not write to it. It stays ours until `give_back`,
        // which needs `self` mutably, and so not before the slice is gone; the same keeps this the only slice.
        Some(unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), self.block) })
    }

    /// Gives a block back to the kernel.
    pub(crate) fn give_back(&mut self, block: usize) {
        // What was written into the block is over before the kernel sees this.
        self.status(block).store(0, Ordering::Release);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: this is the mapping that `map` made, and nothing refers to it any more: slices borrow `self`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.block * self.blocks) };
    }
}
