//! The packets that a spell names as proof: its first, and those that decided its halves.
//!
//! First packet: record 1,000 of chunk 2; the hello that decided came three records and 400 bytes later: 3 and 400 are kept.

use lenscap_wire::PacketRef;

use crate::state::key::Side;

/// What [`Cited`] has no room for: the packets that decided, by side, and the first one.
pub(crate) type Far = [Option<PacketRef>; 3];

/// References in 36 bytes. A deciding packet is kept as its distance from the first, which suits nearly all: it is
/// of the same chunk, soon after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cited {
    chunk: u32,
    record: u32,
    /// Records and bytes after the first, by side; [`Cited::NONE`] and [`Cited::FAR`] records have a meaning.
    records: [u32; 2],
    bytes: [u32; 2],
    /// The first packet's, highest part first.
    offset: [u16; 3],
    /// Of the deciding packets and of the first; no captured packet is empty, so 0 stands for one that is far.
    lengths: [u16; 3],
}

impl Default for Cited {
    fn default() -> Self {
        Self { chunk: 0, record: 0, records: [Self::NONE; 2], bytes: [0; 2], offset: [0; 3], lengths: [0; 3] }
    }
}

impl Cited {
    /// Nothing decided.
    const NONE: u32 = u32::MAX;
    /// What decided stands in [`Far`].
    const FAR: u32 = u32::MAX - 1;
    /// Place of the first packet in [`Far`].
    pub(crate) const FIRST: usize = 2;

    /// Keeps the first packet. Returns whether there is no room for it here.
    #[inline]
    #[must_use]
    pub(crate) fn begin(&mut self, packet: PacketRef) -> bool {
        let (offset, length) = (packet.offset, packet.length);
        if offset >> 48 != 0 || length == 0 || length > u32::from(u16::MAX) {
            return true;
        }
        (self.chunk, self.record) = (packet.chunk, packet.record);
        self.offset = [(offset >> 32) as u16, (offset >> 16) as u16, offset as u16];
        self.lengths[Self::FIRST] = length as u16;
        false
    }

    /// The first packet.
    #[inline]
    pub(crate) fn first(&self, far: impl FnOnce() -> Option<PacketRef>) -> PacketRef {
        let length = u32::from(self.lengths[Self::FIRST]);
        if length == 0 {
            return far().unwrap_or_default();
        }
        let offset = self.offset.iter().fold(0, |offset, &part| offset << 16 | u64::from(part));
        PacketRef { chunk: self.chunk, record: self.record, offset, length }
    }

    /// The packet that decided a half; `far` gives what stands in [`Far`].
    pub(crate) fn decided(&self, side: Side, far: impl Fn(usize) -> Option<PacketRef>) -> Option<PacketRef> {
        let side = side & 1;
        let first = || self.first(|| far(Self::FIRST));
        match self.records[side] {
            Self::NONE => None,
            Self::FAR => far(side),
            records => Some(PacketRef {
                record: first().record.wrapping_add(records),
                offset: first().offset.wrapping_add(u64::from(self.bytes[side])),
                length: u32::from(self.lengths[side]),
                ..first()
            }),
        }
    }

    /// Keeps the packet that decided a half, given the first. Returns whether it is too far away to be kept here.
    #[must_use]
    pub(crate) fn decide(&mut self, side: Side, packet: PacketRef, first: PacketRef) -> bool {
        let side = side & 1;
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
            let (mut cited, mut far) = (Cited::default(), Far::default());
            far[Cited::FIRST] = cited.begin(first).then_some(first);
            prop_assert_eq!(cited.decided(side, |which| far[which]), None);
            far[side] = cited.decide(side, decided, first).then_some(decided);
            prop_assert_eq!(cited.first(|| far[Cited::FIRST]), first);
            prop_assert_eq!(cited.decided(side, |which| far[which]), Some(decided));
            prop_assert_eq!(cited.decided(1 - side, |which| far[which]), None);
        }
    }

    #[test]
    fn a_packet_soon_after_needs_no_more_room() {
        let at = |record| PacketRef { chunk: 3, record, offset: (1 << 40) + u64::from(record), length: 60 };
        let mut cited = Cited::default();
        assert!(!cited.begin(at(7)));
        assert!(!cited.decide(0, at(9), at(7)));
        assert!(cited.decide(0, PacketRef { length: 70_000, ..at(9) }, at(7)));
        assert!(cited.decide(0, at(6), at(7)));
    }
}
