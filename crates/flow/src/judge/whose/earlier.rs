//! What a spell without a handshake has of the one before it: who began the connection, and what its server is called.
//!
//! A camera's connection to its cloud sends a keep-alive each ten minutes: five minutes of silence end a spell, so the next
//! one has neither SYN nor hello. In TCP it is the same connection where a half goes on where it left off; a port that is used
//! again by a stranger begins elsewhere, but for one time in 4,096. UDP has no numbers: there an hour is the limit.
//!
//! Both spells are in the table when it is judged, so nothing of this is asked while packets are folded; what was drained left
//! an heir. A spell that a cap put out of memory leaves nothing to those that follow it.

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use crate::judge::{Court, Flow, FlowAt, SETTLED};
use crate::state::heir::Line;
use crate::state::key::{Key, Side};
use crate::state::spell::way::Hops;
use crate::state::spell::{Spell, flag};

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
struct Lines<'a> {
    heritage: HashMap<u32, Heritage>,
    /// Those that a spell followed before they had been silent for long.
    reused: HashSet<u32>,
    /// Those of two stations at once; see [`Earlier::is_mixed`].
    mixed: HashSet<u32>,
    /// How many of them another followed.
    settled: usize,
    /// Spells that left memory and tell of others.
    tellers: Vec<&'a Spell>,
}

/// What each spell has of those before it, and what followed it.
#[derive(Debug, Default)]
pub(crate) struct Earlier<'a>(Vec<Lines<'a>>);

/// Shard of the first of the spells that only tell of others: those of shard 0 come first.
const TELLERS: usize = SETTLED + 1;

impl<'a> Earlier<'a> {
    pub(crate) fn new(court: &Court<'a>) -> Self {
        let shards = 0..court.summary.flows.shards.len();
        let mut all: Vec<_> = shards.into_par_iter().map(|shard| of_shard(court, shard)).collect();
        all.resize_with(SETTLED, Lines::default);
        all.push(of_settled(court));
        Self(all)
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

    /// Whether a spell and another of the same addresses and ports, which went on at the same time, are of two stations, as where one
    /// capture holds two sites: what segments are of which is not told.
    pub(crate) fn is_mixed(&self, at: FlowAt) -> bool {
        self.0.get(at.shard as usize).is_some_and(|shard| shard.mixed.contains(&at.place))
    }

    /// A spell that left memory and tells of others.
    pub(crate) fn teller(&self, at: FlowAt) -> Option<&'a Spell> {
        let shard = self.0.get((at.shard as usize).checked_sub(TELLERS)?)?;
        shard.tellers.get(at.place as usize).copied()
    }
}

impl<'a> Lines<'a> {
    /// Notes how a spell stands to the last one of its line, which is the one at that place, and to the line itself; see
    /// [`mix`](Self::mix) and [`follow`](Self::follow).
    fn meet<'l>(
        &mut self,
        (court, spell): (&Court<'a>, &impl Fn(usize) -> Option<Flow<'a>>),
        line: Option<&'l (Option<u32>, Line<FlowAt>)>,
        flow: &Flow<'_>,
        idle: i64,
    ) -> Option<&'l Line<FlowAt>> {
        let before = line.and_then(|(place, _)| spell((*place)? as usize));
        if let Some(before) = before {
            self.mix(court, &before, flow);
        }
        self.follow(line, flow, idle)
    }

    /// Notes that a spell follows a line, which is returned where it goes on with it. Beside the line stands the place of its
    /// last spell, where that is in memory.
    fn follow<'l>(
        &mut self,
        line: Option<&'l (Option<u32>, Line<FlowAt>)>,
        flow: &Flow<'_>,
        idle: i64,
    ) -> Option<&'l Line<FlowAt>> {
        let (place, line) = line?;
        if flow.cold.first.saturating_sub(line.latest) <= idle {
            self.reused.extend(*place);
        }
        let goes_on = line.goes_on((flow.hot, flow.cold));
        if goes_on {
            let Line { orig, by_syn, teller, .. } = *line;
            self.heritage.insert(flow.at.place, Heritage { orig, by_syn, teller });
        }
        goes_on.then_some(line)
    }

    /// Notes that a connection began with another station than the one before it in its place, which had not ended and went on: what
    /// it sends then counts for the new one, where it stands far from the rest. Behind a router another MAC is the way, as when
    /// the first router failed, and no other station.
    fn mix(&mut self, court: &Court<'_>, before: &Flow<'_>, flow: &Flow<'_>) {
        const AT_ONCE: i64 = 10_000_000_000;
        let other = |side: Side| {
            let sent = flag::SENT << side;
            let is_here = |of: &Flow<'_>| of.hot.flags & sent != 0 && of.hot.ways[side].hops() != Hops::Fewer;
            let trouble = || flow.cold.extra.as_ref()?.trouble[side].as_ref();
            before.mac(side) != flow.mac(side)
                && is_here(before)
                && is_here(flow)
                && court.boundary.is_inside(flow.hot.key.address(side))
                && trouble().is_some_and(|trouble| trouble.leaps())
        };
        let went_on = flow.cold.first.saturating_sub(before.hot.latest(before.cold)) < AT_ONCE;
        if flow.hot.flags & flag::OPENS != 0 && went_on && !before.hot.is_closed() && (other(0) || other(1)) {
            self.mixed.extend([before.at.place, flow.at.place]);
        }
    }

    /// Keeps a spell that tells of others of a shard, and says where it stands.
    fn tell(&mut self, shard: usize, spell: &'a Spell) -> FlowAt {
        self.tellers.push(spell);
        FlowAt { shard: (TELLERS + shard) as u32, place: self.tellers.len() as u32 - 1 }
    }
}

fn of_shard<'a>(court: &Court<'a>, at: usize) -> Lines<'a> {
    let mut found = Lines::default();
    let Some(shard) = court.summary.flows.shards.get(at) else { return found };
    found.settled = shard.settled.len();
    let (idle, heirs) = (court.summary.limits.idle, &court.summary.site.heirs);
    let mut lines: HashMap<Key, (Option<u32>, Line<FlowAt>)> = HashMap::new();
    if heirs.len() > 0 {
        for key in shard.spells().map(|(hot, _)| hot.key) {
            if let Some(heir) = heirs.of(&key)
                && !lines.contains_key(&key)
            {
                let teller = found.tell(at, heir.teller.spell());
                lines.insert(key, (None, heir.told_by(teller)));
            }
        }
    }
    let spell = |place: usize| court.flow(FlowAt { shard: at as u32, place: place as u32 });
    for flow in (0..shard.settled.len()).filter_map(spell) {
        let before = found.meet((court, &spell), lines.get(&flow.hot.key), &flow, idle);
        let names = [0, 1].into_iter().any(|side| court.testimony(&flow, side).is_naming());
        let line = Line::with((flow.hot, flow.cold), names, || flow.at, before);
        lines.insert(flow.hot.key, (Some(flow.at.place), line));
    }
    // Not looked up by key, for a summary that is only judged may have let go of its index.
    let open = if lines.is_empty() { 0 } else { shard.open.len() };
    for flow in (shard.settled.len()..).take(open).filter_map(spell) {
        found.meet((court, &spell), lines.get(&flow.hot.key), &flow, idle);
    }
    found
}

/// The same of those that ended and were told.
fn of_settled<'a>(court: &Court<'a>) -> Lines<'a> {
    let mut found = Lines::default();
    let mut places = court.kept.iter().zip(0..).peekable();
    for (n, record) in (0..).zip(&court.settled) {
        let heritage = record.heritage.as_ref().map(|(orig, by_syn, teller)| {
            let teller = found.tell(SETTLED, teller.spell());
            Heritage { orig: *orig, by_syn: *by_syn, teller }
        });
        while let Some((_, place)) = places.next_if(|((record, _), _)| *record == n) {
            found.heritage.extend(heritage.map(|heritage| (place, heritage)));
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

    /// Whether a flow has no [teller](Court::tellers) but itself, as nearly every one.
    #[inline]
    pub(crate) fn tells_alone(&self, flow: &Flow<'a>) -> bool {
        self.earlier.of(flow.at).is_none() && self.halves.other(flow.at).is_none()
    }
}
