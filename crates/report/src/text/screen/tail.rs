//! The end of the first screen: other findings, what could not be seen, in which unit bytes are told, what to type next.

use super::lines;
use crate::text::limits::limits;
use crate::text::page::{Page, broken};
use crate::text::{View, words};
use crate::units;
use lenscap_flow::report::{Answer, Report, Severity};

/// What stands before all commands but the first.
pub(super) const BESIDE: &str = "      ";
/// Lines of what could not be seen.
const LIMITS: usize = 3;
/// Lines of what to type next; the first command is named however long its paths are.
const NEXT: usize = 6;

/// What follows the rows: other findings, what could not be seen, the unit, what to type next.
pub(super) fn tail(page: &Page, report: &Report<'_>, view: &View, answer: &Answer<'_, '_>) -> Vec<String> {
    let mut lines = Vec::new();
    if answer.told.is_empty() {
        let most = most_sent(report, view);
        lines.extend(most.iter().flat_map(|text| broken(text, page.width)));
    }
    if let Some((count, worst)) = answer.others().filter(|(_, worst)| *worst > Severity::Info) {
        let findings = units::counted(count, "finding");
        lines.extend(broken(
            &format!("Other devices: {findings}, the worst {} (--long).", worst.word()),
            page.width,
        ));
    }
    lines.extend(unseen(&limits(report, view), page.width));
    lines.extend(broken(&books(report, answer, view), page.width));
    lines.extend(next(report, answer, view, page.width));
    lines
}

/// Which device sent most outside, where none is a camera that would be told.
fn most_sent(report: &Report<'_>, view: &View) -> Option<String> {
    let device = report.census().most_sent.as_ref()?;
    let bytes = device.bytes_out_external;
    let maker = words::maker(device);
    (bytes > 0).then(|| {
        format!(
            "Most was sent outside by {} ({maker}): {} of IP bytes.",
            words::address(device),
            view.numbers.bytes(bytes)
        )
    })
}

/// `Could not be seen: …`, in so many lines at most.
fn unseen(limits: &[String], columns: usize) -> Vec<String> {
    const ALWAYS: &str = "What was not captured may still have happened.";
    for told in (1..=limits.len()).rev() {
        let more = limits.len() - told;
        let clauses = limits.get(..told).unwrap_or_default().join("; ");
        let more = if more > 0 {
            format!("; and {} more (--long)", units::count(more as u64))
        } else {
            String::new()
        };
        let lines = broken(&format!("Could not be seen: {clauses}{more}. {ALWAYS}"), columns);
        if lines.len() <= LIMITS || told == 1 {
            return lines;
        }
    }
    broken(ALWAYS, columns)
}

/// The unit of all bytes on the screen, what of them came again, of what a confidence is, and what was checked of the counting.
fn books(report: &Report<'_>, answer: &Answer<'_, '_>, view: &View) -> String {
    let repeated: u64 =
        answer.told.iter().flat_map(|told| &told.findings).map(|finding| finding.repeated).sum();
    let apart = match repeated {
        0 => String::new(),
        bytes => format!(
            "; of what these devices sent and received, {} more came again",
            view.numbers.bytes(bytes)
        ),
    };
    // Where there is no finding, the row itself says that it is of the camera.
    let sure = match answer.told.iter().any(|told| told.first().is_some()) {
        false => "",
        true if repeated == 0 => ", confidence the finding's",
        true => "; confidence is the finding's",
    };
    let checked = match (report.ledger.balanced(), report.overview.exact) {
        (false, _) => "NOT BALANCED: packets or bytes are missing from the counts.",
        (true, true) => "Checked: all that was read is counted once.",
        (true, false) => "Checked: all that was read is counted once, some as sums only: memory did not do.",
    };
    if answer.told.is_empty() {
        // What was sent most is told in IP bytes, beside the number.
        return checked.into();
    }
    format!("Bytes are payload, TCP's once{apart}{sure}. {checked}")
}

/// The same command over the same inputs with another option.
pub(super) fn again(view: &View, option: &str) -> Option<String> {
    let typed = &view.typed;
    (!typed.inputs.is_empty()).then(|| format!("lenscap {} {} {option}", typed.command, typed.inputs))
}

fn next(report: &Report<'_>, answer: &Answer<'_, '_>, view: &View, columns: usize) -> Vec<String> {
    let inputs = &view.typed.inputs;
    let finding = answer.told.iter().find_map(lenscap_flow::report::Told::first).or(report.findings.first());
    let id = finding.map(|finding| words::short_id(report, &finding.id));
    let mut commands = Vec::new();
    if inputs.is_empty() {
        if let Some(id) = &id {
            commands.push(format!("keep the packets in a file, then: lenscap explain {id} FILE"));
        }
    } else {
        if let Some(id) = &id {
            commands.push(format!("lenscap explain {id} {inputs}"));
            if view.typed.packets {
                commands.push(format!("lenscap extract {id} {inputs} -w proof.pcapng"));
            }
        } else if let Some(told) = answer.told.first() {
            commands.push(format!("lenscap explain {} {inputs}", words::address(told.device)));
        } else {
            commands.push(format!("lenscap devices {inputs}"));
        }
        if !view.long {
            commands.extend(again(view, "--long"));
        }
    }
    let line = |(n, command): (usize, String)| format!("{}{command}", if n == 0 { "Next: " } else { BESIDE });
    let mut all: Vec<String> = commands.into_iter().enumerate().map(line).collect();
    while all.len() > 1 && all.iter().map(|line| lines(line, columns)).sum::<usize>() > NEXT {
        all.pop();
    }
    all
}
