//! DHCP for IPv6 (RFC 8415), UDP ports 546 and 547: what a client says of itself.
//!
//! A client speaks on its own link, so its facts are about the sender: `dhcp.fqdn` and `dhcp.vendor_class` (the
//! first class). Servers' and relays' messages are recognised and say nothing.

use super::dhcp::labels;
use crate::{
    Activity, Fact, Field, Message, Read, Reader, ReaderId, Route,
    cursor::Cursor,
    reader::Facts,
    text::{MAX_VALUE, Text, value},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(8),
    app: "dhcpv6",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::DhcpFqdn, Field::DhcpVendorClass],
    read: Read::Message(&[Route::UdpFirst(546, KINDS), Route::UdpFirst(547, KINDS)], read),
};

const VENDOR_CLASS: u16 = 16;
const FQDN: u16 = 39;
const MAX_OPTIONS: usize = 64;

/// The kinds of message: those of clients and servers, and those of relays.
const KINDS: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let mut cursor = Cursor(message.payload);
    let Some(kind) = cursor.u8() else { return false };
    let fixed = match kind {
        1..=11 => 3,
        12 | 13 => 33,
        _ => return false,
    };
    if cursor.take(fixed).is_none() || !(message.is_cut() || fits(cursor)) {
        return false;
    }
    if matches!(kind, 1 | 3..=6 | 8 | 9 | 11) {
        options(cursor).take(MAX_OPTIONS).for_each(|(code, body)| say(code, body, facts));
    }
    true
}

fn options(mut cursor: Cursor<'_>) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || Some((cursor.u16()?, cursor.vector16()?)))
}

/// Whether there are options and they fill the message.
fn fits(cursor: Cursor<'_>) -> bool {
    let filled = options(cursor).map(|(_, body)| body.len() + 4).sum::<usize>();
    filled > 0 && filled == cursor.0.len()
}

fn say(code: u16, body: &[u8], facts: Facts<'_>) {
    let mut text = Text::<MAX_VALUE>::new();
    let (field, found) = match code {
        FQDN => (Field::DhcpFqdn, body.split_first().map(|(_, name)| labels(name, &mut text))),
        VENDOR_CLASS => {
            (Field::DhcpVendorClass, body.get(4..).and_then(|classes| Cursor(classes).vector16()))
        }
        _ => return,
    };
    if let Some(found) = found.filter(|found| !found.is_empty()) {
        facts(Fact::of_sender(field, value(found)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    fn option(code: u16, body: &[u8]) -> Vec<u8> {
        [&code.to_be_bytes()[..], &(body.len() as u16).to_be_bytes(), body].concat()
    }

    fn message(kind: u8, options: &[Vec<u8>]) -> Vec<u8> {
        [&[kind, 0xaa, 0xbb, 0xcc][..], &options.concat()].concat()
    }

    fn solicit() -> Vec<u8> {
        let identifier = option(1, &[0, 3, 0, 1, 2, 0, 0, 0, 0, 1]);
        let class = option(VENDOR_CLASS, b"\0\0\x9c\x40\0\x05cam-1\0\x01x");
        message(1, &[identifier, option(FQDN, b"\x01\x03cam\x07example\0"), class])
    }

    #[test]
    fn a_client_says_its_name_and_first_class() {
        let said = ["sender dhcp.fqdn cam.example", "sender dhcp.vendor_class cam-1"];
        assert_eq!(facts(&READER, &solicit()).unwrap(), said);
    }

    #[test]
    fn servers_and_relays_say_nothing() {
        let mut reply = solicit();
        reply[0] = 7;
        assert_eq!(facts(&READER, &reply), Some(vec![]));
        let mut relayed = vec![12, 0];
        relayed.resize(34, 0);
        relayed.extend(option(9, &solicit()));
        assert_eq!(facts(&READER, &relayed), Some(vec![]));
    }

    #[test]
    fn options_must_fill_the_message() {
        let mut bytes = solicit();
        bytes.push(0);
        assert_eq!(facts(&READER, &bytes), None);
        assert_eq!(facts(&READER, &[1, 0, 0, 0]), None);
        assert_eq!(facts(&READER, &message(0, &[option(8, &[0, 0])])), None);
        assert_eq!(facts(&READER, &message(14, &[option(8, &[0, 0])])), None);
    }

    #[test]
    fn empty_and_overlong_names_are_not_said() {
        let long = [&[0, 64][..], &[b'a'; 64], &[0]].concat();
        for body in [&b""[..], b"\0", b"\0\0", &long] {
            assert_eq!(facts(&READER, &message(1, &[option(FQDN, body)])), Some(vec![]), "{body:?}");
        }
    }

    #[test]
    fn cut_at_every_byte() {
        cut_everywhere(&READER, &Packet::default(), &solicit());
    }
}
