//! Our application readers against crates that others wrote, over every payload of the fixtures, and of a stride of a
//! corpus where there is one, that our reader recognises: TLS hellos against `tls-parser`, DNS against `simple-dns`,
//! Community IDs against the specification, written down once more.
//!
//! A twin is asked only where it can read the payload; how often it could is printed, and must not be never.
#![allow(clippy::print_stdout)]

use lenscap_capture::{Capture, ChunkId, Next, Source};
use lenscap_testkit::captures;
use lenscap_wire::readers::{self, Reading, Routes};
use lenscap_wire::{Address, Fact, Field, Message, Packet, ReaderId, Resolver, Stream, decode};
use serde_json::Value;
use sha1::{Digest, Sha1};
use simple_dns::rdata::RData;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use tls_parser::{TlsExtension, TlsMessage, TlsMessageHandshake, TlsVersion};

/// Fixtures and the corpus.
fn all() -> Vec<PathBuf> {
    let mut paths = captures::fixtures();
    match captures::corpus(900, 1 << 20) {
        Some(corpus) => paths.extend(corpus),
        None => println!("the corpus is skipped: there is none"),
    }
    paths
}

/// Gives every packet of a capture to `each`.
fn packets(path: &Path, mut each: impl FnMut(&Packet<'_>)) {
    let Ok(mut reader) = Capture::open(path).and_then(|capture| capture.reader(ChunkId::default())) else {
        return;
    };
    while let Next::Batch(batch) = reader.next().expect("a file can be read") {
        for frame in batch.frames() {
            let mut packet = Packet::default();
            decode(&frame, &mut packet);
            each(&packet);
        }
    }
}

/// Kinds and values of the statements in the first bytes of a half, where they are TLS.
fn hello_of(bytes: &[u8]) -> Option<Vec<(Field, String)>> {
    let mut said = Vec::new();
    let mut note = |fact: Fact<'_>| {
        if let Fact::Says { field, value, .. } = fact {
            said.push((field, String::from_utf8_lossy(value).into_owned()));
        }
    };
    match readers::read_stream(&Stream { bytes, ended: false }, &mut note) {
        Reading::Done(id) if id.app() == "tls" => Some(said),
        _ => None,
    }
}

/// The same of one hello, as `tls-parser` reads it: name, protocols, version and, of a server, cipher.
fn twin_of_hello(bytes: &[u8]) -> Option<Vec<(Field, String)>> {
    let (_, record) = tls_parser::parse_tls_plaintext(bytes).ok()?;
    let TlsMessage::Handshake(message) = record.msg.first()? else { return None };
    let mut said = Vec::new();
    match message {
        TlsMessageHandshake::ClientHello(hello) => {
            let extensions = whole_extensions(hello.ext)?;
            let mut version = hello.version.0;
            for extension in &extensions {
                match extension {
                    TlsExtension::SNI(names) => {
                        let name = names.iter().find(|(kind, _)| kind.0 == 0);
                        said.extend(name.map(|(_, name)| (Field::TlsSni, text(name).to_ascii_lowercase())));
                    }
                    TlsExtension::ALPN(names) => {
                        let names = names.iter().filter(|name| !is_grease_name(name));
                        said.extend(names.map(|name| (Field::TlsAlpn, text(name))));
                    }
                    TlsExtension::SupportedVersions(versions) => {
                        let known = versions.iter().filter(|version| !is_grease(**version));
                        version = known.map(|version| version.0).max().unwrap_or(version);
                    }
                    _ => {}
                }
            }
            said.push((Field::TlsVersion, format!("{version:04x}")));
        }
        TlsMessageHandshake::ServerHello(hello) => {
            let mut version = hello.version.0;
            for extension in whole_extensions(hello.ext)? {
                match extension {
                    TlsExtension::ALPN(names) => {
                        said.extend(names.iter().map(|name| (Field::TlsAlpn, text(name))));
                    }
                    TlsExtension::SupportedVersions(chosen) => {
                        version = chosen.first().map_or(version, |chosen| chosen.0);
                    }
                    _ => {}
                }
            }
            said.push((Field::TlsVersion, format!("{version:04x}")));
            said.push((Field::TlsCipher, format!("{:04x}", hello.cipher.0)));
        }
        _ => return None,
    }
    said.sort();
    Some(said)
}

/// Extensions, where all of them could be read.
fn whole_extensions(bytes: Option<&[u8]>) -> Option<Vec<TlsExtension<'_>>> {
    let (rest, extensions) = tls_parser::parse_tls_extensions(bytes.unwrap_or_default()).ok()?;
    rest.is_empty().then_some(extensions)
}

fn is_grease(version: TlsVersion) -> bool {
    version.0 & 0x0f0f == 0x0a0a
}

fn is_grease_name(name: &[u8]) -> bool {
    matches!(name, [a, b] if a == b && a & 0x0f == 0x0a)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn hellos_are_those_of_tls_parser() {
    let (mut compared, mut ours_alone) = (0, 0);
    for path in all() {
        packets(&path, |packet| {
            let payload = packet.payload;
            if packet.tcp.is_none() || !matches!(payload, [22, 3, _, _, _, 1 | 2, ..]) {
                return;
            }
            let Some(mut ours) = hello_of(payload) else { return };
            ours.retain(|(field, _)| {
                [Field::TlsSni, Field::TlsAlpn, Field::TlsVersion, Field::TlsCipher].contains(field)
            });
            ours.sort();
            match twin_of_hello(payload) {
                Some(theirs) => {
                    assert_eq!(ours, theirs, "in {}", path.display());
                    compared += 1;
                }
                None => ours_alone += 1,
            }
        });
    }
    println!("{compared} hellos compared, {ours_alone} that only we can read");
    assert!(compared > 5);
}

/// Questions, and addresses with the name that they were given for, of one datagram.
#[derive(Debug, Default, Eq, PartialEq)]
struct Said {
    asked: Vec<String>,
    addresses: Vec<Address>,
}

fn said_by(routes: &Routes, packet: &Packet<'_>) -> Option<Said> {
    let mut said = Said::default();
    let message = Message { packet, payload: packet.payload };
    let mut note = |fact: Fact<'_>| match fact {
        Fact::Asks { by: Resolver::Dns, name } => said.asked.push(text(name)),
        Fact::Answer { by: Resolver::Dns, address, .. } => said.addresses.push(address),
        _ => {}
    };
    let id = readers::read_message(routes.readers(&message), &message, &mut note)?;
    said.addresses.sort_unstable();
    (ReaderId::app(id) == "dns").then_some(said)
}

fn twin_of_dns(payload: &[u8]) -> Option<Said> {
    let packet = simple_dns::Packet::parse(payload).ok()?;
    if packet.opcode() != simple_dns::OPCODE::StandardQuery {
        return Some(Said::default());
    }
    let mut said = Said::default();
    if !packet.has_flags(simple_dns::PacketFlag::RESPONSE) {
        let names = packet.questions.iter().map(|question| {
            let labels = question.qname.get_labels().iter();
            labels.map(ToString::to_string).collect::<Vec<_>>().join(".").to_ascii_lowercase()
        });
        said.asked.extend(names.filter(|name| !name.is_empty()));
        return Some(said);
    }
    packet.questions.first()?;
    for answer in &packet.answers {
        match &answer.rdata {
            RData::A(a) => said.addresses.push(Address::v4(a.address.to_be_bytes())),
            RData::AAAA(a) => said.addresses.push(Address::v6(a.address.to_be_bytes())),
            // Their hints are addresses, too; the twin does not give them as such.
            RData::SVCB(_) | RData::HTTPS(_) => return None,
            _ => {}
        }
    }
    said.addresses.sort_unstable();
    Some(said)
}

/// Whether a name is written the same by both: of letters, digits, hyphens and underscores.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[test]
fn dns_is_that_of_simple_dns() {
    let (routes, mut compared, mut ours_alone) = (Routes::new(), 0, 0);
    for path in all() {
        packets(&path, |packet| {
            let is_dns = packet.protocol == 17 && [packet.ports.0, packet.ports.1].contains(&53);
            let whole = packet.payload.len() as u64 == u64::from(packet.payload_length);
            let Some(ours) = (is_dns && whole).then(|| said_by(&routes, packet)).flatten() else { return };
            match twin_of_dns(packet.payload) {
                Some(theirs) if theirs.asked.iter().all(|name| is_plain(name)) => {
                    assert_eq!(ours, theirs, "in {}", path.display());
                    compared += 1;
                }
                _ => ours_alone += 1,
            }
        });
    }
    println!("{compared} messages compared, {ours_alone} that only we can read");
    assert!(compared > 20);
}

/// Community ID version 1 with seed 0, from the specification: the lower end first, then
/// SHA-1 of seed, addresses, protocol, a zero byte and the ports.
fn community_id(protocol: u8, mut ends: [(IpAddr, u16); 2]) -> [u8; 20] {
    ends.sort_unstable();
    let [one, other] = ends.map(|(address, _)| match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    });
    let ports = ends.map(|(_, port)| port.to_be_bytes()).concat();
    Sha1::digest([&[0, 0], &one[..], &other, &[protocol, 0], &ports].concat()).into()
}

/// The bytes that base64 writes as `digits`.
fn from_base64(digits: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = digits.trim_end_matches('=').bytes();
    let sextets = digits.map(|digit| DIGITS.iter().position(|known| *known == digit).expect("base64"));
    let bits = sextets.flat_map(|sextet| (0..6).rev().map(move |bit| sextet >> bit & 1));
    bits.collect::<Vec<_>>()
        .chunks_exact(8)
        .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | *bit as u8))
        .collect()
}

#[test]
fn community_ids_are_those_of_the_specification() {
    let mut compared = 0;
    for (name, _) in captures::cases() {
        let expected = captures::repository().join("fixtures").join(&name).join("expected.json");
        for line in std::fs::read_to_string(expected).expect("a case has a golden file").lines() {
            let flow: Value = serde_json::from_str(line).expect("a line is a record");
            // Contacts have a protocol, too, and sum up many flows.
            if flow["type"] != "flow" {
                continue;
            }
            let protocol = match flow["protocol"].as_str() {
                Some("tcp") => 6,
                Some("udp") => 17,
                Some("sctp") => 132,
                _ => continue,
            };
            let end = |end: &str| {
                let address = flow[end]["address"].as_str().expect("an end has an address");
                (address.parse().expect("it can be read"), flow[end]["port"].as_u64().unwrap_or(0) as u16)
            };
            let id = flow["community_id"].as_str().and_then(|id| id.strip_prefix("1:")).expect("version 1");
            assert_eq!(from_base64(id), community_id(protocol, [end("orig"), end("resp")]), "{name}: {line}");
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared} ids");
}
