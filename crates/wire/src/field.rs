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
    ($($variant:ident = $word:literal: $doc:literal,)+) => {
        /// A field of a protocol.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Field {
            $(#[doc = $doc] $variant,)+
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
    Vision360Mac = "360vision.mac": "Link address in an answer to 360 Vision's search.",
    Vision360Model = "360vision.model": "Model in an answer to 360 Vision's search.",
    Vision360Role = "360vision.role": "The sender's side in 360 Vision's search: `device` or `client`.",
    Vision360Serial = "360vision.serial": "Serial number in an answer to 360 Vision's search.",
    Arp = "arp": "ARP says which link address holds an address.",
    BaichuanRole = "baichuan.role": "The sender's side in Baichuan's protocol: `device` or `client`.",
    BaichuanUid = "baichuan.uid": "The name by which the cloud of Baichuan knows a camera.",
    CgiApi = "cgi.api": "The interface for cameras over HTTP by whose keys an answer is known: `vapix`, `sunapi`, ...",
    CgiClass = "cgi.class": "Kind of device in an answer of such an interface.",
    CgiFirmware = "cgi.firmware": "Firmware in an answer of such an interface.",
    CgiMac = "cgi.mac": "Link address in an answer of such an interface.",
    CgiModel = "cgi.model": "Model in an answer of such an interface.",
    CgiName = "cgi.name": "Name that people gave the device, in an answer of such an interface.",
    CgiRole = "cgi.role": "`device` where the sender answers in such an interface.",
    CgiSerial = "cgi.serial": "Serial number in an answer of such an interface.",
    CgiVendor = "cgi.vendor": "Maker in an answer of such an interface.",
    DahuaCredentials = "dahua.credentials": "`clear` where a login to a Dahua device sends the password under a key that everybody has.",
    DahuaFirmware = "dahua.firmware": "Version in an old discovery answer of a Dahua device.",
    DahuaMac = "dahua.mac": "Link address in an old discovery answer of a Dahua device.",
    DahuaModel = "dahua.model": "Model in an old discovery answer of a Dahua device.",
    DahuaName = "dahua.name": "Name of the device in an old discovery answer of a Dahua device.",
    DahuaRole = "dahua.role": "The sender's part in Dahua's DVRIP: `device` or `client`.",
    DahuaSerial = "dahua.serial": "Serial number in an old discovery answer of a Dahua device, or in the realm of a login.",
    Dhcp = "dhcp": "DHCP gave a link address an address.",
    DhcpClientId = "dhcp.client_id": "DHCP option 61: how the client calls itself to the server.",
    DhcpFqdn = "dhcp.fqdn": "DHCP option 81, `DHCPv6` option 39: the name that the client wants in DNS.",
    DhcpHostname = "dhcp.hostname": "DHCP option 12.",
    DhcpParameters = "dhcp.parameters": "DHCP option 55: which parameters the client asks for, in its order.",
    DhcpRouter = "dhcp.router": "DHCP option 3: a server says at which address a router of the link stands.",
    DhcpVendorClass = "dhcp.vendor_class": "DHCP option 60.",
    DhipChannels = "dhip.channels": "Video channels in an answer to Dahua's search, those of its own and of others on the network.",
    DhipClass = "dhip.class": "The device class in a Dahua discovery answer: `IPC`, `NVR`, `VTO`.",
    DhipCredentials = "dhip.credentials": "`clear` where a login over DHIP sends the password itself.",
    DhipFirmware = "dhip.firmware": "Firmware version in a Dahua discovery answer.",
    DhipMac = "dhip.mac": "Link address in a Dahua discovery answer.",
    DhipMessage = "dhip.message": "Method of a message over DHIP.",
    DhipModel = "dhip.model": "Model in a Dahua discovery answer.",
    DhipName = "dhip.name": "Name of the device in a Dahua discovery answer.",
    DhipRole = "dhip.role": "The sender's part in DHIP: `device` or `client`.",
    DhipSerial = "dhip.serial": "Serial number in a Dahua discovery answer, or in the realm of a login.",
    DhipVendor = "dhip.vendor": "The vendor in a Dahua discovery answer.",
    Dhp2pMessage = "dhp2p.message": "What a message of Dahua's P2P service is about: `device/p2p-channel`.",
    Dhp2pRole = "dhp2p.role": "`server` of who answers in Dahua's P2P service; who asks may be a device or an application.",
    Dhp2pTarget = "dhp2p.target": "Serial number of the device that the sender asks Dahua's P2P service for: it is another.",
    DvripBuild = "dvrip.build": "Day and mark of the firmware's build in an answer to Xiongmai's search: `D=2019-02-28 17:30:58 V=1a2b`.",
    DvripChannels = "dvrip.channels": "Video channels in an answer to Xiongmai's search.",
    DvripClass = "dvrip.class": "Kind of device in a login's answer over Xiongmai's DVRIP: `IPC`, `DVR`.",
    DvripCredentials = "dvrip.credentials": "`clear` where a login over Xiongmai's DVRIP sends the password itself.",
    DvripFirmware = "dvrip.firmware": "Firmware version in Xiongmai's DVRIP.",
    DvripMac = "dvrip.mac": "Link address in a discovery answer of Xiongmai's DVRIP.",
    DvripModel = "dvrip.model": "Name of the board in Xiongmai's DVRIP.",
    DvripName = "dvrip.name": "Name of the device in a discovery answer of Xiongmai's DVRIP.",
    DvripRole = "dvrip.role": "The sender's part in Xiongmai's DVRIP: `device` or `client`.",
    DvripSerial = "dvrip.serial": "Serial number in Xiongmai's DVRIP.",
    EzvizRole = "ezviz.role": "`client` where the sender asks in a protocol of EZVIZ.",
    FoscamCredentials = "foscam.credentials": "`clear` where a client of Foscam's media sends a password.",
    FoscamFirmware = "foscam.firmware": "Firmware in an answer to Foscam's search.",
    FoscamMac = "foscam.mac": "Link address in an answer to Foscam's search.",
    FoscamName = "foscam.name": "Name that people gave a camera, in an answer to Foscam's search.",
    FoscamRole = "foscam.role": "The sender's side in Foscam's protocols: `device` or `client`.",
    FoscamSerial = "foscam.serial": "Serial number in an answer to Foscam's search.",
    FtpBanner = "ftp.banner": "FTP greeting, behind the reply code.",
    FtpCredentials = "ftp.credentials": "`clear` where a client of FTP sends a password.",
    Gb28181Class = "gb28181.class": "Kind of device by the number of a device in GB/T 28181: `camera`, `network camera`, `DVR`, `NVR`.",
    Gb28181Firmware = "gb28181.firmware": "Firmware in a GB/T 28181 answer.",
    Gb28181Message = "gb28181.message": "`CmdType` of a GB/T 28181 message: `Keepalive`, `Catalog`, ...",
    Gb28181Model = "gb28181.model": "Model in a GB/T 28181 answer.",
    Gb28181Name = "gb28181.name": "Name of a device in a GB/T 28181 answer.",
    Gb28181Role = "gb28181.role": "`device` or `client`: the side of GB/T 28181 that the sender is.",
    Gb28181Uid = "gb28181.uid": "Number of a device in GB/T 28181: twenty digits.",
    Gb28181Vendor = "gb28181.vendor": "Maker in a GB/T 28181 answer.",
    GwellRole = "gwell.role": "The side in Gwell's protocol: `client` of who calls a camera, or `server`.",
    HanwhaMac = "hanwha.mac": "Link address in an answer to Hanwha's search.",
    HanwhaModel = "hanwha.model": "Model in an answer to Hanwha's search.",
    HanwhaRole = "hanwha.role": "The sender's side in Hanwha's search: `device` or `client`.",
    HcnetsdkRole = "hcnetsdk.role": "`client` where the sender asks in the protocol of `HCNetSDK`.",
    HomekitCategory = "homekit.category": "Kind of a camera or doorbell as `HomeKit` numbers it (`17`, `18`), in its announcement.",
    HomekitModel = "homekit.model": "Model of a camera or doorbell in its announcement for `HomeKit`.",
    HttpContentType = "http.content_type": "`Content-Type` over HTTP.",
    HttpCredentials = "http.credentials": "How a password crosses in clear in a request: `Basic` in its head, `query` in its path.",
    HttpHeader = "http.header": "`Name: value` of another HTTP header (the name alone where the value varies).",
    HttpHost = "http.host": "`Host` of an HTTP request, or the authority of its target.",
    HttpLink = "http.link": "What a page of HTML loads, or it or a redirection goes on to, on its own server: a script, a picture, another page.",
    HttpMethod = "http.method": "Method of an HTTP request.",
    HttpPath = "http.path": "Path and query of an HTTP request: speaks of the server, and only if it answers 2xx or 401.",
    HttpPicture = "http.picture": "Path and query of an HTTP request that a picture, or one after another, was the answer to.",
    HttpRealm = "http.realm": "Realm of `WWW-Authenticate` over HTTP.",
    HttpServer = "http.server": "`Server` over HTTP.",
    HttpStatus = "http.status": "Status of an HTTP reply: three digits.",
    HttpTitle = "http.title": "The title of an HTML page.",
    HttpUserAgent = "http.user_agent": "`User-Agent` of an HTTP request: speaks of the side that asks.",
    HttpVia = "http.via": "`yes` where a reply says by `Via` that a proxy passed it on, and not that the proxy wrote it.",
    IsapiClass = "isapi.class": "Kind of device in ISAPI: `IPCamera`, `NVR`, ...",
    IsapiFirmware = "isapi.firmware": "Firmware in ISAPI.",
    IsapiMac = "isapi.mac": "Link address in ISAPI.",
    IsapiModel = "isapi.model": "Model in ISAPI.",
    IsapiName = "isapi.name": "Name that people gave the device in ISAPI.",
    IsapiRole = "isapi.role": "`device` where the sender answers in ISAPI, or pushes an alarm; `login` where it answers to a login alone.",
    IsapiSerial = "isapi.serial": "Serial number in ISAPI: model, date, region and number in one word.",
    IsapiVendor = "isapi.vendor": "Maker, or badge, in ISAPI's description of a device.",
    IsupClass = "isup.class": "Kind of device in a registration in ISUP, as a number.",
    IsupCredentials = "isup.credentials": "`clear` where a registration in ISUP holds a password in clear.",
    IsupFirmware = "isup.firmware": "Firmware in a registration in ISUP.",
    IsupMessage = "isup.message": "`Command` of a message in ISUP: `REGISTER`, ...",
    IsupRole = "isup.role": "`device` or `client`: the side of ISUP that the sender is; a platform is a client.",
    IsupSerial = "isup.serial": "Serial number in a registration in ISUP, the model in front of it.",
    IsupUid = "isup.uid": "How a device calls itself in a registration in ISUP.",
    IsupVendor = "isup.vendor": "Who made a device, in a registration in ISUP.",
    KasaClass = "kasa.class": "Kind of device over Kasa: `IOT.IPCAMERA`.",
    KasaCredentials = "kasa.credentials": "`clear` where a password crosses over Kasa.",
    KasaFirmware = "kasa.firmware": "Firmware version over Kasa.",
    KasaMac = "kasa.mac": "Link address over Kasa.",
    KasaModel = "kasa.model": "Model over Kasa.",
    KasaName = "kasa.name": "Name that people gave the device, over Kasa.",
    KasaRole = "kasa.role": "The sender's part in Kasa: `device` or `client`.",
    KasaUid = "kasa.uid": "Identifier of the device over Kasa.",
    MdnsHost = "mdns.host": "Name of a host that multicast DNS gives an address.",
    MdnsInstance = "mdns.instance": "Instance label of a DNS service.",
    MdnsService = "mdns.service": "Service type of a DNS service.",
    MdnsTxt = "mdns.txt": "A text of a DNS service's TXT record.",
    MiioCredentials = "miio.credentials": "`clear` where a device of miIO says its token.",
    MiioUid = "miio.uid": "The number by which the cloud of miIO knows a device.",
    Model = "model": "A model, in whatever field a device says it: the judge looks there by the model table.",
    MqttClientId = "mqtt.client_id": "How a client of MQTT calls itself.",
    MqttCredentials = "mqtt.credentials": "`clear` where a client of MQTT sends a password.",
    MqttTopic = "mqtt.topic": "The first level of a topic that a client of MQTT publishes or subscribes to.",
    NaxclowRole = "naxclow.role": "The sender's side in Naxclow's protocol: `device` of who registers.",
    NaxclowUid = "naxclow.uid": "The number by which a camera registers at Naxclow's cloud.",
    Ndp = "ndp": "Neighbour discovery says which link address holds an address.",
    NdpPrefix = "ndp.prefix": "A router advertisement says that addresses of this prefix are of its link: `2001:db8:5::/64`.",
    NdpRouter = "ndp.router": "A router advertisement whose sender offers itself as a router.",
    NdpTried = "ndp.tried": "A station asks whether anybody holds the address that it is about to take.",
    NiceFirmware = "nice.firmware": "Version in an answer to NICE's search.",
    NiceMac = "nice.mac": "Link address in an answer to NICE's search.",
    NiceName = "nice.name": "Name of the device in an answer to NICE's search.",
    NiceRole = "nice.role": "The sender's side in NICE's search: `device` or `client`.",
    OnvifClass = "onvif.class": "What a device is in ONVIF: `NetworkVideoTransmitter`, `NetworkVideoStorage`, ...",
    OnvifCredentials = "onvif.credentials": "`clear` where a request to ONVIF holds a password in clear.",
    OnvifFirmware = "onvif.firmware": "Firmware of an ONVIF `GetDeviceInformation` answer.",
    OnvifMac = "onvif.mac": "Link address of an ONVIF `GetNetworkInterfaces` answer, or behind `onvif://www.onvif.org/MAC/`.",
    OnvifManufacturer = "onvif.manufacturer": "Manufacturer of an ONVIF `GetDeviceInformation` answer.",
    OnvifModel = "onvif.model": "Model of an ONVIF `GetDeviceInformation` answer.",
    OnvifRole = "onvif.role": "`device` or `client`: the side of ONVIF that the sender is.",
    OnvifScopeHardware = "onvif.scope.hardware": "Percent-decoded text behind `onvif://www.onvif.org/hardware/`.",
    OnvifScopeName = "onvif.scope.name": "Percent-decoded text behind `onvif://www.onvif.org/name/`.",
    OnvifSerial = "onvif.serial": "Serial number of an ONVIF `GetDeviceInformation` answer.",
    OnvifUid = "onvif.uid": "Stable address of an endpoint of ONVIF in WS-Discovery, a UUID in most.",
    OnvifVideo = "onvif.video": "What of video an ONVIF answer tells that its device serves: `profiles`, `sources`, `snapshot` or `events`.",
    Oui = "oui": "The registered prefix of a link address.",
    PanasonicFirmware = "panasonic.firmware": "Firmware in an answer to Panasonic's search.",
    PanasonicMac = "panasonic.mac": "Link address in an answer to Panasonic's search.",
    PanasonicModel = "panasonic.model": "Short name of the model in an answer to Panasonic's search.",
    PanasonicName = "panasonic.name": "Full name of the model in an answer to Panasonic's search.",
    PanasonicRole = "panasonic.role": "The sender's side in Panasonic's search: `device` or `client`.",
    PpppRole = "pppp.role": "The side in PPPP: `device`, `client` or `server`.",
    PpppUid = "pppp.uid": "The name by which the cloud of PPPP knows a camera.",
    ProxySource = "proxy.source": "Address and port of the client for which a proxy connects, by the proxy's word.",
    PtcpRole = "ptcp.role": "The sender's part in what PTCP carries: `device` or `client`.",
    QuicUnopened = "quic.unopened": "Stands, without a value, where a half of QUIC had more packets than are opened, and no whole hello in these.",
    QuicVersion = "quic.version": "The version of QUIC: eight hex digits, or the four letters of one of Google's.",
    RcpMac = "rcp.mac": "Link address in an answer to the discovery of Bosch.",
    RcpModel = "rcp.model": "What the maker calls a device, in an answer to the discovery of Bosch.",
    RcpName = "rcp.name": "Name of a device in an answer to the discovery of Bosch.",
    RcpRole = "rcp.role": "`device` where the sender answers the discovery of Bosch.",
    RcpSerial = "rcp.serial": "Serial number in an answer to the discovery of Bosch.",
    Referred = "referred": "Another flow that a message names, by what is said to stand at its address: `udp 32100 pppp`.",
    RtmpUrl = "rtmp.url": "Where a client of RTMP connects to, without the query.",
    RtmpUserAgent = "rtmp.user_agent": "How the software of a client of RTMP calls itself.",
    RtpPayloadType = "rtp.payload_type": "Payload type of RTP (RFC 3551, 6), a decimal number.",
    RtpVideo = "rtp.video": "How the pictures are coded that it sends in RTP, told from the payloads: `H264`.",
    RtspCredentials = "rtsp.credentials": "`Basic` where a password crosses RTSP in clear (RFC 7617).",
    RtspPath = "rtsp.path": "What stands behind host and port of an RTSP URL, with the query; passwords masked.",
    RtspRealm = "rtsp.realm": "Realm of `WWW-Authenticate` over RTSP.",
    RtspServer = "rtsp.server": "`Server` over RTSP.",
    RtspUserAgent = "rtsp.user_agent": "`User-Agent` over RTSP: speaks of the side that asks.",
    SadpChannels = "sadp.channels": "Video channels in an answer over SADP, analogue and digital ones.",
    SadpFirmware = "sadp.firmware": "Firmware in a SADP answer.",
    SadpMac = "sadp.mac": "Link address in a SADP answer.",
    SadpModel = "sadp.model": "Model in a SADP answer.",
    SadpRole = "sadp.role": "`device` or `client`: the side of SADP that the sender is.",
    SadpSerial = "sadp.serial": "Serial number in a SADP answer: model, date, region and number in one word.",
    SdpMedia = "sdp.media": "A medium of a session description and its first coding: `video H264/90000`.",
    SdpMediaHeader = "sdp.media_header": "Eight hex digits behind `MEDIAINFO=` in a session description: the magic number of a media stack.",
    SdpPacketization = "sdp.packetization": "Whose way of filling packets a session description offers besides the standard's: `DH`.",
    SdpRange = "sdp.range": "Between which times a recording lies that a session description offers: `npt=0-5400.0`; nothing of what has no end.",
    SdpSession = "sdp.session": "The `s=` line of a session description, or `i=` where a note says so.",
    SdpTool = "sdp.tool": "The program that wrote a session description.",
    SipUserAgent = "sip.user_agent": "SIP `User-Agent` or `Server`.",
    SmtpEhlo = "smtp.ehlo": "How a client of SMTP calls itself: the argument of `EHLO` or `HELO`.",
    SnmpFirmware = "snmp.firmware": "Version of the firmware, in a maker's own group of an SNMP agent.",
    SnmpMac = "snmp.mac": "Link address, in a maker's own group of an SNMP agent.",
    SnmpModel = "snmp.model": "Model, in a maker's own group of an SNMP agent.",
    SnmpName = "snmp.name": "SNMP `sysName`.",
    SnmpSerial = "snmp.serial": "Serial number, in a maker's own group of an SNMP agent.",
    SnmpSysDescr = "snmp.sys_descr": "SNMP `sysDescr`.",
    SnmpSysObjectId = "snmp.sys_object_id": "SNMP `sysObjectID`, dotted, without a leading dot.",
    SocksReply = "socks.reply": "`granted` where a SOCKS proxy answers that it did what it was asked.",
    SocksTarget = "socks.target": "Host and port to which a client lets a SOCKS proxy connect.",
    SonyFirmware = "sony.firmware": "Firmware in an answer to Sony's search.",
    SonyMac = "sony.mac": "Link address in an answer to Sony's search.",
    SonyModel = "sony.model": "Model in an answer to Sony's search.",
    SonyRole = "sony.role": "The sender's side in Sony's search: `device` or `client`.",
    SonySerial = "sony.serial": "Serial number in an answer to Sony's search.",
    SsdpAddress = "ssdp.address": "IPv4 address at which a `UPnP` description places its device.",
    SsdpDeviceType = "ssdp.device_type": "Type of the root device of a `UPnP` description.",
    SsdpFirmware = "ssdp.firmware": "Firmware version in a `UPnP` description, of makers who tell it there.",
    SsdpFriendlyName = "ssdp.friendly_name": "Name that people gave the root device of a `UPnP` description.",
    SsdpLocation = "ssdp.location": "Where the `UPnP` description of a device lies: `LOCATION` over SSDP.",
    SsdpManufacturer = "ssdp.manufacturer": "Manufacturer of a `UPnP` description.",
    SsdpModel = "ssdp.model": "Model of a `UPnP` description.",
    SsdpModelDescription = "ssdp.model_description": "What a `UPnP` description says of the model for people.",
    SsdpModelNumber = "ssdp.model_number": "Number of the model in a `UPnP` description.",
    SsdpNt = "ssdp.nt": "What is announced: `NT` over SSDP.",
    SsdpSerial = "ssdp.serial": "Serial number in a `UPnP` description.",
    SsdpServer = "ssdp.server": "`SERVER` over SSDP.",
    SsdpSt = "ssdp.st": "What is answered: `ST` over SSDP.",
    SsdpUserAgent = "ssdp.user_agent": "`USER-AGENT` of an SSDP search: speaks of the side that asks.",
    SsdpUsn = "ssdp.usn": "`USN` over SSDP.",
    StunIce = "stun.ice": "The sender's part in ICE: `controlling` or `controlled`.",
    StunMapped = "stun.mapped": "The address and port that a STUN server saw its client send from: a claim about the receiver.",
    StunSoftware = "stun.software": "`SOFTWARE` over STUN.",
    TdpClass = "tdp.class": "Kind of device over TDP: `SMART.IPCAMERA`.",
    TdpFirmware = "tdp.firmware": "Firmware version over TDP.",
    TdpMac = "tdp.mac": "Link address over TDP.",
    TdpModel = "tdp.model": "Model over TDP.",
    TdpName = "tdp.name": "Name that people gave the device, over TDP.",
    TdpRole = "tdp.role": "The sender's part in TDP: `device` or `client`.",
    TdpUid = "tdp.uid": "Identifier of the device over TDP.",
    TelnetBanner = "telnet.banner": "Telnet greeting, behind terminal negotiation.",
    TlsAlpn = "tls.alpn": "A name in application-layer protocol negotiation.",
    TlsCertificate = "tls.certificate": "A name that a server's certificate holds for.",
    TlsCipher = "tls.cipher": "The cipher that the server chose: two pairs of hex digits.",
    TlsEch = "tls.ech": "`outer` where the hello offers encrypted client hello: its server name is a cover.",
    TlsIssuer = "tls.issuer": "Issuer of a certificate, as `CN=..,OU=..,O=..` without spaces behind the commas.",
    TlsJa4 = "tls.ja4": "JA4 fingerprint of a client hello.",
    TlsNames = "tls.names": "How many DNS names a certificate holds for, where they are over 16.",
    TlsSelfIssued = "tls.self_issued": "`yes` where a certificate's issuer is its subject (RFC 5280, 3.2).",
    TlsSni = "tls.sni": "The server name that a client hello asks for (SNI).",
    TlsSubjectCn = "tls.subject_cn": "Common name of a certificate's subject.",
    TlsSubjectO = "tls.subject_o": "Organisation of a certificate's subject.",
    TlsVersion = "tls.version": "The highest version that the client offers, the one that the server chose: two pairs of hex digits.",
    TopseeClass = "topsee.class": "Kind of device in a Topsee answer.",
    TopseeCredentials = "topsee.credentials": "`clear` where a Topsee message holds a password in clear.",
    TopseeMac = "topsee.mac": "Link address in a Topsee answer.",
    TopseeModel = "topsee.model": "Model in a Topsee answer.",
    TopseeRole = "topsee.role": "`device` or `client`: the side of Topsee that the sender is.",
    TopseeSerial = "topsee.serial": "Serial number in a Topsee answer.",
    TopseeUid = "topsee.uid": "Number of a device in its P2P cloud, in a Topsee answer.",
    TutkRole = "tutk.role": "The side in Kalay: `device`, `client` or `server`.",
    TutkUid = "tutk.uid": "The name by which the cloud of Kalay knows a camera.",
    TuyaProductKey = "tuya.product_key": "Key of the product in a Tuya announcement, 16 characters.",
    TuyaRole = "tuya.role": "The sender's part in Tuya: `device` or `client`.",
    TuyaUid = "tuya.uid": "Identifier of the device in a Tuya announcement.",
    TvtRole = "tvt.role": "The sender's side in TVT's protocol: `device` or `client`.",
    UaApp = "ua.app": "`User-Agent` of a viewing application or recorder: it marks the viewer.",
    UbiquitiFirmware = "ubiquiti.firmware": "Firmware in Ubiquiti's discovery.",
    UbiquitiMac = "ubiquiti.mac": "Link address in Ubiquiti's discovery.",
    UbiquitiModel = "ubiquiti.model": "Model in Ubiquiti's discovery: of any device, not of cameras alone.",
    UbiquitiName = "ubiquiti.name": "Name that people gave a device, in Ubiquiti's discovery.",
    V380Mac = "v380.mac": "Link address in an answer to V380's search.",
    V380Role = "v380.role": "The sender's side in V380's protocols: `device` or `client`.",
    V380Uid = "v380.uid": "The number by which the cloud of V380 knows a camera.",
    VivotekMac = "vivotek.mac": "Link address in an answer to Vivotek's search.",
    VivotekModel = "vivotek.model": "Model in an answer to Vivotek's search.",
    VivotekName = "vivotek.name": "Long name of the model in an answer to Vivotek's search.",
    VivotekRole = "vivotek.role": "The sender's side in Vivotek's search: `device` or `client`.",
    VstarcamCredentials = "vstarcam.credentials": "`clear` where an answer to `VStarcam`'s search holds a password.",
    VstarcamFirmware = "vstarcam.firmware": "Firmware in an answer to `VStarcam`'s search.",
    VstarcamMac = "vstarcam.mac": "Link address in an answer to `VStarcam`'s search.",
    VstarcamName = "vstarcam.name": "Name that people gave a camera, in an answer to `VStarcam`'s search.",
    VstarcamRole = "vstarcam.role": "The sender's side in `VStarcam`'s search: `device` or `client`.",
    VstarcamSerial = "vstarcam.serial": "Serial number, or the name at the cloud, in an answer to `VStarcam`'s search.",
}

/// Fields that the catalogue knows and whose reader is still to be written. What a reader yields must leave this list.
pub(crate) const AWAITED: &[Field] = &[Field::HttpHeader];

/// Fields that no reader yields as such: the judge does, from a link address, from a path with its answer, and from other fields, and `referred` is how
/// what a message [refers](crate::Fact::Refers) to is kept.
pub(crate) const JUDGED: &[Field] =
    &[Field::HttpPicture, Field::Model, Field::Oui, Field::Referred, Field::UaApp];

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
            if *first as u16 == self as u16 {
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
