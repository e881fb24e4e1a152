//! Whose the party of a contact is, by its flows and by their payload.
//!
//! Of 300 kB with 203.0.113.7 the flows say that 290 kB went to a cloud of Hikvision, and nothing of the rest: it is Hikvision's.
//! Contacts, findings and the endpoints of a device all ask here, so that of one party they say one thing.

use lenscap_catalog::{Roles, VendorId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::judge::judged::Judged;
use crate::judge::rules;
use crate::report::{Attribution, Party};

/// What the flows of a contact say of its party's vendor: payload by which it is weighed, and the sum of confidences times that.
#[derive(Clone, Copy, Debug, Default)]
struct VendorShare {
    weight: u64,
    payload: u64,
    confidence: u128,
    roles: Roles,
    /// Whether a server of the vendor is among them: else it is but whose protocol the party speaks.
    served: bool,
}

/// Whose a party is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose {
    pub(crate) vendor: VendorId,
    /// How sure that is, by bytes.
    pub(crate) confidence: u8,
    /// Roles of its endpoints.
    pub(crate) roles: Roles,
    /// Whether a server of the vendor is among them: else it is but whose protocol the party speaks.
    pub(crate) served: bool,
    /// Payload of the flows that say so.
    pub(crate) payload: u64,
    /// Whether they are most of the contact: else the vendor is that of a part of it, and the party's is not known.
    pub(crate) is_most: bool,
}

/// What flows say of whose their other end is, as sums.
#[derive(Clone, Debug, Default)]
pub(crate) struct Votes {
    pub(crate) sources: BTreeSet<Attribution>,
    party: Party,
    /// Of flows that say of no vendor themselves and are here because they go to the address of its name: how many, and
    /// their payload.
    pub(crate) bound: [u64; 2],
    vendors: BTreeMap<VendorId, VendorShare>,
    weight: u64,
    flows: u64,
    payload: u64,
}

impl Votes {
    /// Adds what was judged of a flow, which stands for so many, with payload both ways, each byte once.
    pub(crate) fn weigh(&mut self, judged: &Judged, flows: u64, payload: u64) {
        let weight = payload + 1;
        self.weight += weight;
        self.flows += flows;
        self.payload += payload;
        self.party = self.party.max(judged.party);
        self.sources.extend(judged.attribution);
        let Some(vendor) = judged.vendor() else { return };
        let known = self.vendors.entry(vendor).or_default();
        known.weight += weight;
        known.payload += payload;
        known.confidence += u128::from(weight) * u128::from(judged.confidence);
        known.roles = known.roles.and(judged.roles);
        known.served |= judged.party != Party::Peer;
    }

    /// Adds a question for a name of a vendor.
    pub(crate) fn ask(&mut self, vendor: VendorId) {
        self.weight += 1;
        self.party = Party::Vendor;
        self.sources.insert(Attribution::Dns);
        let known = self.vendors.entry(vendor).or_default();
        known.weight += 1;
        known.confidence += u128::from(rules::BY_OWN_DNS);
        known.served = true;
    }

    /// Adds those of other flows with the same party.
    pub(crate) fn join(&mut self, other: Self) {
        self.sources.extend(other.sources);
        self.party = self.party.max(other.party);
        for (vendor, more) in other.vendors {
            let known = self.vendors.entry(vendor).or_default();
            known.weight += more.weight;
            known.payload += more.payload;
            known.confidence += more.confidence;
            known.roles = known.roles.and(more.roles);
            known.served |= more.served;
        }
        self.weight += other.weight;
        self.flows += other.flows;
        self.payload += other.payload;
        self.bound[0] += other.bound[0];
        self.bound[1] += other.bound[1];
    }

    /// Marks them as of flows that go with a name only because the station gave their address that name in others.
    pub(crate) fn bind(&mut self) {
        if self.vendors.is_empty() {
            self.bound = [self.flows, self.payload];
        }
    }

    /// The vendor that most of the payload with a vendor went to or came from, and how sure that is by bytes. One that serves comes
    /// before one whose protocol alone is spoken.
    pub(crate) fn whose(&self) -> Option<Whose> {
        // Whose a server is says more than whose protocol somebody speaks.
        let (&vendor, best) =
            self.vendors.iter().max_by_key(|(id, by)| (by.served, by.weight, Reverse(**id)))?;
        let own = best.confidence / u128::from(best.weight.max(1));
        let bound = self.bound[0] + self.bound[1];
        let by_address = u128::from(bound) * own.min(u128::from(rules::BY_SAME_ADDRESS));
        let confidence = (best.confidence + by_address) / u128::from(self.weight.max(1));
        let &VendorShare { roles, served, payload, .. } = best;
        let is_most = (best.weight + bound).saturating_mul(2) >= self.weight;
        Some(Whose { vendor, confidence: confidence.min(100) as u8, roles, served, payload, is_most })
    }

    /// The same, where it is most of them that say so: of the whole it is known then.
    pub(crate) fn most(&self) -> Option<Whose> {
        self.whose().filter(|whose| whose.is_most)
    }

    /// What kind of party it is, given whose it is: a viewer or relay where all that is known is whose protocol it speaks.
    pub(crate) fn kind_of_party(&self, whose: Option<&Whose>) -> Party {
        match whose {
            Some(whose) if whose.served => Party::Vendor,
            Some(_) => Party::Peer,
            // A vendor's, or of its protocol, is a part: of the whole nothing is known.
            None if matches!(self.party, Party::Vendor | Party::Peer) => Party::Unknown,
            None => self.party,
        }
    }
}
