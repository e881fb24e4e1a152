//! Ctrl-C while a stream is read: the first one ends the stream, and what was read is reported; the second one kills.
//!
//! A thread of its own reads the stream, so that the scan never waits in the system for a pipe that nobody closes. Other
//! runs are left alone: a scan of files that is interrupted ends at once, as everywhere.

use crate::engine::Input;
use crate::failure::say;
use lenscap_flow::Stream;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// Bytes that are handed over at once, and how many such blocks may wait.
const BLOCK: usize = 256 << 10;
const WAITING: usize = 4;
/// How long a stream may be silent after Ctrl-C, and how many blocks of it are read at all: who writes it may still have to
/// empty its buffers.
const SILENT: Duration = Duration::from_millis(200);
const AT_ALL: usize = 64;

/// Set by Ctrl-C, where a stream is read.
static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Whether the user has had enough.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// Ends the streams that are read, as Ctrl-C does.
pub(crate) fn end_streams() {
    if let Some(flag) = INTERRUPTED.get() {
        flag.store(true, Ordering::Relaxed);
    }
}

/// The inputs, those that are streams read so that Ctrl-C ends them.
pub(crate) fn streams(inputs: &[Input]) -> Vec<Input> {
    let stream = |input: &Input| {
        if !input.is_stream() {
            return input.clone();
        }
        let path = match input {
            Input::File(path) => Some(path.clone()),
            _ => None,
        };
        let name = path.clone().unwrap_or_else(|| PathBuf::from("-"));
        Input::Stream(Stream::new(name, Box::new(Ending::new(path, listen()))))
    };
    inputs.iter().map(stream).collect()
}

/// Begins to listen for Ctrl-C, once.
fn listen() -> Arc<AtomicBool> {
    let flag = INTERRUPTED.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        if let Err(why) = register(&flag) {
            say(&format!("lenscap: Ctrl-C will end this without a report: {why}"));
        }
        flag
    });
    Arc::clone(flag)
}

/// The order matters: the second signal finds the flag set by the first, and kills.
#[cfg(unix)]
fn register(flag: &Arc<AtomicBool>) -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(flag))?;
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn register(_: &Arc<AtomicBool>) -> io::Result<()> {
    Ok(())
}

/// A stream that ends when the flag is set.
struct Ending {
    blocks: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    /// Bytes of the block that were read.
    read: usize,
    stop: Arc<AtomicBool>,
    /// Blocks that were read since the flag was found set.
    after: usize,
}

impl Ending {
    /// Reads a pipe, or standard input.
    fn new(path: Option<PathBuf>, stop: Arc<AtomicBool>) -> Self {
        let (sender, blocks) = sync_channel(WAITING);
        thread::spawn(move || pour(path.as_deref(), &sender));
        Self { blocks, block: Vec::new(), read: 0, stop, after: 0 }
    }

    /// The next block; an empty one at the end.
    fn next(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let stop = self.stop.load(Ordering::Relaxed);
            self.after += usize::from(stop);
            if self.after > AT_ALL {
                return Ok(Vec::new());
            }
            match self.blocks.recv_timeout(SILENT) {
                Ok(block) => return block,
                Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
                Err(RecvTimeoutError::Timeout) if stop => return Ok(Vec::new()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Ending {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.read == self.block.len() {
            (self.block, self.read) = (self.next()?, 0);
        }
        let mut rest = self.block.get(self.read..).unwrap_or_default();
        let count = rest.read(out)?;
        self.read += count;
        Ok(count)
    }
}

/// Reads blocks until the end or an error, or until nobody takes them.
fn pour(path: Option<&Path>, sender: &SyncSender<io::Result<Vec<u8>>>) {
    let opened: io::Result<Box<dyn Read>> = match path {
        None => Ok(Box::new(io::stdin())),
        // This waits until somebody opens the pipe to write.
        Some(path) => File::open(path).map(|file| Box::new(file) as Box<dyn Read>),
    };
    let mut stream = match opened {
        Ok(stream) => stream,
        Err(why) => {
            // Where nobody takes it, nobody reads any more.
            _ = sender.send(Err(why));
            return;
        }
    };
    loop {
        let mut block = vec![0; BLOCK];
        let read = match stream.read(&mut block) {
            Ok(0) => return,
            Ok(count) => {
                block.truncate(count);
                Ok(block)
            }
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            Err(why) => Err(why),
        };
        let failed = read.is_err();
        if sender.send(read).is_err() || failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(stop: bool) -> (SyncSender<io::Result<Vec<u8>>>, Ending) {
        let (sender, blocks) = sync_channel(WAITING);
        let stop = Arc::new(AtomicBool::new(stop));
        (sender, Ending { blocks, block: Vec::new(), read: 0, stop, after: 0 })
    }

    #[test]
    fn what_is_on_its_way_is_read_after_the_flag_and_then_silence_is_the_end() {
        let (sender, mut stream) = ending(true);
        sender.send(Ok(b"pac".to_vec())).unwrap();
        sender.send(Ok(b"ket".to_vec())).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"packet");
    }

    #[test]
    fn a_stream_that_never_ends_is_ended() {
        let (sender, mut stream) = ending(true);
        let endless = thread::spawn(move || while sender.send(Ok(vec![7; 10])).is_ok() {});
        assert_eq!(io::copy(&mut stream, &mut io::sink()).unwrap(), 10 * AT_ALL as u64);
        drop(stream);
        endless.join().unwrap();
    }

    #[test]
    fn an_end_and_an_error_are_passed_on() {
        let (sender, mut stream) = ending(false);
        sender.send(Err(io::ErrorKind::PermissionDenied.into())).unwrap();
        assert_eq!(stream.read(&mut [0; 4]).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        drop(sender);
        assert_eq!(stream.read(&mut [0; 4]).unwrap(), 0);
    }
}
