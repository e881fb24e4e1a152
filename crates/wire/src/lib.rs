//! The zero-copy parser: captured bytes to borrowed views, and what applications say in them.
//!
//! Two steps, both pure: [`decode`] turns a [`Frame`] into a [`Packet`], and the readers of [`readers`] turn
//! payloads into [`Fact`]s: of one packet, of the first bytes of a half of a TCP flow, or of the first datagrams of a
//! half of a UDP flow. Each is a [`Reader`] in one list, and says in which [`Field`]s it yields something. Nothing here does I/O, reads a clock, allocates per packet, recurses on input, or
//! panics whatever the bytes are; what is odd about a packet is a bit of its [`Hazards`], never an error.
//!
//! ```
//! use lenscap_wire::{Class, LinkType, Packet};
//!
//! // IPv4 from 192.0.2.1 to 192.0.2.2, UDP from port 1000 to 2000.
//! let bytes = [
//!     0x45, 0, 0, 30, 0, 1, 0, 0, 64, 17, 0xf6, 0xca, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
//!     0x03, 0xe8, 0x07, 0xd0, 0, 10, 0, 0, b'h', b'i', // UDP
//! ];
//! let packet = Packet::parse(LinkType::RAW, &bytes);
//! assert_eq!((packet.class, packet.ports, packet.payload), (Class::Ip, (1000, 2000), &b"hi"[..]));
//! assert_eq!(packet.source.ip().to_string(), "192.0.2.1");
//! assert!(packet.hazards.is_empty() && packet.stop.is_none());
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod activity;
mod checksum;
mod cursor;
mod decode;
mod der;
mod fact;
mod fast;
mod field;
mod frame;
mod hazard;
mod head;
mod ip;
mod ja4;
mod json;
mod link;
mod link_type;
mod meaning;
mod mpls;
mod packet;
mod protocol;
mod reader;
mod reader_id;
pub mod readers;
mod span;
mod stop;
mod tag;
mod text;
mod transport;
mod tunnel;
mod wifi;
mod xml;

pub use activity::Activity;
pub use checksum::{check_transport, is_transport_right};
pub use decode::{decode, decode_datagram};
pub use fact::{Fact, Party, Resolver};
pub use fast::decode_usual;
pub use field::Field;
pub use frame::{Frame, PacketRef, Timestamp};
pub use hazard::Hazards;
pub use link_type::LinkType;
pub use meaning::Meaning;
pub use packet::{
    Address, Class, Fragment, InnerFrame, Layer, LayerKind, Mac, Packet, Quoted, Tcp, TcpFlags,
};
pub use protocol::Protocol;
pub use reader::{DatagramRead, Datagrams, Facts, Message, Pattern, Probe, Read, Reader, Route, Stream};
pub use reader_id::ReaderId;
pub use readers::tls::MAX_CERTIFICATE_NAMES;
pub use stop::{Header, Stop, Why};
