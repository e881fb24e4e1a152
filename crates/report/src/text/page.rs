//! A page of text: paragraphs broken at spaces, words too long for a line cut, widths as a terminal has them.

use super::style::Style;
use unicode_width::UnicodeWidthChar as _;

/// Text as it grows.
pub(super) struct Page {
    pub(super) style: Style,
    /// Columns of a line.
    pub(super) width: usize,
    text: String,
}

impl Page {
    pub(super) fn new(style: Style, width: usize) -> Self {
        Self { style, width, text: String::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A line as it is.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// An empty line, unless there is one already.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A paragraph whose lines begin at column `indent`.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str) {
        for line in broken(text, self.width.saturating_sub(indent).max(2)) {
            self.line(&format!("{:indent$}{line}", ""));
        }
    }

    /// A paragraph beside a label of plain width below `indent`, which stands in its first line.
    pub(super) fn labelled(&mut self, label: &str, styled: &str, indent: usize, text: &str) {
        for (n, line) in broken(text, self.width.saturating_sub(indent).max(2)).into_iter().enumerate() {
            if n == 0 {
                let space = indent.saturating_sub(2 + width(label));
                self.line(&format!("  {styled}{:space$}{line}", ""));
            } else {
                self.line(&format!("{:indent$}{line}", ""));
            }
        }
    }
}

/// Text in lines of at most `most` columns (two or more), broken at spaces; a word that is longer is cut in pieces.
pub(super) fn broken(text: &str, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in words(text) {
        let mut word = word;
        let mut wide = width(word);
        if used > 0 && used + 1 + wide > most {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        while wide > most {
            let (piece, rest) = split(word, most);
            lines.push(piece.to_owned());
            word = rest;
            wide = width(word);
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += wide;
    }
    if used > 0 {
        lines.push(line);
    }
    lines
}

/// The words of a text, a number and its unit being one.
fn words(text: &str) -> Vec<&str> {
    const UNITS: [&str; 13] = ["%", "B", "EB", "GB", "MB", "PB", "TB", "d", "h", "kB", "min", "ms", "s"];
    let mut words: Vec<&str> = Vec::new();
    let mut begin = 0;
    while begin < text.len() {
        let rest = text.get(begin..).unwrap_or_default();
        let mut end = rest.find(' ').unwrap_or(rest.len());
        let numeric = |word: &str| word.trim_start_matches('(').starts_with(|c: char| c.is_ascii_digit());
        if let Some((word, after)) = rest.split_once(' ')
            && numeric(word)
        {
            let next = after.split(' ').next().unwrap_or_default();
            let unit = next.trim_end_matches(|c: char| !c.is_ascii_alphabetic() && c != '%');
            if UNITS.contains(&unit) {
                end += 1 + next.len();
            }
        }
        words.extend(rest.get(..end).filter(|word| !word.is_empty()));
        begin += end + 1;
    }
    words
}

/// Splits off what fits in `most` columns.
fn split(text: &str, most: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += columns(c);
        if used > most {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Cuts text to `most` columns; the last of them is `…` where something was cut.
pub fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let (head, _) = split(text, most.saturating_sub(1));
    format!("{head}…")
}

/// Columns that are left of a name.
const NAME: usize = 8;

/// Cuts a clause to `most` columns. The name in it gives way first, and at its beginning: the end of `a1b2.iot.example.com`
/// says whose it is. Next goes what stands in brackets; then the end, but for the packet there, such as `#12`.
pub(super) fn cut_clause(text: &str, most: usize) -> String {
    let bare = bracket(text).map(|(before, after)| format!("{before}{after}"));
    let shorter = [Some(text), bare.as_deref()].into_iter().flatten().map(|text| cut_name(text, most));
    let mut last = String::new();
    for text in shorter {
        if width(&text) <= most {
            return text;
        }
        last = text;
    }
    match last.rsplit_once(' ') {
        Some((head, packet)) if packet.starts_with('#') && width(packet) + 1 < most => {
            format!("{} {packet}", cut(head, most - width(packet) - 1))
        }
        _ => cut(&last, most),
    }
}

/// What stands before and behind a bracket, with those in it.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let (before, rest) = text.split_once(" (")?;
    Some((before, rest.rsplit_once(')')?.1))
}

/// Shortens the longest name in a text at its beginning, as far as is needed and it may be.
fn cut_name(text: &str, most: usize) -> String {
    let over = width(text).saturating_sub(most);
    let is_name = |word: &&str| word.contains('.') && word.contains(|c: char| c.is_ascii_alphabetic());
    let name = text.split(' ').filter(is_name).max_by_key(|word| width(word));
    let Some(name) = name.filter(|name| over > 0 && width(name) > NAME) else { return text.to_owned() };
    let kept = width(name).saturating_sub(over).max(NAME) - 1;
    let (mut used, mut from) = (0, name.len());
    for (at, c) in name.char_indices().rev() {
        used += columns(c);
        if used > kept {
            break;
        }
        from = at;
    }
    text.replacen(name, &format!("…{}", name.get(from..).unwrap_or_default()), 1)
}

/// Columns of text on a terminal, character by character (UAX #11).
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn columns(c: char) -> usize {
    c.width().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn breaks_at_spaces_and_cuts_what_is_too_long() {
        assert_eq!(broken("one two  three", 7), ["one two", "three"]);
        assert_eq!(broken("a 0123456789 b", 4), ["a", "0123", "4567", "89 b"]);
        assert_eq!(broken("  ", 4), Vec::<String>::new());
        assert_eq!(broken("sent 1.0 kB, or (4 h 12 min).", 9), ["sent", "1.0 kB,", "or (4 h", "12 min)."]);
        assert_eq!(cut("camera", 6), "camera");
        assert_eq!(cut("cameras", 6), "camer…");
        assert_eq!(cut("門口攝影機", 6), "門口…");
        assert_eq!(cut("cafe\u{301}", 4), "cafe\u{301}");
    }

    #[test]
    fn of_a_name_the_end_stays_and_of_a_clause_its_packet() {
        let called = "which it called fw-e.rms.ring.devices.a2z.com (Ring) #1,204";
        assert_eq!(cut_clause(called, 59), called);
        assert_eq!(cut_clause(called, 55), "which it called …rms.ring.devices.a2z.com (Ring) #1,204");
        assert_eq!(cut_clause(called, 40), "which it called …s.a2z.com (Ring) #1,204");
        assert_eq!(cut_clause(called, 34), "which it called …es.a2z.com #1,204");
        assert_eq!(cut_clause(called, 20), "which it cal… #1,204");
        let nested = "which it called 203.0.113.40 (a viewer, by the protocol of CS2 Network (PPPP)) #7";
        assert_eq!(cut_clause(nested, 40), "which it called 203.0.113.40 #7");
        assert_eq!(cut_clause("no name at all", 8), "no name…");
    }

    proptest! {
        #[test]
        fn nothing_is_wider(text in "[a-z門 .#()]{0,200}", most in 2_usize..40) {
            prop_assert!(broken(&text, most).iter().all(|line| width(line) <= most));
            prop_assert!(width(&cut(&text, most)) <= most);
            prop_assert!(width(&cut_clause(&text, most)) <= most);
            let kept: String = broken(&text, most).concat().replace(' ', "");
            prop_assert_eq!(kept, text.replace(' ', ""));
        }
    }
}
