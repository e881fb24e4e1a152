//! The tables of the long report: cameras and recorders, their outside parties, and the other devices in short.

use super::View;
use super::list;
use super::page::Page;
use super::table::{self, Column};
use super::words;
use crate::units;
use lenscap_flow::report::{DeviceRecord, Report, Standing};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Pieces of evidence that are told, and of how many devices.
const WHY: usize = 6;
const TOLD: usize = 20;
/// Rows of cameras, of parties, and of other devices.
const MOST: (usize, usize, usize) = (100, 40, 15);

pub(super) fn push(page: &mut Page, report: &Report<'_>, view: &View) {
    let is_shown =
        |device: &&DeviceRecord<'_>| matches!(device.standing, Standing::Camera | Standing::Suspected);
    let (mut shown, mut others): (Vec<_>, Vec<_>) = report.devices().iter().partition(is_shown);
    shown.sort_by_key(|device| Reverse(device.bytes_out_external));
    others.sort_by_key(|device| Reverse(device.bytes_out_external));
    let (cameras, possible): (Vec<_>, Vec<_>) = shown.iter().copied().partition(|device| device.is_camera);
    // What is said above of the columns hangs on which of them the page has room for.
    let (mut below, mut inside) = (Page::new(page.style, page.width), false);
    let tables = [
        ("CAMERAS AND RECORDERS", &cameras, MOST.0),
        ("POSSIBLE CAMERAS", &possible, MOST.0),
        ("OTHER DEVICES", &others, MOST.2),
    ];
    for (n, (title, devices, most)) in tables.into_iter().enumerate() {
        if n == 2 {
            push_parties(&mut below, &shown, view);
        }
        if !devices.is_empty() {
            let rows = devices.get(..most).unwrap_or(devices);
            inside |= list::push_devices(&mut below, title, rows, view);
            push_more(&mut below, devices.len(), most);
            if n < 2 {
                push_why(&mut below, report, rows);
            }
        }
    }
    if !report.devices().is_empty() {
        let inside = if inside { ", and inside the site" } else { "" };
        let sure = if shown.is_empty() { "" } else { " In brackets how sure a camera is, of 100." };
        page.gap();
        page.paragraph(
            0,
            &format!(
                "Tables count IP bytes, headers included, to and from outside{inside}; Wireshark's frames have 14 \
                 more on Ethernet.{sure}"
            ),
        );
        page.gap();
        below.text().lines().for_each(|line| page.line(line));
    }
}

/// What makes each of them a camera, and what is known of its maker, in words.
fn push_why(page: &mut Page, report: &Report<'_>, devices: &[&DeviceRecord<'_>]) {
    for device in devices.iter().take(TOLD) {
        let clauses = [
            Some(words::evidence(device, 0, WHY)).filter(|evidence| !evidence.is_empty()),
            words::owner(report, device),
            words::listed_firm(device),
            words::conflict(report, device),
            Some(words::address_doubts(device).collect::<Vec<_>>().join("; "))
                .filter(|text| !text.is_empty()),
        ];
        let clauses: Vec<String> = clauses.into_iter().flatten().collect();
        if !clauses.is_empty() {
            page.paragraph(2, &format!("{}: {}", words::address(device), clauses.join("; ")));
        }
    }
}

fn push_more(page: &mut Page, all: usize, shown: usize) {
    if all > shown {
        let more = units::count((all - shown) as u64);
        page.line(&format!("  {more} more: --json --select device"));
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

fn push_parties(page: &mut Page, devices: &[&DeviceRecord<'_>], view: &View) {
    let mut parties: BTreeMap<String, Party> = BTreeMap::new();
    for endpoint in devices.iter().flat_map(|device| &device.endpoints).filter(|end| end.is_outside()) {
        let party = parties.entry(words::whose(endpoint)).or_default();
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
        Column::name("names or addresses", 20),
        Column::number("flows").ranked(1),
        Column::number("sent"),
        Column::number("received"),
        Column::text("activity", 12).ranked(2),
    ];
    let row = |(name, party): &(String, Party)| {
        vec![
            name.clone(),
            names(&party.names),
            units::count(party.flows),
            view.numbers.bytes(party.sent),
            view.numbers.bytes(party.received),
            party.activity.iter().copied().collect::<Vec<_>>().join(", "),
        ]
    };
    let rows: Vec<_> = parties.iter().take(MOST.1).map(row).collect();
    table::push(page, "OUTSIDE PARTIES OF CAMERAS AND POSSIBLE CAMERAS", &columns, &rows);
    push_more(page, parties.len(), MOST.1);
}

fn names(names: &BTreeSet<String>) -> String {
    let first = names.first().cloned().unwrap_or_default();
    match names.len() {
        0 | 1 => first,
        many => format!("{first} and {} more", many - 1),
    }
}
