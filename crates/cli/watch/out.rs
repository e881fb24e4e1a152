//! Where a watch writes: standard output, or a file that is appended to. A thread of its own writes, so that a slow reader or a
//! full disk never keeps packets waiting.
//!
//! Nothing is thrown away for it: while one piece is on its way, [`Out::is_free`] says no, and what would be said is said later.
//! A file holds whole lines: a piece that could not be written whole is taken back, and tried again every second.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Where to write.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Stdout,
    File(PathBuf),
}

enum Job {
    Write(Vec<u8>),
    Reopen,
}

/// What both threads know.
#[derive(Default)]
struct Shared {
    /// Pieces that are not written yet.
    waiting: AtomicUsize,
    /// Whether nothing more is to be waited for.
    ends: AtomicBool,
    /// Why a piece could not be written; it may be tried again.
    error: Mutex<Option<io::Error>>,
}

impl Shared {
    fn fail(&self, why: io::Error) {
        if let Ok(mut error) = self.error.lock() {
            *error = Some(why);
        }
    }
}

/// An output, and the thread that writes it.
pub(super) struct Out {
    jobs: Option<Sender<Job>>,
    shared: Arc<Shared>,
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
        Ok(Self { jobs: Some(jobs), shared, thread: Some(thread) })
    }

    /// Whether everything is written.
    pub(super) fn is_free(&self) -> bool {
        self.shared.waiting.load(Ordering::Acquire) == 0
    }

    /// Has whole lines written.
    pub(super) fn write(&self, lines: Vec<u8>) {
        if !lines.is_empty() {
            self.send(Job::Write(lines));
        }
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
struct Writer {
    target: Target,
    /// The file, and how long it is as far as it holds whole lines.
    file: Option<(File, u64)>,
}

impl Writer {
    fn open(target: Target) -> io::Result<Self> {
        let file = match &target {
            Target::Stdout => None,
            Target::File(path) => Some(open(path)?),
        };
        Ok(Self { target, file })
    }

    fn run(&mut self, jobs: &Receiver<Job>, shared: &Shared) -> io::Result<()> {
        for job in jobs {
            let done = loop {
                let done = self.take(&job);
                let hopeless = matches!(&done, Err(why) if why.kind() == ErrorKind::BrokenPipe);
                if done.is_ok() || hopeless || shared.ends.load(Ordering::Acquire) {
                    break done;
                }
                done.unwrap_or_else(|why| shared.fail(why));
                thread::sleep(Duration::from_secs(1));
            };
            shared.waiting.fetch_sub(1, Ordering::AcqRel);
            if let Err(why) = done {
                shared.fail(io::Error::new(why.kind(), why.to_string()));
                return Err(why);
            }
        }
        Ok(())
    }

    fn take(&mut self, job: &Job) -> io::Result<()> {
        match (job, &mut self.file, &self.target) {
            (Job::Write(lines), Some((file, length)), _) => {
                if let Err(why) = file.write_all(lines) {
                    // Half a line helps nobody.
                    _ = file.set_len(*length).and_then(|()| file.seek(SeekFrom::Start(*length)));
                    return Err(why);
                }
                *length += lines.len() as u64;
                Ok(())
            }
            (Job::Write(lines), None, _) => {
                let mut out = io::stdout().lock();
                out.write_all(lines)?;
                out.flush()
            }
            (Job::Reopen, file, Target::File(path)) => {
                *file = Some(open(path)?);
                Ok(())
            }
            (Job::Reopen, _, Target::Stdout) => Ok(()),
        }
    }
}

/// A file to append to, without a last line that was left unfinished.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    if !file.metadata()?.is_file() {
        // A device or a pipe has no end to append to.
        return Ok((file, 0));
    }
    let mut first = [0];
    if file.read(&mut first)? == 1 && first != *b"{" {
        let why = "it is there already and holds no JSON lines: nothing was written";
        return Err(io::Error::new(ErrorKind::AlreadyExists, why));
    }
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = [0; 4096];
    while end > 0 {
        let length = end.min(block.len() as u64);
        file.seek(SeekFrom::Start(end - length))?;
        let tail = &mut block[..length as usize];
        file.read_exact(tail)?;
        if let Some(last) = tail.iter().rposition(|byte| *byte == b'\n') {
            end = end - length + last as u64 + 1;
            break;
        }
        end -= length;
    }
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok((file, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_line_that_was_left_unfinished_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        let long = "{".repeat(10_000);
        for (before, kept) in [("", ""), ("{}\n", "{}\n"), ("{}\n{\"a", "{}\n"), (&long, "")] {
            fs::write(&path, before).unwrap();
            let out = Out::open(Target::File(path.clone())).unwrap();
            out.write(b"[]\n".to_vec());
            out.finish().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{kept}[]\n"));
        }
    }

    #[test]
    fn a_file_of_another_kind_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("office.pcap");
        for bytes in [&b"\xd4\xc3\xb2\xa1 packets"[..], b"notes\n"] {
            fs::write(&path, bytes).unwrap();
            assert!(Out::open(Target::File(path.clone())).is_err());
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }

    #[test]
    fn a_file_that_was_moved_away_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("a.jsonl"), folder.path().join("a.jsonl.1"));
        let out = Out::open(Target::File(path.clone())).unwrap();
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
    fn what_cannot_be_opened_says_so() {
        assert!(Out::open(Target::File(std::env::temp_dir())).is_err());
    }
}
