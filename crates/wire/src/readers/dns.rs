//! DNS over UDP and TCP port 53 (RFC 1035): who asks for which names, and what they are told.
//!
//! Two readers. Over UDP a payload is one message. Over TCP every segment is read alone: as messages with their
//! lengths before them, the last one perhaps cut, else as one message without its length, which may have been sent
//! ahead. A message that goes on in the next segment counts up to where this one ends.
//!
//! Facts: a question is `Asks`; a response is `Answer` for each address (records A and AAAA, hints of HTTPS and
//! SVCB), else `Denied`: with its code, or with 0 where an address was asked for, the name exists and no referral
//! was given. Of a message that is cut the lack of an address says nothing.

mod facts;
pub(super) mod message;
mod name;

use crate::{Message, Read, Reader, Resolver, Route, cursor::Cursor, reader::Facts};
pub(super) use facts::{address, questions, response};
pub(super) use name::{Name, first_label, read as read_name};

use message::DnsMessage;

pub(crate) const READER: Reader =
    Reader { app: "dns", read: Read::Message(&[Route::Udp(53)], read_datagram) };

pub(crate) const TCP_READER: Reader =
    Reader { app: "dns", read: Read::Message(&[Route::Tcp(53)], read_segment) };

/// A unicast message has one question; more are hardly ever seen.
const MAX_QUESTIONS: u16 = 8;
const MAX_MESSAGES: usize = 64;

fn read_datagram(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    read(message.payload, message.is_cut(), Resolver::Dns, facts)
}

fn read_segment(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let mut rest = Cursor(message.payload);
    let mut messages = 0;
    while messages < MAX_MESSAGES
        && let Some(length) = rest.u16().map(usize::from)
        && let body = rest.up_to(length)
        && read(body, body.len() < length, Resolver::Dns, facts)
    {
        messages += 1;
    }
    messages > 0 || read(message.payload, message.is_cut(), Resolver::Dns, facts)
}

/// Reads one unicast message.
pub(super) fn read(bytes: &[u8], cut: bool, by: Resolver, facts: Facts<'_>) -> bool {
    let Some(message) = DnsMessage::parse(bytes, cut).filter(|message| message.questions() <= MAX_QUESTIONS)
    else {
        return false;
    };
    match (message.opcode(), message.is_response()) {
        (0, false) => questions(&message, by, facts),
        (0, true) => response(&message, by, facts),
        _ => {}
    }
    true
}
