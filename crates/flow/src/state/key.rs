//! The key of a flow: path and five-tuple, the same for both directions (RFC 5103).

use lenscap_wire::{Address, Packet};
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};

use crate::state::path::{PathId, Paths};

/// Which end of the key a packet came from: 0 is the lower end, 1 the higher.
pub(crate) type Side = usize;

/// ICMP and `ICMPv6` by their protocol numbers.
pub(crate) const ICMP: u8 = 1;
/// TCP.
pub(crate) const TCP: u8 = 6;
/// UDP.
pub(crate) const UDP: u8 = 17;
/// `ICMPv6`.
pub(crate) const ICMP6: u8 = 58;
/// SCTP.
pub(crate) const SCTP: u8 = 132;

/// Whether the halves of a protocol's flows have readers: of streams over TCP, of datagrams over UDP.
#[inline]
pub(crate) const fn streams(protocol: u8) -> bool {
    matches!(protocol, TCP | UDP)
}

/// Path, ends in ascending order, and protocol.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialOrd, Serialize, Deserialize)]
#[repr(C)]
pub(crate) struct Key {
    /// Addresses of the lower and the higher end.
    pub(crate) addresses: [[u8; 16]; 2],
    /// Their ports; type and code (or type and counterpart) for ICMP, as Community ID has them.
    pub(crate) ports: [u16; 2],
    /// VLANs and tunnels around it.
    pub(crate) path: PathId,
    /// IP protocol number.
    pub(crate) protocol: u8,
    /// IP version, so that a mapped IPv6 address is not taken for IPv4.
    pub(crate) version: u8,
}

impl PartialEq for Key {
    /// Every packet is compared with its flow: so that is two comparisons of 16 bytes and one of eight.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.addresses == other.addresses && self.rest() == other.rest()
    }
}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        for address in self.addresses {
            state.write_u128(u128::from_ne_bytes(address));
        }
        state.write_u64(self.rest());
    }
}

impl Key {
    /// All but the addresses, as it lies in memory.
    #[inline]
    fn rest(&self) -> u64 {
        let [low, high] = self.ports.map(u64::from);
        let path = u64::from(self.path.0);
        low | high << 16 | path << 32 | u64::from(self.protocol) << 48 | u64::from(self.version) << 56
    }

    /// The key of a packet and the side that sent it.
    #[inline]
    pub(crate) fn of(packet: &Packet<'_>, path: PathId) -> (Self, Side) {
        let ports = if matches!(packet.protocol, ICMP | ICMP6) {
            icmp_ports(packet.protocol, packet.ports)
        } else {
            packet.ports
        };
        Self::between(packet, path, ports)
    }

    /// The key that a packet's datagram has while its ports are unknown.
    pub(crate) fn portless(packet: &Packet<'_>, path: PathId) -> (Self, Side) {
        Self::between(packet, path, (0, 0))
    }

    #[inline]
    fn between(packet: &Packet<'_>, path: PathId, ports: (u16, u16)) -> (Self, Side) {
        // As numbers, which are put in order without a way through memory.
        let [from, to] = [packet.source, packet.destination].map(|address| u128::from_be_bytes(address.0));
        let (addresses, ports, side) = if packet.version == 4 {
            // Of an IPv4 address the first ten bytes are zero, so that six and the port are one number.
            let end = |address: u128, port: u16| (address as u64) << 16 | u64::from(port);
            let (ends, side) = in_order(end(from, ports.0), end(to, ports.1));
            (ends.map(|end| u128::from(end >> 16)), ends.map(|end| end as u16), side)
        } else {
            let ([(low, first), (high, second)], side) = in_order((from, ports.0), (to, ports.1));
            ([low, high], [first, second], side)
        };
        let addresses = addresses.map(u128::to_be_bytes);
        (Self { addresses, ports, path, protocol: packet.protocol, version: packet.version }, side)
    }

    /// Address of one end.
    pub(crate) fn address(&self, side: Side) -> Address {
        Address(self.addresses[side & 1])
    }

    /// Port of one end; `None` for protocols without.
    pub(crate) fn port(&self, side: Side) -> Option<u16> {
        let ported = matches!(self.protocol, TCP | UDP | SCTP | ICMP | ICMP6);
        ported.then_some(if side == 0 { self.ports[0] } else { self.ports[1] })
    }

    /// Whether its packets are errors of ICMP, where `first` sent one (RFC 792, RFC 4443): they quote what somebody else sent.
    pub(crate) fn is_icmp_error(&self, first: Side) -> bool {
        match (self.protocol, self.port(first)) {
            (ICMP, Some(kind)) => matches!(kind, 3 | 4 | 5 | 11 | 12),
            (ICMP6, Some(kind)) => kind < 128,
            _ => false,
        }
    }

    /// Hash with the seed of this process, the same in every summary: `paths` says what its path is made of.
    #[inline]
    pub(crate) fn hash(&self, paths: &Paths) -> u64 {
        let mut hasher = paths.hasher();
        let [(high, low), (other_high, other_low)] = self.addresses.map(words);
        // The id of the path is another one in every summary.
        let (rest, path) = (self.rest() & !(0xffff << 32), paths.hash(self.path));
        if self.version == 4 {
            // The first bytes of an address are the same in all.
            hasher.write_u64(high >> 32 << 32 | other_high >> 32);
            hasher.write_u64(rest);
            hasher.write_u64(path);
            return hasher.finish();
        }
        for word in [high, low, other_high, other_low, rest, path] {
            hasher.write_u64(word);
        }
        hasher.finish()
    }
}

/// The last eight bytes of an address, of which IPv4 has the upper half, and the first eight.
#[inline]
fn words(address: [u8; 16]) -> (u64, u64) {
    let all = u128::from_le_bytes(address);
    ((all >> 64) as u64, all as u64)
}

/// Two ends in ascending order, and the side that the first of them is.
#[inline]
fn in_order<E: Copy + Ord>(from: E, to: E) -> ([E; 2], Side) {
    if from > to { ([to, from], 1) } else { ([from, to], 0) }
}

/// Type and counterpart type for requests and replies, else type and code: the ports of Community ID, which makes
/// an echo and its reply one flow.
fn icmp_ports(protocol: u8, (kind, code): (u16, u16)) -> (u16, u16) {
    let counterpart = if protocol == ICMP {
        match kind {
            0 => Some(8),
            8 => Some(0),
            9 => Some(10),
            10 => Some(9),
            13 => Some(14),
            14 => Some(13),
            15 => Some(16),
            16 => Some(15),
            17 => Some(18),
            18 => Some(17),
            _ => None,
        }
    } else {
        match kind {
            128 => Some(129),
            129 => Some(128),
            130 => Some(131),
            131 => Some(130),
            133 => Some(134),
            134 => Some(133),
            135 => Some(136),
            136 => Some(135),
            139 => Some(140),
            140 => Some(139),
            144 => Some(145),
            145 => Some(144),
            _ => None,
        }
    };
    (kind, counterpart.unwrap_or(code))
}

/// Whether an ICMP key has no counterpart: Community ID then keeps the ends as they were sent.
pub(crate) fn one_way_icmp(protocol: u8, kind: u16) -> bool {
    const UNUSED: u16 = 0xffff;
    icmp_ports(protocol, (kind, UNUSED)).1 == UNUSED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_icmp_are_told_from_questions() {
        let of = |protocol, kind| Key { protocol, ports: [kind, 3], ..Key::default() }.is_icmp_error(0);
        assert!(of(ICMP, 3) && of(ICMP, 11) && of(ICMP6, 1));
        assert!(!of(ICMP, 8) && !of(ICMP6, 128) && !of(TCP, 3));
    }

    fn packet(source: [u8; 4], destination: [u8; 4], ports: (u16, u16)) -> Packet<'static> {
        Packet {
            source: Address::v4(source),
            destination: Address::v4(destination),
            ports,
            protocol: TCP,
            version: 4,
            ..Packet::default()
        }
    }

    #[test]
    fn both_directions_have_one_key() {
        let (there, from) = Key::of(&packet([10, 0, 0, 1], [10, 0, 0, 2], (5, 80)), PathId::NONE);
        let (back, to) = Key::of(&packet([10, 0, 0, 2], [10, 0, 0, 1], (80, 5)), PathId::NONE);
        let paths = Paths::default();
        assert_eq!((there, there.hash(&paths)), (back, back.hash(&paths)));
        assert_eq!((from, to), (0, 1));
    }

    #[test]
    fn equal_addresses_are_ordered_by_port() {
        let (key, side) = Key::of(&packet([10, 0, 0, 1], [10, 0, 0, 1], (80, 5)), PathId::NONE);
        assert_eq!((key.ports, side), ([5, 80], 1));
    }

    #[test]
    fn echo_and_reply_are_one_flow() {
        assert_eq!(icmp_ports(ICMP, (8, 0)), (8, 0));
        assert_eq!(icmp_ports(ICMP, (0, 0)), (0, 8));
        assert!(one_way_icmp(ICMP, 3) && !one_way_icmp(ICMP6, 128));
    }
}
