//! The driver: opens inputs, cuts them, folds the pieces side by side and appends them in order.
//!
//! All inputs together are one capture. Where a piece turns out not to follow on what stands before it (a cut that
//! was guessed wrong, files whose spans overlap, a refused merge), its packets are folded again in order: never
//! wrong, only slower. So nothing in the result depends on how the work was shared out.

mod crew;
mod cut;
mod feed;
mod files;
mod flood;
mod group;
mod hired;
mod ongoing;
mod piece;
mod sieve;
mod stream;

pub use feed::About;
pub use flood::FloodEvent;
pub use group::Members;
pub use ongoing::{Ongoing, chunk_of};
pub use piece::{FoldError, Folding, NoJoint, Piece, Unjoined};
pub use stream::Stream;

use lenscap_capture::{Compression, Filter, Format, Merged, Pace, RecordReader, Source, stream_reader};
use lenscap_wire::Timestamp;
use rayon::prelude::*;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::judge::numbering::{Numbering, records};
use crate::report::CaptureRecord;
use crate::state::captures::{InputRecord, Problem};
use crate::state::summary::{Limits, Summary};
use cut::CUT_FROM;
use feed::feed;
use files::{Files, Opened, chunk};

/// One thing to be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Input {
    /// A capture file, or a named pipe.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// What the caller reads, such as a pipe that it may end.
    Stream(Stream),
}

/// How to scan.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that fold (`--threads`). The result does not depend on it.
    pub threads: NonZeroUsize,
    /// What a fold needs to know.
    pub limits: Limits,
    /// BPF expression; packets that it refuses are counted as filtered (`--filter`).
    pub filter: Option<String>,
    /// Packets before this are counted as filtered (`--from`).
    pub from: Option<Timestamp>,
    /// Packets at or after this are counted as filtered (`--to`).
    pub to: Option<Timestamp>,
    /// Whether the summary will be saved (`--save`): then it keeps what it takes to be appended to another.
    pub saved: bool,
}

impl Options {
    /// An empty summary; an `appendable` one may be appended to what stands before it.
    fn empty(&self, appendable: bool) -> Summary {
        match (self.saved, appendable) {
            (true, _) => Summary::saveable(self.limits),
            (false, true) => Summary::appendable(self.limits),
            (false, false) => Summary::new(self.limits),
        }
    }
}

/// Hears how far a scan has come. Called from several threads, about every ten thousand packets.
pub trait Progress: Sync {
    /// So many more bytes and packets were read.
    fn advance(&self, bytes: u64, packets: u64);

    /// Whether a report on what was read so far is wanted, now that a packet of this time was. Asked where a single input
    /// is read in one go, as a stream is.
    fn is_due(&self, _: Timestamp) -> bool {
        false
    }

    /// What was read so far, where that was due.
    fn so_far(&self, _: &Summary) {}
}

/// Hears nothing.
impl Progress for () {
    fn advance(&self, _: u64, _: u64) {}
}

/// Why a scan could not be made. Inputs that cannot be read are no such error: they are problems of their record.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The filter expression is wrong, or this build has no filters.
    #[error("{0}")]
    Filter(#[source] lenscap_capture::Error),
    /// No threads could be started.
    #[error("cannot start {threads} threads: {why}")]
    Threads {
        /// How many were wanted.
        threads: usize,
        /// What the system said.
        why: String,
    },
}

/// Scans inputs as one capture, in order of their first stamp and path.
pub fn scan(inputs: &[Input], options: &Options, progress: &dyn Progress) -> Result<Summary, ScanError> {
    if let Some(expression) = &options.filter {
        Filter::new(expression).map_err(ScanError::Filter)?;
    }
    let threads = options.threads.get();
    let scan =
        Scan { files: Files::open(inputs), options, progress, threads, stream: std::sync::OnceLock::new() };
    // What a thread gave back it is lent again first: where the threads that judge are as many, they fold as well.
    let mut summary = if rayon::current_num_threads() == threads {
        rayon::scope(|_| scan.run())
    } else {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|why| ScanError::Threads { threads, why: why.to_string() })?;
        pool.install(|| scan.run())
    };
    summary.flows.unindex();
    Ok(summary)
}

/// Reads inputs for what they are, without looking into packets: a record of each, in capture order.
pub fn inspect(
    inputs: &[Input],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<CaptureRecord>, ScanError> {
    let nothing = Options { filter: None, from: None, to: Some(Timestamp(i64::MIN)), ..options.clone() };
    let summary = scan(inputs, &nothing, progress)?;
    Ok(records(&summary.site.captures, &Numbering::of(&summary.site.captures)))
}

/// Files that are read as one, packet by packet; most often a single one.
type Unit = Vec<usize>;

struct Scan<'o> {
    files: Files,
    options: &'o Options,
    progress: &'o dyn Progress,
    threads: usize,
    /// What a stream turned out to be.
    stream: std::sync::OnceLock<(Format, Option<Compression>)>,
}

/// A unit that waits to be appended, since the next file may be one with it.
struct Pending {
    unit: Unit,
    /// What folding it gave; nothing once files have come together, which are folded when all are known.
    summary: Option<Summary>,
    window: Option<(i64, i64)>,
}

impl Pending {
    fn new(file: usize, summary: Summary) -> Self {
        let window = summary.site.captures.window();
        Self { unit: vec![file], summary: Some(summary), window }
    }

    /// Whether both must be read as one, packet by packet.
    fn overlaps(&self, next: &Self) -> bool {
        self.window.zip(next.window).is_some_and(|(left, right)| right.0 < left.1)
    }

    fn with(mut self, next: Self) -> Self {
        self.unit.extend(next.unit);
        let both = [self.window, next.window].into_iter().flatten();
        let window = both.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        Self { unit: self.unit, summary: None, window }
    }
}

impl Scan<'_> {
    fn run(&self) -> Summary {
        let mut whole = self.options.empty(false);
        let mut pending: Option<Pending> = None;
        let mut next = 0;
        while next < self.files.0.len() {
            let wave: Vec<usize> =
                (next..self.files.0.len()).take(if next == 0 { 1 } else { self.threads * 2 }).collect();
            next += wave.len();
            let alone = |file| Pending::new(file, self.unit(&[file], file > 0));
            let folded: Vec<_> = wave.into_par_iter().map(alone).collect();
            for file in folded {
                pending = Some(match pending.take() {
                    Some(before) if before.overlaps(&file) => before.with(file),
                    Some(before) => {
                        whole = self.append(whole, before);
                        file
                    }
                    None => file,
                });
            }
        }
        match pending {
            Some(last) => self.append(whole, last),
            None => whole,
        }
    }

    /// Appends a unit, or folds it again onto what stands before it.
    fn append(&self, whole: Summary, Pending { unit, summary, .. }: Pending) -> Summary {
        let first = unit.first() == Some(&0);
        let summary = summary.unwrap_or_else(|| self.unit(&unit, !first));
        if whole.packets() == 0 && first {
            return summary;
        }
        match whole.then(summary, &self.files) {
            Ok(whole) => whole,
            Err(refused) => {
                let mut whole = refused.left;
                drop(refused.right);
                self.fold_unit(&unit, &mut whole);
                whole
            }
        }
    }

    /// A unit's summary on its own.
    fn unit(&self, unit: &[usize], appendable: bool) -> Summary {
        if let &[input] = unit
            && let Some(capture) = self.files.capture(input)
            && capture.can_cut()
            && self.threads > 1
            && capture.size() >= CUT_FROM
        {
            return self.cut(input, capture);
        }
        let mut summary = self.options.empty(appendable);
        self.fold_unit(unit, &mut summary);
        summary
    }

    /// Folds a unit in order.
    fn fold_unit(&self, unit: &[usize], summary: &mut Summary) {
        let mut readers = Vec::new();
        for &input in unit {
            match self.reader(input) {
                Ok(reader) => readers.push(reader),
                Err(why) => self.unreadable(input, why, summary),
            }
        }
        match <[RecordReader; 1]>::try_from(readers) {
            Ok([mut reader]) => self.fold(&mut reader, summary),
            Err(readers) if readers.is_empty() => {}
            Err(readers) => self.fold(&mut Merged::new(readers), summary),
        }
    }

    fn reader(&self, input: usize) -> Result<RecordReader, String> {
        let id = chunk(input, 0);
        let reader = match self.files.0.get(input).map(|file| &file.capture) {
            Some(Ok(Opened::Capture(capture))) => capture.reader_at_pace(id, self.pace()),
            Some(Ok(Opened::Stream(stream))) => self.stream(stream, input),
            Some(Err(why)) => return Err(why.clone()),
            None => return Err(String::new()),
        };
        reader.map_err(|why| why.to_string())
    }

    /// Several files are unpacked side by side as it is.
    fn pace(&self) -> Pace {
        if self.threads > 1 && self.files.0.len() == 1 { Pace::Ahead } else { Pace::Along }
    }

    fn stream(&self, stream: &Input, input: usize) -> Result<RecordReader, lenscap_capture::Error> {
        let (reader, compression) = stream_reader(stream.stream()?, chunk(input, 0), self.pace())?;
        self.stream.get_or_init(|| (reader.format(), compression));
        Ok(reader)
    }

    fn unreadable(&self, input: usize, why: String, summary: &mut Summary) {
        let path = self.files.path(input).to_string();
        let problems = vec![Problem::of_input("unreadable", why)];
        let record = InputRecord { path, problems, ..InputRecord::default() };
        summary.site.captures.add(chunk(input, 0), record);
    }

    /// Folds all that a source yields.
    fn fold(&self, source: &mut dyn Source, summary: &mut Summary) {
        feed(source, summary, (self.options, self.progress), &|input| self.about(input as usize));
    }

    fn about(&self, input: usize) -> About {
        let path = self.files.path(input).to_string();
        let (format, compression) = match self.files.0.get(input).map(|file| &file.capture) {
            Some(Ok(Opened::Capture(capture))) => (capture.format().name(), capture.compression()),
            Some(Ok(Opened::Stream(_))) => {
                self.stream.get().map_or(("", None), |(format, packed)| (format.name(), *packed))
            }
            _ => ("", None),
        };
        About { path, format, compression }
    }
}
