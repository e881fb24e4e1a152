//! The web sites that stand below and at the domains of makers, which everybody visits: `www.example.com`, `shop.example.com`
//! and `example.com` itself, where devices call other names of the same domain.

use std::borrow::Cow;

use crate::record::Endpoint;
use crate::roles::Roles;
use crate::words::{Caller, Reach, Role};

/// Labels of sites for people, one a line.
const LABELS: &str = include_str!("../data/site-labels.txt");

/// Of each domain that has a site among other things what its site alone is, by domain.
#[derive(Clone, Debug)]
pub(crate) struct SiteTable(Vec<Endpoint>);

impl SiteTable {
    pub(crate) fn new(endpoints: &[Endpoint]) -> Self {
        let has_site = |endpoint: &&Endpoint| {
            endpoint.reach == Reach::Suffix
                && endpoint.roles.has(Role::Web)
                && !endpoint.roles.only_web()
                && endpoint.caller != Some(Caller::Device)
        };
        let site = |endpoint: &Endpoint| Endpoint {
            roles: Roles::NONE.with(Role::Web),
            proves_camera: false,
            note: Cow::Borrowed("its web site, which everybody visits"),
            ..endpoint.clone()
        };
        let mut all: Vec<_> = endpoints.iter().filter(has_site).map(site).collect();
        all.sort_by(|a, b| a.domain.cmp(&b.domain));
        Self(all)
    }

    /// The site that `host` is, in place of `base`, the endpoint that its tail found.
    pub(crate) fn refine<'t>(&'t self, host: &[u8], base: &'t Endpoint) -> &'t Endpoint {
        let host = host.strip_suffix(b".").unwrap_or(host);
        let Some(front) = host.len().checked_sub(base.domain.len()).and_then(|length| host.get(..length))
        else {
            return base;
        };
        let is_site = || {
            LABELS.lines().any(|label| {
                front.strip_suffix(b".").is_some_and(|front| front.eq_ignore_ascii_case(label.as_bytes()))
            })
        };
        if base.label.is_some() || !(front.is_empty() || is_site()) {
            return base;
        }
        let at = self.0.binary_search_by(|site| site.domain.as_ref().cmp(base.domain.as_ref()));
        at.ok().and_then(|at| self.0.get(at)).unwrap_or(base)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Catalog, Role, Roles};

    #[test]
    fn a_site_is_told_from_what_devices_call() {
        let catalog = Catalog::builtin();
        let site = |name: &str| {
            let endpoint = catalog.name(name).unwrap();
            assert!(!endpoint.roles.only_web() || !endpoint.proves_camera, "{name}");
            endpoint.roles == Roles::NONE.with(Role::Web)
        };
        for name in ["hikvision.com", "www.hikvision.com.", "WWW.Reolink.COM", "my.arlo.com", "shop.ring.com"]
        {
            assert!(site(name), "{name}");
        }
        for name in [
            "firmware.hikvision.com",
            "www.firmware.hikvision.com",
            "p2p7.reolink.com",
            "litedev.hik-connect.com",
        ] {
            assert!(!site(name), "{name}");
        }
    }

    #[test]
    fn every_label_is_one() {
        for label in super::LABELS.lines() {
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(!label.is_empty() && label.bytes().all(fits), "{label}");
        }
    }
}
