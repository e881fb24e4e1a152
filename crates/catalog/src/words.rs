//! The closed vocabularies of the catalogue: every word a data file may use, and no other.
//!
//! The build script reads this file too, so it names nothing else of the crate.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The words of `ALL`, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word in data files and reports.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The value that `word` stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = String::deserialize(from)?;
                Self::from_word(&word).ok_or_else(|| D::Error::unknown_variant(&word, Self::WORDS))
            }
        }
    };
}

words! {
    /// How surely a fact of the catalogue ties a thing to a vendor.
    Confidence {
        /// Plausible, one weak source: never decides alone.
        Low = "low",
        /// A list or a study says so, or it is the firm's plain public name.
        Medium = "medium",
        /// Seen in firmware, in a working client or in a capture, with a clear owner.
        High = "high",
    }
}

impl Confidence {
    /// Points out of 100 that a fact of this confidence is worth before the judge weighs it: 30, 60 and 90.
    pub const fn points(self) -> u8 {
        match self {
            Self::Low => 30,
            Self::Medium => 60,
            Self::High => 90,
        }
    }
}

words! {
    /// What an endpoint serves. One name often serves several.
    Role {
        /// Application interface: log-in, configuration, lists of events.
        Api = "api",
        /// Dynamic DNS of the vendor.
        Ddns = "ddns",
        /// Firmware and updates.
        Firmware = "firmware",
        /// Live or recorded video and sound, cloud recording included.
        Media = "media",
        /// Peer-to-peer rendezvous.
        P2p = "p2p",
        /// Push messages to phones.
        Push = "push",
        /// Where a device announces itself.
        Register = "register",
        /// Carries streams between two sides that cannot meet.
        Relay = "relay",
        /// Keep-alive and commands.
        Signalling = "signalling",
        /// Single pictures.
        Snapshot = "snapshot",
        /// Logs, statistics, crash reports.
        Telemetry = "telemetry",
        /// The vendor's time server.
        Time = "time",
        /// A web site for people: a hint, never proof of a camera.
        Web = "web",
    }
}

words! {
    /// What kind of firm or platform a vendor is.
    VendorKind {
        /// Makes cameras and recorders for professional use.
        CameraVendor = "camera-vendor",
        /// Makes cameras for homes.
        ConsumerCamera = "consumer-camera",
        /// Sells the hardware of others under its own name.
        CameraBrand = "camera-brand",
        /// Makes door stations and doorbells.
        Doorbell = "doorbell",
        /// Runs a peer-to-peer platform for cameras of many brands: the badge on the box is unknown.
        P2pCloud = "p2p-cloud",
        /// Video management or recording, as software or as a service.
        VmsCloud = "vms-cloud",
        /// A platform for devices of every kind: proves no camera.
        IotPlatform = "iot-platform",
    }
}

words! {
    /// What a text says the sender is.
    DeviceClass {
        /// A camera.
        Camera = "camera",
        /// A recorder, as a box or as software.
        Recorder = "recorder",
        /// A doorbell or door station.
        Doorbell = "doorbell",
        /// A video encoder or server for analogue cameras.
        Encoder = "encoder",
        /// A door controller.
        AccessControl = "access-control",
        /// A viewing application: it marks the viewer, never a camera.
        App = "app",
        /// Not told by the text.
        Unknown = "unknown",
    }
}

words! {
    /// How much of a name an endpoint covers.
    Reach {
        /// The domain and every name below it, on label boundaries.
        Suffix = "suffix",
        /// The domain alone.
        Exact = "exact",
    }
}

words! {
    /// How the text of a banner must stand in the value, ASCII case apart.
    Match {
        /// The whole value.
        Exact = "exact",
        /// At its beginning.
        Prefix = "prefix",
        /// At its end.
        Suffix = "suffix",
        /// Anywhere.
        Contains = "contains",
    }
}

words! {
    /// What the text beside a match tells.
    Capture {
        /// The model.
        Model = "model",
        /// The serial number, or the hardware address that serves as one.
        Serial = "serial",
        /// The version of firmware or software.
        Firmware = "firmware",
        /// The brand on the box.
        Brand = "brand",
    }
}

words! {
    /// On which side of the match the captured text stands.
    Side {
        /// In front of it.
        Before = "before",
        /// Behind it.
        After = "after",
    }
}

words! {
    /// A transport that has ports.
    Transport {
        /// Transmission Control Protocol.
        Tcp = "tcp",
        /// User Datagram Protocol.
        Udp = "udp",
    }
}

words! {
    /// Why a name that many use says nothing about a camera's maker.
    SharedGroup {
        /// Computing and storage for hire: the tenant is unknown.
        Cloud = "cloud",
        /// Content delivery for hire.
        Cdn = "cdn",
        /// Public time servers.
        Time = "time",
        /// Resolvers, name servers, and the names that DNS itself uses.
        Dns = "dns",
        /// STUN and relays for all comers.
        Relay = "relay",
        /// Certificate authorities.
        Certificates = "certificates",
        /// Asked to find out whether the Internet is there.
        Reachability = "reachability",
        /// Updates and services of operating systems.
        OperatingSystem = "operating-system",
        /// Push services for any application.
        Push = "push",
        /// Usage statistics and crash reports of any application.
        Analytics = "analytics",
        /// Tell an asker its outside address.
        AddressLookup = "address-lookup",
        /// Dynamic DNS that many makers' firmware offers.
        DynamicDns = "dynamic-dns",
        /// Makers of more than cameras.
        MixedVendor = "mixed-vendor",
    }
}

words! {
    /// The protocol field that a banner looks in. Readers use the same words for what they found.
    Field {
        /// The device class in a Dahua discovery answer.
        DhipDeviceClass = "dhip.device_class",
        /// The vendor in a Dahua discovery answer.
        DhipVendor = "dhip.vendor",
        /// DHCP option 12.
        DhcpHostname = "dhcp.hostname",
        /// DHCP option 60.
        DhcpVendorClass = "dhcp.vendor_class",
        /// FTP greeting, behind the reply code.
        FtpBanner = "ftp.banner",
        /// `Name: value` of another HTTP header (the name alone where the value varies).
        HttpHeader = "http.header",
        /// Path and query of an HTTP request: speaks of the server, and only if it answers 2xx or 401.
        HttpPath = "http.path",
        /// Realm of `WWW-Authenticate` over HTTP.
        HttpRealm = "http.realm",
        /// `Server` over HTTP.
        HttpServer = "http.server",
        /// The title of an HTML page.
        HttpTitle = "http.title",
        /// `User-Agent` of an HTTP request: speaks of the side that asks.
        HttpUserAgent = "http.user_agent",
        /// Instance label of a DNS service.
        MdnsInstance = "mdns.instance",
        /// Service type of a DNS service.
        MdnsService = "mdns.service",
        /// Manufacturer of an ONVIF `GetDeviceInformation` answer.
        OnvifManufacturer = "onvif.manufacturer",
        /// Percent-decoded text behind `onvif://www.onvif.org/hardware/`.
        OnvifScopeHardware = "onvif.scope.hardware",
        /// Percent-decoded text behind `onvif://www.onvif.org/name/`.
        OnvifScopeName = "onvif.scope.name",
        /// What stands behind host and port of an RTSP URL, with the query.
        RtspPath = "rtsp.path",
        /// Realm of `WWW-Authenticate` over RTSP.
        RtspRealm = "rtsp.realm",
        /// `Server` over RTSP.
        RtspServer = "rtsp.server",
        /// `User-Agent` over RTSP: speaks of the side that asks.
        RtspUserAgent = "rtsp.user_agent",
        /// The `s=` line of a session description, or `i=` where a note says so.
        SdpSession = "sdp.session",
        /// SIP `User-Agent` or `Server`.
        SipUserAgent = "sip.user_agent",
        /// SMTP `EHLO` argument.
        SmtpEhlo = "smtp.ehlo",
        /// SNMP `sysDescr`.
        SnmpSysDescr = "snmp.sys_descr",
        /// SNMP `sysObjectID`, dotted, without a leading dot.
        SnmpSysObjectId = "snmp.sys_object_id",
        /// Manufacturer of a `UPnP` description.
        SsdpManufacturer = "ssdp.manufacturer",
        /// Model of a `UPnP` description.
        SsdpModel = "ssdp.model",
        /// `SERVER` over SSDP.
        SsdpServer = "ssdp.server",
        /// Telnet greeting, behind terminal negotiation.
        TelnetBanner = "telnet.banner",
        /// Issuer of a certificate, as `CN=..,OU=..,O=..` without spaces behind the commas.
        TlsIssuer = "tls.issuer",
        /// Common name of a certificate's subject.
        TlsSubjectCn = "tls.subject_cn",
        /// Organisation of a certificate's subject.
        TlsSubjectO = "tls.subject_o",
        /// `User-Agent` of a viewing application or recorder: it marks the viewer.
        UaApp = "ua.app",
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Roles(u16);

impl Roles {
    /// No role.
    pub const NONE: Self = Self(0);

    /// The set whose bit `1 << role` is set for each role in it.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Bit `1 << role` for each role in the set.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// This set and `role`.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u16)
    }

    /// Whether `role` is in the set.
    pub const fn has(self, role: Role) -> bool {
        self.0 & 1 << role as u16 != 0
    }

    /// Whether the set has no role but `web`.
    pub const fn only_web(self) -> bool {
        self.0 == 1 << Role::Web as u16
    }

    /// The roles in the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.has(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Roles {
    /// The words, joined by commas.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, role) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            f.write_str(role.word())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for (field, word) in Field::ALL.iter().zip(Field::WORDS) {
            assert_eq!((field.word(), Field::from_word(word)), (*word, Some(*field)));
        }
        assert_eq!(Role::from_word("Api"), None);
    }

    #[test]
    fn role_sets_hold_every_role() {
        let all: Roles = Role::ALL.iter().copied().collect();
        assert!(all.iter().eq(Role::ALL.iter().copied()));
        assert_eq!(Roles::from_bits(all.bits()), all);
        assert!(Roles::NONE.with(Role::Web).only_web() && !all.only_web() && !Roles::NONE.only_web());
        assert_eq!(Roles::NONE.with(Role::P2p).with(Role::Api).to_string(), "api,p2p");
    }

    #[test]
    fn surer_facts_are_worth_more() {
        assert!(Confidence::ALL.is_sorted_by_key(|confidence| confidence.points()));
    }
}
