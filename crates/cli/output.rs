//! The report to standard output, and what the exit status is.

use crate::failure::{Failure, Outcome, gaps, say};
use crate::plan::{Form, Printing};
use lenscap_flow::report::Report;
use lenscap_report::{csv, json, text};
use std::io::{self, BufWriter, Write};

/// Writes the report, says what is missing from it and what else went wrong, and decides.
pub(crate) fn print(
    report: &Report<'_>,
    printing: &Printing,
    failures: impl IntoIterator<Item = Failure>,
) -> Result<Outcome, Failure> {
    let mut gaps = gaps(report);
    gaps.extend(failures);
    gaps.iter().for_each(say);
    to_stdout(|out| match printing.form {
        Form::Text(style) => text::write(report, style, out),
        Form::Json(select) => json::write(report, select, printing.threads, out),
        Form::Csv(kind) => csv::write(report, kind, printing.threads, out),
    })?;
    Ok(outcome(report, printing, !gaps.is_empty()))
}

/// Writes to standard output, in blocks.
pub(crate) fn to_stdout(
    write: impl FnOnce(&mut BufWriter<io::StdoutLock<'_>>) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    write(&mut out)?;
    Ok(out.flush()?)
}

fn outcome(report: &Report<'_>, printing: &Printing, incomplete: bool) -> Outcome {
    let counts = |severity| printing.fail_on.is_some_and(|least| severity >= least);
    match report.findings.iter().any(|finding| counts(finding.severity)) {
        _ if incomplete => Outcome::Incomplete,
        true => Outcome::Found,
        false => Outcome::Nothing,
    }
}
