//! The parallel flow-classification engine: `fold` packets, `then` append, `judge` what was found.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod engine;
mod fold;
mod join;
mod judge;
pub mod report;
mod save;
mod state;

pub use engine::{Input, Options, Progress, ScanError, inspect, scan};
pub use join::refusal::{Refusal, Refused};
pub use judge::{Closed, Policy, judge, rules};
pub use save::{LoadError, MergeError, merge};
pub use state::half::Fetch;
pub use state::summary::{Limits, Summary};
