//! Decimal integers into byte buffers, without the machinery of `std::fmt`.

/// Appends `n` in decimal.
#[inline]
pub(crate) fn push(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}
