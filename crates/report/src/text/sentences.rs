//! The first lines: what was found, whose it is, and what left the site.

use super::page::Page;
use super::words;
use crate::json::severity;
use crate::units;
use crate::vendor;
use lenscap_flow::report::{DeviceRecord, Report, Severity};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Devices that get a sentence of their own.
const TOLD: usize = 5;
/// Parties named in such a sentence.
const NAMED: usize = 3;

pub(super) fn push(page: &mut Page, report: &Report<'_>) {
    page.paragraph(0, &[devices(report), findings(report), unread(report)].join(" "));
    if let Some(vendors) = vendors(report) {
        page.paragraph(0, &vendors);
    }
    let mut shown: Vec<_> = report.devices().iter().filter(|device| words::is_shown(device)).collect();
    shown.sort_by_key(|device| Reverse(device.bytes_out_external));
    let (talked, silent): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|d| d.bytes_out_external > 0 || d.bytes_in_external > 0);
    for device in talked.iter().take(TOLD) {
        page.paragraph(0, &left(report, device));
    }
    if let Some(more) = talked.len().checked_sub(TOLD + 1) {
        let more = more as u64 + 1;
        page.paragraph(
            0,
            &format!("{} more sent or received bytes outside: see the table.", units::count(more)),
        );
    }
    if !silent.is_empty() {
        page.paragraph(0, &quiet(report, &silent));
    }
}

fn devices(report: &Report<'_>) -> String {
    let all = units::counted(report.overview.devices, "device");
    match words::classes(report) {
        Some(found) if report.devices().iter().any(|device| device.is_camera) => {
            format!("{found} among {all}.")
        }
        Some(found) => format!("{found}, and no camera, recognised among {all}."),
        None => format!("No camera was recognised among {all}."),
    }
}

fn findings(report: &Report<'_>) -> String {
    let counts = report.overview.findings;
    let order = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    let parts: Vec<String> = order
        .iter()
        .zip(counts)
        .rev()
        .filter(|&(_, count)| count > 0)
        .map(|(&level, count)| format!("{} {}", units::count(count), severity(level)))
        .collect();
    match counts.iter().sum::<u64>() {
        0 => "No finding.".into(),
        sum => format!("{}: {}.", units::counted(sum, "finding"), words::listed(&parts)),
    }
}

/// That the answer is not about everything, where it is not.
fn unread(report: &Report<'_>) -> String {
    let torn = report.captures.iter().filter(|capture| !capture.is_whole()).count() as u64;
    let all = units::counted(report.captures.len() as u64, "capture");
    match torn {
        0 => String::new(),
        1 if report.captures.len() == 1 => "The capture could not be read whole: see below.".into(),
        _ => format!("Of {all}, {} could not be read whole: see below.", units::count(torn)),
    }
}

fn vendors(report: &Report<'_>) -> Option<String> {
    let mut counts: BTreeMap<&str, (u64, &DeviceRecord<'_>)> = BTreeMap::new();
    for device in report.devices().iter().filter(|device| words::is_shown(device)) {
        counts.entry(device.vendor.map_or("", vendor::id)).or_insert((0, device)).0 += 1;
    }
    let mut counts: Vec<_> = counts.into_values().collect();
    counts.sort_by_key(|&(count, _)| Reverse(count));
    let parts: Vec<String> = counts
        .iter()
        .map(|(count, device)| {
            let vendor = words::vendor_phrase(report, device);
            format!("{vendor} {}", units::count(*count))
        })
        .collect();
    (!parts.is_empty()).then(|| format!("Vendors: {}.", words::listed(&parts)))
}

/// What left one device, and to whom.
fn left(report: &Report<'_>, device: &DeviceRecord<'_>) -> String {
    let mut outside: Vec<_> = device.endpoints.iter().filter(|end| words::is_outside(end)).collect();
    outside.sort_by_key(|end| Reverse(end.bytes_out));
    let mut parts: Vec<String> = outside
        .iter()
        .take(NAMED)
        .map(|end| {
            let who = end.vendor.map_or(words::party(end), vendor::name);
            format!("{} to {who} ({})", units::bytes(end.bytes_out), words::name(end))
        })
        .collect();
    if outside.len() > NAMED {
        parts.push(format!("the rest to {}", units::counted((outside.len() - NAMED) as u64, "other")));
    }
    let (sent, received) = (units::bytes(device.bytes_out_external), units::bytes(device.bytes_in_external));
    let whom = if parts.is_empty() { String::new() } else { format!(": {}", words::listed(&parts)) };
    format!(
        "{} sent {sent} outside and received {received}{whom}.",
        words::capital(&words::device(report, device))
    )
}

fn quiet(report: &Report<'_>, silent: &[&DeviceRecord<'_>]) -> String {
    if let [only] = silent {
        let who = words::capital(&words::device(report, only));
        return format!("{who}: 0 B to or from outside were seen.");
    }
    let others = units::counted(silent.len() as u64, "other");
    format!("{others}: 0 B to or from outside were seen.")
}
