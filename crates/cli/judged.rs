//! From captures to a report: what all commands share that read captures and judge them.

use crate::args::{Job, Judging, Reading, Work};
use crate::engine::{self, Input, Options, Terms};
use crate::failure::{Failure, Outcome};
use crate::interrupt;
use crate::output;
use crate::overrides;
use crate::plan;
use crate::progress::Bar;
use crate::sandbox::{self, Access, Layer};
use lenscap_catalog::Catalog;
use lenscap_flow::report::Report;
use lenscap_report::text::Typed;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

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

impl<'c> Case<'c> {
    /// These files, as the arguments of a command say.
    pub(crate) fn of(job: &'c Job, files: &'c [PathBuf]) -> Self {
        Self { files, reading: &job.reading, judging: &job.judging, work: &job.work }
    }

    /// Reads and judges; the report is for `answer`, unless no packet could be judged. Nothing but the file `written` can be written
    /// then. The outcome says whether all was read.
    pub(crate) fn report(
        &self,
        written: Option<&Path>,
        answer: impl FnOnce(&Report<'_>, &Catalog) -> Result<(), Failure>,
    ) -> Result<Outcome, Failure> {
        let options = plan::reading(self.reading, self.work)?;
        let inputs = plan::inputs(self.files)?;
        let (catalog, terms) = self.prepare(&options, &inputs, written)?;
        let bar = Bar::new(self.work.quiet, engine::total(&inputs));
        let summary = engine::scan(&interrupt::streams(&inputs), &options, &bar)?;
        bar.finish();
        // The process ends soon after: to give back millions of records one by one would take as long as judging them.
        let summary = ManuallyDrop::new(summary);
        let closed = ManuallyDrop::new(summary.close());
        let report = engine::judge(&closed, &catalog, &terms);
        let report = ManuallyDrop::new(report);
        let gaps = output::say_gaps(&report, []);
        if let Some(unjudged) = output::nothing_judged(&report, &plan::choosers(self.reading)) {
            return Err(unjudged);
        }
        answer(&report, &catalog)?;
        Ok(if gaps { Outcome::Incomplete } else { Outcome::Nothing })
    }

    /// By what is judged, on which terms, the sandbox, and the threads that the work may take: threads have the rights of who
    /// starts them. The terms are those of `scan`, whatever question about its report is answered.
    pub(crate) fn prepare(
        &self,
        options: &Options,
        inputs: &[Input],
        written: Option<&Path>,
    ) -> Result<(Catalog, Terms), Failure> {
        let (catalog, policy) = overrides::open(self.judging)?;
        confine(self.work.no_sandbox, inputs, written);
        engine::use_threads(options.threads)?;
        let command = plan::command("scan", &self.options());
        Ok((catalog, Terms::new(policy, command)))
    }

    /// What was typed of it with this command.
    pub(crate) fn typed(&self, command: &'static str) -> Typed {
        plan::typed(command, self.files, &self.options())
    }

    /// The options that change what is reported of it.
    pub(crate) fn options(&self) -> Vec<String> {
        plan::options(Some(self.reading), self.judging, self.work.memory)
    }
}

/// Gives up all rights but to read the inputs and to write a file. Threads that are started later have no more. Says which layers
/// hold.
pub(crate) fn confine(no_sandbox: bool, inputs: &[Input], written: Option<&Path>) -> Vec<Layer> {
    let files = inputs.iter().filter_map(|input| match input {
        Input::File(path) => Some(path.as_path()),
        _ => None,
    });
    let mut access = Access::default().read_inputs(files).write_file(written);
    // Beside others a stream goes into a file without a name.
    if inputs.len() > 1 && inputs.iter().any(Input::is_stream) {
        access.write.push(std::env::temp_dir());
    }
    sandbox::confine(!no_sandbox, &access)
}
