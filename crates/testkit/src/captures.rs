//! Captures on disk that tests read: the fixtures, and a corpus of other people's captures where there is one.
//!
//! Both lists are sorted, so the same on every machine. No capture of the corpus is named anywhere: tests must hold
//! for any directory that `LENSCAP_CORPUS` names.

use std::fs;
use std::path::{Path, PathBuf};

/// The top of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository has a path")
}

/// The cases of `fixtures/` and the captures of each, by name, as paths below [`repository`].
pub fn cases() -> Vec<(String, Vec<PathBuf>)> {
    let root = repository();
    let names = entries(&root.join("fixtures")).into_iter().filter(|path| path.is_dir());
    let case = |directory: PathBuf| {
        let name = directory.file_name().expect("a case has a name").to_string_lossy().into_owned();
        let captures = entries(&directory).into_iter().filter(|path| is_capture(path));
        let below = |path: PathBuf| path.strip_prefix(&root).expect("it stands below").to_path_buf();
        (name, captures.map(below).collect())
    };
    names.map(case).collect()
}

/// Every capture of every case.
pub fn fixtures() -> Vec<PathBuf> {
    cases().into_iter().flat_map(|(_, captures)| captures).map(|path| repository().join(path)).collect()
}

/// About `count` captures of the corpus, every n-th by path, of at most `size` bytes; `None` where there is no
/// corpus. `LENSCAP_CORPUS` names it, below the repository where it is relative; else it is `../shared/corpus`.
pub fn corpus(count: usize, size: u64) -> Option<Vec<PathBuf>> {
    let named = std::env::var_os("LENSCAP_CORPUS").map_or_else(|| "../shared/corpus".into(), PathBuf::from);
    let root = repository().join(named);
    if !root.is_dir() {
        return None;
    }
    let (mut captures, mut folders) = (Vec::new(), vec![root]);
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if is_capture(&path) && path.metadata().is_ok_and(|about| about.len() <= size) {
                captures.push(path);
            }
        }
    }
    captures.sort();
    let stride = captures.len().div_ceil(count.max(1)).max(1);
    Some(captures.into_iter().step_by(stride).collect())
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn is_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    [".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".pcap.zst", ".pcapng.zst"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_captures() {
        assert!(cases().len() >= crate::scenarios::ALL.len());
        for (name, captures) in cases() {
            assert!(!captures.is_empty(), "{name}");
        }
    }
}
