//! Text out of packets, made fit to print, and back: one reversible escape for every output.
//!
//! A value is bytes. What is valid UTF-8 and can be seen stays as it is; everything else is written so that the
//! bytes can be had again ([`unescape`]) and no terminal, log or reader can be steered by them:
//!
//! | in the packet | written |
//! |---|---|
//! | backslash | `\\` |
//! | C0 control or DEL, byte NN | `\xNN` |
//! | byte NN that is not part of valid UTF-8 | `\xNN` |
//! | C1 control, space other than U+0020 and U+3000, line or paragraph separator, bidirectional control, zero-width or other invisible format character, noncharacter, of code point H | `\u{H}` |
//!
//! Digits are lower-case hexadecimal; `\xNN` always is one byte with two digits, `\u{H}` always the UTF-8 of one
//! character. Formats add their own quoting on top (JSON writes the backslash twice once more).

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether `byte` alone, outside of any sequence, stays as it is.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e) && byte != b'\\'
}

/// Whether a character cannot be seen, or moves what can be seen.
pub(crate) const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1f'
            | '\x7f'..='\u{a0}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{1680}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || c as u32 & 0xfffe == 0xfffe
}

/// Escapes a value of a packet.
pub fn escape(value: &[u8]) -> Cow<'_, str> {
    escape_also(value, &[])
}

/// Escapes a value of a packet, and the ASCII bytes of `also`, as `\xNN`; for lists that have a separator.
pub(crate) fn escape_also<'a>(value: &'a [u8], also: &[u8]) -> Cow<'a, str> {
    if value.iter().all(|&byte| is_plain(byte) && !also.contains(&byte)) {
        return String::from_utf8_lossy(value);
    }
    let mut text = String::with_capacity(value.len() + 16);
    for chunk in value.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_char(&mut text, c, also);
        }
        for &byte in chunk.invalid() {
            push_byte(&mut text, byte);
        }
    }
    Cow::Owned(text)
}

fn push_char(text: &mut String, c: char, also: &[u8]) {
    match u8::try_from(c) {
        Ok(b'\\') => text.push_str("\\\\"),
        Ok(byte) if c.is_ascii() && (!is_plain(byte) || also.contains(&byte)) => push_byte(text, byte),
        _ if is_unseen(c) => _ = write!(text, "\\u{{{:x}}}", u32::from(c)),
        _ => text.push(c),
    }
}

fn push_byte(text: &mut String, byte: u8) {
    _ = write!(text, "\\x{byte:02x}");
}

/// The bytes of an escaped value; `None` where a backslash starts nothing of the table.
pub fn unescape(mut text: &str) -> Option<Vec<u8>> {
    let mut value = Vec::with_capacity(text.len());
    while let Some((before, after)) = text.split_once('\\') {
        value.extend_from_slice(before.as_bytes());
        text = if let Some(rest) = after.strip_prefix('\\') {
            value.push(b'\\');
            rest
        } else if let Some(rest) = after.strip_prefix('x') {
            value.push(hexadecimal(rest.get(..2)?)? as u8);
            rest.get(2..)?
        } else {
            let (digits, rest) = after.strip_prefix("u{")?.split_once('}')?;
            let c = char::from_u32(hexadecimal(digits)?)?;
            value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest
        };
    }
    value.extend_from_slice(text.as_bytes());
    Some(value)
}

fn hexadecimal(digits: &str) -> Option<u32> {
    // The standard library would take a sign.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_can_be_seen_stays() {
        for plain in ["", "litedev.hik-connect.com", "Kamera am Türeingang", "門口攝影機", "a=\"b\", c"]
        {
            assert!(matches!(escape(plain.as_bytes()), Cow::Borrowed(_)) || !plain.is_ascii());
            assert_eq!(escape(plain.as_bytes()), plain);
        }
    }

    #[test]
    fn what_cannot_is_written() {
        for (value, written) in [
            (&b"a\\b"[..], "a\\\\b"),
            (b"\x1b[2J\r\n\x7f\0", "\\x1b[2J\\x0d\\x0a\\x7f\\x00"),
            (b"caf\xe9 \xff\xc3", "caf\\xe9 \\xff\\xc3"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
            ("gepj.\u{202e}exe\u{200b}\u{feff}".as_bytes(), "gepj.\\u{202e}exe\\u{200b}\\u{feff}"),
            (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        ] {
            assert_eq!(escape(value), written);
            assert_eq!(unescape(written).unwrap(), value);
        }
    }

    #[test]
    fn nothing_else_is_an_escape() {
        for wrong in ["\\", "\\q", "\\x1", "\\xzz", "\\x+1", "\\u{}", "\\u{d800}", "\\u{41", "\\xé1"] {
            assert_eq!(unescape(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn reversible(value: Vec<u8>) {
            let text = escape(&value);
            prop_assert!(text.chars().all(|c| !is_unseen(c)));
            prop_assert_eq!(unescape(&text).unwrap(), value);
        }

        #[test]
        fn reversible_for_text(value: String) {
            let text = escape_also(value.as_bytes(), b";,");
            prop_assert!(text.chars().all(|c| !is_unseen(c) && c != ';' && c != ','));
            prop_assert_eq!(unescape(&text).unwrap(), value.as_bytes());
        }
    }
}
