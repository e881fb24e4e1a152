//! Answers of name services for which nobody had asked: anybody can send one.
//!
//! What 192.0.2.53 sent to 192.168.1.64 from port 53, where nothing went the other way between these ports, answers nothing. Nor does what
//! has not the identifier of a question that went there (RFC 5452, 9.1), or a wrong checksum, which its receiver drops (RFC 1122, 4.1.3.4);
//! that is told where the same name service sent the same asker right ones, since there are captures in which none of it is right.

use hashbrown::HashSet;
use lenscap_wire::{Address, Resolver};

use crate::judge::rules;
use crate::state::key::{Side, UDP};
use crate::state::names::{AnswerFlow, Asked, Names, Reply, Run, Service};
use crate::state::spell::Hot;
use crate::state::summary::Summary;
use crate::state::table::shard::Shard;

/// Which answers are to no question.
#[derive(Debug, Default)]
pub(super) struct Strays {
    unasked: HashSet<AnswerFlow>,
    /// Who was sent answers with right checksums, and by which name service.
    sound: HashSet<(Address, Service)>,
    /// What was answered before it is told by all that was asked: of later answers the question may be under way.
    settled: Option<i64>,
}

impl Strays {
    pub(super) fn new(summary: &Summary) -> Self {
        let names = &summary.site.names;
        if names.len() == 0 {
            return Self::default();
        }
        let has_damaged = replies(names).any(|(_, _, reply)| reply.damaged);
        let sound = replies(names).filter(|_| has_damaged);
        let sound = sound.filter_map(|(asker, asked, reply)| Some((asker, reply.shows_sound(asked)?)));
        let end = summary.site.captures.window().map(|(_, end)| end);
        let settled = end.map(|end| end.saturating_sub(rules::ANSWER_UNDER_WAY));
        Self { unasked: unasked(summary), sound: sound.collect(), settled }
    }

    /// Whether answers to an asker are of them; `names` are those with the question.
    pub(super) fn has_run(&self, names: &Names, asker: Address, run: &Run) -> bool {
        self.has(asker, &run.reply, || names.asked(asker, run.name), run.first)
    }

    /// Whether a reply that first came then is one of them, where its name was asked for in those exchanges.
    pub(super) fn has<'q>(
        &self,
        asker: Address,
        reply: &Reply,
        exchanges: impl FnOnce() -> Option<&'q Asked>,
        first: i64,
    ) -> bool {
        if reply.is_of_stream() {
            return false;
        }
        let is_sound = |service| self.sound.contains(&(asker, service));
        if reply.damaged && reply.service().is_some_and(is_sound) {
            return true;
        }
        let compared = reply.compare(exchanges());
        let is_settled = || self.settled.is_some_and(|settled| first < settled);
        !compared.matched && (compared.beside && is_settled() || self.unasked.contains(&reply.flow))
    }
}

/// All answers and denials, with who was sent them, and what he had asked.
fn replies(names: &Names) -> impl Iterator<Item = (Address, Option<&Asked>, &Reply)> {
    let runs = names.each().flat_map(|(key, runs)| runs.iter().map(move |run| (key.1, run)));
    let runs = runs.map(|(asker, run)| (asker, names.asked(asker, run.name), &run.reply));
    let denials = names.each_question().flat_map(|((asker, _), question)| {
        question.denials.each().map(|denial| (*asker, Some(&question.exchanges), &denial.reply))
    });
    runs.chain(denials)
}

/// Where datagrams of a name service came and none went there. A flow that left memory tells nothing of it.
fn unasked(summary: &Summary) -> HashSet<AnswerFlow> {
    let spells = || summary.flows.shards.iter().flat_map(Shard::spells);
    // That one side alone sent is rare, and what is common has to be looked at only where there is such.
    let lone = spells()
        .filter(|(hot, _)| is_of_dns(hot))
        .filter_map(|(hot, cold)| Some((hot, hot.only_sender(cold)?)));
    let mut told: HashSet<AnswerFlow> = lone.map(|(hot, side)| answer_flow(hot, side)).collect();
    if told.is_empty() {
        return told;
    }
    // The question may lie in another flow of the same ends, as where a mirror tags one direction.
    for (hot, cold) in spells().filter(|(hot, _)| is_of_dns(hot)) {
        let packets = hot.counters(cold).packets;
        for side in [0, 1].into_iter().filter(|side| packets[1 - side] > 0) {
            told.remove(&answer_flow(hot, side));
        }
    }
    told
}

/// Whether datagrams of a flow are a name service's.
fn is_of_dns(hot: &Hot) -> bool {
    hot.key.protocol == UDP && hot.app().is_some_and(|reader| reader.app() == Resolver::Dns.name())
}

/// The flow that answers of one side came in.
fn answer_flow(hot: &Hot, side: Side) -> AnswerFlow {
    let [own, other] = [side, 1 - side].map(|side| hot.key.port(side).unwrap_or(0));
    AnswerFlow::new(hot.key.address(side), (own, other))
}
