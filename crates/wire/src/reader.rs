//! What a reader is: one file that recognises one protocol and yields its facts.
//!
//! Two classes. A *message* reader sees one packet alone and every packet that its [`Route`] lets through; its
//! facts add up. A *stream* reader is a pure function of the first payload bytes of ONE half of a TCP flow, in
//! sequence order; it is asked again with more bytes until it has decided or its budget is spent. Neither keeps
//! state, so neither can tell where a capture was cut.

use crate::{Fact, Packet};

/// A protocol's reader: its name in reports (`app`), and how it reads.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// The name of the protocol in reports.
    pub app: &'static str,
    /// How it reads.
    pub read: Read,
}

/// How a reader reads.
#[derive(Clone, Copy, Debug)]
pub enum Read {
    /// Reads every packet that comes by one of the routes. Returns whether the packet was of its protocol.
    Message(&'static [Route], fn(&Message<'_, '_>, &mut dyn FnMut(Fact<'_>)) -> bool),
    /// Reads the first bytes of one half of a TCP flow.
    Stream(fn(&[u8], &mut dyn FnMut(Fact<'_>)) -> Step),
}

/// What brings a packet to a message reader: a hint that costs one table look-up; the reader decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Route {
    /// UDP with this source or destination port.
    Udp(u16),
    /// TCP with this source or destination port, and payload.
    Tcp(u16),
    /// `ICMPv6`.
    Icmp6,
    /// A packet without IP with this `EtherType`.
    EtherType(u16),
}

/// One packet for a message reader.
#[derive(Clone, Copy, Debug)]
pub struct Message<'p, 'a> {
    /// The packet around the payload.
    pub packet: &'p Packet<'a>,
    /// What to read: the payload as captured, or a reassembled datagram's.
    pub payload: &'p [u8],
}

/// What a stream reader says of the bytes it has been given so far. Facts count only with [`Step::Done`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// These bytes are not of this protocol, whatever follows.
    NotMine,
    /// They may be; more are needed.
    More,
    /// They are, and all that is wanted has been yielded.
    Done,
}

/// A reader by its place in the registry [`crate::readers::ALL`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ReaderId(pub u8);
