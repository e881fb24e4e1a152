//! What stands in folders: captures, what is none, and what may have been one.

use std::process::{Command, Stdio};

fn lenscap() -> Command {
    let mut lenscap = Command::new(env!("CARGO_BIN_EXE_lenscap"));
    lenscap.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    lenscap
}

const OFFICE: &str = "fixtures/office/capture.pcap";

/// A folder with an office, and captures in it that cannot be read.
fn damaged_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let office = std::fs::read("fixtures/office/capture.pcap").unwrap();
    std::fs::write(path("office.pcap"), &office).unwrap();
    std::fs::write(path("cut.pcap"), &office[..12]).unwrap();
    std::fs::write(path("torn.pcap.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
    std::fs::write(path("notes.txt"), "not packets").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("gone.pcap", path("link.pcap")).unwrap();
    folder
}

#[test]
fn what_cannot_be_read_in_a_folder_is_said_in_every_form() {
    let folder = damaged_folder();
    let unread = if cfg!(unix) {
        vec!["cut.pcap", "link.pcap", "torn.pcap.gz"]
    } else {
        vec!["cut.pcap", "torn.pcap.gz"]
    };
    for command in
        [&["scan", "--json"][..], &["inspect", "--json"], &["devices"], &["flows"], &["scan", "--each"]]
    {
        let done = lenscap().args(command).arg(folder.path()).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{command:?}: {said}");
        assert!(said.contains("1 file is no capture"), "{command:?}: {said}");
        for name in &unread {
            assert!(said.contains(&format!("{name}: ")), "{command:?} {name}: {said}");
        }
        if command.contains(&"--json") {
            let text = String::from_utf8(done.stdout).unwrap();
            let records = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            let captures: Vec<_> = records.filter(|record| record["type"] == "capture").collect();
            assert_eq!(captures.len(), unread.len() + 1);
            let with_problem = captures.iter().filter(|record| record["problems"].is_array());
            assert_eq!(with_problem.count(), unread.len());
        }
    }
}

/// A disk that was full leaves an empty file: it is no capture in which nothing was found.
#[test]
fn an_empty_capture_in_a_folder_is_one_that_could_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(OFFICE, folder.path().join("office.pcap")).unwrap();
    for name in ["full.pcap", "notes.txt", "keep", "other.txt"] {
        std::fs::write(folder.path().join(name), if name == "other.txt" { "no capture" } else { "" })
            .unwrap();
    }
    let done = lenscap().arg("scan").arg(folder.path()).output().unwrap();
    let (out, said) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("full.pcap: it is empty (0 bytes)"), "{said}");
    assert!(
        said.contains("2 files are no captures, such as ") && said.contains("keep: it is empty"),
        "{said}"
    );
    assert!(said.contains("1 file is no capture: "), "{said}");
    assert!(out.replace('\n', " ").contains("1 of 2 captures could not be read whole"), "{out}");
}

#[test]
fn an_empty_folder_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut scan = lenscap();
    scan.args(["scan", "fixtures/office/capture.pcap", "--csv", "--select", "device"]).arg(folder.path());
    let done = scan.output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("it is a folder with no capture in it\n  See what is there: ls -l "), "{said}");
    assert!(String::from_utf8(done.stdout).unwrap().lines().count() > 2);
}
