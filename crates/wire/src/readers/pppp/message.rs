//! One message: its types, which lengths each may have, and what of it no chance would write.

use arrayvec::ArrayString;
use std::fmt::Write;

use crate::Address;

/// The address by which its sender sees the receiver. A camera answers so, too, where a server tests the way to it.
pub(super) const MAPPED: u8 = 0x01;
pub(super) const MAPPED_TWICE: u8 = 0x02;
pub(super) const LOGIN: u8 = 0x10;
pub(super) const LOGGED_IN: u8 = 0x11;
pub(super) const LOGGED_IN_CRC: u8 = 0x13;
pub(super) const LOGIN_CRC: u8 = 0x12;
pub(super) const LOGIN_KEY: u8 = 0x14;
const LOGIN_CS2_KEY: u8 = 0x16;
pub(super) const REQUEST: u8 = 0x20;
pub(super) const REQUESTED: u8 = 0x21;
pub(super) const REQUEST_KEY: u8 = 0x26;
pub(super) const SEARCH: u8 = 0x30;
pub(super) const NOTIFY: u8 = 0x31;
/// Nothing more than a header in a search of the second kind; with a body a camera tells the local network that it is there.
/// A search by name would look the same, so it counts as a camera's only where it goes to all.
pub(super) const PRESENT: u8 = 0x32;
pub(super) const PUNCH_TO: u8 = 0x40;
pub(super) const PUNCH: u8 = 0x41;
pub(super) const READY: u8 = 0x42;
pub(super) const RELAYS: u8 = 0x69;

/// Bytes of a header.
pub(super) const HEADER: usize = 4;

/// A message whose header is possible.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) kind: u8,
    /// Bytes of the body, by the header.
    pub(super) length: usize,
    /// What is there of the body.
    pub(super) body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The message at the beginning of `bytes`, of which the end may be missing.
    pub(super) fn of_cut(bytes: &'a [u8]) -> Option<Self> {
        let (&[0xf1, kind, high, low], rest) = bytes.split_first_chunk::<HEADER>()? else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let body = rest.get(..length).unwrap_or(rest);
        fits(kind, length).then_some(Self { kind, length, body })
    }

    /// The message that fills a datagram.
    pub(super) fn of_datagram(bytes: &'a [u8]) -> Option<Self> {
        Self::of_cut(bytes).filter(|frame| frame.length + HEADER == bytes.len())
    }

    /// Whether the message alone proves the protocol: its header and a body that has but one form.
    pub(super) fn is_proof(&self) -> bool {
        match (self.kind, self.body) {
            (MAPPED | MAPPED_TWICE | PUNCH_TO, [0, 2, _, _, _, _, _, _, zeros @ ..]) => {
                zeros.iter().take(8).all(|&byte| byte == 0)
            }
            (RELAYS, [_, _, _, _, relays @ ..]) => {
                let (all, rest) = relays.as_chunks();
                rest.is_empty() && !all.is_empty() && all.iter().all(|one| end(one).is_some())
            }
            (LOGIN | LOGIN_KEY | REQUEST | REQUEST_KEY | NOTIFY | PUNCH | READY, _) => self.uid().is_some(),
            (PRESENT, _) if self.length == WIDE_PRESENT => self.uid().is_some(),
            (LOGIN_CRC, _) if self.length == WIDE_LOGIN => self.uid().is_some(),
            // An answer is a code and zeros. What is scrambled has nothing but its length, and proves nothing alone.
            (LOGGED_IN | REQUESTED, [0 | 0xfc..=0xff, 0, 0, 0, ..]) => true,
            // Data and its acknowledgement, with the numbers that it counts.
            (0xd0 | 0xd8, [0xd1, channel, ..]) => *channel < 16,
            (0xd1, &[0xd1 | 0xd2, channel, high, low, ..]) => {
                channel < 16 && self.length == 4 + 2 * usize::from(u16::from_be_bytes([high, low]))
            }
            _ => false,
        }
    }

    /// Whether its body is scrambled, so that it takes another message to prove what it is.
    pub(super) const fn is_scrambled(&self) -> bool {
        matches!(self.kind, LOGIN_CS2_KEY | LOGGED_IN_CRC)
            || self.kind == LOGIN_CRC && self.length != WIDE_LOGIN
    }

    /// Whether it is one that only a camera sends.
    pub(super) fn is_cameras(&self) -> bool {
        is_cameras(self.kind)
    }

    /// What it says of its sender.
    pub(super) fn role(&self) -> Option<&'static [u8]> {
        if self.is_cameras() { Some(b"device") } else { role(self.kind) }
    }

    /// The ends at which a server says that others are, with the transport: the one to make a way to, or relays, which are spoken
    /// to over both.
    pub(super) fn refers(&self) -> impl Iterator<Item = (Address, u16, u8)> + use<'a> {
        let listed = match self.kind {
            PUNCH_TO => self.body,
            RELAYS => self.body.get(4..).unwrap_or(&[]),
            _ => &[],
        };
        let transports: &[u8] = if self.kind == RELAYS { &[17, 6] } else { &[17] };
        let ends = listed.as_chunks().0.iter().filter_map(end);
        ends.flat_map(move |(address, port)| transports.iter().map(move |over| (address, port, *over)))
    }

    /// The name of the camera in the form that apps show: `ABCD-000123-XYZUV`.
    pub(super) fn uid(&self) -> Option<ArrayString<64>> {
        match self.kind {
            LOGIN_CRC if self.length == WIDE_LOGIN => return self.wide_uid(12, 44),
            PRESENT if self.length == WIDE_PRESENT => {
                let is_own = self.body.get(12..16)? == [1, 0, 0, 0];
                return is_own.then(|| self.wide_uid(16, WIDE_PRESENT))?;
            }
            // Other logins with a check or a key are scrambled.
            LOGIN_CRC | LOGIN_CS2_KEY => return None,
            _ => {}
        }
        let prefix = word(self.body.get(..8)?, 3)?;
        let serial = u32::from_be_bytes(*self.body.get(8..)?.first_chunk()?);
        let check = word(self.body.get(12..20)?, 4)?;
        let mut uid = ArrayString::new();
        write!(uid, "{prefix}-{serial:06}-{check}").is_ok().then_some(uid)
    }

    /// The name in messages of a kind of their own: that of a network in small letters (8 bytes), four zeros, and the device's
    /// own from `at` to `end`.
    fn wide_uid(&self, at: usize, end: usize) -> Option<ArrayString<64>> {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let network = filled(self.body.get(..8)?, 3, is_part)?;
        let zeros = self.body.get(8..12)?;
        let device = word(self.body.get(at..end)?, 8)?;
        let mut uid = ArrayString::new();
        let is_written = zeros == [0; 4] && write!(uid, "{network}-{device}").is_ok();
        is_written.then_some(uid)
    }
}

/// Length of a login of the kind that is not scrambled.
const WIDE_LOGIN: usize = 100;
/// Length of what such a camera tells the local network.
const WIDE_PRESENT: usize = 80;

/// An end as the protocol writes it: family 2, port and IPv4 address with the low byte first, eight zeros.
fn end(bytes: &[u8; 16]) -> Option<(Address, u16)> {
    match *bytes {
        [0, 2, low, high, d, c, b, a, 0, 0, 0, 0, 0, 0, 0, 0] => {
            Some((Address::v4([a, b, c, d]), u16::from_le_bytes([low, high])))
        }
        _ => None,
    }
}

/// Letters and digits, at least `least`, with zeros behind them.
fn word(bytes: &[u8], least: usize) -> Option<&str> {
    filled(bytes, least, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn filled(bytes: &[u8], least: usize, is_part: impl Fn(u8) -> bool) -> Option<&str> {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let (word, zeros) = bytes.split_at_checked(end)?;
    let is_word = word.iter().all(|&byte| is_part(byte));
    let is_filled = zeros.iter().all(|&byte| byte == 0);
    (is_word && is_filled && word.len() >= least).then(|| std::str::from_utf8(word).ok())?
}

/// Whether a body of this type may have this length.
pub(super) fn fits(kind: u8, length: usize) -> bool {
    match kind {
        0x00 | 0x03 | 0x68 | 0x70..=0x72 | 0xe0 | 0xe1 | 0xf0 | 0xf1 => length == 0,
        0x01 | 0x40 => length == 16,
        0x02 => length == 32,
        0x08 | 0x09 => length == 64,
        LOGIN => length == 40,
        0x11 | 0x13 | 0x21 => length == 4 || length == 8,
        LOGIN_CRC => length == 44 || length == 100,
        0x43 => length == 0 || length == 44,
        0xe5 => length == 8,
        LOGIN_KEY => length == 104,
        LOGIN_CS2_KEY | REQUEST_KEY => (56..=80).contains(&length),
        0x18 | NOTIFY | PUNCH | READY => length == 20 || length == 24,
        0x19 => length == 8,
        REQUEST => length == 36,
        SEARCH => length == 0 || length == 2,
        PRESENT => matches!(length, 0 | 20 | 24 | WIDE_PRESENT),
        0x73 => length == 6 || length == 8,
        0x78 => length == 4,
        0x60..=0x63
        | 0x67
        | 0x69
        | 0x6a
        | 0x74
        | 0x75
        | 0x80..=0x85
        | 0x87
        | 0x90..=0x94
        | 0xa0..=0xa2
        | 0xf4..=0xf8 => length <= 256,
        0xd0 | 0xd8 => length >= 4,
        0xd1 => length >= 4 && length.is_multiple_of(2),
        0xf9 => length == 84,
        _ => false,
    }
}

/// Whether only a camera sends a type: its registration at its cloud, and what it tells the local network unasked.
pub(super) const fn is_cameras(kind: u8) -> bool {
    matches!(kind, LOGIN | LOGIN_CRC | LOGIN_KEY | LOGIN_CS2_KEY | NOTIFY)
}

/// Whether a type is sent to servers only.
pub(super) const fn asks_server(kind: u8) -> bool {
    matches!(kind, LOGIN | LOGIN_CRC | LOGIN_KEY | LOGIN_CS2_KEY | REQUEST | REQUEST_KEY)
}

/// What a type says of its sender, where only one side sends it.
pub(super) const fn role(kind: u8) -> Option<&'static [u8]> {
    match kind {
        _ if is_cameras(kind) => Some(b"device"),
        REQUEST | REQUEST_KEY | SEARCH => Some(b"client"),
        MAPPED_TWICE | LOGGED_IN | LOGGED_IN_CRC | REQUESTED | PUNCH_TO | RELAYS => Some(b"server"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_apps_show_them() {
        let uid =
            |bytes: &[u8]| Frame { kind: PUNCH, length: 20, body: bytes }.uid().map(|uid| uid.to_string());
        assert_eq!(uid(b"ABC\0\0\0\0\0\0\x12\xd6\x87QRSTU\0\0\0").as_deref(), Some("ABC-1234567-QRSTU"));
        assert_eq!(uid(b"AB\0\0\0\0\0\0\0\0\0\x01QRSTU\0\0\0"), None);
        assert_eq!(uid(b"ABCDEFGH\xff\xff\xff\xffQRSTUVWX").as_deref(), Some("ABCDEFGH-4294967295-QRSTUVWX"));
        assert_eq!(uid(b"ABC\0\0\0\0X\0\0\0\x01QRSTU\0\0\0"), None);
        assert_eq!(uid(b"ABC\0\0\0\0\0\0\0\0\x01QRSTU\0\0"), None);
    }

    #[test]
    fn a_wide_login_names_its_network() {
        let mut body = [0; WIDE_LOGIN];
        body[..3].copy_from_slice(b"abc");
        body[12..28].copy_from_slice(b"WXY0EXAMPLE00001");
        let of = |body: &[u8]| Frame { kind: LOGIN_CRC, length: body.len(), body }.uid();
        assert_eq!(of(&body).as_deref(), Some("abc-WXY0EXAMPLE00001"));
        assert_eq!(of(&body[..44]), None);
        body[3] = b'X';
        assert_eq!(of(&body), None);
    }

    #[test]
    fn a_camera_tells_the_network_of_itself() {
        fn of(body: &[u8]) -> Frame<'_> {
            Frame { kind: PRESENT, length: WIDE_PRESENT, body }
        }
        let mut body = [0; WIDE_PRESENT];
        body[..3].copy_from_slice(b"abc");
        body[12] = 1;
        body[16..32].copy_from_slice(b"WXY0EXAMPLE00001");
        assert_eq!(of(&body).uid().as_deref(), Some("abc-WXY0EXAMPLE00001"));
        assert!(of(&body).is_proof() && !of(&body).is_cameras(), "to whom it goes decides");
        assert!(!of(&body[..79]).is_proof());
        for (at, byte) in [(0, b'A'), (8, 1), (12, 2), (15, 1), (16, b'-'), (79, b'Z')] {
            let mut near = body;
            near[at] = byte;
            assert!(!of(&near).is_proof(), "byte {at} is {byte}");
        }
        assert!(!Frame { kind: PRESENT, length: 20, body: &body[..20] }.is_cameras());
    }

    #[test]
    fn only_some_types_and_lengths_are_possible() {
        let possible = (0..=u8::MAX).filter(|&kind| (0..300).any(|length| fits(kind, length))).count();
        assert_eq!(possible, 68);
        assert!(!fits(0xd1, 5) && !fits(PUNCH, 21) && !fits(0xf9, 83) && fits(0xd0, 1400));
    }
}
