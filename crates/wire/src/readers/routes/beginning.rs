//! What a payload may begin with: bytes at a place, as far as a mask lets them count.
//!
//! `M-SEARCH` in front is one such test; two zero bits in front, and the cookie of STUN behind four bytes, are another.

use super::Readers;
use crate::Pattern;

/// A set of bytes, one bit for each.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    pub(super) fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut all = Self::default();
        for byte in bytes {
            if let Some(word) = all.0.get_mut(usize::from(byte) / 64) {
                *word |= 1 << (byte % 64);
            }
        }
        all
    }

    pub(super) fn and(self, Self([a, b, c, d]): Self) -> Self {
        let [e, f, g, h] = self.0;
        Self([a | e, b | f, c | g, d | h])
    }

    #[inline]
    pub(super) fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte) / 64).is_some_and(|word| word >> (byte % 64) & 1 != 0)
    }
}

/// Eight bytes of a payload that must fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    offset: u16,
    /// Where what is compared ends; a shorter payload does not fit.
    end: u16,
    mask: u64,
    value: u64,
    pub(super) readers: Readers,
}

impl Test {
    pub(super) fn new(&Pattern { offset, mask, bytes }: &Pattern, readers: Readers) -> Self {
        let end = u16::from(offset) + bytes.len().min(8) as u16;
        // What ends within the first eight bytes is compared there, which are at hand.
        let (offset, shift) = if end <= 8 { (0, 8 * u32::from(offset)) } else { (offset.into(), 0) };
        let (mask, value) = (word(mask) >> shift, word(bytes) >> shift);
        Self { offset, end, mask, value: value & mask, readers }
    }

    /// A test of some bits of the first byte alone, that a second one follows.
    pub(super) fn of_two((mask, first): (u8, u8), readers: Readers) -> Self {
        let of_first = |byte: u8| u64::from(byte) << 56;
        Self { offset: 0, end: 2, mask: of_first(mask), value: of_first(first & mask), readers }
    }

    /// What of the mask and of the value stands for the byte at a place.
    fn there(&self, place: u16) -> (u8, u8) {
        let of = |word: u64| match place.checked_sub(self.offset) {
            Some(behind @ 0..8) => (word >> (56 - 8 * behind)) as u8,
            _ => 0,
        };
        (of(self.mask), of(self.value))
    }

    /// The first bytes of the payloads that may fit.
    pub(super) fn firsts(&self) -> impl Iterator<Item = u8> + use<> {
        let (mask, value) = self.there(0);
        // Most tests are for one byte only.
        let range = if mask == u8::MAX { value..=value } else { 0..=u8::MAX };
        range.filter(move |byte| byte & mask == value)
    }

    /// The second bytes of the payloads that may fit.
    pub(super) fn seconds(&self) -> Bytes {
        match self.there(1) {
            (0, _) => Bytes::ALL,
            (u8::MAX, value) => Bytes::of([value]),
            (mask, value) => Bytes::of((0..=u8::MAX).filter(|byte| byte & mask == value)),
        }
    }

    /// Whether the first byte of a payload tells all: RTP asks for two bits of it alone.
    pub(super) fn is_of_first(&self) -> bool {
        self.offset == 0 && self.end <= 1 && self.mask << 8 == 0
    }

    /// Whether it fits a payload of which `first` is the first [word].
    #[inline]
    pub(super) fn fits(&self, first: u64, payload: &[u8]) -> bool {
        if payload.len() < usize::from(self.end) {
            return false;
        }
        let there = if self.offset == 0 { first } else { self.word_there(payload) };
        there & self.mask == self.value
    }

    #[inline(never)]
    fn word_there(&self, payload: &[u8]) -> u64 {
        payload.get(usize::from(self.offset)..).map_or(0, word)
    }
}

/// The first eight bytes as a number, the first byte uppermost; what is missing is zero.
#[inline]
pub(super) fn word(bytes: &[u8]) -> u64 {
    if let Some(whole) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*whole);
    }
    bytes
        .iter()
        .zip([56, 48, 40, 32, 24, 16, 8])
        .fold(0, |word, (&byte, shift)| word | u64::from(byte) << shift)
}
