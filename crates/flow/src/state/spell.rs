//! A spell: one flow between idle gaps or handshakes, as 96 bytes that every packet touches and a part that few do.
//!
//! What a packet does to a spell ([`Hot::absorb`]) and what a later spell does to an earlier one
//! ([`Spell::join`]) must agree: that is the merge law, and why every field here is a sum, a minimum, a maximum, a
//! first, a last, or decided by adjacent packets.

mod asked;
pub(crate) mod buckets;
pub(crate) mod cited;
mod cold;
pub(crate) mod copies;
pub(crate) mod counters;
pub(crate) mod flag;
pub(crate) mod history;
mod hot;
mod join;
mod late;
pub(crate) mod pauses;
pub(crate) mod ranges;
pub(crate) mod sequence;
pub(crate) mod times;
pub(crate) mod unseen;
pub(crate) mod way;

pub(crate) use cold::{Cold, Extra, Later};
pub(crate) use hot::{Hot, Once};

use lenscap_wire::{Hazards, TcpFlags};

use crate::state::entry::Entry;
use crate::state::key::{Key, Side, streams};
use counters::LowCounters;
use hot::{handshake, is_bare_syn};
use way::Way;

// A spell keeps oddities in 16 bits.
const _: () = {
    let mut n = 0;
    while n < Hazards::NAMES.len() {
        assert!(Hazards::NAMES[n].0.0 <= u16::MAX as u32);
        n += 1;
    }
};

/// A spell: what every packet touches, then what few do.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Spell {
    pub(crate) hot: Hot,
    pub(crate) cold: Cold,
}

impl Spell {
    /// A spell that begins with this packet.
    #[inline]
    pub(crate) fn begin(key: Key, side: Side, entry: &Entry) -> Self {
        let share = &entry.share;
        let mut hot = Hot {
            key,
            flags: 0,
            last: share.time,
            low: LowCounters::default(),
            next: [0; 2],
            seen: [0; 2],
            hazards: 0,
            ways: [Way::NONE; 2],
        };
        let mut cold = Cold { first: share.time, ..Cold::default() };
        cold.begin(share.at);
        hot.flags |= if side == 1 { flag::FIRST_HIGH } else { 0 };
        if streams(key.protocol) {
            hot.flags |= flag::UNDECIDED | flag::UNDECIDED << 1;
        }
        if let Some(tcp) = entry.tcp.as_ref().filter(|tcp| tcp.flags.has(TcpFlags::SYN)) {
            let (client, isn) = handshake(tcp, side);
            cold.client_isn = isn;
            hot.flags |= flag::PURE;
            hot.flags |= if is_bare_syn(tcp) { flag::OPENS } else { 0 };
            hot.flags |= if client == 1 { flag::CLIENT_HIGH } else { 0 };
        } else if let Some(tcp) = &entry.tcp {
            Hot::note_first(&mut cold, tcp, share.payload);
        }
        hot.absorb(&mut cold, entry, side);
        Self { hot, cold }
    }
}
