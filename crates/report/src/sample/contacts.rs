//! The contacts of the office.

use super::{HIKVISION, at, ip, time};
use lenscap_flow::report::{Activity, Attribution, Called, ContactRecord, Party, Role};

/// The contacts behind the findings, and one that nothing is known of.
pub(super) fn contacts() -> Vec<ContactRecord<'static>> {
    let upload = ContactRecord {
        device: "44:19:b6:00:00:01".into(),
        party: Party::Vendor,
        name: Some("litedev.hik-connect.com\u{1b}[31m".into()),
        address: Some(ip("203.0.113.40")),
        protocol: Some(6),
        called: Called::Out,
        vendor: Some(&HIKVISION),
        role: Some(Role::Media),
        attribution: Some(Attribution::Sni),
        confidence: Some(95),
        activity: vec![Activity::BulkUpload, Activity::Signalling],
        flows: 6,
        payload_out: 48_217_906,
        payload_in: 911_004,
        bytes_out: 50_000_000,
        bytes_in: 1_000_000,
        copies: 12,
        start: time(0),
        end: time(31),
        largest: vec!["1:LQU9qZlK+B5F3KDmev6m5PMibrg=".into()],
        evidence: vec![at(2198), at(2204)],
        addresses: vec![ip("203.0.113.40")],
        ports: vec![(1, 8), (6, 443)],
        finding: Some("f3a91c07".into()),
    };
    let called_in = ContactRecord {
        party: Party::Unknown,
        name: None,
        called: Called::In,
        vendor: None,
        role: None,
        attribution: None,
        confidence: None,
        finding: None,
        ..upload.clone()
    };
    vec![upload, called_in]
}
