//! Payload in large packets in aligned time, for flows whose buckets got wide: as fine as at most [`Buckets::CAP`] hold any.
//!
//! A camera that uploads a picture within 2 s and keeps its connection open for a day by 45 bytes a quarter of a minute has buckets of
//! half an hour by these, and what came back a minute after the picture would lie in the same one. What is no content makes nothing of
//! this wider: it is a function of the large packets alone.

use serde::{Deserialize, Serialize};

use super::{Bucket, Buckets};

/// Payload in large packets by side and time.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(super) struct Large {
    shift: u32,
    all: Vec<(i64, [u64; 2])>,
}

impl Large {
    /// What of buckets of a width, a power of two, is in large packets.
    pub(super) fn of(shift: u32, buckets: &[(i64, Bucket)]) -> Self {
        let mut large = Self { shift, all: Vec::new() };
        for (at, bucket) in buckets {
            large.add(shift, *at, bucket.large);
        }
        large
    }

    /// Adds what was sent in a bucket of this width.
    pub(super) fn add(&mut self, shift: u32, at: i64, bytes: [u64; 2]) {
        if bytes == [0; 2] {
            return;
        }
        self.widen_to(shift);
        self.put(at >> (self.shift - shift), bytes);
        while self.all.len() > Buckets::CAP {
            self.widen_to(self.shift + 1);
        }
    }

    /// Adds another.
    pub(super) fn join(&mut self, later: &Self) {
        self.widen_to(later.shift);
        for (at, bytes) in &later.all {
            self.add(later.shift, *at, *bytes);
        }
    }

    fn put(&mut self, at: i64, bytes: [u64; 2]) {
        match self.all.binary_search_by_key(&at, |(at, _)| *at) {
            Ok(place) => {
                let known = &mut self.all[place].1;
                *known = [known[0] + bytes[0], known[1] + bytes[1]];
            }
            Err(place) => self.all.insert(place, (at, bytes)),
        }
    }

    fn widen_to(&mut self, shift: u32) {
        if shift > self.shift {
            let by = shift - self.shift;
            self.shift = shift;
            for (at, bytes) in std::mem::take(&mut self.all) {
                self.put(at >> by, bytes);
            }
        }
    }

    /// Width of all of them, as a power of two in nanoseconds.
    pub(super) const fn shift(&self) -> u32 {
        self.shift
    }

    /// Those that hold something, by start in nanoseconds.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, [u64; 2])> {
        let shift = self.shift;
        self.all.iter().map(move |(at, bytes)| (at << shift, *bytes))
    }

    /// Whether these can be those of buckets of this width: a saved summary may hold anything.
    pub(super) fn is_sound(&self, shift: u32, buckets: &[(i64, Bucket)]) -> bool {
        let more = |sum: [u64; 2], more: [u64; 2]| {
            Some([sum[0].checked_add(more[0])?, sum[1].checked_add(more[1])?])
        };
        let ours = self.all.iter().try_fold([0; 2], |sum, (_, bytes)| more(sum, *bytes));
        let theirs = buckets.iter().try_fold([0; 2], |sum, (_, bucket)| more(sum, bucket.large));
        self.all.is_sorted_by(|(one, _), (other, _)| one < other)
            && (Buckets::SHIFT..=shift).contains(&self.shift)
            && self.all.len() <= Buckets::CAP
            && ours.is_some()
            && ours == theirs
    }
}
