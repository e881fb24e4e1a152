//! The number of a reader, by which saved summaries name it.

/// A reader by its [number](crate::Reader::number).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ReaderId(pub u8);

impl ReaderId {
    /// The greatest number that a reader may have: flows keep it in eight bits, with one value for none.
    pub const MAX: u8 = 254;
}
