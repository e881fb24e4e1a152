//! The first walk over all flows: each is judged once, and what takes every flow is summed on the way.
//!
//! 64 shards are shared out among the threads; each thread sums its own share, and the sums are added in the order of the
//! shards, so that they do not depend on which thread was faster.

use rayon::prelude::*;
use std::ops::Range;

use super::Court;
use super::judged::Judged;
use super::what::coverage::Sums;
use super::who::link::{Ends, Links};
use crate::state::table::shard::SHARDS;
use lenscap_wire::ReaderId;

/// What the walk over some shards found, in their order.
#[derive(Default)]
pub(crate) struct Walk {
    /// What was judged of each flow, by shard and place.
    pub(crate) judged: Vec<Vec<Judged>>,
    /// The MACs of its ends.
    pub(crate) ends: Vec<Vec<Ends>>,
    pub(crate) links: Links,
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
            let (mut judged, mut ends) = (Vec::with_capacity(room), Vec::with_capacity(room));
            for flow in court.flows(shard) {
                let (judgement, reader) = court.judge_flow(&flow);
                walk.sums.add(&flow, &judgement, reader.map(ReaderId));
                ends.push(walk.links.ends(&court.held, &flow, &judgement));
                judged.push(judgement);
            }
            walk.judged.push(judged);
            walk.ends.push(ends);
        }
        walk
    }

    fn join(mut self, mut later: Self) -> Self {
        let ours = self.links.adopt(later.links);
        let ends = later.ends.par_iter_mut().flatten_iter().flatten();
        ends.for_each(|end| *end = ours.get(end.place()).copied().unwrap_or(*end));
        self.judged.append(&mut later.judged);
        self.ends.append(&mut later.ends);
        self.sums.join(&later.sums);
        self
    }
}
