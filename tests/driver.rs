//! The driver cuts where it likes: no report depends on the number of threads, on how a capture is shared out over
//! files, or on whether the parts were saved and joined.

mod common;

use common::{CATALOG, rendered};
use lenscap_capture::{Capture, ChunkId, Next, Record, Source};
use lenscap_flow::{Input, Limits, MergeError, Options, Policy, Summary, judge, merge, scan};
use lenscap_testkit::{
    Classic, Interface, Load, Ng, OwnedFrame, SECOND, Shape, SplitMix64, captures, pcap, pcapng,
    random_traffic,
};
use lenscap_wire::Timestamp;
use serde_json::Value;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::slice;
use std::sync::Arc;
use tempfile::TempDir;

const ROOMY: usize = 1 << 30;

fn options(threads: usize, memory: usize, saved: bool) -> Options {
    let limits = Limits { idle: 300 * SECOND, memory };
    let threads = NonZeroUsize::new(threads).expect("there is a thread");
    Options { threads, limits, filter: None, from: None, to: None, saved }
}

fn scanned(paths: &[PathBuf], options: &Options) -> Summary {
    let inputs: Vec<Input> = paths.iter().cloned().map(Input::File).collect();
    scan(&inputs, options, &()).expect("threads can be had")
}

fn assert_same(what: &str, wanted: &str, found: &str) {
    let differs = wanted.lines().zip(found.lines()).find(|(wanted, found)| wanted != found);
    if let Some((wanted, found)) = differs {
        panic!("{what} differs\n  want {wanted}\n found {found}");
    }
    assert_eq!(wanted.lines().count(), found.lines().count(), "{what} has another number of lines");
}

/// Hours of random traffic, one quarter of an hour after the other.
fn hours(seed: u64, quarters: u64) -> Vec<OwnedFrame> {
    let quarter = |n: u64| {
        let mut frames = random_traffic(seed + n, 6000);
        for frame in &mut frames {
            frame.time.0 += n as i64 * 900 * SECOND;
        }
        frames
    };
    (0..quarters).flat_map(quarter).collect()
}

fn written(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("a temporary file can be written");
    path
}

/// A classic capture with stamps as exact as those of pcapng.
fn exact(frames: &[OwnedFrame]) -> Vec<u8> {
    Classic { nanoseconds: true, ..Classic::default() }.write(frames)
}

/// Large enough to be cut in more than two: the driver cuts files from 16 MiB on, in chunks of 8 MiB at least.
#[test]
fn threads_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let frames = hours(1, 47);
    for (name, bytes) in [("large.pcap", pcap(&frames)), ("large.pcapng", pcapng(&frames))] {
        let (size, path) = (bytes.len(), written(&folder, name, &bytes));
        println!("{name}: {} packets, {size} bytes", frames.len());
        assert!(size > 25 << 20);
        for (memory, threads, exact) in [(ROOMY, 2..=4, true), (2 << 20, 2..=2, false)] {
            let serial = rendered(&scanned(slice::from_ref(&path), &options(1, memory, false)));
            assert_eq!(serial.contains("\"exact\":true,\"packets\""), exact);
            assert_eq!(serial.contains("\"inexact_since\":\"2026-"), !exact);
            for threads in threads {
                let found = rendered(&scanned(slice::from_ref(&path), &options(threads, memory, false)));
                assert_same(&format!("{name} with {threads} threads and {memory} bytes"), &serial, &found);
            }
        }
    }
}

/// Where a capture is damaged, and how: each is written into a copy of a good one.
type Damage = fn(&mut Vec<u8>, &[usize]);

/// Ways to damage a capture whose records begin at the given places.
const DAMAGES: [(&str, Damage); 5] = [
    ("torn at the end", |bytes, _| bytes.truncate(bytes.len() - 7)),
    ("noise at the end", |bytes, _| bytes.extend([0xff; 40])),
    ("noise in the second chunk", |bytes, starts| {
        let at = starts[starts.len() * 2 / 5];
        bytes[at..at + 16].fill(0xff);
    }),
    ("a record of 300 kB in the middle", |bytes, starts| {
        let at = starts[starts.len() / 2];
        let long = if bytes.starts_with(&[0x0a]) { long_block() } else { long_record() };
        bytes.splice(at..at, long);
    }),
    ("a record that claims the next 9 MB", |bytes, starts| {
        let at = starts[starts.len() / 3];
        let until = *starts.iter().find(|&&start| start > at + (9 << 20)).expect("there are so many");
        if bytes.starts_with(&[0x0a]) {
            let length = (until - at) as u32;
            bytes[at + 4..at + 8].copy_from_slice(&length.to_le_bytes());
        } else {
            let length = (until - at - 16) as u32;
            bytes[at + 8..at + 12].copy_from_slice(&length.to_le_bytes());
        }
    }),
];

fn long_frame() -> OwnedFrame {
    OwnedFrame::ethernet(Timestamp(0), vec![7; 300_000])
}

fn long_record() -> Vec<u8> {
    Classic { snap_length: u32::MAX, ..Classic::default() }.write(&[long_frame()]).split_off(24)
}

fn long_block() -> Vec<u8> {
    let mut ng = Ng::new(false);
    ng.interface(Interface::default());
    let before = ng.clone().finish().len();
    ng.enhanced(0, &long_frame());
    ng.finish().split_off(before)
}

/// Where the records of a capture begin.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let capture = Capture::new(Arc::new(bytes.to_vec())).expect("it is a capture");
    let mut reader = capture.reader(ChunkId::default()).expect("it is a capture");
    let mut starts = Vec::new();
    while let Next::Batch(batch) = reader.next().expect("memory can be read") {
        let start = |record: &Record| record.at.offset as usize - usize::from(record.header);
        starts.extend(batch.records().iter().map(start));
    }
    starts
}

/// What is wrong with a file is told once, in the same words, and the same packets are read, wherever it was cut.
#[test]
fn threads_change_nothing_of_a_damaged_capture() {
    let folder = tempfile::tempdir().unwrap();
    let frames: Vec<OwnedFrame> = Load::new(Shape::Video, 30_000, 1).take(30_000).collect();
    for (name, good) in [("pcap", pcap(&frames)), ("pcapng", pcapng(&frames))] {
        assert!(good.len() > 33 << 20, "{} bytes are no four chunks", good.len());
        let starts = starts(&good);
        for (how, damage) in DAMAGES {
            let mut bytes = good.clone();
            damage(&mut bytes, &starts);
            let path = written(&folder, name, &bytes);
            let serial = rendered(&scanned(slice::from_ref(&path), &options(1, ROOMY, false)));
            let capture: Value = serde_json::from_str(serial.lines().next().unwrap()).unwrap();
            assert!(capture["problems"][0]["kind"].is_string(), "{name} {how}: {capture}");
            for threads in [2, 4] {
                let found = rendered(&scanned(slice::from_ref(&path), &options(threads, ROOMY, false)));
                assert_same(&format!("{name}, {how}, with {threads} threads"), &serial, &found);
            }
        }
    }
}

/// A report without what a cut in files changes.
fn without_places(report: &str) -> String {
    let records = report.lines().map(|line| serde_json::from_str(line).expect("a line is a record"));
    let records = records.filter(|record: &Value| record["type"] != "capture");
    let mut lines = String::new();
    for mut record in records {
        forget_places(&mut record);
        lines.push_str(&record.to_string());
        lines.push('\n');
    }
    lines
}

fn forget_places(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for field in ["input", "packet", "offset"] {
                if !fields.get(field).is_some_and(Value::is_object) {
                    fields.remove(field);
                }
            }
            fields.values_mut().for_each(forget_places);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_places),
        _ => {}
    }
}

/// Places where no stamp after the cut is earlier than one before it: there, two files are in order of time.
fn orderly_cuts(frames: &[OwnedFrame], random: &mut SplitMix64, count: usize) -> Vec<usize> {
    let mut latest = i64::MIN;
    let before: Vec<i64> = frames
        .iter()
        .map(|frame| {
            latest = latest.max(frame.time.0);
            latest
        })
        .collect();
    let mut earliest = i64::MAX;
    let mut cuts = Vec::new();
    for at in (1..frames.len()).rev() {
        earliest = earliest.min(frames[at].time.0);
        if before[at - 1] < earliest {
            cuts.push(at);
        }
    }
    while cuts.len() > count {
        cuts.swap_remove(random.below(cuts.len() as u64) as usize);
    }
    cuts
}

/// Traffic whose clock never steps back, so that it can be cut in files anywhere.
fn orderly(seed: u64, count: usize) -> Vec<OwnedFrame> {
    let mut frames = random_traffic(seed, count);
    let mut latest = i64::MIN;
    for frame in &mut frames {
        latest = latest.max(frame.time.0);
        frame.time.0 = latest;
    }
    frames
}

#[test]
fn a_capture_in_two_files_is_one_capture() {
    let mut cuts = 0;
    for seed in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let frames = orderly(seed, 800);
        let whole =
            rendered(&scanned(&[written(&folder, "whole.pcap", &exact(&frames))], &options(1, ROOMY, false)));
        for at in orderly_cuts(&frames, &mut SplitMix64::new(seed), 4) {
            let parts = [
                written(&folder, "one.pcap", &exact(&frames[..at])),
                written(&folder, "other.pcapng", &pcapng(&frames[at..])),
            ];
            for threads in [1, 2] {
                let found = rendered(&scanned(&parts, &options(threads, ROOMY, false)));
                let what = format!("seed {seed}, cut at {at}, {threads} threads");
                assert_same(&what, &without_places(&whole), &without_places(&found));
            }
            cuts += 1;
        }
    }
    assert!(cuts > 40, "{cuts} cuts");
}

/// A summary as it comes back from its saved form.
fn saved_and_loaded(summary: &Summary) -> Summary {
    let mut bytes = Vec::new();
    summary.save(&mut bytes).expect("memory takes all");
    Summary::load(bytes.as_slice()).expect("what was saved can be loaded")
}

#[test]
fn saved_parts_join_to_the_whole() {
    let (mut joined, mut refused) = (0, 0);
    for seed in 0..30 {
        let folder = tempfile::tempdir().unwrap();
        let frames = orderly(seed, 800);
        for at in orderly_cuts(&frames, &mut SplitMix64::new(seed), 4) {
            let paths = [
                written(&folder, "one.pcap", &pcap(&frames[..at])),
                written(&folder, "other.pcap", &pcap(&frames[at..])),
            ];
            let whole = rendered(&scanned(&paths, &options(1, ROOMY, false)));
            let part = |path: &PathBuf| {
                let saved = saved_and_loaded(&scanned(slice::from_ref(path), &options(1, ROOMY, true)));
                (path.display().to_string(), saved)
            };
            match merge(paths.iter().map(part).collect()) {
                Ok(found) => {
                    joined += 1;
                    assert_same(&format!("seed {seed}, cut at {at}"), &whole, &rendered(&found));
                    let again = rendered(&saved_and_loaded(&found));
                    assert_same(&format!("seed {seed}, cut at {at}, saved again"), &whole, &again);
                }
                Err(MergeError::Refused(..)) => refused += 1,
                Err(why) => panic!("seed {seed}, cut at {at}: {why}"),
            }
        }
    }
    println!("saved parts: {joined} joined, {refused} refused");
    assert!(joined > refused);
}

/// What a scan gave back, since judging has no need of it, is made again where packets follow.
#[test]
fn a_scan_is_folded_on_as_what_was_loaded_is() {
    let fold_on = |mut summary: Summary, bytes: Vec<u8>| {
        let capture = Capture::new(Arc::new(bytes)).expect("it is a capture");
        let mut reader = capture.reader(ChunkId { input: 0, chunk: 1 }).expect("it is a capture");
        while let Next::Batch(batch) = reader.next().expect("memory can be read") {
            summary.fold(&batch, |_| true);
        }
        summary
    };
    for seed in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let frames = orderly(seed, 800);
        let one = written(&folder, "one.pcap", &pcap(&frames[..400]));
        let scanned = scanned(slice::from_ref(&one), &options(1, ROOMY, true));
        let loaded = saved_and_loaded(&scanned);
        let [wanted, found] =
            [loaded, scanned].map(|summary| rendered(&fold_on(summary, pcap(&frames[400..]))));
        assert_same(&format!("seed {seed}"), &wanted, &found);
    }
}

/// The frames of a capture, in their order.
fn frames(path: &PathBuf) -> Vec<OwnedFrame> {
    let capture = Capture::new(Arc::new(fs::read(path).expect("it is there"))).expect("it is a capture");
    let mut reader = capture.reader(ChunkId::default()).expect("it is a capture");
    let mut frames = Vec::new();
    while let Next::Batch(batch) = reader.next().expect("memory can be read") {
        frames.extend(batch.frames().map(|frame| OwnedFrame {
            time: frame.time,
            link_type: frame.link_type,
            wire_length: frame.wire_length,
            bytes: frame.bytes.to_vec(),
        }));
    }
    frames
}

/// A sensor saves a file an hour, with as many threads as it has to spare.
#[test]
fn fixtures_cut_into_saved_parts_join_to_the_whole() {
    let mut joined = 0;
    for (name, paths) in captures::cases() {
        let [path] = paths.as_slice() else { continue };
        let (frames, mut random) = (frames(path), SplitMix64::new(11));
        let folder = tempfile::tempdir().unwrap();
        let mut ends = orderly_cuts(&frames, &mut random, 3);
        ends.sort_unstable();
        let starts = [&[0][..], &ends].concat();
        ends.push(frames.len());
        let parts: Vec<_> = (0..)
            .zip(starts.iter().zip(&ends))
            .map(|(n, (from, to))| written(&folder, &format!("{n}.pcapng"), &pcapng(&frames[*from..*to])))
            .collect();
        let whole = rendered(&scanned(&parts, &options(1, ROOMY, false)));
        let at_once = [written(&folder, "whole.pcapng", &pcapng(&frames))];
        let at_once = rendered(&scanned(&at_once, &options(1, ROOMY, false)));
        assert_same(&name, &without_places(&at_once), &without_places(&whole));
        for threads in 1..4 {
            let part = |path: &PathBuf| {
                let saved = saved_and_loaded(&scanned(slice::from_ref(path), &options(threads, ROOMY, true)));
                (path.display().to_string(), saved)
            };
            let found = merge(parts.iter().map(part).collect());
            let found = found.unwrap_or_else(|why| panic!("{name}, {threads} threads: {why}"));
            assert_same(&format!("{name}, {threads} threads"), &whole, &rendered(&found));
            joined += 1;
        }
    }
    assert!(joined > 90, "{joined} joined");
}

#[test]
fn saving_a_fixture_changes_nothing() {
    for (name, paths) in captures::cases() {
        let plain = rendered(&scanned(&paths, &options(1, ROOMY, false)));
        let saved = saved_and_loaded(&scanned(&paths, &options(1, ROOMY, true)));
        assert_same(&name, &plain, &rendered(&saved));
    }
}

/// Headers that claim up to 65,535 bytes, in IPv4 and IPv6, whole and in fragments, cut by a snap length or not.
#[test]
fn no_flow_holds_more_than_was_on_the_wire() {
    let mut random = SplitMix64::new(41);
    let frames: Vec<OwnedFrame> = random_traffic(41, 4000)
        .into_iter()
        .filter(|frame| frame.bytes.len() > 40)
        .map(|mut frame| {
            // The length fields of IPv4, IPv6 and UDP in either, behind Ethernet.
            for at in [16, 18, 38, 58] {
                if let Some(high) = frame.bytes.get_mut(at).filter(|_| random.below(3) == 0) {
                    *high = random.below(256) as u8;
                }
            }
            frame
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder can be made");
    let summary = scanned(&[written(&folder, "claims.pcap", &pcap(&frames))], &options(1, ROOMY, false));
    let closed = summary.close();
    let report = judge(&closed, &CATALOG, &Policy::default());
    assert_eq!((report.ledger.beyond_wire, report.ledger.balanced()), (0, true));
    let hazards = &report.overview.coverage.hazards;
    assert!(hazards.iter().any(|(name, count)| *name == "bad-length" && *count > 1000), "{hazards:?}");
}
