//! What the tests of the readers share: facts in lines that can be compared, and messages cut at every byte.

use crate::datagrams::{DatagramReader, Datagrams, Probe};
use crate::{Fact, Message, Packet, Party, Read, Reader, Resolver, Step, Stream};

/// A fact in one line: `sender dhcp.hostname cam`, `dns cam.example = 192.0.2.1 via a.example`.
pub(super) fn line(fact: &Fact<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match *fact {
        Fact::Says { who, kind, value } => {
            let who = match who {
                Party::Sender => "sender".into(),
                Party::Receiver => "receiver".into(),
                Party::Mac(mac) => mac.to_string(),
            };
            format!("{who} {kind} {}", text(value))
        }
        Fact::Answer { by, name, chain, address } => {
            let via = if chain.is_empty() { String::new() } else { format!(" via {}", text(chain)) };
            format!("{} {} = {}{via}", by.name(), text(name), address.ip())
        }
        Fact::Asks { by, name } => format!("{} {}?", Resolver::name(by), text(name)),
        Fact::Denied { by, name, code } => format!("{} {} denied {code}", by.name(), text(name)),
        Fact::Holds { mac, address, kind } => format!("{kind} {} at {mac}", address.ip()),
    }
}

/// The facts of a message that was captured whole; `None` where it is not of the reader's protocol.
pub(super) fn facts(reader: &Reader, payload: &[u8]) -> Option<Vec<String>> {
    facts_in(reader, &whole(payload), payload)
}

/// The same in a packet that says how much of the message was sent, and whatever else the reader looks at.
pub(super) fn facts_in(reader: &Reader, packet: &Packet<'_>, payload: &[u8]) -> Option<Vec<String>> {
    let Read::Message(_, read) = reader.read else { panic!("{} reads streams", reader.app) };
    let mut lines = Vec::new();
    let mine = read(&Message { packet, payload }, &mut |fact| lines.push(line(&fact)));
    assert!(mine || lines.is_empty(), "facts of what is not {}: {lines:?}", reader.app);
    mine.then_some(lines)
}

/// Reads a message cut at every byte. Of one that the snap length cut, nothing may be said that the whole does not
/// say; one that was sent so may be wrong in any way, but must not panic.
pub(super) fn cut_everywhere(reader: &Reader, packet: &Packet<'_>, payload: &[u8]) {
    let packet = Packet { payload_length: payload.len() as u32, ..packet.clone() };
    let all = facts_in(reader, &packet, payload).expect("the whole message is read");
    for length in 0..payload.len() {
        let cut = &payload[..length];
        for said in facts_in(reader, &packet, cut).unwrap_or_default() {
            assert!(all.contains(&said), "cut to {length} bytes: {said}");
        }
        facts_in(reader, &Packet { payload_length: length as u32, ..packet.clone() }, cut);
    }
}

fn whole(payload: &[u8]) -> Packet<'_> {
    Packet { payload_length: payload.len() as u32, ..Packet::default() }
}

/// What a stream reader says of a half's first bytes.
pub(super) fn stream(reader: &Reader, bytes: &[u8], ended: bool) -> (Step, Vec<String>) {
    let Read::Stream(read) = reader.read else { panic!("{} reads messages", reader.app) };
    let mut lines = Vec::new();
    let step = read(&Stream { bytes, ended }, &mut |fact| lines.push(line(&fact)));
    assert!(step == Step::Done || lines.is_empty(), "facts of what is not {}: {lines:?}", reader.app);
    (step, lines)
}

/// Reads a half cut at every byte. While more may come the reader waits, or has decided for good; where no more
/// comes it says nothing that the whole does not say.
pub(super) fn cut_stream_everywhere(reader: &Reader, bytes: &[u8]) {
    let (step, all) = stream(reader, bytes, false);
    assert_eq!(step, Step::Done, "the whole half is read");
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        match stream(reader, cut, false) {
            (Step::NotMine, _) => panic!("not {} at {length} bytes", reader.app),
            (Step::More, _) => {}
            (Step::Done, said) => assert_eq!(said, all, "decided at {length} bytes"),
        }
        for said in stream(reader, cut, true).1 {
            assert!(all.contains(&said), "ended at {length} bytes: {said}");
        }
    }
}

/// What a datagram reader says of a half's first datagrams, all of which must pass its own test.
pub(super) fn datagrams(reader: &DatagramReader, all: &[&[u8]], ended: bool) -> (Probe, Vec<String>) {
    let kept: Vec<&[u8]> = all.iter().map(|one| &one[..one.len().min(usize::from(reader.keeps))]).collect();
    let mut lines = Vec::new();
    let probe = (reader.read)(&Datagrams { all: &kept, ended }, &mut |fact| lines.push(line(&fact)));
    assert!(probe == Probe::Match || lines.is_empty(), "facts of what is not {}: {lines:?}", reader.app);
    (probe, lines)
}

/// Reads every beginning of a half, and checks that an answer once given stays. Returns how many datagrams decided,
/// and what was said; `None` where the half is not of the protocol.
pub(super) fn every_beginning(reader: &DatagramReader, all: &[&[u8]]) -> Option<(usize, Vec<String>)> {
    let all: Vec<&[u8]> = all.iter().copied().filter(|one| (reader.passes)(one)).collect();
    let mut decided = None;
    for count in 0..=all.len() {
        let (probe, said) = datagrams(reader, &all[..count], false);
        let (last, said_last) = datagrams(reader, &all[..count], true);
        assert_ne!(last, Probe::More, "{} waits for what never comes", reader.app);
        match &decided {
            Some((at, was, lines)) => {
                assert_eq!((*was, lines), (probe, &said), "decided at {at}, then changed at {count}");
                assert_eq!((*was, lines), (last, &said_last), "decided at {at}, but ended at {count}");
            }
            None if probe != Probe::More => {
                assert_eq!((probe, &said), (last, &said_last), "decided at {count}, but ended there");
                decided = Some((count, probe, said));
            }
            None => {}
        }
    }
    let (at, probe, said) = decided.unwrap_or_else(|| {
        let (probe, said) = datagrams(reader, &all, true);
        (all.len(), probe, said)
    });
    (probe == Probe::Match).then_some((at, said))
}

/// `cam.example` as labels: the first name of a message, so that it stands at 12 and `example` at 16.
pub(super) const CAM_EXAMPLE: &[u8] = b"\x03cam\x07example\0";
/// Pointers to the two.
pub(super) const CAM: &[u8] = &[0xc0, 12];
pub(super) const EXAMPLE: &[u8] = &[0xc0, 16];

/// A DNS message with `counts` of questions, answers, authorities and additional records.
pub(super) fn dns(flags: u16, counts: [u16; 4], entries: &[Vec<u8>]) -> Vec<u8> {
    let header = [[0x1234, flags].as_slice(), &counts].concat();
    let mut bytes: Vec<u8> = header.iter().flat_map(|field| field.to_be_bytes()).collect();
    bytes.extend(entries.concat());
    bytes
}

pub(super) fn question(name: &[u8], kind: u16) -> Vec<u8> {
    [name, &kind.to_be_bytes(), &[0, 1]].concat()
}

/// A record that lives for a minute.
pub(super) fn record(name: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16).to_be_bytes();
    [name, &kind.to_be_bytes(), &[0, 1, 0, 0, 0, 60], &length, data].concat()
}
