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

impl Field {
    /// What the field says of a device; nothing where it says something else.
    pub fn meaning(self) -> Option<Meaning> {
        let (_, last) = self.word().rsplit_once('.')?;
        Some(match last {
            "vendor" | "manufacturer" => Meaning::Vendor,
            "model" | "hardware" => Meaning::Model,
            "serial" => Meaning::Serial,
            "firmware" => Meaning::Firmware,
            "role" | "api" => Meaning::Role,
            _ => return None,
        })
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
