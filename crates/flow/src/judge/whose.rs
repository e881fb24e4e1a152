//! Whose the other end of a flow is: by the names that it was given, by the protocol that it speaks, else by
//! its address.

mod answered;
mod asked;
pub(crate) mod attribution;
pub(crate) mod called;
pub(crate) mod earlier;
pub(crate) mod halves;
pub(crate) mod late;
pub(crate) mod name;
mod near;
pub(crate) mod opinion;
pub(crate) mod protocol;
pub(crate) mod proxied;
pub(crate) mod statement;
mod unasked;
