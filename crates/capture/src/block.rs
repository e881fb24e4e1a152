//! The block that records are read into: bytes of an input from one offset on, refilled as it is used up.
//!
//! What can be read by position may be read from several places at once, and a truncated file gives an error, never
//! a signal. A record longer than the block makes it grow, as far as bytes really come and at most to [`LIMIT`]; what
//! is passed over is never kept.

use std::io::{self, Read};
use std::sync::Arc;

use crate::read_at::{BLOCK, ReadAt};
use crate::walk::MOST;

/// Bytes that a block may have: the longest record, its header and its options.
pub(crate) const LIMIT: usize = MOST as usize + (1 << 20);

/// Bytes of the smallest block of a file.
const SMALL: u64 = 4 << 10;

/// Where bytes come from.
pub(crate) enum Origin {
    /// Read by position.
    Placed(Arc<dyn ReadAt>),
    /// A pipe or a decoder, read in order.
    Stream(Box<dyn Read + Send>),
}

impl Origin {
    /// Bytes of a block of it.
    pub(crate) fn block(&self) -> usize {
        match self {
            // A block of a small file need be no larger than the file.
            Self::Placed(origin) => origin.block().min(origin.size().max(SMALL) as usize),
            Self::Stream(_) => BLOCK,
        }
    }
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
    /// Whether it had nothing yet when it was last asked.
    pub(crate) waits: bool,
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
            waits: false,
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

    /// Unused bytes of the input, as far as that is known.
    pub(crate) fn left(&self) -> u64 {
        let at_hand = (self.end - self.start) as u64;
        match &self.origin {
            Origin::Placed(origin) => origin.size().saturating_sub(self.offset).max(at_hand),
            Origin::Stream(_) => at_hand,
        }
    }

    /// Passes over `length` bytes, at hand or not, without keeping them. Where the input has fewer: how many it has.
    pub(crate) fn skip(&mut self, length: usize) -> Result<(), u64> {
        if length <= self.end - self.start {
            self.advance(length);
            return Ok(());
        }
        match &self.origin {
            Origin::Placed(origin) => {
                let last = self.offset + length as u64 - 1;
                if !matches!(origin.read_at(&mut [0], last), Ok(1)) {
                    return Err(self.left());
                }
                (self.start, self.end) = (0, 0);
                self.offset += length as u64;
            }
            Origin::Stream(_) => {
                let mut left = length;
                while left > 0 {
                    let step = left.min(self.end - self.start);
                    self.advance(step);
                    left -= step;
                    if left > 0 && !self.refill_all(1) {
                        return Err((length - left) as u64);
                    }
                }
            }
        }
        Ok(())
    }

    /// Tries to have `wanted` bytes at hand, at most [`LIMIT`]. Moves what is at hand to the front: records made
    /// before are void. Returns whether they are there.
    pub(crate) fn refill(&mut self, wanted: usize) -> bool {
        let wanted = wanted.min(LIMIT);
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let needed = wanted.max(self.end).max(self.size);
        if needed * 4 <= self.bytes.len() {
            // One long record shall not keep the block long.
            self.bytes.truncate(needed);
            self.bytes.shrink_to_fit();
        }
        self.waits = false;
        while self.end < wanted.max(1) && !self.ended && !self.waits {
            if self.bytes.len() < self.size {
                self.bytes.resize(self.size, 0);
            } else if self.end == self.bytes.len() {
                let grown = (self.bytes.len() * 2).min(LIMIT.max(self.size));
                self.bytes.resize(grown, 0);
            }
            self.read();
        }
        self.end >= wanted
    }

    /// The same; what has nothing yet is waited for.
    pub(crate) fn refill_all(&mut self, wanted: usize) -> bool {
        loop {
            let there = self.refill(wanted);
            if there || !self.waits {
                return there;
            }
        }
    }

    fn read(&mut self) {
        let Some(room) = self.bytes.get_mut(self.end..) else { return };
        let got = match &mut self.origin {
            Origin::Placed(origin) => origin.read_at(room, self.offset + self.end as u64),
            Origin::Stream(stream) => stream.read(room),
        };
        match got {
            Ok(0) => self.ended = true,
            Ok(count) => self.end += count,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => self.waits = true,
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

    /// The bytes 0 to 99, as something to be read by position and as a stream.
    fn both() -> [Origin; 2] {
        let bytes: Vec<u8> = (0..100).collect();
        [Origin::Placed(Arc::new(bytes.clone())), Origin::Stream(Box::new(io::Cursor::new(bytes)))]
    }

    #[test]
    fn what_is_passed_over_is_not_kept() {
        for origin in both() {
            let mut block = Block::new(origin, 0, 8);
            assert!(block.refill(4));
            assert_eq!(block.skip(2), Ok(()));
            assert_eq!(block.skip(70), Ok(()));
            assert!(block.refill(1));
            assert_eq!((block.rest()[0], block.offset()), (72, 72));
            assert!(block.bytes().len() <= 8);
        }
    }

    #[test]
    fn what_ends_before_it_is_passed_over_says_how_much_there_was() {
        for origin in both() {
            let mut block = Block::new(origin, 0, 8);
            block.refill(8);
            block.advance(4);
            assert_eq!(block.skip(97), Err(96));
        }
    }

    #[test]
    fn a_block_that_grew_for_one_record_shrinks_again() {
        let mut block = Block::new(Origin::Placed(Arc::new(vec![7_u8; 4096])), 0, 16);
        assert!(block.refill(1000));
        assert!(block.bytes().len() >= 1000);
        block.advance(block.rest().len());
        block.refill(4);
        assert_eq!(block.bytes().len(), 16);
    }
}
