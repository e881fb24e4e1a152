//! What every MAC stands for: one station, several, or a router behind which others stand.
//!
//! A MAC that only 192.168.1.5 sends from is a station's. One from which 203.0.113.9 speaks to 192.168.1.5 is the router's,
//! which passes on what others sent, so what they say is not the router's.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Mac};
use std::collections::BTreeSet;

use super::claims::{Claims, is_made_of, is_of_link};
use super::ends::{End, Ends, outside_network};
use super::facing::{Facing, told_apart};
use super::grouped::Grouped;
use crate::judge::rules;
use crate::state::table::index::NOWHERE;

/// What a MAC stands for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum MacKind {
    /// One station: every address that it sent from is its own.
    #[default]
    Station,
    /// Several stations inside, of which it may be one.
    Several,
    /// One station, or a router behind which one outside address speaks.
    Undecided,
    /// Taken for a router, since one outside address speaks from it to a station; what is said there is shown of the MAC, as
    /// it may be its own, and weighs nothing.
    Presumed,
    /// A router. What it does not hold itself stands behind it.
    Router,
}

impl MacKind {
    /// Whether others stand behind it.
    pub(crate) fn is_router(self) -> bool {
        matches!(self, Self::Presumed | Self::Router)
    }
}

/// What all MACs stand for, and which addresses are their own.
#[derive(Debug, Default)]
pub(crate) struct MacKinds {
    numbers: HashMap<Mac, u32>,
    /// By the number of a MAC.
    kinds: Vec<MacKind>,
    /// By the place of an end, the number of its MAC; [`NOWHERE`] where it has none, or never sent.
    of_end: Vec<u32>,
    /// Addresses of stations of the link, by their first three bytes: the networks that routers do not stand before.
    near: HashSet<[u8; 3]>,
    /// The one address inside that is a router's own though it has not said that it holds it.
    lone: HashMap<Mac, Address>,
}

impl MacKinds {
    /// Judges every MAC by all of its ends; `has_asked` says whether a name service gave the station with a MAC an address that
    /// it had asked for.
    pub(crate) fn new(claims: &Claims, ends: &Ends, has_asked: impl Fn(Mac, Address) -> bool) -> Self {
        let mut kinds = Self { of_end: Vec::with_capacity(ends.all.len()), ..Self::default() };
        kinds.numbers.reserve(ends.all.len());
        // By number, the MAC and its first end; the further ones of those that have several apart, since most have one.
        let (mut macs, mut further) = (Vec::with_capacity(ends.all.len()), Vec::new());
        for (place, end) in (0u32..).zip(ends.all.iter()) {
            let mac = end.key.0;
            let is_none = ends.is_behind(claims, end) || end.is_foreign;
            if mac.is_zero() || end.sending.is_none() || is_none {
                kinds.of_end.push(NOWHERE);
                continue;
            }
            let new = macs.len() as u32;
            let number = *kinds.numbers.entry(mac).or_insert(new);
            if number == new {
                macs.push((mac, end));
            } else {
                further.push((number, place));
            }
            kinds.of_end.push(number);
        }
        let further = Grouped::new(further, macs.len());
        let of = |number: usize, all: &mut Vec<_>| {
            all.clear();
            all.extend(macs.get(number).map(|(_, end)| *end));
            all.extend(further.of(number).filter_map(|place| ends.all.get(*place as usize)));
        };
        let mut own = Vec::new();
        kinds.kinds.reserve(macs.len());
        for (number, (mac, first)) in macs.iter().enumerate() {
            let crowded = ends.is_crowded(*mac);
            kinds.kinds.push(if further.of(number).len() == 0 {
                kind_of(claims, *mac, &[*first], crowded)
            } else {
                of(number, &mut own);
                kind_of(claims, *mac, &own, crowded)
            });
        }
        kinds.settle_undecided(claims, of, |number| macs[number].0, has_asked);
        let mut is_near_known = false;
        for number in kinds.those(MacKind::is_router) {
            of(number, &mut own);
            own.retain(|end| end.is_inside && !is_vouched(claims, end));
            // Most routers have none such, and stations are many.
            if !own.is_empty() && !std::mem::replace(&mut is_near_known, true) {
                kinds.find_near(ends);
            }
            kinds.find_lone(macs[number].0, &own);
        }
        kinds
    }

    /// Notes in which networks the stations of the link are.
    fn find_near(&mut self, ends: &Ends) {
        for (number, end) in self.of_end.iter().zip(ends.all.iter()) {
            if self.kinds.get(*number as usize) == Some(&MacKind::Station) {
                self.near.extend(v4_network(end.key.1));
            }
        }
    }

    /// Whether an undecided MAC is a station after all: what it faces is a router, or at least no other that is undecided.
    fn settles(&self, ends: &[&End]) -> bool {
        let faced =
            || ends.iter().filter_map(|end| end.facing).flat_map(|(least, greatest)| [least, greatest]);
        faced().any(|mac| self.of(mac).is_router()) || !faced().any(|mac| self.of(mac) == MacKind::Undecided)
    }

    /// The numbers of MACs that stand for something.
    fn those(&self, wanted: impl Fn(MacKind) -> bool) -> Vec<usize> {
        let of = self.kinds.iter().enumerate().filter(|(_, kind)| wanted(**kind));
        of.map(|(number, _)| number).collect()
    }

    /// Settles what undecided MACs stand for, as far as whom they face tells it, given the ends of each by its number. What is asked
    /// of an end is asked once: an attacker may send from as many as he likes.
    fn settle_undecided<'e>(
        &mut self,
        claims: &Claims,
        of: impl Fn(usize, &mut Vec<&'e End>),
        mac: impl Fn(usize) -> Mac,
        has_asked: impl Fn(Mac, Address) -> bool,
    ) {
        let mut own = Vec::new();
        let mut facing = |number: usize| {
            of(number, &mut own);
            Facing::of(number, mac(number), &own)
        };
        let undecided = self.those(|kind| kind == MacKind::Undecided);
        let undecided: Vec<_> = undecided.into_iter().map(&mut facing).collect();
        let faced = undecided.iter().flat_map(|one| &one.faced).filter_map(|mac| self.number(*mac));
        let stations: BTreeSet<_> = faced.filter(|number| self.kinds[*number] == MacKind::Station).collect();
        let stations: HashMap<_, _> =
            stations.into_iter().map(|number| (mac(number), facing(number))).collect();
        let (mut settled, mut open) = (Vec::new(), Vec::new());
        for one in undecided {
            let stands_before =
                |mac| stations.get(mac).is_some_and(|station| station.is_before(&one, &has_asked));
            of(one.number, &mut own);
            if !one.faced.is_empty() && one.faced.iter().all(stands_before) {
                settled.push((one.number, MacKind::Presumed));
            } else if self.settles(&own) {
                settled.push((one.number, inside_kind(claims, &own)));
            } else {
                open.push(one);
            }
        }
        for (number, is_station) in told_apart(&open, has_asked) {
            of(number, &mut own);
            settled.push((number, if is_station { inside_kind(claims, &own) } else { MacKind::Presumed }));
        }
        for (number, kind) in settled {
            self.kinds[number] = kind;
        }
    }

    /// A router that answers from 192.168.1.1 without ARP in the capture: the address is its own where stations of the link
    /// are its neighbours, or where others came with fewer hops and this one with all, and only one such address sends from
    /// the MAC. These are its ends inside without its word for them.
    fn find_lone(&mut self, mac: Mac, ends: &[&End]) {
        let is_near = |end: &End| v4_network(end.key.1).is_some_and(|network| self.near.contains(&network));
        let passes_on = ends.iter().any(|end| end.passage.is_passed_on());
        let begins = |end: &&&End| {
            !end.passage.is_passed_on() && (is_near(end) || passes_on && end.passage.has_all_hops())
        };
        let mut all: Vec<_> = ends.iter().filter(begins).map(|end| end.key.1).collect();
        if all.is_empty() {
            // What a resolver answers to a router's own address comes from there with the resolver's hops.
            all.extend(ends.iter().filter(|end| is_near(end)).map(|end| end.key.1));
        }
        if let [address] = all.as_slice() {
            self.lone.insert(mac, *address);
        }
    }

    /// What a MAC stands for; one that no flow showed stands for a station.
    pub(crate) fn of(&self, mac: Mac) -> MacKind {
        let number = self.numbers.get(&mac).copied();
        number.and_then(|number| self.kinds.get(number as usize)).copied().unwrap_or_default()
    }

    /// How many MACs ends sent from.
    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The number of a MAC that an end sent from, below [`MacKinds::len`].
    pub(crate) fn number(&self, mac: Mac) -> Option<usize> {
        self.numbers.get(&mac).map(|number| *number as usize)
    }

    /// The same of the end at a place.
    pub(crate) fn number_of(&self, place: usize) -> Option<usize> {
        self.of_end.get(place).filter(|number| **number != NOWHERE).map(|number| *number as usize)
    }

    /// Whether the MAC of an end that sent, at this place, is a router's.
    pub(crate) fn is_router(&self, place: usize) -> bool {
        let kind = self.of_end.get(place).and_then(|number| self.kinds.get(*number as usize));
        kind.is_some_and(|kind| kind.is_router())
    }

    /// Whether an end that sent, at this place, is of its MAC's own station.
    pub(crate) fn is_own(&self, claims: &Claims, place: usize, end: &End) -> bool {
        let (mac, address) = end.key;
        let kind = self.of_end.get(place).and_then(|number| self.kinds.get(*number as usize));
        let Some(kind) = kind else { return false };
        match kind {
            MacKind::Station => true,
            MacKind::Undecided => end.is_inside || is_vouched(claims, end),
            MacKind::Several => is_vouched(claims, end),
            MacKind::Presumed | MacKind::Router => {
                is_vouched(claims, end) || self.lone.get(&mac) == Some(&address)
            }
        }
    }
}

/// Whether an address is a MAC's own by its word: it holds it, it sends to groups from it, which nobody passes on, or the
/// address means nothing beyond the link. One that answers for many others vouches for none.
pub(super) fn is_vouched(claims: &Claims, end: &End) -> bool {
    let (mac, address) = end.key;
    is_of_link(address)
        || is_made_of(address, mac)
        || claims.vouches(mac)
            && (claims.is_own(mac, address) || end.to_group || is_called_router(claims, end))
}

/// Whether DHCP calls an end a router, of which its MAC may be one: it sends such answers itself, or what came from the address was
/// not passed on.
fn is_called_router(claims: &Claims, end: &End) -> bool {
    let is_its_own = || claims.serves_leases(end.key.0) || !end.passage.is_passed_on();
    end.is_inside && claims.is_router_address(end.key.1) && is_its_own()
}

/// Whether what an end sent came from behind its MAC: routers had passed it on, and the MAC does not say that the address is its
/// own, as one does that translates the addresses of others into it.
fn is_from_behind(claims: &Claims, end: &End) -> bool {
    end.passage.is_passed_on() && !is_vouched(claims, end)
}

fn kind_of(claims: &Claims, mac: Mac, ends: &[&End], crowded: bool) -> MacKind {
    // Most MACs have one end, inside.
    if let [end] = ends
        && end.is_inside
    {
        let is_router = crowded
            || claims.is_router(mac)
            || claims.serves_leases(mac) && claims.is_router_address(end.key.1)
            || is_from_behind(claims, end);
        return if is_router { MacKind::Router } else { MacKind::Station };
    }
    let outside = || ends.iter().filter(|end| !end.is_inside);
    let known: HashSet<_> =
        outside().filter(|end| is_vouched(claims, end)).map(|end| outside_network(end.key.1)).collect();
    let counts = |end: &End| !claims.is_near(end.key.1) && !known.contains(&outside_network(end.key.1));
    let counted: HashSet<_> =
        outside().filter(|end| counts(end)).map(|end| outside_network(end.key.1)).collect();
    // Beside the word of a DHCP server, who need not be heard of again, an address outside that speaks from it to a station.
    let faces_outside = || outside().any(|end| end.to_station && counts(end));
    let is_router = crowded
        || claims.is_router(mac)
        || ends.iter().any(|end| is_called_router(claims, end))
            && (claims.serves_leases(mac) || faces_outside())
        || counted.len() >= rules::ROUTER_ADDRESSES
        || ends.iter().any(|end| (end.is_inside || counts(end)) && is_from_behind(claims, end));
    if is_router {
        MacKind::Router
    } else if counted.is_empty() {
        inside_kind(claims, ends)
    } else if faces_outside() {
        MacKind::Presumed
    } else {
        MacKind::Undecided
    }
}

/// Whether the inside addresses of a MAC are those of one station: a few IPv4 addresses that follow one another in time are
/// leases of one, those that are used at once are of several.
fn inside_kind(claims: &Claims, ends: &[&End]) -> MacKind {
    let is_v4 = |end: &&&End| v4_network(end.key.1).is_some();
    let inside = || ends.iter().filter(|end| end.is_inside && !is_of_link(end.key.1)).filter(is_v4);
    let unsure = inside().filter(|end| !is_vouched(claims, end)).count();
    if unsure == 0 || inside().count() == 1 {
        return MacKind::Station;
    }
    let mut spans: Vec<_> = inside().filter_map(|end| end.sending).collect();
    spans.sort_unstable();
    let overlap = spans.windows(2).any(|pair| matches!(pair, [(_, last), (first, _)] if first <= last));
    if overlap || unsure > rules::LEASES { MacKind::Several } else { MacKind::Station }
}

/// The first 24 bits of an IPv4 address that is not of its link alone.
fn v4_network(address: Address) -> Option<[u8; 3]> {
    let [a, b, c, _] = address.octets().filter(|_| !is_of_link(address))?;
    Some([a, b, c])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::who::passage::Passage;
    use crate::judge::who::volume::Volume;
    use std::net::IpAddr;

    const MAC: Mac = Mac([2, 0, 0, 0, 0, 1]);
    const PEER: Mac = Mac([2, 0, 0, 0, 0, 2]);

    fn end(address: &str, sending: (i64, i64)) -> End {
        let ip: IpAddr = address.parse().unwrap();
        let is_inside =
            address.starts_with("192.168.") || address.starts_with("fe80") || address.starts_with("192.0.0.");
        End {
            key: (MAC, Address::from(ip)),
            is_inside,
            sending: Some(sending),
            to_group: false,
            to_station: false,
            heard: false,
            calls: false,
            is_foreign: false,
            passage: Passage::NONE,
            facing: Some((PEER, PEER)),
            volume: Volume::default(),
        }
    }

    fn kind(ends: &[End]) -> MacKind {
        kind_of(&Claims::default(), MAC, &ends.iter().collect::<Vec<_>>(), false)
    }

    #[test]
    fn leases_that_follow_one_another_are_of_one_station() {
        let leases = |count, gap| {
            let lease = |n: i64| end(&format!("192.168.1.{n}"), (n * 10, n * 10 + gap));
            kind(&(0..count).map(lease).collect::<Vec<_>>())
        };
        assert_eq!(leases(3, 9), MacKind::Station);
        assert_eq!(leases(3, 11), MacKind::Several);
        assert_eq!((leases(8, 9), leases(9, 9)), (MacKind::Station, MacKind::Several));
    }

    #[test]
    fn addresses_from_before_a_lease_count_for_nothing() {
        let ends = [end("192.168.1.5", (0, 9)), end("192.0.0.64", (0, 9)), end("fe80::5", (0, 9))];
        assert_eq!(kind(&ends), MacKind::Station);
    }

    #[test]
    fn one_outside_address_that_speaks_to_a_station_is_behind_a_router() {
        let to_station = End { to_station: true, ..end("203.0.113.9", (0, 9)) };
        assert_eq!(kind(std::slice::from_ref(&to_station)), MacKind::Presumed);
        assert_eq!(kind(&[end("203.0.113.9", (0, 9))]), MacKind::Undecided);
        assert_eq!(kind(&[end("203.0.113.9", (0, 9)), end("203.0.113.10", (0, 9))]), MacKind::Router);
        // What it sends to groups from is its own.
        assert_eq!(kind(&[End { to_group: true, ..to_station }]), MacKind::Station);
    }

    #[test]
    fn what_routers_passed_on_came_from_behind_the_mac() {
        let passed = |address| End { passage: Passage::FEWER_HOPS, ..end(address, (0, 9)) };
        for address in ["203.0.113.9", "192.168.1.5"] {
            assert_eq!(kind(&[passed(address)]), MacKind::Router, "{address}");
            let passage = Passage::FEWER_HOPS.and(Passage::ALL_HOPS);
            let both = End { passage, ..end(address, (0, 9)) };
            assert_ne!(kind(&[both]), MacKind::Router, "{address}");
        }
        // A lease of its own and a station behind it are no two leases of one.
        assert_eq!(kind(&[end("192.168.1.5", (0, 4)), passed("192.168.2.7")]), MacKind::Router);
        assert_eq!(kind(&[passed("fe80::5"), end("192.168.1.5", (0, 9))]), MacKind::Station);
    }

    #[test]
    fn temporary_addresses_of_one_network_are_one_address_of_the_outside() {
        let six = |last| end(&format!("2001:db8:7::{last}"), (0, 9));
        assert_eq!(kind(&[six(1), six(2), six(3)]), MacKind::Undecided);
        assert_eq!(kind(&[six(1), end("2001:db8:8::1", (0, 9))]), MacKind::Router);
    }
}
