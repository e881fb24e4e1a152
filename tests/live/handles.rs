//! Several handles of one interface: each is an input of its own, and together they are the interface.

use super::namespace::{Namespace, Watch, of_type, records};
use super::{loses_its_interface, office};
use lenscap_testkit::OwnedFrame;
use lenscap_testkit::packet::{ethernet, ip, udp};
use lenscap_wire::{Mac, Timestamp};
use serde_json::Value;
use std::thread;
use std::time::Duration;

const BACKENDS: [&str; 2] = ["pcap", "ring"];

/// A watch by two handles.
fn watch(namespace: &Namespace, backend: &str, more: &[&str]) -> Watch {
    namespace.watch(&[&["v1", "--json", "--handles", "2", "--backend", backend], more].concat())
}

fn sum(captures: &[&Value], of: impl Fn(&Value) -> Option<u64>) -> u64 {
    captures.iter().filter_map(|capture| of(capture)).sum()
}

#[test]
fn they_are_inputs_of_their_own_and_stop_together() {
    let Some(namespace) = Namespace::new() else { return };
    for backend in BACKENDS {
        let watch = watch(&namespace, backend, &["--duration", "25s"]);
        namespace.send(&office());
        thread::sleep(Duration::from_millis(500));
        watch.signal("TERM");
        let done = watch.end();
        let live = records(&done.stdout);
        let captures = of_type(&live, "capture");
        let names: Vec<_> =
            captures.iter().map(|capture| capture["path"].as_str().expect("a name")).collect();
        assert_eq!(names, ["v1#1", "v1#2"]);
        assert!(captures.iter().all(|capture| capture["packets"].as_u64() > Some(0)), "{captures:?}");
        assert_eq!(sum(&captures, |capture| capture["packets"].as_u64()), office().len() as u64);
        assert_eq!((done.status.code(), of_type(&live, "flow").len()), (Some(1), 30), "{backend}");
    }
}

#[test]
fn what_their_rings_could_not_take_is_counted() {
    let Some(namespace) = Namespace::new() else { return };
    for backend in BACKENDS {
        let more = ["--ring", "2M", "--duration", "6s", "--select", "capture"];
        let watch = watch(&namespace, backend, &more);
        watch.signal("STOP");
        // Without addresses: all of it is the first one's.
        let sent = vec![OwnedFrame::ethernet(Timestamp(0), vec![2; 1400]); 5000];
        namespace.send(&sent);
        watch.signal("CONT");
        let live = records(&watch.end().stdout);
        let captures = of_type(&live, "capture");
        let lost = sum(&captures, |capture| capture["drops"]["ring"].as_u64());
        let seen = sum(&captures, |capture| capture["packets"].as_u64());
        assert!(lost > 1000 && captures[1]["drops"].is_null(), "{backend}: {captures:?}");
        assert_eq!(seen + lost, sent.len() as u64, "{backend}: {captures:?}");
    }
}

#[test]
fn each_asks_the_filter() {
    let Some(namespace) = Namespace::new() else { return };
    for backend in BACKENDS {
        let watch = watch(&namespace, backend, &["--filter", "udp", "--duration", "3s"]);
        namespace.send(&office());
        let live = records(&watch.end().stdout);
        let flows = of_type(&live, "flow");
        let ledger = of_type(&live, "ledger")[0];
        assert!(!flows.is_empty() && flows.iter().all(|flow| flow["protocol"] == "udp"), "{backend}");
        assert_eq!(
            (&ledger["non_ip"]["packets"], &ledger["balanced"]),
            (&0.into(), &true.into()),
            "{backend}"
        );
    }
}

#[test]
fn without_their_interface_they_end() {
    let Some(namespace) = Namespace::new() else { return };
    let watch = watch(&namespace, "pcap", &["--duration", "25s", "--no-sandbox"]);
    loses_its_interface(&namespace, watch);
}

/// The kernel takes the outer tag off a packet that comes, and leaves it in one that goes: both directions are of one handle.
#[test]
fn both_directions_are_of_one_whatever_the_tags_and_whoever_sends() {
    let Some(namespace) = Namespace::new() else { return };
    let frame = |n: u8, back: bool, tags: &[u16]| {
        let ends = ([192, 168, 1, n].into(), [192, 0, 2, n].into());
        let (from, to) = if back { (ends.1, ends.0) } else { ends };
        let ports = if back { (9000, 4000) } else { (4000, 9000) };
        let inner = (0x0800, ip(from, to, 17, &udp(from, to, ports, b"it is me"), 0));
        let packet = tags.iter().rev().fold(inner, |(kind, packet), tag| {
            (0x8100, [&tag.to_be_bytes()[..], &u16::to_be_bytes(kind), &packet].concat())
        });
        OwnedFrame::ethernet(
            Timestamp(0),
            ethernet(Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]), packet.0, &packet.1),
        )
    };
    for backend in BACKENDS {
        for tags in [&[][..], &[7], &[7, 8]] {
            let watch = watch(&namespace, backend, &["--duration", "25s"]);
            let all = |back| (0..100).map(|n| frame(n, back, tags)).collect::<Vec<_>>();
            namespace.send_over("v1", &all(false));
            namespace.send(&all(true));
            thread::sleep(Duration::from_millis(500));
            watch.signal("TERM");
            let live = records(&watch.end().stdout);
            let flows = of_type(&live, "flow");
            let whole = |flow: &&&Value| ["orig", "resp"].iter().all(|half| flow[half]["packets"] == 1);
            assert_eq!((flows.len(), flows.iter().filter(whole).count()), (100, 100), "{backend}, {tags:?}");
            for capture in of_type(&live, "capture") {
                assert!(
                    capture["packets"].as_u64() > Some(50),
                    "{backend}, {tags:?}: each has its share: {capture}"
                );
            }
        }
    }
}

/// What sends frames is refused of every handle, however many there are, and what is said names the interface.
#[test]
fn many_are_in_the_sandbox() {
    let Some(namespace) = Namespace::new() else { return };
    for backend in BACKENDS {
        let more =
            ["v1", "--json", "--handles", "64", "--ring", "2M", "--duration", "1s", "--backend", backend];
        let done = namespace.watch(&more).end();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(!said.contains("sandbox") && said.contains("lenscap doctor v1\n"), "{backend}: {said}");
    }
}
