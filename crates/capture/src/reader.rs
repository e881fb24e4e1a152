//! Reads records of one input, a batch at a time.

use crate::block::{Block, Origin};
use crate::format::{Format, Walker};
use crate::joint::Joint;
use crate::pcap::HEADER;
use crate::problem::ProblemKind;
use crate::tally::{Place, Tally};
use crate::walk::{Parsed, Walk};
use crate::{BATCH, Batch, ChunkId, Error, Next, Record, Source};

/// Packet numbers of one chunk: references hold 32 bits, and a batch may add more than one of them a packet.
const NUMBERS: u64 = u32::MAX as u64;

/// Bytes of the longest header that tells whether a record follows.
const RECORD_HEADER: usize = 24;

/// A walk over the records of an input, or of a range of one.
pub struct RecordReader {
    block: Block,
    walker: Walker,
    records: [Record; BATCH],
    /// Records of the batch that is lent.
    count: usize,
    tally: Tally,
    /// Tallies of chunks that are full.
    full: Vec<Tally>,
    begin: Joint,
    /// Records that start here or later are not of this range.
    until: u64,
    /// Packet numbers of a chunk at most.
    numbers: u64,
    /// Packets that may still be read.
    left: u64,
    done: bool,
    stopped: bool,
}

impl RecordReader {
    /// Reads an input from its header on.
    pub(crate) fn open(origin: Origin, id: ChunkId) -> Result<Self, Error> {
        let size = origin.block();
        Self::with_block(Block::new(origin, 0, size), id)
    }

    /// Reads an input of which a block is at hand, from its header on.
    pub(crate) fn with_block(mut block: Block, id: ChunkId) -> Result<Self, Error> {
        block.refill(HEADER);
        if block.rest().is_empty() {
            return Err(block.broken.take().map_or(Error::Empty, Error::Io));
        }
        // Where reading broke off, what came before it says nothing of the rest.
        let begun = Walker::new(block.rest()).map_err(|why| block.broken.take().map_or(why, Error::Io));
        let (walker, header) = begun?;
        block.advance(header);
        Ok(Self::new(block, walker, u64::MAX, id))
    }

    /// Reads the records that start before `until`.
    pub(crate) fn new(block: Block, walker: Walker, until: u64, id: ChunkId) -> Self {
        let begin = Joint { at: block.offset(), stopped: false, walker: walker.clone() };
        Self {
            block,
            records: [Record::default(); BATCH],
            count: 0,
            tally: walker.tally(id),
            full: Vec::new(),
            walker,
            begin,
            until,
            numbers: NUMBERS,
            left: u64::MAX,
            done: false,
            stopped: false,
        }
    }

    /// Goes on from where another walk ended; one that stopped there for good has nothing more.
    pub(crate) fn resume(block: Block, joint: &Joint, until: u64, id: ChunkId) -> Self {
        let mut reader = Self::new(block, joint.walker.clone(), until, id);
        (reader.done, reader.stopped) = (joint.stopped, joint.stopped);
        reader
    }

    /// The same reader, at its end after so many packets.
    #[must_use]
    pub fn at_most(mut self, packets: u64) -> Self {
        self.left = packets;
        self
    }

    /// Which format the input has.
    pub fn format(&self) -> Format {
        self.walker.format()
    }

    /// Where the walk began.
    pub fn begin(&self) -> Joint {
        let begin = self.begin.clone();
        Joint { walker: begin.walker.needing_as(&self.walker), ..begin }
    }

    /// Where the walk stands now; after the last batch, where it ended.
    pub fn end(&self) -> Joint {
        Joint { at: self.block.offset(), stopped: self.stopped, walker: self.walker.clone() }
    }

    /// What was read so far of the chunk that the walk is in.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The batch that was read last.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(self.block.bytes(), self.records.get(..self.count).unwrap_or(&[]))
    }

    /// The bytes of a record as they stand in the input, header and trailer included; `None` where it is not of the
    /// batch that was read last.
    pub fn original(&self, record: &Record) -> Option<&[u8]> {
        if !self.batch().records().contains(record) {
            return None;
        }
        let start = (record.start as usize).checked_sub(record.header.into())?;
        let bytes = self.block.bytes().get(start..)?;
        bytes.get(..self.walker.record_length(bytes)?)
    }

    pub(crate) fn walker(&self) -> &Walker {
        &self.walker
    }

    /// Reads on; whether there is a batch, which [`RecordReader::batch`] then lends. False is the end; of a
    /// [growing](crate::growing_reader) capture, perhaps only that there is nothing yet.
    pub fn advance(&mut self) -> bool {
        self.count = 0;
        self.block.waits = false;
        while self.count == 0 && !self.done && !self.block.waits {
            self.begin_chunk_where_full();
            self.fill();
        }
        self.count > 0
    }

    /// A reader of pipes and interfaces may run for years: one chunk's numbers are then used up, and the next begins.
    fn begin_chunk_where_full(&mut self) {
        if self.tally.numbers >= self.numbers {
            let ChunkId { input, chunk } = self.tally.id;
            let next = Tally::new(ChunkId { input, chunk: chunk.saturating_add(1) });
            self.full.push(std::mem::replace(&mut self.tally, next));
        }
    }

    fn fill(&mut self) {
        let bounds = Bounds { until: self.until, numbers: self.numbers };
        let room = usize::try_from(self.left).unwrap_or(BATCH).min(BATCH);
        let Some(records) = self.records.get_mut(..room).filter(|records| !records.is_empty()) else {
            self.done = true;
            return;
        };
        let mut batch = Filling { records, count: 0 };
        let (block, tally) = (&mut self.block, &mut self.tally);
        let stop = match &mut self.walker {
            Walker::Pcap(walk) => fill(walk, block, tally, &mut batch, bounds),
            Walker::Pcapng(walk) => fill(walk, block, tally, &mut batch, bounds),
        };
        self.count = batch.count;
        self.left -= self.count as u64;
        match stop {
            Ok(()) | Err(Stop::Waits) => {}
            Err(stop) => self.stop(stop),
        }
    }

    /// Ends the walk and says why, where that is not the end of the input.
    fn stop(&mut self, stop: Stop) {
        self.done = true;
        let broken = self.block.broken.take();
        let here = self.block.offset();
        let (offset, kind) = match (stop, broken) {
            (Stop::End | Stop::Waits, _) => return,
            (_, Some(why)) => (here, ProblemKind::Broken { why: why.to_string() }),
            (Stop::Torn, None) => {
                let rest = self.block.rest();
                let claim = self.walker.claim(rest);
                (here, ProblemKind::Torn { claim, left: self.block.left() })
            }
            (Stop::TornAt { offset, claim, left }, None) => (offset, ProblemKind::Torn { claim, left }),
            (Stop::Malformed(kind), None) => (here, kind),
        };
        self.stopped = true;
        self.tally.torn_tail = true;
        self.tally.problem(true, offset, kind);
    }
}

/// Why a walk ended.
enum Stop {
    /// All was read.
    End,
    /// There is nothing yet.
    Waits,
    /// The input ends inside the record at hand.
    Torn,
    /// The input ended inside a record that was to be passed over.
    TornAt {
        offset: u64,
        claim: Option<u32>,
        left: u64,
    },
    Malformed(ProblemKind),
}

/// Where a walk goes no further.
#[derive(Clone, Copy)]
struct Bounds {
    until: u64,
    numbers: u64,
}

/// A batch in the making.
struct Filling<'r> {
    records: &'r mut [Record],
    count: usize,
}

/// Walks records until the batch is full or the block is used up. Refills the block, and takes in what is told of
/// later records, only while the batch is empty: all of it lies in one block and one section.
#[inline]
fn fill(
    walk: &mut impl Walk,
    block: &mut Block,
    tally: &mut Tally,
    batch: &mut Filling<'_>,
    bounds: Bounds,
) -> Result<(), Stop> {
    while let Some(slot) = batch.records.get_mut(batch.count) {
        if block.offset() >= bounds.until {
            // What is lent ends here; the next call finds nothing and says so.
            return if batch.count > 0 { Ok(()) } else { Err(Stop::End) };
        }
        if tally.numbers >= bounds.numbers {
            return Ok(());
        }
        match walk.step(block.rest()) {
            Parsed::Packet(ref packet) => {
                *slot = tally.take(packet, Place { start: block.start(), offset: block.offset() });
                walk.took(packet);
                batch.count += 1;
                block.advance(packet.length as usize);
            }
            Parsed::Skip { length, numbered } if length <= block.rest().len() => {
                tally.numbers += u64::from(numbered);
                block.advance(length);
            }
            _ if batch.count > 0 => return Ok(()),
            Parsed::Told(length) => {
                walk.enter(block.rest().get(..length).unwrap_or(&[]), block.offset(), tally);
                block.advance(length);
            }
            Parsed::Skip { length, numbered } => {
                pass_over(walk, block, tally, &Passed { length, numbered, kind: None })?;
            }
            Parsed::Bad { length, numbered, kind } => {
                pass_over(walk, block, tally, &Passed { length, numbered, kind: Some(kind) })?;
            }
            Parsed::Need(wanted) => {
                if !block.refill(wanted) {
                    if block.waits {
                        return Err(Stop::Waits);
                    }
                    return Err(if block.rest().is_empty() { Stop::End } else { Stop::Torn });
                }
            }
            Parsed::Malformed(kind) => return Err(Stop::Malformed(kind)),
        }
    }
    Ok(())
}

/// A record that is passed over.
struct Passed {
    length: usize,
    numbered: bool,
    /// What is wrong with it.
    kind: Option<ProblemKind>,
}

/// Passes over a record, and looks whether one follows.
#[cold]
fn pass_over(walk: &impl Walk, block: &mut Block, tally: &mut Tally, record: &Passed) -> Result<(), Stop> {
    let (offset, claim) = (block.offset(), walk.claim(block.rest()));
    block.skip(record.length).map_err(|left| Stop::TornAt { offset, claim, left })?;
    if let Some(kind) = &record.kind {
        tally.problem(record.numbered, offset, kind.clone());
    }
    tally.numbers += u64::from(record.numbered);
    block.refill_all(RECORD_HEADER);
    if block.rest().is_empty() || walk.is_plausible(block.rest()) {
        return Ok(());
    }
    Err(Stop::Malformed(ProblemKind::NoRecord))
}

impl Source for RecordReader {
    fn next(&mut self) -> Result<Next<'_>, Error> {
        Ok(if self.advance() {
            Next::Batch(self.batch())
        } else if self.block.waits {
            Next::Idle(self.tally.end.unwrap_or_default())
        } else {
            Next::End
        })
    }

    fn tallies(&self) -> Vec<Tally> {
        self.full.iter().chain([&self.tally]).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
