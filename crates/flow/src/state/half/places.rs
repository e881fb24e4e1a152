//! The bytes of a stream out of the payloads that a half lists, and which payload brought which of them.
//!
//! The second of two segments may come first, a third may repeat half of both: the first copy of each byte counts, and so its
//! packet shows it.

use std::ops::Range;

use super::cover::Cover;
use super::{Half, Listed, Order};

/// Which listed payload brought which positions, in their order.
#[derive(Debug, Default)]
pub(crate) struct Places(Vec<(Range<i32>, usize)>);

impl Places {
    /// The place in the list of the payload that came last of those that brought these positions.
    pub(crate) fn last(&self, place: &Range<usize>) -> Option<usize> {
        let (from, to) = (place.start as i32, place.end as i32);
        let first = self.0.partition_point(|(range, _)| range.end <= from);
        let those = self.0.get(first..)?.iter().take_while(|(range, _)| range.start < to);
        those.map(|(_, piece)| *piece).max()
    }
}

impl Places {
    /// Where the bytes end that follow on one another from the beginning.
    pub(crate) fn end(&self) -> usize {
        let mut end = 0;
        for (range, _) in self.0.iter().filter(|(range, _)| range.start >= 0) {
            if range.start > end {
                break;
            }
            end = range.end;
        }
        end as usize
    }
}

impl Half {
    /// The bytes of a stream from its beginning up to the first hole, in sequence order, the first copy of each byte.
    /// Bytes with a wrong checksum count where the half shows no better ones: at once if it never had a right one
    /// (`sound` is false), else when all is over (`ended`). Returns whether the sender said that nothing follows.
    pub(super) fn prefix(&self, sound: bool, ended: bool, out: &mut Vec<u8>) -> bool {
        out.clear();
        let mut filled = Cover::default();
        let mut ends = None;
        for (from, _, piece) in self.counted(sound, ended) {
            let to = from.saturating_add(piece.bytes().len() as i32);
            if let Order::Segment { ends: true, .. } = piece.order {
                ends.get_or_insert(from.saturating_add(piece.length as i32));
            }
            // Nearly every payload follows on the one before.
            if filled.follow(from, to.min(Self::WINDOW)) {
                let length = (to.min(Self::WINDOW) - from) as usize;
                out.extend_from_slice(piece.bytes().get(..length).unwrap_or(&[]));
                continue;
            }
            for (start, end) in filled.gaps(from.max(0), to.min(Self::WINDOW)) {
                let bytes = piece.bytes().get((start - from) as usize..(end - from) as usize);
                out.resize(out.len().max(end as usize), 0);
                if let (Some(to), Some(bytes)) = (out.get_mut(start as usize..end as usize), bytes) {
                    to.copy_from_slice(bytes);
                }
            }
            filled.add(from.max(0), to.min(Self::WINDOW));
        }
        let end = filled.end(0);
        out.truncate(end as usize);
        ends == Some(end)
    }

    /// Which payloads brought the bytes that the readers were shown.
    pub(crate) fn places(&self, sound: bool) -> Places {
        let (mut filled, mut all) = (Cover::default(), Vec::new());
        for (from, place, piece) in self.counted(sound, true) {
            let to = from.saturating_add(piece.bytes().len() as i32).min(Self::WINDOW);
            all.extend(filled.gaps(from.max(0), to).map(|(start, end)| (start..end, place)));
            filled.add(from.max(0), to);
        }
        all.sort_unstable_by_key(|(range, _)| range.start);
        Places(all)
    }

    /// The payloads whose bytes count, in the order in which they do: the position of each, and its place in the list.
    fn counted(&self, sound: bool, ended: bool) -> impl Iterator<Item = (i32, usize, &Listed)> {
        let passes: &[Option<bool>] = match (sound, ended) {
            (false, _) => &[None],
            (true, false) => &[Some(false)],
            (true, true) => &[Some(false), Some(true)],
        };
        let base = self.base.into_iter();
        let passes = base.flat_map(move |base| passes.iter().map(move |pass| (base, *pass)));
        passes.flat_map(move |(base, pass)| {
            self.pieces.iter().enumerate().filter_map(move |(place, piece)| {
                let Order::Segment { sequence, wrong, .. } = piece.order else { return None };
                let counts = pass.is_none_or(|pass| pass == wrong);
                counts.then(|| (sequence.wrapping_sub(base) as i32, place, piece))
            })
        })
    }
}
