//! Members of a group, who have a share of the packets each, say together what scanning all of them says.

use super::{flow_lines, frames, options, rest, run, written};
use lenscap_capture::{Capture, Next, Source};
use lenscap_catalog::Catalog;
use lenscap_flow::report::Said;
use lenscap_flow::{About, Ongoing, Policy, chunk_of, judge};
use lenscap_testkit::{OwnedFrame, captures, pcap};
use lenscap_wire::{Address, Frame, LinkType, Packet, PacketRef, Timestamp, decode};
use serde_json::Value;

/// Which of so many members has a frame: the same for all that goes on between two addresses, and the first for what has none.
fn member(frame: &OwnedFrame, count: usize) -> usize {
    let at = PacketRef::default();
    let OwnedFrame { time, link_type, wire_length, ref bytes } = *frame;
    let mut packet = Packet::default();
    decode(&Frame { time, link_type, wire_length, bytes, at }, &mut packet);
    let outer = packet.path.iter().map(|layer| layer.ends).find(|ends| *ends != [Address::default(); 2]);
    let ends = outer.unwrap_or([packet.source, packet.destination]);
    ends.iter().flat_map(|end| end.0).map(usize::from).sum::<usize>() % count
}

/// A record without the numbers of packets, and without what hangs on which of several came first: each member counts its own.
fn numberless(line: &str) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                let numbers = [
                    "input",
                    "packet",
                    "first_packet",
                    "offset",
                    "path",
                    "reasons",
                    "filter",
                    "maker_proven",
                ];
                object.retain(|key, _| !numbers.contains(&key.as_str()));
                if let Some(evidence) = object.get_mut("evidence").and_then(Value::as_array_mut) {
                    evidence.sort_by_key(|packet| packet["length"].as_u64());
                }
                object.values_mut().for_each(strip);
            }
            Value::Array(array) => array.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(line).expect(line);
    strip(&mut value);
    value.to_string()
}

fn numberless_lines(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    let kinds = ["flow", "device", "name", "contact", "finding", "ledger"]
        .map(|kind| format!("{{\"type\":\"{kind}\""));
    let mut all: Vec<_> = lines
        .into_iter()
        .filter(|line| kinds.iter().any(|kind| line.as_ref().starts_with(kind)))
        .map(|line| numberless(line.as_ref()))
        .collect();
    all.sort();
    all
}

/// Members of a group have a share of the frames each, and say together what scanning all of them says.
fn is_shared_out(name: &str, frames: &[OwnedFrame], count: usize) -> usize {
    let (_folder, path) = written(frames);
    let scanned = run(&path, 300, None);
    let mut shares = vec![Vec::new(); count];
    for frame in frames {
        shares[member(frame, count)].push(frame.clone());
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let source = |(n, share): (usize, &Vec<OwnedFrame>)| {
        let path = folder.path().join(format!("{n}.pcap"));
        std::fs::write(&path, pcap(share)).expect("a temporary file can be written");
        let reader = Capture::open(&path).and_then(|capture| capture.reader(chunk_of(n)));
        Box::new(reader.expect("it is a capture")) as Box<dyn Source + Send>
    };
    let sources = shares.iter().enumerate().map(source).collect();
    let ongoing = Ongoing::new(&options(300), vec![About::default(); count]).expect("there is no filter");
    let (mut ongoing, mut members) = ongoing.with_group(sources, false).expect("threads can be had");
    let (catalog, policy) = (Catalog::builtin(), Policy::default());
    let (mut said, mut flows) = (Said::default(), Vec::new());
    loop {
        ongoing.attend();
        match members.next().expect("files can be read") {
            Next::End => break,
            Next::Idle(now) => ongoing.tell(now),
            Next::Batch(_) => panic!("frames are the members'"),
        }
        let until = ongoing.ended();
        let closed = ongoing.summary([]).close();
        let report = judge(&closed, &catalog, &policy);
        flows.extend(flow_lines(&report.flows_that_ended(until, usize::MAX, &mut said)));
        let leaving = report.leaving(until, Some(&said));
        drop(report);
        drop(closed);
        ongoing.drain(&leaving);
    }
    ongoing.end();
    let closed = ongoing.summary(members.tallies()).close();
    let report = judge(&closed, &catalog, &policy);
    flows.extend(flow_lines(&report.flows_that_ended(Timestamp::MAX, usize::MAX, &mut said)));
    let together = rest(&report);
    let (one, other) = (numberless_lines(flows), numberless_lines(&scanned.flows));
    assert_eq!(one.iter().zip(&other).find(|(one, other)| one != other), None, "{name}");
    assert_eq!(one.len(), other.len(), "{name}");
    let (one, other) = (numberless_lines(together.lines()), numberless_lines(scanned.rest.lines()));
    assert_eq!(one.iter().zip(&other).find(|(one, other)| one != other), None, "{name}");
    assert_eq!(one.len(), other.len(), "{name}");
    shares.iter().filter(|share| !share.is_empty()).count()
}

#[test]
fn fixtures_that_are_shared_out_are_the_same() {
    let (mut compared, mut members) = (0, 0);
    for path in captures::fixtures() {
        let frames = frames(&path);
        if frames.iter().any(|frame| frame.link_type != LinkType::ETHERNET) || frames.is_empty() {
            continue;
        }
        compared += 1;
        members += is_shared_out(&path.display().to_string(), &frames, 2);
        is_shared_out(&path.display().to_string(), &frames, 3);
    }
    assert!(compared > 20 && members > compared + 15, "{compared} fixtures, {members} members with frames");
}
