//! The files of a ring: each is whole for itself and named by when it was begun; the oldest go where there are too many.
//!
//! A block is appended after another, so a file whose writer was killed is read up to its last whole block.

use super::super::clock;
use super::Counts;
use super::numbering::Numbering;
use crate::failure::say;
use crate::save;
use lenscap_capture::section_block;
use lenscap_report::escape::escape;
use lenscap_wire::Timestamp;
use std::collections::VecDeque;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Before and behind the time in a file's name.
const PREFIX: &str = "lenscap-";
const SUFFIX: &str = ".pcapng";
/// Files that make up what is kept.
const PARTS: u64 = 24;
/// Bytes of a file at least and at most, and the longest time of one.
const SIZES: (u64, u64) = (1 << 20, 256 << 20);
const LONGEST: Duration = Duration::from_hours(1);
/// Files that may begin within the same second.
const NAMES: u32 = 10_000;

/// How much is kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keep {
    pub(super) bytes: Option<u64>,
    pub(super) age: Option<Duration>,
}

impl Keep {
    /// Bytes of one file, and its time in nanoseconds.
    fn part(self) -> (u64, i64) {
        let size = self.bytes.map_or(SIZES.1, |bytes| (bytes / PARTS).clamp(SIZES.0, SIZES.1));
        let age = self.age.map_or(LONGEST, |age| (age / PARTS as u32).clamp(Duration::from_secs(1), LONGEST));
        (size, age.as_nanos() as i64)
    }
}

/// Packets that are written at once.
#[derive(Debug)]
pub(super) struct Piece {
    /// Descriptions of interfaces behind those of the pieces before.
    pub(super) described: Vec<Vec<u8>>,
    pub(super) blocks: Vec<u8>,
    pub(super) packets: u64,
    /// What time it was, by packets.
    pub(super) now: Timestamp,
}

/// The file that is open.
#[derive(Debug)]
struct Open {
    file: File,
    length: u64,
    begun: Timestamp,
    numbering: Numbering,
}

/// A ring of files.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    /// Held as long as this is written: two watches would take away each other's files.
    _lock: File,
    keep: Keep,
    /// Descriptions of interfaces, by the numbers that they have in pieces.
    interfaces: Vec<Vec<u8>>,
    open: Option<Open>,
    /// Each with its bytes, the oldest first; the last is the open one, where one is.
    all: VecDeque<(PathBuf, u64)>,
    counts: Arc<Counts>,
    complained: bool,
    /// Whether files were removed to make room, and there was none all the same.
    in_vain: bool,
}

impl Files {
    /// A ring in this folder, to which files of before belong.
    pub(super) fn open(folder: PathBuf, keep: Keep, counts: Arc<Counts>) -> io::Result<Self> {
        let lock = File::open(&folder)?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            return Err(io::Error::new(ErrorKind::ResourceBusy, "another watch writes to it"));
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(&folder)?.flatten() {
            if entry.file_name().to_str().is_some_and(is_ours) {
                files.push((entry.path(), entry.metadata()?.len()));
            }
        }
        files.sort();
        Ok(Self {
            folder,
            _lock: lock,
            keep,
            interfaces: Vec::new(),
            open: None,
            all: files.into(),
            counts,
            complained: false,
            in_vain: false,
        })
    }

    /// Writes pieces until there are no more.
    pub(super) fn run(&mut self, pieces: &Receiver<Piece>) {
        for mut piece in pieces {
            self.interfaces.append(&mut piece.described);
            let written = match self.write(&piece) {
                Err(why) if is_full(&why) && self.give_way(piece.blocks.len()) => self.write(&piece),
                written => written,
            };
            match written {
                Ok(()) => {
                    self.counts.packets.fetch_add(piece.packets, Ordering::Relaxed);
                    (self.complained, self.in_vain) = (false, false);
                }
                Err(why) => {
                    self.counts.errors.fetch_add(1, Ordering::Relaxed);
                    self.counts.shed.fetch_add(piece.packets, Ordering::Relaxed);
                    self.complain(&why);
                }
            }
            if let Err(why) = self.remove_oldest(piece.now) {
                self.complain(&why);
            }
            let bytes = self.all.iter().map(|(_, length)| length).sum();
            self.counts.bytes.store(bytes, Ordering::Relaxed);
            self.counts.files.store(self.all.len() as u64, Ordering::Relaxed);
        }
        if let Err(why) = self.close() {
            self.complain(&why);
        }
    }

    /// Says once what fails until it works again.
    fn complain(&mut self, why: &io::Error) {
        if !std::mem::replace(&mut self.complained, true) {
            let folder = escape(self.folder.to_string_lossy().as_bytes()).into_owned();
            say(&format!("lenscap: cannot write rolling files to {folder}: {why}; it is tried again"));
        }
    }

    fn write(&mut self, piece: &Piece) -> io::Result<()> {
        let (size, age) = self.keep.part();
        let is_over = |open: &Open| {
            let since = piece.now.0.saturating_sub(open.begun.0);
            open.length + piece.blocks.len() as u64 > size || since >= age || since < 0
        };
        if self.open.as_ref().is_some_and(is_over) {
            self.close()?;
        }
        if self.open.is_none() {
            self.begin(piece.now)?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let known = open.numbering.len();
        let blocks = open.numbering.number(&piece.blocks, &self.interfaces);
        if let Err(why) = open.file.write_all(&blocks) {
            // Half a block ends a file.
            let cut = open.file.set_len(open.length);
            _ = cut.and_then(|()| open.file.seek(SeekFrom::Start(open.length)));
            open.numbering.forget(known);
            return Err(why);
        }
        open.length += blocks.len() as u64;
        if let Some((_, length)) = self.all.back_mut() {
            *length = open.length;
        }
        Ok(())
    }

    /// Begins a file.
    fn begin(&mut self, now: Timestamp) -> io::Result<()> {
        let (mut file, path) = create(&self.folder, &clock::named(now))?;
        if let Err(why) = file.write_all(section_block()) {
            // A file of nothing helps nobody.
            _ = fs::remove_file(&path);
            return Err(why);
        }
        let length = section_block().len() as u64;
        self.all.push_back((path, length));
        self.open = Some(Open { file, length, begun: now, numbering: Numbering::default() });
        Ok(())
    }

    /// Makes the open file safe.
    fn close(&mut self) -> io::Result<()> {
        self.open.take().map_or(Ok(()), |open| open.file.sync_all())
    }

    /// Removes the oldest files for so many bytes on a disk that is full, and returns whether some went. The open one stays. Where
    /// that makes no room, as where a snapshot holds on to what is removed, it is not done again before there is some: else the
    /// ring would be lost for nothing.
    fn give_way(&mut self, bytes: usize) -> bool {
        if std::mem::replace(&mut self.in_vain, true) {
            return false;
        }
        let open = usize::from(self.open.is_some());
        let mut freed = 0;
        while freed < bytes as u64 && self.all.len() > open {
            match self.remove_first() {
                Ok(length) => freed += length,
                Err(_) => break,
            }
        }
        freed > 0
    }

    /// Removes the oldest file, and returns its bytes.
    fn remove_first(&mut self) -> io::Result<u64> {
        let Some((path, length)) = self.all.front() else { return Ok(0) };
        match fs::remove_file(path) {
            Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let length = *length;
        self.all.pop_front();
        Ok(length)
    }

    /// Removes what is too much or too old. The file that was written last stays.
    fn remove_oldest(&mut self, now: Timestamp) -> io::Result<()> {
        let oldest = |age: Duration| clock::named(Timestamp(now.0.saturating_sub(age.as_nanos() as i64)));
        let limit = self.keep.age.map(oldest);
        let mut bytes: u64 = self.all.iter().map(|(_, length)| length).sum();
        while let Some((next, _)) = self.all.get(1) {
            // A file ends where the next one begins.
            let is_old =
                limit.as_deref().is_some_and(|limit| time_of(next).is_some_and(|begun| begun < limit));
            if !is_old && self.keep.bytes.is_none_or(|most| bytes <= most) {
                break;
            }
            bytes = bytes.saturating_sub(self.remove_first()?);
        }
        Ok(())
    }
}

/// Whether there is no room on the disk, or none for this user.
fn is_full(why: &io::Error) -> bool {
    matches!(why.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// A file that nobody but its owner may read, and that was not there.
fn create(folder: &Path, stamp: &str) -> io::Result<(File, PathBuf)> {
    for n in 1..NAMES {
        // Sorted, the second of a second stands behind the first.
        let more = if n == 1 { String::new() } else { format!("_{n:04}") };
        let path = folder.join(format!("{PREFIX}{stamp}{more}{SUFFIX}"));
        match save::private(&path) {
            Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
            opened => return Ok((opened?, path)),
        }
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, "all names of this second are taken"))
}

/// The time in the name of a file of a ring.
fn time_of(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    name.get(..16)
}

/// Whether a ring has such a file: nothing else is ever removed.
fn is_ours(name: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(stem) = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX)) else {
        return false;
    };
    let (stamp, more) = stem.split_once('_').unwrap_or((stem, ""));
    let is_stamp = stamp.len() == 16 && stamp.ends_with('Z');
    is_stamp
        && stamp.get(..8).is_some_and(digits)
        && stamp.get(8..9) == Some("T")
        && stamp.get(9..15).is_some_and(digits)
        && digits(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(seconds: i64, bytes: usize) -> Piece {
        let now = Timestamp((1_772_442_840 + seconds) * 1_000_000_000);
        Piece { described: vec![], blocks: vec![0; bytes], packets: 1, now }
    }

    fn ring(folder: &Path, keep: Keep) -> Files {
        Files::open(folder.to_path_buf(), keep, Arc::default()).unwrap()
    }

    fn run(files: &mut Files, pieces: impl IntoIterator<Item = Piece>) -> Vec<String> {
        let (queue, taken) = std::sync::mpsc::channel();
        pieces.into_iter().for_each(|piece| queue.send(piece).unwrap());
        drop(queue);
        files.run(&taken);
        let mut names: Vec<_> = fs::read_dir(&files.folder)
            .unwrap()
            .flatten()
            .map(|file| file.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_go_where_there_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("lenscap-notes.pcapng"), "mine").unwrap();
        fs::write(folder.path().join("lenscap-20200101T000000Z.pcapng"), "old").unwrap();
        let keep = Keep { bytes: Some(4 << 20), age: None };
        let mut files = ring(folder.path(), keep);
        let names = run(&mut files, (0..40).map(|n| piece(n, 500 << 10)));
        assert_eq!(names.last().unwrap(), "lenscap-notes.pcapng", "what is not of the ring stays");
        let ours: Vec<_> = names.iter().filter(|name| is_ours(name)).collect();
        assert!(
            ours.len() > 2 && !ours.contains(&&"lenscap-20200101T000000Z.pcapng".to_string()),
            "{ours:?}"
        );
        let bytes = files.counts.bytes.load(Ordering::Relaxed);
        assert!(bytes <= 4 << 20 && bytes > 3 << 20, "{bytes}");
        assert_eq!(files.counts.packets.load(Ordering::Relaxed), 40);
    }

    #[test]
    fn the_oldest_go_when_they_are_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep { bytes: None, age: Some(Duration::from_mins(4)) };
        let names = run(&mut ring(folder.path(), keep), (0..100).map(|n| piece(n * 10, 100)));
        assert_eq!(
            names.first().unwrap(),
            "lenscap-20260302T092620Z.pcapng",
            "it ends four minutes before the last"
        );
        assert_eq!(names.len(), 26);
    }

    #[test]
    fn files_of_a_second_sort_as_they_were_begun_and_a_clock_may_be_set_back() {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep { bytes: Some(100 << 20), age: None };
        let names = run(&mut ring(folder.path(), keep), [0, 0, 0, -3600].map(|at| piece(at, 3 << 20)));
        let wanted =
            ["20260302T081400Z", "20260302T091400Z", "20260302T091400Z_0002", "20260302T091400Z_0003"];
        assert_eq!(names, wanted.map(|name| format!("lenscap-{name}.pcapng")));
        assert!(names.iter().all(|name| is_ours(name)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn on_a_full_disk_the_oldest_make_room_but_not_in_vain() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = ring(folder.path(), Keep::default());
        run(&mut files, (0..4).map(|n| piece(n * 3600, 1000)));
        assert_eq!(files.all.len(), 4);
        // The open file, which finds no room whatever is removed.
        let fill = |files: &mut Files| {
            let file = File::options().write(true).open("/dev/full").unwrap();
            let begun = piece(4 * 3600, 0).now;
            files.open = Some(Open { file, length: 0, begun, numbering: Numbering::default() });
            run(files, [piece(4 * 3600, 1500)]).len()
        };
        assert_eq!([fill(&mut files), fill(&mut files)], [2, 2], "as many as the piece needs, once");
        assert_eq!(files.counts.shed.load(Ordering::Relaxed), 2);
        files.open = None;
        assert_eq!(run(&mut files, [piece(5 * 3600, 10)]).len(), 3);
        assert_eq!(fill(&mut files), 1, "there was room meanwhile");
    }

    #[test]
    fn two_watches_do_not_share_a_ring() {
        let folder = tempfile::tempdir().unwrap();
        let _first = ring(folder.path(), Keep::default());
        let refused = Files::open(folder.path().to_path_buf(), Keep::default(), Arc::default());
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ResourceBusy);
    }
}
