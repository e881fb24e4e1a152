//! What yields frames, whatever it reads.

use lenscap_wire::Timestamp;

use crate::{Batch, Error, Tally};

/// What a source has next.
#[derive(Clone, Copy, Debug)]
pub enum Next<'a> {
    /// At least one frame.
    Batch(Batch<'a>),
    /// Nothing yet, and by the source's clock it is this time: an interface on which no packet came for a while. Ask
    /// again.
    Idle(Timestamp),
    /// Nothing ever more.
    End,
}

/// Something that yields frames in capture order: a file, a pipe, several files at once, or an interface.
pub trait Source {
    /// Reads on. A batch is lent until the next call.
    fn next(&mut self) -> Result<Next<'_>, Error>;

    /// What was read so far, of each chunk of each input.
    fn tallies(&self) -> Vec<Tally>;

    /// Brings up to date what the tallies say beside the packets: what an interface lost.
    fn refresh(&mut self) {}
}
