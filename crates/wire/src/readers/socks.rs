//! SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): where a client lets a proxy connect.
//!
//! - A client's half of version 5: the methods that it offers, perhaps a name and password, then the request. The first
//!   two bytes are weak, so the methods must be registered ones (or for private use), each once, and the request sound.
//! - A server's half of version 5: the method that it chose, perhaps the outcome of a password, then the answer that all
//!   is well. Another answer, or a method of its own, is not read.
//! - A client's half of version 4 is two bytes and numbers. With the name of 4a it counts; without it only where
//!   something follows that begins like TLS, HTTP, RTSP or SSH. The server's eight bytes prove nothing.
//!
//! The half hands on behind request or answer. Facts: `socks.target`, host and port that the client asks the receiver to
//! connect to, and `socks.reply`, that the server did so. Names and passwords are never yielded.

use arrayvec::ArrayString;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::proxied;
use crate::{
    Fact, Field, Party, Probe, Read, Reader, ReaderId, Stream,
    cursor::Cursor,
    reader::Facts,
    text::{self, Text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(26),
    app: "socks",
    activity: None,
    hides: false,
    fields: &[Field::SocksReply, Field::SocksTarget],
    read: Read::Stream(&[4..=5], read),
};

const MAX_METHODS: usize = 8;
/// Longest user name of version 4 that is believed.
const MAX_USER: usize = 64;
const MAX_NAME: usize = 255;
const PASSWORD: u8 = 2;
/// What clients of HTTP, RTSP and SSH begin with.
const KNOWN_WORDS: [&[u8]; 7] = [b"GET", b"POS", b"PUT", b"HEA", b"OPT", b"DES", b"SSH"];

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let mut cursor = Cursor(stream.bytes);
    let found = match stream.bytes {
        [] => Err(Not::Yet),
        [5, ..] => five(&mut cursor),
        [4, ..] => four(&mut cursor),
        _ => return Probe::NotMine,
    };
    match found {
        Ok(target) => {
            let end = stream.bytes.len() - cursor.0.len();
            match target {
                Some(target) => target.say(end, facts),
                None => facts(Fact::of_sender(Field::SocksReply, b"granted")),
            }
            Probe::Then(end)
        }
        Err(Not::Yet) => stream.more(),
        Err(Not::Mine) => Probe::NotMine,
    }
}

/// The command that asks for a connection.
const CONNECT: u8 = 1;

/// Why nothing was found.
enum Not {
    Mine,
    /// The bytes end too early to tell.
    Yet,
}

/// What a step needs, or [`Not::Yet`].
trait Need<T> {
    fn need(self) -> Result<T, Not>;
}

impl<T> Need<T> for Option<T> {
    fn need(self) -> Result<T, Not> {
        self.ok_or(Not::Yet)
    }
}

const fn demand(condition: bool) -> Result<(), Not> {
    if condition { Ok(()) } else { Err(Not::Mine) }
}

fn five(cursor: &mut Cursor<'_>) -> Result<Option<Target>, Not> {
    cursor.u8().need()?;
    let second = cursor.u8().need()?;
    let third = cursor.u8().need()?;
    // A server's choice is followed by its answer, or by what became of a password; a client's count by its methods.
    match (second, third) {
        (0, 5) => return answer(cursor).map(|()| None),
        (PASSWORD, 1) => {
            // Two offered methods may begin so, too: a request has a command where an answer has the 0 of success.
            let mut ahead = *cursor;
            let answered = ahead.u8().need()? == 0 && ahead.u8().need()? == 5;
            if answered && ahead.0.first().copied().need()? == 0 {
                *cursor = ahead;
                return answer(cursor).map(|()| None);
            }
        }
        _ => {}
    }
    demand((1..=MAX_METHODS).contains(&usize::from(second)))?;
    let mut seen = [false; 256];
    let mut method = third;
    for left in (0..second).rev() {
        demand(matches!(method, 0..=3 | 5..=9 | 0x80..=0xfe))?;
        let before = seen.get_mut(usize::from(method)).map(|seen| std::mem::replace(seen, true));
        demand(before == Some(false))?;
        if left > 0 {
            method = cursor.u8().need()?;
        }
    }
    request(cursor, seen).map(Some)
}

fn request(cursor: &mut Cursor<'_>, offered: [bool; 256]) -> Result<Target, Not> {
    let mut version = cursor.u8().need()?;
    if version == 1 && offered.get(usize::from(PASSWORD)) == Some(&true) {
        for _ in 0..2 {
            let length = cursor.u8().need()?;
            cursor.take(length.into()).need()?;
        }
        version = cursor.u8().need()?;
    }
    demand(version == 5)?;
    let command = cursor.u8().need()?;
    demand((1..=3).contains(&command))?;
    demand(cursor.u8().need()? == 0)?;
    let mut host = Text::new();
    address(cursor, &mut host)?;
    Ok(Target { host, port: cursor.u16().need()?, connects: command == CONNECT })
}

/// A server's answer behind its version: granted, from this address.
fn answer(cursor: &mut Cursor<'_>) -> Result<(), Not> {
    demand(cursor.u8().need()? == 0)?;
    demand(cursor.u8().need()? == 0)?;
    address(cursor, &mut Text::new())?;
    cursor.u16().need()?;
    Ok(())
}

/// An address of version 5 as text.
fn address(cursor: &mut Cursor<'_>, host: &mut Text<MAX_NAME>) -> Result<(), Not> {
    match cursor.u8().need()? {
        1 => put(Ipv4Addr::from(cursor.array().need()?).into(), host),
        4 => put(Ipv6Addr::from(cursor.array().need()?).into(), host),
        3 => {
            let length = usize::from(cursor.u8().need()?);
            demand(length > 0 && is_name(cursor.0.get(..length).unwrap_or(cursor.0)))?;
            host.extend(cursor.take(length).need()?);
        }
        _ => return Err(Not::Mine),
    }
    Ok(())
}

fn put(address: IpAddr, host: &mut Text<MAX_NAME>) {
    let mut text = ArrayString::<48>::new();
    let fits = match address {
        IpAddr::V4(four) => write!(text, "{four}"),
        IpAddr::V6(six) => write!(text, "[{six}]"),
    };
    if fits.is_ok() {
        host.extend(text.as_bytes());
    }
}

/// Whether these are bytes of a host's name, or of an address in its place.
fn is_name(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':'))
}

fn four(cursor: &mut Cursor<'_>) -> Result<Option<Target>, Not> {
    cursor.u8().need()?;
    let command = cursor.u8().need()?;
    demand((1..=2).contains(&command))?;
    let port = cursor.u16().need()?;
    let octets: [u8; 4] = cursor.array().need()?;
    demand(port != 0)?;
    let user = text(cursor, MAX_USER)?;
    demand(user.iter().all(u8::is_ascii_graphic))?;
    let mut host = Text::new();
    match octets {
        [0, 0, 0, last] if last != 0 => {
            let name = text(cursor, MAX_NAME)?;
            demand(!name.is_empty() && is_name(name))?;
            host.extend(name);
        }
        [1..=223, _, _, _] => {
            put(Ipv4Addr::from(octets).into(), &mut host);
            let next = cursor.0.get(..3).need()?;
            demand(matches!(next, [22, 3, _]) || KNOWN_WORDS.contains(&next))?;
        }
        _ => return Err(Not::Mine),
    }
    Ok(Some(Target { host, port, connects: command == CONNECT }))
}

/// A text up to the zero behind it.
fn text<'a>(cursor: &mut Cursor<'a>, most: usize) -> Result<&'a [u8], Not> {
    let bounded = cursor.0.get(..=most).unwrap_or(cursor.0);
    let Some(end) = memchr::memchr(0, bounded) else {
        return Err(if bounded.len() > most { Not::Mine } else { Not::Yet });
    };
    let text = cursor.take(end).need()?;
    cursor.u8().need()?;
    Ok(text)
}

/// Where a client wants to.
struct Target {
    host: Text<MAX_NAME>,
    port: u16,
    /// Whether the proxy shall open a connection there, and not wait for one.
    connects: bool,
}

impl Target {
    /// Says so; the request ends at `end`.
    fn say(&self, end: usize, facts: Facts<'_>) {
        say(&self.host, self.port, &mut *facts);
        if self.connects {
            proxied::refer(self.host.as_bytes(), self.port, end, facts);
        }
    }
}

fn say(host: &Text<MAX_NAME>, port: u16, facts: Facts<'_>) {
    let mut spelt = Text::new();
    let mut target = Text::<{ MAX_NAME + 6 }>::new();
    target.extend(text::host(host.as_bytes(), &mut spelt));
    let mut number = ArrayString::<8>::new();
    if write!(number, ":{port}").is_ok() {
        target.extend(number.as_bytes());
    }
    facts(Fact::Says { who: Party::Receiver, field: Field::SocksTarget, value: target.as_bytes() });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{chain_cut_everywhere, cut_stream_everywhere, stream};
    use lenscap_testkit::SplitMix64;
    use lenscap_testkit::message::{ClientHello, server_hello};

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: cam.example\r\n\r\n";

    /// Halves of clients up to the request, and their target.
    fn clients() -> Vec<(Vec<u8>, &'static str)> {
        let by_name = b"\x05\x01\0\x03\x0bCam.Example\x01\xbb";
        vec![
            ([b"\x05\x01\0", &by_name[..]].concat(), "cam.example:443"),
            ([b"\x05\x02\0\x02\x01\x01u\x02pw", &by_name[..]].concat(), "cam.example:443"),
            ([b"\x05\x02\x01\0", &by_name[..]].concat(), "cam.example:443"),
            ([b"\x05\x03\0\x01\x02", &by_name[..]].concat(), "cam.example:443"),
            (b"\x05\x01\0\x05\x01\0\x01\xc0\0\x02\x07\0\x50".to_vec(), "192.0.2.7:80"),
            (
                [b"\x05\x01\0\x05\x01\0\x04\x20\x01\x0d\xb8", &[0; 11][..], &[1, 0, 80]].concat(),
                "[2001:db8::1]:80",
            ),
            (b"\x04\x01\0\x50\0\0\0\x01me\0cam.example\0".to_vec(), "cam.example:80"),
        ]
    }

    #[test]
    fn a_client_says_where_it_wants_to() {
        for (half, target) in clients() {
            let mut said = vec![format!("receiver socks.target {target}")];
            // An address is a flow of its own; a name would have to be looked up.
            if let Ok(target) = target.parse::<std::net::SocketAddr>() {
                said.push(format!("refers to {} port {} protocol 6", target.ip(), target.port()));
            }
            let named = said.len();
            assert_eq!(stream(&READER, &half, false), (Probe::Then(half.len()), said.clone()), "{half:x?}");
            cut_stream_everywhere(&READER, &half);
            assert_eq!(chain_cut_everywhere(&half), (Some("socks"), said));
            let (app, said) = chain_cut_everywhere(&[&half[..], REQUEST].concat());
            assert_eq!((app, said.len()), (Some("http"), 3 + named));
        }
    }

    #[test]
    fn version_4_with_an_address_needs_what_follows() {
        let half = b"\x04\x01\0\x50\xc0\0\x02\x07\0";
        let (app, said) = chain_cut_everywhere(&[half, REQUEST].concat());
        assert_eq!((app, &said[0][..]), (Some("http"), "receiver socks.target 192.0.2.7:80"));
        let hello = ClientHello::default().record(&mut SplitMix64::new(1));
        assert_eq!(chain_cut_everywhere(&[&half[..], &hello].concat()).0, Some("tls"));
        assert_eq!(chain_cut_everywhere(half), (None, vec![]));
        assert_eq!(chain_cut_everywhere(&[&half[..], b"\0\0\0"].concat()), (None, vec![]));
    }

    #[test]
    fn a_server_that_grants_hands_on() {
        let hello = server_hello(&mut SplitMix64::new(1));
        for half in [&b"\x05\0\x05\0\0\x01\0\0\0\0\0\0"[..], b"\x05\x02\x01\0\x05\0\0\x03\x01a\0\x50"] {
            assert_eq!(
                stream(&READER, half, false),
                (Probe::Then(half.len()), vec!["sender socks.reply granted".into()])
            );
            cut_stream_everywhere(&READER, half);
            assert_eq!(chain_cut_everywhere(&[half, &hello].concat()).0, Some("tls"));
        }
    }

    #[test]
    fn nearly_socks_is_not_read() {
        for half in [
            &b"\x05\x09\0\x01\x02\x03\x05\x06\x07\x08\x09\x05\x01\0\x01"[..],
            b"\x05\x01\x04\x05\x01\0\x01",
            b"\x05\x02\0\0\x05\x01\0\x01",
            b"\x05\x01\0\x04",
            b"\x05\x01\0\x05\x04\0\x01",
            b"\x05\x01\0\x05\x01\x01\x01",
            b"\x05\x01\0\x05\x01\0\x02",
            b"\x05\x01\0\x05\x01\0\x03\0",
            b"\x05\x01\0\x05\x01\0\x03\x05a b",
            b"\x05\x01\0\x01\x01",
            b"\x05\0\x05\x01",
            b"\x05\0\x06",
            b"\x05\x02\x01\x01",
            b"\x04\x03",
            b"\x04\x01\0\0\x01\x01\x01\x01\0GET",
            b"\x04\x01\0\x50\0\0\x01\x01\0GET",
            b"\x04\x01\0\x50\xe0\0\0\x01\0GET",
            b"\x04\x01\0\x50\xc0\0\x02\x07\x01\0GET",
            b"\x04\x01\0\x50\0\0\0\x01\0\0",
            b"\x04\x01\0\x50\0\0\0\x01\0a b\0",
            b"\x06\0",
        ] {
            assert_eq!(stream(&READER, half, false), (Probe::NotMine, vec![]), "{half:x?}");
        }
        let endless = [b"\x04\x01\0\x50\0\0\0\x01", &[b'a'; MAX_USER + 1][..]].concat();
        assert_eq!(stream(&READER, &endless, false).0, Probe::NotMine);
    }

    #[test]
    fn random_halves_are_none() {
        let mut random = SplitMix64::new(7);
        // Their first byte is a version, so that these stand for fifty million.
        let hits = (0..200_000).filter(|_| {
            let mut half = random.bytes(32);
            half[0] = 4 + (half[0] & 1);
            matches!(stream(&READER, &half, true).0, Probe::Match | Probe::Then(_))
        });
        assert_eq!(hits.count(), 0);
    }
}
