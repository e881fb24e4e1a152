//! Whose a flow's other end is: the best name first, then the address.

use lenscap_catalog::{Roles, SharedGroup, VendorId};
use lenscap_wire::Mac;

use super::opinion::{Owner, Testimony};
use super::site::Place;
use super::{Court, Flow, rules};
use crate::counters::Counters;
use crate::key::Side;
use crate::spell::flag;

/// What is judged of a flow: 10 bytes beside its summary.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Judged {
    /// Index of the vendor, or [`Judged::NOBODY`].
    vendor: u16,
    /// Roles of the endpoint that decided.
    pub(crate) roles: Roles,
    pub(crate) attribution: Attribution,
    pub(crate) confidence: u8,
    pub(crate) party: Party,
    pub(crate) activity: super::activity::Activity,
    /// Whether the endpoint that decided is used by nothing but cameras and their viewers.
    pub(crate) proves_camera: bool,
    pub(crate) bits: u8,
}

const _: () = assert!(size_of::<Judged>() == 10);

impl Judged {
    const NOBODY: u16 = u16::MAX;
    /// The originator is the higher end of the key.
    pub(crate) const ORIG_HIGH: u8 = 1;
    /// A handshake shows the originator.
    pub(crate) const BY_SYN: u8 = 1 << 1;
    /// By side: the end is outside the site.
    pub(crate) const OUTSIDE: u8 = 1 << 2;
    /// The outside end has a name.
    pub(crate) const NAMED: u8 = 1 << 4;
    /// By side: the end is inside the site.
    pub(crate) const INSIDE: u8 = 1 << 5;

    /// The vendor of the other end.
    pub(crate) fn vendor(&self) -> Option<VendorId> {
        (self.vendor != Self::NOBODY).then_some(VendorId(self.vendor))
    }

    /// The side that began the flow.
    pub(crate) fn orig(&self) -> Side {
        usize::from(self.bits & Self::ORIG_HIGH != 0)
    }

    /// Whether an end is outside the site.
    pub(crate) fn is_outside(&self, side: Side) -> bool {
        self.bits & Self::OUTSIDE << (side & 1) != 0
    }

    /// Whether the station at one end deals with the outside here, or with a vendor.
    pub(crate) fn is_contact(&self, side: Side) -> bool {
        self.is_outside(1 - (side & 1)) || self.vendor().is_some() && self.remote() != side
    }

    /// Whether an end is inside the site. Groups and broadcasts are neither inside nor outside.
    pub(crate) fn is_inside(&self, side: Side) -> bool {
        self.bits & Self::INSIDE << (side & 1) != 0
    }

    /// Whether an end is outside.
    pub(crate) fn is_external(&self) -> bool {
        self.is_outside(0) || self.is_outside(1)
    }

    /// The end that a vendor would be: the outside one, else the one that was called.
    pub(crate) fn remote(&self) -> Side {
        match (self.is_outside(0), self.is_outside(1)) {
            (true, false) => 0,
            (false, true) => 1,
            _ => 1 - self.orig(),
        }
    }
}

/// What an attribution rests on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Attribution {
    #[default]
    None,
    Sni,
    Host,
    Certificate,
    Dns,
    Address,
}

impl Attribution {
    /// The word in reports.
    pub(crate) fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::None => return None,
            Self::Sni => "sni",
            Self::Host => "host",
            Self::Certificate => "cert",
            Self::Dns => "dns",
            Self::Address => "address",
        })
    }
}

/// What kind of party the other end is.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Party {
    #[default]
    Unknown,
    Local,
    Vendor,
    Shared(SharedGroup),
}

impl Party {
    /// The word in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Local => "local",
            Self::Vendor => "vendor",
            Self::Shared(group) => group.word(),
        }
    }
}

/// A host name without its port.
pub(crate) fn host_part(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|&byte| byte == b':') {
        Some(colon) if name.get(colon + 1..).is_some_and(|port| port.iter().all(u8::is_ascii_digit)) => {
            name.get(..colon).unwrap_or(name)
        }
        _ => name,
    }
}

/// Fields that name a flow's server: field, what it is called in reports, and how much it is trusted; best first.
pub(crate) const KINDS: [(&str, Attribution, u8); 3] = [
    ("tls.sni", Attribution::Sni, rules::BY_SNI),
    ("http.host", Attribution::Host, rules::BY_HOST),
    ("tls.certificate", Attribution::Certificate, rules::BY_CERTIFICATE),
];

impl<'a> Court<'a> {
    /// Judges one flow. Beside it the reader that knew its protocol.
    pub(crate) fn judge_flow(&self, flow: &Flow<'a>) -> (Judged, Option<u8>) {
        let key = &flow.hot.key;
        let by_syn = flow.hot.flags & flag::OPENS != 0;
        let orig = if by_syn { flow.hot.client() } else { flow.hot.first_side() };
        let mut judged = Judged { vendor: Judged::NOBODY, ..Judged::default() };
        judged.bits = orig as u8 | u8::from(by_syn) << 1;
        for side in [0, 1] {
            judged.bits |= match self.site.place(key.address(side)) {
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
        judged.activity = self.activity(flow, reader, &judged);
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
            judged.attribution = Attribution::Address;
            judged.confidence = rules::BY_ADDRESS.min(prefix.confidence.points());
            judged.party = Party::Vendor;
        }
        named.is_some_and(|named| {
            let texts = &self.summary.texts;
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
            self.attribution = attribution;
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
