//! Several handles of one interface: each is an input of its own, and together they are the interface.

use super::namespace::{Namespace, Watch, of_type, records};
use super::{loses_its_interface, office};
use lenscap_testkit::OwnedFrame;
use lenscap_wire::Timestamp;
use serde_json::Value;
use std::thread;
use std::time::Duration;

const BACKENDS: [&str; 2] = ["pcap", "ring"];

/// A watch by two handles, once both let packets in.
fn watch(namespace: &Namespace, backend: &str, more: &[&str]) -> Watch {
    let watch = namespace.watch(&[&["v1", "--json", "--handles", "2", "--backend", backend], more].concat());
    thread::sleep(Duration::from_millis(500));
    watch
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
