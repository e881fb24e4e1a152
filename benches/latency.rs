//! How long folding one batch takes: the slowest ones are what a ring of a live capture must bridge.
//!
//! Prints p50, p90, p99, p99.9 and the most for each shape, over several rounds from an empty summary on.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures time and prints it")]

mod traffic;

use hdrhistogram::Histogram;
use lenscap_flow::Summary;
use lenscap_testkit::Shape;
use std::env;
use std::time::Instant;
use traffic::{LIMITS, Traffic};

fn main() {
    let quick = env::args().any(|argument| argument == "--test");
    let rounds = if quick { 1 } else { 10 };
    println!(
        "{:<16} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "ns a batch", "batches", "p50", "p90", "p99", "p99.9", "max"
    );
    for (shape, things, packets) in [
        (Shape::Mix, 20_000, 200_000),
        (Shape::Small, 20_000, 400_000),
        (Shape::Flows, 100_000, 800_000),
        (Shape::Video, 320, 30_000),
    ] {
        let traffic = Traffic::of(shape, things, if quick { 1000 } else { packets });
        let mut histogram = Histogram::<u64>::new(3).expect("three figures are sound");
        for _ in 0..rounds {
            let mut summary = Summary::new(LIMITS);
            for batch in traffic.batches() {
                let begin = Instant::now();
                summary.fold(&batch, |_| true);
                histogram.saturating_record(begin.elapsed().as_nanos() as u64);
            }
        }
        let [p50, p90, p99, p99_9] = [0.5, 0.9, 0.99, 0.999].map(|q| histogram.value_at_quantile(q));
        let (name, batches, max) = (format!("{shape}/{things}"), histogram.len(), histogram.max());
        println!("{name:<16} {batches:>9} {p50:>8} {p90:>8} {p99:>8} {p99_9:>8} {max:>8}");
    }
}
