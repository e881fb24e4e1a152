//! The rolling files of `lenscap watch`: yesterday's finding still has its packets.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "nothing is waited for without end")]

mod watches;

use lenscap_testkit::captures;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use watches::{files, records, wait, watch};

const OFFICE: &str = "fixtures/office/capture.pcap";

fn lenscap(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lenscap"));
    command.current_dir(captures::repository()).args(arguments).output().expect("it can be started")
}

fn of_type(records: &[Value], kind: &str) -> Vec<Value> {
    records.iter().filter(|record| record["type"] == kind).cloned().collect()
}

/// Findings as they are told of a capture, but for what packets of it are called.
fn findings(path: &str) -> Vec<(String, String, u64, u64)> {
    let found = of_type(&records(&lenscap(&["scan", path, "--json"]).stdout), "finding");
    let text = |record: &Value, key: &str| record[key].as_str().unwrap_or_default().to_string();
    let number = |record: &Value, key: &str| record[key].as_u64().unwrap_or_default();
    let told = |record: &Value| {
        (text(record, "id"), text(record, "kind"), number(record, "bytes_out"), number(record, "bytes_in"))
    };
    found.iter().map(told).collect()
}

/// Feeds five minutes fast, but so that it is judged on the way.
fn keep(folder: &Path, bytes: &str) {
    let folder = folder.to_str().expect("text");
    let arguments = ["--replay", OFFICE, "--speed", "200", "--rolling", folder, "--rolling-bytes", bytes];
    let done = watch(&arguments).output().expect("it can be started");
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn findings_are_explained_and_extracted_from_what_was_kept() {
    let wanted = findings(OFFICE);
    assert!(!wanted.is_empty());
    for bytes in ["headers", "full"] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let rolling = folder.path().join("packets");
        keep(&rolling, bytes);
        let path = rolling.to_str().expect("text");
        assert_eq!(findings(path), wanted, "{bytes}");
        for (id, ..) in &wanted {
            let explained = lenscap(&["explain", id, path]);
            let text = String::from_utf8_lossy(&explained.stdout).into_owned();
            assert!(explained.status.success() && text.contains("confidence"), "{id}: {text}");
            let proof = folder.path().join(format!("{id}.pcapng"));
            let extracted = lenscap(&["extract", id, path, "-w", proof.to_str().expect("text")]);
            assert!(extracted.status.success(), "{}", String::from_utf8_lossy(&extracted.stderr));
            assert!(findings(proof.to_str().expect("text")).iter().any(|(other, ..)| other == id), "{id}");
        }
    }
}

#[test]
fn blocks_are_those_of_the_capture() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let sizes = ["headers", "full"].map(|bytes| {
        let rolling = folder.path().join(bytes);
        keep(&rolling, bytes);
        let file = &files(&rolling)[0];
        let name = file.file_name().and_then(|name| name.to_str()).expect("text");
        assert_eq!(name, "lenscap-20260302T090000Z.pcapng");
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(file).expect("it is there").permissions());
        assert_eq!(mode & 0o777, 0o600, "it holds what people said");
        let record = &records(&lenscap(&["inspect", file.to_str().expect("text"), "--json"]).stdout)[0];
        assert_eq!((record["format"].as_str(), &record["torn_tail"]), (Some("pcapng"), &Value::Bool(false)));
        assert!(record["problems"].is_null(), "{record}");
        record["bytes_captured"].as_u64().expect("a number")
    });
    assert!(sizes[0] > 0 && sizes[0] <= sizes[1], "{sizes:?}");
}

#[test]
fn what_is_killed_can_be_read_up_to_its_last_block() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let rolling = folder.path().join("packets");
    let capture = fs::read(captures::repository().join(OFFICE)).expect("a fixture can be read");
    let path = rolling.to_str().expect("text");
    let mut child = watch(&["-", "--json", "--rolling", path, "--rolling-bytes", "full"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(&capture).expect("it reads");
    // Written within a second of it.
    wait(|| files(&rolling).iter().any(|file| fs::metadata(file).is_ok_and(|about| about.len() > 100_000)));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let inspected = records(&lenscap(&["inspect", path, "--json"]).stdout);
    assert!(inspected.iter().map(|record| record["packets"].as_u64().unwrap_or(0)).sum::<u64>() > 1000);
    assert!(inspected.iter().all(|record| record["torn_tail"] == false), "{inspected:?}");
    // A watch that comes after it goes on in a file of its own, and the two are one capture.
    let again = watch(&["--replay", OFFICE, "--speed", "4000000000", "--rolling", path]).output();
    assert_eq!(again.expect("it can be started").status.code(), Some(1));
    assert_eq!(files(&rolling).len(), 2 * inspected.len());
}
