//! Which types of record are written, in the order of the contract.

use std::fmt;
use std::str::FromStr;

/// A type of record, in the order in which they are written.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[allow(missing_docs)]
pub enum Kind {
    Capture,
    Device,
    Flow,
    Name,
    Contact,
    Finding,
    Ledger,
    Summary,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Capture,
        Self::Device,
        Self::Flow,
        Self::Name,
        Self::Contact,
        Self::Finding,
        Self::Ledger,
        Self::Summary,
    ];

    /// The word that `"type"` has.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Device => "device",
            Self::Flow => "flow",
            Self::Name => "name",
            Self::Contact => "contact",
            Self::Finding => "finding",
            Self::Ledger => "ledger",
            Self::Summary => "summary",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| UnknownKind(word.to_owned()))
    }
}

/// A word that is no type of record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownKind(pub String);

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no record type {:?}; there are {}", self.0, Kind::ALL.map(Kind::word).join(", "))
    }
}

impl std::error::Error for UnknownKind {}

/// A set of record types.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Select(u8);

impl Select {
    /// Every type.
    pub const ALL: Self = Self(0xff);

    /// Whether records of `kind` are written.
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// The set with `kind` in it.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    /// The only type in the set, where there is one only.
    pub fn only(self) -> Option<Kind> {
        let mut chosen = Kind::ALL.into_iter().filter(|&kind| self.has(kind));
        chosen.next().filter(|_| chosen.next().is_none())
    }
}

impl Default for Select {
    fn default() -> Self {
        Self::ALL
    }
}

impl FromIterator<Kind> for Select {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        Self(kinds.into_iter().fold(0, |set, kind| set | 1 << kind as u8))
    }
}

impl FromStr for Select {
    type Err = UnknownKind;

    /// Reads words separated by commas, such as `device,finding`.
    fn from_str(words: &str) -> Result<Self, UnknownKind> {
        words.split(',').map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists() {
        let set: Select = "flow,device".parse().unwrap();
        assert!(set.has(Kind::Flow) && set.has(Kind::Device) && !set.has(Kind::Ledger));
        assert_eq!(set.only(), None);
        assert!(set.with(Kind::Ledger).has(Kind::Ledger));
        assert_eq!("finding".parse::<Select>().unwrap().only(), Some(Kind::Finding));
        assert_eq!(Kind::ALL.into_iter().collect::<Select>(), Select::ALL);
        assert_eq!(
            "flows".parse::<Select>().unwrap_err().to_string(),
            "no record type \"flows\"; there are capture, device, flow, name, contact, finding, ledger, summary"
        );
    }
}
