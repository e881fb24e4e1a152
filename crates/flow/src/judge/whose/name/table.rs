//! The answers of one table, as they are looked for: by address, asker and moment.

use hashbrown::HashMap;
use lenscap_wire::{Address, Mac, PacketRef, Resolver, Timestamp};
use std::sync::{Arc, OnceLock};

use super::{LookedUp, Named};
use crate::judge::boundary::Boundary;
use crate::judge::whose::asked::ByMac;
use crate::judge::whose::unasked::Strays;
use crate::judge::{Court, rules};
use crate::report::NameView;
use crate::state::names::{ALIAS, AnswerKey, Names, Run};
use crate::state::text::{TextId, Texts};

/// The answers of one table by address, each list in order of time.
pub(super) struct NameTable<'a> {
    pub(super) at_end: bool,
    pub(super) names: &'a Names,
    pub(super) texts: &'a Texts,
    boundary: Boundary,
    strays: Arc<Strays>,
    pub(super) by_address: HashMap<Address, Vec<&'a Run>>,
    /// Those that one asker was given, where they are many.
    by_asker: HashMap<AnswerKey, Vec<&'a Run>>,
    /// The same by the MACs of their askers. Most captures of one version of IP do not ask.
    by_mac: OnceLock<ByMac>,
    /// The names that were asked for, where there is another table: the texts of a summary that is only judged cannot be
    /// looked up.
    pub(super) asked: HashMap<&'a [u8], TextId>,
    /// By asker and canonical name, what stands for that.
    pub(super) aliases: HashMap<(Address, &'a [u8]), Vec<&'a Run>>,
}

impl<'a> NameTable<'a> {
    /// Answers to one asker that are looked through one by one.
    pub(super) const FEW: usize = 16;

    pub(super) fn new(
        at_end: bool,
        (names, texts): (&'a Names, &'a Texts),
        (boundary, strays): (Boundary, Arc<Strays>),
    ) -> Self {
        let (by_address, by_asker, by_mac) = (HashMap::new(), HashMap::new(), OnceLock::new());
        let (asked, aliases) = (HashMap::new(), HashMap::new());
        let mut table =
            Self { at_end, names, texts, boundary, strays, by_address, by_asker, by_mac, asked, aliases };
        for (key, runs) in names.each() {
            if key.0 == ALIAS {
                table.add_aliases(key.1, runs);
                continue;
            }
            let inside = table.boundary.is_inside(key.0);
            let told = || runs.iter().filter(move |run| inside || run.by == Resolver::Dns);
            table.by_address.entry(key.0).or_default().extend(told());
            if runs.len() > Self::FEW {
                let own = told().filter(|run| !table.strays.has_run(table.names, key.1, run)).collect();
                table.by_asker.insert(*key, own);
            }
        }
        let lists = table.by_address.values_mut().chain(table.by_asker.values_mut());
        for runs in lists.chain(table.aliases.values_mut()) {
            // Stable: of several answers in one packet the last counts.
            runs.sort_by_key(|run| (run.first, run.at));
        }
        table
    }

    pub(super) fn by_mac(&self) -> &ByMac {
        self.by_mac.get_or_init(|| ByMac::new(self.names))
    }

    /// The answer that names an address for an asker, with what it is worth if it was asked for.
    pub(super) fn find(
        &self,
        address: Address,
        (asker, at): (Address, PacketRef),
        start: i64,
        end: i64,
    ) -> Option<(&'a Run, u8)> {
        let anybody = self.by_address.get(&address)?;
        if let Some(run) = self.own((address, asker), start, at) {
            let late = age(run, start) > rules::OWN_DNS_AGE;
            return Some((run, if late { rules::BY_OTHER_DNS } else { rules::BY_OWN_DNS }));
        }
        let count = anybody.partition_point(|run| run.first <= start);
        let before = count.checked_sub(1).and_then(|last| anybody.get(last));
        if let Some(run) = before.filter(|run| age(run, start) <= rules::OTHER_DNS_AGE) {
            return Some((run, rules::BY_OTHER_DNS));
        }
        let run = anybody.get(count)?;
        (run.first <= end.saturating_add(rules::NAME_AFTER)).then_some((run, rules::BY_LATER_DNS))
    }

    /// Lets names that were asked for be found by what they are.
    pub(super) fn look_up_names(&mut self) {
        let texts = self.texts;
        self.asked = self.names.each_question().map(|(&(_, id), _)| (texts.text(id), id)).collect();
    }

    pub(super) fn was_asked(&self, (asker, mac): (Address, Mac), name: TextId, moment: i64) -> bool {
        let question = self.names.question(asker, name);
        question.is_some_and(|question| question.first <= moment && question.was_asked_by(mac))
    }

    /// Whether an answer tells what somebody himself was told: that address of a name that is no multicast's, for what was asked.
    fn is_own(&self, key: AnswerKey, run: &Run) -> bool {
        (run.by == Resolver::Dns || self.boundary.is_inside(key.0))
            && !self.strays.has_run(self.names, key.1, run)
    }

    /// The latest answer to one asker at or before a moment, that of the packet `at`, else the first one that was under way then.
    pub(super) fn own(&self, key: AnswerKey, moment: i64, at: PacketRef) -> Option<&'a Run> {
        self.before(key, moment).or_else(|| self.under_way(key, moment, at))
    }

    /// The first answer soon after a moment for what one asker had asked before it. One direction may lag behind the other, as where
    /// two taps or two queues saw them. What was captured before the packet of that moment was asked before, too, as where the clock
    /// was set back between.
    fn under_way(&self, key: AnswerKey, moment: i64, at: PacketRef) -> Option<&'a Run> {
        let names: &'a Names = self.names;
        let runs = names.runs(&key).iter().filter(|run| run.by == Resolver::Dns && run.first > moment);
        let soon = runs.filter(|run| run.first <= moment.saturating_add(rules::ANSWER_UNDER_WAY));
        let asked = soon.filter(|run| {
            let question = names.question(key.1, run.name);
            let asked = question
                .is_some_and(|question| question.asked > 0 && (question.first <= moment || run.at < at));
            asked && !self.strays.has_run(self.names, key.1, run)
        });
        asked.min_by_key(|run| (run.first, run.at))
    }

    fn add_aliases(&mut self, asker: Address, runs: &'a [Run]) {
        for run in runs {
            let target = self.texts.text(run.chain).rsplit(|&byte| byte == b' ').next();
            self.aliases.entry((asker, target.unwrap_or_default())).or_default().push(run);
        }
    }

    /// What last stood for a name, as an asker was told at or before a moment.
    pub(super) fn alias(&self, asker: Address, name: &'a [u8], moment: i64) -> Option<&'a Run> {
        let runs = self.aliases.get(&(asker, name))?;
        let count = runs.partition_point(|run| run.first <= moment.saturating_add(rules::ANSWER_UNDER_WAY));
        runs.get(count.checked_sub(1)?).copied()
    }

    /// The latest answer to one asker at or before a moment.
    fn before(&self, key: AnswerKey, moment: i64) -> Option<&'a Run> {
        let runs = self.names.runs(&key);
        if runs.len() <= Self::FEW {
            let before = runs.iter().filter(|run| run.first <= moment);
            return before.filter(|run| self.is_own(key, run)).max_by_key(|run| (run.first, run.at));
        }
        let sorted = self.by_asker.get(&key)?;
        let count = sorted.partition_point(|run| run.first <= moment);
        sorted.get(count.checked_sub(1)?).copied()
    }

    /// The latest answers to one asker at or before a moment, the latest first, [`NameTable::FEW`] at most.
    pub(super) fn latest(&self, key: AnswerKey, moment: i64) -> impl Iterator<Item = &'a Run> + use<'_, 'a> {
        let names: &'a Names = self.names;
        let (few, many): (&'a [Run], &[&'a Run]) = match self.by_asker.get(&key) {
            None => (names.runs(&key), &[]),
            Some(sorted) => {
                let count = sorted.partition_point(|run| run.first <= moment);
                (&[], sorted.get(count.saturating_sub(Self::FEW)..count).unwrap_or(&[]))
            }
        };
        let few = few.iter().filter(move |run| run.first <= moment && self.is_own(key, run));
        many.iter().copied().rev().chain(few.rev())
    }

    pub(super) fn named(&self, run: &Run, confidence: u8) -> Named<'a> {
        Named {
            name: self.texts.text(run.name),
            chain: self.texts.text(run.chain),
            ids: [run.name, run.chain, TextId::EMPTY, TextId::EMPTY],
            at_end: self.at_end,
            source: run.by.name(),
            confidence,
            at: run.at,
            first: run.first,
            last: run.last,
        }
    }

    pub(super) fn questions(&self) -> impl Iterator<Item = LookedUp<'a>> + use<'a> {
        let (at_end, texts) = (self.at_end, self.texts);
        self.names.each_question().map(move |((asker, id), question)| LookedUp {
            asker: *asker,
            name: texts.text(*id),
            id: *id,
            at_end,
            question: *question,
        })
    }

    pub(super) fn records(&self, court: &Court<'a>) -> Vec<NameView<'a>> {
        let everybody = Address::default();
        let view = |((address, asker), run): (&AnswerKey, &Run)| NameView {
            name: self.texts.text(run.name),
            address: address.ip(),
            asker: (*asker != everybody).then(|| asker.ip()),
            source: run.by.name(),
            first: Timestamp(run.first),
            last: Timestamp(run.last),
            packet: court.numbering.locate(&run.at),
            asked: (*asker != everybody && run.by == Resolver::Dns)
                .then(|| court.names.was_asked(self.at_end, (*asker, Mac::default()), run)),
        };
        self.names.all().into_iter().filter(|((address, _), _)| *address != ALIAS).map(view).collect()
    }
}

/// How long before a moment an answer was last given.
pub(super) fn age(run: &Run, moment: i64) -> i64 {
    moment.saturating_sub(run.last.min(moment))
}
