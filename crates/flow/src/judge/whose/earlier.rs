//! What a spell without a handshake has of the one before it: who began the connection, and what its server is called.
//!
//! A camera's connection to its cloud sends a keep-alive each ten minutes: five minutes of silence end a spell, so the next
//! one has neither SYN nor hello. In TCP it is the same connection where a half goes on where it left off; a port that is used
//! again by a stranger begins elsewhere, but for one time in 4,096. UDP has no numbers: there an hour is the limit.
//!
//! Both spells are in the table when it is judged, so nothing of this is asked while packets are folded. A spell that a cap
//! put out of memory leaves nothing to those that follow it.

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use crate::judge::{Court, Flow, FlowAt, rules};
use crate::state::key::{Key, Side, TCP, UDP};
use crate::state::spell::history;

/// What a spell has of those before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Heritage {
    /// Who began the connection.
    pub(crate) orig: Side,
    /// Whether a handshake shows that.
    pub(crate) by_syn: bool,
    /// The spell that named the server, or else began the connection.
    pub(crate) teller: FlowAt,
}

/// What is known of the spells of one shard.
#[derive(Debug, Default)]
struct Lines {
    heritage: HashMap<u32, Heritage>,
    /// Those that a spell followed before they had been silent for long.
    reused: HashSet<u32>,
    /// How many of them another followed.
    settled: usize,
}

/// What each spell has of those before it, and what followed it.
#[derive(Debug, Default)]
pub(crate) struct Earlier(Vec<Lines>);

impl Earlier {
    pub(crate) fn new(court: &Court<'_>) -> Self {
        Self(
            (0..court.summary.flows.shards.len())
                .into_par_iter()
                .map(|shard| of_shard(court, shard))
                .collect(),
        )
    }

    /// What the spell at a place has of those before it.
    #[inline]
    pub(crate) fn of(&self, at: FlowAt) -> Option<Heritage> {
        let shard = self.0.get(at.shard as usize).filter(|shard| !shard.heritage.is_empty())?;
        shard.heritage.get(&at.place).copied()
    }

    /// Whether another spell followed the one at a place at once, rather than after a silence; `None` where none did.
    pub(crate) fn next(&self, at: FlowAt) -> Option<bool> {
        let shard = self.0.get(at.shard as usize).filter(|shard| (at.place as usize) < shard.settled)?;
        Some(shard.reused.contains(&at.place))
    }
}

/// A connection up to one of its spells.
struct Line {
    place: u32,
    latest: i64,
    /// TCP: the sequence number that each half is due to go on with.
    due: [Option<u32>; 2],
    ended: bool,
    heritage: Heritage,
}

impl Line {
    /// The line with a spell, which goes on with it or begins one.
    fn with(court: &Court<'_>, flow: &Flow<'_>, line: Option<&Self>) -> Self {
        let named = || [0, 1].into_iter().any(|side| court.testimony(flow, side).is_naming());
        let by_syn = flow.hot.shows_client();
        let orig = if by_syn { flow.hot.client() } else { flow.hot.first_side() };
        let own = Heritage { orig, by_syn, teller: flow.at };
        let heritage = match line {
            Some(line) if named() => Heritage { teller: flow.at, ..line.heritage },
            Some(line) => line.heritage,
            None => own,
        };
        let due = [0, 1].map(|side| {
            let next = || flow.hot.next.get(side).copied();
            let sent = flow.hot.begins(flow.cold, side).and_then(|_| next());
            sent.or_else(|| flow.cold.start(flow.hot, side)).or_else(|| line?.due.get(side).copied()?)
        });
        let ended = flow.is_closed();
        Self { place: flow.at.place, latest: flow.hot.latest(flow.cold), due, ended, heritage }
    }

    /// Whether a later spell of the same key goes on with it.
    fn goes_on(&self, flow: &Flow<'_>) -> bool {
        if flow.hot.shows_client() {
            return false;
        }
        match flow.hot.key.protocol {
            TCP => {
                let follows = |side: Side| {
                    let ahead = flow.hot.begins(flow.cold, side)?.wrapping_sub(self.due[side & 1]?) as i32;
                    Some((-1..rules::GOES_ON_WITHIN).contains(&ahead))
                };
                !self.ended && [0, 1].into_iter().any(|side| follows(side) == Some(true))
            }
            UDP => flow.cold.first.saturating_sub(self.latest) <= rules::UDP_GOES_ON,
            _ => false,
        }
    }
}

impl Lines {
    /// Notes that a spell follows a line, which is returned where it goes on with it.
    fn follow<'l>(&mut self, line: Option<&'l Line>, flow: &Flow<'_>, idle: i64) -> Option<&'l Line> {
        let line = line?;
        if flow.cold.first.saturating_sub(line.latest) <= idle {
            self.reused.insert(line.place);
        }
        let goes_on = line.goes_on(flow);
        if goes_on {
            self.heritage.insert(flow.at.place, line.heritage);
        }
        goes_on.then_some(line)
    }
}

impl Flow<'_> {
    /// Whether both ends closed the connection, or one reset it.
    pub(crate) fn is_closed(&self) -> bool {
        let seen = self.hot.seen;
        let sent = |letters: u16| seen.map(|seen| seen & letters != 0);
        self.hot.key.protocol == TCP
            && (sent(history::RST | history::INCONSISTENT).contains(&true) || sent(history::FIN) == [true; 2])
    }
}

fn of_shard(court: &Court<'_>, at: usize) -> Lines {
    let mut found = Lines::default();
    let Some(shard) = court.summary.flows.shards.get(at) else { return found };
    found.settled = shard.settled.len();
    let idle = court.summary.limits.idle;
    let mut lines: HashMap<Key, Line> = HashMap::new();
    let flow = |place: usize| court.flow(FlowAt { shard: at as u32, place: place as u32 });
    for flow in (0..shard.settled.len()).filter_map(flow) {
        let known = lines.get(&flow.hot.key);
        let line = Line::with(court, &flow, found.follow(known, &flow, idle));
        lines.insert(flow.hot.key, line);
    }
    for (key, line) in &lines {
        let open = shard.find(key.hash(&court.summary.flows.paths), key);
        if let Some(flow) = open.and_then(|place| flow(shard.settled.len() + place)) {
            found.follow(Some(line), &flow, idle);
        }
    }
    found
}

impl<'a> Court<'a> {
    /// A flow, then the one before it that named its server, if it goes on with such, and the one that is its other half.
    pub(crate) fn tellers(&self, flow: &Flow<'a>) -> impl Iterator<Item = Flow<'a>> + use<'a> {
        let earlier = self.earlier.of(flow.at).and_then(|heritage| self.flow(heritage.teller));
        let other = self.halves.other(flow.at).and_then(|at| self.flow(at));
        std::iter::once(*flow).chain(earlier).chain(other)
    }
}
