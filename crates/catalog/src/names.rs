//! Finds the longest known domain that a host name is or ends in, on label boundaries.
//!
//! One walk over the name from its right end keeps a running hash; at every label boundary the hash is looked up in an
//! open-addressed table. The walk ends where no known domain ends like this, which a filter tells of most names that nobody
//! has after two labels. No allocation, at most as many steps as the longest known domain has bytes (and never more than the
//! name), ASCII case and one trailing dot apart. `mindspring.com` is not `ring.com`.

use crate::record::{Endpoint, SharedName};
use crate::words::Reach;

const EMPTY: u32 = u32::MAX;
const SHARED: u32 = 1 << 31;
const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// A domain of the table: the upper half of its hash, which record holds it, and where its text lies.
#[derive(Clone, Copy, Debug)]
struct Slot {
    tag: u32,
    which: u32,
    start: u32,
    length: u8,
    covers_below: bool,
}

const FREE: Slot = Slot { tag: 0, which: EMPTY, start: 0, length: 0, covers_below: false };

/// Where domains lie in the two lists that it was built over. Keeps their texts together, 4 GiB of them at most.
#[derive(Clone, Debug)]
pub(crate) struct NameTable {
    slots: Vec<Slot>,
    texts: Vec<u8>,
    longest: usize,
    /// One bit for some of the hashes of tails on label boundaries that known domains have, themselves among them: where it is
    /// not set, none ends so.
    tails: Vec<u64>,
}

/// What a host name ends in: indices of records, the longest of each list.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Found {
    /// The longest endpoint, unless a longer shared name stands in front of it.
    pub(crate) endpoint: Option<u32>,
    /// The longest shared name.
    pub(crate) shared: Option<u32>,
}

impl NameTable {
    /// A table over lists of fewer than 2^31 records each, in neither of which a domain stands twice.
    pub(crate) fn new(endpoints: &[Endpoint], shared: &[SharedName]) -> Self {
        let count = endpoints.len() + shared.len();
        let slots = vec![FREE; (count * 2).next_power_of_two().max(2)];
        // Of eight bits for each domain, which has two or three tails, most are not set.
        let tails = vec![0; (count / 8).next_power_of_two()];
        let mut table = Self { slots, texts: Vec::new(), longest: 0, tails };
        for (at, endpoint) in endpoints.iter().enumerate() {
            table.insert(endpoint.domain.as_bytes(), at as u32, endpoint.reach == Reach::Suffix);
        }
        for (at, name) in shared.iter().enumerate() {
            table.insert(name.domain.as_bytes(), at as u32 | SHARED, true);
        }
        table
    }

    fn insert(&mut self, domain: &[u8], which: u32, covers_below: bool) {
        self.longest = self.longest.max(domain.len());
        let mut tail = SEED;
        for byte in domain.iter().rev() {
            if *byte == b'.' {
                self.note_tail(finish(tail));
            }
            tail = step(tail, *byte);
        }
        let hash = finish(tail);
        self.note_tail(hash);
        let (start, length) = (self.texts.len() as u32, domain.len() as u8);
        self.texts.extend_from_slice(domain);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while let Some(slot) = self.slots.get_mut(at) {
            if slot.which == EMPTY {
                *slot = Slot { tag: (hash >> 32) as u32, which, start, length, covers_below };
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn note_tail(&mut self, hash: u64) {
        let at = (hash as usize / 64) & (self.tails.len() - 1);
        if let Some(bits) = self.tails.get_mut(at) {
            *bits |= 1 << (hash % 64);
        }
    }

    /// Whether some known domain may end so.
    #[inline]
    fn may_end(&self, hash: u64) -> bool {
        self.tails
            .get((hash as usize / 64) & (self.tails.len() - 1))
            .is_some_and(|bits| bits >> (hash % 64) & 1 != 0)
    }

    /// What `host` ends in, of the lists that the table was built over.
    pub(crate) fn find(&self, host: &[u8]) -> Found {
        let host = host.strip_suffix(b".").unwrap_or(host);
        let mut found = Found::default();
        let mut hash = SEED;
        // No longer tail is known, and in front of one there is a dot.
        let first = host.len().saturating_sub(self.longest + 1);
        for (at, byte) in host.get(first..).unwrap_or_default().iter().enumerate().rev() {
            if *byte == b'.' {
                let spread = finish(hash);
                if !self.may_end(spread) {
                    return found;
                }
                found = self.probe(spread, host.get(first + at + 1..).unwrap_or_default(), false, found);
            }
            hash = step(hash, *byte);
        }
        if host.len() > self.longest { found } else { self.probe(finish(hash), host, true, found) }
    }

    /// The endpoint of exactly this domain.
    pub(crate) fn endpoint(&self, domain: &[u8]) -> Option<u32> {
        let hash = domain.iter().rev().fold(SEED, |hash, byte| step(hash, *byte));
        self.probe(finish(hash), domain, true, Found::default()).endpoint
    }

    /// Looks up one tail of a name by its hash, `whole` where it is all of it, and puts what it finds over what shorter tails
    /// found.
    #[inline]
    fn probe(&self, hash: u64, tail: &[u8], whole: bool, found: Found) -> Found {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        let mut here = Found::default();
        while let Some(slot) = self.slots.get(at).filter(|slot| slot.which != EMPTY) {
            if slot.tag == (hash >> 32) as u32 && (whole || slot.covers_below) && self.is(slot, tail) {
                if slot.which & SHARED == 0 {
                    here.endpoint = Some(slot.which);
                } else {
                    here.shared = Some(slot.which & !SHARED);
                }
            }
            at = (at + 1) & mask;
        }
        match here {
            Found { shared: Some(_), .. } => here,
            Found { endpoint: Some(_), .. } => Found { shared: found.shared, ..here },
            _ => found,
        }
    }

    /// Whether the slot's domain is `tail`.
    fn is(&self, slot: &Slot, tail: &[u8]) -> bool {
        let text = self.texts.get(slot.start as usize..).and_then(|texts| texts.get(..slot.length as usize));
        text.is_some_and(|text| text.eq_ignore_ascii_case(tail))
    }
}

/// FNV-1a over the bytes of a name from its end, in lower case.
#[inline]
const fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ byte.to_ascii_lowercase() as u64).wrapping_mul(0x0100_0000_01b3)
}

/// Spreads the hash over all its bits.
#[inline]
const fn finish(hash: u64) -> u64 {
    let hash = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ hash >> 29
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;
    use crate::builtin::{ENDPOINTS, SHARED as SHARED_NAMES};

    /// Text comparison with every record: the definition.
    fn naive(host: &[u8], endpoints: &[Endpoint], shared: &[SharedName]) -> Found {
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix(b".").unwrap_or(&host);
        let below =
            |domain: &str| host == domain.as_bytes() || host.ends_with(format!(".{domain}").as_bytes());
        let endpoint = (0..endpoints.len())
            .filter(|at| match endpoints[*at].reach {
                Reach::Suffix => below(&endpoints[*at].domain),
                Reach::Exact => host == endpoints[*at].domain.as_bytes(),
            })
            .max_by_key(|at| endpoints[*at].domain.len());
        let shared_name = (0..shared.len())
            .filter(|at| below(&shared[*at].domain))
            .max_by_key(|at| shared[*at].domain.len());
        let length = |at: Option<usize>| at.map_or(0, |at| shared[at].domain.len());
        let endpoint = endpoint.filter(|at| endpoints[*at].domain.len() >= length(shared_name));
        Found { endpoint: endpoint.map(|at| at as u32), shared: shared_name.map(|at| at as u32) }
    }

    fn domains() -> impl Strategy<Value = String> {
        let known: Vec<&str> = ENDPOINTS
            .iter()
            .map(|e| e.domain.as_ref())
            .chain(SHARED_NAMES.iter().map(|s| s.domain.as_ref()))
            .collect();
        proptest::sample::select(known).prop_map(str::to_owned)
    }

    fn hosts() -> impl Strategy<Value = Vec<u8>> {
        let around = ("[a-cA-C.-]{0,6}", domains(), "\\.{0,2}[a-c]{0,2}");
        prop_oneof![
            around.prop_map(|(front, domain, behind)| format!("{front}{domain}{behind}").into_bytes()),
            (domains(), 0..40_usize).prop_map(|(domain, cut)| domain
                .into_bytes()
                .into_iter()
                .skip(cut)
                .collect()),
            domains().prop_map(|domain| domain.to_ascii_uppercase().into_bytes()),
            proptest::collection::vec(any::<u8>(), 0..40),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn the_walk_finds_what_comparison_finds(host in hosts()) {
            let table = NameTable::new(ENDPOINTS, SHARED_NAMES);
            prop_assert_eq!(
                table.find(&host),
                naive(&host, ENDPOINTS, SHARED_NAMES)
            );
        }

        #[test]
        fn small_random_tables_agree_with_comparison(
            domains in proptest::collection::btree_map("[ab]{1,2}(\\.[ab]{1,2}){1,3}", any::<(bool, bool, bool)>(), 0..30),
            hosts in proptest::collection::vec("([ab]{1,2}\\.){0,5}[ab]{1,2}\\.?", 20),
        ) {
            let mut endpoints = Vec::new();
            let mut shared = Vec::new();
            for (domain, (is_shared, is_endpoint, exact)) in domains {
                if is_shared {
                    shared.push(SharedName { domain: Cow::Owned(domain.clone()), group: SHARED_NAMES[0].group });
                }
                if is_endpoint {
                    let reach = if exact { Reach::Exact } else { Reach::Suffix };
                    endpoints.push(Endpoint { domain: Cow::Owned(domain), reach, ..ENDPOINTS[0].clone() });
                }
            }
            let table = NameTable::new(&endpoints, &shared);
            for host in hosts {
                prop_assert_eq!(
                    table.find(host.as_bytes()),
                    naive(host.as_bytes(), &endpoints, &shared),
                    "{}", host
                );
            }
        }
    }

    #[test]
    fn every_known_domain_finds_itself() {
        let table = NameTable::new(ENDPOINTS, SHARED_NAMES);
        for (at, endpoint) in ENDPOINTS.iter().enumerate() {
            assert_eq!(table.endpoint(endpoint.domain.as_bytes()), Some(at as u32));
        }
        assert_eq!(table.endpoint(b"amazonaws.com"), None);
    }

    #[test]
    fn an_empty_table_and_empty_names_find_nothing() {
        let table = NameTable::new(&[], &[]);
        for host in [&b""[..], b".", b"..", b"ring.com"] {
            assert_eq!(table.find(host), Found::default());
        }
    }
}
