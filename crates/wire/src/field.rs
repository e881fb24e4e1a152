//! The fields in which protocols say something: one word for each, the same in readers, catalogue and reports.
//!
//! A reader yields [`Fact::Says`](crate::Fact::Says) with one of these; a banner of the catalogue looks into one of
//! them. Neither writes the word as a text, so a misspelt word does not compile. For example `Server: Hikvision-Webs`
//! in the head of a reply is `Fact::Says { field: Field::HttpServer, .. }`, and the banner that knows that server says
//! `field = "http.server"`.
//!
//! To add a field, write its line below and list it in `fields` of the reader that yields it. The build of this crate
//! fails where a field is neither yielded by a reader nor [awaited](AWAITED), or both.
//!
//! The catalogue's build script reads this file too, so it names nothing else of the crate.

use std::fmt;

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// A field of a protocol.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Field {
            $($(#[$doc])* $variant,)+
        }

        impl Field {
            /// Every field, in the order of their words.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The words of `ALL`, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word in data files and reports: protocol, dot, name.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The field that `word` stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

fields! {
    /// Link address in an answer to 360 Vision's search.
    Vision360Mac = "360vision.mac",
    /// Model in an answer to 360 Vision's search.
    Vision360Model = "360vision.model",
    /// The sender's side in 360 Vision's search: `device` or `client`.
    Vision360Role = "360vision.role",
    /// Serial number in an answer to 360 Vision's search.
    Vision360Serial = "360vision.serial",
    /// ARP says which link address holds an address.
    Arp = "arp",
    /// The sender's side in Baichuan's protocol: `device` or `client`.
    BaichuanRole = "baichuan.role",
    /// The name by which the cloud of Baichuan knows a camera.
    BaichuanUid = "baichuan.uid",
    /// DHCP gave a link address an address.
    Dhcp = "dhcp",
    /// DHCP option 61: how the client calls itself to the server.
    DhcpClientId = "dhcp.client_id",
    /// DHCP option 81, `DHCPv6` option 39: the name that the client wants in DNS.
    DhcpFqdn = "dhcp.fqdn",
    /// DHCP option 12.
    DhcpHostname = "dhcp.hostname",
    /// DHCP option 55: which parameters the client asks for, in its order.
    DhcpParameters = "dhcp.parameters",
    /// DHCP option 60.
    DhcpVendorClass = "dhcp.vendor_class",
    /// The device class in a Dahua discovery answer.
    DhipDeviceClass = "dhip.device_class",
    /// The vendor in a Dahua discovery answer.
    DhipVendor = "dhip.vendor",
    /// `clear` where a client of Foscam's media sends a password.
    FoscamCredentials = "foscam.credentials",
    /// Firmware in an answer to Foscam's search.
    FoscamFirmware = "foscam.firmware",
    /// Link address in an answer to Foscam's search.
    FoscamMac = "foscam.mac",
    /// Name that people gave a camera, in an answer to Foscam's search.
    FoscamName = "foscam.name",
    /// The sender's side in Foscam's protocols: `device` or `client`.
    FoscamRole = "foscam.role",
    /// Serial number in an answer to Foscam's search.
    FoscamSerial = "foscam.serial",
    /// FTP greeting, behind the reply code.
    FtpBanner = "ftp.banner",
    /// `clear` where a client of FTP sends a password.
    FtpCredentials = "ftp.credentials",
    /// The sender's side in Gwell's protocol: `client` of who calls a camera.
    GwellRole = "gwell.role",
    /// Link address in an answer to Hanwha's search.
    HanwhaMac = "hanwha.mac",
    /// Model in an answer to Hanwha's search.
    HanwhaModel = "hanwha.model",
    /// The sender's side in Hanwha's search: `device` or `client`.
    HanwhaRole = "hanwha.role",
    /// `Content-Type` over HTTP.
    HttpContentType = "http.content_type",
    /// `Name: value` of another HTTP header (the name alone where the value varies).
    HttpHeader = "http.header",
    /// `Host` of an HTTP request, or the authority of its target.
    HttpHost = "http.host",
    /// Method of an HTTP request.
    HttpMethod = "http.method",
    /// Path and query of an HTTP request: speaks of the server, and only if it answers 2xx or 401.
    HttpPath = "http.path",
    /// Realm of `WWW-Authenticate` over HTTP.
    HttpRealm = "http.realm",
    /// `Server` over HTTP.
    HttpServer = "http.server",
    /// Status of an HTTP reply: three digits.
    HttpStatus = "http.status",
    /// The title of an HTML page.
    HttpTitle = "http.title",
    /// `User-Agent` of an HTTP request: speaks of the side that asks.
    HttpUserAgent = "http.user_agent",
    /// Name of a host that multicast DNS gives an address.
    MdnsHost = "mdns.host",
    /// Instance label of a DNS service.
    MdnsInstance = "mdns.instance",
    /// Service type of a DNS service.
    MdnsService = "mdns.service",
    /// A text of a DNS service's TXT record.
    MdnsTxt = "mdns.txt",
    /// `clear` where a device of miIO says its token.
    MiioCredentials = "miio.credentials",
    /// The number by which the cloud of miIO knows a device.
    MiioUid = "miio.uid",
    /// How a client of MQTT calls itself.
    MqttClientId = "mqtt.client_id",
    /// `clear` where a client of MQTT sends a password.
    MqttCredentials = "mqtt.credentials",
    /// The first level of a topic that a client of MQTT publishes or subscribes to.
    MqttTopic = "mqtt.topic",
    /// The sender's side in Naxclow's protocol: `device` of who registers.
    NaxclowRole = "naxclow.role",
    /// Neighbour discovery says which link address holds an address.
    Ndp = "ndp",
    /// Link address in an answer to NICE's search.
    NiceMac = "nice.mac",
    /// Name of the device in an answer to NICE's search.
    NiceName = "nice.name",
    /// The sender's side in NICE's search: `device` or `client`.
    NiceRole = "nice.role",
    /// Manufacturer of an ONVIF `GetDeviceInformation` answer.
    OnvifManufacturer = "onvif.manufacturer",
    /// Percent-decoded text behind `onvif://www.onvif.org/hardware/`.
    OnvifScopeHardware = "onvif.scope.hardware",
    /// Percent-decoded text behind `onvif://www.onvif.org/name/`.
    OnvifScopeName = "onvif.scope.name",
    /// The registered prefix of a link address.
    Oui = "oui",
    /// Firmware in an answer to Panasonic's search.
    PanasonicFirmware = "panasonic.firmware",
    /// Link address in an answer to Panasonic's search.
    PanasonicMac = "panasonic.mac",
    /// Short name of the model in an answer to Panasonic's search.
    PanasonicModel = "panasonic.model",
    /// Full name of the model in an answer to Panasonic's search.
    PanasonicName = "panasonic.name",
    /// The sender's side in Panasonic's search: `device` or `client`.
    PanasonicRole = "panasonic.role",
    /// The sender's side in PPPP: `device` or `client`.
    PpppRole = "pppp.role",
    /// The name by which the cloud of PPPP knows a camera.
    PpppUid = "pppp.uid",
    /// Address and port of the client for which a proxy connects, by the proxy's word.
    ProxySource = "proxy.source",
    /// The version of QUIC: eight hex digits, or the four letters of one of Google's.
    QuicVersion = "quic.version",
    /// Where a client of RTMP connects to, without the query.
    RtmpUrl = "rtmp.url",
    /// How the software of a client of RTMP calls itself.
    RtmpUserAgent = "rtmp.user_agent",
    /// Payload type of RTP (RFC 3551, 6), a decimal number.
    RtpPayloadType = "rtp.payload_type",
    /// `Basic` where a password crosses RTSP in clear (RFC 7617).
    RtspCredentials = "rtsp.credentials",
    /// What stands behind host and port of an RTSP URL, with the query; passwords masked.
    RtspPath = "rtsp.path",
    /// Realm of `WWW-Authenticate` over RTSP.
    RtspRealm = "rtsp.realm",
    /// `Server` over RTSP.
    RtspServer = "rtsp.server",
    /// `User-Agent` over RTSP: speaks of the side that asks.
    RtspUserAgent = "rtsp.user_agent",
    /// A medium of a session description and its first coding: `video H264/90000`.
    SdpMedia = "sdp.media",
    /// Eight hex digits behind `MEDIAINFO=` in a session description: the magic number of a media stack.
    SdpMediaHeader = "sdp.media_header",
    /// The `s=` line of a session description, or `i=` where a note says so.
    SdpSession = "sdp.session",
    /// SIP `User-Agent` or `Server`.
    SipUserAgent = "sip.user_agent",
    /// How a client of SMTP calls itself: the argument of `EHLO` or `HELO`.
    SmtpEhlo = "smtp.ehlo",
    /// SNMP `sysName`.
    SnmpName = "snmp.name",
    /// SNMP `sysDescr`.
    SnmpSysDescr = "snmp.sys_descr",
    /// SNMP `sysObjectID`, dotted, without a leading dot.
    SnmpSysObjectId = "snmp.sys_object_id",
    /// Host and port to which a client lets a SOCKS proxy connect.
    SocksTarget = "socks.target",
    /// Firmware in an answer to Sony's search.
    SonyFirmware = "sony.firmware",
    /// Link address in an answer to Sony's search.
    SonyMac = "sony.mac",
    /// Model in an answer to Sony's search.
    SonyModel = "sony.model",
    /// The sender's side in Sony's search: `device` or `client`.
    SonyRole = "sony.role",
    /// Serial number in an answer to Sony's search.
    SonySerial = "sony.serial",
    /// Type of the root device of a `UPnP` description.
    SsdpDeviceType = "ssdp.device_type",
    /// Name that people gave the root device of a `UPnP` description.
    SsdpFriendlyName = "ssdp.friendly_name",
    /// Where the `UPnP` description of a device lies: `LOCATION` over SSDP.
    SsdpLocation = "ssdp.location",
    /// Manufacturer of a `UPnP` description.
    SsdpManufacturer = "ssdp.manufacturer",
    /// Model of a `UPnP` description.
    SsdpModel = "ssdp.model",
    /// Number of the model in a `UPnP` description.
    SsdpModelNumber = "ssdp.model_number",
    /// What is announced: `NT` over SSDP.
    SsdpNt = "ssdp.nt",
    /// Serial number in a `UPnP` description.
    SsdpSerial = "ssdp.serial",
    /// `SERVER` over SSDP.
    SsdpServer = "ssdp.server",
    /// What is answered: `ST` over SSDP.
    SsdpSt = "ssdp.st",
    /// `USER-AGENT` of an SSDP search: speaks of the side that asks.
    SsdpUserAgent = "ssdp.user_agent",
    /// `USN` over SSDP.
    SsdpUsn = "ssdp.usn",
    /// The sender's part in ICE: `controlling` or `controlled`.
    StunIce = "stun.ice",
    /// The address and port that a STUN server saw its client send from: a claim about the receiver.
    StunMapped = "stun.mapped",
    /// `SOFTWARE` over STUN.
    StunSoftware = "stun.software",
    /// Telnet greeting, behind terminal negotiation.
    TelnetBanner = "telnet.banner",
    /// A name in application-layer protocol negotiation.
    TlsAlpn = "tls.alpn",
    /// A name that a server's certificate holds for.
    TlsCertificate = "tls.certificate",
    /// The cipher that the server chose: two pairs of hex digits.
    TlsCipher = "tls.cipher",
    /// `outer` where the hello offers encrypted client hello: its server name is a cover.
    TlsEch = "tls.ech",
    /// Issuer of a certificate, as `CN=..,OU=..,O=..` without spaces behind the commas.
    TlsIssuer = "tls.issuer",
    /// JA4 fingerprint of a client hello.
    TlsJa4 = "tls.ja4",
    /// How many DNS names a certificate holds for, where they are over 16.
    TlsNames = "tls.names",
    /// `yes` where a certificate's issuer is its subject (RFC 5280, 3.2).
    TlsSelfIssued = "tls.self_issued",
    /// The server name that a client hello asks for (SNI).
    TlsSni = "tls.sni",
    /// Common name of a certificate's subject.
    TlsSubjectCn = "tls.subject_cn",
    /// Organisation of a certificate's subject.
    TlsSubjectO = "tls.subject_o",
    /// The highest version that the client offers, the one that the server chose: two pairs of hex digits.
    TlsVersion = "tls.version",
    /// The sender's side in Kalay: `device` or `client`.
    TutkRole = "tutk.role",
    /// The name by which the cloud of Kalay knows a camera.
    TutkUid = "tutk.uid",
    /// The sender's side in TVT's protocol: `device` or `client`.
    TvtRole = "tvt.role",
    /// `User-Agent` of a viewing application or recorder: it marks the viewer.
    UaApp = "ua.app",
    /// Firmware in Ubiquiti's discovery.
    UbiquitiFirmware = "ubiquiti.firmware",
    /// Link address in Ubiquiti's discovery.
    UbiquitiMac = "ubiquiti.mac",
    /// Model in Ubiquiti's discovery: of any device, not of cameras alone.
    UbiquitiModel = "ubiquiti.model",
    /// Name that people gave a device, in Ubiquiti's discovery.
    UbiquitiName = "ubiquiti.name",
    /// Link address in an answer to V380's search.
    V380Mac = "v380.mac",
    /// The sender's side in V380's protocols: `device` or `client`.
    V380Role = "v380.role",
    /// The number by which the cloud of V380 knows a camera.
    V380Uid = "v380.uid",
    /// Link address in an answer to Vivotek's search.
    VivotekMac = "vivotek.mac",
    /// Model in an answer to Vivotek's search.
    VivotekModel = "vivotek.model",
    /// Long name of the model in an answer to Vivotek's search.
    VivotekName = "vivotek.name",
    /// The sender's side in Vivotek's search: `device` or `client`.
    VivotekRole = "vivotek.role",
    /// `clear` where an answer to `VStarcam`'s search holds a password.
    VstarcamCredentials = "vstarcam.credentials",
    /// Firmware in an answer to `VStarcam`'s search.
    VstarcamFirmware = "vstarcam.firmware",
    /// Link address in an answer to `VStarcam`'s search.
    VstarcamMac = "vstarcam.mac",
    /// Name that people gave a camera, in an answer to `VStarcam`'s search.
    VstarcamName = "vstarcam.name",
    /// The sender's side in `VStarcam`'s search: `device` or `client`.
    VstarcamRole = "vstarcam.role",
    /// Serial number, or the name at the cloud, in an answer to `VStarcam`'s search.
    VstarcamSerial = "vstarcam.serial",
}

/// Fields that the catalogue knows and whose reader is still to be written. What a reader yields must leave this list.
pub(crate) const AWAITED: &[Field] = &[
    Field::DhipDeviceClass,
    Field::DhipVendor,
    Field::HttpHeader,
    Field::HttpTitle,
    Field::OnvifManufacturer,
    Field::OnvifScopeHardware,
    Field::OnvifScopeName,
    Field::SipUserAgent,
];

/// Fields that no reader yields because the judge does: from a link address, and from other fields.
pub(crate) const JUDGED: &[Field] = &[Field::Oui, Field::UaApp];

impl Field {
    /// Whether the value names the server that a flow is for, as its client called it.
    pub const fn names_flow(self) -> bool {
        matches!(self, Self::TlsSni | Self::HttpHost)
    }

    /// Whether the value is a path that was asked for on the flow's server.
    pub const fn is_path(self) -> bool {
        matches!(self, Self::HttpPath)
    }

    /// Whether `fields` holds this one; in constants, too.
    pub(crate) const fn is_in(self, fields: &[Self]) -> bool {
        let mut rest = fields;
        while let [first, more @ ..] = rest {
            if *first as u8 == self as u8 {
                return true;
            }
            rest = more;
        }
        false
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
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
        assert_eq!(Field::from_word("http.user-agent"), None);
    }

    #[test]
    fn fields_stand_in_the_order_of_their_words() {
        assert!(Field::WORDS.is_sorted());
    }
}
