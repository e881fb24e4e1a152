//! One interface: its handle, its tally, and what becomes of it when it goes down or vanishes.

use pcap::{Active, Linktype, Precision};
use std::fs;
use std::os::fd::{AsFd, BorrowedFd};

use super::{LiveOptions, WAIT, clock};
use crate::batch::Direction;
use crate::filter::link_type_of;
use crate::pcap::HEADER;
use crate::problem::ProblemKind;
use crate::tally::Place;
use crate::walk::{Lengths, Oddity, Packet, clamp};
use crate::{BATCH, ChunkId, Error, Record, Tally};

/// Packet numbers of one chunk: references hold 32 bits, and a batch may add [`BATCH`].
const NUMBERS: u64 = u32::MAX as u64 - BATCH as u64;

/// Bytes of a record's header in a pcap file.
const RECORD: u64 = 16;

/// Nanoseconds between two looks for an interface that yields nothing more.
const LOOK_AFTER: i64 = 1_000_000_000;

/// The device that stands for all interfaces.
const ANY: &str = "any";

/// `DLT_LINUX_SLL2`: cooked frames that say of which interface they are.
const COOKED: Linktype = Linktype(276);

/// An interface that is captured from.
pub(super) struct Handle {
    name: String,
    options: LiveOptions,
    /// Nothing while the interface is not there.
    open: Option<Open>,
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
}

/// A handle that is open.
struct Open {
    capture: pcap::Capture<Active>,
    /// The system's number of the interface; 0 for `any`.
    index: u32,
    link_type: lenscap_wire::LinkType,
    /// Drops as they were last told, and in all: the kernel's counters have 32 bits.
    told: (u32, u32),
    drops: (u64, u64),
}

impl Open {
    fn new(name: &str, options: &LiveOptions) -> Result<Self, Error> {
        let refused = |why: pcap::Error| {
            let why = match why {
                pcap::Error::PcapError(why) => why,
                other => other.to_string(),
            };
            Error::Interface { interface: name.to_string(), why }
        };
        let signed = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let inactive = pcap::Capture::from_device(name).map_err(refused)?;
        let inactive = inactive
            .snaplen(signed(options.snap_length))
            .promisc(options.promiscuous)
            .buffer_size(signed(options.ring))
            .timeout(WAIT.as_millis() as i32)
            // Each packet would wake us, and the ring would be no ring of blocks.
            .immediate_mode(false)
            .precision(Precision::Nano);
        let mut capture = inactive.open().map_err(refused)?;
        if name == ANY {
            // Older libraries know frames that do not say of which interface they are, and those are read, too.
            _ = capture.set_datalink(COOKED);
        }
        if let Some(filter) = &options.filter {
            let link_type = link_type_of(capture.get_datalink());
            capture.filter(filter, true).map_err(|why| Error::Filter {
                expression: filter.clone(),
                link_type,
                why: why.to_string(),
            })?;
        }
        let link_type = link_type_of(capture.get_datalink());
        let capture = capture.setnonblock().map_err(refused)?;
        let index = index_of(name).unwrap_or(0);
        Ok(Self { capture, index, link_type, told: (0, 0), drops: (0, 0) })
    }

    /// Asks the kernel what was lost so far.
    fn count_drops(&mut self) {
        let Ok(stat) = self.capture.stats() else { return };
        let now = (stat.if_dropped, stat.dropped);
        // The difference of counters that wrap around.
        self.drops.0 += u64::from(now.0.wrapping_sub(self.told.0));
        self.drops.1 += u64::from(now.1.wrapping_sub(self.told.1));
        self.told = now;
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
        let open = Open::new(name, options)?;
        let mut tally = Tally::new(id);
        tally.link_types.insert(open.link_type.0);
        tally.snap_length.add(Some(options.snap_length));
        Ok(Self {
            name: name.to_string(),
            options: options.clone(),
            open: Some(open),
            tally,
            full: Vec::new(),
            offset: HEADER as u64,
            before: (0, 0),
            failed: None,
            down: false,
        })
    }

    /// What can be waited on.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.open.as_ref().filter(|_| self.failed.is_none()).map(|open| open.capture.as_fd())
    }

    /// Takes the frames that are there, at most so many.
    pub(super) fn take(&mut self, most: usize, bytes: &mut Vec<u8>, records: &mut Vec<Record>) {
        let Some(open) = self.open.as_mut().filter(|_| self.failed.is_none()) else { return };
        if self.tally.numbers >= NUMBERS {
            let ChunkId { input, chunk } = self.tally.id;
            let next = Tally::new(ChunkId { input, chunk: chunk.saturating_add(1) });
            self.full.push(std::mem::replace(&mut self.tally, next));
        }
        let (tally, offset, link_type) = (&mut self.tally, &mut self.offset, open.link_type);
        let taken = open.capture.dispatch(Some(most), |packet| {
            let (time, oddity) = stamp(packet.header);
            let lengths = Lengths::new(packet.header.len, packet.data.len() as u32);
            let place = Place { start: bytes.len(), offset: *offset + RECORD };
            bytes.extend_from_slice(packet.data);
            let packet = Packet {
                time,
                stamped: true,
                link_type,
                lengths,
                header: 0,
                length: lengths.captured,
                interface: 0,
                direction: Direction::Unknown,
                lost: 0,
                oddity,
            };
            records.push(tally.take(&packet, place));
            *offset += RECORD + u64::from(lengths.captured);
        });
        if let Err(why) = taken {
            self.fail(why.to_string());
        }
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
            self.before = (self.before.0 + open.drops.0, self.before.1 + open.drops.1);
        }
        if !self.options.again {
            return;
        }
        match Open::new(&self.name, &self.options) {
            Ok(open) => {
                self.tally.link_types.insert(open.link_type.0);
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
        open.count_drops();
        let (interface, ring) = (self.before.0 + open.drops.0, self.before.1 + open.drops.1);
        self.tally.drops.state(0, interface, ring);
    }

    /// What was read so far.
    pub(super) fn tallies(&self) -> impl Iterator<Item = Tally> {
        self.full.iter().chain([&self.tally]).cloned()
    }
}

/// The stamp of a packet. In nanoseconds, as they were asked for, the field of microseconds holds nanoseconds.
fn stamp(header: &pcap::PacketHeader) -> (lenscap_wire::Timestamp, Oddity) {
    clamp(i128::from(header.ts.tv_sec) * 1_000_000_000 + i128::from(header.ts.tv_usec))
}
