//! How a protocol's field is saved: by its word, so that a saved summary does not hang on the order of the fields.

use lenscap_wire::Field;
use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(crate) fn serialize<S: Serializer>(field: &Field, to: S) -> Result<S::Ok, S::Error> {
    field.word().serialize(to)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Field, D::Error> {
    let word = String::deserialize(from)?;
    Field::from_word(&word).ok_or_else(|| D::Error::custom("a field that this version does not know"))
}
