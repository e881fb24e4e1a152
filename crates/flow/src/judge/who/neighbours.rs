//! Stations of one link that have addresses of the outside, and of which nobody says that they hold them.
//!
//! 203.0.113.10 and 203.0.113.11 send each other datagrams by two MACs, and all come with 64 hops: no router stands between
//! them. One that lowers nothing is told by the second address of the outside that it sends from, and a proxy that answers for
//! whoever was called by the address of another network. Where a router says which networks are of the link, a station with an
//! address of one is told by its MAC and hops, too.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Mac};
use std::sync::OnceLock;

use super::ends::{EndKey, outside_network};
use super::passage::Passage;
use crate::judge::boundary::Place;
use crate::judge::{Court, Flow, SETTLED};
use crate::state::key::Side;
use crate::state::spell::way::{Hops, Way};

/// What counts as the one address of the outside that a MAC sends from; `None` where there are several.
type Lone = Option<[u8; 16]>;

/// What MACs show of the addresses of the outside that stand at them.
#[derive(Debug, Default)]
struct Shown {
    /// MACs that send from one address of the outside, or from several.
    lone: HashMap<Mac, Lone>,
    /// MACs that send from an address of the outside, or are sent to for one, of which nothing says that it is of the link.
    passing: HashSet<Mac>,
    /// How what is said to be of the link came here.
    near: HashMap<EndKey, Passage>,
}

/// What all flows show of that. Few captures ask.
#[derive(Debug, Default)]
pub(crate) struct Neighbours(OnceLock<Shown>);

impl Neighbours {
    /// Whether both ends of a flow that look as if they were outside stand on this link.
    pub(crate) fn are_ends_of(&self, court: &Court<'_>, flow: &Flow<'_>) -> bool {
        let has_come_as_sent = |side: Side| flow.hot.ways[side].hops() == Hops::All;
        let [Some(one), Some(other)] = [flow.mac(0), flow.mac(1)] else { return false };
        let near = wide_network(flow.hot.key.address(0)) == wide_network(flow.hot.key.address(1));
        if one == other || !near || !has_come_as_sent(0) || !has_come_as_sent(1) {
            return false;
        }
        let known = &self.shown(court).lone;
        [(one, 0), (other, 1)].into_iter().all(|(mac, side)| {
            let own = Some(outside_network(flow.hot.key.address(side)));
            !court.claims.is_router(mac) && known.get(&mac).is_none_or(|lone| *lone == own)
        })
    }

    /// Whether the end of an address that routers say is of the link stands here: what it sends comes with all hops, from a MAC that
    /// passes on nothing else. Who advertises the network of its cloud hides nothing, since what it sends there goes to the router's
    /// MAC.
    pub(crate) fn stands_here(&self, court: &Court<'_>, (mac, address): EndKey) -> bool {
        if !court.claims.is_advertised(address) || mac.is_zero() || court.claims.is_router(mac) {
            return false;
        }
        let shown = self.shown(court);
        !shown.passing.contains(&mac) && shown.near.get(&(mac, address)) == Some(&Passage::ALL_HOPS)
    }

    /// Whether the end of an address of which it is said that it is its MAC's own stands here: by frames of that MAC, or where that
    /// passes on nothing else.
    pub(crate) fn holds(&self, court: &Court<'_>, (mac, address): EndKey) -> bool {
        let claims = &court.claims;
        claims.is_own(mac, address)
            && claims.vouches(mac)
            && (claims.is_said_by(mac, address)
                || !claims.is_router(mac) && !self.shown(court).passing.contains(&mac))
    }

    fn shown(&self, court: &Court<'_>) -> &Shown {
        self.0.get_or_init(|| all(court))
    }
}

/// The widest network that a link has: of 65,536 addresses in IPv4, and in IPv6 that of all its stations (RFC 4291, 2.5.1).
fn wide_network(address: Address) -> [u8; 16] {
    let mut wide = outside_network(address);
    if address.octets().is_some() {
        wide[14..].fill(0);
    }
    wide
}

/// What all flows show, addresses left out that a MAC holds by its word.
fn all(court: &Court<'_>) -> Shown {
    let mut all = Shown::default();
    for flow in (0..=SETTLED).flat_map(|shard| court.flows(shard)) {
        if court.is_carried(&flow) {
            continue;
        }
        for side in [0, 1] {
            let (mac, address) = (flow.mac(side).unwrap_or_default(), flow.hot.key.address(side));
            if mac.is_zero() || court.boundary.place(address) != Some(Place::Outside) {
                continue;
            }
            let way = flow.hot.ways[side];
            if court.claims.is_advertised(address) && way != Way::NONE {
                let known = all.near.entry((mac, address)).or_default();
                *known = known.and(way.hops().into());
            }
            if court.claims.is_own(mac, address) || court.claims.is_near(address) {
                continue;
            }
            all.passing.insert(mac);
            if way != Way::NONE {
                let own = Some(outside_network(address));
                let lone = all.lone.entry(mac).or_insert(own);
                if *lone != own {
                    *lone = None;
                }
            }
        }
    }
    all
}
