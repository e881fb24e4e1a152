//! One datagram on the way: what its fragments brought so far, and when it is whole.
//!
//! A ping of 3,000 bytes comes as three fragments at offsets 0, 1,480 and 2,960. It is whole when the last one has said
//! where it ends and no byte before that is missing, in whatever order they came.

use lenscap_wire::{Fragment, Hazards, Packet, PacketRef};
use serde::{Deserialize, Serialize};

use super::PATIENCE;
use crate::state::entry::{Entry, Share};
use crate::state::key::{ICMP, ICMP6, TCP, UDP};
use crate::state::path::PathId;
use crate::state::spell::ranges::Ranges;

/// A datagram on the way.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    /// The decoded head of the first fragment seen: link addresses, path and way, five-tuple without ports.
    pub(crate) head: Packet<'static>,
    pub(crate) path: PathId,
    /// Each fragment's share, in capture order.
    pub(crate) shares: Vec<Share>,
    /// What each fragment brought, in capture order.
    pub(super) pieces: Vec<Part>,
    pub(super) filled: Ranges,
    pub(super) length: Option<u32>,
    pub(super) hazards: Hazards,
    /// Whether the addresses of all fragments are those that the transport's checksum covers.
    pub(super) checkable: bool,
    pub(super) cost: usize,
}

/// What one fragment brought.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) offset: u32,
    /// Its length on the wire, of which `bytes` are what was captured.
    pub(super) length: u32,
    /// Whether more follows after it.
    pub(super) more: bool,
    /// Whether the datagram's checksum may be told from it.
    pub(super) checkable: bool,
    pub(super) bytes: Box<[u8]>,
}

impl Part {
    fn as_fragment(&self) -> Fragment<'_> {
        let Self { offset, length, more, checkable, ref bytes } = *self;
        Fragment { id: 0, offset, more, bytes, length, checkable }
    }
}

impl Datagram {
    /// How many of the last pieces are looked at for one that comes again: all of a datagram over Ethernet.
    const COPIES: usize = 64;
    const COST: usize = 512;
    const SHARE_COST: usize = 128;

    pub(super) fn new(packet: &Packet<'_>, path: PathId) -> Self {
        let head = Packet {
            class: packet.class,
            macs: packet.macs,
            path: packet.path.clone(),
            from_higher: packet.from_higher,
            hop_limit: packet.hop_limit,
            version: packet.version,
            protocol: packet.protocol,
            source: packet.source,
            destination: packet.destination,
            ..Packet::default()
        };
        let (shares, pieces, filled) = (Vec::new(), Vec::new(), Ranges::default());
        Self {
            head,
            path,
            shares,
            pieces,
            filled,
            length: None,
            hazards: Hazards::NONE,
            checkable: true,
            cost: Self::COST,
        }
    }

    pub(super) fn add(&mut self, share: Share, piece: Part, hazards: Hazards) {
        let end = piece.offset.saturating_add(piece.length);
        if self.filled.add(i64::from(piece.offset), i64::from(end)) && !self.holds(&piece.as_fragment()) {
            self.hazards.insert(Hazards::OVERLAP);
        }
        if !piece.more && self.length.is_none() {
            self.length = Some(end);
        }
        self.hazards.insert(hazards);
        self.checkable &= piece.checkable;
        self.cost += piece.bytes.len() + Self::SHARE_COST;
        self.pieces.push(piece);
        self.shares.push(share);
    }

    /// Whether one of its last pieces is the same.
    pub(super) fn holds(&self, fragment: &Fragment<'_>) -> bool {
        self.pieces.iter().rev().take(Self::COPIES).any(|piece| {
            (piece.offset, piece.length, piece.more) == (fragment.offset, fragment.length, fragment.more)
                && *piece.bytes == *fragment.bytes
        })
    }

    /// Whether a piece at this time is of another datagram with the same identification.
    pub(super) fn is_given_up(&self, time: i64) -> bool {
        self.shares.last().is_some_and(|last| time.saturating_sub(last.time) > PATIENCE)
    }

    /// Bytes that it takes.
    pub(crate) const fn cost(&self) -> usize {
        self.cost
    }

    /// Its last piece so far.
    pub(crate) fn last(&self) -> Option<PacketRef> {
        self.shares.last().map(|share| share.at)
    }

    /// Itself with the pieces that came later; `None` where it is over before the last of them.
    pub(super) fn with(&self, later: &Self) -> Option<Self> {
        let mut both = self.clone();
        for (share, piece) in later.shares.iter().zip(&later.pieces) {
            if both.is_whole() || both.is_given_up(share.time) {
                return None;
            }
            both.add(*share, piece.clone(), later.hazards);
        }
        Some(both)
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.length.is_some_and(|length| self.filled.covers(0, i64::from(length)))
    }

    /// What each fragment of a datagram that never was whole enters into the books. Its payload is what no fragment before it brought
    /// of the transport's; the transport's header is taken for the least that it can be.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> {
        let header = match self.head.protocol {
            TCP => 20,
            UDP | ICMP | ICMP6 => 8,
            _ => 0,
        };
        let packet = Packet { hazards: self.hazards, ..self.head.clone() };
        let mut seen = Ranges::default();
        self.shares.iter().zip(&self.pieces).map(move |(share, piece)| {
            let (from, length) = (i64::from(piece.offset), i64::from(piece.length));
            let is_new = !seen.add(from, from + length);
            let head = if piece.offset == 0 { header } else { 0 };
            let payload = if is_new { piece.length.saturating_sub(head) } else { 0 };
            Entry::of(Share { payload, ..*share }, &packet)
        })
    }

    /// Oddities of all its fragments.
    pub(crate) fn hazards(&self) -> Hazards {
        self.hazards
    }

    /// Whether the addresses are those that the transport's checksum covers.
    pub(crate) fn is_checkable(&self) -> bool {
        self.checkable
    }

    /// The bytes after the IP header up to the first that was not captured, and the length they should have.
    pub(crate) fn assemble(&self) -> (Vec<u8>, u32) {
        let length = self.length.unwrap_or(0);
        let mut whole = vec![0; length as usize];
        let mut captured = Ranges::default();
        for Part { offset, bytes, .. } in self.pieces.iter().rev() {
            let offset = *offset as usize;
            let fits = bytes.len().min(whole.len().saturating_sub(offset));
            if let (Some(to), Some(from)) = (whole.get_mut(offset..offset + fits), bytes.get(..fits)) {
                to.copy_from_slice(from);
                captured.add(offset as i64, (offset + fits) as i64);
            }
        }
        let until = captured.iter().next().filter(|(start, _)| *start == 0).map_or(0, |(_, end)| end);
        whole.truncate(until as usize);
        (whole, length)
    }
}
