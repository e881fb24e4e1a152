//! Which files a user's list of files and folders means.

use std::path::{Path, PathBuf};

use crate::{Capture, Error};

/// The captures of a list, and what was passed over in folders.
#[derive(Debug, Default)]
pub struct Expanded {
    /// Files that were named, and what was found in folders, in that order. What of it cannot be read says so where it is opened: a
    /// folder that has no capture or may not be entered, a link that leads nowhere, a capture that is cut inside its header, an empty
    /// file that is called like a capture.
    pub files: Vec<PathBuf>,
    /// Files in folders that are no captures, with why: they begin like none, or are empty and called like none.
    pub skipped: Vec<(PathBuf, Error)>,
}

/// Replaces folders by the captures in them, at any depth, sorted by path. Links to folders are not followed.
///
/// Only what starts like no capture, or has nothing in it and is not called like one, is passed over. Whatever else cannot be opened may
/// be one: nobody must take its silence for a capture in which nothing was found. A full disk leaves `monday.pcap` with 0 bytes.
pub fn expand(paths: &[PathBuf]) -> Expanded {
    let mut all = Expanded::default();
    for path in paths {
        if !path.is_dir() {
            all.files.push(path.clone());
            continue;
        }
        let before = all.files.len();
        for file in files_below(path) {
            match Capture::open(&file) {
                Err(why @ Error::NotACapture { .. }) => all.skipped.push((file, why)),
                Err(why @ Error::Empty) if !is_called_a_capture(&file) => all.skipped.push((file, why)),
                _ => all.files.push(file),
            }
        }
        if all.files.len() == before {
            all.files.push(path.clone());
        }
    }
    all
}

/// Whether a file has the name of a capture: `a.pcap`, `a.pcapng.zst`, `a.cap`, or `a.pcap12`, as tcpdump calls the twelfth of a ring.
fn is_called_a_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.split('.').skip(1).any(|part| part.starts_with("pcap") || part == "cap")
}

/// The links below a folder that lead to files, which lie elsewhere.
pub fn links(folder: &Path) -> Vec<PathBuf> {
    let mut files = files_below(folder);
    files.retain(|file| file.is_symlink() && file.is_file());
    files
}

/// The files below a folder, and what of it cannot be looked at: folders that may not be read, links that lead nowhere.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            files.push(folder);
            continue;
        };
        for entry in entries {
            let Ok(entry) = entry else {
                files.push(folder.clone());
                break;
            };
            // Of a link it is asked what it leads to: a pipe or a folder is passed over, and what is not there is not.
            let path = entry.path();
            match (entry.file_type(), std::fs::metadata(&path)) {
                (Ok(kind), _) if kind.is_dir() => folders.push(path),
                (_, Ok(found)) if !found.is_file() => {}
                _ => files.push(path),
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

    #[test]
    fn what_may_be_a_capture_and_cannot_be_read_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let whole = pcap(&[]);
        fs::write(path("cut.pcap"), &whole[..12]).unwrap();
        fs::write(path("broken.pcap.gz"), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff]).unwrap();
        fs::write(path("cut.pcap.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
        fs::write(path("broken.pcap.zst"), [0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff]).unwrap();
        fs::write(path("none.txt"), b"not packets").unwrap();
        for empty in ["nothing", "pcap", "none.gz", "full.pcap", "Full.CAP", "full.pcapng.gz", "full.pcap7"] {
            fs::write(path(empty), b"").unwrap();
        }
        fs::create_dir(path("empty")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("gone.pcap", path("link.pcap")).unwrap();
        let all = expand(&[folder.path().to_path_buf()]);
        let names = |paths: &mut dyn Iterator<Item = &PathBuf>| -> Vec<String> {
            paths.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        let mut kept = names(&mut all.files.iter());
        kept.retain(|name| name != "link.pcap");
        let empty = ["full.pcap", "full.pcap7", "full.pcapng.gz"];
        assert_eq!(kept[0], "Full.CAP");
        assert_eq!(kept[1..5], ["broken.pcap.gz", "broken.pcap.zst", "cut.pcap", "cut.pcap.gz"]);
        assert_eq!(kept[5..], empty);
        assert_eq!(all.files.len(), if cfg!(unix) { 9 } else { 8 });
        let skipped = names(&mut all.skipped.iter().map(|(file, _)| file));
        assert_eq!(skipped, ["none.gz", "none.txt", "nothing", "pcap"]);
        assert!(all.files.iter().all(|file| Capture::open(file).is_err()));
        assert!(links(folder.path()).is_empty());
    }

    #[test]
    fn a_folder_without_a_capture_stands_for_itself() {
        let folder = tempfile::tempdir().unwrap();
        let all = expand(&[folder.path().to_path_buf()]);
        assert_eq!(all.files, [folder.path()]);
        let why = Capture::open(folder.path()).err().unwrap();
        assert_eq!(why.to_string(), "it is a folder with no capture in it");
    }
}
