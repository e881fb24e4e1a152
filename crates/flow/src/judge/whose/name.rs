//! Which name an address had, for whom and when.
//!
//! Asked at noon who 192.0.2.7 was to 192.168.1.5: the name in the last answer that this asker had got before noon; else what
//! others had been told of that address, else what was said later, each with less confidence. An answer that was asked for
//! is worth more than one that was not: anybody can send one of those (RFC 5452, 9.1). What is said by multicast names what
//! is on the link (RFC 6762, 3), and never an address outside.

use hashbrown::HashMap;
use lenscap_wire::{Address, PacketRef, Resolver, Timestamp};

use crate::judge::boundary::Boundary;
use crate::judge::{Court, rules};
use crate::report::NameView;
use crate::state::names::{AnswerKey, Run};
use crate::state::summary::Summary;
use crate::state::text::TextId;

/// A name found for an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    pub(crate) name: TextId,
    /// Names on the way from it to the address.
    pub(crate) chain: TextId,
    pub(crate) source: &'static str,
    pub(crate) confidence: u8,
    pub(crate) at: PacketRef,
}

impl Named {
    /// Whether the asker itself had asked and was told so lately.
    pub(crate) const fn is_own(&self) -> bool {
        self.confidence == rules::BY_OWN_DNS
    }
}

/// The answers by address, each list in order of time.
pub(crate) struct NameIndex<'a> {
    summary: &'a Summary,
    boundary: Boundary,
    by_address: HashMap<Address, Vec<&'a Run>>,
    /// Those that one asker was given, where they are many.
    by_asker: HashMap<AnswerKey, Vec<&'a Run>>,
}

impl<'a> NameIndex<'a> {
    /// Answers to one asker that are looked through one by one.
    const FEW: usize = 16;

    pub(crate) fn new(summary: &'a Summary, boundary: &Boundary) -> Self {
        let mut index = Self {
            summary,
            boundary: boundary.clone(),
            by_address: HashMap::new(),
            by_asker: HashMap::new(),
        };
        for (key, runs) in summary.site.names.each() {
            let inside = boundary.is_inside(key.0);
            let told = || runs.iter().filter(move |run| inside || run.by == Resolver::Dns);
            index.by_address.entry(key.0).or_default().extend(told());
            if runs.len() > Self::FEW {
                index.by_asker.insert(*key, told().collect());
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
    pub(crate) fn name(&self, address: Address, asker: Address, start: i64, end: i64) -> Option<Named> {
        let anybody = self.by_address.get(&address)?;
        if let Some(run) = self.own((address, asker), start) {
            let late = age(run, start) > rules::OWN_DNS_AGE;
            let own = !late && (run.by != Resolver::Dns || self.was_asked(asker, run));
            return Some(named(run, if own { rules::BY_OWN_DNS } else { rules::BY_OTHER_DNS }));
        }
        let count = anybody.partition_point(|run| run.first <= start);
        let before = count.checked_sub(1).and_then(|last| anybody.get(last));
        if let Some(run) = before.filter(|run| age(run, start) <= rules::OTHER_DNS_AGE) {
            return Some(named(run, rules::BY_OTHER_DNS));
        }
        let run = anybody.get(count)?;
        (run.first <= end.saturating_add(rules::NAME_AFTER)).then(|| named(run, rules::BY_LATER_DNS))
    }

    /// Whether the asker had asked for the name that a run of answers gave it.
    pub(crate) fn was_asked(&self, asker: Address, run: &Run) -> bool {
        let question = self.summary.site.names.question(asker, run.name);
        question.is_some_and(|question| question.asked > 0 && question.first <= run.last)
    }

    /// The latest answer to one asker at or before a moment.
    fn own(&self, key: AnswerKey, moment: i64) -> Option<&'a Run> {
        let runs = self.summary.site.names.runs(&key);
        if runs.len() <= Self::FEW {
            let before = runs.iter().filter(|run| run.first <= moment);
            let inside = self.boundary.is_inside(key.0);
            let told = before.filter(|run| inside || run.by == Resolver::Dns);
            return told.max_by_key(|run| (run.first, run.at));
        }
        let sorted = self.by_asker.get(&key)?;
        let count = sorted.partition_point(|run| run.first <= moment);
        sorted.get(count.checked_sub(1)?).copied()
    }
}

/// How long before a moment an answer was last given.
fn age(run: &Run, moment: i64) -> i64 {
    moment.saturating_sub(run.last.min(moment))
}

fn named(run: &Run, confidence: u8) -> Named {
    Named { name: run.name, chain: run.chain, source: run.by.name(), confidence, at: run.at }
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
        asked: (*asker != everybody && run.by == Resolver::Dns).then(|| court.names.was_asked(*asker, run)),
    };
    let mut all: Vec<_> =
        court.summary.site.names.all().into_iter().map(|(key, run)| view(key, run)).collect();
    all.sort_by(|a, b| {
        (a.first, a.name, a.address, a.asker, a.packet).cmp(&(b.first, b.name, b.address, b.asker, b.packet))
    });
    all
}
