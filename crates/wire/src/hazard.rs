//! What was odd about a packet: a set of bits, counted but never a reason to drop.

use std::ops::Sub;

/// A set of oddities of one packet, or (as a union) of many: what Zeek calls weird, Suricata a decoder event and
/// Wireshark expert info.
///
/// ```
/// use lenscap_wire::Hazards;
///
/// let mut odd = Hazards::CUT;
/// odd.insert(Hazards::FRAGMENT);
/// assert_eq!(odd.iter().map(|(_, name)| name).collect::<Vec<_>>(), ["snap-length", "fragment"]);
/// assert_eq!(odd - Hazards::CUT, Hazards::FRAGMENT);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Hazards(pub u32);

macro_rules! hazards {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $text:literal;)*) => {
        impl Hazards {
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)*

            /// Every hazard with its name in reports.
            pub const NAMES: &'static [(Self, &'static str)] = &[$((Self::$name, $text)),*];
        }
    };
}

hazards! {
    /// The snap length cut the frame before its headers or payload ended.
    CUT = 0, "snap-length";
    /// A header claims more bytes than the packet around it holds.
    BAD_LENGTH = 1, "bad-length";
    /// The IPv4 header checksum is wrong.
    BAD_IP_CHECKSUM = 2, "bad-ip-checksum";
    /// The TCP, UDP, ICMP or `ICMPv6` checksum is wrong, where the whole segment was captured.
    BAD_TRANSPORT_CHECKSUM = 3, "bad-transport-checksum";
    /// More headers or tunnels inside one another than are followed.
    TOO_DEEP = 4, "too-deep";
    /// An IP fragment.
    FRAGMENT = 5, "fragment";
    /// Fragments of one datagram overlap; the first byte seen won.
    OVERLAP = 6, "fragment-overlap";
    /// The payload is encrypted below IP (802.11 protected frame, `MACsec`).
    ENCRYPTED_LINK = 7, "encrypted-link";
    /// TCP flags that no sound sender combines (SYN with FIN or RST).
    ODD_FLAGS = 8, "odd-tcp-flags";
    /// The link type, or a header inside, is none that is known here.
    UNKNOWN_HEADER = 9, "unknown-header";
    /// The wrong transport checksum is that of the pseudo-header alone: as senders leave it to their network card to
    /// complete, so that their own captures show it.
    OFFLOADED_CHECKSUM = 10, "offloaded-checksum";
    /// Bytes behind the IP datagram that are neither padding of a short frame nor its check sequence. No flow counts
    /// them.
    TRAILER = 11, "trailer";
    /// A tunnel that was not opened, or whose inside is neither IP nor ARP: only the conversation around it is known.
    UNOPENED_TUNNEL = 12, "unopened-tunnel";
    /// The snap length cut the TCP header: what follows it is no payload of a flow, which knows its IP bytes alone.
    CUT_TRANSPORT = 13, "cut-transport";
    /// Bytes behind a datagram of UDP in its IP packet (RFC 9868). No flow counts them as payload.
    UDP_SURPLUS = 14, "udp-surplus";
}

impl Hazards {
    /// Nothing odd.
    pub const NONE: Self = Self(0);

    /// Adds the oddities of `other`.
    #[inline]
    pub fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Each oddity of the set, with its name in reports.
    pub fn iter(self) -> impl Iterator<Item = (Self, &'static str)> {
        Self::NAMES.iter().copied().filter(move |(hazard, _)| self.contains(*hazard))
    }

    /// Whether all of `other` are in the set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the set is empty.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Sub for Hazards {
    type Output = Self;

    /// The set without the oddities of `other`.
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}
