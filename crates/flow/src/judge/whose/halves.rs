//! Flows of one five-tuple that differ only in their VLANs or tunnels: two halves of one connection, or the same one seen twice.
//!
//! A mirror tags what comes in with VLAN 10 and leaves untagged what goes out, so a connection is two flows of one direction
//! each. They stay two rows, since overlapping private addresses behind two tags may be two customers'. They are *joined* only
//! where that is proven: opposite directions, spans that touch within the idle time, and the same handshake; without a
//! handshake on both sides, if each has the other for its only candidate. Then what one of them tells is true of both.
//!
//! A router between two mirrored VLANs shows each connection whole in both: of two-way flows with the same initial sequence
//! numbers of client and server one is a *copy*. The one with most packets counts, of equal ones the first. Where no numbers were
//! seen, as of a video in UDP, one is a copy that has the same packets, bytes and payload of each side and begins and ends with
//! the other within 100 ms: two customers' 192.168.1.64 do not send 300 datagrams of the same sizes from the same port at once.

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::hash::BuildHasher;

use crate::judge::{Court, Flow, FlowAt, SETTLED};
use crate::state::key::{Key, Side, streams};
use crate::state::path::PathId;
use crate::state::seed::seeded;
use crate::state::spell::flag;

/// What was found of flows of one five-tuple.
#[derive(Debug, Default)]
pub(crate) struct Halves {
    joined: HashMap<FlowAt, FlowAt>,
    copies: HashSet<FlowAt>,
    /// All that were compared.
    looked_at: HashSet<FlowAt>,
}

impl Halves {
    pub(crate) fn new(court: &Court<'_>) -> Self {
        let mut found = Self::default();
        if !court.summary.flows.paths.has_any() {
            return found;
        }
        let shards: Vec<_> = (0..court.summary.flows.shards.len()).chain([SETTLED]).collect();
        let mut all: Vec<(u64, FlowAt)> = shards
            .into_par_iter()
            .flat_map_iter(|shard| court.flows(shard).filter_map(|flow| Some((tuple_hash(&flow)?, flow.at))))
            .collect();
        all.par_sort_unstable();
        for group in all.chunk_by(|one, other| one.0 == other.0).filter(|group| group.len() > 1) {
            let mut flows: Vec<_> = group.iter().filter_map(|(_, at)| court.flow(*at)).collect();
            flows.sort_by_key(|flow| (tuple(flow), flow.cold.at()));
            for flows in flows.chunk_by(|one, other| tuple(one) == tuple(other)) {
                found.look(flows, court.summary.limits.idle);
            }
        }
        found
    }

    /// Looks at all flows of one five-tuple, in the order of their first packets.
    fn look(&mut self, flows: &[Flow<'_>], idle: i64) {
        // More than a connection can be seen at, and nothing is proven; and each is compared with each.
        const MOST: usize = 64;
        if flows.iter().all(|flow| flow.hot.key.path == flows[0].hot.key.path) || flows.len() > MOST {
            return;
        }
        self.looked_at.extend(flows.iter().map(|flow| flow.at));
        for (n, one) in flows.iter().enumerate() {
            if flows.iter().enumerate().any(|(m, other)| is_copy((n, one), (m, other))) {
                self.copies.insert(one.at);
            } else if one_way(one) == Some(0)
                && let Some(other) = half_of(one, flows, idle)
                && !self.joined.contains_key(&other)
            {
                self.joined.insert(one.at, other);
                self.joined.insert(other, one.at);
            }
        }
    }

    /// The other half of the connection, where it is proven to be.
    #[inline]
    pub(crate) fn other(&self, at: FlowAt) -> Option<FlowAt> {
        if self.joined.is_empty() { None } else { self.joined.get(&at).copied() }
    }

    /// Whether a flow has others of its five-tuple with other tags.
    pub(crate) fn concern(&self, at: FlowAt) -> bool {
        self.looked_at.contains(&at)
    }

    /// Whether another flow shows the same connection with more packets.
    pub(crate) fn is_copy(&self, at: FlowAt) -> bool {
        self.copies.contains(&at)
    }
}

fn tuple(flow: &Flow<'_>) -> Key {
    Key { path: PathId::NONE, ..flow.hot.key }
}

fn tuple_hash(flow: &Flow<'_>) -> Option<u64> {
    streams(flow.hot.key.protocol).then(|| seeded().hash_one(tuple(flow)))
}

/// The only side that sent.
fn one_way(flow: &Flow<'_>) -> Option<Side> {
    flow.hot.only_sender(flow.cold)
}

/// The other half of a flow of one direction: the one with its handshake, else the only one that fits, if nothing else fits that.
fn half_of(one: &Flow<'_>, flows: &[Flow<'_>], idle: i64) -> Option<FlowAt> {
    let fits = |flow| flows.iter().filter(move |other| fit(flow, other, idle));
    let handshake = |flow: &Flow<'_>| flow.hot.handshake(flow.cold);
    let same = |other: &&Flow<'_>| handshake(one).is_some() && handshake(one) == handshake(other);
    if let Some(other) = fits(one).find(same) {
        return Some(other.at);
    }
    let mut all = fits(one);
    let other = all.next().filter(|_| all.next().is_none())?;
    (fits(other).count() == 1).then_some(other.at)
}

/// Whether two flows may be the halves of one connection.
fn fit(one: &Flow<'_>, other: &Flow<'_>, idle: i64) -> bool {
    let opposite = one_way(one).zip(one_way(other)).is_some_and(|(one, other)| one != other);
    let ((start, end), (other_start, other_end)) = (one.span(), other.span());
    let touch = other_start.saturating_sub(end) <= idle && start.saturating_sub(other_end) <= idle;
    let shown = one.hot.handshake(one.cold).zip(other.hot.handshake(other.cold));
    let same = shown.is_none_or(|(one, other)| one == other);
    opposite && touch && same && one.hot.key.path != other.hot.key.path
}

/// Whether the second of two flows, each with its place in the order, shows the connection of the first, and better.
fn is_copy((n, one): (usize, &Flow<'_>), (m, other): (usize, &Flow<'_>)) -> bool {
    let numbers = |flow: &Flow<'_>| {
        let known = flow.hot.flags & flag::SERVER_ISN != 0 && one_way(flow).is_none();
        known.then(|| (flow.hot.handshake(flow.cold), flow.cold.server_isn))
    };
    let same = match (numbers(one), numbers(other)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => is_alike(one, other),
    };
    let rank = |flow: &Flow<'_>, place| {
        let packets = flow.counters().packets;
        (Reverse(packets[0] + packets[1]), place)
    };
    same && one.hot.key.path != other.hot.key.path && rank(other, m) < rank(one, n)
}

/// Whether two flows have the same amounts of each side and go on at the same time. A few packets may be alike by chance.
fn is_alike(one: &Flow<'_>, other: &Flow<'_>) -> bool {
    /// As far as a mirror's copy of a packet lies behind it.
    const APART: u64 = 100_000_000;
    const FEWEST: u64 = 4;
    let (ours, theirs) = (one.counters(), other.counters());
    let ((start, end), (other_start, other_end)) = (one.span(), other.span());
    ours.packets[0] + ours.packets[1] >= FEWEST
        && (ours.packets, ours.bytes, ours.payload) == (theirs.packets, theirs.bytes, theirs.payload)
        && start.abs_diff(other_start) <= APART
        && end.abs_diff(other_end) <= APART
}

impl<'a> Court<'a> {
    /// Whether no other flow can show what a side sent of which this one shows no packet: none has its five-tuple with other tags,
    /// nor had one that a cap put out of memory.
    pub(crate) fn shows_all(&self, flow: &Flow<'_>) -> bool {
        let evicted = self.summary.site.tally.caps.flows_evicted > 0 && self.summary.flows.paths.has_any();
        !evicted && !self.halves.concern(flow.at)
    }

    /// The other half of a flow, where they are two rows, and how many flows it stands for: two halves are one flow, which the
    /// earlier of them stands for.
    pub(crate) fn stands_for(&self, flow: &Flow<'a>) -> (Option<Flow<'a>>, u64) {
        let half = self.halves.other(flow.at).and_then(|at| self.flow(at));
        let is_later = half.is_some_and(|half| half.cold.at() < flow.cold.at());
        (half, if is_later { 0 } else { flow.count() })
    }
}
