//! Every fixture over an interface is what scanning it says, whichever way its packets are had and by how many threads.

use super::namespace::{Namespace, of_type, records, scan};
use super::{assert_same, frames, sorted, whole};
use lenscap_testkit::{Classic, OwnedFrame, captures};
use lenscap_wire::{LinkType, Timestamp};
use serde_json::Value;
use std::fs;

/// Whether frames can be sent as they are: Ethernet of a length that the interfaces take.
fn can_be_sent(frames: &[OwnedFrame]) -> bool {
    let fits = |frame: &OwnedFrame| {
        frame.link_type == LinkType::ETHERNET && (14..65_000).contains(&frame.wire_length)
    };
    !frames.is_empty() && frames.iter().all(fits)
}

fn nanoseconds(record: &Value, key: &str) -> i64 {
    let time: jiff::Timestamp = record[key].as_str().expect(key).parse().expect(key);
    i64::try_from(time.as_nanosecond()).expect("it is of our time")
}

#[test]
fn by_libpcap() {
    over_an_interface(&["--backend", "pcap"]);
}

#[test]
fn by_a_ring_of_our_own() {
    over_an_interface(&["--backend", "ring"]);
}

#[test]
fn by_libpcap_and_two_workers() {
    over_an_interface(&["--backend", "pcap", "--workers", "2"]);
}

#[test]
fn by_a_ring_of_our_own_and_two_workers() {
    over_an_interface(&["--backend", "ring", "--workers", "2"]);
}

#[test]
fn by_two_handles_of_libpcap() {
    over_an_interface(&["--backend", "pcap", "--handles", "2"]);
}

#[test]
fn by_two_rings_of_our_own() {
    over_an_interface(&["--backend", "ring", "--handles", "2"]);
}

fn over_an_interface(how: &[&str]) {
    let Some(namespace) = Namespace::new() else { return };
    let shares = how.contains(&"--handles");
    let (mut compared, mut used, mut left_out) = (0, 0, Vec::new());
    for path in captures::fixtures() {
        let mut sent = whole(&frames(&path));
        let name = path.strip_prefix(captures::repository()).expect("it stands there").display().to_string();
        if !can_be_sent(&sent) {
            left_out.push(name);
            continue;
        }
        let count = sent.len().to_string();
        let watch =
            namespace.watch(&[&["v1", "--json", "--count", &count, "--duration", "20s"], how].concat());
        namespace.send(&sent);
        let done = watch.end();
        let live = records(&done.stdout);
        let captures = of_type(&live, "capture");
        let sum: u64 = captures.iter().filter_map(|capture| capture["packets"].as_u64()).sum();
        assert_eq!(sum, sent.len() as u64, "{name}: {captures:?}");
        used += captures.iter().filter(|capture| capture["packets"].as_u64() > Some(0)).count();
        let whole = |capture: &&Value| capture["format"] == "live" && capture["drops"].is_null();
        assert!(captures.iter().all(whole), "{name}: {captures:?}");
        assert_eq!(of_type(&live, "ledger")[0]["balanced"], true);
        // The same packets at the times at which they came, as far as that can be known.
        let times = |key: &'static str| {
            captures
                .iter()
                .filter(move |capture| !capture[key].is_null())
                .map(move |capture| nanoseconds(capture, key))
        };
        let (start, end) = (times("start").min().expect(&name), times("end").max().expect(&name));
        let step = (end - start) / sent.len() as i64;
        for (n, frame) in (0..).zip(&mut sent) {
            frame.time = Timestamp(start + n * step);
        }
        let file = namespace.path("reference.pcap");
        fs::write(&file, Classic { nanoseconds: true, ..Classic::default() }.write(&sent))
            .expect("it can be written");
        let scanned = scan(&file);
        for kind in ["device", "flow", "name", "finding"] {
            let [live, scanned] = [&live, &scanned].map(|all| {
                let all = sorted(all, kind);
                if shares { all.iter().map(|record| numberless(record)).collect() } else { all }
            });
            assert_same(&name, &sorted_again(live), &sorted_again(scanned));
        }
        compared += 1;
    }
    println!("{compared} fixtures compared, left out as they are not Ethernet: {}", left_out.join(", "));
    assert!(compared > 20, "{compared} fixtures compared");
    assert!(!shares || used > compared + 15, "{used} handles of {compared} fixtures had packets");
}

fn sorted_again(mut all: Vec<String>) -> Vec<String> {
    all.sort();
    all
}

/// A record without the numbers of packets, and without what hangs on which of several came first: each handle counts its own.
fn numberless(record: &str) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                let numbers = ["input", "packet", "first_packet", "maker_proven"];
                object.retain(|key, _| !numbers.contains(&key.as_str()));
                object.values_mut().for_each(strip);
                if let Some(evidence) = object.get_mut("evidence").and_then(Value::as_array_mut) {
                    evidence.sort_by_key(Value::to_string);
                }
            }
            Value::Array(array) => array.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(record).expect("it was one");
    strip(&mut value);
    value.to_string()
}
