//! `lenscap merge`.

use crate::args::Merge;
use crate::catalog;
use crate::engine;
use crate::failure::{Failure, Outcome};
use crate::judged::confine;
use crate::output;
use crate::plan;

/// Joins saved summaries, judges the whole, prints the report.
pub(crate) fn run(merge: &Merge) -> Result<Outcome, Failure> {
    let printing =
        plan::printing(&merge.output, merge.threads, merge.long, plan::typed("merge", &merge.files))?;
    let catalog = catalog::open(&merge.judging.catalog)?;
    confine(merge.no_sandbox, &plan::inputs(&merge.files)?, merge.save.as_deref());
    engine::use_threads(printing.threads)?;
    let summary = engine::merge(&merge.files)?;
    let unsaved = merge.save.as_ref().and_then(|path| engine::save(&summary, path).err());
    let closed = summary.close();
    let command = plan::command("merge", None, &merge.judging, None);
    let terms = engine::Terms::new(&merge.judging.local, command);
    let mut report = engine::judge(&closed, &catalog, &terms);
    output::print(&mut report, &printing, unsaved)
}
