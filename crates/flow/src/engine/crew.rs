//! Workers that share the packets of a sensor: a thread each, with a summary of its own flows.
//!
//! Who feeds them stands at the desk: it decodes each packet to see whose flow it is of, keeps what counts in its order (names,
//! sightings, pieces of datagrams), and copies the packet into the worker's queue, in order. So a worker sees all packets of its
//! flows as they were captured, and all of them together are what one would have made of it.
//!
//! A queue has an end. Where packets come from an interface a worker that is late gets less to do: from half a queue on, packets
//! are passed on with their headers alone, which are counted as ever, and nothing is read of what they carry. How many these were
//! stands in the report. Where that is not enough and a queue is full, the desk waits for its worker, and packets wait at the
//! interface: those for which it has no room it counts as lost. So every packet that is lost is counted where it is.

use lenscap_capture::{BATCH, Batch, Record};
use lenscap_wire::Frame;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::hired::Hired;
use crate::report::Leaving;
use crate::state::summary::{Passed, Summary};

/// Batches that a queue holds.
const QUEUE: usize = 512;
/// Bytes of a packet that hold its headers, tunnels left out.
const HEADERS: usize = 128;
/// Bytes from which on a batch is sent off though it is not full, so that a queue of large packets has an end, too.
const BLOCK: usize = 64 << 10;

/// Packets with bytes of their own, and what the desk passed on between them.
#[derive(Clone, Debug, Default)]
struct Copied {
    block: Vec<u8>,
    records: Vec<Record>,
    /// Each with the number of packets before it.
    passed: Vec<(usize, Passed)>,
    /// Bytes of what was passed on.
    beside: usize,
    /// Of how many only the headers were copied.
    shed: u64,
}

impl Copied {
    fn push(&mut self, record: &Record, frame: &Frame<'_>, most: usize) {
        let bytes = frame.bytes.get(..most).unwrap_or(frame.bytes);
        self.shed += u64::from(bytes.len() < frame.bytes.len());
        let mut record = Record { start: self.block.len() as u32, ..*record };
        record.at.length = bytes.len() as u32;
        self.block.extend_from_slice(bytes);
        self.records.push(record);
    }

    fn pass(&mut self, passed: Passed) {
        self.beside += passed.bytes();
        self.passed.push((self.records.len(), passed));
    }

    const fn len(&self) -> usize {
        self.records.len() + self.passed.len()
    }

    const fn is_full(&self) -> bool {
        self.len() >= BATCH || self.block.len() + self.beside >= BLOCK
    }

    fn fold_into(self, summary: &mut Summary) {
        let Self { block, records, passed, shed, .. } = self;
        let batch = Batch::new(&block, &records);
        let mut next = 0;
        for (place, passed) in passed {
            if next < place {
                summary.fold(&batch.part(next..place), |_| true);
            }
            next = place;
            summary.take_passed(passed);
        }
        if next < records.len() {
            summary.fold(&batch.part(next..records.len()), |_| true);
        }
        summary.site.shed += shed;
    }
}

/// Something for a worker to do, in order.
enum Job {
    Frames(Copied),
    Drain(Arc<Leaving>, i64),
    Show(SyncSender<Summary>),
}

/// One worker, as its desk knows it.
struct Worker {
    hired: Hired<SyncSender<Job>>,
    waiting: Arc<AtomicUsize>,
    filling: Copied,
}

impl Worker {
    fn new(number: usize, summary: Summary) -> std::io::Result<Self> {
        let (jobs, next) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = waiting.clone();
        let hired = Hired::start(format!("worker-{number}"), jobs, move || work(summary, &next, &left))?;
        Ok(Self { hired, waiting, filling: Copied::default() })
    }

    fn send(&mut self, job: Job) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.hired.give(|jobs| jobs.send(job).is_ok());
    }

    fn flush_full(&mut self) {
        if self.filling.is_full() {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.filling.len() > 0 {
            let filled = std::mem::take(&mut self.filling);
            self.send(Job::Frames(filled));
        }
    }

    fn is_late(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > QUEUE / 2
    }
}

fn work(mut summary: Summary, jobs: &Receiver<Job>, waiting: &AtomicUsize) {
    for job in jobs {
        match job {
            Job::Frames(copied) => copied.fold_into(&mut summary),
            Job::Drain(leaving, until) => {
                summary.drain(&leaving, until);
            }
            // Who asked may have gone.
            Job::Show(to) => _ = to.send(summary.clone()),
        }
        waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Workers of one desk.
pub(super) struct Crew {
    workers: Vec<Worker>,
    /// Whether a worker that is late gets headers alone.
    sheds: bool,
    /// Packets that workers were given.
    handed: u64,
}

impl Crew {
    /// So many workers of a desk; `sheds` says that one that is late gets headers alone.
    pub(super) fn new(desk: &Summary, count: NonZeroUsize, sheds: bool) -> std::io::Result<Self> {
        let workers = (0..count.get()).map(|number| Worker::new(number, desk.worker(count.get())));
        Ok(Self { workers: workers.collect::<Result<_, _>>()?, sheds, handed: 0 })
    }

    /// Takes in a batch at the desk, and gives workers their share of it.
    pub(super) fn fold(
        &mut self,
        desk: &mut Summary,
        batch: &Batch<'_>,
        mut keep: impl FnMut(&Frame<'_>) -> bool,
    ) {
        for (n, (frame, record)) in batch.frames().zip(batch.records()).enumerate() {
            let owner = desk.receive(batch, (n, &frame), keep(&frame));
            for (owner, passed) in std::mem::take(&mut desk.scratch.passed) {
                if let Some(worker) = self.of(owner) {
                    worker.filling.pass(passed);
                    worker.flush_full();
                }
            }
            let sheds = self.sheds;
            let Some(worker) = owner.and_then(|owner| self.of(owner)) else { continue };
            let most = if sheds && worker.is_late() { HEADERS } else { usize::MAX };
            worker.filling.push(record, &frame, most);
            worker.flush_full();
            self.handed += 1;
        }
    }

    fn of(&mut self, owner: u64) -> Option<&mut Worker> {
        let count = self.workers.len().max(1) as u64;
        self.workers.get_mut((owner % count) as usize)
    }

    /// Lets all of them let go of flows.
    pub(super) fn drain(&mut self, leaving: &Arc<Leaving>, until: i64) {
        for worker in &mut self.workers {
            worker.flush();
            worker.send(Job::Drain(leaving.clone(), until));
        }
    }

    /// What the desk and all workers have, up to the last packet that was taken in.
    pub(super) fn gather(&mut self, desk: &Summary) -> Summary {
        let ask = |worker: &mut Worker| {
            let (to, shown) = sync_channel(1);
            worker.flush();
            worker.send(Job::Show(to));
            shown
        };
        let shown: Vec<_> = self.workers.iter_mut().map(ask).collect();
        let workers = self.workers.iter_mut().zip(shown);
        let parts = workers.map(|(worker, shown)| shown.recv().unwrap_or_else(|_| worker.hired.fail()));
        let whole = parts.fold(desk.clone(), Summary::gather);
        debug_assert_eq!(whole.packets(), desk.packets() + self.handed, "no packet is left with a worker");
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::key::Key;
    use crate::state::path::Layers;
    use crate::state::summary::Limits;
    use lenscap_wire::{LinkType, PacketRef, Timestamp};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    const LIMITS: Limits = Limits { idle: 300, memory: 1 << 24 };

    fn copy(port: u16, time: i64) -> Passed {
        let key = Key { ports: [port, 443], protocol: 17, version: 4, ..Key::default() };
        let entry =
            Entry { share: Share { time, wire: 60, bytes: 46, ..Share::default() }, ..Entry::default() };
        Passed::Copy(Box::new((key, 0, entry, Layers::new())))
    }

    /// A worker whose jobs somebody else takes.
    fn stood_in_for() -> (Worker, Receiver<Job>) {
        let (jobs, next) = sync_channel(QUEUE);
        let waiting = Arc::default();
        let hired = Hired { jobs: Some(jobs), thread: None };
        (Worker { hired, waiting, filling: Copied::default() }, next)
    }

    /// A camera sends its video in datagrams of two fragments: what is passed on between its packets is no batch of its own.
    #[test]
    fn what_is_passed_on_goes_with_the_packets_around_it() {
        let (mut worker, jobs) = stood_in_for();
        let bytes = [0; 60];
        for n in 0..BATCH as i64 {
            let at = PacketRef { record: n as u32, length: 60, ..PacketRef::default() };
            let (time, link_type) = (Timestamp(n), LinkType::ETHERNET);
            let record = Record { time, link_type, wire_length: 60, start: 0, at, ..Record::default() };
            let frame = Batch::new(&bytes, &[]).frame(&record);
            worker.filling.push(&record, &frame, usize::MAX);
            worker.flush_full();
            worker.filling.pass(copy(5000, n));
            worker.flush_full();
        }
        drop(worker);
        let mut summary = Summary::new(LIMITS).worker(1);
        let mut batches = 0;
        for job in jobs {
            let Job::Frames(copied) = job else { panic!("there are none but packets") };
            assert_eq!(
                copied.passed.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
                (1..=16).collect::<Vec<_>>()
            );
            copied.fold_into(&mut summary);
            batches += 1;
        }
        assert_eq!((batches, summary.packets(), summary.flows()), (2, BATCH as u64, 1));
    }

    #[test]
    fn large_packets_do_not_wait_for_a_full_batch() {
        let bytes = vec![0; 40_000];
        let at = PacketRef { length: 40_000, ..PacketRef::default() };
        let record = Record { link_type: LinkType::ETHERNET, wire_length: 40_000, at, ..Record::default() };
        let frame = Batch::new(&bytes, &[]).frame(&record);
        let mut copied = Copied::default();
        copied.push(&record, &frame, usize::MAX);
        assert!(!copied.is_full());
        copied.push(&record, &frame, usize::MAX);
        assert!(copied.is_full());
    }

    /// What a worker had is lost with it: nothing is told without that.
    #[test]
    fn a_panic_of_a_worker_is_that_of_its_desk() {
        let (mut worker, jobs) = stood_in_for();
        let thread = std::thread::spawn(move || {
            _ = jobs.recv();
            panic!("of a worker");
        });
        worker.hired.thread = Some(thread);
        let mut crew = Crew { workers: vec![worker], sheds: false, handed: 0 };
        let desk = Summary::new(LIMITS).into_desk();
        let gathered = catch_unwind(AssertUnwindSafe(|| crew.gather(&desk).packets()));
        let panic = gathered.expect_err("there is nothing to tell");
        assert_eq!(panic.downcast_ref(), Some(&"of a worker"));
    }
}
