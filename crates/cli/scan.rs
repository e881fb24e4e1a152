//! `lenscap scan`.

use crate::args::Scan;
use crate::each;
use crate::engine::{self, Input, Terms};
use crate::every::Every;
use crate::failure::{Failure, Outcome, say};
use crate::hash;
use crate::interrupt;
use crate::judged::Case;
use crate::output;
use crate::plan::{self, Form, Printing};
use crate::progress::Bar;
use lenscap_catalog::Catalog;
use lenscap_flow::Options;
use lenscap_flow::report::Report;
use lenscap_report::json;
use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Scans the inputs as one capture, or each on its own.
pub(crate) fn run(scan: &Scan) -> Result<Outcome, Failure> {
    let options = Options { saved: scan.save.is_some(), ..plan::reading(&scan.reading, &scan.work)? };
    let inputs = plan::inputs(&scan.files)?;
    let case = Case { files: &scan.files, reading: &scan.reading, judging: &scan.judging, work: &scan.work };
    let printing = Printing {
        choosers: plan::choosers(&scan.reading),
        ..plan::printing(&scan.output, scan.work.threads, scan.long, case.typed("scan"))?
    };
    let (catalog, terms) = case.prepare(&options, &inputs, scan.save.as_deref())?;
    let changing = &case.options();
    let one = One { scan, printing, options, catalog: &catalog, terms: &terms, changing };
    if scan.each { each::run(&one, &inputs) } else { one.run(&inputs) }
}

/// One capture, of whatever many inputs.
pub(crate) struct One<'s> {
    pub scan: &'s Scan,
    pub printing: Printing,
    pub options: Options,
    pub catalog: &'s Catalog,
    pub terms: &'s Terms,
    /// The options that change what is reported.
    pub changing: &'s [String],
}

impl One<'_> {
    /// Scans, judges, prints the report.
    pub(crate) fn run(&self, inputs: &[Input]) -> Result<Outcome, Failure> {
        let bar = Bar::new(self.scan.work.quiet, engine::total(inputs));
        let streams = interrupt::streams(inputs);
        let scanned = match self.scan.every {
            None => engine::scan(&streams, &self.options, &bar),
            Some(span) => {
                let every = Every::new(self, span, &bar, inputs)?;
                let options = Options { threads: NonZeroUsize::MIN, ..self.options.clone() };
                let scanned = engine::scan(&streams, &options, &every);
                every.failed().map_or(scanned, Err)
            }
        };
        let summary = match scanned {
            Ok(summary) => summary,
            Err(failure) => return unread(inputs, failure, &self.printing),
        };
        bar.finish();
        if interrupt::interrupted() {
            say(&"lenscap: interrupted: the report covers what was read until then");
        }
        let mut failures = Vec::new();
        if let Some(path) = &self.scan.save {
            failures.extend(engine::save(&summary, path).err());
        }
        if self.scan.each {
            // Of a folder each summary is given back, or memory would not do for it.
            let closed = summary.close();
            let mut report = engine::judge(&closed, self.catalog, self.terms);
            return self.print(&mut report, failures);
        }
        // The process ends soon after: to give back millions of records one by one would take as long as judging them.
        let summary = ManuallyDrop::new(summary);
        let closed = ManuallyDrop::new(summary.close());
        let mut report = ManuallyDrop::new(engine::judge(&closed, self.catalog, self.terms));
        self.print(&mut report, failures)
    }

    fn print(&self, report: &mut Report<'_>, mut failures: Vec<Failure>) -> Result<Outcome, Failure> {
        if self.scan.hash {
            failures.extend(hash::fill(&mut report.captures).err());
        }
        output::print(report, &self.printing, failures)
    }
}

/// The paths of inputs, as they were typed or found in a folder.
pub(crate) fn path(input: &Input) -> PathBuf {
    match input {
        Input::File(path) => path.clone(),
        _ => PathBuf::from("-"),
    }
}

/// Also a run that could not begin prints its records, where records are wanted.
fn unread(inputs: &[Input], failure: Failure, printing: &Printing) -> Result<Outcome, Failure> {
    if let Form::Json(select) = printing.form {
        let report = engine::unread(inputs, failure.what());
        output::to_stdout(|out| json::write(&report, select, printing.threads, out))?;
    }
    Err(failure)
}
