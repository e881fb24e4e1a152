//! The tables: cameras and recorders, their outside parties, and the other devices in short.

use super::findings::inputs;
use super::page::Page;
use super::table::{self, Column};
use super::words;
use crate::escape::escape;
use crate::units;
use lenscap_flow::report::{DeviceRecord, Report, Standing, WhyRecord};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of cameras, of parties, and of other devices.
const MOST: (usize, usize, usize) = (100, 40, 15);

pub(super) fn push(page: &mut Page, report: &Report<'_>) {
    let is_shown =
        |device: &&DeviceRecord<'_>| matches!(device.standing, Standing::Camera | Standing::Suspected);
    let (mut shown, mut others): (Vec<_>, Vec<_>) = report.devices().iter().partition(is_shown);
    shown.sort_by_key(|device| Reverse(device.bytes_out_external));
    others.sort_by_key(|device| Reverse(device.bytes_out_external));
    let (shown, possible): (Vec<_>, Vec<_>) = shown.into_iter().partition(|device| device.is_camera);
    for (title, devices) in [("CAMERAS AND RECORDERS", &shown), ("POSSIBLE CAMERAS", &possible)] {
        if !devices.is_empty() {
            push_cameras(page, report, title, devices);
        }
    }
    push_parties(page, report, &shown);
    if !others.is_empty() {
        push_others(page, report, &others);
    }
}

fn push_cameras(page: &mut Page, report: &Report<'_>, title: &str, devices: &[&DeviceRecord<'_>]) {
    let columns = [
        Column::whole("address"),
        Column::whole("what"),
        Column::text("vendor (parent)", 16),
        Column::text("model", 14),
        Column::text("proof", 10),
        Column::number("sure"),
        Column::number("sent"),
        Column::number("received"),
    ];
    let rows: Vec<_> = devices
        .iter()
        .take(MOST.0)
        .map(|device| {
            [
                words::address(device),
                words::class(device).into(),
                words::maker_cell(report, device),
                device
                    .model
                    .as_deref()
                    .map(|model| escape(model.as_bytes()).into_owned())
                    .unwrap_or_default(),
                proof(device),
                device.confidence.to_string(),
                units::bytes(device.bytes_out_external),
                units::bytes(device.bytes_in_external),
            ]
        })
        .collect();
    table::push(page, &format!("{title} (bytes to and from outside)"), &columns, &rows);
    push_more(page, report, devices.len(), MOST.0);
}

/// The strongest evidence: what each piece is, and the packet that shows it.
fn proof(device: &DeviceRecord<'_>) -> String {
    let counts = device.why.iter().filter(|why| !why.claimed && why.weight > 0).take(3);
    let part = |why: &WhyRecord<'_>| match why.packet {
        Some(at) => format!("{} #{}", why.kind, at.packet),
        None => why.kind.to_string(),
    };
    counts.map(part).collect::<Vec<_>>().join(", ")
}

fn push_more(page: &mut Page, report: &Report<'_>, all: usize, shown: usize) {
    if all > shown {
        let more = units::count((all - shown) as u64);
        page.line(&format!("  {more} more: lenscap scan {} --json --select device", inputs(report)));
    }
}

/// What is known of one outside party, over all cameras.
#[derive(Default)]
struct Party {
    names: BTreeSet<String>,
    activity: BTreeSet<&'static str>,
    flows: u64,
    sent: u64,
    received: u64,
}

fn push_parties(page: &mut Page, report: &Report<'_>, devices: &[&DeviceRecord<'_>]) {
    let mut parties: BTreeMap<String, Party> = BTreeMap::new();
    for endpoint in devices.iter().flat_map(|device| &device.endpoints).filter(|end| end.is_outside()) {
        let party = parties.entry(words::owner(endpoint)).or_default();
        party.names.insert(words::name(endpoint));
        party.activity.extend(endpoint.activity.iter().map(|activity| activity.word()));
        party.flows += endpoint.flows;
        party.sent += endpoint.bytes_out;
        party.received += endpoint.bytes_in;
    }
    if parties.is_empty() {
        return;
    }
    let mut parties: Vec<_> = parties.into_iter().collect();
    parties.sort_by_key(|(_, party)| Reverse(party.sent));
    let columns = [
        Column::text("party", 14),
        Column::text("names or addresses", 20),
        Column::number("flows"),
        Column::number("sent"),
        Column::number("received"),
        Column::text("activity", 12),
    ];
    let rows: Vec<_> = parties
        .iter()
        .take(MOST.1)
        .map(|(name, party)| {
            [
                name.clone(),
                names(&party.names),
                units::count(party.flows),
                units::bytes(party.sent),
                units::bytes(party.received),
                party.activity.iter().copied().collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    table::push(page, "OUTSIDE PARTIES OF CAMERAS AND RECORDERS", &columns, &rows);
    push_more(page, report, parties.len(), MOST.1);
}

fn names(names: &BTreeSet<String>) -> String {
    let first = names.first().cloned().unwrap_or_default();
    match names.len() {
        0 | 1 => first,
        many => format!("{first} and {} more", many - 1),
    }
}

fn push_others(page: &mut Page, report: &Report<'_>, devices: &[&DeviceRecord<'_>]) {
    let columns = [
        Column::whole("address"),
        Column::whole("MAC"),
        Column::text("vendor (parent)", 16),
        Column::number("sent"),
        Column::number("received"),
    ];
    let rows: Vec<_> = devices
        .iter()
        .take(MOST.2)
        .map(|device| {
            [
                words::address(device),
                device.mac.map(|mac| mac.to_string()).unwrap_or_default(),
                words::maker_cell(report, device),
                units::bytes(device.bytes_out_external),
                units::bytes(device.bytes_in_external),
            ]
        })
        .collect();
    table::push(page, "OTHER DEVICES (bytes to and from outside)", &columns, &rows);
    push_more(page, report, devices.len(), MOST.2);
}
