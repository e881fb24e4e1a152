//! The rounds: the engine as `scan` drives it, and its stages one by one.
//!
//! The stages on one thread are differences: reading; reading and decoding, less reading; a whole scan, less reading
//! and decoding, which is folding with all that the engine does around it. A batch is timed in a pass of its own, so
//! that the clock does not weigh on the stages.

use super::latency;
use super::run::{Time, stage};
use crate::args::Bench;
use crate::engine::{self, Input, Options, Terms};
use crate::failure::Failure;
use crate::memory;
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lenscap_capture::{BATCH, Batch, Capture, ChunkId, Next, Source};
use lenscap_catalog::Catalog;
use lenscap_flow::report::CaptureRecord;
use lenscap_flow::{Limits, Summary};
use lenscap_report::{Select, json};
use lenscap_wire::{Packet, decode};
use std::hint::black_box;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::time::Instant;

/// Readings of the clock that tell what one costs.
const READINGS: u32 = 10_000;

#[allow(clippy::disallowed_methods, reason = "measuring is what this command is for")]
fn now() -> Instant {
    Instant::now()
}

/// Nanoseconds that `work` took, and what it gave.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let begin = now();
    let done = work();
    (nanoseconds(begin), done)
}

/// What a stage took.
#[derive(Clone, Copy, Default)]
pub(super) struct Took {
    /// Nanoseconds on the clock.
    pub(super) ns: u64,
    /// Nanoseconds of processors.
    pub(super) processor_ns: u64,
}

impl Took {
    /// Measures `work`; processor time is 0 where the system does not say.
    fn by<T>(work: impl FnOnce() -> T) -> (Self, T) {
        let begin = memory::processor().unwrap_or(0);
        let (ns, done) = timed(work);
        (Self { ns, processor_ns: memory::processor().unwrap_or(0).saturating_sub(begin) }, done)
    }

    fn and(self, other: Self) -> Self {
        Self { ns: self.ns + other.ns, processor_ns: self.processor_ns + other.processor_ns }
    }

    fn less(self, other: Self) -> Self {
        Self {
            ns: self.ns.saturating_sub(other.ns),
            processor_ns: self.processor_ns.saturating_sub(other.processor_ns),
        }
    }
}

fn nanoseconds(begin: Instant) -> u64 {
    u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds that reading the clock takes.
fn clock() -> u64 {
    timed(|| (0..READINGS).for_each(|_| _ = black_box(now()))).0 / u64::from(READINGS)
}

/// What the rounds gave.
pub(super) struct Measured {
    /// The inputs, as the first scan found them.
    pub(super) captures: Vec<CaptureRecord>,
    /// Packets in them.
    pub(super) packets: u64,
    /// Captured bytes.
    pub(super) bytes: u64,
    /// Flows in them.
    pub(super) flows: u64,
    /// Nanoseconds of every round.
    pub(super) times: Vec<Time>,
    /// Nanoseconds that folding a batch took, of all rounds.
    pub(super) latency: Histogram<u64>,
    /// Nanoseconds that reading the clock takes.
    pub(super) clock: u64,
    /// Peak memory after the first scan on one thread; bytes.
    pub(super) peak: Option<u64>,
}

/// The engine with all that it needs.
pub(super) struct Engine<'c> {
    inputs: Vec<Input>,
    captures: Vec<Capture>,
    limits: Limits,
    catalog: &'c Catalog,
    terms: Terms,
}

/// A scan from the first byte to the last of the report.
struct Whole {
    scan: Took,
    judge: Took,
    render: Took,
    flows: u64,
    captures: Vec<CaptureRecord>,
}

impl<'c> Engine<'c> {
    /// Opens the inputs; the single passes go over those that can be opened, in order of their first stamp.
    pub(super) fn open(
        inputs: Vec<Input>,
        limits: Limits,
        catalog: &'c Catalog,
        terms: Terms,
    ) -> Result<Self, Failure> {
        let mut captures = Vec::new();
        for input in &inputs {
            match input {
                Input::Stdin | Input::Stream(_) => {
                    return Err(Failure::new("standard input can be read once, and a bench reads often")
                        .next("Try: cat > capture.pcap      and: lenscap bench capture.pcap"));
                }
                // The record of the first scan says why, where it cannot be opened.
                Input::File(path) => captures.extend(Capture::open(path).ok()),
            }
        }
        if captures.is_empty() {
            let first = inputs.iter().find_map(|input| match input {
                Input::File(path) => Some(path.to_string_lossy()),
                _ => None,
            });
            let first = lenscap_report::shell::word(&first.unwrap_or_default());
            return Err(Failure::new("nothing to measure: no input is a capture that can be read")
                .next(format!("See why: lenscap inspect {first}")));
        }
        captures.sort_by_key(Capture::first_time);
        Ok(Self { inputs, captures, limits, catalog, terms })
    }

    /// Goes the rounds.
    pub(super) fn measure(&self, bench: &Bench, threads: &[NonZeroUsize]) -> Result<Measured, Failure> {
        let mut latency = latency::histogram();
        let (mut times, mut first, mut peak) = (Vec::new(), None, None);
        let bar = rounds_bar(u64::from(bench.warm_up) + u64::from(bench.rounds.get()));
        for round in 0..bench.warm_up.saturating_add(bench.rounds.get()) {
            let counts = round >= bench.warm_up;
            let mut note = |stage, threads: NonZeroUsize, took| {
                if counts {
                    Time::note(&mut times, stage, threads.get(), took);
                }
            };
            let mut alone = Took::default();
            for &threads in threads {
                let whole = self.whole(threads)?;
                peak = peak.or_else(memory::peak);
                alone = if threads == NonZeroUsize::MIN { whole.scan } else { alone };
                note(stage::SCAN, threads, whole.scan);
                note(stage::JUDGE, threads, whole.judge);
                note(stage::RENDER, threads, whole.render);
                note(stage::WHOLE, threads, whole.scan.and(whole.judge).and(whole.render));
                first.get_or_insert((whole.captures, whole.flows));
            }
            let read = Took::by(|| self.pass(|batch| _ = black_box(batch.len()))).0;
            let decoded = Took::by(|| self.pass(decode_batch)).0;
            note(stage::READ, NonZeroUsize::MIN, read);
            note(stage::DECODE, NonZeroUsize::MIN, decoded.less(read));
            note(stage::FOLD, NonZeroUsize::MIN, alone.less(decoded));
            self.batches(if counts { Some(&mut latency) } else { None });
            bar.inc(1);
        }
        bar.finish_and_clear();
        let (captures, flows) = first.unwrap_or_default();
        let packets = captures.iter().map(|capture| capture.packets).sum();
        let bytes = captures.iter().map(|capture| capture.bytes_captured).sum();
        Ok(Measured { captures, packets, bytes, flows, times, latency, clock: clock(), peak })
    }

    fn whole(&self, threads: NonZeroUsize) -> Result<Whole, Failure> {
        let options =
            Options { threads, limits: self.limits, filter: None, from: None, to: None, saved: false };
        let (scan, summary) = Took::by(|| lenscap_flow::scan(&self.inputs, &options, &()));
        let summary = summary.map_err(|why| Failure::new(why.to_string()))?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build();
        let pool = pool.map_err(|why| Failure::new(format!("cannot start {threads} threads: {why}")))?;
        pool.install(|| {
            let (close, closed) = Took::by(|| summary.close());
            let (judge, report) = Took::by(|| engine::judge(&closed, self.catalog, &self.terms));
            let (render, written) = Took::by(|| json::write(&report, Select::ALL, threads, &mut io::sink()));
            written?;
            Ok(Whole {
                scan,
                judge: close.and(judge),
                render,
                flows: report.overview.flows,
                captures: report.captures,
            })
        })
    }

    /// Walks every record of every input on one thread.
    fn pass(&self, mut each: impl FnMut(&Batch<'_>)) {
        for capture in &self.captures {
            let Ok(mut reader) = capture.reader(ChunkId::default()) else { continue };
            while let Ok(Next::Batch(batch)) = reader.next() {
                each(&batch);
            }
        }
    }

    fn batches(&self, mut latency: Option<&mut Histogram<u64>>) {
        let mut summary = Summary::new(self.limits);
        self.pass(|batch| {
            let (ns, ()) = timed(|| summary.fold(batch, |_| true));
            if let Some(latency) = &mut latency {
                latency.saturating_record(ns);
            }
        });
    }
}

fn decode_batch(batch: &Batch<'_>) {
    let mut packets: [Packet<'_>; BATCH] = std::array::from_fn(|_| Packet::default());
    for (frame, packet) in batch.frames().zip(&mut packets) {
        decode(&frame, packet);
    }
    black_box(&packets);
}

/// Drawn between rounds only, so that drawing is never measured.
fn rounds_bar(rounds: u64) -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(rounds), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} rounds  {eta} left") {
        bar.set_style(style);
    }
    bar.tick();
    bar
}
