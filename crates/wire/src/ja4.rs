//! JA4, the fingerprint of a TLS client's hello, by the public specification of `FoxIO` (BSD licence part).
//!
//! A hello with more than 512 cipher suites, extensions or signature algorithms has no fingerprint: no client
//! sends that many, and the bound keeps everything on the stack.

use arrayvec::ArrayVec;
use sha2::{Digest, Sha256};
use std::cell::RefCell;

use crate::readers::tls::{
    client::{ClientHello, extensions, numbers},
    hex_digit, hex4, is_grease,
};

/// What carried the hello.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Transport {
    /// TLS over TCP.
    Tcp,
}

impl Transport {
    const fn letter(self) -> u8 {
        match self {
            Self::Tcp => b't',
        }
    }
}

const MAX_NUMBERS: usize = 512;
type Numbers = ArrayVec<u16, MAX_NUMBERS>;

/// The fingerprint's 36 characters; `None` beyond the bounds above.
pub(crate) fn ja4(hello: &ClientHello<'_>, transport: Transport) -> Option<[u8; 36]> {
    let mut ciphers = collect(numbers(hello.ciphers))?;
    let mut kinds = collect(extensions(hello.extensions).map(|(kind, _)| kind))?;
    let signatures = hello.extension(13).and_then(|body| body.get(2..)).unwrap_or_default();
    let signatures = collect(numbers(signatures))?;
    let named = kinds.contains(&0);
    let counts = [ciphers.len(), kinds.len()].map(two_digits);
    ciphers.sort_unstable();
    kinds.retain(|&mut kind| kind != 0 && kind != 16);
    kinds.sort_unstable();

    let mut text = ArrayVec::<u8, 36>::new();
    text.push(transport.letter());
    text.extend(version(hello.highest_version()));
    text.push(if named { b'd' } else { b'i' });
    text.extend(counts.into_iter().flatten());
    text.extend(protocol(hello.protocols().next().unwrap_or_default()));
    text.push(b'_');
    text.extend(remembered(&ciphers, &[]));
    text.push(b'_');
    text.extend(remembered(&kinds, &signatures));
    text.into_inner().ok()
}

/// The numbers that are not GREASE.
fn collect(numbers: impl Iterator<Item = u16>) -> Option<Numbers> {
    let mut kept = Numbers::new();
    numbers.filter(|&number| !is_grease(number)).try_for_each(|number| kept.try_push(number).ok())?;
    Some(kept)
}

fn two_digits(count: usize) -> [u8; 2] {
    let count = count.min(99) as u8;
    [b'0' + count / 10, b'0' + count % 10]
}

const fn version(version: u16) -> [u8; 2] {
    match version {
        0x0304 => *b"13",
        0x0303 => *b"12",
        0x0302 => *b"11",
        0x0301 => *b"10",
        0x0300 => *b"s3",
        0x0002 => *b"s2",
        0xfeff => *b"d1",
        0xfefd => *b"d2",
        0xfefc => *b"d3",
        _ => *b"00",
    }
}

/// First and last character of the first protocol, or of its hex form where one of them is no letter or digit.
fn protocol(name: &[u8]) -> [u8; 2] {
    match (name.first(), name.last()) {
        (Some(&first), Some(&last)) if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
            [first, last]
        }
        (Some(&first), Some(&last)) => [hex_digit(first >> 4), hex_digit(last)],
        _ => *b"00",
    }
}

type Digits = [u8; 12];

/// Digits of lists hashed lately. The clients of a capture are few kinds, and hashing costs more than the rest of
/// reading a hello. A function of its input all the same: the memory is checked by content.
struct Lately([Option<(ArrayVec<u16, { Lately::LONGEST }>, Digits)>; Lately::PLACES]);

impl Lately {
    const PLACES: usize = 64;
    /// Numbers of both lists that are remembered.
    const LONGEST: usize = 126;

    /// The digits of two lists, worked out where they are not remembered.
    fn digits(&mut self, list: &[u16], tail: &[u16]) -> Digits {
        let both = || list.iter().chain(tail).copied();
        // Neither list holds 0xffff, which is GREASE neither: it parts them.
        let parted = || list.iter().chain([&u16::MAX]).chain(tail).copied();
        let mixed = parted().fold(0_u32, |mixed, number| {
            (mixed.rotate_left(5) ^ u32::from(number)).wrapping_mul(0x9e37_79b1)
        });
        let Some(place) = self.0.get_mut((mixed >> 26) as usize) else { return hash(list, tail) };
        match place {
            Some((known, digits)) if known.iter().copied().eq(parted()) => *digits,
            _ => {
                let digits = hash(list, tail);
                if both().count() < Self::LONGEST && !both().any(|number| number == u16::MAX) {
                    *place = Some((parted().collect(), digits));
                }
                digits
            }
        }
    }
}

thread_local! {
    static LATELY: RefCell<Lately> = const { RefCell::new(Lately([const { None }; Lately::PLACES])) };
}

fn remembered(list: &[u16], tail: &[u16]) -> Digits {
    LATELY.with_borrow_mut(|lately| lately.digits(list, tail))
}

/// The first twelve hex digits of the SHA-256 of two lists; zeros where the first is empty.
fn hash(list: &[u16], tail: &[u16]) -> Digits {
    let mut digits = [b'0'; 12];
    if list.is_empty() {
        return digits;
    }
    let mut digest = Sha256::new();
    write(&mut digest, list);
    if !tail.is_empty() {
        digest.update(b"_");
        write(&mut digest, tail);
    }
    for (pair, byte) in digits.chunks_exact_mut(2).zip(digest.finalize()) {
        pair.copy_from_slice(&[hex_digit(byte >> 4), hex_digit(byte)]);
    }
    digits
}

fn write(digest: &mut Sha256, list: &[u16]) {
    for (place, &number) in list.iter().enumerate() {
        if place > 0 {
            digest.update(b",");
        }
        digest.update(hex4(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(numbers: &[u16]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes(), &(body.len() as u16).to_be_bytes(), body].concat()
    }

    fn text(version: u16, ciphers: &[u16], extensions: &[u8]) -> String {
        let hello = ClientHello { version, ciphers: &list(ciphers), extensions, whole: true };
        String::from_utf8(ja4(&hello, Transport::Tcp).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn the_specifications_example() {
        let ciphers = [
            0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
            0x009c, 0x009d, 0x002f, 0x0035,
        ];
        let signatures = list(&[16, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]);
        let mut extensions = [
            extension(0x1a1a, b""),
            extension(0x0000, b"\0\x04\0\0\x01a"),
            extension(0x000d, &signatures),
            extension(0x0010, b"\0\x0c\x02h2\x08http/1.1"),
            extension(0x002b, b"\x05\x2a\x2a\x03\x04\x03"),
        ]
        .concat();
        for kind in [0x17, 0xff01, 0x0a, 0x0b, 0x23, 0x05, 0x12, 0x33, 0x2d, 0x1b, 0x4469, 0x15] {
            extensions.extend(extension(kind, b""));
        }
        extensions.extend(extension(0x3a3a, b"\0"));
        assert_eq!(text(0x0303, &ciphers, &extensions), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn a_hello_without_extensions() {
        assert_eq!(text(0x0301, &[0x002f, 0x0035], &[]), "t10i020000_f54dd463d39b_000000000000");
        assert_eq!(text(0x0300, &[], &[]), "ts3i000000_000000000000_000000000000");
    }

    #[test]
    fn protocols_of_odd_characters_are_taken_as_hex() {
        assert_eq!(protocol(b"h2"), *b"h2");
        assert_eq!(protocol(b"x"), *b"xx");
        assert_eq!(protocol(b""), *b"00");
        assert_eq!(protocol(&[0xab]), *b"ab");
        assert_eq!(protocol(&[0xab, 0xcd]), *b"ad");
        assert_eq!(protocol(&[0x30, 0xab]), *b"3b");
        assert_eq!(protocol(&[0x30, 0x31, 0xab, 0xcd]), *b"3d");
        assert_eq!(protocol(&[0x30, 0xab, 0xcd, 0x31]), *b"01");
    }

    #[test]
    fn counts_stop_at_99_and_fingerprints_at_512() {
        let many: Vec<u16> = (1..=200).collect();
        assert!(text(0x0303, &many, &[]).starts_with("t12i990000_"));
        let hello = ClientHello { ciphers: &list(&[1; 513]), ..ClientHello::default() };
        assert_eq!(ja4(&hello, Transport::Tcp), None);
    }
}
