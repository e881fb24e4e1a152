//! The head of a message in the manner of HTTP (RFC 9112), SSDP, RTSP and SIP: a start line, then fields.
//!
//! Reads what devices send rather than what the grammar allows: lines may end with a bare line feed, a field
//! without a name is passed over, and so are empty lines before the start line (RFC 9112, 2.2), at most eight.
//! Bounds: 16 KiB, 128 fields. Borrows; never allocates.

use memchr::memchr;

/// Longest head that is read, in bytes.
pub(crate) const MAX_HEAD: usize = 16 << 10;
const MAX_FIELDS: usize = 128;
const MAX_EMPTY_LINES: usize = 8;

/// A head whose start line is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    /// The first line, without its end.
    pub(crate) start: &'a [u8],
    /// What follows it, as far as it is there.
    rest: &'a [u8],
    /// Whether nothing more of it will come: its empty line is there, or it is too long.
    pub(crate) whole: bool,
    /// What follows its empty line.
    pub(crate) body: Option<&'a [u8]>,
}

impl<'a> Head<'a> {
    /// The head at the beginning of `bytes`; `None` while its first line is not complete.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let bytes = after_empty_lines(bytes);
        let bounded = bytes.get(..MAX_HEAD).unwrap_or(bytes);
        let (start, rest) = line(bounded)?;
        let mut lines = Lines(rest);
        let closed = lines.any(<[u8]>::is_empty);
        let body = bytes.get(bounded.len() - lines.0.len()..).filter(|_| closed);
        Some(Self { start, rest, whole: closed || bounded.len() == MAX_HEAD, body })
    }

    /// The three words of the start line; the middle one may hold spaces.
    pub(crate) fn words(&self) -> Option<[&'a [u8]; 3]> {
        let first = memchr(b' ', self.start)?;
        let last = memchr::memrchr(b' ', self.start)?;
        let middle = self.start.get(first + 1..last)?.trim_ascii();
        Some([self.start.get(..first)?, middle, self.start.get(last + 1..)?])
    }

    /// Names and values of the fields that are complete, spaces around them removed.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let lines = Lines(self.rest).take_while(|line| !line.is_empty()).take(MAX_FIELDS);
        lines.filter_map(|line| {
            let colon = memchr(b':', line).filter(|&place| place > 0)?;
            let (name, value) = line.split_at_checked(colon)?;
            Some((name.trim_ascii(), value.get(1..)?.trim_ascii()))
        })
    }

    /// The value of the first field of this name that has one.
    pub(crate) fn field(&self, wanted: &str) -> Option<&'a [u8]> {
        let [found] = self.first([wanted]);
        found
    }

    /// The same for several names, in one walk over the fields.
    pub(crate) fn first<const N: usize>(&self, wanted: [&str; N]) -> [Option<&'a [u8]>; N] {
        let (mut found, mut missing) = ([None; N], N);
        for (name, value) in self.fields().filter(|(_, value)| !value.is_empty()) {
            let mut slots = wanted.iter().zip(&mut found);
            let Some((_, slot)) = slots.find(|(wanted, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
            else {
                continue;
            };
            missing -= usize::from(slot.is_none());
            slot.get_or_insert(value);
            if missing == 0 {
                break;
            }
        }
        found
    }
}

/// What follows the empty lines at the beginning: a line that may still turn out to be empty is left.
pub(crate) fn after_empty_lines(mut bytes: &[u8]) -> &[u8] {
    for _ in 0..MAX_EMPTY_LINES {
        let rest = bytes.strip_prefix(b"\r\n").or_else(|| bytes.strip_prefix(b"\n"));
        let Some(rest) = rest else { break };
        bytes = rest;
    }
    bytes
}

/// The lines that are complete, without their ends.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (line, rest) = line(self.0)?;
        self.0 = rest;
        Some(line)
    }
}

fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, rest) = bytes.split_at_checked(memchr(b'\n', bytes)?)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
        Head::parse(bytes).unwrap().fields().collect()
    }

    #[test]
    fn start_line_and_fields_whatever_ends_the_lines() {
        for bytes in [&b"A b c\r\nX: 1\r\ny :\t2 \r\n\r\nZ: 3\r\n"[..], b"A b c\nX:1\ny:2\n\nZ:3\n"] {
            let head = Head::parse(bytes).unwrap();
            assert!(head.whole);
            assert_eq!(head.words(), Some([&b"A"[..], b"b", b"c"]));
            assert_eq!(fields(bytes), [(&b"X"[..], &b"1"[..]), (b"y", b"2")]);
            assert_eq!(head.field("Y"), Some(&b"2"[..]));
            assert_eq!(head.field("Z"), None);
        }
    }

    #[test]
    fn lines_that_are_no_fields_are_passed_over() {
        assert_eq!(fields(b"A\n: nameless\nno colon\nX: 1:2\n"), [(&b"X"[..], &b"1:2"[..])]);
    }

    #[test]
    fn empty_lines_before_the_start_are_passed_over() {
        for before in ["\r\n", "\n\r\n", "\r\n\r\n\r\n"] {
            let bytes = format!("{before}A b c\r\nX: 1\r\n\r\n");
            let head = Head::parse(bytes.as_bytes()).unwrap();
            assert_eq!((head.start, head.field("x"), head.whole), (&b"A b c"[..], Some(&b"1"[..]), true));
        }
        assert_eq!(Head::parse(b"\nA\nX: 1\n\nbody\n").unwrap().body, Some(&b"body\n"[..]));
        assert_eq!(Head::parse(b"\nA\nX: 1\n").unwrap().body, None);
        assert_eq!(after_empty_lines(b"\r\n\r"), b"\r");
        assert_eq!(after_empty_lines(&b"\n".repeat(MAX_EMPTY_LINES + 2)), b"\n\n");
    }

    #[test]
    fn the_first_field_with_a_value_counts() {
        let head = Head::parse(b"A\nX:\nx: 1\nX: 2\n\n").unwrap();
        assert_eq!(head.field("X"), Some(&b"1"[..]));
        let head = Head::parse(b"A\nb: 2\nX:\nx: 1\nX: 2\n\n").unwrap();
        assert_eq!(head.first(["x", "y", "B"]), [Some(&b"1"[..]), None, Some(b"2")]);
    }

    #[test]
    fn words_need_two_spaces() {
        for (start, middle) in
            [("A b c", Some("b")), ("A b d c", Some("b d")), ("A  c", Some("")), ("A c", None)]
        {
            let line = format!("{start}\n");
            let words = Head::parse(line.as_bytes()).unwrap().words();
            assert_eq!(words.map(|[_, middle, _]| middle), middle.map(str::as_bytes), "{start}");
        }
    }

    #[test]
    fn heads_are_bounded() {
        assert!(Head::parse(&b"a".repeat(2 * MAX_HEAD)).is_none());
        let endless = [b"A\n", &vec![b'a'; 2 * MAX_HEAD][..]].concat();
        assert!(Head::parse(&endless).unwrap().whole);
        let many = [b"A\n", &b"X: 1\n".repeat(MAX_FIELDS + 9)[..]].concat();
        assert_eq!(fields(&many).len(), MAX_FIELDS);
    }

    #[test]
    fn cut_at_every_byte() {
        let bytes = b"A b c\r\nX: 1\r\nY: 2\r\n\r\n";
        for length in 0..bytes.len() {
            let head = Head::parse(&bytes[..length]);
            assert_eq!(head.is_some(), length >= 7, "{length}");
            assert!(head.is_none_or(|head| !head.whole && head.words().is_some()));
        }
    }
}
