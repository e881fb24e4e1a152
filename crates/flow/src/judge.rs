//! From a summary to a report: names, vendors, devices, activities and findings, judged late and without a clock.
//!
//! [`judge`] is pure: the same summary and catalogue give the same report, and a saved summary can be judged again
//! with tomorrow's catalogue. Thresholds stand in [`rules`], in one place.

mod activity;
mod attribution;
mod coverage;
mod device;
mod finding;
mod grouped;
mod identity;
mod link;
mod name;
mod opinion;
mod roll;
pub mod rules;
mod site;
mod view;
mod walk;

use lenscap_catalog::Catalog;
use lenscap_wire::{PacketRef, Timestamp};

use self::opinion::{Opinions, Testimony};
use crate::captures::Numbering;
use crate::ending::Ending;
use crate::key::Side;
use crate::report::{Amount, Ledger, Overview, Report};
use crate::shard::SHARDS;
use crate::spell::{Cold, Hot, flag};
use crate::summary::Summary;
use crate::text::TextId;
use crate::verdict::{Heard, VerdictId};

pub use site::Policy;

/// Everything a rule may look at.
pub(crate) struct Court<'a> {
    pub(crate) summary: &'a Summary,
    pub(crate) ending: &'a Ending,
    pub(crate) catalog: &'a Catalog,
    pub(crate) site: site::Site,
    pub(crate) held: link::Held,
    pub(crate) numbering: Numbering,
    pub(crate) names: name::NameIndex<'a>,
    pub(crate) opinions: Opinions<'a>,
    pub(crate) protocols: activity::Protocols,
}

/// Where a flow stands: its shard (or [`SHARDS`] for unfinished datagrams) and place there.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct FlowAt {
    pub(crate) shard: u32,
    pub(crate) place: u32,
}

impl FlowAt {
    /// What was judged of the flow there, by shard and place.
    pub(crate) fn of(self, judged: &[Vec<attribution::Judged>]) -> Option<&attribution::Judged> {
        judged.get(self.shard as usize)?.get(self.place as usize)
    }
}

/// A flow before the court.
#[derive(Clone, Copy)]
pub(crate) struct Flow<'a> {
    pub(crate) at: FlowAt,
    pub(crate) hot: &'a Hot,
    pub(crate) cold: &'a Cold,
}

impl<'a> Court<'a> {
    /// Every flow of one shard.
    pub(crate) fn flows(&self, shard: usize) -> impl Iterator<Item = Flow<'a>> + use<'a> {
        let unfinished = (shard == SHARDS).then_some(&self.ending.unfinished).into_iter().flatten();
        let unfinished = unfinished.map(|spell| (&spell.hot, &spell.cold));
        let kept = self.summary.shards.get(shard).into_iter().flat_map(crate::shard::Shard::spells);
        kept.chain(unfinished).zip(0..).map(move |((hot, cold), place)| Flow {
            at: FlowAt { shard: shard as u32, place },
            hot,
            cold,
        })
    }

    /// How many flows a shard has.
    pub(crate) fn count(&self, shard: usize) -> usize {
        self.summary.shards.get(shard).map_or(self.ending.unfinished.len(), crate::shard::Shard::len)
    }

    /// One flow.
    pub(crate) fn flow(&self, at: FlowAt) -> Option<Flow<'a>> {
        let (hot, cold) = match self.summary.shards.get(at.shard as usize) {
            Some(shard) => shard.spell(at.place as usize)?,
            None => self.ending.unfinished.get(at.place as usize).map(|spell| (&spell.hot, &spell.cold))?,
        };
        Some(Flow { at, hot, cold })
    }

    /// What a half said, by the stream reader that decided on it, and whether only the capture's end decided.
    #[inline]
    fn heard(&self, flow: &Flow<'a>, side: Side) -> (bool, Heard) {
        let verdict = flow.cold.verdicts[side & 1];
        if verdict == VerdictId::NONE && flow.hot.flags & flag::UNDECIDED << side != 0 {
            let at_end = self.ending.heard((flow.at.shard, flow.at.place, side as u8));
            if let Some(heard) = at_end {
                return (true, heard);
            }
        }
        (false, Heard { verdict, asked: flow.cold.asked(flow.hot, side) })
    }

    /// The packet with which the stream readers could say what they said of a half.
    #[inline]
    pub(crate) fn decided(&self, flow: &Flow<'a>, side: Side) -> Option<PacketRef> {
        let at_end = || self.ending.decided((flow.at.shard, flow.at.place, side as u8));
        flow.cold.decided(side).or_else(at_end)
    }

    /// What a half said, judged.
    #[inline]
    pub(crate) fn testimony(&self, flow: &Flow<'a>, side: Side) -> Testimony<'_, 'a> {
        let (at_end, heard) = self.heard(flow, side);
        self.opinions.testimony(at_end, heard)
    }

    /// Kind and value of each statement of a half, in its words.
    pub(crate) fn said(
        &self,
        flow: &Flow<'a>,
        side: Side,
    ) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let (at_end, Heard { verdict, asked }) = self.heard(flow, side);
        let (verdicts, texts) = if at_end {
            (&self.ending.verdicts, &self.ending.texts)
        } else {
            (&self.summary.verdicts, &self.summary.texts)
        };
        let said = verdicts.verdict(verdict).into_iter().flat_map(|verdict| verdict.said.iter());
        said.map(move |said| {
            let value = match said.value {
                TextId::OWN => asked.name,
                TextId::PATH => asked.path,
                value => value,
            };
            (texts.text(said.kind), texts.text(value))
        })
    }
}

/// Judges a summary. Says nothing that the packets do not show; names, vendors and kinds come with a confidence.
pub fn judge<'a>(summary: &'a Summary, catalog: &'a Catalog, policy: &Policy) -> Report<'a> {
    let ending = summary.ending();
    let court = Court {
        summary,
        ending,
        catalog,
        site: site::Site::new(policy),
        held: link::Held::new(summary),
        numbering: summary.captures.numbering(),
        names: name::NameIndex::new(summary),
        opinions: Opinions::new(summary, ending, catalog),
        protocols: activity::Protocols::new(),
    };
    let mut walk = walk::Walk::new(&court);
    let stations = device::Stations::new(&court, &mut walk);
    let walk::Walk { judged, sums, .. } = walk;
    let findings = finding::findings(&court, &judged, &stations);
    let captures = summary.captures.records(&court.numbering);
    let ledger = ledger(summary, &sums);
    let mut overview = Overview {
        exact: !summary.caps().any(),
        inexact_since: summary.tally.inexact_since.map(Timestamp),
        packets: ledger.packets,
        flows: sums.flows,
        devices: stations.len() as u64,
        cameras: stations.cameras() as u64,
        findings: [0; 5],
        coverage: coverage::coverage(summary, &sums),
    };
    for finding in &findings {
        if let Some(count) = overview.findings.get_mut(finding.severity as usize) {
            *count += 1;
        }
    }
    let records = Box::new(view::Judgement { court, judged, stations });
    Report::of(captures, records, findings, ledger, overview)
}

/// The books: flows and residuals summed from what is kept, the rest from the tally, the whole counted apart.
fn ledger(summary: &Summary, sums: &coverage::Sums) -> Ledger {
    let tally = &summary.tally;
    let (_, packets, bytes) = summary.residuals.total();
    Ledger {
        packets: tally.packets,
        bytes_wire: tally.bytes_wire,
        bytes_captured: tally.bytes_captured,
        in_flows: sums.booked,
        in_residuals: Amount { packets, bytes },
        non_ip: tally.non_ip,
        undecodable: tally.undecodable,
        truncated: tally.truncated,
        filtered: tally.filtered,
        beyond_wire: sums.beyond_wire,
    }
}
