//! Writes packets of captures as pcapng, so that what was evidence in its file is evidence in the new one.
//!
//! Of a pcapng file the original blocks are copied, byte for byte: the section header, the interface blocks that a
//! packet stands behind, and the packet's own with its options. One field alone is changed: the length that a section
//! header states, which would be wrong, becomes "not stated". Records of classic pcap become enhanced packet blocks of
//! one interface with the clock and link type of their file. Nothing is sorted. Where it is wanted, a packet's block gets
//! one comment more; all else of it stays as it was.

pub(crate) mod blocks;
mod comment;

use std::io::{self, Write};

use crate::format::Walker;
use crate::pcap::Pcap;
use crate::{Record, RecordReader};

/// Writes one pcapng file.
pub struct Writer<W> {
    out: W,
    /// The section that is open, and how many of its interfaces were written.
    open: Option<(Section, usize)>,
}

/// Which section of which input is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Section {
    input: u32,
    /// Where it begins in its input.
    offset: u64,
}

/// Why a packet could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The operating system refused.
    #[error("cannot write: {0}")]
    Io(#[from] io::Error),
    /// The section header or an interface block was too long to be kept.
    #[error("the block that describes {} was too long to be kept", described(*interface))]
    NotKept {
        /// The interface, by its number in the section; `None` for the section header.
        interface: Option<usize>,
    },
    /// The record is not of the batch that the reader read last.
    #[error("the record is not of the last batch")]
    NotOfTheBatch,
}

fn described(interface: Option<usize>) -> String {
    interface.map_or_else(|| "the section".into(), |number| format!("interface {number}"))
}

impl<W: Write> Writer<W> {
    /// Writes a file from its beginning on.
    pub fn new(out: W) -> Self {
        Self { out, open: None }
    }

    /// Appends a record of the batch that `reader` read last.
    pub fn copy(&mut self, reader: &RecordReader, record: &Record) -> Result<(), WriteError> {
        self.copy_with(reader, record, None)
    }

    /// The same with a comment (at most 4,096 bytes of it), such as why the packet is here. A block that has no options,
    /// such as a simple packet block, is copied without.
    pub fn copy_with(
        &mut self,
        reader: &RecordReader,
        record: &Record,
        comment: Option<&str>,
    ) -> Result<(), WriteError> {
        let section = Section { input: reader.tally().id.input, offset: reader.walker().section_at() };
        let bytes = reader.original(record).ok_or(WriteError::NotOfTheBatch)?;
        let written = match self.open {
            Some((open, written)) if open == section => written,
            _ => {
                self.open = None;
                self.begin_section(reader.walker())?;
                0
            }
        };
        let interfaces = reader.walker().described().max(written);
        for number in written..interfaces {
            self.describe(reader.walker(), number)?;
        }
        self.open = Some((section, interfaces));
        match reader.walker() {
            Walker::Pcapng(walk) => {
                let noted = comment.and_then(|comment| comment::into_block(walk.order(), bytes, comment));
                self.out.write_all(noted.as_deref().unwrap_or(bytes))?;
            }
            Walker::Pcap(walk) => self.enhanced(walk, (record, bytes), &comment::alone(comment))?,
        }
        Ok(())
    }

    /// Ends the file and gives back where it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn begin_section(&mut self, walker: &Walker) -> Result<(), WriteError> {
        let Walker::Pcapng(walk) = walker else { return Ok(self.out.write_all(&HEADER)?) };
        let block = walk.section().ok_or(WriteError::NotKept { interface: None })?;
        // Type, length, byte order and version; then the length of the section, which is not stated.
        let (before, after) = (block.get(..16).unwrap_or(&[]), block.get(24..).unwrap_or(&[]));
        Ok([before, &[0xff; 8], after].iter().try_for_each(|part| self.out.write_all(part))?)
    }

    fn describe(&mut self, walker: &Walker, number: usize) -> Result<(), WriteError> {
        match walker {
            Walker::Pcap(walk) => Ok(self.out.write_all(&interface_of(walk))?),
            Walker::Pcapng(walk) => {
                let block = walk.interfaces().get(number).and_then(|interface| interface.block.as_ref());
                Ok(self.out.write_all(block.ok_or(WriteError::NotKept { interface: Some(number) })?)?)
            }
        }
    }

    fn enhanced(
        &mut self,
        walk: &Pcap,
        (record, bytes): (&Record, &[u8]),
        options: &[u8],
    ) -> Result<(), WriteError> {
        let packet = bytes.get(usize::from(record.header)..).unwrap_or(&[]);
        let ticks = walk.ticks(bytes);
        let padding = packet.len().next_multiple_of(4) - packet.len();
        let length = (32 + packet.len() + padding + options.len()) as u32;
        let original = walk.original(bytes);
        let words = [6, length, 0, (ticks >> 32) as u32, ticks as u32, packet.len() as u32, original]
            .map(u32::to_le_bytes);
        self.out.write_all(words.as_flattened())?;
        self.out.write_all(packet)?;
        self.out.write_all([0; 3].get(..padding).unwrap_or(&[]))?;
        self.out.write_all(options)?;
        Ok(self.out.write_all(&length.to_le_bytes())?)
    }
}

/// The section header before records of classic pcap: little-endian, version 1.0, of no stated length.
const HEADER: [u8; 28] = [
    0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 28, 0, 0, 0,
];

/// The interface block that says what the header of a classic file says.
fn interface_of(walk: &Pcap) -> Vec<u8> {
    /// An option of one byte, padded.
    fn option(code: u8, value: u8) -> [u8; 8] {
        [code, 0, 1, 0, value, 0, 0, 0]
    }
    let mut body = [walk.link_type().0.to_le_bytes(), [0; 2]].concat();
    body.extend(walk.snap_length().unwrap_or(0).to_le_bytes());
    body.extend(option(9, walk.digits()));
    if let Some(length) = walk.fcs_length() {
        body.extend(option(13, length));
    }
    body.extend([0; 4]);
    let length = (12 + body.len() as u32).to_le_bytes();
    [&1_u32.to_le_bytes()[..], &length, &body, &length].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capture, ChunkId};
    use lenscap_testkit::{Classic, Interface, Ng, OwnedFrame, random_traffic};
    use lenscap_wire::{LinkType, Timestamp};
    use std::sync::Arc;

    fn reader(bytes: Vec<u8>, input: u32) -> RecordReader {
        Capture::new(Arc::new(bytes)).unwrap().reader(ChunkId { input, chunk: input }).unwrap()
    }

    /// Copies the records that `keeps` names by their number.
    fn copied(bytes: &[u8], keeps: impl Fn(u32) -> bool) -> Vec<u8> {
        let (mut reader, mut writer) = (reader(bytes.to_vec(), 0), Writer::new(Vec::new()));
        copy(&mut reader, &mut writer, keeps);
        writer.finish().unwrap()
    }

    fn copy(reader: &mut RecordReader, writer: &mut Writer<Vec<u8>>, keeps: impl Fn(u32) -> bool) {
        while reader.advance() {
            let records: Vec<Record> = reader.batch().records().to_vec();
            for record in records.iter().filter(|record| keeps(record.at.record)) {
                writer.copy(reader, record).unwrap();
            }
        }
    }

    /// What a reader says of every packet.
    fn read(bytes: Vec<u8>) -> Vec<OwnedFrame> {
        let mut reader = reader(bytes, 0);
        let mut frames = Vec::new();
        while reader.advance() {
            frames.extend(reader.batch().frames().map(|frame| OwnedFrame {
                time: frame.time,
                link_type: frame.link_type,
                wire_length: frame.wire_length,
                bytes: frame.bytes.to_vec(),
            }));
        }
        assert!(reader.tally().problems.is_empty(), "{:?}", reader.tally().problems);
        frames
    }

    fn frames() -> Vec<OwnedFrame> {
        // A simple packet block cannot say that its packet was cut.
        let whole = |frame: &OwnedFrame| frame.bytes.len() == frame.wire_length as usize;
        random_traffic(9, 200).into_iter().filter(whole).take(100).collect()
    }

    /// Sections of both orders, an interface in the middle, every kind of packet block, and blocks of no packet.
    fn every_block() -> Ng {
        let (mut ng, frames) = (Ng::new(true), frames());
        ng.interface(Interface { resolution: Some(0x94), ..Interface::default() });
        ng.enhanced(0, &frames[0]);
        ng.interface(Interface { link_type: LinkType(113), offset: Some(-5), ..Interface::default() });
        ng.obsolete(1, 3, &frames[1]);
        ng.simple(&frames[2]);
        ng.section(false);
        ng.interface(Interface { resolution: None, snap_length: 96, ..Interface::default() });
        ng.enhanced(0, &frames[3]);
        ng.simple(&frames[4].clone().cut(96));
        ng
    }

    #[test]
    fn a_pcapng_file_that_is_copied_whole_is_the_same_file() {
        let file = every_block().finish();
        assert!(copied(&file, |_| true) == file);
    }

    #[test]
    fn blocks_around_packets_are_left_out_and_packets_stay_as_they_are() {
        let (mut ng, frames) = (every_block(), frames());
        ng.secrets(b"key");
        ng.enhanced(0, &frames[5]);
        let file = ng.finish();
        let all = read(file.clone());
        // The simple packets without the one before them would have another stamp.
        let kept = |n: u32| n != 0;
        let wanted: Vec<_> =
            all.iter().enumerate().filter(|(n, _)| kept(*n as u32)).map(|(_, frame)| frame.clone()).collect();
        assert_eq!(read(copied(&file, kept)), wanted);
        assert!(!copied(&file, kept).windows(3).any(|bytes| bytes == b"key"));
    }

    #[test]
    fn options_of_a_packet_are_copied() {
        let mut ng = Ng::new(false);
        ng.interface(Interface::default());
        let comment =
            [&[0_u8; 12][..], &[4, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4, 1, 0, 4, 0], b"here", &[0; 4]].concat();
        ng.block(6, &comment);
        let file = ng.finish();
        assert!(copied(&file, |_| true) == file);
    }

    #[test]
    fn packets_with_a_comment_are_the_same_packets() {
        for file in [every_block().finish(), Classic::default().write(&frames())] {
            let (mut reader, mut writer) = (reader(file.clone(), 0), Writer::new(Vec::new()));
            while reader.advance() {
                for record in &reader.batch().records().to_vec() {
                    writer.copy_with(&reader, record, Some("the answer of a camera")).unwrap();
                }
            }
            let noted = writer.finish().unwrap();
            assert!(noted.windows(22).any(|bytes| bytes == b"the answer of a camera"));
            assert_eq!(read(noted), read(file));
        }
    }

    #[test]
    fn a_section_states_no_length() {
        let mut file = every_block().finish();
        file[16..24].copy_from_slice(&1234_u64.to_be_bytes());
        assert!(copied(&file, |_| true) == every_block().finish());
    }

    #[test]
    fn classic_records_become_packets_of_one_interface() {
        for (big_endian, nanoseconds) in [(false, false), (false, true), (true, false), (true, true)] {
            let classic = Classic { big_endian, nanoseconds, ..Classic::default() }.write(&frames());
            assert_eq!(read(copied(&classic, |_| true)), read(classic.clone()));
            let some = read(copied(&classic, |n| n % 7 == 3));
            assert_eq!(some.len(), (0..100).filter(|n| n % 7 == 3).count());
            assert_eq!(some[1], read(classic)[10]);
        }
    }

    #[test]
    fn odd_classic_stamps_are_copied_as_they_are() {
        let frame = OwnedFrame::ethernet(Timestamp(0), vec![1; 61]);
        let mut classic = Classic::default().write(&[frame]);
        // A fraction of more than a second, and an original length below what was captured.
        classic[28..32].copy_from_slice(&3_000_000_u32.to_le_bytes());
        classic[36..40].copy_from_slice(&7_u32.to_le_bytes());
        let copy = copied(&classic, |_| true);
        assert_eq!(read(copy)[0].time, Timestamp(3_000_000_000));
    }

    #[test]
    fn check_sequences_of_a_classic_file_are_said() {
        let mut classic = Classic::default().write(&frames());
        classic[20..24].copy_from_slice(&0x2400_0001_u32.to_le_bytes());
        let copy = copied(&classic, |_| true);
        assert!(copy[28..].starts_with(&[
            1, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 6, 0, 0, 0, 13, 0, 1, 0, 4
        ]));
    }

    #[test]
    fn inputs_that_take_turns_have_sections_of_their_own() {
        let classic = Classic::default().write(&frames());
        let mut writer = Writer::new(Vec::new());
        for (bytes, input) in [(classic.clone(), 0), (every_block().finish(), 1), (classic.clone(), 2)] {
            copy(&mut reader(bytes, input), &mut writer, |_| true);
        }
        let wanted = [read(classic.clone()), read(every_block().finish()), read(classic)].concat();
        assert_eq!(read(writer.finish().unwrap()), wanted);
    }

    #[test]
    fn what_was_not_kept_cannot_be_copied() {
        let mut ng = Ng::new(false);
        for _ in 0..20 {
            ng.block(1, &[[1, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0xfa], [0; 12]].concat().repeat(10_000));
        }
        ng.block(6, &[0; 20]);
        let (mut reader, mut writer) = (reader(ng.finish(), 0), Writer::new(Vec::new()));
        assert!(reader.advance());
        let record = reader.batch().records()[0];
        let refused = writer.copy(&reader, &record);
        assert!(matches!(refused, Err(WriteError::NotKept { interface: Some(_) })), "{refused:?}");
        let elsewhere = Record { start: u32::MAX, ..record };
        assert!(matches!(writer.copy(&reader, &elsewhere), Err(WriteError::NotOfTheBatch)));
    }
}
