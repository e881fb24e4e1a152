//! The PROXY protocol, versions 1 and 2 (`HAProxy`, "The PROXY protocol", 2.1 and 2.2): for whom a proxy connects.
//!
//! A proxy says in front of all else from where its own client came, and the half hands on behind that. Fact:
//! `proxy.source`, that address and port: a claim of the sender, which nothing in the half proves. `UNKNOWN`, `LOCAL` and
//! addresses that are no IP say nothing. A line has at most 107 bytes, a header of version 2 at most 2048; the
//! additions behind its addresses are passed over.

use arrayvec::ArrayString;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::{
    Fact, Field, Probe, Read, Reader, ReaderId, Stream,
    cursor::Cursor,
    reader::Facts,
    readers::lines::{Line, Lines},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(25),
    app: "proxy",
    activity: None,
    hides: false,
    fields: &[Field::ProxySource],
    read: Read::Stream(&[b'P'..=b'P', b'\r'..=b'\r'], read),
};

const WORD: &[u8] = b"PROXY ";
/// Longest line of version 1 with its end.
const MAX_LINE: usize = 107;
/// What version 2 begins with: no protocol of lines survives it.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Longest header of version 2 behind its length; the standard's own bound for one segment is 536.
const MAX_HEADER: usize = 2048;

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    let wait = stream.more();
    if bytes.starts_with(WORD) {
        return line(stream, facts);
    }
    if bytes.starts_with(SIGNATURE) {
        return header(bytes, facts).unwrap_or(wait);
    }
    if WORD.starts_with(bytes) || SIGNATURE.starts_with(bytes) { wait } else { Probe::NotMine }
}

fn line(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bounded = stream.bytes.get(..MAX_LINE).unwrap_or(stream.bytes);
    let mut lines = Lines::new(bounded, stream.ended || bounded.len() == MAX_LINE, 1);
    let line = match lines.next() {
        Line::Whole(line) => line,
        Line::Open => return stream.more(),
        Line::Over => return Probe::NotMine,
    };
    let mut words = line.split(|&byte| byte == b' ').skip(1);
    match (words.next(), [(); 4].map(|()| words.next())) {
        (Some(b"UNKNOWN"), _) => return Probe::Then(lines.at),
        (Some(b"TCP4" | b"TCP6"), [Some(source), Some(target), Some(from), Some(to)]) => {
            let ends: [Option<IpAddr>; 2] = [source, target].map(parsed);
            let ports: [Option<u16>; 2] = [from, to].map(parsed);
            let ([Some(source), Some(_)], [Some(port), Some(_)]) = (ends, ports) else {
                return Probe::NotMine;
            };
            say(SocketAddr::new(source, port), facts);
        }
        _ => return Probe::NotMine,
    }
    Probe::Then(lines.at)
}

fn parsed<T: FromStr>(word: &[u8]) -> Option<T> {
    str::from_utf8(word).ok()?.parse().ok()
}

/// A header of version 2; `None` while its addresses are not there.
fn header(bytes: &[u8], facts: Facts<'_>) -> Option<Probe> {
    let mut cursor = Cursor(bytes.get(SIGNATURE.len()..)?);
    let command = cursor.u8()?;
    if !matches!(command, 0x20 | 0x21) {
        return Some(Probe::NotMine);
    }
    let family = cursor.u8()?;
    let length = usize::from(cursor.u16()?);
    // Both addresses, then both ports.
    let needed = match family >> 4 {
        1 => 12,
        2 => 36,
        3 => 216,
        _ => 0,
    };
    if family >> 4 > 3 || family & 0x0f > 2 || length > MAX_HEADER || command == 0x21 && length < needed {
        return Some(Probe::NotMine);
    }
    let end = Probe::Then(SIGNATURE.len() + 4 + length);
    if command == 0x20 {
        return Some(end);
    }
    let source: Option<IpAddr> = match family >> 4 {
        1 => {
            let [source, _] = [cursor.array::<4>()?, cursor.array()?];
            Some(Ipv4Addr::from(source).into())
        }
        2 => {
            let [source, _] = [cursor.array::<16>()?, cursor.array()?];
            Some(Ipv6Addr::from(source).into())
        }
        _ => None,
    };
    if let Some(source) = source {
        say(SocketAddr::new(source, cursor.u16()?), facts);
    }
    Some(end)
}

fn say(source: SocketAddr, facts: Facts<'_>) {
    // `[`, 39 letters of an address, a scope that is never there, `]:` and a port.
    let mut text = ArrayString::<64>::new();
    if write!(text, "{source}").is_ok() {
        facts(Fact::of_sender(Field::ProxySource, text.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{chain_cut_everywhere, cut_stream_everywhere, stream};
    use lenscap_testkit::SplitMix64;
    use lenscap_testkit::message::ClientHello;

    fn version_2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
        let length = (addresses.len() as u16).to_be_bytes();
        [SIGNATURE, &[command, family], &length, addresses].concat()
    }

    const FOUR: [u8; 12] = [192, 0, 2, 7, 198, 51, 100, 9, 0xdc, 4, 1, 0xbb];

    fn six() -> Vec<u8> {
        [[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1].repeat(2), FOUR[8..].to_vec()].concat()
    }

    fn halves() -> Vec<(Vec<u8>, Option<&'static str>)> {
        vec![
            (b"PROXY TCP4 192.0.2.7 198.51.100.9 56324 443\r\n".to_vec(), Some("192.0.2.7:56324")),
            (b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n".to_vec(), Some("[2001:db8::1]:56324")),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".to_vec(), None),
            (version_2(0x21, 0x11, &FOUR), Some("192.0.2.7:56324")),
            (version_2(0x21, 0x12, &[&FOUR[..], &[4, 0, 1, 9]].concat()), Some("192.0.2.7:56324")),
            (version_2(0x21, 0x21, &six()), Some("[2001:db8::1]:56324")),
            (version_2(0x21, 0x31, &[0; 216]), None),
            (version_2(0x20, 0, &[]), None),
        ]
    }

    #[test]
    fn what_a_proxy_claims_and_what_stands_behind_it() {
        let hello = ClientHello { name: Some("in.example"), ..ClientHello::default() };
        let hello = hello.record(&mut SplitMix64::new(1));
        for (half, source) in halves() {
            let claim: Vec<String> = source.iter().map(|it| format!("sender proxy.source {it}")).collect();
            assert_eq!(stream(&READER, &half, false), (Probe::Then(half.len()), claim.clone()));
            cut_stream_everywhere(&READER, &half);
            let (app, said) = chain_cut_everywhere(&[&half[..], &hello].concat());
            assert_eq!((app, &said[..claim.len()]), (Some("tls"), &claim[..]));
            assert!(said.contains(&"receiver tls.sni in.example".to_owned()));
            assert_eq!(chain_cut_everywhere(&half), (Some("proxy"), claim));
        }
    }

    #[test]
    fn a_proxy_of_a_proxy_of_http() {
        let (half, _) = halves().remove(0);
        let request = b"GET / HTTP/1.1\r\nHost: cam.example\r\n\r\n";
        let (app, said) = chain_cut_everywhere(&[&half[..], &half, request].concat());
        assert_eq!((app, said.len()), (Some("http"), 5));
    }

    #[test]
    fn nearly_it_is_not_read() {
        for line in [
            "PROXY TCP4 192.0.2.7 198.51.100.9 56324\r\n",
            "PROXY TCP4 192.0.2.7 198.51.100.9 56324 65536\r\n",
            "PROXY TCP4 192.0.2 198.51.100.9 1 2\r\n",
            "PROXY UDP4 192.0.2.7 198.51.100.9 1 2\r\n",
            "PROXY / HTTP/1.1\r\n",
            "\r\n\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\n",
        ] {
            assert_eq!(stream(&READER, line.as_bytes(), false), (Probe::NotMine, vec![]), "{line}");
        }
        let long = [b"PROXY UNKNOWN", &[b' '; MAX_LINE][..], b"\r\n"].concat();
        assert_eq!(stream(&READER, &long, false).0, Probe::NotMine);
        for half in [
            version_2(0x11, 0x11, &FOUR),
            version_2(0x21, 0x41, &FOUR),
            version_2(0x21, 0x13, &FOUR),
            version_2(0x21, 0x11, &FOUR[1..]),
            version_2(0x21, 0x21, &FOUR),
            version_2(0x21, 0, &[0; MAX_HEADER + 1]),
        ] {
            assert_eq!(stream(&READER, &half, false), (Probe::NotMine, vec![]), "{half:x?}");
        }
    }
}
