//! JA4, the fingerprint of a TLS client's hello, by the public specification of `FoxIO` (BSD licence part).
//!
//! A hello with more than 512 cipher suites, extensions or signature algorithms has no fingerprint: no client
//! sends that many, and the bound keeps everything on the stack.

use arrayvec::ArrayVec;
use sha2::{Digest, Sha256};
use std::cell::RefCell;

use crate::readers::tls::hello::{ClientHello, extensions, is_grease, numbers};
use crate::text::{hex_digit, hex4};

/// What carried the hello.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Transport {
    /// TLS over TCP.
    Tcp,
    /// QUIC.
    Quic,
    /// DTLS.
    Dtls,
}

impl Transport {
    const fn letter(self) -> u8 {
        match self {
            Self::Tcp => b't',
            Self::Quic => b'q',
            Self::Dtls => b'd',
        }
    }
}

const MAX_NUMBERS: usize = 512;
type Numbers = ArrayVec<u16, MAX_NUMBERS>;

/// The fingerprint's 36 characters; `None` beyond the bounds above.
pub(crate) fn ja4(hello: &ClientHello<'_>, transport: Transport) -> Option<[u8; 36]> {
    let ciphers = CIPHERS.with_borrow_mut(|lately| lately.find(hello.ciphers, &[]))?;
    let mut kinds = ArrayVec::<u8, { 2 * MAX_NUMBERS }>::new();
    for (kind, _) in extensions(hello.extensions.bytes) {
        kinds.try_extend_from_slice(&kind.to_be_bytes()).ok()?;
    }
    let signatures = hello.extensions.signatures.and_then(|body| body.get(2..)).unwrap_or_default();
    let kinds = EXTENSIONS.with_borrow_mut(|lately| lately.find(&kinds, signatures))?;

    let mut text = ArrayVec::<u8, 36>::new();
    text.push(transport.letter());
    text.extend(version(hello.highest_version()));
    text.push(if kinds.named { b'd' } else { b'i' });
    text.extend([ciphers.count, kinds.count].into_iter().flatten());
    text.extend(protocol(hello.protocols().next().unwrap_or_default()));
    text.push(b'_');
    text.extend(ciphers.digits);
    text.push(b'_');
    text.extend(kinds.digits);
    text.into_inner().ok()
}

/// What the fingerprint has of a list.
#[derive(Clone, Copy, Debug)]
struct Part {
    count: [u8; 2],
    digits: [u8; 12],
    /// Whether the extension of a server name is among them.
    named: bool,
}

fn of_ciphers(list: &[u8], _: &[u8]) -> Option<Part> {
    let mut ciphers = collect(numbers(list))?;
    let count = two_digits(ciphers.len());
    ciphers.sort_unstable();
    Some(Part { count, digits: hash(&ciphers, &[]), named: false })
}

fn of_extensions(list: &[u8], signatures: &[u8]) -> Option<Part> {
    let mut kinds = collect(numbers(list))?;
    let signatures = collect(numbers(signatures))?;
    let (count, named) = (two_digits(kinds.len()), kinds.contains(&0));
    kinds.retain(|&mut kind| kind != 0 && kind != 16);
    kinds.sort_unstable();
    Some(Part { count, digits: hash(&kinds, &signatures), named })
}

/// Parts worked out lately, by the bytes that they are a function of: the clients of a capture are few kinds, and
/// sorting and hashing cost more than all else about a hello.
struct Lately {
    work: fn(&[u8], &[u8]) -> Option<Part>,
    /// The bytes, how many of them are the first list's, and the part; empty before the first hello.
    places: Vec<Option<(ArrayVec<u8, { Lately::LONGEST }>, usize, Part)>>,
}

impl Lately {
    const PLACES: usize = 64;
    /// Bytes of both lists that are remembered.
    const LONGEST: usize = 252;

    const fn new(work: fn(&[u8], &[u8]) -> Option<Part>) -> Self {
        Self { work, places: Vec::new() }
    }

    /// The part that two lists make.
    fn find(&mut self, list: &[u8], tail: &[u8]) -> Option<Part> {
        self.places.resize(Self::PLACES, None);
        let mixed = mix(mix(list.len() as u64, list), tail);
        let place = self.places.get_mut((mixed >> 58) as usize)?;
        if let Some((known, split, part)) = place
            && known.split_at_checked(*split) == Some((list, tail))
        {
            return Some(*part);
        }
        let part = (self.work)(list, tail)?;
        let mut bytes = ArrayVec::new();
        if bytes.try_extend_from_slice(list).and_then(|()| bytes.try_extend_from_slice(tail)).is_ok() {
            *place = Some((bytes, list.len(), part));
        }
        Some(part)
    }
}

fn mix(seed: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let last = rest.iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
    words
        .iter()
        .map(|word| u64::from_ne_bytes(*word))
        .chain([last])
        .fold(seed, |mixed, word| (mixed ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
}

thread_local! {
    static CIPHERS: RefCell<Lately> = const { RefCell::new(Lately::new(of_ciphers)) };
    static EXTENSIONS: RefCell<Lately> = const { RefCell::new(Lately::new(of_extensions)) };
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

/// The first twelve hex digits of the SHA-256 of two lists; zeros where the first is empty.
fn hash(list: &[u16], tail: &[u16]) -> [u8; 12] {
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
    use crate::readers::tls::hello::Extensions;

    fn list(numbers: &[u16]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes(), &(body.len() as u16).to_be_bytes(), body].concat()
    }

    fn text(version: u16, ciphers: &[u16], extensions: &[u8]) -> String {
        let hello = ClientHello {
            version,
            ciphers: &list(ciphers),
            extensions: Extensions::walk(extensions),
            whole: true,
        };
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
