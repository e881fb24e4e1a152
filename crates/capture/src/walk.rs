//! Walking records, whatever the format.

use lenscap_wire::Timestamp;

use crate::Record;
use crate::pcap::Pcap;
use crate::pcapng::{Interface, Pcapng};
use crate::tally::Tally;

/// What stands at the front of the bytes at hand.
pub(crate) enum Step {
    /// A packet; so many bytes with its header.
    Record(Record, usize),
    /// So many bytes that hold no packet.
    Skip(usize),
    /// So many bytes must be at hand to tell.
    Need(usize),
    /// A record of so many bytes, more than are ever read at once.
    TooLong(u32),
    /// Nothing that makes sense.
    Senseless(String),
}

/// A format's walk.
pub(crate) trait Walk {
    /// Looks at `bytes`, which stand at `start` of the block and `offset` of the input.
    fn step(&mut self, bytes: &[u8], start: usize, offset: u64, tally: &mut Tally) -> Step;

    /// How many bytes the record at the front claims to hold, where that can be told.
    fn claim(&self, bytes: &[u8]) -> Option<u32>;
}

/// Either format.
#[derive(Clone, Debug)]
pub(crate) enum Walker {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// Where a walk begins or ends, and what it takes for granted there: the proof that two chunks meet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Joint {
    /// Byte offset in the file.
    pub at: u64,
    pub(crate) state: State,
}

/// What a walk knows beside its place.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct State {
    pub(crate) swapped: bool,
    pub(crate) interfaces: Vec<Interface>,
    /// Stamp of the last packet, which a packet without stamp takes.
    pub(crate) time: Option<Timestamp>,
    /// Whether such a packet came first.
    pub(crate) time_needed: bool,
}

impl Joint {
    /// Whether a walk that ended here goes on with one that began at `next`.
    pub fn meets(&self, next: &Self) -> bool {
        let (left, right) = (&self.state, &next.state);
        self.at == next.at
            && left.swapped == right.swapped
            && left.interfaces == right.interfaces
            && !right.time_needed
    }
}

impl Walker {
    /// What the walk knows now.
    pub(crate) fn state(&self) -> State {
        match self {
            Self::Pcap(_) => State::default(),
            Self::Pcapng(walk) => walk.state.clone(),
        }
    }

    /// The same walk with what another knew at its end.
    pub(crate) fn resume(&self, state: &State) -> Self {
        match self {
            Self::Pcap(walk) => Self::Pcap(*walk),
            Self::Pcapng(_) => Self::Pcapng(Pcapng { state: state.clone() }),
        }
    }
}
