//! The first lines: the answer of the report in words.

use super::page::Page;
use super::words;
use crate::units;
use lenscap_flow::report::{DeviceClass, DeviceRecord, Left, Report, Sentence, Severity};

pub(super) fn push(page: &mut Page, report: &Report<'_>) {
    let answer = report.answer();
    // What is said of the run as a whole is one paragraph.
    let whole = answer.partition_point(|sentence| {
        matches!(
            sentence,
            Sentence::Recognised(..) | Sentence::Suspected(_) | Sentence::Found(_) | Sentence::NotWhole(..)
        )
    });
    let mut told = answer.iter().map(|sentence| phrase(report, sentence));
    page.paragraph(0, &told.by_ref().take(whole).collect::<Vec<_>>().join(" "));
    told.for_each(|sentence| page.paragraph(0, &sentence));
}

fn phrase(report: &Report<'_>, sentence: &Sentence<'_, '_>) -> String {
    match sentence {
        Sentence::Recognised(classes, devices) => recognised(classes, *devices),
        Sentence::Suspected(devices) => suspected(report, devices),
        Sentence::Found(counts) => found(counts),
        Sentence::NotWhole(_, 1) => "The capture could not be read whole: see below.".into(),
        Sentence::NotWhole(some, all) => {
            let all = units::counted(*all, "capture");
            format!("Of {all}, {} could not be read whole: see below.", units::count(*some))
        }
        Sentence::Vendors(counts) => {
            let part = |(vendor, count): &(_, _)| {
                format!("{} {}", words::vendor_phrase(report, *vendor), units::count(*count))
            };
            format!("Vendors: {}.", words::listed(&counts.iter().map(part).collect::<Vec<_>>()))
        }
        Sentence::Left(device) => left(report, device),
        Sentence::MoreLeft(more) => {
            format!("{} more sent or received bytes outside: see the table.", units::count(*more))
        }
        Sentence::Quiet(devices) => quiet(report, devices),
    }
}

fn recognised(classes: &[(DeviceClass, u64)], devices: u64) -> String {
    let all = units::counted(devices, "device");
    let classes: Vec<_> = classes.iter().map(|(class, n)| units::counted(*n, class.word())).collect();
    match classes.as_slice() {
        [] => format!("No camera was recognised among {all}."),
        classes => format!("{} among {all}.", words::listed(classes)),
    }
}

/// Possible cameras that are named.
const NAMED: usize = 3;

fn suspected(report: &Report<'_>, devices: &[&DeviceRecord<'_>]) -> String {
    let mut names: Vec<_> = devices.iter().take(NAMED).map(|device| words::which(report, device)).collect();
    if devices.len() > NAMED {
        names.push(units::counted((devices.len() - NAMED) as u64, "other"));
    }
    format!("{}: {}.", units::counted(devices.len() as u64, "possible camera"), words::listed(&names))
}

fn found(counts: &[(Severity, u64)]) -> String {
    let parts: Vec<_> =
        counts.iter().map(|(level, count)| format!("{} {}", units::count(*count), level.word())).collect();
    match counts.iter().map(|(_, count)| count).sum() {
        0 => "No finding.".into(),
        sum => format!("{}: {}.", units::counted(sum, "finding"), words::listed(&parts)),
    }
}

fn left(report: &Report<'_>, Left { device, to, others }: &Left<'_, '_>) -> String {
    let mut parts: Vec<String> = to
        .iter()
        .map(|end| {
            let who = words::owner(end);
            format!("{} to {who} ({})", units::bytes(end.bytes_out), words::name(end))
        })
        .collect();
    if *others > 0 {
        parts.push(format!("the rest to {}", units::counted(*others, "other")));
    }
    let (sent, received) = (units::bytes(device.bytes_out_external), units::bytes(device.bytes_in_external));
    let whom = if parts.is_empty() { String::new() } else { format!(": {}", words::listed(&parts)) };
    format!(
        "{} sent {sent} outside and received {received}{whom}.",
        words::capital(&words::device(report, device))
    )
}

fn quiet(report: &Report<'_>, silent: &[&DeviceRecord<'_>]) -> String {
    let who = match silent {
        [only] => words::capital(&words::device(report, only)),
        _ => units::counted(silent.len() as u64, "other"),
    };
    format!("{who}: 0 B to or from outside were seen.")
}
