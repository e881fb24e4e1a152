//! Which name an address had, for whom and when.
//!
//! Asked at noon who 192.0.2.7 was to 192.168.1.5: the name in the last answer that this asker had got before noon; else what
//! others had been told of that address, else what was said later, each with less confidence. An answer that was asked for
//! is worth more than one that was not: anybody can send one of those (RFC 5452, 9.1). It was asked for where the station with the
//! asker's MAC had asked for the name, and where the answer came in a flow in which the asker had sent, too. What is said by
//! multicast names what is on the link (RFC 6762, 3), and never an address outside.

mod table;

use lenscap_wire::{Address, Mac, PacketRef, Resolver};
use std::cmp::Reverse;
use std::sync::Arc;

use self::table::{NameTable, age};
use super::unasked::Strays;
use crate::judge::boundary::Boundary;
use crate::judge::ending::Ending;
use crate::judge::{Court, rules};
use crate::report::NameView;
use crate::state::names::{ALIAS, AnswerKey, Question, Run};
use crate::state::summary::Summary;
use crate::state::text::TextId;

/// A name found for an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a [u8],
    /// Names on the way from it to the address.
    pub(crate) chain: &'a [u8],
    /// Both among the texts of the summary, or of the capture's end where it is `at_end`; where it was given for another name that
    /// it stands for, that one and those on the way from there behind them, else twice the empty one.
    ids: [TextId; 4],
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

    /// Itself and the names on the way, as texts of which the owner is known.
    pub(crate) fn texts(&self) -> impl Iterator<Item = TextId> + use<> {
        self.ids.into_iter().filter(|id| *id != TextId::EMPTY)
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
    /// The first packet of the flow whose name is wanted.
    pub(crate) at: PacketRef,
}

/// All answers: those that single packets told, and those of streams.
pub(crate) struct NameIndex<'a> {
    early: NameTable<'a>,
    late: NameTable<'a>,
    strays: Arc<Strays>,
}

impl<'a> NameIndex<'a> {
    pub(crate) fn new(summary: &'a Summary, ending: &'a Ending, boundary: &Boundary) -> Self {
        let strays = Arc::new(Strays::new(summary));
        let own = || (boundary.clone(), Arc::clone(&strays));
        let mut early = NameTable::new(false, (&summary.site.names, &summary.flows.texts), own());
        let mut late = NameTable::new(true, (&ending.names, &ending.texts), own());
        if early.names.len() > 0 && late.names.len() > 0 {
            early.look_up_names();
            late.look_up_names();
        }
        Self { early, late, strays }
    }

    /// The name that `address` had for `asker` during a flow: the latest answer to the asker at or before its
    /// start, else the latest to anybody, else the first one soon after.
    pub(crate) fn name(&self, address: Address, asker: Asker, (start, end): (i64, i64)) -> Option<Named<'a>> {
        let find = |table: &NameTable<'a>| {
            let (run, confidence) = table.find(address, (asker.address, asker.at), start, end)?;
            if confidence != rules::BY_OWN_DNS
                && let Some(run) = self.by_mac(table, address, asker, start)
                && age(&run, start) <= rules::OWN_DNS_AGE
            {
                return Some(self.aliased(table.named(&run, rules::BY_OWN_DNS), asker, start));
            }
            let own = confidence != rules::BY_OWN_DNS
                || run.by != Resolver::Dns
                || self.was_asked(table.at_end, (asker.address, asker.mac), run);
            let named = table.named(run, if own { confidence } else { rules::BY_OTHER_DNS });
            Some(if named.is_own() { self.aliased(named, asker, start) } else { named })
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
            let Some(run) = table.own((address, asker.address), moment, asker.at) else {
                let run = self.by_mac(table, address, asker, moment)?;
                return Some(self.aliased(table.named(&run, 0), asker, moment));
            };
            let own =
                run.by != Resolver::Dns || self.was_asked(table.at_end, (asker.address, asker.mac), run);
            own.then(|| self.aliased(table.named(run, 0), asker, moment))
        };
        let (early, late) = (of(&self.early), of(&self.late));
        early.into_iter().chain(late).max_by_key(|named| named.first)
    }

    /// The latest answer at or before a moment to another address of the asker's station.
    fn by_mac(&self, table: &NameTable<'a>, address: Address, asker: Asker, moment: i64) -> Option<Run> {
        if !asker.is_near || !table.by_address.contains_key(&address) {
            return None;
        }
        let (other, run) = table.by_mac().latest(address, (asker.address, asker.mac), moment)?;
        (!self.is_stray(other, &run)).then_some(run)
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
                let named = self.aliased(table.named(run, 0), asker, moment);
                let text = named.name;
                let own = || {
                    run.by != Resolver::Dns || self.was_asked(table.at_end, (asker.address, asker.mac), run)
                };
                if text.eq_ignore_ascii_case(name) || age(run, moment) > rules::OWN_DNS_AGE {
                    continue;
                }
                match all.iter_mut().find(|known| known.name.eq_ignore_ascii_case(text)) {
                    Some(known) if known.rank_given() >= (run.first, run.at) => {}
                    Some(known) if own() => *known = named,
                    None if own() => all.push(named),
                    _ => {}
                }
            }
        }
        all.sort_by_key(|named| Reverse(named.rank_given()));
        all
    }

    /// The same by what stands for the name that an asker was given, where he was told that in an answer of its own: he asks for
    /// `dev.example.com`, is told that this is `lb.example.net`, and asks for that (RFC 1034, 3.6.2).
    fn aliased(&self, mut named: Named<'a>, asker: Asker, moment: i64) -> Named<'a> {
        if self.early.aliases.is_empty() || named.at_end {
            return named;
        }
        for _ in 0..rules::ALIASES {
            let run = self.early.alias(asker.address, named.name, moment);
            let Some(run) = run.filter(|run| self.was_asked(false, (asker.address, asker.mac), run)) else {
                break;
            };
            let Named { ids: [first, second, third, fourth], .. } = named;
            let end = if third == TextId::EMPTY { [first, second] } else { [third, fourth] };
            let [name, chain] = [run.name, run.chain].map(|id| self.early.texts.text(id));
            named = Named { name, chain, ids: [run.name, run.chain, end[0], end[1]], at: run.at, ..named };
        }
        named
    }

    /// What askers were told that a name stands for: the asker, that name and the last one that it stands for.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (Address, &'a [u8], &'a [u8])> + use<'_, 'a> {
        let aliases = self.early.aliases.iter();
        aliases.flat_map(|((asker, target), runs)| {
            let named = runs.iter().filter(|run| !self.is_stray(*asker, run));
            named.map(|run| (*asker, self.early.texts.text(run.name), *target))
        })
    }

    /// Every answer with the address and the asker that it was given to, its name, and whether it came where nobody had asked.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (AnswerKey, &'a [u8], bool)> + use<'_, 'a> {
        [&self.early, &self.late].into_iter().flat_map(move |table| {
            let told = table.names.each().filter(|(key, _)| key.0 != ALIAS);
            let runs = told.flat_map(|(key, runs)| runs.iter().map(move |run| (*key, run)));
            runs.map(move |(key, run)| (key, table.texts.text(run.name), self.is_stray(key.1, run)))
        })
    }

    /// Whether answers to an asker are to no question.
    fn is_stray(&self, asker: Address, run: &Run) -> bool {
        self.strays.has_run(self.early.names, asker, run)
    }

    /// The response code of the answer without an address that an asker was given: rather of one that is to a question, and of those
    /// what says most. That of one to no question is none.
    pub(crate) fn denial(&self, asker: Address, question: &Question) -> Option<u8> {
        let exchanges = Some(&question.exchanges);
        let denials = question.denials.each();
        let told =
            denials.filter(|denial| !self.strays.has(asker, &denial.reply, || exchanges, question.first));
        told.min_by_key(|denial| !denial.reply.is_to(exchanges)).map(|denial| denial.code)
    }

    /// Whether the asker had asked for the name that a run of answers gave it: over the same transport or the other.
    fn was_asked(&self, at_end: bool, asker: (Address, Mac), run: &Run) -> bool {
        if self.is_stray(asker.0, run) {
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

/// Every run of answers as a record.
pub(crate) fn records<'a>(court: &Court<'a>) -> Vec<NameView<'a>> {
    let mut all = court.names.early.records(court);
    all.extend(court.names.late.records(court));
    all.sort_by(|a, b| {
        (a.first, a.name, a.address, a.asker, a.packet).cmp(&(b.first, b.name, b.address, b.asker, b.packet))
    });
    all
}
