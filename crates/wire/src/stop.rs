//! Where decoding stopped, and why: what turns "undecodable" into something that can be acted on.

use crate::span::Span;
use crate::{Class, Hazards};
use std::fmt;

/// Where decoding stopped before it came to a payload, and why.
///
/// It says of a frame without a readable packet what [`Packet::class`](crate::Packet::class) sums up, and of a packet
/// with IP which header behind its addresses could not be read.
///
/// ```
/// use lenscap_wire::{Class, Header, LinkType, Packet, Why};
///
/// // Ethernet that promises IPv4 and ends behind four bytes of it.
/// let frame = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40];
/// let packet = Packet::parse(LinkType::ETHERNET, &frame);
/// let stop = packet.stop.unwrap();
/// assert_eq!((packet.class, stop.header, stop.offset), (Class::Undecodable, Header::Ip, 14));
/// assert_eq!(stop.why, Why::Short { needed: 20, had: 4 });
/// assert_eq!(stop.to_string(), "ip header at byte 14: 20 bytes needed, 4 there");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stop {
    /// The header that could not be read.
    pub header: Header,
    /// Where in the frame (or the reassembled datagram) it begins, or the part of it that was missed; in bytes.
    pub offset: u32,
    /// What was wrong.
    pub why: Why,
}

/// Headers that decoding may stop at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Header {
    /// That of the link type: cooked capture, 802.11 with the radio's own, frame relay and the like.
    Link,
    /// Ethernet, VLAN and other tags that an `EtherType` names, NSH.
    Ethernet,
    /// IEEE 802.2 logical link control.
    Llc,
    /// `PPPoE` or PPP.
    Ppp,
    /// A stack of MPLS labels.
    Mpls,
    /// IPv4 or IPv6 with extension headers.
    Ip,
    /// TCP, UDP, SCTP, ICMP or `ICMPv6`.
    Transport,
    /// One tunnel more than is followed, or one whose inside does not fit.
    Tunnel,
}

/// Why a header could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Why {
    /// The snap length cut it: it needs so many bytes, which were on the wire, and so many were captured.
    Cut {
        /// Bytes that are needed from the offset on.
        needed: u32,
        /// Bytes that are there.
        had: u32,
    },
    /// It needs so many bytes, and the wire had fewer.
    Short {
        /// Bytes that are needed from the offset on.
        needed: u32,
        /// Bytes that are there.
        had: u32,
    },
    /// Its length contradicts itself or what is around it.
    Length,
    /// The link type, or a version or type in the header, is none that is known here.
    Unknown,
    /// What follows is encrypted.
    Encrypted,
    /// More headers or tunnels inside one another than are followed.
    TooDeep,
}

impl Stop {
    /// A stop for this reason; [`Stop::at`] says where.
    pub(crate) const fn new(why: Why) -> Self {
        Self { header: Header::Link, offset: 0, why }
    }

    /// A header that is none of those known here.
    pub(crate) const UNKNOWN: Self = Self::new(Why::Unknown);

    /// The same, in the `header` at the front of `span` unless it is already known to be behind.
    pub(crate) fn at(self, header: Header, span: Span<'_>) -> Self {
        Self { header, offset: self.offset.max(span.offset), ..self }
    }

    /// Which part of the ledger a frame belongs to that has no packet for this reason.
    pub(crate) const fn class(self) -> Class {
        match self.why {
            Why::Cut { .. } => Class::Truncated,
            _ => Class::Undecodable,
        }
    }

    /// The oddity that it is.
    pub(crate) const fn hazards(self) -> Hazards {
        match self.why {
            Why::Cut { .. } => Hazards::CUT,
            Why::Short { .. } | Why::Length => Hazards::BAD_LENGTH,
            Why::Unknown => Hazards::UNKNOWN_HEADER,
            Why::Encrypted => Hazards::ENCRYPTED_LINK,
            Why::TooDeep => Hazards::TOO_DEEP,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = match self.header {
            Header::Link => "link",
            Header::Ethernet => "ethernet",
            Header::Llc => "llc",
            Header::Ppp => "ppp",
            Header::Mpls => "mpls",
            Header::Ip => "ip",
            Header::Transport => "transport",
            Header::Tunnel => "tunnel",
        };
        write!(f, "{header} header at byte {}: ", self.offset)?;
        match self.why {
            Why::Cut { needed, had } => write!(f, "{needed} bytes needed, {had} captured"),
            Why::Short { needed, had } => write!(f, "{needed} bytes needed, {had} there"),
            Why::Length => f.write_str("its length does not fit"),
            Why::Unknown => f.write_str("it is not known"),
            Why::Encrypted => f.write_str("what follows is encrypted"),
            Why::TooDeep => f.write_str("more headers than are followed"),
        }
    }
}
