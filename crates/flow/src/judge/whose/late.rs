//! Names that halves of streams told: DNS over TCP.
//!
//! What a stream reader found stands in the half's transcript until it is judged, since the moment at which it decides may
//! lie in the middle of what a later chunk heard by message. Here it becomes answers and questions, with the time of the
//! flow's first packet and the packet that decided. For example a camera whose answer over UDP was truncated asks again
//! over TCP: that answer names the address, and the question is not one without an answer.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Field, PacketRef};
use std::collections::BTreeMap;

use crate::judge::ending::Ending;
use crate::state::key::Side;
use crate::state::spell::{Cold, Hot, flag};
use crate::state::summary::Summary;
use crate::state::text::Texts;
use crate::state::transcript::{Said, Transcript, TranscriptId, Transcripts};

/// An answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) name: &'a [u8],
    /// Names on the way from it to the address.
    pub(crate) chain: &'a [u8],
    pub(crate) asker: Address,
    /// Time of the flow's first packet.
    pub(crate) first: i64,
    /// The packet with which the reader could say so.
    pub(crate) at: PacketRef,
}

/// Somebody's question for a name, told in streams alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) at: PacketRef,
}

/// All that streams told of names.
#[derive(Debug, Default)]
pub(crate) struct LateNames<'a> {
    pub(crate) by_address: HashMap<Address, Vec<Told<'a>>>,
    answered: HashSet<(Address, &'a [u8])>,
    asked: BTreeMap<(Address, &'a [u8]), Asking>,
}

impl<'a> LateNames<'a> {
    pub(crate) fn new(summary: &'a Summary, ending: &'a Ending) -> Self {
        let mut late = Self::default();
        let tells = |all: &Transcripts| -> Vec<bool> {
            all.all().iter().map(|one| one.said.iter().any(|said| said.field.is_lookup())).collect()
        };
        let (early, at_end) = (tells(&summary.flows.transcripts), tells(&ending.transcripts));
        if !early.iter().chain(&at_end).any(|&tells| tells) {
            return late;
        }
        for (shard, spells) in summary.flows.shards.iter().enumerate() {
            for (place, (hot, cold)) in spells.spells().enumerate() {
                for side in [0, 1] {
                    let (decided, id) = match cold.transcripts[side] {
                        TranscriptId::NONE if hot.flags & flag::UNDECIDED << side != 0 => {
                            let half = (shard as u32, place as u32, side as u8);
                            let Some((id, _)) = ending.transcript(half) else { continue };
                            (ending.decided(half), (id, true))
                        }
                        id => (cold.decided(side), (id, false)),
                    };
                    let (tells, all, texts) = match id.1 {
                        true => (&at_end, &ending.transcripts, &ending.texts),
                        false => (&early, &summary.flows.transcripts, &summary.flows.texts),
                    };
                    if tells.get(id.0.0 as usize) != Some(&true) {
                        continue;
                    }
                    if let Some(transcript) = all.transcript(id.0) {
                        late.take(transcript, texts, (hot, cold), side, decided.unwrap_or(cold.at()));
                    }
                }
            }
        }
        for told in late.by_address.values_mut() {
            told.sort_by_key(|told| (told.first, told.at));
        }
        late
    }

    fn take(
        &mut self,
        transcript: &Transcript,
        texts: &'a Texts,
        (hot, cold): (&Hot, &Cold),
        side: Side,
        at: PacketRef,
    ) {
        let first = hot.span(cold).0;
        let (mut name, mut chain): (&[u8], &[u8]) = (b"", b"");
        for Said { of_receiver, field, value } in &transcript.said {
            let asker = hot.key.address(if *of_receiver { 1 - side } else { side });
            let value = texts.text(*value);
            match field {
                Field::DnsName => (name, chain) = (value, b""),
                Field::DnsChain => chain = value,
                Field::DnsAddress => {
                    let Ok(bytes) = value.try_into() else { continue };
                    let told = Told { name, chain, asker, first, at };
                    self.by_address.entry(Address(bytes)).or_default().push(told);
                    self.answered.insert((asker, name));
                }
                Field::DnsQuestion => {
                    let asking = Asking { first, last: hot.span(cold).1, at };
                    let known = self.asked.entry((asker, value)).or_insert(asking);
                    known.at = if first < known.first { at } else { known.at };
                    (known.first, known.last) = (known.first.min(first), known.last.max(asking.last));
                }
                _ => {}
            }
        }
    }

    /// Whether somebody was told an address of a name.
    pub(crate) fn is_answered(&self, asker: Address, name: &[u8]) -> bool {
        self.answered.contains(&(asker, name))
    }

    /// The questions that no stream answered, in order of asker and name.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = (Address, &'a [u8], Asking)> {
        let open = self.asked.iter().filter(|((asker, name), _)| !self.is_answered(*asker, name));
        open.map(|((asker, name), asking)| (*asker, *name, *asking))
    }
}
