//! The words of a report: closed vocabularies, each value with the one word that every format has for it.
//!
//! What is wider than a report, such as roles and classes of device, has its words in the catalogue.

use lenscap_catalog::SharedGroup;

/// What an attribution rests on, the best first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Attribution {
    /// The server name of a TLS hello.
    Sni,
    /// The `Host` of an HTTP request.
    Host,
    /// A name that somebody was given the address for.
    Dns,
    /// A name of the server's certificate.
    Certificate,
    /// The protocol is the vendor's: it says whose it is, and not who the other end is.
    Protocol,
    /// A message in a vendor's protocol told of the address.
    Learned,
    /// The address lies in a range of the vendor.
    Address,
    /// A device of the vendor's hardware prefix calls a port that the vendor publishes for its servers.
    PublishedPort,
}

impl Attribution {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sni => "sni",
            Self::Host => "host",
            Self::Certificate => "cert",
            Self::Dns => "dns",
            Self::Protocol => "protocol",
            Self::Learned => "learned",
            Self::Address => "address",
            Self::PublishedPort => "published-port",
        }
    }
}

/// What kind of party the other end is.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Party {
    /// Outside, and nothing says whose it is.
    #[default]
    Unknown,
    /// Inside the site.
    Local,
    /// A viewer or a relay, nobody knows whose, that speaks a vendor's protocol.
    Peer,
    /// A vendor of the catalogue.
    Vendor,
    /// A service that many use.
    Shared(SharedGroup),
}

impl Party {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Local => "local",
            Self::Peer => "peer",
            Self::Vendor => "vendor",
            Self::Shared(group) => group.word(),
        }
    }
}

/// What a device is, as far as cameras go.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Standing {
    /// A camera, recorder, doorbell or encoder.
    Camera,
    /// A possible camera: the evidence is not enough to call it one.
    Suspected,
    /// A phone, computer or application that views cameras.
    Viewer,
    /// Nothing of these, as far as was seen.
    #[default]
    Other,
}

impl Standing {
    /// Whether it is a camera or a possible one, which a report begins with.
    pub const fn is_told(self) -> bool {
        matches!(self, Self::Camera | Self::Suspected)
    }

    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Suspected => "suspected",
            Self::Viewer => "viewer",
            Self::Other => "other",
        }
    }
}

/// Why a flow's record ends where it does.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EndReason {
    /// Nothing came for longer than the idle time.
    Idle,
    /// Both ends sent a FIN, or one a RST.
    Closed,
    /// Another connection began between the same ends and ports.
    Reuse,
    /// The capture ended.
    End,
}

impl EndReason {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Closed => "closed",
            Self::Reuse => "reuse",
            Self::End => "end",
        }
    }
}

/// How it is known which end of a flow began it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum OrigBasis {
    /// By its handshake.
    Syn,
    /// The other end answered in a hello of TLS as only servers do.
    ServerHello,
    /// Its packet came first.
    FirstSeen,
    /// By the spell of the same connection before it, after a silence.
    Earlier,
}

impl OrigBasis {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Syn => "syn",
            Self::ServerHello => "server-hello",
            Self::FirstSeen => "first-seen",
            Self::Earlier => "earlier",
        }
    }
}
