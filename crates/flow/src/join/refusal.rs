//! Why two summaries were not joined, with both as they were.

use crate::state::summary::Summary;

/// Why two summaries could not be joined. The packets must be folded in order instead.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Refusal {
    /// The right summary was not made to be appended to such a one, or with other limits.
    Beginning,
    /// The second spell of a key on the right, too, goes on with the left one.
    Chain,
    /// A datagram open on the left has pieces on the right that do not simply go on with it.
    Fragments,
    /// A handshake lies across the cut in a way that the right side could not know.
    Handshake,
    /// The right summary is not later: its first packet was captured before the left one's last.
    Later,
    /// Both together could have reached a cap.
    Memory,
    /// Summaries of parts that ran side by side both hold something of which the order counts: packets of one flow, names,
    /// sightings, pieces of datagrams; or packets of one input.
    Shared,
    /// A stream lies across the cut of which the right side listed too little.
    Stream,
    /// Bytes of the capture that were needed again could not be read.
    Unreadable,
}

/// Both summaries as they were, and why they were not joined.
#[derive(Debug)]
pub struct Refused {
    /// The left summary.
    pub left: Summary,
    /// The right summary.
    pub right: Summary,
    /// Why.
    pub why: Refusal,
}
