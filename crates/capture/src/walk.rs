//! What every format's walk is: a function of the bytes at the front and of what the walk knows.
//!
//! [`Walk::step`] changes nothing, so that a reader may look at a record, find its batch full, and look at it again.
//! What a record tells is booked once, where the reader takes it.

use crate::problem::ProblemKind;
use crate::record::Packet;
use crate::tally::Tally;

/// Bytes of a record that are read whatever the snap length says: the longest that Wireshark and tcpdump keep.
pub(crate) const LEAST: u32 = 256 << 10;
/// Bytes of a record that are read at most, whatever the snap length says.
pub(crate) const MOST: u32 = 16 << 20;

/// The longest record of an interface with this snap length; `None` for none.
pub(crate) fn limit(snap_length: Option<u32>) -> u32 {
    snap_length.unwrap_or(0).clamp(LEAST, MOST)
}

/// What stands at the front of the bytes at hand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Parsed {
    /// A packet.
    Packet(Packet),
    /// A block of so many bytes that tells about others: [`Walk::enter`] takes it.
    Told(usize),
    /// A record of so many bytes, which may be more than are at hand, that holds no packet.
    Skip {
        length: usize,
        /// Whether Wireshark gives it a packet number.
        numbered: bool,
    },
    /// A record of so many bytes, which may be more than are at hand, that cannot be read.
    Bad { length: usize, numbered: bool, kind: ProblemKind },
    /// So many bytes must be at hand to tell.
    Need(usize),
    /// Nothing that makes sense.
    Malformed(ProblemKind),
}

/// A format's walk.
pub(crate) trait Walk {
    /// Looks at `bytes`.
    fn step(&self, bytes: &[u8]) -> Parsed;

    /// Notes what a packet that was taken means for those after it.
    fn took(&mut self, packet: &Packet);

    /// Takes in a block that [`Walk::step`] called [`Parsed::Told`], and books what it tells.
    fn enter(&mut self, block: &[u8], offset: u64, tally: &mut Tally);

    /// How long the record at the front claims to be, its header included, where that can be told.
    fn claim(&self, bytes: &[u8]) -> Option<u32>;

    /// Whether `bytes` could begin a record. Asked after one that was passed over.
    fn is_plausible(&self, bytes: &[u8]) -> bool;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snap_length_bounds_a_record_within_reason() {
        let limits = [None, Some(0), Some(96), Some(1 << 20), Some(u32::MAX)].map(limit);
        assert_eq!(limits, [LEAST, LEAST, LEAST, 1 << 20, MOST]);
    }
}
