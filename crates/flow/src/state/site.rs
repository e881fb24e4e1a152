//! What is known beside the flows: names and sightings of stations, inputs, sums of the ledger, what evicted flows left.

use crate::state::captures::Captures;
use crate::state::eviction::Evictions;
use crate::state::heir::Heirs;
use crate::state::names::Names;
use crate::state::residual::Residuals;
use crate::state::settled::SettledFlows;
use crate::state::sighting::Sightings;
use crate::state::tally::Tally;

/// The site that was captured, as its packets told of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Site {
    pub(crate) names: Names,
    pub(crate) sightings: Sightings,
    pub(crate) captures: Captures,
    pub(crate) tally: Tally,
    /// Records of flows that left memory, and the sums of those of which no record stayed.
    pub(crate) evictions: Evictions,
    pub(crate) residuals: Residuals,
    /// What flows left that ended and were told, and what their connections left to the next spells.
    pub(crate) settled: SettledFlows,
    pub(crate) heirs: Heirs,
    /// What time it is, where a clock told that no packet came.
    pub(crate) now: Option<i64>,
    /// Packets of which only the headers were looked at, since there were too many.
    pub(crate) shed: u64,
}

impl Site {
    /// How often each cap bit, with its name in reports.
    pub(crate) fn caps(&self) -> [(&'static str, u64); 8] {
        let caps = &self.tally.caps;
        [
            ("flows-evicted", caps.flows_evicted),
            ("contacts", caps.contacts),
            ("names", self.names.given_up),
            ("sightings", self.sightings.given_up),
            ("paths", caps.paths),
            ("datagrams", caps.datagrams),
            ("heirs", self.heirs.given_up),
            ("payloads-shed", self.shed),
        ]
    }

    /// Whether it holds what only judging can use: what flows left that were drained, and packets that were passed on shortened.
    pub(crate) fn is_drained(&self) -> bool {
        !self.settled.is_empty() || self.heirs.len() > 0 || self.heirs.given_up > 0 || self.shed > 0
    }

    /// Whether any cap bit.
    pub(crate) fn is_capped(&self) -> bool {
        self.caps().iter().any(|(_, count)| *count > 0)
    }
}
