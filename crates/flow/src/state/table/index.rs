//! The index of a shard: from a hash to the places where its key may stand.
//!
//! Open addressing with linear probing over 8-byte slots of 32 bits of hash and 32 bits of place. A batch looks at
//! its slots ahead of time (`prefetch`), so that the misses of 32 packets overlap; that is why this is not
//! `hashbrown`, which hides its buckets.
//!
//! The index knows 32 bits of the hash and a place in the slabs; whether the record there has the wanted key, its user sees.

use prefetch_index::prefetch_index;

/// Place of no record.
pub(crate) const NOWHERE: u32 = u32::MAX;

const EMPTY: u64 = u64::MAX;

/// Hash to place. Removal is not needed: a key keeps its slot for the life of a summary.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    slots: Vec<u64>,
    used: usize,
}

impl Index {
    /// Brings the slot of a hash nearer.
    #[inline]
    pub(crate) fn prefetch(&self, hash: u32) {
        prefetch_index(&self.slots, self.home(hash));
    }

    /// The first place whose stored hash is `hash`, and that `same` accepts.
    #[inline]
    pub(crate) fn find(&self, hash: u32, mut same: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut at = self.home(hash);
        while let Some(&slot) = self.slots.get(at) {
            if slot == EMPTY {
                return None;
            }
            let (stored, place) = ((slot >> 32) as u32, slot as u32);
            if stored == hash && same(place) {
                return Some(place);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        None
    }

    /// Adds a place. The caller has found that its key is not there.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u32, place: u32) {
        if self.used * 8 >= self.slots.len() * 5 {
            self.grow();
        }
        self.used += 1;
        self.put(u64::from(hash) << 32 | u64::from(place));
    }

    /// Gives the key that `same` accepts another place, or adds it where it has none.
    pub(crate) fn set(&mut self, hash: u32, place: u32, mut same: impl FnMut(u32) -> bool) {
        let new = u64::from(hash) << 32 | u64::from(place);
        let mut at = self.home(hash);
        while let Some(slot) = self.slots.get_mut(at).filter(|slot| **slot != EMPTY) {
            if (*slot >> 32) as u32 == hash && same(*slot as u32) {
                *slot = new;
                return;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.insert(hash, place);
    }

    /// Forgets all places.
    pub(crate) fn clear(&mut self) {
        self.slots.fill(EMPTY);
        self.used = 0;
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        hash as usize & self.slots.len().wrapping_sub(1)
    }

    #[inline]
    fn put(&mut self, slot: u64) {
        let mut at = self.home((slot >> 32) as u32);
        while let Some(there) = self.slots.get_mut(at) {
            if *there == EMPTY {
                *there = slot;
                return;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    #[cold]
    fn grow(&mut self) {
        let wider = (self.slots.len() * 2).max(16);
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; wider]);
        for slot in old.into_iter().filter(|&slot| slot != EMPTY) {
            self.put(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn finds_what_a_tree_finds(keys in prop::collection::vec(0u32..500, 0..600)) {
            let (mut index, mut tree, mut stored) = (Index::default(), BTreeMap::new(), Vec::new());
            for key in keys {
                let hash = key % 7;
                let found = index.find(hash, |place| stored[place as usize] == key);
                prop_assert_eq!(found, tree.get(&key).copied());
                if found.is_none() {
                    let place = stored.len() as u32;
                    stored.push(key);
                    index.insert(hash, place);
                    tree.insert(key, place);
                }
            }
        }
    }

    #[test]
    fn a_key_has_the_place_that_it_was_given_last() {
        let (keys, mut index) = ([1, 8, 1, 15, 8, 1], Index::default());
        for (place, key) in (0..).zip(keys) {
            index.set(key % 7, place, |known| keys[known as usize] == key);
        }
        let of = |key: u32| index.find(key % 7, |place| keys[place as usize] == key);
        assert_eq!((of(1), of(8), of(15), of(22)), (Some(5), Some(4), Some(3), None));
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        let mut index = Index::default();
        assert_eq!(index.find(3, |_| true), None);
        index.prefetch(3);
        index.insert(3, NOWHERE - 1);
        assert_eq!(index.find(3, |_| true), Some(NOWHERE - 1));
        index.clear();
        assert_eq!(index.find(3, |_| true), None);
    }
}
