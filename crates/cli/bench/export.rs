//! A run as CSV for a spreadsheet, and as Markdown for a note.

use super::against::Against;
use super::number::per_second;
use super::run::Run;
use super::spread::Spread;
use super::table::Table;
use super::text;
use std::fmt::Write as _;

// A string takes every write, so what `write!` returns is let go.

const COLUMNS: &str = "measure,threads,unit,rounds,min,median,max,packets_per_second,bytes_per_second,flows_per_second,processor_ns";

/// One row a stage and number of threads, then rows of single numbers; CRLF as RFC 4180 wants it.
pub(super) fn csv(run: &Run) -> String {
    let mut out = format!("{COLUMNS}\r\n");
    for time in &run.times {
        let Some(Spread { min, median, max }) = Spread::of(&time.rounds_ns) else { continue };
        let [packets, bytes, flows] =
            [run.packets, run.bytes, run.flows].map(|things| per_second(things, median));
        _ = write!(
            out,
            "{},{},ns,{},{min},{median},{max},{packets},{bytes},{flows},{}\r\n",
            time.stage,
            time.threads,
            time.rounds_ns.len(),
            Spread::of(&time.processor_ns).map_or(0, |spread| spread.median),
        );
    }
    let latency = &run.latency;
    let single = [
        ("latency-p50", "ns", Some(latency.p50_ns)),
        ("latency-p90", "ns", Some(latency.p90_ns)),
        ("latency-p99", "ns", Some(latency.p99_ns)),
        ("latency-p99.9", "ns", Some(latency.p99_9_ns)),
        ("latency-max", "ns", Some(latency.max_ns)),
        ("catalogue", "ns", Some(run.catalog_ns)),
        ("clock", "ns", Some(run.clock_ns)),
        ("peak-memory", "bytes", run.peak_memory),
        ("captures", "count", Some(run.captures)),
        ("packets", "count", Some(run.packets)),
        ("bytes", "bytes", Some(run.bytes)),
        ("flows", "count", Some(run.flows)),
    ];
    for (measure, unit, value) in single {
        if let Some(value) = value {
            _ = write!(out, "{measure},1,{unit},,{value},{value},{value},,,,\r\n");
        }
    }
    out
}

/// Tables and sentences.
pub(super) fn markdown(run: &Run, against: Option<&Against>) -> String {
    let mut out = format!(
        "{}. lenscap {}, {}.\n\n{}\n{}\n{}\n{}",
        text::title(run),
        run.version,
        run.ended,
        text::stages(run).markdown(),
        text::threads(run).markdown(),
        text::latency(run),
        text::memory(run),
    );
    if let Some(against) = against {
        let mut table = Table::new(&["stage", "change"]);
        for (name, change) in against.changes(run) {
            table.row(vec![name, change.words()]);
        }
        _ = write!(out, "\nAgainst {}:\n\n{}", against.title(), table.markdown());
    }
    out
}
