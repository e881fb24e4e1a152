//! The way by which what one side sends comes here: whether routers passed it on, and from which ends of the tunnels around it.
//!
//! A datagram with 64 hops left was sent on this link, for senders begin with 64, 128 or 255; one with 57 was passed on by
//! routers. The first packet that a side sends tells of all of them, as it does of the MAC that it came from.

use lenscap_wire::Mac;
use serde::{Deserialize, Serialize};

use super::{Cold, Hot, flag};
use crate::state::entry::Entry;
use crate::state::key::Side;

/// How far what a side sent had come, by the hops that were left to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hops {
    /// It sent nothing, or the number tells nothing.
    Unknown,
    /// All that senders begin with: no router passed it on.
    All,
    /// Less: routers passed it on.
    Fewer,
}

/// The way of one side's first packet, in eight bits; 0 as long as it sent none.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub(crate) struct Way(u8);

impl Way {
    /// The side sent nothing.
    pub(crate) const NONE: Self = Self(0);
    /// It sent something that shows no way of its own.
    const HIDDEN: u8 = 1;
    const UNKNOWN: u8 = 2;
    const ALL: u8 = 3;
    const FEWER: u8 = 4;
    /// Bits of these; above them stand those of the tunnels.
    const HOPS: u32 = 3;

    /// That of a packet with so many hops left, which came from these ends of its tunnels (as
    /// [`Packet::from_higher`](lenscap_wire::Packet::from_higher)). Nobody sends without any hop: that stands for a packet of
    /// which neither is known.
    #[inline]
    pub(crate) fn of(hop_limit: u8, from_higher: u8) -> Self {
        let hops = Self::BY_LIMIT[usize::from(hop_limit)];
        if hops == Self::HIDDEN { Self(hops) } else { Self(hops | from_higher << Self::HOPS) }
    }

    /// What each number of hops shows: a look-up, since each flow asks twice.
    const BY_LIMIT: &'static [u8; 256] = &{
        let mut all = [Self::UNKNOWN; 256];
        let mut n = 0;
        while n < all.len() {
            all[n] = match n {
                0 => Self::HIDDEN,
                64 | 128 | 255 => Self::ALL,
                // Some begin with 30, 32 or 100; hardly any way is longer than 40 hops, and a scanner begins with anything.
                33..=63 | 88..=99 | 101..=127 | 215..=254 => Self::FEWER,
                _ => Self::UNKNOWN,
            };
            n += 1;
        }
        all
    };

    /// How far it had come.
    pub(crate) fn hops(self) -> Hops {
        match self.0 & !(u8::MAX << Self::HOPS) {
            Self::ALL => Hops::All,
            Self::FEWER => Hops::Fewer,
            _ => Hops::Unknown,
        }
    }

    /// Which end of a tunnel it came from, given the place of that layer in the path; `None` where that is not known.
    pub(crate) fn end(self, layer: usize) -> Option<Side> {
        let known = self.0 > Self::HIDDEN && layer < (u8::BITS - Self::HOPS) as usize;
        known.then(|| usize::from(self.0 >> (Self::HOPS as usize + layer) & 1))
    }
}

impl Hot {
    /// Keeps the MAC of each end that is not known yet, and the way of the first packet of a side.
    pub(super) fn link(&mut self, cold: &mut Cold, entry: &Entry, side: Side) {
        let (source, destination) = entry.macs.ends();
        if self.ways[side] == Way::NONE {
            self.ways[side] = Way::of(entry.hop_limit, entry.from_higher);
        }
        if self.flags & flag::SENT << side == 0 && is_station(source) {
            self.flags |= (flag::SENT | flag::MAC) << side;
            cold.macs[side] = source;
        }
        if self.flags & flag::MAC << (1 - side) == 0 && is_station(destination) {
            self.flags |= flag::MAC << (1 - side);
            cold.macs[1 - side] = destination;
        }
    }
}

/// Whether a MAC may be a station's: neither zero nor a group's.
#[inline]
fn is_station(mac: Mac) -> bool {
    !mac.is_group() && !mac.is_zero()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_begin_with_a_number_that_routers_lower() {
        for all in [64, 128, 255] {
            assert_eq!(Way::of(all, 0).hops(), Hops::All);
            assert_eq!(Way::of(all - 1, 0).hops(), Hops::Fewer);
        }
        for unknown in [0, 1, 30, 32, 100, 200] {
            assert_eq!(Way::of(unknown, 0).hops(), Hops::Unknown, "{unknown}");
        }
        assert_eq!(Way::NONE.hops(), Hops::Unknown);
    }

    #[test]
    fn every_layer_that_there_is_room_for_has_an_end() {
        let way = Way::of(64, 0b1_1010);
        assert_eq!([0, 1, 2, 3, 4].map(|layer| way.end(layer)), [0, 1, 0, 1, 1].map(Some));
        assert_eq!([way.end(5), Way::of(0, 1).end(0), Way::NONE.end(0)], [None; 3]);
        assert_ne!(Way::of(0, 0), Way::NONE, "it sent something");
    }
}
