//! What a field says of a device, whatever the protocol: `sadp.model` and `onvif.model` both are its model.
//!
//! The last part of a field's word tells, so that a reader that yields `foo.serial` need not be named anywhere else.

use crate::Field;

/// What a device says of itself in a field.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Meaning {
    /// Who made it, or whose badge it bears.
    Vendor,
    /// Its model.
    Model,
    /// Its serial number.
    Serial,
    /// The version of its firmware.
    Firmware,
    /// Which part it plays in the protocol: `device` or `client`, or the interface that only devices have.
    Role,
}

/// The last parts of words that mean something, each with its dot.
const LAST: [(&str, Meaning); 8] = [
    (".vendor", Meaning::Vendor),
    (".manufacturer", Meaning::Vendor),
    (".model", Meaning::Model),
    (".hardware", Meaning::Model),
    (".serial", Meaning::Serial),
    (".firmware", Meaning::Firmware),
    (".role", Meaning::Role),
    (".api", Meaning::Role),
];

/// By field: it is asked of all that stations say.
#[allow(clippy::indexing_slicing, reason = "in a constant: what is out of bounds fails the build")]
static MEANINGS: [Option<Meaning>; Field::ALL.len()] = {
    let mut all = [None; Field::ALL.len()];
    let mut field = 0;
    while field < all.len() {
        let mut last = 0;
        while last < LAST.len() {
            if ends_with(Field::WORDS[field].as_bytes(), LAST[last].0.as_bytes()) {
                all[field] = Some(LAST[last].1);
            }
            last += 1;
        }
        field += 1;
    }
    all
};

const fn ends_with(mut word: &[u8], mut last: &[u8]) -> bool {
    while let ([before @ .., a], [rest @ .., b]) = (word, last) {
        if *a != *b {
            return false;
        }
        (word, last) = (before, rest);
    }
    last.is_empty()
}

impl Field {
    /// What the field says of a device; nothing where it says something else.
    pub fn meaning(self) -> Option<Meaning> {
        MEANINGS.get(self as usize).copied().flatten()
    }

    /// Whether the model may stand in the field, alone or with other words: in names that devices are shipped with, and in
    /// what they ask a password for. Not in host names, which people choose: `wv-desk` is no WV camera.
    pub fn may_hold_model(self) -> bool {
        self.meaning() == Some(Meaning::Model)
            || matches!(
                self,
                Self::HttpRealm
                    | Self::MdnsInstance
                    | Self::OnvifScopeName
                    | Self::RtspRealm
                    | Self::SnmpSysDescr
                    | Self::SsdpFriendlyName
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_word_tells() {
        for (word, meaning) in [
            ("sadp.model", Some(Meaning::Model)),
            ("onvif.scope.hardware", Some(Meaning::Model)),
            ("ssdp.manufacturer", Some(Meaning::Vendor)),
            ("pppp.role", Some(Meaning::Role)),
            ("ssdp.model_number", None),
            ("arp", None),
        ] {
            assert_eq!(Field::from_word(word).unwrap().meaning(), meaning, "{word}");
        }
    }
}
