//! The prefix law, for every stream reader: what was decided of the first bytes of a half stays so, with the same facts,
//! whatever follows; and what is waited for is waited for in full. Where a capture was cut must not matter.

use lenscap_testkit::SplitMix64;
use lenscap_wire::readers::ALL;
use lenscap_wire::{Probe, Read, Reader, Stream};
use std::collections::BTreeMap;

/// How halves of several protocols begin; what follows is drawn.
const BEGINNINGS: &[&[u8]] = &[
    b"",
    b"\x16\x03\x01\0",
    b"Welcome to ",
    b"HTTP/1.1 200 OK\r\n\r\n[{\"cmd\":\"",
    b"\x20\0\0\0DHIP",
    b"\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\xe8\x03",
    b"\xff\x01\0\0",
    b"\xa0\x01\0\0",
    b"\xa0\0\0\0",
    b"\xb0\0\0\0",
    b"\xf6\0\0\0",
    b"\xf1\xd0\0",
    b"\0\x10\x80\x60\0\x01\0\0\0\x01\0\0\0\x09\x07\x07\x07\x07\0\x10\x80\x60\0\x02",
    b"\xf0\xde\xbc\x0a",
    b"\x9e\xba\xac\xe9",
    b"\x24\0\0",
    b"\x24\0\0\x0c\x80\x60\0\x01\0\0\0\x07\0\0\0\x09\x24\0\0\x0e\x80\x60\0\x02\0\0\0\x07\0\0\0\x09\x7c\x85\x24\0\0",
    b"\0\0\x55\xaa\0\0\0",
    b"\0\0\0\x20\x63",
    b"\0\0\0\x54\x5a",
    b"\0\x20\0\x01\x01\0\0\x01\0\0\0\0\0\0",
    b"\x03\0\0\0\0\0\0\0\0",
    b"\x10\x20\0\x04MQTT",
    b"\x8f\x04\0\0",
    b"\x2d\x01\0\0",
    b"\x58\x91\x58\x51",
    b"\xff\xfd\x01",
    b"\x05\x01\0",
    b"\x04\x01\0\x50",
    b"\0\x2a\x38",
    b"\x01\0\0\0FOSC",
    b"220 ",
    b"220 cam FTP server\r\n",
    b"USER a\r\nPASS b\r\n",
    b"EHLO a\r\n",
    b"* OK ",
    b"+OK ",
    b"GET / HTTP/1.1\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 40\r\n\r\n<a>",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nroot.A.b=",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><script src=/a.js>",
    b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n..HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: deflate\r\nContent-Length: 30\r\n\r\n",
    b"RTSP/1.0 200 OK\r\n\r\n",
    b"DESCRIBE rtsp://a/ RTSP/1.0\r\n\r\n",
    b"SIP/2.0 200 OK\r\n",
    b"REGISTER sip:a SIP/2.0\r\n",
    b"PROXY TCP4 1.2.3.4 ",
    b"PRI * HTTP/2.0\r\n\r\n",
    b"SERVERPUSH / HTTP/1.1\r\n",
    b"<?xml version=\"1.0\"?><PPVSPMessage>",
    b"<XML_TOPSEE>",
];

/// What one reader says of a prefix.
fn read(reader: &Reader, bytes: &[u8]) -> (Probe, Vec<String>) {
    let Read::Stream(ranges, read) = reader.read else { return (Probe::NotMine, Vec::new()) };
    if !ranges.iter().any(|range| range.contains(&bytes[0])) {
        return (Probe::NotMine, Vec::new());
    }
    let mut said = Vec::new();
    let probe = read(&Stream { bytes, ended: false }, &mut |fact| said.push(format!("{fact:?}")));
    (probe, said)
}

/// How a reader breaks the law on a half, if it does. A half without a byte is never asked about.
fn broken(reader: &Reader, half: &[u8]) -> Option<String> {
    let mut decided: Option<(Probe, Vec<String>)> = None;
    let mut wanted = 0;
    for length in 1..=half.len() {
        let (probe, said) = read(reader, &half[..length]);
        let of = || format!("{} {:?} at {length} of {half:02x?}", reader.app, reader.number);
        match (&decided, probe) {
            (Some(before), _) if *before != (probe, said.clone()) => {
                return Some(format!("decided {before:?}, then {probe:?} {said:?}: {}", of()));
            }
            (Some(_), _) => {}
            (None, Probe::More(_)) if !said.is_empty() => {
                return Some(format!("said {said:?} too early: {}", of()));
            }
            (None, Probe::More(next)) if next <= length || length < wanted && next != wanted => {
                return Some(format!("wanted {wanted}, then {next}: {}", of()));
            }
            (None, Probe::More(next)) => wanted = next,
            (None, _) if length < wanted => {
                return Some(format!("wanted {wanted}, decided {probe:?}: {}", of()));
            }
            (None, _) => decided = Some((probe, said)),
        }
    }
    None
}

#[test]
fn what_is_decided_of_a_beginning_stays_decided() {
    let mut random = SplitMix64::new(11);
    let mut found = BTreeMap::new();
    for round in 0..24_000_usize {
        let mut half = BEGINNINGS[round % BEGINNINGS.len()].to_vec();
        for _ in 0..random.below(60) {
            let byte = random.below(256) as u8;
            half.push(match random.below(6) {
                0 | 1 => 0,
                2 => b"\r\n {}\"<>=:;,/\xff\x01\x02\x10\x20"[usize::from(byte) % 18],
                3 => byte & 0x1f,
                _ => byte,
            });
        }
        if random.below(3) == 0 && !half.is_empty() {
            let at = random.below(half.len() as u64) as usize;
            half[at] = random.below(256) as u8;
        }
        for reader in ALL {
            if let Some(how) = broken(reader, &half) {
                found.entry(reader.number).or_insert(how);
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
