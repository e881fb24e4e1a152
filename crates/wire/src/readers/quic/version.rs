//! Versions of QUIC by their numbers (IANA, "QUIC Versions"; Chromium and mvfst for their own), and the salts of
//! those whose first packets anybody may open (RFC 9001, 5.2; RFC 9369, 3.3.1).

type Salt = [u8; 20];

const DRAFT_21: Salt = *b"\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a";
const DRAFT_23: Salt = *b"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02";
const DRAFT_29: Salt = *b"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99";
const V1: Salt = *b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a";
const V2: Salt = *b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9";
const Q050: Salt = *b"\x50\x45\x74\xef\xd0\x66\xfe\x2f\x9d\x94\x5c\xfc\xdb\xd3\xa7\xf0\xd3\xb5\x6b\x45";
const T050: Salt = *b"\x7f\xf5\x79\xe5\xac\xd0\x72\x91\x55\x80\x30\x4c\x43\xa2\x36\x7c\x60\x48\x83\x10";
const T051: Salt = *b"\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d";

/// How packets of a version are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Version {
    /// No version: the server's list of those that it knows.
    Negotiation,
    /// Initial packets are keyed with this salt.
    Keyed {
        /// What the client's connection id is mixed with.
        salt: Salt,
        /// Whether labels and types of packets are those of RFC 9369.
        second: bool,
    },
    /// Google's, whose first packets are not encrypted.
    Clear,
    /// Of QUIC, but what its packets hold is not read.
    Opaque,
}

impl Version {
    /// The version with a number; `None` where the number does not tell that this is QUIC.
    pub(super) const fn of(number: u32) -> Option<Self> {
        let (salt, second) = match number {
            0x0000_0001 | 0xff00_0021 | 0xff00_0022 | 0xface_b003 => (V1, false),
            0x6b33_43cf => (V2, true),
            0xff00_001d..=0xff00_0020 => (DRAFT_29, false),
            // With those of mvfst that are draft 27 but for their number, and the names that it has for them.
            0xff00_0017..=0xff00_001c
            | 0xface_b002
            | 0xface_b00e
            | 0xface_b010
            | 0xface_b011
            | 0xface_b013 => (DRAFT_23, false),
            0xff00_0015 | 0xff00_0016 | 0xface_b001 => (DRAFT_21, false),
            0x5130_3530 => (Q050, false),
            0x5430_3530 => (T050, false),
            0x5430_3531 => (T051, false),
            0 => return Some(Self::Negotiation),
            0x5130_3434..=0x5130_3439 => return Some(Self::Clear),
            _ if is_opaque(number) => return Some(Self::Opaque),
            _ => return None,
        };
        Some(Self::Keyed { salt, second })
    }
}

/// What numbers begin with that tell QUIC; the last 16 are those that are reserved.
pub(super) const FIRST_BYTES: [u8; 22] = [
    0x00, 0x51, 0x54, 0x6b, 0xab, 0xff, 0x0a, 0x1a, 0x2a, 0x3a, 0x4a, 0x5a, 0x6a, 0x7a, 0x8a, 0x9a, 0xaa,
    0xba, 0xca, 0xda, 0xea, 0xfa,
];

/// Other drafts, mvfst, Microsoft's, and the numbers that are reserved so that servers have to negotiate
/// (RFC 9000, 15).
const fn is_opaque(number: u32) -> bool {
    let known =
        matches!(number, 0xff00_0000..=0xff00_00ff | 0xface_b000..=0xface_b0ff | 0xabcd_0000..=0xabcd_000f);
    known || number & 0x0f0f_0f0f == 0x0a0a_0a0a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_tells_quic_begins_as_its_route_says(
            first in any::<u8>(),
            rest in prop::sample::select(vec![
                0, 1, 0x33_43cf, 0x30_3530, 0x30_3531, 0x30_3434, 0x30_3439, 0xce_b000, 0xce_b013, 0xce_b0ff, 0xcd_0000,
                0xcd_000f, 0x0a_0a0a, 0x2a_3a4a, 0xfa_fafa, 0x15, 0x17, 0x1d, 0x21, 0x22, 0xff,
            ]),
        ) {
            let known = Version::of(u32::from(first) << 24 | rest).is_some();
            prop_assert!(!known || FIRST_BYTES.contains(&first));
        }
    }

    #[test]
    fn numbers_that_tell_quic() {
        assert!(matches!(Version::of(0xff00_001d), Some(Version::Keyed { salt: DRAFT_29, second: false })));
        assert!(matches!(Version::of(0x6b33_43cf), Some(Version::Keyed { salt: V2, second: true })));
        assert_eq!(Version::of(0x5130_3436), Some(Version::Clear));
        for reserved in [0x1a2a_3a4a, 0xfafa_fafa, 0xff00_0009, 0xface_b0ff] {
            assert_eq!(Version::of(reserved), Some(Version::Opaque), "{reserved:08x}");
        }
        for number in [2, 0x5130_3335, 0x1a2a_3a4b, 0xfeff_fefd] {
            assert_eq!(Version::of(number), None, "{number:08x}");
        }
    }
}
