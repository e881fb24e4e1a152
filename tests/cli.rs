//! Transcripts of the command: what is typed, what is printed, and the exit status.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

#[test]
fn transcripts() {
    trycmd::TestCases::new().env("NO_COLOR", "1").env("COLUMNS", "100").case("tests/cmd/*.trycmd");
}

fn lenscap() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lenscap"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a run prints that reads nothing, and what it says.
fn unread(arguments: &[&str]) -> (serde_json::Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.pcap");
    let done = lenscap().arg("scan").arg(&missing).arg("--json").args(arguments).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    let records: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = records.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["capture", "ledger", "summary"]);
    assert_eq!(records[0]["path"], missing.to_str().unwrap());
    assert_eq!(records[0]["packets"], 0);
    assert!(!records[0]["problems"].as_array().unwrap().is_empty());
    assert_eq!(records[1]["balanced"], true);
    assert_eq!(records[2]["schema"], "lenscap/1");
    assert_eq!(done.status.code(), Some(2));
    (records[0]["problems"][0]["what"].clone(), String::from_utf8(done.stderr).unwrap())
}

#[test]
fn a_run_that_reads_nothing_prints_its_records() {
    let (_, said) = unread(&[]);
    assert!(said.starts_with("lenscap: ") && said.contains("missing.pcap"), "{said}");
}

#[test]
fn a_run_that_cannot_begin_prints_them_too() {
    let (problem, said) = unread(&["--filter", "host and host"]);
    assert!(said.contains(problem.as_str().unwrap()), "{said}");
}

#[test]
fn a_bench_is_saved_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let (saved, hgrm) = (folder.path().join("run.json"), folder.path().join("batches.hgrm"));
    let bench = |capture: &str, option: &str| {
        let mut bench = lenscap();
        bench.args(["bench", capture, "--rounds", "1", "--warm-up", "0", "--threads", "1"]);
        bench.arg(option).arg(&saved).output().unwrap()
    };
    let done = lenscap()
        .args(["bench", "fixtures/office/capture.pcap", "--rounds", "2", "--threads", "1", "--hgrm"])
        .arg(&hgrm)
        .arg("--save")
        .arg(&saved)
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let run: serde_json::Value = serde_json::from_slice(&std::fs::read(&saved).unwrap()).unwrap();
    assert_eq!((&run["schema"], &run["packets"]), (&"lenscap-bench/1".into(), &1603.into()));
    assert!(
        run["times"].as_array().unwrap().iter().all(|time| time["rounds_ns"].as_array().unwrap().len() == 2)
    );
    assert!(std::fs::read_to_string(&hgrm).unwrap().contains("#[Mean "));

    let same = bench("fixtures/office/capture.pcap", "--against");
    let text = String::from_utf8(same.stdout).unwrap();
    assert_eq!((same.status.code(), text.matches("Against ").count()), (Some(0), 1), "{text}");
    let other = bench("fixtures/port-scan/capture.pcap", "--against");
    let said = String::from_utf8(other.stderr).unwrap();
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(said.contains("they are not compared"), "{said}");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = lenscap().args(["catalog", "list"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_full_disk_is_one() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let done = lenscap().args(["catalog", "list"]).stdout(full).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(
        String::from_utf8(done.stderr).unwrap().starts_with("lenscap: cannot write to standard output: ")
    );
}

#[test]
fn no_colour_goes_into_a_pipe() {
    let done = lenscap().args(["scan", "/nonexistent.pcap"]).output().unwrap();
    assert!(!done.stdout.contains(&0x1b) && !done.stderr.contains(&0x1b));
}

#[test]
fn the_manual_page_is_one() {
    let done = lenscap().arg("man").output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(text.contains(".TH lenscap 1") && text.contains(".TH lenscap-scan 1"), "{text}");
    assert_eq!(done.status.code(), Some(0));
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let done = lenscap().args(["completions", shell]).output().unwrap();
        assert_eq!(done.status.code(), Some(0));
        assert!(String::from_utf8(done.stdout).unwrap().contains("fail-on"), "{shell}");
    }
}

const OFFICE: &str = "fixtures/office/capture.pcap";
const LATE: &str = "fixtures/late-dns/capture.pcap";

/// What a scan prints that gets the office's capture by standard input.
fn piped(arguments: &[&str]) -> String {
    let mut scan = lenscap();
    let mut child =
        scan.arg("scan").args(arguments).args(["--json", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(OFFICE).unwrap()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

fn scanned(files: &[&str]) -> String {
    String::from_utf8(lenscap().arg("scan").args(files).arg("--json").output().unwrap().stdout).unwrap()
}

/// Standard input alone, and beside files in any order, is as good as the file.
#[test]
fn standard_input_beside_files() {
    let called = |text: String| text.replace(OFFICE, "-");
    assert_eq!(piped(&["-"]), called(scanned(&[OFFICE])));
    let both = called(scanned(&[OFFICE, LATE]));
    assert_eq!(piped(&["-", LATE]).lines().count(), both.lines().count());
    assert_eq!(piped(&[LATE, "-"]), piped(&["-", LATE]));
    let flows = |text: &str| text.lines().filter(|line| line.contains("\"flow\"")).count();
    assert_eq!(flows(&piped(&["-", LATE])), flows(&both));
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_alone_and_beside_files() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let name = pipe.to_str().unwrap();
    for others in [&[][..], &[LATE]] {
        let scan = lenscap().arg("scan").arg(&pipe).args(others).arg("--json").spawn().unwrap();
        std::fs::copy(OFFICE, &pipe).unwrap();
        let found = String::from_utf8(scan.wait_with_output().unwrap().stdout).unwrap();
        let wanted = scanned(&[&[OFFICE], others].concat());
        assert_eq!(found.replace(name, OFFICE).lines().count(), wanted.lines().count());
        assert!(found.contains(r#""balanced":true"#) && found.contains(r#""type":"finding""#));
    }
}

/// A report on nothing would read like an all-clear.
#[test]
fn where_nothing_is_judged_no_report_is_printed() {
    for arguments in
        [&["nowhere.pcap"][..], &[OFFICE, "--from", "2030-01-01"], &[OFFICE, "--to", "2001-01-01 12:00"]]
    {
        let done = lenscap().arg("scan").args(arguments).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), done.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains("nothing was judged: "), "{said}");
    }
}

#[test]
fn more_threads_than_help_are_not_started() {
    let done = lenscap().args(["scan", OFFICE, "--threads", "1000000", "--json"]).output().unwrap();
    assert_eq!(String::from_utf8(done.stdout).unwrap(), scanned(&[OFFICE]));
    assert!(String::from_utf8(done.stderr).unwrap().contains("1000000 threads are more than help"));
}

#[test]
fn standard_input_may_be_given_once() {
    let mut child = lenscap().args(["scan", "-", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    _ = child.stdin.take().unwrap().write_all(b"");
    assert_eq!(child.wait().unwrap().code(), Some(2));
}
