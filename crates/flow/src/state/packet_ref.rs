//! How a packet reference is saved: by its four numbers, since the crate that it is of knows no format.

use lenscap_wire::PacketRef;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(at: &PacketRef, to: S) -> Result<S::Ok, S::Error> {
    (at.chunk, at.record, at.offset, at.length).serialize(to)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PacketRef, D::Error> {
    let (chunk, record, offset, length) = Deserialize::deserialize(from)?;
    Ok(PacketRef { chunk, record, offset, length })
}
