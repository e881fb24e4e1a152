//! Texts: names and values from packets, each kept once.

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

use crate::state::seed::seeded;

/// A text by its place in [`Texts`]. Ids are local to one summary; a merge compares content.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct TextId(pub(crate) u32);

impl TextId {
    /// The empty text.
    pub(crate) const EMPTY: Self = Self(0);
    /// In a transcript: the name that the half itself gave, kept with the half.
    pub(crate) const OWN: Self = Self(u32::MAX);
    /// In a transcript: the path that the half asked for, kept with the half.
    pub(crate) const PATH: Self = Self(u32::MAX - 1);
}

/// Every text seen, in order of appearance, in one arena.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    /// Each text after its length: seven bits a byte, the lowest first, the upper bit set on all but the last.
    bytes: Vec<u8>,
    /// Where each begins.
    starts: Vec<u32>,
    ids: HashTable<Interned>,
}

/// A text by where it stands, so that looking one up touches its bytes and nothing else.
#[derive(Clone, Copy, Debug)]
struct Interned {
    id: TextId,
    start: u32,
}

impl Default for Texts {
    fn default() -> Self {
        let mut texts = Self { bytes: Vec::new(), starts: Vec::new(), ids: HashTable::new() };
        texts.intern(b"");
        texts
    }
}

impl Texts {
    /// Bytes that all texts and their lengths together may take: offsets are 32 bits.
    pub(crate) const CAP: usize = u32::MAX as usize;

    /// The id of a text. A text that would pass [`Texts::CAP`] becomes the empty one.
    pub(crate) fn intern(&mut self, text: &[u8]) -> TextId {
        let (hash, bytes) = (hash(text), &self.bytes);
        if let Some(known) = self.ids.find(hash, |entry| at(bytes, entry.start) == text) {
            return known.id;
        }
        if self.bytes.len() + text.len() + size_of::<u64>() > Self::CAP {
            return TextId::EMPTY;
        }
        let (id, start) = (TextId(self.starts.len() as u32), self.bytes.len() as u32);
        self.starts.push(start);
        let mut length = text.len();
        while length > 0x7f {
            self.bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        self.bytes.push(length as u8);
        self.bytes.extend_from_slice(text);
        let bytes = &self.bytes;
        self.ids.insert_unique(hash, Interned { id, start }, |entry| self::hash(at(bytes, entry.start)));
        id
    }

    /// Lets go of what texts are looked up by: none can be kept until there is [another](Texts::reindex).
    pub(crate) fn unindex(&mut self) {
        self.ids = HashTable::new();
    }

    /// Makes anew what texts are looked up by.
    pub(crate) fn reindex(&mut self) {
        let Self { bytes, starts, ids } = self;
        let rehash = |entry: &Interned| hash(at(bytes, entry.start));
        *ids = HashTable::with_capacity(starts.len());
        for (id, &start) in (0..).map(TextId).zip(&*starts) {
            let entry = Interned { id, start };
            ids.insert_unique(rehash(&entry), entry, rehash);
        }
    }

    /// The id of a text that is there already.
    #[cfg(test)]
    pub(crate) fn find(&self, text: &[u8]) -> Option<TextId> {
        self.ids.find(hash(text), |entry| at(&self.bytes, entry.start) == text).map(|entry| entry.id)
    }

    /// The bytes of a text.
    pub(crate) fn text(&self, id: TextId) -> &[u8] {
        self.starts.get(id.0 as usize).map_or(&[], |&start| at(&self.bytes, start))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Every text in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.starts.iter().map(|&start| at(&self.bytes, start))
    }

    /// Takes in another's texts; the result maps its ids to ours.
    pub(crate) fn adopt(&mut self, other: &Self) -> Vec<TextId> {
        // Parts of one capture have most texts in common: room for all of both would be twice what is needed.
        let (bytes, more) = (&self.bytes, other.len().saturating_sub(self.len()));
        self.ids.reserve(more, |entry| hash(at(bytes, entry.start)));
        other.iter().map(|text| self.intern(text)).collect()
    }
}

fn hash(text: &[u8]) -> u64 {
    seeded().hash_one(text)
}

/// The text whose length stands at `start`.
#[inline]
fn at(bytes: &[u8], start: u32) -> &[u8] {
    let mut rest = bytes.get(start as usize..).unwrap_or(&[]);
    let (mut length, mut shift) = (0usize, 0);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
    }
    rest.get(..length).unwrap_or(&[])
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
    fn texts_are_found_again_by_another_index() {
        let mut texts = Texts::default();
        let names: Vec<_> = (0..1000).map(|n| format!("name-{n}")).collect();
        let ids: Vec<_> = names.iter().map(|name| texts.intern(name.as_bytes())).collect();
        texts.unindex();
        assert_eq!((texts.text(ids[7]), texts.find(b"name-7")), (&b"name-7"[..], None));
        texts.reindex();
        assert!(names.iter().map(|name| texts.intern(name.as_bytes())).eq(ids));
        assert_eq!(texts.intern(b""), TextId::EMPTY);
    }

    #[test]
    fn texts_of_any_length_are_given_back() {
        let mut texts = Texts::default();
        let all: Vec<Vec<u8>> =
            [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 70_000].map(|length| vec![7; length]).into();
        let ids: Vec<_> = all.iter().map(|text| texts.intern(text)).collect();
        for (id, text) in ids.into_iter().zip(&all) {
            assert_eq!((texts.text(id), texts.find(text)), (&text[..], Some(id)));
        }
        assert!(texts.iter().eq(&all));
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
