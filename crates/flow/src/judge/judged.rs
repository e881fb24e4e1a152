//! The vocabulary of judging: what is said of a flow, and by which fields its server is named.
//!
//! A flow to `hik-connect.com` by its TLS name is: vendor Hikvision, attribution `sni`, party `vendor`, and an activity.

use lenscap_catalog::{Caller, Endpoint, Roles, VendorId};
use lenscap_wire::{Activity, Field};

use crate::report::{Attribution, OrigBasis, Party};
use crate::state::key::Side;

/// What is judged of a flow: 10 bytes beside its summary.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Judged {
    /// Index of the vendor, or [`Judged::NOBODY`].
    pub(crate) vendor: u16,
    /// Roles of the endpoint that decided.
    pub(crate) roles: Roles,
    pub(crate) attribution: Option<Attribution>,
    pub(crate) confidence: u8,
    pub(crate) party: Party,
    pub(crate) activity: Activity,
    /// Whether the endpoint that decided is used by nothing but cameras.
    pub(crate) callers: Callers,
    pub(crate) bits: u8,
}

const _: () = assert!(size_of::<Judged>() == 10);

/// Who uses an endpoint, the more telling the later.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Callers {
    /// Other things, too, or it is not known.
    #[default]
    Any,
    /// Cameras and who views them.
    CamerasAndViewers,
    /// Cameras alone.
    Cameras,
}

impl Callers {
    /// Who uses an endpoint of the catalogue.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        match (endpoint.proves_camera, endpoint.caller) {
            (false, _) | (true, Some(Caller::App)) => Self::Any,
            (true, Some(Caller::Device)) => Self::Cameras,
            (true, Some(Caller::Both) | None) => Self::CamerasAndViewers,
        }
    }
}

impl Judged {
    pub(crate) const NOBODY: u16 = u16::MAX;
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

    /// The originator is known from an earlier spell of the connection.
    pub(crate) const EARLIER: u8 = 1 << 7;

    /// The vendor of the other end.
    pub(crate) fn vendor(&self) -> Option<VendorId> {
        (self.vendor != Self::NOBODY).then_some(VendorId(self.vendor))
    }

    /// The side that began the flow.
    pub(crate) fn orig(&self) -> Side {
        usize::from(self.bits & Self::ORIG_HIGH != 0)
    }

    /// How that is known.
    pub(crate) fn orig_basis(&self) -> OrigBasis {
        if self.bits & Self::EARLIER != 0 {
            OrigBasis::Earlier
        } else if self.bits & Self::BY_SYN != 0 {
            OrigBasis::Syn
        } else {
            OrigBasis::FirstSeen
        }
    }

    /// Whether an end is outside the site.
    pub(crate) fn is_outside(&self, side: Side) -> bool {
        self.bits & Self::OUTSIDE << (side & 1) != 0
    }

    /// Whether an end is neither: a group, everybody, or nobody.
    pub(crate) fn is_group(&self, side: Side) -> bool {
        !self.is_inside(side) && !self.is_outside(side)
    }

    /// The same of a flow that one side sends outside, whatever the addresses are.
    pub(crate) fn sent_outside_by(mut self, side: Side) -> Self {
        let (near, far) = (side & 1, 1 - (side & 1));
        self.bits &= !(Self::OUTSIDE << near | Self::INSIDE << far);
        self.bits |= Self::INSIDE << near | Self::OUTSIDE << far;
        self
    }

    /// Whether the station at one end deals with the outside here, or with a vendor.
    pub(crate) fn is_contact(&self, side: Side) -> bool {
        self.is_outside(1 - (side & 1)) || self.vendor().is_some() && self.remote() != side
    }

    /// Whether an end is inside the site. Groups and broadcasts are neither inside nor outside.
    pub(crate) fn is_inside(&self, side: Side) -> bool {
        self.bits & Self::INSIDE << (side & 1) != 0
    }

    /// Whether the flow itself says neither whose its outside end is nor what that is called.
    pub(crate) fn is_nameless(&self) -> bool {
        self.is_external() && self.attribution.is_none() && self.bits & Self::NAMED == 0
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

/// A host name without its port.
pub(crate) fn host_part(name: &[u8]) -> &[u8] {
    match memchr::memrchr(b':', name) {
        Some(colon) if name.get(colon + 1..).is_some_and(|port| port.iter().all(u8::is_ascii_digit)) => {
            name.get(..colon).unwrap_or(name)
        }
        _ => name,
    }
}

/// A host as it is compared: without its port and trailing dot, in lower case.
pub(crate) fn host_of(name: &[u8]) -> Vec<u8> {
    let host = host_part(name);
    host.strip_suffix(b".").unwrap_or(host).to_ascii_lowercase()
}

/// Whether a name has nothing in it that a host's name cannot have (RFC 1123 2.1; services and some hosts have underscores, and
/// certificates a `*` in front). A name with a blank or a control character in it is nobody's, whatever it ends in.
pub(crate) fn is_host_syntax(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"*.").unwrap_or(name);
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Whether a name is that of a host, and no address literal or lone word: of such a name the owner can be known.
pub(crate) fn is_host_name(name: &[u8]) -> bool {
    let top = host_part(name).rsplit(|&byte| byte == b'.');
    let mut labels = top.filter(|label| !label.is_empty());
    let lettered = |label: &[u8]| label.iter().any(u8::is_ascii_alphabetic);
    labels.next().is_some_and(lettered) && labels.next().is_some() && memchr::memchr(b'[', name).is_none()
}

/// Whether a name of a certificate is a host's: itself, or `*` for its first label (RFC 9525, 6.3).
pub(crate) fn certifies(name: &[u8], host: &[u8]) -> bool {
    match name.strip_prefix(b"*.") {
        Some(domain) => {
            let dot = memchr::memchr(b'.', host);
            dot.and_then(|dot| host.get(dot + 1..)).is_some_and(|rest| rest.eq_ignore_ascii_case(domain))
        }
        None => name.eq_ignore_ascii_case(host),
    }
}

/// Fields that name a flow's server, and what each is called in reports; best first.
pub(crate) const KINDS: [(Field, Attribution); 3] = [
    (Field::TlsSni, Attribution::Sni),
    (Field::HttpHost, Attribution::Host),
    (Field::TlsCertificate, Attribution::Certificate),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_host_is_called() {
        for host in ["cam.example", "*.cam.example", "_onvif.a-1.example."] {
            assert!(is_host_syntax(host.as_bytes()), "{host}");
        }
        for other in [
            "\u{1b}[31mcam.example",
            " cam.example",
            "cam\n.example",
            "a.*.example",
            "é.example",
            "a\0.example",
        ] {
            assert!(!is_host_syntax(other.as_bytes()), "{other:?}");
        }
    }

    #[test]
    fn a_certificate_holds_for_a_host_or_for_all_of_one_domain() {
        for (name, host) in [("cam.example", "CAM.example"), ("*.example.org", "cam.example.org")] {
            assert!(certifies(name.as_bytes(), host.as_bytes()), "{name}");
        }
        for (name, host) in [
            ("block.example", "cam.example"),
            ("*.example.org", "a.cam.example.org"),
            ("*.example.org", "example.org"),
            ("*.org", "org"),
        ] {
            assert!(!certifies(name.as_bytes(), host.as_bytes()), "{name}");
        }
    }

    #[test]
    fn hosts_literals_and_lone_words() {
        for host in ["cam.example", "cam.example.", "cam.example:8080", "a.b.c1"] {
            assert!(is_host_name(host.as_bytes()), "{host}");
        }
        for other in ["192.0.2.7", "192.0.2.7:80", "[2001:db8::a.b]", "localhost", "", ".", "camera:80"] {
            assert!(!is_host_name(other.as_bytes()), "{other}");
        }
    }
}
