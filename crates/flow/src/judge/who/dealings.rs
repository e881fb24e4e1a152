//! Which flows are a station's: those of which it is an end, and those that it has in a tunnel of its own.
//!
//! A camera that opens a tunnel of links to the outside sends what is in it, from whatever MAC that comes inside: the flow is
//! the inner station's, and the camera's.

use rayon::prelude::*;
use std::ops::Range;

use super::grouped::Grouped;
use crate::judge::by_flow::ByFlow;
use crate::judge::judged::Judged;
use crate::judge::walk::parts;
use crate::judge::{EVICTED, FlowAt};
use crate::state::key::Side;
use crate::state::table::index::NOWHERE;

/// Where a flow of a station stands, and which side of it the station is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DealingAt {
    place: u32,
    shard: u8,
    side: u8,
    /// Whether the station has it in a tunnel of its own, and is neither of its ends.
    through: bool,
}

const _: () = assert!(size_of::<DealingAt>() == 8 && EVICTED <= u8::MAX as usize);

impl DealingAt {
    pub(crate) fn new(FlowAt { shard, place }: FlowAt, side: Side) -> Self {
        Self { place, shard: shard as u8, side: side as u8, through: false }
    }

    /// The same of a station that has the flow in a tunnel of its own, and sends what that side does.
    pub(crate) fn through(at: FlowAt, side: Side) -> Self {
        Self { through: true, ..Self::new(at, side) }
    }

    /// Where the flow stands.
    pub(crate) fn at(self) -> FlowAt {
        FlowAt { shard: u32::from(self.shard), place: self.place }
    }

    /// Which side of it the station is.
    pub(crate) fn side(self) -> Side {
        Side::from(self.side)
    }

    /// What was judged of the flow, as the station has it: what goes into its tunnel to the outside goes outside.
    pub(crate) fn judged(self, judged: &ByFlow<Judged>) -> Option<Judged> {
        let known = *judged.get(self.at())?;
        Some(if self.through { known.sent_outside_by(self.side()) } else { known })
    }
}

/// The place of a station, and a flow of others that it has in a tunnel of its own.
pub(crate) type Through = (u32, DealingAt);

/// The flows of each station that `wanted` wants, by station: those of which it is an end, and those that it has in a tunnel.
pub(super) fn dealings_of(
    (places, through): (&ByFlow<[u32; 2]>, &[Through]),
    judged: &ByFlow<Judged>,
    stations: usize,
    wanted: impl Fn(&Judged, FlowAt, Side, usize) -> bool + Sync,
) -> Grouped<DealingAt> {
    let found = |shards: Range<usize>| {
        let mut found = Vec::new();
        for shard in shards {
            for place in 0..places.count(shard) as u32 {
                let at = FlowAt { shard: shard as u32, place };
                let Some((stations, judged)) = places.get(at).zip(judged.get(at)) else { break };
                for (side, &station) in stations.iter().enumerate() {
                    if station != NOWHERE && wanted(judged, at, side, station as usize) {
                        found.push((station, DealingAt::new(at, side)));
                    }
                }
            }
        }
        found
    };
    let after = |mut before: Vec<_>, mut later: Vec<_>| {
        before.append(&mut later);
        before
    };
    let mut found = parts(places.shards()).map(found).reduce_with(after).unwrap_or_default();
    let is_wanted = |(station, dealing): &&Through| {
        let of_station = dealing.judged(judged);
        of_station.is_some_and(|of| wanted(&of, dealing.at(), dealing.side(), *station as usize))
    };
    found.extend(through.iter().filter(is_wanted));
    Grouped::new(found, stations)
}
