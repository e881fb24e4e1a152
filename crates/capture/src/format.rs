//! The formats of captures, and a walk of either.

use serde::{Deserialize, Serialize};

use crate::pcap::{HEADER, Pcap};
use crate::pcapng::{Pcapng, PortablePcapng};
use crate::tally::Tally;
use crate::walk::Walk;
use crate::{ChunkId, Error};

/// The formats of captures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Classic pcap.
    Pcap,
    /// pcapng.
    Pcapng,
}

impl Format {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcap => "pcap",
            Self::Pcapng => "pcapng",
        }
    }
}

/// Either format's walk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Walker {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Walker {
    /// The walk of an input that begins with `head`, and how many bytes stand before its first record.
    pub(crate) fn new(head: &[u8]) -> Result<(Self, usize), Error> {
        if Pcapng::begins(head) {
            return Ok((Self::Pcapng(Pcapng::default()), 0));
        }
        if let Some(header) = head.first_chunk::<HEADER>() {
            let walk = Pcap::new(header).ok_or_else(|| Error::not_a_capture(head))?;
            return Ok((Self::Pcap(walk), HEADER));
        }
        let mut header = [0; HEADER];
        for (to, from) in header.iter_mut().zip(head) {
            *to = *from;
        }
        if head.len() >= 4 && Pcap::new(&header).is_some() {
            return Err(Error::Header { length: head.len(), of: HEADER });
        }
        Err(Error::not_a_capture(head))
    }

    /// The tally of a chunk that this walk begins, with what is known before its first record.
    pub(crate) fn tally(&self, id: ChunkId) -> Tally {
        let mut tally = Tally::new(id);
        if let Self::Pcap(walk) = self {
            tally.link_types.insert(walk.link_type().0);
            tally.snap_length.add(walk.snap_length());
        }
        tally
    }

    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Pcap(_) => Format::Pcap,
            Self::Pcapng(_) => Format::Pcapng,
        }
    }

    /// How many bytes the record at the front claims to hold, where that can be told.
    pub(crate) fn claim(&self, bytes: &[u8]) -> Option<u32> {
        match self {
            Self::Pcap(walk) => walk.claim(bytes),
            Self::Pcapng(walk) => walk.claim(bytes),
        }
    }

    /// Bytes of the record at the front, where it could be one.
    pub(crate) fn plausible_length(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Pcap(walk) => walk.plausible_length(bytes),
            Self::Pcapng(walk) => walk.plausible_length(bytes),
        }
    }

    /// The walk of a chunk that begins later in the file, as if in the section that this one is in; with the
    /// interfaces described so far, or without.
    pub(crate) fn later(&self, interfaces: bool) -> Self {
        match self {
            Self::Pcap(walk) => Self::Pcap(*walk),
            Self::Pcapng(walk) => Self::Pcapng(walk.later(interfaces)),
        }
    }

    /// The same walk, but for what it needed to know where it began, which is that of `other`.
    pub(crate) fn needing_as(mut self, other: &Self) -> Self {
        if let (Self::Pcapng(walk), Self::Pcapng(other)) = (&mut self, other) {
            walk.need_time(other.time_needed());
        }
        self
    }

    /// Interfaces described so far in the section; a classic file is one interface.
    pub(crate) fn described(&self) -> usize {
        match self {
            Self::Pcap(_) => 1,
            Self::Pcapng(walk) => walk.interfaces().len(),
        }
    }

    /// Where the section began.
    pub(crate) fn section_at(&self) -> u64 {
        match self {
            Self::Pcap(_) => 0,
            Self::Pcapng(walk) => walk.section_at(),
        }
    }

    /// Bytes of the whole record at the front, header and trailer included.
    pub(crate) fn record_length(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Pcap(walk) => walk.record_length(bytes),
            Self::Pcapng(walk) => walk.claim(bytes).map(|length| length as usize),
        }
    }

    /// Itself as plain records.
    pub(crate) fn portable(&self) -> PortableWalker {
        match self {
            Self::Pcap(walk) => PortableWalker::Pcap(walk.file_header()),
            Self::Pcapng(walk) => PortableWalker::Pcapng(walk.portable()),
        }
    }
}

/// A walk as plain records; what only files say is written as it stands there.
#[derive(Serialize, Deserialize)]
pub(crate) enum PortableWalker {
    /// The file header.
    Pcap([u8; HEADER]),
    Pcapng(PortablePcapng),
}

impl PortableWalker {
    /// The opposite of [`Walker::portable`]; `None` for what no walk can be.
    pub(crate) fn walker(self) -> Option<Walker> {
        Some(match self {
            Self::Pcap(header) => Walker::Pcap(Pcap::new(&header)?),
            Self::Pcapng(portable) => Walker::Pcapng(portable.walk()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_testkit::{Ng, pcap};

    #[test]
    fn a_beginning_says_which_format() {
        let classic = pcap(&[]);
        assert!(matches!(Walker::new(&classic), Ok((Walker::Pcap(_), 24))));
        assert!(matches!(Walker::new(&Ng::new(true).finish()), Ok((Walker::Pcapng(_), 0))));
        for cut in 0..classic.len() {
            let why = Walker::new(&classic[..cut]).unwrap_err();
            assert_eq!(matches!(why, Error::Header { length, of: 24 } if length == cut), cut >= 4, "{why}");
        }
        let why = Walker::new(b"GIF89a..................").unwrap_err().to_string();
        assert_eq!(
            why,
            "it is not a capture: it starts with 47494638, not with the magic number of pcap or pcapng"
        );
    }
}
