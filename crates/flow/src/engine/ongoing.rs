//! A capture that goes on: folded as it comes, and judged on the way as often as somebody wants to know.
//!
//! What time it is, is told by packets, and by the source where it has a clock; never by the system. A flow whose last packet
//! came at 10:00:00 has ended when it is 10:07:00: the idle time is over, and so is the time that a stamp may come late.

use lenscap_capture::{Batch, ChunkId, Filter, Source, Tally};
use lenscap_wire::Timestamp;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::crew::Crew;
use super::feed::{About, read};
use super::files::chunk;
use super::flood::{Flood, FloodEvent};
use super::group::{self, Group, Members};
use super::sieve::Sieve;
use super::{Options, ScanError};
use crate::report::Leaving;
use crate::state::captures::{Captures, Problem};
use crate::state::summary::{Limits, Summary};

/// Nanoseconds that a stamp may lie behind the latest.
const LATE: i64 = 120_000_000_000;
/// Nanoseconds that the time goes forward at once without more than one packet that says so.
const JUMP: i64 = 3_600_000_000_000;
/// Packets that have to say so.
const WITNESSES: u32 = 32;

/// The chunk that the packets of an input are numbered in, by the input's ordinal from 0 on.
pub fn chunk_of(input: usize) -> ChunkId {
    chunk(input, 0)
}

/// What a capture that goes on has left so far.
pub struct Ongoing {
    /// What was folded; where workers share that, what is kept at their desk.
    summary: Summary,
    team: Team,
    /// What the desk and its workers had when that was asked last, until it is judged.
    whole: Option<Summary>,
    /// How large that was.
    size: Size,
    sieve: Sieve,
    /// Of what kind the inputs are, by ordinal.
    about: Vec<About>,
    misfits: BTreeMap<u32, BTreeMap<u16, Problem>>,
    clock: Clock,
    idle: i64,
    flood: Flood,
}

/// Who folds.
enum Team {
    Alone,
    /// Workers who are given packets.
    Crew(Crew),
    /// Members who read packets of their own.
    Group(Group),
}

/// How large a state is.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    flows: usize,
    cost: usize,
    /// Flows that left memory without having ended.
    evicted: u64,
}

impl Size {
    fn of(summary: &Summary) -> Self {
        let evicted = summary.site.tally.caps.flows_evicted;
        Self { flows: summary.flows(), cost: summary.cost(), evicted }
    }
}

/// What time it is, by packets that may lie: a stamp of the year 2200 ends no flow.
#[derive(Debug, Default)]
pub(super) struct Clock {
    now: Option<i64>,
    /// The least stamp of packets that say that it is far later, and how many they are.
    ahead: Option<(i64, u32)>,
    /// The greatest of packets that say that it is far earlier, and how many they are: what came first may have lied.
    behind: Option<(i64, u32)>,
}

impl Clock {
    pub(super) const fn now(&self) -> Option<i64> {
        self.now
    }

    /// Notes what time it is, by one who knows it: the time goes back only where that is by far, as when a system's clock is set.
    /// Until it were as late again, every flow would have ended long ago.
    pub(super) fn tell(&mut self, now: i64) {
        let is_set_back = self.now.is_some_and(|before| now < before.saturating_sub(JUMP));
        self.now = if is_set_back { Some(now) } else { self.now.max(Some(now)) };
    }

    pub(super) fn take(&mut self, time: i64) {
        let now = *self.now.get_or_insert(time);
        if time < now.saturating_sub(JUMP) {
            self.now = Some(witness(&mut self.behind, time, i64::max).unwrap_or(now));
            return;
        }
        self.behind = None;
        if time <= now.saturating_add(JUMP) {
            self.now = Some(now.max(time));
            self.ahead = None;
        } else {
            self.now = Some(witness(&mut self.ahead, time, i64::min).unwrap_or(now));
        }
    }
}

/// Counts one more packet that says that it is far from now; the time of which all are sure, once they are enough.
fn witness(known: &mut Option<(i64, u32)>, time: i64, sure: fn(i64, i64) -> i64) -> Option<i64> {
    let (said, count) = known.map_or((time, 1), |(said, count)| (sure(said, time), count + 1));
    let enough = count >= WITNESSES;
    *known = (!enough).then_some((said, count));
    enough.then_some(said)
}

impl Ongoing {
    /// Nothing yet; `about` says of what kind the inputs are, by ordinal. Of the options, `threads` and `saved` mean nothing here.
    pub fn new(options: &Options, about: Vec<About>) -> Result<Self, ScanError> {
        if let Some(expression) = &options.filter {
            Filter::new(expression).map_err(ScanError::Filter)?;
        }
        Ok(Self {
            summary: Summary::new(options.limits),
            team: Team::Alone,
            whole: None,
            size: Size::default(),
            sieve: Sieve::new(options),
            about,
            misfits: BTreeMap::new(),
            clock: Clock::default(),
            idle: options.limits.idle,
            flood: Flood::default(),
        })
    }

    /// The same, to be folded by so many workers, a thread each, which share the memory; `sheds` says that one that
    /// is late gets headers alone. Their result is that of one, as long as no cap bites.
    pub fn with_workers(mut self, count: NonZeroUsize, sheds: bool) -> Result<Self, ScanError> {
        if count.get() > 1 {
            let failed =
                |why: std::io::Error| ScanError::Threads { threads: count.get(), why: why.to_string() };
            let desk = self.desk();
            self.team = Team::Crew(Crew::new(&desk, count, sheds).map_err(failed)?);
            self.summary = desk;
        }
        Ok(self)
    }

    /// The same, to be folded by a thread for each of these sources, which share the packets of one capture so that all of a flow
    /// and all pieces of a datagram are in one of them. They share the memory; `sheds` says that none waits for what another is to
    /// hear. Their result is that of one, as long as no cap bites, but for the numbers of packets. What stands for all of them is
    /// to be followed: it says when to [`attend`](Self::attend).
    pub fn with_group(
        mut self,
        sources: Vec<Box<dyn Source + Send>>,
        sheds: bool,
    ) -> Result<(Self, Members), ScanError> {
        let threads = sources.len();
        let failed = |why: std::io::Error| ScanError::Threads { threads, why: why.to_string() };
        // Copies on their way to the desk are of the memory, too.
        let waiting = group::waiting(self.summary.limits.memory);
        self.summary.limits.memory -= waiting;
        let desk = self.desk();
        let (group, shared) = Group::new(&desk, sources, sheds.then_some(waiting)).map_err(failed)?;
        (self.team, self.summary) = (Team::Group(group), desk);
        Ok((self, shared))
    }

    /// A desk of others. What all of them have is copied to be judged: half of the memory is for that.
    fn desk(&self) -> Summary {
        let memory = self.summary.limits.memory / 2;
        Summary::new(Limits { memory, ..self.summary.limits }).into_desk()
    }

    /// Hears what members of a group told meanwhile.
    pub fn attend(&mut self) {
        if let Team::Group(group) = &mut self.team {
            group.attend(&mut self.summary);
        }
    }

    /// Ends the members of a group, wherever they are, and takes over what they have: nothing comes any more.
    pub fn end(&mut self) {
        match std::mem::replace(&mut self.team, Team::Alone) {
            Team::Group(group) => {
                let empty = Summary::new(self.summary.limits);
                self.summary = group.end(std::mem::replace(&mut self.summary, empty));
            }
            others => self.team = others,
        }
    }

    /// Folds in packets.
    pub fn fold(&mut self, batch: &Batch<'_>) {
        batch.records().iter().for_each(|record| self.clock.take(record.time.0));
        let sieve = &mut self.sieve;
        match &mut self.team {
            Team::Crew(crew) => crew.fold(&mut self.summary, batch, |frame| sieve.keeps(frame)),
            Team::Alone | Team::Group(_) => self.summary.fold(batch, |frame| sieve.keeps(frame)),
        }
    }

    /// Notes what time it is, by a source that knows it.
    pub fn tell(&mut self, now: Timestamp) {
        self.clock.tell(now.0);
        self.summary.site.now = self.clock.now;
    }

    /// Lets go of flows that ended and were told: they leave their share of what is judged. Returns how many left.
    pub fn drain(&mut self, leaving: &Leaving) -> usize {
        // It was judged: until it is asked for again it would be all memory once more.
        self.whole = None;
        // No stamp comes before this, but those that are later than any may be.
        let until = self.clock.now.map_or(i64::MIN, |now| now.saturating_sub(LATE));
        match &mut self.team {
            Team::Crew(crew) => crew.drain(&Arc::new(leaving.clone()), until),
            Team::Group(group) => group.drain(&Arc::new(leaving.clone()), until),
            Team::Alone => _ = self.summary.drain(leaving, until),
        }
        leaving.len()
    }

    /// Whether the table of flows has become full, or has room again, since this was last asked.
    pub fn flood(&mut self) -> Option<FloodEvent> {
        let left = self.size().evicted;
        self.flood.look(left, self.clock.now?, self.idle)
    }

    /// What time it is.
    pub fn now(&self) -> Option<Timestamp> {
        self.clock.now.map(Timestamp)
    }

    /// Flows whose last packet came no later than this have ended, but for stamps that come later than any may.
    pub fn ended(&self) -> Timestamp {
        let before = |now: i64| now.saturating_sub(self.idle.saturating_add(LATE));
        Timestamp(self.clock.now.map_or(i64::MIN, before))
    }

    /// Books what was read of the inputs so far, and lends what all packets left. Members of a group know themselves what they
    /// read until then.
    pub fn summary(&mut self, tallies: impl IntoIterator<Item = Tally>) -> &Summary {
        self.whole = None;
        let (whole, tallies) = match &mut self.team {
            Team::Alone => {
                self.summary.site.captures = self.read(tallies);
                return &self.summary;
            }
            Team::Crew(crew) => (crew.gather(&self.summary), tallies.into_iter().collect()),
            Team::Group(group) => group.gather(&self.summary),
        };
        let captures = self.read(tallies);
        let whole = self.whole.insert(whole);
        whole.site.captures = captures;
        self.size = Size::of(whole);
        whole
    }

    /// What was read of the inputs.
    fn read(&mut self, tallies: impl IntoIterator<Item = Tally>) -> Captures {
        let mut captures = Captures::default();
        for tally in tallies {
            let id = tally.id;
            let about = self.about.get(id.input as usize).cloned().unwrap_or_default();
            let misfits = self.misfits.entry(id.chunk).or_default();
            for (link_type, problem) in self.sieve.take_misfits(id.chunk) {
                misfits.entry(link_type).or_insert(problem);
            }
            let mut record = read(tally, about);
            record.misfits.clone_from(misfits);
            captures.add(id, record);
        }
        captures
    }

    /// Flows in memory; where workers share them, as many as there were when the summary was last asked for.
    pub fn flows(&self) -> usize {
        self.size().flows
    }

    /// Bytes of state, as [`Summary::cost`] says; where workers share it, as it was when the summary was last asked for.
    pub fn cost(&self) -> usize {
        self.size().cost
    }

    fn size(&self) -> Size {
        if matches!(self.team, Team::Alone) { Size::of(&self.summary) } else { self.size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_capture::{Capture, Next, Source};
    use lenscap_testkit::captures;

    /// What workers have is put together to be judged, and is no second state once it was.
    #[test]
    fn what_was_judged_is_not_kept_beside_what_workers_have() {
        let limits = Limits { idle: 300_000_000_000, memory: 1 << 30 };
        let threads = NonZeroUsize::MIN;
        let options = Options { threads, limits, filter: None, from: None, to: None, saved: false };
        let two = NonZeroUsize::new(2).unwrap();
        let mut ongoing = Ongoing::new(&options, vec![]).unwrap().with_workers(two, false).unwrap();
        let path = captures::repository().join("fixtures/office/capture.pcap");
        let mut reader = Capture::open(&path).unwrap().reader(chunk_of(0)).unwrap();
        while let Next::Batch(batch) = reader.next().unwrap() {
            ongoing.fold(&batch);
        }
        let whole = ongoing.summary(reader.tallies());
        let (flows, cost) = (whole.flows(), whole.cost());
        assert!(flows > 0);
        ongoing.drain(&Leaving::default());
        assert!(ongoing.whole.is_none());
        assert_eq!((ongoing.flows(), ongoing.cost()), (flows, cost));
    }

    /// Names at the desk and flows of all workers take half of the memory, so that with their copy they stay inside it.
    #[test]
    fn what_workers_have_and_its_copy_stay_inside_the_memory() {
        let limits = Limits { idle: 300_000_000_000, memory: 1 << 20 };
        let threads = NonZeroUsize::MIN;
        let options = Options { threads, limits, filter: None, from: None, to: None, saved: false };
        for workers in [2, 4] {
            let workers = NonZeroUsize::new(workers).unwrap();
            let mut ongoing = Ongoing::new(&options, vec![]).unwrap().with_workers(workers, false).unwrap();
            for frames in lenscap_testkit::Churn::new(1, 1_000_000_000).staying(1).take(4000) {
                let (mut block, mut records) = (Vec::new(), Vec::new());
                for frame in &frames {
                    let at =
                        lenscap_wire::PacketRef { length: frame.bytes.len() as u32, ..Default::default() };
                    let (time, link_type, wire_length) = (frame.time, frame.link_type, frame.wire_length);
                    let start = block.len() as u32;
                    records.push(lenscap_capture::Record {
                        time,
                        link_type,
                        wire_length,
                        start,
                        at,
                        ..Default::default()
                    });
                    block.extend_from_slice(&frame.bytes);
                }
                ongoing.fold(&Batch::new(&block, &records));
            }
            let whole = ongoing.summary([]);
            let most = whole.cost();
            assert!(whole.site.is_capped() && most <= limits.memory / 2, "{most} by {workers}");
            assert!(most > limits.memory / 5, "{most} by {workers}");
        }
    }

    #[test]
    fn one_stamp_from_far_ahead_moves_nothing() {
        let mut clock = Clock::default();
        for time in [5, 9, 7, i64::MAX, 11, i64::MAX, 8] {
            clock.take(time);
        }
        assert_eq!(clock.now, Some(11));
        for n in 0..WITNESSES {
            assert_eq!(clock.now, Some(11));
            clock.take(2 * JUMP - i64::from(n));
        }
        assert_eq!(clock.now, Some(2 * JUMP - i64::from(WITNESSES) + 1), "the least of many that agree");
    }

    #[test]
    fn who_knows_the_time_sets_it_back_by_far_alone() {
        let mut clock = Clock::default();
        for (told, now) in [(3 * JUMP, 3 * JUMP), (2 * JUMP, 3 * JUMP), (JUMP, JUMP), (JUMP + 5, JUMP + 5)] {
            clock.tell(told);
            assert_eq!(clock.now, Some(now));
        }
    }

    #[test]
    fn a_first_stamp_that_lies_is_outvoted() {
        let mut clock = Clock::default();
        clock.take(100 * JUMP);
        for n in 0..WITNESSES {
            assert_eq!(clock.now, Some(100 * JUMP));
            clock.take(i64::from(n));
        }
        assert_eq!(clock.now, Some(i64::from(WITNESSES) - 1), "the greatest of many that agree");
        clock.take(7);
        assert_eq!(clock.now, Some(i64::from(WITNESSES) - 1), "one that is late moves nothing");
    }
}
