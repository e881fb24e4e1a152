//! A bounded pull reader of XML: elements by their paths, and the texts in them.
//!
//! A path is the local names from the root element down, joined by slashes: in `<s:a><b>c</b></s:a>` the text `c` stands at
//! `a/b`. Namespaces are not resolved, end tags not compared, entities of the document not expanded: those that XML
//! defines and characters by number are. What is cut or broken reads as what stood before it. Bounds: 16 elements deep,
//! paths of 256 bytes, 8192 parts; a document ends where it passes one of them. Texts are cut to 4096 bytes. Each byte is looked at once, and nothing
//! recurses or allocates.

use std::borrow::Cow;

use arrayvec::{ArrayString, ArrayVec};
use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

use crate::{
    Fact, Field,
    reader::Facts,
    text::{Text, told},
};

/// Elements inside one another that are followed.
pub(crate) const MAX_DEPTH: usize = 16;
/// Tags, texts and references of a document that are looked at.
pub(crate) const MAX_PARTS: usize = 8192;
/// What a document begins with, or the spaces in front of it.
pub(crate) const FIRST: &[u8] = b"<\t\n\x0c\r ";
const MAX_PATH: usize = 256;
const MAX_TEXT: usize = 4096;

/// A document, and how far it was read.
pub(crate) struct Xml<'a> {
    events: Reader<&'a [u8]>,
    left: usize,
    path: ArrayString<MAX_PATH>,
    /// Where the path of each open element ends that stands above the innermost.
    above: ArrayVec<u16, MAX_DEPTH>,
    /// Whether an element is open: the root has none above it.
    open: bool,
    /// Whether the innermost element of the path has ended, and is still to be taken off.
    ended: bool,
    text: Text<MAX_TEXT>,
    /// Whether the last tag was a start tag, so that the text is all of its element.
    leaf: bool,
}

/// What a document says next.
#[derive(Debug)]
pub(crate) enum Part<'x> {
    /// An element begins.
    Begins { path: &'x str, tag: Tag<'x> },
    /// An element ends. Its text without spaces around it; empty where it held elements.
    Ends { path: &'x str, text: &'x [u8] },
}

/// A start tag.
#[derive(Debug)]
pub(crate) struct Tag<'x>(BytesStart<'x>);

impl Tag<'_> {
    /// The value of the attribute of this name, which counts with its prefix.
    pub(crate) fn attribute(&self, wanted: &str) -> Option<Cow<'_, str>> {
        let mut all = self.0.attributes();
        let found = all.with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == wanted)?;
        let raw = found.value.clone();
        Some(found.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap_or(raw))
    }

    /// The namespace of the element, where it declares it itself: as the default one, or for its own prefix.
    pub(crate) fn namespace(&self) -> Option<Cow<'_, str>> {
        match self.0.name().into_inner().split_once(':') {
            None => self.attribute("xmlns"),
            Some((prefix, _)) => {
                let mut name = ArrayString::<64>::from("xmlns:").ok()?;
                name.try_push_str(prefix).ok()?;
                self.attribute(&name)
            }
        }
    }

    /// Whether its attributes hold a text. Namespaces are declared so, on this element or on one around it.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        memchr::memmem::find(self.0.attributes_raw().as_bytes(), text.as_bytes()).is_some()
    }
}

/// How far into a message its root element may stand.
const MAX_PROLOG: usize = 2048;

/// The local name of the root element of the document that bytes begin with; `None` where it does not stand in the first 2 KiB.
/// Nothing is made text for it: most documents are nobody's, and several readers ask.
pub(crate) fn root_name(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(..MAX_PROLOG).unwrap_or(bytes);
    loop {
        let inside = rest.trim_ascii_start().strip_prefix(b"<")?;
        let end: &[u8] = match inside {
            [b'?', ..] => b"?>",
            [b'!', b'-', b'-', ..] => b"-->",
            [b'!', ..] => b">",
            _ => {
                let length = inside
                    .iter()
                    .position(|byte| matches!(byte, b'/' | b'>') || byte.is_ascii_whitespace())?;
                return inside.get(..length)?.rsplit(|&byte| byte == b':').next();
            }
        };
        rest = inside.get(memchr::memmem::find(inside, end)? + end.len()..)?;
    }
}

impl<'a> Xml<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut events = Reader::from_str(text);
        let config = events.config_mut();
        config.check_end_names = false;
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self {
            events,
            left: MAX_PARTS,
            path: ArrayString::new(),
            above: ArrayVec::new(),
            open: false,
            ended: false,
            text: Text::new(),
            leaf: false,
        }
    }

    /// The next part; `None` where the document ends, breaks or passes a bound.
    pub(crate) fn next(&mut self) -> Option<Part<'_>> {
        loop {
            if std::mem::take(&mut self.ended) {
                self.leave();
            }
            self.left = self.left.checked_sub(1)?;
            #[cfg(test)]
            crate::readers::tests::count(1);
            match self.events.read_event().ok()? {
                Event::Start(tag) => {
                    self.enter(tag.local_name().into_inner())?;
                    self.text.clear();
                    self.leaf = true;
                    return Some(Part::Begins { path: &self.path, tag: Tag(tag) });
                }
                Event::End(_) if self.open => {
                    self.ended = true;
                    let leaf = std::mem::take(&mut self.leaf);
                    let text = if leaf { self.text.as_bytes().trim_ascii() } else { &[] };
                    return Some(Part::Ends { path: &self.path, text });
                }
                Event::End(_) | Event::Eof => return None,
                Event::Text(text) => self.text.extend(text.as_bytes()),
                Event::CData(text) => self.text.extend(text.as_bytes()),
                Event::GeneralRef(reference) => self.refer(&reference),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    fn enter(&mut self, name: &str) -> Option<()> {
        if self.open {
            self.above.try_push(self.path.len() as u16).ok()?;
            self.path.try_push('/').ok()?;
        }
        self.open = true;
        // The root and fifteen below it make sixteen.
        (self.above.len() < MAX_DEPTH).then_some(())?;
        self.path.try_push_str(name).ok()
    }

    fn leave(&mut self) {
        if let Some(end) = self.above.pop() {
            self.path.truncate(end.into());
        } else {
            self.path.clear();
            self.open = false;
        }
    }

    fn refer(&mut self, reference: &BytesRef<'_>) {
        if let Ok(Some(character)) = reference.resolve_char_ref() {
            self.text.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
        } else if let Some(text) = resolve_predefined_entity(reference) {
            self.text.extend(text.as_bytes());
        } else {
            for piece in ["&", reference, ";"] {
                self.text.extend(piece.as_bytes());
            }
        }
    }

    /// Yields the texts at the paths of a table as what the sender says, each field once, in the order of the document,
    /// until the element at `end` ends. What a path names behind `/@` is an attribute: `a/@b` is `1` in `<a b="1"/>`.
    pub(crate) fn say<const N: usize>(&mut self, table: &[(&str, Field); N], end: &str, facts: Facts<'_>) {
        let mut said = [false; N];
        let mut say = |field: Field, value: &[u8]| {
            let first = table.iter().position(|(_, other)| *other == field);
            if let Some(said) = first.and_then(|place| said.get_mut(place))
                && let Some(value) = told(value)
                && !std::mem::replace(said, true)
            {
                facts(Fact::of_sender(field, value));
            }
        };
        while let Some(part) = self.next() {
            match part {
                Part::Begins { path, tag } => {
                    for &(of, field) in table {
                        let name = of.strip_prefix(path).and_then(|rest| rest.strip_prefix("/@"));
                        if let Some(value) = name.and_then(|name| tag.attribute(name)) {
                            say(field, value.as_bytes().trim_ascii());
                        }
                    }
                }
                Part::Ends { path, text } => {
                    if let Some(&(_, field)) = table.iter().find(|(of, _)| *of == path) {
                        say(field, text);
                    }
                    if path == end {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a document says, in lines: `a {` where an element begins, `a: text` where it ends.
    fn said(text: &str) -> Vec<String> {
        let (mut xml, mut lines) = (Xml::new(text), Vec::new());
        while let Some(part) = xml.next() {
            lines.push(match part {
                Part::Begins { path, .. } => format!("{path} {{"),
                Part::Ends { path, text } => format!("{path}: {}", String::from_utf8_lossy(text)),
            });
        }
        lines
    }

    #[test]
    fn a_root_is_named_without_making_text() {
        let of =
            |text: &'static str| root_name(text.as_bytes()).map(|name| std::str::from_utf8(name).unwrap());
        assert_eq!(of("<?xml version='1.0'?>\n<!-- <a> --><!DOCTYPE b>\n<s:c x='1'>"), Some("c"));
        assert_eq!((of(" <a/>"), of("<a>"), of("<a")), (Some("a"), Some("a"), None));
        assert_eq!((of(""), of("a"), of("<?xml"), of("<?xml?>b<a>")), (None, None, None, None));
        let late = format!("<?xml {}?><a>", " ".repeat(MAX_PROLOG));
        assert_eq!(root_name(late.as_bytes()), None);
    }

    #[test]
    fn texts_stand_at_paths_of_local_names() {
        let text =
            "<?xml version='1.0'?><!-- <x> --><s:a xmlns:s='u'> <b>1 &amp; <![CDATA[<2>]]></b><c/>d</s:a>";
        assert_eq!(said(text), ["a {", "a/b {", "a/b: 1 & <2>", "a/c {", "a/c: ", "a: "]);
        // A second root is read as well; an end tag with no start ends the document.
        assert_eq!(said("<a>1</a><b>2</b></c><d>"), ["a {", "a: 1", "b {", "b: 2"]);
        assert!(said("").is_empty() && said("text").is_empty());
    }

    #[test]
    fn what_is_cut_says_what_stood_before() {
        let text = "<a><b c='d'>1</b><!-- e --><f>&lt;&#x41;</f></a>";
        let all = said(text);
        assert_eq!(all[4], "a/f: <A");
        for length in 0..text.len() {
            let said = said(&text[..length]);
            assert_eq!(said, all[..said.len()], "{length}");
        }
    }

    #[test]
    fn attributes_are_asked_for_by_name() {
        let text = "<a b='1' c=\"&lt;&x;\" d='&lt;' e f='2'/>";
        let mut xml = Xml::new(text);
        let Some(Part::Begins { tag, .. }) = xml.next() else { panic!("a start tag") };
        let asked = ["b", "c", "d", "f", "g"].map(|name| tag.attribute(name).map(Cow::into_owned));
        let found = asked.each_ref().map(|value| value.as_deref());
        assert_eq!(found, [Some("1"), Some("&lt;&x;"), Some("<"), Some("2"), None]);
        assert!(tag.mentions("f='2") && !tag.mentions("a "));
    }

    #[test]
    fn depth_paths_parts_and_texts_are_bounded() {
        assert_eq!(said(&"<a>".repeat(MAX_DEPTH + 5)).len(), MAX_DEPTH);
        assert_eq!(said(&format!("<a><{}>", "b".repeat(MAX_PATH - 2))).len(), 2);
        assert_eq!(said(&format!("<a><{}>", "b".repeat(MAX_PATH - 1))).len(), 1);
        assert_eq!(said(&"<a/>".repeat(MAX_PARTS)).len(), MAX_PARTS);
        let long = said(&format!("<a>{}</a>", "b".repeat(2 * MAX_TEXT)));
        assert_eq!(long[1].len(), "a: ".len() + MAX_TEXT);
    }

    #[test]
    fn a_table_says_each_field_once() {
        let table = [("a/b", Field::SsdpModel), ("a/c", Field::SsdpModel), ("a/d/@e", Field::SsdpSerial)];
        let text = "<a><x><b>0</b></x><b/><c>1</c><b>2</b><d f='5'/><d e='3'>6</d></a><a><d e='4'/></a>";
        let mut lines = Vec::new();
        Xml::new(text).say(&table, "a", &mut |fact| lines.push(crate::readers::tests::line(&fact)));
        assert_eq!(lines, ["sender ssdp.model 1", "sender ssdp.serial 3"]);
    }
}
