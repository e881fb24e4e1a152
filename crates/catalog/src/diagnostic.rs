//! What is wrong with a catalogue file, and where.
//!
//! The build script reads this file too, so it names nothing else of the crate.

use std::fmt;
use std::ops::Range;

/// Something wrong in a catalogue file. `Display` gives `file:line:column: what`, and a guess at what was meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// The file, or whatever the text came from.
    pub origin: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there, in a sentence without a full stop.
    pub what: String,
}

impl Diagnostic {
    /// Something wrong at byte `at` of `text`.
    pub(crate) fn at(origin: &str, text: &str, at: usize, what: impl Into<String>) -> Self {
        let before = text.get(..at.min(text.len())).unwrap_or(text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
        Self { origin: origin.to_owned(), line, column, what: what.into() }
    }

    /// What the TOML reader had against `text`.
    pub(crate) fn from_toml(origin: &str, text: &str, error: &toml::de::Error) -> Self {
        let span: Range<usize> = error.span().unwrap_or(0..0);
        let mut what = error.message().to_owned();
        let mut quoted = error.message().split('`').skip(1).step_by(2);
        if error.message().starts_with("unknown")
            && let Some(found) = quoted.next()
            && let Some(meant) = nearest(found, quoted)
        {
            what = format!("{what}; did you mean `{meant}`?");
        }
        Self::at(origin, text, span.start, what)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.origin, self.line, self.column, self.what)
    }
}

impl std::error::Error for Diagnostic {}

/// The candidate that is fewest edits from `found`, if it is near enough to be what was meant: at most half the length of the
/// longer of the two. The first of several.
pub(crate) fn nearest<'a>(found: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let bounded: String = found.chars().take(64).collect();
    candidates
        .map(|candidate| (edits(&bounded, candidate), candidate))
        .filter(|(edits, candidate)| edits * 2 <= bounded.len().max(candidate.len()))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in bytes: the fewest insertions, deletions and replacements that make `b` of `a`.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let above = *cell;
            left = (above + 1).min(left + 1).min(diagonal + usize::from(x != y));
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_one_and_in_characters() {
        let text = "é = 1\nwö = x\n";
        let diagnostic = Diagnostic::at("f", text, text.find('x').unwrap(), "no");
        assert_eq!(diagnostic.to_string(), "f:2:6: no");
        assert_eq!(Diagnostic::at("f", text, 999, "no").line, 3);
    }

    #[test]
    fn edits_are_levenshtein() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
        assert_eq!(edits("same", "same"), 0);
    }

    #[test]
    fn far_words_are_no_guess() {
        assert_eq!(nearest("hgh", ["low", "high"].into_iter()), Some("high"));
        assert_eq!(nearest("certain", ["low", "high"].into_iter()), None);
    }
}
