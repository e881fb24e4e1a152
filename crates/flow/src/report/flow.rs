//! A flow as it is rendered, and the names that addresses were given.
//!
//! A view is made when a renderer asks for it: a report of a million flows never holds them all.

use lenscap_catalog::{Role, Vendor};
use lenscap_wire::{Activity, Mac, Timestamp};
use std::net::IpAddr;

use super::{Attribution, DeviceId, EndReason, OrigBasis, PacketAt};

/// One end of a flow, and what it sent.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct EndView {
    pub address: IpAddr,
    /// `None` for protocols without ports.
    pub port: Option<u16>,
    pub mac: Option<Mac>,
    /// The device that it is.
    pub device: Option<DeviceId>,
    pub packets: u64,
    /// IP bytes.
    pub bytes: u64,
    /// Transport payload by the IP length.
    pub payload: u64,
    /// Payload with retransmissions counted once; `None` where that could not be told.
    pub payload_unique: Option<u64>,
    /// Payload between what was captured that never was; `None` where that could not be told.
    pub missed: Option<u64>,
    /// Every TCP flag that it set (IPFIX `tcpControlBits`, RFC 9293 3.1); `None` for other protocols.
    pub tcp_flags: Option<u8>,
}

/// Datagrams of a flow that were seen again, which the counters of its ends hold, too.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs)]
pub struct CopiesView {
    pub packets: u64,
    /// Bytes of payload.
    pub payload: u64,
    /// Whether these are about so many, by a sample of the datagrams: they came too far apart to be told one by one.
    pub estimated: bool,
}

/// A name of a flow's remote end.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct NameOf<'a> {
    pub name: &'a [u8],
    /// `sni`, `host`, `cert`, `dns`, `mdns`, …
    pub source: &'static str,
    pub packet: Option<PacketAt>,
}

/// A flow, put together for rendering.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct FlowView<'a> {
    /// Community ID 1.0 with seed 0, `1:` and base64.
    pub community_id: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// IP protocol number.
    pub protocol: u8,
    pub orig: EndView,
    pub resp: EndView,
    pub orig_basis: OrigBasis,
    /// VLAN ids, outermost first.
    pub vlan: Vec<u16>,
    /// Tunnels, outermost first, such as `vxlan:42`.
    pub tunnel: Vec<String>,
    /// Zeek's letters.
    pub tcp_history: Option<String>,
    pub app: Option<&'static str>,
    pub server_name: Option<&'a [u8]>,
    pub alpn: Option<&'a [u8]>,
    pub ja4: Option<&'a [u8]>,
    /// Whether an Encrypted Client Hello was offered.
    pub ech: bool,
    pub names: Vec<NameOf<'a>>,
    pub vendor: Option<&'a Vendor>,
    pub role: Option<Role>,
    pub attribution: Option<Attribution>,
    pub confidence: Option<u8>,
    pub activity: Activity,
    /// Whether one end is outside the site.
    pub external: bool,
    pub first_packet: PacketAt,
    /// What could not be told exactly, as words.
    pub limits: Vec<&'static str>,
    /// Datagrams that were seen again; `None` without.
    pub copies: Option<CopiesView>,
    /// The packet that decided whose the other end is, where that is by protocol or was learned from a message.
    pub proof: Option<PacketAt>,
    /// The same in every run over the same packets, and of no other flow: 16 hexadecimal digits.
    pub uid: String,
    pub end_reason: EndReason,
    /// Whether another flow, of other VLANs or tunnels, is the other half of this connection.
    pub joined: bool,
    /// Bytes of its packets on the wire, both ways, link headers included.
    pub frame_bytes: u64,
    /// Version, where it is known, and cipher that the server chose, each as four hexadecimal digits.
    pub tls: Option<(Option<&'a [u8]>, &'a [u8])>,
}

/// A name that an address was given, and to whom.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct NameView<'a> {
    pub name: &'a [u8],
    pub address: IpAddr,
    /// `None` for answers to everybody (multicast).
    pub asker: Option<IpAddr>,
    pub source: &'static str,
    pub first: Timestamp,
    pub last: Timestamp,
    pub packet: PacketAt,
    /// Whether the asker's question is in the capture; `None` for answers to everybody.
    pub asked: Option<bool>,
}
