//! STUN as Dahua's devices and their applications write it to make a way through NATs: every bit turned over.
//!
//! A datagram is one of it where, turned over, it is a binding request, answer or error whose length is that of what
//! follows, and all that follows is attributes that fit, one of them an address or a part in ICE. The cookie is not that of RFC
//! 8489. Older devices write the same messages without turning them over; nothing in those tells what they are.
//!
//! It refers to the address in it (0x0004), where that is not the one that it is sent to: applications ask a device at its public
//! address and answer it with its private one, where PTCP is tried next. Of whom that end is it says nothing: anybody can send one
//! such datagram to anybody, and nobody need answer it. Bounds: 32 attributes.

use crate::{
    Address, Fact, Message, Pattern, Read, Reader, ReaderId, Route, cursor::Cursor, reader::Facts,
    readers::layout::is_hosts,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(43),
    app: "dhstun",
    activity: None,
    hides: false,
    fields: &[],
    read: Read::Message(&[Route::UdpAt(REQUEST), Route::UdpAt(ANSWER), Route::UdpAt(ERROR)], read),
};

/// Type 0x0001, and a length under 256.
const REQUEST: Pattern = Pattern { offset: 0, mask: &[0xff; 3], bytes: &[0xff, 0xfe, 0xff] };
const ANSWER: Pattern = Pattern { offset: 0, mask: &[0xff; 3], bytes: &[0xfe, 0xfe, 0xff] };
const ERROR: Pattern = Pattern { offset: 0, mask: &[0xff; 3], bytes: &[0xfe, 0xee, 0xff] };

const HEADER: usize = 20;
const MAX_ATTRIBUTES: usize = 32;

/// Addresses of RFC 3489 and the parts in ICE, each eight bytes long.
const KNOWN: [u16; 5] = [0x0001, 0x0004, 0x0005, 0x8029, 0x802a];

/// The address at which the way is tried.
const TRIED: u16 = 0x0004;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let Some((&[a, b, high, low, ..], body)) = bytes.split_first_chunk::<HEADER>() else { return false };
    let length = usize::from(!u16::from_be_bytes([high, low]));
    let is_binding = matches!(!u16::from_be_bytes([a, b]), 0x0001 | 0x0101 | 0x0111);
    let is_mine = is_binding
        && !message.is_cut()
        && length == body.len()
        && length.is_multiple_of(4)
        && are_attributes(body);
    if is_mine && let Some((address, port)) = tried(body) {
        let packet = message.packet;
        if (address, port) != (packet.destination, packet.ports.1) {
            facts(Fact::Refers { address, port, transport: 17, app: None });
        }
    }
    is_mine
}

/// The first address at which the way is tried: a family of 1, a port, an IPv4 address, all turned over.
fn tried(body: &[u8]) -> Option<(Address, u16)> {
    let mut rest = Cursor(body);
    for _ in 0..MAX_ATTRIBUTES {
        let (kind, length) = (!rest.u16()?, usize::from(!rest.u16()?));
        let value = rest.take(length.next_multiple_of(4))?;
        if let (TRIED, &[_, family, high, low, a, b, c, d]) = (kind, value) {
            let address = std::net::Ipv4Addr::new(!a, !b, !c, !d);
            let port = !u16::from_be_bytes([high, low]);
            return (!family == 1 && port != 0 && is_hosts(address))
                .then(|| (Address::v4(address.octets()), port));
        }
    }
    None
}

/// Whether a body is attributes to its end, and one of them is known.
fn are_attributes(body: &[u8]) -> bool {
    let mut rest = Cursor(body);
    let mut known = false;
    for _ in 0..MAX_ATTRIBUTES {
        let (Some(kind), Some(length)) = (rest.u16(), rest.u16()) else { break };
        let length = usize::from(!length);
        if rest.take(length.next_multiple_of(4)).is_none() {
            return false;
        }
        known |= length == 8 && KNOWN.contains(&!kind);
    }
    known && rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts, facts_in},
    };

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
    }

    fn message(kind: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
        let body = attributes.concat();
        let plain = [&kind.to_be_bytes()[..], &(body.len() as u16).to_be_bytes(), &[7; 16], &body].concat();
        plain.iter().map(|byte| !byte).collect()
    }

    #[test]
    fn messages_turned_over_are_known() {
        let (part, address) = (attribute(0x802a, &[5; 8]), attribute(4, &[0, 1, 0x12, 0x34, 192, 0, 2, 1]));
        for kind in [0x0001, 0x0101, 0x0111] {
            let whole = message(kind, &[part.clone(), address.clone()]);
            let said = ["refers to 192.0.2.1 port 4660 protocol 17"];
            assert_eq!(facts(&READER, &whole).unwrap(), said);
            cut_everywhere(&READER, &Packet::default(), &whole);
        }
        // What it is sent to is no other end, and nobody is at port 0, at no address, or in another family.
        let to = Packet {
            destination: Address::v4([192, 0, 2, 1]),
            ports: (1, 4660),
            payload_length: 44,
            ..Packet::default()
        };
        let whole = message(1, &[part.clone(), address.clone()]);
        assert_eq!(facts_in(&READER, &to, &whole).unwrap(), [""; 0]);
        for (at, byte) in [(1, 2), (4, 127), (4, 224)] {
            let mut value = [0, 1, 0x12, 0x34, 192, 0, 2, 1];
            value[at] = byte;
            let near = message(1, &[part.clone(), attribute(4, &value)]);
            assert_eq!(facts(&READER, &near).unwrap(), [""; 0], "{at}");
        }
        let none = message(1, &[attribute(4, &[0, 1, 0, 0, 192, 0, 2, 1])]);
        assert_eq!(facts(&READER, &none).unwrap(), [""; 0]);
        let whole = message(1, &[part, address]);
        assert_eq!(whole[..4], [0xff, 0xfe, 0xff, 0xe7]);
        assert_eq!(whole[20..24], [0x7f, 0xd5, 0xff, 0xf7]);
    }

    #[test]
    fn nearly_such_a_message_is_not() {
        let part = attribute(0x802a, &[5; 8]);
        assert!(facts(&READER, &message(2, std::slice::from_ref(&part))).is_none());
        assert!(facts(&READER, &message(1, &[])).is_none());
        assert!(facts(&READER, &message(1, &[attribute(0x8022, b"text")])).is_none());
        assert!(facts(&READER, &message(1, &[attribute(0x802a, &[5; 4])])).is_none());
        assert!(facts(&READER, &message(1, &[part.clone(), vec![0, 1, 0, 8]])).is_none());
        assert!(facts(&READER, &message(1, &vec![part.clone(); 33])).is_none());
        let whole = message(1, &[part]);
        assert!(facts(&READER, &[&whole[..], &[0xff; 4]].concat()).is_none());
        let plain: Vec<u8> = whole.iter().map(|byte| !byte).collect();
        assert!(facts(&READER, &plain).is_none());
    }
}
