//! Where spells lie: in 64 shards, each an index over slabs.

pub(crate) mod index;
pub(crate) mod shard;
pub(crate) mod slab;
