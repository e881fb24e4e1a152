//! Golden cases: every `fixtures/<case>` is scanned and its report compared with `expected.json`, line by line; the
//! checks of `case.toml` hold; and every packet that the report names is there and shows what it is named for.
//!
//! `LENSCAP_BLESS=1 cargo test --test fixtures` writes `expected.json` anew. What it writes must be read before it
//! is committed: a wrong golden file is worse than none.

use lenscap_capture::{Capture, ChunkId, Next, Source};
use lenscap_catalog::Catalog;
use lenscap_flow::{Input, Limits, Options, Policy, judge, scan};
use lenscap_report::{Select, json};
use lenscap_testkit::{SECOND, captures};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// A report of captures, whose paths are below the repository so that they are the same everywhere.
fn scanned(paths: &[PathBuf], threads: usize) -> String {
    let threads = NonZeroUsize::new(threads).expect("there is a thread");
    let limits = Limits { idle: 300 * SECOND, memory: 1 << 30 };
    let options = Options { threads, limits, filter: None, from: None, to: None, saved: false };
    let inputs: Vec<Input> = paths.iter().cloned().map(Input::File).collect();
    let summary = scan(&inputs, &options, &()).expect("threads can be had");
    let catalog = Catalog::builtin();
    let mut out = Vec::new();
    let closed = summary.close();
    let report = judge(&closed, &catalog, &Policy::default());
    json::write(&report, Select::default(), threads, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("JSON is text")
}

fn records(report: &str) -> Vec<Value> {
    report.lines().map(|line| serde_json::from_str(line).expect("a line is a record")).collect()
}

#[test]
fn reports_are_as_expected() {
    let bless = std::env::var_os("LENSCAP_BLESS").is_some_and(|value| value == "1");
    let mut differing = Vec::new();
    for (name, paths) in captures::cases() {
        let found = scanned(&paths, 1);
        assert_eq!(found, scanned(&paths, 2), "{name} depends on the number of threads");
        let golden = captures::repository().join("fixtures").join(&name).join("expected.json");
        if bless {
            fs::write(&golden, &found).expect("the repository can be written");
            continue;
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if let Some(difference) = first_difference(&expected, &found) {
            differing.push(format!("{name}:\n{difference}"));
        }
    }
    assert!(
        differing.is_empty(),
        "{}\nwhere that is right: LENSCAP_BLESS=1 cargo test --test fixtures",
        differing.join("\n")
    );
}

fn first_difference(expected: &str, found: &str) -> Option<String> {
    if expected == found {
        return None;
    }
    let differs = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    Some(match differs {
        Some((expected, found)) => format!("  expected {expected}\n  found    {found}"),
        None => format!("  {} lines expected, {} found", expected.lines().count(), found.lines().count()),
    })
}

/// What `case.toml` says of a case.
fn case_of(name: &str) -> toml::Table {
    let path = captures::repository().join("fixtures").join(name).join("case.toml");
    fs::read_to_string(path).expect(name).parse().expect(name)
}

#[test]
fn checks_hold() {
    for (name, paths) in captures::cases() {
        let (case, records) = (case_of(&name), records(&scanned(&paths, 1)));
        assert_eq!(case["name"].as_str(), Some(name.as_str()));
        let checks = case["check"].as_array().expect("a case has checks");
        assert!(!checks.is_empty(), "{name} checks nothing");
        for check in checks {
            let known = ["record", "match", "count", "min", "max"];
            let check = check.as_table().expect("a check is a table");
            assert!(
                check.keys().all(|key| known.contains(&key.as_str())),
                "{name}: {check} has an unknown key"
            );
            let count = records.iter().filter(|record| is_checked(record, check)).count();
            let count = i64::try_from(count).expect("records are few");
            let bound = |key| check.get(key).map(|bound| bound.as_integer().expect("a bound is a number"));
            let (exactly, least, most) = (bound("count"), bound("min"), bound("max"));
            assert!(exactly.or(least).or(most).is_some(), "{name}: {check} has no bound");
            let holds = exactly.is_none_or(|exactly| count == exactly)
                && least.is_none_or(|least| count >= least)
                && most.is_none_or(|most| count <= most);
            assert!(holds, "{name}: {count} records match\n{check}");
        }
    }
}

fn is_checked(record: &Value, check: &toml::Table) -> bool {
    let fields = check.get("match").and_then(toml::Value::as_table);
    record["type"].as_str() == check["record"].as_str()
        && fields.into_iter().flatten().all(|(path, wanted)| matches(record, path, wanted))
}

/// Whether the field at `path` (keys joined by dots) is `wanted`; of arrays, whether one element's is.
fn matches(value: &Value, path: &str, wanted: &toml::Value) -> bool {
    if let Some(values) = value.as_array() {
        return values.iter().any(|value| matches(value, path, wanted));
    }
    if path.is_empty() {
        return match wanted {
            toml::Value::Boolean(wanted) => value.as_bool() == Some(*wanted),
            toml::Value::Integer(wanted) => value.as_i64() == Some(*wanted),
            toml::Value::String(wanted) => value.as_str() == Some(wanted),
            other => panic!("{other} is nothing that a record holds"),
        };
    }
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    value.get(key).is_some_and(|value| matches(value, rest, wanted))
}

/// What a finding says stands in a contact record, and a device's payload outside is that of its contacts.
#[test]
fn a_finding_is_a_row_of_contact() {
    let same = [
        ("device", "device"),
        ("party", "party"),
        ("vendor", "vendor"),
        ("payload_out", "payload_out"),
        ("payload_in", "payload_in"),
        ("repeated", "copies"),
        ("start", "start"),
        ("end", "end"),
        ("flows", "largest"),
        ("evidence", "evidence"),
        ("addresses", "addresses"),
    ];
    let (mut findings, mut devices) = (0, 0);
    for (name, paths) in captures::cases() {
        let records = records(&scanned(&paths, 1));
        let of = |kind: &str| records.iter().filter(|record| record["type"] == kind).collect::<Vec<_>>();
        let contacts = of("contact");
        for finding in of("finding") {
            let contact = contacts.iter().find(|contact| contact["finding"] == finding["id"]).expect(&name);
            for (ours, theirs) in same {
                assert_eq!(finding[ours], contact[theirs], "{name}: {ours} of {finding}");
            }
            findings += 1;
        }
        // Of other devices the parties that are no vendor's are not told.
        for device in of("device").into_iter().filter(|device| device["standing"] != "other") {
            let own = || contacts.iter().filter(|contact| contact["device"] == device["id"]);
            for key in ["payload_out", "payload_in"] {
                let sum: u64 = own().filter_map(|contact| contact[key].as_u64()).sum();
                assert_eq!(device[format!("{key}_external")], sum, "{name}: {key} of {device}");
            }
            devices += 1;
        }
    }
    assert!(findings > 9 && devices > 9, "{findings} findings, {devices} devices");
}

/// Whose an address is, is said once of a device: its parties say what its contacts do. Two contacts at one address, by two names,
/// may be two vendors'.
#[test]
fn a_party_is_whose_its_contact_says() {
    let mut compared = 0;
    for (name, paths) in captures::cases() {
        let records = records(&scanned(&paths, 1));
        let of = |kind: &str| records.iter().filter(|record| record["type"] == kind).collect::<Vec<_>>();
        let (contacts, devices) = (of("contact"), of("device"));
        for contact in contacts.iter().filter(|contact| contact["address"].is_string()) {
            let device = devices.iter().find(|device| device["id"] == contact["device"]).expect(&name);
            let at = |record: &&Value| record["address"] == contact["address"];
            let rows: Vec<_> = device["endpoints"].as_array().into_iter().flatten().filter(at).collect();
            let says = |row: &&Value| ["vendor", "party"].iter().all(|key| row[key] == contact[key]);
            let others = contacts.iter().filter(|other| other["device"] == contact["device"] && at(other));
            let holds = if others.count() == 1 { rows.iter().all(says) } else { rows.iter().any(says) };
            assert!(holds && !rows.is_empty(), "{name}: {contact} has the rows {rows:?}");
            compared += 1;
        }
    }
    assert!(compared > 15, "{compared} contacts");
}

/// Offset and bytes of every record of a capture, as our own reader has them.
fn packets(path: &str) -> Vec<(u64, Vec<u8>)> {
    let capture = Capture::open(path.as_ref()).expect(path);
    let mut reader = capture.reader(ChunkId::default()).expect(path);
    let mut packets = Vec::new();
    while let Next::Batch(batch) = reader.next().expect(path) {
        for frame in batch.frames() {
            // Some blocks of pcapng take a number and hold no packet.
            packets.resize(frame.at.record as usize, (0, Vec::new()));
            packets.push((frame.at.offset, frame.bytes.to_vec()));
        }
    }
    packets
}

/// Every capture of a report, to be opened at the packets that it names.
struct Opened(Vec<Opening>);

/// A capture's bytes, and offset and bytes of its packets.
struct Opening {
    file: Vec<u8>,
    packets: Vec<(u64, Vec<u8>)>,
}

impl Opened {
    fn new(records: &[Value]) -> Self {
        let captures = records.iter().filter(|record| record["type"] == "capture");
        let paths = captures.map(|record| record["path"].as_str().expect("a capture has a path"));
        Self(
            paths.map(|path| Opening { file: fs::read(path).expect(path), packets: packets(path) }).collect(),
        )
    }

    /// The packet that `at` names, after those before it that it may complete: its number, offset and length agree
    /// with each other and with the file.
    fn packet(&self, at: &Value) -> &[(u64, Vec<u8>)] {
        let field = |key: &str| at[key].as_u64().unwrap_or_else(|| panic!("{at} has no {key}")) as usize;
        let Opening { file, packets } = &self.0[field("input")];
        let number = field("packet");
        let (offset, bytes) = &packets[number - 1];
        assert_eq!((*offset, bytes.len()), (field("offset") as u64, field("length")), "{at}");
        assert_eq!(&file[field("offset")..][..field("length")], bytes, "{at}");
        &packets[number.saturating_sub(SEGMENTS)..number]
    }
}

/// Packets of which a message that was split may come, the last of them named for it.
const SEGMENTS: usize = 80;

/// What the sender of the last of these packets sent in all of them over TCP, one payload after another, where it stands
/// behind Ethernet and IPv4 without options.
fn stream(packets: &[(u64, Vec<u8>)]) -> Option<Vec<u8>> {
    let ends = |packet: &[u8]| {
        let plain = packet.get(12..15)? == [8, 0, 0x45] && packet.get(23) == Some(&6);
        plain.then(|| packet.get(26..38).map(<[u8]>::to_vec)).flatten()
    };
    let wanted = ends(&packets.last()?.1)?;
    let own = packets.iter().filter(|(_, packet)| ends(packet).as_ref() == Some(&wanted));
    let payload = |(_, packet): &(u64, Vec<u8>)| {
        let length = usize::from(u16::from_be_bytes([*packet.get(16)?, *packet.get(17)?]));
        let header = usize::from(packet.get(46)? >> 4) * 4;
        Some(packet.get(34 + header..packet.len().min(14 + length))?.to_vec())
    };
    Some(own.filter_map(payload).flatten().collect())
}

/// Whether a packet is a QUIC Initial behind Ethernet and IPv4 without options: all that it says is sealed.
fn is_sealed(packet: &[u8]) -> bool {
    packet.get(23) == Some(&17)
        && packet.get(42).is_some_and(|first| first & 0xc0 == 0xc0)
        && matches!(packet.get(43..47), Some([0, 0, 0, 1] | [0x6b, 0x33, 0x43, 0xcf]))
}

/// Gives every packet that a value names to `each`, with what the value around it says.
fn named<'v>(value: &'v Value, each: &mut impl FnMut(&'v Value, &'v Value)) {
    let children: Vec<&Value> = match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(values) => values.iter().collect(),
        _ => return,
    };
    for child in children {
        if child.get("offset").is_some() && child.get("length").is_some() {
            each(value, child);
        }
        named(child, each);
    }
}

#[test]
fn every_packet_that_is_named_is_there() {
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for (name, paths) in captures::cases() {
        let records = records(&scanned(&paths, 1));
        let opened = Opened::new(&records);
        for record in &records {
            let kind = record["type"].as_str().expect("a record has a type");
            named(record, &mut |around, at| {
                let packets = opened.packet(at);
                let packet = &packets[packets.len() - 1].1;
                *kinds.entry(kind.to_string()).or_default() += 1;
                let shown = match kind {
                    "device" => shows_sighting(sighting_of(record, around), packets),
                    "name" => tells(record["name"].as_str().expect("a name is text"), packets),
                    "flow" if around.get("name").is_some() => shows_name(around, packets),
                    "flow" if record.get("proof") == Some(at) => tells_of_an_end(record, packet),
                    "flow" => shows_flow(record, packet),
                    _ => true,
                };
                assert!(shown, "{name}: packet {at} does not show {around}");
            });
        }
    }
    println!("packets named: {kinds:?}");
    for kind in ["device", "finding", "flow", "name"] {
        assert!(kinds.contains_key(kind), "no {kind} names a packet");
    }
}

fn contains(packet: &[u8], bytes: &[u8]) -> bool {
    bytes.is_empty() || packet.windows(bytes.len()).any(|window| window.eq_ignore_ascii_case(bytes))
}

/// Whether an address of a flow stands in a packet: as its own, or in what it tells of others, in either order of bytes.
fn tells_of_an_end(flow: &Value, packet: &[u8]) -> bool {
    ["orig", "resp"].iter().any(|end| {
        let address: IpAddr = flow[end]["address"].as_str().expect("an address is text").parse().unwrap();
        let mut octets = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        let as_is = contains(packet, &octets);
        octets.reverse();
        as_is || contains(packet, &octets)
    })
}

/// Whether every part of a text between dots, which DNS writes as labels, stands in a packet. What was escaped
/// stands otherwise.
fn holds(packet: &[u8], text: &str) -> bool {
    text.split('.').filter(|part| !part.contains('\\')).all(|part| contains(packet, part.as_bytes()))
}

/// The bytes that a text is the hexadecimal form of.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2).map(|two| str::from_utf8(two).ok());
    digits.map(|two| u8::from_str_radix(two?, 16).ok()).collect()
}

/// The sighting that a piece of evidence rests on, where there is one: it has the field that was read.
fn sighting_of<'r>(device: &'r Value, around: &'r Value) -> &'r Value {
    let same = |seen: &&Value| seen["value"] == around["value"] && seen["packet"] == around["packet"];
    device["sightings"].as_array().and_then(|all| all.iter().find(same)).unwrap_or(around)
}

/// Whether a value stands in the packet as text or as bytes; numbers in words, digests, masked addresses and text stand nowhere,
/// nor does what the kind of a message says of its sender. What a stream said may have begun in packets before.
fn shows_sighting(sighting: &Value, packets: &[(u64, Vec<u8>)]) -> bool {
    let (kind, value) = (sighting["kind"].as_str().unwrap_or(""), sighting["value"].as_str().unwrap_or(""));
    let is_stream =
        "tls. http. sdp. dvrip. ftp. telnet. mqtt. rtmp.".split(' ').any(|app| kind.starts_with(app));
    let first = if is_stream { 0 } else { packets.len() - 1 };
    let digits = value.replace([':', '-'], "");
    let shows = |packet: &[u8]| {
        holds(packet, value) || from_hex(&digits).is_some_and(|bytes| contains(packet, &bytes))
        || value.strip_suffix("/64").and_then(|of| of.parse::<std::net::Ipv6Addr>().ok()).is_some_and(|of| contains(packet, &of.octets()))
        // Kind and coding of a medium stand in two lines, and the words of a scope between percent signs.
        || matches!(kind, "sdp.media" | "video" | "onvif.scope.name") && value.split(' ').all(|word| holds(packet, word))
    };
    // What was compressed stands in no packet as it is.
    let is_compressed = contains(&packets[packets.len() - 1].1, b"\nContent-Encoding: gzip\r");
    // What a packet means, what is masked, or numbers that stand in it otherwise.
    is_compressed && matches!(kind, "http.title" | "http.link")
        || matches!(
            kind.rsplit('.').next(),
            Some("api" | "credentials" | "role" | "protocol" | "device-role" | "p2p")
        )
        || kind.starts_with("kasa.")
        || matches!(kind, "dhcp.parameters" | "gb28181.class" | "tls.ja4" | "tls.ech" | "snmp.sys_object_id")
        || matches!(kind, "rtp.payload_type" | "rtp.video" | "stun.mapped" | "pppp.uid" | "miio.uid")
        || kind == "foscam.firmware"
        || packets[first..].iter().any(|(_, packet)| shows(packet))
        || is_stream
            && (is_sealed(&packets[packets.len() - 1].1) || stream(packets).is_some_and(|all| shows(&all)))
}

/// Whether a name stands in the packet, or in a message over TCP that it completes.
fn tells(name: &str, packets: &[(u64, Vec<u8>)]) -> bool {
    holds(&packets[packets.len() - 1].1, name) || stream(packets).is_some_and(|all| holds(&all, name))
}

/// Whether a flow's name stands in the packet, or in one that it completes.
fn shows_name(name: &Value, packets: &[(u64, Vec<u8>)]) -> bool {
    let text = name["name"].as_str().expect("a name is text");
    packets.iter().any(|(_, packet)| holds(packet, text))
        || is_sealed(&packets[packets.len() - 1].1)
        || stream(packets).is_some_and(|all| holds(&all, text))
}

/// A packet of a flow has both its addresses.
fn shows_flow(flow: &Value, packet: &[u8]) -> bool {
    ["orig", "resp"].into_iter().all(|end| {
        let address = flow[end]["address"].as_str().expect("an end has an address");
        match address.parse().expect("an address can be read") {
            std::net::IpAddr::V4(four) => contains(packet, &four.octets()),
            std::net::IpAddr::V6(six) => contains(packet, &six.octets()),
        }
    })
}
