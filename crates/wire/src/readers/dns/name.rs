//! Domain names of a DNS message (RFC 1035, 4.1.4) as text.
//!
//! Pointers must lead backwards and are followed 64 times at most, labels sum up to 255 bytes: a loop is an
//! ordinary error. Text is lower case without the final dot; a dot or backslash inside a label stands after a
//! backslash, other bytes that do not print in ASCII as `\DDD`.

use crate::text::Text;

/// A name in text form.
pub(crate) type Name = Text<255>;

const MAX_POINTERS: usize = 64;
const MAX_LENGTH: usize = 255;

/// What stands at a place of a name.
enum Part<'a> {
    Label(&'a [u8]),
    Pointer(usize),
    End,
}

/// The part at `at`, and where the next one stands.
fn part(message: &[u8], at: usize) -> Option<(Part<'_>, usize)> {
    let length = *message.get(at)?;
    match length >> 6 {
        0 if length == 0 => Some((Part::End, at + 1)),
        0 => {
            let end = at + 1 + usize::from(length);
            Some((Part::Label(message.get(at + 1..end)?), end))
        }
        3 => {
            let low = *message.get(at + 1)?;
            Some((Part::Pointer(usize::from(length & 0x3f) << 8 | usize::from(low)), at + 2))
        }
        _ => None,
    }
}

/// Where the name at `at` ends, without looking behind its pointer.
pub(super) fn skip(message: &[u8], mut at: usize) -> Option<usize> {
    let start = at;
    loop {
        let (part, next) = part(message, at)?;
        match part {
            Part::Label(_) if next - start < MAX_LENGTH => at = next,
            Part::Label(_) => return None,
            Part::Pointer(_) | Part::End => return Some(next),
        }
    }
}

/// Visits the labels of the name at `at`; `None` where it is not a name.
fn labels(message: &[u8], mut at: usize, mut visit: impl FnMut(&[u8])) -> Option<()> {
    let (mut earliest, mut pointers, mut length) = (at, 0, 1);
    loop {
        let (part, next) = part(message, at)?;
        match part {
            Part::End => return Some(()),
            Part::Label(label) => {
                length += label.len() + 1;
                if length > MAX_LENGTH {
                    return None;
                }
                visit(label);
                at = next;
            }
            Part::Pointer(target) => {
                pointers += 1;
                if target >= earliest || pointers > MAX_POINTERS {
                    return None;
                }
                (at, earliest) = (target, target);
            }
        }
    }
}

/// Writes the name at `at` as text; `None`, with nothing of use written, where it is no name or its text is
/// longer than a fact may hold.
pub(crate) fn read(message: &[u8], at: usize, text: &mut Name) -> Option<()> {
    text.clear();
    labels(message, at, |label| {
        if !text.is_empty() {
            text.push(b'.');
        }
        if label.iter().fold(false, |odd, byte| odd | is_odd(*byte)) {
            for &byte in label {
                push(text, byte);
            }
        } else {
            text.extend_lowercase(label);
        }
    })?;
    (!text.is_cut()).then_some(())
}

/// Whether a byte of a label is not written as it stands.
const fn is_odd(byte: u8) -> bool {
    byte < 0x21 || byte > 0x7e || byte == b'.' || byte == b'\\'
}

fn push(text: &mut Name, byte: u8) {
    match byte {
        b'.' | b'\\' => {
            text.push(b'\\');
            text.push(byte);
        }
        _ if !is_odd(byte) => text.push(byte.to_ascii_lowercase()),
        _ => text.extend(&[b'\\', b'0' + byte / 100, b'0' + byte / 10 % 10, b'0' + byte % 10]),
    }
}

/// The first label of the name at `at`, as it stands on the wire.
pub(crate) fn first_label(message: &[u8], at: usize) -> Option<&[u8]> {
    match part(message, at)? {
        (Part::Label(label), _) => Some(label),
        (Part::Pointer(target), _) if target < at => match part(message, target)? {
            (Part::Label(label), _) => Some(label),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(message: &[u8], at: usize) -> Option<String> {
        let mut name = Name::new();
        read(message, at, &mut name)?;
        Some(String::from_utf8(name.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn pointers_lead_to_earlier_names() {
        let message = b"\x03CAM\x07Example\0\x02eu\xc0\x04\xc0\x00";
        assert_eq!(text(message, 0).unwrap(), "cam.example");
        assert_eq!(text(message, 13).unwrap(), "eu.example");
        assert_eq!(text(message, 18).unwrap(), "cam.example");
        assert_eq!(skip(message, 13), Some(18));
    }

    #[test]
    fn loops_and_forward_pointers_are_no_names() {
        assert_eq!(text(b"\xc0\x00", 0), None);
        assert_eq!(text(b"\x01a\xc0\x00", 0), None);
        assert_eq!(text(b"\xc0\x02\x01a\0", 0), None);
    }

    #[test]
    fn odd_bytes_are_written_out() {
        assert_eq!(text(b"\x07a.b\\c \xff\0", 0).unwrap(), r"a\.b\\c\032\255");
        assert_eq!(text(b"\0", 0).unwrap(), "");
    }

    #[test]
    fn names_that_are_too_long_or_cut_are_none() {
        let long = [&[63u8][..], &[b'a'; 63]].concat().repeat(4);
        assert_eq!(text(&[&long[..], &[0]].concat(), 0), None);
        assert_eq!(
            text(&[&long[..192], &[61], &[b'a'; 61], &[0]].concat(), 0).map(|text| text.len()),
            Some(253)
        );
        assert_eq!(text(b"\x05abc", 0), None);
        assert_eq!(text(b"\x41a\0", 0), None);
    }
}
