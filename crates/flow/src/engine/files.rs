//! The inputs of a scan, opened and put in capture order.

use lenscap_capture::{Capture, ChunkId};

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
    Stdin,
    Capture(Box<Capture>),
}

/// All inputs in capture order.
pub(super) struct Files(pub(super) Vec<File>);

impl Files {
    pub(super) fn open(inputs: &[Input]) -> Self {
        let open = |input: &Input| match input {
            Input::Stdin => (None, File { path: "-".into(), capture: Ok(Opened::Stdin) }),
            Input::File(path) => {
                let capture = Capture::open(path);
                let first = capture.as_ref().ok().and_then(Capture::first_time);
                let capture = capture.map(|capture| Opened::Capture(Box::new(capture)));
                let path = path.to_string_lossy().into_owned();
                (first, File { path, capture: capture.map_err(|why| why.to_string()) })
            }
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
