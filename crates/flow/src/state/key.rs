//! The key of a flow: path and five-tuple, the same for both directions (RFC 5103).

use lenscap_wire::{Address, Packet};
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher};

use crate::state::path::{PathId, Paths};
use crate::state::seed::seeded;

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
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
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

impl Key {
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
        let (source, destination) = (packet.source.0, packet.destination.0);
        let side = usize::from((order(source), ports.0) > (order(destination), ports.1));
        let (addresses, ports) = if side == 0 {
            ([source, destination], [ports.0, ports.1])
        } else {
            ([destination, source], [ports.1, ports.0])
        };
        (Self { addresses, ports, path, protocol: packet.protocol, version: packet.version }, side)
    }

    /// Address of one end.
    pub(crate) fn address(&self, side: Side) -> Address {
        Address(if side == 0 { self.addresses[0] } else { self.addresses[1] })
    }

    /// Port of one end; `None` for protocols without.
    pub(crate) fn port(&self, side: Side) -> Option<u16> {
        let ported = matches!(self.protocol, TCP | UDP | SCTP | ICMP | ICMP6);
        ported.then_some(if side == 0 { self.ports[0] } else { self.ports[1] })
    }

    /// Hash with the seed of this process, the same in every summary: `paths` says what its path is made of.
    #[inline]
    pub(crate) fn hash(&self, paths: &Paths) -> u64 {
        let mut hasher = seeded().build_hasher();
        for half in self.addresses {
            let (high, low) = words(half);
            hasher.write_u64(high);
            hasher.write_u64(low);
        }
        let ports = u64::from(self.ports[0]) << 48 | u64::from(self.ports[1]) << 32;
        hasher.write_u64(ports | u64::from(self.protocol) << 8 | u64::from(self.version));
        hasher.write_u64(paths.hash(self.path));
        hasher.finish()
    }
}

/// An address as a number, for ordering.
#[inline]
fn order(address: [u8; 16]) -> u128 {
    u128::from_be_bytes(address)
}

#[inline]
fn words(address: [u8; 16]) -> (u64, u64) {
    let all = u128::from_ne_bytes(address);
    ((all >> 64) as u64, all as u64)
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
