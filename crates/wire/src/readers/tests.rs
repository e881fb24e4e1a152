//! What the tests of the readers share: facts in lines that can be compared, and messages cut at every byte.

use std::cell::Cell;

use super::{Reading, Routes};
use crate::{DatagramRead, Fact, Message, Packet, Party, Probe, Read, Reader, Resolver, Route, Stream};

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Counts steps of work that a reader takes.
pub(crate) fn count(steps: usize) {
    STEPS.set(STEPS.get() + steps);
}

/// How many steps `work` takes.
pub(crate) fn steps_of(work: impl FnOnce()) -> usize {
    let before = STEPS.get();
    work();
    STEPS.get() - before
}

/// A fact in one line: `sender dhcp.hostname cam`, `dns cam.example = 192.0.2.1 via a.example`.
pub(crate) fn line(fact: &Fact<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match *fact {
        Fact::Says { who, field, value } => {
            let who = match who {
                Party::Sender => "sender".into(),
                Party::Receiver => "receiver".into(),
                Party::Mac(mac) => mac.to_string(),
            };
            format!("{who} {field} {}", text(value))
        }
        Fact::Within { fact, .. } => line(fact),
        Fact::Refers { address, port, transport, app } => {
            let app = app.map_or("", crate::ReaderId::app);
            format!("refers to {} port {port} protocol {transport} {app}", address.ip()).trim_end().to_owned()
        }
        Fact::Answer { by, name, chain, address } => {
            let via = if chain.is_empty() { String::new() } else { format!(" via {}", text(chain)) };
            format!("{} {} = {}{via}", by.name(), text(name), address.ip())
        }
        Fact::Alias { by, name, chain } => format!("{} {} is {}", by.name(), text(name), text(chain)),
        Fact::Asks { by, name } => format!("{} {}?", Resolver::name(by), text(name)),
        Fact::Denied { by, name, code } => format!("{} {} denied {code}", by.name(), text(name)),
        Fact::Holds { mac, address, field, claimed } => {
            let claimed = if claimed { " (claimed)" } else { "" };
            format!("{field} {} at {mac}{claimed}", address.ip())
        }
    }
}

/// The facts of a message that was captured whole; `None` where it is not of the reader's protocol.
pub(super) fn facts(reader: &Reader, payload: &[u8]) -> Option<Vec<String>> {
    facts_in(reader, &whole(payload), payload)
}

/// The same in a packet that says how much of the message was sent, and whatever else the reader looks at.
pub(super) fn facts_in(reader: &Reader, packet: &Packet<'_>, payload: &[u8]) -> Option<Vec<String>> {
    let Read::Message(_, read) = reader.read else { panic!("{} reads no messages", reader.app) };
    let mut lines = Vec::new();
    let mine = read(&Message { packet, payload }, &mut |fact| lines.push(declared(reader, &fact)));
    assert!(mine || lines.is_empty(), "facts of what is not {}: {lines:?}", reader.app);
    mine.then_some(lines)
}

/// The same of a message that came from an IPv4 address.
pub(super) fn facts_from(reader: &Reader, source: [u8; 4], payload: &[u8]) -> Option<Vec<String>> {
    let packet = Packet { source: crate::Address::v4(source), ..whole(payload) };
    facts_in(reader, &packet, payload)
}

/// Reads a message cut at every byte. Of one that the snap length cut, nothing may be said that the whole does not
/// say; one that was sent so may be wrong in any way, but must not panic.
pub(super) fn cut_everywhere(reader: &Reader, packet: &Packet<'_>, payload: &[u8]) {
    let packet = Packet { payload_length: payload.len() as u32, ..packet.clone() };
    let all = facts_in(reader, &packet, payload).expect("the whole message is read");
    for length in 0..payload.len() {
        let cut = &payload[..length];
        for said in facts_in(reader, &packet, cut).unwrap_or_default() {
            // That what is missing could not be read is no more than that it is missing.
            let is_unread = said.ends_with(" denied 255");
            assert!(is_unread || all.contains(&said), "cut to {length} bytes: {said}");
        }
        facts_in(reader, &Packet { payload_length: length as u32, ..packet.clone() }, cut);
    }
    asked_about_what_it_reads(reader, &packet, payload);
}

/// Gives a message other first bytes, in place of its own and in front of it: what the reader knows on a port of which it wants
/// some first bytes only, it must be asked about.
fn asked_about_what_it_reads(reader: &Reader, packet: &Packet<'_>, payload: &[u8]) {
    let Read::Message(ways, _) = reader.read else { return };
    let ports = ways.iter().filter_map(|way| match way {
        Route::UdpFirst(port, _) => Some(*port),
        _ => None,
    });
    let (ports, routes) = (ports.collect::<Vec<_>>(), Routes::new());
    if ports.is_empty() {
        return;
    }
    for first in 0..=u8::MAX {
        for rest in [&payload[1..], payload] {
            let payload = [&[first], rest].concat();
            let payload_length = payload.len() as u32;
            for port in &ports {
                let ports = (40_000, *port);
                let packet = Packet { version: 4, protocol: 17, ports, payload_length, ..packet.clone() };
                let asked = routes.readers(&Message { packet: &packet, payload: &payload });
                let is_asked = asked.messages().any(|asked| asked.number == reader.number);
                assert!(
                    is_asked || facts_in(reader, &packet, &payload).is_none(),
                    "{} is not asked about {first:#04x}",
                    reader.app
                );
            }
        }
    }
}

fn whole(payload: &[u8]) -> Packet<'_> {
    Packet { payload_length: payload.len() as u32, ..Packet::default() }
}

/// What a stream reader says of a half's first bytes.
pub(super) fn stream(reader: &Reader, bytes: &[u8], ended: bool) -> (Probe, Vec<String>) {
    let Read::Stream(_, read) = reader.read else { panic!("{} reads no streams", reader.app) };
    let mut lines = Vec::new();
    let probe = read(&Stream { bytes, ended }, &mut |fact| lines.push(declared(reader, &fact)));
    let yields = matches!(probe, Probe::Match | Probe::Then(_));
    assert!(yields || lines.is_empty(), "facts of what is not {}: {lines:?}", reader.app);
    (probe, lines)
}

/// Reads a half cut at every byte, and holds the prefix law: while more may come the reader waits, at least as long as it
/// said before, or has decided for good, whatever follows. Where no more comes it says nothing that the whole does not say.
pub(super) fn cut_stream_everywhere(reader: &Reader, bytes: &[u8]) {
    let (whole, all) = stream(reader, bytes, false);
    let mut wanted = 0;
    assert!(matches!(whole, Probe::Match | Probe::Then(_)), "the whole half is read");
    for more in [&b"\0"[..], b"\r\n\r\n", b"\xff\xff\xff\xff\xff\xff"] {
        let followed = [bytes, more].concat();
        assert_eq!(stream(reader, &followed, false), (whole, all.clone()), "followed by {more:?}");
    }
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        match stream(reader, cut, false) {
            (Probe::NotMine, _) => panic!("not {} at {length} bytes", reader.app),
            (Probe::More(least), _) => {
                assert!(least > length, "at {length} bytes waits for {least}");
                wanted = wanted.max(least);
            }
            decided => {
                assert_eq!(decided, (whole, all.clone()), "decided at {length} bytes");
                assert!(length >= wanted, "decided at {length} bytes, where {wanted} were wanted");
            }
        }
        for said in stream(reader, cut, true).1 {
            assert!(all.contains(&said), "ended at {length} bytes: {said}");
        }
    }
}

/// What all stream readers together say of a half, and its facts: its app, or `None`. The half is cut at every byte, and
/// the prefix law is held: what was decided once stays, nothing is said that the whole does not say.
pub(super) fn chain_cut_everywhere(bytes: &[u8]) -> (Option<&'static str>, Vec<String>) {
    let read = |bytes: &[u8], ended| {
        let mut lines = Vec::new();
        let reading = super::read_stream(&Stream { bytes, ended }, &mut |fact| lines.push(line(&fact)));
        (reading, lines)
    };
    let whole = read(bytes, true);
    let mut decided = None;
    for length in 0..=bytes.len() {
        let cut = &bytes[..length];
        let (reading, said) = read(cut, false);
        match reading {
            Reading::Undecided(least) => {
                assert!(decided.is_none(), "decided, but open at {length} bytes");
                assert!(least > length, "at {length} bytes waits for {least}");
            }
            _ => assert_eq!((reading, &said), *decided.get_or_insert((reading, &whole.1)), "{length}"),
        }
        let (ended, said) = read(cut, true);
        assert!(!ended.is_undecided());
        assert!(said.iter().all(|said| whole.1.contains(said)), "ended at {length} bytes: {said:?}");
    }
    if let Some((reading, _)) = decided {
        assert_eq!(reading, whole.0);
    }
    let app = match whole.0 {
        Reading::Done(id) => Some(id.app()),
        _ => None,
    };
    (app, whole.1)
}

/// A fact in one line, in a field that its reader says it yields.
fn declared(reader: &Reader, fact: &Fact<'_>) -> String {
    if let Fact::Says { field, .. } | Fact::Holds { field, .. } = fact {
        assert!(reader.fields.contains(field), "{} does not list {field}", reader.app);
    }
    line(fact)
}

#[test]
fn a_document_of_nobodys_is_not_walked() {
    use super::{isup, onvif, rcp, sadp, topsee};
    let document =
        format!("<?xml version=\"1.0\"?>\n<made><MESSAGE>{}</MESSAGE></made>", "<b>c</b>".repeat(99));
    for reader in [&onvif::READER, &sadp::READER, &isup::READER, &topsee::READER, &rcp::READER] {
        assert_eq!(steps_of(|| assert_eq!(facts(reader, document.as_bytes()), None)), 0, "{}", reader.app);
    }
}

#[test]
fn numbers_find_their_readers() {
    for reader in super::ALL {
        let found = reader.number.reader().unwrap();
        assert!(std::ptr::eq(found, reader), "{}", reader.app);
    }
    assert!(crate::ReaderId(255).reader().is_none());
}

proptest::proptest! {
    /// What a stream reader is not asked about is none of its own, whatever follows: else the prefix law would hang on the
    /// table that says who is asked.
    #[test]
    fn what_a_reader_is_not_asked_about_is_not_its_own(
        tail in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        text in "[A-Z0-9 .\r\n]{0,40}",
        ended in proptest::bool::ANY,
    ) {
        for reader in super::ALL {
            let Read::Stream(..) = reader.read else { continue };
            for byte in 0..=u8::MAX {
                if super::BY_FIRST[usize::from(byte)].iter().any(|asked| asked.number == reader.number) {
                    continue;
                }
                for tail in [&tail[..], text.as_bytes()] {
                    let (probe, _) = stream(reader, &[&[byte], tail].concat(), ended);
                    proptest::prop_assert_eq!(probe, Probe::NotMine, "{} at {}", reader.app, byte);
                }
            }
        }
    }
}

/// How a datagram reader reads.
pub(super) fn of_datagrams(reader: &Reader) -> DatagramRead {
    let Read::Datagrams(how) = reader.read else { panic!("{} reads no datagrams", reader.app) };
    how
}

/// What a datagram reader says of a half's first datagrams, all of which must pass its own test.
pub(super) fn datagrams(reader: &Reader, all: &[&[u8]], ended: bool) -> (Probe, Vec<String>) {
    let how = of_datagrams(reader);
    let mut lines = Vec::new();
    let probe = how.ask(all.iter().copied(), ended, &mut |fact| lines.push(declared(reader, &fact)));
    assert!(probe == Probe::Match || lines.is_empty(), "facts of what is not {}: {lines:?}", reader.app);
    (probe, lines)
}

/// Reads every beginning of a half, and checks that an answer once given stays. Returns how many datagrams decided,
/// and what was said; `None` where the half is not of the protocol.
pub(super) fn every_beginning(reader: &Reader, all: &[&[u8]]) -> Option<(usize, Vec<String>)> {
    let all: Vec<&[u8]> = all.iter().copied().filter(|one| (of_datagrams(reader).passes)(one)).collect();
    let mut decided = None;
    for count in 0..=all.len() {
        let (probe, said) = datagrams(reader, &all[..count], false);
        let (last, said_last) = datagrams(reader, &all[..count], true);
        assert!(!matches!(last, Probe::More(_)), "{} waits for what never comes", reader.app);
        match &decided {
            Some((at, was, lines)) => {
                assert_eq!((*was, lines), (probe, &said), "decided at {at}, then changed at {count}");
                assert_eq!((*was, lines), (last, &said_last), "decided at {at}, but ended at {count}");
            }
            None if !matches!(probe, Probe::More(_)) => {
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
