//! Where frames come from.

mod batch;

pub use batch::{BATCH, Batch, Record};
