//! The zero-copy parser: captured bytes to borrowed views, and what applications say in them.
//!
//! Two steps, both pure: [`decode`] turns a [`Frame`] into a [`Packet`], and the readers of [`readers`] turn
//! payloads into [`Fact`]s. Nothing here does I/O, reads a clock, allocates per packet, recurses on input, or
//! panics whatever the bytes are; what is odd about a packet is a bit of its [`Hazards`], never an error.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod checksum;
mod cursor;
pub mod datagrams;
mod decode;
mod der;
mod fact;
mod fast;
mod frame;
mod hazard;
mod head;
mod ip;
mod ja4;
mod link;
mod link_type;
mod packet;
mod protocol;
mod reader;
pub mod readers;
mod span;
mod text;
mod transport;
mod tunnel;
mod wifi;

pub use checksum::check_transport;
pub use decode::{decode, decode_datagram};
pub use fact::{Fact, Party, Resolver};
pub use frame::{Frame, LinkType, PacketRef, Timestamp};
pub use hazard::Hazards;
pub use packet::{Address, Class, Fragment, Layer, LayerKind, Mac, Packet, Quoted, Tcp, TcpFlags};
pub use protocol::Protocol;
pub use reader::{Facts, Message, Read, Reader, ReaderId, Route, Step, Stream};
