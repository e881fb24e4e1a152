//! Names a state of the catalogue: FNV-1a, 64 bits, over the texts of its files. Tells two states apart; it is no seal.
//!
//! The build script reads this file too, so it names nothing else of the crate.

/// The digest of what `digest` is of (0: of nothing), followed by a file's `text`. Carriage returns do not count, so that a checkout's
/// line ends do not matter; the end of a text does.
pub(crate) fn append(digest: u64, text: &str) -> u64 {
    let bytes = text.bytes().filter(|byte| *byte != b'\r').chain([0xff]);
    bytes.fold(digest, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
