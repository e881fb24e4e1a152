//! The parallel flow-classification engine.
