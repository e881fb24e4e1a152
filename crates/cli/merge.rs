//! `lenscap merge`.

use crate::args::Merge;
use crate::engine;
use crate::failure::{Failure, Outcome};
use crate::judged::confine;
use crate::output;
use crate::overrides;
use crate::plan;

/// Joins saved summaries, judges the whole, prints the report.
pub(crate) fn run(merge: &Merge) -> Result<Outcome, Failure> {
    let options = plan::options(None, &merge.judging, None);
    let printing = plan::printing(
        &merge.output,
        merge.threads,
        merge.long,
        plan::typed("merge", &merge.files, &options),
    )?;
    let (catalog, policy) = overrides::open(&merge.judging)?;
    confine(merge.no_sandbox, &plan::inputs(&merge.files)?, merge.save.as_deref());
    engine::use_threads(printing.threads)?;
    let summary = engine::merge(&merge.files)?;
    let unsaved = merge.save.as_ref().and_then(|path| engine::save(&summary, path).err());
    let closed = summary.close();
    let command = plan::command("merge", &options);
    let mut report = engine::judge(&closed, &catalog, &engine::Terms::new(policy, command));
    output::print(&mut report, &printing, unsaved)
}
