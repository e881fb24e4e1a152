//! What `lenscap watch` writes stays whole, whatever happens to it: killed, full, slow, moved away.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "nothing is waited for without end")]

mod watches;

use lenscap_testkit::{Host, Scenario, captures, pcap};
use lenscap_wire::Timestamp;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use watches::{count, files, records, signal, wait, watch};

/// A capture of so many flows.
fn flows(folder: &Path, count: u16) -> String {
    let mut s = Scenario::new(Timestamp(1_772_442_840_000_000_000), 5);
    let (one, other) =
        (Host::new("02:00:00:00:00:01", "192.168.1.5"), Host::new("02:00:00:00:00:02", "192.168.1.6"));
    for n in 0..count {
        s.udp(one.port(1024 + n), other.port(9), b"discarded");
    }
    let path = folder.join("flows.pcap");
    fs::write(&path, pcap(&s.in_time_order())).expect("it can be written");
    path.to_str().expect("text").to_string()
}

#[test]
fn what_is_killed_while_it_writes_leaves_whole_lines() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let capture = flows(folder.path(), 20_000);
    let (mut torn, mut caught) = (0, 0);
    for round in 0..8 {
        let out = folder.path().join(format!("out-{round}"));
        fs::create_dir(&out).expect("a folder can be made");
        let open = out.join("lines.jsonl");
        let name = open.to_str().expect("text");
        let arguments = [
            "--replay",
            &capture,
            "--speed",
            "4000000000",
            "--json",
            "--output-file",
            name,
            "--rotate",
            "1M",
        ];
        let mut child = watch(&arguments).spawn().expect("it can be started");
        wait(|| files(&out).len() > 1 || child.try_wait().is_ok_and(|status| status.is_some()));
        thread::sleep(Duration::from_millis(round * 3));
        _ = child.kill();
        let status = child.wait().expect("it can be waited for");
        caught += usize::from(status.code().is_none());
        for file in files(&out) {
            let lines = fs::read(&file).expect("it can be read");
            let whole = lines.is_empty() || lines.ends_with(b"\n");
            if file == open && !whole {
                torn += 1;
                continue;
            }
            assert!(lines.len() <= 1 << 20, "{}", file.display());
            records(&lines);
        }
        // The next one goes on behind the last whole line.
        let before = fs::read(&open).unwrap_or_default();
        let kept = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let done = watch(&[&arguments[..], &["--count", "10"]].concat()).output().expect("it can be started");
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        let last = records(&fs::read(&open).expect("it is there"));
        assert!(count(&last, "summary") == 1);
        let all: Vec<u8> = files(&out).iter().flat_map(|file| fs::read(file).expect("it is there")).collect();
        records(&all);
        assert!(
            all.windows(kept.max(1)).any(|part| part == &before[..kept]) || kept == 0,
            "what was whole stays"
        );
    }
    assert!(caught >= 4, "{caught} of 8 were killed while they wrote");
    println!("{torn} of {caught} open files ended in a piece of a line, which was cut off");
}

#[test]
fn closed_files_hold_all_that_was_said() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let capture = flows(folder.path(), 3000);
    let out = folder.path().join("out");
    fs::create_dir(&out).expect("a folder can be made");
    let open = out.join("lines.jsonl");
    let rotated = ["--json", "--output-file", open.to_str().expect("text"), "--rotate", "100K,1h"];
    let fast = ["--replay", &capture, "--speed", "4000000000"];
    let done = watch(&[&fast[..], &rotated].concat()).output().expect("it can be started");
    assert_eq!(done.status.code(), Some(0));
    let plain = watch(&[&fast[..], &["--json"]].concat()).output().expect("it can be started");
    let files = files(&out);
    let closed = files.iter().filter(|file| **file != open);
    assert!(
        closed.clone().count() > 5 && closed.clone().all(|file| file.to_string_lossy().contains("/lines-20"))
    );
    let read = |file: &PathBuf| fs::read_to_string(file).expect("it is there");
    let mut lines: Vec<_> = files
        .iter()
        .map(read)
        .flat_map(|text| text.lines().map(str::to_string).collect::<Vec<_>>())
        .collect();
    let mut wanted: Vec<_> =
        String::from_utf8(plain.stdout).expect("text").lines().map(str::to_string).collect();
    lines.sort();
    wanted.sort();
    assert_eq!(lines, wanted);
}

#[test]
fn two_watches_do_not_write_to_one_file() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let open = folder.path().join("lines.jsonl");
    let arguments = ["-", "--json", "--output-file", open.to_str().expect("text")];
    let capture = fs::read(captures::repository().join("fixtures/office/capture.pcap")).expect("a fixture");
    let mut first = watch(&arguments).stdin(Stdio::piped()).spawn().expect("it can be started");
    let mut stdin = first.stdin.take().expect("it is piped");
    stdin.write_all(&capture).expect("it reads");
    wait(|| open.exists());
    let second =
        watch(&["--replay", "fixtures/office/capture.pcap", "--json", "--output-file", arguments[3]])
            .output();
    let second = second.expect("it can be started");
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(2) && said.contains("another watch writes to it"), "{said}");
    drop(stdin);
    assert_eq!(first.wait().expect("it ends with its input").code(), Some(1));
}

#[test]
fn a_report_is_made_at_once_though_nobody_reads() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let capture = fs::read(flows(folder.path(), 5000)).expect("it is there");
    let mut child =
        watch(&["-", "--json", "--idle", "1"]).stdin(Stdio::piped()).spawn().expect("it can be started");
    let (mut stdin, mut stdout) =
        (child.stdin.take().expect("it is piped"), child.stdout.take().expect("it is piped"));
    stdin.write_all(&capture).expect("it reads");
    thread::sleep(Duration::from_millis(500));
    // The first report fills the pipe, and the second waits behind it; packets are read on meanwhile.
    signal(&child, "USR1");
    thread::sleep(Duration::from_millis(500));
    signal(&child, "USR1");
    thread::sleep(Duration::from_millis(500));
    let more = &capture[24..];
    for _ in 0..20 {
        stdin.write_all(more).expect("it reads on");
    }
    drop(stdin);
    let mut lines = Vec::new();
    stdout.read_to_end(&mut lines).expect("it can be read");
    child.wait().expect("it ends with its input");
    let packets = records(&lines).into_iter().filter(|record| record["type"] == "summary");
    let packets: Vec<_> = packets.map(|record| record["packets"].as_u64().expect("a number")).collect();
    assert_eq!(packets, [5000, 5000, 21 * 5000]);
}

#[test]
fn a_pipe_that_nobody_writes_into_can_be_interrupted() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
    let arguments = ["--fifo", pipe.to_str().expect("text"), "--json"];
    for interrupt in ["INT", "TERM"] {
        let mut child = watch(&arguments).spawn().expect("it can be started");
        thread::sleep(Duration::from_millis(700));
        signal(&child, interrupt);
        wait(|| child.try_wait().is_ok_and(|status| status.is_some()));
        let done = child.wait_with_output().expect("it has ended");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(2) && said.contains("stopped before a capture began"), "{said}");
    }
    // Who comes late is read all the same.
    let mut child = watch(&arguments).spawn().expect("it can be started");
    thread::sleep(Duration::from_millis(500));
    fs::copy("fixtures/office/capture.pcap", &pipe).expect("it is read");
    let mut lines = Vec::new();
    child.stdout.take().expect("it is piped").read_to_end(&mut lines).expect("it can be read");
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    assert_eq!(count(&records(&lines), "flow"), 30);
}
