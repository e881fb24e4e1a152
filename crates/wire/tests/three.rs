//! Three tests of every reader: what it reads, what is nearly that, and what was cut. `cargo test -p lenscap-wire --test three`
//! goes over the registry, says how many there are of each kind, and fails where a reader lacks one:
//!
//! - a *positive*: a message or half that the reader takes;
//! - a *near-miss*: the same with one byte changed on which the protocol hangs, which the reader must not take;
//! - *truncated* ones: the positive cut at every length, of which nothing may be said that the whole does not say.
//!
//! To add a protocol, add a line to `three/messages.rs`, `streams.rs` or `datagrams.rs`.

#[path = "three/datagrams.rs"]
mod datagrams;
#[path = "three/messages.rs"]
mod messages;
#[path = "three/streams.rs"]
mod streams;

use std::collections::BTreeSet;

use lenscap_wire::readers::{ALL, Reading, read_stream};
use lenscap_wire::{Address, Fact, Field, Message, Packet, Probe, Read, Reader, ReaderId, Stream};

/// What a reader takes, and where one byte makes something else of it.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    reader: ReaderId,
    /// One message or the beginning of a half of TCP, or the first datagrams of a half.
    whole: Vec<Vec<u8>>,
    /// Datagram, offset in it, and the bits that are turned over there.
    near: Vec<(usize, usize, u8)>,
    ports: (u16, u16),
    /// Type and code that make a near-miss of a message of `ICMPv6`.
    near_type: Option<(u16, u16)>,
    source: Address,
}

impl Sample {
    /// A message, or the first bytes of a half.
    pub(crate) fn one(reader: u8, whole: &[u8]) -> Self {
        Self::half(reader, &[whole])
    }

    /// The first datagrams of a half.
    pub(crate) fn half(reader: u8, whole: &[&[u8]]) -> Self {
        let whole = whole.iter().map(|bytes| bytes.to_vec()).collect();
        Self {
            reader: ReaderId(reader),
            whole,
            near: Vec::new(),
            ports: (0, 0),
            near_type: None,
            source: Address::default(),
        }
    }

    /// The ports between which a message crosses; of `ICMPv6` type and code.
    pub(crate) const fn between(mut self, from: u16, to: u16) -> Self {
        self.ports = (from, to);
        self
    }

    /// The address that a message comes from, where it says something of its sender's.
    pub(crate) const fn from(mut self, source: Address) -> Self {
        self.source = source;
        self
    }

    /// The type and code that the header in front of a message would hold in a near-miss: none of its own bytes say what it is.
    pub(crate) const fn near_type(mut self, kind: u16, code: u16) -> Self {
        self.near_type = Some((kind, code));
        self
    }

    /// Turning these bits over makes a near-miss.
    pub(crate) fn near(mut self, offset: usize, bits: u8) -> Self {
        self.near.push((0, offset, bits));
        self
    }

    /// The same in one of several datagrams.
    pub(crate) fn near_in(mut self, datagram: usize, offset: usize, bits: u8) -> Self {
        self.near.push((datagram, offset, bits));
        self
    }

    fn with(&self, (datagram, offset, bits): (usize, usize, u8)) -> Vec<Vec<u8>> {
        let mut bytes = self.whole.clone();
        bytes[datagram][offset] ^= bits;
        bytes
    }
}

/// All samples.
fn samples() -> Vec<Sample> {
    [messages::all(), streams::all(), datagrams::all()].concat()
}

/// How much of the bytes was captured, and whether more may come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Seen {
    /// All; no more will come.
    Whole,
    /// The snap length cut the rest of the message: it was so long. Of a stream: more may come.
    Cut(usize),
}

/// What a reader says of bytes; none where they are not of its protocol, or nothing can be told yet.
fn said(reader: &Reader, sample: &Sample, bytes: &[Vec<u8>], seen: Seen) -> Option<BTreeSet<String>> {
    let mut facts = BTreeSet::new();
    let mut keep = |fact: Fact<'_>| {
        facts.insert(match fact {
            // Places of a cut half are its own.
            Fact::Within { fact, .. } => format!("{fact:?}"),
            fact => format!("{fact:?}"),
        });
    };
    let (first, ended) = (bytes.first()?.as_slice(), seen == Seen::Whole);
    let is_taken = match reader.read {
        Read::Message(_, read) => {
            let length = if let Seen::Cut(length) = seen { length } else { first.len() };
            let packet = Packet {
                payload_length: length as u32,
                ports: sample.ports,
                // As on the link of its sender, which neighbour discovery wants to see.
                hop_limit: 255,
                source: sample.source,
                ..Packet::default()
            };
            read(&Message { packet: &packet, payload: first }, &mut keep)
        }
        Read::Stream(_, read) => {
            matches!(read(&Stream { bytes: first, ended }, &mut keep), Probe::Match | Probe::Then(_))
        }
        Read::Behind(_) => {
            let reading = read_stream(&Stream { bytes: first, ended }, &mut keep);
            reading == Reading::Done(reader.number)
        }
        Read::Datagrams(how) => {
            let passed = bytes.iter().map(Vec::as_slice).filter(|datagram| (how.passes)(datagram));
            how.ask(passed, ended, &mut keep) == Probe::Match
        }
        _ => false,
    };
    is_taken.then_some(facts)
}

/// What a cut sample says that the whole does not.
fn said_of_cuts(reader: &Reader, sample: &Sample, whole: &BTreeSet<String>) -> Option<String> {
    for (place, of) in sample.whole.iter().enumerate() {
        for length in 0..of.len() {
            let mut cut = sample.whole.clone();
            cut[place].truncate(length);
            let seen = [Some(Seen::Cut(of.len())), has_no_length(reader).then_some(Seen::Whole)];
            for seen in seen.into_iter().flatten() {
                let facts = said(reader, sample, &cut, seen).unwrap_or_default();
                if let Some(fact) = facts.difference(whole).next() {
                    return Some(format!("says {fact} of datagram {place} cut to {length}, {seen:?}"));
                }
            }
            // As if it had been sent so short: it may say anything, but must not panic.
            said(reader, sample, &cut, Seen::Whole);
        }
    }
    None
}

/// Whether a half that ends early is all that a reader learns of a cut: no length of what was sent stands beside it.
fn has_no_length(reader: &Reader) -> bool {
    !matches!(reader.read, Read::Message(..))
}

/// What is missing, or wrong, of the three tests of these readers.
fn faults(readers: &[Reader], samples: &[Sample]) -> Vec<String> {
    let mut faults = Vec::new();
    let known: BTreeSet<_> = readers.iter().map(|reader| reader.number).collect();
    let strangers = samples.iter().filter(|sample| !known.contains(&sample.reader));
    faults.extend(strangers.map(|sample| format!("{:?} is no reader's number", sample.reader)));
    for reader in readers {
        let own: Vec<_> = samples.iter().filter(|sample| sample.reader == reader.number).collect();
        let mut fault = |what: &str| faults.push(format!("{} {:?} {what}", reader.app, reader.number));
        if own.is_empty() {
            fault("has no positive sample");
        }
        if own.iter().all(|sample| sample.near.is_empty() && sample.near_type.is_none()) {
            fault("has no near-miss");
        }
        for sample in own {
            let Some(whole) = said(reader, sample, &sample.whole, Seen::Whole) else {
                fault("does not take its positive sample");
                continue;
            };
            for &near in &sample.near {
                if said(reader, sample, &sample.with(near), Seen::Whole).is_some() {
                    fault(&format!("takes its near-miss {near:?}"));
                }
            }
            if let Some(ports) = sample.near_type
                && said(reader, &Sample { ports, ..sample.clone() }, &sample.whole, Seen::Whole).is_some()
            {
                fault("takes what has another type");
            }
            if let Some(how) = said_of_cuts(reader, sample, &whole) {
                fault(&how);
            }
        }
    }
    faults
}

#[test]
fn every_reader_has_a_positive_a_near_miss_and_truncated_ones() {
    let samples = samples();
    let faults = faults(ALL, &samples);
    let near: usize =
        samples.iter().map(|sample| sample.near.len() + usize::from(sample.near_type.is_some())).sum();
    let cuts: usize = samples.iter().flat_map(|sample| &sample.whole).map(Vec::len).sum();
    println!("{} readers: {} positive, {near} near-misses, {cuts} truncated", ALL.len(), samples.len());
    assert!(faults.is_empty(), "{} of {} readers: {faults:#?}", faults.len(), ALL.len());
}

/// A reader of `OK` and a name behind it, as far as that goes: it says of a cut name what the whole does not say.
const CARELESS: Reader = Reader {
    number: ReaderId(255),
    app: "careless",
    activity: None,
    hides: false,
    fields: &[Field::SnmpModel],
    read: Read::Message(&[], |message, facts| {
        let Some(value) = message.payload.strip_prefix(b"OK ") else { return false };
        facts(Fact::Says { who: lenscap_wire::Party::Sender, field: Field::SnmpModel, value });
        true
    }),
};

#[test]
fn each_lack_is_found() {
    let found = |samples: &[Sample]| faults(&[CARELESS], samples).join("; ");
    let whole = Sample::one(255, b"OK E-100");
    assert!(found(&[]).contains("has no positive sample"));
    assert!(found(std::slice::from_ref(&whole)).contains("has no near-miss"));
    assert!(found(&[whole.clone().near(0, 1)]).contains("cut to"), "a name that was cut");
    assert!(found(&[whole.clone().near(7, 1)]).contains("takes its near-miss"));
    assert!(found(&[Sample::one(255, b"NO E-100").near(0, 1)]).contains("does not take its positive"));
    assert!(found(&[Sample::one(254, b"OK").near(0, 1)]).contains("is no reader's number"));
    assert_eq!(found(&[Sample::one(255, b"OK ").near(0, 1)]), "", "nothing is wrong of what has no name");
}
