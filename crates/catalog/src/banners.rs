//! Finds the banners that a value of a protocol field matches.
//!
//! Nearly all texts stand at the beginning of a value: they are looked up by its first two bytes. Those of one field that may
//! stand elsewhere are looked for in one pass, whatever their number; the automaton of a field is built when it is first
//! asked for. ASCII case does not matter. Values are taken as they are, to at most 512 bytes; what is behind is not looked
//! at, so that `exact` and `suffix` never match a longer value.

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
    fields: Vec<OfField>,
}

/// The banners of one field, by their places in the table.
#[derive(Debug, Default)]
struct OfField {
    /// Those that stand at the beginning of a value, sorted by the first two bytes of their texts.
    starts: Vec<([u8; 2], u32)>,
    /// Those that may stand elsewhere.
    within: Vec<u32>,
    /// The automaton over the texts of these.
    automaton: OnceLock<Option<AhoCorasick>>,
}

impl BannerTable {
    /// A table of `banners`, which are sorted by field.
    pub(crate) fn new(banners: Cow<'static, [Banner]>) -> Self {
        let mut fields: Vec<OfField> = Field::ALL.iter().map(|_| OfField::default()).collect();
        for (banner, place) in banners.iter().zip(0..) {
            let Some(of) = fields.get_mut(banner.field as usize) else { continue };
            match (banner.how, begins(banner.value.as_bytes())) {
                (Match::Exact | Match::Prefix, Some(begins)) => of.starts.push((begins, place)),
                _ => of.within.push(place),
            }
        }
        for of in &mut fields {
            of.starts.sort_unstable();
        }
        Self { banners, fields }
    }

    pub(crate) fn all(&self) -> &[Banner] {
        &self.banners
    }

    fn banner(&self, place: u32) -> Option<&Banner> {
        self.banners.get(place as usize)
    }

    /// Whether a field has any.
    pub(crate) fn has(&self, field: Field) -> bool {
        self.fields.get(field as usize).is_some_and(|of| !of.starts.is_empty() || !of.within.is_empty())
    }

    /// The banners of `field` that `value` matches, each once: the longest text first, then the surer one.
    pub(crate) fn find(&self, field: Field, value: &[u8]) -> Vec<BannerHit<'_>> {
        let mut hits: Vec<BannerHit<'_>> = Vec::new();
        let Some(of) = self.fields.get(field as usize) else { return hits };
        let head = value.get(..VALUE_LIMIT).unwrap_or(value);
        for banner in of.at_start(head).filter_map(|place| self.banner(place)) {
            let length = banner.value.len();
            let fits =
                head.get(..length).is_some_and(|text| text.eq_ignore_ascii_case(banner.value.as_bytes()));
            if fits && (banner.how != Match::Exact || length == value.len()) {
                hits.push(BannerHit { banner, captured: captured(banner, head, &(0..length)) });
            }
        }
        for found in of.automaton(self).iter().flat_map(|automaton| automaton.find_overlapping_iter(head)) {
            let place = of.within.get(found.pattern().as_usize());
            let Some(banner) = place.and_then(|place| self.banner(*place)) else { continue };
            let stands = match banner.how {
                Match::Exact => found.start() == 0 && found.end() == value.len(),
                Match::Prefix => found.start() == 0,
                Match::Suffix => found.end() == value.len(),
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

impl OfField {
    /// The banners whose texts begin as a value does.
    fn at_start(&self, value: &[u8]) -> impl Iterator<Item = u32> {
        let begins = begins(value);
        let from = begins
            .map_or(self.starts.len(), |begins| self.starts.partition_point(|(first, _)| *first < begins));
        let rest = self.starts.get(from..).unwrap_or_default();
        rest.iter().take_while(move |(first, _)| Some(*first) == begins).map(|(_, place)| *place)
    }

    /// The automaton over the texts that may stand anywhere; none where there are none.
    fn automaton(&self, table: &BannerTable) -> Option<&AhoCorasick> {
        if self.within.is_empty() {
            return None;
        }
        let build = || {
            let banners = self.within.iter().filter_map(|place| table.banner(*place));
            let texts = banners.map(|banner| banner.value.as_bytes());
            let mut builder = AhoCorasick::builder();
            builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::ContiguousNFA)).build(texts).ok()
        };
        self.automaton.get_or_init(build).as_ref()
    }
}

/// The first two bytes of a text, in lower case.
fn begins(text: &[u8]) -> Option<[u8; 2]> {
    text.first_chunk().map(|begins: &[u8; 2]| begins.map(|byte| byte.to_ascii_lowercase()))
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
        assert_eq!(hit(Field::HttpServer, "iCanWebServer/1.2 Jan 21 2017"), Some("1.2"));
        assert_eq!(
            hit(Field::OnvifScopeName, "AXIS P1435-LE Network Camera "),
            Some("P1435-LE Network Camera")
        );
        assert_eq!(hit(Field::OnvifScopeName, "AXIS"), None);
    }
}
