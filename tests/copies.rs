//! Payload of datagrams that were seen more than once, as it is judged: by a mirror, by two observers, by a sender that repeats
//! what was not acknowledged. What a sender merely says alike again has been sent again.

mod common;

use common::records;
use lenscap_testkit::{Host, MORNING, OwnedFrame, Scenario, SplitMix64};
use serde_json::Value;

const MS: i64 = 1_000_000;

/// An upload of datagrams of 1,000 bytes, a millisecond apart, of a camera to an address outside; `content` gives each its
/// first byte, and `counts` says whether the sender counts them in the IP header.
fn upload(count: usize, content: impl Fn(usize) -> u64, counts: bool) -> Vec<OwnedFrame> {
    let mut s = Scenario::new(MORNING, 7);
    let cloud = s.outside("203.0.113.40").port(8443);
    let camera = Host::new("bc:ad:28:00:53:40", "192.168.1.64").port(40_000);
    s.ssdp(camera.host, "Linux/3.0 UPnP/1.0 IPCamera/1");
    s.frames.clear();
    for n in 0..count {
        let mut random = SplitMix64::new(content(n));
        let payload: Vec<u8> = (0..1000).map(|_| random.next() as u8).collect();
        s.udp(camera, cloud, &payload);
        let frame = s.frames.last_mut().expect("a datagram was sent");
        if !counts {
            // Identification 0 and do not fragment, as Linux sends (RFC 6864, 4.1); the header's sum is made to fit.
            let sum = u16::from_be_bytes([frame.bytes[24], frame.bytes[25]]);
            let id = u16::from_be_bytes([frame.bytes[18], frame.bytes[19]]);
            let folded = u32::from(sum) + u32::from(id);
            frame.bytes[18..20].fill(0);
            frame.bytes[24..26]
                .copy_from_slice(&((folded & 0xffff) as u16 + (folded >> 16) as u16).to_be_bytes());
        }
        frame.time.0 = MORNING.0 + n as i64 * MS;
    }
    s.frames
}

/// The frames with each shown again so much later.
fn again(frames: &[OwnedFrame], later: i64) -> Vec<OwnedFrame> {
    let copy = |frame: &OwnedFrame| {
        let mut copy = frame.clone();
        copy.time.0 += later;
        copy
    };
    let mut all: Vec<_> = frames.iter().cloned().chain(frames.iter().map(copy)).collect();
    all.sort_by_key(|frame| frame.time);
    all
}

/// Copies of the only flow: packets, payload and whether they were estimated.
fn copies(frames: &[OwnedFrame]) -> (u64, u64, bool) {
    let all = records(frames);
    let flow = all.iter().find(|record| record["type"] == "flow").expect("a flow");
    let of = |key: &str| flow["copies"][key].as_u64().unwrap_or(0);
    (of("packets"), of("payload"), flow["copies"]["estimated"] == Value::Bool(true))
}

#[test]
fn datagrams_that_come_again_behind_others_are_counted_one_by_one() {
    for counts in [true, false] {
        let once = upload(600, |n| n as u64, counts);
        // Between them come the copies of others, too.
        for lag in 0..=7 {
            let twice = again(&once, lag * MS);
            assert_eq!(copies(&twice), (600, 600_000, false), "{lag} datagrams later, {counts}");
        }
        assert_eq!(copies(&once), (0, 0, false));
    }
}

#[test]
fn a_capture_of_two_observers_far_apart_is_told_as_an_estimate() {
    let once = upload(2000, |n| n as u64, true);
    for later in [40 * MS, 700 * MS] {
        assert_eq!(copies(&again(&once, later)), (2000, 2_000_000, true), "{later} ns later");
    }
    // As few as decide whether it is an upload.
    for few in [140, 300, 500] {
        let (packets, payload, estimated) = copies(&again(&once[..few], 50 * MS));
        assert!(estimated && packets.abs_diff(few as u64) * 20 <= few as u64, "{few}: {packets}");
        assert!(payload.abs_diff(few as u64 * 1000) * 20 <= few as u64 * 1000, "{few}: {payload}");
    }
    // A half of it again is no second observer's.
    let mut more = again(&once[..900], 5000 * MS);
    more.extend(once[900..].iter().cloned());
    more.sort_by_key(|frame| frame.time);
    assert_eq!(copies(&more), (0, 0, false));
}

/// A sender that counts its datagrams says the same again each time: nothing of that is a copy. One that does not count them
/// cannot be told from a mirror while it says the same in a row, but a repetition a second later is its own.
#[test]
fn what_is_said_alike_again_is_no_copy() {
    assert_eq!(copies(&upload(600, |_| 7, true)), (0, 0, false));
    assert_eq!(copies(&upload(600, |n| n as u64 % 3, true)), (0, 0, false));
    let mut reports = upload(60, |n| n as u64 % 3, false);
    for (frame, n) in reports.iter_mut().zip(0..) {
        frame.time.0 = MORNING.0 + n * 1000 * MS;
    }
    assert_eq!(copies(&reports), (0, 0, false));
}

/// What was sent once is what is judged, and an estimate is said to be one in every form.
#[test]
fn a_finding_says_that_it_rests_on_an_estimate() {
    let mut s = Scenario::new(MORNING, 7);
    let camera = Host::new("bc:ad:28:00:53:40", "192.168.1.64");
    s.ssdp(camera, "Linux/3.0 UPnP/1.0 IPCamera/1");
    let frames = [s.frames, again(&upload(2000, |n| n as u64, true), 700 * MS)].concat();
    let all = records(&frames);
    let finding = all.iter().find(|record| record["type"] == "finding").expect("a finding");
    assert_eq!((&finding["payload_out"], &finding["repeated"]), (&2_000_000.into(), &2_000_000.into()));
    assert_eq!(finding["estimated"], Value::Bool(true));
    let reasons = finding["reasons"].as_array().expect("reasons");
    assert!(reasons.iter().any(|reason| reason.as_str().is_some_and(|text| text.starts_with("estimated: "))));
}

/// Whoever sends four datagrams that look alike, and is answered by a third as much, is found as one who sends what differs:
/// that is said to be an estimate, and is neither weaker nor lost.
#[test]
fn datagrams_that_look_alike_hide_no_upload() {
    let found = |content: &dyn Fn(usize) -> u64| {
        let mut s = Scenario::new(MORNING, 7);
        let camera = Host::new("bc:ad:28:00:53:40", "192.168.1.64");
        s.ssdp(camera, "Linux/3.0 UPnP/1.0 IPCamera/1");
        let begun = s.frames.len();
        let cloud = s.outside("203.0.113.40").port(8443);
        for n in 0..400_i64 {
            s.udp(cloud, camera.port(40_000), &[n as u8; 1000]);
            s.frames.last_mut().expect("a datagram was sent").time.0 = MORNING.0 + n * 3 * MS;
        }
        let answers = s.frames.split_off(begun);
        let mut frames = [s.frames, upload(1200, content, false), answers].concat();
        frames.sort_by_key(|frame| frame.time);
        let all = records(&frames);
        all.into_iter().find(|record| record["type"] == "finding").expect("a finding")
    };
    let (plain, feigned) = (found(&|n| n as u64), found(&|n| n as u64 / 4));
    for key in ["kind", "severity"] {
        assert_eq!(feigned[key], plain[key], "{key}");
    }
    assert_eq!(plain["kind"], "exfiltration");
    assert_eq!((&plain["payload_out"], &plain["estimated"]), (&1_200_000.into(), &Value::Null));
    assert_eq!((&feigned["payload_out"], &feigned["repeated"]), (&300_000.into(), &900_000.into()));
    assert_eq!(feigned["estimated"], Value::Bool(true));
}

/// The frames, each followed by itself with an 802.1Q tag, as a mirror shows them that copies a port and the trunk behind it.
fn on_two_vlans(frames: &[OwnedFrame], later: i64) -> Vec<OwnedFrame> {
    let tagged = |frame: &OwnedFrame| {
        let mut copy = frame.clone();
        copy.bytes.splice(12..12, [0x81, 0, 0, 10]);
        copy.wire_length += 4;
        copy.time.0 += later;
        copy
    };
    frames.iter().flat_map(|frame| [frame.clone(), tagged(frame)]).collect()
}

/// What is said to have been sent outside, and how much of it came again.
fn sent(frames: &[OwnedFrame]) -> (u64, u64) {
    let all = records(frames);
    let contact = all.iter().find(|of| of["type"] == "contact").expect("a contact");
    let of = |key: &str| contact[key].as_u64().unwrap_or(0);
    (of("payload_out"), of("copies"))
}

#[test]
fn datagrams_that_a_mirror_shows_on_two_vlans_are_judged_once() {
    let frames = upload(300, |n| n as u64, true);
    assert_eq!(sent(&frames), (300_000, 0));
    assert_eq!(sent(&on_two_vlans(&frames, MS / 10)), (300_000, 300_000));
}

#[test]
fn flows_that_differ_in_more_than_their_tags_are_two() {
    let frames = upload(300, |n| n as u64, true);
    let later = on_two_vlans(&frames, 150 * MS);
    assert_eq!(sent(&later).0, 600_000);
    let mut fewer = on_two_vlans(&frames, MS / 10);
    fewer.truncate(599);
    assert_eq!(sent(&fewer).0, 599_000);
}
