//! Live is as offline: a capture that is judged on the way, after every batch, and whose flows are said as they end, says in all
//! what scanning it says.

#[path = "ongoing/shared.rs"]
mod shared;

use lenscap_capture::{BATCH, Batch, Capture, Next, Record, Source};
use lenscap_catalog::Catalog;
use lenscap_flow::report::{Report, Said};
use lenscap_flow::{About, Input, Limits, Ongoing, Options, Policy, chunk_of, judge, scan};
use lenscap_report::{Kind, Select, json};
use lenscap_testkit::{Host, MORNING, OwnedFrame, SECOND, Scenario, Side, captures, pcap, random_traffic};
use lenscap_wire::{Frame, LinkType, PacketRef, Timestamp};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

fn options(idle: i64) -> Options {
    let limits = Limits { idle: idle * SECOND, memory: 1 << 30 };
    Options { threads: NonZeroUsize::MIN, limits, filter: None, from: None, to: None, saved: false }
}

/// All records but those of flows.
fn rest(report: &Report<'_>) -> String {
    let select: Select = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Flow).collect();
    let mut out = Vec::new();
    json::write(report, select, NonZeroUsize::MIN, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("JSON is text")
}

fn flow_lines(flows: &lenscap_flow::report::FlowList<'_, '_>) -> Vec<String> {
    let mut out = Vec::new();
    for flow in (0..flows.len()).filter_map(|n| flows.view(n)) {
        json::push_flow(&mut out, &flow);
    }
    String::from_utf8(out).expect("JSON is text").lines().map(str::to_string).collect()
}

struct Run {
    /// Flows in the order in which they were said.
    flows: Vec<String>,
    /// How many of them were said before the end, and how many left memory.
    early: usize,
    left: usize,
    rest: String,
}

/// Scans a capture; or has so many workers fold it as it comes, says after each batch what ended, and lets go of that.
fn run(path: &Path, idle: i64, workers: Option<usize>) -> Run {
    let catalog = Catalog::builtin();
    let policy = Policy::default();
    let Some(workers) = workers else {
        let summary =
            scan(&[Input::File(path.to_path_buf())], &options(idle), &()).expect("a thread can be had");
        let closed = summary.close();
        let report = judge(&closed, &catalog, &policy);
        return Run { flows: flow_lines(&report.flows()), early: 0, left: 0, rest: rest(&report) };
    };
    let capture = Capture::open(path).expect("it is a capture");
    let about = About {
        path: path.to_str().expect("a path of tests").to_string(),
        format: capture.format().name(),
        compression: capture.compression(),
    };
    let ongoing = Ongoing::new(&options(idle), vec![about]).expect("there is no filter");
    let workers = NonZeroUsize::new(workers).expect("there is one");
    let mut ongoing = ongoing.with_workers(workers, false).expect("threads can be had");
    let mut reader = capture.reader(chunk_of(0)).expect("it is a capture");
    let (mut said, mut flows, mut left) = (Said::default(), Vec::new(), 0);
    loop {
        match reader.next().expect("a file can be read") {
            Next::Batch(batch) => ongoing.fold(&batch),
            Next::Idle(now) => ongoing.tell(now),
            Next::End => break,
        }
        let until = ongoing.ended();
        let closed = ongoing.summary(reader.tallies()).close();
        let report = judge(&closed, &catalog, &policy);
        flows.extend(flow_lines(&report.flows_that_ended(until, 7, &mut said)));
        let leaving = report.leaving(until, Some(&said));
        drop(report);
        drop(closed);
        left += ongoing.drain(&leaving);
    }
    let early = flows.len();
    let closed = ongoing.summary(reader.tallies()).close();
    let report = judge(&closed, &catalog, &policy);
    flows.extend(flow_lines(&report.flows_that_ended(Timestamp::MAX, usize::MAX, &mut said)));
    Run { flows, early, left, rest: rest(&report) }
}

/// How many flows were said before the end, and that many left memory.
fn holds(path: &Path, idle: i64) -> usize {
    let scanned = run(path, idle, None);
    let early: Vec<_> =
        [1, 2, 4].into_iter().map(|workers| is(path, &scanned, run(path, idle, Some(workers)))).collect();
    assert!(early.iter().all(|one| *one == early[0]), "{early:?}");
    early[0]
}

fn is(path: &Path, scanned: &Run, mut live: Run) -> usize {
    let name = path.display();
    let mut flows = scanned.flows.clone();
    assert_eq!(live.rest, scanned.rest, "{name}");
    flows.sort();
    live.flows.sort();
    let differs = live.flows.iter().zip(&flows).find(|(live, scanned)| live != scanned);
    assert_eq!(differs, None, "{name}");
    assert_eq!(live.flows.len(), scanned.flows.len(), "{name}");
    assert_eq!(live.left, live.early, "{name}");
    live.early
}

#[test]
fn fixtures_are_the_same_as_they_come() {
    for idle in [300, 1] {
        let early: usize = captures::fixtures().iter().map(|path| holds(path, idle)).sum();
        println!("idle for {idle} s: {early} flows were said before the end");
    }
}

fn written(frames: &[OwnedFrame]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("capture.pcap");
    std::fs::write(&path, pcap(frames)).expect("a temporary file can be written");
    (folder, path)
}

/// Hours of random traffic, whose stamps step back by less than may be: flows end all the time, and each is said once.
#[test]
fn each_flow_is_said_once() {
    let mut early = 0;
    for seed in 0..4 {
        let quarters = (0..6_i64).flat_map(|n| {
            let mut frames = random_traffic(seed * 10 + n as u64, 300);
            for frame in &mut frames {
                frame.time.0 += n * 900 * SECOND;
            }
            frames
        });
        let (_folder, path) = written(&quarters.collect::<Vec<_>>());
        early += holds(&path, 300);
    }
    assert!(early > 200, "{early} flows were said before the end");
}

/// A flow that is silent for eight minutes and goes on is two: the first is said while the second is still to come.
#[test]
fn a_flow_is_said_when_it_has_been_silent_for_long_enough() {
    let mut s = Scenario::new(MORNING, 3);
    let (camera, cloud) = (Host::new("bc:ad:28:00:53:40", "192.168.1.64"), s.outside("203.0.113.40"));
    let mut tcp = s.tcp(camera, cloud.port(8800));
    tcp.send(&mut s, Side::Client, &[1; 900]);
    s.wait(480 * SECOND);
    for _ in 0..40 {
        s.ping(camera, cloud, 1);
    }
    tcp.send(&mut s, Side::Client, &[2; 700]);
    let (_folder, path) = written(&s.frames);
    assert_eq!(holds(&path, 300), 1);
}

fn frames(path: &Path) -> Vec<OwnedFrame> {
    let Ok(mut reader) = Capture::open(path).and_then(|file| file.reader(chunk_of(0))) else { return vec![] };
    let mut frames = Vec::new();
    while let Ok(Next::Batch(batch)) = reader.next() {
        frames.extend(batch.frames().map(|frame| {
            let Frame { time, link_type, wire_length, bytes, .. } = frame;
            OwnedFrame { time, link_type, wire_length, bytes: bytes.to_vec() }
        }));
    }
    frames
}

/// So many packets that say that it is so late that the time goes there at once.
fn witnesses(time: Timestamp) -> Vec<OwnedFrame> {
    let mut s = Scenario::new(time, 9);
    let (one, other) =
        (Host::new("02:00:00:00:00:01", "192.168.7.1"), Host::new("02:00:00:00:00:02", "192.168.7.2"));
    (0..40).for_each(|n| s.ping(one, other, n));
    s.frames
}

/// A capture so many times over, with silences between in which all its flows end.
fn again_and_again(path: &Path, times: i64, silence: i64) -> Option<(tempfile::TempDir, PathBuf)> {
    let once = frames(path);
    let is_ethernet = once.iter().all(|frame| frame.link_type == LinkType::ETHERNET);
    let (first, last) =
        (once.iter().map(|frame| frame.time.0).min()?, once.iter().map(|frame| frame.time.0).max()?);
    if !is_ethernet || last - first > 86_400 * SECOND {
        return None;
    }
    let mut all = Vec::new();
    for n in 0..times {
        let later = n * (last - first + silence);
        all.extend(
            once.iter().cloned().map(|frame| OwnedFrame { time: Timestamp(frame.time.0 + later), ..frame }),
        );
        all.extend(witnesses(Timestamp(last + later + silence / 2)));
    }
    Some(written(&all))
}

/// Everything leaves memory, and comes again over the same ports, three times over: by silences that end a flow and leave its
/// connection, and by such that leave nothing of UDP.
#[test]
fn what_comes_again_and_again_is_the_same() {
    let mut compared = 0;
    for path in captures::fixtures() {
        for silence in [1000 * SECOND, 10_000 * SECOND] {
            let Some((_folder, path)) = again_and_again(&path, 3, silence) else { continue };
            compared += usize::from(holds(&path, 20) > 0);
        }
    }
    println!("{compared} compared");
    assert!(compared > 40, "{compared} compared");
}

/// Folds frames of the interface of a number, of which so many came before.
fn fold(ongoing: &mut Ongoing, frames: &[OwnedFrame], interface: usize, before: u32) {
    let (mut block, mut records) = (Vec::new(), Vec::new());
    for (frame, n) in frames.iter().zip(before..) {
        let start = block.len() as u32;
        let length = frame.bytes.len() as u32;
        let at =
            PacketRef { chunk: chunk_of(interface).chunk, record: n, offset: u64::from(n) * 2000, length };
        block.extend_from_slice(&frame.bytes);
        let (time, link_type, wire_length) = (frame.time, frame.link_type, frame.wire_length);
        records.push(Record { time, link_type, wire_length, start, at, ..Record::default() });
    }
    ongoing.fold(&Batch::new(&block, &records));
}

/// A connection whose second spell comes over an interface of a lower number is the same, drained or not: its name is the
/// first spell's.
#[test]
fn a_connection_that_changes_its_interface_keeps_its_name() {
    let mut s = Scenario::new(MORNING, 3);
    let (camera, cloud) = (Host::new("bc:ad:28:00:53:40", "192.168.1.64"), s.outside("203.0.113.40"));
    let mut tcp = s.tcp(camera, cloud.port(80));
    tcp.send(&mut s, Side::Client, b"GET /up HTTP/1.1\r\nHost: dev.ezvizlife.com\r\n\r\n");
    let first = s.frames.len();
    s.wait(900 * SECOND);
    tcp.send(&mut s, Side::Client, &[2; 700]);
    let last = s.frames.last().expect("there are some").time.0;
    let witnesses = witnesses(Timestamp(last + 3000 * SECOND));
    let judged = |drains: bool| {
        let about =
            ["eth0", "eth1"].map(|name| About { path: name.to_string(), format: "pcap", compression: None });
        let mut ongoing = Ongoing::new(&options(300), about.to_vec()).expect("there is no filter");
        fold(&mut ongoing, &s.frames[..first], 1, 0);
        fold(&mut ongoing, &s.frames[first..], 0, 0);
        for (part, frames) in witnesses.chunks(BATCH).enumerate() {
            fold(&mut ongoing, frames, 1, (first + part * BATCH) as u32);
        }
        let catalog = Catalog::builtin();
        if drains {
            let until = ongoing.ended();
            let leaving = {
                let closed = ongoing.summary([]).close();
                judge(&closed, &catalog, &Policy::default()).leaving(until, None)
            };
            assert_eq!(ongoing.drain(&leaving), 2);
        }
        let closed = ongoing.summary([]).close();
        rest(&judge(&closed, &catalog, &Policy::default()))
    };
    let kept = judged(false);
    assert!(kept.contains("dev.ezvizlife.com"), "{kept}");
    assert_eq!(judged(true), kept);
}

/// An upload that is cut over many connections, of which some leave memory before the last is there.
#[test]
fn what_is_cut_over_many_connections_is_the_same_as_it_comes() {
    let mut s = Scenario::new(MORNING, 3);
    let (camera, cloud) = (Host::new("bc:ad:28:00:53:40", "192.168.1.64"), s.outside("203.0.113.40"));
    s.ssdp(camera, "Linux/3.0 UPnP/1.0 Hikvision/1.0 IPCamera");
    for n in 0..200 {
        let mut tcp = s.tcp(camera, cloud.port(8800 + n % 3));
        tcp.send(&mut s, Side::Client, &[1; 5000]);
        tcp.close(&mut s, Side::Client);
        s.wait(3 * SECOND);
    }
    let (_folder, path) = written(&s.frames);
    assert!(run(&path, 1, Some(1)).rest.contains("exfiltration"));
    assert!(holds(&path, 1) > 100);
}

/// The same for captures of other people, where there are some.
#[test]
fn captures_of_others_are_the_same_as_they_come() {
    let Some(all) = captures::corpus(150, 100 << 10) else { return println!("there are none") };
    let mut early = 0;
    for path in all {
        early += holds(&path, 1);
        if let Some((_folder, path)) = again_and_again(&path, 2, 3000 * SECOND) {
            early += holds(&path, 20);
        }
    }
    println!("{early} flows were said before the end");
}
