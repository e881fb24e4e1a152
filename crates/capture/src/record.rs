//! A packet as its record states it: when, how long, by which interface, and what is odd about that.

use lenscap_wire::{LinkType, Timestamp};

use crate::batch::Direction;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_clamped_and_say_so() {
        let (time, oddity) = clamp(-1);
        assert!(time == Timestamp::MIN && oddity.too_early && !oddity.too_late);
        let (time, oddity) = clamp(i128::from(i64::MAX) + 1);
        assert!(time == Timestamp::MAX && oddity.too_late && !oddity.too_early);
        assert_eq!(clamp(5), (Timestamp(5), Oddity::default()));
    }
}
