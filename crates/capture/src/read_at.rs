//! Bytes that can be read at any place: a file, memory, or whatever a caller keeps captures in.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes of a block, where the origin has no wish of its own: it fits the second-level cache.
pub const BLOCK: usize = 256 << 10;

/// Bytes that can be read by position, from several threads at once.
pub trait ReadAt: Send + Sync {
    /// Reads up to `out.len()` bytes at `offset`; 0 of them at and beyond the end only.
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Bytes that there were when it was opened. What grows later may be read further.
    fn size(&self) -> u64;

    /// Bytes that are best read at once: [`BLOCK`] for what lies near, megabytes for what lies behind a network.
    fn block(&self) -> usize {
        BLOCK
    }
}

/// A file, and its size when it was opened.
pub(crate) struct SizedFile {
    file: File,
    size: u64,
}

impl SizedFile {
    /// Takes a file as it is now.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self { file, size: about.len() })
    }
}

impl ReadAt for SizedFile {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(out, offset)
    }

    fn size(&self) -> u64 {
        self.size
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or(&[]);
        (&mut &*rest).read(out)
    }

    fn size(&self) -> u64 {
        self.len() as u64
    }
}

/// Fills `out` from `offset` on, and says how much of it could be filled.
pub(crate) fn read_full(origin: &dyn ReadAt, out: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = out.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match origin.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(filled)
}

/// Reads from the front, without moving any cursor that others share.
pub(crate) struct InOrder {
    origin: Arc<dyn ReadAt>,
    at: u64,
}

impl InOrder {
    pub(crate) fn new(origin: Arc<dyn ReadAt>) -> Self {
        Self { origin, at: 0 }
    }
}

impl Read for InOrder {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.origin.read_at(out, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives at most two bytes at once, after an interruption.
    struct Drip(Vec<u8>);

    impl ReadAt for Drip {
        fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
            let most = out.len().min(2);
            self.0.read_at(&mut out[..most], offset)
        }

        fn size(&self) -> u64 {
            self.0.size()
        }
    }

    #[test]
    fn memory_is_read_up_to_its_end() {
        let bytes: Vec<u8> = vec![1, 2, 3, 4, 5];
        let mut out = [0; 4];
        assert_eq!((bytes.read_at(&mut out, 3).unwrap(), out), (2, [4, 5, 0, 0]));
        assert_eq!(bytes.read_at(&mut out, 5).unwrap(), 0);
        assert_eq!(bytes.read_at(&mut out, u64::MAX).unwrap(), 0);
    }

    #[test]
    fn what_comes_in_pieces_is_put_together() {
        let drip = Drip(vec![1, 2, 3, 4, 5]);
        let mut out = [0; 8];
        assert_eq!(read_full(&drip, &mut out, 1).unwrap(), 4);
        assert_eq!(out, [2, 3, 4, 5, 0, 0, 0, 0]);
        let mut all = Vec::new();
        InOrder::new(Arc::new(drip)).read_to_end(&mut all).unwrap();
        assert_eq!(all, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let refused = SizedFile::new(File::open(folder.path()).unwrap());
        assert_eq!(refused.err().map(|why| why.kind()), Some(io::ErrorKind::IsADirectory));
    }
}
