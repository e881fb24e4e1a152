//! The devices of the office: a camera that uploads, one that registers, a recorder and a printer.

use super::{AMCREST, HIKVISION, at, ip};
use lenscap_flow::report::{
    Activity, AddressDoubt, DeviceClass, DeviceRecord, EndpointRecord, Evidence, MakerRecord, PacketAt,
    Party, SharedGroup, SightingRecord, Standing, WhyRecord,
};
use lenscap_wire::Mac;
use std::borrow::Cow;

fn why(kind: Evidence, value: &'static [u8], weight: u8, packet: Option<PacketAt>) -> WhyRecord<'static> {
    WhyRecord {
        kind,
        value: Cow::Borrowed(value),
        weight,
        claimed: weight == 0,
        names_maker: weight > 0,
        packet,
    }
}

fn reasons() -> Vec<WhyRecord<'static>> {
    vec![
        why(Evidence::Model, b"DS-2CD2042WD-I", 60, Some(at(5))),
        why(Evidence::Prefix, b"44:19:b6", 40, None),
        why(Evidence::Model, b"/ISAPI/\x1b[31m", 0, Some(at(6))),
    ]
}

fn outside() -> Vec<EndpointRecord<'static>> {
    vec![
        EndpointRecord {
            party: Party::Vendor,
            vendor: Some(&HIKVISION),
            name: Some(b"litedev.hik-connect.com"),
            address: ip("203.0.113.40"),
            bytes_out: 48_213_810,
            bytes_in: 906_908,
            flows: 6,
            activity: vec![Activity::BulkUpload, Activity::Signalling],
            hides_look_ups: false,
        },
        EndpointRecord {
            party: Party::Shared(SharedGroup::Time),
            vendor: None,
            name: Some(b"pool.ntp.org"),
            address: ip("198.51.100.7"),
            bytes_out: 4096,
            bytes_in: 4096,
            flows: 12,
            activity: vec![Activity::TimeSync],
            hides_look_ups: false,
        },
    ]
}

fn sightings() -> Vec<SightingRecord<'static>> {
    vec![
        SightingRecord {
            kind: "oui",
            value: Cow::Borrowed(b"44:19:b6"),
            vendor: Some(&HIKVISION),
            count: 3,
            packet: Some(at(1)),
        },
        SightingRecord {
            kind: "sadp",
            value: Cow::Borrowed(b"DS-2CD2042WD-I"),
            vendor: None,
            count: 1,
            packet: Some(at(118)),
        },
    ]
}

pub(crate) fn devices() -> Vec<DeviceRecord<'static>> {
    let uploads = DeviceRecord {
        id: "44:19:b6:00:00:01".into(),
        mac: Some(Mac([0x44, 0x19, 0xb6, 0, 0, 1])),
        addresses: vec![ip("192.168.1.64"), ip("fe80::4619:b6ff:fe00:1")],
        vendor: Some(&HIKVISION),
        model: Some("DS-2CD2042WD-I".into()),
        serial: Some("DS-2CD2042WD-I20160101AAWR123456789".into()),
        firmware: Some("V5.4.5 build 170123".into()),
        class: Some(DeviceClass::Camera),
        is_camera: true,
        confidence: 99,
        bytes_out: 48_300_000,
        bytes_in: 1_100_000,
        bytes_out_external: 48_217_906,
        bytes_in_external: 911_004,
        payload_out_external: 47_000_000,
        payload_in_external: 900_000,
        endpoints: outside(),
        sightings: sightings(),
        aliases: vec!["192.168.1.64".into(), "DS-2CD2042WD-I20160101AAWR123456789".into()],
        standing: Standing::Camera,
        kind_points: 140,
        maker_points: 120,
        registrant: Some("Hangzhou Hikvision Digital Technology Co.,Ltd."),
        maker_by_cloud: false,
        maker: Some("Hikvision"),
        why: reasons(),
        conflicts: vec![MakerRecord { vendor: &AMCREST, points: 40 }],
        address_doubts: vec![],
        reported_makers: vec![],
        cloud_of: Some(&HIKVISION),
        platform: Some(&HIKVISION),
    };
    let registers = DeviceRecord {
        id: "9c:8e:cd:00:00:02".into(),
        mac: Some(Mac([0x9c, 0x8e, 0xcd, 0, 0, 2])),
        addresses: vec![ip("192.168.1.70")],
        vendor: Some(&AMCREST),
        model: Some("IP4M-\u{1b}[31m1051".into()),
        serial: None,
        firmware: None,
        confidence: 97,
        bytes_out: 1_400_000,
        bytes_in: 900_000,
        bytes_out_external: 1_400_000,
        bytes_in_external: 900_000,
        endpoints: vec![EndpointRecord {
            party: Party::Vendor,
            vendor: Some(&AMCREST),
            name: None,
            address: ip("203.0.113.9"),
            bytes_out: 1_400_000,
            bytes_in: 900_000,
            flows: 41,
            activity: vec![Activity::Signalling],
            hides_look_ups: false,
        }],
        sightings: vec![],
        address_doubts: vec![],
        reported_makers: vec![&HIKVISION],
        ..uploads.clone()
    };
    let recorder = DeviceRecord {
        id: "192.168.1.20".into(),
        mac: None,
        addresses: vec![ip("192.168.1.20")],
        model: None,
        serial: None,
        firmware: None,
        class: Some(DeviceClass::Recorder),
        confidence: 80,
        bytes_out: 100,
        bytes_in: 0,
        bytes_out_external: 0,
        bytes_in_external: 0,
        endpoints: vec![],
        sightings: vec![],
        ..uploads.clone()
    };
    let printer = DeviceRecord {
        id: "00:11:22:00:00:03".into(),
        addresses: vec![ip("192.168.1.5")],
        vendor: None,
        class: None,
        is_camera: false,
        confidence: 0,
        standing: Standing::Other,
        kind_points: 0,
        maker_points: 0,
        maker: Some("Printers \u{202e}Inc"),
        why: vec![],
        cloud_of: None,
        platform: None,
        address_doubts: vec![
            AddressDoubt::Shared { address: ip("192.168.1.5"), with: Mac([2, 0, 0, 0, 0, 9]) },
            AddressDoubt::Foreign { addresses: 4, is_more: true },
        ],
        ..recorder.clone()
    };
    vec![uploads, registers, recorder, printer]
}
