//! What is left of flows of which a cap let not even a record stay: their sums, by station and remote prefix.
//!
//! 20,000 evicted flows of one camera to 203.0.113.0/24 are one residual: so many packets and bytes each way.

use hashbrown::HashMap;
use lenscap_wire::{Address, Mac};
use serde::{Deserialize, Serialize};

use crate::state::eviction::Evicted;
use crate::state::key::Key;
use crate::state::spell::Spell;
use crate::state::spell::counters::Counters;

/// Whose traffic: the MAC and prefix of either end. A private address stands whole, a public one as /24 or /48.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct ResidualKey {
    pub(crate) macs: [Mac; 2],
    pub(crate) prefixes: [Address; 2],
}

/// Sums of evicted flows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Residual {
    pub(crate) flows: u64,
    pub(crate) packets: [u64; 2],
    pub(crate) bytes: [u64; 2],
    pub(crate) wire: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Residual {
    fn join(&mut self, other: &Self) {
        for side in [0, 1] {
            self.packets[side] += other.packets[side];
            self.bytes[side] += other.bytes[side];
        }
        self.flows += other.flows;
        self.wire += other.wire;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// All residuals. Where they are more than have room, those heard of longest ago become one sum for all.
#[derive(Clone, Debug)]
pub(crate) struct Residuals {
    all: HashMap<ResidualKey, Residual>,
    most: usize,
}

impl Default for Residuals {
    fn default() -> Self {
        Self { all: HashMap::new(), most: Self::CAP }
    }
}

impl Residuals {
    /// Pairs of ends that are told apart at most.
    pub(crate) const CAP: usize = 1 << 16;
    /// What one costs at most: a table doubles when seven eighths of it are full or were and are taken up by none again, and half
    /// of those may be such.
    const COST: usize = (size_of::<(ResidualKey, Residual)>() + 1) * 32 / 7;

    /// None yet, of which so many are told apart as have room in so many bytes; of those that are few, eight.
    pub(crate) fn within(bytes: usize) -> Self {
        Self { most: (bytes / Self::COST).clamp(8, Self::CAP), ..Self::default() }
    }

    /// Puts a record of flows away.
    pub(crate) fn put(&mut self, record: &Evicted) {
        let (first, last) = record.largest.span();
        let Counters { packets, bytes, wire, .. } = record.counters();
        let mut sums = Residual { flows: 1 + record.gone.flows, packets, bytes, wire, first, last };
        if let Some((first, last)) = record.gone.span {
            (sums.first, sums.last) = (sums.first.min(first), sums.last.max(last));
        }
        self.add(ResidualKey::of(&record.largest), sums);
    }

    fn add(&mut self, key: ResidualKey, sums: Residual) {
        self.all.entry(key).and_modify(|known| known.join(&sums)).or_insert(sums);
        if self.all.len() > self.most {
            self.expire();
        }
    }

    /// Takes in those of another part.
    pub(crate) fn join(&mut self, other: Self) {
        other.all.into_iter().for_each(|(key, sums)| self.add(key, sums));
    }

    /// Puts the eighth that was heard of longest ago into one sum.
    #[cold]
    fn expire(&mut self) {
        let mut order: Vec<_> = self.all.iter().map(|(key, sums)| (sums.last, *key)).collect();
        order.sort_unstable();
        order.truncate(self.most / 8);
        for (_, key) in order {
            let Some(sums) = self.all.remove(&key) else { continue };
            let rest = self.all.entry(ResidualKey::default());
            rest.and_modify(|known| known.join(&sums)).or_insert(sums);
        }
    }

    /// Every residual in order of its ends.
    pub(crate) fn sorted(&self) -> Vec<(&ResidualKey, &Residual)> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_by_key(|(key, _)| **key);
        all
    }

    /// Puts back a saved residual.
    pub(crate) fn restore(&mut self, key: ResidualKey, sums: Residual) {
        self.all.insert(key, sums);
    }

    /// Flows, packets and wire bytes of all.
    pub(crate) fn total(&self) -> (u64, u64, u64) {
        let all = self.sorted();
        let sum = |of: fn(&Residual) -> u64| all.iter().map(|(_, residual)| of(residual)).sum();
        (sum(|r| r.flows), sum(|r| r.packets[0] + r.packets[1]), sum(|r| r.wire))
    }
}

impl ResidualKey {
    fn of(spell: &Spell) -> Self {
        let key = &spell.hot.key;
        Self { macs: spell.cold.macs, prefixes: [prefix(key, 0), prefix(key, 1)] }
    }
}

/// Whether an address is of a range that no site shares with another (RFC 1918, RFC 3927, RFC 4193, RFC 4291).
pub(crate) fn is_private(address: Address) -> bool {
    match address.ip() {
        std::net::IpAddr::V4(four) => four.is_private() || four.is_link_local(),
        std::net::IpAddr::V6(six) => six.is_unique_local() || six.is_unicast_link_local(),
    }
}

fn prefix(key: &Key, side: usize) -> Address {
    let whole = key.address(side);
    let keep = match whole.ip() {
        _ if is_private(whole) => 16,
        std::net::IpAddr::V4(_) => 15,
        std::net::IpAddr::V6(_) => 6,
    };
    let mut bytes = whole.0;
    bytes.iter_mut().skip(keep).for_each(|byte| *byte = 0);
    Address(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_not_heard_of_for_longest_gives_way_and_nothing_is_lost() {
        let mut all = Residuals::default();
        let sums =
            |n: u64| Residual { flows: 1, packets: [n, 1], wire: n, last: n as i64, ..Residual::default() };
        let key = |n: u64| {
            let [.., a, b, c] = n.to_be_bytes();
            ResidualKey { macs: [Mac([2, 0, 0, a, b, c]), Mac::default()], ..ResidualKey::default() }
        };
        let count = 2 * Residuals::CAP as u64;
        (1..=count).for_each(|n| all.add(key(n), sums(n)));
        let whole = count * (count + 1) / 2;
        assert_eq!(all.total(), (count, whole + count, whole));
        assert!(all.all.len() <= Residuals::CAP);
        assert!(all.all.contains_key(&key(count)) && !all.all.contains_key(&key(1)));
    }

    /// In a memory of 96 MiB they have 1.5 MiB, table and all.
    #[test]
    fn they_have_a_share_of_the_memory() {
        let room = 3 << 19;
        let mut all = Residuals::within(room);
        for n in 0..100_000_u32 {
            let [a, b, c, d] = n.to_be_bytes();
            let macs = [Mac([2, 0, a, b, c, d]), Mac::default()];
            all.add(
                ResidualKey { macs, ..ResidualKey::default() },
                Residual { flows: 1, ..Residual::default() },
            );
        }
        assert!(all.all.allocation_size() <= room, "{} of {room}", all.all.allocation_size());
        assert!(all.all.len() > room / Residuals::COST / 2);
        assert_eq!(all.total().0, 100_000);
        assert_eq!(Residuals::within(0).most, 8);
        assert_eq!(Residuals::within(usize::MAX).most, Residuals::CAP);
    }
}
