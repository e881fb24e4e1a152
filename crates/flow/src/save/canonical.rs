//! The state of a summary in one form, for the test of the merge law: what a whole report may not show, but a later joint
//! or a later scan would meet.
//!
//! Left out is what a cut may change by design, since it decides how soon a joint is refused or a capture is read again,
//! never what is said: the most that flows and fragments ever cost (joints only bound it), the order of texts,
//! transcripts and paths (a refused joint has given paths their numbers already), those that nothing names any more, the lists of decided halves, and what of the present bucket of time was
//! booked already.

use std::collections::BTreeMap;

use super::Portable;
use super::spell::PortableSpell;
use crate::state::fragment::portable::each_path;
use crate::state::path::PathId;
use crate::state::summary::Summary;
use crate::state::text::TextId;
use crate::state::transcript::{Said, Transcript, TranscriptId};

impl Summary {
    /// Bytes that are equal where two summaries hold the same state.
    #[doc(hidden)]
    pub fn state(&self) -> Vec<u8> {
        let mut all = self.portable();
        all.spell_peak = 0;
        all.datagrams.3 = 0;
        all.spells_mut().for_each(PortableSpell::forget_cuts);
        all.transcripts_in_order();
        all.texts_in_order();
        all.paths_in_order();
        // Vectors take every write, and every type here has a form.
        postcard::to_allocvec(&all).unwrap_or_default()
    }
}

impl Portable {
    /// Every spell that stands whole in it, to be changed.
    fn spells_mut(&mut self) -> impl Iterator<Item = &mut PortableSpell> {
        let evicted = self.evicted.iter_mut().map(|evicted| &mut evicted.largest);
        self.settled.iter_mut().chain(&mut self.open).chain(evicted)
    }

    /// Numbers the transcripts by what they say, those left out that no spell has.
    fn transcripts_in_order(&mut self) {
        let said = |transcript: &Transcript| {
            let each = |said: &Said| {
                let text = self.texts.get(said.value.0 as usize).cloned().unwrap_or_default();
                let word: &str = said.field.word();
                (said.of_receiver, word, said.value >= TextId::PATH, said.value == TextId::OWN, text)
            };
            (transcript.reader, transcript.said.iter().map(each).collect::<Vec<_>>())
        };
        let mut used = BTreeMap::new();
        let evicted = self.evicted.iter().map(|evicted| &evicted.largest);
        for spell in self.settled.iter().chain(&self.open).chain(evicted) {
            for id in spell.transcripts {
                let place = (id.0 as usize).checked_sub(1);
                if let Some((place, transcript)) =
                    place.and_then(|place| Some((place, self.transcripts.get(place)?)))
                {
                    used.insert(said(transcript), place);
                }
            }
        }
        let mut ids = vec![TranscriptId::NONE; self.transcripts.len() + 1];
        let mut kept = Vec::new();
        for &place in used.values() {
            kept.push(self.transcripts[place].clone());
            ids[place + 1] = TranscriptId(kept.len() as u32);
        }
        self.spells_mut()
            .for_each(|spell| spell.transcripts = spell.transcripts.map(|id| ids[id.0 as usize]));
        self.transcripts = kept;
    }

    /// Numbers the texts by what they are, those left out that nothing names.
    fn texts_in_order(&mut self) {
        let mut used = BTreeMap::from([(Vec::new(), TextId::EMPTY)]);
        let texts = std::mem::take(&mut self.texts);
        let text = |id: TextId| texts.get(id.0 as usize).cloned().unwrap_or_default();
        self.each_text(|id| _ = used.insert(text(*id), TextId::EMPTY));
        for (id, number) in used.values_mut().zip(0..) {
            *id = TextId(number);
        }
        self.each_text(|id| *id = used.get(&text(*id)).copied().unwrap_or_default());
        self.texts = used.into_keys().collect();
    }

    /// Numbers the paths by what they are; the first is none.
    fn paths_in_order(&mut self) {
        let mut order: Vec<usize> = (0..self.paths.len()).collect();
        order.sort_by_key(|&place| (place > 0, &self.paths[place]));
        let mut ids = vec![PathId::OTHER; order.len()];
        for (number, &place) in (0..).zip(&order) {
            ids[place] = PathId(number);
        }
        self.paths = order.iter().map(|&place| std::mem::take(&mut self.paths[place])).collect();
        let number = |id: &mut PathId| *id = ids.get(usize::from(id.0)).copied().unwrap_or(*id);
        self.spells_mut().for_each(|spell| number(spell.path_mut()));
        self.evicted.iter_mut().for_each(|evicted| number(&mut evicted.key.path));
        each_path(&mut self.datagrams, number);
        self.settled.sort_by_key(PortableSpell::order);
        self.open.sort_by_key(PortableSpell::order);
    }

    /// Gives every name of a text to `each`.
    fn each_text(&mut self, mut each: impl FnMut(&mut TextId)) {
        let said = self.transcripts.iter_mut().flat_map(|transcript| &mut transcript.said);
        said.map(|said| &mut said.value).filter(|id| **id < TextId::PATH).for_each(&mut each);
        self.spells_mut().for_each(|spell| spell.texts_mut().for_each(&mut each));
        self.evicted.iter_mut().map(|evicted| &mut evicted.key.name).for_each(&mut each);
        for run in &mut self.runs {
            each(&mut run.name);
            each(&mut run.chain);
        }
        self.questions.iter_mut().map(|(_, name, _)| name).for_each(&mut each);
        self.sightings.iter_mut().map(|sighting| &mut sighting.value).for_each(each);
    }
}
