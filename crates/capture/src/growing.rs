//! A capture that is still being written: standard input or a named pipe, of which the end may be days away.
//!
//! What is read of it waits at most [`WAIT`] for more, so that whoever reads can look up between two packets. A stream has
//! no clock but its packets: while nothing comes, the time is that of the latest.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::capture::{Compression, Pace, stream_reader};
use crate::{ChunkId, Error, RecordReader};

/// Nanoseconds that are waited for more.
const WAIT: i64 = 100_000_000;

/// Opens a named pipe without waiting for somebody who writes into it; [`growing_reader`] waits.
pub fn open_pipe(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OFlags::NONBLOCK.bits() as i32);
    options.open(path)
}

/// Reads a stream, packed or not, that says [`Next::Idle`](crate::Next::Idle) while nothing comes. Waits for its header; where
/// `stop` is set meanwhile, the stream has ended.
pub fn growing_reader(
    stream: impl Read + AsFd + Send + 'static,
    id: ChunkId,
    stop: Arc<AtomicBool>,
) -> Result<(RecordReader, Option<Compression>), Error> {
    let opened = Arc::new(AtomicBool::new(false));
    let patient = Patient { stream, opened: opened.clone(), stop };
    let read = stream_reader(Box::new(patient), id, Pace::Along)?;
    opened.store(true, Ordering::Relaxed);
    Ok(read)
}

/// Gives up waiting after a while, by [`io::ErrorKind::WouldBlock`].
struct Patient<R> {
    stream: R,
    /// Whether the header was read: until then it waits for as long as it takes, or until it shall stop.
    opened: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl<R: Read + AsFd> Patient<R> {
    /// Reads what comes soon.
    fn read_soon(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wait = Timespec { tv_sec: 0, tv_nsec: WAIT };
        match poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], Some(&wait)) {
            // A signal is a reason to look up, too.
            Ok(0) | Err(rustix::io::Errno::INTR) => Err(io::ErrorKind::WouldBlock.into()),
            Ok(_) => self.stream.read(out),
            Err(why) => Err(why.into()),
        }
    }
}

impl<R: Read + AsFd> Read for Patient<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.read_soon(out) {
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                    if self.opened.load(Ordering::Relaxed) {
                        return Err(why);
                    }
                    if self.stop.load(Ordering::Relaxed) {
                        return Ok(0);
                    }
                }
                read => return read,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Next, Source};
    use flate2::{Compression as Level, write::GzEncoder};
    use lenscap_testkit::{pcap, pcapng, random_traffic};
    use std::io::{Write, pipe};
    use std::thread;
    use std::time::Duration;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Level::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    /// Writes the bytes in parts with pauses between them; what comes out, and how often there was nothing yet.
    fn read(bytes: Vec<u8>, parts: usize) -> (Vec<Vec<u8>>, usize) {
        let (reader, mut writer) = pipe().unwrap();
        let writing = thread::spawn(move || {
            for part in bytes.chunks(bytes.len() / parts + 1) {
                writer.write_all(part).unwrap();
                thread::sleep(Duration::from_millis(250));
            }
        });
        let (mut reader, _) = growing_reader(reader, ChunkId::default(), Arc::default()).unwrap();
        let (mut packets, mut idle) = (Vec::new(), 0);
        loop {
            match reader.next().unwrap() {
                Next::Batch(batch) => packets.extend(batch.frames().map(|frame| frame.bytes.to_vec())),
                Next::Idle(now) => {
                    assert!(packets.is_empty() || Some(now) == reader.tally().end);
                    idle += 1;
                }
                Next::End => break,
            }
        }
        writing.join().unwrap();
        assert!(!reader.tally().torn_tail);
        (packets, idle)
    }

    #[test]
    fn what_comes_late_is_waited_for_wherever_it_was_cut() {
        let frames = random_traffic(5, 150);
        let wanted: Vec<_> = frames.iter().map(|frame| frame.bytes.clone()).collect();
        for bytes in [pcap(&frames), pcapng(&frames)] {
            let packed = [gzip(&bytes), zstd::encode_all(&bytes[..], 1).unwrap()];
            for bytes in packed.into_iter().chain([bytes]) {
                let (packets, idle) = read(bytes, 4);
                assert!(packets == wanted, "{} of {} packets", packets.len(), wanted.len());
                assert!(idle > 0);
            }
        }
    }

    #[test]
    fn who_waits_for_a_header_can_be_stopped() {
        let (reader, _writer) = pipe().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = stop.clone();
        let waiting = thread::spawn(move || growing_reader(reader, ChunkId::default(), theirs).map(|_| ()));
        thread::sleep(Duration::from_millis(250));
        assert!(!waiting.is_finished());
        stop.store(true, Ordering::Relaxed);
        assert!(matches!(waiting.join().unwrap(), Err(Error::Empty)));
    }
}
