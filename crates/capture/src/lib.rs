//! Where frames come from: classic pcap and pcapng, packed or not, from files and pipes.
//!
//! A [`Source`] lends batches of at most 32 frames that lie in one reused block; nothing is allocated per packet,
//! and nothing is ever allocated because a length field says so. What is wrong inside a capture ends its walk or is
//! passed over, and is always told in its [`Tally`]; only an operating system that refuses is an [`Error`].
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod ahead;
mod batch;
mod block;
#[cfg(feature = "live")]
mod bpf;
mod capture;
mod cut;
mod error;
mod filter;
pub mod inputs;
mod merged;
mod pcap;
mod pcapng;
mod reader;
mod tally;
mod walk;

pub use batch::{BATCH, Batch, Record};
pub use capture::{Capture, Compression, Format, Pace, stream_reader};
pub use error::Error;
pub use filter::Filter;
pub use merged::Merged;
pub use reader::Reader;
pub use tally::{Problem, Tally};
pub use walk::Joint;

/// Something that yields frames in capture order: a file, a pipe, several files at once, or an interface.
pub trait Source {
    /// Reads on to the next batch, which is lent until the next call. An empty one is the end.
    fn next_batch(&mut self) -> Result<Batch<'_>, Error>;

    /// What was read so far of each input.
    fn tallies(&self) -> Vec<Tally>;
}
