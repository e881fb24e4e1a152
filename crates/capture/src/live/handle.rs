//! One interface: its handle, its tally, and what becomes of it when it goes down or vanishes.

use std::fs;
use std::os::fd::BorrowedFd;

use super::tap::{Copied, Taken, Tap};
use super::{ANY, LiveOptions, clock};
use crate::pcap::HEADER;
use crate::problem::ProblemKind;
use crate::record::Packet;
use crate::tally::Place;
use crate::{BATCH, Batch, ChunkId, Error, Record, Tally};

/// Packet numbers of one chunk: references hold 32 bits, and a batch may add [`BATCH`].
const NUMBERS: u64 = u32::MAX as u64 - BATCH as u64;

/// Bytes of a record's header in a pcap file.
const RECORD: u64 = 16;

/// Nanoseconds between two looks for an interface that yields nothing more.
const LOOK_AFTER: i64 = 1_000_000_000;

/// An interface that is captured from.
pub(super) struct Handle {
    name: String,
    options: LiveOptions,
    /// Nothing while the interface is not there.
    open: Option<Open>,
    copied: Copied,
    /// The batch that is lent.
    records: Vec<Record>,
    tally: Tally,
    /// Tallies of chunks that are full.
    full: Vec<Tally>,
    /// Where the next record would stand in a pcap file of all that was captured.
    offset: u64,
    /// Drops of handles that were closed, by the interface and by the ring.
    before: (u64, u64),
    /// Since when an interface that failed is left alone.
    failed: Option<i64>,
    /// Whether it was down when it was last looked at.
    down: bool,
    /// Whether what the interface lost is told here: of several handles of one, the first tells it.
    tells: bool,
}

/// A handle that is open.
struct Open {
    tap: Tap,
    /// The system's number of the interface; 0 for `any`.
    index: u32,
}

impl Open {
    fn new(name: &str, options: &LiveOptions) -> Result<Self, Error> {
        let tap = Tap::open(name, options)?;
        Ok(Self { tap, index: index_of(name).unwrap_or(0) })
    }
}

/// The system's number of an interface that is there; of `any`, nothing.
fn index_of(name: &str) -> Option<u32> {
    // A name is no path: libpcap has opened it, or will refuse it.
    if name == ANY || name.contains('/') {
        return None;
    }
    fs::read_to_string(format!("/sys/class/net/{name}/ifindex")).ok()?.trim().parse().ok()
}

/// Whether an interface is there and is not up.
fn is_down(name: &str) -> bool {
    if name == ANY || name.contains('/') {
        return false;
    }
    let flags = fs::read_to_string(format!("/sys/class/net/{name}/flags")).unwrap_or_default();
    let flags = flags.trim().strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
    // IFF_UP is the lowest bit.
    flags.is_some_and(|flags| flags & 1 == 0)
}

impl Handle {
    /// Opens an interface.
    pub(super) fn open(name: &str, id: ChunkId, options: &LiveOptions) -> Result<Self, Error> {
        let mut handle = Self::open_held(name, id, (options, true))?;
        handle.start()?;
        Ok(handle)
    }

    /// Opens an interface of which no packet is taken before [`start`](Self::start), and says whether what it lost is told here.
    pub(super) fn open_held(
        name: &str,
        id: ChunkId,
        (options, tells): (&LiveOptions, bool),
    ) -> Result<Self, Error> {
        let open = Open::new(name, options)?;
        let mut tally = Tally::new(id);
        tally.link_types.insert(open.tap.link_type.0);
        tally.snap_length.add(Some(options.snap_length));
        Ok(Self {
            name: name.to_string(),
            options: options.clone(),
            open: Some(open),
            copied: Copied::default(),
            records: Vec::with_capacity(BATCH),
            tally,
            full: Vec::new(),
            offset: HEADER as u64,
            before: (0, 0),
            failed: None,
            down: false,
            tells,
        })
    }

    /// Lets packets in.
    pub(super) fn start(&mut self) -> Result<(), Error> {
        self.open.as_mut().map_or(Ok(()), |open| open.tap.start(&self.name, &self.options))
    }

    /// What can be waited on.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.open.as_ref().filter(|_| self.failed.is_none()).map(|open| open.tap.fd())
    }

    /// Takes the frames that are there, at most so many and at most [`BATCH`]; how many.
    pub(super) fn take(&mut self, most: usize) -> usize {
        self.records.clear();
        if self.copied.lent >= self.copied.packets.len() {
            let Some(open) = self.open.as_mut().filter(|_| self.failed.is_none()) else { return 0 };
            if let Err(why) = open.tap.copy(&mut self.copied) {
                self.fail(why);
            }
        }
        if self.tally.numbers >= NUMBERS {
            let ChunkId { input, chunk } = self.tally.id;
            let next = Tally::new(ChunkId { input, chunk: chunk.saturating_add(1) });
            self.full.push(std::mem::replace(&mut self.tally, next));
        }
        let link_type = self.open.as_ref().map(|open| open.tap.link_type).unwrap_or_default();
        let next = self.copied.packets.get(self.copied.lent..).unwrap_or(&[]);
        for &Taken { time, oddity, lengths, direction, start } in next.iter().take(most.min(BATCH)) {
            let packet = Packet {
                time,
                stamped: true,
                link_type,
                lengths,
                header: 0,
                length: lengths.captured,
                interface: 0,
                direction,
                lost: 0,
                oddity,
            };
            let place = Place { start, offset: self.offset + RECORD };
            self.records.push(self.tally.take(&packet, place));
            self.offset += RECORD + u64::from(lengths.captured);
        }
        self.copied.lent += self.records.len();
        self.records.len()
    }

    /// The frames that were taken last.
    pub(super) fn batch(&self) -> Batch<'_> {
        Batch::new(&self.copied.bytes, &self.records)
    }

    /// Notes that the interface failed, and leaves it alone for a while.
    fn fail(&mut self, why: String) {
        self.count_drops();
        self.tally.problem(false, self.offset, ProblemKind::InterfaceDown { why });
        self.failed = Some(clock::now().0);
    }

    /// Looks whether the interface is there and up. One that only went down goes on with its handle when it is up again,
    /// which takes no right to capture; one that was removed is opened again when one of its name is there.
    pub(super) fn look_for(&mut self) {
        let down = self.open.is_some() && is_down(&self.name);
        if down && !self.down {
            let why = "it was set down".to_string();
            self.tally.problem(false, self.offset, ProblemKind::InterfaceDown { why });
        }
        self.down = down;
        let now = clock::now().0;
        // The clock may be set back meanwhile.
        let waited = self.failed.is_none_or(|since| now.saturating_sub(since).saturating_abs() >= LOOK_AFTER);
        if self.failed.is_none() && self.open.is_some() || !waited {
            return;
        }
        self.failed = None;
        let index = index_of(&self.name).unwrap_or(0);
        if self.open.as_ref().is_some_and(|open| open.index == index) {
            return;
        }
        if let Some(open) = self.open.take() {
            let (interface, ring) = open.tap.drops;
            self.before = (self.before.0 + interface, self.before.1 + ring);
        }
        if !self.options.again {
            return;
        }
        let opened = Open::new(&self.name, &self.options).and_then(|mut open| {
            open.tap.start(&self.name, &self.options)?;
            Ok(open)
        });
        match opened {
            Ok(open) => {
                self.tally.link_types.insert(open.tap.link_type.0);
                self.open = Some(open);
            }
            Err(_) => self.failed = Some(now),
        }
    }

    /// Whether it was removed, and is not opened again.
    pub(super) fn is_gone(&self) -> bool {
        self.open.is_none() && !self.options.again
    }

    /// Books what was lost so far.
    pub(super) fn count_drops(&mut self) {
        let Some(open) = &mut self.open else { return };
        open.tap.count_drops();
        let (interface, ring) = open.tap.drops;
        let (interface, ring) = (self.before.0 + interface, self.before.1 + ring);
        self.tally.drops.state(0, if self.tells { interface } else { 0 }, ring);
    }

    /// What was read so far.
    pub(super) fn tallies(&self) -> impl Iterator<Item = Tally> {
        self.full.iter().chain([&self.tally]).cloned()
    }
}
