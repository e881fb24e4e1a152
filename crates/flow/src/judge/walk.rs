//! The first walk over all flows: each is judged once, and what takes every flow is summed on the way.
//!
//! 64 shards are shared out among the threads; each thread sums its own share, and the sums are added in the order of the
//! shards, so that they do not depend on which thread was faster.

use rayon::prelude::*;
use std::ops::Range;

use super::Court;
use super::judged::Judged;
use super::what::coverage::Sums;
use super::who::ends::Ends;
use crate::state::table::index::NOWHERE;
use crate::state::table::shard::SHARDS;
use lenscap_wire::ReaderId;

/// What the walk over some shards found, in their order.
#[derive(Default)]
pub(crate) struct Walk {
    /// What was judged of each flow, by shard and place.
    pub(crate) judged: Vec<Vec<Judged>>,
    /// The places of its ends among all, as [`Ends::enter`] gives them.
    pub(crate) places: Vec<Vec<[u32; 2]>>,
    pub(crate) ends: Ends,
    pub(crate) sums: Sums,
}

/// Shards shared out among the threads, the unfinished datagrams ([`SHARDS`]) last.
pub(crate) fn parts() -> impl IndexedParallelIterator<Item = Range<usize>> {
    let parts = rayon::current_num_threads().min(SHARDS + 1);
    let start = move |part| (SHARDS + 1) * part / parts;
    (0..parts).into_par_iter().with_max_len(1).map(move |part| start(part)..start(part + 1))
}

impl Walk {
    /// Walks over all flows.
    pub(crate) fn new(court: &Court<'_>) -> Self {
        let walks: Vec<Self> = parts().map(|shards| Self::over(court, shards)).collect();
        walks.into_iter().reduce(Self::join).unwrap_or_default()
    }

    fn over(court: &Court<'_>, shards: Range<usize>) -> Self {
        let mut walk = Self::default();
        for shard in shards {
            let room = court.count(shard);
            let (mut judged, mut places) = (Vec::with_capacity(room), Vec::with_capacity(room));
            for flow in court.flows(shard) {
                let (judgement, reader) = court.judge_flow(&flow);
                walk.sums.add(&flow, &judgement, reader.map(ReaderId));
                places.push(walk.ends.enter(court, &flow, &judgement));
                judged.push(judgement);
            }
            walk.judged.push(judged);
            walk.places.push(places);
        }
        walk.ends.rest();
        walk
    }

    fn join(mut self, mut later: Self) -> Self {
        let ours = self.ends.adopt(later.ends);
        let places = later.places.par_iter_mut().flatten_iter().flatten();
        places.for_each(|place| *place = ours.get(*place as usize).copied().unwrap_or(NOWHERE));
        self.judged.append(&mut later.judged);
        self.places.append(&mut later.places);
        self.sums.join(&later.sums);
        self
    }
}
