//! What a capture holds: frames with a time, a link type and two lengths.

use crate::LinkType;

/// A moment of the capture's clock: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// 9999-12-31T23:59:59.999999999Z does not fit 64 bits of nanoseconds; this is the latest that does (2262).
    pub const MAX: Self = Self(i64::MAX);
    /// 1970-01-01T00:00:00Z, the earliest time that is reported.
    pub const MIN: Self = Self(0);
}

/// Where a packet stands: enough to open its bytes again and to name it to another tool.
///
/// `chunk` and `record` are positions in the engine's cut of the inputs; a report turns them into an input and
/// the packet number that Wireshark shows. Packed, since every flow keeps several: fields are read by value.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(C, packed(4))]
pub struct PacketRef {
    /// Ordinal of the chunk, in capture order.
    pub chunk: u32,
    /// Ordinal of the record in its chunk, from 0.
    pub record: u32,
    /// Byte offset of the first captured byte in the file, or in the decompressed stream of a compressed one.
    pub offset: u64,
    /// Captured bytes.
    pub length: u32,
}

/// One captured frame, its bytes borrowed from the block they were read into. Who has no block and no time makes a
/// packet of bytes alone: [`Packet::parse`](crate::Packet::parse).
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it was captured.
    pub time: Timestamp,
    /// What the bytes start with.
    pub link_type: LinkType,
    /// Length on the wire in bytes; never less than what was captured.
    pub wire_length: u32,
    /// What was captured.
    pub bytes: &'a [u8],
    /// Where it stands.
    pub at: PacketRef,
}
