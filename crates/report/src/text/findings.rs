//! The findings, worst first, each with its packets, its id and a command that shows the first packet.

use super::page::Page;
use super::words;
use crate::escape::escape;
use crate::reason;
use crate::shell;
use crate::time;
use crate::units;
use crate::vendor;
use lenscap_flow::report::{
    CaptureRecord, Finding, FindingKind, LookUp, Outcome, PacketAt, Party, Report, Rule,
};

/// Findings that are shown.
const SHOWN: usize = 30;
/// Packets named with a finding.
const PACKETS: usize = 4;
/// Column of the text beside the severity.
const INDENT: usize = 12;

pub(super) fn push(page: &mut Page, report: &Report<'_>) {
    page.gap();
    for finding in report.findings.iter().take(SHOWN) {
        push_one(page, report, finding);
    }
    if report.findings.len() > SHOWN {
        let more = (report.findings.len() - SHOWN) as u64;
        let again = !report.captures.iter().any(is_gone);
        let command = if again { format!("lenscap scan {} ", inputs(report)) } else { String::new() };
        page.line(&format!("  {} more: {command}--json --select finding", units::count(more)));
    }
    page.gap();
}

fn push_one(page: &mut Page, report: &Report<'_>, finding: &Finding<'_>) {
    let level = finding.severity.word().to_uppercase();
    let styled = page.style.severity(finding.severity, &level);
    page.labelled(&level, &styled, INDENT, &headline(report, finding));
    for reason in reason::sentences(finding) {
        page.paragraph(INDENT, &format!("- {}", escape(reason.as_bytes())));
    }
    let proof = packets(report, &finding.evidence);
    page.paragraph(INDENT, &format!("Confidence {}. {proof}. Finding {}.", finding.confidence, finding.id));
    if let Some(command) = finding.evidence.first().and_then(|&at| tshark(report, finding, at)) {
        page.line(&format!("{:INDENT$}{command}", ""));
    }
}

/// What is claimed, in one sentence.
fn headline(report: &Report<'_>, finding: &Finding<'_>) -> String {
    let device = words::capital(&words::device_of_id(report, &finding.device));
    let endpoint = escape(finding.endpoint.as_bytes());
    let called = match finding.vendor {
        Some(vendor) if finding.party == Party::Peer => {
            format!("{endpoint} (a viewer or relay, by the protocol of {})", vendor::name(vendor))
        }
        Some(vendor) => format!("{endpoint} ({})", vendor::name(vendor)),
        None => endpoint.clone().into_owned(),
    };
    // A name is what was asked for; what received is an address.
    let party = match finding.addresses.as_slice() {
        [] => called,
        [one] if one.to_string() == endpoint => called,
        [one] => format!("{one}, which it called {called}"),
        [one, others @ ..] => {
            let others = units::counted(others.len() as u64, "more address");
            format!("{one} and {others}, which it called {called}")
        }
    };
    let sent = if finding.encrypted {
        format!("{} (encrypted)", units::bytes(finding.bytes_out))
    } else {
        units::bytes(finding.bytes_out)
    };
    let received = units::bytes(finding.bytes_in);
    let lasted = units::span(finding.end.0.saturating_sub(finding.start.0));
    let when = format!("within {lasted} from {} UTC", time::plain(finding.start));
    let back = match finding.outcome {
        Outcome::NotCaptured => "no answer was captured".into(),
        Outcome::Answered | Outcome::Refused => format!("{received} received"),
    };
    if finding.flows.is_empty()
        && let Some(outcome) = looked_up(finding)
    {
        return format!("{device} asked for {party}; {outcome}: {when}.");
    }
    match finding.kind {
        FindingKind::Attempt => {
            format!("{device} tried to reach {party} and was refused: {sent} sent, {when}.")
        }
        FindingKind::Contact | FindingKind::VendorContact => match finding.outcome {
            Outcome::NotCaptured => format!("{device} sent {sent} to {party}; {back}: {when}."),
            _ => format!("{device} was in contact with {party}: {sent} sent, {back}, {when}."),
        },
        FindingKind::Telemetry => format!("{device} reports to {party}: {sent} sent, {back}, {when}."),
        FindingKind::Exposure => {
            format!("{device} was called from outside by {party} and answered: {sent} sent, {back}, {when}.")
        }
        FindingKind::Exfiltration => format!("{device} uploaded {sent} to {party}; {back}, {when}."),
    }
}

/// How the look-up ended that a finding rests on alone.
fn looked_up(finding: &Finding<'_>) -> Option<&'static str> {
    finding.reasons.iter().find_map(|reason| match reason.rule {
        Rule::AskedFor { outcome, .. } => Some(match outcome {
            LookUp::Denied => "the name does not exist",
            LookUp::Unanswered => "no answer was captured",
            LookUp::WithoutAddress => "the answer held no address",
            LookUp::Failed(_) => "the name service failed",
            LookUp::Diverted => "an inside address was the answer",
        }),
        _ => None,
    })
}

/// `Packets 2,204 and 2,198 of office.pcapng`.
fn packets(report: &Report<'_>, evidence: &[PacketAt]) -> String {
    let Some(&first) = evidence.first() else { return "No packet is named".into() };
    let same: Vec<_> = evidence.iter().filter(|at| at.input == first.input).collect();
    let mut parts: Vec<String> = same.iter().take(PACKETS).map(|at| units::count(at.packet)).collect();
    let (more, elsewhere) = (same.len() - parts.len(), evidence.len() - same.len());
    if more > 0 {
        parts.push(format!("{} more", units::count(more as u64)));
    }
    let noun = if parts.len() == 1 { "Packet" } else { "Packets" };
    let here = format!("{noun} {} of {}", words::listed(&parts), escape(path(report, first).as_bytes()));
    if elsewhere == 0 {
        here
    } else {
        format!("{here}, and {} of other captures", units::count(elsewhere as u64))
    }
}

fn path<'r>(report: &'r Report<'_>, at: PacketAt) -> &'r str {
    report.captures.get(at.input as usize).map_or("an input that is not listed", |capture| &capture.path)
}

/// The command that shows the packets of a finding; nothing for standard input and interfaces, whose packets are gone.
fn tshark(report: &Report<'_>, finding: &Finding<'_>, at: PacketAt) -> Option<String> {
    let capture = report.captures.get(at.input as usize).filter(|capture| !is_gone(capture))?;
    let path = &capture.path;
    let one = || format!("frame.number=={}", at.packet);
    let filter = if finding.filter.is_empty() { one() } else { finding.filter.clone() };
    Some(format!("tshark -r {} -Y '{filter}'", shell::word(path)))
}

/// Whether nobody can read its packets again.
fn is_gone(capture: &CaptureRecord) -> bool {
    capture.path == "-" || capture.format == "live"
}

/// The inputs of the run, as they are given to a command.
pub(super) fn inputs(report: &Report<'_>) -> String {
    match report.captures.as_slice() {
        [only] => shell::word(&only.path),
        _ => "FILES".into(),
    }
}

/// What to do next; nothing of interfaces, which cannot be scanned.
pub(super) fn push_next(page: &mut Page, report: &Report<'_>) {
    if report.captures.iter().any(|capture| capture.format == "live") {
        return;
    }
    let inputs = inputs(report);
    let kind = if report.findings.is_empty() { "device" } else { "finding" };
    page.line(&format!("Next: lenscap scan {inputs} --json --select {kind}"));
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
            let mut page = Page::new(crate::text::Style::PLAIN);
            push(&mut page, report);
            push_next(&mut page, report);
            page.text().matches("tshark").count() + page.text().matches("lenscap scan").count()
        };
        let mut report = office();
        assert!(said(&report) > 1);
        report.captures[0].format = "live";
        assert_eq!(said(&report), 0);
    }
}
