//! Flows to a proxy of the site that asks for somebody outside: what is sent there goes outside, and who receives it is whom the
//! request names.
//!
//! `CONNECT cloud.example:443` to 192.168.1.8, and 700 kB behind it: these bytes are the camera's to `cloud.example`, through
//! 192.168.1.8. What that sends on, and to whom, is its own flow, where the capture has it.

use hashbrown::HashSet;
use lenscap_wire::Address;
use std::net::IpAddr;

use super::opinion::{Testimony, owner};
use crate::judge::boundary::Place;
use crate::judge::judged::{Judged, host_of, host_part, is_host_name, is_host_syntax};
use crate::judge::{Court, Flow, rules};
use crate::report::Attribution;
use crate::state::key::{Side, TCP};

/// Top labels of names that nobody outside has (RFC 2606, RFC 6761, RFC 6762, RFC 8375), and those that sites give their own.
const SITES: [&[u8]; 12] = [
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
];
/// The one that a maker of routers gives, below a top label that others have.
const ROUTERS: &[u8] = b"fritz.box";

impl<'a> Court<'a> {
    /// The side of a flow inside the site that asks the other, as a proxy, for somebody outside, where that shows that it is one and
    /// did so. Anybody can ask anything of a camera.
    pub(crate) fn asks_outside(&self, flow: &Flow<'a>) -> Option<Side> {
        if flow.hot.key.protocol != TCP {
            return None;
        }
        let inside = |side: Side| self.boundary.place(flow.hot.key.address(side)) == Some(Place::Inside);
        let tellers = || self.tellers(flow);
        let asker = |side: Side| {
            let mut halves = tellers().map(move |teller| self.testimony(&teller, side));
            halves.find(|half| half.target().is_some())
        };
        let (side, own) = [0, 1].into_iter().find_map(|side| Some((side, asker(side)?)))?;
        let grants = || tellers().any(|teller| self.testimony(&teller, 1 - side).grants(&own));
        let is_asked = inside(0) && inside(1) && grants() && self.is_outside(own.target()?);
        is_asked.then_some(side)
    }

    /// Whether a target is a host outside: by its address, or by a name that the site has not given.
    fn is_outside(&self, target: &[u8]) -> bool {
        if let Some(address) = literal(target) {
            return self.boundary.place(address) == Some(Place::Outside);
        }
        let host = host_of(target);
        let top = host.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
        let below_router =
            host.strip_suffix(ROUTERS).is_some_and(|rest| rest.is_empty() || rest.ends_with(b"."));
        let is_of_site = below_router || SITES.contains(&top);
        is_host_name(&host)
            && is_host_syntax(&host)
            && (!is_of_site || owner(self.catalog, &host).0.is_some())
            && !self.site_names().contains(&host)
    }

    /// Names that a name service of the site was asked for and gave an address inside, and none outside.
    fn site_names(&self) -> &HashSet<Vec<u8>> {
        self.site_names.get_or_init(|| {
            let at = |wanted: Place| {
                let answers = self.names.answers().filter(|(_, _, stray)| !stray);
                let there = answers.filter(move |(key, ..)| self.boundary.place(key.0) == Some(wanted));
                there.map(|(_, name, _)| host_of(name))
            };
            let mut names: HashSet<_> = at(Place::Inside).collect();
            if !names.is_empty() {
                at(Place::Outside).for_each(|name| _ = names.remove(&name));
            }
            names
        })
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
            self.doubt_host(flow, judged);
            return true;
        }
        let target = self.target(flow, 1 - judged.remote()).unwrap_or_default();
        let named = judged.settle(owner(self.catalog, target), Attribution::Host, rules::BY_HOST);
        if !named
            && !self.attribute_later_host(flow, judged)
            && let Some(address) = literal(target)
        {
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
