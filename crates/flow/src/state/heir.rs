//! What a connection leaves to the spells that go on with it, when the spell before them has left memory.
//!
//! A camera sends a keep-alive each ten minutes. Each is a spell of its own without a SYN; who began the connection and what
//! its server is called was said in the first, hours ago. The *line* of a connection says what a next spell has of those
//! before it; while they are in memory it is worked out when they are judged, and what is drained leaves it as an *heir*.

use hashbrown::HashMap;
use std::cmp::Reverse;
use std::sync::OnceLock;

use crate::state::cost;
use crate::state::entry::Entry;
use crate::state::flows::Flows;
use crate::state::key::{Key, Side, TCP, UDP};
use crate::state::share::{Holder, cleared, stay};
use crate::state::spell::{Cold, Hot, Spell, flag, history};

/// A half of TCP that begins so many bytes after where it left off, after a silence, goes on with it.
pub const GOES_ON_WITHIN: i32 = 1 << 20;
/// Nanoseconds of silence after which the ends and ports of a UDP flow may be another's.
pub const UDP_GOES_ON: i64 = 3600 * 1_000_000_000;

/// A connection up to one of its spells. What it says of the spell that tells of the server is the caller's.
#[derive(Clone, Debug)]
pub(crate) struct Line<T> {
    pub(crate) latest: i64,
    /// TCP: the sequence number that each half is due to go on with.
    due: [Option<u32>; 2],
    ended: bool,
    /// Who began the connection.
    pub(crate) orig: Side,
    /// Whether a handshake shows that.
    pub(crate) by_syn: bool,
    /// The spell that named the server, or else began the connection.
    pub(crate) teller: T,
}

impl<T: Clone> Line<T> {
    /// The line with a spell, which goes on with the one `before` or begins one; `names` says that the spell names its server.
    pub(crate) fn with(
        (hot, cold): (&Hot, &Cold),
        names: bool,
        own: impl FnOnce() -> T,
        before: Option<&Self>,
    ) -> Self {
        let by_syn = hot.shows_client();
        let orig = if by_syn { hot.client() } else { hot.first_side() };
        let (orig, by_syn) = before.map_or((orig, by_syn), |line| (line.orig, line.by_syn));
        let teller = match before {
            Some(line) if !names => line.teller.clone(),
            _ => own(),
        };
        let due = [0, 1].map(|side| {
            let sent = hot.begins(cold, side).and_then(|_| hot.next.get(side).copied());
            sent.or_else(|| cold.start(hot, side)).or_else(|| before?.due.get(side).copied()?)
        });
        Self { latest: hot.latest(cold), due, ended: hot.is_closed(), orig, by_syn, teller }
    }

    /// The same, told by another.
    pub(crate) fn told_by<U>(&self, teller: U) -> Line<U> {
        let &Self { latest, due, ended, orig, by_syn, .. } = self;
        Line { latest, due, ended, orig, by_syn, teller }
    }

    /// Whether a later spell of the same key goes on with it.
    pub(crate) fn goes_on(&self, (hot, cold): (&Hot, &Cold)) -> bool {
        // A SYN of who was called, which the caller did not heed, begins no connection: whoever knows the ports can send it.
        let is_stray = hot.shows_client() && hot.client() != self.orig && hot.ignores_syn(cold, self.orig);
        if hot.shows_client() && !is_stray {
            return false;
        }
        match hot.key.protocol {
            TCP => {
                let follows = |side: Side| {
                    let ahead = hot.begins(cold, side)?.wrapping_sub(self.due[side & 1]?) as i32;
                    Some((-1..GOES_ON_WITHIN).contains(&ahead))
                };
                !self.ended && [0, 1].into_iter().any(|side| follows(side) == Some(true))
            }
            UDP => cold.first.saturating_sub(self.latest) <= UDP_GOES_ON,
            _ => false,
        }
    }
}

impl Hot {
    /// Whether both ends closed the connection, or one reset it.
    pub(crate) fn is_closed(&self) -> bool {
        let sent = |letters: u16| self.seen.map(|seen| seen & letters != 0);
        self.key.protocol == TCP
            && (sent(history::RST | history::INCONSISTENT).contains(&true) || sent(history::FIN) == [true; 2])
    }
}

/// The spell that tells of a connection, as far as it tells anything.
#[derive(Clone, Debug)]
pub(crate) enum Teller {
    /// Nothing but the protocol that a message reader knew: number of the reader + 1, or 0.
    App(u8),
    /// What its halves said.
    Spell(Box<Spell>),
}

impl Teller {
    /// What a spell tells, without what it carried.
    pub(crate) fn of(spell: &Spell) -> Self {
        let Spell { hot, cold } = spell;
        if !cold.says_anything() {
            return Self::App((hot.flags >> flag::APP) as u8);
        }
        let mut told = Spell { hot: hot.clone(), cold: cold.clone() };
        told.cold.keep_what_is_said();
        told.hot.flags &=
            !(flag::BUCKETS | flag::CARRIED | flag::DISORDER | flag::TROUBLE | flag::TROUBLE << 1);
        Self::Spell(Box::new(told))
    }

    /// What it costs beside its place.
    pub(crate) fn price(&self, flows: &Flows) -> usize {
        match self {
            Self::App(_) => 0,
            Self::Spell(told) => {
                let beside = cost::beside(&told.hot, &told.cold, &flows.transcripts, &flows.texts);
                size_of::<Spell>() + beside
            }
        }
    }

    /// It as a spell.
    pub(crate) fn spell(&self) -> &Spell {
        match self {
            Self::App(app) => silent(*app),
            Self::Spell(spell) => spell,
        }
    }
}

/// A spell that says nothing but its protocol.
fn silent(app: u8) -> &'static Spell {
    static SILENT: OnceLock<Vec<Spell>> = OnceLock::new();
    let all = SILENT.get_or_init(|| {
        let of = |app: u32| {
            let mut spell = Spell::begin(Key::default(), 0, &Entry::default());
            spell.hot.flags = app << flag::APP;
            spell
        };
        (0..=u32::from(u8::MAX)).map(of).collect()
    });
    // There is one for each byte.
    &all[usize::from(app)]
}

/// What one connection left, of which station, and what that costs.
#[derive(Clone, Debug)]
struct Heir {
    line: Line<Teller>,
    holder: Holder,
    price: usize,
}

/// What connections left of which no spell is in memory. A table doubles, so what is large lies beside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heirs {
    all: HashMap<Key, Box<Heir>>,
    cost: usize,
    /// Those that gave way to others.
    pub(crate) given_up: u64,
}

impl Heirs {
    /// What one costs, beside its teller.
    const COST: usize = size_of::<(Key, Heir)>() + 8;

    /// What all of them cost.
    pub(crate) const fn cost(&self) -> usize {
        self.cost
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// What went before a key's next spell.
    pub(crate) fn of(&self, key: &Key) -> Option<&Line<Teller>> {
        self.all.get(key).map(|heir| &heir.line)
    }

    /// Keeps what a spell of a station leaves, in place of what those before it left. What nothing can go on with leaves nothing.
    pub(crate) fn put(&mut self, key: Key, line: Line<Teller>, holder: Holder, flows: &Flows) {
        let price = Self::COST + line.teller.price(flows);
        let leaves = matches!(key.protocol, TCP | UDP) && !line.ended;
        self.replace(key, leaves.then(|| Box::new(Heir { line, holder, price })));
    }

    /// Forgets what a connection left.
    pub(crate) fn forget(&mut self, key: Key) {
        self.replace(key, None);
    }

    fn replace(&mut self, key: Key, heir: Option<Box<Heir>>) {
        self.cost += heir.as_ref().map_or(0, |heir| heir.price);
        let before = match heir {
            Some(heir) => self.all.insert(key, heir),
            None => self.all.remove(&key),
        };
        self.cost -= before.map_or(0, |heir| heir.price);
    }

    /// Forgets those that nothing can go on with any more, when no stamp comes before `now`; then, where they cost more than
    /// `room`, the stations that have most give up those that were silent for longest. `has_spell` says of which keys spells are in memory: these may go on with them.
    pub(crate) fn limit(&mut self, now: i64, room: usize, has_spell: impl Fn(&Key) -> bool) {
        self.retain(|key, line| {
            key.protocol != UDP || now.saturating_sub(line.latest) <= UDP_GOES_ON || has_spell(key)
        });
        if self.cost() <= room {
            return;
        }
        let mut order: Vec<_> = self.all.iter().map(|(key, heir)| (heir.line.latest, *key, heir)).collect();
        order.sort_unstable_by_key(|(latest, key, _)| Reverse((*latest, *key)));
        let prices: Vec<_> = order.iter().map(|(.., heir)| (heir.holder, heir.price)).collect();
        let stays = stay(&prices, cleared(room));
        let gone: Vec<_> =
            order.iter().zip(stays).filter(|(_, stays)| !stays).map(|((_, key, _), _)| *key).collect();
        for key in &gone {
            self.forget(*key);
        }
        self.given_up += gone.len() as u64;
    }

    fn retain(&mut self, keep: impl Fn(&Key, &Line<Teller>) -> bool) {
        self.all.retain(|key, heir| keep(key, &heir.line));
        self.cost = self.all.values().map(|heir| heir.price).sum();
    }

    /// Every spell that is kept, to be changed, and every key.
    pub(crate) fn change(&mut self, mut key: impl FnMut(&mut Key), mut spell: impl FnMut(&mut Spell)) {
        let mut all: Vec<_> = self.all.drain().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        for (mut of, mut heir) in all {
            key(&mut of);
            if let Teller::Spell(told) = &mut heir.line.teller {
                spell(told);
            }
            self.all.insert(of, heir);
        }
    }

    /// Takes in those of another part. Of two of one key the later stays.
    pub(crate) fn join(&mut self, other: Self) {
        for (key, heir) in other.all {
            if self.all.get(&key).is_none_or(|known| known.line.latest < heir.line.latest) {
                self.replace(key, Some(heir));
            }
        }
        self.given_up += other.given_up;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::Share;
    use crate::state::eviction::holder;
    use crate::state::fragment::Fragments;
    use crate::state::text::TextId;
    use crate::state::transcript::Asked;

    const SECOND: i64 = 1_000_000_000;

    fn spell(protocol: u8, port: u16, time: i64) -> Spell {
        let key = Key { ports: [port, 443], protocol, version: 4, ..Key::default() };
        let share = Share { time: time * SECOND, ..Share::default() };
        Spell::begin(key, 0, &Entry { share, ..Entry::default() })
    }

    fn put(heirs: &mut Heirs, spell: &Spell) {
        let at = (&spell.hot, &spell.cold);
        let line = Line::with(at, false, || Teller::of(spell), None);
        heirs.put(spell.hot.key, line, holder(spell), &Flows::new(Fragments::new(false, 1 << 20)));
    }

    #[test]
    fn a_connection_of_datagrams_is_forgotten_after_an_hour_unless_it_went_on() {
        let mut heirs = Heirs::default();
        for port in [1, 2] {
            put(&mut heirs, &spell(UDP, port, 0));
        }
        put(&mut heirs, &spell(TCP, 3, 0));
        heirs.limit(3600 * SECOND, usize::MAX, |_| false);
        assert_eq!(heirs.len(), 3);
        heirs.limit(3601 * SECOND, usize::MAX, |key| key.ports[0] == 2);
        let left = [1, 2, 3].map(|port| heirs.all.keys().any(|key| key.ports[0] == port));
        assert_eq!((left, heirs.given_up), ([false, true, true], 0));
    }

    #[test]
    fn where_there_are_too_many_the_longest_silent_go_and_are_counted() {
        let mut heirs = Heirs::default();
        for port in 0..1000 {
            put(&mut heirs, &spell(TCP, port, i64::from(port)));
        }
        let room = heirs.cost() / 2;
        heirs.limit(0, room, |_| false);
        assert!(heirs.cost() <= room && heirs.cost() > room / 4 * 3, "{} of {room}", heirs.cost());
        assert_eq!(heirs.given_up as usize + heirs.len(), 1000);
        assert!(heirs.all.keys().all(|key| u64::from(key.ports[0]) >= heirs.given_up));
    }
    /// A desk that holds a thousand connections leaves a camera the one that it has, though that is the oldest.
    #[test]
    fn who_holds_most_gives_way() {
        let mut heirs = Heirs::default();
        let of = |station: u8, port, time| {
            let mut spell = spell(TCP, port, time);
            spell.cold.macs[0].0 = [2, 0, 0, 0, 0, station];
            spell
        };
        put(&mut heirs, &of(1, 7, 0));
        for port in 1000..2000 {
            put(&mut heirs, &of(2, port, i64::from(port)));
        }
        heirs.limit(0, heirs.cost() / 2, |_| false);
        assert!(heirs.given_up > 500 && heirs.of(&spell(TCP, 7, 0).hot.key).is_some());
    }

    /// What a teller keeps has its price: a path of eight thousand bytes, say.
    #[test]
    fn the_texts_of_a_teller_count() {
        let mut flows = Flows::new(Fragments::new(false, 1 << 20));
        let path = flows.texts.intern(&[b'a'; 8000]);
        let mut heirs = Heirs::default();
        for port in 0..10 {
            let mut spell = spell(TCP, port, 0);
            spell.cold.ask(&mut spell.hot, 0, Asked { name: TextId::EMPTY, path });
            let line = Line::with((&spell.hot, &spell.cold), false, || Teller::of(&spell), None);
            heirs.put(spell.hot.key, line, holder(&spell), &flows);
        }
        assert!(heirs.cost() > 80_000, "{}", heirs.cost());
        heirs.limit(0, 40_000, |_| false);
        let counted: usize = heirs.all.values().map(|heir| heir.price).sum();
        assert!(heirs.cost() <= 40_000 && heirs.len() > 0 && heirs.cost() == counted, "{}", heirs.cost());
    }
}
