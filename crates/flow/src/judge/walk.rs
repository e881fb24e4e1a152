//! The first walk over all flows: each is judged once, and what takes every flow is summed on the way.
//!
//! 64 shards are shared out among the threads; each thread sums its own share, and the sums are added in the order of the
//! shards, so that they do not depend on which thread was faster.

use hashbrown::HashMap;
use rayon::prelude::*;
use std::ops::Range;

use super::by_flow::ByFlow;
use super::judged::Judged;
use super::what::coverage::Sums;
use super::who::ends::Ends;
use super::whose::opinion::Testimony;
use super::{Court, Flow, SETTLED, rules};
use crate::state::key::{ICMP, ICMP6, Side};
use crate::state::table::index::NOWHERE;
use lenscap_wire::{Address, PacketRef, ReaderId};

/// Source, destination, protocol and ports of the packet that an ICMP error quotes.
type QuotedFlow = (Address, Address, u8, (u16, u16));

/// Code of what ICMP says of a packet that was too large for a link (RFC 792).
const FRAGMENTATION_NEEDED: u16 = 4;

/// Flows that could not be delivered: the first packet that says so, and its stamp.
#[derive(Debug, Default)]
pub(crate) struct Undelivered(HashMap<QuotedFlow, (PacketRef, i64)>);

impl Undelivered {
    /// Takes in what an ICMP flow quotes, where it says that a destination was not reached (RFC 792, RFC 4443 3.1).
    fn note(&mut self, flow: &Flow<'_>) {
        let key = &flow.hot.key;
        let first = flow.hot.first_side();
        let unreachable = match key.protocol {
            // A smaller packet gets there (RFC 1191).
            ICMP if key.port(1 - first) == Some(FRAGMENTATION_NEEDED) => return,
            ICMP => 3,
            ICMP6 => 1,
            _ => return,
        };
        let quoted = flow.cold.extra.as_ref().and_then(|extra| extra.quoted.as_ref());
        if let (Some(quoted), Some(true)) = (quoted, key.port(first).map(|kind| kind == unreachable)) {
            let of = (quoted.source, quoted.destination, quoted.protocol, quoted.ports);
            let told = (flow.cold.at(), flow.cold.first);
            let known = self.0.entry(of).or_insert(told);
            *known = (*known).min(told);
        }
    }

    fn join(&mut self, other: Self) {
        for (of, at) in other.0 {
            let known = self.0.entry(of).or_insert(at);
            *known = (*known).min(at);
        }
    }

    /// The packet that says so of what one side of a flow sent. An error that comes when content has been sent for a while is
    /// its end, as where who received a video closes, and no refusal.
    pub(crate) fn of(&self, flow: &Flow<'_>, side: Side) -> Option<PacketRef> {
        if self.0.is_empty() {
            return None;
        }
        let (key, other) = (&flow.hot.key, 1 - (side & 1));
        let ports = (key.port(side).unwrap_or(0), key.port(other).unwrap_or(0));
        let told = self.0.get(&(key.address(side), key.address(other), key.protocol, ports));
        let (packet, stamp) = *told?;
        let began = flow.span().0;
        let is_early = || (began..=began.saturating_add(rules::REFUSED_WITHIN)).contains(&stamp);
        (!flow.hot.counts_though_refused(flow.cold, side) || is_early()).then_some(packet)
    }
}

/// What the walk over some shards found, in their order.
#[derive(Default)]
pub(crate) struct Walk {
    /// What was judged of each flow.
    pub(crate) judged: ByFlow<Judged>,
    /// The places of its ends among all, as [`Ends::enter`] gives them.
    pub(crate) places: ByFlow<[u32; 2]>,
    pub(crate) ends: Ends,
    pub(crate) sums: Sums,
    /// Flows that an ICMP error says could not be delivered, each with the packet that says so.
    pub(crate) undelivered: Undelivered,
}

/// So many shards shared out among the threads.
pub(crate) fn parts(shards: usize) -> impl IndexedParallelIterator<Item = Range<usize>> {
    let parts = rayon::current_num_threads().min(shards);
    let start = move |part| shards * part / parts;
    (0..parts).into_par_iter().with_max_len(1).map(move |part| start(part)..start(part + 1))
}

impl Walk {
    /// Walks over all flows.
    pub(crate) fn new(court: &Court<'_>) -> Self {
        // The unfinished datagrams and what left memory stand last.
        let walks: Vec<Self> = parts(SETTLED + 1).map(|shards| Self::over(court, shards)).collect();
        let mut whole = walks.into_iter().reduce(Self::join).unwrap_or_default();
        whole.ends.rest();
        whole
    }

    fn over(court: &Court<'_>, shards: Range<usize>) -> Self {
        let room = shards.clone().map(|shard| court.count(shard)).sum();
        let mut walk =
            Self { judged: ByFlow::with_room(room), places: ByFlow::with_room(room), ..Self::default() };
        walk.ends.reserve(room);
        for shard in shards {
            walk.judged.begin_shard();
            walk.places.begin_shard();
            for flow in court.flows(shard) {
                let halves = [court.testimony(&flow, 0), court.testimony(&flow, 1)];
                let (judgement, reader) = court.judge_flow(&flow, &halves);
                let unopened = halves.iter().any(Testimony::is_unopened);
                let spent = || halves.iter().any(Testimony::is_spent) && court.tells_alone(&flow);
                let undecided = !flow.is_evicted() && (spent() || flow.leaves_unread());
                walk.sums.undecided += if undecided { flow.count() } else { 0 };
                let counters = flow.counters();
                let whole = flow.with_gone(counters);
                walk.sums.add(court, &flow, &judgement, (&counters, &whole), reader.map(ReaderId), unopened);
                walk.sums.lack(court, &flow);
                walk.undelivered.note(&flow);
                walk.places.push(walk.ends.enter(court, &flow, &judgement, &halves, &whole));
                walk.judged.push(judgement);
            }
        }
        walk
    }

    fn join(mut self, mut later: Self) -> Self {
        let ours = self.ends.adopt(later.ends);
        let ours = |place: &mut u32| *place = ours.get(*place as usize).copied().unwrap_or(NOWHERE);
        later.places.for_each_mut(|places| places.iter_mut().for_each(ours));
        self.judged.append(later.judged);
        self.places.append(later.places);
        self.sums.join(&later.sums);
        self.undelivered.join(later.undelivered);
        self
    }
}
