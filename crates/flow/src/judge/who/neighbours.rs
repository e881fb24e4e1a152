//! Stations of one link that have addresses of the outside, and of which nobody says that they hold them.
//!
//! 203.0.113.10 and 203.0.113.11 send each other datagrams by two MACs, and all come with 64 hops: no router stands between
//! them. One that lowers nothing is told by the second address of the outside that it sends from, and a proxy that answers for
//! whoever was called by the address of another network.

use hashbrown::HashMap;
use lenscap_wire::{Address, Mac};
use std::sync::OnceLock;

use super::ends::outside_network;
use crate::judge::boundary::Place;
use crate::judge::{Court, Flow, SETTLED};
use crate::state::key::Side;
use crate::state::spell::way::{Hops, Way};

/// What counts as the one address of the outside that a MAC sends from; `None` where there are several.
type Lone = Option<[u8; 16]>;

/// MACs that send from one address of the outside, or from several. Few captures ask.
#[derive(Debug, Default)]
pub(crate) struct Neighbours(OnceLock<HashMap<Mac, Lone>>);

impl Neighbours {
    /// Whether both ends of a flow that look as if they were outside stand on this link.
    pub(crate) fn are_ends_of(&self, court: &Court<'_>, flow: &Flow<'_>) -> bool {
        let has_come_as_sent = |side: Side| flow.hot.ways[side].hops() == Hops::All;
        let [Some(one), Some(other)] = [flow.mac(0), flow.mac(1)] else { return false };
        let near = wide_network(flow.hot.key.address(0)) == wide_network(flow.hot.key.address(1));
        if one == other || !near || !has_come_as_sent(0) || !has_come_as_sent(1) {
            return false;
        }
        let known = self.0.get_or_init(|| all(court));
        [(one, 0), (other, 1)].into_iter().all(|(mac, side)| {
            let own = Some(outside_network(flow.hot.key.address(side)));
            !court.claims.is_router(mac) && known.get(&mac).is_none_or(|lone| *lone == own)
        })
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

/// Every MAC that sends from an address of the outside, those left out that it holds by its word.
fn all(court: &Court<'_>) -> HashMap<Mac, Lone> {
    let mut all: HashMap<Mac, Lone> = HashMap::new();
    let counts = |mac: Mac, address: Address| {
        court.boundary.place(address) == Some(Place::Outside)
            && !court.claims.is_own(mac, address)
            && !court.claims.is_near(address)
    };
    for flow in (0..=SETTLED).flat_map(|shard| court.flows(shard)) {
        if court.is_carried(&flow) {
            continue;
        }
        for side in [0, 1].into_iter().filter(|side| flow.hot.ways[*side] != Way::NONE) {
            let (mac, address) = (flow.mac(side).unwrap_or_default(), flow.hot.key.address(side));
            if !mac.is_zero() && counts(mac, address) {
                let own = Some(outside_network(address));
                let lone = all.entry(mac).or_insert(own);
                if *lone != own {
                    *lone = None;
                }
            }
        }
    }
    all
}
