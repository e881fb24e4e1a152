//! What a watch on an interface keeps and counts: rolling files, metrics, and how little right it needs.

use crate::namespace::{Namespace, of_type, records, scan, skip, wait};
use crate::{office, whole};
use lenscap_capture::{Capture, ChunkId, Direction, Next, Source};
use lenscap_testkit::{Classic, OwnedFrame};
use lenscap_wire::Timestamp;
use std::fs;
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    all.sort();
    all
}

/// Killed in mid-run: packets can be read up to the last block, and say of which interface they are and which way they went.
#[test]
fn packets_are_kept_and_survive_a_kill() {
    let Some(namespace) = Namespace::new() else { return };
    for backend in ["pcap", "ring"] {
        let folder = namespace.path(backend);
        let path = folder.to_str().expect("text");
        let arguments = [
            "v1",
            "--json",
            "--rolling",
            path,
            "--rolling-bytes",
            "full",
            "--duration",
            "25s",
            "--backend",
            backend,
        ];
        let watch = namespace.watch(&arguments);
        let sent = whole(&office());
        namespace.send(&sent);
        // The first two minutes of a station are kept whole. A block has 32 bytes more than its packet, padded, and 12 where it says
        // which way it went.
        let more = if backend == "ring" { 44 } else { 32 };
        let bytes: usize = sent.iter().map(|frame| frame.bytes.len().next_multiple_of(4) + more).sum();
        wait(|| {
            files(&folder)
                .iter()
                .any(|file| fs::metadata(file).is_ok_and(|about| about.len() >= bytes as u64))
        });
        watch.signal("KILL");
        watch.end();
        let file = &files(&folder)[0];
        let mut reader =
            Capture::open(file).and_then(|file| file.reader(ChunkId::default())).expect("it is whole");
        let mut ways = Vec::new();
        while let Next::Batch(batch) = reader.next().expect("a file can be read") {
            ways.extend(batch.records().iter().map(|record| record.direction));
        }
        assert!(!reader.tally().torn_tail && ways.len() == sent.len(), "{} of {}", ways.len(), sent.len());
        let way = if backend == "ring" { Direction::Inbound } else { Direction::Unknown };
        assert!(ways.iter().all(|other| *other == way), "{backend}");
        assert!(
            fs::read(file).expect("it is there").windows(8).any(|part| part == b"\x02\0\x02\0v1\0\0"),
            "its name"
        );
        let found = scan(file);
        assert_eq!(of_type(&found, "flow").len(), 30);
        assert!(of_type(&found, "finding").iter().any(|finding| finding["severity"] == "high"));
    }
}

#[test]
fn a_full_disk_for_packets_keeps_none_waiting() {
    let Some(namespace) = Namespace::new() else { return };
    let disk = namespace.path("disk");
    fs::create_dir(&disk).expect("a folder can be made");
    let disk = disk.to_str().expect("text");
    let script = format!(
        "mount -t tmpfs -o size=512k lenscap {disk} && {} watch v1 --json --select capture --rolling {disk} \
         --rolling-bytes full --metrics-file {disk}.prom --duration 8s",
        env!("CARGO_BIN_EXE_lenscap")
    );
    let mut shell = namespace.command("sh");
    shell.args(["-c", &script]);
    let watch = namespace.start(shell);
    let sent = vec![OwnedFrame::ethernet(Timestamp(0), vec![2; 1400]); 2000];
    namespace.send(&sent);
    let done = watch.end();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(said.matches("cannot write rolling files").count(), 1, "it is told once: {said}");
    assert!(said.contains("were not written to the rolling files"), "{said}");
    assert_eq!(of_type(&records(&done.stdout), "capture")[0]["packets"], sent.len(), "{said}");
    let metrics = fs::read_to_string(format!("{disk}.prom")).expect("it is on another disk");
    let figure = |name: &str| {
        let line = metrics.lines().find(|line| line.starts_with(name)).expect(name);
        line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok()).expect("a number")
    };
    let (written, shed) =
        (figure("lenscap_rolling_packets_total "), figure("lenscap_rolling_shed_packets_total "));
    assert!(shed > 0 && written + shed == sent.len() as u64, "{written} and {shed}");
}

/// The newest packets are kept, where there is less room than was said.
#[test]
fn on_a_full_disk_the_oldest_packets_make_room() {
    let Some(namespace) = Namespace::new() else { return };
    let (disk, capture) = (namespace.path("disk"), namespace.path("capture"));
    fs::create_dir(&disk).expect("a folder can be made");
    // Of one station, which is new: some 7 MB, in files of 1 MiB each.
    let sent = vec![OwnedFrame::ethernet(Timestamp(0), vec![2; 1400]); 5000];
    fs::write(&capture, Classic::default().write(&sent)).expect("it can be written");
    let [disk, capture] = [&disk, &capture].map(|path| path.to_str().expect("text"));
    let script = format!(
        "mount -t tmpfs -o size=3m lenscap {disk} && {} watch - --json --select capture --rolling {disk} \
         --rolling-bytes full --keep 24MB --metrics-file {disk}.prom < {capture}",
        env!("CARGO_BIN_EXE_lenscap")
    );
    let done = namespace.command("sh").args(["-c", &script]).output().expect("ip can be started");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.is_empty(), "{said}");
    let metrics = fs::read_to_string(format!("{disk}.prom")).expect("it is on another disk");
    for (name, value) in [("packets_total", 5000), ("shed_packets_total", 0), ("errors_total", 0)] {
        let line = format!("lenscap_rolling_{name} {value}\n");
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
}

/// Metrics are served from within the sandbox, while packets come and after the interface was set down.
#[test]
fn an_interface_is_counted() {
    let Some(namespace) = Namespace::new() else { return };
    namespace.ip("link set lo up");
    let mut watch = namespace.watch(&["v1", "--json", "--metrics", "9464", "--duration", "25s"]);
    let mut errors = watch.errors();
    let mut said = String::new();
    errors.read_line(&mut said).expect("it says where");
    assert!(said.contains("http://127.0.0.1:9464/metrics"), "{said}");
    let sent = office();
    namespace.send(&sent);
    let ask = || {
        let own = std::env::current_exe().expect("a test has a path");
        let mut asker = namespace.command(own.to_str().expect("a path of tests"));
        asker
            .args(["--exact", "kept::asker", "--ignored", "--nocapture"])
            .env("LENSCAP_ASK", "127.0.0.1:9464");
        String::from_utf8(asker.output().expect("ip can be started").stdout).expect("text")
    };
    let packets = format!("lenscap_packets_total{{input=\"v1\"}} {}\n", sent.len());
    wait(|| ask().contains(&packets));
    namespace.ip("link set v1 down");
    wait(|| ask().contains("lenscap_input_problems_total{input=\"v1\"} 1\n"));
    watch.signal("TERM");
    watch.end();
}

/// Asks for metrics; started by the test above in its namespace, and by nobody else.
#[test]
#[ignore = "another test starts it"]
fn asker() {
    let Ok(address) = std::env::var("LENSCAP_ASK") else { return };
    let mut client = std::net::TcpStream::connect(address).expect("it listens");
    client.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("it answers");
    println!("{answer}");
}

/// As the service runs: a user without login who has the one capability to capture, and no other.
#[test]
fn the_right_to_capture_is_enough() {
    let Some(namespace) = Namespace::new() else { return };
    let count = office().len().to_string();
    for backend in ["pcap", "ring"] {
        let mut command = namespace.command("setpriv");
        command.args([
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "--bounding-set",
            "-all,+net_raw",
        ]);
        command.args(["--inh-caps", "-all,+net_raw", "--ambient-caps", "-all,+net_raw", "--no-new-privs"]);
        command.args([env!("CARGO_BIN_EXE_lenscap"), "watch", "v1", "--json", "--backend", backend]);
        command.args(["--count", &count, "--duration", "20s"]);
        let watch = namespace.start(command);
        namespace.send(&office());
        let done = watch.end();
        let said = String::from_utf8_lossy(&done.stderr);
        if said.contains("setpriv") || said.contains("Permission denied") && done.stdout.is_empty() {
            return skip(&format!("no other user can be taken here ({})", said.trim()));
        }
        assert_eq!(of_type(&records(&done.stdout), "flow").len(), 30, "{backend}: {said}");
    }
}
