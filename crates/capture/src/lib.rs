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
mod chunk;
mod clock;
mod cut;
mod drops;
mod error;
mod filter;
mod format;
#[cfg(unix)]
mod growing;
pub mod inputs;
mod interface;
mod joint;
#[cfg(target_os = "linux")]
mod live;
mod merged;
mod order;
mod paced;
mod pcap;
mod pcapng;
mod problem;
mod read_at;
mod reader;
mod record;
mod source;
mod tally;
mod walk;
mod writer;

pub use batch::{BATCH, Batch, Direction, Record};
pub use capture::{Capture, Compression, Pace, stream_reader};
pub use chunk::ChunkId;
pub use clock::{Clock, ClockStep};
pub use drops::{DropCounts, Drops};
pub use error::{Error, Head};
pub use filter::Filter;
pub use format::Format;
#[cfg(unix)]
pub use growing::{growing_reader, open_pipe};
pub use joint::Joint;
#[cfg(target_os = "linux")]
pub use live::{Live, LiveOptions};
pub use merged::Merged;
pub use paced::Paced;
pub use problem::{BlockKind, Problem, ProblemKind};
pub use read_at::{BLOCK, ReadAt};
pub use reader::RecordReader;
pub use source::{Next, Source};
pub use tally::{SnapLength, Tally};
pub use writer::blocks::{interface_block, push_packet_block, section_block};
pub use writer::{WriteError, Writer};
