//! Who the stations are: which addresses are one device, and what kind of device it is.

pub(crate) mod askers;
pub(crate) mod claims;
pub(crate) mod dealings;
mod dealt;
pub(crate) mod device;
pub(crate) mod disputed;
mod endpoints;
pub(crate) mod ends;
mod facing;
mod foreign;
pub(crate) mod grouped;
mod heard;
pub(crate) mod identity;
pub(crate) mod mac;
pub(crate) mod neighbours;
pub(crate) mod passage;
mod precedence;
pub(crate) mod questions;
mod relays;
pub(crate) mod roll;
pub(crate) mod texts;
pub(crate) mod told;
pub(crate) mod volume;
pub(crate) mod weighing;
