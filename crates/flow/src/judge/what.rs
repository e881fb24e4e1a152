//! What flows are for, and what of it is worth saying.

pub(crate) mod activity;
pub(crate) mod case;
pub(crate) mod contact;
pub(crate) mod contacts;
pub(crate) mod coverage;
mod decide;
mod filter;
pub(crate) mod finding;
mod measure;
pub(crate) mod party;
mod proof;
mod question;
mod reasons;
pub(crate) mod votes;
