//! What flows have in common that leave one record, and whose they are.

use lenscap_wire::Address;
use serde::{Deserialize, Serialize};

use crate::state::key::Side;
use crate::state::names::Names;
use crate::state::path::PathId;
use crate::state::residual::is_private;
use crate::state::share::Holder;
use crate::state::spell::{Hot, Spell};
use crate::state::text::TextId;
use crate::state::transcript::Asked;

/// What flows have in common that leave one record.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct EvictedKey {
    macs: [[u8; 6]; 2],
    pub(super) addresses: [[u8; 16]; 2],
    pub(crate) path: PathId,
    protocol: u8,
    version: u8,
    /// Which end began, where that is known.
    client: Option<u8>,
    /// The port of the end that did not begin; else the lower one.
    pub(super) service: u16,
    /// The name that a half asked for, else the one that the station was last given for the address before the flow began.
    pub(crate) name: TextId,
}

/// The end that a flow is booked to: the private one where exactly one is, else the one that began it.
fn owner(Spell { hot, cold }: &Spell) -> (Side, [u8; 6], Address) {
    let private = [0, 1].map(|side| is_private(hot.key.address(side)));
    let side = match private {
        [true, false] => 0,
        [false, true] => 1,
        _ => client(hot).unwrap_or(hot.first_side()),
    };
    (side, cold.macs[side].0, hot.key.address(side))
}

/// The station that a flow is booked to: by its MAC, where it has one.
pub(crate) fn holder(spell: &Spell) -> Holder {
    let (_, mac, address) = owner(spell);
    (mac, if mac == [0; 6] { address } else { Address::default() })
}

fn client(hot: &Hot) -> Option<Side> {
    hot.shows_client().then(|| hot.client())
}

/// Names of an address that are looked at, for each flow that is evicted.
const NEWEST_RUNS: usize = 256;

/// What a flow has in common with others, of which an earlier spell asked for the name `told`.
pub(super) fn key(flow: &Spell, told: TextId, names: &Names) -> EvictedKey {
    let Spell { hot, cold } = flow;
    let (side, ..) = owner(flow);
    let own = [0, 1].map(|side| cold.asked(hot, side)).into_iter();
    let own = own.map(|Asked { name, .. }| name).chain([told]).find(|name| *name != TextId::EMPTY);
    let given = || {
        let asker = hot.key.address(side);
        let runs = names.runs(&(hot.key.address(1 - side), asker));
        let own = |name: &TextId| {
            names.question(asker, *name).is_some_and(|question| question.was_asked_by(cold.macs[side]))
        };
        // Who gives an address two names by turns makes many runs: the newest are looked at.
        let newest = runs.iter().rev().take(NEWEST_RUNS);
        let before = newest.filter(|run| run.first <= hot.span(cold).0);
        before.max_by_key(|run| (run.first, run.at)).map(|run| run.name).filter(own)
    };
    let ports = hot.key.ports;
    EvictedKey {
        macs: cold.macs.map(|mac| mac.0),
        addresses: hot.key.addresses,
        path: hot.key.path,
        protocol: hot.key.protocol,
        version: hot.key.version,
        client: client(hot).map(|side| side as u8),
        service: client(hot).map_or(ports[0].min(ports[1]), |client| ports[1 - client]),
        name: own.or_else(given).unwrap_or_default(),
    }
}
