//! Which station asked a name service.
//!
//! A question comes from an address, and an address is lent to one station after another: asked by 192.168.1.50 with the MAC of
//! a camera, it is no word of the printer that has 192.168.1.50 in the evening. Each VLAN may have such an address, too.

use hashbrown::HashMap;
use lenscap_wire::Address;

use super::roll::StationKey;
use crate::state::names::Question;

/// The stations that have the addresses from which was asked.
pub(crate) struct Askers<T>(HashMap<Address, Vec<(StationKey, T)>>);

impl<T: Copy> Askers<T> {
    /// The stations of these that have one of the addresses.
    pub(crate) fn new(
        addresses: impl Iterator<Item = Address>,
        stations: impl Iterator<Item = (Address, StationKey, T)>,
    ) -> Self {
        let mut all: HashMap<Address, Vec<(StationKey, T)>> = addresses.map(|of| (of, Vec::new())).collect();
        if !all.is_empty() {
            for (address, key, station) in stations {
                if let Some(known) = all.get_mut(&address) {
                    known.push((key, station));
                }
            }
        }
        Self(all)
    }

    /// The station that asked: of those with the address the one from whose MAC it was asked; one that is known by its address alone
    /// stands behind another's MAC.
    pub(crate) fn station(&self, asker: Address, question: &Question) -> Option<T> {
        let may_be = |key: &StationKey| key.mac().is_none_or(|mac| question.may_be_of(mac));
        let those = self.0.get(&asker)?.iter().filter(|(key, _)| may_be(key));
        those.min_by_key(|(key, _)| *key).map(|(_, station)| *station)
    }
}
