//! What a reader is: one file that recognises one protocol and yields its facts.
//!
//! Two classes. A *message* reader sees one packet alone and every packet that its [`Route`]s let through; its
//! facts add up. A *stream* reader is a pure function of the first payload bytes of ONE half of a TCP flow, in
//! sequence order; it is asked again with more bytes until it has decided or its budget is spent. Neither keeps
//! state, so neither can tell where a capture was cut.
//!
//! Both yield a fact only once they are sure: a reader that returns anything but `true` or [`Step::Done`] has
//! yielded nothing. So facts go straight to where they are counted, without a buffer and without a second pass.

use crate::{Fact, Packet};

/// Where a reader puts what it found.
pub type Facts<'f> = &'f mut dyn FnMut(Fact<'_>);

/// A protocol's reader: its name in reports (`app`), and how it reads.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// The name of the protocol in reports. Two readers may share it: `http` reads streams and single requests.
    pub app: &'static str,
    /// How it reads.
    pub read: Read,
}

/// How a reader reads.
#[derive(Clone, Copy, Debug)]
pub enum Read {
    /// Reads every packet that comes by one of the routes. Returns whether the packet was of its protocol.
    Message(&'static [Route], fn(&Message<'_, '_>, Facts<'_>) -> bool),
    /// Reads the first bytes of one half of a TCP flow.
    Stream(fn(&Stream<'_>, Facts<'_>) -> Step),
}

/// What brings a packet to a message reader: a hint that costs one table look-up; the reader decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Route {
    /// UDP with this source or destination port, and payload.
    Udp(u16),
    /// TCP with this source or destination port, and payload.
    Tcp(u16),
    /// UDP on any port whose payload begins with these bytes (at least one).
    UdpStart(&'static [u8]),
    /// TCP on any port whose segment begins with these bytes (at least one).
    TcpStart(&'static [u8]),
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

impl Message<'_, '_> {
    /// Whether the payload was longer on the wire than what was captured of it.
    pub const fn is_cut(&self) -> bool {
        (self.payload.len() as u64) < self.packet.payload_length as u64
    }
}

/// The first bytes of one half of a TCP flow, for a stream reader.
#[derive(Clone, Copy, Debug)]
pub struct Stream<'a> {
    /// The bytes so far, in sequence order, without holes.
    pub bytes: &'a [u8],
    /// No more will come: the half ended, has a hole here, or its budget is spent. A reader that knows its
    /// protocol by now yields what it could read and says [`Step::Done`]; [`Step::More`] counts as
    /// [`Step::NotMine`].
    pub ended: bool,
}

/// What a stream reader says of the bytes it has been given so far.
///
/// Once it said `NotMine` or `Done` it says the same, and yields the same facts, whatever bytes follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// These bytes are not of this protocol, whatever follows.
    NotMine,
    /// They may be; more are needed. Nothing has been yielded.
    More,
    /// They are, and all that is wanted has been yielded.
    Done,
}

/// A reader by its place in the registry [`crate::readers::ALL`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ReaderId(pub u8);

impl ReaderId {
    /// The name of its protocol in reports.
    pub fn app(self) -> &'static str {
        crate::readers::ALL.get(usize::from(self.0)).map_or("unknown", |reader| reader.app)
    }
}
