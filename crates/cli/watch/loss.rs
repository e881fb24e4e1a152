//! What was lost before it could be looked at, by who lost it.

use lenscap_capture::DropCounts;
use std::iter::Sum;
use std::ops::{Add, Sub};

/// Packets that were lost, from the beginning or in an interval.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Loss {
    /// By the interface: its card or its driver had no room.
    pub(super) interface: u64,
    /// By the ring of the kernel, which was full.
    pub(super) ring: u64,
    /// Somewhere before the stream or file that is read; those of the others may be among them.
    pub(super) between: u64,
}

impl Loss {
    /// Every layer with its word.
    pub(super) fn layers(&self) -> [(&'static str, u64); 3] {
        [("interface", self.interface), ("ring", self.ring), ("between", self.between)]
    }

    /// All of them.
    pub(super) fn packets(&self) -> u64 {
        self.layers().iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}

impl From<DropCounts> for Loss {
    fn from(counts: DropCounts) -> Self {
        let DropCounts { interface, ring, between } = counts;
        Self { interface, ring, between }
    }
}

impl Add for Loss {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            interface: self.interface.saturating_add(other.interface),
            ring: self.ring.saturating_add(other.ring),
            between: self.between.saturating_add(other.between),
        }
    }
}

/// What came since; a count that was set back counts as none.
impl Sub for Loss {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            interface: self.interface.saturating_sub(before.interface),
            ring: self.ring.saturating_sub(before.ring),
            between: self.between.saturating_sub(before.between),
        }
    }
}

impl Sum for Loss {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_what_came_since() {
        let before = Loss { interface: 5, ring: 1, between: 0 };
        let now = Loss { interface: 7, ring: 1, between: 2 };
        assert_eq!((now - before).layers(), [("interface", 2), ("ring", 0), ("between", 2)]);
        assert_eq!((before - now).packets(), 0);
        assert_eq!([before, now].into_iter().sum::<Loss>().packets(), 16);
    }
}
