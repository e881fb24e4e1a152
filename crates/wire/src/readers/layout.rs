//! Messages whose fields stand at fixed places, as small devices lay out their structures: numbers of either order, text
//! that is filled up with zeros, link addresses.

use arrayvec::ArrayString;
use std::{fmt::Write, net::Ipv4Addr};

use crate::{Fact, Field, Mac, Message, reader::Facts, text};

/// `N` bytes at a place.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Two bytes at a place as a number, the low one first.
pub(super) fn u16le(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

/// Four bytes at a place as a number, the low one first.
pub(super) fn u32le(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// Two bytes at a place as a number, the high one first.
pub(super) fn u16be(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

/// The text in `length` bytes at a place: up to the first zero, without spaces around it. `None` where the bytes are not all
/// there, or a control character stands in the text.
pub(super) fn text(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    let field = bytes.get(at..)?.get(..length)?;
    let text = field.split(|&byte| byte == 0).next()?.trim_ascii();
    (!text.iter().any(u8::is_ascii_control)).then_some(text)
}

/// Whether a text is a link address: twelve hex digits, in pairs that a colon or hyphen parts, or without.
pub(super) fn is_mac(text: &[u8]) -> bool {
    match text.len() {
        12 => text.iter().all(u8::is_ascii_hexdigit),
        17 => text.chunks(3).all(|pair| match pair {
            [a, b] | [a, b, b':' | b'-'] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
            _ => false,
        }),
        _ => false,
    }
}

/// Whether an answer gives another IPv4 address than it came from, so that it speaks of another device. An address that no
/// host has is none (RFC 1122, 3.2.1.3; RFC 6890), and a private one in what came from a public one is that of the sender behind
/// a translator.
pub(super) fn is_of_another(message: &Message<'_, '_>, address: Option<Ipv4Addr>) -> bool {
    let is_local = |address: Ipv4Addr| address.is_private() || address.is_link_local();
    let Some(address) = address.filter(|&address| is_hosts(address)) else { return false };
    let is_translated = match message.packet.source.ip() {
        std::net::IpAddr::V4(source) => !is_local(source) && is_local(address),
        std::net::IpAddr::V6(_) => false,
    };
    !is_translated && message.is_from_other(address.into())
}

/// Whether an address may be a host's: not that of a group, of the host itself, or out of networks that nobody has.
pub(super) fn is_hosts(address: Ipv4Addr) -> bool {
    !matches!(address.octets(), [0 | 127 | 224..=255, ..])
}

/// The address that stands in four bytes at a place, the high one first.
pub(super) fn address(bytes: &[u8], at: usize) -> Option<Ipv4Addr> {
    array::<4>(bytes, at).map(Ipv4Addr::from)
}

/// The IPv4 address that a text is: `192.0.2.7`.
pub(super) fn dotted(text: &[u8]) -> Option<Ipv4Addr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Says a value of the sender, where there is one and it was set.
pub(super) fn say(field: Field, value: Option<&[u8]>, facts: Facts<'_>) {
    if let Some(value) = value.and_then(text::set) {
        facts(Fact::of_sender(field, value));
    }
}

/// Says a link address of the sender, unless it is zero: `02:00:5e:10:00:01`.
pub(super) fn say_mac(field: Field, mac: Option<[u8; 6]>, facts: Facts<'_>) {
    if let Some(mac) = mac.map(Mac).filter(|mac| !mac.is_zero()) {
        say_written(field, format_args!("{mac}"), facts);
    }
}

/// Says what is put together of numbers, at most 64 bytes.
pub(super) fn say_written(field: Field, value: std::fmt::Arguments<'_>, facts: Facts<'_>) {
    let mut text = ArrayString::<64>::new();
    // What does not fit is left out.
    if text.write_fmt(value).is_ok() {
        say(field, Some(text.as_bytes()), facts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_at_its_first_zero() {
        assert_eq!(text(b"ab cd \0x", 1, 6), Some(&b"b cd"[..]));
        assert_eq!(text(b"abc", 0, 4), None);
        assert_eq!(text(b"a\nc\0", 0, 4), None);
        assert_eq!(text(b"\0\0", 0, 2), Some(&b""[..]));
    }

    #[test]
    fn an_answer_from_elsewhere_is_of_another() {
        let of = |source: [u8; 4], told: Option<[u8; 4]>| {
            let packet = crate::Packet { source: crate::Address::v4(source), ..crate::Packet::default() };
            is_of_another(&Message { packet: &packet, payload: &[] }, told.map(Ipv4Addr::from))
        };
        assert!(of([192, 168, 1, 7], Some([192, 168, 1, 8])) && of([10, 0, 0, 1], Some([198, 51, 100, 7])));
        assert!(!of([192, 168, 1, 7], Some([192, 168, 1, 7])) && !of([192, 168, 1, 7], Some([0; 4])));
        assert!(!of([198, 51, 100, 7], Some([192, 168, 1, 8])), "behind a translator");
        assert!(!of([192, 168, 1, 7], Some([240, 0, 9, 0])) && !of([192, 168, 1, 7], Some([127, 0, 0, 1])));
        assert!(!of([192, 168, 1, 7], None) && !of([0; 4], Some([192, 168, 1, 8])));
    }

    #[test]
    fn what_was_never_set_is_not_said() {
        let mut said = Vec::new();
        for value in [&b"0000000000"[..], b"0.0.0.0", b"", b"0001"] {
            say(Field::DahuaSerial, Some(value), &mut |fact| said.push(crate::readers::tests::line(&fact)));
        }
        assert_eq!(said, ["sender dahua.serial 0001"]);
    }

    #[test]
    fn numbers_are_of_either_order() {
        assert_eq!((u16le(&[0, 1, 2], 1), u16be(&[0, 1, 2], 1)), (Some(0x0201), Some(0x0102)));
        assert_eq!((u32le(&[1, 2, 3, 4], 0), u32le(&[1, 2, 3, 4], 1)), (Some(0x0403_0201), None));
        assert_eq!(u16le(&[0, 1], usize::MAX), None);
    }

    #[test]
    fn addresses_are_told_from_other_text() {
        assert!(is_mac(b"02:00:5e:10:00:0a") && is_mac(b"02-00-5E-10-00-0A") && is_mac(b"02005e10000a"));
        for text in
            [&b"02:00:5e:10:00:0"[..], b"02:00:5e:10:00:0g", b"02:00:5e:10:00.0a", b"", b"0200:5e10000"]
        {
            assert!(!is_mac(text), "{text:?}");
        }
        assert_eq!(dotted(b"192.0.2.7"), Some([192, 0, 2, 7].into()));
        assert_eq!((dotted(b"192.0.2"), dotted(b"192.0.2.700")), (None, None));
    }
}
