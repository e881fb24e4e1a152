//! What a spell without a handshake has of the one before it: who began the connection, and what its server is called.
//!
//! A camera's connection to its cloud sends a keep-alive each ten minutes: five minutes of silence end a spell, so the next
//! one has neither SYN nor hello. In TCP it is the same connection where a half goes on where it left off; a port that is used
//! again by a stranger begins elsewhere, but for one time in 4,096. UDP has no numbers: there an hour is the limit.
//!
//! Both spells are in the table when it is judged, so nothing of this is asked while packets are folded. A spell that a cap
//! put out of memory leaves nothing to those that follow it.

use hashbrown::HashMap;
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

/// Every heritage, by shard and place.
#[derive(Debug, Default)]
pub(crate) struct Earlier(Vec<HashMap<u32, Heritage>>);

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
        let shard = self.0.get(at.shard as usize).filter(|shard| !shard.is_empty())?;
        shard.get(&at.place).copied()
    }
}

/// A connection up to one of its spells.
struct Line {
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
        let closed = |letter: u16| flow.hot.seen.map(|seen| seen & letter != 0);
        let ended = closed(history::RST).contains(&true) || closed(history::FIN) == [true; 2];
        Self { latest: flow.hot.latest(flow.cold), due, ended, heritage }
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

fn of_shard(court: &Court<'_>, at: usize) -> HashMap<u32, Heritage> {
    let mut found = HashMap::new();
    let Some(shard) = court.summary.flows.shards.get(at) else { return found };
    let mut lines: HashMap<Key, Line> = HashMap::new();
    let flow = |place: usize| court.flow(FlowAt { shard: at as u32, place: place as u32 });
    for flow in (0..shard.settled.len()).filter_map(flow) {
        let known = lines.get(&flow.hot.key).filter(|line| line.goes_on(&flow));
        found.extend(known.map(|line| (flow.at.place, line.heritage)));
        let line = Line::with(court, &flow, known);
        lines.insert(flow.hot.key, line);
    }
    for (key, line) in &lines {
        let open = shard.find(key.hash(&court.summary.flows.paths), key);
        let flow = open.and_then(|place| flow(shard.settled.len() + place));
        let heir = flow.filter(|flow| line.goes_on(flow));
        found.extend(heir.map(|flow| (flow.at.place, line.heritage)));
    }
    found
}

impl<'a> Court<'a> {
    /// A flow, then the one before it that named its server, if it goes on with such.
    pub(crate) fn tellers(&self, flow: &Flow<'a>) -> impl Iterator<Item = Flow<'a>> + use<'a> {
        let earlier = self.earlier.of(flow.at).and_then(|heritage| self.flow(heritage.teller));
        std::iter::once(*flow).chain(earlier)
    }
}
