//! Bytes that come in pieces, in any order, twice, overlapping: what reads datagrams puts handshakes together so.

use std::collections::BTreeMap;

/// The bytes from the first on, and pieces that wait for what stands before them. What lies beyond `LONGEST` is left
/// out; what is in its place already stays. Each byte that is put is copied twice at most, so that both time and
/// memory are bounded by what came, whatever places it claims.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces<const LONGEST: usize> {
    bytes: Vec<u8>,
    /// By their place.
    waiting: BTreeMap<usize, Vec<u8>>,
}

impl<const LONGEST: usize> Pieces<LONGEST> {
    /// The bytes from the first on, up to the first that is missing.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Puts bytes into their places.
    pub(super) fn put(&mut self, offset: u64, bytes: &[u8]) {
        let Some(room) = usize::try_from(offset).ok().and_then(|start| LONGEST.checked_sub(start)) else {
            return;
        };
        let (start, bytes) = (LONGEST - room, bytes.get(..room).unwrap_or(bytes));
        if start <= self.bytes.len() {
            self.append(start, bytes);
            while let Some(first) =
                self.waiting.first_entry().filter(|first| *first.key() <= self.bytes.len())
            {
                let (start, bytes) = first.remove_entry();
                self.append(start, &bytes);
            }
        } else if self.waiting.get(&start).is_none_or(|known| known.len() < bytes.len()) && !bytes.is_empty()
        {
            self.waiting.insert(start, bytes.to_vec());
        }
    }

    /// Appends what of a piece is new; it begins where all is there before it.
    fn append(&mut self, start: usize, bytes: &[u8]) {
        let known = self.bytes.len() - start;
        self.bytes.extend_from_slice(bytes.get(known..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_order() {
        let mut pieces = Pieces::<10>::default();
        pieces.put(6, b"ghi");
        pieces.put(4, b"e");
        pieces.put(4, b"efg");
        pieces.put(4, b"");
        assert_eq!(pieces.bytes(), b"");
        pieces.put(0, b"abc");
        assert_eq!(pieces.bytes(), b"abc");
        pieces.put(2, b"Xd");
        assert_eq!(pieces.bytes(), b"abcdefghi");
        assert!(pieces.waiting.is_empty());
    }

    #[test]
    fn what_lies_beyond_is_left_out() {
        let mut pieces = Pieces::<4>::default();
        pieces.put(0, b"abcdef");
        pieces.put(3, b"def");
        pieces.put(4, b"ef");
        pieces.put(u64::MAX, b"z");
        assert_eq!(pieces.bytes(), b"abcd");
        assert!(pieces.waiting.is_empty());
    }

    #[test]
    fn no_more_is_kept_than_came() {
        let mut pieces = Pieces::<1000>::default();
        (1..500).for_each(|place| pieces.put(2 * place, b"ab"));
        assert_eq!((pieces.waiting.len(), pieces.waiting.values().map(Vec::len).sum::<usize>()), (499, 998));
        pieces.put(0, b"ab");
        assert_eq!((pieces.bytes().len(), pieces.waiting.len()), (1000, 0));
    }
}
