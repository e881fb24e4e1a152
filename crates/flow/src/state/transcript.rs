//! What the stream readers made out of halves, each distinct transcript kept once.
//!
//! A transcript is what was said and by which reader, without judging it: ten thousand connections whose hello says
//! `tls.version` 1.3, `tls.alpn` h2 and the half's own name have one transcript, and ten thousand names beside it.

use hashbrown::HashTable;
use lenscap_wire::{Fact, Field, Party, ReaderId};
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;
use std::ops::Range;

use crate::state::half::PayloadAt;
use crate::state::learned::{Learned, Told};
use crate::state::seed::seeded;
use crate::state::text::{TextId, Texts};

/// A transcript by its place in [`Transcripts`]. Ids are local to one summary; a merge compares content.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub(crate) struct TranscriptId(pub(crate) u32);

impl TranscriptId {
    /// Not decided, or no reader knew the bytes.
    pub(crate) const NONE: Self = Self(0);
}

/// One statement of a transcript.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Whether it is about the half's receiver rather than its sender.
    pub(crate) of_receiver: bool,
    /// The field (`tls.sni`).
    #[serde(with = "crate::state::field_word")]
    pub(crate) field: Field,
    /// What stood there; [`TextId::OWN`] and [`TextId::PATH`] for what is kept with the half.
    pub(crate) value: TextId,
}

impl Said {
    /// Keeps a fact's parts.
    pub(crate) fn new(texts: &mut Texts, of_receiver: bool, field: Field, value: &[u8]) -> Self {
        Self { of_receiver, field, value: texts.intern(value) }
    }
}

/// What a half asked for; empty where it did not say.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// The name of the flow's server.
    pub(crate) name: TextId,
    /// A path on that server.
    pub(crate) path: TextId,
}

impl Asked {
    /// Nothing.
    pub(crate) const NOTHING: Self = Self { name: TextId::EMPTY, path: TextId::EMPTY };
}

/// What one reading of a half yields, before it is kept: a reading that decides nothing leaves no trace, also where a
/// reader that hands on to another has had its say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Of whom, in which field, and where the value stands in `bytes`.
    facts: Vec<(bool, Field, Range<u32>)>,
    bytes: Vec<u8>,
    said: Vec<Said>,
    /// What was told at which place of the half.
    told: Vec<(Range<usize>, Told<Range<u32>>)>,
    /// Where what was said stands in the half, if the packet that decided it need not show it.
    shown: Option<Range<usize>>,
}

impl Draft {
    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.facts.clear();
        self.bytes.clear();
        self.told.clear();
        self.shown = None;
    }

    /// Takes in a fact.
    pub(crate) fn note(&mut self, fact: &Fact<'_>) {
        match *fact {
            Fact::Says { who, field, value } => {
                let value = self.write(value);
                self.facts.push((who == Party::Receiver, field, value));
            }
            Fact::Within { from, to, fact: said @ Fact::Says { .. } } => {
                self.shown = Some(from..to);
                self.note(said);
            }
            Fact::Within { from, to, fact } => {
                let Some(told) = Told::of(fact) else { return };
                let told = told.map(|text| self.write(text));
                self.told.push((from..to, told));
            }
            _ => {}
        }
    }

    fn write(&mut self, value: &[u8]) -> Range<u32> {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(value);
        start..self.bytes.len() as u32
    }

    /// Where what was said stands in the half, if the packet that decided it need not show it.
    pub(crate) fn shown(&self) -> Option<Range<usize>> {
        self.shown.clone()
    }

    /// Whether something was told that cites its own packet.
    pub(crate) fn tells(&self) -> bool {
        !self.told.is_empty()
    }

    /// What was told, with its texts kept; `shown` says where the message at a place of the half stands in the capture.
    pub(crate) fn learned(
        &mut self,
        texts: &mut Texts,
        shown: impl Fn(&Range<usize>) -> PayloadAt,
    ) -> Vec<Learned> {
        let mut known: Option<(Range<usize>, PayloadAt)> = None;
        let bytes = &self.bytes;
        let learn = |(place, told): (Range<usize>, Told<Range<u32>>)| {
            // Facts of one message follow one another.
            let PayloadAt { packet, time, .. } = match &known {
                Some((before, at)) if *before == place => *at,
                _ => known.insert((place.clone(), shown(&place))).1,
            };
            let text = |range: Range<u32>| bytes.get(range.start as usize..range.end as usize).unwrap_or(&[]);
            Learned { told: told.map(|range| texts.intern(text(range))), time, at: packet }
        };
        self.told.drain(..).map(learn).collect()
    }

    /// What was said, with its texts kept. The first name of the flow's server and the path asked for stand apart, so that
    /// halves that differ in them alone share a transcript.
    pub(crate) fn keep(&mut self, texts: &mut Texts) -> (&[Said], Asked) {
        let mut asked = Asked::NOTHING;
        self.said.clear();
        for (of_receiver, field, range) in &self.facts {
            let value = self.bytes.get(range.start as usize..range.end as usize).unwrap_or(&[]);
            let mut said = Said::new(texts, *of_receiver, *field, value);
            let said_something = said.value != TextId::EMPTY;
            if said_something && asked.name == TextId::EMPTY && field.names_flow() {
                asked.name = std::mem::replace(&mut said.value, TextId::OWN);
            } else if said_something && asked.path == TextId::EMPTY && field.is_path() {
                asked.path = std::mem::replace(&mut said.value, TextId::PATH);
            }
            self.said.push(said);
        }
        (&self.said, asked)
    }
}

/// A protocol and what was said in it.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub(crate) struct Transcript {
    /// Which reader decided.
    pub(crate) reader: u8,
    /// What it found, in its order.
    pub(crate) said: Box<[Said]>,
    /// What it costs in the memory budget, its texts included.
    #[serde(skip)]
    pub(crate) cost: u32,
}

impl Transcript {
    /// What a transcript costs beside its statements.
    pub(crate) const COST: usize = 48;

    fn hash(&self) -> u64 {
        seeded().hash_one((self.reader, &*self.said))
    }

    fn cost(said: &[Said], texts: &Texts) -> u32 {
        let each = |said: &Said| size_of::<Said>() + texts.text(said.value).len();
        (Self::COST + said.iter().map(each).sum::<usize>()) as u32
    }
}

/// Every transcript, in order of appearance; the first stands for none.
#[derive(Clone, Debug)]
pub(crate) struct Transcripts {
    all: Vec<Transcript>,
    ids: HashTable<u32>,
}

impl Default for Transcripts {
    fn default() -> Self {
        let none = Transcript { reader: u8::MAX, said: Box::default(), cost: 0 };
        Self { all: vec![none], ids: HashTable::new() }
    }
}

impl Transcripts {
    /// What stands in place of a reader where a half stayed undecided until its budget was spent.
    pub(crate) const SPENT: ReaderId = ReaderId(ReaderId::MAX);

    /// The id of a transcript, whose texts are these.
    pub(crate) fn intern(&mut self, reader: ReaderId, said: &[Said], texts: &Texts) -> TranscriptId {
        self.put(reader, said, || Transcript::cost(said, texts))
    }

    fn put(&mut self, reader: ReaderId, said: &[Said], cost: impl FnOnce() -> u32) -> TranscriptId {
        let hash = seeded().hash_one((reader.0, said));
        let same =
            |&id: &u32| self.all.get(id as usize).is_some_and(|v| v.reader == reader.0 && *v.said == *said);
        if let Some(&id) = self.ids.find(hash, same) {
            return TranscriptId(id);
        }
        let id = self.all.len() as u32;
        self.all.push(Transcript { reader: reader.0, said: said.into(), cost: cost() });
        self.enter(hash, id);
        TranscriptId(id)
    }

    fn enter(&mut self, hash: u64, id: u32) {
        let all = &self.all;
        self.ids.insert_unique(hash, id, |&id| all.get(id as usize).map_or(0, Transcript::hash));
    }

    /// Lets go of what transcripts are looked up by: none can be kept until there is [another](Transcripts::reindex).
    pub(crate) fn unindex(&mut self) {
        self.ids = HashTable::new();
    }

    /// Makes anew what transcripts are looked up by.
    pub(crate) fn reindex(&mut self) {
        self.ids = HashTable::with_capacity(self.all.len());
        for id in 1..self.all.len() as u32 {
            let hash = self.all.get(id as usize).map_or(0, Transcript::hash);
            self.enter(hash, id);
        }
    }

    /// A transcript; `None` for [`TranscriptId::NONE`].
    pub(crate) fn transcript(&self, id: TranscriptId) -> Option<&Transcript> {
        self.all.get(id.0 as usize).filter(|_| id != TranscriptId::NONE)
    }

    /// What a transcript costs in the memory budget.
    pub(crate) fn cost(&self, id: TranscriptId) -> usize {
        self.all.get(id.0 as usize).map_or(0, |transcript| transcript.cost as usize)
    }

    /// How many there are, the empty one included.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The id of another table's transcript, whose texts become ours by `text`.
    pub(crate) fn keep(
        &mut self,
        transcript: &Transcript,
        mut text: impl FnMut(TextId) -> TextId,
    ) -> TranscriptId {
        let mut value = |id: TextId| if matches!(id, TextId::OWN | TextId::PATH) { id } else { text(id) };
        let ours = |said: &Said| Said { value: value(said.value), ..*said };
        let said: Vec<Said> = transcript.said.iter().map(ours).collect();
        self.put(ReaderId(transcript.reader), &said, || transcript.cost)
    }

    /// Takes in another's transcripts, whose texts become ours by `text`; the result maps its ids to ours.
    pub(crate) fn adopt(
        &mut self,
        other: &Self,
        mut text: impl FnMut(TextId) -> TextId,
    ) -> Vec<TranscriptId> {
        let ids = other.iter().map(|transcript| self.keep(transcript, &mut text));
        std::iter::once(TranscriptId::NONE).chain(ids.collect::<Vec<_>>()).collect()
    }

    /// All in the order of their ids, the empty one first.
    pub(crate) fn all(&self) -> &[Transcript] {
        &self.all
    }

    /// All but the empty one, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Transcript> {
        self.all.iter().skip(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_transcripts_share_an_id_across_summaries() {
        let (mut ours, mut theirs) = (Texts::default(), Texts::default());
        ours.intern(b"noise");
        let make = |texts: &mut Texts| [Said::new(texts, true, Field::TlsSni, b"example.com")];
        let (mut left, mut right) = (Transcripts::default(), Transcripts::default());
        let said = [make(&mut ours), make(&mut theirs)];
        let here = left.intern(ReaderId(3), &said[0], &ours);
        let there = right.intern(ReaderId(3), &said[1], &theirs);
        let texts = ours.adopt(&theirs);
        let map = left.adopt(&right, |id| texts[id.0 as usize]);
        assert_eq!(map[there.0 as usize], here);
        assert_eq!(left.len(), 2);
        assert!(left.transcript(TranscriptId::NONE).is_none());
    }

    #[test]
    fn transcripts_are_found_again_by_another_index() {
        let (texts, mut all) = (Texts::default(), Transcripts::default());
        let said = |n: u8| [Said { of_receiver: false, field: Field::TlsSni, value: TextId(n.into()) }];
        let keep = |all: &mut Transcripts, n| all.intern(ReaderId(3), &said(n), &texts);
        let ids: Vec<_> = (0..100).map(|n| keep(&mut all, n)).collect();
        all.unindex();
        all.reindex();
        assert!((0..100).map(|n| keep(&mut all, n)).eq(ids));
    }
}
