//! Transcripts of the command: what is typed, what is printed, and the exit status.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

#[test]
fn transcripts() {
    trycmd::TestCases::new().env("NO_COLOR", "1").env("COLUMNS", "100").case("tests/cmd/*.trycmd");
}

#[test]
fn the_readme_shows_the_screen_of_the_demo() {
    let done = lenscap().args(["scan", "fixtures/office/capture.pcap", "--width", "100"]).output().unwrap();
    let screen = String::from_utf8(done.stdout).unwrap();
    let readme = std::fs::read_to_string("README.md").unwrap();
    let (_, rest) = readme.split_once("The demo's screen:\n\n").unwrap();
    let shown = rest.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    let shown: Vec<&str> = shown.map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    assert_eq!(shown.join("\n").trim_end(), screen.trim_end());
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

/// What left packets out is known from the options, whatever names of files look like.
#[test]
fn the_options_that_left_all_out_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = folder.path().join("my --to --filter facts.toml");
    let vendor = "id = \"example\"\nname = \"Example\"\nkind = \"consumer-camera\"\nndaa_889 = false\nprc_headquartered = false\ndate = \"2026-03-02\"\n";
    std::fs::write(&catalog, vendor).unwrap();
    for command in ["scan", "devices", "flows"] {
        let mut lenscap = lenscap();
        lenscap.args([command, OFFICE, "--from", "2030-01-01", "--catalog"]).arg(&catalog);
        let done = lenscap.output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(
            said.contains("All of it was left out by --from; it lasts from 2026-03-02 09:00:00"),
            "{said}"
        );
    }
}

#[test]
fn more_threads_than_help_are_not_started() {
    let done = lenscap().args(["scan", OFFICE, "--threads", "1000000", "--json"]).output().unwrap();
    assert_eq!(String::from_utf8(done.stdout).unwrap(), scanned(&[OFFICE]));
    assert!(String::from_utf8(done.stderr).unwrap().contains("1000000 threads are more than help"));
}

/// What came through a pipe is gone: nobody can look at it again.
#[test]
fn an_empty_pipe_is_not_to_be_inspected() {
    let done = lenscap().args(["scan", "-"]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.ends_with("  Keep it in a file, then: lenscap inspect FILE\n"), "{said}");
}

#[test]
fn standard_input_may_be_given_once() {
    let mut child = lenscap().args(["scan", "-", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    _ = child.stdin.take().unwrap().write_all(b"");
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

/// Whether a finding is told does not hang on how much of it somebody read.
#[test]
fn a_reader_that_leaves_changes_nothing_of_the_answer() {
    for form in [&[][..], &["--long"], &["--json"], &["--csv"], &["--json", "--select", "finding"]] {
        let mut child = lenscap().args(["scan", OFFICE]).args(form).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(1), ""), "{form:?}");
    }
}

/// Writes the office's capture into a scan's standard input, and leaves that open.
#[cfg(unix)]
fn interrupted(arguments: &[&str]) -> std::process::Output {
    let mut child = lenscap().args(["scan", "-"]).args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: when all is written the scan has begun.
    input.write_all(&std::fs::read(OFFICE).unwrap()).unwrap();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    drop(input);
    done
}

#[cfg(unix)]
#[test]
fn a_pipe_that_is_interrupted_ends_with_a_report() {
    let done = interrupted(&["--json"]);
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.contains("interrupted: the report covers what was read until then"), "{said}");
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert_eq!(String::from_utf8(done.stdout).unwrap(), scanned(&[OFFICE]).replace(OFFICE, "-"));
}

/// What is to be typed next is of the same report: with the options that made it.
#[test]
fn the_next_command_finds_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let owner = folder.path().join("own er.toml");
    std::fs::write(&owner, "[[device]]\nmac = \"50:ec:50:00:53:50\"\nclass = \"camera\"\n").unwrap();
    let mut scan = lenscap();
    scan.args(["scan", OFFICE, "--local", "198.51.100.0/24", "--idle", "60", "--overrides"]).arg(&owner);
    let text = String::from_utf8(scan.output().unwrap().stdout).unwrap();
    let next = text.lines().find_map(|line| line.strip_prefix("Next: lenscap ")).unwrap();
    let options = format!(" --idle 60 --local 198.51.100.0/24 --overrides '{}'", owner.display());
    assert!(next.ends_with(&options), "{text}");
    let again = format!("{} {next}", env!("CARGO_BIN_EXE_lenscap"));
    let done = Command::new("sh").args(["-c", &again]).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
}

/// What was extracted shows the same finding, from every kind of capture.
#[test]
fn what_is_extracted_shows_the_finding() {
    let folder = tempfile::tempdir().unwrap();
    let proof = folder.path().join("proof.pcapng");
    let zipped = folder.path().join("office.pcap.zst");
    std::fs::write(&zipped, zstd::encode_all(&std::fs::read(OFFICE).unwrap()[..], 1).unwrap()).unwrap();
    let again = folder.path().join("again.pcapng");
    for (capture, to) in
        [(OFFICE, &proof), (zipped.to_str().unwrap(), &proof), (proof.to_str().unwrap(), &again)]
    {
        let done = lenscap().args(["extract", "7e72", capture, "--force", "-w"]).arg(to).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(0), "{said}");
        assert!(said.contains("Wrote 1,388 packets"), "{said}");
        let found = scanned(&[to.to_str().unwrap()]);
        assert!(found.contains(r#""id":"7e72532ff40f49fe""#) && found.contains(r#""payload_out":1097994"#));
        let bytes = std::fs::read(to).unwrap();
        // The question for the camera's cloud shows the device, though it is no packet of the contact.
        for comment in ["shows party-by", "shows the device: cloud-asked litedev.hik-connect.com"] {
            let comment = format!("lenscap finding 7e72532ff40f49fe: {comment}");
            assert!(bytes.windows(comment.len()).any(|part| part == comment.as_bytes()), "{comment}");
        }
    }
    let refused = lenscap().args(["extract", "7e72", OFFICE, "-w"]).arg(&proof).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("is there already"));
}

/// All packets of a device, and none of another.
#[test]
fn a_device_is_extracted_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.pcapng");
    let done = lenscap().args(["extract", "192.168.1.70", OFFICE, "-w"]).arg(&file).output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    let (whole, part) = (scanned(&[OFFICE]), scanned(&[file.to_str().unwrap()]));
    let device = |text: &str| {
        let line = text.lines().find(|line| line.contains(r#""id":"9c8ecd005346""#)).unwrap();
        let device: serde_json::Value = serde_json::from_str(line).unwrap();
        ["bytes_out", "bytes_in", "bytes_out_external", "confidence"].map(|key| device[key].clone())
    };
    assert_eq!(device(&whole), device(&part));
}

/// Names of files steer no terminal, whatever is done with them.
#[cfg(unix)]
#[test]
fn names_of_files_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = folder.path().join("a\u{1b}[2J.pcap");
    std::fs::copy(OFFICE, &hostile).unwrap();
    std::fs::write(folder.path().join("b\u{1b}[2J.txt"), "no capture").unwrap();
    let (hostile, folder) = (hostile.to_str().unwrap(), folder.path().to_str().unwrap());
    let out = format!("{folder}/\u{1b}c.pcapng");
    for arguments in [
        &["scan", hostile][..],
        &["scan", hostile, "--long"],
        &["scan", folder, "--each"],
        &["scan", hostile, "--every", "1s"],
        &["devices", folder],
        &["flows", hostile],
        &["explain", "7e72", hostile],
        &["explain", "\u{1b}[2J", hostile],
        &["explain", "\u{1b}[2J"],
        &["inspect", folder],
        &["extract", "7e72", hostile, "-w", &out],
        &["extract", "7e72", hostile, "-w", &out],
    ] {
        let done = lenscap().args(arguments).output().unwrap();
        assert!(!done.stdout.contains(&0x1b) && !done.stderr.contains(&0x1b), "{arguments:?}");
        assert!(!done.stdout.is_empty() || !done.stderr.is_empty(), "{arguments:?}");
    }
}
