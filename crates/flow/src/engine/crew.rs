//! Workers that share the packets of a sensor: a thread each, with a summary of its own flows.
//!
//! Who feeds them stands at the desk: it decodes each packet to see whose flow it is of, keeps what counts in its order (names,
//! sightings, pieces of datagrams), and copies the packet into the worker's queue, in order. So a worker sees all packets of its
//! flows as they were captured, and all of them together are what one would have made of it.
//!
//! A queue has an end. Where packets come from an interface nobody waits for a worker that is late: from half a queue on, packets
//! are passed on with their headers alone, which are counted as ever, and nothing is read of what they carry. How many these were
//! stands in the report.

use lenscap_capture::{BATCH, Batch, Record};
use lenscap_wire::Frame;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::report::Leaving;
use crate::state::summary::{Passed, Summary};

/// Batches that a queue holds.
const QUEUE: usize = 512;
/// Bytes of a packet that hold its headers, tunnels left out.
const HEADERS: usize = 128;

/// Packets with bytes of their own.
#[derive(Clone, Debug, Default)]
struct Copied {
    block: Vec<u8>,
    records: Vec<Record>,
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
}

/// Something for a worker to do, in order.
enum Job {
    Frames(Copied),
    Passed(Passed),
    Drain(Arc<Leaving>, i64),
    Show(SyncSender<Summary>),
}

/// One worker, as its desk knows it.
struct Worker {
    /// Nothing once it is to end.
    jobs: Option<SyncSender<Job>>,
    waiting: Arc<AtomicUsize>,
    filling: Copied,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    fn new(number: usize, summary: Summary) -> std::io::Result<Self> {
        let (jobs, next) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = waiting.clone();
        let name = format!("worker-{number}");
        let thread = thread::Builder::new().name(name).spawn(move || work(summary, &next, &left))?;
        Ok(Self { jobs: Some(jobs), waiting, filling: Copied::default(), thread: Some(thread) })
    }

    fn send(&self, job: Job) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        // It ends with its desk, and never before but by a panic: then the desk does, too, when it asks what there is.
        if self.jobs.as_ref().is_none_or(|jobs| jobs.send(job).is_err()) {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn flush(&mut self) {
        if !self.filling.records.is_empty() {
            let filled = std::mem::take(&mut self.filling);
            self.send(Job::Frames(filled));
        }
    }

    fn is_late(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > QUEUE / 2
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        _ = self.thread.take().map(JoinHandle::join);
    }
}

fn work(mut summary: Summary, jobs: &Receiver<Job>, waiting: &AtomicUsize) {
    for job in jobs {
        match job {
            Job::Frames(Copied { block, records, shed }) => {
                summary.fold(&Batch::new(&block, &records), |_| true);
                summary.site.shed += shed;
            }
            Job::Passed(passed) => summary.take_passed(passed),
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
    /// Whether nobody waits for a worker that is late.
    sheds: bool,
}

impl Crew {
    /// So many workers of a desk; `sheds` says that nobody waits for one that is late.
    pub(super) fn new(desk: &Summary, count: NonZeroUsize, sheds: bool) -> std::io::Result<Self> {
        let workers = (0..count.get()).map(|number| Worker::new(number, desk.worker()));
        Ok(Self { workers: workers.collect::<Result<_, _>>()?, sheds })
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
                    worker.flush();
                    worker.send(Job::Passed(passed));
                }
            }
            let sheds = self.sheds;
            let Some(worker) = owner.and_then(|owner| self.of(owner)) else { continue };
            let most = if sheds && worker.is_late() { HEADERS } else { usize::MAX };
            worker.filling.push(record, &frame, most);
            if worker.filling.records.len() >= BATCH {
                worker.flush();
            }
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
        let parts = shown.into_iter().filter_map(|shown| shown.recv().ok());
        parts.fold(desk.clone(), Summary::gather)
    }
}
