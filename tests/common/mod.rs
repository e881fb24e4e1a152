//! What the tests of whole reports share.

use lenscap_catalog::Catalog;
use lenscap_flow::{Input, Limits, Options, Policy, Summary, judge, scan};
use lenscap_report::{Select, json};
use lenscap_testkit::{Classic, OwnedFrame, SECOND};
use std::num::NonZeroUsize;
use std::sync::LazyLock;

pub(crate) static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

/// The whole report in JSON lines, of all types.
pub(crate) fn rendered(summary: &Summary) -> String {
    let closed = summary.close();
    let report = judge(&closed, &CATALOG, &Policy::default());
    let mut out = Vec::new();
    json::write(&report, Select::default(), NonZeroUsize::MIN, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("JSON is text")
}

/// The records of a capture of these frames.
#[allow(dead_code, reason = "each test file uses its own part of this one")]
pub(crate) fn records(frames: &[OwnedFrame]) -> Vec<serde_json::Value> {
    let lines = rendered(&summary(frames));
    lines.lines().map(|line| serde_json::from_str(line).expect("lines are JSON")).collect()
}

/// The record of the device with a MAC, of a capture of these frames; null where there is none.
#[allow(dead_code, reason = "each test file uses its own part of this one")]
pub(crate) fn device(frames: &[OwnedFrame], mac: &str) -> serde_json::Value {
    let is_it = |record: &serde_json::Value| record["type"] == "device" && record["mac"] == mac;
    records(frames).into_iter().find(is_it).unwrap_or_default()
}

/// What is kept of a capture of these frames.
#[allow(dead_code, reason = "each test file uses its own part of this one")]
pub(crate) fn summary(frames: &[OwnedFrame]) -> Summary {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("frames.pcap");
    std::fs::write(&path, Classic { nanoseconds: true, ..Classic::default() }.write(frames))
        .expect("a temporary file can be written");
    let limits = Limits { idle: 300 * SECOND, memory: 1 << 30 };
    let options =
        Options { threads: NonZeroUsize::MIN, limits, filter: None, from: None, to: None, saved: false };
    scan(&[Input::File(path)], &options, &()).expect("threads can be had")
}
