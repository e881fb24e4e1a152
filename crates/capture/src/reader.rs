//! Reads records of one input, a batch at a time.

use crate::block::{BLOCK, Block, Origin};
use crate::pcap::{HEADER, Pcap};
use crate::pcapng::Pcapng;
use crate::walk::{Joint, Step, Walk, Walker};
use crate::{BATCH, Batch, Error, Format, Record, Source, Tally};

/// A walk over the records of an input, or of a range of one.
pub struct Reader {
    block: Block,
    walker: Walker,
    records: [Record; BATCH],
    tally: Tally,
    begin: Joint,
    /// Records that start here or later are not of this range.
    until: u64,
    /// Bytes of the input, where that is known.
    size: Option<u64>,
    done: bool,
}

impl Reader {
    /// Reads an input from its header on.
    pub(crate) fn open(origin: Origin, size: Option<u64>, (input, chunk): (u32, u32)) -> Result<Self, Error> {
        Self::with_block(Block::new(origin, 0, BLOCK), size, (input, chunk))
    }

    pub(crate) fn with_block(
        mut block: Block,
        size: Option<u64>,
        (input, chunk): (u32, u32),
    ) -> Result<Self, Error> {
        block.refill(HEADER);
        let head = block.rest();
        let (walker, header) = if Pcapng::begins(head) {
            (Walker::Pcapng(Pcapng::default()), 0)
        } else if head.is_empty() {
            return Err(block.broken.take().map_or(Error::Empty, Error::Io));
        } else if let Some(header) = head.first_chunk() {
            (Walker::Pcap(Pcap::new(header).ok_or_else(|| not_a_capture(head))?), HEADER)
        } else if is_magic(head) {
            return Err(Error::Header(head.len() as u64, HEADER as u64));
        } else {
            return Err(not_a_capture(head));
        };
        block.advance(header);
        Ok(Self::new(block, walker, (0, u64::MAX), size, (input, chunk)))
    }

    /// Reads the records of a range that start before `until`.
    pub(crate) fn new(
        block: Block,
        walker: Walker,
        (_, until): (u64, u64),
        size: Option<u64>,
        (input, chunk): (u32, u32),
    ) -> Self {
        let mut tally = Tally { input, chunk, ..Tally::default() };
        if let Walker::Pcap(walk) = &walker {
            tally.link_types.insert(walk.link_type().0);
            tally.snap_length = walk.snap_length;
        }
        let begin = Joint { at: block.offset(), state: walker.state() };
        Self { block, walker, records: [Record::default(); BATCH], tally, begin, until, size, done: false }
    }

    /// Which format the input has.
    pub fn format(&self) -> Format {
        match self.walker {
            Walker::Pcap(_) => Format::Pcap,
            Walker::Pcapng(_) => Format::Pcapng,
        }
    }

    /// Where the walk began.
    pub fn begin(&self) -> Joint {
        let mut begin = self.begin.clone();
        begin.state.time_needed = self.walker.state().time_needed;
        begin
    }

    /// Where the walk stands now; after the last batch, where it ended.
    pub fn end(&self) -> Joint {
        Joint { at: self.block.offset(), state: self.walker.state() }
    }

    /// What was read so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(crate) fn walker(&self) -> &Walker {
        &self.walker
    }

    fn fill(&mut self) -> usize {
        match &mut self.walker {
            Walker::Pcap(walk) => fill(walk, &mut self.block, &mut self.records, &mut self.tally, self.until),
            Walker::Pcapng(walk) => {
                fill(walk, &mut self.block, &mut self.records, &mut self.tally, self.until)
            }
        }
        .unwrap_or_else(|stop| {
            self.stop(stop);
            0
        })
    }

    /// Ends the walk and says why, where that is not the end of the input.
    fn stop(&mut self, stop: Stop) {
        self.done = true;
        let broken = self.block.broken.take();
        let (offset, rest) = (self.block.offset(), self.block.rest());
        let what = match (stop, broken) {
            (Stop::End, _) => return,
            (_, Some(why)) => format!("reading stopped here: {why}"),
            (Stop::Torn, None) => {
                let claim = match &self.walker {
                    Walker::Pcap(walk) => walk.claim(rest),
                    Walker::Pcapng(walk) => walk.claim(rest),
                };
                let left = self.size.map_or(rest.len() as u64, |size| size.saturating_sub(offset));
                match claim {
                    Some(claim) => format!("it claims {claim} bytes; the file has {left} left"),
                    None => format!("the file ends {left} bytes into its header"),
                }
            }
            (Stop::TooLong(claim), None) => {
                let left =
                    self.size.map_or(String::new(), |size| format!("; the file has {} left", size - offset));
                format!("it claims {claim} bytes{left}")
            }
            (Stop::Senseless(what), None) => what,
        };
        self.tally.torn_tail = true;
        self.tally.problem(true, offset, what);
    }
}

/// Why a walk ended.
enum Stop {
    /// All was read.
    End,
    /// The input ends inside a record.
    Torn,
    TooLong(u32),
    Senseless(String),
}

/// Walks records until the batch or the block is used up. Refills the block only while no record lies in it.
#[inline]
fn fill(
    walk: &mut impl Walk,
    block: &mut Block,
    records: &mut [Record; BATCH],
    tally: &mut Tally,
    until: u64,
) -> Result<usize, Stop> {
    let mut count = 0;
    while let Some(slot) = records.get_mut(count) {
        if block.offset() >= until {
            break;
        }
        match walk.step(block.rest(), block.start(), block.offset(), tally) {
            Step::Record(record, length) => {
                *slot = record;
                count += 1;
                block.advance(length);
            }
            Step::Skip(length) => block.advance(length),
            Step::Need(_) | Step::TooLong(_) | Step::Senseless(_) if count > 0 => break,
            Step::Need(wanted) => {
                if !block.refill(wanted) {
                    return Err(if block.rest().is_empty() { Stop::End } else { Stop::Torn });
                }
            }
            Step::TooLong(claim) => return Err(Stop::TooLong(claim)),
            Step::Senseless(what) => return Err(Stop::Senseless(what)),
        }
    }
    Ok(count)
}

/// The error that shows the four bytes at the front.
fn not_a_capture(head: &[u8]) -> Error {
    let word = head.iter().take(4).fold(0, |word: u32, &byte| word << 8 | u32::from(byte));
    Error::NotACapture(format!("{word:0width$x}", width = 2 * head.len().min(4)))
}

fn is_magic(head: &[u8]) -> bool {
    let mut header = [0; HEADER];
    for (to, from) in header.iter_mut().zip(head) {
        *to = *from;
    }
    head.len() >= 4 && Pcap::new(&header).is_some()
}

impl Source for Reader {
    fn next_batch(&mut self) -> Result<Batch<'_>, Error> {
        let count = if self.done { 0 } else { self.fill() };
        let records = self.records.get(..count).unwrap_or(&[]);
        Ok(Batch::new(self.block.bytes(), records))
    }

    fn tallies(&self) -> Vec<Tally> {
        vec![self.tally.clone()]
    }
}
