//! Sources that are not their sender's own: of a machine of a botnet, which sends to its victim from whatever addresses it likes.
//!
//! Addresses of the outside that speak from a MAC make it a router, for somebody sent there from the outside. Of sources that are
//! made up nothing was ever delivered inside, and nothing comes back to them. So a MAC that has an address inside of its own, and
//! several outside of which none was heard in either way, is that station, and what they sent is the station's.

use hashbrown::HashSet;
use lenscap_wire::{Address, Mac};

use super::claims::{Claims, is_of_link};
use super::ends::End;
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
    forgers: HashSet<Mac>,
}

impl Foreign {
    /// Notes that something came back to an outside address of a MAC, or was delivered inside from it.
    pub(super) fn hear(&mut self, mac: Mac) {
        if self.lately != Some(mac) {
            self.lately = Some(mac);
            self.heard.insert(mac);
        }
    }

    /// Whether the outside addresses of a MAC may be made up, for all that is known.
    pub(super) fn may_be(&self, mac: Mac) -> bool {
        !mac.is_zero() && !self.heard.contains(&mac)
    }

    pub(super) fn join(&mut self, other: Self) {
        self.heard.extend(other.heard);
    }

    /// Tells who forges, of those that send from several addresses of the outside: who has an address inside that was heard,
    /// and that nobody passed on.
    pub(super) fn conclude(&mut self, claims: &Claims, mut many: HashSet<Mac>, ends: &Slab<End>) {
        many.retain(|mac| self.may_be(*mac) && !claims.is_router(*mac) && !claims.serves_leases(*mac));
        if many.is_empty() {
            return;
        }
        let is_own = |end: &&End| {
            let (mac, address) = end.key;
            many.contains(&mac)
                && end.is_inside
                && !is_of_link(address)
                && !end.passage.is_passed_on()
                && end.heard
        };
        let own: HashSet<Mac> = ends.iter().filter(is_own).map(|end| end.key.0).collect();
        self.forgers = own;
    }

    /// Whether a MAC sends from sources that are not its own.
    pub(crate) fn is_forger(&self, mac: Mac) -> bool {
        self.forgers.contains(&mac)
    }

    /// Whether an end is such a source.
    pub(crate) fn is_made_up(&self, claims: &Claims, end: &End) -> bool {
        // What is of a host alone is never seen on a link (RFC 1122, 3.2.1.3).
        let is_of_host = || end.key.1.octets().is_some_and(|octets| octets[0] == 127);
        !self.forgers.is_empty()
            && self.is_forger(end.key.0)
            && !end.heard
            && (is_of_host() || !is_vouched(claims, end))
    }
}
