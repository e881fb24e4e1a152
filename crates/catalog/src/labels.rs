//! Endpoints that hold only for some names below a domain: those whose label right in front of it is like this.

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::record::{Endpoint, Label};
use crate::words::Match;

/// Such endpoints by domain, of one domain the longest text first: the first that holds decides.
#[derive(Clone, Debug)]
pub(crate) struct LabelTable(Cow<'static, [Endpoint]>);

impl LabelTable {
    /// A table of endpoints that have labels, in any order.
    pub(crate) fn new(endpoints: Cow<'static, [Endpoint]>) -> Self {
        let mut table = Self(endpoints);
        if !table.0.is_sorted_by_key(key) {
            table.0.to_mut().sort_by(|a, b| key(a).cmp(&key(b)));
        }
        table
    }

    pub(crate) fn all(&self) -> &[Endpoint] {
        &self.0
    }

    /// Puts in `fresh`, each in place of one of the same domain and label.
    pub(crate) fn put(&mut self, fresh: Vec<Endpoint>) {
        let same = |a: &Endpoint, b: &Endpoint| a.domain == b.domain && a.label == b.label;
        let all = self.0.to_mut();
        all.retain(|known| !fresh.iter().any(|fresh| same(known, fresh)));
        all.extend(fresh);
        all.sort_by(|a, b| key(a).cmp(&key(b)));
    }

    /// The endpoint that holds for `host` in place of `base`, the one that its tail found.
    pub(crate) fn refine<'t>(&'t self, host: &[u8], base: &'t Endpoint) -> &'t Endpoint {
        let domain = base.domain.as_ref();
        let start = self.0.partition_point(|endpoint| *endpoint.domain < *domain);
        let rest = self.0.get(start..).unwrap_or_default().iter();
        let mut same = rest.take_while(|endpoint| endpoint.domain == domain);
        let Some(label) = label(host, domain.len()) else { return base };
        let holds = |endpoint: &&Endpoint| {
            endpoint.vendor == base.vendor && endpoint.label.as_ref().is_some_and(|like| like.holds(label))
        };
        same.find(holds).unwrap_or(base)
    }
}

fn key(endpoint: &Endpoint) -> (&str, Reverse<usize>, &str) {
    let value = endpoint.label.as_ref().map_or("", |label| label.value.as_ref());
    (endpoint.domain.as_ref(), Reverse(value.len()), value)
}

/// The label of `host` right in front of its last `domain` bytes and a dot.
fn label(host: &[u8], domain: usize) -> Option<&[u8]> {
    let host = host.strip_suffix(b".").unwrap_or(host);
    let front = host.get(..host.len().checked_sub(domain + 1)?)?;
    front.rsplit(|byte| *byte == b'.').next()
}

impl Label {
    fn holds(&self, label: &[u8]) -> bool {
        let value = self.value.as_bytes();
        let same = |part: Option<&[u8]>| part.is_some_and(|part| part.eq_ignore_ascii_case(value));
        match self.how {
            Match::Exact => same(Some(label)),
            Match::Prefix => same(label.get(..value.len())),
            Match::Suffix => same(label.len().checked_sub(value.len()).and_then(|at| label.get(at..))),
            Match::Contains => label.windows(value.len().max(1)).any(|part| same(Some(part))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::{ENDPOINTS, LABELS};
    use crate::words::Caller;

    fn endpoint(how: Match, value: &'static str, caller: Caller) -> Endpoint {
        Endpoint {
            domain: "acme.example".into(),
            label: Some(Label { how, value: value.into() }),
            caller: Some(caller),
            ..ENDPOINTS[0].clone()
        }
    }

    #[test]
    fn the_longest_text_that_the_label_has_decides() {
        let base = Endpoint { domain: "acme.example".into(), ..ENDPOINTS[0].clone() };
        let table = LabelTable::new(Cow::Owned(vec![
            endpoint(Match::Prefix, "api", Caller::App),
            endpoint(Match::Prefix, "apidev", Caller::Device),
            endpoint(Match::Suffix, "-p2p", Caller::Both),
        ]));
        let caller = |host: &str| table.refine(host.as_bytes(), &base).caller;
        assert_eq!(caller("APIeu.acme.example"), Some(Caller::App));
        assert_eq!(caller("apidev3.acme.example."), Some(Caller::Device));
        assert_eq!(caller("x.eu-P2P.acme.example"), Some(Caller::Both));
        for host in
            ["acme.example", "ap.acme.example", "api.x.acme.example", "www.acme.example", ".acme.example"]
        {
            assert_eq!(caller(host), base.caller, "{host}");
        }
    }

    #[test]
    fn every_label_of_the_data_is_found_and_stands_behind_its_domain() {
        let catalog = crate::Catalog::builtin();
        for known in LABELS {
            let like = known.label.as_ref().unwrap();
            let (front, behind) = match like.how {
                Match::Exact | Match::Prefix => ("", "7"),
                Match::Suffix => ("7", ""),
                Match::Contains => ("7", "7"),
            };
            let host = format!("{front}{}{behind}.{}", like.value, known.domain);
            let found = catalog.name(&host).unwrap();
            assert_eq!((found.vendor, &found.domain), (known.vendor, &known.domain), "{host}");
            assert!(found.label.is_some(), "{host}");
            // It is a part of what the domain's own entry says: a flow is not attributed less surely for it.
            let whole = catalog.name(known.domain.as_ref()).unwrap();
            assert!(known.confidence >= whole.confidence, "{host}");
        }
    }
}
