//! Whose a flow's other end is: the best name first, then the address.

use lenscap_wire::Mac;

use super::opinion::{Owner, Testimony};
use crate::judge::boundary::Place;
use crate::judge::judged::{Judged, KINDS};
use crate::judge::{Court, Flow, rules};
use crate::report::{Attribution, Party};
use crate::state::key::Side;
use crate::state::spell::counters::Counters;
use crate::state::spell::flag;

impl<'a> Court<'a> {
    /// Judges one flow. Beside it the reader that knew its protocol.
    pub(crate) fn judge_flow(&self, flow: &Flow<'a>) -> (Judged, Option<u8>) {
        let key = &flow.hot.key;
        let by_syn = flow.hot.flags & flag::OPENS != 0;
        let orig = if by_syn { flow.hot.client() } else { flow.hot.first_side() };
        let mut judged = Judged { vendor: Judged::NOBODY, ..Judged::default() };
        judged.bits = orig as u8 | u8::from(by_syn) << 1;
        for side in [0, 1] {
            judged.bits |= match self.boundary.place(key.address(side)) {
                Some(Place::Inside) => Judged::INSIDE << side,
                Some(Place::Outside) => Judged::OUTSIDE << side,
                None => 0,
            };
        }
        if !judged.is_external() {
            judged.party = Party::Local;
        }
        let halves = [self.testimony(flow, 0), self.testimony(flow, 1)];
        let claimed = judged.attribute(&halves);
        if judged.is_external() {
            let later = || flow.cold.later_names().next().is_some();
            let mut named = halves.iter().any(Testimony::is_naming) || later();
            if !claimed {
                named |= self.attribute_late(flow, &mut judged);
            }
            judged.bits |= if named { Judged::NAMED } else { 0 };
        }
        let reader = Court::reader(flow, &halves);
        judged.activity = Court::activity(flow, reader, &judged);
        (judged, reader)
    }

    /// Attributes a flow by what its outside end was called, else by its address. Returns whether it was called
    /// anything.
    fn attribute_late(&self, flow: &Flow<'a>, judged: &mut Judged) -> bool {
        let (remote, key) = (judged.remote(), &flow.hot.key);
        let (start, end) = flow.span();
        let named = self.names.name(key.address(remote), key.address(1 - remote), start, end);
        if let Some(named) = &named
            && judged.settle(self.opinions.owner(named.name), Attribution::Dns, named.confidence)
        {
            return true;
        }
        if let Some(prefix) = self.catalog.address(key.address(remote).ip()) {
            judged.vendor = prefix.vendor.0;
            judged.roles = prefix.roles;
            judged.attribution = Some(Attribution::Address);
            judged.confidence = rules::BY_ADDRESS.min(prefix.confidence.points());
            judged.party = Party::Vendor;
        }
        named.is_some_and(|named| {
            let texts = &self.summary.flows.texts;
            !texts.text(named.name).is_empty() || !texts.text(named.chain).is_empty()
        })
    }
}

impl Judged {
    /// Attributes a flow by the names that its halves gave, the best kind first.
    fn attribute(&mut self, halves: &[Testimony<'_, '_>; 2]) -> bool {
        if !halves.iter().any(Testimony::is_naming) {
            return false;
        }
        KINDS.iter().zip(0..).any(|((_, attribution, confidence), kind)| {
            let mut claims = halves.iter().flat_map(Testimony::claims).filter(|claim| claim.kind == kind);
            claims.any(|claim| self.settle(claim.owner, *attribution, *confidence))
        })
    }

    /// Takes a name's owner, if the catalogue knows one. A name shared by many tenants is noted, never a vendor.
    fn settle(&mut self, (endpoint, shared): Owner<'_>, attribution: Attribution, confidence: u8) -> bool {
        if let Some(endpoint) = endpoint {
            self.vendor = endpoint.vendor.0;
            self.roles = endpoint.roles;
            self.attribution = Some(attribution);
            self.confidence = confidence.min(endpoint.confidence.points().saturating_add(5));
            self.proves_camera = endpoint.proves_camera;
            self.party = Party::Vendor;
            return true;
        }
        if let (Some(group), Party::Unknown) = (shared, self.party) {
            self.party = Party::Shared(group);
        }
        false
    }
}

impl Flow<'_> {
    /// Earliest and latest stamp.
    pub(crate) fn span(&self) -> (i64, i64) {
        self.hot.span(self.cold)
    }

    /// The MAC of one end: what it sent from, else what was sent to.
    pub(crate) fn mac(&self, side: Side) -> Option<Mac> {
        let known = self.hot.flags & flag::MAC << side != 0;
        self.cold.macs.get(side).copied().filter(|_| known)
    }

    /// All that was counted of it.
    #[inline]
    pub(crate) fn counters(&self) -> Counters {
        self.hot.counters(self.cold)
    }
}
