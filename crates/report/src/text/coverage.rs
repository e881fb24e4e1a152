//! What was seen, what could not be seen, and where every packet went, with the same weight as what was found.

use super::limits::dropped;
use super::page::Page;
use super::words;
use crate::escape::escape;
use crate::time;
use crate::units;
use lenscap_flow::report::{Amount, CaptureRecord, Report};

/// Problems of inputs that are shown.
const PROBLEMS: usize = 10;
/// Oddities and caps that are named.
const NAMED: usize = 6;

pub(super) fn push(page: &mut Page, report: &Report<'_>) {
    page.gap();
    page.paragraph(0, &format!("Seen: {}.", seen(report)));
    let unseen = unseen(report);
    let unseen = if unseen.is_empty() { String::new() } else { format!("Not seen: {unseen}. ") };
    page.paragraph(0, &format!("{unseen}What was not seen may still have happened."));
    push_problems(page, &report.captures);
}

fn seen(report: &Report<'_>) -> String {
    let overview = &report.overview;
    let amounts = format!(
        "{} and {} in {}",
        units::counted(overview.packets, "packet"),
        units::counted(overview.flows, "flow"),
        units::counted(report.captures.len() as u64, "capture"),
    );
    let Some((start, end)) = overview.coverage.window else { return amounts };
    format!("{}; {amounts}", time::window(start, end))
}

/// Every limit in words.
fn unseen(report: &Report<'_>) -> String {
    let (overview, ledger) = (&report.overview, &report.ledger);
    let coverage = &overview.coverage;
    let mut limits = Vec::new();
    if overview.packets == 0 {
        limits.push("no packet could be read".into());
    }
    let (both, flows) = coverage.two_way;
    if let Some(share) = units::share(flows.saturating_sub(both), flows) {
        let other = || format!("the other direction of {share} of the TCP and UDP flows, if there was one");
        limits.extend((both < flows).then(other));
    }
    if coverage.cut_bytes > 0 {
        limits.push(format!("{} cut off by the snap length", units::bytes(coverage.cut_bytes)));
    }
    if coverage.missed_bytes > 0 {
        limits.push(format!(
            "{} of TCP by the sequence numbers between what was captured",
            units::bytes(coverage.missed_bytes)
        ));
    }
    if coverage.acknowledged_bytes > 0 {
        limits.push(format!(
            "at least {} of TCP that the other end acknowledges, without the packets of it",
            units::bytes(coverage.acknowledged_bytes)
        ));
    }
    if coverage.portless_bytes > 0 {
        limits.push(format!(
            "the ports of {}, in fragments or cut headers",
            units::bytes(coverage.portless_bytes)
        ));
    }
    limits.extend(dropped(&report.captures));
    limits.extend(of_payload("all but the handshakes, in encrypted protocols,", coverage.encrypted));
    limits.extend(of_payload("a name or vendor", coverage.unattributed));
    if coverage.undecided > 0 {
        let flows = units::counted(coverage.undecided, "flow");
        limits.push(format!("all of the beginning of {flows}, longer or in more pieces than what is read"));
    }
    limits.extend(unread("that could not be decoded", ledger.undecodable));
    limits.extend(unread("too short to decode", ledger.truncated));
    limits.extend(unread("left out by the filters given", ledger.filtered));
    limits.extend(unread("kept only as sums", ledger.in_residuals));
    if !coverage.caps.is_empty() {
        let since = overview.inexact_since.map(|time| format!(" from {} UTC on", time::plain(time)));
        let since = since.unwrap_or_default();
        limits.push(format!("limits that were reached{since}: {}", counts(&coverage.caps)));
    }
    if !coverage.hazards.is_empty() {
        limits.push(format!("packets with oddities: {}", counts(&coverage.hazards)));
    }
    limits.join("; ")
}

/// What is missing for a part of the outside payload.
fn of_payload(missing: &str, (part, whole): (u64, u64)) -> Option<String> {
    let share = units::share(part, whole).filter(|_| part > 0)?;
    Some(format!("{missing} of {share} of the payload to and from outside"))
}

fn unread(what: &str, amount: Amount) -> Option<String> {
    let Amount { packets, bytes } = amount;
    (packets > 0).then(|| format!("{} ({}) {what}", units::counted(packets, "packet"), units::bytes(bytes)))
}

fn counts(counts: &[(&'static str, u64)]) -> String {
    let mut parts: Vec<String> =
        counts.iter().take(NAMED).map(|(name, count)| format!("{name} {}", units::count(*count))).collect();
    if counts.len() > NAMED {
        parts.push(units::counted((counts.len() - NAMED) as u64, "more kind"));
    }
    words::listed(&parts)
}

fn push_problems(page: &mut Page, captures: &[CaptureRecord]) {
    let problems = || captures.iter().flat_map(|capture| capture.problems.iter().map(move |p| (capture, p)));
    for (capture, problem) in problems().take(PROBLEMS) {
        let packet = problem.packet.map(|n| format!("packet {} ", units::count(n))).unwrap_or_default();
        page.paragraph(
            2,
            &format!(
                "{}: {packet}at byte {}: {}",
                escape(capture.path.as_bytes()),
                units::count(problem.offset),
                escape(problem.what.as_bytes()),
            ),
        );
    }
    let more = problems().count().saturating_sub(PROBLEMS);
    if more > 0 {
        page.paragraph(
            2,
            &format!("{}: --json --select capture", units::counted(more as u64, "more problem")),
        );
    }
}

/// Double entry, and whether it balances.
pub(super) fn push_ledger(page: &mut Page, report: &Report<'_>) {
    let ledger = &report.ledger;
    let parts: Vec<String> = [
        ("flows", ledger.in_flows),
        ("residuals", ledger.in_residuals),
        ("not IP", ledger.non_ip),
        ("undecodable", ledger.undecodable),
        ("truncated", ledger.truncated),
        ("filtered", ledger.filtered),
    ]
    .iter()
    .map(|(name, amount)| format!("{name} {}", units::count(amount.bytes)))
    .collect();
    page.gap();
    page.paragraph(
        0,
        &format!(
            "Ledger, in bytes on the wire: {}, {} = {}. {}. Counting {}.",
            units::counted(ledger.packets, "packet"),
            units::counted(ledger.bytes_wire, "byte"),
            parts.join(" + "),
            if ledger.balanced() { "Balanced" } else { "NOT BALANCED: do not rely on this report" },
            if report.overview.exact { "complete" } else { "not complete" },
        ),
    );
}
