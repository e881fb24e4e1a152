//! What every format's walk is: a function of the bytes at the front and of what the walk knows.
//!
//! [`Walk::step`] changes nothing, so that a reader may look at a record, find its batch full, and look at it again.
//! What a record tells is booked once, where the reader takes it.

use lenscap_wire::{LinkType, Timestamp};

use crate::batch::Direction;
use crate::problem::ProblemKind;
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

/// How long a packet was, and how much of it is there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Lengths {
    /// Bytes on the wire, never less than were captured.
    pub(crate) wire: u32,
    pub(crate) captured: u32,
}

impl Lengths {
    /// A record that claims fewer bytes on the wire than it holds had what it holds.
    #[inline]
    pub(crate) fn new(original: u32, captured: u32) -> Self {
        Self { wire: original.max(captured), captured }
    }
}

/// What is odd about a packet, though it can be read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Oddity {
    pub(crate) unknown_interface: bool,
    pub(crate) too_early: bool,
    pub(crate) too_late: bool,
}

/// A packet at the front of the bytes at hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Packet {
    pub(crate) time: Timestamp,
    /// Whether the record has a stamp; else `time` is that of the packet before.
    pub(crate) stamped: bool,
    pub(crate) link_type: LinkType,
    pub(crate) lengths: Lengths,
    /// Bytes of the record before the packet's.
    pub(crate) header: u8,
    /// Bytes of the whole record.
    pub(crate) length: u32,
    pub(crate) interface: u32,
    pub(crate) direction: Direction,
    /// Packets that were lost since the one before it, as the record states.
    pub(crate) lost: u64,
    pub(crate) oddity: Oddity,
}

/// A stamp clamped to what can be reported, 1970 to 2262, and how that is odd.
#[inline]
pub(crate) fn clamp(nanoseconds: i128) -> (Timestamp, Oddity) {
    let fine = Oddity::default();
    match i64::try_from(nanoseconds) {
        Ok(time) if time >= Timestamp::MIN.0 => (Timestamp(time), fine),
        _ if nanoseconds < 0 => (Timestamp::MIN, Oddity { too_early: true, ..fine }),
        _ => (Timestamp::MAX, Oddity { too_late: true, ..fine }),
    }
}

/// A format's walk.
pub(crate) trait Walk {
    /// Looks at `bytes`.
    fn step(&self, bytes: &[u8]) -> Parsed;

    /// Notes what a packet that was taken means for those after it.
    fn took(&mut self, packet: &Packet);

    /// Takes in a block that [`Walk::step`] called [`Parsed::Told`], and books what it tells.
    fn enter(&mut self, block: &[u8], offset: u64, tally: &mut Tally);

    /// How many bytes the record at the front claims to hold, where that can be told.
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

    #[test]
    fn stamps_are_clamped_and_say_so() {
        let (time, oddity) = clamp(-1);
        assert!(time == Timestamp::MIN && oddity.too_early && !oddity.too_late);
        let (time, oddity) = clamp(i128::from(i64::MAX) + 1);
        assert!(time == Timestamp::MAX && oddity.too_late && !oddity.too_early);
        assert_eq!(clamp(5), (Timestamp(5), Oddity::default()));
    }
}
