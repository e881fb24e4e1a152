//! How what an end sends comes here: as it was sent, or passed on.
//!
//! What comes with 57 hops was passed on by routers; what comes with 64 was not.

use crate::state::spell::way::Hops;

/// What all flows of an end show of it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Passage(u8);

impl Passage {
    /// Nothing is known.
    pub(crate) const NONE: Self = Self(0);
    /// Something came with all hops that senders begin with.
    pub(crate) const ALL_HOPS: Self = Self(1);
    /// Something came with fewer.
    pub(crate) const FEWER_HOPS: Self = Self(1 << 1);

    /// What these show together.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether something came as it was sent.
    pub(crate) fn has_all_hops(self) -> bool {
        self.0 & Self::ALL_HOPS.0 != 0
    }

    /// Whether it was passed on. Of a scanner that begins with any number, or of a host that also passes on what machines inside
    /// it send, something comes with all hops.
    pub(crate) fn is_passed_on(self) -> bool {
        self == Self::FEWER_HOPS
    }
}

impl From<Hops> for Passage {
    fn from(hops: Hops) -> Self {
        match hops {
            Hops::All => Self::ALL_HOPS,
            Hops::Fewer => Self::FEWER_HOPS,
            Hops::Unknown => Self::NONE,
        }
    }
}
