//! A run as it is saved and printed as JSON: the schema `lenscap-bench/1`.
//!
//! Integers only; times in nanoseconds, sizes in bytes. Every round is kept, so that whoever reads a saved run may ask
//! more of it than was printed. Keys that a later version adds are passed over.

use super::latency::Latency;
use super::measure::{Measured, Took};
use super::spread::Spread;
use crate::args::Bench;
use lenscap_report::time;
use lenscap_wire::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

/// Version of the form.
pub(super) const SCHEMA: &str = "lenscap-bench/1";

/// The names of stages.
pub(super) mod stage {
    /// Walking the records.
    pub(in super::super) const READ: &str = "read";
    /// Frames to packets.
    pub(in super::super) const DECODE: &str = "decode";
    /// Packets into the summary, with all that the engine does around it.
    pub(in super::super) const FOLD: &str = "fold";
    /// The summary to a report.
    pub(in super::super) const JUDGE: &str = "judge";
    /// The report as JSON lines, to nowhere.
    pub(in super::super) const RENDER: &str = "render";
    /// Reading, decoding and folding together.
    pub(in super::super) const SCAN: &str = "scan";
    /// All of it.
    pub(in super::super) const WHOLE: &str = "whole";
    /// The stages that add up to the whole on one thread.
    pub(in super::super) const PARTS: [&str; 5] = [READ, DECODE, FOLD, JUDGE, RENDER];
}

/// How long a stage took, round by round.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Time {
    /// Which stage.
    pub(super) stage: String,
    /// On so many threads.
    pub(super) threads: usize,
    /// Nanoseconds of each round.
    pub(super) rounds_ns: Vec<u64>,
    /// Nanoseconds of processors, of all threads together, in steps of 10 ms.
    pub(super) processor_ns: Vec<u64>,
}

impl Time {
    /// Adds a round.
    pub(super) fn note(times: &mut Vec<Self>, stage: &str, threads: usize, took: Took) {
        match times.iter_mut().find(|time| time.stage == stage && time.threads == threads) {
            Some(time) => {
                time.rounds_ns.push(took.ns);
                time.processor_ns.push(took.processor_ns);
            }
            None => times.push(Self {
                stage: stage.to_owned(),
                threads,
                rounds_ns: vec![took.ns],
                processor_ns: vec![took.processor_ns],
            }),
        }
    }
}

/// A run.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Run {
    /// [`SCHEMA`].
    pub(super) schema: String,
    /// Version of lenscap.
    pub(super) version: String,
    /// When it ended, RFC 3339 in UTC.
    pub(super) ended: String,
    /// Inputs.
    pub(super) captures: u64,
    /// Packets in them.
    pub(super) packets: u64,
    /// Captured bytes in them.
    pub(super) bytes: u64,
    /// Flows in them.
    pub(super) flows: u64,
    /// Rounds that count.
    pub(super) rounds: u32,
    /// Rounds before them that do not.
    pub(super) warm_up: u32,
    /// What opening the catalogue took, once.
    pub(super) catalog_ns: u64,
    /// What reading the clock takes; twice in the latency of a batch.
    pub(super) clock_ns: u64,
    /// Peak memory after the first scan on one thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peak_memory: Option<u64>,
    /// What folding a batch took.
    pub(super) latency: Latency,
    /// Every stage.
    pub(super) times: Vec<Time>,
}

impl Run {
    /// What was measured, as of now.
    pub(super) fn of(bench: &Bench, opening: u64, measured: &Measured) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ended: time::rfc3339(now()),
            captures: measured.captures.len() as u64,
            packets: measured.packets,
            bytes: measured.bytes,
            flows: measured.flows,
            rounds: bench.rounds.get(),
            warm_up: bench.warm_up,
            catalog_ns: opening,
            clock_ns: measured.clock,
            peak_memory: measured.peak,
            latency: Latency::of(&measured.latency),
            times: measured.times.clone(),
        }
    }

    /// Writes it as one line of JSON.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        writeln!(out)
    }

    /// The rounds of a stage.
    pub(super) fn spread(&self, stage: &str, threads: usize) -> Option<Spread> {
        let time = self.times.iter().find(|time| time.stage == stage && time.threads == threads)?;
        Spread::of(&time.rounds_ns)
    }

    /// Processor time of a stage, the median of its rounds.
    pub(super) fn processor(&self, stage: &str, threads: usize) -> Option<u64> {
        let time = self.times.iter().find(|time| time.stage == stage && time.threads == threads)?;
        Spread::of(&time.processor_ns).map(|spread| spread.median)
    }

    /// The numbers of threads, ascending.
    pub(super) fn threads(&self) -> Vec<usize> {
        self.times.iter().filter(|time| time.stage == stage::WHOLE).map(|time| time.threads).collect()
    }
}

#[allow(clippy::disallowed_methods, reason = "a saved run says when it was made")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
