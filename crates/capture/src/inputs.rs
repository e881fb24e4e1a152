//! Which files a user's list of files and folders means.

use std::path::{Path, PathBuf};

use crate::{Capture, Error};

/// The captures of a list, and what was passed over in folders.
#[derive(Debug, Default)]
pub struct Expanded {
    /// Files that were named, and the captures found in folders, in that order.
    pub files: Vec<PathBuf>,
    /// Files in folders that are no captures, with why.
    pub skipped: Vec<(PathBuf, Error)>,
}

/// Replaces folders by the captures in them, at any depth, sorted by path. Links to folders are not followed.
pub fn expand(paths: &[PathBuf]) -> Expanded {
    let mut all = Expanded::default();
    for path in paths {
        if !path.is_dir() {
            all.files.push(path.clone());
            continue;
        }
        for file in files_below(path, &mut all.skipped) {
            match Capture::open(&file) {
                Ok(_) => all.files.push(file),
                Err(why) => all.skipped.push((file, why)),
            }
        }
    }
    all
}

fn files_below(folder: &Path, skipped: &mut Vec<(PathBuf, Error)>) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(why) => {
                skipped.push((folder, why.into()));
                continue;
            }
        };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() || entry.path().is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    files
}
