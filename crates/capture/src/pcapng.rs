//! pcapng: sections of blocks, in either byte order, with interfaces of their own link type and clock.

use lenscap_wire::{LinkType, Timestamp};

use crate::block::LIMIT;
use crate::tally::{Tally, record};
use crate::walk::{State, Step, Walk};

const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// Interfaces of one section that are kept.
const INTERFACES: usize = 1 << 16;

/// The walk of a pcapng file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pcapng {
    pub(crate) state: State,
}

/// What an interface block says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Interface {
    link_type: LinkType,
    snap_length: u32,
    /// `if_tsresol`: the upper bit for powers of two, else of ten; the exponent.
    resolution: u8,
    /// `if_tsoffset` in seconds.
    offset: i64,
}

impl Interface {
    /// Nanoseconds since 1970 of a stamp in ticks.
    #[inline]
    fn time(&self, ticks: u64) -> i128 {
        let exponent = u32::from(self.resolution & 0x7f);
        let ticks = i128::from(ticks);
        let nanoseconds = if self.resolution & 0x80 != 0 {
            ticks.saturating_mul(1_000_000_000).checked_shr(exponent).unwrap_or(0)
        } else if exponent <= 9 {
            ticks * 10_i128.pow(9 - exponent)
        } else {
            10_i128.checked_pow(exponent - 9).map_or(0, |unit| ticks / unit)
        };
        nanoseconds + i128::from(self.offset) * 1_000_000_000
    }
}

/// A packet of a block, before it is a record.
struct Found {
    time: Timestamp,
    link_type: LinkType,
    original: u32,
    captured: u32,
    /// Bytes of the block before the packet's.
    head: usize,
}

impl Pcapng {
    /// Whether `bytes` begin with a section header.
    pub(crate) fn begins(bytes: &[u8]) -> bool {
        bytes.starts_with(&SECTION)
    }

    #[inline]
    fn word(&self, bytes: &[u8], at: usize) -> u32 {
        let word = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        if self.state.swapped { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    }

    #[inline]
    fn short(&self, bytes: &[u8], at: usize) -> u16 {
        let short = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        if self.state.swapped { u16::from_be_bytes(short) } else { u16::from_le_bytes(short) }
    }

    /// Type and length of the block at the front, where they make sense.
    pub(crate) fn shape(&mut self, bytes: &[u8]) -> Result<(u32, usize), String> {
        if bytes.starts_with(&SECTION) {
            self.state.swapped = bytes.get(8..12) == Some(&[0x1a, 0x2b, 0x3c, 0x4d]);
        }
        let (kind, length) = (self.word(bytes, 0), self.word(bytes, 4));
        if length < 12 || length % 4 != 0 {
            return Err(format!("a block claims a length of {length} bytes"));
        }
        Ok((kind, length as usize))
    }

    fn section(&mut self) {
        self.state.interfaces.clear();
    }

    fn interface(&mut self, block: &[u8], offset: u64, tally: &mut Tally) {
        let mut interface = Interface {
            link_type: LinkType(self.short(block, 8)),
            snap_length: self.word(block, 12),
            resolution: 6,
            offset: 0,
        };
        let mut options = block.get(16..block.len() - 4).unwrap_or(&[]);
        while options.len() >= 4 {
            let (code, length) = (self.short(options, 0), usize::from(self.short(options, 2)));
            let value = options.get(4..4 + length).unwrap_or(&[]);
            match (code, value) {
                (0, _) => break,
                (9, [resolution]) => interface.resolution = *resolution,
                (14, value) => {
                    if let Some(bytes) = value.first_chunk::<8>() {
                        interface.offset = if self.state.swapped {
                            i64::from_be_bytes(*bytes)
                        } else {
                            i64::from_le_bytes(*bytes)
                        };
                    }
                }
                _ => {}
            }
            options = options.get(4 + length.next_multiple_of(4)..).unwrap_or(&[]);
        }
        if interface.resolution & 0x7f > 63 {
            let what = format!("interface {} claims an absurd resolution", self.state.interfaces.len());
            tally.problem(false, offset, what);
        }
        tally.link_types.insert(interface.link_type.0);
        tally.snap_length = tally.snap_length.max(interface.snap_length);
        if self.state.interfaces.len() < INTERFACES {
            self.state.interfaces.push(interface);
        }
    }

    fn of_interface(&self, id: u32, offset: u64, tally: &mut Tally) -> Interface {
        self.state.interfaces.get(id as usize).copied().unwrap_or_else(|| {
            tally.problem(
                true,
                offset,
                format!("it names interface {id}, which the section does not describe"),
            );
            Interface { link_type: LinkType(u16::MAX), snap_length: 0, resolution: 6, offset: 0 }
        })
    }

    fn packet(&mut self, kind: u32, block: &[u8], offset: u64, tally: &mut Tally) -> Result<Found, String> {
        let id = if kind == ENHANCED_PACKET { self.word(block, 8) } else { u32::from(self.short(block, 8)) };
        let interface = self.of_interface(id, offset, tally);
        let ticks = u64::from(self.word(block, 12)) << 32 | u64::from(self.word(block, 16));
        let (captured, original) = (self.word(block, 20), self.word(block, 24));
        if captured as usize > block.len() - 32 {
            return Err(format!("a packet claims {captured} bytes in a block of {}", block.len()));
        }
        let time = tally.clamp(interface.time(ticks), offset);
        self.state.time = Some(time);
        Ok(Found { time, link_type: interface.link_type, original, captured, head: 28 })
    }

    fn simple(&mut self, block: &[u8], offset: u64, tally: &mut Tally) -> Found {
        let interface = self.of_interface(0, offset, tally);
        let original = self.word(block, 8);
        let mut captured = original.min(block.len() as u32 - 16);
        if interface.snap_length > 0 {
            captured = captured.min(interface.snap_length);
        }
        self.state.time_needed |= self.state.time.is_none();
        let time = self.state.time.unwrap_or(Timestamp::MIN);
        Found { time, link_type: interface.link_type, original, captured, head: 12 }
    }
}

impl Walk for Pcapng {
    fn step(&mut self, bytes: &[u8], start: usize, offset: u64, tally: &mut Tally) -> Step {
        if bytes.len() < 12 {
            return Step::Need(12);
        }
        let (kind, length) = match self.shape(bytes) {
            Ok(shape) => shape,
            Err(what) => return Step::Senseless(what),
        };
        let Some(block) = bytes.get(..length) else {
            return if length > LIMIT { Step::TooLong(length as u32) } else { Step::Need(length) };
        };
        if block.get(4..8) != block.get(length - 4..) {
            return Step::Senseless("a block's two lengths differ".to_string());
        }
        let found = match kind {
            _ if bytes.starts_with(&SECTION) => {
                self.section();
                return Step::Skip(length);
            }
            INTERFACE if length >= 20 => {
                self.interface(block, offset, tally);
                return Step::Skip(length);
            }
            ENHANCED_PACKET | OBSOLETE_PACKET if length >= 32 => {
                match self.packet(kind, block, offset, tally) {
                    Ok(found) => found,
                    Err(what) => return Step::Senseless(what),
                }
            }
            SIMPLE_PACKET if length >= 16 => self.simple(block, offset, tally),
            _ => return Step::Skip(length),
        };
        let Found { time, link_type, original, captured, head } = found;
        let place = (start + head, offset + head as u64);
        Step::Record(record(tally, (time, link_type), (original, captured), place), length)
    }

    fn claim(&self, bytes: &[u8]) -> Option<u32> {
        (bytes.len() >= 8).then(|| self.word(bytes, 4))
    }
}
