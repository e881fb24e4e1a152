//! One input: which format and compression it has, and readers of the whole or of a part.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use lenscap_wire::Timestamp;
use zstd::stream::read::Decoder;

use crate::ahead::Ahead;
use crate::block::{BLOCK, Block, Origin};
use crate::walk::{Joint, State, Walker};
use crate::{Error, Reader, Source};

/// The formats of captures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Classic pcap.
    Pcap,
    /// pcapng.
    Pcapng,
}

impl Format {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcap => "pcap",
            Self::Pcapng => "pcapng",
        }
    }
}

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

/// A capture file.
pub struct Capture {
    file: Arc<File>,
    compression: Option<Compression>,
    size: u64,
    format: Format,
    first: Option<Timestamp>,
    /// The walk as it is before the first packet, and where that stands.
    walker: Walker,
    body: u64,
}

impl Capture {
    /// Opens a file and reads its beginning, up to the first packet.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(Error::Io(io::ErrorKind::IsADirectory.into()));
        }
        let mut head = [0; 4];
        let count = file.read_at(&mut head, 0)?;
        let compression = Compression::of(head.get(..count).unwrap_or(&[]));
        let (file, size) = (Arc::new(file), about.len());
        let peek = Block::new(origin(&file, compression, Pace::Along)?, 0, 64 << 10);
        let mut reader = Reader::with_block(peek, None, (0, 0))?;
        let (body, walker, format) = (reader.end().at, reader.walker().clone(), reader.format());
        let first = reader.next_batch()?.frames().next().map(|frame| frame.time);
        let walker = if format == Format::Pcapng { reader.walker().clone() } else { walker };
        Ok(Self { file, compression, size, format, first, walker, body })
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What it is packed in.
    pub fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
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
        self.file.read_at(out, offset).unwrap_or(0)
    }

    /// Reads all of it as `input`, numbering its records in chunk `chunk`.
    pub fn reader(&self, input: u32, chunk: u32) -> Result<Reader, Error> {
        self.reader_at_pace(input, chunk, Pace::Along)
    }

    /// The same; `pace` is for a packed one.
    pub fn reader_at_pace(&self, input: u32, chunk: u32, pace: Pace) -> Result<Reader, Error> {
        let size = self.can_cut().then_some(self.size);
        Reader::open(origin(&self.file, self.compression, pace)?, size, (input, chunk))
    }

    /// Reads the records that start in `from..to`, as if `from` were a boundary; [`Joint::meets`] tells whether it
    /// was. A capture's head counts as known: the interfaces of a pcapng file that stand before its first packet.
    pub fn reader_at(&self, input: u32, chunk: u32, from: u64, to: u64) -> Result<Reader, Error> {
        let mut state = self.walker.state();
        (state.time, state.time_needed) = (None, false);
        if from <= self.body {
            state.interfaces.clear();
        }
        self.resume(&state, input, chunk, (from, to))
    }

    /// Reads on where another walk of this capture ended, up to the records that start at `to`.
    pub fn reader_from(&self, input: u32, chunk: u32, joint: &Joint, to: u64) -> Result<Reader, Error> {
        self.resume(&joint.state, input, chunk, (joint.at, to))
    }

    fn resume(&self, state: &State, input: u32, chunk: u32, (from, to): (u64, u64)) -> Result<Reader, Error> {
        if !self.can_cut() {
            return Err(Error::Whole);
        }
        let block = Block::new(Origin::File(self.file.clone()), from, BLOCK);
        Ok(Reader::new(block, self.walker.resume(state), (from, to), Some(self.size), (input, chunk)))
    }

    /// Replaces `out` by `length` bytes at `offset`; false where they cannot be had again.
    pub fn fetch(&self, offset: u64, length: usize, out: &mut Vec<u8>) -> bool {
        if !self.can_cut() || length > BLOCK {
            return false;
        }
        out.clear();
        out.resize(length, 0);
        self.file.read_exact_at(out, offset).is_ok()
    }
}

fn origin(file: &Arc<File>, compression: Option<Compression>, pace: Pace) -> io::Result<Origin> {
    let Some(compression) = compression else { return Ok(Origin::File(file.clone())) };
    Ok(Origin::Stream(compression.unpacked(Positional { file: file.clone(), at: 0 }, pace)?))
}

/// Reads a shared file from the front without moving its cursor.
struct Positional {
    file: Arc<File>,
    at: u64,
}

impl Read for Positional {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(out, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// Reads a capture from a pipe, packed or not.
pub fn stream_reader(
    mut stream: Box<dyn Read + Send>,
    input: u32,
    chunk: u32,
    pace: Pace,
) -> Result<(Reader, Option<Compression>), Error> {
    let mut head = Vec::new();
    stream.by_ref().take(4).read_to_end(&mut head)?;
    let compression = Compression::of(&head);
    let whole = io::Cursor::new(head).chain(stream);
    let stream = match compression {
        Some(compression) => compression.unpacked(whole, pace)?,
        None => Box::new(whole),
    };
    Ok((Reader::open(Origin::Stream(stream), None, (input, chunk))?, compression))
}
