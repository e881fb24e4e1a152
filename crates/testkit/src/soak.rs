//! Soak: a sensor's engine fed for hours of capture time by a site that never rests, and what must hold all the while.
//!
//! Every five minutes of the capture it is judged, what ended is said, and leaves memory. The ledger balances each time, what the
//! engine counts stays inside the memory that it was given, and after a first third the process does not grow.

use lenscap_capture::{BATCH, Batch, Record};
use lenscap_catalog::Catalog;
use lenscap_flow::report::Said;
use lenscap_flow::{Limits, Ongoing, Options, Policy, judge};
use lenscap_testkit::{Churn, MILLISECOND, OwnedFrame, SECOND};
use lenscap_wire::PacketRef;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};
use std::{fs, io};

/// Nanoseconds of capture between two judgements.
const TICK: i64 = 300 * SECOND;
/// Nanoseconds of capture between two lines of the table.
const LINE: i64 = 3600 * SECOND;

/// How long, and with how much memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Soak {
    /// Wall time, where it is not told by capture time.
    pub(crate) wall: Duration,
    pub(crate) capture: i64,
    pub(crate) memory: usize,
    pub(crate) seed: u64,
}

/// How it stood at one time.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    hours: i64,
    packets: u64,
    flows: usize,
    said: u64,
    cost: usize,
    resident: u64,
    judging: Duration,
}

/// Bytes of the process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) << 10
}

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
fn moment() -> Instant {
    Instant::now()
}

/// Folds frames, numbered from `first` on.
fn fold(ongoing: &mut Ongoing, frames: &[OwnedFrame], first: u32) {
    for (part, frames) in frames.chunks(BATCH).enumerate() {
        let (mut block, mut records) = (Vec::new(), Vec::new());
        for (n, frame) in frames.iter().enumerate() {
            let length = frame.bytes.len() as u32;
            let record = first.wrapping_add((part * BATCH + n) as u32);
            let at = PacketRef { chunk: 0, record, offset: u64::from(record) * 64, length };
            let start = block.len() as u32;
            block.extend_from_slice(&frame.bytes);
            let (time, link_type, wire_length) = (frame.time, frame.link_type, frame.wire_length);
            records.push(Record { time, link_type, wire_length, start, at, ..Record::default() });
        }
        ongoing.fold(&Batch::new(&block, &records));
    }
}

impl Soak {
    /// Runs it, and says how it went; an error where something did not hold.
    pub(crate) fn run(self, mut say: impl FnMut(&str)) -> io::Result<()> {
        let failed = |why: String| Err(io::Error::other(why));
        let limits = Limits { idle: 300 * SECOND, memory: self.memory };
        let options =
            Options { threads: NonZeroUsize::MIN, limits, filter: None, from: None, to: None, saved: false };
        let mut ongoing = Ongoing::new(&options, vec![]).map_err(io::Error::other)?;
        let (catalog, policy, mut said) = (Catalog::builtin(), Policy::default(), Said::default());
        let (start_of_run, mut packets, mut next, mut table) = (moment(), 0u64, None, Vec::<Row>::new());
        let (mut row, mut start) = (Row::default(), None);
        say("hours  packets      flows   said        counted MiB  resident MiB  judging ms");
        for frames in Churn::new(self.seed, 200 * MILLISECOND) {
            fold(&mut ongoing, &frames, packets as u32);
            packets += frames.len() as u64;
            let Some(now) = frames.last().map(|frame| frame.time.0) else { continue };
            let since = now - *start.get_or_insert(now);
            if now < *next.get_or_insert(now + TICK) {
                continue;
            }
            next = Some(now + TICK);
            let (until, judging) = (ongoing.ended(), moment());
            let closed = ongoing.summary([]).close();
            let report = judge(&closed, &catalog, &policy);
            row.said += report.flows_that_ended(until, usize::MAX, &mut said).len() as u64;
            if !report.ledger.balanced() || report.ledger.packets != packets {
                return failed(format!("after {since} ns: {:?}", report.ledger));
            }
            let leaving = report.leaving(until, Some(&said));
            drop(report);
            drop(closed);
            ongoing.drain(&leaving);
            row.judging = row.judging.max(judging.elapsed());
            if ongoing.cost() > self.memory {
                return failed(format!("{} bytes counted of {}", ongoing.cost(), self.memory));
            }
            if since >= (table.len() as i64 + 1) * LINE {
                let (flows, cost) = (ongoing.flows(), ongoing.cost());
                row = Row { hours: since / LINE, packets, flows, cost, resident: resident(), ..row };
                say(&row.line());
                table.push(row);
                row.judging = Duration::ZERO;
            }
            if start_of_run.elapsed() >= self.wall || since >= self.capture {
                break;
            }
        }
        let (early, late) = table.split_at(table.len() / 3);
        let most = |rows: &[Row]| rows.iter().map(|row| row.resident).max().unwrap_or(0);
        let (before, after) = (most(early), most(late));
        say(&format!("resident at most: {} MiB in the first third, {} MiB after", before >> 20, after >> 20));
        // What an allocator keeps goes up and down.
        if !early.is_empty() && after > before + before / 5 {
            return failed(format!("it grew from {before} to {after} bytes"));
        }
        Ok(())
    }
}

impl Row {
    fn line(&self) -> String {
        let Self { hours, packets, flows, said, cost, resident, judging } = self;
        let (cost, resident, judging) = (cost >> 20, resident >> 20, judging.as_millis());
        format!("{hours:5}  {packets:11}  {flows:6}  {said:10}  {cost:11}  {resident:12}  {judging:10}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two hours and little memory: every share is spent, and the books balance.
    #[test]
    fn hours_of_a_site_that_never_rests() {
        let (wall, capture) = (Duration::from_mins(10), 2 * LINE + LINE / 8);
        let soak = Soak { wall, capture, memory: 4 << 20, seed: 1 };
        let mut lines = Vec::new();
        soak.run(|line| lines.push(line.to_string())).unwrap();
        assert_eq!(lines.len(), 4, "{lines:#?}");
    }
}
