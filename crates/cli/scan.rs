//! `lenscap scan`.

use crate::args::Scan;
use crate::catalog;
use crate::engine::{self, Input};
use crate::failure::{Failure, Outcome};
use crate::hash;
use crate::output;
use crate::plan::{self, Form, Printing};
use crate::progress::Bar;
use crate::sandbox::{self, Access};
use lenscap_report::json;
use std::mem::ManuallyDrop;

/// Scans the inputs, judges the summary, prints the report.
pub(crate) fn run(scan: &Scan) -> Result<Outcome, Failure> {
    let printing = plan::printing(&scan.output, scan.work.threads)?;
    let options = plan::scanning(scan)?;
    let inputs = plan::inputs(&scan.files)?;
    let catalog = catalog::open(&scan.judging.catalog)?;
    confine(scan, &inputs);
    engine::use_threads(options.threads)?;
    let bar = Bar::new(scan.work.quiet, engine::total(&inputs));
    let summary = match engine::scan(&inputs, &options, &bar) {
        Ok(summary) => summary,
        Err(failure) => return unread(&inputs, failure, &printing),
    };
    bar.finish();
    let mut failures = Vec::new();
    if let Some(path) = &scan.save {
        failures.extend(engine::save(&summary, path).err());
    }
    // The process ends soon after: to give back millions of records one by one would take as long as judging them.
    let summary = ManuallyDrop::new(summary);
    let closed = ManuallyDrop::new(summary.close());
    let report = engine::judge(&closed, &catalog, &engine::policy(&scan.judging.local));
    let mut report = ManuallyDrop::new(report);
    if scan.hash {
        failures.extend(hash::fill(&mut report.captures).err());
    }
    output::print(&mut report, &printing, failures)
}

/// Gives up all rights but to read the inputs and to save the summary. Threads that are started later have no more.
fn confine(scan: &Scan, inputs: &[Input]) {
    if scan.no_sandbox {
        return sandbox::refuse();
    }
    let files = inputs.iter().filter_map(|input| match input {
        Input::File(path) => Some(path.as_path()),
        Input::Stdin => None,
    });
    let mut access = Access::default().read_inputs(files).write_file(scan.save.as_deref());
    // Beside others a stream goes into a file without a name.
    if inputs.len() > 1 && inputs.iter().any(Input::is_stream) {
        access.write.push(std::env::temp_dir());
    }
    sandbox::enter(&access);
}

/// Also a run that could not begin prints its records, where records are wanted.
fn unread(inputs: &[Input], failure: Failure, printing: &Printing) -> Result<Outcome, Failure> {
    if let Form::Json(select) = printing.form {
        let report = engine::unread(inputs, failure.what());
        output::to_stdout(|out| json::write(&report, select, printing.threads, out))?;
    }
    Err(failure)
}
