//! A file of JSON lines that is appended to, and closed when it is large or old enough.
//!
//! The open file has the name that was asked for. When it is closed it is made safe on the disk and then moved to a name of its
//! own, `lines-20260302T091400Z.jsonl` for `lines.jsonl`, by when it was begun: whoever takes files of that shape away finds
//! whole ones only. Where the process is killed while it writes, the open file may end in a piece of a line; the next watch
//! that opens it cuts that off and goes on behind it.

use super::clock;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes of lines that are handed to the system at once, where a line is no longer: as much as it takes in one step, so that a
/// kill between two steps hardly ever tears a line.
const STEP: usize = 4096;
/// Names that are tried for a file that is closed, where others of the same second are there.
const NAMES: u32 = 10_000;

/// When a file is closed and another begun.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rotation {
    /// Before it has more bytes than these; a line is never cut.
    pub(super) size: Option<u64>,
    /// When its first line is so old.
    pub(super) age: Option<Duration>,
}

/// The file that is open.
#[derive(Debug)]
pub(super) struct LineFile {
    path: PathBuf,
    rotation: Rotation,
    file: File,
    /// How long it is as far as it holds whole lines.
    length: u64,
    /// When the first of its lines was written, or it was opened with some: by the clocks of the machine and of the day.
    begun: Option<(Instant, String)>,
    /// What was written of the lines that are being appended.
    done: usize,
    /// Whether it has been closed, and the next could not be opened yet.
    is_closed: bool,
}

impl LineFile {
    /// Opens a file to append to. The last line that was left unfinished, as by a crash, is cut off.
    pub(super) fn open(path: &Path, rotation: Rotation) -> io::Result<Self> {
        let (file, length) = open(path)?;
        let begun = (length > 0).then(now);
        // A device or a pipe is never closed.
        let rotation = if file.metadata()?.is_file() { rotation } else { Rotation::default() };
        Ok(Self { path: path.to_path_buf(), rotation, file, length, begun, done: 0, is_closed: false })
    }

    /// Opens the file of its name again, as after it was moved away.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        // The lock of a file that was not moved away is the one that is held.
        _ = self.file.unlock();
        (self.file, self.length) = open(&self.path)?;
        self.begun = (self.length > 0).then(now);
        self.is_closed = false;
        Ok(())
    }

    /// Appends whole lines, in as many files as they need. Where that fails, the next call with the same lines goes on where it
    /// stopped.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        while let Some(rest) = lines.get(self.done..).filter(|rest| !rest.is_empty()) {
            let step = step(rest);
            let full = |size| self.length > 0 && self.length + step as u64 > size;
            if self.is_closed || self.rotation.size.is_some_and(full) || self.is_old() {
                self.close()?;
            }
            self.begun.get_or_insert_with(now);
            if let Err(why) = self.file.write_all(rest.get(..step).unwrap_or(rest)) {
                // Half a line helps nobody.
                let cut = self.file.set_len(self.length);
                _ = cut.and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
                return Err(why);
            }
            self.length += step as u64;
            self.done += step;
        }
        self.done = 0;
        Ok(())
    }

    /// Closes it where it has become too old meanwhile.
    pub(super) fn look(&mut self) -> io::Result<()> {
        if self.is_old() { self.close() } else { Ok(()) }
    }

    /// How long it may stay open yet.
    pub(super) fn left(&self) -> Option<Duration> {
        let (begun, _) = self.begun.as_ref()?;
        Some(self.rotation.age?.saturating_sub(begun.elapsed()))
    }

    /// Makes safe what was written.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self.file.sync_all() {
            // A device or a pipe cannot be.
            Err(why) if why.kind() == ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }

    fn is_old(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// Closes the file under a name of its own, and begins another.
    fn close(&mut self) -> io::Result<()> {
        if !self.is_closed {
            self.file.sync_all()?;
            let stamp = self.begun.as_ref().map_or_else(clock::stamp, |(_, stamp)| stamp.clone());
            fs::rename(&self.path, closed(&self.path, &stamp)?)?;
            self.is_closed = true;
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            // Where the folder cannot be made safe, a crash of the machine may undo the move, and nothing else.
            _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        }
        (self.file, self.length) = open(&self.path)?;
        self.begun = (self.length > 0).then(now);
        self.is_closed = false;
        Ok(())
    }
}

fn now() -> (Instant, String) {
    (super::moment(), clock::stamp())
}

/// Whole lines at the front that are written at once, in bytes: some 4 kB, or one that is longer.
fn step(lines: &[u8]) -> usize {
    let newline = |byte: &u8| *byte == b'\n';
    let first = lines.get(..STEP).unwrap_or(lines);
    let rest = || lines.iter().position(newline);
    first.iter().rposition(newline).or_else(rest).map_or(lines.len(), |end| end + 1)
}

/// The name of a file that is closed: one that is not there yet.
fn closed(path: &Path, stamp: &str) -> io::Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let kind = path.extension().map(|kind| format!(".{}", kind.to_string_lossy())).unwrap_or_default();
    let name = |more: &str| path.with_file_name(format!("{stem}-{stamp}{more}{kind}"));
    let names = (2..NAMES).map(|n| name(&format!("-{n}")));
    let free = [name("")].into_iter().chain(names).find(|name| !name.exists());
    free.ok_or_else(|| io::Error::new(ErrorKind::AlreadyExists, "all names for the closed file are taken"))
}

/// A file to append to, without a last line that was left unfinished; and its length.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    if !file.metadata()?.is_file() {
        // A device or a pipe has no end to append to.
        return Ok((file, 0));
    }
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(io::Error::new(ErrorKind::ResourceBusy, "another watch writes to it"));
    }
    let mut first = [0];
    if file.read(&mut first)? == 1 && first != *b"{" {
        let why = "it is there already and holds no JSON lines: nothing was written";
        return Err(io::Error::new(ErrorKind::AlreadyExists, why));
    }
    let end = end_of_lines(&mut file)?;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok((file, end))
}

/// Where the last whole line ends.
fn end_of_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = [0; 4096];
    while end > 0 {
        let length = end.min(block.len() as u64);
        file.seek(SeekFrom::Start(end - length))?;
        let tail = &mut block[..length as usize];
        file.read_exact(tail)?;
        if let Some(last) = tail.iter().rposition(|byte| *byte == b'\n') {
            return Ok(end - length + last as u64 + 1);
        }
        end -= length;
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let all = fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<_> = all.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_line_that_was_left_unfinished_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        let long = "{".repeat(10_000);
        for (before, kept) in [("", ""), ("{}\n", "{}\n"), ("{}\n{\"a", "{}\n"), (&long, "")] {
            fs::write(&path, before).unwrap();
            let mut file = LineFile::open(&path, Rotation::default()).unwrap();
            file.append(b"[]\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{kept}[]\n"));
        }
    }

    #[test]
    fn a_file_of_another_kind_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("office.pcap");
        for bytes in [&b"\xd4\xc3\xb2\xa1 packets"[..], b"notes\n"] {
            fs::write(&path, bytes).unwrap();
            assert!(LineFile::open(&path, Rotation::default()).is_err());
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        assert!(LineFile::open(folder.path(), Rotation::default()).is_err());
    }

    #[test]
    fn two_watches_do_not_write_to_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        let mut first = LineFile::open(&path, Rotation::default()).unwrap();
        let refused = LineFile::open(&path, Rotation::default()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ResourceBusy);
        first.reopen().unwrap();
        drop(first);
        assert!(LineFile::open(&path, Rotation::default()).is_ok());
    }

    #[test]
    fn no_file_is_larger_than_it_may_be_and_none_cuts_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        let rotation = Rotation { size: Some(10_000), age: None };
        let mut file = LineFile::open(&path, rotation).unwrap();
        let line = |n: usize| format!("{{\"n\":{n},\"more\":\"{}\"}}\n", "x".repeat(n * 7 % 900));
        let all: String = (0..200).map(line).collect();
        let (one, other) = all.split_at(all[..30_000].rfind('\n').unwrap() + 1);
        file.append(one.as_bytes()).unwrap();
        file.append(other.as_bytes()).unwrap();
        let names = names(folder.path());
        assert!(names.len() > 5 && names.iter().all(|name| name.starts_with("lines")), "{names:?}");
        let mut found: Vec<_> = Vec::new();
        for name in &names {
            let text = fs::read_to_string(folder.path().join(name)).unwrap();
            assert!(text.len() <= 10_000 && text.starts_with('{') && text.ends_with("}\n"), "{name}");
            found.extend(text.lines().map(str::to_string));
        }
        let mut wanted: Vec<_> = all.lines().map(str::to_string).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
        let long = format!("{{{}}}\n", "y".repeat(20_000));
        file.append(long.as_bytes()).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().len(),
            long.len() as u64,
            "a line that is longer has its own"
        );
    }

    #[test]
    fn what_is_old_is_closed_though_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        let rotation = Rotation { size: None, age: Some(Duration::from_millis(50)) };
        let mut file = LineFile::open(&path, rotation).unwrap();
        assert_eq!(file.left(), None, "nothing is in it");
        file.append(b"{}\n").unwrap();
        assert!(file.left().is_some());
        std::thread::sleep(Duration::from_millis(60));
        file.look().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        assert_eq!(names(folder.path()).len(), 2);
        file.look().unwrap();
        assert_eq!(names(folder.path()).len(), 2, "an empty file is not closed");
    }
}
