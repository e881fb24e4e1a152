//! How blocks are laid out: types, places of fields, codes of options, and the type and length that every block has.

use crate::order::Order;
use crate::problem::{BlockKind, ProblemKind};
use crate::walk::Parsed;

pub(super) const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Types of blocks.
pub(super) mod kind {
    pub(in crate::pcapng) const SECTION: u32 = 0x0a0d_0d0a;
    pub(in crate::pcapng) const INTERFACE: u32 = 1;
    pub(in crate::pcapng) const OBSOLETE_PACKET: u32 = 2;
    pub(in crate::pcapng) const SIMPLE_PACKET: u32 = 3;
    pub(in crate::pcapng) const STATISTICS: u32 = 5;
    pub(in crate::pcapng) const ENHANCED_PACKET: u32 = 6;
    pub(in crate::pcapng) const JOURNAL: u32 = 9;
    pub(in crate::pcapng) const CUSTOM: u32 = 0xbad;
    pub(in crate::pcapng) const CUSTOM_NOT_COPIED: u32 = 0x4000_0bad;
    /// System calls as sysdig records them, in three layouts.
    pub(in crate::pcapng) const EVENT: [u32; 3] = [0x204, 0x216, 0x221];
}

/// Places in blocks.
pub(super) mod at {
    pub(in crate::pcapng) const BYTE_ORDER: usize = 8;
    pub(in crate::pcapng) const INTERFACE_LINK_TYPE: usize = 8;
    pub(in crate::pcapng) const INTERFACE_SNAP_LENGTH: usize = 12;
    pub(in crate::pcapng) const INTERFACE_OPTIONS: usize = 16;
    pub(in crate::pcapng) const STATISTICS_INTERFACE: usize = 8;
    pub(in crate::pcapng) const STATISTICS_OPTIONS: usize = 20;
    pub(in crate::pcapng) const PACKET_INTERFACE: usize = 8;
    pub(in crate::pcapng) const OBSOLETE_DROPS: usize = 10;
    pub(in crate::pcapng) const PACKET_TICKS: usize = 12;
    pub(in crate::pcapng) const PACKET_CAPTURED: usize = 20;
    pub(in crate::pcapng) const PACKET_ORIGINAL: usize = 24;
    pub(in crate::pcapng) const PACKET_BYTES: usize = 28;
    pub(in crate::pcapng) const SIMPLE_ORIGINAL: usize = 8;
    pub(in crate::pcapng) const SIMPLE_BYTES: usize = 12;
}

/// Bytes of every block around its body: type, length, and length again.
pub(super) const FRAME: usize = 12;
/// Bytes of a section header without options.
pub(super) const SECTION_LEAST: usize = 28;
/// Codes of options.
pub(super) mod option {
    // Of interface blocks: if_tsresol, if_tsoffset.
    pub(in crate::pcapng) const RESOLUTION: u16 = 9;
    pub(in crate::pcapng) const OFFSET: u16 = 14;
    // Of packet blocks: epb_flags, epb_dropcount.
    pub(in crate::pcapng) const FLAGS: u16 = 2;
    pub(in crate::pcapng) const DROP_COUNT: u16 = 4;
    // Of statistics blocks: isb_ifdrop, isb_osdrop.
    pub(in crate::pcapng) const DROPPED_BY_INTERFACE: u16 = 5;
    pub(in crate::pcapng) const DROPPED_BY_SYSTEM: u16 = 7;
}

/// Type and length of a block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Shape {
    pub(super) order: Order,
    pub(super) kind: u32,
    pub(super) length: usize,
}

impl Shape {
    pub(super) fn is_packet(&self) -> bool {
        matches!(self.kind, kind::ENHANCED_PACKET | kind::OBSOLETE_PACKET | kind::SIMPLE_PACKET)
    }

    /// Whether Wireshark gives it a packet number.
    pub(super) fn is_numbered(&self) -> bool {
        self.is_packet()
            || matches!(self.kind, kind::JOURNAL | kind::CUSTOM | kind::CUSTOM_NOT_COPIED)
            || kind::EVENT.contains(&self.kind)
    }

    pub(super) fn bad(&self, kind: ProblemKind) -> Parsed {
        Parsed::Bad { length: self.length, numbered: self.is_numbered(), kind }
    }

    pub(super) fn overrun(&self, interface: u32, claim: u32) -> Parsed {
        self.bad(ProblemKind::Overrun { interface, claim, block: self.length as u32 })
    }

    pub(super) fn too_short(&self, block: BlockKind) -> Parsed {
        self.bad(ProblemKind::TooShort { block, length: self.length as u32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As tshark 4.0 numbers them.
    #[test]
    fn some_blocks_take_a_packet_number() {
        let is_numbered = |kind| Shape { order: Order::Little, kind, length: 12 }.is_numbered();
        let numbered = [2, 3, 6, 9, 0xbad, 0x4000_0bad, 0x204, 0x216, 0x221];
        assert!(numbered.into_iter().all(is_numbered));
        let others =
            [kind::SECTION, 1, 4, 5, 7, 8, 10, 11, 0x201, 0x203, 0x208, 0x217, 0x222, 0x77, 0x8000_0001];
        assert!(!others.into_iter().any(is_numbered));
    }
}
