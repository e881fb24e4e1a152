//! pcapng (`draft-ietf-opsawg-pcapng`): sections of blocks, in either byte order, with interfaces of their own link
//! type and clock.
//!
//! A block whose two lengths agree is sound, whatever stands in it: one that cannot be read is told and passed over.
//! Which blocks take a packet number is what Wireshark does (tried with tshark 4.0): packets, journal entries, custom
//! blocks and events of system calls; names, secrets, statistics and unknown blocks do not.

mod layout;
mod portable;

pub(crate) use portable::PortablePcapng;

use lenscap_wire::Timestamp;
use std::sync::Arc;

use crate::batch::Direction;
use crate::interface::Interface;
use crate::order::{Options, Order};
use crate::problem::{BlockKind, ProblemKind};
use crate::record::{self, Lengths, Oddity, Packet};
use crate::tally::Tally;
use crate::walk::{LEAST, Parsed, Walk};
use layout::{FRAME, SECTION, SECTION_LEAST, Shape, at, kind, option};

/// Bytes that options may add to a packet's block.
const OPTIONS_MOST: usize = 64 << 10;
/// Interfaces of one section that are kept.
const INTERFACES: usize = 1 << 16;
/// Bytes of original blocks of one section that are kept.
const KEPT: usize = 4 << 20;

/// The interface of packets that name one that was not described.
static UNKNOWN: Interface = Interface::UNKNOWN;

/// The walk of a pcapng file: what was told of the section it is in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Pcapng {
    order: Order,
    /// The section header as it stands in the file; `None` where it was not kept.
    section: Option<Arc<[u8]>>,
    /// Where the section begins in its file.
    section_at: u64,
    interfaces: Vec<Interface>,
    /// Bytes of original blocks that are kept.
    kept: usize,
    /// Stamp of the last packet, which a packet without stamp takes.
    time: Option<Timestamp>,
    /// Whether such a packet came first.
    time_needed: bool,
}

impl Pcapng {
    /// Whether `bytes` begin with a section header.
    pub(crate) fn begins(bytes: &[u8]) -> bool {
        bytes.starts_with(&SECTION)
    }

    /// The byte order of the section.
    pub(crate) fn order(&self) -> Order {
        self.order
    }

    /// The interfaces of the section.
    pub(crate) fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// The section header as it stands in the file.
    pub(crate) fn section(&self) -> Option<&Arc<[u8]>> {
        self.section.as_ref()
    }

    /// Where the section begins in its file.
    pub(crate) fn section_at(&self) -> u64 {
        self.section_at
    }

    /// The walk of a chunk that begins later in the file: its first section is taken to be this one.
    pub(crate) fn later(&self, interfaces: bool) -> Self {
        let mut later = Self { time: None, time_needed: false, ..self.clone() };
        if !interfaces {
            later.interfaces = Vec::new();
            later.kept = later.section.as_ref().map_or(0, |block| block.len());
        }
        later
    }

    /// What this walk needed to know where it began.
    pub(crate) fn time_needed(&self) -> bool {
        self.time_needed
    }

    pub(crate) fn need_time(&mut self, needed: bool) {
        self.time_needed = needed;
    }

    /// Whether a walk that ended with this knowledge goes on with one that began with `next`.
    pub(crate) fn meets(&self, next: &Self) -> bool {
        self.order == next.order && self.interfaces == next.interfaces && !next.time_needed
    }

    /// Type and length of the block at the front, where they make sense; at least 12 bytes are at hand.
    #[inline]
    fn shape(&self, bytes: &[u8]) -> Result<Shape, ProblemKind> {
        let order = if bytes.starts_with(&SECTION) {
            Order::of_section(bytes.get(at::BYTE_ORDER..)).ok_or(ProblemKind::ByteOrder)?
        } else {
            self.order
        };
        let (kind, length) = (order.word(bytes, 0), order.word(bytes, 4));
        if (length as usize) < FRAME || length % 4 != 0 {
            return Err(ProblemKind::BlockLength { length });
        }
        Ok(Shape { order, kind, length: length as usize })
    }

    /// Bytes of the block at the front, where it could be one: used to find a boundary, which the walk then proves.
    pub(crate) fn plausible_length(&self, bytes: &[u8]) -> Option<usize> {
        if bytes.len() < FRAME || Self::begins(bytes) {
            return None;
        }
        let shape = self.shape(bytes).ok()?;
        let known = matches!(shape.kind, 1..=6 | 10);
        let same = bytes.get(4..8)? == bytes.get(shape.length - 4..shape.length)?;
        (known && same && shape.length < 1 << 19).then_some(shape.length)
    }

    /// What is to be done with a block over [`LEAST`], of which perhaps only the front is at hand; `None` for what a
    /// shorter one would be.
    #[cold]
    fn long(&self, shape: Shape, bytes: &[u8]) -> Option<Parsed> {
        let length = shape.length as u32;
        match shape.kind {
            kind::SECTION | kind::INTERFACE => {
                Some(Parsed::Malformed(ProblemKind::BlockTooLong { length, limit: LEAST }))
            }
            kind::STATISTICS => Some(shape.bad(ProblemKind::TooLong { claim: length, limit: LEAST })),
            _ if !shape.is_packet() => {
                Some(Parsed::Skip { length: shape.length, numbered: shape.is_numbered() })
            }
            _ if bytes.len() < at::PACKET_BYTES => Some(Parsed::Need(at::PACKET_BYTES)),
            _ => {
                let limit = self.of_packet(shape, bytes).limit;
                let all_options = shape.length > limit as usize + OPTIONS_MOST;
                let claim = if all_options { length } else { self.captured(shape, bytes) };
                (claim > limit).then(|| shape.bad(ProblemKind::TooLong { claim, limit }))
            }
        }
    }

    /// The interface of a packet's block.
    #[inline]
    fn of_packet(&self, shape: Shape, block: &[u8]) -> &Interface {
        self.interfaces.get(self.interface_number(shape, block) as usize).unwrap_or(&UNKNOWN)
    }

    #[inline]
    fn interface_number(&self, shape: Shape, block: &[u8]) -> u32 {
        match shape.kind {
            kind::ENHANCED_PACKET => self.order.word(block, at::PACKET_INTERFACE),
            kind::OBSOLETE_PACKET => self.order.short(block, at::PACKET_INTERFACE).into(),
            _ => 0,
        }
    }

    /// Bytes that a packet's block claims to hold of the packet.
    fn captured(&self, shape: Shape, block: &[u8]) -> u32 {
        if shape.kind != kind::SIMPLE_PACKET {
            return self.order.word(block, at::PACKET_CAPTURED);
        }
        let original = self.order.word(block, at::SIMPLE_ORIGINAL);
        let snap_length = self.interfaces.first().and_then(|interface| interface.snap_length);
        snap_length.map_or(original, |longest| original.min(longest))
    }

    /// An enhanced or obsolete packet block.
    #[inline]
    fn packet(&self, shape: Shape, block: &[u8]) -> Parsed {
        let Some(room) = shape.length.checked_sub(at::PACKET_BYTES + 4) else {
            return shape.too_short(BlockKind::Packet);
        };
        let number = self.interface_number(shape, block);
        let known = self.interfaces.get(number as usize);
        let interface = known.unwrap_or(&UNKNOWN);
        let captured = self.order.word(block, at::PACKET_CAPTURED);
        if captured as usize > room {
            return shape.overrun(number, captured);
        }
        let high = u64::from(self.order.word(block, at::PACKET_TICKS));
        let ticks = high << 32 | u64::from(self.order.word(block, at::PACKET_TICKS + 4));
        let (time, oddity) = record::clamp(interface.time(ticks));
        let mut packet = Packet {
            time,
            stamped: true,
            link_type: interface.link_type,
            lengths: Lengths::new(self.order.word(block, at::PACKET_ORIGINAL), captured),
            header: at::PACKET_BYTES as u8,
            length: shape.length as u32,
            interface: number,
            direction: Direction::Unknown,
            lost: 0,
            oddity: Oddity { unknown_interface: known.is_none(), ..oddity },
        };
        let options = at::PACKET_BYTES + (captured as usize).next_multiple_of(4);
        if options + 4 < shape.length || shape.kind == kind::OBSOLETE_PACKET {
            self.packet_options(shape, block, options, &mut packet);
        }
        Parsed::Packet(packet)
    }

    fn packet_options(&self, shape: Shape, block: &[u8], at: usize, packet: &mut Packet) {
        if shape.kind == kind::OBSOLETE_PACKET {
            // The highest number says that it is not known.
            let lost = self.order.short(block, at::OBSOLETE_DROPS);
            packet.lost = if lost == u16::MAX { 0 } else { lost.into() };
        }
        for (code, value) in Options::new(self.order, block, at) {
            match code {
                option::FLAGS if value.len() == 4 => {
                    packet.direction = Direction::of_flags(self.order.word(value, 0));
                }
                option::DROP_COUNT if value.len() == 8 && shape.kind == kind::ENHANCED_PACKET => {
                    packet.lost = self.order.long(value);
                }
                _ => {}
            }
        }
    }

    fn simple(&self, shape: Shape, block: &[u8]) -> Parsed {
        let Some(room) = shape.length.checked_sub(at::SIMPLE_BYTES + 4) else {
            return shape.too_short(BlockKind::Packet);
        };
        let captured = self.captured(shape, block);
        if captured as usize > room {
            return shape.overrun(0, captured);
        }
        Parsed::Packet(Packet {
            time: self.time.unwrap_or(Timestamp::MIN),
            stamped: false,
            link_type: self.of_packet(shape, block).link_type,
            lengths: Lengths::new(self.order.word(block, at::SIMPLE_ORIGINAL), captured),
            header: at::SIMPLE_BYTES as u8,
            length: shape.length as u32,
            interface: 0,
            direction: Direction::Unknown,
            lost: 0,
            oddity: Oddity { unknown_interface: self.interfaces.is_empty(), ..Oddity::default() },
        })
    }

    /// Keeps an original block, where there is room.
    fn keep(&mut self, block: &[u8]) -> Option<Arc<[u8]>> {
        let kept = self.kept + block.len();
        (kept <= KEPT).then(|| {
            self.kept = kept;
            block.into()
        })
    }

    fn begin_section(&mut self, block: &[u8], offset: u64, tally: &mut Tally) {
        self.order = Order::of_section(block.get(at::BYTE_ORDER..)).unwrap_or_default();
        self.interfaces.clear();
        self.kept = 0;
        self.section = self.keep(block);
        self.section_at = offset;
        tally.drops.begin_section(offset);
    }

    fn describe(&mut self, block: &[u8], offset: u64, tally: &mut Tally) {
        let number = self.interfaces.len() as u32;
        let said = self.interface(block);
        if let Some(interface) = &said {
            tally.link_types.insert(interface.link_type.0);
            tally.snap_length.add(interface.snap_length);
            if self.resolution(block) & 0x7f > 63 {
                tally.problem(false, offset, ProblemKind::Resolution { interface: number });
            }
        } else {
            let kind = ProblemKind::TooShort { block: BlockKind::Interface, length: block.len() as u32 };
            tally.problem(false, offset, kind);
        }
        if self.interfaces.len() < INTERFACES {
            // Those after one that says nothing keep their numbers.
            let mut interface = said.unwrap_or(Interface::UNKNOWN);
            interface.block = self.keep(block);
            self.interfaces.push(interface);
        }
    }

    /// What an interface block says; `None` where it is too short for one.
    fn interface(&self, block: &[u8]) -> Option<Interface> {
        if block.len() < at::INTERFACE_OPTIONS + 4 {
            return None;
        }
        let link_type = self.order.short(block, at::INTERFACE_LINK_TYPE);
        let snap_length = self.order.word(block, at::INTERFACE_SNAP_LENGTH);
        let mut interface = Interface::new(lenscap_wire::LinkType(link_type), snap_length);
        interface.set_resolution(self.resolution(block));
        for (code, value) in Options::new(self.order, block, at::INTERFACE_OPTIONS) {
            if code == option::OFFSET && value.len() >= 8 {
                interface.set_offset(self.order.long(value) as i64);
            }
        }
        Some(interface)
    }

    fn resolution(&self, block: &[u8]) -> u8 {
        let options = Options::new(self.order, block, at::INTERFACE_OPTIONS);
        let said = |(code, value): (u16, &[u8])| match (code, value) {
            (option::RESOLUTION, [resolution]) => Some(*resolution),
            _ => None,
        };
        options.filter_map(said).last().unwrap_or(6)
    }

    fn statistics(&self, block: &[u8], tally: &mut Tally) {
        let (mut interface, mut system) = (0, 0);
        for (code, value) in Options::new(self.order, block, at::STATISTICS_OPTIONS) {
            match code {
                option::DROPPED_BY_INTERFACE if value.len() == 8 => interface = self.order.long(value),
                option::DROPPED_BY_SYSTEM if value.len() == 8 => system = self.order.long(value),
                _ => {}
            }
        }
        tally.drops.state(self.order.word(block, at::STATISTICS_INTERFACE), interface, system);
    }
}

impl Walk for Pcapng {
    #[inline]
    fn step(&self, bytes: &[u8]) -> Parsed {
        if bytes.len() < FRAME {
            return Parsed::Need(FRAME);
        }
        let shape = match self.shape(bytes) {
            Ok(shape) => shape,
            Err(kind) => return Parsed::Malformed(kind),
        };
        if shape.length > LEAST as usize
            && let Some(parsed) = self.long(shape, bytes)
        {
            return parsed;
        }
        let Some(block) = bytes.get(..shape.length) else { return Parsed::Need(shape.length) };
        if block.get(4..8) != block.get(shape.length - 4..) {
            return Parsed::Malformed(ProblemKind::LengthsDiffer);
        }
        match shape.kind {
            kind::ENHANCED_PACKET | kind::OBSOLETE_PACKET => self.packet(shape, block),
            kind::SIMPLE_PACKET => self.simple(shape, block),
            kind::SECTION if shape.length < SECTION_LEAST => shape.too_short(BlockKind::Section),
            kind::STATISTICS if shape.length < at::STATISTICS_OPTIONS + 4 => {
                shape.too_short(BlockKind::Statistics)
            }
            kind::SECTION | kind::INTERFACE | kind::STATISTICS => Parsed::Told(shape.length),
            _ => Parsed::Skip { length: shape.length, numbered: shape.is_numbered() },
        }
    }

    #[inline]
    fn took(&mut self, packet: &Packet) {
        if packet.stamped {
            self.time = Some(packet.time);
        } else {
            self.time_needed |= self.time.is_none();
        }
    }

    fn enter(&mut self, block: &[u8], offset: u64, tally: &mut Tally) {
        match self.shape(block).map(|shape| shape.kind) {
            Ok(kind::SECTION) => self.begin_section(block, offset, tally),
            Ok(kind::INTERFACE) => self.describe(block, offset, tally),
            Ok(kind::STATISTICS) => self.statistics(block, tally),
            _ => {}
        }
    }

    fn claim(&self, bytes: &[u8]) -> Option<u32> {
        (bytes.len() >= 8).then(|| self.order.word(bytes, 4))
    }

    fn is_plausible(&self, bytes: &[u8]) -> bool {
        bytes.len() < FRAME || self.shape(bytes).is_ok()
    }
}

#[cfg(test)]
mod tests;
