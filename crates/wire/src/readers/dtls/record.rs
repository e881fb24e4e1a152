//! Records (RFC 6347, 4.1), and the fragments of handshake messages in them (4.2.2).

use crate::{cursor::Cursor, readers::tls::handshake::RECORD_HANDSHAKE};

/// The version of OpenSSL before there was a standard; some makers have it to this day.
const BEFORE: u16 = 0x0100;
/// Longest fragment of a record: 2^14 and the 2048 that protection may add (RFC 6347, 4.1).
const MAX_FRAGMENT: usize = (1 << 14) + 2048;
/// Longest handshake message that is believed.
const MAX_MESSAGE: u32 = 1 << 16;

/// A record's header and what is there of its fragment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) kind: u8,
    pub(super) epoch: u16,
    pub(super) fragment: &'a [u8],
    pub(super) length: usize,
}

impl<'a> Record<'a> {
    /// Takes the first record of a datagram.
    pub(super) fn take(cursor: &mut Cursor<'a>) -> Option<Self> {
        let mut next = *cursor;
        let (kind, version, epoch) = (next.u8()?, next.u16()?, next.u16()?);
        next.take(6)?;
        let length = usize::from(next.u16()?);
        // ChangeCipherSpec, alert, handshake, data, heartbeat, those with a connection id, and ACK.
        if !(20..=26).contains(&kind) || !matches!(version, 0xfeff | 0xfefd | BEFORE) || length > MAX_FRAGMENT
        {
            return None;
        }
        let fragment = next.up_to(length);
        // What came before the standard tells too little of itself once it is encrypted.
        if version == BEFORE && epoch > 0 {
            return None;
        }
        *cursor = next;
        Some(Self { kind, epoch, fragment, length })
    }

    /// Whether what stands in it could be sent so.
    pub(super) fn fits(&self) -> bool {
        let is_whole = self.fragment.len() == self.length;
        match (self.epoch, self.kind) {
            (0, RECORD_HANDSHAKE) => {
                let first = Fragment::take(&mut Cursor(self.fragment)).filter(Fragment::is_known);
                first.is_some_and(|first| Fragment::HEADER + first.size as usize <= self.length)
            }
            (0, 20) => is_whole && self.fragment == [1],
            (0, 21) => is_whole && matches!(self.fragment, [1 | 2, _]),
            (0, _) => false,
            // Encrypted: an explicit nonce or a tag at least. Nobody rekeys often.
            (epoch, _) => is_whole && epoch < 256 && self.length >= 16,
        }
    }
}

/// A fragment of a handshake message (RFC 6347, 4.2.2), perhaps cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment<'a> {
    pub(super) kind: u8,
    pub(super) length: u32,
    pub(super) sequence: u16,
    pub(super) offset: u32,
    /// By its header.
    pub(super) size: u32,
    pub(super) bytes: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// Bytes of its header.
    const HEADER: usize = 12;

    /// Takes the first fragment of a record.
    pub(super) fn take(cursor: &mut Cursor<'a>) -> Option<Self> {
        let (kind, length, sequence) = (cursor.u8()?, cursor.u24()?, cursor.u16()?);
        let (offset, size) = (cursor.u24()?, cursor.u24()?);
        let bytes = cursor.up_to(size as usize);
        Some(Self { kind, length, sequence, offset, size, bytes })
    }

    /// Whether its type and lengths are those of a handshake in the clear.
    pub(super) fn is_known(&self) -> bool {
        matches!(self.kind, 0..=4 | 11..=16 | 20..=23)
            && self.length <= MAX_MESSAGE
            && self.offset + self.size <= self.length
            && self.sequence < 256
    }
}
