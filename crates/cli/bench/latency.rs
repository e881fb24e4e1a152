//! How long folding a batch takes: most batches, the slowest ones, and the whole distribution as HdrHistogram writes it.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// The longest time that is told apart: a minute in nanoseconds; what is longer counts as this.
const LONGEST: u64 = 60_000_000_000;

/// Figures that are kept of a time.
const FIGURES: u8 = 3;

/// Steps of the distribution for each halving of the distance to the slowest, as HdrHistogram's tools have it.
const TICKS: u32 = 5;

/// An empty histogram of nanoseconds.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, FIGURES).unwrap_or_else(|_| unreachable!("the bounds are sound"))
}

/// A distribution in a few numbers, nanoseconds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Latency {
    /// Packets in a full batch.
    pub(super) batch: u64,
    /// Batches in all rounds.
    pub(super) batches: u64,
    /// Half of them took no longer.
    pub(super) p50_ns: u64,
    /// Nine in ten.
    pub(super) p90_ns: u64,
    /// All but one in a hundred.
    pub(super) p99_ns: u64,
    /// All but one in a thousand.
    pub(super) p99_9_ns: u64,
    /// The slowest.
    pub(super) max_ns: u64,
}

impl Latency {
    /// Of all that was recorded.
    pub(super) fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            batch: lenscap_capture::BATCH as u64,
            batches: histogram.len(),
            p50_ns: histogram.value_at_quantile(0.5),
            p90_ns: histogram.value_at_quantile(0.9),
            p99_ns: histogram.value_at_quantile(0.99),
            p99_9_ns: histogram.value_at_quantile(0.999),
            max_ns: histogram.max(),
        }
    }
}

/// Writes the percentile distribution in the text format of HdrHistogram (`.hgrm`), values in microseconds.
pub(super) fn write_hgrm(histogram: &Histogram<u64>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{:>12} {:>14} {:>10} {:>14}\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)")?;
    let mut total = 0;
    for step in histogram.iter_quantiles(TICKS) {
        total += step.count_since_last_iteration();
        let (value, quantile) = (microseconds(step.value_iterated_to()), step.quantile_iterated_to());
        if quantile < 1.0 {
            writeln!(out, "{value:>12} {quantile:>14.12} {total:>10} {:>14.2}", 1.0 / (1.0 - quantile))?;
        } else {
            writeln!(out, "{value:>12} {quantile:>14.12} {total:>10}")?;
        }
    }
    let (mean, deviation) = (histogram.mean() / 1000.0, histogram.stdev() / 1000.0);
    writeln!(out, "#[Mean    = {mean:>12.3}, StdDeviation   = {deviation:>12.3}]")?;
    writeln!(
        out,
        "#[Max     = {:>12}, Total count    = {:>12}]",
        microseconds(histogram.max()),
        histogram.len()
    )?;
    writeln!(
        out,
        "#[Buckets = {:>12}, SubBuckets     = {:>12}]",
        histogram.buckets(),
        // Twice 10^FIGURES, rounded up to a power of two, as the format's other writers count them.
        (2 * 10_u32.pow(FIGURES.into())).next_power_of_two()
    )
}

fn microseconds(ns: u64) -> String {
    format!("{}.{:03}", ns / 1000, ns % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_their_text() {
        let mut histogram = histogram();
        (1..=1000).for_each(|n| histogram.saturating_record(n * 1000));
        let latency = Latency::of(&histogram);
        assert_eq!(latency.batches, 1000);
        assert_eq!(latency.p50_ns / 1000, 500);
        let mut out = Vec::new();
        write_hgrm(&histogram, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("TotalCount 1/(1-Percentile)") && lines[1].is_empty());
        assert!(lines.contains(&"    1000.447 1.000000000000       1000"), "{text}");
        assert!(text.ends_with("SubBuckets     =         2048]\n"));
    }

    #[test]
    fn what_is_longer_than_a_minute_counts_as_one() {
        let mut histogram = histogram();
        histogram.saturating_record(u64::MAX);
        assert!(histogram.max() >= LONGEST && histogram.max() < LONGEST * 2);
    }
}
