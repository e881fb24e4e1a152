//! The block that records are read into: bytes of an input from one offset on, refilled as it is used up.
//!
//! Files are read by position, so a file may be read from several places at once and a truncated one gives an
//! error, never a signal. A record longer than the block makes it grow, as far as bytes really come and at most to
//! [`LIMIT`].

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes of a block before any record made it grow.
pub(crate) const BLOCK: usize = 256 << 10;

/// Bytes that one record may take.
pub(crate) const LIMIT: usize = 64 << 20;

/// Where bytes come from.
pub(crate) enum Origin {
    /// A file, read by position.
    File(Arc<File>),
    /// A pipe or a decoder, read in order.
    Stream(Box<dyn Read + Send>),
}

/// Bytes of an input.
pub(crate) struct Block {
    origin: Origin,
    bytes: Vec<u8>,
    /// The part of `bytes` that has been filled and not used up.
    start: usize,
    end: usize,
    /// Offset in the input of `bytes[start]`.
    offset: u64,
    /// Whether the origin has ended.
    ended: bool,
    /// Why it ended, where that was not its own end.
    pub(crate) broken: Option<io::Error>,
    size: usize,
}

impl Block {
    /// A block of an input from `offset` on, `size` bytes long at first.
    pub(crate) fn new(origin: Origin, offset: u64, size: usize) -> Self {
        Self {
            origin,
            bytes: Vec::new(),
            start: 0,
            end: 0,
            offset,
            ended: false,
            broken: None,
            size: size.max(1),
        }
    }

    /// Every byte of the block; records name theirs by their place in it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Place of the first unused byte in [`Block::bytes`].
    #[inline]
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// The bytes at hand.
    #[inline]
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or(&[])
    }

    /// Offset in the input of the first unused byte.
    #[inline]
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Uses up `length` of the bytes at hand.
    #[inline]
    pub(crate) fn advance(&mut self, length: usize) {
        let length = length.min(self.end - self.start);
        self.start += length;
        self.offset += length as u64;
    }

    /// Tries to have `wanted` bytes at hand, at most [`LIMIT`]. Moves what is at hand to the front: records made
    /// before are void. Returns whether they are there.
    pub(crate) fn refill(&mut self, wanted: usize) -> bool {
        let wanted = wanted.min(LIMIT);
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < wanted.max(1) && !self.ended {
            if self.bytes.len() < self.size {
                self.bytes.resize(self.size, 0);
            } else if self.end == self.bytes.len() {
                let grown = (self.bytes.len() * 2).min(LIMIT);
                self.bytes.resize(grown, 0);
            }
            self.read();
        }
        self.end >= wanted
    }

    fn read(&mut self) {
        let Some(room) = self.bytes.get_mut(self.end..) else { return };
        let got = match &mut self.origin {
            Origin::File(file) => file.read_at(room, self.offset + self.end as u64),
            Origin::Stream(stream) => stream.read(room),
        };
        match got {
            Ok(0) => self.ended = true,
            Ok(count) => self.end += count,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => {
                self.ended = true;
                self.broken = Some(why);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, then breaks.
    struct Drip(Vec<u8>);

    impl Read for Drip {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let Some(byte) = self.0.pop() else { return Err(io::ErrorKind::InvalidData.into()) };
            out[0] = byte;
            Ok(1)
        }
    }

    #[test]
    fn what_came_before_a_break_is_kept() {
        let mut block = Block::new(Origin::Stream(Box::new(Drip(vec![3, 2, 1]))), 10, 2);
        assert!(block.refill(2));
        assert_eq!((block.rest(), block.offset()), (&[1, 2][..], 10));
        block.advance(1);
        assert!(!block.refill(5));
        assert_eq!((block.rest(), block.offset()), (&[2, 3][..], 11));
        assert!(block.broken.is_some());
    }

    #[test]
    fn a_block_grows_only_as_bytes_come() {
        let mut block = Block::new(Origin::Stream(Box::new(Drip(vec![0; 100]))), 0, 16);
        assert!(!block.refill(usize::MAX));
        assert!(block.bytes().len() <= 128);
    }
}
