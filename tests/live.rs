//! `lenscap watch` on interfaces: each test makes a network namespace of its own, sends a fixture over a pair of interfaces in it,
//! and touches no other. Where that is not permitted, a test says so and is skipped.
#![cfg(all(feature = "live", target_os = "linux"))]
#![allow(clippy::print_stdout, reason = "what is skipped is said")]
#![allow(clippy::disallowed_methods, reason = "nothing is waited for without end")]

#[path = "live/fixtures.rs"]
mod fixtures;
#[path = "live/handles.rs"]
mod handles;
#[path = "live/kept.rs"]
mod kept;
#[path = "live/namespace.rs"]
mod namespace;

use lenscap_capture::{Capture, ChunkId, Next, Source};
use lenscap_testkit::{OwnedFrame, captures, send};
use lenscap_wire::{Frame, Timestamp};
use namespace::{Namespace, Watch, of_type, records, wait};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, Read};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Sends the frames of a file; started by the other tests in a namespace of theirs, and by nobody else.
#[test]
#[ignore = "the other tests start it"]
fn sender() {
    let Some(path) = std::env::var_os("LENSCAP_SEND") else { return };
    let interface = std::env::var("LENSCAP_SEND_OVER").expect("it is told over which");
    send(&interface, &frames(Path::new(&path)));
}

fn frames(path: &Path) -> Vec<OwnedFrame> {
    let mut reader =
        Capture::open(path).and_then(|file| file.reader(ChunkId::default())).expect("it is a capture");
    let mut frames = Vec::new();
    while let Next::Batch(batch) = reader.next().expect("a file can be read") {
        for Frame { time, link_type, wire_length, bytes, .. } in batch.frames() {
            frames.push(OwnedFrame { time, link_type, wire_length, bytes: bytes.to_vec() });
        }
    }
    frames
}

fn office() -> Vec<OwnedFrame> {
    frames(&captures::repository().join("fixtures/office/capture.pcap"))
}

/// As a packet goes over a pair of interfaces: whole, zeros where a snap length had cut.
fn whole(frames: &[OwnedFrame]) -> Vec<OwnedFrame> {
    let mut frames = frames.to_vec();
    for frame in &mut frames {
        frame.bytes.resize(frame.wire_length as usize, 0);
    }
    frames
}

/// A record without times, and without what holds some in words or is made of them.
fn timeless(record: &Value) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                let times = ["start", "end", "first", "last", "offset", "path", "filter", "reasons", "uid"];
                object.retain(|key, _| !times.contains(&key.as_str()));
                object.values_mut().for_each(strip);
            }
            Value::Array(array) => array.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut record = record.clone();
    strip(&mut record);
    record.to_string()
}

/// The records of a type without times, sorted; of devices, names and findings those of the last report, which begins with
/// the captures: what was said on the way is said again there.
fn sorted(records: &[Value], kind: &str) -> Vec<String> {
    let last = records.iter().rposition(|record| record["type"] == "capture").unwrap_or(0);
    let records = if kind == "flow" { records } else { &records[last..] };
    let mut all: Vec<_> = of_type(records, kind).into_iter().map(timeless).collect();
    all.sort();
    all
}

fn assert_same(what: &str, one: &[String], other: &[String]) {
    if let Some((one, other)) = one.iter().zip(other).find(|(one, other)| one != other) {
        panic!("{what}\n  {one}\n  {other}");
    }
    assert_eq!(one.len(), other.len(), "{what}");
}

#[test]
fn tags_of_virtual_networks_survive() {
    let Some(namespace) = Namespace::new() else { return };
    let sent = whole(&frames(&captures::repository().join("fixtures/vlan-and-tunnels/capture.pcap")));
    for (interface, backend) in [("v1", "pcap"), ("v1", "ring"), ("any", "pcap")] {
        let arguments =
            [interface, "--json", "--duration", "3s", "--select", "flow,capture", "--backend", backend];
        let watch = namespace.watch(&arguments);
        namespace.send(&sent);
        let live = records(&watch.end().stdout);
        let tagged = of_type(&live, "flow").iter().filter(|flow| flow["vlan"].is_array()).count();
        // Cooked frames, as all interfaces together have them, carry no tag; each packet is there as it was sent and received.
        assert!((tagged > 0) == (interface == "v1"), "{interface}: {tagged} flows with tags");
        let seen = of_type(&live, "capture")[0]["packets"].as_u64().expect("a number");
        assert_eq!(seen, sent.len() as u64 * if interface == "any" { 2 } else { 1 }, "{interface}");
    }
}

#[test]
fn what_the_ring_could_not_take_is_counted() {
    let Some(namespace) = Namespace::new() else { return };
    for backend in ["pcap", "ring"] {
        let arguments =
            ["v1", "--json", "--ring", "2M", "--duration", "6s", "--select", "capture", "--backend", backend];
        let watch = namespace.watch(&arguments);
        watch.signal("STOP");
        let frame = OwnedFrame::ethernet(Timestamp(0), vec![2; 1400]);
        let sent = vec![frame; 5000];
        namespace.send(&sent);
        watch.signal("CONT");
        let live = records(&watch.end().stdout);
        let capture = of_type(&live, "capture")[0];
        let (seen, lost) = (capture["packets"].as_u64(), capture["drops"]["ring"].as_u64());
        let (seen, lost) = (seen.expect("packets"), lost.expect("drops by the ring"));
        assert!(seen > 0 && lost > 1000, "{backend}: {capture}");
        assert_eq!(seen + lost, sent.len() as u64, "{backend}: {capture}");
    }
}

#[test]
fn an_interface_that_goes_and_comes_again_is_waited_for() {
    let Some(namespace) = Namespace::new() else { return };
    let sent = office();
    // In the sandbox no interface can be opened any more.
    let watch = namespace.watch(&["v1", "--json", "--duration", "8s", "--select", "capture", "--no-sandbox"]);
    namespace.send(&sent[..100]);
    thread::sleep(Duration::from_millis(500));
    namespace.ip("link set v1 down");
    thread::sleep(Duration::from_millis(300));
    namespace.ip("link set v1 up");
    thread::sleep(Duration::from_millis(1500));
    namespace.send(&sent[..10]);
    thread::sleep(Duration::from_millis(500));
    namespace.ip("link del v1");
    thread::sleep(Duration::from_millis(300));
    namespace.link();
    thread::sleep(Duration::from_millis(2500));
    namespace.send(&sent[..1]);
    let done = watch.end();
    let live = records(&done.stdout);
    let capture = of_type(&live, "capture")[0];
    assert_eq!(capture["packets"], 111, "{capture}");
    let problems = capture["problems"].as_array().expect("it was told that it was down");
    assert!(
        problems.len() >= 2 && problems.iter().all(|problem| problem["kind"] == "interface-down"),
        "{capture}"
    );
}

#[test]
fn without_any_interface_it_ends_and_says_so() {
    let Some(namespace) = Namespace::new() else { return };
    loses_its_interface(&namespace, namespace.watch(&["v1", "--json", "--duration", "25s"]));
}

/// What a watch says whose only interface goes away once it has seen the office.
fn loses_its_interface(namespace: &Namespace, watch: Watch) {
    namespace.send(&office());
    thread::sleep(Duration::from_millis(500));
    namespace.ip("link del v1");
    let done = watch.end();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(2) && said.contains("no interface is left"), "{said}");
    assert_eq!(of_type(&records(&done.stdout), "flow").len(), 30, "what was seen is reported");
}

#[test]
fn the_doctor_looks_at_an_interface() {
    let Some(namespace) = Namespace::new() else { return };
    let look = || {
        let done = namespace.command(env!("CARGO_BIN_EXE_lenscap")).args(["doctor", "v1"]).output();
        String::from_utf8(done.expect("ip can be started").stdout).expect("text")
    };
    let said = look();
    for line in [
        "ok    this user may capture",
        "ok    v1 is up",
        "ok    it can be captured from",
        "ok    v1 has lost no packet",
    ] {
        assert!(said.contains(line), "{said}");
    }
    namespace.ip("link set v1 down");
    let said = look();
    assert!(said.contains("warn  v1 is down") && said.contains("sudo ip link set v1 up"), "{said}");
}

#[test]
fn two_watches_of_one_interface_see_the_same() {
    let Some(namespace) = Namespace::new() else { return };
    let sent = office();
    let count = sent.len().to_string();
    let watches = [0, 1].map(|_| namespace.watch(&["v1", "--json", "--count", &count, "--duration", "20s"]));
    namespace.send(&sent);
    let [one, other] = watches.map(|watch| records(&watch.end().stdout));
    for kind in ["flow", "finding", "device"] {
        assert_same(kind, &sorted(&one, kind), &sorted(&other, kind));
    }
    assert!(!of_type(&one, "finding").is_empty());
}

#[test]
fn a_filter_is_asked_by_the_kernel() {
    let Some(namespace) = Namespace::new() else { return };
    for backend in ["pcap", "ring"] {
        let watch =
            namespace.watch(&["v1", "--json", "--filter", "arp", "--duration", "3s", "--backend", backend]);
        namespace.send(&office());
        let live = records(&watch.end().stdout);
        let ledger = of_type(&live, "ledger")[0];
        assert!(
            ledger["packets"].as_u64() > Some(0) && ledger["packets"] == ledger["non_ip"]["packets"],
            "{ledger}"
        );
        assert_eq!(ledger["filtered"]["packets"], 0, "what the kernel refused is not seen");
    }
}

#[test]
fn signals_report_reload_and_stop() {
    let Some(namespace) = Namespace::new() else { return };
    let (catalog, file) = (namespace.path("catalog.toml"), namespace.path("out.jsonl"));
    let vendor = captures::repository().join("crates/catalog/data/vendors/wansview.toml");
    fs::copy(vendor, &catalog).expect("it can be copied");
    let (catalog_path, path) = (catalog.to_str().expect("text"), file.to_str().expect("text"));
    let arguments = ["v1", "--json", "--output-file", path, "--catalog", catalog_path, "--duration", "25s"];
    let mut watch = namespace.watch(&arguments);
    let mut errors = watch.errors();
    namespace.send(&office());
    let written = || records(&fs::read(&file).unwrap_or_default());
    wait(|| !of_type(&written(), "finding").is_empty());
    watch.signal("USR1");
    wait(|| of_type(&written(), "summary").len() == 1);
    // A catalogue that is wrong: the old one stays, and that is said. The file that was moved away is made anew.
    fs::write(&catalog, "this is no catalogue").expect("it can be written");
    fs::rename(&file, namespace.path("moved.jsonl")).expect("it can be moved");
    watch.signal("HUP");
    let mut said = String::new();
    while !said.contains("stays") {
        assert!(errors.read_line(&mut said).expect("it can be read") > 0, "{said}");
    }
    watch.signal("TERM");
    let done = watch.end();
    assert_eq!(done.status.code(), Some(1), "there is a finding that counts");
    let last = written();
    assert_eq!((of_type(&last, "summary").len(), of_type(&last, "flow").len()), (1, 30));
    assert_eq!(
        of_type(&records(&fs::read(namespace.path("moved.jsonl")).expect("it is there")), "summary").len(),
        1
    );
}

#[test]
fn what_is_killed_leaves_whole_lines() {
    let Some(namespace) = Namespace::new() else { return };
    let file = namespace.path("out.jsonl");
    let arguments = ["v1", "--json", "--output-file", file.to_str().expect("text"), "--duration", "25s"];
    let watch = namespace.watch(&arguments);
    namespace.send(&office());
    wait(|| fs::metadata(&file).is_ok_and(|about| about.len() > 0));
    watch.signal("KILL");
    watch.end();
    let before = records(&fs::read(&file).expect("it is there"));
    assert!(of_type(&before, "finding").len() > 1);
    let watch = namespace.watch(&[&arguments[..5], &["2s"]].concat());
    watch.end();
    let after = records(&fs::read(&file).expect("it is there"));
    assert!(after.len() > before.len() && after[..before.len()] == before[..], "it is appended to");
}

#[test]
fn a_full_disk_is_told_and_written_to_again() {
    let Some(namespace) = Namespace::new() else { return };
    let disk = namespace.path("disk");
    fs::create_dir(&disk).expect("a folder can be made");
    let disk = disk.to_str().expect("text");
    // The disk is there only for what runs in this namespace. It is filled, and room is made after a while.
    let script = format!(
        "mount -t tmpfs -o size=256k lenscap {disk} && head -c 258048 /dev/zero > {disk}/full; \
         (sleep 9; rm {disk}/full) & \
         {} watch v1 --json --output-file {disk}/out.jsonl --duration 13s; status=$?; cat {disk}/out.jsonl; exit $status",
        env!("CARGO_BIN_EXE_lenscap")
    );
    let mut shell = namespace.command("sh");
    shell.args(["-c", &script]);
    let watch = namespace.start(shell);
    namespace.send(&office());
    let done = watch.end();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("cannot write") && said.contains("tried again"), "{said}");
    assert_eq!(said.matches("cannot write").count(), 1, "it is told once: {said}");
    let written = records(&done.stdout);
    assert_eq!((done.status.code(), of_type(&written, "flow").len()), (Some(1), 30), "{said}");
}

/// Nobody reads for five seconds: packets do not wait for that.
#[test]
fn a_slow_reader_keeps_no_packet_waiting() {
    let Some(namespace) = Namespace::new() else { return };
    let sent = office();
    let count = (20 * sent.len()).to_string();
    let mut watch = namespace.watch(&["v1", "--json", "--count", &count, "--duration", "25s"]);
    let mut stdout = watch.stdout();
    for _ in 0..20 {
        namespace.send(&sent);
        thread::sleep(Duration::from_millis(300));
    }
    let mut lines = Vec::new();
    stdout.read_to_end(&mut lines).expect("it can be read");
    watch.end();
    let live = records(&lines);
    let capture = of_type(&live, "capture")[0];
    assert_eq!((&capture["packets"], &capture["drops"]), (&(20 * sent.len()).into(), &Value::Null));
}
