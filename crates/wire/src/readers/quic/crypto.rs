//! The frames of an Initial packet (RFC 9000, 12.4), and the handshake that its CRYPTO frames carry in any order.

use super::packet::varint;
use crate::{cursor::Cursor, readers::pieces::Pieces};

/// Longest handshake that is put together: what fits into the datagrams of one half.
const LONGEST: usize = 12_288;

/// A handshake in pieces.
#[derive(Debug, Default)]
pub(super) struct Crypto(Pieces<LONGEST>);

impl Crypto {
    /// The bytes from the first on, up to the first that is missing.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// Takes the CRYPTO frames of a packet; all after a frame that may not stand there is left out.
    pub(super) fn take(&mut self, frames: &[u8]) {
        let mut cursor = Cursor(frames);
        while self.frame(&mut cursor).is_some() {}
    }

    fn frame(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        match varint(cursor)? {
            // Padding, most of a first packet: frames of one byte.
            0 => {
                let more = cursor.0.iter().take_while(|&&byte| byte == 0).count();
                cursor.up_to(more);
            }
            // A ping is but its type.
            1 => {}
            kind @ (2 | 3) => acknowledgement(cursor, kind == 3)?,
            // Versions of Google before T051 have a number of their own for it.
            6 | 8 => {
                let (offset, length) = (varint(cursor)?, varint(cursor)?);
                self.0.put(offset, cursor.take(usize::try_from(length).ok()?)?);
            }
            // A connection that is closed: code, type of the frame at fault, and a reason.
            0x1c => {
                varint(cursor)?;
                varint(cursor)?;
                let length = varint(cursor)?;
                cursor.take(usize::try_from(length).ok()?)?;
            }
            _ => return None,
        }
        Some(())
    }
}

/// Skips an ACK frame (RFC 9000, 19.3).
fn acknowledgement(cursor: &mut Cursor<'_>, with_counts: bool) -> Option<()> {
    varint(cursor)?;
    varint(cursor)?;
    let ranges = varint(cursor)?;
    varint(cursor)?;
    // Each step takes a byte at least, so that the frame's end bounds it, whatever it counts.
    for _ in 0..ranges {
        varint(cursor)?;
        varint(cursor)?;
    }
    for _ in 0..if with_counts { 3 } else { 0 } {
        varint(cursor)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is put together of a packet with these frames before and behind a CRYPTO frame.
    fn taken(before: &[u8], behind: &[u8]) -> Vec<u8> {
        let mut crypto = Crypto::default();
        crypto.take(&[before, &[6, 0, 2, b'a', b'b'], behind].concat());
        crypto.bytes().to_vec()
    }

    #[test]
    fn other_frames_are_skipped() {
        let acknowledged = [2, 9, 0x40, 25, 2, 1, 0, 0, 3, 1];
        let with_counts = [3, 9, 0, 0, 1, 1, 0x80, 0, 0, 2, 3];
        let closed = [0x1c, 10, 6, 3, b'w', b'h', b'y'];
        for before in [&[0, 0, 0, 1, 1][..], &acknowledged, &with_counts, &closed] {
            assert_eq!(taken(before, &[6, 2, 1, b'c']), b"abc", "{before:?}");
        }
    }

    #[test]
    fn a_frame_that_may_not_stand_there_ends_the_reading() {
        // A stream's, one that is longer than the packet, and one with more ranges than it has bytes.
        for frame in [
            &[0x0a, 1, 1, 7][..],
            &[6, 2, 9, b'c'],
            &[2, 9, 0, 0xff, 255, 255, 255, 255, 255, 255, 255, 0, 1],
        ] {
            assert_eq!(taken(frame, &[]), b"", "{frame:?}");
            assert_eq!(taken(&[], &[frame, &[6, 2, 1, b'c']].concat()), b"ab", "{frame:?}");
        }
    }
}
