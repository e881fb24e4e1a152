//! Scenarios, fixtures and naive twins.
