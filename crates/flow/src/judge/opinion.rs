//! What the stream readers' verdicts mean, worked out once for each distinct verdict and not for each flow.
//!
//! A capture has far fewer verdicts than flows, and a flow's verdicts are all that its readers said of it. So texts
//! are compared and the catalogue is asked here, and judging a flow is joining two opinions.

use hashbrown::HashTable;
use lenscap_catalog::{Catalog, Endpoint, SharedGroup};
use rayon::prelude::*;
use std::hash::BuildHasher;
use std::ops::Range;

use super::attribution::{KINDS, host_part};
use crate::key::seeded;
use crate::late::Late;
use crate::summary::Summary;
use crate::text::{TextId, Texts};
use crate::verdict::{Said, Verdict, VerdictId};

/// What the catalogue says of a name: whose it is, and why it may be nobody's.
pub(crate) type Owner<'a> = (Option<&'a Endpoint>, Option<SharedGroup>);

/// A name that a half gave for the flow's server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    /// Which of [`KINDS`].
    pub(crate) kind: u8,
    pub(crate) name: &'a [u8],
    pub(crate) owner: Owner<'a>,
}

/// A set of statements about one end: whether it is of the capture's end, and its place among those sets. The first
/// is the empty one.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct SetId {
    late: bool,
    place: u32,
}

impl SetId {
    /// Whether nothing was said.
    pub(crate) fn is_empty(self) -> bool {
        self.place == 0
    }
}

/// What one verdict means.
#[derive(Clone, Debug)]
pub(crate) struct Opinion {
    /// The reader that decided; [`Opinion::NOBODY`] where none did.
    reader: u8,
    claims: Range<u32>,
    /// What was said about the half's sender and about its receiver.
    pub(crate) about: [SetId; 2],
}

impl Opinion {
    const NOBODY: u8 = u8::MAX;
    /// No verdict.
    pub(crate) const NONE: Self =
        Self { reader: Self::NOBODY, claims: 0..0, about: [SetId { late: false, place: 0 }; 2] };

    /// The reader that decided.
    pub(crate) fn reader(&self) -> Option<u8> {
        (self.reader != Self::NOBODY).then_some(self.reader)
    }
}

/// The opinions on all verdicts: on the summary's, and on those of the capture's end.
pub(crate) struct Opinions<'a> {
    early: Heard<'a>,
    late: Heard<'a>,
}

impl<'a> Opinions<'a> {
    pub(crate) fn new(summary: &'a Summary, late: &'a Late, catalog: &'a Catalog) -> Self {
        Self {
            early: Heard::new(&summary.texts, summary.verdicts.all(), catalog, false),
            late: Heard::new(&late.texts, late.verdicts.all(), catalog, true),
        }
    }

    /// The opinion on a verdict of the summary.
    #[inline]
    pub(crate) fn early(&self, VerdictId(id): VerdictId) -> Option<(&Opinion, &[Claim<'a>])> {
        self.early.opinion(id)
    }

    /// The opinion on a verdict of the capture's end.
    pub(crate) fn late(&self, VerdictId(id): VerdictId) -> Option<(&Opinion, &[Claim<'a>])> {
        self.late.opinion(id)
    }

    /// Kind and value of each statement of a set.
    pub(crate) fn statements(&self, set: SetId) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let heard = if set.late { &self.late } else { &self.early };
        let texts = heard.texts;
        let set = slice(&heard.statements, &heard.ends, set.place);
        set.iter().map(move |&(kind, value)| (texts.text(kind), texts.text(value)))
    }
}

/// What the catalogue says of a host name, with or without a port.
pub(crate) fn owner<'a>(catalog: &'a Catalog, name: &[u8]) -> Owner<'a> {
    let (endpoint, shared) = catalog.host(host_part(name));
    (endpoint, shared.map(|shared| shared.group))
}

/// The opinions on one table of verdicts.
struct Heard<'a> {
    texts: &'a Texts,
    opinions: Vec<Opinion>,
    claims: Vec<Claim<'a>>,
    /// Every set of statements once, one after another.
    statements: Vec<(TextId, TextId)>,
    /// End of each set in `statements`.
    ends: Vec<u32>,
    ids: HashTable<u32>,
}

impl<'a> Heard<'a> {
    fn new(texts: &'a Texts, verdicts: &[Verdict], catalog: &'a Catalog, late: bool) -> Self {
        let kinds = KINDS.map(|(kind, ..)| texts.find(kind.as_bytes()));
        let claim = |said: &Said| {
            let kind = kinds.iter().position(|kind| *kind == Some(said.kind))? as u8;
            let name = texts.text(said.value);
            Some(Claim { kind, name, owner: owner(catalog, name) })
        };
        let claims_of = |verdict: &Verdict| verdict.said.iter().filter_map(claim).collect::<Vec<_>>();
        let claimed: Vec<_> = verdicts.par_iter().with_min_len(1024).map(claims_of).collect();
        let (opinions, claims, statements) = (Vec::with_capacity(verdicts.len()), Vec::new(), Vec::new());
        let mut heard = Self { texts, opinions, claims, statements, ends: vec![0], ids: HashTable::new() };
        for (verdict, claims) in verdicts.iter().zip(claimed) {
            let start = heard.claims.len() as u32;
            heard.claims.extend(claims);
            let about = [false, true].map(|of_receiver| {
                let said = verdict.said.iter().filter(|said| said.of_receiver == of_receiver);
                SetId { late, place: heard.intern(said.map(|said| (said.kind, said.value))) }
            });
            let claims = start..heard.claims.len() as u32;
            heard.opinions.push(Opinion { reader: verdict.reader, claims, about });
        }
        heard
    }

    fn intern(&mut self, set: impl Iterator<Item = (TextId, TextId)>) -> u32 {
        let start = self.statements.len();
        self.statements.extend(set);
        if self.statements.len() == start {
            return 0;
        }
        let hash = |set: &[(TextId, TextId)]| seeded().hash_one(set);
        let (statements, ends) = (&self.statements, &self.ends);
        let added = statements.get(start..).unwrap_or(&[]);
        let key = hash(added);
        if let Some(&known) = self.ids.find(key, |&id| slice(statements, ends, id) == added) {
            self.statements.truncate(start);
            return known;
        }
        let id = self.ends.len() as u32;
        self.ends.push(self.statements.len() as u32);
        let (statements, ends) = (&self.statements, &self.ends);
        self.ids.insert_unique(key, id, |&id| hash(slice(statements, ends, id)));
        id
    }

    #[inline]
    fn opinion(&self, id: u32) -> Option<(&Opinion, &[Claim<'a>])> {
        let opinion = self.opinions.get(id as usize)?;
        let claims = self.claims.get(opinion.claims.start as usize..opinion.claims.end as usize)?;
        Some((opinion, claims))
    }
}

fn slice<'s>(all: &'s [(TextId, TextId)], ends: &[u32], id: u32) -> &'s [(TextId, TextId)] {
    let at = |n: usize| ends.get(n).copied().unwrap_or(0) as usize;
    let start = (id as usize).checked_sub(1).map_or(0, at);
    all.get(start..at(id as usize)).unwrap_or(&[])
}
