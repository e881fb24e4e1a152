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

/// The links below a folder that lead to files, which lie elsewhere.
pub fn links(folder: &Path) -> Vec<PathBuf> {
    let mut files = files_below(folder, &mut Vec::new());
    files.retain(|file| file.is_symlink());
    files
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

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_testkit::pcap;
    use std::fs;

    #[test]
    fn folders_are_the_captures_in_them_at_any_depth() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("b")).unwrap();
        for (name, bytes) in
            [("c.pcap", pcap(&[])), ("b/a.pcap", pcap(&[])), ("b/notes.txt", b"not packets".to_vec())]
        {
            fs::write(path(name), bytes).unwrap();
        }
        // What is named is taken as it is, even where it is nothing.
        let all = expand(&[path("nothing"), folder.path().to_path_buf()]);
        assert_eq!(all.files, [path("nothing"), path("b/a.pcap"), path("c.pcap")]);
        let skipped: Vec<_> = all.skipped.iter().map(|(file, why)| (file.clone(), why.to_string())).collect();
        assert_eq!(skipped.len(), 1);
        assert_eq!(skipped[0].0, path("b/notes.txt"));
        assert!(skipped[0].1.starts_with("it is not a capture: it starts with 6e6f7420"));
    }
}
