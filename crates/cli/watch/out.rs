//! Where a watch writes: standard output, or a file that is appended to. A thread of its own writes, so that a slow reader or a
//! full disk never keeps packets waiting.
//!
//! While something is on its way, [`Out::is_free`] says no, and what settles is said later. What is asked for meanwhile, such as a
//! report by a signal, waits in a queue of [`QUEUE`] bytes; what finds it full is shed, and counted. A file holds whole lines: a
//! piece that could not be written whole is taken back, and tried again every second.

use super::file::{LineFile, Rotation};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Bytes that may wait to be written, where more than one piece waits.
const QUEUE: usize = 64 << 20;
/// How long nothing is looked at where no file is to be closed by its age.
const LOOK: Duration = Duration::from_hours(1);
/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Where to write.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Stdout,
    File(PathBuf, Rotation),
}

enum Job {
    Write(Vec<u8>),
    Reopen,
}

/// What both threads know.
#[derive(Default)]
struct Shared {
    /// Pieces that are not written yet, and their bytes.
    waiting: AtomicUsize,
    bytes: AtomicUsize,
    /// Whether nothing more is to be waited for.
    ends: AtomicBool,
    /// Attempts to write that failed.
    failures: AtomicU64,
    /// Why a piece could not be written; it may be tried again.
    error: Mutex<Option<io::Error>>,
}

impl Shared {
    fn fail(&self, why: io::Error) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut error) = self.error.lock() {
            *error = Some(why);
        }
    }
}

/// An output, and the thread that writes it.
pub(super) struct Out {
    jobs: Option<Sender<Job>>,
    shared: Arc<Shared>,
    /// Lines that found no room.
    shed: AtomicU64,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Out {
    /// Opens an output. The last line of a file that was left unfinished, as by a crash, is cut off.
    pub(super) fn open(target: Target) -> io::Result<Self> {
        let mut writer = Writer::open(target)?;
        let (jobs, next) = channel();
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread =
            thread::Builder::new().name("output".into()).spawn(move || writer.run(&next, &theirs))?;
        Ok(Self { jobs: Some(jobs), shared, shed: AtomicU64::new(0), thread: Some(thread) })
    }

    /// Whether everything is written.
    pub(super) fn is_free(&self) -> bool {
        self.shared.waiting.load(Ordering::Acquire) == 0
    }

    /// Whether what waits leaves room for more to be said at once.
    pub(super) fn has_room(&self) -> bool {
        self.shared.bytes.load(Ordering::Acquire) <= QUEUE / 2
    }

    /// Has whole lines written; counts them where there is no room for them.
    pub(super) fn write(&self, lines: Vec<u8>) {
        if lines.is_empty() {
            return;
        }
        let waiting = self.shared.bytes.load(Ordering::Acquire);
        if waiting > 0 && waiting.saturating_add(lines.len()) > QUEUE {
            let count = lines.split_inclusive(|byte| *byte == b'\n').count();
            self.shed.fetch_add(count as u64, Ordering::Relaxed);
            return;
        }
        self.shared.bytes.fetch_add(lines.len(), Ordering::AcqRel);
        self.send(Job::Write(lines));
    }

    /// Lines that were shed since it was opened.
    pub(super) fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }

    /// How often something could not be written since it was opened.
    pub(super) fn failures(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }

    /// Has the file opened again, as after it was moved away.
    pub(super) fn reopen(&self) {
        self.send(Job::Reopen);
    }

    fn send(&self, job: Job) {
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        if self.jobs.as_ref().is_none_or(|jobs| jobs.send(job).is_err()) {
            self.shared.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Why something could not be written, once.
    pub(super) fn error(&self) -> Option<io::Error> {
        self.shared.error.lock().ok()?.take()
    }

    /// Waits until all is written, or could not be.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.shared.ends.store(true, Ordering::Release);
        self.jobs = None;
        let ended = self.thread.take().map(JoinHandle::join);
        ended
            .unwrap_or(Ok(Ok(())))
            .unwrap_or_else(|_| Err(io::Error::other("the thread that writes panicked")))
    }
}

/// The writing side.
enum Writer {
    Stdout,
    File(Box<LineFile>),
}

impl Writer {
    fn open(target: Target) -> io::Result<Self> {
        Ok(match target {
            Target::Stdout => Self::Stdout,
            Target::File(path, rotation) => Self::File(Box::new(LineFile::open(&path, rotation)?)),
        })
    }

    fn run(&mut self, jobs: &Receiver<Job>, shared: &Shared) -> io::Result<()> {
        loop {
            let job = match jobs.recv_timeout(self.left()) {
                Ok(job) => job,
                Err(RecvTimeoutError::Disconnected) => return self.sync(),
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(why) = self.look() {
                        shared.fail(why);
                        thread::sleep(AGAIN);
                    }
                    continue;
                }
            };
            let done = loop {
                let done = self.take(&job);
                let hopeless = matches!(&done, Err(why) if why.kind() == ErrorKind::BrokenPipe);
                if done.is_ok() || hopeless || shared.ends.load(Ordering::Acquire) {
                    break done;
                }
                done.unwrap_or_else(|why| shared.fail(why));
                thread::sleep(AGAIN);
            };
            if let Job::Write(lines) = &job {
                shared.bytes.fetch_sub(lines.len(), Ordering::AcqRel);
            }
            shared.waiting.fetch_sub(1, Ordering::AcqRel);
            if let Err(why) = done {
                shared.fail(io::Error::new(why.kind(), why.to_string()));
                return Err(why);
            }
        }
    }

    /// How long nothing need be done but what is asked for.
    fn left(&self) -> Duration {
        match self {
            Self::Stdout => LOOK,
            Self::File(file) => file.left().unwrap_or(LOOK),
        }
    }

    fn look(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(file) => file.look(),
        }
    }

    fn sync(&self) -> io::Result<()> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(file) => file.sync(),
        }
    }

    fn take(&mut self, job: &Job) -> io::Result<()> {
        match (job, self) {
            (Job::Write(lines), Self::File(file)) => file.append(lines),
            (Job::Write(lines), Self::Stdout) => {
                let mut out = io::stdout().lock();
                out.write_all(lines)?;
                out.flush()
            }
            (Job::Reopen, Self::File(file)) => file.reopen(),
            (Job::Reopen, Self::Stdout) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_that_was_moved_away_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("a.jsonl"), folder.path().join("a.jsonl.1"));
        let out = Out::open(Target::File(path.clone(), Rotation::default())).unwrap();
        out.write(b"1\n".to_vec());
        while !out.is_free() {
            thread::yield_now();
        }
        fs::rename(&path, &moved).unwrap();
        out.write(b"2\n".to_vec());
        out.reopen();
        out.write(b"3\n".to_vec());
        out.finish().unwrap();
        let read = |path| fs::read_to_string(path).unwrap();
        assert_eq!((read(&moved), read(&path)), ("1\n2\n".to_string(), "3\n".to_string()));
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let out = Out::open(Target::File(path.clone(), Rotation::default())).unwrap();
        // As if its thread were slow: what waits is counted by who hands it over.
        out.shared.bytes.fetch_add(QUEUE - 4, Ordering::AcqRel);
        out.write(b"{}\n".to_vec());
        out.write(b"{1}\n{2}\n".to_vec());
        assert_eq!(out.shed(), 2);
        out.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"{}\n");
    }

    #[test]
    fn what_cannot_be_opened_says_so() {
        assert!(Out::open(Target::File(std::env::temp_dir(), Rotation::default())).is_err());
    }
}
