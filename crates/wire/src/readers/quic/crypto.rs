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
            // Padding and ping are but their type.
            0 | 1 => {}
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
