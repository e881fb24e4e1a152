//! The page for people.

use super::against::{Against, Change};
use super::number::{figure, per_second, percent, permille, span};
use super::run::{Run, stage};
use super::table::Table;
use lenscap_report::units;

/// The whole page; lines keep to 100 columns.
pub(super) fn page(run: &Run, against: Option<&Against>) -> String {
    let mut page = format!("{}\n\n{}\n{}\n", title(run), stages(run).text(), threads(run).text());
    page.push_str(&latency(run));
    page.push_str(&memory(run));
    if let Some(against) = against {
        page.push_str(&changes(run, against));
    }
    page
}

/// Each stage beside that of the saved run.
fn changes(run: &Run, against: &Against) -> String {
    let changes = against.changes(run);
    let width = changes.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, change): &(String, Change)| format!("  {name:width$}  {}\n", change.words());
    if changes.is_empty() {
        return String::new();
    }
    let lines: String = changes.iter().map(line).collect();
    format!("\nAgainst {}:\n{lines}", against.title())
}

/// What was measured, and how often.
pub(super) fn title(run: &Run) -> String {
    format!(
        "{}, {}, {}, {}; {}, {} before to warm up",
        units::counted(run.captures, "capture"),
        units::counted(run.packets, "packet"),
        units::bytes(run.bytes),
        units::counted(run.flows, "flow"),
        units::counted(run.rounds.into(), "round"),
        run.warm_up,
    )
}

/// The stages on one thread, which add up to the whole.
pub(super) fn stages(run: &Run) -> Table {
    let mut table =
        Table::new(&["one thread", "ns/packet", "least", "most", "Mpps", "GB/s", "flows/s", "share"]);
    let whole = run.spread(stage::WHOLE, 1).map_or(0, |spread| spread.median);
    for name in stage::PARTS.into_iter().chain([stage::WHOLE]) {
        let Some(spread) = run.spread(name, 1) else { continue };
        let each = |ns: u64| figure(ns.into(), run.packets.into());
        table.row(vec![
            name.to_owned(),
            each(spread.median),
            each(spread.min),
            each(spread.max),
            figure(u128::from(run.packets) * 1000, spread.median.into()),
            figure(run.bytes.into(), spread.median.into()),
            units::count(per_second(run.flows, spread.median)),
            percent(permille(spread.median, whole)),
        ]);
    }
    table
}

/// Whole scans by number of threads.
pub(super) fn threads(run: &Run) -> Table {
    let mut table = Table::new(&[
        "threads",
        "whole",
        "least",
        "most",
        "processor",
        "Mpps",
        "× one",
        "scan ×",
        "judge ×",
        "render ×",
    ]);
    for threads in run.threads() {
        let Some(spread) = run.spread(stage::WHOLE, threads) else { continue };
        let gain = |name| match (run.spread(name, 1), run.spread(name, threads)) {
            (Some(one), Some(many)) => figure(one.median.into(), many.median.into()),
            _ => "-".to_owned(),
        };
        table.row(vec![
            threads.to_string(),
            span(spread.median),
            span(spread.min),
            span(spread.max),
            span(run.processor(stage::WHOLE, threads).unwrap_or(0)),
            figure(u128::from(run.packets) * 1000, spread.median.into()),
            gain(stage::WHOLE),
            gain(stage::SCAN),
            gain(stage::JUDGE),
            gain(stage::RENDER),
        ]);
    }
    table
}

/// What folding a batch took.
pub(super) fn latency(run: &Run) -> String {
    let latency = &run.latency;
    format!(
        "Folding a batch of {}: p50 {}  p90 {}  p99 {}  p99.9 {}  max {}\n({} batches; reading the clock takes {})\n",
        latency.batch,
        span(latency.p50_ns),
        span(latency.p90_ns),
        span(latency.p99_ns),
        span(latency.p99_9_ns),
        span(latency.max_ns),
        units::count(latency.batches),
        span(run.clock_ns),
    )
}

/// What memory and the catalogue cost.
pub(super) fn memory(run: &Run) -> String {
    let opening = format!("Opening the catalogue took {}", span(run.catalog_ns));
    match run.peak_memory {
        Some(peak) => format!(
            "{opening}. Peak memory of the first scan, on one thread: {}, the program included\n",
            units::bytes(peak),
        ),
        None => format!("{opening}. This system does not say what memory was used\n"),
    }
}
