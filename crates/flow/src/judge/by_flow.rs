//! One thing for each flow, by where the flow stands.
//!
//! The flow at place 7 of shard 3 has the eighth of what was listed for that shard. The shards of a part of the walk share one
//! list: most captures have a few flows in each of 65 shards, and a list of its own would cost more than what is in it.

use rayon::prelude::*;

use super::FlowAt;
use crate::state::table::slab::Slab;

/// What is known of each flow.
#[derive(Debug)]
pub(crate) struct ByFlow<T> {
    parts: Vec<Slab<T>>,
    /// By shard, its part and where in that it begins.
    starts: Vec<(u32, u32)>,
}

impl<T> Default for ByFlow<T> {
    fn default() -> Self {
        Self { parts: Vec::new(), starts: Vec::new() }
    }
}

impl<T> ByFlow<T> {
    /// An empty list of one part, which will have so many things.
    pub(crate) fn with_room(flows: usize) -> Self {
        Self { parts: vec![Slab::with_room(flows)], starts: Vec::new() }
    }

    /// Begins the next shard.
    pub(crate) fn begin_shard(&mut self) {
        let start = self.parts.last().map_or(0, Slab::len);
        self.starts.push((self.parts.len().saturating_sub(1) as u32, start as u32));
    }

    /// Adds that of the next flow of the shard.
    #[inline]
    pub(crate) fn push(&mut self, thing: T) {
        if let Some(part) = self.parts.last_mut() {
            part.push(thing);
        }
    }

    /// Adds those of later shards.
    pub(crate) fn append(&mut self, later: Self) {
        let parts = self.parts.len() as u32;
        self.starts.extend(later.starts.into_iter().map(|(part, start)| (parts + part, start)));
        self.parts.extend(later.parts);
    }

    /// How many shards there are.
    pub(crate) fn shards(&self) -> usize {
        self.starts.len()
    }

    /// That of the flow there.
    #[inline]
    pub(crate) fn get(&self, at: FlowAt) -> Option<&T> {
        let (part, start, end) = self.range(at.shard as usize)?;
        let place = start + at.place as usize;
        if place < end { part.get(place) } else { None }
    }

    /// How many flows a shard has.
    pub(crate) fn count(&self, shard: usize) -> usize {
        self.range(shard).map_or(0, |(_, start, end)| end - start)
    }

    /// The part that a shard is in, and from where to where.
    #[inline]
    fn range(&self, shard: usize) -> Option<(&Slab<T>, usize, usize)> {
        let &(number, start) = self.starts.get(shard)?;
        let part = self.parts.get(number as usize)?;
        let end = match self.starts.get(shard + 1) {
            Some(&(next, end)) if next == number => end as usize,
            _ => part.len(),
        };
        Some((part, start as usize, end))
    }
}

impl<T: Send> ByFlow<T> {
    /// Changes each thing, the parts side by side.
    pub(crate) fn for_each_mut(&mut self, change: impl Fn(&mut T) + Sync) {
        self.parts.par_iter_mut().for_each(|part| part.iter_mut().for_each(&change));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(shards: &[&[u8]]) -> ByFlow<u8> {
        let mut all = ByFlow::with_room(shards.iter().map(|shard| shard.len()).sum());
        for shard in shards {
            all.begin_shard();
            shard.iter().for_each(|thing| all.push(*thing));
        }
        all
    }

    #[test]
    fn each_flow_has_what_was_listed_for_it() {
        let mut all = listed(&[&[], &[1, 2], &[]]);
        all.append(ByFlow::default());
        all.append(listed(&[]));
        all.append(listed(&[&[3], &[], &[4, 5]]));
        let shards: [&[u8]; 6] = [&[], &[1, 2], &[], &[3], &[], &[4, 5]];
        assert_eq!(all.shards(), shards.len());
        for (shard, things) in (0..).zip(shards) {
            assert_eq!(all.count(shard as usize), things.len());
            for place in 0..=things.len() as u32 {
                let at = FlowAt { shard, place };
                assert_eq!(all.get(at), things.get(place as usize), "{at:?}");
            }
        }
        assert_eq!(all.get(FlowAt { shard: 6, place: 0 }), None);
        all.for_each_mut(|thing| *thing += 1);
        assert_eq!(all.get(FlowAt { shard: 5, place: 1 }), Some(&6));
    }
}
