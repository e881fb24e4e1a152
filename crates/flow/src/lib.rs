//! The parallel flow-classification engine: `fold` packets, `then` append, `judge` what was found.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod append;
mod buckets;
mod captures;
mod cited;
mod community_id;
mod cost;
mod counters;
mod engine;
mod entry;
mod evict;
mod fold;
mod fragment;
mod history;
mod ids;
mod index;
mod judge;
mod key;
mod lane;
mod listen;
mod merge;
mod names;
mod packet_ref;
mod path;
mod ranges;
mod refusal;
pub mod report;
mod residual;
mod save;
mod seed;
mod sequence;
mod shard;
mod sighting;
mod slab;
mod spell;
mod stream;
mod summary;
mod tally;
mod text;
mod torn;
mod verdict;

pub use engine::{Input, Options, Progress, ScanError, inspect, scan};
pub use judge::{Closed, Policy, judge, rules};
pub use refusal::{Refusal, Refused};
pub use save::{LoadError, MergeError, merge};
pub use stream::Fetch;
pub use summary::{Limits, Summary};
