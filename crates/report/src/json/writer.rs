//! A JSON object (RFC 8259), written key by key into a buffer.

use crate::escape::{escape, is_unseen};
use crate::number;
use crate::time::push_rfc3339;
use lenscap_flow::report::{DeviceId, PacketAt};
use lenscap_wire::{Mac, Timestamp};
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};

/// An object that has been begun; [`Object::end`] closes it.
///
/// Methods whose name ends in `_of` omit what is absent or empty.
pub(super) struct Object<'b> {
    out: &'b mut Vec<u8>,
    empty: bool,
}

impl<'b> Object<'b> {
    /// Begins a record: a line with its type.
    #[inline]
    pub(super) fn record(out: &'b mut Vec<u8>, kind: &'static str) -> Self {
        let mut object = Self::begin(out);
        object.word("type", kind);
        object
    }

    #[inline]
    pub(super) fn begin(out: &'b mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    #[inline]
    pub(super) fn end(self) {
        self.out.push(b'}');
    }

    /// Ends a record and its line.
    #[inline]
    pub(super) fn end_line(self) {
        self.out.extend_from_slice(b"}\n");
    }

    /// Writes a key; the caller writes its value.
    #[inline]
    pub(super) fn key(&mut self, key: &'static str) -> &mut Vec<u8> {
        self.out.extend_from_slice(if self.empty { b"\"" } else { b",\"" });
        self.empty = false;
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A word of our own that needs no escape.
    #[inline]
    pub(super) fn word(&mut self, key: &'static str, word: &str) {
        let out = self.key(key);
        push_word(out, word);
    }

    #[inline]
    pub(super) fn word_of(&mut self, key: &'static str, word: Option<&str>) {
        if let Some(word) = word.filter(|word| !word.is_empty()) {
            self.word(key, word);
        }
    }

    /// Text of ours or of the user, such as a path.
    pub(super) fn text(&mut self, key: &'static str, text: &str) {
        push_string(self.key(key), text);
    }

    pub(super) fn text_of(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// What came out of packets.
    #[inline]
    pub(super) fn value(&mut self, key: &'static str, value: &[u8]) {
        push_value(self.key(key), value);
    }

    #[inline]
    pub(super) fn value_of(&mut self, key: &'static str, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.value(key, value);
        }
    }

    #[inline]
    pub(super) fn integer(&mut self, key: &'static str, n: impl Into<u64>) {
        number::push(self.key(key), n.into());
    }

    #[inline]
    pub(super) fn integer_of(&mut self, key: &'static str, n: Option<impl Into<u64>>) {
        if let Some(n) = n {
            self.integer(key, n);
        }
    }

    #[inline]
    pub(super) fn boolean(&mut self, key: &'static str, value: bool) {
        self.key(key).extend_from_slice(if value { b"true" } else { b"false" });
    }

    #[inline]
    pub(super) fn time(&mut self, key: &'static str, time: Timestamp) {
        let out = self.key(key);
        out.push(b'"');
        push_rfc3339(out, time);
        out.push(b'"');
    }

    pub(super) fn time_of(&mut self, key: &'static str, time: Option<Timestamp>) {
        if let Some(time) = time {
            self.time(key, time);
        }
    }

    #[inline]
    pub(super) fn address(&mut self, key: &'static str, address: IpAddr) {
        push_address(self.key(key), address);
    }

    #[inline]
    pub(super) fn mac_of(&mut self, key: &'static str, mac: Option<Mac>) {
        if let Some(mac) = mac {
            push_mac(self.key(key), mac);
        }
    }

    /// The id of a device.
    #[inline]
    pub(super) fn device_of(&mut self, key: &'static str, device: Option<DeviceId>) {
        match device {
            Some(DeviceId::Mac(mac)) => push_digits(self.key(key), mac),
            Some(DeviceId::Address(address)) => self.address(key, address),
            None => {}
        }
    }

    /// Where a packet stands.
    #[inline]
    pub(super) fn packet(&mut self, key: &'static str, at: PacketAt) {
        push_packet(self.key(key), at);
    }

    #[inline]
    pub(super) fn packet_of(&mut self, key: &'static str, at: Option<PacketAt>) {
        if let Some(at) = at {
            self.packet(key, at);
        }
    }

    pub(super) fn object(&mut self, key: &'static str, fill: impl FnOnce(&mut Object<'_>)) {
        let mut object = Object::begin(self.key(key));
        fill(&mut object);
        object.end();
    }

    /// A list, omitted where empty.
    #[inline]
    pub(super) fn list_of<T>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
        push: impl Fn(&mut Vec<u8>, T),
    ) {
        let mut items = items.into_iter();
        let Some(first) = items.next() else { return };
        let out = self.key(key);
        out.push(b'[');
        push(out, first);
        for item in items {
            out.push(b',');
            push(out, item);
        }
        out.push(b']');
    }
}

/// Appends a word that needs no escape.
#[inline]
pub(super) fn push_word(out: &mut Vec<u8>, word: &str) {
    debug_assert!(word.bytes().all(is_plain), "{word:?} is no word");
    out.push(b'"');
    out.extend_from_slice(word.as_bytes());
    out.push(b'"');
}

/// Appends what came out of packets as a string.
#[inline]
pub(super) fn push_value(out: &mut Vec<u8>, value: &[u8]) {
    if value.iter().all(|&byte| is_plain(byte)) {
        out.push(b'"');
        out.extend_from_slice(value);
        out.push(b'"');
    } else {
        push_string(out, &escape(value));
    }
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\'
}

/// Appends text as a string; what cannot be seen becomes `\uNNNN`, in two halves beyond the basic plane.
pub(super) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            c if is_unseen(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

/// Appends an address as a string, IPv6 by RFC 5952.
#[inline]
pub(super) fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    out.push(b'"');
    match address {
        IpAddr::V4(four) => push_ipv4(out, four),
        IpAddr::V6(six) => _ = write!(out, "{six}"),
    }
    out.push(b'"');
}

fn push_ipv4(out: &mut Vec<u8>, address: Ipv4Addr) {
    let [a, rest @ ..] = address.octets();
    number::push(out, a.into());
    for byte in rest {
        out.push(b'.');
        number::push(out, byte.into());
    }
}

/// Appends a MAC as a string.
pub(super) fn push_mac(out: &mut Vec<u8>, mac: Mac) {
    let mut mark = b'"';
    for byte in mac.0 {
        out.push(mark);
        push_hex(out, byte);
        mark = b':';
    }
    out.push(b'"');
}

/// Appends a MAC as a string of its digits alone.
fn push_digits(out: &mut Vec<u8>, mac: Mac) {
    out.push(b'"');
    mac.0.into_iter().for_each(|byte| push_hex(out, byte));
    out.push(b'"');
}

fn push_hex(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for nibble in [byte >> 4, byte & 15] {
        out.push(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'?'));
    }
}

/// Appends where a packet stands.
pub(super) fn push_packet(out: &mut Vec<u8>, at: PacketAt) {
    let mut object = Object::begin(out);
    object.integer("input", at.input);
    object.integer("packet", at.packet);
    object.integer("offset", at.offset);
    object.integer("length", at.length);
    object.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escape::unescape;
    use proptest::prelude::*;

    fn written(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn addresses_as_the_standard_library() {
        for address in ["0.0.0.0", "192.168.1.64", "255.255.255.255", "2001:db8::1", "::ffff:1.2.3.4"] {
            assert_eq!(written(|out| push_address(out, address.parse().unwrap())), format!("\"{address}\""));
        }
        let mac = Mac([0x00, 0x0f, 0xa0, 0xff, 0x12, 0x9c]);
        assert_eq!(written(|out| push_mac(out, mac)), format!("\"{mac}\""));
        assert_eq!(written(|out| push_digits(out, mac)), format!("\"{}\"", DeviceId::Mac(mac)));
    }

    proptest! {
        #[test]
        fn strings_as_serde_reads_them(text: String) {
            let string = written(|out| push_string(out, &text));
            prop_assert!(!string.chars().any(is_unseen));
            prop_assert_eq!(serde_json::from_str::<String>(&string).unwrap(), text);
        }

        #[test]
        fn values_come_back(value: Vec<u8>) {
            let string = written(|out| push_value(out, &value));
            let escaped = serde_json::from_str::<String>(&string).unwrap();
            prop_assert_eq!(unescape(&escaped).unwrap(), value);
        }
    }
}
