//! Ends: who sent from which address, when, how much, and to whom.
//!
//! An end is a pair of MAC and address, such as (44:19:b6:00:00:01, 192.168.1.64). The walk over all flows adds up what each
//! end sent and what was said of it; which ends are one station is only asked when all of them are known (`roll.rs`), for
//! a router is known by all that speaks from its MAC.
//!
//! Of a MAC from which more addresses of the outside speak than a station has, the further ones are no ends: they stand
//! behind a router, and there may be a million of them.

use arrayvec::ArrayVec;
use hashbrown::HashMap;
use hashbrown::hash_table::{Entry, HashTable};
use lenscap_wire::{Address, Mac};
use std::hash::BuildHasher;

use super::claims::{Claims, is_unspecified, network};
use super::dealings::{DealingAt, Through};
use super::foreign::{Foreign, REST};
use super::heard::Heard;
use super::passage::Passage;
use super::volume::Volume;
use crate::judge::judged::Judged;
use crate::judge::whose::opinion::Testimony;
use crate::judge::whose::statement::Statement;
use crate::judge::{Court, Flow, rules};
use crate::state::key::Side;
use crate::state::path::PathId;
use crate::state::seed::seeded;
use crate::state::spell::counters::Counters;
use crate::state::spell::way::Hops;
use crate::state::table::index::NOWHERE;
use crate::state::table::slab::Slab;

/// MAC, zero where there is none that could be the end's own, and address.
pub(crate) type EndKey = (Mac, Address);

/// What is known of one end.
#[expect(clippy::struct_excessive_bools, reason = "each is a sum of its own over the flows")]
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) key: EndKey,
    pub(crate) is_inside: bool,
    /// First and last time of flows in which it sent.
    pub(crate) sending: Option<(i64, i64)>,
    /// Whether it sent to a group, which no router passes on.
    pub(crate) to_group: bool,
    /// Whether it is outside and sent to a station of the link.
    pub(crate) to_station: bool,
    /// Whether what it sent was delivered inside, or anything came back to it.
    pub(crate) heard: bool,
    /// Whether it is outside and began a flow with another that is.
    pub(crate) calls: bool,
    /// Whether its address is not its sender's own; known when all ends are, see [`Ends::find_foreign`].
    pub(crate) is_foreign: bool,
    /// How what it sent to one other came here.
    pub(crate) passage: Passage,
    /// The least and the greatest MAC that it sent to.
    pub(crate) facing: Option<(Mac, Mac)>,
    pub(crate) volume: Volume,
}

impl End {
    fn join(&mut self, other: &Self) {
        self.sending = other.sending.map(|span| widest(self.sending, span)).or(self.sending);
        self.facing = other.facing.map(|macs| widest(self.facing, macs)).or(self.facing);
        self.is_inside |= other.is_inside;
        self.to_group |= other.to_group;
        self.to_station |= other.to_station;
        self.heard |= other.heard;
        self.calls |= other.calls;
        self.passage = self.passage.and(other.passage);
        self.volume.join(&other.volume);
    }
}

/// The least and the greatest of what is known and of these.
fn widest<T: Copy + Ord>(known: Option<(T, T)>, (least, greatest): (T, T)) -> (T, T) {
    let (one, other) = known.unwrap_or((least, greatest));
    (one.min(least), other.max(greatest))
}

/// A flow with what takes both of its ends.
struct Both<'f, 'a> {
    flow: &'f Flow<'f>,
    judged: &'f Judged,
    halves: &'f [Testimony<'f, 'a>; 2],
    macs: [Mac; 2],
    /// What each end is known by; `None` where it stands behind the far end of a tunnel.
    addresses: [Option<Address>; 2],
    is_carried: bool,
    /// Whether it goes outside through the end that is told to be there, which is a proxy.
    is_proxied: bool,
    counters: &'f Counters,
    span: (i64, i64),
}

/// The outside networks that speak from one MAC, to as many as a station could have.
type Abroad = ArrayVec<[u8; 16], { rules::OUTSIDE_NETWORKS }>;

/// Every end of the flows seen so far.
#[derive(Default)]
pub(crate) struct Ends {
    pub(crate) all: Slab<End>,
    ids: HashTable<u32>,
    /// By MAC; `None` where there are more than a station could have.
    abroad: HashMap<Mac, Option<Abroad>>,
    /// MACs from which something outside was heard, and those that send from sources that are not their own.
    pub(crate) foreign: Foreign,
    /// What was said of each end.
    pub(crate) said: Vec<(u32, Heard)>,
    /// Flows of others in tunnels that ends opened to the outside.
    pub(crate) through: Vec<Through>,
    /// Flows in which proxies of the site were asked for somebody outside, by their ends.
    pub(crate) asked: Vec<Through>,
    hearing: HashTable<u32>,
    /// The end seen last on each side, and the router.
    lately: [Option<(EndKey, u32)>; 2],
    router: Option<Mac>,
}

impl Ends {
    /// Takes in both ends of a flow of which so much was counted, and returns their places, [`NOWHERE`] for those that are none.
    pub(crate) fn enter(
        &mut self,
        court: &Court<'_>,
        flow: &Flow<'_>,
        judged: &Judged,
        halves: &[Testimony<'_, '_>; 2],
        counters: &Counters,
    ) -> [u32; 2] {
        let mut macs = [0, 1].map(|side| flow.mac(side).unwrap_or_default());
        let mut addresses = [0, 1].map(|side| Some(flow.hot.key.address(side)));
        let is_carried = court.is_carried(flow);
        if is_carried {
            // Who sends in a tunnel of IP alone to the outside is the station at its near end, whatever the addresses inside.
            match court.tunnel_ends(flow) {
                Some([near, _]) => addresses = [0, 1].map(|side| judged.is_inside(side).then_some(near)),
                None => macs = <[Mac; 2]>::default(),
            }
        }
        let span = flow.whole_span();
        if flow.hot.key.path != PathId::NONE
            && let Some((address, side)) = court.carrier(flow)
        {
            // It sends nothing by this alone, so that it is a station only where it is one otherwise.
            let place = self.intern((Mac::default(), address), true);
            self.through.push((place, DealingAt::through(flow.at, side)));
        }
        let is_proxied = court.is_proxied(flow, judged);
        let both = Both { flow, judged, halves, macs, addresses, is_carried, is_proxied, counters, span };
        let places = [0, 1].map(|side| self.enter_side(court, &both, side).unwrap_or(NOWHERE));
        if is_proxied {
            let proxy = judged.remote();
            self.asked.push((places[proxy], DealingAt::new(flow.at, proxy)));
        }
        places
    }

    fn enter_side(&mut self, court: &Court<'_>, both: &Both<'_, '_>, side: Side) -> Option<u32> {
        let &Both { flow, judged, halves, macs, addresses, is_carried, is_proxied, counters, .. } = both;
        let (first, last) = both.span;
        let (address, mac) = (addresses[side]?, macs[side]);
        let sent = counters.packets[side] > 0;
        let is_inside = judged.is_inside(side) || is_proxied;
        if sent && !mac.is_zero() && is_unspecified(address) {
            // Who asks for an address is there. What all who ask send to everybody is one flow, and none's alone.
            let place = self.place((mac, address), true, side);
            let end = self.all.get_mut(place as usize)?;
            end.sending = Some(widest(end.sending, (first, last)));
            return None;
        }
        let delivered = judged.is_inside(1 - side) && !macs[1 - side].is_zero() && macs[1 - side] != mac;
        let heard = counters.packets[1 - side] > 0 || delivered;
        let mut key = (mac, address);
        if !(is_inside || sent && judged.is_outside(side) && self.may_be_near(court, key, heard)) {
            let is_passed_on = || flow.hot.ways[side & 1].hops() == Hops::Fewer;
            if heard || !sent || !judged.is_outside(side) || !self.foreign.may_be(mac) || is_passed_on() {
                return None;
            }
            key.1 = REST;
        }
        let place = self.place(key, is_inside, side);
        let end = self.all.get_mut(place as usize)?;
        end.is_inside |= is_inside;
        let (peer, abroad) = (macs[1 - side], judged.is_outside(1 - side));
        let (out, back) = (counters.bytes[side], counters.bytes[1 - side]);
        let outside = if abroad { (out, back) } else { (0, 0) };
        end.volume.join(&Volume {
            sent: out,
            received: back,
            sent_outside: outside.0,
            received_outside: outside.1,
            first: if flow.is_evicted() { first } else { flow.cold.first },
        });
        if sent {
            end.sending = Some(widest(end.sending, (first, last)));
            end.heard |= heard;
            end.to_group |= judged.is_group(1 - side);
            end.calls |= abroad && !is_inside && judged.orig() == side;
            if !peer.is_zero() && peer != mac {
                end.facing = Some(widest(end.facing, (peer, peer)));
                let other = flow.hot.key.address(1 - side);
                // Between two addresses of one network no router stands.
                let is_apart = || network(address).is_none_or(|own| network(other) != Some(own));
                end.to_station |= !is_inside
                    && (judged.is_inside(1 - side) || court.claims.is_own(peer, other))
                    && is_apart();
            }
            // To a group one sends with as few hops as one likes, and what lies in a tunnel was sent elsewhere.
            if !peer.is_zero() && !is_carried && (abroad || judged.is_inside(1 - side)) {
                end.passage = end.passage.and(flow.hot.ways[side & 1].hops().into());
            }
        }
        let (answers, pictured) = halves[side].answers(&halves[1 - side]);
        // Those that were evicted with it may have said something else.
        let often = if flow.is_evicted() { 1 } else { flow.count() };
        for from in [0, 1].into_iter().filter(|&from| !halves[from].is_silent()) {
            let mut statements = halves[from].about(from != side).peekable();
            if statements.peek().is_some() {
                let at = court.decided(flow, from).unwrap_or(flow.cold.at());
                let claimed =
                    if from == side { halves[from].passes_on(address, &halves[1 - from]) } else { !answers };
                let said = |of: Statement| if pictured { of.pictured() } else { of };
                statements.for_each(|of| self.hear(place, Heard::new(said(of), claimed, (often, at))));
            }
        }
        Some(place)
    }

    /// Whether an outside address may be of the MAC's own station rather than behind it.
    fn may_be_near(&mut self, court: &Court<'_>, (mac, address): EndKey, heard: bool) -> bool {
        if mac.is_zero() {
            return false;
        }
        if heard && self.router != Some(mac) {
            self.foreign.hear(mac);
        }
        let claims = &court.claims;
        if claims.may_tell_of(address) && (claims.is_own(mac, address) || claims.is_near(address)) {
            return true;
        }
        if self.router == Some(mac) {
            return false;
        }
        let abroad = self.abroad.entry(mac).or_insert_with(|| Some(Abroad::new()));
        add(abroad, outside_network(address));
        let router = abroad.is_none();
        if router && !self.foreign.may_be(mac) {
            self.router = Some(mac);
        }
        !router
    }

    fn place(&mut self, key: EndKey, is_inside: bool, side: Side) -> u32 {
        if let Some((known, place)) = self.lately[side]
            && known == key
        {
            return place;
        }
        let place = self.intern(key, is_inside);
        self.lately[side] = Some((key, place));
        place
    }

    fn intern(&mut self, key: EndKey, is_inside: bool) -> u32 {
        let all = &self.all;
        let hash = |key: &EndKey| seeded().hash_one(key);
        let same = |&at: &u32| all.get(at as usize).is_some_and(|end| end.key == key);
        let again = |&at: &u32| all.get(at as usize).map_or(0, |end| hash(&end.key));
        let place = all.len() as u32;
        match self.ids.entry(hash(&key), same, again) {
            Entry::Occupied(known) => return *known.get(),
            Entry::Vacant(entry) => entry.insert(place),
        };
        self.all.push(End {
            key,
            is_inside,
            sending: None,
            to_group: false,
            to_station: false,
            heard: false,
            calls: false,
            is_foreign: false,
            passage: Passage::NONE,
            facing: None,
            volume: Volume::default(),
        });
        place
    }

    fn hear(&mut self, place: u32, heard: Heard) {
        let key = |(place, heard): &(u32, Heard)| seeded().hash_one((*place, heard.bits()));
        let new = (place, heard);
        let said = &mut self.said;
        let same = |&at: &u32| {
            said.get(at as usize).is_some_and(|(of, known)| *of == place && known.is_same(&heard))
        };
        let own = key(&new);
        if let Some(&known) = self.hearing.find(own, same) {
            if let Some((_, known)) = said.get_mut(known as usize) {
                known.add(heard.often());
            }
            return;
        }
        let at = said.len() as u32;
        self.hearing.insert_unique(own, at, |&at| said.get(at as usize).map_or(0, key));
        said.push(new);
    }

    /// Takes in the ends of other flows; the result maps their places to ours.
    pub(crate) fn adopt(&mut self, other: Self) -> Vec<u32> {
        let Self { all, abroad, said, through, asked, foreign, .. } = other;
        self.foreign.join(foreign);
        let mut ours = Vec::with_capacity(all.len());
        // What was taken in is given back at once: most stations have flows in every share of them.
        for end in all {
            let place = self.intern(end.key, end.is_inside);
            if let Some(known) = self.all.get_mut(place as usize) {
                known.join(&end);
            }
            ours.push(place);
        }
        let ours_of = |place: u32| ours.get(place as usize).copied().unwrap_or(place);
        self.through.extend(through.into_iter().map(|(place, dealing)| (ours_of(place), dealing)));
        self.asked.extend(asked.into_iter().map(|(place, dealing)| (ours_of(place), dealing)));
        for (mac, theirs) in abroad {
            let known = self.abroad.entry(mac).or_insert_with(|| Some(Abroad::new()));
            match theirs {
                Some(theirs) => theirs.into_iter().for_each(|network| add(known, network)),
                None => *known = None,
            }
        }
        for (place, heard) in said {
            self.hear(ours_of(place), heard);
        }
        ours
    }

    /// Whether more networks of the outside speak from a MAC than a station could have.
    pub(crate) fn is_crowded(&self, mac: Mac) -> bool {
        self.has_many_abroad(mac) && !self.foreign.is_sender(mac)
    }

    /// The same, whether they are behind it or foreign.
    pub(crate) fn has_many_abroad(&self, mac: Mac) -> bool {
        self.abroad.get(&mac).is_some_and(Option::is_none)
    }

    /// Finds the sources that are not their sender's own, when all ends are known.
    pub(crate) fn find_foreign(&mut self, claims: &Claims) {
        let many = self.abroad.iter().filter(|(_, abroad)| {
            abroad.as_ref().is_none_or(|networks| networks.len() >= rules::ROUTER_ADDRESSES)
        });
        let many = many.map(|(mac, _)| *mac).collect();
        self.foreign.conclude(claims, many, &mut self.all);
    }

    /// Whether an outside end stands behind a router: more networks of the outside speak from its MAC than a station could have, and
    /// nothing says that this address is of the link. Which ends of such a MAC the walk had met before it was known to be a
    /// router's hangs on the order of the walk, which is a hasher's; so those are no more ends than the ones that came after.
    /// Neither is what a sender of foreign sources passed on.
    pub(crate) fn is_behind(&self, claims: &Claims, end: &End) -> bool {
        let (mac, address) = end.key;
        let is_router = || self.is_crowded(mac) || end.passage.is_passed_on() && self.foreign.is_sender(mac);
        !end.is_inside && is_router() && !claims.is_own(mac, address) && !claims.is_near(address)
    }

    /// Makes room for the ends of so many flows, as far as that is no waste where few stations have all of them.
    pub(crate) fn reserve(&mut self, flows: usize) {
        self.ids.reserve(flows.min(1 << 12), |_| 0);
        self.hearing.reserve(flows.min(1 << 12), |_| 0);
        // Each flow has mostly one station of its own, and a few are everybody's.
        self.all = Slab::with_room(flows + flows / 64 + 8);
    }

    /// Gives back what only the walk needs.
    pub(crate) fn rest(&mut self) {
        (self.ids, self.hearing) = (HashTable::new(), HashTable::new());
    }
}

fn add(abroad: &mut Option<Abroad>, network: [u8; 16]) {
    let Some(known) = abroad else { return };
    if !known.contains(&network) && known.try_push(network).is_err() {
        *abroad = None;
    }
}

/// What counts as one address of the outside: an IPv4 address, or an IPv6 network, in which a station has as many addresses
/// as it likes (RFC 8981).
pub(crate) fn outside_network(address: Address) -> [u8; 16] {
    let Some(network) = network(address) else { return address.0 };
    let mut whole = [0; 16];
    whole[..8].copy_from_slice(&network);
    whole
}

#[cfg(test)]
mod tests;
