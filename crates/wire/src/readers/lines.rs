//! Protocols that speak in lines: SMTP, FTP, IMAP, POP3. Lines may end with a bare line feed.
//!
//! Bounds are those of [`Lines::new`]; each line is looked at once.

use memchr::memchr;

/// Longest line that is read, in bytes: RFC 5321 allows 512, extensions more.
pub(crate) const MAX_LINE: usize = 1024;

/// The lines at the beginning of a half, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    /// Where the next line stands.
    pub(crate) at: usize,
    /// Lines that may still be taken.
    left: usize,
    ended: bool,
}

/// What stands at the place that was reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Line<'a> {
    /// A line without its end.
    Whole(&'a [u8]),
    /// A line whose end may still come.
    Open,
    /// No line: the half ends first, the line is too long, or enough were taken.
    Over,
}

impl<'a> Lines<'a> {
    /// At most `most` lines of a half.
    pub(crate) const fn new(bytes: &'a [u8], ended: bool, most: usize) -> Self {
        Self { bytes, at: 0, left: most, ended }
    }

    /// The next line, and moves behind it.
    pub(crate) fn next(&mut self) -> Line<'a> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let bounded = rest.get(..MAX_LINE).unwrap_or(rest);
        let Some(left) = self.left.checked_sub(1) else { return Line::Over };
        let Some((line, _)) = memchr(b'\n', bounded).and_then(|end| bounded.split_at_checked(end)) else {
            return if self.ended || bounded.len() == MAX_LINE { Line::Over } else { Line::Open };
        };
        #[cfg(test)]
        crate::readers::tests::count(line.len() + 1);
        self.left = left;
        self.at += line.len() + 1;
        Line::Whole(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// The text behind a word and a space, where `line` begins with that word in any case.
pub(crate) fn behind<'a>(line: &'a [u8], word: &str) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(word.len())?;
    (start.eq_ignore_ascii_case(word.as_bytes()) && rest.first() == Some(&b' ')).then(|| rest.trim_ascii())
}

/// Whether `bytes` begin with one of `words` in any case, as far as they are there.
pub(crate) fn may_begin(bytes: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| {
        let there = word.len().min(bytes.len());
        bytes.get(..there).zip(word.as_bytes().get(..there)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_either_end() {
        let mut lines = Lines::new(b"a b\r\n\nc", false, 9);
        assert_eq!((lines.next(), lines.next(), lines.at), (Line::Whole(b"a b"), Line::Whole(b""), 6));
        assert_eq!((lines.next(), lines.at), (Line::Open, 6));
        assert_eq!(Lines::new(b"c", true, 9).next(), Line::Over);
    }

    #[test]
    fn lines_are_bounded() {
        let long = [&vec![b'a'; MAX_LINE][..], b"\n"].concat();
        assert_eq!(Lines::new(&long, false, 9).next(), Line::Over);
        assert_eq!(Lines::new(&long[1..], false, 9).next(), Line::Whole(&long[1..MAX_LINE]));
        let mut two = Lines::new(b"a\nb\n", false, 1);
        assert_eq!((two.next(), two.next()), (Line::Whole(b"a"), Line::Over));
    }

    #[test]
    fn words_count_in_any_case() {
        assert_eq!(behind(b"ehlo  cam ", "EHLO"), Some(&b"cam"[..]));
        assert_eq!(behind(b"EHLOX cam", "EHLO"), None);
        assert_eq!(behind(b"EHLO", "EHLO"), None);
        for (bytes, may) in [("", true), ("e", true), ("ehlo x", true), ("ex", false), ("HELO", false)] {
            assert_eq!(may_begin(bytes.as_bytes(), &["EHLO "]), may, "{bytes}");
        }
    }
}
