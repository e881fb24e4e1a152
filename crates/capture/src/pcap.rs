//! Classic pcap (`draft-ietf-opsawg-pcap`): a header of 24 bytes, then records of seconds, fraction, captured and
//! original length.

use lenscap_wire::LinkType;

use crate::batch::Direction;
use crate::problem::ProblemKind;
use crate::record::{self, Lengths, Packet};
use crate::tally::Tally;
use crate::walk::{self, LEAST, MOST, Parsed, Walk};

/// Bytes of the file header.
pub(crate) const HEADER: usize = 24;

/// What the file header says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Pcap {
    swapped: bool,
    /// Nanoseconds of one unit of the fraction.
    unit: i64,
    /// Bytes of a record header: 16, or 24 in the modified format of Alexey Kuznetzov.
    header: usize,
    link_type: LinkType,
    /// Bytes of the frame check sequence at the end of each packet, where the file says so.
    fcs_length: Option<u8>,
    /// Longest record in bytes; `None` for no limit.
    snap_length: Option<u32>,
    /// Bytes of a record that are read at most.
    limit: u32,
    /// Whether the version is up to 2.3: of such files some state the original length of a record before the captured one.
    old: bool,
}

/// The fields of a record header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordHeader {
    seconds: u32,
    fraction: u32,
    captured: u32,
    original: u32,
}

/// Places in the file header.
mod at {
    pub(super) const VERSION: usize = 4;
    pub(super) const SNAP_LENGTH: usize = 16;
    pub(super) const LINK_TYPE: usize = 20;
}

impl Pcap {
    /// Reads a file header; `None` where the magic number is another.
    pub(crate) fn new(bytes: &[u8; HEADER]) -> Option<Self> {
        let (magic, _) = bytes.split_first_chunk()?;
        let (swapped, unit, header) = match magic {
            [0xa1, 0xb2, 0xc3, 0xd4] => (true, 1000, 16),
            [0xd4, 0xc3, 0xb2, 0xa1] => (false, 1000, 16),
            [0xa1, 0xb2, 0x3c, 0x4d] => (true, 1, 16),
            [0x4d, 0x3c, 0xb2, 0xa1] => (false, 1, 16),
            [0xa1, 0xb2, 0xcd, 0x34] => (true, 1000, 24),
            [0x34, 0xcd, 0xb2, 0xa1] => (false, 1000, 24),
            _ => return None,
        };
        let word = |at: usize| {
            let word = bytes.get(at..)?.first_chunk().copied()?;
            Some(if swapped { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) })
        };
        let (link, snap_length) = (word(at::LINK_TYPE)?, word(at::SNAP_LENGTH)?);
        let snap_length = Some(snap_length).filter(|length| *length > 0);
        // The upper half of the word: whether there is a length of check sequences, and in units of two bytes which.
        let fcs_length = (link & 1 << 26 != 0).then_some((link >> 28) as u8 * 2);
        let limit = walk::limit(snap_length);
        // Major and minor, each in the order of the file.
        let old = match (bytes.get(at::VERSION..)?.first_chunk()?, swapped) {
            ([0, 2, 0, minor], true) | ([2, 0, minor, 0], false) => *minor <= 3,
            _ => false,
        };
        let link_type = LinkType(link as u16);
        Some(Self { swapped, unit, header, link_type, fcs_length, snap_length, limit, old })
    }

    /// The file header that says so, with zeros where it says what no walk needs.
    pub(crate) fn file_header(&self) -> [u8; HEADER] {
        let magic: u32 = match (self.unit, self.header) {
            (1, _) => 0xa1b2_3c4d,
            (_, 16) => 0xa1b2_c3d4,
            _ => 0xa1b2_cd34,
        };
        let fcs = self.fcs_length.map_or(0, |length| 1 << 26 | u32::from(length / 2) << 28);
        let link = u32::from(self.link_type.0) | fcs;
        let version = match (self.old, self.swapped) {
            (false, _) => 0,
            (true, true) => 0x0002_0003,
            (true, false) => 0x0003_0002,
        };
        let words = [magic, version, 0, 0, self.snap_length.unwrap_or(0), link];
        let mut header = [0; HEADER];
        for (to, word) in header.as_chunks_mut().0.iter_mut().zip(words) {
            *to = if self.swapped { word.to_be_bytes() } else { word.to_le_bytes() };
        }
        header
    }

    /// The link type of every record.
    pub(crate) fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// Longest record in bytes; `None` for no limit.
    pub(crate) fn snap_length(&self) -> Option<u32> {
        self.snap_length
    }

    /// Bytes of the frame check sequence at the end of each packet, where the file says so.
    pub(crate) fn fcs_length(&self) -> Option<u8> {
        self.fcs_length
    }

    #[inline]
    fn word(&self, bytes: [u8; 4]) -> u32 {
        if self.swapped { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// The record header at the front of `bytes`.
    #[inline]
    fn record_header(&self, bytes: &[u8]) -> Option<RecordHeader> {
        let (&[a, b, c, d], _) = bytes.first_chunk::<16>()?.as_chunks::<4>() else { return None };
        let (mut captured, mut original) = (self.word(c), self.word(d));
        if self.old && captured > original {
            // No more was captured than there was.
            (captured, original) = (original, captured);
        }
        let header = RecordHeader { seconds: self.word(a), fraction: self.word(b), captured, original };
        (bytes.len() >= self.header).then_some(header)
    }

    /// Bytes of the whole record at the front.
    pub(crate) fn record_length(&self, bytes: &[u8]) -> Option<usize> {
        Some(self.header + self.record_header(bytes)?.captured as usize)
    }

    /// Decimal digits of the fraction of a second.
    pub(crate) fn digits(&self) -> u8 {
        if self.unit == 1 { 9 } else { 6 }
    }

    /// The stamp of the record at the front, in units of its fraction; 0 where there is none.
    pub(crate) fn ticks(&self, bytes: &[u8]) -> u64 {
        self.record_header(bytes).map_or(0, |header| {
            u64::from(header.seconds) * 10_u64.pow(self.digits().into()) + u64::from(header.fraction)
        })
    }

    /// The length on the wire that the record at the front states; 0 where there is none.
    pub(crate) fn original(&self, bytes: &[u8]) -> u32 {
        self.record_header(bytes).map_or(0, |header| header.original)
    }

    fn could_be(&self, header: &RecordHeader) -> bool {
        let longest = self.snap_length.unwrap_or(0).clamp(1 << 16, LEAST);
        i64::from(header.fraction) * self.unit < 1_000_000_000
            && header.captured <= longest
            && header.captured > 0
            && header.original < 1 << 20
            && header.captured <= header.original.max(1 << 16)
    }

    /// Bytes of the record at the front, where it could be one: used to find a boundary, which the walk then proves.
    pub(crate) fn plausible_length(&self, bytes: &[u8]) -> Option<usize> {
        let header = self.record_header(bytes)?;
        self.could_be(&header).then_some(self.header + header.captured as usize)
    }
}

impl Walk for Pcap {
    #[inline]
    fn step(&self, bytes: &[u8]) -> Parsed {
        let Some(header) = self.record_header(bytes) else { return Parsed::Need(self.header) };
        let length = self.header + header.captured as usize;
        if header.captured > self.limit {
            let kind = ProblemKind::TooLong { claim: header.captured, limit: self.limit };
            return Parsed::Bad { length, numbered: true, kind };
        }
        if bytes.len() < length {
            return Parsed::Need(length);
        }
        let time = i64::from(header.seconds) * 1_000_000_000 + i64::from(header.fraction) * self.unit;
        let (time, oddity) = record::clamp(i128::from(time));
        Parsed::Packet(Packet {
            time,
            stamped: true,
            link_type: self.link_type,
            lengths: Lengths::new(header.original, header.captured),
            header: self.header as u8,
            length: length as u32,
            interface: 0,
            direction: Direction::Unknown,
            lost: 0,
            oddity,
        })
    }

    #[inline]
    fn took(&mut self, _: &Packet) {}

    fn enter(&mut self, _: &[u8], _: u64, _: &mut Tally) {}

    fn claim(&self, bytes: &[u8]) -> Option<u32> {
        self.record_header(bytes).map(|header| header.captured.saturating_add(self.header as u32))
    }

    fn is_plausible(&self, bytes: &[u8]) -> bool {
        // A record may be one that is passed over, too.
        self.record_header(bytes).is_none_or(|header| {
            i64::from(header.fraction) * self.unit < 1_000_000_000
                && header.captured <= header.original.max(MOST)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_testkit::{Classic, OwnedFrame};
    use lenscap_wire::Timestamp;

    const ORDERS: [bool; 2] = [false, true];

    fn file(big_endian: bool, snap_length: u32) -> Vec<u8> {
        let frame = OwnedFrame::ethernet(Timestamp(5_000_000_007), vec![9; 61]);
        Classic { big_endian, nanoseconds: true, snap_length, link_type: None }.write(&[frame])
    }

    fn walk_of(file: &[u8]) -> Pcap {
        Pcap::new(file.first_chunk().unwrap()).unwrap()
    }

    #[test]
    fn a_record_is_read_in_either_order_and_asked_for_where_it_is_cut() {
        for big_endian in ORDERS {
            let file = file(big_endian, 262_144);
            let (walk, record) = (walk_of(&file), &file[HEADER..]);
            for cut in 0..record.len() {
                let wanted = if cut < 16 { 16 } else { 77 };
                assert_eq!(walk.step(&record[..cut]), Parsed::Need(wanted), "cut at {cut}");
                assert_eq!(walk.claim(&record[..cut]), (cut >= 16).then_some(77));
            }
            let Parsed::Packet(packet) = walk.step(record) else { panic!("it is a packet") };
            assert_eq!((packet.time, packet.header, packet.length), (Timestamp(5_000_000_007), 16, 77));
            assert_eq!(packet.lengths, Lengths { wire: 61, captured: 61 });
            assert_eq!(walk.plausible_length(record), Some(77));
        }
    }

    #[test]
    fn a_header_says_what_a_record_may_hold() {
        for big_endian in ORDERS {
            assert_eq!(walk_of(&file(big_endian, 96)).snap_length(), Some(96));
            assert_eq!(walk_of(&file(big_endian, 0)).snap_length(), None);
            assert_eq!(walk_of(&file(big_endian, 1 << 20)).limit, 1 << 20);
        }
        assert_eq!(Pcap::new(&[0; HEADER]), None);
    }

    #[test]
    fn a_record_over_the_limit_is_passed_over() {
        let mut file = file(false, 262_144);
        file[HEADER + 8..HEADER + 12].copy_from_slice(&262_145_u32.to_le_bytes());
        let kind = ProblemKind::TooLong { claim: 262_145, limit: 262_144 };
        let bad = Parsed::Bad { length: 262_161, numbered: true, kind };
        assert_eq!(walk_of(&file).step(&file[HEADER..]), bad);
    }

    #[test]
    fn old_files_may_state_the_original_length_first() {
        for big_endian in ORDERS {
            for (minor, old) in [(2, true), (3, true), (4, false)] {
                let mut file = file(big_endian, 262_144);
                file[if big_endian { 7 } else { 6 }] = minor;
                let place = HEADER + if big_endian { 11 } else { 8 };
                file[place] = 99;
                let walk = walk_of(&file);
                assert_eq!(walk_of(&walk.file_header()), walk);
                let length = if old { 16 + 61 } else { 16 + 99 };
                assert_eq!(walk.record_length(&file[HEADER..]), Some(length), "{big_endian} {minor}");
                if let Parsed::Packet(packet) = walk.step(&file[HEADER..]) {
                    assert_eq!(packet.lengths, Lengths { wire: 99, captured: 61 });
                }
            }
        }
    }

    #[test]
    fn check_sequences_are_told_by_the_link_type() {
        let mut file = file(false, 96);
        file[20..24].copy_from_slice(&0x2400_0001_u32.to_le_bytes());
        let walk = walk_of(&file);
        assert_eq!((walk.link_type(), walk.fcs_length()), (LinkType::ETHERNET, Some(4)));
    }

    #[test]
    fn noise_is_no_record() {
        let walk = walk_of(&file(false, 262_144));
        assert!(!walk.is_plausible(&[0xff; 16]));
        assert!(walk.is_plausible(&[0xff; 15]), "too little to tell");
        assert_eq!(walk.plausible_length(&[0; 16]), None);
    }
}
