//! The saved form of a summary (`.lens`): a version, then zstd over postcard of plain records.
//!
//! It holds everything that judging needs, and the first payloads of halves that an earlier summary may need: so it
//! contains payload. Flows are saved in order of their first packet, names and sightings in order of their content,
//! so equal summaries are equal files. Loading trusts nothing: lengths are bounded by what is there.

use lenscap_wire::{Address, Mac, PacketRef, Quoted, ReaderId, Resolver};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

use crate::buckets::Buckets;
use crate::captures::{CHUNK_BITS, Captures};
use crate::counters::{Counters, LowCounters};
use crate::fragment::{Fragments, portable::PortableFragments};
use crate::history::History;
use crate::key::Key;
use crate::merge::Refusal;
use crate::names::{Question, Run};
use crate::path::{Paths, PortableLayer};
use crate::residual::{Between, Residual};
use crate::sequence::Trouble;
use crate::shard::shard_of;
use crate::sighting::{Seen, Shown};
use crate::spell::asked::Asked;
use crate::spell::{Cold, Extra, Hot, Spell, flag};
use crate::stream::{Fetch, Half};
use crate::summary::{Limits, Summary};
use crate::tally::Tally;
use crate::text::TextId;
use crate::verdict::{Verdict, VerdictId};

/// First bytes of a saved summary; the last is the version of what follows.
const MAGIC: [u8; 8] = *b"lenscap\x05";
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

/// Source, destination, protocol and ports.
type PortableQuoted = ([u8; 16], [u8; 16], u8, (u16, u16));

#[derive(Serialize, Deserialize)]
struct PortableSpell {
    key: Key,
    flags: u32,
    hazards: u32,
    times: (i64, i64),
    counters: Counters,
    next: [u32; 2],
    seen: [u16; 2],
    #[serde(with = "packet_ref")]
    at: PacketRef,
    macs: [[u8; 6]; 2],
    history: History,
    isns: (u32, u32),
    verdicts: [VerdictId; 2],
    asked: [Asked; 2],
    decided: [Option<PortablePacket>; 2],
    extra: Option<PortableExtra>,
}

/// A packet.
#[derive(Serialize, Deserialize)]
struct PortablePacket(#[serde(with = "packet_ref")] PacketRef);

#[derive(Serialize, Deserialize)]
struct PortableExtra {
    span: Option<(i64, i64)>,
    trouble: [Option<Box<Trouble>>; 2],
    buckets: Option<Box<Buckets>>,
    halves: [Half; 2],
    quoted: Option<PortableQuoted>,
    names: Vec<TextId>,
}

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
        Self::from_portable(portable).ok_or_else(|| LoadError::Damaged("an id points nowhere".to_string()))
    }

    fn portable(&self) -> Portable {
        let settled = self
            .shards
            .iter()
            .flat_map(|shard| shard.settled.iter())
            .map(|spell| portable_spell(&spell.hot, &spell.cold));
        let open = self.shards.iter().flat_map(|shard| shard.hots.iter().zip(shard.colds.iter()));
        let open = open.map(|(hot, cold)| portable_spell(hot, cold));
        let in_order = |spells: &mut Vec<PortableSpell>| spells.sort_by_key(|spell| (spell.at, spell.key));
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
            let spell = spell_of(spell);
            let hash = spell.hot.key.hash(summary.paths.hash(spell.hot.key.path));
            summary.shards.get_mut(shard_of(hash))?.settled.push(spell);
        }
        for spell in from.open {
            let spell = spell_of(spell);
            let hash = spell.hot.key.hash(summary.paths.hash(spell.hot.key.path));
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

fn portable_spell(hot: &Hot, cold: &Cold) -> PortableSpell {
    let extra = cold.extra.as_ref().map(|extra| PortableExtra {
        span: extra.span,
        trouble: extra.trouble.clone(),
        buckets: extra.buckets.clone(),
        halves: extra.halves.clone(),
        quoted: extra.quoted.as_ref().map(|q| (q.source.0, q.destination.0, q.protocol, q.ports)),
        names: extra.names.clone(),
    });
    PortableSpell {
        key: hot.key,
        flags: hot.flags,
        hazards: hot.hazards,
        times: (cold.first, hot.last),
        counters: hot.counters(cold),
        next: hot.next,
        seen: hot.seen,
        at: cold.at(),
        macs: cold.macs.map(|mac| mac.0),
        history: cold.history,
        isns: (cold.client_isn, cold.server_isn),
        verdicts: cold.verdicts,
        asked: [0, 1].map(|side| cold.asked(hot, side)),
        decided: [0, 1].map(|side| cold.decided(side).map(PortablePacket)),
        extra,
    }
}

fn spell_of(from: PortableSpell) -> Spell {
    let extra = from.extra.map(|extra| {
        Box::new(Extra {
            span: extra.span,
            trouble: extra.trouble,
            buckets: extra.buckets,
            halves: extra.halves,
            quoted: extra.quoted.map(|(source, destination, protocol, ports)| {
                Box::new(Quoted {
                    source: Address(source),
                    destination: Address(destination),
                    protocol,
                    ports,
                })
            }),
            names: extra.names,
            ..Extra::default()
        })
    });
    let mut hot = Hot {
        key: from.key,
        flags: from.flags & !(flag::CARRIED | flag::ASKED_HIGH),
        last: from.times.1,
        low: LowCounters::default(),
        next: from.next,
        seen: from.seen,
        hazards: from.hazards,
    };
    let mut cold = Cold {
        macs: from.macs.map(Mac),
        history: from.history,
        client_isn: from.isns.0,
        server_isn: from.isns.1,
        verdicts: from.verdicts,
        extra,
        first: from.times.0,
        ..Cold::default()
    };
    cold.begin(from.at);
    for (side, decided) in from.decided.into_iter().enumerate() {
        if let Some(PortablePacket(packet)) = decided {
            cold.decide(side, packet);
        }
    }
    hot.count(&mut cold, &from.counters);
    for (side, asked) in from.asked.into_iter().enumerate() {
        cold.ask(&mut hot, side, asked);
    }
    Spell { hot, cold }
}

/// Why saved summaries could not be joined.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// There is nothing to join.
    #[error("no saved summary was given")]
    Nothing,
    /// Packets of two captures lie between one another.
    #[error("{0} and {1} overlap in time: they must be read packet by packet")]
    Overlap(String, String),
    /// Equality could not be proven.
    #[error("{0} and {1} cannot be joined exactly: {2:?}")]
    Refused(String, String, Refusal),
}

impl MergeError {
    /// What to do instead.
    pub fn next(&self) -> String {
        match self {
            Self::Nothing => "Try: lenscap merge a.lens b.lens".to_string(),
            Self::Overlap(..) | Self::Refused(..) => {
                "Try: lenscap scan with the captures that both were made of, together".to_string()
            }
        }
    }
}

/// Nothing is fetched: a saved summary holds its payloads.
struct Kept;

impl Fetch for Kept {
    fn fetch(&self, _: u32, _: u64, _: usize, _: &mut Vec<u8>) -> bool {
        false
    }
}

/// Joins saved summaries in order of their first packets, as if their captures had been scanned together.
pub fn merge(mut all: Vec<(String, Summary)>) -> Result<Summary, MergeError> {
    all.sort_by_key(|(_, summary)| summary.captures.window());
    let mut all = all.into_iter();
    let (mut name, mut whole) = all.next().ok_or(MergeError::Nothing)?;
    for (next, mut summary) in all {
        let overlap = whole.captures.window().zip(summary.captures.window()).is_some_and(|(l, r)| r.0 < l.1);
        if overlap {
            return Err(MergeError::Overlap(name, next));
        }
        summary.move_inputs(whole.captures.next_input());
        whole = whole
            .then(summary, &Kept)
            .map_err(|refused| MergeError::Refused(name, next.clone(), refused.why))?;
        name = next;
    }
    Ok(whole)
}

impl Summary {
    /// Gives every input and chunk a later ordinal, so that they follow those of another summary.
    fn move_inputs(&mut self, by: u32) {
        self.captures.move_inputs(by);
        let shift = |at: &mut PacketRef| at.chunk += by << CHUNK_BITS;
        for shard in &mut self.shards {
            let settled = shard.settled.iter_mut().map(|spell| &mut spell.cold);
            for cold in settled.chain(shard.colds.iter_mut()) {
                cold.cited.move_chunks(by << CHUNK_BITS);
                let halves = cold.extra.iter_mut().flat_map(|extra| &mut extra.halves);
                for piece in halves.flat_map(|half| &mut half.pieces) {
                    shift(&mut piece.at.packet);
                }
                let far = cold.extra.iter_mut().flat_map(|extra| &mut extra.far);
                far.flat_map(|far| far.iter_mut().flatten()).for_each(shift);
            }
        }
        self.fragments.packets(shift);
        self.names.packets(shift);
        self.sightings.packets(shift);
    }
}
