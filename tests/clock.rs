//! What is judged hangs on how far apart packets lie, never on what the clock said: a capture whose stamps are all moved by the
//! same time gives the same report, but for its times.

mod common;

use common::CATALOG;
use lenscap_capture::{BATCH, Batch, Capture, ChunkId, Next, Record, Source};
use lenscap_flow::{Limits, Policy, Summary, judge};
use lenscap_report::{Select, json};
use lenscap_testkit::{Host, MORNING, OwnedFrame, SECOND, Scenario, Side, SplitMix64, captures};
use lenscap_wire::{Frame, PacketRef, Timestamp};
use serde_json::Value;
use std::num::NonZeroUsize;
use std::path::Path;

/// The records of a capture without what tells a time: stamps, the ids that are hashes of one, and filters, which have a window.
fn records_of(frames: &[OwnedFrame], by: i64) -> Vec<Value> {
    let (mut block, mut records) = (Vec::new(), Vec::new());
    for (frame, record) in frames.iter().zip(0..) {
        let at = PacketRef { chunk: 0, record, offset: block.len() as u64, length: frame.bytes.len() as u32 };
        let OwnedFrame { time, link_type, wire_length, .. } = *frame;
        let (time, start) = (Timestamp(time.0 + by), block.len() as u32);
        records.push(Record { time, link_type, wire_length, start, at, ..Record::default() });
        block.extend_from_slice(&frame.bytes);
    }
    let mut summary = Summary::new(Limits { idle: 300 * SECOND, memory: 1 << 30 });
    for batch in records.chunks(BATCH) {
        summary.fold(&Batch::new(&block, batch), |_| true);
    }
    let closed = summary.close();
    let report = judge(&closed, &CATALOG, &Policy::default());
    let mut out = Vec::new();
    json::write(&report, Select::default(), NonZeroUsize::MIN, &mut out).expect("memory takes all");
    let lines = std::str::from_utf8(&out).expect("JSON is text").lines();
    let mut all: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("lines are JSON")).collect();
    all.iter_mut().for_each(forget_times);
    all
}

fn forget_times(value: &mut Value) {
    match value {
        Value::Object(all) => {
            for key in ["start", "end", "first", "last", "uid", "filter"] {
                all.remove(key);
            }
            all.values_mut().for_each(forget_times);
        }
        Value::Array(all) => all.iter_mut().for_each(forget_times),
        _ => {}
    }
}

fn frames_of(path: &Path) -> Vec<OwnedFrame> {
    let Ok(mut reader) = Capture::open(path).and_then(|capture| capture.reader(ChunkId::default())) else {
        return Vec::new();
    };
    let mut frames = Vec::new();
    while let Ok(Next::Batch(batch)) = reader.next() {
        for Frame { time, link_type, wire_length, bytes, .. } in batch.frames() {
            frames.push(OwnedFrame { time, link_type, wire_length, bytes: bytes.to_vec() });
        }
    }
    frames
}

fn says_the_same(what: &str, frames: &[OwnedFrame], shifts: impl IntoIterator<Item = i64>) {
    let plain = records_of(frames, 0);
    for by in shifts {
        let moved = records_of(frames, by);
        for (moved, plain) in moved.iter().zip(&plain) {
            assert_eq!(moved, plain, "{what}, moved by {by} ns");
        }
        assert_eq!(moved.len(), plain.len(), "{what}, moved by {by} ns");
    }
}

#[test]
fn a_fixture_at_another_time_says_the_same() {
    let mut random = SplitMix64::new(17);
    for (name, paths) in captures::cases() {
        let frames: Vec<_> = paths.iter().flat_map(|path| frames_of(path)).collect();
        let shifts = (0..8).map(|n| (random.next() as i64) >> (26 - 2 * n));
        says_the_same(&name, &frames, [50 * SECOND].into_iter().chain(shifts.collect::<Vec<_>>()));
    }
}

/// A camera that reports thrice, so far apart that borders of any clock may fall between or not; that sends a picture within two
/// seconds of a connection that lasts a minute; that keeps a connection alive each 15 s for some minutes; and that downloads.
#[test]
fn reports_and_pictures_at_another_time_are_what_they_are() {
    for step in [20, 33, 40, 61, 75] {
        let mut s = Scenario::new(MORNING, 7);
        let camera = Host::new("bc:ad:28:00:53:40", "192.168.1.64");
        let [picture, reports, alive, firmware] =
            ["203.0.113.40", "203.0.113.41", "203.0.113.42", "203.0.113.43"].map(|at| s.outside(at));
        s.ssdp(camera, "Linux/3.0 UPnP/1.0 Hikvision/1.0 IPCamera");
        let mut held = s.tls(camera, picture.port(443), "litedev.hik-connect.com");
        let mut kept = s.tls(camera, alive.port(443), "alive.hik-connect.com");
        let mut loaded = s.tls(camera, firmware.port(443), "firmware.hik-connect.com");
        for n in 0..9 {
            if n % 3 == 0 {
                s.tls(camera, reports.port(443), "dev.hik-connect.com").opaque(&mut s, Side::Client, 90);
            }
            if n == 4 {
                held.opaque(&mut s, Side::Client, 9000);
                s.wait(2 * SECOND);
                held.opaque(&mut s, Side::Client, 9000);
            }
            kept.opaque(&mut s, Side::Client, 40);
            kept.opaque(&mut s, Side::Server, 40);
            loaded.opaque(&mut s, Side::Server, 30_000);
            s.wait(step * SECOND / 3);
        }
        held.opaque(&mut s, Side::Client, 40);
        says_the_same(&format!("each {step} s"), &s.frames, (1..90).map(|n| n * 777_777_777));
    }
}
