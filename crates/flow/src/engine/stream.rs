//! A stream that the caller reads.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What a stream's bytes come from; taken when it is read.
type Source = Box<dyn Read + Send>;

/// A stream that the caller reads, which can be read once. Clones are the same stream.
#[derive(Clone)]
pub struct Stream {
    path: PathBuf,
    source: Arc<Mutex<Option<Source>>>,
}

impl Stream {
    /// A stream called `path` in reports.
    pub fn new(path: PathBuf, source: Box<dyn Read + Send>) -> Self {
        Self { path, source: Arc::new(Mutex::new(Some(source))) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn take(&self) -> io::Result<Source> {
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner).take();
        source.ok_or_else(|| io::Error::other("it was read already"))
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.path).finish()
    }
}

impl PartialEq for Stream {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
    }
}

impl Eq for Stream {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_once() {
        let stream = Stream::new("-".into(), Box::new(&b"packets"[..]));
        let again = stream.clone();
        assert_eq!(stream, again);
        assert_eq!(io::read_to_string(stream.take().unwrap()).unwrap(), "packets");
        assert!(again.take().is_err());
        assert_ne!(stream, Stream::new("-".into(), Box::new(io::empty())));
    }
}
