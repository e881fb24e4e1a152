//! The packets of a contact: the first of its largest flows, those that decided whose the party is, refusals, look-ups.

use lenscap_wire::PacketRef;
use std::collections::BTreeSet;

use super::case::Case;
use super::contact::{Contact, Dealing};
use crate::judge::{Flow, rules};
use crate::report::{Attribution, PacketAt};

/// The packets of a contact.
pub(crate) struct Proof {
    /// First packets of the largest flows.
    pub(crate) flows: Vec<PacketAt>,
    /// Packets of the attributions that decided: in front those that show a name, in order, then those that show a protocol.
    pub(crate) names: Vec<PacketAt>,
    pub(crate) refusals: Vec<PacketAt>,
    asked: Vec<PacketAt>,
    /// Where the largest flows do not name the party themselves: how long before, at most, the name was given last, and of how many
    /// names of the address it is one.
    pub(crate) looked_up: Option<(i64, u64)>,
    /// How many hosts one of them asked for, at most.
    pub(crate) hosts: u64,
}

impl Proof {
    pub(crate) fn of(case: &Case<'_, '_>, contact: &Contact, flows: &[Flow<'_>]) -> Self {
        let located = |all: BTreeSet<PacketRef>| {
            let all = all.into_iter().take(rules::EVIDENCE);
            let mut all: Vec<_> = all.map(|at| case.court.numbering.locate(&at)).collect();
            all.sort_unstable();
            all
        };
        let mut firsts: Vec<PacketAt> =
            flows.iter().map(|flow| case.court.numbering.locate(&flow.cold.at())).collect();
        firsts.sort_unstable();
        let [mut names, mut protocols] = [const { BTreeSet::new() }; 2];
        let (mut looked_up, mut hosts) = (None, 0);
        for large in &contact.largest {
            let Some((flow, judged)) = case.court.flow(large.at).zip(case.judged.get(large.at)) else {
                continue;
            };
            let dealing = Dealing { flow, side: large.side, judged: *judged };
            if let Some(given) = case.court.looked_up(&dealing) {
                let known: &mut (i64, u64) = looked_up.get_or_insert_default();
                *known = (known.0.max(given.age), known.1.max(given.names));
            }
            hosts = hosts.max(case.court.hosts(&dealing));
            let by_protocol =
                matches!(judged.attribution, Some(Attribution::Protocol | Attribution::Learned));
            let shown = if by_protocol { &mut protocols } else { &mut names };
            shown.extend(case.court.shows_party(&flow, judged));
        }
        protocols.retain(|at| !names.contains(at));
        Self {
            flows: firsts,
            names: [located(names), located(protocols)].concat(),
            refusals: located(contact.refusals.clone()),
            asked: located(contact.asked.iter().map(|asked| asked.at).collect()),
            looked_up,
            hosts,
        }
    }

    pub(crate) fn evidence(&self) -> Vec<PacketAt> {
        let all = [&self.flows, &self.names, &self.refusals, &self.asked].into_iter().flatten();
        let all: BTreeSet<PacketAt> = all.copied().collect();
        all.into_iter().collect()
    }
}
