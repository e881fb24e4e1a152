//! Bodies in chunks (RFC 9112, 7.1).

use std::borrow::Cow;

use memchr::memchr;

use super::body::{MAX_BODY, number};
use crate::cursor::Cursor;

/// Longest line that says how long a chunk is.
pub(super) const MAX_LINE: usize = 256;

/// The length that a chunk's line says, whatever extensions stand behind it.
fn size(line: &[u8]) -> Option<usize> {
    number(line.split(|byte| *byte == b';').next().unwrap_or(line).trim_ascii(), 16)
}

/// The chunks' data (RFC 9112, 7.1), borrowed where there is one; what is no chunk ends them.
pub(super) fn data(rest: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let mut rest = Cursor(rest);
    let mut bytes = Cow::Borrowed(&[][..]);
    loop {
        let line_end = memchr(b'\n', rest.0.get(..MAX_LINE).unwrap_or(rest.0));
        let Some(line) = line_end.and_then(|end| rest.take(end + 1)) else {
            let whole = rest.0.len() >= MAX_LINE;
            return (bytes, whole);
        };
        // The last chunk is empty.
        let Some(size) = size(line).filter(|&size| size > 0) else {
            return (bytes, true);
        };
        let data = rest.up_to(size.min(MAX_BODY - bytes.len()));
        if bytes.is_empty() {
            bytes = Cow::Borrowed(data);
        } else {
            bytes.to_mut().extend_from_slice(data);
        }
        if bytes.len() == MAX_BODY {
            return (bytes, true);
        }
        match rest.0 {
            [b'\n', ..] => rest.up_to(1),
            [b'\r', b'\n', ..] => rest.up_to(2),
            [] | [b'\r'] => return (bytes, false),
            _ => return (bytes, true),
        };
    }
}

/// Where the last chunk's line ends; while it is not there, the least place behind the bytes where it may. `None` where no chunk
/// stands where one should.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        #[cfg(test)]
        crate::readers::tests::count(1);
        let Some(end) = memchr(b'\n', rest.get(..MAX_LINE).unwrap_or(rest)) else {
            let may_be = rest.len() < MAX_LINE && rest.first().is_none_or(u8::is_ascii_hexdigit);
            return may_be.then_some(bytes.len());
        };
        let size = size(rest.get(..end)?)?;
        at += end + 1 + size;
        if size == 0 {
            return Some(at);
        }
        at += match bytes.get(at..).unwrap_or(&[]) {
            [] => 0,
            [b'\n', ..] | [b'\r'] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return None,
        };
        if at >= bytes.len() {
            break;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::steps_of;

    #[test]
    fn chunks_end_with_an_empty_one() {
        let whole = b"3;a=b\r\nabc\r\n2\nde\n0\r\n\r\n";
        assert_eq!((&*data(whole).0, data(whole).1), (&b"abcde"[..], true));
        assert_eq!(end(whole), Some(whole.len() - 2));
        for length in 0..whole.len() - 2 {
            let at = end(&whole[..length]).unwrap();
            assert!((length..=whole.len() - 2).contains(&at), "{length}: {at}");
        }
        for other in [&b"<a>"[..], b"3\r\nabcd", b"x\r\n", &b"f".repeat(MAX_LINE)] {
            assert_eq!(end(other), None);
        }
    }

    #[test]
    fn many_chunks_are_walked_once() {
        let many = "1\r\na\r\n".repeat(2000);
        assert!(steps_of(|| assert_eq!(end(many.as_bytes()), Some(many.len()))) <= many.len());
    }
}
