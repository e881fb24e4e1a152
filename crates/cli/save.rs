//! Files that are whole or not there: written beside their place, then moved into it.

use crate::failure::Failure;
use crate::parse;
use lenscap_report::shell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// The extension of a saved summary.
pub(crate) const EXTENSION: &str = "lens";

/// Whether a path is that of a saved summary, by its name.
pub(crate) fn is_saved(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == EXTENSION)
}

/// Takes a path for a summary only where no capture can be written over by mistake.
pub(crate) fn path(text: &str) -> Result<PathBuf, String> {
    parse::path_with(text, EXTENSION)
}

/// Writes a file through `write`; where that fails, what was there stays.
pub(crate) fn write(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Failure> {
    let partial = path.with_extension(format!("{EXTENSION}.{}.partial", std::process::id()));
    whole(path, &partial, private, write).map_err(|why| unsaved(path, &why))
}

/// Why a file could not be written, and what to do: most often its folder is missing.
fn unsaved(path: &Path, why: &io::Error) -> Failure {
    let failure = Failure::file("save", path, why);
    match path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        Some(folder) => failure
            .next(format!("Make its folder first: mkdir -p {}", shell::word(&folder.to_string_lossy()))),
        None => failure,
    }
}

/// Writes a file as `partial`, which `open` makes, and moves it into its place once all of it is there.
pub(crate) fn whole(
    path: &Path,
    partial: &Path,
    open: impl FnOnce(&Path) -> io::Result<File>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let written = open(partial).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.into_inner()?.sync_all()?;
        fs::rename(partial, path)
    });
    written.inspect_err(|_| {
        // Nothing more can be done where it cannot be removed either.
        _ = fs::remove_file(partial);
    })
}

/// A new file that nobody but its owner may read: it holds payload.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_capture_is_not_written_over() {
        assert!(path("monday.lens").is_ok());
        assert!(path("monday.pcap").is_err() && path("lens").is_err());
    }

    #[test]
    fn a_folder_that_is_missing_is_to_be_made() {
        let folder = tempfile::tempdir().unwrap();
        let said = write(&folder.path().join("no/such/a.lens"), |_| Ok(())).unwrap_err().to_string();
        assert!(said.contains("Make its folder first: mkdir -p ") && said.ends_with("no/such"), "{said}");
    }

    #[test]
    fn whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lens");
        write(&path, |out| out.write_all(b"first")).unwrap();
        let failed = write(&path, |out| {
            out.write_all(b"sec")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"first");
        write(&path, |out| out.write_all(b"second")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
            0o600
        );
    }
}
