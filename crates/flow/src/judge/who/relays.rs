//! What a proxy of the site passes on for others, which shows nothing of what it is itself.
//!
//! A camera asks 192.168.1.8 to connect it to `cloud.example` and sends 700 kB; 192.168.1.8 looks that name up and sends 700 kB
//! there. The cloud is the camera's. One that was asked so and sends more than it was given has something of its own to say, and
//! all else that a proxy does is its own.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, PacketRef};

use super::dealings::DealingAt;
use super::questions::AskedFor;
use crate::judge::judged::{Judged, host_of};
use crate::judge::whose::proxied::literal;
use crate::judge::{Court, Flow, FlowAt};
use crate::state::key::Side;

/// More that a proxy sends on than what it was given: a quarter of it, and so much each time that it was asked, its own hellos.
const BESIDE: u64 = 1 << 12;

/// Whom a station was asked for as a proxy.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Target {
    Name(Vec<u8>),
    Address(Address),
}

/// Since when, and how much more it may send there for who asked.
#[derive(Clone, Copy, Debug)]
struct Given {
    first: i64,
    left: u64,
}

/// For whom a station was asked as a proxy.
#[derive(Debug, Default)]
pub(crate) struct Relayed(HashMap<Target, Given>);

impl Relayed {
    /// By the flows in which it was asked; in each it has this side.
    pub(crate) fn of<'a, 'd>(court: &Court<'a>, asked: impl Iterator<Item = &'d DealingAt>) -> Self {
        let mut all: HashMap<Target, Given> = HashMap::new();
        for dealing in asked {
            let Some(flow) = court.flow(dealing.at()).filter(|flow| !court.halves.is_copy(flow.at)) else {
                continue;
            };
            let client = 1 - (dealing.side() & 1);
            let target = court.target(&flow, client).unwrap_or_default();
            let target = literal(target).map_or_else(|| Target::Name(host_of(target)), Target::Address);
            let (began, sent) = (flow.began(), flow.once(client) + flow.gone_once()[client]);
            let given = all.entry(target).or_insert(Given { first: began, left: 0 });
            given.first = given.first.min(began);
            given.left = given.left.saturating_add(sent).saturating_add(sent / 4).saturating_add(BESIDE);
        }
        Self(all)
    }

    /// The flows of the station in which it passes on what it was given, of those to the same one the first.
    pub(crate) fn passed_on<'a: 'j, 'j>(
        &self,
        court: &Court<'a>,
        dealings: impl Iterator<Item = (Flow<'a>, Side, &'j Judged)>,
    ) -> HashSet<FlowAt> {
        if self.0.is_empty() {
            return HashSet::new();
        }
        let candidate = |(flow, side, judged): (Flow<'a>, Side, &Judged)| {
            let target = self.of_flow(court, &flow, side, judged)?;
            let sent = flow.once(side) + flow.gone_once()[side & 1];
            Some((flow.began(), flow.cold.at(), sent, target, flow.at))
        };
        let mut all: Vec<(i64, PacketRef, u64, Target, FlowAt)> = dealings.filter_map(candidate).collect();
        all.sort_by_key(|(began, at, ..)| (*began, *at));
        let mut left = self.0.clone();
        let passed_on = all.into_iter().filter_map(|(_, _, sent, target, at)| {
            let given = left.get_mut(&target)?;
            given.left = given.left.checked_sub(sent)?;
            Some(at)
        });
        passed_on.collect()
    }

    /// Whom it had been asked for that a flow goes to.
    fn of_flow(&self, court: &Court<'_>, flow: &Flow<'_>, side: Side, judged: &Judged) -> Option<Target> {
        if !judged.is_outside(1 - (side & 1)) {
            return None;
        }
        let address = Target::Address(flow.hot.key.address(1 - (side & 1)));
        let name = || court.best_name(flow, judged).map(|name| Target::Name(host_of(name.text)));
        let targets = [Some(address), name()].into_iter().flatten();
        let mut known =
            targets.filter(|target| self.0.get(target).is_some_and(|of| of.first <= flow.began()));
        known.next()
    }

    /// Whether it looked a name up for who had asked for it.
    pub(crate) fn asks(&self, &(_, first, _, name, _): &AskedFor<'_>) -> bool {
        let known = || self.0.get(&Target::Name(host_of(name)));
        !self.0.is_empty() && known().is_some_and(|given| given.first <= first)
    }
}
