//! What a decoded frame is: addresses, path, five-tuple, lengths and the payload, borrowed.

use arrayvec::ArrayVec;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr};

use crate::{Frame, Hazards, LinkType, PacketRef, Stop, Timestamp, decode};

/// A link-layer address (EUI-48).
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Whether the group bit is set: broadcast or multicast.
    #[inline]
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// Whether the address was made up locally rather than assigned by the registry.
    #[inline]
    pub const fn is_local(self) -> bool {
        self.0[0] & 2 == 2
    }

    /// Whether every byte is zero.
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.number() == 0
    }

    /// As one number: two loads where comparing six bytes takes as many.
    #[inline]
    const fn number(self) -> u64 {
        let [a, b, c, d, e, f] = self.0;
        u64::from_ne_bytes([a, b, c, d, e, f, 0, 0])
    }
}

impl Hash for Mac {
    /// As one number: tables go by many of them, and an array would be hashed as a text with its length.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.number());
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// An IP address of either version in 16 bytes: IPv6 as it is, IPv4 in the last four after ten zero bytes and two
/// of 0xff. Which version it is stands beside it, so that a mapped IPv6 address stays IPv6.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Address(pub [u8; 16]);

impl Hash for Address {
    /// As one number, like [`Mac`].
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_ne_bytes(self.0));
    }
}

impl Address {
    /// An IPv4 address.
    #[inline]
    pub const fn v4([a, b, c, d]: [u8; 4]) -> Self {
        Self([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d])
    }

    /// The same as one number: where it is looked at as one it never takes the way through memory.
    #[inline]
    pub(crate) const fn mapped(octets: [u8; 4]) -> Self {
        Self(((u32::from_le_bytes(octets) as u128) << 96 | 0xffff << 80).to_le_bytes())
    }

    /// The four bytes of an IPv4 address, or of a mapped one.
    ///
    /// ```
    /// use lenscap_wire::Address;
    ///
    /// assert_eq!(Address::v4([192, 0, 2, 1]).octets(), Some([192, 0, 2, 1]));
    /// assert_eq!(Address::v6([0x20; 16]).octets(), None);
    /// ```
    #[inline]
    pub const fn octets(self) -> Option<[u8; 4]> {
        // Two comparisons in place of twelve.
        let [a, b, c, d, e, f, g, h, i, j, k, l, four @ ..] = self.0;
        let begins = u64::from_ne_bytes([a, b, c, d, e, f, g, h]) == 0;
        let is_mapped = begins && u32::from_ne_bytes([i, j, k, l]) == u32::from_ne_bytes([0, 0, 0xff, 0xff]);
        if is_mapped { Some(four) } else { None }
    }

    /// An IPv6 address.
    #[inline]
    pub const fn v6(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The standard library's form; mapped addresses are taken for IPv4.
    pub fn ip(self) -> IpAddr {
        match self.octets() {
            Some(four) => IpAddr::V4(four.into()),
            None => IpAddr::V6(self.0.into()),
        }
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(four) => Self::v4(four.octets()),
            IpAddr::V6(six) => Self(six.octets()),
        }
    }
}

impl From<Ipv4Addr> for Address {
    fn from(ip: Ipv4Addr) -> Self {
        Self::v4(ip.octets())
    }
}

/// Which part of the ledger a packet belongs to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Class {
    /// An IP packet: it belongs to a flow.
    Ip,
    /// Sound, but carries no IP: ARP, spanning tree, 802.11 management and the like.
    NonIp,
    /// Cannot be read: unknown link type, encrypted, or headers that contradict themselves.
    #[default]
    Undecodable,
    /// Cut by the snap length before its addresses were complete.
    Truncated,
}

/// What a frame was wrapped in, outermost first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Layer {
    /// What kind of wrapping.
    pub kind: LayerKind,
    /// VLAN id, VXLAN or Geneve network, GRE key, `PPPoE` or ERSPAN session, service of a backbone; 0 where there is none, or where each
    /// direction has its own (MPLS label, GTP tunnel endpoint, service path), which would tear a biflow apart.
    pub id: u32,
    /// The tunnel's own ends, lower address first, so that both directions are one path; zero below IP.
    pub ends: [Address; 2],
}

/// Kinds of wrapping that are opened.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum LayerKind {
    Vlan,
    Mpls,
    Pppoe,
    Gre,
    Erspan,
    Vxlan,
    VxlanGpe,
    Geneve,
    Gtpu,
    /// IPv4 or IPv6 directly in IP (protocols 4 and 41).
    IpIp,
    Teredo,
    /// Network service header.
    Nsh,
    /// A service of a provider's backbone (IEEE 802.1ah).
    Backbone,
    /// GRE that carries Ethernet (RFC 7637), where [`LayerKind::Gre`] has none.
    GreBridge,
    /// Geneve that carries IP alone, as RFC 8926 allows, where [`LayerKind::Geneve`] carries Ethernet.
    GeneveIp,
    /// The same of [`LayerKind::VxlanGpe`].
    VxlanGpeIp,
}

impl LayerKind {
    /// Whether it is a tunnel that carries IP and never a link header.
    pub const fn carries_ip_alone(self) -> bool {
        matches!(self, Self::Gre | Self::Gtpu | Self::IpIp | Self::Teredo | Self::GeneveIp | Self::VxlanGpeIp)
    }
}

/// TCP flags as they stand in the header.
///
/// ```
/// use lenscap_wire::TcpFlags;
///
/// let flags = TcpFlags(0x12);
/// assert!(flags.has(TcpFlags::SYN | TcpFlags::ACK) && !flags.has(TcpFlags::FIN));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct TcpFlags(pub u8);

#[allow(missing_docs)]
impl TcpFlags {
    pub const FIN: u8 = 0x01;
    pub const SYN: u8 = 0x02;
    pub const RST: u8 = 0x04;
    pub const PSH: u8 = 0x08;
    pub const ACK: u8 = 0x10;
    pub const URG: u8 = 0x20;

    /// Whether all of `bits` are set.
    #[inline]
    pub const fn has(self, bits: u8) -> bool {
        self.0 & bits == bits
    }
}

/// The fields of a TCP header that flows need.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp {
    /// Sequence number of the first byte (of the SYN, where there is one).
    pub sequence: u32,
    /// Acknowledgement number; meaningful with ACK only.
    pub acknowledgement: u32,
    /// Flags.
    pub flags: TcpFlags,
    /// Receive window, unscaled.
    pub window: u16,
}

/// One IP fragment, for the reassembler.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    /// Identification (16 bits in IPv4, 32 in IPv6).
    pub id: u32,
    /// Offset of these bytes in the datagram, in bytes.
    pub offset: u32,
    /// Whether more fragments follow.
    pub more: bool,
    /// The fragment's bytes after the IP header (and, in IPv6, after the fragment header), as captured.
    pub bytes: &'a [u8],
    /// How many bytes that would be by the IP length.
    pub length: u32,
    /// Whether the addresses of the packet are those that the checksum of its transport covers.
    pub checkable: bool,
}

/// The flow that an ICMP error speaks of, as the quoted header names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub struct Quoted {
    pub source: Address,
    pub destination: Address,
    pub protocol: u8,
    /// Source and destination port; 0 where the quote is too short.
    pub ports: (u16, u16),
}

impl Packet<'_> {
    /// Takes all layers but so many off the path.
    pub(crate) fn unwrap_to(&mut self, depth: usize) {
        self.path.truncate(depth);
        self.from_higher &= !u8::MAX.checked_shl(depth as u32).unwrap_or(0);
    }
}

impl<'a> From<&Frame<'a>> for Packet<'a> {
    fn from(frame: &Frame<'a>) -> Self {
        let mut packet = Self::default();
        decode(frame, &mut packet);
        packet
    }
}

/// What a tunnel carries that is no IP: ARP, LLDP, or what is not known.
#[derive(Clone, Copy, Debug)]
pub struct InnerFrame<'a> {
    /// Source and destination of the innermost link header; those outside where the tunnel's inside has none.
    pub macs: Option<(Mac, Mac)>,
    /// Its `EtherType`; 0 where there is none.
    pub ether_type: u16,
    /// What was captured of what follows its link header.
    pub payload: &'a [u8],
    /// How many bytes that was on the wire.
    pub payload_length: u32,
}

/// A decoded frame. Decoding writes into one of these in place, so that none is copied.
#[derive(Clone, Debug, Default)]
pub struct Packet<'a> {
    /// Which part of the ledger it belongs to. A packet with any IP header is one with IP, whatever a tunnel carries.
    pub class: Class,
    /// What was odd.
    pub hazards: Hazards,
    /// Source and destination of the link header around the innermost IP packet. In a tunnel of IP alone they are those of
    /// the tunnel's ends ([`Packet::is_carried`]), and none in one that may have had a link header of its own. Linux cooked
    /// captures and the netfilter log know the sender alone: the destination is then zero.
    pub macs: Option<(Mac, Mac)>,
    /// `EtherType` of a packet that carries no IP; 0 where there is none.
    pub ether_type: u16,
    /// VLANs and tunnels around the packet, outermost first.
    pub path: ArrayVec<Layer, 8>,
    /// Bit by bit in the order of the path, lowest first: whether the packet came from the higher of that tunnel's
    /// [ends](Layer::ends).
    pub from_higher: u8,
    /// IP version of the innermost IP header: 4 or 6; 0 without one.
    pub version: u8,
    /// Time to live or hop limit of the innermost IP header, as it was captured.
    pub hop_limit: u8,
    /// Identification of the innermost IPv4 header, by which a datagram that is seen twice is known; 0 in IPv6.
    pub identification: u16,
    /// IP protocol number of what follows the innermost IP header and its extension headers.
    pub protocol: u8,
    /// Innermost source address.
    pub source: Address,
    /// Innermost destination address.
    pub destination: Address,
    /// Source and destination port (TCP, UDP, SCTP); type and code for ICMP and `ICMPv6`; 0 where there is none.
    pub ports: (u16, u16),
    /// Bytes of the innermost IP packet, header included: by its own length field, but no more than the frame had for
    /// it on the wire, and all of these where the field is 0.
    pub ip_length: u32,
    /// Bytes behind the innermost IP packet, and behind the datagram of UDP in it, where [hazards](Self::hazards) say that there
    /// are some; else of no meaning.
    pub surplus: u32,
    /// Bytes of transport payload by that length; may be more than was captured.
    pub payload_length: u32,
    /// What was captured of the payload; for a packet without IP, what follows the link header.
    pub payload: &'a [u8],
    /// The transport header and its payload, for the checksum; empty where not all of it was captured, where the
    /// addresses above need not be those that the checksum covers (IPv4 options, routing headers), and for fragments.
    pub segment: &'a [u8],
    /// TCP fields, where the protocol is TCP and its header is whole.
    pub tcp: Option<Tcp>,
    /// Set where this is a fragment that is not a whole datagram; `ports` and `payload` are then unknown.
    pub fragment: Option<Fragment<'a>>,
    /// Set where this is an ICMP error with a readable quote.
    pub quoted: Option<Quoted>,
    /// Set where the payload is that of a tunnel that carries no IP; all else is of the conversation around it.
    pub inner_frame: Option<InnerFrame<'a>>,
    /// Where decoding stopped at a header that it could not read; `None` where all was read that is known.
    pub stop: Option<Stop>,
}

impl<'a> Packet<'a> {
    /// Decodes the bytes of a frame that was captured whole. Never fails: [`Packet::class`] says what it is, and
    /// [`Packet::stop`] where it could not be read.
    ///
    /// Who decodes millions of frames keeps one packet and calls [`decode`](crate::decode), which writes in place.
    ///
    /// ```
    /// use lenscap_wire::{Class, LinkType, Packet};
    ///
    /// let arp = [[0xff; 6], [2, 0, 0, 0, 0, 1]].concat();
    /// let frame = [&arp[..], &[0x08, 0x06, 0, 1, 8, 0]].concat();
    /// let packet = Packet::parse(LinkType::ETHERNET, &frame);
    /// assert_eq!((packet.class, packet.ether_type), (Class::NonIp, 0x0806));
    /// assert_eq!(packet.macs.unwrap().0.to_string(), "02:00:00:00:00:01");
    /// ```
    pub fn parse(link_type: LinkType, bytes: &'a [u8]) -> Self {
        let (time, at) = (Timestamp::MIN, PacketRef::default());
        Self::from(&Frame { time, link_type, wire_length: bytes.len() as u32, bytes, at })
    }

    /// Whether the packet lies in a tunnel of IP alone, so that [`Packet::macs`] are those of the tunnel's ends.
    pub fn is_carried(&self) -> bool {
        self.path.last().is_some_and(|layer| layer.kind.carries_ip_alone())
    }

    /// Source and destination of the link header, where they are those of who sent the packet and who received it.
    pub fn own_macs(&self) -> Option<(Mac, Mac)> {
        self.macs.filter(|_| !self.is_carried())
    }

    /// [`Packet::inner_frame`] as a packet of its own, without IP.
    pub fn inner(&self) -> Option<Self> {
        let InnerFrame { macs, ether_type, payload, payload_length } = self.inner_frame?;
        Some(Self { class: Class::NonIp, macs, ether_type, payload, payload_length, ..Self::default() })
    }
}
