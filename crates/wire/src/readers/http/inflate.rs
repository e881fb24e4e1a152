//! Bodies that were compressed (RFC 9110, 8.4.1): gzip (RFC 1952) and deflate, which is zlib (RFC 1950) or, of servers that
//! take the word as it sounds, bare (RFC 1951).
//!
//! What is cut or broken reads as what stood before it. Bounds: as much as the caller wants, and 32 bytes for each byte there is,
//! so that the work is linear in what was captured whatever it would grow to.

use flate2::{Decompress, FlushDecompress};

/// How much a byte may grow to. What devices say of themselves grows to less than ten.
const MOST: usize = 32;

/// The largest window of gzip, as a power of two.
const WINDOW_BITS: u8 = 15;

/// How a body was compressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    /// The coding of this name; of others, and of several, nothing is read.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        let is = |word: &[u8]| name.eq_ignore_ascii_case(word);
        if is(b"gzip") || is(b"x-gzip") { Some(Self::Gzip) } else { is(b"deflate").then_some(Self::Deflate) }
    }

    /// The first bytes of what was compressed, at most `most`.
    pub(super) fn undo(self, bytes: &[u8], most: usize) -> Vec<u8> {
        let most = most.min(bytes.len().saturating_mul(MOST));
        let state = match (self, bytes) {
            (Self::Gzip, _) => Decompress::new_gzip(WINDOW_BITS),
            (Self::Deflate, [method, check, ..]) => Decompress::new(is_zlib(*method, *check)),
            (Self::Deflate, _) => return Vec::new(),
        };
        read(state, bytes, most)
    }
}

/// Whether two bytes are the header of zlib.
fn is_zlib(method: u8, check: u8) -> bool {
    method & 0x8f == 8 && u16::from_be_bytes([method, check]).is_multiple_of(31)
}

fn read(mut state: Decompress, bytes: &[u8], most: usize) -> Vec<u8> {
    let mut text = vec![0; most];
    // Where it breaks, what was written before is there: a longer beginning never says less.
    let _ = state.decompress(bytes, &mut text, FlushDecompress::None);
    text.truncate(state.total_out().try_into().unwrap_or(most));
    #[cfg(test)]
    crate::readers::tests::count(text.len().div_ceil(MOST));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::steps_of;
    use flate2::Compression;
    use flate2::bufread::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Read;

    fn all(mut from: impl Read) -> Vec<u8> {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        bytes
    }

    const TEXT: &[u8] = b"<DeviceInfo><model>E1</model><serialNumber>1</serialNumber></DeviceInfo>";

    fn compressed(text: &[u8]) -> [(Coding, Vec<u8>); 3] {
        let level = Compression::best();
        [
            (Coding::Gzip, all(GzEncoder::new(text, level))),
            (Coding::Deflate, all(ZlibEncoder::new(text, level))),
            (Coding::Deflate, all(DeflateEncoder::new(text, level))),
        ]
    }

    #[test]
    fn what_was_compressed_is_read_as_far_as_it_is_there() {
        for (coding, bytes) in compressed(TEXT) {
            assert_eq!(coding.undo(&bytes, 1 << 16), TEXT);
            assert_eq!(coding.undo(&bytes, 5), TEXT[..5]);
            let mut before = 0;
            for length in 0..bytes.len() {
                let cut = coding.undo(&bytes[..length], 1 << 16);
                assert!(TEXT.starts_with(&cut) && cut.len() >= before, "{coding:?} at {length}");
                before = cut.len();
            }
        }
    }

    #[test]
    fn what_is_broken_says_no_more_than_stood_before() {
        assert!(Coding::Gzip.undo(TEXT, 1 << 16).is_empty());
        for (coding, bytes) in compressed(TEXT) {
            for at in 0..bytes.len() {
                let mut broken = bytes.clone();
                broken[at] ^= 0x55;
                let mut before = Vec::new();
                for length in 0..broken.len() {
                    let text = coding.undo(&broken[..length], 100);
                    assert!(text.starts_with(&before) && text.len() <= 100, "{coding:?} {at} {length}");
                    before = text;
                }
            }
        }
        assert_eq!(Coding::named(b"X-GZIP"), Some(Coding::Gzip));
        assert_eq!((Coding::named(b"br"), Coding::named(b"gzip, gzip")), (None, None));
    }

    #[test]
    fn a_bomb_does_not_grow() {
        let [(coding, bomb), ..] = compressed(&vec![0; 10 << 20]);
        let steps = steps_of(|| assert_eq!(coding.undo(&bomb, 64 << 10).len(), 64 << 10));
        assert!(steps <= 4 * bomb.len(), "{steps} steps for {} bytes", bomb.len());
        assert_eq!(coding.undo(&bomb[..100], 64 << 10).len(), 100 * MOST);
    }
}
