//! Summaries become one: `then` appends a later one, `beside` puts two together whose packets ran side by side.

mod append;
mod beside;
mod chain;
mod ids;
pub(crate) mod refusal;
mod split_datagram;
mod then;
