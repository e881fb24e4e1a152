//! Parts of a capture that ran side by side, as workers of a sensor have them: `then` must not take one for what followed on
//! the other, and `beside` puts both together exactly or refuses.

mod common;

use common::rendered;
use lenscap_capture::{BATCH, Batch, Capture, ChunkId, Next, Record, Source};
use lenscap_flow::{Folding, Input, Limits, Options, Piece, Refusal, Summary, scan};
use lenscap_testkit::{Classic, Host, MORNING, OwnedFrame, SECOND, Scenario, Side, captures, random_traffic};
use lenscap_wire::{Frame, Packet, PacketRef};
use serde_json::Value;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

const LIMITS: Limits = Limits { idle: 300 * SECOND, memory: 1 << 30 };

fn options() -> Options {
    Options { threads: NonZeroUsize::MIN, limits: LIMITS, filter: None, from: None, to: None, saved: false }
}

fn frames(path: &Path) -> Vec<OwnedFrame> {
    let mut reader =
        Capture::open(path).and_then(|file| file.reader(ChunkId::default())).expect("it is a capture");
    let mut frames = Vec::new();
    while let Ok(Next::Batch(batch)) = reader.next() {
        frames.extend(batch.frames().map(|frame| {
            let Frame { time, link_type, wire_length, bytes, .. } = frame;
            OwnedFrame { time, link_type, wire_length, bytes: bytes.to_vec() }
        }));
    }
    frames
}

fn file(frames: &[OwnedFrame]) -> Vec<u8> {
    Classic { nanoseconds: true, ..Classic::default() }.write(frames)
}

/// The summary of a part, as the input of that number.
fn part(frames: &[OwnedFrame], input: u32) -> Summary {
    let capture = Capture::new(Arc::new(file(frames))).expect("it is a capture");
    let folding = Folding { capture: &capture, path: "part", input, options: &options(), progress: &() };
    let range = capture.body()..capture.size();
    Piece::fold(&folding, 0, range).expect("memory can be read").into_summary()
}

/// The findings, without what names packets: parts are other files than the whole.
fn findings(report: &str) -> Vec<String> {
    let records = report.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is a record"));
    let findings = records.filter(|record| record["type"] == "finding");
    findings.map(|finding| format!("{} {} {}", finding["id"], finding["kind"], finding["severity"])).collect()
}

/// The camera asks one resolver when it starts, and the other 1,000 s later; over the first answer it uploads.
fn two_resolvers() -> Vec<OwnedFrame> {
    let mut s = Scenario::new(MORNING, 7);
    let camera = Host::new("02:00:00:00:00:64", "192.168.1.64");
    let (first, second, cloud) =
        (s.outside("192.0.2.53"), s.outside("192.0.2.54"), s.outside("203.0.113.40"));
    s.resolve(camera, first, "litedev.hik-connect.com", cloud);
    s.tcp(camera, cloud.port(8800)).send(&mut s, Side::Client, &vec![7; 300_000]);
    s.wait(1000 * SECOND);
    s.resolve(camera, second, "litedev.hik-connect.com", cloud);
    s.frames
}

fn is_of(frame: &OwnedFrame, address: &str) -> bool {
    let packet = Packet::parse(frame.link_type, &frame.bytes);
    let ends = [packet.source.ip(), packet.destination.ip()].map(|ip| ip.to_string());
    ends.iter().any(|end| end == address)
}

/// TCP here, all else there: so names are learned beside the flows that they are for.
fn is_tcp(frame: &OwnedFrame) -> bool {
    Packet::parse(frame.link_type, &frame.bytes).protocol == 6
}

/// One direction of each flow here, the other there, as two taps have them.
fn is_upward(frame: &OwnedFrame) -> bool {
    let packet = Packet::parse(frame.link_type, &frame.bytes);
    packet.source < packet.destination
}

/// What scanning two parts together finds, and what appending one summary to the other does.
fn together(parts: [&[OwnedFrame]; 2]) -> (Vec<String>, Result<Vec<String>, Refusal>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let inputs = [0, 1].map(|n| {
        let path = folder.path().join(format!("{n}.pcap"));
        std::fs::write(&path, file(parts[n])).expect("a temporary file can be written");
        Input::File(path)
    });
    let whole = scan(&inputs, &options(), &()).expect("a thread can be had");
    let joined = part(parts[0], 0).then(part(parts[1], 1), &());
    let joined = joined.map(|joined| findings(&rendered(&joined))).map_err(|refused| refused.why);
    (findings(&rendered(&whole)), joined)
}

/// Appended all the same, the second answer would be taken for the first one: the upload, which came before it, had no name
/// then, and that of a station that is known by it alone would not be told.
#[test]
fn a_finding_is_not_lost_to_a_part_that_is_not_later() {
    let (second, first): (Vec<_>, Vec<_>) =
        two_resolvers().into_iter().partition(|frame| is_of(frame, "192.0.2.54"));
    let (whole, joined) = together([&second, &first]);
    assert_eq!(whole.len(), 3);
    assert_eq!(joined, Err(Refusal::Later));
    let (whole, joined) = together([&first, &second]);
    assert_eq!(joined, Ok(whole), "what is later is appended");
}

#[test]
fn what_ran_side_by_side_is_not_appended() {
    let mut refused = 0;
    for path in captures::fixtures() {
        let all = frames(&path);
        if all.iter().any(|frame| frame.link_type != all[0].link_type) {
            continue;
        }
        let half = |of: fn(&OwnedFrame) -> bool| all.iter().cloned().partition::<Vec<_>, _>(of);
        let (tcp, rest) = half(is_tcp);
        let (up, down) = half(is_upward);
        for parts in [[&tcp, &rest], [&rest, &tcp], [&up, &down], [&down, &up]] {
            match together(parts.map(Vec::as_slice)) {
                (whole, Ok(joined)) => assert_eq!(joined, whole, "{}", path.display()),
                (_, Err(why)) => refused += usize::from(why == Refusal::Later),
            }
        }
    }
    assert!(refused > 20, "{refused} refused");
}

/// Folds those packets of a capture that are of a part, each under its number in the whole.
fn fold_part(all: &[OwnedFrame], is_of: impl Fn(usize, &OwnedFrame) -> bool) -> Summary {
    let (mut block, mut records) = (vec![0; 24], Vec::new());
    for (n, frame) in all.iter().enumerate() {
        let (start, length) = (block.len(), frame.bytes.len() as u32);
        block.extend_from_slice(&frame.bytes);
        if is_of(n, frame) {
            let at = PacketRef { chunk: 0, record: n as u32, offset: start as u64, length };
            let OwnedFrame { time, link_type, wire_length, .. } = *frame;
            let start = start as u32;
            records.push(Record { time, link_type, wire_length, start, at, ..Record::default() });
        }
    }
    let mut summary = Summary::new(LIMITS);
    for records in records.chunks(BATCH) {
        summary.fold(&Batch::new(&block, records), |_| true);
    }
    summary
}

/// The worker that a packet goes to: those of a TCP flow to one of two, all others, which may carry facts, to the first.
fn worker(frame: &OwnedFrame) -> bool {
    let packet = Packet::parse(frame.link_type, &frame.bytes);
    packet.protocol == 6 && packet.fragment.is_none() && (packet.ports.0 ^ packet.ports.1) % 2 == 1
}

#[test]
fn workers_together_are_the_whole() {
    let (mut joined, mut refused) = (0, 0);
    let random = (0..40).map(|seed| (format!("random traffic {seed}"), random_traffic(seed, 600)));
    let fixtures = captures::fixtures().into_iter().map(|path| (path.display().to_string(), frames(&path)));
    for (name, all) in fixtures.chain(random) {
        let whole = fold_part(&all, |_, _| true);
        let parts = || [true, false].map(|of| fold_part(&all, |_, frame| worker(frame) == of));
        let ([a, b], [c, d]) = (parts(), parts());
        match (a.beside(b), d.beside(c)) {
            (Ok(one), Ok(other)) => {
                assert!(one.state() == whole.state() && other.state() == whole.state(), "{name}");
                assert_eq!(rendered(&one), rendered(&whole), "{name}");
                joined += 1;
            }
            (Err(one), Err(other)) => {
                assert_eq!((one.why, other.why), (Refusal::Shared, Refusal::Shared), "{name}");
                refused += 1;
            }
            _ => panic!("{name}: which part stands on the left must not count"),
        }
    }
    println!("{joined} joined, {refused} refused");
    assert!(joined > 50, "{joined} joined, {refused} refused");
}

#[test]
fn what_both_parts_saw_is_refused() {
    let all = frames(&captures::repository().join("fixtures/office/capture.pcap"));
    let halves = || [0, 1].map(|half| fold_part(&all, |n, _| n % 2 == half));
    let [a, b] = halves();
    let refused = a.beside(b).expect_err("flows, names and sightings are of both");
    assert_eq!(refused.why, Refusal::Shared);
    let [a, b] = halves();
    assert!(refused.left.state() == a.state() && refused.right.state() == b.state(), "both are handed back");
    let other = Limits { idle: SECOND, ..LIMITS };
    assert_eq!(a.beside(Summary::new(other)).map_err(|refused| refused.why).err(), Some(Refusal::Beginning));
}
