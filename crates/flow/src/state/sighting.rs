//! What stations said or showed about themselves, and what others claimed of them, with counts and first packets.
//!
//! A camera's DHCP host name is its own word; that it holds 192.168.1.64, as the server says that gave it the address, is
//! a claim.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Field, Mac, PacketRef};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::state::text::{TextId, Texts};

/// Who showed what. Which of the two, MAC or address, is the device is judged later.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Shown {
    /// All zero where the link has none.
    pub(crate) mac: Mac,
    /// All zero where the packet has none.
    pub(crate) address: Address,
    /// The field (`dhcp.hostname`).
    pub(crate) field: Field,
    pub(crate) value: TextId,
    /// Whether another said it of the station: its own word weighs more.
    pub(crate) claimed: bool,
}

/// How often, when and where first.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) count: u64,
    pub(crate) first: i64,
    #[serde(with = "crate::state::packet_ref")]
    pub(crate) at: PacketRef,
}

/// All sightings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sightings {
    all: HashMap<Shown, Seen>,
    /// Sightings that found no room.
    pub(crate) refused: u64,
}

impl Sightings {
    /// What a sighting costs in the memory budget.
    pub(crate) const COST: usize = 96;

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Bytes of text that they keep, for the memory budget.
    pub(crate) fn texts(&self, texts: &Texts) -> usize {
        self.all.keys().map(|shown| texts.text(shown.value).len()).sum()
    }

    /// Books a sighting; `room` says whether a new one may be kept.
    pub(crate) fn add(&mut self, shown: Shown, seen: Seen, room: bool) {
        match self.all.get_mut(&shown) {
            Some(known) => known.count += seen.count,
            None if room => {
                self.all.insert(shown, seen);
            }
            None => self.refused += seen.count,
        }
    }

    /// The same with other ids for its texts.
    pub(crate) fn with_texts(self, mut text: impl FnMut(TextId) -> TextId) -> Self {
        // Texts get their ids in the order in which they are asked for.
        let mut all: Vec<_> = self.all.into_iter().collect();
        all.sort_unstable_by_key(|(shown, _)| *shown);
        let mut ours = |shown: Shown| Shown { value: text(shown.value), ..shown };
        Self {
            all: all.into_iter().map(|(shown, seen)| (ours(shown), seen)).collect(),
            refused: self.refused,
        }
    }

    /// Appends a later part whose texts become ours by `text`.
    pub(crate) fn join(&mut self, later: &Self, mut text: impl FnMut(TextId) -> TextId) {
        for (shown, seen) in &later.all {
            self.add(Shown { value: text(shown.value), ..*shown }, *seen, true);
        }
        self.refused += later.refused;
    }

    /// Addresses that said something of themselves, apart from holding the address.
    pub(crate) fn speakers(&self) -> HashSet<Address> {
        let own = self.all.keys().filter(|shown| shown.value != TextId::EMPTY && !shown.claimed);
        own.map(|shown| shown.address).collect()
    }

    /// Who holds which address, by sightings in one field: what holders say themselves, or what is `claimed` of them.
    pub(crate) fn holders(&self, field: Field, claimed: bool) -> impl Iterator<Item = (Mac, Address)> {
        let wanted = move |shown: &&Shown| (shown.field, shown.claimed) == (field, claimed);
        self.all.keys().filter(wanted).map(|shown| (shown.mac, shown.address))
    }

    /// Every sighting, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Shown, &Seen)> {
        self.all.iter()
    }

    /// Every sighting in order of its first packet, then of what was shown.
    pub(crate) fn sorted(&self, texts: &Texts) -> Vec<(&Shown, &Seen)> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.par_sort_unstable_by(|(a, seen), (b, other)| {
            let order =
                |seen: &Seen, shown: &Shown| (seen.at, shown.mac, shown.address, shown.field, shown.claimed);
            let ids = order(seen, a).cmp(&order(other, b));
            ids.then_with(|| texts.text(a.value).cmp(texts.text(b.value)))
        });
        all
    }

    /// Changes every packet reference.
    pub(crate) fn packets(&mut self, change: impl Fn(&mut PacketRef)) {
        for seen in self.all.values_mut() {
            change(&mut seen.at);
        }
    }

    /// Puts back a saved sighting.
    pub(crate) fn restore(&mut self, shown: Shown, seen: Seen) {
        self.all.insert(shown, seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sightings_add_up_and_the_first_packet_stays() {
        let (mac, address, value) = (Mac::default(), Address::default(), TextId(2));
        let shown = Shown { mac, address, field: Field::Arp, value, claimed: false };
        let seen =
            |n| Seen { count: 1, first: n, at: PacketRef { offset: n as u64, ..PacketRef::default() } };
        let (mut left, mut right) = (Sightings::default(), Sightings::default());
        left.add(shown, seen(1), true);
        right.add(Shown { value: TextId(1), ..shown }, seen(5), true);
        left.join(&right, |id| TextId(id.0 + 1));
        assert_eq!(left.sorted(&Texts::default()), [(&shown, &Seen { count: 2, ..seen(1) })]);
        left.add(Shown { value: TextId(9), ..shown }, seen(7), false);
        assert_eq!((left.len(), left.refused), (1, 1));
        // What another says of it stands apart.
        left.add(Shown { claimed: true, ..shown }, seen(8), true);
        assert_eq!(left.len(), 2);
    }
}
