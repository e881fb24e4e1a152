//! Datagrams that a cut splits: pieces of one wait on the left, the others came on the right.
//!
//! Where the right side has only kept its pieces waiting, nothing there hangs on them yet, so they are put to ours.
//! If that makes the datagram whole, it is booked on the left before the right side is appended: that is right as
//! long as its flow has no packet on the right before the piece that made it whole, and no reader has a word to say.
//! All else is refused, and folded again.

use lenscap_wire::{Message, Packet, PacketRef, decode_datagram, readers, readers::Routes};

use crate::join::refusal::Refusal;
use crate::state::fragment::{Datagram, DatagramKey};
use crate::state::key::{Key, TCP, UDP};
use crate::state::path::PathId;
use crate::state::spell::flag;
use crate::state::summary::Summary;
use crate::state::table::index::NOWHERE;
use crate::state::table::shard::{At, Counterparts, shard_of};

/// A datagram with pieces on both sides.
#[derive(Debug)]
pub(crate) struct SplitDatagram {
    /// Whose it is, as the left side calls it.
    pub(crate) ours: DatagramKey,
    /// The same on the right side.
    pub(crate) theirs: DatagramKey,
    /// Both sides' pieces.
    pub(crate) datagram: Datagram,
    /// The open right-hand spell of its flow, which follows on it where it is whole.
    pub(crate) follower: Option<At>,
}

impl SplitDatagram {
    /// The open right-hand spell that follows where the datagram is booked, if it may be booked.
    fn follower(&self, later: &Summary) -> Result<Option<At>, Refusal> {
        let (bytes, length) = self.datagram.assemble();
        let mut packet = Packet::default();
        decode_datagram(&bytes, length, &self.datagram.head, &mut packet);
        let same_path = packet.path == self.datagram.head.path && self.ours.path != PathId::OTHER;
        if packet.protocol == TCP || packet.quoted.is_some() || !same_path || is_heard(&packet) {
            return Err(Refusal::Fragments);
        }
        let (key, _) = Key::of(&packet, self.theirs.path);
        let hash = key.hash(&later.flows.paths);
        let at = shard_of(hash);
        let Some(right) = later.flows.shards.get(at) else { return Ok(None) };
        let Some(place) = right.find(hash, &key) else { return Ok(None) };
        let spell = right.open(place).zip(self.datagram.last());
        let follows = spell
            .is_some_and(|((hot, cold), last)| hot.flags & flag::FIRST != 0 && is_before(last, cold.at()));
        if follows { Ok(Some(At { shard: at, settled: false, place })) } else { Err(Refusal::Fragments) }
    }
}

impl Summary {
    /// The datagrams that the cut splits, if they can be joined.
    pub(crate) fn split(
        &self,
        later: &Self,
        path: impl Fn(PathId) -> PathId,
    ) -> Result<Vec<SplitDatagram>, Refusal> {
        let open = self.flows.fragments.split(&later.flows.fragments, path).ok_or(Refusal::Fragments)?;
        let split = open.into_iter().map(|(ours, theirs, datagram)| SplitDatagram {
            ours,
            theirs,
            datagram,
            follower: None,
        });
        let mut split: Vec<_> = split.collect();
        for split in split.iter_mut().filter(|split| split.datagram.is_whole()) {
            split.follower = split.follower(later)?;
        }
        split.sort_by_key(|split| split.datagram.last());
        Ok(split)
    }

    /// Books the datagrams that are whole, and says in `counterparts` which spells those of the right side meet now.
    pub(crate) fn book_split(
        &mut self,
        later: &Self,
        split: &[SplitDatagram],
        counterparts: &mut [Counterparts],
    ) {
        for split in split.iter().filter(|split| split.datagram.is_whole()) {
            let booked = self.datagram(&split.datagram);
            if let Some((_, key, side)) = booked {
                self.flows.fragments.finish(split.ours, split.datagram.clone(), key, side);
            }
            let Some(At { shard, place, .. }) = split.follower else { continue };
            let settled = later.flows.shards.get(shard).map_or(0, |shard| shard.settled.len());
            let counterpart = counterparts.get_mut(shard).and_then(|spells| spells.get_mut(settled + place));
            if let (Some((at, ..)), Some(counterpart)) = (booked, counterpart) {
                debug_assert!(*counterpart == NOWHERE || *counterpart as usize == at.place);
                *counterpart = at.place as u32;
            }
        }
    }
}

/// Whether a reader has a word to say of a packet.
fn is_heard(packet: &Packet<'_>) -> bool {
    let message = Message { packet, payload: packet.payload };
    let mut heard = packet.inner_frame.is_some();
    let asked = Routes::shared().readers(&message);
    let reader = readers::read_message(asked, &message, &mut |_| heard = true);
    let admitted = || readers::admit(asked, packet.payload);
    heard || reader.is_some() || packet.protocol == UDP && admitted().is_some()
}

/// Whether a packet surely stands before another: chunks of several files may have been read side by side.
fn is_before(one: PacketRef, other: PacketRef) -> bool {
    one.chunk == other.chunk && one.record < other.record
}
