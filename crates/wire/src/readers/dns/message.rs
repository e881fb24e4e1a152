//! The sections of a DNS message (RFC 1035, 4.1), and whether bytes are one at all.
//!
//! Bytes are a message when the header is possible, its counts fit into the length, and the first question or
//! record can be read and has a known class. From there on an entry that cannot be read ends the walk: what
//! stands before it counts. At most 512 entries are read. Reserved bits of the header are ignored, as a receiver must.

use super::name;
use crate::cursor::Cursor;

pub(crate) const A: u16 = 1;
pub(super) const NS: u16 = 2;
pub(super) const CNAME: u16 = 5;
pub(super) const SOA: u16 = 6;
pub(crate) const PTR: u16 = 12;
pub(crate) const TXT: u16 = 16;
pub(crate) const AAAA: u16 = 28;
pub(crate) const SRV: u16 = 33;
const OPT: u16 = 41;
pub(super) const SVCB: u16 = 64;
pub(super) const HTTPS: u16 = 65;

const HEADER: usize = 12;
const MAX_ENTRIES: usize = 512;
const RESPONSE: u16 = 0x8000;
const CUT: u16 = 0x0200;

/// A section, in order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Section {
    Question,
    Answer,
    Authority,
    Additional,
}

/// One question or record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) section: Section,
    /// Where its name stands in the message.
    pub(crate) name: usize,
    pub(crate) kind: u16,
    pub(crate) time_to_live: u32,
    /// Where its data stand in the message.
    pub(crate) data_at: usize,
    /// Its data; a question has none.
    pub(crate) data: &'a [u8],
    /// Where the next entry stands.
    end: usize,
}

impl Entry<'_> {
    /// Where the name stands that begins `skip` bytes into the data; `None` where it does not end inside of them.
    pub(crate) fn name_in_data(&self, message: &[u8], skip: usize) -> Option<usize> {
        let at = self.data_at + skip;
        (name::skip(message, at)? <= self.data_at + self.data.len()).then_some(at)
    }
}

/// A message whose beginning has been found sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DnsMessage<'a> {
    pub(crate) bytes: &'a [u8],
    flags: u16,
    counts: [u16; 4],
    /// Whether bytes are missing at its end.
    cut: bool,
}

impl<'a> DnsMessage<'a> {
    /// The message in `bytes`, of which some are missing at the end if `cut`.
    pub(crate) fn parse(bytes: &'a [u8], cut: bool) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        cursor.u16()?;
        let flags = cursor.u16()?;
        let counts = [cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?];
        let message = Self { bytes, flags, counts, cut };
        let [questions, records @ ..] = counts.map(usize::from);
        let least = questions * 5 + records.iter().sum::<usize>() * 11;
        let possible = matches!(message.opcode(), 0 | 1 | 2 | 4 | 5 | 6)
            && (message.is_response() || message.code() == 0)
            && (cut || HEADER + least <= bytes.len());
        if !possible {
            return None;
        }
        // A server may refuse with the bare header.
        let bare = least == 0 && message.is_response() && message.code() != 0 && bytes.len() == HEADER;
        (bare || message.entries().next().is_some()).then_some(message)
    }

    pub(crate) const fn is_response(&self) -> bool {
        self.flags & RESPONSE != 0
    }

    pub(crate) const fn opcode(&self) -> u8 {
        (self.flags >> 11 & 0x0f) as u8
    }

    /// The response code.
    pub(super) const fn code(&self) -> u8 {
        (self.flags & 0x0f) as u8
    }

    /// Whether the sender or the capture left something out.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut || self.flags & CUT != 0
    }

    /// How many questions the header promises.
    pub(crate) const fn questions(&self) -> u16 {
        let [questions, ..] = self.counts;
        questions
    }

    /// Questions and records in order, up to the first that cannot be read.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let (bytes, mut at, counts) = (self.bytes, HEADER, self.counts);
        let sections = [Section::Question, Section::Answer, Section::Authority, Section::Additional];
        let places = sections.into_iter().zip(counts);
        places
            .flat_map(|(section, count)| std::iter::repeat_n(section, usize::from(count)))
            .take(MAX_ENTRIES)
            .map_while(move |section| {
                let entry = entry(bytes, at, section)?;
                at = entry.end;
                Some(entry)
            })
    }

    /// Questions, answers and authorities: how many the header promises.
    pub(super) fn promised(&self) -> usize {
        let [questions, answers, authorities, _] = self.counts.map(usize::from);
        questions + answers + authorities
    }

    /// Whether all entries that the header promises can be read, and nothing follows them. Of more than are read the
    /// first 512 must be there.
    pub(super) fn is_filled(&self) -> bool {
        let promised = self.counts.map(usize::from).iter().sum::<usize>();
        let mut end = HEADER;
        let mut found = 0;
        for entry in self.entries() {
            found += 1;
            end = entry.end;
        }
        found == promised.min(MAX_ENTRIES) && (promised > MAX_ENTRIES || end == self.bytes.len())
    }

    /// Whether a question is one that is asked: for a host's name, not a bare root, by a pointer or of other bytes; in a
    /// class in use (IN, CH, NONE, ANY) and of a registered type.
    pub(super) fn is_plausible(&self, question: &Entry<'_>) -> bool {
        let end = question.end.saturating_sub(4);
        let class = self.bytes.get(end + 2..question.end);
        matches!(class, Some([0, 1 | 3 | 254 | 255]))
            && matches!(question.kind, 1..=65 | 99..=109 | 128 | 249..=263)
            && self.bytes.get(question.name..end).is_some_and(name::is_of_host)
    }

    /// The questions, without a look at what follows them.
    pub(super) fn asked(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        self.entries().take(usize::from(self.questions()))
    }

    /// The answers.
    pub(super) fn answers(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        self.entries()
            .skip_while(|entry| entry.section != Section::Answer)
            .take_while(|entry| entry.section == Section::Answer)
    }
}

/// The entry at `at`.
fn entry(bytes: &[u8], at: usize, section: Section) -> Option<Entry<'_>> {
    let mut cursor = Cursor(bytes.get(name::skip(bytes, at)?..)?);
    let (kind, class) = (cursor.u16()?, cursor.u16()?);
    // Multicast DNS has its own use for the top bit; of OPT the class is a size.
    let known = kind == OPT || matches!(class & 0x7fff, 1 | 3 | 4 | 254 | 255);
    if kind == 0 || !known {
        return None;
    }
    let (time_to_live, data) = match section {
        Section::Question => (0, &[][..]),
        _ => (cursor.u32()?, cursor.vector16()?),
    };
    let end = bytes.len() - cursor.0.len();
    Some(Entry { section, name: at, kind, time_to_live, data_at: end - data.len(), data, end })
}
