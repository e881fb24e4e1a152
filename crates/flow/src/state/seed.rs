//! The one seed of all hashes: stored hashes survive a merge, and nobody outside can aim for a slot.

use hashbrown::DefaultHashBuilder;
use std::sync::OnceLock;

/// The seed of this process. Two summaries of one process hash the same key to the same number.
pub(crate) fn seeded() -> &'static DefaultHashBuilder {
    static SEED: OnceLock<DefaultHashBuilder> = OnceLock::new();
    SEED.get_or_init(DefaultHashBuilder::default)
}
