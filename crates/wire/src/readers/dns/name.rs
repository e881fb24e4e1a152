//! Domain names of a DNS message (RFC 1035, 4.1.4) as text.
//!
//! Pointers must lead backwards and are followed 64 times at most, labels sum up to 255 bytes: a loop is an
//! ordinary error. All names of a message together are read for two steps a byte at most ([`Names`]). Text is lower case without the final dot; a dot or backslash inside a label stands after a
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
        #[cfg(test)]
        crate::readers::tests::count(1);
        let (part, next) = part(message, at)?;
        match part {
            Part::Label(_) if next - start < MAX_LENGTH => at = next,
            Part::Label(_) => return None,
            Part::Pointer(_) | Part::End => return Some(next),
        }
    }
}

/// Whether a name without pointers has labels, and these are of letters, digits, hyphens and underscores.
pub(super) fn is_of_host(name: &[u8]) -> bool {
    let mut at = 0;
    while let Some((Part::Label(label), next)) = part(name, at) {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !label.iter().all(allowed) {
            return false;
        }
        at = next;
    }
    at > 0 && name.get(at..) == Some(&[0])
}

/// Visits the labels of the name at `at`; `None` where it is not a name, or takes more than `left` steps.
fn labels(message: &[u8], mut at: usize, left: &mut usize, mut visit: impl FnMut(&[u8])) -> Option<()> {
    let (mut earliest, mut pointers, mut length) = (at, 0, 1);
    loop {
        let (part, next) = part(message, at)?;
        match part {
            Part::End => return Some(()),
            Part::Label(label) => {
                spend(left, 1 + label.len() / 16)?;
                length += label.len() + 1;
                if length > MAX_LENGTH {
                    return None;
                }
                visit(label);
                at = next;
            }
            Part::Pointer(target) => {
                spend(left, 1)?;
                pointers += 1;
                if target >= earliest || pointers > MAX_POINTERS {
                    return None;
                }
                (at, earliest) = (target, target);
            }
        }
    }
}

/// The names of one message, read for a bounded number of steps: every label and pointer is one, and one more for
/// every 16 bytes of it; so is every comparison that [`Names::spend`] is told of.
///
/// A name costs two bytes where it is a pointer, and a hundred labels where that leads: records that point into each
/// other would cost the square of the message. So a name that the last one leads to, too, is not read again, and
/// when the steps are spent no name can be read any more: what was said before that counts.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    message: &'a [u8],
    left: usize,
    /// Place and text of the name that was read last.
    last: (usize, Name),
    /// Places and keys of some names, each by the last bits of its place. No name stands at 0.
    known: [(usize, u64); 16],
}

impl<'a> Names<'a> {
    /// Far more than messages that were not made to cost: eight labels for each record of 16 bytes are half of one.
    const STEPS_A_BYTE: usize = 2;

    /// None of them is read yet.
    pub(crate) fn of(message: &'a [u8]) -> Self {
        let left = message.len() * Self::STEPS_A_BYTE;
        Self { message, left, last: (0, Name::new()), known: [(0, 0); 16] }
    }

    /// The text of the name at `at`; `None` where it is no name, its text is longer than a fact may hold, or the
    /// steps are spent.
    pub(crate) fn read(&mut self, at: usize) -> Option<&Name> {
        let place = self.place(at)?;
        if self.last.0 != place {
            self.last.0 = 0;
            read(self.message, place, &mut self.last.1, &mut self.left)?;
            self.last.0 = place;
        }
        Some(&self.last.1)
    }

    /// A number that equal names share. Others share it only where somebody sought them, who could as well have
    /// sent the same name.
    pub(crate) fn key(&mut self, at: usize) -> Option<u64> {
        let place = self.place(at)?;
        let slot = place % self.known.len();
        if let Some(&(known, key)) = self.known.get(slot)
            && known == place
        {
            return Some(key);
        }
        let key = key(self.read(place)?.as_bytes());
        if let Some(slot) = self.known.get_mut(slot) {
            *slot = (place, key);
        }
        Some(key)
    }

    /// Takes this many steps; `None` when there are not so many left.
    pub(crate) fn spend(&mut self, steps: usize) -> Option<()> {
        spend(&mut self.left, steps)
    }

    /// Where the name at `at` stands, which may be no more than a pointer.
    fn place(&mut self, at: usize) -> Option<usize> {
        match part(self.message, at)? {
            (Part::Pointer(target), _) => (target < at).then_some(target),
            _ => Some(at),
        }
    }
}

fn spend(left: &mut usize, steps: usize) -> Option<()> {
    #[cfg(test)]
    crate::readers::tests::count(steps);
    *left = left.checked_sub(steps)?;
    Some(())
}

fn key(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(byte, &of_rest)| *byte = of_rest);
    let words = words.iter().chain([&last]).map(|&word| u64::from_le_bytes(word));
    words.fold(text.len() as u64, |key, word| (key ^ word).wrapping_mul(ODD).rotate_left(29))
}

/// Writes the name at `at` as text; `None`, with nothing of use written, where it is no name, its text is longer
/// than a fact may hold, or it would take more than `left` steps.
fn read(message: &[u8], at: usize, text: &mut Name, left: &mut usize) -> Option<()> {
    text.clear();
    labels(message, at, left, |label| {
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
        read(message, at, &mut name, &mut 1000)?;
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

    #[test]
    fn equal_names_share_a_key_however_they_are_written() {
        let message = b"\0\x03CAM\x07Example\0\x03cam\xc0\x05\xc0\x01\x04camx\xc0\x05";
        let mut names = Names::of(message);
        let key = names.key(1).unwrap();
        assert_eq!((names.key(14), names.key(20)), (Some(key), Some(key)));
        assert_ne!(names.key(22), Some(key));
        assert_ne!(super::key(b"12345678"), super::key(b"12345678\0"));
    }

    #[test]
    fn steps_are_taken_once_for_the_same_place_and_then_end() {
        let message = b"\0\x01a\x01b\0\xc0\x01";
        let mut names = Names::of(message);
        names.left = 5;
        for at in [1, 6, 1] {
            assert_eq!(names.read(at).unwrap().as_bytes(), b"a.b");
        }
        assert_eq!(names.left, 3);
        assert_eq!(names.read(3).unwrap().as_bytes(), b"b");
        assert!(names.read(6).is_some());
        assert!(names.read(3).is_none() && names.read(6).is_none());
    }
}
