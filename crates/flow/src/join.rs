//! `then`: a later summary appended to an earlier one, as if their packets had been folded in order. `beside`: two of parts
//! that ran side by side put together.

mod append;
mod beside;
mod chain;
mod ids;
pub(crate) mod refusal;
mod spell;
mod split_datagram;
mod then;
