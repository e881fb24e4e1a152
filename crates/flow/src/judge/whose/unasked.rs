//! Answers of name services for which nobody had asked: anybody can send one.
//!
//! What 192.0.2.53 sent to 192.168.1.64 from port 53, where nothing went the other way between these ports, answers nothing.

use hashbrown::HashSet;
use lenscap_wire::Resolver;

use crate::state::key::{Side, UDP};
use crate::state::names::AnswerFlow;
use crate::state::spell::Hot;
use crate::state::summary::Summary;
use crate::state::table::shard::Shard;

/// Where datagrams of a name service came and none went there. A flow that left memory tells nothing of it.
pub(super) fn unasked(summary: &Summary) -> HashSet<AnswerFlow> {
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
