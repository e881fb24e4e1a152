//! The report to standard output, and what the exit status is.

use crate::failure::{Failure, Outcome, gaps, say};
use crate::plan::{Form, Printing};
use lenscap_flow::report::{ProblemRecord, Report};
use lenscap_report::{csv, json, shell, text, time, units};
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes the report, says what is missing from it and what else went wrong, and decides.
pub(crate) fn print(
    report: &mut Report<'_>,
    printing: &Printing,
    failures: impl IntoIterator<Item = Failure>,
) -> Result<Outcome, Failure> {
    let checked = check(report, printing, failures);
    let printed = to_stdout(|out| match printing.form {
        // Whoever reads standard output alone would take a report on nothing for an all-clear.
        Form::Text if !checked.is_judged => Ok(()),
        Form::Text => text::write(report, &printing.view, out),
        Form::Json(select) => json::write(report, select, printing.threads, out),
        Form::Csv(kind) => csv::write(report, kind, printing.threads, out),
    });
    // A reader that leaves changes nothing of the answer, whether it left before all was written or after.
    match printed {
        Err(failure) if failure.is_broken_pipe() => {}
        printed => printed?,
    }
    Ok(outcome(report, printing, checked))
}

/// What a look at a report showed before it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked {
    /// Whether any packet was judged.
    pub is_judged: bool,
    /// Whether not the whole job was done.
    is_incomplete: bool,
}

/// Says what is missing from a report and what else went wrong, and notes in its captures where nothing was judged.
pub(crate) fn check(
    report: &mut Report<'_>,
    printing: &Printing,
    failures: impl IntoIterator<Item = Failure>,
) -> Checked {
    let unjudged = nothing_judged(report, &printing.choosers);
    let is_judged = unjudged.is_none();
    if let Some(why) = &unjudged {
        for capture in &mut report.captures {
            let what = why.what().to_owned();
            capture.problems.push(ProblemRecord { packet: None, offset: 0, kind: "unjudged".into(), what });
        }
    }
    let is_incomplete = say_gaps(report, failures.into_iter().chain(unjudged));
    Checked { is_judged, is_incomplete }
}

/// Says what a report misses and what else went wrong; whether there was anything.
pub(crate) fn say_gaps(report: &Report<'_>, failures: impl IntoIterator<Item = Failure>) -> bool {
    let mut gaps = gaps(report);
    gaps.extend(failures);
    gaps.iter().for_each(say);
    !gaps.is_empty()
}

/// Why nothing that was found is not "nothing is there": no packet of any input could be judged. `choosers` are the options given
/// that choose among packets.
pub(crate) fn nothing_judged(report: &Report<'_>, choosers: &[&str]) -> Option<Failure> {
    let ledger = &report.ledger;
    let unread = report.overview.coverage.frames.amount.packets;
    let judged = ledger.in_flows.packets + ledger.in_residuals.packets + ledger.non_ip.packets - unread;
    if judged > 0 {
        return None;
    }
    let packets = units::counted(ledger.packets, "packet");
    let parts =
        [("undecodable", ledger.undecodable), ("truncated", ledger.truncated), ("filtered", ledger.filtered)];
    let parts = parts.iter().filter(|(_, amount)| amount.packets > 0);
    let parts: Vec<_> =
        parts.map(|(word, amount)| format!("{word} {}", units::count(amount.packets))).collect();
    let links = report.captures.iter().flat_map(|capture| &capture.link_types);
    let links: BTreeSet<_> = links.map(String::as_str).collect();
    Some(
        match (ledger.packets, parts.is_empty()) {
            (0, _) => Failure::new("nothing was judged: no packet was read"),
            (_, true) => Failure::new(format!("nothing was judged: none of {packets}")),
            (_, false) => Failure::new(format!(
                "nothing was judged: {packets}, {} (link type {})",
                parts.join(", "),
                links.into_iter().collect::<Vec<_>>().join(", ")
            )),
        }
        .next(left_out(report, choosers).unwrap_or_else(|| look_closer(report))),
    )
}

/// Which options left out all that was read, and what time there is to choose from.
fn left_out(report: &Report<'_>, choosers: &[&str]) -> Option<String> {
    let ledger = &report.ledger;
    let all = ledger.packets > 0 && ledger.filtered.packets == ledger.packets;
    if !all || choosers.is_empty() {
        return None;
    }
    let start = report.captures.iter().filter_map(|capture| capture.start).min()?;
    let end = report.captures.iter().filter_map(|capture| capture.end).max()?;
    let (start, end) = (time::plain(start), time::plain(end));
    Some(format!("All of it was left out by {}; it lasts from {start} to {end} UTC", choosers.join(" and ")))
}

/// What tells more of the first capture that is there. The packets of an interface are gone; its handles are numbered behind its
/// name.
fn look_closer(report: &Report<'_>) -> String {
    let live = report.captures.first().filter(|capture| capture.format == "live");
    let Some(first) = live else {
        let is_file = |path: &&str| *path != "-" && Path::new(path).exists();
        let paths = || report.captures.iter().map(|capture| capture.path.as_str());
        return match paths().find(is_file) {
            Some(path) => format!("See what they are: lenscap inspect {}", shell::word(path)),
            // What came through a pipe is gone.
            None if paths().any(|path| path == "-") => "Keep it in a file, then: lenscap inspect FILE".into(),
            None => "See what it reads: lenscap scan --help".into(),
        };
    };
    let name = match first.path.rsplit_once('#') {
        Some((name, "1")) if report.captures.len() > 1 => name,
        _ => &first.path,
    };
    match name {
        "any" => "See what may be captured: lenscap doctor".into(),
        name => format!("See what may be captured: lenscap doctor {}", shell::word(name)),
    }
}

/// Writes to standard output, in blocks.
pub(crate) fn to_stdout(
    write: impl FnOnce(&mut BufWriter<io::StdoutLock<'_>>) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    write(&mut out)?;
    Ok(out.flush()?)
}

/// How a run ended, by its report.
pub(crate) fn outcome(report: &Report<'_>, printing: &Printing, checked: Checked) -> Outcome {
    let counts = |severity| printing.fail_on.is_some_and(|least| severity >= least);
    match report.findings.iter().any(|finding| counts(finding.severity)) {
        _ if checked.is_incomplete => Outcome::Incomplete,
        true => Outcome::Found,
        false => Outcome::Nothing,
    }
}
