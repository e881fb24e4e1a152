//! Folds all that a source yields, and books what was read of each input.

use lenscap_capture::{Compression, Next, Source, Tally};
use std::collections::BTreeMap;

use super::sieve::Sieve;
use super::{Options, Progress};
use crate::state::captures::{InputRecord, Problem};
use crate::state::summary::Summary;

/// Packets after which progress is told.
const STEP: u64 = 1 << 13;

/// What an input is, beside what is read of it.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its path, `-` for standard input, or the name of an interface.
    pub path: String,
    /// `pcap`, `pcapng`, or `live` for an interface; empty where it could not be read.
    pub format: &'static str,
    /// What it is packed in.
    pub compression: Option<Compression>,
}

/// Folds all that a source yields, up to its end or an error, and books its tallies. `about` tells of an input by its
/// ordinal.
pub(super) fn feed(
    source: &mut dyn Source,
    summary: &mut Summary,
    (options, progress): (&Options, &dyn Progress),
    about: &dyn Fn(u32) -> About,
) {
    let mut sieve = Sieve::new(options);
    let (mut bytes, mut packets) = (0, 0);
    let mut error = None;
    loop {
        match source.next() {
            Ok(Next::End) => break,
            Ok(Next::Idle(_)) => {}
            Ok(Next::Batch(batch)) => {
                packets += batch.len() as u64;
                bytes += batch.bytes() + 16 * batch.len() as u64;
                summary.fold(&batch, |frame| sieve.keeps(frame));
                let last = batch.records().last().map(|record| record.time);
                if last.is_some_and(|time| progress.is_due(time)) {
                    so_far(&*source, summary, progress, about);
                }
            }
            Err(why) => {
                error = Some(why.to_string());
                break;
            }
        }
        if packets >= STEP {
            progress.advance(bytes, packets);
            (bytes, packets) = (0, 0);
        }
    }
    progress.advance(bytes, packets);
    for tally in source.tallies() {
        let id = tally.id;
        let mut read = read(tally, about(id.input));
        read.misfits = sieve.take_misfits(id.chunk);
        if let Some(what) = error.take() {
            read.problems.push(Problem::of_input("unreadable", what));
            read.torn_tail = true;
        }
        summary.site.captures.add(id, read);
    }
}

/// Tells what was read so far, as if the source ended here.
fn so_far(source: &dyn Source, summary: &mut Summary, progress: &dyn Progress, about: &dyn Fn(u32) -> About) {
    let captures = summary.site.captures.clone();
    for tally in source.tallies() {
        let id = tally.id;
        summary.site.captures.add(id, read(tally, about(id.input)));
    }
    progress.so_far(summary);
    summary.site.captures = captures;
}

/// What was read of an input.
pub(super) fn read(tally: Tally, about: About) -> InputRecord {
    let chunk = tally.id.chunk;
    let problem = |problem: lenscap_capture::Problem| Problem {
        record: problem.record.map(|record| (chunk, record)),
        offset: problem.offset,
        kind: problem.kind.name().into(),
        what: problem.kind.to_string(),
    };
    InputRecord {
        path: about.path,
        format: about.format.to_string(),
        compression: about.compression.map(|packed| packed.name().to_string()),
        packets: tally.records,
        numbers: tally.numbers,
        bytes_captured: tally.bytes_captured,
        bytes_wire: tally.bytes_wire,
        start: tally.start.map(|time| time.0),
        end: tally.end.map(|time| time.0),
        clock: tally.clock,
        link_types: tally.link_types,
        snap_length: tally.snap_length.longest,
        unlimited: tally.snap_length.unlimited,
        drops: tally.drops,
        torn_tail: tally.torn_tail,
        problems: tally.problems.into_iter().map(problem).collect(),
        problems_more: tally.problems_more,
        misfits: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::summary::Limits;
    use lenscap_capture::{Capture, ChunkId, Error, RecordReader};
    use lenscap_testkit::{pcap, random_traffic};
    use lenscap_wire::Timestamp;
    use std::num::NonZeroUsize;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Has nothing yet, again and again, before each batch and before the end or an error.
    struct Halting {
        reader: RecordReader,
        idle: u32,
        /// Whether it breaks where the reader ends.
        breaks: bool,
    }

    impl Source for Halting {
        fn next(&mut self) -> Result<Next<'_>, Error> {
            self.idle += 1;
            if !self.idle.is_multiple_of(4) {
                return Ok(Next::Idle(Timestamp(i64::from(self.idle))));
            }
            match self.reader.next() {
                Ok(Next::End) if self.breaks => Err(Error::Whole),
                next => next,
            }
        }

        fn tallies(&self) -> Vec<Tally> {
            self.reader.tallies()
        }
    }

    #[derive(Default)]
    struct Heard(AtomicU64, AtomicU64);

    impl Progress for Heard {
        fn advance(&self, _: u64, packets: u64) {
            self.0.fetch_add(packets, Ordering::Relaxed);
            self.1.fetch_max(packets, Ordering::Relaxed);
        }
    }

    fn options() -> Options {
        let limits = Limits { idle: 300_000_000_000, memory: 1 << 30 };
        Options { threads: NonZeroUsize::MIN, limits, filter: None, from: None, to: None, saved: true }
    }

    fn reader() -> RecordReader {
        let capture = Capture::new(Arc::new(pcap(&random_traffic(7, 20_000)))).unwrap();
        capture.reader(ChunkId::default()).unwrap()
    }

    fn saved(source: &mut dyn Source, progress: &dyn Progress) -> Vec<u8> {
        let (options, mut summary) = (options(), Summary::saveable(options().limits));
        feed(source, &mut summary, (&options, progress), &|_| About::default());
        let mut saved = Vec::new();
        summary.save(&mut saved).unwrap();
        saved
    }

    #[test]
    fn a_source_that_has_nothing_yet_is_asked_again() {
        let heard = Heard::default();
        let steady = saved(&mut reader(), &());
        let halting = saved(&mut Halting { reader: reader(), idle: 0, breaks: false }, &heard);
        assert!(steady == halting, "the same packets are the same summary");
        assert_eq!(heard.0.into_inner(), 20_000);
        assert!((STEP..STEP + 64).contains(&heard.1.into_inner()), "it is told on the way");
    }

    /// Wants a report after every packet.
    #[derive(Default)]
    struct Eager(std::sync::Mutex<Vec<(u64, u64)>>);

    impl Progress for Eager {
        fn advance(&self, _: u64, _: u64) {}

        fn is_due(&self, _: Timestamp) -> bool {
            true
        }

        fn so_far(&self, summary: &Summary) {
            let told = summary.site.captures.inputs[&0].packets;
            self.0.lock().unwrap().push((summary.packets(), told));
        }
    }

    #[test]
    fn a_report_on_the_way_knows_its_capture_and_changes_nothing() {
        let eager = Eager::default();
        assert!(saved(&mut reader(), &eager) == saved(&mut reader(), &()));
        let told = eager.0.into_inner().unwrap();
        assert!(told.len() > 600 && told.is_sorted() && told.iter().all(|(folded, read)| folded == read));
        assert_eq!(told.last(), Some(&(20_000, 20_000)));
    }

    #[test]
    fn a_source_that_breaks_keeps_what_it_yielded() {
        let mut summary = Summary::new(options().limits);
        let mut source = Halting { reader: reader(), idle: 0, breaks: true };
        feed(&mut source, &mut summary, (&options(), &()), &|_| About::default());
        let read = &summary.site.captures.inputs[&0];
        assert_eq!((summary.packets(), read.packets, read.torn_tail), (20_000, 20_000, true));
        assert_eq!(read.problems[0].kind, "unreadable");
    }
}
