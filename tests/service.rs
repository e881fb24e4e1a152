//! `lenscap watch` as a service: what it tells Prometheus and systemd.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "nothing is waited for without end")]

mod watches;

use lenscap_testkit::captures;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Stdio};
use std::time::Duration;
use watches::{signal, wait, watch};

const OFFICE: &str = "fixtures/office/capture.pcap";

fn office() -> Vec<u8> {
    fs::read(captures::repository().join(OFFICE)).expect("a fixture can be read")
}

/// Where metrics are served, as it is said.
fn address(child: &mut Child) -> String {
    let mut said = String::new();
    let mut errors = BufReader::new(child.stderr.take().expect("it is piped"));
    errors.read_line(&mut said).expect("it says where");
    let address = said.trim().strip_prefix("lenscap: metrics at http://").expect(&said);
    address.strip_suffix("/metrics").expect(&said).to_string()
}

fn ask(address: &str) -> String {
    let mut client = TcpStream::connect(address).expect("it listens");
    client.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn what_is_counted_is_served_and_written() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("lenscap.prom");
    let catalog = folder.path().join("catalog.toml");
    fs::copy("crates/catalog/data/vendors/wansview.toml", &catalog).expect("it can be copied");
    let (path, catalog_path) = (file.to_str().expect("text"), catalog.to_str().expect("text"));
    let arguments = ["-", "--json", "--metrics", "0", "--metrics-file", path, "--catalog", catalog_path];
    let mut child =
        watch(&arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(&office()).expect("it reads");
    let address = address(&mut child);
    // A finding is there once it was judged, five seconds on at most.
    wait(|| ask(&address).contains("lenscap_findings{severity=\"high\"}"));
    for line in [
        "lenscap_packets_total{input=\"-\"} 1603",
        "lenscap_flows 30",
        "lenscap_reloads_total{result=\"refused\"} 0",
    ] {
        wait(|| ask(&address).lines().any(|other| other == line));
    }
    fs::write(&catalog, "this is no catalogue").expect("it can be written");
    signal(&child, "HUP");
    wait(|| ask(&address).contains("lenscap_reloads_total{result=\"refused\"} 1\n"));
    assert!(fs::read_to_string(&file).expect("it is there").starts_with("# HELP lenscap_"));
    drop(stdin);
    child.wait().expect("it ends with its input");
    let last = fs::read_to_string(&file).expect("it is there");
    assert!(
        last.contains("lenscap_reloads_total{result=\"refused\"} 1\n")
            && last.contains("lenscap_observed_seconds 3"),
        "{last}"
    );
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 2, "nothing else is left");
}

#[test]
fn other_machines_are_let_in_only_where_that_is_said() {
    let done = watch(&["--replay", OFFICE, "--metrics", "0.0.0.0:0"]).output().expect("it can be started");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(2) && said.contains("--metrics-exposed"), "{said}");
    let arguments =
        ["--replay", OFFICE, "--speed", "4000000000", "--metrics", "0.0.0.0:0", "--metrics-exposed"];
    let done = watch(&arguments).output().expect("it can be started");
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn who_started_it_is_told_that_it_is_ready_lives_and_stops() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket can be made");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("it can be set");
    let mut command = watch(&["-", "--json"]);
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "2000000").env_remove("WATCHDOG_PID");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(&office()).expect("it reads");
    let heard = || {
        let mut message = [0; 200];
        let length = socket.recv(&mut message).expect("something is said");
        String::from_utf8(message[..length].to_vec()).expect("text")
    };
    assert_eq!(heard(), "READY=1\nSTATUS=watching -");
    assert_eq!([heard(), heard(), heard()], ["WATCHDOG=1"; 3]);
    signal(&child, "TERM");
    while heard() != "STOPPING=1\nEXTEND_TIMEOUT_USEC=1800000000" {}
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}
