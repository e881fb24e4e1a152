//! The findings, worst first, each with its reasons, its packets, its id and a command that shows them.

use super::View;
use super::commands;
use super::page::Page;
use super::row::looked_up;
use super::words;
use crate::escape::escape;
use crate::reason::{self, Digits};
use crate::time;
use crate::units;
use crate::vendor;
use lenscap_flow::report::{Finding, FindingKind, Outcome, PacketAt, Party, Report};

/// Findings that are shown.
const SHOWN: usize = 30;
/// Packets named with a finding.
const PACKETS: usize = 4;
/// Column of the text beside the severity.
const INDENT: usize = 12;

pub(super) fn push(page: &mut Page, report: &Report<'_>, view: &View) {
    if report.findings.is_empty() {
        return;
    }
    page.gap();
    let title = page.style.bold("FINDINGS");
    page.line(&title);
    for finding in report.findings.iter().take(SHOWN) {
        push_one(page, report, finding, view);
    }
    if report.findings.len() > SHOWN {
        let more = (report.findings.len() - SHOWN) as u64;
        page.line(&format!("  {} more: --json --select finding", units::count(more)));
    }
}

fn push_one(page: &mut Page, report: &Report<'_>, finding: &Finding<'_>, view: &View) {
    let level = finding.severity.word().to_uppercase();
    let styled = page.style.severity(finding.severity, &level);
    page.labelled(&level, &styled, INDENT, &headline(report, finding, view));
    for reason in reason::sentences(finding, Digits::Grouped(view.numbers)) {
        page.paragraph(INDENT, &format!("- {}", escape(reason.as_bytes())));
    }
    let proof = packets(report, &finding.evidence);
    page.paragraph(INDENT, &format!("Confidence {}. {proof}. Finding {}.", finding.confidence, finding.id));
    let first = || finding.evidence.first();
    let command = commands::all(report, finding).or_else(|| commands::named(report, &[*first()?]));
    if let Some(command) = command {
        page.line(&format!("{:INDENT$}{command}", ""));
    }
}

/// What is claimed, in one sentence.
pub(super) fn headline(report: &Report<'_>, finding: &Finding<'_>, view: &View) -> String {
    let device = words::capital(&words::device_of_id(report, &finding.device));
    let endpoint = escape(finding.endpoint.as_bytes());
    let called = match finding.vendor {
        Some(vendor) if finding.party == Party::Peer => {
            format!("{endpoint} (a viewer or relay, by the protocol of {})", vendor::name(vendor))
        }
        Some(vendor) if !reason::is_one_of_hosts(finding) => {
            format!("{endpoint} ({})", vendor::name(vendor))
        }
        _ => endpoint.clone().into_owned(),
    };
    // A name is what was asked for; what received is an address.
    let party = match finding.addresses.as_slice() {
        _ if let Some((proxies, all)) = finding.proxies() => {
            let in_part = if all { "" } else { ", in part" };
            let proxies: Vec<_> = proxies.iter().map(ToString::to_string).collect();
            format!(
                "{called}{}{in_part} through {}, a proxy of the site",
                reason::look_up(finding),
                words::listed(&proxies)
            )
        }
        [] => called,
        [one] if one.to_string() == endpoint => called,
        [one] => format!("{one}, which it called {called}{}", reason::look_up(finding)),
        [one, others @ ..] => {
            let others = units::counted(others.len() as u64, "more address");
            format!("{one} and {others}, which it called {called}{}", reason::look_up(finding))
        }
    };
    let about = if finding.estimated || finding.is_mixed() { "about " } else { "" };
    let about = if finding.headers_cut { "at least " } else { about };
    let hidden = if finding.encrypted {
        " (encrypted protocol)"
    } else if finding.is_opaque() {
        " (unknown content)"
    } else {
        ""
    };
    let sent = format!("{about}{}{hidden}", view.numbers.bytes(finding.bytes_out));
    let all_sent = match finding.unseen() {
        Some(least) if finding.headers_cut => format!("at least {} sent", view.numbers.bytes(least)),
        Some(0) => "nothing that it sent was captured".into(),
        Some(least) => format!(
            "nothing that it sent was captured, of which at least {} are acknowledged",
            view.numbers.bytes(least)
        ),
        None => format!("{sent} sent"),
    };
    let received = format!("{about}{}", view.numbers.bytes(finding.bytes_in));
    let when = when(finding);
    let back = match finding.outcome {
        Outcome::NotCaptured if finding.headers_cut || finding.is_mixed() => {
            "whether it was answered cannot be told".into()
        }
        Outcome::NotCaptured => "no answer was captured".into(),
        Outcome::Inferred => "no packet of the other end was captured".into(),
        Outcome::Answered | Outcome::Refused => format!("{received} received"),
    };
    if finding.flows.is_empty()
        && let Some((outcome, _)) = looked_up(finding)
    {
        return format!("{device} asked for {party}; {outcome}: {when}.");
    }
    match finding.kind {
        FindingKind::Attempt => {
            format!("{device} tried to reach {party} and was refused: {all_sent}, {when}.")
        }
        FindingKind::Contact | FindingKind::VendorContact => match finding.outcome {
            Outcome::NotCaptured => format!("{device} sent {sent} to {party}; {back}: {when}."),
            _ => format!("{device} was in contact with {party}: {all_sent}, {back}, {when}."),
        },
        FindingKind::Telemetry => format!("{device} reports to {party}: {all_sent}, {back}, {when}."),
        FindingKind::Exposure => {
            format!("{device} was called from outside by {party} and answered: {all_sent}, {back}, {when}.")
        }
        FindingKind::Exfiltration if finding.outcome == Outcome::Refused => {
            format!("{device} sent {sent} to {party}, which refused it; {back}, {when}.")
        }
        FindingKind::Exfiltration if let Some(least) = finding.unseen() => {
            let least = view.numbers.bytes(least);
            format!(
                "{device} sent at least {least} to {party} that headers show and the capture lacks; {sent} captured, {back}, {when}."
            )
        }
        FindingKind::Exfiltration => format!("{device} uploaded {sent} to {party}; {back}, {when}."),
    }
}

/// `within 31 min from 2026-03-02 09:14:07 UTC`; `at 2026-03-02 09:14:07 UTC` where it was but a moment.
pub(super) fn when(finding: &Finding<'_>) -> String {
    let (start, lasted) = (time::plain(finding.start), finding.end.0.saturating_sub(finding.start.0));
    if lasted > 0 {
        format!("within {} from {start} UTC", units::within(lasted))
    } else {
        format!("at {start} UTC")
    }
}

/// `Packets 2,204 and 2,198 of office.pcapng`; of a single capture its path is known.
fn packets(report: &Report<'_>, evidence: &[PacketAt]) -> String {
    let Some(&first) = evidence.first() else { return "No packet is named".into() };
    let same: Vec<_> = evidence.iter().filter(|at| at.input == first.input).collect();
    let mut parts: Vec<String> = same.iter().take(PACKETS).map(|at| units::count(at.packet)).collect();
    let (more, elsewhere) = (same.len() - parts.len(), evidence.len() - same.len());
    if more > 0 {
        parts.push(format!("{} more", units::count(more as u64)));
    }
    let noun = if parts.len() == 1 { "Packet" } else { "Packets" };
    let here = match report.captures.len() {
        1 => format!("{noun} {}", words::listed(&parts)),
        _ => format!("{noun} {} of {}", words::listed(&parts), escape(path(report, first).as_bytes())),
    };
    if elsewhere == 0 {
        here
    } else {
        format!("{here}, and {} of other captures", units::count(elsewhere as u64))
    }
}

pub(super) fn path<'r>(report: &'r Report<'_>, at: PacketAt) -> &'r str {
    report.captures.get(at.input as usize).map_or("an input that is not listed", |capture| &capture.path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::office;

    #[test]
    fn packets_of_other_captures_are_not_said_to_be_of_this_one() {
        let at = |input, packet| PacketAt { input, packet, offset: 0, length: 1 };
        let report = office();
        let path = &report.captures[0].path;
        assert_eq!(packets(&report, &[at(0, 7)]), format!("Packet 7 of {path}"));
        let both = [at(0, 7), at(1, 8), at(1, 9)];
        assert_eq!(packets(&report, &both), format!("Packet 7 of {path}, and 2 of other captures"));
    }

    #[test]
    fn of_an_interface_no_command_reads_anything_again() {
        let said = |report: &Report<'_>| {
            let view = crate::text::tests::plain(100);
            let mut page = view.page();
            push(&mut page, report, &view);
            page.text().matches("tshark").count() + page.text().matches("lenscap scan").count()
        };
        let mut report = office();
        assert!(said(&report) > 1);
        report.captures[0].format = "live";
        assert_eq!(said(&report), 0);
    }
}
