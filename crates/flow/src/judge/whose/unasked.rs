//! Answers of name services for which nobody had asked: anybody can send one.
//!
//! What 192.0.2.53 sent to 192.168.1.64 from port 53, where nothing went the other way between these ports, answers nothing. Nor does what
//! has not the identifier of a question that went there (RFC 5452, 9.1), or a wrong checksum, which its receiver drops (RFC 1122, 4.1.3.4);
//! that is told where other answers to the same asker have right ones, since there are captures in which none is right.

use hashbrown::HashSet;
use lenscap_wire::{Address, Resolver};

use crate::state::key::{Side, UDP};
use crate::state::names::{AnswerFlow, Names, Reply};
use crate::state::spell::Hot;
use crate::state::summary::Summary;
use crate::state::table::shard::Shard;

/// Which answers are to no question.
#[derive(Debug, Default)]
pub(super) struct Strays {
    unasked: HashSet<AnswerFlow>,
    /// Who was sent answers with right checksums.
    sound: HashSet<Address>,
}

impl Strays {
    pub(super) fn new(summary: &Summary) -> Self {
        let names = &summary.site.names;
        if names.len() == 0 {
            return Self::default();
        }
        let has_wrong = replies(names).any(|(_, reply)| reply.wrong);
        let sound = replies(names).filter(|(_, reply)| has_wrong && reply.sound);
        Self { unasked: unasked(summary), sound: sound.map(|(asker, _)| asker).collect() }
    }

    /// Whether an answer to an asker is one of them.
    pub(super) fn has(&self, asker: Address, reply: &Reply) -> bool {
        reply.is_stray(|| self.sound.contains(&asker), || self.unasked.contains(&reply.flow))
    }
}

/// All answers and denials, with who was sent them.
fn replies(names: &Names) -> impl Iterator<Item = (Address, &Reply)> {
    let runs = names.each().flat_map(|(key, runs)| runs.iter().map(move |run| (key.1, &run.reply)));
    let denials = names.each_question();
    let denials =
        denials.filter_map(|((asker, _), question)| Some((*asker, &question.denial.as_ref()?.reply)));
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
