//! The opinions on one table of transcripts, and what the catalogue says of its names.

use hashbrown::{HashMap, HashTable};
use lenscap_catalog::Catalog;
use lenscap_wire::Field;
use rayon::prelude::*;
use std::hash::BuildHasher;

use super::{Naming, Opinion, Owner, Testimony, owner};
use crate::judge::judged::KINDS;
use crate::judge::rules;
use crate::judge::whose::answered::{self, AsksProxy, Granted};
use crate::state::seed::seeded;
use crate::state::text::{TextId, Texts};
use crate::state::transcript::{Asked, Transcript, TranscriptId};

/// Points of one of [`KINDS`]; a certificate is weak that nobody vouches for or that holds for many.
pub(super) const fn confidence(kind: u8, weak: bool) -> u8 {
    match (kind, weak) {
        (0, _) => rules::BY_SNI,
        (1, _) => rules::BY_HOST,
        (_, false) => rules::BY_CERTIFICATE,
        (_, true) => rules::BY_WEAK_CERTIFICATE,
    }
}

/// The opinions on one table of transcripts.
pub(super) struct OpinionTable<'a> {
    /// Whether they are on the transcripts of the capture's end.
    pub(super) at_end: bool,
    pub(super) texts: &'a Texts,
    pub(super) opinions: Vec<Opinion>,
    pub(super) claims: Vec<Naming<'a>>,
    /// Every set of statements once, one after another.
    pub(super) statements: Vec<(Field, TextId)>,
    /// End of each set in `statements`.
    pub(super) ends: Vec<u32>,
    pub(super) ids: HashTable<u32>,
    /// What the catalogue says of each text that it knows as a name: most are nobody's.
    pub(super) owners: HashMap<TextId, Owner<'a>>,
}

impl<'a> OpinionTable<'a> {
    pub(super) fn new(
        texts: &'a Texts,
        transcripts: &[Transcript],
        catalog: &'a Catalog,
        at_end: bool,
    ) -> Self {
        let owned = |id| {
            let owner = owner(catalog, texts.text(id));
            (owner.0.is_some() || owner.1.is_some()).then_some((id, owner))
        };
        let ids = (0..texts.len() as u32).into_par_iter().with_min_len(4096).map(TextId);
        let owned: Vec<_> = ids.filter_map(owned).collect();
        let mut table = Self {
            at_end,
            texts,
            opinions: Vec::with_capacity(transcripts.len()),
            claims: Vec::new(),
            statements: Vec::new(),
            ends: vec![0],
            ids: HashTable::new(),
            owners: owned.into_iter().collect(),
        };
        for transcript in transcripts {
            table.opine(transcript);
        }
        // No set is looked up by what is in it any more.
        table.ids = HashTable::new();
        table
    }

    fn opine(&mut self, transcript: &Transcript) {
        let start = self.claims.len() as u32;
        let mut own = None;
        let covers = transcript.said.iter().any(|said| said.field == Field::TlsEch);
        let weak = self.is_weak(transcript);
        for said in &transcript.said {
            let Some(kind) = KINDS.iter().position(|(field, _)| *field == said.field) else { continue };
            let (kind, of_receiver) = (kind as u8, said.of_receiver);
            if said.value == TextId::OWN {
                own = Some((kind, of_receiver));
            } else if said.value != TextId::EMPTY {
                let (text, owner) = (self.texts.text(said.value), self.host_owner(said.value));
                let confidence = confidence(kind, weak);
                self.claims.push(Naming { kind, of_receiver, confidence, text, owner, covers });
            }
        }
        let about = [false, true].map(|of_receiver| {
            let of = transcript.said.iter().filter(|said| said.of_receiver == of_receiver);
            self.intern(
                of.filter(|said| !matches!(said.value, TextId::OWN | TextId::PATH))
                    .map(|said| (said.field, said.value)),
            )
        });
        let claims = start..self.claims.len() as u32;
        let path =
            transcript.said.iter().find(|said| said.value == TextId::PATH).map(|said| said.of_receiver);
        let confirms = answered::confirms(transcript, self.texts);
        let pictures = confirms && answered::pictures(transcript, self.texts);
        let isapi = answered::has_isapi(transcript, self.texts);
        let describes = answered::describes(transcript, self.texts);
        let turns_away = answered::turns_away(transcript, self.texts);
        let granted = Granted::of(transcript, self.texts);
        let asks_proxy = AsksProxy::of(transcript, self.texts);
        let unread_xml = answered::is_unread_xml(transcript, self.texts);
        let unopened = transcript.said.iter().any(|said| said.field == Field::QuicUnopened);
        let serves = transcript.said.iter().any(|said| said.field == Field::TlsCipher && !said.of_receiver);
        let reader = transcript.reader;
        let silent = about == [0; 2] && own.is_none() && path.is_none();
        self.opinions.push(Opinion {
            reader,
            own,
            covers,
            path,
            claims,
            confirms,
            pictures,
            isapi,
            describes,
            serves,
            turns_away,
            granted,
            asks_proxy,
            unread_xml,
            unopened,
            silent,
            about,
        });
    }

    /// Whether a certificate in it proves little: issued by its own subject, or for many names.
    fn is_weak(&self, transcript: &Transcript) -> bool {
        transcript.said.iter().any(|said| match said.field {
            Field::TlsSelfIssued => true,
            Field::TlsNames => {
                let names = std::str::from_utf8(self.texts.text(said.value)).unwrap_or_default();
                names.parse().is_ok_and(|names: u32| names > rules::CERTIFICATE_NAMES)
            }
            _ => false,
        })
    }

    fn intern(&mut self, set: impl Iterator<Item = (Field, TextId)>) -> u32 {
        let start = self.statements.len();
        self.statements.extend(set);
        if self.statements.len() == start {
            return 0;
        }
        let hash = |set: &[(Field, TextId)]| seeded().hash_one(set);
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
    pub(super) fn testimony(&self, (transcript, asked): (TranscriptId, Asked)) -> Testimony<'_, 'a> {
        let opinion = self.opinions.get(transcript.0 as usize).unwrap_or(&Opinion::NONE);
        Testimony { table: self, opinion, asked }
    }

    /// The same of one name, of which a blank is no part: where it has one it is nobody's.
    pub(super) fn host_owner(&self, name: TextId) -> Owner<'a> {
        let owner = self.owner(name);
        let is_one = owner.0.is_none() || memchr::memchr(b' ', self.texts.text(name)).is_none();
        if is_one { owner } else { Owner::default() }
    }

    #[inline]
    pub(super) fn owner(&self, name: TextId) -> Owner<'a> {
        self.owners.get(&name).copied().unwrap_or_default()
    }
}

pub(super) fn slice<'s>(all: &'s [(Field, TextId)], ends: &[u32], id: u32) -> &'s [(Field, TextId)] {
    let at = |n: usize| ends.get(n).copied().unwrap_or(0) as usize;
    let start = (id as usize).checked_sub(1).map_or(0, at);
    all.get(start..at(id as usize)).unwrap_or(&[])
}
