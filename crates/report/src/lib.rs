//! Renders a [`Report`](lenscap_flow::report::Report): as [JSON lines](json), as [CSV](csv), as [text] for people.
//!
//! Promises: nothing is computed here that the report does not say; output is written as it is made, never held as a
//! whole; it is the same bytes for every number of threads; text that came out of packets goes through [`escape`]
//! in every format, so that no capture can steer a terminal, a spreadsheet or a log.
//! Refuses: clocks, colours by its own decision (a [`text::Style`] is passed in), names of its own for anything.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod csv;
pub mod escape;
pub mod json;
mod number;
mod parallel;
mod protocol;
mod reason;
#[cfg(test)]
mod sample;
mod select;
pub mod shell;
pub mod text;
pub mod time;
pub mod units;
mod vendor;

pub use select::{Kind, Select, UnknownKind};
