//! Workers that share the packets of a sensor, and the desk between them.
//!
//! A worker folds the flows that are its own, by a hash of their ends. What counts in its order is kept at one desk: names and
//! sightings, which the desk hears from the packets that it passes on, and pieces of datagrams. A datagram that becomes whole at
//! the desk is booked by the worker whose flow it is of, at the place where it became whole.
//!
//! A *member* reads its own share of the packets, in which all of a flow is, and all pieces of a datagram. It notes which of them
//! told of names or stations; these alone are heard once more, at the desk.

use lenscap_capture::Batch;
use lenscap_wire::{Class, Frame, Packet, PacketRef, decode, decode_datagram, readers::Readers};
use std::hash::BuildHasher;

use crate::fold::asked_about;
use crate::state::entry::Entry;
use crate::state::fragment::Datagram;
use crate::state::key::{Key, Side};
use crate::state::path::PathId;
use crate::state::seed::seeded;
use crate::state::summary::{Limits, Passed, Role, Summary};
use crate::state::table::shard::At;

/// Where a worker is one of so many: a number that is the same for both directions of a flow, whatever is around it.
fn owner(key: &Key) -> u64 {
    seeded().hash_one(Key { path: PathId::NONE, ..*key })
}

impl Summary {
    /// The same, empty, as one of so many workers of a desk.
    pub(crate) fn worker(&self, count: usize) -> Self {
        Self { role: Role::Flows, ..Self::new(self.share(count)) }
    }

    /// The desk of workers.
    pub(crate) fn into_desk(self) -> Self {
        Self { role: Role::Desk, ..self }
    }

    /// The same, empty, as one of so many members that read packets of their own.
    pub(crate) fn member(&self, count: usize) -> Self {
        Self { role: Role::Member, ..Self::new(self.share(count)) }
    }

    /// Flows have a share of the memory and names another, so those who have flows share all of it among them, and who has names
    /// has all of it, too.
    fn share(&self, count: usize) -> Limits {
        Limits { memory: self.limits.memory / count.max(1), ..self.limits }
    }

    /// Notes a packet that told of what is kept at the desk.
    pub(super) fn note_told(&mut self, at: PacketRef) {
        let told = &mut self.scratch.told;
        if self.role == Role::Member && told.last().is_none_or(|(last, _)| *last != at) {
            told.push((at, None));
        }
    }

    /// Notes the datagram that a packet made whole, where it told of what is kept at the desk.
    pub(super) fn note_whole(&mut self, at: PacketRef, datagram: &Datagram) {
        if let Some((last, whole)) = self.scratch.told.last_mut().filter(|_| self.role == Role::Member)
            && *last == at
        {
            *whole = Some(Box::new(datagram.clone()));
        }
    }

    /// Hears at the desk what a packet says that a member booked.
    pub(crate) fn hear_told(&mut self, frame: &Frame<'_>, whole: Option<&Datagram>) {
        let mut packet = Packet::default();
        let Some(datagram) = whole else {
            decode(frame, &mut packet);
            return self.hear_alone(&packet, asked_about(&packet), (frame.time.0, frame.at));
        };
        let (bytes, length) = datagram.assemble();
        decode_datagram(&bytes, length, &datagram.head, &mut packet);
        self.hear_alone(&packet, asked_about(&packet), (frame.time.0, frame.at));
    }

    /// Hears what a packet says whose flow is booked elsewhere.
    fn hear_alone(&mut self, packet: &Packet<'_>, asked: Readers, (time, at): (i64, PacketRef)) {
        self.listen_within(packet, asked, time, at);
        self.limit_entries(time);
    }

    /// Takes in the `n`th frame of a batch at the desk. Returns whose flow it is of, where a worker is to fold it; what else there
    /// is for workers stands in `passed` of the scratch.
    pub(crate) fn receive(
        &mut self,
        batch: &Batch<'_>,
        (n, frame): (usize, &Frame<'_>),
        keep: bool,
    ) -> Option<u64> {
        let mut decoded = Packet::default();
        if keep {
            decode(frame, &mut decoded);
        }
        if !keep || decoded.class != Class::Ip || decoded.fragment.is_some() {
            self.fold(&batch.part(n..n + 1), |_| keep);
            return None;
        }
        let asked = asked_about(&decoded);
        if asked.has_message() || decoded.inner_frame.is_some() {
            self.hear_alone(&decoded, asked, (frame.time.0, frame.at));
        }
        Some(owner(&Key::of(&decoded, PathId::NONE).0))
    }

    /// Hears what a datagram says that became whole, and passes it on.
    pub(super) fn pass_whole(&mut self, datagram: &Datagram, key: &Key, packet: &Packet<'_>) -> At {
        if let Some(last) = datagram.shares.last() {
            self.hear_alone(packet, asked_about(packet), (last.time, last.at));
        }
        self.scratch.passed.push((owner(key), Passed::Whole(Box::new(datagram.clone()))));
        At { shard: 0, settled: true, place: usize::MAX }
    }

    /// Passes on a datagram that never was whole.
    pub(super) fn pass_unfinished(&mut self, datagram: &Datagram, key: &Key) {
        self.scratch.passed.push((owner(key), Passed::Unfinished(Box::new(datagram.clone()))));
    }

    /// Passes on a copy of a piece of a datagram.
    pub(super) fn pass_copy(&mut self, key: Key, side: Side, entry: &Entry) {
        let layers = self.flows.paths.layers(key.path).iter().copied().collect();
        self.scratch.passed.push((owner(&key), Passed::Copy(Box::new((key, side, *entry, layers)))));
    }

    /// Takes in what the desk passed on.
    pub(crate) fn take_passed(&mut self, passed: Passed) {
        match passed {
            Passed::Whole(datagram) => {
                self.datagram(&datagram);
            }
            Passed::Unfinished(mut datagram) => {
                let time = datagram.shares.first().map_or(0, |share| share.time);
                datagram.path = self.path(&datagram.head, time);
                self.unfinished(&datagram);
            }
            Passed::Copy(copy) => {
                let (key, side, entry, layers) = *copy;
                let path = self.flows.paths.intern(&layers).unwrap_or(PathId::OTHER);
                let key = Key { path, ..key };
                let slot = self.slot_apart(key, side);
                self.book_apart(&slot, &entry, &[]);
                self.limit(entry.share.time);
            }
        }
    }
}
