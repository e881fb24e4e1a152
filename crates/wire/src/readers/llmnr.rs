//! LLMNR (RFC 4795): DNS messages on UDP port 5355, for single names on one link.
//!
//! Facts as for DNS; other operations than a query do not exist.

use super::dns;
use crate::{Activity, Message, Read, Reader, ReaderId, Resolver, Route, reader::Facts};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(6),
    app: "llmnr",
    activity: Some(Activity::NameLookup),
    hides: false,
    fields: &[],
    read: Read::Message(&[Route::Udp(5355)], read),
};

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    dns::message::DnsMessage::parse(message.payload, message.is_cut())
        .is_some_and(|parsed| parsed.opcode() == 0)
        && dns::read(message.payload, message.is_cut(), Resolver::Llmnr, facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, dns, facts, question, record},
    };

    const A: u16 = 1;

    fn reply() -> Vec<u8> {
        let address = record(&[0xc0, 12], A, &[192, 168, 1, 64]);
        dns(0x8000, [1, 1, 0, 0], &[question(b"\x05CAM-1\0", A), address])
    }

    #[test]
    fn questions_and_answers_of_single_names() {
        let query = dns(0, [1, 0, 0, 0], &[question(b"\x05CAM-1\0", A)]);
        assert_eq!(facts(&READER, &query).unwrap(), ["llmnr cam-1?"]);
        assert_eq!(facts(&READER, &reply()).unwrap(), ["llmnr cam-1 = 192.168.1.64"]);
    }

    #[test]
    fn other_operations_are_not_read() {
        let update = dns(0x2800, [1, 0, 0, 0], &[question(b"\x05CAM-1\0", A)]);
        assert_eq!(facts(&READER, &update), None);
    }

    #[test]
    fn cut_at_every_byte() {
        cut_everywhere(&READER, &Packet::default(), &reply());
    }
}
