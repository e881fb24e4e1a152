//! The byte order of a section, and the options at the end of its blocks.

/// The order in which a section's numbers are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Order {
    #[default]
    Little,
    Big,
}

impl Order {
    /// What the magic number of a section header says; `None` where it is neither order's.
    pub(crate) fn of_section(magic: Option<&[u8]>) -> Option<Self> {
        match magic? {
            [0x4d, 0x3c, 0x2b, 0x1a, ..] => Some(Self::Little),
            [0x1a, 0x2b, 0x3c, 0x4d, ..] => Some(Self::Big),
            _ => None,
        }
    }

    /// The 32 bits at a place; 0 beyond the end.
    #[inline]
    pub(crate) fn word(self, bytes: &[u8], at: usize) -> u32 {
        let word = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        match self {
            Self::Little => u32::from_le_bytes(word),
            Self::Big => u32::from_be_bytes(word),
        }
    }

    /// The 16 bits at a place; 0 beyond the end.
    #[inline]
    pub(crate) fn short(self, bytes: &[u8], at: usize) -> u16 {
        let short = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        match self {
            Self::Little => u16::from_le_bytes(short),
            Self::Big => u16::from_be_bytes(short),
        }
    }

    /// The bytes of 32 bits.
    pub(crate) fn word_bytes(self, word: u32) -> [u8; 4] {
        match self {
            Self::Little => word.to_le_bytes(),
            Self::Big => word.to_be_bytes(),
        }
    }

    /// The bytes of 16 bits.
    pub(crate) fn short_bytes(self, short: u16) -> [u8; 2] {
        match self {
            Self::Little => short.to_le_bytes(),
            Self::Big => short.to_be_bytes(),
        }
    }

    /// The 64 bits at the front; 0 where there are fewer.
    pub(crate) fn long(self, bytes: &[u8]) -> u64 {
        let long = bytes.first_chunk().copied().unwrap_or_default();
        match self {
            Self::Little => u64::from_le_bytes(long),
            Self::Big => u64::from_be_bytes(long),
        }
    }
}

/// The options of a block, each a code and a value, up to the end of options or of the block.
pub(crate) struct Options<'a> {
    order: Order,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    /// Those of a whole block that begin at a place.
    pub(crate) fn new(order: Order, block: &'a [u8], at: usize) -> Self {
        let end = block.len().saturating_sub(4);
        Self { order, rest: block.get(at..end).unwrap_or(&[]) }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.len() < 4 {
            return None;
        }
        let (code, length) = (self.order.short(self.rest, 0), usize::from(self.order.short(self.rest, 2)));
        if code == 0 {
            return None;
        }
        // One that claims more than there is has no value, and is the last.
        let value = self.rest.get(4..4 + length).unwrap_or(&[]);
        self.rest = self.rest.get(4 + length.next_multiple_of(4)..).unwrap_or(&[]);
        Some((code, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_both_orders_and_none_beyond_the_end() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(Order::Little.word(&bytes, 0), 0x0403_0201);
        assert_eq!(Order::Big.word(&bytes, 4), 0x0506_0708);
        assert_eq!((Order::Big.short(&bytes, 6), Order::Little.short(&bytes, 7)), (0x0708, 0));
        assert_eq!(Order::Big.long(&bytes), 0x0102_0304_0506_0708);
        assert_eq!((Order::Big.word(&bytes, 5), Order::Little.long(&bytes[1..])), (0, 0));
    }

    #[test]
    fn a_section_is_in_one_of_two_orders() {
        assert_eq!(Order::of_section(Some(&[0x1a, 0x2b, 0x3c, 0x4d])), Some(Order::Big));
        assert_eq!(Order::of_section(Some(&[0x4d, 0x3c, 0x2b, 0x1a, 9])), Some(Order::Little));
        assert_eq!(Order::of_section(Some(&[0x4d, 0x3c, 0x2b])), None);
    }

    #[test]
    fn options_end_where_they_say_or_must() {
        let block = [9, 9, 2, 0, 1, 0, 7, 0, 0, 0, 4, 0, 9, 0, 1, 2, 0xff, 0xff, 0xff, 0xff];
        let options: Vec<_> = Options::new(Order::Little, &block, 2).collect();
        assert_eq!(options, [(2, &[7][..]), (4, &[][..])]);
        let ended = [3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 1, 1, 1];
        assert_eq!(Options::new(Order::Little, &ended, 0).count(), 1);
        assert_eq!(Options::new(Order::Little, &[], 8).count(), 0);
    }
}
