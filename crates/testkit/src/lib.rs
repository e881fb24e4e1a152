//! Scenarios, capture files and random traffic for the tests of lenscap: a test case is a script to read, not an
//! opaque blob.
//!
//! A [`Scenario`] appends packets in capture order with right lengths, checksums and sequence numbers; [`pcap`]
//! and [`pcapng`] write them; [`random_traffic`] makes traffic that is as odd as a cut or a merge can bear.
//! Everything is a function of its arguments: no clock, no file (but for [`captures`], which lists those on disk), no
//! random number that is not seeded.
//!
//! Its input is written by us, so it panics on misuse instead of returning errors.
#![forbid(unsafe_code)]
#![allow(clippy::missing_panics_doc)]

pub mod captures;
mod churn;
mod conversation;
mod datagram;
mod exchange;
mod flow;
mod frame;
mod host;
mod load;
pub mod message;
pub mod packet;
mod pcap;
mod pcapng;
mod plot;
mod random;
mod scenario;
pub mod scenarios;
#[cfg(all(feature = "live", unix))]
mod send;
mod traffic;
mod wrap;

pub use churn::Churn;
pub use conversation::{Conversation, Side};
pub use exchange::Question;
pub use flow::{random_datagrams, random_flow, random_lookups};
pub use frame::OwnedFrame;
pub use host::{End, Host};
pub use load::{Load, Shape, endpoints};
pub use pcap::{Classic, pcap};
pub use pcapng::{Interface, Ng, pcapng};
pub use plot::{Plot, plots};
pub use random::SplitMix64;
pub use scenario::{MILLISECOND, MORNING, SECOND, Scenario};
#[cfg(all(feature = "live", unix))]
pub use send::{Sender, send};
pub use traffic::random_traffic;
pub use wrap::Wrap;
