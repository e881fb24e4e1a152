//! From a summary to a report: names, vendors, devices, activities and findings, judged late and without a clock.
//!
//! [`judge`] is pure: the same summary and catalogue give the same report, and a saved summary can be judged again
//! with tomorrow's catalogue. Thresholds stand in [`rules`], in one place.

mod boundary;
mod by_flow;
mod community_id;
mod ending;
mod judged;
mod leaving;
pub(crate) mod numbering;
pub mod rules;
mod stated;
mod uid;
mod view;
mod walk;
mod what;
mod who;
mod whose;

use hashbrown::HashSet;
use lenscap_catalog::Catalog;
use lenscap_wire::{Field, PacketRef, Timestamp};
use std::sync::OnceLock;

use self::ending::Ending;
use self::numbering::{Numbering, records};
use self::whose::earlier::Earlier;
use self::whose::halves::Halves;
use self::whose::opinion::{Opinions, Testimony};
use self::whose::protocol::Protocols;
use crate::report::{Amount, Ledger, Overview, Report, Standing};
use crate::state::eviction::{Evicted, Gone};
use crate::state::key::Side;
use crate::state::settled::Settled;
use crate::state::spell::counters::Counters;
use crate::state::spell::{Cold, Hot, Spell, flag};
use crate::state::summary::Summary;
use crate::state::table::shard::SHARDS;
use crate::state::text::TextId;
use crate::state::transcript::{Asked, TranscriptId};

pub use boundary::Policy;
pub use ending::Closed;
pub use stated::{DeviceKey, Stated};

/// Everything a rule may look at.
pub(crate) struct Court<'a> {
    pub(crate) summary: &'a Summary,
    pub(crate) ending: &'a Ending,
    pub(crate) catalog: &'a Catalog,
    pub(crate) boundary: boundary::Boundary,
    pub(crate) statements: stated::Statements,
    pub(crate) claims: who::claims::Claims,
    pub(crate) neighbours: who::neighbours::Neighbours,
    pub(crate) numbering: Numbering,
    pub(crate) names: whose::name::NameIndex<'a>,
    /// Names that are of hosts inside; worked out where a proxy is asked for one.
    site_names: OnceLock<HashSet<Vec<u8>>>,
    pub(crate) opinions: Opinions<'a>,
    pub(crate) protocols: Protocols<'a>,
    pub(crate) earlier: Earlier<'a>,
    pub(crate) halves: Halves,
    /// What flows left that a cap put out of memory.
    pub(crate) evicted: Vec<&'a Evicted>,
    /// What flows left that ended and were told, and the place there of each that stays whole, with its record's.
    pub(crate) settled: Vec<&'a Settled>,
    pub(crate) kept: Vec<(u32, u32)>,
}

/// The shard that flows are said to be in that a cap put out of memory.
pub(crate) const EVICTED: usize = SHARDS + 1;
/// The one that those are said to be in that ended and were told.
pub(crate) const SETTLED: usize = SHARDS + 2;

/// Where a flow stands: its shard (or [`SHARDS`] for unfinished datagrams, or [`EVICTED`], or [`SETTLED`]) and place there. Behind
/// these stand spells that only tell of others.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct FlowAt {
    pub(crate) shard: u32,
    pub(crate) place: u32,
}

/// A flow before the court.
#[derive(Clone, Copy)]
pub(crate) struct Flow<'a> {
    pub(crate) at: FlowAt,
    pub(crate) hot: &'a Hot,
    pub(crate) cold: &'a Cold,
    /// The sums that it stands for, where it is the largest flow of a record.
    sums: Option<&'a Gone>,
}

impl<'a> Flow<'a> {
    /// The sums of others of its kind that left memory with it.
    pub(crate) fn gone(&self) -> Option<&'a Gone> {
        self.sums.filter(|gone| gone.flows > 0)
    }

    /// Whether a cap put it out of memory.
    pub(crate) fn is_evicted(&self) -> bool {
        self.at.shard as usize == EVICTED
    }

    /// What was counted of it, and of those that left memory with it.
    pub(crate) fn whole_counters(&self) -> Counters {
        self.with_gone(self.counters())
    }

    /// The same, where what was counted of it alone is at hand.
    pub(crate) fn with_gone(&self, mut all: Counters) -> Counters {
        if let Some(gone) = self.gone() {
            all.join(&gone.counters);
        }
        all
    }

    /// How many flows it stands for.
    pub(crate) fn count(&self) -> u64 {
        1 + self.gone().map_or(0, |gone| gone.flows)
    }
}

impl<'a> Court<'a> {
    /// Every flow of one shard.
    pub(crate) fn flows(&self, shard: usize) -> impl Iterator<Item = Flow<'a>> + use<'a> {
        let unfinished = (shard == SHARDS).then_some(&self.ending.unfinished).into_iter().flatten();
        let unfinished = unfinished.map(|spell| (&spell.hot, &spell.cold));
        let kept = self
            .summary
            .flows
            .shards
            .get(shard)
            .into_iter()
            .flat_map(crate::state::table::shard::Shard::spells);
        let kept = kept.chain(unfinished).zip(0..).map(move |((hot, cold), place)| Flow {
            at: FlowAt { shard: shard as u32, place },
            hot,
            cold,
            sums: None,
        });
        // The lifetime of a list is not that of the records in it.
        let left = if shard > SHARDS { self.count(shard) as u32 } else { 0 };
        let left: Vec<_> =
            (0..left).filter_map(|place| self.flow(FlowAt { shard: shard as u32, place })).collect();
        kept.chain(left)
    }

    /// How many flows a shard has.
    pub(crate) fn count(&self, shard: usize) -> usize {
        match self.summary.flows.shards.get(shard) {
            Some(shard) => shard.len(),
            None if shard == EVICTED => self.evicted.len(),
            None if shard == SETTLED => self.kept.len(),
            None => self.ending.unfinished.len(),
        }
    }

    /// One flow.
    pub(crate) fn flow(&self, at: FlowAt) -> Option<Flow<'a>> {
        let (shard, place) = (at.shard as usize, at.place as usize);
        let of = |spell: &'a Spell| (&spell.hot, &spell.cold);
        let ((hot, cold), sums) = match self.summary.flows.shards.get(shard) {
            Some(shard) => (shard.spell(place)?, None),
            None if shard == SHARDS => (self.ending.unfinished.get(place).map(of)?, None),
            None if shard == EVICTED => {
                let record: &'a Evicted = self.evicted.get(place).copied()?;
                (of(&record.largest), Some(&record.gone))
            }
            None if shard == SETTLED => {
                let &(record, place) = self.kept.get(place)?;
                let record: &'a Settled = self.settled.get(record as usize).copied()?;
                (of(&record.kept.get(place as usize)?.spell), (place == 0).then_some(&record.gone))
            }
            None => (of(self.earlier.teller(at)?), None),
        };
        Some(Flow { at, hot, cold, sums })
    }

    /// What a half said, its transcript and its own name and path, and whether only the capture's end decided.
    #[inline]
    fn transcript(&self, flow: &Flow<'a>, side: Side) -> (bool, (TranscriptId, Asked)) {
        let transcript = flow.cold.transcripts[side & 1];
        if transcript == TranscriptId::NONE && flow.hot.flags & flag::UNDECIDED << side != 0 {
            let at_end = self.ending.transcript((flow.at.shard, flow.at.place, side as u8));
            if let Some(transcript) = at_end {
                return (true, transcript);
            }
        }
        (false, (transcript, flow.cold.asked(flow.hot, side)))
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
        let (at_end, transcript) = self.transcript(flow, side);
        self.opinions.testimony(at_end, transcript)
    }

    /// Field and value of each statement of a half, and whether it is about the half's receiver.
    pub(crate) fn said(
        &self,
        flow: &Flow<'a>,
        side: Side,
    ) -> impl Iterator<Item = (Field, &'a [u8], bool)> + use<'a> {
        let (at_end, (transcript, asked)) = self.transcript(flow, side);
        let (transcripts, texts) = if at_end {
            (&self.ending.transcripts, &self.ending.texts)
        } else {
            (&self.summary.flows.transcripts, &self.summary.flows.texts)
        };
        let said =
            transcripts.transcript(transcript).into_iter().flat_map(|transcript| transcript.said.iter());
        said.map(move |said| {
            let value = match said.value {
                TextId::OWN => asked.name,
                TextId::PATH => asked.path,
                value => value,
            };
            (said.field, texts.text(value), said.of_receiver)
        })
    }
}

/// Judges a summary, as if no packet followed. Says nothing that the packets do not show; names, vendors and kinds come with a confidence.
pub fn judge<'a>(closed: &'a Closed<'a>, catalog: &'a Catalog, policy: &Policy) -> Report<'a> {
    // By a thread of the pool, which is lent again what it gave back when it folded.
    rayon::scope(|_| judge_all(closed, catalog, policy))
}

fn judge_all<'a>(closed: &'a Closed<'a>, catalog: &'a Catalog, policy: &Policy) -> Report<'a> {
    let &Closed { summary, ref ending } = closed;
    let boundary = boundary::Boundary::new(policy);
    let mut court = Court {
        summary,
        ending,
        catalog,
        claims: who::claims::Claims::new(summary),
        neighbours: who::neighbours::Neighbours::default(),
        numbering: Numbering::of(&summary.site.captures),
        names: whose::name::NameIndex::new(summary, ending, &boundary),
        site_names: OnceLock::new(),
        boundary,
        statements: stated::Statements::new(&policy.stated),
        opinions: Opinions::new(summary, ending, catalog),
        protocols: Protocols::new(summary, &ending.referrals, catalog),
        earlier: Earlier::default(),
        halves: Halves::default(),
        evicted: summary.site.evictions.sorted().into_iter().map(|(_, record)| record).collect(),
        settled: summary.site.settled.sorted(),
        kept: Vec::new(),
    };
    let kept = |(n, record): (u32, &&Settled)| (0..record.kept.len() as u32).map(move |place| (n, place));
    court.kept = (0..).zip(&court.settled).flat_map(kept).collect();
    court.earlier = Earlier::new(&court);
    court.halves = Halves::new(&court);
    let mut walk = walk::Walk::new(&court);
    let stations = who::device::Stations::new(&court, &mut walk);
    let walk::Walk { judged, mut sums, undelivered, .. } = walk;
    let cases = what::case::Cases::new(&court, &judged, &undelivered, &stations);
    let (findings, told) = what::finding::findings(&cases);
    drop(cases);
    sums.attribute(told);
    let captures = records(&summary.site.captures, &court.numbering);
    let ledger = ledger(summary, &sums);
    let mut overview = Overview {
        exact: !summary.site.is_capped(),
        inexact_since: summary.site.tally.inexact_since.map(Timestamp),
        packets: ledger.packets,
        flows: sums.flows,
        devices: stations.len() as u64,
        cameras: stations.count(Standing::Camera),
        suspected: stations.count(Standing::Suspected),
        findings: [0; 5],
        coverage: what::coverage::coverage(&court, &sums, (&judged, &stations)),
        catalogue: None,
        command: None,
    };
    for finding in &findings {
        if let Some(count) = overview.findings.get_mut(finding.severity as usize) {
            *count += 1;
        }
    }
    let records = Box::new(view::Judgement { court, judged, undelivered, stations });
    Report::of(captures, records, findings, ledger, overview)
}

/// The books: flows and residuals summed from what is kept, the rest from the tally, the whole counted apart.
fn ledger(summary: &Summary, sums: &what::coverage::Sums) -> Ledger {
    let tally = &summary.site.tally;
    let (_, packets, bytes) = summary.site.residuals.total();
    let (_, more_packets, more_bytes) = summary.site.evictions.total();
    Ledger {
        packets: tally.packets,
        bytes_wire: tally.bytes_wire,
        bytes_captured: tally.bytes_captured,
        in_flows: sums.booked,
        in_residuals: Amount { packets: packets + more_packets, bytes: bytes + more_bytes },
        non_ip: tally.non_ip,
        undecodable: tally.undecodable,
        truncated: tally.truncated,
        filtered: tally.filtered,
        beyond_wire: sums.beyond_wire,
    }
}
