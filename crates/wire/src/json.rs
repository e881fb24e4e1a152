//! JSON (RFC 8259) as devices write it in discovery answers, logins and announcements: the scalars of a document, each
//! with the keys that lead to it.
//!
//! A document may be cut anywhere: what stands before the cut is read, a number only where something stands behind it.
//! One that is wrong is read up to the fault. What follows the document is not looked at: devices end it with a line
//! feed, NULs or binary data; in front of it a byte order mark may stand. Bytes that are no UTF-8 read as U+FFFD, for names that people gave are in any encoding.
//!
//! Bounds: 64 KiB, 16 levels, 8192 parts. Nothing recurses, and each byte is looked at a fixed number of times.

use arrayvec::ArrayVec;
use json_event_parser::{JsonEvent, LowLevelJsonParser};
use std::borrow::Cow;

use crate::{Fact, Field, reader::Facts, text::told};

/// Longest document that is read, in bytes.
pub(crate) const MAX_LENGTH: usize = 64 << 10;
const MAX_DEPTH: usize = 16;
/// Keys, scalars, and beginnings and ends of objects and arrays.
const MAX_PARTS: usize = 8192;

/// What stands in a path for the elements of an array.
pub(crate) const ELEMENT: &str = "[]";

/// How much of a document was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// All of it.
    Whole,
    /// What is there is no whole document, but its beginning.
    Cut,
    /// There is a fault in it, or it is beyond the bounds.
    Broken,
}

/// Visits the scalars of the document that `bytes` begin with, in its order: strings without their escapes, numbers as
/// they stand there, `true` and `false`, but no `null`. In `{"a":{"b":[7]}}` the path to `7` is `["a", "b", "[]"]`.
///
/// A key that is written with escapes reads as an empty one: no protocol writes one that it means.
pub(crate) fn walk(bytes: &[u8], mut visit: impl FnMut(&[&str], &str)) -> End {
    let bounded = bytes.get(..MAX_LENGTH).unwrap_or(bytes);
    let text = String::from_utf8_lossy(bounded);
    let mut rest = text.as_bytes();
    let mut parser = LowLevelJsonParser::new().with_max_stack_size(MAX_DEPTH);
    // The last key of each object that is open, and `ELEMENT` for each array.
    let mut path = ArrayVec::<&str, MAX_DEPTH>::new();
    for _ in 0..MAX_PARTS {
        #[cfg(test)]
        crate::readers::tests::count(1);
        let step = parser.parse_next(rest, false);
        rest = rest.get(step.consumed_bytes..).unwrap_or(&[]);
        let opened = match step.event {
            None if bytes.len() > MAX_LENGTH => return End::Broken,
            None => return End::Cut,
            Some(Err(_)) => return End::Broken,
            Some(Ok(event)) => match event {
                JsonEvent::StartObject => path.try_push(""),
                JsonEvent::StartArray => path.try_push(ELEMENT),
                JsonEvent::ObjectKey(key) => {
                    if let Some(last) = path.last_mut() {
                        *last = if let Cow::Borrowed(key) = key { key } else { "" };
                    }
                    continue;
                }
                JsonEvent::EndObject | JsonEvent::EndArray => {
                    path.pop();
                    Ok(())
                }
                JsonEvent::String(value) | JsonEvent::Number(value) => {
                    visit(&path, &value);
                    Ok(())
                }
                JsonEvent::Boolean(value) => {
                    visit(&path, if value { "true" } else { "false" });
                    Ok(())
                }
                JsonEvent::Null => Ok(()),
                JsonEvent::Eof => return End::Whole,
            },
        };
        if opened.is_err() {
            return End::Broken;
        }
        if path.is_empty() {
            return End::Whole;
        }
    }
    End::Broken
}

/// Yields of each path in the table the first value that tells something, about the sender, without space around it.
pub(crate) fn say<const N: usize>(bytes: &[u8], wanted: &[(&[&str], Field); N], facts: Facts<'_>) -> End {
    let mut said = [false; N];
    walk(bytes, |path, value| {
        let place = wanted.iter().position(|(wanted, _)| *wanted == path);
        let found = place.and_then(|place| said.get_mut(place).zip(wanted.get(place)));
        if let Some((said, &(_, field))) = found
            && let Some(value) = told(value.trim().as_bytes())
            && !std::mem::replace(said, true)
        {
            facts(Fact::of_sender(field, value));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{line, steps_of};

    const DOCUMENT: &str = r#" { "mac" : "a:b", "n":[ 1, -2.5e3 , [true], {"x y":"\u00e9\"\\"} ],
        "none":null, "deep":{"er":{"key ":"caf\u00c3", "\u0061":7}}, "on":false, "":"" } "#;

    fn said(bytes: &[u8]) -> (End, Vec<String>) {
        let mut lines = Vec::new();
        let end = walk(bytes, |path, value| lines.push(format!("{} = {value}", path.join("."))));
        (end, lines)
    }

    const SAID: [&str; 9] = [
        "mac = a:b",
        "n.[] = 1",
        "n.[] = -2.5e3",
        "n.[].[] = true",
        "n.[].x y = \u{e9}\"\\",
        "deep.er.key  = caf\u{c3}",
        "deep.er. = 7",
        "on = false",
        " = ",
    ];

    #[test]
    fn scalars_come_with_the_keys_that_lead_to_them() {
        assert_eq!(said(DOCUMENT.as_bytes()), (End::Whole, SAID.map(String::from).to_vec()));
        assert_eq!(said(b"\"alone\" "), (End::Whole, vec![" = alone".to_owned()]));
        assert_eq!(said(b"{}\n"), (End::Whole, vec![]));
    }

    #[test]
    fn what_is_cut_says_what_stood_before() {
        let end = DOCUMENT.rfind('}').unwrap();
        let mut most = 0;
        for length in 0..=DOCUMENT.len() {
            let (how, lines) = said(&DOCUMENT.as_bytes()[..length]);
            assert_eq!(how == End::Whole, length > end, "{length}");
            assert_eq!(how == End::Cut, length <= end, "{length}");
            assert_eq!(lines, SAID[..lines.len()], "{length}");
            assert!(lines.len() >= most, "{length}");
            most = lines.len();
        }
    }

    #[test]
    fn behind_a_fault_nothing_is_said() {
        for (bytes, end, count) in [
            (r#"{"a":1,"b":2"#, End::Cut, 1),
            (r#"{"a":1,"b"2,"c":3}"#, End::Broken, 1),
            (r#"{"a":1 "b":2}"#, End::Broken, 1),
            (r#"{"a":1,b:2}"#, End::Broken, 1),
            (r#"{"a":1,}"#, End::Broken, 1),
            (r#"{"a":1]"#, End::Broken, 1),
            ("{\"a\":\"x\ny\",\"b\":2}", End::Broken, 0),
            (r#"{"a":01}"#, End::Broken, 1),
            (r#"{"a":"\ud800\u0041","b":2}"#, End::Broken, 0),
            (r#"{"a":nul}"#, End::Broken, 0),
            ("<a>", End::Broken, 0),
            ("", End::Cut, 0),
            (r#"{"a":1}{"b":2}"#, End::Whole, 1),
            ("{\"a\":1}\n\0\x01binary", End::Whole, 1),
        ] {
            let (how, lines) = said(bytes.as_bytes());
            assert_eq!((how, lines.len()), (end, count), "{bytes}");
        }
    }

    #[test]
    fn no_byte_in_any_place_does_harm() {
        let bytes = DOCUMENT.as_bytes();
        for at in 0..bytes.len() {
            for byte in *b"{}[]\",:\\u0-e.\0\x80\xff" {
                let mut broken = bytes.to_vec();
                broken[at] = byte;
                for length in [at + 1, bytes.len()] {
                    said(&broken[..length]);
                }
            }
        }
    }

    #[test]
    fn other_encodings_do_not_end_the_reading() {
        let (end, lines) = said(b"{\"name\":\"\xc7\xb0\xc3\xc5\",\"sn\":\"7\"}");
        assert_eq!((end, lines[1].as_str()), (End::Whole, "sn = 7"));
    }

    #[test]
    fn size_depth_and_parts_are_bounded() {
        let deep = |levels: usize| format!("{}7{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(said(deep(MAX_DEPTH).as_bytes()).0, End::Whole);
        assert_eq!(said(deep(MAX_DEPTH + 1).as_bytes()), (End::Broken, vec![]));
        assert_eq!(said("[".repeat(1 << 20).as_bytes()).0, End::Broken);
        assert_eq!(said("{\"a\":".repeat(1 << 16).as_bytes()).0, End::Broken);
        let many = format!("[{}]", "1,".repeat(1 << 14));
        let steps = steps_of(|| assert_eq!(said(many.as_bytes()).1.len(), MAX_PARTS - 1));
        assert!(steps <= many.len(), "{steps} steps for {} bytes", many.len());
        let long = format!("{{\"a\":1,\"b\":\"{}\",\"c\":2}}", "x".repeat(MAX_LENGTH));
        assert_eq!(said(long.as_bytes()), (End::Broken, vec!["a = 1".to_owned()]));
    }

    #[test]
    fn a_table_says_each_of_its_fields_once() {
        let table: [(&[&str], Field); 2] = [(&["d", "m"], Field::SsdpModel), (&["s"], Field::SsdpSerial)];
        let mut lines = Vec::new();
        let document =
            br#"{"m":"no","d":{"m":" ","m":"\u001b[2J","m":" A ","m":"B"},"s":"0000","s":12,"x":[{"s":1}]}"#;
        let end = say(document, &table, &mut |fact| lines.push(line(&fact)));
        assert_eq!(
            (end, lines),
            (End::Whole, ["sender ssdp.model A", "sender ssdp.serial 12"].map(String::from).to_vec())
        );
    }
}
