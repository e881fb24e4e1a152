//! Datagrams that a cut tears apart: pieces of one wait on the left, the others came on the right.
//!
//! Where the right side has only kept its pieces waiting, nothing there hangs on them yet, so they are put to ours.
//! If that makes the datagram whole, it is booked on the left before the right side is appended: that is right as
//! long as its flow has no packet on the right before the piece that made it whole, and no reader has a word to say.
//! All else is refused, and folded again.

use lenscap_wire::{Message, Packet, PacketRef, decode_datagram, readers};

use crate::fold::routes;
use crate::fragment::{Datagram, Whose};
use crate::index::NOWHERE;
use crate::key::{Key, TCP};
use crate::merge::{Met, Refusal};
use crate::path::PathId;
use crate::shard::{At, shard_of};
use crate::spell::flag;
use crate::summary::Summary;

/// A datagram with pieces on both sides.
#[derive(Debug)]
pub(crate) struct Torn {
    /// Whose it is, as the left side calls it.
    pub(crate) ours: Whose,
    /// The same on the right side.
    pub(crate) theirs: Whose,
    /// Both sides' pieces.
    pub(crate) datagram: Datagram,
    /// The open right-hand spell of its flow, which follows on it where it is whole.
    pub(crate) follower: Option<At>,
}

impl Torn {
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
        let hash = key.hash(&later.paths);
        let at = shard_of(hash);
        let Some(right) = later.shards.get(at) else { return Ok(None) };
        let Some(place) = right.find(hash, &key) else { return Ok(None) };
        let spell = right.hots.get(place).zip(right.colds.get(place)).zip(self.datagram.last());
        let follows = spell
            .is_some_and(|((hot, cold), last)| hot.flags & flag::FIRST != 0 && is_before(last, cold.at()));
        if follows { Ok(Some(At { shard: at, settled: false, place })) } else { Err(Refusal::Fragments) }
    }
}

impl Summary {
    /// The datagrams that the cut tears apart, if they can be joined.
    pub(crate) fn torn(&self, later: &Self, path: impl Fn(PathId) -> PathId) -> Result<Vec<Torn>, Refusal> {
        let mut torn = self.fragments.torn(&later.fragments, path).ok_or(Refusal::Fragments)?;
        for torn in torn.iter_mut().filter(|torn| torn.datagram.is_whole()) {
            torn.follower = torn.follower(later)?;
        }
        torn.sort_by_key(|torn| torn.datagram.last());
        Ok(torn)
    }

    /// Books the datagrams that are whole, and says in `met` which spells those of the right side meet now.
    pub(crate) fn book_torn(&mut self, later: &Self, torn: &[Torn], met: &mut [Met]) {
        for torn in torn.iter().filter(|torn| torn.datagram.is_whole()) {
            let booked = self.datagram(&torn.datagram);
            if let Some((_, key, side)) = booked {
                self.fragments.finish(torn.ours, torn.datagram.clone(), key, side);
            }
            let Some(At { shard, place, .. }) = torn.follower else { continue };
            let settled = later.shards.get(shard).map_or(0, |shard| shard.settled.len());
            let met = met.get_mut(shard).and_then(|met| met.get_mut(settled + place));
            if let (Some((at, ..)), Some(met)) = (booked, met) {
                debug_assert!(*met == NOWHERE || *met as usize == at.place);
                *met = at.place as u32;
            }
        }
    }
}

/// Whether a message reader has a word to say of a packet.
fn is_heard(packet: &Packet<'_>) -> bool {
    let message = Message { packet, payload: packet.payload };
    let mut heard = packet.inner_frame.is_some();
    let reader = readers::read_message(routes(), &message, &mut |_| heard = true);
    heard || reader.is_some()
}

/// Whether a packet surely stands before another: chunks of several files may have been read side by side.
fn is_before(one: PacketRef, other: PacketRef) -> bool {
    one.chunk == other.chunk && one.record < other.record
}
