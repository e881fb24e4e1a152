//! The portable form of a summary (`.lens`).

/// How a packet reference is saved.
pub(crate) mod packet_ref {
    use lenscap_wire::PacketRef;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(at: &PacketRef, to: S) -> Result<S::Ok, S::Error> {
        (at.chunk, at.record, at.offset, at.length).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PacketRef, D::Error> {
        let (chunk, record, offset, length) = Deserialize::deserialize(from)?;
        Ok(PacketRef { chunk, record, offset, length })
    }
}
