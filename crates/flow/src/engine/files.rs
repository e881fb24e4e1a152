//! The inputs of a scan, opened and put in capture order.
//!
//! What can be read only once, standard input or a named pipe, is read as it comes where it is the only input. Beside
//! others it goes into a file without a name first: order and joints need its first time, and perhaps its packets again.

use lenscap_capture::{Capture, ChunkId};
use std::fs::{self, File as FsFile};
use std::io::{self, Read};
use std::path::Path;

use super::Input;
use crate::state::captures::CHUNK_BITS;
use crate::state::half::Fetch;

/// Chunks of one input at most: their ordinals share 32 bits with the input's.
pub(super) const CHUNKS: u64 = 1 << CHUNK_BITS;

/// An input, opened or not.
pub(super) struct File {
    pub(super) path: String,
    pub(super) capture: Result<Opened, String>,
}

pub(super) enum Opened {
    /// The only input, read as it comes.
    Stream(Input),
    Capture(Box<Capture>),
}

/// All inputs in capture order.
pub(super) struct Files(pub(super) Vec<File>);

impl Files {
    pub(super) fn open(inputs: &[Input]) -> Self {
        let open = |input: &Input| {
            let opened = match input.is_stream() {
                true if inputs.len() == 1 => Ok(Opened::Stream(input.clone())),
                true => {
                    let spooled = input.stream().map_err(Into::into).and_then(Capture::spooled);
                    spooled.map(|capture| Opened::Capture(Box::new(capture)))
                }
                false => Capture::open(input.path()).map(|capture| Opened::Capture(Box::new(capture))),
            };
            let first = match &opened {
                Ok(Opened::Capture(capture)) => capture.first_time(),
                _ => None,
            };
            let path = input.path().to_string_lossy().into_owned();
            (first, File { path, capture: opened.map_err(|why| why.to_string()) })
        };
        let mut all: Vec<_> = inputs.iter().map(open).collect();
        all.sort_by(|(a, one), (b, other)| (a, &one.path).cmp(&(b, &other.path)));
        Self(all.into_iter().map(|(_, file)| file).collect())
    }

    /// The path of an input.
    pub(super) fn path(&self, input: usize) -> &str {
        self.0.get(input).map_or("", |file| &file.path)
    }

    pub(super) fn capture(&self, input: usize) -> Option<&Capture> {
        match &self.0.get(input)?.capture {
            Ok(Opened::Capture(capture)) => Some(capture),
            _ => None,
        }
    }
}

impl Input {
    /// The path by which it is called; `-` for standard input.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Stdin => Path::new("-"),
            Self::Stream(stream) => stream.path(),
        }
    }

    /// Whether it can be read only once, and not at any place: standard input, a named pipe, a device.
    pub fn is_stream(&self) -> bool {
        match self {
            Self::Stdin | Self::Stream(_) => true,
            Self::File(path) => fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()),
        }
    }

    /// What comes out of it.
    pub(super) fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Stdin => Box::new(io::stdin()),
            Self::Stream(stream) => stream.take()?,
            Self::File(path) => Box::new(FsFile::open(path)?),
        })
    }
}

impl Fetch for Files {
    fn fetch(&self, chunk: u32, offset: u64, length: usize, out: &mut Vec<u8>) -> bool {
        let capture = self.capture((u64::from(chunk) / CHUNKS) as usize);
        capture.is_some_and(|capture| capture.fetch(offset, length, out))
    }
}

/// A chunk of an input, with an ordinal of its own.
pub(super) fn chunk(input: usize, chunk: u64) -> ChunkId {
    ChunkId { input: input as u32, chunk: (input as u64 * CHUNKS + chunk) as u32 }
}
