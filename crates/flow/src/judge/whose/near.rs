//! Which ends of a flow with addresses of the outside stand on the link all the same.
//!
//! 203.0.113.10 that answers for itself is a neighbour, and so is `2001:db8:5::9`, to which `fe80::64` sends. That a camera calls its cloud's
//! address its own hides nothing, since what it sends there goes to the router's MAC; nor does it hide anything that it calls that the
//! router's.

use crate::judge::judged::Judged;
use crate::judge::{Court, Flow};
use crate::state::key::Side;
use crate::state::spell::way::Hops;

impl<'a> Court<'a> {
    /// The bits of what is judged of a flow that would be with the outside, by where its ends stand.
    pub(super) fn near_ends(&self, flow: &Flow<'a>, judged: &Judged) -> u8 {
        let inside = |bits: u8, side: Side| bits & !(Judged::OUTSIDE << side) | Judged::INSIDE << side;
        let bits = judged.bits;
        if let Some(side) = self.beside_link_local(flow, judged) {
            // Who was sent to and never answered is neither.
            let answers = flow.hot.ways[side].hops() == Hops::All;
            return if answers { inside(bits, side) } else { bits & !(Judged::OUTSIDE << side) };
        }
        if self.is_of_this_link(flow, judged) {
            return inside(inside(bits, 0), 1);
        }
        if !judged.is_outside(0) || !judged.is_outside(1) {
            return bits;
        }
        // One alone is a station of a network that a router says is of this link, where a router stands before the other.
        let stands_here = |side: Side| {
            let end = (flow.mac(side).unwrap_or_default(), flow.hot.key.address(side));
            let other = flow.mac(1 - side).unwrap_or_default();
            self.claims.is_router(other) && self.neighbours.stands_here(self, end)
        };
        let near = [0, 1].into_iter().find(|side| stands_here(*side)).filter(|_| !self.is_carried(flow));
        near.map_or(bits, |side| inside(bits, side))
    }

    /// The outside end of a flow that has one, where the other has an IPv6 address of the link alone: no router passes on what comes from
    /// or goes to such (RFC 4291, 2.5.6). In IPv4 some do.
    fn beside_link_local(&self, flow: &Flow<'a>, judged: &Judged) -> Option<Side> {
        let side = usize::from(!judged.is_outside(0));
        let other = flow.hot.key.address(1 - side);
        let is_link_local = matches!(other.0, [0xfe, second, ..] if second & 0xc0 == 0x80);
        (is_link_local && !self.is_carried(flow)).then_some(side)
    }

    /// Whether the ends of a flow that would be outside stand on this link: no router stands between the two, or each holds its
    /// address by ARP or neighbour discovery or has one of a network of the link, and the packets went to the MAC that does.
    fn is_of_this_link(&self, flow: &Flow<'a>, judged: &Judged) -> bool {
        // Whether anything tells of the address is asked first: of hardly any outside end it does.
        let is_near = |side: Side| {
            let address = flow.hot.key.address(side);
            let end = (flow.mac(side).unwrap_or_default(), address);
            let neighbours = &self.neighbours;
            self.claims.may_tell_of(address)
                && !end.0.is_zero()
                && (neighbours.holds(self, end) || neighbours.stands_here(self, end))
        };
        let is_here = |side: Side| judged.is_inside(side) || judged.is_outside(side) && is_near(side);
        is_here(0) && is_here(1) && flow.mac(0) != flow.mac(1) && !self.is_carried(flow)
            || judged.is_outside(0)
                && judged.is_outside(1)
                && !self.is_carried(flow)
                && self.neighbours.are_ends_of(self, flow)
    }
}
