//! `lenscap watch` without an interface: a file fed by its own clock, a stream. What it says in all is what `scan` says.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "what is fed by a clock is held to one")]
#![allow(clippy::print_stdout, reason = "a measurement is said")]

use lenscap_testkit::{Host, MORNING, SECOND, Scenario, Side, captures, pcap};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn lenscap(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lenscap"));
    command.current_dir(captures::repository()).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn done(arguments: &[&str]) -> Output {
    lenscap(arguments).output().expect("it can be started")
}

/// The records of a run: flows wherever they were said, all else as in the last report, which begins with the captures.
fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).expect("JSON is text");
    // What was called is the one thing that may differ.
    let told = |line: &str| line.replace("\"command\":\"lenscap watch\"", "\"command\":\"lenscap scan\"");
    let all: Vec<_> = text.lines().map(told).collect();
    let last = all.iter().rposition(|line| line.starts_with("{\"type\":\"capture\"")).unwrap_or(0);
    let first = all[..last].iter().position(|line| line.starts_with("{\"type\":\"capture\"")).unwrap_or(last);
    // Several inputs have several capture records, one after another.
    let last = if all[first..last].iter().all(|line| line.contains("\"capture\"")) { first } else { last };
    let is_flow = |line: &str| line.starts_with("{\"type\":\"flow\"");
    let early = all[..last].iter().filter(|line| is_flow(line));
    // Which command said it is the one thing that differs.
    let said = |line: &String| line.replace("\"command\":\"lenscap watch\"", "\"command\":\"lenscap scan\"");
    let mut records: Vec<_> = early.chain(&all[last..]).map(said).collect();
    records.sort();
    records
}

fn assert_same(what: &str, watched: &Output, scanned: &Output) {
    let (one, other) = (lines(watched), lines(scanned));
    if let Some((one, other)) = one.iter().zip(&other).find(|(one, other)| one != other) {
        panic!("{what}\n  watch {one}\n  scan  {other}");
    }
    assert_eq!(one.len(), other.len(), "{what}");
    assert_eq!(watched.status.code(), scanned.status.code(), "{what}");
}

#[test]
fn a_file_fed_by_its_own_clock_is_what_scan_says() {
    let mut compared = 0;
    for path in captures::fixtures() {
        let path = path.to_str().expect("a path of tests");
        let scanned = done(&["scan", path, "--json", "--quiet"]);
        for workers in ["1", "2", "4"] {
            let how = ["--speed", "4000000000", "--workers", workers, "--json"];
            let watched = done(&[&["watch", "--replay", path], &how[..]].concat());
            assert_same(&format!("{path} by {workers}"), &watched, &scanned);
        }
        compared += 1;
    }
    assert!(compared > 30, "{compared} compared");
}

#[test]
fn time_passes_as_it_did() {
    // 323 s of capture, a thousand times as fast.
    let begun = Instant::now();
    let watched = done(&["watch", "--replay", "fixtures/office/capture.pcap", "--speed", "1000"]);
    assert!(begun.elapsed() >= Duration::from_millis(323));
    let scanned = done(&["scan", "fixtures/office/capture.pcap"]);
    let (text, report) = [watched, scanned].map(|done| String::from_utf8(done.stdout).expect("text")).into();
    assert!(text.ends_with(&report), "the end is the report of scan:\n{text}");
}

#[test]
fn a_stream_is_read_as_it_comes() {
    let path = "fixtures/office/capture.pcap";
    let bytes = fs::read(captures::repository().join(path)).expect("a fixture can be read");
    let mut child =
        lenscap(&["watch", "-", "--json"]).stdin(Stdio::piped()).spawn().expect("it can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    let writing = thread::spawn(move || {
        for part in bytes.chunks(bytes.len() / 3 + 1) {
            stdin.write_all(part).expect("it reads");
            thread::sleep(Duration::from_millis(300));
        }
    });
    let watched = child.wait_with_output().expect("it ends with its input");
    writing.join().expect("all was written");
    let scanned = lenscap(&["scan", "-", "--json"])
        .stdin(File::open(captures::repository().join(path)).expect("a fixture can be read"))
        .output();
    assert_same("a stream", &watched, &scanned.expect("it can be started"));
}

#[test]
fn so_many_packets_and_no_more() {
    for count in [1, 100] {
        let count = count.to_string();
        let path = "fixtures/office/capture.pcap";
        let done = done(&["watch", "--replay", path, "--speed", "1000000", "--json", "--count", &count]);
        let record = |kind: &str| {
            let text = String::from_utf8_lossy(&done.stdout).into_owned();
            let records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a record"));
            records.into_iter().find(|record| record["type"] == kind).expect(kind)
        };
        assert_eq!(record("capture")["packets"].to_string(), count);
        assert_eq!(record("ledger")["packets"].to_string(), count);
    }
}

#[test]
fn who_had_enough_of_it_is_no_failure() {
    let mut child =
        lenscap(&["watch", "--replay", "fixtures/office/capture.pcap", "--speed", "20", "--json"])
            .spawn()
            .expect("it can be started");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends when it cannot write").code(), Some(0));
}

#[test]
fn what_cannot_be_watched_says_so() {
    let said = |arguments: &[&str]| {
        let done = done(&[&["watch"], arguments].concat());
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(done.stderr).expect("text")
    };
    assert!(said(&["--replay", "missing.pcap"]).contains("cannot read missing.pcap"));
    assert!(said(&["-", "eth0"]).contains("standard input (-) and interfaces"));
    assert!(said(&["no-such-interface"]).starts_with("lenscap: "));
    assert!(said(&["--replay", "README.md", "--csv"]).contains("text or JSON lines"));
    assert!(said(&["-"]).contains("it is empty"));
    assert!(!Path::new("missing.pcap").exists());
}

/// A capture of a camera that says each 15 s for a day that it is there, 95 bytes and 43 back, and reports twice.
fn a_day_of_keep_alives(folder: &Path) -> String {
    let mut s = Scenario::new(MORNING, 5);
    let camera = Host::new("44:19:b6:00:53:40", "192.168.1.64");
    let (resolver, cloud) = (s.outside("192.0.2.53"), s.outside("203.0.113.40"));
    s.resolve(camera, resolver, "dev.hik-connect.com", cloud);
    let mut tcp = s.tls(camera, cloud.port(443), "dev.hik-connect.com");
    for n in 0..24 * 60 * 4 {
        tcp.opaque(&mut s, Side::Client, 95);
        tcp.opaque(&mut s, Side::Server, 43);
        // Twice the line is silent for an hour: what goes on is of the same connection.
        s.wait(if n % 2000 == 1999 { 3600 } else { 15 } * SECOND);
    }
    let path = folder.join("day.pcap");
    fs::write(&path, pcap(&s.frames)).expect("a temporary file can be written");
    path.to_str().expect("a path of tests").to_string()
}

/// Something is found, and it is no upload.
fn is_no_upload(watched: &Output) {
    let text = String::from_utf8_lossy(&watched.stdout);
    assert!(text.contains("\"type\":\"finding\"") && !text.contains("exfiltration"), "{text}");
    assert!(text.contains("\"balanced\":true"), "{text}");
}

/// Fed at any speed, and judged on the way or not, it has uploaded nothing, and what is said is what `scan` says.
#[test]
fn a_day_of_keep_alives_is_no_upload() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = &a_day_of_keep_alives(folder.path());
    let scanned = done(&["scan", path, "--json", "--quiet"]);
    // At the first it is judged on the way, some eight hours after it was before.
    for speed in ["6000", "100000", "4000000000"] {
        let watched = done(&["watch", "--replay", path, "--speed", speed, "--json"]);
        assert_same(path, &watched, &scanned);
        is_no_upload(&watched);
    }
}

/// The same day in a quarter of an hour, judged every eight minutes of it; memory is flat once it has begun.
#[test]
#[ignore = "it takes a quarter of an hour"]
#[cfg(target_os = "linux")]
fn a_day_at_a_hundred_times_its_speed_is_no_upload() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = &a_day_of_keep_alives(folder.path());
    let child =
        lenscap(&["watch", "--replay", path, "--speed", "100", "--json"]).spawn().expect("it can be started");
    let status = format!("/proc/{}/status", child.id());
    let sampling = thread::spawn(move || {
        let mut kilobytes: Vec<u64> = Vec::new();
        loop {
            thread::sleep(Duration::from_mins(1));
            let text = fs::read_to_string(&status).unwrap_or_default();
            let now = text
                .lines()
                .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
            // Of a process that has ended, the kernel tells no memory.
            let Some(now) = now else { return kilobytes };
            kilobytes.push(now);
        }
    });
    let watched = child.wait_with_output().expect("it ends with its file");
    let kilobytes = sampling.join().expect("it only reads");
    println!("resident kB, each minute: {kilobytes:?}");
    assert!(kilobytes.len() > 13 && kilobytes[kilobytes.len() - 1] < kilobytes[1] + 1024, "{kilobytes:?}");
    assert_same(path, &watched, &done(&["scan", path, "--json", "--quiet"]));
    is_no_upload(&watched);
}
