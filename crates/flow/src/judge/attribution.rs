//! Whose a flow's other end is: the best name first, then the address.

use hashbrown::HashMap;
use lenscap_catalog::{Catalog, Endpoint, Roles, SharedGroup, VendorId};

use super::{Court, Flow, rules};
use crate::key::Side;
use crate::spell::flag;
use crate::summary::Summary;
use crate::text::TextId;

/// What is judged of a flow: 12 bytes beside its summary.
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

impl Judged {
    const NOBODY: u16 = u16::MAX;
    /// The originator is the higher end of the key.
    pub(crate) const ORIG_HIGH: u8 = 1;
    /// A handshake shows the originator.
    pub(crate) const BY_SYN: u8 = 1 << 1;
    /// By side: the end is outside the site.
    pub(crate) const OUTSIDE: u8 = 1 << 2;

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

    /// Whether exactly one end is outside.
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

/// What the catalogue says of every name that was seen, each asked once.
pub(crate) struct Hosts<'a> {
    known: HashMap<TextId, (Option<&'a Endpoint>, Option<SharedGroup>)>,
}

impl<'a> Hosts<'a> {
    pub(crate) fn new(summary: &'a Summary, catalog: &'a Catalog) -> Self {
        let naming: Vec<TextId> =
            KINDS.iter().filter_map(|(kind, ..)| summary.texts.find(kind.as_bytes())).collect();
        let said = summary.verdicts.iter().flat_map(|verdict| verdict.said.iter());
        let said = said.filter(|said| naming.contains(&said.kind)).map(|said| said.value);
        let given = summary.names.all().into_iter().map(|(_, run)| run.name);
        let asked = summary.names.questions(&summary.texts).into_iter().map(|(_, name, _)| name);
        let mut known = HashMap::new();
        for id in said.chain(given).chain(asked) {
            known.entry(id).or_insert_with(|| ask(catalog, summary.texts.text(id)));
        }
        Self { known }
    }

    /// What the catalogue says of a name of the summary.
    pub(crate) fn host(&self, name: TextId) -> (Option<&'a Endpoint>, Option<SharedGroup>) {
        self.known.get(&name).copied().unwrap_or((None, None))
    }
}

fn ask<'a>(catalog: &'a Catalog, name: &[u8]) -> (Option<&'a Endpoint>, Option<SharedGroup>) {
    let (endpoint, shared) = catalog.host(host_part(name));
    (endpoint, shared.map(|shared| shared.group))
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
    /// Judges one flow.
    pub(crate) fn judge_flow(&self, flow: &Flow<'a>) -> Judged {
        let key = &flow.hot.key;
        let by_syn = flow.hot.flags & flag::OPENS != 0;
        let orig = if by_syn { flow.hot.client() } else { usize::from(flow.cold.first_side) };
        let mut judged = Judged { vendor: Judged::NOBODY, ..Judged::default() };
        judged.bits = orig as u8 | u8::from(by_syn) << 1;
        for side in [0, 1] {
            judged.bits |= u8::from(self.site.is_outside(key.address(side))) * (Judged::OUTSIDE << side);
        }
        if !judged.is_external() {
            judged.party = Party::Local;
        }
        self.attribute(flow, &mut judged);
        judged.activity = self.activity(flow, &judged);
        judged
    }

    fn attribute(&self, flow: &Flow<'a>, judged: &mut Judged) {
        for (kind, attribution, confidence) in KINDS {
            for (endpoint, shared) in self.hosts_said(flow, kind) {
                if judged.settle(endpoint, shared, attribution, confidence) {
                    return;
                }
            }
        }
        if !judged.is_external() {
            return;
        }
        let (remote, key) = (judged.remote(), &flow.hot.key);
        let (start, end) = flow.span();
        if let Some(named) = self.names.name(key.address(remote), key.address(1 - remote), start, end) {
            let (endpoint, shared) = self.hosts.host(named.name);
            if judged.settle(endpoint, shared, Attribution::Dns, named.confidence) {
                return;
            }
        }
        if let Some(prefix) = self.catalog.address(key.address(remote).ip()) {
            judged.vendor = prefix.vendor.0;
            judged.roles = prefix.roles;
            judged.attribution = Attribution::Address;
            judged.confidence = rules::BY_ADDRESS.min(prefix.confidence.points());
            judged.party = Party::Vendor;
        }
    }

    /// What the catalogue says of each name of a kind that the flow's halves gave.
    fn hosts_said(
        &self,
        flow: &Flow<'a>,
        kind: &'static str,
    ) -> Vec<(Option<&'a Endpoint>, Option<SharedGroup>)> {
        let mut found = Vec::new();
        for side in [0, 1] {
            for (of, value, _) in self.said(flow, side).filter(|(of, ..)| *of == kind.as_bytes()) {
                let _ = of;
                found.push(match self.summary.texts.find(value) {
                    Some(id) if self.hosts.known.contains_key(&id) => self.hosts.host(id),
                    _ => ask(self.catalog, value),
                });
            }
        }
        found
    }
}

impl Judged {
    /// Takes a name's owner, if the catalogue knows one. A name shared by many tenants is noted, never a vendor.
    fn settle(
        &mut self,
        endpoint: Option<&Endpoint>,
        shared: Option<SharedGroup>,
        attribution: Attribution,
        confidence: u8,
    ) -> bool {
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
        let kept = self.cold.extra.as_ref().and_then(|extra| extra.span);
        kept.unwrap_or((self.cold.first, self.hot.last))
    }
}
