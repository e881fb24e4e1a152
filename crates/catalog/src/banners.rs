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

use crate::record::Banner;
use crate::words::{Capture, Field, Match, Side};

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
        (Capture::Serial | Capture::Firmware, Side::After) => {
            text.iter().take_while(|byte| !edge(byte)).count()
        }
        _ => text.len() - text.iter().rev().take_while(|byte| edge(byte)).count(),
    };
    range.end = range.start + length;
    (!range.is_empty()).then_some(range)
}
