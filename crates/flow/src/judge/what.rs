//! What flows are for, and what of it is worth saying.

pub(crate) mod activity;
pub(crate) mod coverage;
pub(crate) mod finding;
