//! Hash tables are seeded anew in every process: what comes out is the same in each.

use lenscap_testkit::{Classic, Host, MORNING, Scenario};
use std::process::Command;

/// Thirty hosts of the outside behind one router, one of which another station has the address of, too: how much of it was met
/// before the router was known for one hangs on the order in which flows are walked.
fn shared_address() -> Vec<u8> {
    let mut s = Scenario::new(MORNING, 7);
    let camera = Host::new("bc:ad:28:00:53:40", "192.168.1.64");
    for last in 1..=30 {
        let host = Host::new("00:50:56:00:00:aa", &format!("203.0.113.{last}"));
        s.udp(camera.port(40_000 + last), host.port(9000), &[1; 100]);
        s.udp(host.port(9000), camera.port(40_000 + last), &[2; 200]);
    }
    let other = Host::new("00:50:56:00:00:bb", "203.0.113.7");
    s.udp(other.port(9001), camera.port(41_000), &[3; 500]);
    let group = Host::new("01:00:5e:7f:ff:fa", "239.255.255.250");
    s.udp(other.port(1900), group.port(1900), &[4; 40]);
    Classic::default().write(&s.frames)
}

#[test]
fn every_process_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.pcap");
    std::fs::write(&path, shared_address()).unwrap();
    let run = || {
        let done = Command::new(env!("CARGO_BIN_EXE_lenscap"))
            .args(["scan", "--json", "--quiet"])
            .arg(&path)
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    let first = run();
    assert!(first.contains("203.0.113.7"), "{first}");
    for _ in 0..15 {
        assert!(run() == first, "two processes differ");
    }
}
