//! Why a capture could not be read.

use std::io;

/// Errors say what and why; the caller, who knows it, adds the path. What is wrong inside a capture is no error but
/// a [`Problem`](crate::Problem) of its tally.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// There is nothing in it.
    #[error("it is empty (0 bytes)")]
    Empty,
    /// It does not start like a capture.
    #[error("it is not a capture: it starts with {0}, not with the magic number of pcap or pcapng")]
    NotACapture(String),
    /// The file header is cut short.
    #[error("its file header is cut short: {0} bytes of {1}")]
    Header(u64, u64),
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
    /// Filters need libpcap.
    #[error("this build has no filters: build it with the feature `live` and libpcap's headers")]
    NoFilters,
}
