//! Which part of which input records belong to.

/// A part of an input that is numbered on its own. Both ordinals are the caller's.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ChunkId {
    /// The input.
    pub input: u32,
    /// The chunk, unique over all inputs: packets refer to it. The next one must be free, since a reader goes on with
    /// it where it has given 2^32 numbers.
    pub chunk: u32,
}
