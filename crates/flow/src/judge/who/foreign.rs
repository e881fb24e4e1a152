//! Foreign sources, which are not their sender's own: a machine of a botnet sends to its victim from whatever addresses it likes.
//!
//! Addresses of the outside that speak from a MAC make it a router, for somebody sent there from the outside. Of foreign sources
//! nothing was ever delivered inside, and nothing comes back to them. So a MAC that has an address inside of its own, to which the
//! outside answers here, and several outside of which none was heard in either way, is that station, and what they sent is the
//! station's. A mirror of one direction shows no answer to anybody, and a router beside which answers come by another way passes on
//! what came with fewer hops than senders begin with: of neither is anything said.

use hashbrown::{HashMap, HashSet};
use lenscap_wire::{Address, Mac};

use super::claims::{Claims, is_of_link};
use super::ends::{End, outside_network};
use super::mac::is_vouched;
use crate::state::table::slab::Slab;

/// What stands for the sources of a MAC that are too many to be told apart. No host has it.
pub(crate) const REST: Address = Address([0xff; 16]);

/// MACs by what their outside addresses show.
#[derive(Debug, Default)]
pub(crate) struct Foreign {
    /// Those from which something outside was heard.
    heard: HashSet<Mac>,
    /// The last of them: that of a router, mostly.
    lately: Option<Mac>,
    /// Those that send from sources that are not their own.
    senders: HashSet<Mac>,
}

impl Foreign {
    /// Notes that something came back to an outside address of a MAC, or was delivered inside from it.
    pub(super) fn hear(&mut self, mac: Mac) {
        if self.lately != Some(mac) {
            self.lately = Some(mac);
            self.heard.insert(mac);
        }
    }

    /// Whether the outside addresses of a MAC may be foreign, for all that is known.
    pub(super) fn may_be(&self, mac: Mac) -> bool {
        !mac.is_zero() && !self.heard.contains(&mac)
    }

    pub(super) fn join(&mut self, other: Self) {
        self.heard.extend(other.heard);
    }

    /// Tells which sources are foreign, of MACs that send from several addresses of the outside.
    pub(super) fn conclude(&mut self, claims: &Claims, mut many: HashSet<Mac>, ends: &mut Slab<End>) {
        many.retain(|mac| self.may_be(*mac) && !claims.is_router(*mac) && !claims.serves_leases(*mac));
        if many.is_empty() {
            return;
        }
        // The link shows one direction of some networks alone: there nothing comes back to anybody, and that tells nothing.
        let answered = ends.iter().filter(|end| many.contains(&end.key.0) && is_answered(end));
        let answered: HashSet<Mac> = answered.map(|end| end.key.0).collect();
        let may_be = |end: &End| answered.contains(&end.key.0) && may_be_foreign(claims, end);
        let mut abroad: HashMap<Mac, Option<[u8; 16]>> = HashMap::new();
        for end in ends.iter().filter(|end| !end.is_inside && may_be(end)) {
            let (mac, address) = end.key;
            let network = outside_network(address);
            let known = *abroad.entry(mac).or_insert(Some(network));
            if known != Some(network) || address == REST {
                abroad.insert(mac, None);
            }
        }
        self.senders = abroad.into_iter().filter(|(_, one)| one.is_none()).map(|(mac, _)| mac).collect();
        for end in ends.iter_mut() {
            end.is_foreign = self.is_sender(end.key.0) && may_be_foreign(claims, end);
        }
    }

    /// Whether a MAC sends from sources that are not its own.
    pub(crate) fn is_sender(&self, mac: Mac) -> bool {
        !self.senders.is_empty() && self.senders.contains(&mac)
    }
}

/// Whether an end is inside, on this link, and somebody outside answered it here.
fn is_answered(end: &End) -> bool {
    let (out, back) = (end.volume.sent_outside, end.volume.received_outside);
    end.is_inside && !is_of_link(end.key.1) && !end.passage.is_passed_on() && out > 0 && back > 0
}

/// Whether nothing shows that the address of an end is its sender's own, or of somebody for whom it was passed on.
fn may_be_foreign(claims: &Claims, end: &End) -> bool {
    // What is of a host alone is never seen on a link (RFC 1122, 3.2.1.3).
    let is_of_host = || end.key.1.octets().is_some_and(|octets| octets[0] == 127);
    end.sending.is_some()
        && !end.heard
        && !end.passage.is_passed_on()
        && (is_of_host() || !is_vouched(claims, end))
}
