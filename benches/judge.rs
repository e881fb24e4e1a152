//! From a summary to a report, and from a report to JSON lines. One element is a flow.

mod traffic;

use criterion::{Criterion, Throughput};
use lenscap_catalog::Catalog;
use lenscap_flow::{Policy, judge};
use lenscap_report::{Select, json};
use lenscap_testkit::Shape;
use std::io;
use std::num::NonZeroUsize;
use traffic::Traffic;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let catalog = Catalog::builtin();
    let policy = Policy::default();
    // The engine judges on the threads it was given; here on one.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    for (shape, things) in [(Shape::Mix, 20_000), (Shape::Flows, 50_000), (Shape::Findings, 10_000)] {
        let traffic = Traffic::of(shape, things, usize::MAX);
        let summary = traffic.summary();
        let mut group = criterion.benchmark_group("judge");
        group.sample_size(10).throughput(Throughput::Elements(summary.flows() as u64));
        group.bench_function(shape.to_string(), |bencher| {
            bencher.iter(|| pool.install(|| judge(&summary.close(), &catalog, &policy).findings.len()));
        });
        group.finish();
        let closed = summary.close();
        let report = judge(&closed, &catalog, &policy);
        let mut group = criterion.benchmark_group("render");
        group.sample_size(10).throughput(Throughput::Elements(report.overview.flows));
        group.bench_function(shape.to_string(), |bencher| {
            bencher.iter(|| json::write(&report, Select::ALL, NonZeroUsize::MIN, &mut io::sink()));
        });
        group.finish();
    }
    criterion.final_summary();
}
