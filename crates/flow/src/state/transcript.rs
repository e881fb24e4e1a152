//! What the stream readers decided about halves, each distinct verdict kept once.

use hashbrown::HashTable;
use lenscap_wire::{Fact, Field, Party, ReaderId};
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

use crate::state::seed::seeded;
use crate::state::text::{TextId, Texts};

/// A verdict by its place in [`Verdicts`]. Ids are local to one summary; a merge compares content.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub(crate) struct VerdictId(pub(crate) u32);

impl VerdictId {
    /// Not decided, or no reader knew the bytes.
    pub(crate) const NONE: Self = Self(0);
}

/// One statement of a verdict.
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
    pub(crate) fn new(texts: &mut Texts, who: Party, field: Field, value: &[u8]) -> Self {
        Self { of_receiver: who == Party::Receiver, field, value: texts.intern(value) }
    }
}

/// What a half asked for; empty where it did not say.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
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

/// What was heard of a half.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) verdict: VerdictId,
    pub(crate) asked: Asked,
}

/// What one reading of a half yields, before it is kept. The first name of the flow's server and the path asked for
/// are kept apart, so that halves that differ in them alone share a verdict.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hearing {
    pub(crate) said: Vec<Said>,
    pub(crate) asked: Asked,
}

impl Hearing {
    /// Forgets what was heard.
    pub(crate) fn clear(&mut self) {
        self.said.clear();
        self.asked = Asked::NOTHING;
    }

    /// Hears a fact.
    pub(crate) fn hear(&mut self, texts: &mut Texts, fact: &Fact<'_>) {
        let Fact::Says { who, field, value } = *fact else { return };
        let mut said = Said::new(texts, who, field, value);
        let Asked { name, path } = &mut self.asked;
        let said_something = said.value != TextId::EMPTY;
        if said_something && *name == TextId::EMPTY && field.names_flow() {
            *name = std::mem::replace(&mut said.value, TextId::OWN);
        } else if said_something && *path == TextId::EMPTY && field.is_path() {
            *path = std::mem::replace(&mut said.value, TextId::PATH);
        }
        self.said.push(said);
    }
}

/// A protocol and what was said in it.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// Which reader decided.
    pub(crate) reader: u8,
    /// What it found, in its order.
    pub(crate) said: Box<[Said]>,
    /// What it costs in the memory budget, its texts included.
    #[serde(skip)]
    pub(crate) cost: u32,
}

impl Verdict {
    /// What a verdict costs beside its statements.
    pub(crate) const COST: usize = 48;

    fn cost(said: &[Said], texts: &Texts) -> u32 {
        let each = |said: &Said| size_of::<Said>() + texts.text(said.value).len();
        (Self::COST + said.iter().map(each).sum::<usize>()) as u32
    }
}

/// Every verdict, in order of appearance; the first stands for none.
#[derive(Clone, Debug)]
pub(crate) struct Verdicts {
    all: Vec<Verdict>,
    ids: HashTable<u32>,
}

impl Default for Verdicts {
    fn default() -> Self {
        let none = Verdict { reader: u8::MAX, said: Box::default(), cost: 0 };
        Self { all: vec![none], ids: HashTable::new() }
    }
}

impl Verdicts {
    /// The id of a verdict, whose texts are these.
    pub(crate) fn intern(&mut self, reader: ReaderId, said: &[Said], texts: &Texts) -> VerdictId {
        self.put(reader, said, || Verdict::cost(said, texts))
    }

    fn put(&mut self, reader: ReaderId, said: &[Said], cost: impl FnOnce() -> u32) -> VerdictId {
        let hash = seeded().hash_one((reader.0, said));
        let same =
            |&id: &u32| self.all.get(id as usize).is_some_and(|v| v.reader == reader.0 && *v.said == *said);
        if let Some(&id) = self.ids.find(hash, same) {
            return VerdictId(id);
        }
        let id = self.all.len() as u32;
        self.all.push(Verdict { reader: reader.0, said: said.into(), cost: cost() });
        let all = &self.all;
        let rehash = |&id: &u32| all.get(id as usize).map_or(0, |v| seeded().hash_one((v.reader, &*v.said)));
        self.ids.insert_unique(hash, id, rehash);
        VerdictId(id)
    }

    /// A verdict; `None` for [`VerdictId::NONE`].
    pub(crate) fn verdict(&self, id: VerdictId) -> Option<&Verdict> {
        self.all.get(id.0 as usize).filter(|_| id != VerdictId::NONE)
    }

    /// What a verdict costs in the memory budget.
    pub(crate) fn cost(&self, id: VerdictId) -> usize {
        self.all.get(id.0 as usize).map_or(0, |verdict| verdict.cost as usize)
    }

    /// How many there are, the empty one included.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The id of another table's verdict, whose texts become ours by `text`.
    pub(crate) fn keep(&mut self, verdict: &Verdict, mut text: impl FnMut(TextId) -> TextId) -> VerdictId {
        let mut value = |id: TextId| if matches!(id, TextId::OWN | TextId::PATH) { id } else { text(id) };
        let ours = |said: &Said| Said { value: value(said.value), ..*said };
        let said: Vec<Said> = verdict.said.iter().map(ours).collect();
        self.put(ReaderId(verdict.reader), &said, || verdict.cost)
    }

    /// Takes in another's verdicts, whose texts become ours by `text`; the result maps its ids to ours.
    pub(crate) fn adopt(&mut self, other: &Self, mut text: impl FnMut(TextId) -> TextId) -> Vec<VerdictId> {
        let ids = other.iter().map(|verdict| self.keep(verdict, &mut text));
        std::iter::once(VerdictId::NONE).chain(ids.collect::<Vec<_>>()).collect()
    }

    /// All in the order of their ids, the empty one first.
    pub(crate) fn all(&self) -> &[Verdict] {
        &self.all
    }

    /// All but the empty one, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Verdict> {
        self.all.iter().skip(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_verdicts_share_an_id_across_summaries() {
        let (mut ours, mut theirs) = (Texts::default(), Texts::default());
        ours.intern(b"noise");
        let make = |texts: &mut Texts| [Said::new(texts, Party::Receiver, Field::TlsSni, b"example.com")];
        let (mut left, mut right) = (Verdicts::default(), Verdicts::default());
        let said = [make(&mut ours), make(&mut theirs)];
        let here = left.intern(ReaderId(3), &said[0], &ours);
        let there = right.intern(ReaderId(3), &said[1], &theirs);
        let texts = ours.adopt(&theirs);
        let map = left.adopt(&right, |id| texts[id.0 as usize]);
        assert_eq!(map[there.0 as usize], here);
        assert_eq!(left.len(), 2);
        assert!(left.verdict(VerdictId::NONE).is_none());
    }
}
