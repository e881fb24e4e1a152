//! The third class of reader: a pure function of the first datagrams of ONE half of a UDP flow.
//!
//! Only those datagrams count that pass the reader's own test, which sees a datagram alone. So neither keep-alives
//! nor another protocol on the same ports use up what a reader may see, and the list can be made anew wherever a
//! capture was cut. A reader sees at most [`DatagramReader::most`] of them, each cut to [`DatagramReader::keeps`]
//! bytes; it is asked again with more until it has decided, the half ends, or the list is full.

use crate::reader::Facts;

/// The first datagrams of one half that pass the reader's own test.
#[derive(Clone, Copy, Debug)]
pub struct Datagrams<'a> {
    /// In the order of capture, each cut to the bytes that the reader keeps.
    pub all: &'a [&'a [u8]],
    /// No more will come: the half ended, or the list is full. A reader that knows its protocol by now yields what
    /// it could read and says [`Probe::Match`]; it never says [`Probe::More`].
    pub ended: bool,
}

/// What a reader says of the datagrams that it has been given so far.
///
/// `NotMine` and `Match` are final: the answer, and the facts, are the same whatever datagrams follow. Of a list
/// that ends before the one that decides, the answer is `More`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Probe {
    /// These datagrams are not of this protocol, whatever follows.
    NotMine,
    /// They may be; more are needed. Nothing has been yielded.
    More,
    /// They are, and all that is wanted has been yielded.
    Match,
}

/// How a reader reads datagrams.
#[derive(Clone, Copy, Debug)]
pub struct DatagramReader {
    /// The name of the protocol in reports.
    pub app: &'static str,
    /// Whether a datagram alone may be of this protocol.
    pub passes: fn(&[u8]) -> bool,
    /// How many datagrams it sees at most.
    pub most: u8,
    /// How many bytes of each.
    pub keeps: u16,
    /// Reads them.
    pub read: fn(&Datagrams<'_>, Facts<'_>) -> Probe,
}
