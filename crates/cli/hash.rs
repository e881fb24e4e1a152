//! SHA-256 of the inputs.

use crate::failure::Failure;
use lenscap_flow::report::CaptureRecord;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Writes the hash of every file that was read into its record; standard input has none.
pub(crate) fn fill(captures: &mut [CaptureRecord]) -> Result<(), Failure> {
    for capture in captures.iter_mut().filter(|capture| capture.path != "-" && !capture.format.is_empty()) {
        let path = Path::new(&capture.path);
        capture.sha256 = Some(of(path).map_err(|why| Failure::file("hash", path, why))?);
    }
    Ok(())
}

fn of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut block)?;
        match block.get(..count) {
            None | Some([]) => break,
            Some(bytes) => hash.update(bytes),
        }
    }
    Ok(hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_hash_of_abc() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"abc").unwrap();
        // FIPS 180-4, example of one block.
        assert_eq!(
            of(file.path()).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(of(Path::new("/nonexistent")).is_err());
    }
}
