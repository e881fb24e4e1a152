//! Sets of roles: a host may be for several things at once, such as `api` and `p2p`.
//!
//! The build script reads this file too.

use std::fmt;

use crate::words::Role;

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Roles(u16);

impl Roles {
    /// No role.
    pub const NONE: Self = Self(0);

    /// The set whose bit `1 << role` is set for each role in it.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Bit `1 << role` for each role in the set.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// This set and `role`.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u16)
    }

    /// What is in either set.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `role` is in the set.
    pub const fn has(self, role: Role) -> bool {
        self.0 & 1 << role as u16 != 0
    }

    /// Whether the set has no role but `web`.
    pub const fn only_web(self) -> bool {
        self.0 == 1 << Role::Web as u16
    }

    /// The roles in the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.has(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Roles {
    /// The words, joined by commas.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, role) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            f.write_str(role.word())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_sets_hold_every_role() {
        let all: Roles = Role::ALL.iter().copied().collect();
        assert!(all.iter().eq(Role::ALL.iter().copied()));
        assert_eq!(Roles::from_bits(all.bits()), all);
        assert!(Roles::NONE.with(Role::Web).only_web() && !all.only_web() && !Roles::NONE.only_web());
        assert_eq!(Roles::NONE.with(Role::P2p).with(Role::Api).to_string(), "api,p2p");
    }
}
