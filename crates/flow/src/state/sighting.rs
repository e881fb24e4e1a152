//! What stations said or showed about themselves, and what others claimed of them, with counts and first packets.
//!
//! A camera's DHCP host name is its own word; that it holds 192.168.1.64, as the server says that gave it the address, is
//! a claim.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Field, Mac, PacketRef};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

use crate::state::share::{cleared, stay};
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

/// How often, when and where first, and when last.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) count: u64,
    pub(crate) first: i64,
    /// Latest stamp.
    pub(crate) last: i64,
    /// The MAC that the first one came from, whomever it is about; zero where the link has none.
    pub(crate) by: [u8; 6],
    #[serde(with = "crate::state::packet_ref")]
    pub(crate) at: PacketRef,
}

impl Seen {
    /// Whether the first came in a frame of another MAC than it tells of.
    pub(crate) fn is_of_another(&self, shown: &Shown) -> bool {
        self.by != [0; 6] && self.by != shown.mac.0
    }
}

/// All sightings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sightings {
    all: HashMap<Shown, Seen>,
    /// Sightings that gave way to others.
    pub(crate) given_up: u64,
    /// Bytes of text that they keep.
    pub(crate) text_cost: usize,
}

impl Sightings {
    /// What a sighting costs in the memory budget.
    pub(crate) const COST: usize = 112;

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Bytes of text that they keep, for the memory budget.
    pub(crate) fn texts(&self, texts: &Texts) -> usize {
        self.all.keys().map(|shown| texts.text(shown.value).len()).sum()
    }

    /// What all of them cost.
    pub(crate) fn cost(&self) -> usize {
        self.len() * Self::COST + self.text_cost
    }

    /// Books a sighting.
    pub(crate) fn add(&mut self, shown: Shown, seen: Seen) {
        let join = |known: &mut Seen| {
            known.count += seen.count;
            known.last = known.last.max(seen.last);
        };
        self.all.entry(shown).and_modify(join).or_insert(seen);
    }

    /// Where they cost more than `room`, those who told most give up what they told longest ago, of whomever it was.
    #[cold]
    pub(crate) fn limit(&mut self, room: usize, texts: &Texts) {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_unstable_by_key(|(shown, seen)| {
            let Shown { mac, address, field, value, claimed } = shown;
            (Reverse((seen.last, seen.at)), mac, address, field, texts.text(*value), claimed)
        });
        let teller = |shown: &Shown, seen: &Seen| {
            let address = if seen.by == [0; 6] { shown.address } else { Address::default() };
            (seen.by, address)
        };
        let price = |shown: &Shown| Self::COST + texts.text(shown.value).len();
        let prices: Vec<_> = all.iter().map(|(shown, seen)| (teller(shown, seen), price(shown))).collect();
        let stays = stay(&prices, cleared(room));
        let gone: Vec<Shown> =
            all.iter().zip(stays).filter(|(_, stays)| !stays).map(|((shown, _), _)| **shown).collect();
        for shown in &gone {
            self.given_up += self.all.remove(shown).map_or(0, |seen| seen.count);
        }
        self.text_cost = self.texts(texts);
    }

    /// The same with other ids for its texts.
    pub(crate) fn with_texts(self, mut text: impl FnMut(TextId) -> TextId) -> Self {
        // Texts get their ids in the order in which they are asked for.
        let mut all: Vec<_> = self.all.into_iter().collect();
        all.sort_unstable_by_key(|(shown, _)| *shown);
        let mut ours = |shown: Shown| Shown { value: text(shown.value), ..shown };
        Self {
            all: all.into_iter().map(|(shown, seen)| (ours(shown), seen)).collect(),
            given_up: self.given_up,
            text_cost: self.text_cost,
        }
    }

    /// Appends a later part whose texts become ours by `text`.
    pub(crate) fn join(&mut self, later: &Self, mut text: impl FnMut(TextId) -> TextId) {
        for (shown, seen) in &later.all {
            self.add(Shown { value: text(shown.value), ..*shown }, *seen);
        }
        self.given_up += later.given_up;
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

    /// The same, without what came first in a frame of somebody else than whom it tells of: that is his claim, not the holder's
    /// word.
    pub(crate) fn own_words(&self, field: Field, claimed: bool) -> impl Iterator<Item = (Mac, Address)> {
        let wanted = move |(shown, _): &(&Shown, &Seen)| (shown.field, shown.claimed) == (field, claimed);
        let own = move |(shown, seen): &(&Shown, &Seen)| claimed || !seen.is_of_another(shown);
        self.all.iter().filter(wanted).filter(own).map(|(shown, _)| (shown.mac, shown.address))
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
        let seen = |n| Seen {
            count: 1,
            first: n,
            last: n,
            by: [0; 6],
            at: PacketRef { offset: n as u64, ..PacketRef::default() },
        };
        let (mut left, mut right) = (Sightings::default(), Sightings::default());
        left.add(shown, seen(1));
        right.add(Shown { value: TextId(1), ..shown }, seen(5));
        left.join(&right, |id| TextId(id.0 + 1));
        assert_eq!(left.sorted(&Texts::default()), [(&shown, &Seen { count: 2, last: 5, ..seen(1) })]);
        // What another says of it stands apart.
        left.add(Shown { claimed: true, ..shown }, seen(8));
        assert_eq!(left.len(), 2);
    }

    /// One sender claims that a thousand addresses are a thousand stations', and a camera said its name once.
    #[test]
    fn who_tells_much_gives_up_what_was_told_longest_ago() {
        let (mut texts, mut all) = (Texts::default(), Sightings::default());
        let value = texts.intern(b"ipcam");
        let shown = |n: u16, field, value| {
            let [high, low] = n.to_be_bytes();
            let (mac, address) = (Mac([2, 0, 0, 0, high, low]), Address::v4([10, 0, high, low]));
            Shown { mac, address, field, value, claimed: false }
        };
        let seen = |by, time| Seen {
            count: 1,
            first: time,
            last: time,
            by: [2, 0, 0, 0, 0, by],
            at: PacketRef::default(),
        };
        all.add(shown(0, Field::DhcpHostname, value), seen(0, 0));
        for n in 1..=1000 {
            all.add(shown(n, Field::Arp, TextId::EMPTY), seen(9, n.into()));
        }
        all.limit(32 << 10, &texts);
        assert!(all.cost() <= 28 << 10 && all.len() > 200, "{}", all.len());
        let kept = |n, field, value| all.all.contains_key(&shown(n, field, value));
        assert!(kept(0, Field::DhcpHostname, value) && kept(1000, Field::Arp, TextId::EMPTY));
        assert!(!kept(1, Field::Arp, TextId::EMPTY));
        assert_eq!(all.given_up as usize + all.len(), 1001);
    }
}
