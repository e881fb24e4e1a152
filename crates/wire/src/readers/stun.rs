//! STUN (RFC 8489, RFC 5389), with TURN (RFC 8656) and ICE (RFC 8445) above it: how a device asks what its address
//! looks like from outside, and tries ways to a peer.
//!
//! A datagram is one of STUN when its first two bits are zero, the magic cookie stands at 4, and its length is what
//! its header says, a multiple of four. What follows need not have attributes that fit: those before the first that
//! does not are read. STUN without the cookie (RFC 3489) and the channel data of TURN are not read, for nothing in
//! them tells what they are.
//!
//! Facts: `stun.software` (of either side), `stun.ice` (`controlling` or `controlled`, the sender's part in ICE), and
//! `stun.mapped`, which a server says of the receiver: the address and port that it saw, as text. It refers to peers that a
//! relay shall let through, and to where a relay listens for its client (RFC 8656, 18.3 and 18.5). User names and realms
//! are not said.
//!
//! Bounds: 32 attributes, values cut to 512 bytes.

use std::io::Write;

use crate::{
    Address, Fact, Field, Message, Party, Pattern, Probe, Read, Reader, ReaderId, Route, Stream,
    cursor::Cursor, reader::Facts, text,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(18),
    app: "stun",
    activity: None,
    hides: false,
    fields: &[Field::StunIce, Field::StunMapped, Field::StunSoftware],
    read: Read::Message(&[Route::UdpAt(MAGIC)], read),
};

/// The first message of a half over TCP, as it stands (RFC 8489, 6.2.2), or with its length in front where media share the
/// connection (RFC 4571, RFC 6544).
pub(crate) const STREAM_READER: Reader =
    Reader { number: ReaderId(27), read: Read::Stream(&[0..=0xff], read_stream), ..READER };

/// Two zero bits, and the cookie.
const MAGIC: Pattern = Pattern {
    offset: 0,
    mask: &[0xc0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
    bytes: &[0, 0, 0, 0, 0x21, 0x12, 0xa4, 0x42],
};

/// The bytes at 4 that make a datagram STUN, whatever its port.
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

const HEADER: usize = 20;
const MAX_ATTRIBUTES: usize = 32;

const MAPPED_ADDRESS: u16 = 0x0001;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const XOR_PEER_ADDRESS: u16 = 0x0012;
const XOR_RELAYED_ADDRESS: u16 = 0x0016;
const SOFTWARE: u16 = 0x8022;
const UDP: u8 = 17;
/// What servers of drafts called XOR-MAPPED-ADDRESS.
const OLD_XOR_MAPPED_ADDRESS: u16 = 0x8020;
const ICE_CONTROLLED: u16 = 0x8029;
const ICE_CONTROLLING: u16 = 0x802a;

pub(crate) fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let Some((&head, body)) = bytes.split_first_chunk::<HEADER>() else { return false };
    let [a, _, high, low, cookie @ ..] = head;
    let length = u16::from_be_bytes([high, low]);
    let sent = if message.is_cut() { message.packet.payload_length as usize } else { bytes.len() };
    let Some((magic, _)) = cookie.split_first_chunk() else { return false };
    if a & 0xc0 != 0 || *magic != COOKIE || length % 4 != 0 || HEADER + usize::from(length) != sent {
        return false;
    }
    say(&cookie, body, message.is_cut(), facts);
    true
}

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    // Header and body are multiples of four, and so is their length that stands in front where media share the connection.
    // Without that every other half that begins with a few random bytes would wait for its cookie.
    let fits = |at: usize, bits: u8| bytes.get(at).is_none_or(|byte| byte & bits == 0);
    let stands = |skip: usize| {
        let head = fits(skip, 0xc0) && fits(skip + 3, 0x03) && (skip == 0 || fits(1, 0x03));
        head && bytes.iter().skip(skip + 4).zip(COOKIE).all(|(byte, expected)| *byte == expected)
    };
    let skip = match (stands(0), stands(2)) {
        (true, _) if bytes.len() >= 8 => 0,
        // Each byte up to there may say no.
        (true, _) | (false, true) if bytes.len() < 10 => return stream.more(),
        (false, true) if bytes.len() >= 10 => 2,
        _ => return Probe::NotMine,
    };
    let number = |at: usize| {
        let two = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
        usize::from(two.map_or(0, |two| u16::from_be_bytes(*two)))
    };
    let length = number(skip + 2);
    if length % 4 != 0 || skip == 2 && number(0) != HEADER + length {
        return Probe::NotMine;
    }
    let end = skip + HEADER + length;
    if bytes.len() < end && !stream.ended {
        return Probe::More(end);
    }
    let key = bytes.get(skip + 4..).and_then(|bytes| bytes.first_chunk());
    let body = bytes.get(skip + HEADER..end.min(bytes.len())).unwrap_or(&[]);
    if let Some(key) = key {
        say(key, body, bytes.len() < end, facts);
    }
    Probe::Match
}

/// Yields what attributes say; `key` is the cookie and the transaction, which addresses are masked with.
fn say(key: &[u8; 16], body: &[u8], is_cut: bool, facts: Facts<'_>) {
    let (mut masked, mut plain) = (None, None);
    let mut said = [false; 2];
    for (kind, value) in attributes(body).take(MAX_ATTRIBUTES) {
        let (field, value, place) = match kind {
            SOFTWARE if !value.is_empty() => (Field::StunSoftware, text::value(value), 0),
            ICE_CONTROLLING if value.len() == 8 => (Field::StunIce, b"controlling".as_slice(), 1),
            ICE_CONTROLLED if value.len() == 8 => (Field::StunIce, b"controlled".as_slice(), 1),
            XOR_PEER_ADDRESS | XOR_RELAYED_ADDRESS => {
                if let Some(end) = endpoint(value, *key).filter(|end| end.port() != 0) {
                    let (address, app) = (Address::from(end.ip()), Some(READER.number));
                    facts(Fact::Refers { address, port: end.port(), transport: UDP, app });
                }
                continue;
            }
            XOR_MAPPED_ADDRESS | OLD_XOR_MAPPED_ADDRESS => {
                masked = masked.or_else(|| endpoint(value, *key));
                continue;
            }
            MAPPED_ADDRESS => {
                plain = plain.or_else(|| endpoint(value, [0; 16]));
                continue;
            }
            _ => continue,
        };
        if let Some(said) = said.get_mut(place).filter(|said| !**said) {
            *said = true;
            facts(Fact::of_sender(field, value));
        }
    }
    // Boxes on the way rewrite an address that stands there plainly, so that the masked one, where it comes, counts.
    if let Some(endpoint) = masked.or(plain.filter(|_| !is_cut)) {
        let mut value = [0; 64];
        let mut rest = value.as_mut_slice();
        if write!(rest, "{endpoint}").is_ok() {
            let left = rest.len();
            let value = value.get(..value.len() - left).unwrap_or_default();
            facts(Fact::Says { who: Party::Receiver, field: Field::StunMapped, value });
        }
    }
}

/// Type and value of each attribute (RFC 8489, 14), up to the first that does not fit.
fn attributes(body: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut cursor = Cursor(body);
    std::iter::from_fn(move || {
        let (kind, value) = (cursor.u16()?, cursor.vector16()?);
        cursor.up_to(value.len().wrapping_neg() & 3);
        Some((kind, value))
    })
}

/// A family, a port and an address, each masked with the beginning of `key` (RFC 8489, 14.2).
fn endpoint(value: &[u8], key: [u8; 16]) -> Option<std::net::SocketAddr> {
    let mut cursor = Cursor(value);
    cursor.u8()?;
    let family = cursor.u8()?;
    let [port_high, port_low, ..] = key;
    let port = cursor.u16()? ^ u16::from_be_bytes([port_high, port_low]);
    let mask = u128::from_be_bytes(key);
    let address = match family {
        1 => std::net::IpAddr::from((cursor.u32()? ^ (mask >> 96) as u32).to_be_bytes()),
        2 => std::net::IpAddr::from((u128::from_be_bytes(cursor.array()?) ^ mask).to_be_bytes()),
        _ => return None,
    };
    cursor.is_empty().then_some((address, port).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
    };
    use lenscap_testkit::message::{stun, stun_attribute, stun_mapped};

    const TRANSACTION: [u8; 12] = *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";

    fn answer() -> Vec<u8> {
        let software = stun_attribute(0x8022, b"test vector");
        let mapped = stun_mapped(TRANSACTION, "192.0.2.1:32853".parse().unwrap());
        // What a box on the way made of the plain address.
        let plain = stun_attribute(0x0001, &[0, 1, 0, 7, 10, 0, 0, 1]);
        stun(0x0101, TRANSACTION, &[software, plain.clone(), mapped, plain])
    }

    fn request() -> Vec<u8> {
        let user = stun_attribute(0x0006, b"evtj:h6vY");
        let role = stun_attribute(0x802a, &[7; 8]);
        stun(0x0001, TRANSACTION, &[stun_attribute(0x0024, &[0x6e, 0, 1, 0xff]), role, user])
    }

    #[test]
    fn an_answer_says_what_address_was_seen() {
        let said = ["sender stun.software test vector", "receiver stun.mapped 192.0.2.1:32853"];
        assert_eq!(facts(&READER, &answer()).unwrap(), said);
        let six = stun_mapped(TRANSACTION, "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap());
        let said = ["receiver stun.mapped [2001:db8:1234:5678:11:2233:4455:6677]:32853"];
        assert_eq!(facts(&READER, &stun(0x0101, TRANSACTION, &[six])).unwrap(), said);
    }

    #[test]
    fn a_relay_and_its_peers_are_referred_to() {
        // 192.0.2.1 port 32853, masked as RFC 8489 has it.
        let masked = [0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43];
        let said = ["refers to 192.0.2.1 port 32853 protocol 17 stun"];
        for kind in [0x0012, 0x0016] {
            let message = stun(0x0008, TRANSACTION, &[stun_attribute(kind, &masked)]);
            assert_eq!(facts(&READER, &message).unwrap(), said);
            cut_everywhere(&READER, &Packet::default(), &message);
            let cut = stun(0x0008, TRANSACTION, &[stun_attribute(kind, &masked[..7])]);
            assert_eq!(facts(&READER, &cut).unwrap(), [""; 0]);
        }
        // A permission is for an address: its port means nothing.
        let zero = stun(0x0008, TRANSACTION, &[stun_attribute(0x0012, &[0, 1, 0x21, 0x12, 1, 2, 3, 4])]);
        assert_eq!(facts(&READER, &zero).unwrap(), [""; 0]);
    }

    #[test]
    fn an_older_server_says_it_plainly() {
        let plain = stun_attribute(0x0001, &[0, 1, 0x80, 0x55, 192, 0, 2, 1]);
        let said = ["receiver stun.mapped 192.0.2.1:32853"];
        assert_eq!(facts(&READER, &stun(0x0101, TRANSACTION, &[plain])).unwrap(), said);
    }

    #[test]
    fn a_request_says_its_part_in_ice_but_no_user() {
        assert_eq!(facts(&READER, &request()).unwrap(), ["sender stun.ice controlling"]);
        assert_eq!(facts(&READER, &stun(0x0011, TRANSACTION, &[])).unwrap(), [""; 0]);
    }

    #[test]
    fn nearly_stun_is_not_read() {
        let whole = request();
        for (at, byte) in [(0, 0x40), (0, 0x80), (3, 0x1d), (3, 0x20), (4, 0x22), (7, 0x43)] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            assert!(facts(&READER, &bytes).is_none(), "byte {at} is {byte}");
        }
        assert!(facts(&READER, &[&whole[..], &[0; 4]].concat()).is_none());
        // Channel data of TURN, and what came before the cookie.
        assert!(facts(&READER, &[&[0x40, 1, 0, 16][..], &[0; 16]].concat()).is_none());
        assert!(facts(&READER, &[&[0, 1, 0, 0][..], &[7; 16]].concat()).is_none());
    }

    #[test]
    fn over_tcp_the_first_message_speaks_with_its_length_in_front_or_without() {
        let framed = [&(answer().len() as u16).to_be_bytes()[..], &answer()].concat();
        for half in [answer(), framed] {
            let said = ["sender stun.software test vector", "receiver stun.mapped 192.0.2.1:32853"];
            assert_eq!(stream(&STREAM_READER, &half, false), (Probe::Match, said.map(String::from).to_vec()));
            cut_stream_everywhere(&STREAM_READER, &half);
            let mut wrong = half.clone();
            wrong[9] ^= 1;
            let plain = half.len() == answer().len();
            assert_eq!(stream(&STREAM_READER, &wrong, false).0 == Probe::NotMine, !plain);
        }
        assert_eq!(stream(&STREAM_READER, b"\0\x05\0\0", false).0, Probe::More(5));
        assert_eq!(stream(&STREAM_READER, b"\xed\x51", false).0, Probe::NotMine);
        assert_eq!(stream(&STREAM_READER, b"\xed\x50", false).0, Probe::More(3));
        assert_eq!(stream(&STREAM_READER, b"\xed\x50\x40", false).0, Probe::NotMine);
        assert_eq!(stream(&STREAM_READER, b"GET / HTTP/1.1", false).0, Probe::NotMine);
    }

    #[test]
    fn a_long_list_is_read_up_to_its_bound() {
        let role = stun_attribute(0x802a, &[7; 8]);
        let mut list = vec![stun_attribute(0x0024, &[0; 4]); MAX_ATTRIBUTES - 1];
        list.push(role.clone());
        assert_eq!(facts(&READER, &stun(1, TRANSACTION, &list)).unwrap(), ["sender stun.ice controlling"]);
        list.insert(0, role.clone()[..0].to_vec());
        list.insert(0, stun_attribute(0x0024, &[0; 4]));
        assert_eq!(facts(&READER, &stun(1, TRANSACTION, &list)).unwrap(), [""; 0]);
    }

    #[test]
    fn cut_at_every_byte() {
        cut_everywhere(&READER, &Packet::default(), &answer());
        cut_everywhere(&READER, &Packet::default(), &request());
    }
}
