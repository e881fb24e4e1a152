//! Which name an address had, for whom and when.
//!
//! Asked at noon who 192.0.2.7 was to 192.168.1.5: the name in the last answer that this asker had got before noon; else what
//! others had been told of that address, else what was said later, each with less confidence.

use hashbrown::HashMap;
use lenscap_wire::{Address, PacketRef, Resolver, Timestamp};

use super::late::{LateNames, Told};
use crate::judge::ending::Ending;
use crate::judge::{Court, rules};
use crate::report::NameView;
use crate::state::names::{AnswerKey, Run};
use crate::state::summary::Summary;
use crate::state::text::TextId;

/// A name found for an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a [u8],
    /// The name among the summary's texts; none where a stream told it.
    pub(crate) id: Option<TextId>,
    /// Names on the way from it to the address.
    pub(crate) chain: &'a [u8],
    pub(crate) source: &'static str,
    pub(crate) confidence: u8,
    pub(crate) at: PacketRef,
}

/// The answers by address, each list in order of time.
pub(crate) struct NameIndex<'a> {
    summary: &'a Summary,
    by_address: HashMap<Address, Vec<&'a Run>>,
    /// Those that one asker was given, where they are many.
    by_asker: HashMap<AnswerKey, Vec<&'a Run>>,
    /// What streams told.
    pub(crate) late: LateNames<'a>,
}

impl<'a> NameIndex<'a> {
    /// Answers to one asker that are looked through one by one.
    const FEW: usize = 16;

    pub(crate) fn new(summary: &'a Summary, ending: &'a Ending) -> Self {
        let late = LateNames::new(summary, ending);
        let mut index = Self { summary, by_address: HashMap::new(), by_asker: HashMap::new(), late };
        for (key, runs) in summary.site.names.each() {
            index.by_address.entry(key.0).or_default().extend(runs);
            if runs.len() > Self::FEW {
                index.by_asker.insert(*key, runs.iter().collect());
            }
        }
        for runs in index.by_address.values_mut().chain(index.by_asker.values_mut()) {
            // Stable: of several answers in one packet the last counts.
            runs.sort_by_key(|run| (run.first, run.at));
        }
        index
    }

    /// The name that `address` had for `asker` during a flow: the latest answer to the asker at or before its
    /// start, else the latest to anybody, else the first one soon after.
    pub(crate) fn name(&self, address: Address, asker: Address, start: i64, end: i64) -> Option<Named<'a>> {
        let early = self.early(address, asker, start, end);
        let Some(told) = self.late.by_address.get(&address) else { return early.map(|(_, named)| named) };
        let late = told.iter().filter_map(|told| {
            let trust = match (told.first <= start, told.asker == asker) {
                (true, true) => rules::BY_OWN_DNS,
                (true, false) => rules::BY_OTHER_DNS,
                (false, _) if told.first <= end.saturating_add(rules::NAME_AFTER) => rules::BY_LATER_DNS,
                (false, _) => return None,
            };
            let Told { name, chain, first, at, .. } = *told;
            let source = Resolver::Dns.name();
            Some((first, Named { name, id: None, chain, source, confidence: trust, at }))
        });
        // The best kind of answer; of those before the flow the latest, of those after it the first.
        let order = |(first, named): &(i64, Named<'_>)| {
            let near = if named.confidence == rules::BY_LATER_DNS { first.saturating_neg() } else { *first };
            (named.confidence, near)
        };
        early.into_iter().chain(late).max_by_key(order).map(|(_, named)| named)
    }

    fn early(&self, address: Address, asker: Address, start: i64, end: i64) -> Option<(i64, Named<'a>)> {
        let anybody = self.by_address.get(&address)?;
        if let Some(run) = self.own((address, asker), start) {
            return Some(self.named(run, rules::BY_OWN_DNS));
        }
        let count = anybody.partition_point(|run| run.first <= start);
        if let Some(run) = count.checked_sub(1).and_then(|last| anybody.get(last)) {
            return Some(self.named(run, rules::BY_OTHER_DNS));
        }
        let run = anybody.get(count)?;
        (run.first <= end.saturating_add(rules::NAME_AFTER)).then(|| self.named(run, rules::BY_LATER_DNS))
    }

    fn named(&self, run: &Run, confidence: u8) -> (i64, Named<'a>) {
        let texts = &self.summary.flows.texts;
        let (name, chain) = (texts.text(run.name), texts.text(run.chain));
        let source = run.by.name();
        (run.first, Named { name, id: Some(run.name), chain, source, confidence, at: run.at })
    }

    /// The latest answer to one asker at or before a moment.
    fn own(&self, key: AnswerKey, moment: i64) -> Option<&'a Run> {
        let runs = self.summary.site.names.runs(&key);
        if runs.len() <= Self::FEW {
            let before = runs.iter().filter(|run| run.first <= moment);
            return before.max_by_key(|run| (run.first, run.at));
        }
        let sorted = self.by_asker.get(&key)?;
        let count = sorted.partition_point(|run| run.first <= moment);
        sorted.get(count.checked_sub(1)?).copied()
    }
}

/// Every run of answers as a record.
pub(crate) fn records<'a>(court: &Court<'a>) -> Vec<NameView<'a>> {
    let texts = &court.summary.flows.texts;
    let everybody = Address::default();
    let view = |(address, asker): &(Address, Address), run: &Run| NameView {
        name: texts.text(run.name),
        address: address.ip(),
        asker: (*asker != everybody).then(|| asker.ip()),
        source: run.by.name(),
        first: Timestamp(run.first),
        last: Timestamp(run.last),
        packet: court.numbering.locate(&run.at),
    };
    let mut all: Vec<_> =
        court.summary.site.names.all().into_iter().map(|(key, run)| view(key, run)).collect();
    let late = court.names.late.by_address.iter().flat_map(|(address, all)| {
        all.iter().map(|told| NameView {
            name: told.name,
            address: address.ip(),
            asker: Some(told.asker.ip()),
            source: Resolver::Dns.name(),
            first: Timestamp(told.first),
            last: Timestamp(told.first),
            packet: court.numbering.locate(&told.at),
        })
    });
    all.extend(late);
    all.sort_by(|a, b| {
        (a.first, a.name, a.address, a.asker, a.packet).cmp(&(b.first, b.name, b.address, b.asker, b.packet))
    });
    all
}
