//! Texts: names and values from packets, each kept once.

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

use crate::key::seeded;

/// A text by its place in [`Texts`]. Ids are local to one summary; a merge compares content.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct TextId(pub(crate) u32);

impl TextId {
    /// The empty text.
    pub(crate) const EMPTY: Self = Self(0);
    /// In a verdict: the name that the half itself gave, kept with the half.
    pub(crate) const OWN: Self = Self(u32::MAX);
    /// In a verdict: the path that the half asked for, kept with the half.
    pub(crate) const PATH: Self = Self(u32::MAX - 1);
}

/// Every text seen, in order of appearance, in one arena.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// The hash of each, for growing and for adopting.
    hashes: Vec<u64>,
    ids: HashTable<Entry>,
    /// Ids of words of the program, by where they stand in it and how long they are.
    words: Vec<(usize, usize, TextId)>,
}

/// A text by where it stands, so that looking one up touches its bytes and nothing else.
#[derive(Clone, Copy, Debug)]
struct Entry {
    id: TextId,
    start: u32,
    end: u32,
}

impl Entry {
    #[inline]
    fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or(&[])
    }
}

impl Default for Texts {
    fn default() -> Self {
        let mut texts = Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            hashes: Vec::new(),
            ids: HashTable::new(),
            words: Vec::new(),
        };
        texts.intern(b"");
        texts
    }
}

impl Texts {
    /// Bytes that all texts together may take: offsets are 32 bits.
    pub(crate) const CAP: usize = u32::MAX as usize;

    /// The id of a text. A text that would pass [`Texts::CAP`] becomes the empty one.
    pub(crate) fn intern(&mut self, text: &[u8]) -> TextId {
        self.put(seeded().hash_one(text), text)
    }

    fn put(&mut self, hash: u64, text: &[u8]) -> TextId {
        if let Some(known) = self.ids.find(hash, |entry| entry.of(&self.bytes) == text) {
            return known.id;
        }
        if self.bytes.len() + text.len() > Self::CAP {
            return TextId::EMPTY;
        }
        let (id, start) = (TextId(self.ends.len() as u32), self.bytes.len() as u32);
        self.bytes.extend_from_slice(text);
        let end = self.bytes.len() as u32;
        self.ends.push(end);
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.ids.insert_unique(hash, Entry { id, start, end }, |entry| hash_of(hashes, entry));
        id
    }

    /// The id of a word that stands in the program, such as the name of a field.
    #[inline]
    pub(crate) fn word(&mut self, word: &'static str) -> TextId {
        let (place, length) = (word.as_ptr() as usize, word.len());
        if let Some(&(.., id)) = self.words.iter().find(|known| (known.0, known.1) == (place, length)) {
            return id;
        }
        let id = self.intern(word.as_bytes());
        self.words.push((place, length, id));
        id
    }

    /// The id of a text that is there already.
    pub(crate) fn find(&self, text: &[u8]) -> Option<TextId> {
        let hash = seeded().hash_one(text);
        self.ids.find(hash, |entry| entry.of(&self.bytes) == text).map(|entry| entry.id)
    }

    /// The bytes of a text.
    pub(crate) fn text(&self, id: TextId) -> &[u8] {
        slice(&self.bytes, &self.ends, id.0)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Every text in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len() as u32).map(|id| self.text(TextId(id)))
    }

    /// Takes in another's texts; the result maps its ids to ours.
    pub(crate) fn adopt(&mut self, other: &Self) -> Vec<TextId> {
        let hashes = &self.hashes;
        self.ids.reserve(other.len(), |entry| hash_of(hashes, entry));
        other.hashes.iter().zip(other.iter()).map(|(hash, text)| self.put(*hash, text)).collect()
    }
}

fn hash_of(hashes: &[u64], entry: &Entry) -> u64 {
    hashes.get(entry.id.0 as usize).copied().unwrap_or(0)
}

fn slice<'a>(bytes: &'a [u8], ends: &[u32], id: u32) -> &'a [u8] {
    let at = |n: usize| ends.get(n).copied().unwrap_or(0) as usize;
    let start = (id as usize).checked_sub(1).map_or(0, at);
    bytes.get(start..at(id as usize)).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let mut texts = Texts::default();
        let (one, two) = (texts.intern(b"one"), texts.intern(b"two"));
        assert_eq!(texts.intern(b"one"), one);
        assert_eq!((texts.text(one), texts.text(two)), (&b"one"[..], &b"two"[..]));
        assert_eq!(texts.intern(b""), TextId::EMPTY);
        assert_eq!(texts.iter().count(), 3);
    }

    #[test]
    fn many_texts_survive_growth_and_adoption() {
        let mut theirs = Texts::default();
        let ids: Vec<_> = (0..1000).map(|n| theirs.intern(format!("name-{n}").as_bytes())).collect();
        let mut ours = Texts::default();
        ours.intern(b"name-500");
        let map = ours.adopt(&theirs);
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(ours.text(map[id.0 as usize]), format!("name-{n}").as_bytes());
        }
    }
}
