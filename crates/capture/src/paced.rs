//! A capture fed by its own clock: a frame comes when as much time has passed as in the capture, or that divided by a speed.

use lenscap_wire::Timestamp;
use std::thread;
use std::time::{Duration, Instant};

use crate::{Error, Next, RecordReader, Source, Tally};

/// How long is waited at most before [`Next::Idle`].
const WAIT: Duration = Duration::from_millis(100);

/// Frames of a reader, each when it is due.
pub struct Paced {
    reader: RecordReader,
    /// So many seconds of the capture are one.
    speed: u32,
    /// When the first frame came, and its stamp.
    begun: Option<(Instant, Timestamp)>,
    /// Frames of the reader's batch that have been lent.
    lent: usize,
}

impl Paced {
    /// Feeds what a reader reads, `speed` times as fast as it was captured; 0 is taken for 1.
    pub fn new(reader: RecordReader, speed: u32) -> Self {
        Self { reader, speed: speed.max(1), begun: None, lent: 0 }
    }

    /// The time of the capture by now.
    fn now(&mut self, first: Timestamp) -> Timestamp {
        let now = moment();
        let (begun, start) = *self.begun.get_or_insert((now, first));
        let passed = now.saturating_duration_since(begun).as_nanos().saturating_mul(self.speed.into());
        Timestamp(start.0.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX)))
    }
}

#[expect(clippy::disallowed_methods, reason = "what is fed by a clock needs one")]
fn moment() -> Instant {
    Instant::now()
}

/// How many frames from `from` on are due: up to the first that is not. A stamp that steps back is due.
fn due(times: impl Iterator<Item = Timestamp>, now: Timestamp) -> usize {
    times.take_while(|time| *time <= now).count()
}

impl Source for Paced {
    fn next(&mut self) -> Result<Next<'_>, Error> {
        if self.lent >= self.reader.batch().len() {
            self.lent = 0;
            if !self.reader.advance() {
                return Ok(Next::End);
            }
        }
        let times = |reader: &RecordReader, lent| {
            let records = reader.batch().records().get(lent..).unwrap_or(&[]);
            records.iter().map(|record| record.time).collect::<Vec<_>>()
        };
        let times = times(&self.reader, self.lent);
        let next = times.first().copied().unwrap_or_default();
        let mut now = self.now(next);
        if next > now {
            // A stamp centuries ahead is waited for as any other is.
            let ahead = u64::try_from(next.0.saturating_sub(now.0)).unwrap_or(0) / u64::from(self.speed);
            thread::sleep(WAIT.min(Duration::from_nanos(ahead.saturating_add(1))));
            now = self.now(next);
        }
        let from = self.lent;
        self.lent += due(times.into_iter(), now);
        if self.lent == from {
            return Ok(Next::Idle(now));
        }
        Ok(Next::Batch(self.reader.batch().part(from..self.lent)))
    }

    fn tallies(&self) -> Vec<Tally> {
        self.reader.tallies()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capture, ChunkId};
    use lenscap_testkit::{OwnedFrame, pcap};
    use std::sync::Arc;

    fn paced(milliseconds: &[i64], speed: u32) -> Paced {
        let frame =
            |&at: &i64| OwnedFrame::ethernet(Timestamp(1_000_000_000_000 + at * 1_000_000), vec![0; 60]);
        let frames: Vec<_> = milliseconds.iter().map(frame).collect();
        Paced::new(Capture::new(Arc::new(pcap(&frames))).unwrap().reader(ChunkId::default()).unwrap(), speed)
    }

    /// Frames in each batch, and times that there was nothing yet.
    fn run(mut source: Paced) -> (Vec<usize>, usize) {
        let (mut batches, mut idle, mut latest) = (Vec::new(), 0, Timestamp::MIN);
        loop {
            match source.next().unwrap() {
                Next::Batch(batch) => {
                    assert!(!batch.is_empty());
                    batches.push(batch.len());
                    latest = batch.frames().map(|frame| frame.time).max().unwrap().max(latest);
                }
                Next::Idle(now) => {
                    assert!(now >= latest, "what is idle has passed what it gave");
                    idle += 1;
                }
                Next::End => return (batches, idle),
            }
        }
    }

    #[test]
    fn frames_come_when_they_are_due() {
        let begun = moment();
        let (batches, idle) = run(paced(&[0, 0, 150, 100, 400], 1));
        assert!(begun.elapsed() >= Duration::from_millis(400));
        assert_eq!(batches, [2, 2, 1], "one that steps back comes with the one before it");
        assert!(idle >= 2, "what comes 250 ms later is waited for twice at least");
    }

    #[test]
    fn speed_divides_the_time() {
        let begun = moment();
        let (batches, _) = run(paced(&[0, 60_000, 120_000], 1_000_000));
        assert_eq!(batches.iter().sum::<usize>(), 3);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
