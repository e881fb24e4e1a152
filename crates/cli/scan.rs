//! `lenscap scan`.

use crate::args::Scan;
use crate::catalog;
use crate::engine;
use crate::failure::{Failure, Outcome};
use crate::hash;
use crate::output;
use crate::plan;
use crate::progress::Bar;

/// Scans the inputs, judges the summary, prints the report.
pub fn run(scan: &Scan) -> Result<Outcome, Failure> {
    let printing = plan::printing(&scan.output, scan.work.threads)?;
    let options = plan::scanning(scan)?;
    let inputs = plan::inputs(&scan.files)?;
    let catalog = catalog::open(&scan.judging.catalog)?;
    let bar = Bar::new(scan.work.quiet);
    let summary = engine::scan(&inputs, &options, &bar)?;
    bar.finish();
    if let Some(path) = &scan.save {
        engine::save(&summary, path)?;
    }
    let mut report = engine::judge(&summary, &catalog, &plan::policy(&scan.judging));
    if scan.hash {
        hash::fill(&mut report.captures)?;
    }
    output::print(&report, &printing)
}
