//! Two MACs that send each other packets from one address of the outside each, all with as many hops as senders begin with.
//!
//! One is a camera with 192.168.1.64 and one global IPv6 address, the other a router that passes on what its cloud sends. What tells
//! which is which stands beside that: the camera calls, and it also sends from an address inside, or had asked a name service for the
//! cloud's. One that is called may be a server here, or there.

use hashbrown::HashMap;
use lenscap_wire::{Address, Mac};

use super::ends::End;

/// Addresses of one network that are asked of, the least first.
const ABROAD: usize = 16;

/// A MAC that sends from the outside, and what tells whether others stand behind it.
#[derive(Debug)]
pub(crate) struct Facing {
    pub(crate) number: usize,
    mac: Mac,
    /// Whether it also sends from an address inside.
    has_inside: bool,
    /// Whether it began a flow from one of the outside to another.
    calls: bool,
    /// The addresses of the outside that it sends from.
    abroad: Vec<Address>,
    /// MACs that it sends to from there.
    pub(crate) faced: Vec<Mac>,
}

impl Facing {
    /// What its ends tell.
    pub(crate) fn of(number: usize, mac: Mac, ends: &[&End]) -> Self {
        let outside = || ends.iter().filter(|end| !end.is_inside);
        let mut faced: Vec<Mac> =
            outside().filter_map(|end| end.facing).flat_map(|(least, greatest)| [least, greatest]).collect();
        faced.sort_unstable();
        faced.dedup();
        let mut abroad: Vec<Address> = outside().map(|end| end.key.1).collect();
        abroad.sort_unstable();
        abroad.truncate(ABROAD);
        let [has_inside, calls] = [ends.iter().any(|end| end.is_inside), ends.iter().any(|end| end.calls)];
        Self { number, mac, has_inside, calls, abroad, faced }
    }

    /// Whether it is the station of the two, and the other a router.
    pub(crate) fn is_before(&self, other: &Self, has_asked: impl Fn(Mac, Address) -> bool) -> bool {
        let asked =
            |one: &Self, other: &Self| other.abroad.iter().any(|address| has_asked(one.mac, *address));
        let tells = if other.has_inside { asked(self, other) } else { self.has_inside };
        self.calls && !other.calls && tells && !asked(other, self)
    }
}

/// The numbers of those that are told apart, and whether each is a station: a router it is otherwise.
pub(crate) fn told_apart(all: &[Facing], has_asked: impl Fn(Mac, Address) -> bool) -> Vec<(usize, bool)> {
    let by_mac: HashMap<Mac, &Facing> = all.iter().map(|one| (one.mac, one)).collect();
    let mut told = Vec::new();
    for one in all {
        let faced: Vec<_> = one.faced.iter().filter_map(|mac| by_mac.get(mac).copied()).collect();
        if !faced.is_empty() && faced.iter().all(|other| one.is_before(other, &has_asked)) {
            told.push((one.number, true));
            told.extend(faced.iter().map(|other| (other.number, false)));
        }
    }
    told.sort_unstable();
    told.dedup();
    // Who would be both is neither.
    told.chunk_by(|one, next| one.0 == next.0).filter(|same| same.len() == 1).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMERA: Mac = Mac([2, 0, 0, 0, 0, 1]);
    const ROUTER: Mac = Mac([2, 0, 0, 0, 0, 2]);

    fn two(inside: [bool; 2]) -> [Facing; 2] {
        let one = |number: usize, mac, other| Facing {
            number,
            mac,
            has_inside: inside[number],
            calls: number == 0,
            abroad: vec![Address([0x20 + number as u8; 16])],
            faced: vec![other],
        };
        [one(0, CAMERA, ROUTER), one(1, ROUTER, CAMERA)]
    }

    #[test]
    fn who_alone_sends_from_inside_is_the_station() {
        let nobody = |_, _| false;
        assert_eq!(told_apart(&two([true, false]), nobody), [(0, true), (1, false)]);
        assert_eq!(told_apart(&two([true, true]), nobody), []);
        assert_eq!(told_apart(&two([false, false]), nobody), []);
        // The other had asked for what this one sends from.
        assert_eq!(told_apart(&two([true, false]), |mac, _| mac == ROUTER), []);
        // Who is called may stand behind a router: it has an address inside, too.
        assert_eq!(told_apart(&two([false, true]), nobody), []);
    }

    #[test]
    fn who_had_asked_for_the_others_address_is_the_station() {
        let camera = |mac, address| (mac, address) == (CAMERA, Address([0x21; 16]));
        assert_eq!(told_apart(&two([true, true]), camera), [(0, true), (1, false)]);
        assert_eq!(told_apart(&two([true, true]), |_, _| true), []);
    }
}
