//! Which names addresses were given, to whom and when; and which names were asked for.
//!
//! Per (address, asker) the answers are kept as runs: an answer with another name ends a run, so a later judge can
//! ask which name was the latest at any moment. Two lists of runs join exactly.

mod exchange;
mod question;
mod reply;

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, PacketRef, Resolver};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

pub(crate) use self::exchange::{Asked, Exchange};
pub(crate) use self::question::{Denial, Notice, Question};
pub(crate) use self::reply::{Reply, Service};
use crate::state::share::{cleared, stay};
use crate::state::text::{TextId, Texts};

/// The address that a name was given for, and who had asked; all zero for answers to everybody.
pub(crate) type AnswerKey = (Address, Address);

/// In place of an address: the name was answered with another name that it stands for. No host has it.
pub(crate) const ALIAS: Address = Address([0xff; 16]);

/// Equal answers, one after another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Run {
    pub(crate) name: TextId,
    /// Canonical names on the way, joined by spaces.
    pub(crate) chain: TextId,
    pub(crate) by: Resolver,
    /// To which question they are answers.
    pub(crate) reply: Reply,
    /// Stamp of the first answer in capture order.
    pub(crate) first: i64,
    /// Latest stamp.
    pub(crate) last: i64,
    pub(crate) count: u64,
    /// The first answer.
    pub(crate) at: PacketRef,
}

impl Run {
    fn says_as(&self, other: &Self) -> bool {
        (self.name, self.chain, self.by) == (other.name, other.chain, other.by)
    }

    fn join(&mut self, later: &Self) {
        self.last = self.last.max(later.last);
        self.count += later.count;
        self.reply.join(&later.reply);
    }
}

/// The flow that an answer came in, of one asker: by its name service and both ports, in 32 bits, since answers are many. Two that are
/// alike by chance let one answer in four thousand million pass for asked.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub(crate) struct AnswerFlow(u32);

impl AnswerFlow {
    /// That of an answer which came in a stream: who answers there was asked there.
    pub(crate) const STREAM: Self = Self(0);

    /// That of a datagram from a name service.
    pub(crate) fn new(server: Address, (from, to): (u16, u16)) -> Self {
        // The multiplier is that of SplitMix64, whose upper bits hang on all bits below.
        const MIX: u64 = 0xbf58_476d_1ce4_e5b9;
        let address = u128::from_be_bytes(server.0);
        let ports = u64::from(from) << 16 | u64::from(to);
        let low = (address as u64 ^ ports).wrapping_mul(MIX);
        let all = (low ^ low >> 31 ^ (address >> 64) as u64).wrapping_mul(MIX);
        Self((all >> 32) as u32 | 1)
    }
}

/// All answers and questions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    runs: HashMap<AnswerKey, Vec<Run>>,
    run_count: usize,
    questions: HashMap<(Address, TextId), Question>,
    /// Answers and questions that gave way to others.
    pub(crate) given_up: u64,
    /// Bytes of text that they keep.
    pub(crate) text_cost: usize,
}

impl Names {
    /// What a question costs in the memory budget, at most: its table is 7/16 full where it has just grown.
    pub(crate) const QUESTION_COST: usize = (size_of::<((Address, TextId), Question)>() + 1) * 16 / 7;
    /// The same of a run that has its key to itself. Two or three have half the room of their list, and share a key.
    pub(crate) const RUN_COST: usize = size_of::<Run>() + (size_of::<(AnswerKey, Vec<Run>)>() + 1) * 16 / 7;

    /// Runs and questions kept.
    pub(crate) fn len(&self) -> usize {
        self.run_count + self.questions.len()
    }

    /// Bytes of text that its entries keep, for the memory budget.
    pub(crate) fn texts(&self, texts: &Texts) -> usize {
        let runs = self.runs.values().flatten();
        let runs = runs.map(|run| texts.text(run.name).len() + texts.text(run.chain).len());
        let questions = self.questions.keys().map(|(_, name)| texts.text(*name).len());
        runs.sum::<usize>() + questions.sum::<usize>()
    }

    /// What all of them cost.
    pub(crate) fn cost(&self) -> usize {
        self.run_count * Self::RUN_COST + self.questions.len() * Self::QUESTION_COST + self.text_cost
    }

    /// Books an answer, or equal ones of a later part.
    pub(crate) fn answer(&mut self, key: AnswerKey, run: Run) {
        // Most are given one name alone.
        let runs = self.runs.entry(key).or_insert_with(|| Vec::with_capacity(1));
        match runs.last_mut() {
            Some(last) if last.says_as(&run) => last.join(&run),
            _ => {
                runs.push(run);
                self.run_count += 1;
            }
        }
    }

    /// Books something heard about a name between its asker and a name service.
    pub(crate) fn hear(&mut self, asker: Address, name: TextId, heard: Notice, time: i64, at: PacketRef) {
        let one = |yes: bool| u64::from(yes);
        let question = Question {
            asked: one(matches!(heard, Notice::Asked(..))),
            answered: one(matches!(heard, Notice::Answered)),
            denials: heard.denials(),
            from: if let Notice::Asked(mac, _) = heard { mac.0 } else { [0; 6] },
            exchanges: heard.exchanges(),
            first: time,
            last: time,
            at,
        };
        let known = self.questions.entry((asker, name));
        known.and_modify(|known| known.join(&question)).or_insert(question);
    }

    /// Where they cost more than `room`, those who asked most give up what they heard of longest ago.
    #[cold]
    pub(crate) fn limit(&mut self, room: usize, texts: &Texts) {
        let said = |name: TextId| texts.text(name);
        let runs =
            self.runs.iter().flat_map(|(key, runs)| runs.iter().zip(0..).map(move |(run, n)| (key, run, n)));
        let runs = runs.map(|(key, run, n)| {
            let order = (Reverse((run.last, run.at)), Some((key.0, n)), said(run.name));
            (order, key.1, Self::RUN_COST + said(run.name).len() + said(run.chain).len())
        });
        let questions = self.questions.iter().map(|((asker, name), question)| {
            let order = (Reverse((question.last, question.at)), None, said(*name));
            (order, *asker, Self::QUESTION_COST + said(*name).len())
        });
        let mut all: Vec<_> = runs.chain(questions).collect();
        all.sort_unstable();
        let prices: Vec<_> = all.iter().map(|(_, asker, price)| (*asker, *price)).collect();
        let stays = stay(&prices, cleared(room));
        let gone =
            all.iter().zip(stays).filter(|(_, stays)| !stays).map(|((order, asker, _), _)| (order, *asker));
        let gone: HashSet<_> = gone.map(|((_, place, name), asker)| (asker, *place, *name)).collect();
        self.questions.retain(|(asker, name), _| !gone.contains(&(*asker, None, said(*name))));
        self.runs.retain(|(address, asker), runs| {
            let mut n = 0..;
            runs.retain(|run| {
                !gone.contains(&(*asker, n.next().map(|n: u32| (*address, n)), said(run.name)))
            });
            !runs.is_empty()
        });
        self.run_count = self.runs.values().map(Vec::len).sum();
        self.given_up += gone.len() as u64;
        self.text_cost = self.texts(texts);
    }

    /// The same with other ids for its texts.
    pub(crate) fn with_texts(self, mut text: impl FnMut(TextId) -> TextId) -> Self {
        let Self { run_count, given_up, text_cost, .. } = self;
        let mut names = Self { run_count, given_up, text_cost, ..Self::default() };
        // Texts get their ids in the order in which they are asked for.
        for (key, mut runs) in sorted(self.runs) {
            for run in &mut runs {
                (run.name, run.chain) = (text(run.name), text(run.chain));
            }
            names.runs.insert(key, runs);
        }
        for ((asker, name), question) in sorted(self.questions) {
            names.questions.insert((asker, text(name)), question);
        }
        names
    }

    /// Appends a later part whose texts become ours by `text`.
    pub(crate) fn join(&mut self, later: Self, text: impl Fn(TextId) -> TextId) {
        for (key, runs) in later.runs {
            for run in runs {
                self.answer(key, Run { name: text(run.name), chain: text(run.chain), ..run });
            }
        }
        for ((asker, name), question) in later.questions {
            let ours = self.questions.entry((asker, text(name)));
            ours.and_modify(|known| known.join(&question)).or_insert(question);
        }
        self.given_up += later.given_up;
    }

    /// What is known of an asker's question for a name.
    pub(crate) fn question(&self, asker: Address, name: TextId) -> Option<&Question> {
        self.questions.get(&(asker, name))
    }

    /// The runs of answers for an address to one asker, in capture order.
    pub(crate) fn runs(&self, key: &AnswerKey) -> &[Run] {
        self.runs.get(key).map_or(&[], Vec::as_slice)
    }

    /// The runs for each address and asker, in no order.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&AnswerKey, &[Run])> {
        self.runs.iter().map(|(key, runs)| (key, runs.as_slice()))
    }

    /// Those in which an asker asked for a name.
    pub(crate) fn asked(&self, asker: Address, name: TextId) -> Option<&Asked> {
        self.question(asker, name).map(|question| &question.exchanges)
    }

    /// Every run, sorted by address and asker, in capture order for each.
    pub(crate) fn all(&self) -> Vec<(&AnswerKey, &Run)> {
        let mut all: Vec<_> =
            self.runs.iter().flat_map(|(key, runs)| runs.iter().map(move |r| (key, r))).collect();
        all.sort_by_key(|(key, run)| (**key, run.at));
        all
    }

    /// Every question, in no promised order.
    pub(crate) fn each_question(&self) -> impl Iterator<Item = (&(Address, TextId), &Question)> {
        self.questions.iter()
    }

    /// Every question, sorted by asker, first packet and name.
    pub(crate) fn questions(&self, texts: &Texts) -> Vec<(Address, TextId, &Question)> {
        let mut all: Vec<_> = self.questions.iter().map(|((asker, name), q)| (*asker, *name, q)).collect();
        all.sort_by(|a, b| {
            (a.0, a.2.at).cmp(&(b.0, b.2.at)).then_with(|| texts.text(a.1).cmp(texts.text(b.1)))
        });
        all
    }

    /// Changes every packet reference.
    pub(crate) fn packets(&mut self, change: impl Fn(&mut PacketRef)) {
        for runs in self.runs.values_mut() {
            for run in runs {
                change(&mut run.at);
            }
        }
        for question in self.questions.values_mut() {
            change(&mut question.at);
        }
    }

    /// Puts back a saved run or question.
    pub(crate) fn restore(
        &mut self,
        runs: Vec<(AnswerKey, Run)>,
        questions: Vec<(Address, TextId, Question)>,
    ) {
        for (key, run) in runs {
            self.runs.entry(key).or_insert_with(|| Vec::with_capacity(1)).push(run);
            self.run_count += 1;
        }
        self.questions.extend(questions.into_iter().map(|(asker, name, q)| ((asker, name), q)));
    }
}

/// A map's entries without an order of its own: the caller's result must not depend on it.
fn sorted<K: Ord + std::hash::Hash + Eq, V>(map: HashMap<K, V>) -> Vec<(K, V)> {
    let mut all: Vec<_> = map.into_iter().collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_wire::Mac;
    use proptest::prelude::*;

    fn run(name: u32, time: i64) -> Run {
        let at = PacketRef { offset: time as u64, ..PacketRef::default() };
        let (name, chain) = (TextId(name), TextId::EMPTY);
        let (by, reply) = (Resolver::Dns, Reply::stream());
        Run { name, chain, by, reply, first: time, last: time, count: 1, at }
    }

    fn fold(names: &[u32], from: usize) -> Names {
        let mut all = Names::default();
        for (n, &name) in names.iter().enumerate() {
            let time = (from + n) as i64;
            all.answer(AnswerKey::default(), run(name, time));
            let asked =
                Notice::Asked(Mac([2, 0, 0, 0, 0, name as u8]), Exchange::of(AnswerFlow::STREAM, &[0, 1]));
            all.hear(Address::default(), TextId(name % 2), asked, time, PacketRef::default());
        }
        all
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_changes_nothing(names in prop::collection::vec(0u32..3, 0..12), cut in 0usize..12) {
            let cut = cut.min(names.len());
            let mut left = fold(&names[..cut], 0);
            left.join(fold(&names[cut..], cut), |id| id);
            let whole = fold(&names, 0);
            prop_assert_eq!(left.all(), whole.all());
            let mut texts = Texts::default();
            for text in ["a", "b"] {
                texts.intern(text.as_bytes());
            }
            prop_assert_eq!(left.questions(&texts), whole.questions(&texts));
            prop_assert_eq!(left.len(), whole.len());
        }
    }

    /// A desk asks for a thousand names, and a camera once for one.
    #[test]
    fn who_asks_for_much_gives_up_what_was_heard_of_longest_ago() {
        let (mut texts, mut names) = (Texts::default(), Names::default());
        let [camera, desk] = [1, 2].map(|last| Address::v4([192, 168, 1, last]));
        let mut ask = |names: &mut Names, asker, name: &str, time| {
            let name = texts.intern(name.as_bytes());
            names.hear(asker, name, Notice::Asked(Mac::default(), None), time, PacketRef::default());
            names.answer((Address::default(), asker), Run { name, ..run(0, time) });
        };
        ask(&mut names, camera, "cloud", 0);
        for n in 1..=1000 {
            ask(&mut names, desk, &format!("{n:04}"), n);
        }
        ask(&mut names, desk, "0001", 1001);
        names.limit(64 << 10, &texts);
        assert!(names.cost() <= 56 << 10 && names.cost() > 55 << 10, "{}", names.cost());
        assert_eq!(names.given_up as usize + names.len(), 2003);
        let known = |asker, name: &str| {
            let name = texts.find(name.as_bytes()).unwrap();
            let runs = names.runs(&(Address::default(), asker)).iter().filter(|run| run.name == name).count();
            (names.question(asker, name).is_some(), runs)
        };
        let kept = [known(camera, "cloud"), known(desk, "0001"), known(desk, "0002"), known(desk, "1000")];
        assert_eq!(kept, [(true, 1), (true, 1), (false, 0), (true, 1)]);
    }
}
