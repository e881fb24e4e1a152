//! Records by place, in chunks that never move: growing copies nothing and wastes at most one chunk.

/// Records of a chunk: so many that the list of chunks stays in the nearest cache.
const CHUNK: usize = 512;
/// Records that there is room for at first.
const FIRST: usize = 16;

/// An append-only list of records that are looked up at random.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    /// Every chunk but the last is full.
    chunks: Vec<Vec<T>>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// One that will have about so many records: its first chunk need not grow as it is filled.
    pub(crate) fn with_room(records: usize) -> Self {
        let first = (records > 0).then(|| Vec::with_capacity(records.min(CHUNK)));
        Self { chunks: first.into_iter().collect() }
    }

    /// How many there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Adds a record at place [`Slab::len`].
    #[inline]
    pub(crate) fn push(&mut self, record: T) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(record),
            _ => {
                // The first chunk grows as it is filled: most captures are small.
                let room = if self.chunks.is_empty() { FIRST } else { CHUNK };
                let mut chunk = Vec::with_capacity(room);
                chunk.push(record);
                self.chunks.push(chunk);
            }
        }
    }

    /// Takes the last record.
    fn pop(&mut self) -> Option<T> {
        let last = self.chunks.last_mut()?;
        let record = last.pop();
        if last.is_empty() {
            self.chunks.pop();
        }
        record
    }

    /// Takes the record at a place out; the last one takes its place.
    pub(crate) fn swap_remove(&mut self, place: usize) -> Option<T> {
        let last = self.pop()?;
        match self.get_mut(place) {
            Some(record) => Some(std::mem::replace(record, last)),
            // It was the last itself.
            None => Some(last),
        }
    }

    /// Takes over another's records, nearly all without moving them: those that fill the last chunk come from the
    /// other's end, the rest follows in its order.
    pub(crate) fn append(&mut self, mut other: Self) {
        if let Some(last) = self.chunks.last_mut() {
            last.reserve_exact(other.len().min(CHUNK - last.len()));
            while last.len() < CHUNK {
                let Some(record) = other.pop() else { return };
                last.push(record);
            }
        }
        self.chunks.append(&mut other.chunks);
    }

    /// The record at a place.
    #[inline]
    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    /// The record at a place.
    #[inline]
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.chunks.get_mut(place / CHUNK)?.get_mut(place % CHUNK)
    }

    /// Every record by place.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// Every record by place.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.chunks.iter_mut().flatten()
    }
}

impl<T> IntoIterator for Slab<T> {
    type Item = T;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.chunks.into_iter().flatten()
    }
}

impl<T> FromIterator<T> for Slab<T> {
    fn from_iter<I: IntoIterator<Item = T>>(records: I) -> Self {
        let mut slab = Self::default();
        records.into_iter().for_each(|record| slab.push(record));
        slab
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_a_list_holds() {
        for count in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK] {
            let mut slab: Slab<usize> = (0..count).collect();
            assert_eq!(slab.len(), count);
            assert!(slab.iter().copied().eq(0..count));
            assert!((0..count).all(|place| slab.get(place) == Some(&place)));
            assert_eq!(slab.get(count), None);
            slab.iter_mut().for_each(|record| *record += 1);
            assert!(slab.into_iter().eq(1..=count));
        }
    }

    #[test]
    fn what_is_taken_out_is_gone_and_nothing_else() {
        for count in [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5] {
            for place in [0, count / 2, count - 1] {
                let mut slab: Slab<usize> = (0..count).collect();
                assert_eq!(slab.swap_remove(place), Some(place));
                let mut left: Vec<_> = slab.iter().copied().collect();
                left.sort_unstable();
                assert!(left.into_iter().eq((0..count).filter(|n| *n != place)));
                assert_eq!(slab.len(), count - 1);
            }
        }
        assert_eq!(Slab::<usize>::default().swap_remove(0), None);
    }

    #[test]
    fn what_is_appended_is_there_once() {
        let counts = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7];
        for (ours, theirs) in counts.into_iter().flat_map(|ours| counts.map(|theirs| (ours, theirs))) {
            let mut slab: Slab<usize> = (0..ours).collect();
            slab.append((ours..ours + theirs).collect());
            assert_eq!(slab.len(), ours + theirs);
            assert!((0..ours).all(|place| slab.get(place) == Some(&place)));
            let mut all: Vec<_> = (0..slab.len()).filter_map(|place| slab.get(place).copied()).collect();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..ours + theirs));
            slab.push(7);
            assert_eq!(slab.get(ours + theirs), Some(&7));
        }
    }
}
