//! Finds the banners that a value of a protocol field matches.
//!
//! All texts of one field are looked for in one pass, ASCII case apart, whatever their number; the automaton of a field is
//! built when it is first asked for. Values are taken as they are, to at most 512 bytes; what is behind is not looked at,
//! so that `exact` and `suffix` never match a longer value.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::field::Field;
use crate::record::Banner;
use crate::words::{Extract, Match, Side};

/// The longest value that is looked at, in bytes.
pub const VALUE_LIMIT: usize = 512;

/// A banner that a value matches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BannerHit<'c> {
    /// The banner.
    pub banner: &'c Banner,
    /// What the value tells beside it (`banner.captures` says what), as a range of the value; never empty.
    pub captured: Option<Range<usize>>,
}

/// The banners of every field.
#[derive(Debug)]
pub(crate) struct BannerTable {
    /// Sorted by field.
    banners: Cow<'static, [Banner]>,
    automata: Vec<OnceLock<Option<AhoCorasick>>>,
}

impl BannerTable {
    /// A table of `banners`, which are sorted by field.
    pub(crate) fn new(banners: Cow<'static, [Banner]>) -> Self {
        Self { banners, automata: Field::ALL.iter().map(|_| OnceLock::new()).collect() }
    }

    pub(crate) fn all(&self) -> &[Banner] {
        &self.banners
    }

    /// The banners of one field.
    fn of(&self, field: Field) -> &[Banner] {
        let start = self.banners.partition_point(|banner| banner.field < field);
        let end = self.banners.partition_point(|banner| banner.field <= field);
        self.banners.get(start..end).unwrap_or_default()
    }

    /// The automaton over the texts of one field; none where it has no banner.
    fn automaton(&self, field: Field) -> Option<&AhoCorasick> {
        let place = self.automata.get(field as usize)?;
        let build = || {
            let texts = self.of(field).iter().map(|banner| banner.value.as_bytes());
            let mut builder = AhoCorasick::builder();
            builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::ContiguousNFA)).build(texts).ok()
        };
        place.get_or_init(build).as_ref()
    }

    /// The banners of `field` that `value` matches, each once: the longest text first, then the surer one.
    pub(crate) fn find(&self, field: Field, value: &[u8]) -> Vec<BannerHit<'_>> {
        let banners = self.of(field);
        let mut hits: Vec<BannerHit<'_>> = Vec::new();
        let Some(automaton) = self.automaton(field).filter(|_| !banners.is_empty()) else {
            return hits;
        };
        let head = value.get(..VALUE_LIMIT).unwrap_or(value);
        for found in automaton.find_overlapping_iter(head) {
            let Some(banner) = banners.get(found.pattern().as_usize()) else {
                continue;
            };
            let at_start = found.start() == 0;
            let at_end = found.end() == value.len();
            let stands = match banner.how {
                Match::Exact => at_start && at_end,
                Match::Prefix => at_start,
                Match::Suffix => at_end,
                Match::Contains => true,
            };
            if stands && !hits.iter().any(|hit| std::ptr::eq(hit.banner, banner)) {
                hits.push(BannerHit { banner, captured: captured(banner, head, &found.range()) });
            }
        }
        let key = |banner: &Banner| (Reverse(banner.value.len()), Reverse(banner.confidence), banner.how);
        hits.sort_by(|a, b| (key(a.banner), &a.banner.value).cmp(&(key(b.banner), &b.banner.value)));
        hits
    }
}

/// What stands beside `found` in `value`. Serial numbers and versions end at the first blank, quote, bracket, comma or
/// semicolon; models may have blanks in them.
fn captured(banner: &Banner, value: &[u8], found: &Range<usize>) -> Option<Range<usize>> {
    let what = banner.captures?;
    let mut range = match banner.captures_side {
        Side::Before => 0..found.start,
        Side::After => found.start + banner.captures_at as usize..value.len(),
    };
    let edge =
        |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || b"\"'<>()[],;:=".contains(byte);
    let text = value.get(range.clone())?;
    range.start += text.iter().take_while(|byte| edge(byte)).count();
    let text = value.get(range.clone())?;
    let length = match (what, banner.captures_side) {
        (Extract::Serial | Extract::Firmware, Side::After) => {
            text.iter().take_while(|byte| !edge(byte)).count()
        }
        _ => text.len() - text.iter().rev().take_while(|byte| edge(byte)).count(),
    };
    range.end = range.start + length;
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::builtin::BANNERS;

    /// Text comparison with every banner: the definition.
    fn naive(field: Field, value: &[u8]) -> Vec<&'static Banner> {
        let low = value.to_ascii_lowercase();
        let stands = |banner: &&Banner| {
            let text = banner.value.to_ascii_lowercase();
            let text = text.as_bytes();
            match banner.how {
                Match::Exact => low == text,
                Match::Prefix => low.starts_with(text),
                Match::Suffix => low.ends_with(text),
                Match::Contains => low.windows(text.len()).any(|window| window == text),
            }
        };
        BANNERS.iter().filter(|banner| banner.field == field).filter(stands).collect()
    }

    fn table() -> BannerTable {
        BannerTable::new(Cow::Borrowed(BANNERS))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn one_pass_finds_what_comparison_finds(
            picks in proptest::collection::vec((0..BANNERS.len(), "[ -~]{0,3}", "[ /.a-z0-9]{0,6}"), 1..20)
        ) {
            let table = table();
            for (at, front, behind) in picks {
                let field = BANNERS[at].field;
                for value in [
                    BANNERS[at].value.to_string(),
                    format!("{front}{}", BANNERS[at].value.to_ascii_uppercase()),
                    format!("{}{behind}", BANNERS[at].value.to_ascii_lowercase()),
                    format!("{front}{}{behind}", BANNERS[at].value),
                ] {
                    let hits = table.find(field, value.as_bytes());
                    for hit in &hits {
                        let range = hit.captured.clone().unwrap_or(0..1);
                        prop_assert!(!range.is_empty() && value.get(range).is_some());
                    }
                    let mut found: Vec<&Banner> = hits.iter().map(|hit| hit.banner).collect();
                    found.sort_by(|a, b| (a.how, &a.value).cmp(&(b.how, &b.value)));
                    let mut wanted = naive(field, value.as_bytes());
                    wanted.sort_by(|a, b| (a.how, &a.value).cmp(&(b.how, &b.value)));
                    prop_assert_eq!(found, wanted, "{}", value);
                }
            }
        }

        #[test]
        fn hostile_values_find_no_place_outside_themselves(value in proptest::collection::vec(any::<u8>(), 0..600)) {
            let table = table();
            for field in Field::ALL {
                for hit in table.find(*field, &value) {
                    prop_assert!(hit.captured.is_none_or(|range| value.get(range).is_some()));
                }
            }
        }
    }

    #[test]
    fn every_banner_is_found_by_its_own_text() {
        let table = table();
        for banner in BANNERS {
            let hits = table.find(banner.field, banner.value.as_bytes());
            assert!(hits.iter().any(|hit| hit.banner == banner), "{}", banner.value);
        }
    }

    #[test]
    fn the_longest_text_comes_first() {
        let table = table();
        for banner in BANNERS {
            let hits = table.find(banner.field, banner.value.as_bytes());
            assert!(hits.is_sorted_by_key(|hit| Reverse(hit.banner.value.len())));
        }
    }

    #[test]
    fn a_value_that_goes_on_behind_the_limit_is_neither_exact_nor_at_its_end() {
        let table = table();
        let suffix = BANNERS.iter().find(|banner| banner.how == Match::Suffix).unwrap();
        let mut value = vec![b' '; VALUE_LIMIT - suffix.value.len()];
        value.extend_from_slice(suffix.value.as_bytes());
        let found = |value: &[u8]| table.find(suffix.field, value).iter().any(|hit| hit.banner == suffix);
        assert!(found(&value));
        value.push(b'x');
        assert!(!found(&value));
        value.truncate(VALUE_LIMIT - suffix.value.len());
        value.push(b' ');
        value.extend_from_slice(suffix.value.as_bytes());
        assert!(!found(&value), "what stands behind the limit is not looked at");
    }

    #[test]
    fn versions_end_at_a_blank_and_models_do_not() {
        let hit = |field, value: &'static str| {
            let range = table().find(field, value.as_bytes()).first().and_then(|hit| hit.captured.clone());
            range.map(|range| &value[range])
        };
        assert_eq!(hit(Field::HttpServer, "JAWS/1.0 Jan 21 2017"), Some("1.0"));
        assert_eq!(
            hit(Field::OnvifScopeName, "AXIS P1435-LE Network Camera "),
            Some("P1435-LE Network Camera")
        );
        assert_eq!(hit(Field::OnvifScopeName, "AXIS"), None);
    }
}
