use super::*;
use crate::sample::{flows, nothing, office, office_over_memory, office_with};
use lenscap_flow::report::FlowView;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// The contract: a type, and its keys in their order.
const CONTRACT: &[&str] = &[
    "capture type path sha256 format compression link_types snap_length packets bytes_captured bytes_wire start end torn_tail problems drops",
    "device type id mac addresses vendor vendor_name parent model serial firmware is_camera confidence bytes_out bytes_in bytes_out_external bytes_in_external endpoints sightings aliases standing kind_points maker_points class maker why conflicts cloud_of platform ndaa_889 listed payload_out_external payload_in_external maker_proven reported_makers address_doubts",
    "flow type community_id start end protocol orig resp orig_basis vlan tunnel tcp_history app server_name alpn ja4 ech names vendor role attribution confidence activity external first_packet limits uid end_reason copies proof joined frame_bytes tls",
    "name type name address asker source first last packet asked",
    "contact type device party name address protocol called vendor role attribution confidence activity flows payload_out payload_in bytes_out bytes_in copies start end largest evidence addresses ports finding",
    "finding type id kind severity confidence device vendor endpoint bytes_out bytes_in start end flows reasons evidence party payload_out payload_in repeated standing was filter addresses estimated",
    "ledger type packets bytes_wire bytes_captured in_flows in_residuals non_ip undecodable truncated filtered balanced",
    "summary type version schema exact packets flows devices cameras findings coverage suspected inexact_since catalogue command",
];

fn rendered(report: &Report<'_>, select: Select, threads: usize) -> String {
    let mut out = Vec::new();
    write(report, select, NonZeroUsize::new(threads).unwrap(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The top-level keys of a line in the order in which they stand.
fn keys(line: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut escaped, mut start, mut found) = (0, false, false, 0, Vec::new());
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                if quoted && depth == 1 && line[at + 1..].starts_with(':') {
                    found.push(line[start..at].to_owned());
                }
                (quoted, start) = (!quoted, at + 1);
            }
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    found
}

#[test]
fn keys_and_types_stand_in_the_order_of_the_contract() {
    let contract: Vec<Vec<&str>> = CONTRACT.iter().map(|row| row.split(' ').collect()).collect();
    let mut seen: BTreeMap<&str, HashSet<usize>> = BTreeMap::new();
    let mut last = 0;
    let text =
        rendered(&office(), Select::ALL, 1) + &rendered(&office_over_memory(), "summary".parse().unwrap(), 1);
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let rank = contract.iter().position(|row| record["type"] == row[0]).unwrap();
        assert!(rank >= last, "types out of order");
        last = rank;
        let places: Vec<usize> =
            keys(line).iter().map(|key| contract[rank][1..].iter().position(|k| k == key).unwrap()).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{line}");
        assert_eq!(places[0], 0);
        seen.entry(contract[rank][0]).or_default().extend(places);
    }
    for row in &contract {
        assert_eq!(seen[row[0]].len(), row.len() - 1, "every key of {} occurs", row[0]);
    }
}

#[test]
fn what_is_written_of_the_contract_is_what_is_written() {
    let page = include_str!("../../RECORDS.md");
    for row in CONTRACT {
        let (kind, keys) = row.split_once(" type ").unwrap();
        assert!(page.contains(&format!("| `{kind}` | {keys} |")), "{kind} of RECORDS.md");
    }
}

#[test]
fn no_float_no_null_and_no_raw_control() {
    fn check(value: &Value) {
        match value {
            Value::Null => panic!("null"),
            Value::Number(n) => assert!(n.is_u64()),
            Value::Array(list) => assert!(!list.is_empty() && list.iter().map(check).count() > 0),
            Value::Object(map) => map.values().for_each(check),
            Value::Bool(_) | Value::String(_) => {}
        }
    }
    let text = rendered(&office(), Select::ALL, 1);
    assert!(text.chars().all(|c| c == '\n' || !crate::escape::is_unseen(c)));
    records(&text).iter().for_each(check);
}

#[test]
fn a_flow_in_full() {
    let text = rendered(&office(), "flow".parse().unwrap(), 1);
    let flows = records(&text);
    assert_eq!(flows[0]["start"], "2026-03-02T09:14:07.000000000Z");
    assert_eq!(flows[0]["orig"]["mac"], "44:19:b6:00:00:00");
    assert_eq!(flows[0]["orig"]["payload_unique"], 45_680_122);
    assert_eq!(flows[0]["names"][1]["name"], "evil\\x1b[31m\\xff\\\\");
    assert_eq!(flows[0]["first_packet"]["offset"], 220_024);
    assert_eq!(
        text.lines().nth(1).unwrap(),
        "{\"type\":\"flow\",\"community_id\":\"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=\",\"start\":\"2026-03-02T09:15:07.000000000Z\",\
         \"end\":\"2026-03-02T09:15:07.000000000Z\",\"protocol\":\"88\",\"orig\":{\"address\":\"fe80::1\",\"packets\":1,\
         \"bytes\":60,\"payload\":57},\"resp\":{\"address\":\"ff02::a\",\"packets\":1,\"bytes\":0,\"payload\":0},\
         \"orig_basis\":\"first-seen\",\"activity\":\"unknown\",\"external\":false,\
         \"first_packet\":{\"input\":0,\"packet\":1,\"offset\":124,\"length\":84},\"uid\":\"fedcba9876543210\",\"end_reason\":\"end\",\
         \"frame_bytes\":64}"
    );
}

#[test]
fn the_parent_is_omitted_where_there_is_none() {
    let devices = records(&rendered(&office(), "device".parse().unwrap(), 1));
    assert_eq!(devices[0].get("parent"), None);
    assert_eq!((&devices[1]["vendor_name"], &devices[1]["parent"]), (&"Amcrest".into(), &"dahua".into()));
    assert_eq!(devices[3].get("vendor"), None);
}

#[test]
fn coverage_is_whole() {
    let summary = records(&rendered(&office(), "summary".parse().unwrap(), 1)).remove(0);
    assert_eq!(summary["findings"]["medium"], 1);
    assert_eq!(summary["coverage"]["two_way"], serde_json::json!({"flows": 61, "of": 70}));
    assert_eq!(summary["coverage"]["hazards"]["bad-checksum"], 12);
    assert_eq!((&summary["exact"], summary.get("inexact_since")), (&true.into(), None));
}

#[test]
fn the_moment_of_the_first_cap_is_told() {
    let text = rendered(&office_over_memory(), "summary".parse().unwrap(), 1);
    assert!(
        text.contains("\"suspected\":0,\"inexact_since\":\"2026-03-02T10:54:07.000000000Z\",\"catalogue\":"),
        "{text}"
    );
}

#[test]
fn a_run_that_read_nothing_says_so() {
    let records = records(&rendered(&nothing(), Select::ALL, 1));
    let kinds: Vec<_> = records.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["capture", "ledger", "summary"]);
    assert_eq!(records[0]["path"], "a \"b\"\u{1b}[2J\\c.pcap");
    assert_eq!(records[0]["problems"][0]["what"], "no capture file");
    assert_eq!(records[1]["balanced"], true);
}

#[test]
fn the_same_for_every_number_of_threads() {
    let [full, bare] = <[FlowView<'_>; 2]>::try_from(flows()).unwrap();
    for count in [0, 1, 256, 257, 20_000] {
        let many = (0..count).map(|n| FlowView {
            end: lenscap_wire::Timestamp(n),
            ..if n % 3 == 0 { full.clone() } else { bare.clone() }
        });
        let report = office_with(many.collect());
        let alone = rendered(&report, Select::ALL, 1);
        assert_eq!(alone.matches("\"type\":\"flow\"").count(), count as usize);
        for threads in [2, 3, 8] {
            assert!(rendered(&report, Select::ALL, threads) == alone, "{count} flows by {threads} threads");
        }
    }
}

#[test]
fn a_writer_that_fails_ends_it() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let report = office_with(vec![flows().remove(0); 5000]);
    for threads in [1, 2] {
        let failed = write(&report, Select::ALL, NonZeroUsize::new(threads).unwrap(), &mut Full).unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::BrokenPipe);
    }
}
