//! An interface of a pcapng section: what its packets start with, how long they are, and what its clock counts.

use lenscap_wire::LinkType;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::walk;

/// Nanoseconds of a second.
const NANOSECONDS: i128 = 1_000_000_000;

/// What an interface block says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Interface {
    pub(crate) link_type: LinkType,
    /// Longest packet in bytes; `None` for no limit.
    pub(crate) snap_length: Option<u32>,
    /// Bytes of a packet that are read at most.
    pub(crate) limit: u32,
    clock: Clock,
    /// The block as it stands in the file; `None` where it was not kept.
    pub(crate) block: Option<Arc<[u8]>>,
}

/// What the ticks of a stamp are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Clock {
    /// What `if_tsresol` says.
    resolution: u8,
    unit: Unit,
    /// Nanoseconds from 1970 to tick 0.
    offset: i128,
}

/// An interface as plain records. What its block says is not said again where the block was kept.
#[derive(Serialize, Deserialize)]
pub(crate) enum PortableInterface {
    Block(Vec<u8>),
    Told {
        link_type: u16,
        /// 0 for no limit.
        snap_length: u32,
        /// As in `if_tsresol`.
        resolution: u8,
        /// As in `if_tsoffset`.
        seconds: i64,
    },
}

/// How ticks become nanoseconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Unit {
    /// So many nanoseconds a tick.
    Times(i128),
    /// So many ticks a nanosecond.
    Divided(i128),
    /// A second is this power of two of ticks.
    Shifted(u32),
    /// A tick is too fine to be counted.
    Nothing,
}

impl Unit {
    /// From `if_tsresol`: the upper bit for powers of two, else of ten; the exponent.
    fn new(resolution: u8) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        if resolution & 0x80 != 0 {
            return Self::Shifted(exponent);
        }
        match 9_u32.checked_sub(exponent) {
            Some(above) => Self::Times(10_i128.pow(above)),
            None => 10_i128.checked_pow(exponent - 9).map_or(Self::Nothing, Self::Divided),
        }
    }
}

impl Interface {
    /// What stands for an interface of which nothing is known.
    pub(crate) const UNKNOWN: Self = Self {
        link_type: LinkType(u16::MAX),
        snap_length: None,
        limit: walk::LEAST,
        clock: Clock { resolution: 6, unit: Unit::Times(1000), offset: 0 },
        block: None,
    };

    /// An interface with a clock of microseconds since 1970.
    pub(crate) fn new(link_type: LinkType, snap_length: u32) -> Self {
        let snap_length = Some(snap_length).filter(|length| *length > 0);
        Self { link_type, snap_length, limit: walk::limit(snap_length), ..Self::UNKNOWN }
    }

    /// Itself as plain records.
    pub(crate) fn portable(&self) -> PortableInterface {
        match &self.block {
            Some(block) => PortableInterface::Block(block.to_vec()),
            None => PortableInterface::Told {
                link_type: self.link_type.0,
                snap_length: self.snap_length.unwrap_or(0),
                resolution: self.clock.resolution,
                seconds: (self.clock.offset / NANOSECONDS) as i64,
            },
        }
    }

    /// Sets what `if_tsresol` says.
    pub(crate) fn set_resolution(&mut self, resolution: u8) {
        (self.clock.resolution, self.clock.unit) = (resolution, Unit::new(resolution));
    }

    /// Sets what `if_tsoffset` says, in seconds.
    pub(crate) fn set_offset(&mut self, seconds: i64) {
        self.clock.offset = i128::from(seconds) * NANOSECONDS;
    }

    /// Nanoseconds since 1970 of a stamp in ticks.
    #[inline]
    pub(crate) fn time(&self, ticks: u64) -> i128 {
        let ticks = i128::from(ticks);
        let since = match self.clock.unit {
            Unit::Times(nanoseconds) => ticks * nanoseconds,
            Unit::Divided(by) => ticks / by,
            Unit::Shifted(bits) => (ticks * NANOSECONDS).checked_shr(bits).unwrap_or(0),
            Unit::Nothing => 0,
        };
        since + self.clock.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_what_the_resolution_says() {
        let time = |resolution, ticks| {
            let mut interface = Interface::new(LinkType::ETHERNET, 0);
            interface.set_resolution(resolution);
            interface.time(ticks)
        };
        assert_eq!(time(0, 7), 7_000_000_000);
        assert_eq!(time(6, 7), 7000);
        assert_eq!(time(9, 7), 7);
        assert_eq!(time(12, 7999), 7);
        assert_eq!(time(127, u64::MAX), 0);
        assert_eq!(time(0x81, 5), 2_500_000_000);
        assert_eq!(time(0xff, u64::MAX), 0);
        assert_eq!(time(0, u64::MAX), i128::from(u64::MAX) * 1_000_000_000);
    }

    #[test]
    fn an_offset_is_seconds() {
        let mut interface = Interface::new(LinkType::ETHERNET, 96);
        interface.set_offset(-2);
        assert_eq!((interface.time(3_000_000), interface.snap_length), (1_000_000_000, Some(96)));
        interface.set_offset(i64::MIN);
        assert!(interface.time(0) < 0);
    }
}
