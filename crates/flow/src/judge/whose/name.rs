//! Which name an address had, for whom and when.
//!
//! Asked at noon who 192.0.2.7 was to 192.168.1.5: the name in the last answer that this asker had got before noon; else what
//! others had been told of that address, else what was said later, each with less confidence. An answer that was asked for
//! is worth more than one that was not: anybody can send one of those (RFC 5452, 9.1). It was asked for where the station with the
//! asker's MAC had asked for the name, and where the answer came in a flow in which the asker had sent, too. What is said by
//! multicast names what is on the link (RFC 6762, 3), and never an address outside.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Mac, PacketRef, Resolver, Timestamp};
use std::cmp::Reverse;
use std::sync::OnceLock;

use super::asked::ByMac;
use super::unasked::unasked;
use crate::judge::boundary::Boundary;
use crate::judge::ending::Ending;
use crate::judge::{Court, rules};
use crate::report::NameView;
use crate::state::names::{AnswerFlow, AnswerKey, Names, Question, Run};
use crate::state::summary::Summary;
use crate::state::text::{TextId, Texts};

/// A name found for an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a [u8],
    /// Names on the way from it to the address.
    pub(crate) chain: &'a [u8],
    /// Both among the texts of the summary, or of the capture's end where it is `at_end`.
    pub(crate) ids: [TextId; 2],
    pub(crate) at_end: bool,
    pub(crate) source: &'static str,
    pub(crate) confidence: u8,
    pub(crate) at: PacketRef,
    /// Stamps of the first such answer and of the last.
    first: i64,
    last: i64,
}

impl Named<'_> {
    /// Whether the asker itself had asked and was told so lately.
    pub(crate) const fn is_own(&self) -> bool {
        self.confidence == rules::BY_OWN_DNS
    }

    /// How long before a moment it was given, as far as that was captured.
    pub(crate) fn age(&self, moment: i64) -> i64 {
        moment.saturating_sub(self.last.min(moment))
    }

    /// Where it stands among those that somebody was given.
    const fn rank_given(&self) -> (i64, PacketRef) {
        (self.first, self.at)
    }

    /// How well it names what a flow called: the best kind of answer; of those before the flow the latest, of those after it
    /// the first.
    fn rank(&self) -> (u8, i64) {
        let later = self.confidence == rules::BY_LATER_DNS;
        (self.confidence, if later { self.first.saturating_neg() } else { self.first })
    }
}

/// What somebody asked a name service for, and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LookedUp<'a> {
    pub(crate) asker: Address,
    pub(crate) name: &'a [u8],
    /// The name among the texts of the summary, or of the capture's end where it is `at_end`.
    pub(crate) id: TextId,
    pub(crate) at_end: bool,
    pub(crate) question: Question,
}

/// Who wants to know a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    /// The address to which answers went.
    pub(crate) address: Address,
    /// The MAC of the station that has it now; zero where that is not known.
    pub(crate) mac: Mac,
    /// Whether the MAC is the station's own, so that what its other addresses asked it asked.
    pub(crate) is_near: bool,
}

/// All answers: those that single packets told, and those of streams.
pub(crate) struct NameIndex<'a> {
    early: NameTable<'a>,
    late: NameTable<'a>,
    /// Answers came there, and no question went.
    unasked: HashSet<AnswerFlow>,
}

impl<'a> NameIndex<'a> {
    pub(crate) fn new(summary: &'a Summary, ending: &'a Ending, boundary: &Boundary) -> Self {
        let mut early = NameTable::new(false, (&summary.site.names, &summary.flows.texts), boundary);
        let mut late = NameTable::new(true, (&ending.names, &ending.texts), boundary);
        if early.names.len() > 0 && late.names.len() > 0 {
            early.look_up_names();
            late.look_up_names();
        }
        let unasked = if summary.site.names.len() > 0 { unasked(summary) } else { HashSet::new() };
        Self { early, late, unasked }
    }

    /// The name that `address` had for `asker` during a flow: the latest answer to the asker at or before its
    /// start, else the latest to anybody, else the first one soon after.
    pub(crate) fn name(&self, address: Address, asker: Asker, (start, end): (i64, i64)) -> Option<Named<'a>> {
        let find = |table: &NameTable<'a>| {
            let (run, confidence) = table.find(address, asker.address, start, end)?;
            if confidence != rules::BY_OWN_DNS
                && let Some(run) = self.by_mac(table, address, asker, start)
                && age(&run, start) <= rules::OWN_DNS_AGE
            {
                return Some(table.named(&run, rules::BY_OWN_DNS));
            }
            let own = confidence != rules::BY_OWN_DNS
                || run.by != Resolver::Dns
                || self.was_asked(table.at_end, (asker.address, asker.mac), run);
            Some(table.named(run, if own { confidence } else { rules::BY_OTHER_DNS }))
        };
        match (find(&self.early), find(&self.late)) {
            (Some(early), Some(late)) if late.rank() > early.rank() => Some(late),
            (early, late) => early.or(late),
        }
    }

    /// Whether no address was given a name.
    pub(crate) fn is_empty(&self) -> bool {
        self.early.by_address.is_empty() && self.late.by_address.is_empty()
    }

    /// The name that an asker was last given for an address at or before a moment, where it had asked for that.
    pub(crate) fn given(&self, address: Address, asker: Asker, moment: i64) -> Option<Named<'a>> {
        let of = |table: &NameTable<'a>| {
            let Some(run) = table.own((address, asker.address), moment) else {
                return self.by_mac(table, address, asker, moment).map(|run| table.named(&run, 0));
            };
            let own =
                run.by != Resolver::Dns || self.was_asked(table.at_end, (asker.address, asker.mac), run);
            own.then(|| table.named(run, 0))
        };
        let (early, late) = (of(&self.early), of(&self.late));
        early.into_iter().chain(late).max_by_key(|named| named.first)
    }

    /// The latest answer at or before a moment to another address of the asker's station.
    fn by_mac(&self, table: &NameTable<'a>, address: Address, asker: Asker, moment: i64) -> Option<Run> {
        if !asker.is_near || !table.by_address.contains_key(&address) {
            return None;
        }
        let run = table.by_mac().latest(address, (asker.address, asker.mac), moment)?;
        (!self.is_stray(run.flow)).then_some(run)
    }

    /// Whether a name service gave the station with a MAC an address that it had asked for.
    pub(crate) fn has_asked(&self, mac: Mac, address: Address) -> bool {
        [&self.early, &self.late].into_iter().any(|table| table.by_mac().has(address, mac))
    }

    /// The other names that an asker had asked for and was given an address for, at or before a moment and within a day: the latest
    /// first, each once, of many the latest.
    pub(crate) fn others(&self, address: Address, asker: Asker, moment: i64, name: &[u8]) -> Vec<Named<'a>> {
        let mut all: Vec<Named<'a>> = Vec::new();
        for table in [&self.early, &self.late] {
            for run in table.latest((address, asker.address), moment) {
                let text = table.texts.text(run.name);
                let own = || {
                    run.by != Resolver::Dns || self.was_asked(table.at_end, (asker.address, asker.mac), run)
                };
                if text.eq_ignore_ascii_case(name) || age(run, moment) > rules::OWN_DNS_AGE {
                    continue;
                }
                match all.iter_mut().find(|known| known.name.eq_ignore_ascii_case(text)) {
                    Some(known) if known.rank_given() >= (run.first, run.at) => {}
                    Some(known) if own() => *known = table.named(run, 0),
                    None if own() => all.push(table.named(run, 0)),
                    _ => {}
                }
            }
        }
        all.sort_by_key(|named| Reverse(named.rank_given()));
        all
    }

    /// Every answer with the address and the asker that it was given to, its name, and whether it came where nobody had asked.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (AnswerKey, &'a [u8], bool)> + use<'_, 'a> {
        [&self.early, &self.late].into_iter().flat_map(move |table| {
            let runs = table.names.each().flat_map(|(key, runs)| runs.iter().map(move |run| (*key, run)));
            runs.map(move |(key, run)| (key, table.texts.text(run.name), self.is_stray(run.flow)))
        })
    }

    /// Whether answers came in a flow in which nobody had asked.
    pub(crate) fn is_stray(&self, flow: AnswerFlow) -> bool {
        self.unasked.contains(&flow)
    }

    /// Whether the asker had asked for the name that a run of answers gave it: over the same transport or the other.
    fn was_asked(&self, at_end: bool, asker: (Address, Mac), run: &Run) -> bool {
        if self.is_stray(run.flow) {
            return false;
        }
        let (own, other) = if at_end { (&self.late, &self.early) } else { (&self.early, &self.late) };
        let there = || other.asked.get(own.texts.text(run.name)).copied();
        own.was_asked(asker, run.name, run.last)
            || there().is_some_and(|name| other.was_asked(asker, name, run.last))
    }

    /// Every question, in no order: those of single packets and of streams together.
    pub(crate) fn questions(&self) -> Vec<LookedUp<'a>> {
        let mut all: Vec<_> = self.early.questions().collect();
        if self.late.names.len() == 0 {
            return all;
        }
        all.extend(self.late.questions());
        all.sort_by_key(|of| (of.asker, of.name, of.question.first, of.question.at));
        all.dedup_by(|later, known| {
            let same = (later.asker, later.name) == (known.asker, known.name);
            if same {
                known.question.join(&later.question);
            }
            same
        });
        all
    }
}

/// The answers of one table by address, each list in order of time.
struct NameTable<'a> {
    at_end: bool,
    names: &'a Names,
    texts: &'a Texts,
    boundary: Boundary,
    by_address: HashMap<Address, Vec<&'a Run>>,
    /// Those that one asker was given, where they are many.
    by_asker: HashMap<AnswerKey, Vec<&'a Run>>,
    /// The same by the MACs of their askers. Most captures of one version of IP do not ask.
    by_mac: OnceLock<ByMac>,
    /// The names that were asked for, where there is another table: the texts of a summary that is only judged cannot be
    /// looked up.
    asked: HashMap<&'a [u8], TextId>,
}

impl<'a> NameTable<'a> {
    /// Answers to one asker that are looked through one by one.
    const FEW: usize = 16;

    fn new(at_end: bool, (names, texts): (&'a Names, &'a Texts), boundary: &Boundary) -> Self {
        let (by_address, by_asker) = (HashMap::new(), HashMap::new());
        let (own, asked) = (boundary.clone(), HashMap::new());
        let by_mac = OnceLock::new();
        let mut table = Self { at_end, names, texts, boundary: own, by_address, by_asker, by_mac, asked };
        for (key, runs) in names.each() {
            let inside = boundary.is_inside(key.0);
            let told = || runs.iter().filter(move |run| inside || run.by == Resolver::Dns);
            table.by_address.entry(key.0).or_default().extend(told());
            if runs.len() > Self::FEW {
                table.by_asker.insert(*key, told().collect());
            }
        }
        for runs in table.by_address.values_mut().chain(table.by_asker.values_mut()) {
            // Stable: of several answers in one packet the last counts.
            runs.sort_by_key(|run| (run.first, run.at));
        }
        table
    }

    fn by_mac(&self) -> &ByMac {
        self.by_mac.get_or_init(|| ByMac::new(self.names))
    }

    /// The answer that names an address for an asker, with what it is worth if it was asked for.
    fn find(&self, address: Address, asker: Address, start: i64, end: i64) -> Option<(&'a Run, u8)> {
        let anybody = self.by_address.get(&address)?;
        if let Some(run) = self.own((address, asker), start) {
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
    fn look_up_names(&mut self) {
        let texts = self.texts;
        self.asked = self.names.each_question().map(|(&(_, id), _)| (texts.text(id), id)).collect();
    }

    fn was_asked(&self, (asker, mac): (Address, Mac), name: TextId, moment: i64) -> bool {
        let question = self.names.question(asker, name);
        question.is_some_and(|question| question.first <= moment && question.was_asked_by(mac))
    }

    /// The latest answer to one asker at or before a moment.
    fn own(&self, key: AnswerKey, moment: i64) -> Option<&'a Run> {
        let runs = self.names.runs(&key);
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

    /// The latest answers to one asker at or before a moment, the latest first, [`NameTable::FEW`] at most.
    fn latest(&self, key: AnswerKey, moment: i64) -> impl Iterator<Item = &'a Run> {
        let names: &'a Names = self.names;
        let (few, many): (&'a [Run], &[&'a Run]) = match self.by_asker.get(&key) {
            None => (names.runs(&key), &[]),
            Some(sorted) => {
                let count = sorted.partition_point(|run| run.first <= moment);
                (&[], sorted.get(count.saturating_sub(Self::FEW)..count).unwrap_or(&[]))
            }
        };
        let inside = self.boundary.is_inside(key.0);
        let few = few.iter().filter(move |run| run.first <= moment && (inside || run.by == Resolver::Dns));
        many.iter().copied().rev().chain(few.rev())
    }

    fn named(&self, run: &Run, confidence: u8) -> Named<'a> {
        Named {
            name: self.texts.text(run.name),
            chain: self.texts.text(run.chain),
            ids: [run.name, run.chain],
            at_end: self.at_end,
            source: run.by.name(),
            confidence,
            at: run.at,
            first: run.first,
            last: run.last,
        }
    }

    fn questions(&self) -> impl Iterator<Item = LookedUp<'a>> + use<'a> {
        let (at_end, texts) = (self.at_end, self.texts);
        self.names.each_question().map(move |((asker, id), question)| LookedUp {
            asker: *asker,
            name: texts.text(*id),
            id: *id,
            at_end,
            question: *question,
        })
    }

    fn records(&self, court: &Court<'a>) -> Vec<NameView<'a>> {
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
        self.names.all().into_iter().map(view).collect()
    }
}

/// How long before a moment an answer was last given.
fn age(run: &Run, moment: i64) -> i64 {
    moment.saturating_sub(run.last.min(moment))
}

/// Every run of answers as a record.
pub(crate) fn records<'a>(court: &Court<'a>) -> Vec<NameView<'a>> {
    let mut all = court.names.early.records(court);
    all.extend(court.names.late.records(court));
    all.sort_by(|a, b| {
        (a.first, a.name, a.address, a.asker, a.packet).cmp(&(b.first, b.name, b.address, b.asker, b.packet))
    });
    all
}
