//! The steady law: what a capture lacks, repeats or has beside makes no finding weaker.
//!
//! A camera uploads, reports, is called from outside. The same capture without its reverse packets, with one direction late,
//! with every packet twice, beside a stranger's traffic, and going on for longer must say at least as much of it: the same
//! kind or a worse one, as many bytes, under the same id wherever the party's name was still seen.

use lenscap_capture::{BATCH, Batch, Capture, ChunkId, Next, Record, Source};
use lenscap_catalog::Catalog;
use lenscap_flow::report::{Finding, FindingKind, FlowView, Report};
use lenscap_flow::{Limits, Policy, Summary, judge};
use lenscap_testkit::{Host, MILLISECOND, MORNING, OwnedFrame, SECOND, Scenario, Side, captures};
use lenscap_wire::{Frame, Mac, PacketRef, Timestamp};
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::LazyLock;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

const LIMITS: Limits = Limits { idle: 300 * SECOND, memory: 1 << 30 };
const CAMERA: &str = "bc:ad:28:00:53:40";

/// What of a finding must not weaken.
#[derive(Clone, Debug)]
struct Claim {
    id: String,
    device: String,
    addresses: Vec<IpAddr>,
    kind: FindingKind,
    sent: u64,
}

fn fold(frames: &[OwnedFrame], limits: Limits) -> Summary {
    let (mut block, mut records) = (Vec::new(), Vec::new());
    for (frame, record) in frames.iter().zip(0..) {
        let at = PacketRef { chunk: 0, record, offset: block.len() as u64, length: frame.bytes.len() as u32 };
        let OwnedFrame { time, link_type, wire_length, .. } = *frame;
        let start = block.len() as u32;
        records.push(Record { time, link_type, wire_length, start, at, ..Record::default() });
        block.extend_from_slice(&frame.bytes);
    }
    let mut summary = Summary::new(limits);
    for batch in records.chunks(BATCH) {
        summary.fold(&Batch::new(&block, batch), |_| true);
    }
    summary
}

/// The claims of a capture, and what holds of every report on the way.
fn claims(frames: &[OwnedFrame]) -> Vec<Claim> {
    claims_within(frames, LIMITS)
}

fn claims_within(frames: &[OwnedFrame], limits: Limits) -> Vec<Claim> {
    let summary = fold(frames, limits);
    let closed = summary.close();
    let report = judge(&closed, &CATALOG, &Policy::default());
    let ids: HashSet<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids.len(), report.findings.len(), "an id names one finding");
    for finding in &report.findings {
        names_its_largest(&report, finding);
    }
    let claim = |finding: &Finding<'_>| Claim {
        id: finding.id.clone(),
        device: finding.device.clone(),
        addresses: finding.addresses.clone(),
        kind: finding.kind,
        sent: finding.bytes_out,
    };
    report.findings.iter().map(claim).collect()
}

/// Of the flows between the device and the party the eight with most payload are named, their first packets, too.
fn names_its_largest(report: &Report<'_>, finding: &Finding<'_>) {
    let device = report.devices().iter().find(|device| device.id == finding.device).expect("it is listed");
    let flows = report.flows();
    let mut own: Vec<_> = (0..flows.len()).filter_map(|n| flows.view(n)).collect();
    own.retain(|flow| {
        let ends = [flow.orig.address, flow.resp.address];
        ends.iter().any(|end| device.addresses.contains(end))
            && ends.iter().any(|end| finding.addresses.contains(end))
    });
    let once = |flow: &FlowView<'_>| {
        [flow.orig, flow.resp].iter().map(|end| end.payload_unique.unwrap_or(end.payload)).sum::<u64>()
    };
    let Some(largest) = own.iter().map(&once).max() else { return };
    let named = own.iter().filter(|flow| once(flow) == largest);
    let mut named = named.filter(|flow| finding.flows.contains(&flow.community_id));
    let proven = named.any(|flow| finding.evidence.contains(&flow.first_packet));
    assert!(proven || finding.flows.len() == 8, "{} lacks its largest flow", finding.id);
}

/// Every claim has its like: the same device, a party with one of its addresses, a kind that is as bad, as many bytes sent.
fn holds(what: &str, before: &[Claim], after: &[Claim], same_ids: bool) {
    for claim in before {
        let like = |other: &&Claim| {
            other.device == claim.device
                && (other.id == claim.id
                    || !same_ids && other.addresses.iter().any(|at| claim.addresses.contains(at)))
                && other.kind >= claim.kind
                && other.sent >= claim.sent
        };
        // A look-up alone has no party with an address: it is found by its id.
        assert!(after.iter().any(|other| like(&other)), "{what}: {claim:?} is lost in {after:#?}");
    }
}

fn is_to(frame: &OwnedFrame, mac: Mac) -> bool {
    frame.bytes.get(..6) == Some(&mac.0)
}

fn sorted(mut frames: Vec<OwnedFrame>) -> Vec<OwnedFrame> {
    frames.sort_by_key(|frame| frame.time);
    frames
}

fn later(frames: &[OwnedFrame], by: i64) -> Vec<OwnedFrame> {
    let moved = |frame: &OwnedFrame| OwnedFrame { time: Timestamp(frame.time.0 + by), ..frame.clone() };
    frames.iter().map(moved).collect()
}

/// The fixture with two cameras of makers.
fn office() -> Vec<OwnedFrame> {
    let path = captures::repository().join("fixtures/office/capture.pcap");
    let mut reader = Capture::open(&path).unwrap().reader(ChunkId::default()).unwrap();
    let mut frames = Vec::new();
    while let Next::Batch(batch) = reader.next().unwrap() {
        for Frame { time, link_type, wire_length, bytes, .. } in batch.frames() {
            frames.push(OwnedFrame { time, link_type, wire_length, bytes: bytes.to_vec() });
        }
    }
    frames
}

/// A camera that uploads beside a download, reports each minute over new connections, calls a bare address, and answers a
/// call from outside.
fn house() -> Vec<OwnedFrame> {
    let mut s = Scenario::new(MORNING, 7);
    let camera = Host::new(CAMERA, "192.168.1.64");
    let (router, cloud) = (s.outside("192.168.1.1"), s.outside("203.0.113.40"));
    let (reports, nobody, viewer) =
        (s.outside("203.0.113.41"), s.outside("198.51.100.7"), s.outside("198.51.100.9"));
    s.ssdp(camera, "Linux/3.0 UPnP/1.0 Hikvision/1.0 IPCamera");
    s.resolve(camera, router, "litedev.hik-connect.com", cloud);
    s.tls(camera, cloud.port(443), "litedev.hik-connect.com").opaque(&mut s, Side::Server, 900_000);
    s.tls(camera, cloud.port(443), "litedev.hik-connect.com").opaque(&mut s, Side::Client, 700_000);
    for _ in 0..4 {
        s.tls(camera, reports.port(443), "dev.hik-connect.com").opaque(&mut s, Side::Client, 90);
        s.wait(70 * SECOND);
    }
    s.tcp(camera, nobody.port(8800)).send(&mut s, Side::Client, &vec![7; 300_000]);
    s.tcp(viewer, camera.port(554)).send(&mut s, Side::Server, &vec![7; 90_000]);
    s.frames
}

fn camera() -> Mac {
    let bytes: Vec<u8> = CAMERA.split(':').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    Mac(bytes.try_into().unwrap())
}

fn every_capture(check: impl Fn(&str, &[OwnedFrame], &[Claim])) {
    for (name, frames) in [("office", office()), ("house", house())] {
        let before = claims(&frames);
        assert!(before.iter().any(|claim| claim.kind == FindingKind::Exfiltration), "{name}: {before:#?}");
        assert!(before.len() >= 4, "{name}: {before:#?}");
        check(name, &frames, &before);
    }
}

#[test]
fn every_kind_is_found_in_the_house() {
    let found = claims(&house());
    let kinds: Vec<_> = found.iter().map(|claim| claim.kind).collect();
    let of = |wanted| kinds.iter().filter(|kind| **kind == wanted).count();
    assert_eq!(
        (of(FindingKind::Exfiltration), of(FindingKind::Telemetry), of(FindingKind::Exposure)),
        (2, 1, 1),
        "{found:#?}"
    );
}

#[test]
fn a_capture_of_one_direction_says_as_much_of_what_was_sent() {
    every_capture(|name, frames, before| {
        let one_way: Vec<_> = frames.iter().filter(|frame| !is_to(frame, camera())).cloned().collect();
        assert!(one_way.len() < frames.len());
        let device = camera().to_string().replace(':', "");
        let sent: Vec<_> = before.iter().filter(|claim| claim.device == device).cloned().collect();
        holds(&format!("{name}, one way"), &sent, &claims(&one_way), false);
    });
}

#[test]
fn a_direction_that_comes_late_weakens_nothing() {
    every_capture(|name, frames, before| {
        let late = |frame: &OwnedFrame| {
            let by = if is_to(frame, camera()) { 3 * MILLISECOND } else { 0 };
            OwnedFrame { time: Timestamp(frame.time.0 + by), ..frame.clone() }
        };
        let skewed = sorted(frames.iter().map(late).collect());
        holds(&format!("{name}, skewed"), before, &claims(&skewed), false);
    });
}

#[test]
fn packets_that_come_twice_make_no_finding_weaker_and_no_connection_bigger() {
    every_capture(|name, frames, before| {
        let doubled: Vec<_> = frames.iter().flat_map(|frame| [frame.clone(), frame.clone()]).collect();
        let after = claims(&doubled);
        holds(&format!("{name}, doubled"), before, &after, true);
        for claim in before.iter().filter(|claim| claim.kind == FindingKind::Exfiltration) {
            let twin = after.iter().find(|other| other.id == claim.id).unwrap();
            assert_eq!((twin.kind, twin.sent), (claim.kind, claim.sent), "{name}");
        }
    });
}

/// A mirror tags what goes to the camera with VLAN 10: each connection is two flows of one direction.
#[test]
fn a_tag_on_one_direction_weakens_nothing() {
    every_capture(|name, frames, before| {
        let tag = |frame: &OwnedFrame| {
            let mut frame = frame.clone();
            if is_to(&frame, camera()) && frame.bytes.len() > 14 {
                frame.bytes.splice(12..12, [0x81, 0, 0, 10]);
                frame.wire_length += 4;
            }
            frame
        };
        let tagged: Vec<_> = frames.iter().map(tag).collect();
        holds(&format!("{name}, tagged"), before, &claims(&tagged), true);
        let summary = fold(&tagged, LIMITS);
        let closed = summary.close();
        let report = judge(&closed, &CATALOG, &Policy::default());
        let flows = report.flows();
        let joined = (0..flows.len()).filter_map(|n| flows.view(n)).filter(|flow| flow.joined).count();
        assert!(joined >= 8 && joined % 2 == 0, "{name}: {joined} joined");
        // Who answered is asked of the contact, not of its halves.
        let answered = |frames: &[OwnedFrame]| {
            let summary = fold(frames, LIMITS);
            let closed = summary.close();
            let report = judge(&closed, &CATALOG, &Policy::default());
            let all = report.findings.iter().map(|finding| (finding.id.clone(), finding.outcome));
            all.collect::<std::collections::BTreeMap<_, _>>()
        };
        let after = answered(&tagged);
        for (id, outcome) in answered(frames) {
            assert_eq!(after.get(&id), Some(&outcome), "{name}: {id}");
        }
    });
}

/// A router stands between two mirrored networks: every packet is there once without a tag and once with VLAN 20.
#[test]
fn a_connection_that_is_seen_in_two_networks_is_no_bigger() {
    every_capture(|name, frames, before| {
        let twice = |frame: &OwnedFrame| {
            let mut other = frame.clone();
            if other.bytes.get(12..14) == Some(&[8, 0]) && other.bytes.get(23) == Some(&6) {
                other.bytes.splice(12..12, [0x81, 0, 0, 20]);
                other.wire_length += 4;
                return vec![frame.clone(), other];
            }
            vec![frame.clone()]
        };
        let both: Vec<_> = frames.iter().flat_map(twice).collect();
        assert!(both.len() > frames.len() + 100);
        let after = claims(&both);
        holds(&format!("{name}, twice"), before, &after, true);
        for claim in before.iter().filter(|claim| claim.kind == FindingKind::Exfiltration) {
            let twin = after.iter().find(|other| other.id == claim.id).unwrap();
            assert_eq!((twin.kind, twin.sent), (claim.kind, claim.sent), "{name}");
        }
    });
}

#[test]
fn a_stranger_changes_nothing() {
    every_capture(|name, frames, before| {
        let mut s = Scenario::new(Timestamp(MORNING.0 + SECOND), 99);
        let stranger = Host::new("02:00:00:00:99:01", "192.168.1.99");
        for n in 0..50 {
            let site = s.outside(&format!("192.0.2.{}", n + 1));
            s.tls(stranger, site.port(443), &format!("site-{n}.example.net")).opaque(
                &mut s,
                Side::Client,
                9000,
            );
        }
        let both = sorted(frames.iter().cloned().chain(s.frames).collect());
        holds(&format!("{name}, beside a stranger"), before, &claims(&both), true);
    });
}

#[test]
fn what_a_flood_puts_out_of_memory_is_still_found() {
    every_capture(|name, frames, before| {
        let mut s = Scenario::new(Timestamp(frames.last().unwrap().time.0 + SECOND), 3);
        s.step = 1000;
        let (stranger, site) = (Host::new("02:00:00:00:99:01", "192.168.1.99"), s.outside("192.0.2.77"));
        for n in 0..20_000u16 {
            let (from, to) = (stranger.port(2000 + n), site.port(9000));
            s.udp(from, to, &[1; 40]);
            s.udp(to, from, &[2; 40]);
        }
        let both: Vec<_> = frames.iter().cloned().chain(s.frames).collect();
        let limits = Limits { memory: 2 << 20, ..LIMITS };
        assert!(fold(&both, limits).flows() < 20_000, "{name}: nothing was evicted");
        holds(&format!("{name}, flooded"), before, &claims_within(&both, limits), true);
    });
}

/// A stranger looks 6,000 names up, and claims by ARP to be 6,000 stations, before and after all else.
#[test]
fn a_flood_of_names_and_claims_makes_nobody_forgotten() {
    every_capture(|name, frames, before| {
        let flood = |start: i64, from: u16| {
            let mut s = Scenario::new(Timestamp(start), 5);
            s.step = 1000;
            let (stranger, resolver) =
                (Host::new("02:00:00:00:99:01", "192.168.1.99"), s.outside("192.168.1.1"));
            for n in from..from + 6000 {
                let [high, low] = n.to_be_bytes();
                let site = s.outside(&format!("198.51.{high}.{low}"));
                s.resolve(stranger, resolver, &format!("host-{n}.example.net"), site);
                s.ssdp(stranger, &format!("Linux/3.0 UPnP/1.0 Other/{n}"));
            }
            s.frames
        };
        let (first, last) = (frames[0].time.0, frames.last().unwrap().time.0);
        let all = [flood(first - 60 * SECOND, 0), frames.to_vec(), flood(last + SECOND, 6000)].concat();
        let limits = Limits { memory: 8 << 20, ..LIMITS };
        let summary = fold(&all, limits);
        let closed = summary.close();
        let caps = judge(&closed, &CATALOG, &Policy::default()).overview.coverage.caps;
        let bit = |cap: &str| caps.iter().any(|(name, _)| *name == cap);
        assert!(bit("names") && bit("sightings"), "{name}: {caps:?}");
        holds(&format!("{name}, flooded with names"), before, &claims_within(&all, limits), true);
    });
}

#[test]
fn a_capture_that_goes_on_says_no_less() {
    every_capture(|name, frames, before| {
        for hours in [1, 30] {
            let again = later(frames, hours * 3600 * SECOND);
            let long: Vec<_> = frames.iter().cloned().chain(again).collect();
            holds(&format!("{name}, {hours} h later again"), before, &claims(&long), true);
        }
        let device = camera().to_string().replace(':', "");
        // Cut short, the same matter has the same id wherever it is found at all.
        let half = claims(&frames[..frames.len() / 2]);
        for claim in half.iter().filter(|claim| claim.device == device) {
            assert!(before.iter().any(|other| other.id == claim.id), "{name}: {claim:?}");
        }
    });
}

/// A camera sends 40 kB in pieces of 2 kB over one connection, and behind each of them a stranger fills memory: the connection
/// leaves it twenty times, and what is left of it is still one upload.
#[test]
fn an_upload_that_leaves_memory_in_pieces_is_one_upload() {
    let mut s = Scenario::new(MORNING, 7);
    let (camera, cloud) = (Host::new(CAMERA, "192.168.1.64"), s.outside("203.0.113.40"));
    let (stranger, site) = (Host::new("02:00:00:00:99:01", "192.168.1.99"), s.outside("192.0.2.77"));
    s.ssdp(camera, "Linux/3.0 UPnP/1.0 Hikvision/1.0 IPCamera");
    let mut tls = s.tls(camera, cloud.port(443), "litedev.hik-connect.com");
    let step = std::mem::replace(&mut s.step, 1000);
    for piece in 0..20u16 {
        tls.opaque(&mut s, Side::Client, 2000);
        for n in 0..3000 {
            let (from, to) = (stranger.port(2000 + n), site.port(9000 + piece));
            s.udp(from, to, &[1; 40]);
            s.udp(to, from, &[2; 40]);
        }
    }
    s.step = step;
    let before = claims(&s.frames);
    let limits = Limits { memory: 1 << 20, ..LIMITS };
    let summary = fold(&s.frames, limits);
    let of_cloud = rendered_flows(&summary, "203.0.113.40".parse().unwrap());
    assert!(of_cloud <= 1, "the connection left memory, but for its last piece");
    let upload: Vec<_> =
        before.iter().filter(|claim| claim.kind == FindingKind::Exfiltration).cloned().collect();
    assert_eq!(upload.len(), 1, "{before:#?}");
    holds("in pieces", &upload, &claims_within(&s.frames, limits), true);
}

/// How many flows with an address stand in the report.
fn rendered_flows(summary: &Summary, address: IpAddr) -> usize {
    let closed = summary.close();
    let report = judge(&closed, &CATALOG, &Policy::default());
    assert!(report.ledger.balanced());
    let flows = report.flows();
    let views = (0..flows.len()).filter_map(|n| flows.view(n));
    views.filter(|flow| [flow.orig.address, flow.resp.address].contains(&address)).count()
}
