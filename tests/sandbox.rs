//! Whoever reads hostile bytes has no rights left: every thread of a running `scan` and `watch` is in the sandbox, and each run does
//! its work there.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "nothing is waited for without end")]

use lenscap_testkit::captures;
use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Starts a run that waits for its standard input.
fn waiting(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lenscap"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it can be started")
}

/// What the kernel says of each thread: `no_new_privs`, the mode of seccomp, the capabilities in effect.
fn threads(child: &Child) -> Vec<[String; 3]> {
    let threads = fs::read_dir(format!("/proc/{}/task", child.id())).into_iter().flatten().flatten();
    let of_thread = |entry: fs::DirEntry| {
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        ["NoNewPrivs:", "Seccomp:", "CapEff:"].map(|name| {
            let value = status.lines().find_map(|line| line.strip_prefix(name));
            value.unwrap_or_default().trim().to_string()
        })
    };
    threads.map(of_thread).collect()
}

#[test]
fn every_thread_is_in_the_sandbox() {
    let bytes =
        fs::read(captures::repository().join("fixtures/office/capture.pcap")).expect("a fixture can be read");
    for arguments in [&["scan", "-", "--json", "--threads", "2"][..], &["watch", "-", "--json"]] {
        let mut child = waiting(arguments);
        let mut stdin = child.stdin.take().expect("it is piped");
        // So much that it has begun to work, and is not done.
        stdin.write_all(&bytes[..bytes.len() / 2]).expect("it reads");
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let threads = threads(&child);
            let confined = |[new, seccomp, effective]: &[String; 3]| {
                let left = u64::from_str_radix(effective, 16).unwrap_or(u64::MAX);
                // CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH are the numbers 1 and 2.
                new == "1" && seccomp == "2" && left & !0b110 == 0
            };
            if threads.len() > 1 && threads.iter().all(confined) {
                break;
            }
            assert!(Instant::now() < until, "{arguments:?}: {threads:?}");
            thread::sleep(Duration::from_millis(20));
        }
        stdin.write_all(&bytes[bytes.len() / 2..]).expect("it reads");
        drop(stdin);
        let done = child.wait_with_output().expect("it ends with its input");
        let flows = String::from_utf8_lossy(&done.stdout).matches("{\"type\":\"flow\"").count();
        assert_eq!((flows, done.status.code()), (30, Some(1)), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

#[test]
fn what_is_given_up_is_said_where_it_is_not() {
    let path = captures::repository().join("fixtures/office/capture.pcap");
    let run = |option: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lenscap"));
        let done = command.arg("scan").arg(&path).args(option).output().expect("it can be started");
        (done.stdout, String::from_utf8(done.stderr).expect("text"))
    };
    let (inside, said) = run(None);
    assert_eq!(said, "");
    let (outside, said) = run(Some("--no-sandbox"));
    assert!(inside == outside && said.contains("--no-sandbox"), "{said}");
}

/// A folder whose captures are links to another, and a summary that is saved into a third.
#[test]
fn links_are_followed_and_summaries_saved() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let captures_folder = folder.path().join("captures");
    fs::create_dir(&captures_folder).expect("a folder can be made");
    let fixture = captures::repository().join("fixtures/office/capture.pcap");
    std::os::unix::fs::symlink(fixture, captures_folder.join("office.pcap")).expect("a link can be made");
    let saved = folder.path().join("office.lens");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lenscap"));
    command.arg("scan").arg(&captures_folder).arg("--save").arg(&saved).args(["--hash", "--json"]);
    let done = command.output().expect("it can be started");
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("\"sha256\""));
    assert!(fs::metadata(&saved).is_ok_and(|about| about.len() > 1000));
}
