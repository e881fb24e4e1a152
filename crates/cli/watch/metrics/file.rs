//! Metrics in a file, as a collector of text files reads them: it is whole at every moment, and written anew every
//! [`INTERVAL`] by a thread of its own.

use super::Exposed;
use crate::failure::say;
use crate::save;
use lenscap_report::escape::escape;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often it is written.
const INTERVAL: Duration = Duration::from_secs(5);

/// A file that is written until this is dropped.
#[derive(Debug)]
pub(crate) struct MetricsFile {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MetricsFile {
    /// Writes it at once, and from then on.
    pub(crate) fn start(path: PathBuf, exposed: Exposed) -> io::Result<Self> {
        write(&path, &exposed)?;
        let (stop, stopped) = channel();
        let writing = move || {
            let mut complained = false;
            loop {
                let wait = stopped.recv_timeout(INTERVAL);
                match write(&path, &exposed) {
                    Ok(()) => complained = false,
                    Err(why) if !complained => {
                        let path = escape(path.to_string_lossy().as_bytes()).into_owned();
                        say(&format!("lenscap: cannot write {path}: {why}; it is tried again every 5 s"));
                        complained = true;
                    }
                    Err(_) => {}
                }
                if wait != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("metrics-file".into()).spawn(writing)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for MetricsFile {
    fn drop(&mut self) {
        self.stop = None;
        // It writes once more what there is.
        _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What it is called until it is whole.
fn partial(path: &Path) -> PathBuf {
    let mut partial = path.as_os_str().to_os_string();
    partial.push(format!(".{}.partial", std::process::id()));
    partial.into()
}

/// A file that was not there. Its name can be guessed: in a folder that others may write to, such as `/tmp`, a link of that name
/// would lead to a file of ours, which then had metrics instead of what was in it. A new file never follows a link.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(why),
        _ => File::create_new(path),
    }
}

fn write(path: &Path, exposed: &Exposed) -> io::Result<()> {
    save::whole(path, &partial(path), create, |out| out.write_all(exposed.text().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_the_last_text() {
        let folder = tempfile::tempdir().unwrap();
        let (path, exposed) = (folder.path().join("lenscap.prom"), Exposed::default());
        exposed.put("a 1\n".into());
        let file = MetricsFile::start(path.clone(), exposed.clone()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a 1\n");
        exposed.put("a 2\n".into());
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "a 2\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_of_the_name_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("lenscap.prom"), folder.path().join("other"));
        fs::write(&other, "dear").unwrap();
        for to in [&other, &folder.path().join("none")] {
            std::os::unix::fs::symlink(to, partial(&path)).unwrap();
            write(&path, &Exposed::default()).unwrap();
            assert!(fs::symlink_metadata(&path).unwrap().is_file());
        }
        assert_eq!(fs::read_to_string(&other).unwrap(), "dear");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_cannot_be_written_says_so() {
        assert!(MetricsFile::start(PathBuf::from("/proc/none"), Exposed::default()).is_err());
    }
}
