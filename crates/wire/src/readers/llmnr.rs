//! LLMNR (RFC 4795): DNS messages on UDP port 5355, for single names on one link.
//!
//! Facts as for DNS; other operations than a query do not exist.

use super::dns;
use crate::{Message, Read, Reader, Resolver, Route, reader::Facts};

pub(crate) const READER: Reader = Reader { app: "llmnr", read: Read::Message(&[Route::Udp(5355)], read) };

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    dns::message::DnsMessage::parse(message.payload, message.is_cut())
        .is_some_and(|parsed| parsed.opcode() == 0)
        && dns::read(message.payload, message.is_cut(), Resolver::Llmnr, facts)
}
