//! The packets that a spell names as proof: its first, and those that decided its halves.

use lenscap_wire::PacketRef;

use crate::key::Side;

/// The packets that decided, where their distance from the first has no room in [`Cited`].
pub(crate) type Far = [Option<PacketRef>; 2];

/// References in 40 bytes. A deciding packet is kept as its distance from the first, which suits nearly all: it is
/// of the same chunk, soon after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cited {
    chunk: u32,
    record: u32,
    /// Upper and lower half.
    offset: [u32; 2],
    length: u32,
    /// Records and bytes after the first, by side; [`Cited::NONE`] and [`Cited::FAR`] records have a meaning.
    records: [u32; 2],
    bytes: [u32; 2],
    lengths: [u16; 2],
}

impl Cited {
    /// Nothing decided.
    const NONE: u32 = u32::MAX;
    /// What decided stands in [`Far`].
    const FAR: u32 = u32::MAX - 1;

    /// The first packet, and none that decided.
    #[inline]
    pub(crate) fn new(first: PacketRef) -> Self {
        Self {
            chunk: first.chunk,
            record: first.record,
            offset: [(first.offset >> 32) as u32, first.offset as u32],
            length: first.length,
            records: [Self::NONE; 2],
            bytes: [0; 2],
            lengths: [0; 2],
        }
    }

    /// The first packet.
    #[inline]
    pub(crate) fn first(&self) -> PacketRef {
        let offset = u64::from(self.offset[0]) << 32 | u64::from(self.offset[1]);
        PacketRef { chunk: self.chunk, record: self.record, offset, length: self.length }
    }

    /// The packet that decided a half.
    pub(crate) fn decided(&self, side: Side, far: impl FnOnce() -> Option<PacketRef>) -> Option<PacketRef> {
        let side = side & 1;
        match self.records[side] {
            Self::NONE => None,
            Self::FAR => far(),
            records => Some(PacketRef {
                chunk: self.chunk,
                record: self.record + records,
                offset: self.first().offset + u64::from(self.bytes[side]),
                length: u32::from(self.lengths[side]),
            }),
        }
    }

    /// Keeps the packet that decided a half. Returns whether it is too far away to be kept here.
    #[must_use]
    pub(crate) fn decide(&mut self, side: Side, packet: PacketRef) -> bool {
        let side = side & 1;
        let first = self.first();
        let near = || {
            let same = packet.chunk == first.chunk;
            let records =
                packet.record.checked_sub(first.record).filter(|&records| same && records < Self::FAR)?;
            let bytes = u32::try_from(packet.offset.checked_sub(first.offset)?).ok()?;
            Some((records, bytes, u16::try_from(packet.length).ok()?))
        };
        let kept = near();
        (self.records[side], self.bytes[side], self.lengths[side]) = kept.unwrap_or((Self::FAR, 0, 0));
        kept.is_none()
    }

    /// Moves all to a later chunk, by as many ordinals.
    pub(crate) fn move_chunks(&mut self, by: u32) {
        self.chunk = self.chunk.wrapping_add(by);
    }
}

impl Default for Cited {
    fn default() -> Self {
        Self::new(PacketRef::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet() -> impl Strategy<Value = PacketRef> {
        let near = (0u32..2, 0u32..100, 0u64..1 << 34, 0u32..70_000);
        let any = (any::<u32>(), any::<u32>(), 0u64..1 << 60, any::<u32>());
        prop_oneof![near, any].prop_map(|(chunk, record, offset, length)| PacketRef {
            chunk,
            record,
            offset,
            length,
        })
    }

    proptest! {
        #[test]
        fn every_packet_is_given_back(first in packet(), decided in packet(), side in 0usize..2) {
            let mut cited = Cited::new(first);
            prop_assert_eq!(cited.decided(side, || None), None);
            let far = cited.decide(side, decided).then_some(decided);
            prop_assert_eq!(cited.first(), first);
            prop_assert_eq!(cited.decided(side, || far), Some(decided));
            prop_assert_eq!(cited.decided(1 - side, || None), None);
        }
    }

    #[test]
    fn a_packet_soon_after_needs_no_more_room() {
        let at = |record| PacketRef { chunk: 3, record, offset: (1 << 40) + u64::from(record), length: 60 };
        assert!(!Cited::new(at(7)).decide(0, at(9)));
        assert!(Cited::new(at(7)).decide(0, PacketRef { length: 70_000, ..at(9) }));
        assert!(Cited::new(at(7)).decide(0, at(6)));
    }
}
