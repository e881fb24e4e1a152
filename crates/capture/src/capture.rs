//! One input: which format and compression it has, and readers of the whole or of a part.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use lenscap_wire::Timestamp;
use zstd::stream::read::Decoder;

use crate::ahead::Ahead;
use crate::block::{Block, Origin};
use crate::format::{Format, Walker};
use crate::joint::Joint;
use crate::read_at::{BLOCK, InOrder, ReadAt, SizedFile, read_full};
use crate::{ChunkId, Error, RecordReader};

/// Bytes that are read of a capture to see what it is, at first.
const PEEK: usize = 64 << 10;

/// What a capture is packed in; found by content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Compression {
    /// gzip (RFC 1952), of any number of members.
    Gzip,
    /// Zstandard (RFC 8878), of any number of frames.
    Zstd,
}

impl Compression {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    fn decoder(self, packed: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Self::Zstd => Box::new(Decoder::new(packed)?),
        })
    }

    /// The unpacked stream, unpacked by a thread of its own where that is wanted.
    fn unpacked(self, packed: impl Read + Send + 'static, pace: Pace) -> io::Result<Box<dyn Read + Send>> {
        let stream = self.decoder(packed)?;
        Ok(match pace {
            Pace::Ahead => Box::new(Ahead::new(stream)?),
            Pace::Along => stream,
        })
    }
}

/// When a stream is read that can only be read in order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pace {
    /// By the reader's own thread, as it needs bytes.
    Along,
    /// Ahead of the reader, by a thread of its own.
    Ahead,
}

/// A capture that can be read by position: a file, memory, or what a [`ReadAt`] of the caller's reads.
pub struct Capture {
    origin: Arc<dyn ReadAt>,
    compression: Option<Compression>,
    first: Option<Timestamp>,
    /// The walk as it is before the first packet, and where that stands.
    walker: Walker,
    body: u64,
}

impl Capture {
    /// Opens a file and reads its beginning, up to the first packet.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = SizedFile::new(File::open(path)?).map_err(|why| match why.kind() {
            io::ErrorKind::IsADirectory => Error::Folder,
            _ => Error::Io(why),
        })?;
        Self::new(Arc::new(file))
    }

    /// Puts what comes out of a stream into a file without a name, which is gone when the capture is dropped, and reads the
    /// beginning of that.
    pub fn spooled(mut stream: impl Read) -> Result<Self, Error> {
        let mut file = tempfile::tempfile()?;
        io::copy(&mut stream, &mut file)?;
        Self::new(Arc::new(SizedFile::new(file)?))
    }

    /// Reads the beginning of what can be read by position, up to the first packet.
    pub fn new(origin: Arc<dyn ReadAt>) -> Result<Self, Error> {
        let mut head = [0; 4];
        let count = read_full(&*origin, &mut head, 0)?;
        let compression = Compression::of(head.get(..count).unwrap_or(&[]));
        let from = origin_of(&origin, compression, Pace::Along)?;
        let size = from.block().min(PEEK);
        let mut reader = RecordReader::with_block(Block::new(from, 0, size), ChunkId::default())?;
        let (body, before) = (reader.end().at, reader.walker().clone());
        reader.advance();
        let first = reader.batch().records().first().map(|record| record.time);
        let walker = if reader.format() == Format::Pcapng { reader.walker().clone() } else { before };
        Ok(Self { origin, compression, first, walker, body })
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.walker.format()
    }

    /// What it is packed in.
    pub fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Bytes that the file had when it was opened.
    pub fn size(&self) -> u64 {
        self.origin.size()
    }

    /// Stamp of the first packet.
    pub fn first_time(&self) -> Option<Timestamp> {
        self.first
    }

    /// Whether parts of it can be read on their own.
    pub fn can_cut(&self) -> bool {
        self.compression.is_none()
    }

    /// Byte offset of what follows the file header.
    pub fn body(&self) -> u64 {
        self.body
    }

    pub(crate) fn walker(&self) -> &Walker {
        &self.walker
    }

    /// Reads up to `out.len()` bytes of the file at `offset`.
    pub(crate) fn read_at(&self, out: &mut [u8], offset: u64) -> usize {
        read_full(&*self.origin, out, offset).unwrap_or(0)
    }

    /// Reads all of it, numbering its records in a chunk.
    pub fn reader(&self, id: ChunkId) -> Result<RecordReader, Error> {
        self.reader_at_pace(id, Pace::Along)
    }

    /// The same; `pace` is for a packed one.
    pub fn reader_at_pace(&self, id: ChunkId, pace: Pace) -> Result<RecordReader, Error> {
        RecordReader::open(origin_of(&self.origin, self.compression, pace)?, id)
    }

    /// Reads the records that start in `from..to`, as if `from` were a boundary; [`Joint::meets`] tells whether it
    /// was. A capture's head counts as known: the interfaces of a pcapng file that stand before its first packet.
    pub fn reader_at(&self, id: ChunkId, from: u64, to: u64) -> Result<RecordReader, Error> {
        let walker = self.walker.later(from > self.body);
        Ok(RecordReader::new(self.block_at(from)?, walker, to, id))
    }

    /// Reads on where another walk of this capture ended, up to the records that start at `to`.
    pub fn reader_from(&self, id: ChunkId, joint: &Joint, to: u64) -> Result<RecordReader, Error> {
        Ok(RecordReader::resume(self.block_at(joint.at)?, joint, to, id))
    }

    fn block_at(&self, offset: u64) -> Result<Block, Error> {
        if !self.can_cut() {
            return Err(Error::Whole);
        }
        let origin = Origin::Placed(self.origin.clone());
        let size = origin.block();
        Ok(Block::new(origin, offset, size))
    }

    /// Replaces `out` by `length` bytes at `offset`; false where they cannot be had again.
    pub fn fetch(&self, offset: u64, length: usize, out: &mut Vec<u8>) -> bool {
        if !self.can_cut() || length > BLOCK {
            return false;
        }
        out.clear();
        out.resize(length, 0);
        read_full(&*self.origin, out, offset).is_ok_and(|count| count == length)
    }
}

fn origin_of(origin: &Arc<dyn ReadAt>, compression: Option<Compression>, pace: Pace) -> io::Result<Origin> {
    let Some(compression) = compression else { return Ok(Origin::Placed(origin.clone())) };
    Ok(Origin::Stream(compression.unpacked(InOrder::new(origin.clone()), pace)?))
}

/// Reads a capture from a pipe, packed or not.
pub fn stream_reader(
    mut stream: Box<dyn Read + Send>,
    id: ChunkId,
    pace: Pace,
) -> Result<(RecordReader, Option<Compression>), Error> {
    let mut head = Vec::new();
    stream.by_ref().take(4).read_to_end(&mut head)?;
    let compression = Compression::of(&head);
    let whole = io::Cursor::new(head).chain(stream);
    let stream = match compression {
        Some(compression) => compression.unpacked(whole, pace)?,
        None => Box::new(whole),
    };
    Ok((RecordReader::open(Origin::Stream(stream), id)?, compression))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression as Level;
    use flate2::read::GzEncoder;
    use lenscap_testkit::{OwnedFrame, pcap, pcapng, random_traffic};

    fn frames() -> Vec<OwnedFrame> {
        random_traffic(3, 200)
    }

    /// Bytes of all packets, in order.
    fn read(mut reader: RecordReader) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        while reader.advance() {
            packets.extend(reader.batch().frames().map(|frame| frame.bytes.to_vec()));
        }
        packets
    }

    fn in_memory(bytes: Vec<u8>) -> Capture {
        Capture::new(Arc::new(bytes)).unwrap()
    }

    #[test]
    fn captures_in_memory_and_in_files_are_the_same_packed_or_not() {
        let wanted: Vec<_> = frames().into_iter().map(|frame| frame.bytes).collect();
        let folder = tempfile::tempdir().unwrap();
        for bytes in [pcap(&frames()), pcapng(&frames())] {
            let mut gzip = Vec::new();
            GzEncoder::new(&bytes[..], Level::fast()).read_to_end(&mut gzip).unwrap();
            let zstd = zstd::encode_all(&bytes[..], 1).unwrap();
            assert_eq!(
                read(Capture::spooled(&bytes[..]).unwrap().reader(ChunkId::default()).unwrap()),
                wanted
            );
            for (compression, bytes) in
                [(None, bytes), (Some(Compression::Gzip), gzip), (Some(Compression::Zstd), zstd)]
            {
                let path = folder.path().join("capture");
                std::fs::write(&path, &bytes).unwrap();
                let opened = Capture::open(&path).unwrap();
                assert_eq!((opened.compression(), opened.size()), (compression, bytes.len() as u64));
                assert_eq!(opened.first_time(), Some(frames()[0].time));
                assert_eq!(read(opened.reader_at_pace(ChunkId::default(), Pace::Ahead).unwrap()), wanted);
                let stream = Box::new(io::Cursor::new(bytes.clone()));
                let (reader, found) = stream_reader(stream, ChunkId::default(), Pace::Along).unwrap();
                assert_eq!((read(reader), found), (wanted.clone(), compression));
                assert_eq!(read(in_memory(bytes).reader(ChunkId::default()).unwrap()), wanted);
            }
        }
    }

    #[test]
    fn parts_of_a_capture_meet_and_hold_all_of_it() {
        for bytes in [pcap(&frames()), pcapng(&frames())] {
            let size = bytes.len() as u64;
            let capture = in_memory(bytes);
            let cut = capture.guess(size / 2).unwrap();
            let id = ChunkId::default();
            let mut left = capture.reader_at(id, capture.body(), cut).unwrap();
            let mut right = capture.reader_at(id, cut, size).unwrap();
            while left.advance() {}
            while right.advance() {}
            assert!(left.end().meets(&right.begin()));
            assert_eq!(left.tally().records + right.tally().records, 200);
            assert_eq!(
                capture.reader_from(id, &left.end(), size).map(read).unwrap(),
                read(capture.reader_at(id, cut, size).unwrap())
            );
        }
    }

    #[test]
    fn bytes_are_fetched_again_where_they_lie() {
        let capture = in_memory(pcap(&frames()));
        let mut reader = capture.reader(ChunkId::default()).unwrap();
        reader.advance();
        let frame = reader.batch().frames().next().unwrap();
        let mut out = vec![1; 9];
        assert!(capture.fetch(frame.at.offset, frame.bytes.len(), &mut out));
        assert_eq!(out, frame.bytes);
        assert!(!capture.fetch(capture.size(), 1, &mut out), "beyond the end");
        assert!(!capture.fetch(0, BLOCK + 1, &mut out), "more than a block");
    }

    #[test]
    fn what_is_packed_cannot_be_cut() {
        let packed = in_memory(zstd::encode_all(&pcap(&frames())[..], 1).unwrap());
        assert!(matches!(packed.reader_at(ChunkId::default(), 24, 99), Err(Error::Whole)));
        assert!(!packed.fetch(0, 1, &mut Vec::new()));
    }

    #[test]
    fn what_is_no_capture_is_an_error() {
        assert!(matches!(Capture::new(Arc::new(Vec::new())), Err(Error::Empty)));
        assert!(matches!(
            Capture::new(Arc::new(b"no capture at all, but text".to_vec())),
            Err(Error::NotACapture { .. })
        ));
        assert!(matches!(Capture::open(&std::env::temp_dir()), Err(Error::Folder)));
    }
}
