//! A report made by hand: an office with a camera that uploads, one that registers, and a printer.

mod contacts;
mod devices;

pub(crate) use devices::devices;
use lenscap_catalog::{Catalog, VendorKind};
use lenscap_flow::report::{
    Activity, Amount, Attribution, Between, CaptureRecord, ContactRule, CopiesView, Coverage, DeviceId,
    DeviceRecord, DropCounts, EndReason, EndView, Finding, FindingKind, FlowView, Ledger, NameOf, NameView,
    OrigBasis, Outcome, Overview, PacketAt, Party, ProblemRecord, Reason, RecordLists, Report, Role, Rule,
    Severity, Standing, Unread, UnreadFlow, UnreadFrames, Vendor,
};
use lenscap_wire::{Mac, Timestamp};
use std::borrow::Cow;
use std::net::IpAddr;

static HIKVISION: Vendor = vendor("hikvision", "Hikvision", "");
static AMCREST: Vendor = vendor("amcrest", "Amcrest", "dahua");
const START: i64 = 1_772_442_847_000_000_000; // 2026-03-02T09:14:07Z
const MINUTE: i64 = 60_000_000_000;

const fn vendor(id: &'static str, name: &'static str, parent: &'static str) -> Vendor {
    Vendor {
        id: Cow::Borrowed(id),
        name: Cow::Borrowed(name),
        aliases: Cow::Borrowed(&[]),
        parent: Cow::Borrowed(parent),
        country: Cow::Borrowed(""),
        ndaa_889: false,
        prc_headquartered: false,
        oem_of: Cow::Borrowed(&[]),
        oem_source: Cow::Borrowed(""),
        platform_of: Cow::Borrowed(&[]),
        serves: lenscap_catalog::Serves::Cameras,
        makes_cameras_only: false,
        kind: VendorKind::CameraVendor,
        speaks: Cow::Borrowed(&[]),
        oui_camera_specific: false,
        date: Cow::Borrowed(""),
    }
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn at(packet: u64) -> PacketAt {
    PacketAt { input: 0, packet, offset: 24 + packet * 100, length: 84 }
}

fn time(minutes: i64) -> Timestamp {
    Timestamp(START + minutes * MINUTE)
}

fn end(address: &str, port: u16, bytes: u64) -> EndView {
    EndView {
        address: ip(address),
        port: Some(port),
        mac: Some(Mac([0x44, 0x19, 0xb6, 0, 0, port as u8])),
        device: Some(DeviceId::Address(ip(address))),
        packets: bytes / 1000 + 1,
        bytes,
        payload: bytes - bytes / 20,
        payload_unique: Some(bytes - bytes / 19),
        missed: Some(bytes / 100),
        tcp_flags: Some(0x1b),
    }
}

/// One flow of every shape.
pub(crate) fn flows() -> Vec<FlowView<'static>> {
    let full = FlowView {
        community_id: "1:LQU9qZlK+B5F3KDmev6m5PMibrg=".into(),
        start: time(0),
        end: time(31),
        protocol: 6,
        orig: end("192.168.1.64", 49_152, 48_217_906),
        resp: end("203.0.113.40", 443, 911_004),
        orig_basis: OrigBasis::Syn,
        vlan: vec![7, 100],
        tunnel: vec!["vxlan:42".into()],
        tcp_history: Some("ShADadFf".into()),
        app: Some("tls"),
        server_name: Some(b"litedev.hik-connect.com"),
        alpn: Some(b"h2"),
        ja4: Some(b"t13d1516h2_8daaf6152771_e5627efa2ab1"),
        ech: true,
        names: vec![
            NameOf { name: b"litedev.hik-connect.com", source: "sni", packet: Some(at(2204)) },
            NameOf { name: b"evil\x1b[31m\xff\\", source: "dns", packet: None },
        ],
        vendor: Some(&HIKVISION),
        role: Some(Role::Media),
        attribution: Some(Attribution::Sni),
        confidence: Some(93),
        activity: Activity::BulkUpload,
        external: true,
        first_packet: at(2200),
        limits: vec!["content is encrypted"],
        copies: Some(CopiesView { packets: 3, payload: 3600, estimated: true }),
        proof: Some(at(2)),
        uid: "0123456789abcdef".into(),
        end_reason: EndReason::Closed,
        joined: true,
        frame_bytes: 49_700_000,
        tls: Some((Some(b"0304"), b"1301")),
    };
    let bare = FlowView {
        community_id: "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=".into(),
        start: time(1),
        end: time(1),
        protocol: 88,
        orig: EndView {
            port: None,
            mac: None,
            device: None,
            payload_unique: None,
            missed: None,
            tcp_flags: None,
            ..end("fe80::1", 0, 60)
        },
        resp: EndView {
            port: None,
            mac: None,
            device: None,
            payload_unique: None,
            missed: None,
            tcp_flags: None,
            ..end("ff02::a", 0, 0)
        },
        orig_basis: OrigBasis::FirstSeen,
        vlan: vec![],
        tunnel: vec![],
        tcp_history: None,
        app: None,
        server_name: None,
        alpn: None,
        ja4: None,
        ech: false,
        names: vec![],
        vendor: None,
        role: None,
        attribution: None,
        confidence: None,
        activity: Activity::Unknown,
        external: false,
        first_packet: at(1),
        limits: vec![],
        copies: None,
        proof: None,
        uid: "fedcba9876543210".into(),
        end_reason: EndReason::End,
        joined: false,
        frame_bytes: 64,
        tls: None,
    };
    vec![full, bare]
}

pub(crate) fn captures() -> Vec<CaptureRecord> {
    let office = CaptureRecord {
        path: "office.pcapng".into(),
        sha256: None,
        format: "pcapng",
        compression: Some("zstd"),
        link_types: vec!["EN10MB".into(), "LINUX_SLL".into()],
        snap_length: Some(262_144),
        packets: 3000,
        bytes_captured: 51_000_000,
        bytes_wire: 51_000_100,
        start: Some(time(0)),
        end: Some(time(252)),
        torn_tail: true,
        unfiltered: false,
        drops: DropCounts { interface: 777, ring: 0, between: 3 },
        problems: vec![ProblemRecord {
            packet: Some(3001),
            offset: 51_200_000,
            kind: "torn".into(),
            what: "claims 3735928559 bytes; the file has 44120 left".into(),
        }],
    };
    let unread = CaptureRecord {
        path: "a \"b\"\u{1b}[2J\\c.pcap".into(),
        format: "",
        compression: None,
        link_types: vec![],
        snap_length: None,
        packets: 0,
        bytes_captured: 0,
        bytes_wire: 0,
        start: None,
        end: None,
        torn_tail: false,
        unfiltered: false,
        drops: DropCounts::default(),
        problems: vec![ProblemRecord {
            packet: None,
            offset: 0,
            kind: "unreadable".into(),
            what: "no capture file".into(),
        }],
        sha256: Some("ab".repeat(32)),
    };
    vec![office, unread]
}

/// A rule of the catalogue.
pub(crate) fn rule(id: &str) -> &'static ContactRule {
    Catalog::builtin().contact_rules().iter().find(|rule| rule.id == id).unwrap()
}

pub(crate) fn findings() -> Vec<Finding<'static>> {
    let upload = Finding {
        id: "f3a91c07".into(),
        kind: FindingKind::Exfiltration,
        severity: Severity::High,
        confidence: 93,
        device: "44:19:b6:00:00:01".into(),
        vendor: Some(&HIKVISION),
        standing: Standing::Camera,
        party: Party::Vendor,
        endpoint: "litedev.hik-connect.com".into(),
        addresses: vec![ip("203.0.113.40")],
        bytes_out: 48_217_906,
        bytes_in: 911_004,
        repeated: 0,
        estimated: false,
        headers_cut: false,
        encrypted: true,
        opaque: 0,
        packed: 0,
        outcome: Outcome::Answered,
        start: time(0),
        end: time(31),
        flows: vec!["1:LQU9qZlK+B5F3KDmev6m5PMibrg=".into()],
        reasons: vec![
            Reason {
                rule: Rule::Measured {
                    rule: rule("upload"),
                    measured: 48_200_000,
                    flows: 6,
                    sent: 48_217_906,
                    received: 911_004,
                },
                packets: vec![at(2204)],
            },
            Reason { rule: Rule::PartyBy { sources: vec![Attribution::Sni] }, packets: vec![at(2198)] },
        ],
        evidence: vec![at(2204), at(2198)],
        was: vec!["0b1d22e0c4f78a91".into()],
        filter: "ip.addr==192.168.1.64 && ip.addr==203.0.113.40 && tcp.port==443".into(),
    };
    let contact = Finding {
        id: "77c0e2d1".into(),
        kind: FindingKind::VendorContact,
        severity: Severity::Medium,
        confidence: 97,
        device: "9c:8e:cd:00:00:02".into(),
        vendor: Some(&AMCREST),
        endpoint: "203.0.113.9".into(),
        addresses: vec![ip("203.0.113.9")],
        encrypted: false,
        bytes_out: 1_400_000,
        bytes_in: 900_000,
        estimated: true,
        headers_cut: false,
        end: time(252),
        reasons: vec![],
        evidence: vec![at(95)],
        was: vec![],
        filter: String::new(),
        ..upload.clone()
    };
    vec![upload, contact]
}

pub(crate) fn overview() -> Overview {
    Overview {
        exact: true,
        inexact_since: None,
        packets: 3000,
        flows: 2,
        devices: 4,
        cameras: 3,
        suspected: 0,
        findings: [0, 0, 1, 1, 0],
        coverage: Coverage {
            window: Some((time(0), time(252))),
            two_way: (61, 70),
            cut_bytes: 100,
            portless_bytes: 0,
            missed_bytes: 0,
            acknowledged_bytes: 0,
            encrypted: (48_000_000, 50_000_000),
            unattributed: (6_000_000, 50_000_000),
            undecided: 0,
            unread: Unread {
                flows: 3,
                payload: 2_100_000,
                largest: Some(UnreadFlow {
                    ends: [(ip("192.168.1.30"), 554), (ip("192.168.1.9"), 40_000)],
                    protocol: 17,
                    payload: 2_000_000,
                    first_packet: at(700),
                }),
            },
            lacking: Unread::default(),
            between: Between::default(),
            frames: UnreadFrames::default(),
            surplus_bytes: 0,
            hazards: vec![("bad-checksum", 12)],
            caps: vec![],
        },
        catalogue: Some("2026-11-28, 1 vendor".into()),
        command: Some("lenscap scan 'a \u{1b}b.pcap'".into()),
    }
}

pub(crate) fn ledger() -> Ledger {
    Ledger {
        packets: 3000,
        bytes_wire: 51_000_100,
        bytes_captured: 51_000_000,
        in_flows: Amount { packets: 2990, bytes: 50_999_500 },
        non_ip: Amount { packets: 10, bytes: 600 },
        ..Ledger::default()
    }
}

/// The office, with `flows`.
pub(crate) fn office_with(flows: Vec<FlowView<'static>>) -> Report<'static> {
    office_of(devices(), flows)
}

/// The office with other devices.
pub(crate) fn office_of<'a>(devices: Vec<DeviceRecord<'a>>, flows: Vec<FlowView<'a>>) -> Report<'a> {
    let name = NameView {
        name: b"litedev.hik-connect.com",
        address: ip("203.0.113.40"),
        asker: Some(ip("192.168.1.64")),
        source: "dns",
        first: time(0),
        last: time(1),
        packet: at(2198),
        asked: Some(true),
    };
    let names = vec![name, NameView { asker: None, source: "mdns", asked: None, ..name }];
    let records = RecordLists { devices, flows, names, contacts: contacts::contacts() };
    Report::new(captures(), records, findings(), ledger(), overview())
}

pub(crate) fn office() -> Report<'static> {
    office_with(flows())
}

/// The office, where memory did not do.
pub(crate) fn office_over_memory() -> Report<'static> {
    let mut report = office();
    report.overview.exact = false;
    report.overview.inexact_since = Some(time(100));
    report.overview.coverage.caps = vec![("flows-evicted", 40), ("names", 2)];
    report
}

/// A run that could read nothing.
pub(crate) fn nothing() -> Report<'static> {
    let captures = captures().split_off(1);
    let overview = Overview { exact: true, ..Overview::default() };
    Report::new(captures, RecordLists::default(), vec![], Ledger::default(), overview)
}
