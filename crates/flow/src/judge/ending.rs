//! What only the end of the capture decides: halves that were still waiting for bytes, and datagrams that never
//! became whole. A hello of which the last segment was not captured is read here for as far as it goes; a datagram
//! of which a piece is missing becomes a flow with port 0.

use hashbrown::HashMap;
use lenscap_wire::PacketRef;
use rayon::prelude::*;
use std::ops::Range;

use crate::judge::walk::parts;
use crate::judge::whose::late::{self, Lesson, Referral};
use crate::state::key::{Key, Side};
use crate::state::names::Names;
use crate::state::spell::{Cold, Hot, Spell, flag};
use crate::state::summary::{AtEnd, Summary, read_at_end};
use crate::state::table::index::NOWHERE;
use crate::state::table::shard::Shard;
use crate::state::text::Texts;
use crate::state::transcript::{Asked, TranscriptId, Transcripts};

/// Shard, place among [`Shard::spells`] and side.
pub(crate) type HalfAt = (u32, u32, u8);

/// What the end decides of a half that was waiting.
#[derive(Clone, Copy, Debug)]
struct Decided {
    transcript: TranscriptId,
    asked: Asked,
    /// The last packet that it was read from.
    last: PacketRef,
}

/// The end's decisions. Their texts are kept apart from the summary's.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    pub(crate) texts: Texts,
    pub(crate) transcripts: Transcripts,
    halves: HashMap<HalfAt, Decided>,
    /// What was told of names over streams, whether they had ended or not.
    pub(crate) names: Names,
    /// Flows that halves of others named.
    pub(crate) referrals: Vec<Referral>,
    /// Flows of unfinished datagrams.
    pub(crate) unfinished: Vec<Spell>,
}

/// A summary, and what is true of it if no packet follows. It is made for judging and thrown away after: the summary
/// itself stays open, so that it can be folded on, appended to, and closed again.
#[derive(Debug)]
pub struct Closed<'s> {
    pub(crate) summary: &'s Summary,
    pub(crate) ending: Ending,
}

impl Summary {
    /// Says what the end of the capture decides, if it ends here.
    #[must_use]
    pub fn close(&self) -> Closed<'_> {
        let mut ending = Ending::default();
        let mut lessons = ending.learned(self);
        for (at, n) in self.waiting() {
            let Some((hot, cold)) = self.flows.shards.get(at).and_then(|shard| shard.spell(n)) else {
                continue;
            };
            for side in [0, 1] {
                lessons.extend(ending.close(hot, cold, (at as u32, n as u32, side as u8), side));
            }
        }
        ending.referrals = late::referrals(&lessons);
        ending.names = late::names(lessons);
        ending.unfinished = self.unfinished_flows();
        Closed { summary: self, ending }
    }

    /// Shard and place of the spells with an undecided half that has bytes.
    fn waiting(&self) -> Vec<(usize, usize)> {
        let undecided = |hot: &Hot, side| hot.flags & flag::UNDECIDED << side != 0;
        let waits = |(hot, cold): (&Hot, &Cold)| {
            let is_waiting = |side| undecided(hot, side) && cold.half(side).is_some();
            cold.extra.is_some() && (is_waiting(0) || is_waiting(1))
        };
        let shards = &self.flows.shards;
        let of = |share: Range<usize>| {
            let mut found = Vec::new();
            for at in share {
                let spells = shards.get(at).into_iter().flat_map(Shard::spells).enumerate();
                found.extend(spells.filter(|(_, spell)| waits(*spell)).map(|(n, _)| (at, n)));
            }
            found
        };
        let found: Vec<Vec<_>> = parts(shards.len()).map(of).collect();
        found.concat()
    }

    fn unfinished_flows(&self) -> Vec<Spell> {
        let mut flows = Shard::default();
        for datagram in self.flows.fragments.waiting() {
            let (key, side) = Key::portless(&datagram.head, datagram.path);
            let hash = key.hash(&self.flows.paths);
            for entry in datagram.entries() {
                flows.add((hash, &key, side), NOWHERE, &entry, self.limits.idle, false);
            }
        }
        flows.settled.into_iter().chain(flows.open).collect()
    }
}

impl Ending {
    /// What the halves told that had ended, by our texts.
    fn learned(&mut self, summary: &Summary) -> Vec<Lesson> {
        if !summary.flows.taught {
            return Vec::new();
        }
        let mut lessons = Vec::new();
        let kept = summary.site.settled.iter().flat_map(|record| &record.kept);
        let kept = kept.map(|kept| (&kept.spell.hot, &kept.spell.cold));
        for (hot, cold) in summary.flows.shards.iter().flat_map(Shard::spells).chain(kept) {
            for side in [0, 1] {
                let text = |id| self.texts.intern(summary.flows.texts.text(id));
                lessons.extend(Lesson::of((hot, cold.macs[side]), side, cold.learned(side), text));
            }
        }
        lessons
    }

    /// Decides on a half that was waiting, if it is one, and says what it told.
    fn close(&mut self, hot: &Hot, cold: &Cold, at: HalfAt, side: Side) -> Vec<Lesson> {
        let read = read_at_end((hot, cold), side, &mut self.texts, &mut self.transcripts);
        let Some(AtEnd { transcript, asked, last, learned }) = read else { return Vec::new() };
        self.halves.insert(at, Decided { transcript, asked, last });
        Lesson::of((hot, cold.macs[side & 1]), side, &learned, |id| id).collect()
    }

    /// The transcript of a half that was waiting, and what it asked for.
    pub(crate) fn transcript(&self, at: HalfAt) -> Option<(TranscriptId, Asked)> {
        self.halves.get(&at).map(|half| (half.transcript, half.asked))
    }

    /// The last packet that it was decided on.
    pub(crate) fn decided(&self, at: HalfAt) -> Option<PacketRef> {
        self.halves.get(&at).map(|half| half.last)
    }
}
