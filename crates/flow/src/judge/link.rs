//! What every MAC stands for: a station, several, or a gateway behind which the outside speaks.

use hashbrown::HashMap;
use lenscap_wire::{Address, Mac};
use rayon::prelude::*;

use super::{Court, Flow, rules};
use crate::shard::SHARDS;

/// What a MAC was seen to send from; of each kind no more addresses than a rule can ask for.
#[derive(Clone, Debug, Default)]
struct Link {
    inside: Vec<Address>,
    outside: Vec<Address>,
}

impl Link {
    fn add_inside(&mut self, address: Address) {
        add(&mut self.inside, address, rules::STATION_ADDRESSES + 1);
    }

    fn add_outside(&mut self, address: Address) {
        add(&mut self.outside, address, rules::GATEWAY_ADDRESSES);
    }

    fn join(&mut self, other: Self) {
        other.inside.into_iter().for_each(|address| self.add_inside(address));
        other.outside.into_iter().for_each(|address| self.add_outside(address));
    }

    fn is_gateway(&self) -> bool {
        self.outside.len() >= rules::GATEWAY_ADDRESSES || !self.outside.is_empty() && !self.inside.is_empty()
    }

    fn is_shared(&self) -> bool {
        self.inside.len() > rules::STATION_ADDRESSES
    }
}

fn add(all: &mut Vec<Address>, address: Address, most: usize) {
    if all.len() < most && !all.contains(&address) {
        all.push(address);
    }
}

/// What is known of a MAC.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    pub(crate) gateway: bool,
    /// Several stations send from it.
    pub(crate) shared: bool,
}

/// Every MAC that sent something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links(HashMap<Mac, Link>);

impl Links {
    pub(crate) fn new(court: &Court<'_>) -> Self {
        let each = |mut links: Self, shard: usize| {
            court.flows(shard).for_each(|flow| links.add(court, &flow));
            links
        };
        let apart = (SHARDS + 1).div_ceil(rayon::current_num_threads());
        (0..SHARDS + 1)
            .into_par_iter()
            .with_min_len(apart)
            .fold(Self::default, each)
            .reduce(Self::default, Self::join)
    }

    fn add(&mut self, court: &Court<'_>, flow: &Flow<'_>) {
        for (side, (mac, _)) in flow.cold.macs.iter().enumerate() {
            if mac.is_zero() || mac.is_group() || flow.hot.packets.get(side) == Some(&0) {
                continue;
            }
            let address = flow.hot.key.address(side);
            let link = self.0.entry(*mac).or_default();
            if court.site.is_inside(address) {
                link.add_inside(address);
            } else if court.site.is_outside(address) {
                link.add_outside(address);
            }
        }
    }

    fn join(self, other: Self) -> Self {
        let (mut all, few) = if self.0.len() < other.0.len() { (other, self) } else { (self, other) };
        for (mac, link) in few.0 {
            all.0.entry(mac).or_default().join(link);
        }
        all
    }

    /// What a MAC stands for.
    pub(crate) fn standing(&self, mac: Mac) -> Standing {
        let known = |link: &Link| Standing { gateway: link.is_gateway(), shared: link.is_shared() };
        self.0.get(&mac).map_or(Standing::default(), known)
    }
}
