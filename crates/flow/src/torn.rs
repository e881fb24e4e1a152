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
use crate::merge::Met;
use crate::path::PathId;
use crate::shard::shard_of;
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
    /// Whether nothing of it is missing.
    pub(crate) whole: bool,
    next: Next,
}

/// What of its flow follows on a datagram on the right.
#[derive(Clone, Copy, Debug)]
enum Next {
    Nothing,
    /// An open spell.
    Spell {
        shard: usize,
        place: usize,
    },
}

impl Torn {
    pub(crate) fn new(ours: Whose, theirs: Whose, datagram: Datagram) -> Self {
        let whole = datagram.is_whole();
        Self { ours, theirs, datagram, whole, next: Next::Nothing }
    }
}

impl Next {
    /// What follows on the right where a datagram is booked; `None` where it may not be booked.
    fn on(later: &Summary, torn: &Torn) -> Option<Self> {
        let (bytes, length) = torn.datagram.assemble();
        let mut packet = Packet::default();
        decode_datagram(&bytes, length, &torn.datagram.head, &mut packet);
        let same_path = packet.path == torn.datagram.head.path && torn.ours.path != PathId::OTHER;
        if packet.protocol == TCP || packet.quoted.is_some() || !same_path || is_heard(&packet) {
            return None;
        }
        let (key, _) = Key::of(&packet, torn.theirs.path);
        let hash = key.hash(later.paths.hash(key.path));
        let shard = shard_of(hash);
        let right = later.shards.get(shard)?;
        let Some(place) = right.find(hash, &key) else { return Some(Self::Nothing) };
        let (hot, cold) = right.hots.get(place).zip(right.colds.get(place))?;
        let first = hot.flags & flag::FIRST != 0;
        (first && is_before(torn.datagram.last()?, cold.at)).then_some(Self::Spell { shard, place })
    }
}

impl Summary {
    /// The datagrams that the cut tears apart; `None` where they could not be joined.
    pub(crate) fn torn(&self, later: &Self, path: impl Fn(PathId) -> PathId) -> Option<Vec<Torn>> {
        let mut torn = self.fragments.torn(&later.fragments, path)?;
        for torn in torn.iter_mut().filter(|torn| torn.whole) {
            torn.next = Next::on(later, torn)?;
        }
        torn.sort_by_key(|torn| torn.datagram.last());
        Some(torn)
    }

    /// Books the datagrams that are whole, and says in `met` which spells those of the right side meet now.
    pub(crate) fn book_torn(&mut self, later: &Self, torn: &[Torn], met: &mut [Met]) {
        for torn in torn.iter().filter(|torn| torn.whole) {
            let at = self.datagram(&torn.datagram);
            let Next::Spell { shard, place } = torn.next else { continue };
            let settled = later.shards.get(shard).map_or(0, |shard| shard.settled.len());
            let met = met.get_mut(shard).and_then(|met| met.get_mut(settled + place));
            if let (Some(at), Some((_, met))) = (at, met) {
                debug_assert!(*met == NOWHERE || *met as usize == at.place);
                *met = at.place as u32;
            }
        }
    }
}

/// Whether a message reader has a word to say of a packet.
fn is_heard(packet: &Packet<'_>) -> bool {
    let message = Message { packet, payload: packet.payload };
    let mut heard = false;
    let reader = readers::read_message(routes(), &message, &mut |_| heard = true);
    heard || reader.is_some()
}

/// Whether a packet surely stands before another: chunks of several files may have been read side by side.
fn is_before(one: PacketRef, other: PacketRef) -> bool {
    one.chunk == other.chunk && one.record < other.record
}
