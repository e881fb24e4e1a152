//! The parallel flow-classification engine: `fold` packets, `then` append, `judge` what was found.
//!
//! `fold(xs ++ ys)` is `fold(xs).then(fold(ys))` whenever `then` answers, so where a capture is cut changes nothing.
//!
//! # Words
//!
//! - **Spell**: one flow between idle gaps or handshakes, what Zeek calls a connection. A five-tuple that is used again
//!   after 300 s of silence has two.
//! - **Half**: one direction of a spell. The client's half of an HTTPS connection begins with the `ClientHello`.
//! - **Chunk**: a stretch of one file that is folded on its own; a **cut** is the guess where it begins, and a **joint** is
//!   where two chunks are appended, which also proves the cut.
//! - **Settled**: of a spell that another of the same key followed, so that no packet can go on with it.
//! - **Listed**: of a half whose beginning an earlier chunk may have seen: its first payloads are kept, to be read again at
//!   the joint.
//! - **Transcript**: which reader knew a half, and what it read there. **Testimony** is what that means to a judge.
//! - **Run**: answers that gave an address the same name, one after another: A, A, B, A are three runs.
//! - **Sighting**: something that a station said or showed of itself, such as its DHCP host name.
//! - **Residual**: the sums of flows that a cap put out of memory, by station and remote prefix. The books balance by them.
//! - **Cited**: of the packets that a spell names as proof: its first, and those with which readers could say what they said.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod engine;
mod fold;
mod join;
mod judge;
pub mod report;
mod save;
mod state;

pub use engine::{
    About, FloodEvent, FoldError, Folding, Input, Members, NoJoint, Ongoing, Options, Piece, Progress,
    ScanError, Stream, Unjoined, chunk_of, inspect, scan,
};
pub use join::refusal::{Refusal, Refused};
pub use judge::{Closed, DeviceKey, Policy, Stated, judge, rules};
pub use save::{LoadError, MergeError, merge};
pub use state::half::Fetch;
pub use state::summary::{Limits, Summary};
