//! The saved form of a summary (`.lens`): a version, then zstd over postcard of plain records.
//!
//! It holds everything that judging needs, and the first payloads of halves that an earlier summary may need: so it
//! contains payload. Flows are saved in order of their first packet, names and sightings in order of their content,
//! so equal summaries are equal files. Loading trusts nothing: lengths are bounded by what is there.

mod canonical;
mod merge;
mod spell;

pub use merge::{MergeError, merge};

use lenscap_wire::{Address, Field, Mac, PacketRef, ReaderId, Resolver};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

use crate::state::captures::Captures;
use crate::state::eviction::{Evicted, EvictedKey, Gone};
use crate::state::fragment::{Fragments, portable::PortableFragments};
use crate::state::names::{Question, Reply, Run};
use crate::state::packet_ref;
use crate::state::path::{Paths, PortableLayer};
use crate::state::residual::{Residual, ResidualKey};
use crate::state::sighting::{Seen, Shown};
use crate::state::spell::Spell;
use crate::state::summary::{Limits, Summary};
use crate::state::table::shard::shard_of;
use crate::state::tally::Tally;
use crate::state::text::TextId;
use crate::state::transcript::Transcript;
use spell::PortableSpell;

/// First bytes of a saved summary; the last is the version of what follows.
const MAGIC: [u8; 8] = *b"lenscap\x14";
/// Bytes that a saved summary may unpack to.
const LIMIT: u64 = 64 << 30;

/// Why a saved summary could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operating system refused, or the packing is damaged.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is something else, or of another version.
    #[error("it is no saved summary of this version")]
    Magic,
    /// Its content makes no sense.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// A whole summary as plain records.
#[derive(Serialize, Deserialize)]
struct Portable {
    idle: i64,
    memory: u64,
    captures: Captures,
    tally: Tally,
    paths: Vec<Vec<PortableLayer>>,
    texts: Vec<Vec<u8>>,
    transcripts: Vec<Transcript>,
    settled: Vec<PortableSpell>,
    open: Vec<PortableSpell>,
    datagrams: PortableFragments,
    runs: Vec<PortableRun>,
    questions: Vec<([u8; 16], TextId, Question)>,
    sightings: Vec<PortableSighting>,
    evicted: Vec<PortableEvicted>,
    residuals: Vec<PortableResidual>,
    given_up: (u64, u64),
    spell_peak: u64,
    text_cost: (u64, u64),
}

/// What flows left that left memory.
#[derive(Serialize, Deserialize)]
struct PortableEvicted {
    key: EvictedKey,
    largest: PortableSpell,
    gone: Gone,
}

/// MACs and prefixes of both ends, and their sums.
type PortableResidual = ([[u8; 6]; 2], [[u8; 16]; 2], Residual);

#[derive(Serialize, Deserialize)]
struct PortableRun {
    address: [u8; 16],
    asker: [u8; 16],
    name: TextId,
    chain: TextId,
    by: u8,
    reply: Reply,
    first: i64,
    last: i64,
    count: u64,
    #[serde(with = "packet_ref")]
    at: PacketRef,
}

#[derive(Serialize, Deserialize)]
struct PortableSighting {
    mac: [u8; 6],
    address: [u8; 16],
    #[serde(with = "crate::state::field_word")]
    field: Field,
    value: TextId,
    claimed: bool,
    seen: Seen,
}

/// What all sums of flows that left memory come to at most: they are added up.
const MOST: u64 = 1 << 60;

/// Name services in the order of their saved numbers.
const RESOLVERS: [Resolver; 3] = [Resolver::Dns, Resolver::Mdns, Resolver::Llmnr];

impl Summary {
    /// Saves the summary. Contains the first payloads of flows that were still undecided.
    pub fn save(&self, mut out: impl Write) -> io::Result<()> {
        if self.site.is_drained() {
            return Err(io::Error::other(
                "flows of it have left memory, or were cut short: it can only be judged",
            ));
        }
        out.write_all(&MAGIC)?;
        let mut packed = zstd::Encoder::new(out, 3)?;
        postcard::to_io(&self.portable(), &mut packed).map_err(io::Error::other)?;
        packed.finish()?.flush()
    }

    /// Loads a saved summary.
    pub fn load(mut from: impl Read) -> Result<Self, LoadError> {
        let mut magic = [0; 8];
        from.read_exact(&mut magic).map_err(|_| LoadError::Magic)?;
        if magic != MAGIC {
            return Err(LoadError::Magic);
        }
        let mut bytes = Vec::new();
        zstd::Decoder::new(from)?.take(LIMIT).read_to_end(&mut bytes)?;
        let portable: Portable =
            postcard::from_bytes(&bytes).map_err(|why| LoadError::Damaged(why.to_string()))?;
        Self::from_portable(portable)
            .ok_or_else(|| LoadError::Damaged("its numbers contradict one another".to_string()))
    }

    fn portable(&self) -> Portable {
        let portable = |spell: &Spell| PortableSpell::of(&spell.hot, &spell.cold);
        let settled = self.flows.shards.iter().flat_map(|shard| shard.settled.iter()).map(portable);
        let open = self.flows.shards.iter().flat_map(|shard| shard.open.iter()).map(portable);
        let in_order = |spells: &mut Vec<PortableSpell>| spells.sort_by_key(PortableSpell::order);
        let (mut settled, mut open): (Vec<_>, Vec<_>) = (settled.collect(), open.collect());
        in_order(&mut settled);
        in_order(&mut open);
        let run = |(given, run): (&(Address, Address), &Run)| PortableRun {
            address: given.0.0,
            asker: given.1.0,
            name: run.name,
            chain: run.chain,
            by: RESOLVERS.iter().position(|by| *by == run.by).unwrap_or(0) as u8,
            reply: run.reply,
            first: run.first,
            last: run.last,
            count: run.count,
            at: run.at,
        };
        let sighting = |(shown, seen): (&Shown, &Seen)| PortableSighting {
            mac: shown.mac.0,
            address: shown.address.0,
            field: shown.field,
            value: shown.value,
            claimed: shown.claimed,
            seen: *seen,
        };
        let evicted = |(key, record): (&EvictedKey, &Evicted)| PortableEvicted {
            key: *key,
            largest: PortableSpell::of(&record.largest.hot, &record.largest.cold),
            gone: record.gone.clone(),
        };
        Portable {
            idle: self.limits.idle,
            memory: self.limits.memory as u64,
            captures: self.site.captures.clone(),
            tally: self.site.tally.clone(),
            paths: self.flows.paths.portable(),
            texts: self.flows.texts.iter().map(<[u8]>::to_vec).collect(),
            transcripts: self.flows.transcripts.iter().cloned().collect(),
            settled,
            open,
            datagrams: self.flows.fragments.portable(),
            runs: self.site.names.all().into_iter().map(run).collect(),
            questions: self
                .site
                .names
                .questions(&self.flows.texts)
                .into_iter()
                .map(|(asker, name, q)| (asker.0, name, *q))
                .collect(),
            sightings: self.site.sightings.sorted(&self.flows.texts).into_iter().map(sighting).collect(),
            evicted: self.site.evictions.sorted().into_iter().map(evicted).collect(),
            residuals: self
                .site
                .residuals
                .sorted()
                .into_iter()
                .map(|(b, r)| (b.macs.map(|m| m.0), b.prefixes.map(|p| p.0), *r))
                .collect(),
            given_up: (self.site.names.given_up, self.site.sightings.given_up),
            spell_peak: self.flows.costs.peak as u64,
            text_cost: (self.site.names.text_cost as u64, self.site.sightings.text_cost as u64),
        }
    }

    fn from_portable(from: Portable) -> Option<Self> {
        let limits = Limits { idle: from.idle, memory: usize::try_from(from.memory).ok()? };
        let mut summary = Self::saveable(limits);
        summary.site.captures = from.captures;
        summary.site.tally = from.tally;
        summary.flows.paths = Paths::from_portable(&from.paths)?;
        for text in &from.texts {
            summary.flows.texts.intern(text);
        }
        for transcript in &from.transcripts {
            summary.flows.transcripts.intern(
                ReaderId(transcript.reader),
                &transcript.said,
                &summary.flows.texts,
            );
        }
        let teaches = |spell: &Spell| [0, 1].iter().any(|&side| !spell.cold.learned(side).is_empty());
        for spell in from.settled {
            let spell = spell.spell()?;
            summary.flows.taught |= teaches(&spell);
            let hash = spell.hot.key.hash(&summary.flows.paths);
            summary.flows.shards.get_mut(shard_of(hash))?.settle(spell);
        }
        for spell in from.open {
            let spell = spell.spell()?;
            summary.flows.taught |= teaches(&spell);
            let hash = spell.hot.key.hash(&summary.flows.paths);
            summary.flows.shards.get_mut(shard_of(hash))?.insert(hash, spell);
        }
        summary.flows.fragments =
            Fragments::from_portable(from.datagrams, &summary.flows.paths, summary.limits.memory)?;
        let run = |run: PortableRun| {
            let by = *RESOLVERS.get(usize::from(run.by))?;
            let PortableRun { name, chain, reply, first, last, count, at, .. } = run;
            Some((
                (Address(run.address), Address(run.asker)),
                Run { name, chain, by, reply, first, last, count, at },
            ))
        };
        let runs = from.runs.into_iter().map(run).collect::<Option<Vec<_>>>()?;
        let questions =
            from.questions.into_iter().map(|(asker, name, q)| (Address(asker), name, q)).collect();
        summary.site.names.restore(runs, questions);
        for PortableSighting { mac, address, field, value, claimed, seen } in from.sightings {
            let shown = Shown { mac: Mac(mac), address: Address(address), field, value, claimed };
            summary.site.sightings.restore(shown, seen);
        }
        let mut sums = 0;
        for PortableEvicted { key, largest, gone } in from.evicted {
            sums = gone.weight().and_then(|weight| weight.checked_add(sums)).filter(|sums| *sums <= MOST)?;
            summary.site.evictions.restore(key, largest.spell()?, gone, &summary.flows);
        }
        for (macs, prefixes, sums) in from.residuals {
            summary
                .site
                .residuals
                .restore(ResidualKey { macs: macs.map(Mac), prefixes: prefixes.map(Address) }, sums);
        }
        (summary.site.names.given_up, summary.site.sightings.given_up) = from.given_up;
        summary.flows.costs.peak = from.spell_peak as usize;
        summary.site.names.text_cost = from.text_cost.0 as usize;
        summary.site.sightings.text_cost = from.text_cost.1 as usize;
        summary.flows.costs.spells = summary.flows.count_spells();
        summary.flows.costs.peak = summary.flows.costs.peak.max(summary.flows.costs.spells);
        Some(summary)
    }
}
