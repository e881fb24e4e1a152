//! The saved form of a summary (`.lens`): a version, then zstd over postcard of plain records.
//!
//! It holds everything that judging needs, and the first payloads of halves that an earlier summary may need: so it
//! contains payload. Flows are saved in order of their first packet, names and sightings in order of their content,
//! so equal summaries are equal files. Loading trusts nothing: lengths are bounded by what is there.

mod join;
mod spell;

pub use join::{MergeError, merge};

use lenscap_wire::{Address, Mac, PacketRef, ReaderId, Resolver};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

use crate::captures::Captures;
use crate::fragment::{Fragments, portable::PortableFragments};
use crate::names::{Question, Run};
use crate::path::{Paths, PortableLayer};
use crate::residual::{Between, Residual};
use crate::shard::shard_of;
use crate::sighting::{Seen, Shown};
use crate::summary::{Limits, Summary};
use crate::tally::Tally;
use crate::text::TextId;
use crate::verdict::Verdict;
use spell::PortableSpell;

/// First bytes of a saved summary; the last is the version of what follows.
const MAGIC: [u8; 8] = *b"lenscap\x06";
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

/// How a packet reference is saved.
pub(crate) mod packet_ref {
    use lenscap_wire::PacketRef;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(at: &PacketRef, to: S) -> Result<S::Ok, S::Error> {
        (at.chunk, at.record, at.offset, at.length).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PacketRef, D::Error> {
        let (chunk, record, offset, length) = Deserialize::deserialize(from)?;
        Ok(PacketRef { chunk, record, offset, length })
    }
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
    verdicts: Vec<Verdict>,
    settled: Vec<PortableSpell>,
    open: Vec<PortableSpell>,
    datagrams: PortableFragments,
    runs: Vec<PortableRun>,
    questions: Vec<([u8; 16], TextId, Question)>,
    sightings: Vec<PortableSighting>,
    residuals: Vec<PortableResidual>,
    refused: (u64, u64),
    spell_peak: u64,
    text_cost: u64,
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
    kind: TextId,
    value: TextId,
    seen: Seen,
}

/// Name services in the order of their saved numbers.
const RESOLVERS: [Resolver; 3] = [Resolver::Dns, Resolver::Mdns, Resolver::Llmnr];

impl Summary {
    /// Saves the summary. Contains the first payloads of flows that were still undecided.
    pub fn save(&self, mut out: impl Write) -> io::Result<()> {
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
        let settled = self
            .shards
            .iter()
            .flat_map(|shard| shard.settled.iter())
            .map(|spell| PortableSpell::of(&spell.hot, &spell.cold));
        let open = self.shards.iter().flat_map(|shard| shard.hots.iter().zip(shard.colds.iter()));
        let open = open.map(|(hot, cold)| PortableSpell::of(hot, cold));
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
            first: run.first,
            last: run.last,
            count: run.count,
            at: run.at,
        };
        let sighting = |(shown, seen): (&Shown, &Seen)| PortableSighting {
            mac: shown.mac.0,
            address: shown.address.0,
            kind: shown.kind,
            value: shown.value,
            seen: *seen,
        };
        Portable {
            idle: self.limits.idle,
            memory: self.limits.memory as u64,
            captures: self.captures.clone(),
            tally: self.tally.clone(),
            paths: self.paths.portable(),
            texts: self.texts.iter().map(<[u8]>::to_vec).collect(),
            verdicts: self.verdicts.iter().cloned().collect(),
            settled,
            open,
            datagrams: self.fragments.portable(),
            runs: self.names.all().into_iter().map(run).collect(),
            questions: self
                .names
                .questions(&self.texts)
                .into_iter()
                .map(|(asker, name, q)| (asker.0, name, *q))
                .collect(),
            sightings: self.sightings.sorted(&self.texts).into_iter().map(sighting).collect(),
            residuals: self
                .residuals
                .sorted()
                .into_iter()
                .map(|(b, r)| (b.macs.map(|m| m.0), b.prefixes.map(|p| p.0), *r))
                .collect(),
            refused: (self.names.refused, self.sightings.refused),
            spell_peak: self.spell_peak as u64,
            text_cost: self.text_cost as u64,
        }
    }

    fn from_portable(from: Portable) -> Option<Self> {
        let limits = Limits { idle: from.idle, memory: usize::try_from(from.memory).ok()? };
        let mut summary = Self::saveable(limits);
        summary.captures = from.captures;
        summary.tally = from.tally;
        summary.paths = Paths::from_portable(&from.paths)?;
        for text in &from.texts {
            summary.texts.intern(text);
        }
        for verdict in &from.verdicts {
            summary.verdicts.intern(ReaderId(verdict.reader), &verdict.said, &summary.texts);
        }
        for spell in from.settled {
            let spell = spell.spell()?;
            let hash = spell.hot.key.hash(&summary.paths);
            summary.shards.get_mut(shard_of(hash))?.settled.push(spell);
        }
        for spell in from.open {
            let spell = spell.spell()?;
            let hash = spell.hot.key.hash(&summary.paths);
            summary.shards.get_mut(shard_of(hash))?.insert(hash, spell);
        }
        summary.fragments = Fragments::from_portable(from.datagrams, &summary.paths, summary.limits.memory)?;
        let run = |run: PortableRun| {
            let by = *RESOLVERS.get(usize::from(run.by))?;
            let PortableRun { name, chain, first, last, count, at, .. } = run;
            Some((
                (Address(run.address), Address(run.asker)),
                Run { name, chain, by, first, last, count, at },
            ))
        };
        let runs = from.runs.into_iter().map(run).collect::<Option<Vec<_>>>()?;
        let questions =
            from.questions.into_iter().map(|(asker, name, q)| (Address(asker), name, q)).collect();
        summary.names.restore(runs, questions);
        for PortableSighting { mac, address, kind, value, seen } in from.sightings {
            summary.sightings.restore(Shown { mac: Mac(mac), address: Address(address), kind, value }, seen);
        }
        for (macs, prefixes, sums) in from.residuals {
            summary.residuals.restore(Between { macs: macs.map(Mac), prefixes: prefixes.map(Address) }, sums);
        }
        (summary.names.refused, summary.sightings.refused) = from.refused;
        summary.spell_peak = from.spell_peak as usize;
        summary.text_cost = from.text_cost as usize;
        summary.spell_cost = summary.count_spells();
        summary.spell_peak = summary.spell_peak.max(summary.spell_cost);
        Some(summary)
    }
}
