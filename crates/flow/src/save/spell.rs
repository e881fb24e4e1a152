//! A spell as a plain record.

use lenscap_wire::{Address, Mac, PacketRef, Quoted};
use serde::{Deserialize, Serialize};

use crate::state::half::Half;
use crate::state::key::{Key, TCP};
use crate::state::learned::Learned;
use crate::state::packet_ref;
use crate::state::path::PathId;
use crate::state::spell::buckets::{Bucket, Buckets};
use crate::state::spell::copies::Copies;
use crate::state::spell::counters::{Counters, LowCounters};
use crate::state::spell::history::History;
use crate::state::spell::pauses::Pauses;
use crate::state::spell::sequence::Trouble;
use crate::state::spell::times::Times;
use crate::state::spell::way::Way;
use crate::state::spell::{Cold, Extra, Hot, Later, Spell, flag};
use crate::state::text::TextId;
use crate::state::transcript::{Asked, TranscriptId};

/// Source, destination, protocol and ports.
type PortableQuoted = ([u8; 16], [u8; 16], u8, (u16, u16));

/// A spell with all that it keeps.
#[derive(Serialize, Deserialize)]
pub(super) struct PortableSpell {
    key: Key,
    flags: u32,
    hazards: u16,
    ways: [Way; 2],
    times: (i64, i64),
    counters: Counters,
    next: [u32; 2],
    seen: [u16; 2],
    #[serde(with = "packet_ref")]
    at: PacketRef,
    macs: [[u8; 6]; 2],
    history: History,
    isns: (u32, u32),
    pub(super) transcripts: [TranscriptId; 2],
    asked: [Asked; 2],
    decided: [Option<PortablePacket>; 2],
    extra: Option<PortableExtra>,
}

/// What the halves of a spell learned, where they did.
fn learned(extra: &Extra) -> Option<Box<[Vec<Learned>; 2]>> {
    let learned = &extra.later.as_ref()?.learned;
    learned.iter().any(|of| !of.is_empty()).then(|| Box::new(learned.clone()))
}

/// A packet.
#[derive(Serialize, Deserialize)]
struct PortablePacket(#[serde(with = "packet_ref")] PacketRef);

#[derive(Serialize, Deserialize)]
struct PortableExtra {
    span: Option<(i64, i64)>,
    trouble: [Option<Box<Trouble>>; 2],
    copies: Option<Box<Copies>>,
    buckets: Option<Box<Buckets>>,
    pauses: Option<Box<Pauses>>,
    halves: Option<Box<[Half; 2]>>,
    quoted: Option<PortableQuoted>,
    names: Vec<TextId>,
    learned: Option<Box<[Vec<Learned>; 2]>>,
}

impl PortableExtra {
    /// Whether there is nothing in it, so that the spell has to keep none.
    fn is_empty(&self) -> bool {
        let Self { span, trouble, copies, buckets, pauses, halves, quoted, names, learned } = self;
        span.is_none()
            && trouble.iter().all(Option::is_none)
            && copies.is_none()
            && buckets.is_none()
            && pauses.is_none()
            && halves.is_none()
            && quoted.is_none()
            && names.is_empty()
            && learned.is_none()
    }
}

impl PortableSpell {
    /// The record of a spell.
    pub(super) fn of(hot: &Hot, cold: &Cold) -> Self {
        let extra = cold.extra.as_ref().map(|extra| PortableExtra {
            span: extra.span.as_deref().copied(),
            trouble: extra.trouble.clone(),
            copies: extra.copies.clone(),
            buckets: extra.times.buckets(cold.first).map(Box::new),
            pauses: extra.pauses.clone(),
            halves: extra.halves.clone(),
            quoted: extra.quoted.as_ref().map(|q| (q.source.0, q.destination.0, q.protocol, q.ports)),
            names: extra.names().to_vec(),
            learned: learned(extra),
        });
        Self {
            key: hot.key,
            flags: hot.flags,
            hazards: hot.hazards,
            ways: hot.ways,
            times: (cold.first, hot.last),
            counters: hot.counters(cold),
            next: hot.next,
            seen: hot.seen,
            at: cold.at(),
            macs: cold.macs.map(|mac| mac.0),
            history: cold.history,
            isns: (cold.client_isn, cold.server_isn),
            transcripts: cold.transcripts,
            asked: [0, 1].map(|side| cold.asked(hot, side)),
            decided: [0, 1].map(|side| cold.decided(side).map(PortablePacket)),
            extra,
        }
    }

    /// The path that it is on, to be changed.
    pub(super) fn path_mut(&mut self) -> &mut PathId {
        &mut self.key.path
    }

    /// All texts that it names, to be changed.
    pub(super) fn texts_mut(&mut self) -> impl Iterator<Item = &mut TextId> {
        let asked = self.asked.iter_mut().flat_map(|Asked { name, path }| [name, path]);
        let extra = self.extra.iter_mut().flat_map(|PortableExtra { names, learned, .. }| {
            let learned = learned.iter_mut().flat_map(|learned| learned.iter_mut().flatten());
            names.iter_mut().chain(learned.flat_map(|learned| learned.told.texts_mut()))
        });
        asked.chain(extra)
    }

    /// Forgets what hangs on the cuts: the lists that decided halves keep for an earlier summary, and what of the present
    /// bucket of time was booked already.
    pub(super) fn forget_cuts(&mut self) {
        let Counters { payload, large, packets, .. } = self.counters;
        if let Some(buckets) = self.extra.as_mut().and_then(|extra| extra.buckets.as_mut()) {
            buckets.book(self.times.1, Bucket { payload, large, packets: packets[0] + packets[1] });
        }
        for side in [0, 1] {
            self.flags &= !((flag::LISTING | flag::SHORT) << side | flag::ASKED_HIGH | flag::CARRIED);
            let halves = self.extra.as_mut().and_then(|extra| extra.halves.as_mut());
            let Some(half) = halves.and_then(|halves| halves.get_mut(side)) else { continue };
            if self.flags & flag::UNDECIDED << side == 0 {
                *half = Half::default();
            }
        }
        let Some(extra) = &mut self.extra else { return };
        extra.halves.take_if(|halves| halves.iter().all(Half::is_empty));
        if extra.is_empty() {
            self.extra = None;
        }
    }

    /// Where the spell stands among all that are saved.
    pub(super) fn order(&self) -> (PacketRef, Key) {
        (self.at, self.key)
    }

    /// The spell of a record; `None` where its numbers contradict one another.
    pub(super) fn spell(self) -> Option<Spell> {
        let mut from = self;
        let Counters { payload, large, packets, .. } = from.counters;
        let totals = Bucket { payload, large, packets: packets[0].checked_add(packets[1])? };
        let buckets = from.extra.as_ref().and_then(|extra| extra.buckets.as_ref());
        if buckets.is_some_and(|buckets| !buckets.is_sound(totals)) {
            return None;
        }
        let copies = from.extra.as_ref().and_then(|extra| extra.copies.as_ref());
        if copies.is_some_and(|copies| !copies.is_sound(packets, payload)) {
            return None;
        }
        let pauses = from.extra.as_ref().and_then(|extra| extra.pauses.as_ref());
        if pauses.is_some_and(|pauses| !pauses.is_sound(payload, from.key.protocol == TCP)) {
            return None;
        }
        let halves = match from.extra.as_mut().and_then(|extra| extra.halves.take()) {
            Some(halves) => {
                let [lower, higher] = *halves;
                Some(Box::new([lower.restored()?, higher.restored()?]))
            }
            None => None,
        };
        let extra = from.extra.map(|extra| {
            Box::new(Extra {
                span: extra.span.map(Box::new),
                trouble: extra.trouble,
                copies: extra.copies,
                times: extra.buckets.map_or(Times::One, |buckets| Times::of(*buckets, from.times.0)),
                pauses: extra.pauses,
                halves,
                quoted: extra.quoted.map(|(source, destination, protocol, ports)| {
                    Box::new(Quoted {
                        source: Address(source),
                        destination: Address(destination),
                        protocol,
                        ports,
                    })
                }),
                later: Later::of(
                    extra.names.into(),
                    extra.learned.map(|learned| *learned).unwrap_or_default(),
                ),
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
            ways: from.ways,
        };
        let mut cold = Cold {
            macs: from.macs.map(Mac),
            history: from.history,
            client_isn: from.isns.0,
            server_isn: from.isns.1,
            transcripts: from.transcripts,
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
        Some(Spell { hot, cold })
    }
}
