//! VLAN tags and tunnels around whole frames.

use crate::Host;
use crate::packet::{self, VLAN};
use lenscap_wire::Mac;

/// One wrapping. A tunnel has a near and a far end: what the scenario's router sends goes from far to near.
#[derive(Clone, Copy, Debug)]
pub enum Wrap {
    /// An 802.1Q tag with this VLAN id.
    Vlan(u16),
    /// VXLAN (RFC 7348): the whole Ethernet frame in UDP to port 4789.
    Vxlan {
        /// The end on the side of the inner hosts.
        near: Host,
        /// The other end.
        far: Host,
        /// Network identifier, 24 bits.
        network: u32,
    },
    /// GRE (RFC 2784, key of RFC 2890): the inner IP packet.
    Gre {
        /// The end on the side of the inner hosts.
        near: Host,
        /// The other end.
        far: Host,
        /// Key field, if there is one.
        key: Option<u32>,
    },
    /// The inner IP packet directly in IP (protocols 4 and 41).
    IpIp {
        /// The end on the side of the inner hosts.
        near: Host,
        /// The other end.
        far: Host,
    },
}

/// The frame inside `wrap`.
pub(crate) fn apply(wrap: Wrap, frame: &[u8], gateway: Mac) -> Vec<u8> {
    let inward = frame[6..12] == gateway.0;
    let towards = |near, far| if inward { (far, near) } else { (near, far) };
    match wrap {
        Wrap::Vlan(id) => [&frame[..12], &VLAN.to_be_bytes(), &id.to_be_bytes(), &frame[12..]].concat(),
        Wrap::Vxlan { near, far, network } => {
            let (from, to) = towards(near, far);
            let payload = [&[8, 0, 0, 0][..], &(network << 8).to_be_bytes(), frame].concat();
            let port = 49_152 + u16::from(frame[frame.len() / 2]);
            outer(from, to, 17, &packet::udp(from.ip, to.ip, (port, 4789), &payload))
        }
        Wrap::Gre { near, far, key } => {
            let (from, to) = towards(near, far);
            let flags: u16 = if key.is_some() { 0x2000 } else { 0 };
            let key = key.map_or(Vec::new(), |key| key.to_be_bytes().to_vec());
            outer(from, to, 47, &[&flags.to_be_bytes()[..], &frame[12..14], &key, &frame[14..]].concat())
        }
        Wrap::IpIp { near, far } => {
            let (from, to) = towards(near, far);
            let protocol = if frame[14] >> 4 == 6 { 41 } else { 4 };
            outer(from, to, protocol, &frame[14..])
        }
    }
}

fn outer(from: Host, to: Host, protocol: u8, body: &[u8]) -> Vec<u8> {
    let around = packet::ip(from.ip, to.ip, protocol, body, 0);
    packet::ethernet(from.mac, to.mac, packet::ether_type(&around), &around)
}
