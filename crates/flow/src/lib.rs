//! The parallel flow-classification engine.
pub mod report;
