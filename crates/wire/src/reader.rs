//! What a reader is: one file that recognises one protocol and yields its facts.
//!
//! Three classes, by how much must be seen:
//!
//! - A *message* reader sees one packet alone, every packet that its [`Route`]s let through. Its facts add up. DNS over
//!   UDP is one: each datagram says all that it says.
//! - A *stream* reader is a pure function of the first payload bytes of ONE half of a TCP flow, in sequence order. TLS
//!   is one: a hello may be cut anywhere. Where it hands on ([`Probe::Then`]), all are asked again what stands behind it;
//!   a reader of [`Read::Behind`] is asked only there, since its bytes alone prove too little. WebSocket is one.
//! - A *datagram* reader is a pure function of the first datagrams of ONE half of a UDP flow that pass its own test of a
//!   packet alone. QUIC is one (a hello over several datagrams), RTP another (one packet proves nothing, several that
//!   go on from one another do).
//!
//! Stream and datagram readers are asked again with more until they have decided. None keeps state, so none can tell
//! where a capture was cut.
//!
//! All yield a fact only once they are sure: a reader that returns anything but `true`, [`Probe::Match`] or
//! [`Probe::Then`] has yielded nothing. So facts go straight to where they are counted, without a buffer and without a
//! second pass.

use arrayvec::ArrayVec;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::{Activity, Fact, Field, Packet, ReaderId};

/// Where a reader puts what it found.
pub type Facts<'f> = &'f mut dyn FnMut(Fact<'_>);

/// A protocol's reader: what is known of the protocol, and how it is read.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Its number, for ever: saved summaries name readers by it. A new reader takes one more than the greatest; the build
    /// of this crate fails where two have the same, or one has that of a reader that is gone.
    pub number: ReaderId,
    /// The name of the protocol in reports. Two readers may share it: `http` reads streams and single requests.
    pub app: &'static str,
    /// What a flow is for that speaks this protocol, where the protocol alone says so.
    pub activity: Option<Activity>,
    /// Whether the protocol hides what it carries.
    pub hides: bool,
    /// The fields in which it says something: all that it may yield with [`Fact::Says`] and [`Fact::Holds`].
    pub fields: &'static [Field],
    /// How it reads.
    pub read: Read,
}

/// How a reader reads.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Read {
    /// Reads every packet that comes by one of the routes. Returns whether the packet was of its protocol.
    Message(&'static [Route], fn(&Message<'_, '_>, Facts<'_>) -> bool),
    /// Reads the first bytes of one half of a TCP flow. It is asked where the first of them lies in one of these ranges,
    /// and has to say [`Probe::NotMine`] wherever it does not: so most halves are shown to two or three readers.
    Stream(&'static [RangeInclusive<u8>], fn(&Stream<'_>, Facts<'_>) -> Probe),
    /// Reads what stands behind bytes that a stream reader has handed on from. It is shown these, too: the head of HTTP
    /// that asks for a WebSocket proves what a frame of two bytes does not.
    Behind(fn(&[u8], &Stream<'_>, Facts<'_>) -> Probe),
    /// Reads the first datagrams of one half of a UDP flow.
    Datagrams(DatagramRead),
}

/// How a datagram reader reads.
#[derive(Clone, Copy, Debug)]
pub struct DatagramRead {
    /// What brings a datagram here.
    pub routes: &'static [Route],
    /// Whether a datagram, by itself, may be of this protocol. What does not pass is not shown to `read`, so that a
    /// keep-alive among the first datagrams costs nothing.
    pub passes: fn(&[u8]) -> bool,
    /// Datagrams that are looked at, at most [`DatagramRead::MOST`].
    pub most: u8,
    /// Bytes of each that are looked at.
    pub keeps: u16,
    /// Reads them; see [`DatagramRead::ask`].
    pub read: fn(&Datagrams<'_>, Facts<'_>) -> Probe,
}

impl DatagramRead {
    /// The most datagrams of a half that any reader may ask for.
    pub const MOST: u8 = 8;

    /// Asks what a half is of which these datagrams passed the reader's test, in order of capture. The reader is shown
    /// the first [`most`](Self::most) of them, cut to what it [keeps](Self::keeps), and told that no more will come
    /// where they are all that it looks at. Of none it says nothing.
    pub fn ask<'a>(&self, passed: impl Iterator<Item = &'a [u8]>, ended: bool, facts: Facts<'_>) -> Probe {
        let most = usize::from(self.most.min(Self::MOST));
        let cut = |bytes: &'a [u8]| bytes.get(..self.keeps.into()).unwrap_or(bytes);
        let shown: ArrayVec<&[u8], { Self::MOST as usize }> = passed.take(most).map(cut).collect();
        if shown.is_empty() {
            return if ended { Probe::NotMine } else { Probe::More(1) };
        }
        (self.read)(&Datagrams { all: &shown, ended: ended || shown.len() == most }, facts)
    }
}

/// What brings a packet to a reader: a hint that costs one table look-up; the reader decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Route {
    /// UDP with this source or destination port, and payload.
    Udp(u16),
    /// The same where the payload begins with one of these bytes: a port that bulk data may run on costs no more than any
    /// other where the first byte says that the reader would not know the packet.
    UdpFirst(u16, &'static [u8]),
    /// TCP with this source or destination port, and payload.
    Tcp(u16),
    /// UDP on any port whose payload begins with these bytes (1 to 8; of more the first 8 count).
    UdpStart(&'static [u8]),
    /// TCP on any port whose segment begins with these bytes (1 to 8; of more the first 8 count).
    TcpStart(&'static [u8]),
    /// UDP on any port whose payload fits a pattern.
    UdpAt(Pattern),
    /// UDP on any port whose payload begins with a byte of which the bits of a mask are these, and goes on with one of these
    /// bytes: the versions of QUIC behind the bit that says that there is one.
    UdpTwo {
        /// Which bits of the first byte count.
        mask: u8,
        /// What they are.
        first: u8,
        /// The second byte, one of these.
        second: &'static [u8],
    },
    /// `ICMPv6`.
    Icmp6,
    /// A packet without IP with this `EtherType`.
    EtherType(u16),
}

/// Bytes at a place of a payload, as far as a mask lets them count. `{ offset: 4, mask: &[0xff; 4], bytes: &[0x21, 0x12,
/// 0xa4, 0x42] }` is the cookie of STUN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pattern {
    /// Bytes of payload in front of it.
    pub offset: u8,
    /// Which bits count; as long as `bytes`, 1 to 8.
    pub mask: &'static [u8],
    /// What stands there.
    pub bytes: &'static [u8],
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

    /// Whether it came from another address than this one of the same version of IP. Where the cut of a snap length took the
    /// address that a message gives, its reader cannot ask.
    pub(crate) fn is_from_other(&self, address: IpAddr) -> bool {
        let source = self.packet.source.ip();
        !source.is_unspecified() && source.is_ipv4() == address.is_ipv4() && source != address
    }
}

/// The first bytes of one half of a TCP flow, for a stream reader.
#[derive(Clone, Copy, Debug)]
pub struct Stream<'a> {
    /// The bytes so far, in sequence order, without holes.
    pub bytes: &'a [u8],
    /// No more will come: the half ended, has a hole here, or its budget is spent. A reader that knows its
    /// protocol by now yields what it could read and says [`Probe::Match`]; [`Probe::More`] counts as
    /// [`Probe::NotMine`].
    pub ended: bool,
}

impl Stream<'_> {
    /// The answer of a reader that the next byte may help.
    pub(crate) const fn more(&self) -> Probe {
        Probe::More(self.bytes.len() + 1)
    }
}

/// The first datagrams of one half of a UDP flow that pass a reader's test, in order of capture.
#[derive(Clone, Copy, Debug)]
pub struct Datagrams<'a> {
    /// The payloads, each cut to what the reader keeps of one; at least one.
    pub all: &'a [&'a [u8]],
    /// No more will come, or no more are looked at: the answer is then not [`Probe::More`].
    pub ended: bool,
}

impl Datagrams<'_> {
    /// The answer of a reader that the next datagram may help.
    pub(crate) fn more(&self) -> Probe {
        Probe::More(self.all.len() + 1)
    }
}

/// What a stream or datagram reader says of what it has been given so far.
///
/// **Prefix law.** `NotMine`, `Match` and `Then` are final: whatever follows, the answer and the facts are the same.
/// `More(n)` is the answer for everything shorter than `n` that begins like this. So it does not matter how often a reader
/// is asked, nor where a capture was cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Probe {
    /// These bytes are not of this protocol, whatever follows.
    NotMine,
    /// They may be, but that cannot be told before there are so many bytes, or datagrams. Nothing has been yielded.
    More(usize),
    /// They are, and all that is wanted has been yielded.
    Match,
    /// They are up to this offset, and what is wanted of them has been yielded; from there on another protocol speaks.
    /// An HTTP CONNECT is `Then` behind the blank line. Streams only; the offset is more than 0.
    Then(usize),
}
