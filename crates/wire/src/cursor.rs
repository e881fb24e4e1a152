//! A reading position in bytes of the wire: big-endian numbers and length-prefixed vectors.
//!
//! Every step returns `None`, and does not move, where the bytes end too early. Nothing allocates or panics.

/// What is left to read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    /// Whether nothing is left.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    /// At most the next `count` bytes: what is left, where there are fewer.
    pub(crate) fn up_to(&mut self, count: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(count.min(self.0.len()));
        self.0 = tail;
        head
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }

    /// The next byte.
    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// The next two bytes as a number.
    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next three bytes as a number.
    pub(crate) fn u24(&mut self) -> Option<u32> {
        self.array().map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// The next four bytes as a number.
    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A vector with a length of one byte before it.
    pub(crate) fn vector8(&mut self) -> Option<&'a [u8]> {
        self.vector(|cursor| cursor.u8().map(usize::from))
    }

    /// A vector with a length of two bytes before it.
    pub(crate) fn vector16(&mut self) -> Option<&'a [u8]> {
        self.vector(|cursor| cursor.u16().map(usize::from))
    }

    fn vector(&mut self, length: impl Fn(&mut Self) -> Option<usize>) -> Option<&'a [u8]> {
        let mut next = *self;
        let count = length(&mut next)?;
        let head = next.take(count)?;
        *self = next;
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian() {
        let mut cursor = Cursor(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(cursor.u8(), Some(1));
        assert_eq!(cursor.u16(), Some(0x0203));
        assert_eq!(cursor.u24(), Some(0x0004_0506));
        assert_eq!(cursor.u32(), Some(0x0708_090a));
        assert!(cursor.is_empty());
    }

    #[test]
    fn a_step_too_far_does_not_move() {
        let mut cursor = Cursor(&[0, 3, 7, 7]);
        assert_eq!(cursor.vector16(), None);
        assert_eq!(cursor.u32(), Some(0x0003_0707));
        assert_eq!(cursor.u8(), None);
        let mut cursor = Cursor(&[2, 7, 7, 9]);
        assert_eq!(cursor.vector8(), Some(&[7, 7][..]));
        assert_eq!(cursor.up_to(5), [9]);
    }
}
