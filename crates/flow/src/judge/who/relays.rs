//! What a proxy of the site passes on for others, which shows nothing of what it is itself.
//!
//! A camera asks 192.168.1.8 to connect it to `cloud.example` and sends 700 kB; 192.168.1.8 looks that name up and sends 700 kB
//! there. The cloud is the camera's. One that was asked so and sends more than it was given has something of its own to say: who
//! asks a camera for its own cloud, as if it were a proxy, makes none of it.

use super::dealings::DealingAt;
use super::questions::AskedFor;
use crate::judge::judged::{Judged, host_part};
use crate::judge::whose::proxied::literal;
use crate::judge::{Court, Flow};
use crate::state::key::Side;

/// More that a proxy sends on than what it was given: as the quarter of it, and at least so much, its own hellos.
const BESIDE: u64 = 1 << 12;

/// For whom a station was asked as a proxy, since when, and how much it was sent for him.
#[derive(Debug, Default)]
pub(crate) struct Relayed<'a>(Vec<(&'a [u8], i64, u64)>);

impl<'a> Relayed<'a> {
    /// By the flows in which it was asked; in each it has this side.
    pub(crate) fn of<'d>(court: &Court<'a>, asked: impl Iterator<Item = &'d DealingAt>) -> Self {
        let mut all: Vec<(&'a [u8], i64, u64)> = Vec::new();
        for dealing in asked {
            let Some(flow) = court.flow(dealing.at()).filter(|flow| !court.halves.is_copy(flow.at)) else {
                continue;
            };
            let client = 1 - (dealing.side() & 1);
            let target = court.target(&flow, client).unwrap_or_default();
            let (began, sent) = (flow.began(), flow.once(client) + flow.gone_once()[client]);
            match all.iter_mut().find(|(known, ..)| is_same(known, target)) {
                Some((_, first, sum)) => (*first, *sum) = ((*first).min(began), *sum + sent),
                None => all.push((target, began, sent)),
            }
        }
        Self(all)
    }

    /// Whether it passes on in a flow what it was sent for the other end.
    pub(crate) fn covers(&self, court: &Court<'a>, flow: &Flow<'a>, side: Side, judged: &Judged) -> bool {
        if self.0.is_empty() || !judged.is_outside(1 - (side & 1)) {
            return false;
        }
        let name = court.best_name(flow, judged).map(|name| name.text);
        let address = flow.hot.key.address(1 - (side & 1));
        let sent = flow.once(side) + flow.gone_once()[side & 1];
        self.0.iter().any(|(target, first, given)| {
            let is_it = literal(target) == Some(address) || name.is_some_and(|name| is_same(target, name));
            is_it && *first <= flow.began() && sent <= given.saturating_add(given / 4).saturating_add(BESIDE)
        })
    }

    /// Whether it looked a name up for who asked for it.
    pub(crate) fn asks(&self, &(_, first, _, name, _): &AskedFor<'_>) -> bool {
        self.0.iter().any(|(target, asked, _)| *asked <= first && is_same(target, name))
    }
}

/// Whether two names are of one host.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let of = |name| {
        let host = host_part(name);
        host.strip_suffix(b".").unwrap_or(host)
    };
    of(one).eq_ignore_ascii_case(of(other))
}
