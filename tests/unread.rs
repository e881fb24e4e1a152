//! What the capture holds and nobody read: it is told, with bytes, wherever it lies.

mod common;

use common::{CATALOG, records, summary};
use lenscap_flow::report::Coverage;
use lenscap_flow::{Policy, judge};
use lenscap_testkit::{Host, MORNING, OwnedFrame, Scenario, Side};
use serde_json::Value;

fn coverage(frames: &[OwnedFrame]) -> Coverage {
    let summary = summary(frames);
    let closed = summary.close();
    judge(&closed, &CATALOG, &Policy::default()).overview.coverage
}

fn stage() -> (Scenario, Host, Host) {
    let s = Scenario::new(MORNING, 7);
    let cloud = s.outside("203.0.113.40");
    (s, Host::new("bc:ad:28:00:53:40", "192.168.1.64"), cloud)
}

/// A mirror in a wrapper that is not opened, as `EtherIP` or `L2TPv3`, and a tunnel of pings; what routers say to one another, and a few
/// pings, is nothing unread.
#[test]
fn what_other_protocols_carry_is_unread() {
    for (protocol, unread) in [(97, 100_000), (115, 100_000), (132, 100_000), (1, 100_000), (89, 100_000)] {
        let (mut s, camera, cloud) = stage();
        for _ in 0..100 {
            s.protocol(camera, cloud, protocol, &[8; 1000]);
        }
        let told = coverage(&s.frames).unread;
        assert!(told.payload.abs_diff(unread) < 2000, "{protocol}: {told:?}");
        assert_eq!((told.flows, told.largest.map(|largest| largest.protocol)), (1, Some(protocol)));
    }
    for protocol in [1, 2, 89] {
        let (mut s, camera, cloud) = stage();
        for _ in 0..50 {
            s.protocol(camera, cloud, protocol, &[8; 1000]);
        }
        assert_eq!(coverage(&s.frames).unread.payload, 0, "{protocol}");
    }
}

#[test]
fn what_esp_carries_is_encrypted() {
    let (mut s, camera, cloud) = stage();
    for _ in 0..100 {
        s.protocol(camera, cloud, 50, &[8; 1000]);
    }
    let told = coverage(&s.frames);
    assert_eq!((told.encrypted, told.unread.payload), ((100_000, 100_000), 0));
}

#[test]
fn frames_without_ip_that_nobody_reads_are_told() {
    let (mut s, camera, cloud) = stage();
    for kind in [0x88b5_u16, 0x88cc, 0x0806] {
        for _ in 0..100 {
            s.frame([&cloud.mac.0[..], &camera.mac.0, &kind.to_be_bytes(), &[9; 1000]].concat());
        }
    }
    let told = coverage(&s.frames).frames;
    let largest = told.largest.expect("some");
    assert_eq!((told.amount.packets, told.amount.bytes), (100, 101_400));
    assert_eq!((largest.ether_type, largest.source), (0x88b5, Some(camera.mac)));
    s.frame([&cloud.mac.0[..], &cloud.mac.0, &0x88b5_u16.to_be_bytes(), &[9; 1000]].concat());
    assert_eq!(coverage(&s.frames).frames.largest.expect("some").source, None, "two sent them");
}

/// A capture of the far side of a router shows what all send as its own, from an address outside.
#[test]
fn what_goes_between_outside_ends_is_told() {
    let (mut s, _, cloud) = stage();
    let router = s.outside("198.51.100.9");
    s.tls(router, cloud.port(443), "litedev.hik-connect.com");
    let told = coverage(&s.frames).between;
    assert!(told.flows.payload > 0 && told.vendor.as_deref() == Some("Hikvision"), "{told:?}");

    let (mut s, camera, cloud) = stage();
    s.tls(camera, cloud.port(443), "litedev.hik-connect.com");
    assert_eq!(coverage(&s.frames).between.flows.payload, 0);
}

/// A mirror of which the snap length leaves 20 bytes of TCP's header, 16 to the end of its window, or fewer: what is sent is told
/// exactly or at least, and never as nothing, nor that nobody answered.
#[test]
fn what_cut_headers_stand_for_is_told() {
    let mut stage = stage();
    let (s, camera, cloud) = (&mut stage.0, stage.1, stage.2);
    s.ssdp(camera, "Linux/3.0 UPnP/1.0 Hikvision/1.0 IPCamera");
    let head = s.frames.len();
    let mut tcp = s.tcp(camera, cloud.port(443));
    tcp.send(s, Side::Client, &vec![9; 600_000]);
    for (kept, sent) in [(20, 600_000), (16, 600_000), (15, 0), (6, 0), (0, 0)] {
        let (first, rest) = s.frames.split_at(head);
        let cut = rest.iter().map(|frame| frame.clone().cut(34 + kept));
        let all = records(&first.iter().cloned().chain(cut).collect::<Vec<_>>());
        let finding = all.iter().find(|record| record["type"] == "finding").expect("one");
        assert_eq!(finding["kind"], "exfiltration", "{kept}: {finding:#}");
        assert_eq!(finding["payload_out"], sent, "{kept}");
        let reasons = finding["reasons"].to_string();
        assert!(!reasons.contains("no answer was captured"), "{kept}: {reasons}");
        assert_eq!(reasons.contains("headers-cut"), kept < 16, "{kept}: {reasons}");
        assert_eq!(reasons.contains("upload-unseen"), kept < 16, "{kept}: {reasons}");
    }
}

/// A camera fetches ten times what it sends, and only its own packets are there: its acknowledgements tell what it received, so that
/// it is no surer an upload than with both.
#[test]
fn losing_what_came_back_makes_no_finding_surer() {
    let (mut s, camera, cloud) = stage();
    s.ssdp(camera, "Linux/3.0 UPnP/1.0 Hikvision/1.0 IPCamera");
    let mut tcp = s.tcp(camera, cloud.port(443));
    for _ in 0..300 {
        tcp.send(&mut s, Side::Client, &[9; 1000]);
        tcp.send(&mut s, Side::Server, &[9; 9000]);
    }
    let rule = |frames: &[OwnedFrame]| {
        let all = records(frames);
        let finding = all.iter().find(|record| record["type"] == "finding").expect("one").clone();
        let text = |value: &Value| value.as_str().expect("a text").to_string();
        (text(&finding["kind"]), text(&finding["reasons"][0]).split(':').next().map(String::from))
    };
    let own: Vec<_> = s.frames.iter().filter(|frame| frame.bytes[6..12] == camera.mac.0).cloned().collect();
    assert_eq!(rule(&own), rule(&s.frames));
}

/// A datagram that ends before its IP packet does, and a frame that goes on behind it, may carry anything.
#[test]
fn what_stands_behind_datagrams_is_told() {
    let (mut s, camera, cloud) = stage();
    let datagram =
        |length: u16| [&[0x30, 0, 0, 123][..], &length.to_be_bytes(), &[0, 0], &[9; 1048]].concat();
    for _ in 0..100 {
        s.protocol(camera, cloud, 17, &datagram(56));
    }
    assert_eq!(coverage(&s.frames).surplus_bytes, 100_000);
    let (mut s, camera, cloud) = stage();
    for _ in 0..100 {
        s.udp(camera.port(123), cloud.port(123), &[9; 48]);
        let frame = s.frames.last_mut().expect("just sent");
        frame.bytes.extend([9; 1000]);
        frame.wire_length += 1000;
    }
    assert_eq!(coverage(&s.frames).surplus_bytes, 100_000);
}

/// A hello that comes in more pieces than are read, beside a server's whose beginning says enough.
#[test]
fn a_beginning_in_more_pieces_than_are_read_is_told() {
    let told = |size: usize| {
        let (mut s, camera, cloud) = stage();
        let hello = lenscap_testkit::message::ClientHello {
            name: Some("dev.hik-connect.com"),
            key_share: 1216,
            ..Default::default()
        };
        let hello = hello.record(&mut s.random);
        let mut tcp = s.tcp(camera, cloud.port(443));
        tcp.segment_size = size;
        tcp.send(&mut s, Side::Client, &hello);
        tcp.segment_size = 1460;
        let reply = lenscap_testkit::message::server_hello(&mut s.random);
        tcp.send(&mut s, Side::Server, &reply);
        tcp.opaque(&mut s, Side::Client, 100_000);
        coverage(&s.frames).undecided
    };
    assert_eq!([1400, 100, 4].map(told), [0, 0, 1]);
}
