//! From captures to a report: what all commands share that read captures and judge them.

use crate::args::{Judging, Reading, Work};
use crate::catalog;
use crate::engine::{self, Options};
use crate::failure::{Failure, Outcome};
use crate::interrupt;
use crate::output;
use crate::plan;
use crate::progress::Bar;
use lenscap_catalog::Catalog;
use lenscap_flow::report::Report;
use std::mem::ManuallyDrop;
use std::path::PathBuf;

/// What is read, by what it is judged, what that may cost.
#[derive(Clone, Copy)]
pub(crate) struct Case<'c> {
    /// Captures, folders, `-`, or saved summaries.
    pub files: &'c [PathBuf],
    /// Which packets.
    pub reading: &'c Reading,
    /// By what.
    pub judging: &'c Judging,
    /// At what cost.
    pub work: &'c Work,
}

impl Case<'_> {
    /// Reads and judges; the report is for `answer`, unless no packet could be judged. The outcome says whether all was
    /// read.
    pub(crate) fn report(
        &self,
        answer: impl FnOnce(&Report<'_>, &Catalog) -> Result<(), Failure>,
    ) -> Result<Outcome, Failure> {
        let options = plan::reading(self.reading, self.work)?;
        let catalog = self.prepare(&options)?;
        let inputs = plan::inputs(self.files)?;
        let bar = Bar::new(self.work.quiet, engine::total(&inputs));
        let summary = engine::scan(&interrupt::streams(&inputs), &options, &bar)?;
        bar.finish();
        // The process ends soon after: to give back millions of records one by one would take as long as judging them.
        let summary = ManuallyDrop::new(summary);
        let closed = ManuallyDrop::new(summary.close());
        let report = engine::judge(&closed, &catalog, &engine::policy(&self.judging.local));
        let report = ManuallyDrop::new(report);
        let gaps = output::say_gaps(&report, []);
        if let Some(unjudged) = output::nothing_judged(&report) {
            return Err(unjudged);
        }
        answer(&report, &catalog)?;
        Ok(if gaps { Outcome::Incomplete } else { Outcome::Nothing })
    }

    /// The catalogue, and the threads that the work may take.
    pub(crate) fn prepare(&self, options: &Options) -> Result<Catalog, Failure> {
        engine::use_threads(options.threads)?;
        catalog::open(&self.judging.catalog)
    }
}
