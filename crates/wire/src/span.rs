//! Bytes of a header or payload: what was captured, and how many there were on the wire.
//!
//! Every reader of headers takes what it needs off the front of a [`Span`]. What is missing is then either the
//! snap length's doing ([`Hazards::CUT`]) or a header's lie ([`Hazards::BAD_LENGTH`]); only a span can tell.

use crate::{Hazards, Stop, Why};

/// Captured bytes, and the length they had on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span<'a> {
    /// What was captured.
    pub(crate) seen: &'a [u8],
    /// Length on the wire; never less than what was captured.
    pub(crate) wire: usize,
    /// Where the bytes begin in the frame, or in the datagram that was put together.
    pub(crate) offset: u32,
}

impl<'a> Span<'a> {
    /// Captured bytes with their wire length; a wire length that is too small is taken for the captured one.
    #[inline]
    pub(crate) fn new(seen: &'a [u8], wire: usize) -> Self {
        Self { seen, wire: wire.max(seen.len()), offset: 0 }
    }

    /// Whether the snap length took some of it.
    #[inline]
    pub(crate) fn is_cut(self) -> bool {
        self.seen.len() < self.wire
    }

    /// Why the first `length` bytes are not all there: cut, or never sent.
    pub(crate) fn missing(self, length: usize) -> Hazards {
        if length <= self.wire { Hazards::CUT } else { Hazards::BAD_LENGTH }
    }

    /// Why a header that needs `length` bytes cannot be read: they are not all there.
    #[cold]
    pub(crate) fn stop(self, length: usize) -> Stop {
        let (needed, had) = (length as u32, self.seen.len() as u32);
        let why = if length <= self.wire { Why::Cut { needed, had } } else { Why::Short { needed, had } };
        Stop { offset: self.offset, ..Stop::new(why) }
    }

    /// The end of it, where nothing was captured.
    pub(crate) fn unseen(self, wire: usize) -> Self {
        Self { seen: &[], wire, ..self }
    }

    /// The first `N` bytes, and what follows them.
    #[inline]
    pub(crate) fn take<const N: usize>(self) -> Result<(&'a [u8; N], Self), Stop> {
        match self.seen.split_first_chunk::<N>() {
            Some((head, seen)) => {
                Ok((head, Self { seen, wire: self.wire - N, offset: self.offset + N as u32 }))
            }
            None => Err(self.stop(N)),
        }
    }

    /// What follows the first `length` bytes.
    #[inline]
    pub(crate) fn skip(self, length: usize) -> Result<Self, Stop> {
        match self.seen.get(length..) {
            Some(seen) => Ok(Self { seen, wire: self.wire - length, offset: self.offset + length as u32 }),
            None => Err(self.stop(length)),
        }
    }

    /// No more than the first `length` bytes.
    #[inline]
    pub(crate) fn limit(self, length: usize) -> Self {
        Self { seen: self.seen.get(..length).unwrap_or(self.seen), wire: self.wire.min(length), ..self }
    }

    /// Without the last `length` bytes that were on the wire.
    pub(crate) fn without_trailer(self, length: usize) -> Self {
        self.limit(self.wire.saturating_sub(length))
    }

    /// Whether more stands behind the first `length` bytes than the padding of a short Ethernet frame, of which the
    /// data is at least 46 bytes, and a check sequence of four.
    #[inline]
    pub(crate) fn has_trailer(self, length: usize) -> bool {
        self.wire > (length + 4).max(46 + 4)
    }

    /// The first byte, if it was captured.
    #[inline]
    pub(crate) fn first(self) -> Option<u8> {
        self.seen.first().copied()
    }

    /// The 16 bits in network order at `offset`, if they were captured.
    pub(crate) fn word_at(self, offset: usize) -> Option<u16> {
        let rest = self.seen.get(offset..)?;
        rest.first_chunk::<2>().map(|word| u16::from_be_bytes(*word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Class;

    #[test]
    fn a_missing_byte_is_cut_or_never_sent() {
        let cut = Span::new(&[1, 2, 3], 10);
        assert_eq!(cut.take::<4>().unwrap_err().class(), Class::Truncated);
        let short = Span::new(&[1, 2, 3], 3);
        assert_eq!(short.take::<4>().unwrap_err().class(), Class::Undecodable);
        assert_eq!(short.skip(4).unwrap_err().hazards(), Hazards::BAD_LENGTH);
        assert_eq!(Span::new(&[1], 0).wire, 1);
    }

    #[test]
    fn a_trailer_may_lie_beyond_what_was_captured() {
        let cut = Span::new(&[1, 2, 3], 10).without_trailer(4);
        assert_eq!((cut.seen.len(), cut.wire), (3, 6));
        let whole = Span::new(&[1, 2, 3, 4, 5], 5).without_trailer(4);
        assert_eq!((whole.seen.len(), whole.wire), (1, 1));
    }

    #[test]
    fn padding_and_a_check_sequence_are_no_trailer() {
        let frame = [0; 104];
        for (wire, length, is_trailer) in [
            (46, 28, false),
            (50, 28, false),
            (51, 28, true),
            (104, 100, false),
            (104, 99, true),
            (60, 100, false),
        ] {
            assert_eq!(Span::new(&frame[..wire], wire).has_trailer(length), is_trailer, "{wire} {length}");
        }
    }
}
