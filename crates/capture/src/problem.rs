//! What can be wrong inside a capture, as kinds with numbers; the sentences are their `Display`.

use std::fmt;

/// Something wrong in an input.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Record it is about, from 0 in the chunk.
    pub record: Option<u32>,
    /// Byte offset in the file, or in the decompressed stream.
    pub offset: u64,
    /// What was wrong.
    pub kind: ProblemKind,
}

/// The kinds of block that can be too short for what they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BlockKind {
    /// A section header.
    Section,
    /// An interface description.
    Interface,
    /// Enhanced, simple or obsolete.
    Packet,
    /// Interface statistics.
    Statistics,
}

impl BlockKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Section => "a section header",
            Self::Interface => "an interface block",
            Self::Packet => "a packet block",
            Self::Statistics => "a statistics block",
        }
    }
}

/// What was wrong. Lengths and claims are in bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The operating system, or the decoder of a packed input, could read no further. Ends the walk.
    Broken {
        /// What it said.
        why: String,
    },
    /// The input ends inside a record. Ends the walk.
    Torn {
        /// How long the record claims to be, its header included; nothing where that is torn, too.
        claim: Option<u32>,
        /// What is left of the input from its header on.
        left: u64,
    },
    /// A length of a block that no block can have. Ends the walk.
    BlockLength {
        /// The length.
        length: u32,
    },
    /// The length before a block's body is not the one behind it. Ends the walk.
    LengthsDiffer,
    /// A section header in no byte order. Ends the walk.
    ByteOrder,
    /// A section header or interface block that is longer than any is read. Ends the walk.
    BlockTooLong {
        /// Its length.
        length: u32,
        /// What is read at most.
        limit: u32,
    },
    /// No record follows on one that was passed over. Ends the walk.
    NoRecord,
    /// A record over the limit. It is passed over.
    TooLong {
        /// What it claims to hold.
        claim: u32,
        /// The snap length, or what is read without one.
        limit: u32,
    },
    /// A block too short for its kind. It is passed over; an interface keeps its number.
    TooShort {
        /// Its kind.
        block: BlockKind,
        /// Its length.
        length: u32,
    },
    /// A packet that claims more than its block holds. It is passed over.
    Overrun {
        /// The interface that it names.
        interface: u32,
        /// What the packet claims.
        claim: u32,
        /// The length of its block.
        block: u32,
    },
    /// A packet of an interface that its section does not describe. It has no link type.
    UnknownInterface {
        /// The number that the packet names.
        interface: u32,
    },
    /// An interface whose clock has more than 63 bits or digits of a second.
    Resolution {
        /// Its number in the section.
        interface: u32,
    },
    /// An interface that yields nothing more at this time. It is looked for again.
    InterfaceDown {
        /// What libpcap said.
        why: String,
    },
    /// The first of the packets that have no number of their own any more: there are more than references can tell apart.
    Unnumbered,
    /// A stamp before 1970, clamped.
    TooEarly,
    /// A stamp after 2262, clamped.
    TooLate,
}

impl ProblemKind {
    /// The word in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Broken { .. } => "broken",
            Self::Torn { .. } => "torn",
            Self::BlockLength { .. } => "block-length",
            Self::LengthsDiffer => "lengths-differ",
            Self::ByteOrder => "byte-order",
            Self::BlockTooLong { .. } => "block-too-long",
            Self::NoRecord => "no-record",
            Self::TooLong { .. } => "too-long",
            Self::TooShort { .. } => "too-short",
            Self::Overrun { .. } => "overrun",
            Self::UnknownInterface { .. } => "unknown-interface",
            Self::Resolution { .. } => "resolution",
            Self::InterfaceDown { .. } => "interface-down",
            Self::Unnumbered => "unnumbered",
            Self::TooEarly => "too-early",
            Self::TooLate => "too-late",
        }
    }

    /// Whether nothing behind it can be read.
    pub const fn ends(&self) -> bool {
        matches!(
            self,
            Self::Broken { .. }
                | Self::Torn { .. }
                | Self::BlockLength { .. }
                | Self::LengthsDiffer
                | Self::ByteOrder
                | Self::BlockTooLong { .. }
                | Self::NoRecord
        )
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { why } => write!(f, "reading stopped here: {why}"),
            Self::Torn { claim: Some(claim), left } => {
                write!(f, "it claims {claim} bytes with its header, of which {left} are there")
            }
            Self::Torn { claim: None, left } => write!(f, "the file ends {left} bytes into its header"),
            Self::BlockLength { length } => write!(f, "a block claims a length of {length} bytes"),
            Self::LengthsDiffer => f.write_str("a block's two lengths differ"),
            Self::ByteOrder => f.write_str("a section header is in no byte order"),
            Self::BlockTooLong { length, limit } => {
                write!(f, "a block that describes the others claims {length} bytes; at most {limit} are read")
            }
            Self::NoRecord => f.write_str("what follows on a record that was passed over is no record"),
            Self::TooLong { claim, limit } => {
                write!(f, "it claims {claim} bytes, over the limit of {limit}, and was passed over")
            }
            Self::TooShort { block, length } => {
                write!(f, "{} of {length} bytes is too short and was passed over", block.name())
            }
            Self::Overrun { interface, claim, block } => {
                write!(
                    f,
                    "a packet of interface {interface} claims {claim} bytes in a block of {block} and was passed over"
                )
            }
            Self::UnknownInterface { interface } => {
                write!(f, "it names interface {interface}, which the section does not describe")
            }
            Self::Resolution { interface } => write!(f, "interface {interface} claims an absurd resolution"),
            Self::InterfaceDown { why } => write!(f, "the interface failed and was waited for: {why}"),
            Self::Unnumbered => f.write_str(
                "from here on packets have no numbers of their own: there are more than 4,294,967,295",
            ),
            Self::TooEarly => f.write_str("its time is before 1970 and was clamped"),
            Self::TooLate => f.write_str("its time is after 2262 and was clamped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_the_sentence() {
        let torn = |claim| ProblemKind::Torn { claim, left: 7 }.to_string();
        assert_eq!(torn(Some(90)), "it claims 90 bytes with its header, of which 7 are there");
        assert_eq!(torn(None), "the file ends 7 bytes into its header");
        let short = ProblemKind::TooShort { block: BlockKind::Packet, length: 28 };
        assert_eq!(short.to_string(), "a packet block of 28 bytes is too short and was passed over");
        assert_eq!((short.name(), short.ends()), ("too-short", false));
    }
}
