//! One of the 64 parts of the flow table, by the upper bits of the key's hash. Merging, judging and sorting run
//! shard by shard.

use std::hash::BuildHasher;
use std::slice::from_ref;
use std::sync::OnceLock;

use arrayvec::ArrayVec;
use prefetch_index::prefetch_index;

use crate::state::entry::Entry;
use crate::state::key::{Key, Side, streams};
use crate::state::seed::seeded;
use crate::state::spell::{Cold, Hot, Spell, flag};
use crate::state::table::index::{Index, NOWHERE};
use crate::state::table::slab::Slab;

/// Shards of a summary.
pub(crate) const SHARDS: usize = 64;

/// Keys that are looked up side by side.
const AHEAD: usize = 32;

/// Which shard a hash belongs to.
#[inline]
pub(crate) const fn shard_of(hash: u64) -> usize {
    (hash >> 58) as usize
}

/// Open spells by key, and the spells that ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shard {
    index: Index,
    pub(crate) open: Slab<Spell>,
    /// Spells that another of the same key followed.
    pub(crate) settled: Slab<Spell>,
    /// Where the last of them stands of each key, once somebody asked. A settled spell has no slot in the other index, so the
    /// price of a spell holds this one.
    last_settled: OnceLock<Index>,
}

/// The place of the open spell on the left that each right-hand spell meets ([`NOWHERE`] for none), in the order of
/// [`Shard::spells`].
pub(crate) type Counterparts = Vec<u32>;

/// Where a spell stands in a summary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) shard: usize,
    pub(crate) settled: bool,
    pub(crate) place: usize,
}

/// What adding a packet did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Added {
    /// It began a spell.
    Began,
    /// It went on with one.
    Continued,
    /// It went on with one, and that took memory.
    Grew,
    /// It went to the last settled spell of its key, which had ended there; that may have taken memory.
    Late,
}

/// Where a packet was added, and the flags of its spell after that: so small that it is returned in registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Booked {
    pub(crate) place: u32,
    pub(crate) added: Added,
    pub(crate) flags: u32,
}

impl Booked {
    /// Adds a packet to the open spell that stands at a place.
    #[inline]
    fn absorb((hot, cold): (&mut Hot, &mut Cold), place: u32, entry: &Entry, side: Side) -> Self {
        let added = if hot.absorb(cold, entry, side) { Added::Grew } else { Added::Continued };
        Self { place, added, flags: hot.flags }
    }
}

impl Shard {
    /// Brings the index slot of a hash nearer.
    #[inline]
    pub(crate) fn prefetch(&self, hash: u64) {
        self.index.prefetch(hash as u32);
    }

    /// Where the spell of a key probably is: the hash alone is compared, and the record brought nearer.
    #[inline]
    pub(crate) fn guess(&self, hash: u64) -> u32 {
        let place = self.index.find(hash as u32, |_| true).unwrap_or(NOWHERE);
        if let Some(Spell { hot, cold }) = self.open.get(place as usize) {
            prefetch_index(from_ref(hot), 0);
            prefetch_index(from_ref(&hot.hazards), 0);
            prefetch_index(from_ref(&cold.large), 0);
            prefetch_index(from_ref(&cold.cost), 0);
        }
        place
    }

    /// Where the open spell of a key is.
    #[inline]
    pub(crate) fn find(&self, hash: u64, key: &Key) -> Option<usize> {
        let same = |place: u32| self.open.get(place as usize).is_some_and(|spell| spell.hot.key == *key);
        self.index.find(hash as u32, same).map(|place| place as usize)
    }

    /// Where the open spells of many keys are, each with its hash; [`NOWHERE`] for those that have none. The misses of
    /// a batch overlap.
    pub(crate) fn find_all(&self, mut keys: impl Iterator<Item = (u64, Key)>) -> Vec<u32> {
        let mut places = Vec::with_capacity(keys.size_hint().0);
        loop {
            let batch: ArrayVec<_, AHEAD> = keys.by_ref().take(AHEAD).collect();
            if batch.is_empty() {
                return places;
            }
            for (hash, _) in &batch {
                self.prefetch(*hash);
            }
            let guesses: ArrayVec<_, AHEAD> = batch.iter().map(|(hash, _)| self.guess(*hash)).collect();
            places.extend(batch.iter().zip(guesses).map(|((hash, key), guess)| {
                match self.open.get(guess as usize) {
                    Some(spell) if spell.hot.key == *key => guess,
                    None if guess == NOWHERE => NOWHERE,
                    _ => self.find(*hash, key).map_or(NOWHERE, |place| place as u32),
                }
            }));
        }
    }

    /// Adds a packet to the spell of its key, of which `guess` may be the place, or begins one. Where chunks may
    /// stand before this one (`appendable`), the first payloads of a spell that may have begun there are listed.
    #[inline]
    pub(crate) fn add(
        &mut self,
        (hash, key, side): (u64, &Key, Side),
        guess: u32,
        entry: &Entry,
        idle: i64,
        appendable: bool,
    ) -> Booked {
        // Nearly every guess is right: then the record is looked up once.
        if let Some(booked) = self.go_on((key, side), guess, entry, idle) {
            return booked;
        }
        self.add_unguessed(hash, (key, side), entry, idle, appendable)
    }

    /// [Adds](Shard::add) a packet whose spell is not where it was guessed, or begins one.
    #[inline(never)]
    fn add_unguessed(
        &mut self,
        hash: u64,
        (key, side): (&Key, Side),
        entry: &Entry,
        idle: i64,
        appendable: bool,
    ) -> Booked {
        let known = self.find(hash, key);
        if let Some(booked) = known.and_then(|place| self.go_on((key, side), place as u32, entry, idle)) {
            return booked;
        }
        if let Some(booked) = known.and_then(|place| self.answer((key, side), place as u32, entry, idle)) {
            return booked;
        }
        let mut spell = Spell::begin(*key, side, entry);
        if appendable && known.is_none() {
            spell.hot.flags |= flag::FIRST;
            if streams(key.protocol) && spell.hot.flags & flag::OPENS == 0 {
                spell.hot.flags |= flag::LISTING | flag::LISTING << 1;
            }
        }
        let flags = spell.hot.flags;
        let place = if let Some(place) = known {
            self.replace(place, spell);
            place
        } else {
            self.insert(hash, spell)
        };
        Booked { place: place as u32, added: Added::Began, flags }
    }

    /// Adds a packet to the open spell at a place, if it is of that key and goes on with it.
    #[inline]
    fn go_on(&mut self, (key, side): (&Key, Side), place: u32, entry: &Entry, idle: i64) -> Option<Booked> {
        let (hot, cold) = self.open_mut(place as usize)?;
        if hot.key != *key || !hot.continues(cold, entry, side, idle) {
            return None;
        }
        // What does not fit the handshake that is asked for is looked at apart: it may be of the spell before.
        if hot.is_asking()
            && entry.tcp.is_some_and(|tcp| hot.is_strange(cold, &tcp, entry.share.payload, side))
        {
            return None;
        }
        Some(Booked::absorb((hot, cold), place, entry, side))
    }

    /// Adds a segment that is strange to the open spell at a place, of which nothing but the SYN was seen, to that or to the one
    /// before, if it goes on with one of them.
    #[cold]
    #[inline(never)]
    fn answer(&mut self, of: (&Key, Side), place: u32, entry: &Entry, idle: i64) -> Option<Booked> {
        let (hot, cold) = self.open_mut(place as usize)?;
        if !hot.continues(cold, entry, of.1, idle) || !hot.is_asking() {
            return None;
        }
        if let Some(late) = self.add_late(of, place, entry, idle) {
            return Some(late);
        }
        let (hot, cold) = self.open_mut(place as usize)?;
        Some(Booked::absorb((hot, cold), place, entry, of.1))
    }

    /// Adds a segment to the spell before the open one at `place`, if that only asks for a connection and the segment stands
    /// where the one before ended.
    fn add_late(
        &mut self,
        (key, side): (&Key, Side),
        place: u32,
        entry: &Entry,
        idle: i64,
    ) -> Option<Booked> {
        let before = self.last_settled(key)?;
        let Spell { hot, cold } = self.settled.get_mut(before)?;
        // An earlier chunk may know better where that one ended.
        cold.history.mark();
        if !hot.ends_at(cold, entry, side, idle) {
            return None;
        }
        hot.absorb(cold, entry, side);
        // It has no payload, so no reader asks for more of it.
        Some(Booked { place, added: Added::Late, flags: 0 })
    }

    /// Where the last settled spell of a key stands.
    pub(crate) fn last_settled(&self, key: &Key) -> Option<usize> {
        let places = || {
            let mut places = Index::default();
            for (place, spell) in (0..).zip(self.settled.iter()) {
                set_last(&mut places, &self.settled, &spell.hot.key, place);
            }
            places
        };
        let of_key = |place| is_of(&self.settled, place, key);
        self.last_settled.get_or_init(places).find(hash(key), of_key).map(|place| place as usize)
    }

    /// Takes in a spell that another of its key followed.
    pub(crate) fn settle(&mut self, spell: Spell) {
        if let Some(places) = self.last_settled.get_mut() {
            set_last(places, &self.settled, &spell.hot.key, self.settled.len() as u32);
        }
        self.settled.push(spell);
    }

    /// Opens a spell of a key that has none open.
    pub(crate) fn insert(&mut self, hash: u64, spell: Spell) -> usize {
        let place = self.open.len();
        self.open.push(spell);
        self.enter(hash, place);
        place
    }

    /// Opens spells of keys that have none open, where they lie; returns their places. They must be
    /// [entered](Shard::enter) before they can be found.
    pub(crate) fn adopt(&mut self, open: Slab<Spell>) -> std::ops::Range<usize> {
        let first = self.open.len();
        self.open.append(open);
        first..self.open.len()
    }

    /// Enters the open spell at `place` into the index, by the hash of its key.
    pub(crate) fn enter(&mut self, hash: u64, place: usize) {
        self.index.insert(hash as u32, place as u32);
    }

    /// Lets go of the index: no spell can be found until there is [another](Shard::reindex).
    pub(crate) fn unindex(&mut self) {
        self.index = Index::default();
        self.last_settled.take();
    }

    /// Makes the index anew.
    pub(crate) fn reindex(&mut self, hash: impl Fn(&Key) -> u64) {
        self.index = Index::default();
        for (place, spell) in (0..).zip(self.open.iter()) {
            self.index.insert(hash(&spell.hot.key) as u32, place);
        }
    }

    /// Settles the open spell at `place` and opens another of its key there.
    pub(crate) fn replace(&mut self, place: usize, spell: Spell) {
        if let Some(old) = self.open.get_mut(place) {
            let old = std::mem::replace(old, spell);
            self.settle(old);
        }
    }

    /// Takes the open spell at `place` out to change it; [`Shard::put_back`] must follow.
    pub(crate) fn take(&mut self, place: usize) -> Option<Spell> {
        let Spell { hot, cold } = self.open.get_mut(place)?;
        Some(Spell { hot: hot.clone(), cold: std::mem::take(cold) })
    }

    /// Puts back what [`Shard::take`] took.
    pub(crate) fn put_back(&mut self, place: usize, spell: Spell) {
        if let Some(here) = self.open.get_mut(place) {
            *here = spell;
        }
    }

    /// The spell at a place of this shard.
    pub(crate) fn spell_mut(&mut self, at: At) -> Option<(&mut Hot, &mut Cold)> {
        if at.settled {
            return self.settled.get_mut(at.place).map(|spell| (&mut spell.hot, &mut spell.cold));
        }
        self.open_mut(at.place)
    }

    /// The open spell at a place.
    pub(crate) fn open_mut(&mut self, place: usize) -> Option<(&mut Hot, &mut Cold)> {
        self.open.get_mut(place).map(|spell| (&mut spell.hot, &mut spell.cold))
    }

    /// The same, to be looked at.
    pub(crate) fn open(&self, place: usize) -> Option<(&Hot, &Cold)> {
        self.open.get(place).map(|spell| (&spell.hot, &spell.cold))
    }

    /// How many spells there are.
    pub(crate) fn len(&self) -> usize {
        self.open.len() + self.settled.len()
    }

    /// Every spell: the settled ones in the order in which they settled, then the open ones by place.
    pub(crate) fn spells(&self) -> impl Iterator<Item = (&Hot, &Cold)> {
        self.settled.iter().chain(self.open.iter()).map(|spell| (&spell.hot, &spell.cold))
    }

    /// The same, to be changed.
    pub(crate) fn spells_mut(&mut self) -> impl Iterator<Item = &mut Spell> {
        self.settled.iter_mut().chain(self.open.iter_mut())
    }

    /// The spell at place `n` of [`Shard::spells`].
    pub(crate) fn spell(&self, n: usize) -> Option<(&Hot, &Cold)> {
        match n.checked_sub(self.settled.len()) {
            None => self.settled.get(n).map(|spell| (&spell.hot, &spell.cold)),
            Some(place) => self.open(place),
        }
    }

    /// Removes the spells at these places of [`Shard::spells`], ascending, and gives them to `sink`.
    pub(crate) fn remove(
        &mut self,
        places: &[usize],
        hash: impl Fn(&Key) -> u64,
        mut sink: impl FnMut(Spell),
    ) {
        let mut gone = places.iter().copied().peekable();
        let mut at = 0..;
        let mut stays = |spell: Spell| {
            let here = at.next();
            if gone.next_if(|&place| Some(place) == here).is_none() {
                return Some(spell);
            }
            sink(spell);
            None
        };
        self.last_settled.take();
        let settled = std::mem::take(&mut self.settled);
        self.settled = settled.into_iter().filter_map(&mut stays).collect();
        let open = std::mem::take(&mut self.open);
        self.index.clear();
        for spell in open {
            if let Some(spell) = stays(spell) {
                let hash = hash(&spell.hot.key);
                self.insert(hash, spell);
            }
        }
    }
}

/// The hash by which the last settled spell of a key is found.
fn hash(key: &Key) -> u32 {
    seeded().hash_one(key) as u32
}

fn is_of(settled: &Slab<Spell>, place: u32, key: &Key) -> bool {
    settled.get(place as usize).is_some_and(|spell| spell.hot.key == *key)
}

/// Notes that the last settled spell of a key stands at a place.
fn set_last(places: &mut Index, settled: &Slab<Spell>, key: &Key, place: u32) {
    places.set(hash(key), place, |known| is_of(settled, known, key));
}
