//! `then`: a later summary appended to an earlier one, as if their packets had been folded in order.

mod append;
mod chain;
mod ids;
pub(crate) mod refusal;
mod spell;
mod split_datagram;
mod then;
