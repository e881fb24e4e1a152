//! A stream that a thread of its own reads ahead, so that unpacking and folding overlap.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use crate::read_at::BLOCK;

/// Blocks that may wait to be taken.
const WAITING: usize = 4;

/// Yields what a stream yields, a few blocks later.
pub(crate) struct Ahead {
    blocks: Receiver<io::Result<Filled>>,
    /// Gives used blocks back to be filled again.
    used: Sender<Vec<u8>>,
    block: Vec<u8>,
    at: usize,
    end: usize,
}

/// A block, and how much of it holds bytes.
type Filled = (Vec<u8>, usize);

impl Ahead {
    /// Starts to read. The thread ends with the stream, or when the reader is dropped and the stream yields again.
    pub(crate) fn new(stream: impl Read + Send + 'static) -> io::Result<Self> {
        let (filled, blocks) = sync_channel(WAITING);
        let (used, empty) = channel();
        thread::Builder::new().name("unpack".into()).spawn(move || fill(stream, &empty, &filled))?;
        Ok(Self { blocks, used, block: Vec::new(), at: 0, end: 0 })
    }
}

fn fill(mut stream: impl Read, empty: &Receiver<Vec<u8>>, filled: &SyncSender<io::Result<Filled>>) {
    loop {
        let mut block = empty.try_recv().unwrap_or_default();
        block.resize(BLOCK, 0);
        let got = match stream.read(&mut block) {
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            got => got,
        };
        let more = got.as_ref().is_ok_and(|&count| count > 0);
        if filled.send(got.map(|count| (block, count))).is_err() || !more {
            return;
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.end {
            // A thread that is gone has sent its end, or why there is none.
            let Ok(next) = self.blocks.recv() else { return Ok(0) };
            let (block, end) = next?;
            let used = std::mem::replace(&mut self.block, block);
            (self.at, self.end) = (0, end);
            let _ = self.used.send(used);
        }
        let rest = self.block.get(self.at..self.end).unwrap_or(&[]);
        let count = rest.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yields_all_and_then_the_end() {
        let bytes: Vec<u8> = (0..3 * BLOCK + 7).map(|n| n as u8).collect();
        let mut found = Vec::new();
        let mut ahead = Ahead::new(io::Cursor::new(bytes.clone())).unwrap();
        ahead.read_to_end(&mut found).unwrap();
        assert!(found == bytes);
        assert_eq!(ahead.read(&mut [0; 8]).unwrap(), 0);
    }

    /// Gives three bytes, then breaks.
    struct Broken(u8);

    impl Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 > 3 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            out[0] = self.0;
            Ok(1)
        }
    }

    #[test]
    fn what_came_before_a_break_is_yielded_before_it() {
        let mut found = Vec::new();
        let why = Ahead::new(Broken(0)).unwrap().read_to_end(&mut found).unwrap_err();
        assert_eq!((found, why.kind()), (vec![1, 2, 3], io::ErrorKind::InvalidData));
    }

    #[test]
    fn a_stream_may_be_left_before_its_end() {
        let mut ahead = Ahead::new(io::repeat(1)).unwrap();
        assert_eq!(ahead.read(&mut [0; 8]).unwrap(), 8);
    }
}
