//! Starting a watch, asking it for something, and reading what it wrote.
#![allow(dead_code, reason = "each test file uses its own part of this one")]

use lenscap_testkit::captures;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) fn watch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lenscap"));
    command.current_dir(captures::repository()).arg("watch").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn signal(child: &Child, signal: &str) {
    let done = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
    assert!(done.is_ok_and(|status| status.success()), "{signal} could not be sent");
}

/// Waits until something is so, half a minute at most.
pub(crate) fn wait(mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < until, "it was waited for in vain");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The records of whole lines.
pub(crate) fn records(lines: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(lines).expect("JSON is text");
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

pub(crate) fn count(records: &[Value], kind: &str) -> usize {
    records.iter().filter(|record| record["type"] == kind).count()
}

/// Files of a folder by name.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    all.sort();
    all
}
