//! Members of a group: sources that share the packets of interfaces, a thread each, which folds what its source yields.
//!
//! Each member has whole flows. What counts in its order among all of them, names and sightings, is kept at one desk: a member
//! sends it a copy of every packet that tells of such, and the desk hears these in order of time once the clock of every member is
//! past them. A member whose source has nothing yet says what time it is, so a quiet one keeps nobody waiting.
//!
//! Nothing waits for the desk. Where it falls behind by the bytes that [`waiting`] says, what further packets of interfaces tell is
//! not heard; they are counted, and stand in the report as payloads that were shed.

use lenscap_capture::{Batch, Error, Next, Record, Source, Tally};
use lenscap_wire::Timestamp;
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::hired::Hired;
use super::ongoing::Clock;
use crate::report::Leaving;
use crate::state::fragment::Datagram;
use crate::state::summary::Summary;

/// Bytes of copies that wait for the desk at most, of all members; and which part of the memory.
const WAITING: usize = 64 << 20;
const PART: usize = 8;
/// How long the desk rests when it has heard all.
const REST: Duration = Duration::from_millis(50);
/// Batches after which a member tells anew what it read.
const TELL_AFTER: u32 = 1 << 8;

/// Bytes of a memory of so many that are for copies that wait for the desk.
pub(super) fn waiting(memory: usize) -> usize {
    WAITING.min(memory / PART)
}

/// A packet that tells of names or stations.
#[derive(Debug)]
struct Told {
    /// The member's clock when it came.
    clock: i64,
    record: Record,
    bytes: Box<[u8]>,
    /// The datagram that it made whole.
    whole: Option<Box<Datagram>>,
}

impl Told {
    fn cost(&self) -> usize {
        size_of::<Self>() + self.bytes.len() + self.whole.as_ref().map_or(0, |whole| whole.cost())
    }
}

/// What a member tells whoever asks.
#[derive(Debug)]
struct Standing {
    /// All that its source yields from now on was captured at this time or later, unless a clock is set back; the last of times once
    /// it has ended.
    clock: AtomicI64,
    /// Bytes of copies on their way to the desk.
    waiting: AtomicUsize,
    tallies: Mutex<Vec<Tally>>,
    error: Mutex<Option<Error>>,
}

/// What is behind a lock, whose holder may have panicked: what stands there is whole at any time.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something for a member to do, between two batches.
enum Job {
    Drain(Arc<Leaving>, i64),
    Show(SyncSender<(Summary, Vec<Tally>)>),
    /// What it has goes to who asked, and nothing is left to be copied.
    End(SyncSender<Box<Summary>>),
}

/// The side of a member that reads.
struct Reading {
    source: Box<dyn Source + Send>,
    summary: Summary,
    clock: Clock,
    told: Sender<Vec<Told>>,
    standing: Arc<Standing>,
    stopping: Arc<AtomicBool>,
    /// Bytes of its copies that wait for the desk, from which on it sheds; nothing where the desk is waited for.
    most: Option<usize>,
    /// Batches since it told what it read.
    untold: u32,
}

impl Reading {
    fn run(mut self, jobs: &Receiver<Job>) {
        let mut goes_on = true;
        loop {
            let job = match jobs.try_recv() {
                Ok(job) => job,
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) if goes_on => {
                    goes_on = self.step();
                    continue;
                }
                Err(TryRecvError::Empty) => match jobs.recv() {
                    Ok(job) => job,
                    Err(_) => return,
                },
            };
            // Who asked may have gone.
            match job {
                Job::Drain(leaving, until) => _ = self.summary.drain(&leaving, until),
                Job::Show(to) => {
                    self.source.refresh();
                    _ = to.send((self.summary.clone(), self.source.tallies()));
                }
                Job::End(to) => {
                    if goes_on {
                        self.end(None);
                    }
                    _ = to.send(Box::new(self.summary));
                    return;
                }
            }
        }
    }

    /// Takes in what its source has next; whether it goes on.
    fn step(&mut self) -> bool {
        self.untold += 1;
        match self.source.next() {
            Ok(Next::Batch(batch)) => {
                self.summary.fold(&batch, |_| true);
                let told = std::mem::take(&mut self.summary.scratch.told);
                let waiting = &self.standing.waiting;
                let sheds = self.most.is_some_and(|most| waiting.load(Ordering::Relaxed) > most);
                let shed = tell(&batch, told, &mut self.clock, |told| {
                    let cost = told.iter().map(Told::cost).sum();
                    let taken = !sheds && self.told.send(told).is_ok();
                    waiting.fetch_add(if taken { cost } else { 0 }, Ordering::Relaxed);
                    taken
                });
                self.summary.site.shed += shed;
            }
            Ok(Next::Idle(now)) => {
                if self.stopping.load(Ordering::Relaxed) {
                    return self.end(None);
                }
                self.clock.tell(now.0);
                self.untold = TELL_AFTER;
            }
            Ok(Next::End) => return self.end(None),
            Err(why) => return self.end(Some(why)),
        }
        if self.untold >= TELL_AFTER {
            self.tell_tallies();
        }
        // What was told before is on its way to the desk by then. Where a clock was set back, so is this.
        self.standing.clock.store(self.clock.now().unwrap_or(i64::MIN), Ordering::Release);
        true
    }

    fn tell_tallies(&mut self) {
        self.untold = 0;
        *locked(&self.standing.tallies) = self.source.tallies();
    }

    fn end(&mut self, error: Option<Error>) -> bool {
        self.source.refresh();
        self.tell_tallies();
        *locked(&self.standing.error) = error;
        self.standing.clock.store(i64::MAX, Ordering::Release);
        false
    }
}

/// Takes the time from packets, and gives those that told something to the desk; how many it did not take.
fn tell(
    batch: &Batch<'_>,
    told: Vec<(lenscap_wire::PacketRef, Option<Box<Datagram>>)>,
    clock: &mut Clock,
    give: impl FnOnce(Vec<Told>) -> bool,
) -> u64 {
    let mut told = told.into_iter().peekable();
    let mut copies = Vec::new();
    for (frame, record) in batch.frames().zip(batch.records()) {
        clock.take(record.time.0);
        if let Some((_, whole)) = told.next_if(|(at, _)| *at == record.at) {
            let record = Record { start: 0, ..*record };
            copies.push(Told { clock: clock.now().unwrap_or(0), record, bytes: frame.bytes.into(), whole });
        }
    }
    debug_assert!(told.peek().is_none(), "what tells something is a packet of the batch");
    let count = copies.len() as u64;
    if copies.is_empty() || give(copies) { 0 } else { count }
}

/// A member, as its desk knows it.
struct Member {
    hired: Hired<Sender<Job>>,
    told: Receiver<Vec<Told>>,
    /// What the desk was told and has not heard yet.
    queue: VecDeque<Told>,
    standing: Arc<Standing>,
}

impl Member {
    fn send(&mut self, job: Job) {
        self.hired.give(|jobs| jobs.send(job).is_ok());
    }

    /// Asks something that is answered.
    fn ask<T>(&mut self, job: impl FnOnce(SyncSender<T>) -> Job) -> Receiver<T> {
        let (to, answer) = sync_channel(1);
        self.send(job(to));
        answer
    }
}

/// Members of one desk.
pub(super) struct Group {
    members: Vec<Member>,
}

impl Group {
    /// A member for each source; `most` bytes of their copies wait for the desk before more are shed, and without it none is.
    pub(super) fn new(
        desk: &Summary,
        sources: Vec<Box<dyn Source + Send>>,
        most: Option<usize>,
    ) -> io::Result<(Self, Members)> {
        let count = sources.len().max(1);
        let most = most.map(|most| most / count);
        let stopping = Arc::new(AtomicBool::new(false));
        let start = |(number, source): (usize, Box<dyn Source + Send>)| {
            let (jobs, next) = channel();
            let (tells, told) = channel();
            let standing = Arc::new(Standing {
                clock: AtomicI64::new(i64::MIN),
                waiting: AtomicUsize::new(0),
                tallies: Mutex::new(source.tallies()),
                error: Mutex::new(None),
            });
            let reading = Reading {
                source,
                summary: desk.member(count),
                clock: Clock::default(),
                told: tells,
                standing: standing.clone(),
                stopping: stopping.clone(),
                most,
                untold: 0,
            };
            let hired = Hired::start(format!("member-{number}"), jobs, move || reading.run(&next))?;
            Ok(Member { hired, told, queue: VecDeque::new(), standing })
        };
        let members = sources.into_iter().enumerate().map(start).collect::<io::Result<Vec<_>>>()?;
        let standings = members.iter().map(|member| member.standing.clone()).collect();
        Ok((Self { members }, Members { standings, stopping }))
    }

    /// Lets the desk hear, in order of time, what members told of a time that all of them are past.
    pub(super) fn attend(&mut self, desk: &mut Summary) {
        // First the clocks: what was told before a member's clock was there is found in its channel after that.
        let clock = |member: &Member| member.standing.clock.load(Ordering::Acquire);
        let until = self.members.iter().map(clock).min().unwrap_or(i64::MAX);
        for member in &mut self.members {
            member.queue.extend(member.told.try_iter().flatten());
        }
        loop {
            let fronts = self.members.iter_mut().filter(|member| !member.queue.is_empty());
            let next = fronts.min_by_key(|member| member.queue.front().map(|told| told.clock));
            let due = |told: &Told| told.clock < until || until == i64::MAX;
            let Some(member) = next.filter(|member| member.queue.front().is_some_and(due)) else { break };
            let Some(told) = member.queue.pop_front() else { break };
            member.standing.waiting.fetch_sub(told.cost(), Ordering::Relaxed);
            let batch = Batch::new(&told.bytes, &[]);
            desk.hear_told(&batch.frame(&told.record), told.whole.as_deref());
        }
    }

    /// Lets all of them let go of flows.
    pub(super) fn drain(&mut self, leaving: &Arc<Leaving>, until: i64) {
        for member in &mut self.members {
            member.send(Job::Drain(leaving.clone(), until));
        }
    }

    /// Ends all of them, wherever they are; what they and the desk have, which has heard all by then.
    pub(super) fn end(mut self, mut desk: Summary) -> Summary {
        let asked: Vec<_> = self.members.iter_mut().map(|member| member.ask(Job::End)).collect();
        let ended = self.members.iter_mut().zip(asked);
        let parts: Vec<_> =
            ended.map(|(member, ended)| ended.recv().unwrap_or_else(|_| member.hired.fail())).collect();
        self.attend(&mut desk);
        parts.into_iter().fold(desk, |whole, part| whole.gather(*part))
    }

    /// What the desk and all members have, and what these read.
    pub(super) fn gather(&mut self, desk: &Summary) -> (Summary, Vec<Tally>) {
        let asked: Vec<_> = self.members.iter_mut().map(|member| member.ask(Job::Show)).collect();
        let shown = self.members.iter_mut().zip(asked);
        let parts = shown.map(|(member, shown)| shown.recv().unwrap_or_else(|_| member.hired.fail()));
        let (mut whole, mut all) = (desk.clone(), Vec::new());
        for (part, tallies) in parts {
            whole = whole.gather(part);
            all.extend(tallies);
        }
        (whole, all)
    }
}

/// What members read, as one source that yields no frames: how far all of them are, and that they have ended.
pub struct Members {
    standings: Vec<Arc<Standing>>,
    stopping: Arc<AtomicBool>,
}

impl Members {
    /// Lets each member end once it has nothing more, when this is set.
    pub fn stopping(&self) -> Arc<AtomicBool> {
        self.stopping.clone()
    }
}

impl Source for Members {
    fn next(&mut self) -> Result<Next<'_>, Error> {
        let clocks = self.standings.iter().map(|standing| standing.clock.load(Ordering::Acquire));
        let Some(now) = clocks.filter(|clock| *clock < i64::MAX).min() else {
            let taken = |standing: &Arc<Standing>| locked(&standing.error).take();
            return self.standings.iter().find_map(taken).map_or(Ok(Next::End), Err);
        };
        thread::sleep(REST);
        Ok(Next::Idle(Timestamp(now.max(0))))
    }

    fn tallies(&self) -> Vec<Tally> {
        let told = |standing: &Arc<Standing>| locked(&standing.tallies).clone();
        self.standings.iter().flat_map(told).collect()
    }
}
