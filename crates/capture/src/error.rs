//! Why a capture could not be read.

use std::fmt;
use std::io;

/// Errors say what and why; the caller, who knows it, adds the path. What is wrong inside a capture is no error but
/// a [`Problem`](crate::Problem) of its tally.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// It is a folder; of one with captures these are opened.
    #[error("it is a folder with no capture in it")]
    Folder,
    /// There is nothing in it.
    #[error("it is empty (0 bytes)")]
    Empty,
    /// It does not start like a capture.
    #[error("it is not a capture: it starts with {head}, not with the magic number of pcap or pcapng")]
    NotACapture {
        /// What it starts with.
        head: Head,
    },
    /// The file header is cut short.
    #[error("its file header is cut short: {length} bytes of {of}")]
    Header {
        /// Bytes that are there.
        length: usize,
        /// Bytes of a header.
        of: usize,
    },
    /// A range was asked of an input that cannot be cut.
    #[error("a compressed or piped capture cannot be cut")]
    Whole,
    /// A filter expression that libpcap refuses.
    #[error("filter {expression:?} does not fit link type {link_type}: {why}")]
    Filter {
        /// What the user wrote.
        expression: String,
        /// For frames of which link type.
        link_type: lenscap_wire::LinkType,
        /// What libpcap said.
        why: String,
    },
    /// An interface that cannot be captured from.
    #[error("cannot capture from {interface}: {why}")]
    Interface {
        /// Its name.
        interface: String,
        /// What libpcap said.
        why: String,
    },
    /// Every interface that was captured from was removed.
    #[error("no interface is left to capture from")]
    Gone,
    /// Filters need libpcap.
    #[error("this build has no filters: build it with the feature `live` and libpcap's headers")]
    NoFilters,
}

impl Error {
    /// The error that shows the bytes at the front.
    pub(crate) fn not_a_capture(bytes: &[u8]) -> Self {
        let mut head = Head { bytes: [0; 4], length: bytes.len().min(4) };
        for (to, from) in head.bytes.iter_mut().zip(bytes) {
            *to = *from;
        }
        Self::NotACapture { head }
    }
}

/// The first bytes of an input, at most four.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    bytes: [u8; 4],
    length: usize,
}

impl fmt::Display for Head {
    /// In hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.iter().take(self.length).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_head_is_shown_as_long_as_it_is() {
        let shown = |bytes| Error::not_a_capture(bytes).to_string();
        assert!(shown(&[0x0a, 0xff]).contains("it starts with 0aff,"));
        assert!(shown(&[0, 1, 2, 3, 4]).contains("it starts with 00010203,"));
    }
}
