//! Classic pcap: a header of 24 bytes, then records of seconds, fraction, captured and original length.

use lenscap_wire::LinkType;

use crate::Record;
use crate::block::LIMIT;
use crate::tally::{Tally, record};
use crate::walk::{Step, Walk};

/// Bytes of the file header.
pub(crate) const HEADER: usize = 24;

/// What the file header says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Pcap {
    swapped: bool,
    /// Nanoseconds of one unit of the fraction.
    unit: i64,
    /// Bytes of a record header: 16, or 24 in the modified format of Alexey Kuznetzov.
    head: usize,
    link_type: LinkType,
    pub(crate) snap_length: u32,
}

/// The fields of a record header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) seconds: u32,
    pub(crate) fraction: u32,
    pub(crate) captured: u32,
    pub(crate) original: u32,
}

impl Pcap {
    /// Reads a file header; `None` where the magic number is another.
    pub(crate) fn new(header: &[u8; HEADER]) -> Option<Self> {
        let (magic, _) = header.split_first_chunk()?;
        let (swapped, unit, head) = match magic {
            [0xa1, 0xb2, 0xc3, 0xd4] => (true, 1000, 16),
            [0xd4, 0xc3, 0xb2, 0xa1] => (false, 1000, 16),
            [0xa1, 0xb2, 0x3c, 0x4d] => (true, 1, 16),
            [0x4d, 0x3c, 0xb2, 0xa1] => (false, 1, 16),
            [0xa1, 0xb2, 0xcd, 0x34] => (true, 1000, 24),
            [0x34, 0xcd, 0xb2, 0xa1] => (false, 1000, 24),
            _ => return None,
        };
        let plain = Self { swapped, unit, head, link_type: LinkType(0), snap_length: 0 };
        let word =
            |at: usize| header.get(at..).and_then(|rest| rest.first_chunk()).map(|bytes| plain.word(*bytes));
        Some(Self { link_type: LinkType(word(20)? as u16), snap_length: word(16)?, ..plain })
    }

    /// The link type of every record.
    pub(crate) fn link_type(&self) -> LinkType {
        self.link_type
    }

    #[inline]
    fn word(&self, bytes: [u8; 4]) -> u32 {
        if self.swapped { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// The record header at the front of `bytes`, and its length.
    #[inline]
    pub(crate) fn head(&self, bytes: &[u8]) -> Option<(Head, usize)> {
        let (&[a, b, c, d], _) = bytes.first_chunk::<16>()?.as_chunks::<4>() else { return None };
        let head = Head {
            seconds: self.word(a),
            fraction: self.word(b),
            captured: self.word(c),
            original: self.word(d),
        };
        (bytes.len() >= self.head).then_some((head, self.head))
    }

    /// Whether a record header could be one: used to find a boundary, which the walk then proves.
    pub(crate) fn is_plausible(&self, head: &Head) -> bool {
        let longest = self.snap_length.clamp(1 << 16, 1 << 18);
        i64::from(head.fraction) * self.unit < 1_000_000_000
            && head.captured <= longest
            && head.captured > 0
            && head.original < 1 << 20
            && head.captured <= head.original.max(1 << 16)
    }
}

impl Walk for Pcap {
    #[inline]
    fn step(&mut self, bytes: &[u8], start: usize, offset: u64, tally: &mut Tally) -> Step {
        let Some((head, length)) = self.head(bytes) else { return Step::Need(self.head) };
        let whole = length + head.captured as usize;
        if bytes.len() < whole {
            return if whole > LIMIT { Step::TooLong(head.captured) } else { Step::Need(whole) };
        }
        let time = i64::from(head.seconds) * 1_000_000_000 + i64::from(head.fraction) * self.unit;
        let time = tally.clamp(i128::from(time), offset);
        let lengths = (head.original, head.captured);
        let record: Record =
            record(tally, (time, self.link_type), lengths, (start + length, offset + length as u64));
        Step::Record(record, whole)
    }

    fn claim(&self, bytes: &[u8]) -> Option<u32> {
        self.head(bytes).map(|(head, _)| head.captured)
    }
}
