//! Flows to a proxy of the site that asks for somebody outside: what is sent there goes outside, and who receives it is whom the
//! request names.
//!
//! `CONNECT cloud.example:443` to 192.168.1.8, and 700 kB behind it: these bytes are the camera's to `cloud.example`, through
//! 192.168.1.8. What that sends on, and to whom, is its own flow, where the capture has it.

use lenscap_wire::Address;
use std::net::IpAddr;

use super::opinion::{Testimony, owner};
use crate::judge::boundary::Place;
use crate::judge::judged::{Judged, host_part, is_host_name, is_host_syntax};
use crate::judge::{Court, Flow};
use crate::report::Attribution;
use crate::state::key::{Side, TCP};

/// Top labels of names that nobody outside has (RFC 2606, RFC 6761, RFC 6762, RFC 8375), and those that sites give their own.
const SITES: [&[u8]; 13] = [
    b"local",
    b"lan",
    b"home",
    b"internal",
    b"intranet",
    b"corp",
    b"private",
    b"localdomain",
    b"localhost",
    b"test",
    b"invalid",
    b"arpa",
    b"box",
];

impl<'a> Court<'a> {
    /// The side of a flow inside the site that asks the other, as a proxy, for somebody outside, and is not turned away.
    pub(crate) fn asks_outside(&self, flow: &Flow<'a>, halves: &[Testimony<'_, 'a>; 2]) -> Option<Side> {
        if flow.hot.key.protocol != TCP {
            return None;
        }
        let inside = |side: Side| self.boundary.place(flow.hot.key.address(side)) == Some(Place::Inside);
        let asks = |side: &Side| halves[*side].target().is_some_and(|target| self.is_outside(target));
        let side = [0, 1].into_iter().find(asks)?;
        let (own, other) = (&halves[side], &halves[1 - side]);
        let back = flow.counters().payload[1 - side];
        let turned_away = back > 0 && other.turns_away(own);
        (inside(0) && inside(1) && !turned_away).then_some(side)
    }

    /// Whether a target is a host outside: by its address, or by a name that the site has not given.
    fn is_outside(&self, target: &[u8]) -> bool {
        if let Some(address) = literal(target) {
            return self.boundary.place(address) == Some(Place::Outside);
        }
        let host = host_part(target);
        let host = host.strip_suffix(b".").unwrap_or(host);
        let top = host.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
        let is_of_site = SITES.iter().any(|site| site.eq_ignore_ascii_case(top));
        is_host_name(host) && is_host_syntax(host) && (!is_of_site || owner(self.catalog, host).0.is_some())
    }

    /// Whether what the inside end of a flow sends goes outside through the other end, which is a proxy of the site.
    pub(crate) fn is_proxied(&self, flow: &Flow<'a>, judged: &Judged) -> bool {
        let by_proxy = |side: Side| {
            judged.is_outside(side) && self.boundary.place(flow.hot.key.address(side)) == Some(Place::Inside)
        };
        let is_asked = flow.hot.key.protocol == TCP && judged.is_external();
        is_asked && (by_proxy(0) || by_proxy(1)) && self.tunnel_ends(flow).is_none()
    }

    /// Whom a proxy was asked for in such a flow.
    pub(crate) fn target(&self, flow: &Flow<'a>, side: Side) -> Option<&'a [u8]> {
        self.tellers(flow).find_map(|flow| self.testimony(&flow, side & 1).target())
    }

    /// Attributes what goes through a proxy, by the names that the request and what is behind it give for who shall receive it.
    pub(super) fn attribute_target(
        &self,
        flow: &Flow<'a>,
        judged: &mut Judged,
        halves: &[Testimony<'_, 'a>; 2],
    ) -> bool {
        if judged.settle_names(halves) {
            return true;
        }
        let target = self.target(flow, 1 - judged.remote()).unwrap_or_default();
        let named =
            judged.settle(owner(self.catalog, target), Attribution::Host, crate::judge::rules::BY_HOST);
        if !named && let Some(address) = literal(target) {
            self.attribute_range(address, judged);
        }
        true
    }
}

/// The address that a target is, where it is no name.
pub(crate) fn literal(target: &[u8]) -> Option<Address> {
    let text = str::from_utf8(target).ok()?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.into());
    }
    let host = str::from_utf8(host_part(target)).ok()?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.parse::<IpAddr>().ok().map(Address::from)
}
