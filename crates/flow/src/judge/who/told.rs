//! What texts tell of a station beside what they are evidence for: model, serial number, firmware.
//!
//! A host name `DCS-2100` is evidence for a camera and tells its model; a field for the serial number tells that. Makers put
//! several of these into one text, in no order that all of them keep: `AXIS Q1615 - ACCC8E000001` as a name,
//! `M7011,5.90.1` behind the kind of device in DHCP, `DCS-2100 FTP server ready.` as a greeting.

use lenscap_catalog::{Extract, VendorId};
use std::cmp::Reverse;

use crate::judge::rules;

/// One thing that was told.
#[derive(Clone, Debug)]
struct Told {
    what: Extract,
    /// By whose text; nobody's where the protocol has a field for it.
    vendor: Option<VendorId>,
    points: u8,
    text: String,
}

/// All that was told of one station.
#[derive(Clone, Debug, Default)]
pub(crate) struct Telling(Vec<Told>);

impl Telling {
    /// Takes in what stood beside a text of `vendor`, which is worth so many points.
    pub(crate) fn beside(&mut self, what: Extract, vendor: VendorId, points: u8, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let mut push = |what, text: &str| {
            if !is_placeholder(text) {
                self.0.push(Told { what, vendor: Some(vendor), points, text: text.to_owned() });
            }
        };
        if what != Extract::Model {
            return push(what, text.trim());
        }
        let Parts { model, serial, firmware } = Parts::of(text.trim());
        push(what, model);
        if let Some(serial) = serial {
            push(Extract::Serial, serial);
        }
        if let Some(firmware) = firmware {
            push(Extract::Firmware, firmware);
        }
    }

    /// Takes in what stood in a field that a protocol has for it.
    pub(crate) fn in_field(&mut self, what: Extract, text: String) {
        if !is_placeholder(&text) {
            self.0.push(Told { what, vendor: None, points: rules::BY_OWN_FIELD, text });
        }
    }

    /// Takes in the name by which a platform knows it alone, which stands for its number where nothing better tells one.
    pub(crate) fn named_by_platform(&mut self, text: String) {
        self.0.push(Told { what: Extract::Serial, vendor: None, points: 0, text });
    }

    /// What the surest text tells of a kind, of those that are nobody's or of this maker.
    pub(crate) fn surest(&self, what: Extract, maker: Option<VendorId>) -> Option<String> {
        let of = self.0.iter().filter(|told| told.what == what);
        let of = of.filter(|told| told.vendor.is_none() || told.vendor == maker);
        of.min_by_key(|told| (Reverse(told.points), &told.text)).map(|told| told.text.clone())
    }
}

/// What a text that begins with a model holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Parts<'t> {
    model: &'t str,
    serial: Option<&'t str>,
    firmware: Option<&'t str>,
}

/// What stands behind a model and is not of it, in small letters.
const BEHIND: [&str; 15] = [
    " - ",
    " at ",
    " camera",
    " control ",
    " fixed ",
    " from ",
    " ftp ",
    " home",
    " ip camera",
    " login",
    " main page",
    " network ",
    " telnet ",
    " version ",
    " video ",
];

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Self {
        let small = text.to_ascii_lowercase();
        let marks = text.find([',', ';', '(', '[', '"']);
        let words = BEHIND.iter().filter_map(|word| small.find(word));
        // `DS-7608NI-I2/8P` is a model, `PDR-M800/1.0` one with its version.
        let version = text.match_indices('/').map(|(at, _)| at).find(|at| is_version(&text[at + 1..]));
        let end = words.chain(marks).chain(version).filter(|end| *end > 0).min().unwrap_or(text.len());
        let (head, rest) = text.split_at(end);
        let rest = rest.trim_start_matches([' ', '-', ',', '/']).trim_end();
        let mut parts = Self { model: head.trim_end(), ..Self::default() };
        if let Some(version) = version_in(rest) {
            parts.firmware = Some(version);
        } else if is_address(rest) {
            parts.serial = Some(rest);
        }
        // The version may stand in front of the serial number: `R29C 29.30.10.8 0C11050A1B2C`.
        for _ in 0..2 {
            let Some((model, last)) = parts.model.rsplit_once([' ', '-', '_']) else { break };
            let is_serial =
                is_address(last) || last.len() > 5 && last.bytes().all(|byte| byte.is_ascii_digit());
            if is_version(last) && parts.firmware.is_none() {
                (parts.model, parts.firmware) = (model.trim_end(), Some(last));
            } else if is_serial && parts.serial.is_none() {
                (parts.model, parts.serial) = (model.trim_end_matches([' ', '-']), Some(last));
            } else {
                break;
            }
        }
        parts
    }
}

/// The version that a text is, or that it tells behind a word for what has one: `Network Camera 2.43`, `version 4.41`.
fn version_in(text: &str) -> Option<&str> {
    let mut words = text.split(' ');
    let bare = |word: &'_ str| word.trim_end_matches([',', ';']).len();
    let behind = |word: &&str| {
        let word = &word[..bare(word)];
        ["blade", "camera", "encoder", "version"].iter().any(|it| word.eq_ignore_ascii_case(it))
    };
    if is_version(text) {
        return Some(text);
    }
    while words.by_ref().any(|word| behind(&word)) {
        let next = words.clone().next().map(|word| &word[..bare(word)]);
        if let Some(version) = next.filter(|word| is_version(word)) {
            return Some(version);
        }
    }
    None
}

/// Whether a text is a version: numbers with dots between them, perhaps behind a `V`.
fn is_version(text: &str) -> bool {
    let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
    bare.contains('.')
        && bare.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a text is the twelve digits of a link address, which is the serial number of many.
fn is_address(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text could be a serial number, or the digest of one: letters of one case, or hex digits, and digits.
pub(crate) fn may_be_serial(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() >= 8
        && text.iter().all(is_part)
        && text.iter().any(u8::is_ascii_digit)
        && (!text.iter().any(u8::is_ascii_lowercase) || text.iter().all(u8::is_ascii_hexdigit))
}

/// Whether a device has not been given what it should say here.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let is_same = text.bytes().all(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| text.starts_with(char::from(byte)));
    text.len() < 2 || is_same || PLACEHOLDERS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// What stands where nothing was filled in: no value, what every such device is, or the first digits.
const PLACEHOLDERS: [&str; 23] = [
    "0.0.0.0",
    "123456",
    "camera",
    "default",
    "device",
    "dvr",
    "general",
    "hd",
    "ip camera",
    "ip-camera",
    "ipc",
    "ipc-model",
    "ipcam",
    "ipcamera",
    "n/a",
    "network camera",
    "network video recorder",
    "none",
    "null",
    "nvr",
    "private",
    "unknown",
    "video server",
];

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_catalog::Catalog;

    #[test]
    fn a_model_stands_with_other_things_in_one_text() {
        for (text, model, serial, firmware) in [
            ("Q1615-LE - ACCC8E000001", "Q1615-LE", Some("ACCC8E000001"), None),
            ("M7011,5.90.1", "M7011", None, Some("5.90.1")),
            ("DCS-2100 FTP server ready.", "DCS-2100", None, None),
            ("R29C 29.30.10.8 0C11050A1B2C", "R29C", Some("0C11050A1B2C"), Some("29.30.10.8")),
            ("206M Network Camera version 4.41", "206M", None, Some("4.41")),
            ("2100 Network Camera 2.43", "2100", None, Some("2.43")),
            ("M3045-V Network Camera 8.40.1.1 (2018) ready.", "M3045-V", None, Some("8.40.1.1")),
            ("Q1 version 4.41", "Q1", None, Some("4.41")),
            ("WJ-HD220 CONTROL MAIN PAGE", "WJ-HD220", None, None),
            ("SNC-RZ30 HOME", "SNC-RZ30", None, None),
            ("PDR-M800/1.0", "PDR-M800", None, Some("1.0")),
            ("DS-7608NI-I2/8P", "DS-7608NI-I2/8P", None, None),
            ("WV-NS202A Network Camera", "WV-NS202A", None, None),
            ("5.0-H3-DP1-1242900", "5.0-H3-DP1", Some("1242900"), None),
            ("AutoDome 800 HD 1.2.3.4 from 192.0.2.1", "AutoDome 800 HD", None, Some("1.2.3.4")),
            ("Video Doorbell PoE", "Video Doorbell PoE", None, None),
            ("UVC G3 Flex", "UVC G3 Flex", None, None),
            ("RLC-410-5MP", "RLC-410-5MP", None, None),
            ("caméra 1", "caméra 1", None, None),
            ("-", "-", None, None),
            ("", "", None, None),
        ] {
            assert_eq!(Parts::of(text), Parts { model, serial, firmware }, "{text}");
        }
    }

    #[test]
    fn a_serial_number_is_of_one_case() {
        for text in ["9Z01234PAB56789", " ACCC8E000001", "0123456789abcdef0123456789abcdef", "AMC00-1_A"] {
            assert!(may_be_serial(text.as_bytes()), "{text}");
        }
        for text in ["router12345", "device", "DEVICENAMES", "the router 12", "A1", ""] {
            assert!(!may_be_serial(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_any_device_could_say_tells_nothing() {
        for text in
            ["IP Camera", "Network Camera", "IPC", "000000", "1111", "123456", "0.0.0.0", "HD", "x", ""]
        {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["IPC-HDW1234", "112", "C1", "1.0.0", "0001", "camera 7"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn the_name_at_a_platform_stands_where_no_serial_number_is_told() {
        let mut all = Telling::default();
        all.named_by_platform("WXYZ-000123-KLMNO".into());
        assert_eq!(all.surest(Extract::Serial, None).as_deref(), Some("WXYZ-000123-KLMNO"));
        all.in_field(Extract::Serial, "Z0Z0Z0001".into());
        assert_eq!(all.surest(Extract::Serial, None).as_deref(), Some("Z0Z0Z0001"));
        assert_eq!(all.surest(Extract::Model, None), None);
    }

    #[test]
    fn a_field_for_it_is_surer_than_a_text_beside_it_and_others_texts_do_not_count() {
        let catalog = Catalog::builtin();
        let (axis, dahua) = (catalog.vendor_id("axis").unwrap(), catalog.vendor_id("dahua").unwrap());
        let mut telling = Telling::default();
        telling.beside(Extract::Model, axis, 90, b"Q1 - 020000000001");
        telling.beside(Extract::Model, dahua, 95, b"E1");
        telling.beside(Extract::Model, axis, 95, b"unknown");
        assert_eq!(telling.surest(Extract::Model, Some(axis)).unwrap(), "Q1");
        assert_eq!(telling.surest(Extract::Serial, Some(axis)).unwrap(), "020000000001");
        assert_eq!(telling.surest(Extract::Model, None), None);
        telling.in_field(Extract::Model, "E2".to_owned());
        telling.in_field(Extract::Model, "None".to_owned());
        assert_eq!(telling.surest(Extract::Model, Some(axis)).unwrap(), "E2");
    }
}
