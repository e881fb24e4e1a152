//! A piece of a capture: what its packets leave, with the proof of where it begins and ends.
//!
//! A piece may be folded by another thread or another machine, saved there, sent, loaded, and appended here to the one
//! before it. What travels beside the summary are two [`Joint`]s.

use lenscap_capture::{Capture, ChunkId, Joint, RecordReader};
use std::io::{Read, Write};
use std::ops::Range;

use super::feed::{About, feed};
use super::{Options, Progress};
use crate::join::refusal::Refusal;
use crate::save::LoadError;
use crate::state::captures::CHUNK_BITS;
use crate::state::half::Fetch;
use crate::state::summary::Summary;

/// First bytes of a saved piece; the last is the version of what stands before its summary.
const MAGIC: [u8; 8] = *b"lencut\0\x01";
/// Bytes that both joints may take: twice what a walk keeps, 4 MiB of blocks and what 65,536 interfaces said.
const JOINTS: u32 = 16 << 20;

/// How the pieces of one capture are folded: the same for all of them.
#[derive(Clone, Copy)]
pub struct Folding<'f> {
    /// The capture. It can be cut: it is no packed one.
    pub capture: &'f Capture,
    /// Its path or name in reports.
    pub path: &'f str,
    /// Its ordinal among all inputs, in their order of time.
    pub input: u32,
    /// What is kept and counted. Where `saved` is set, pieces can be saved; `threads` means nothing here.
    pub options: &'f Options,
    /// Hears of packets that were read.
    pub progress: &'f dyn Progress,
}

/// Why a piece could not be folded.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// Pieces of a capture are numbered from 0 to 4,095, and inputs from 0 to 1,048,575.
    #[error("there is no piece {number} of input {input}")]
    Number {
        /// The input's ordinal.
        input: u32,
        /// The piece's number.
        number: u32,
    },
    /// The capture cannot be read there.
    #[error("{0}")]
    Capture(#[from] lenscap_capture::Error),
}

impl Folding<'_> {
    /// The ordinal of a piece's packets, unique over all inputs.
    fn chunk(&self, number: u32) -> Result<ChunkId, FoldError> {
        let input = self.input;
        let fits = number < 1 << CHUNK_BITS && input < 1 << (u32::BITS - CHUNK_BITS);
        let id = fits.then_some(ChunkId { input, chunk: input << CHUNK_BITS | number });
        id.ok_or(FoldError::Number { input, number })
    }

    /// Nothing stands before the first piece of the first input.
    fn empty(&self, id: ChunkId) -> Summary {
        self.options.empty(id.chunk > 0)
    }

    fn feed(&self, reader: &mut RecordReader, summary: &mut Summary) {
        let about = About {
            path: self.path.to_string(),
            format: self.capture.format().name(),
            compression: self.capture.compression(),
        };
        feed(reader, summary, (self.options, self.progress), &|_| about.clone());
    }
}

/// A piece of a capture, folded on its own.
///
/// The law: where `a` and `b` are pieces and `a.then(b)` answers, the answer is the piece that folding the range of both
/// in order would have given, but for how its packets are numbered inside. `then` is associative. So it does not matter
/// where a capture is cut, who folds which piece, and in which tree neighbours are joined.
///
/// # Example
///
/// ```
/// use lenscap_capture::Capture;
/// use lenscap_flow::{Folding, Limits, Options, Piece};
/// use std::{num::NonZeroUsize, sync::Arc};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let bytes = lenscap_testkit::pcap(&lenscap_testkit::random_traffic(1, 400));
/// // What can be read by position: here memory, else a file (`Capture::open`) or whatever implements `ReadAt`.
/// let capture = Capture::new(Arc::new(bytes))?;
/// let limits = Limits { idle: 300_000_000_000, memory: 1 << 30 };
/// let options =
///     Options { threads: NonZeroUsize::MIN, limits, filter: None, from: None, to: None, saved: true };
/// let folding = Folding { capture: &capture, path: "day.pcap", input: 0, options: &options, progress: &() };
///
/// // A guess where a record begins. Each piece may be folded elsewhere, and comes as bytes.
/// let cut = capture.guess(capture.size() / 2).ok_or("there is no place to cut")?;
/// let mut sent = Vec::new();
/// Piece::fold(&folding, 1, cut..capture.size())?.save(&mut sent)?;
///
/// let left = Piece::fold(&folding, 0, capture.body()..cut)?;
/// let whole = match left.then(Piece::load(&sent[..])?, &()) {
///     Ok(whole) => whole,
///     // The guess was wrong, or equality could not be proven: the packets are folded again, onto the left.
///     Err(unjoined) => {
///         let mut left = unjoined.left;
///         left.fold_on(&folding, 1, capture.size())?;
///         left
///     }
/// };
/// assert_eq!(whole.summary().packets(), 400);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Piece {
    pub(super) summary: Summary,
    begin: Joint,
    end: Joint,
}

/// Two pieces as they were, and why they were not joined.
#[derive(Debug)]
pub struct Unjoined {
    /// The left piece.
    pub left: Piece,
    /// The right piece.
    pub right: Piece,
    /// Why.
    pub why: NoJoint,
}

/// Why a piece could not be appended to another. The packets must be folded onto the left one instead
/// ([`Piece::fold_on`]).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoJoint {
    /// It does not begin where the left one ended, or takes other things for granted there ([`Joint::meets`]).
    Place,
    /// Its number is not later than all of the left one's.
    Number,
    /// The summaries could not be joined.
    Refused(Refusal),
}

impl Piece {
    /// Folds the records that start in `range`, byte offsets of the capture, as if one started right there: from
    /// [`Capture::body`] or a place that [`Capture::guess`] found, to where the next piece begins or the capture ends.
    /// `number` is the piece's own in the capture, from 0, later for what stands later.
    pub fn fold(folding: &Folding<'_>, number: u32, range: Range<u64>) -> Result<Self, FoldError> {
        let id = folding.chunk(number)?;
        let mut reader = folding.capture.reader_at(id, range.start, range.end)?;
        let mut summary = folding.empty(id);
        folding.feed(&mut reader, &mut summary);
        Ok(Self { summary, begin: reader.begin(), end: reader.end() })
    }

    /// Folds the records from where it ended, up to those that start at `to`, onto it. `number` is that of the piece
    /// that they would have been. Where it fails, nothing has changed.
    pub fn fold_on(&mut self, folding: &Folding<'_>, number: u32, to: u64) -> Result<(), FoldError> {
        let mut reader = folding.capture.reader_from(folding.chunk(number)?, &self.end, to)?;
        folding.feed(&mut reader, &mut self.summary);
        self.end = reader.end();
        Ok(())
    }

    /// Appends the piece that follows: proves that it does, and that both together are what one fold would have given.
    /// `source` opens payloads again where a stream lies across the joint: `&capture` for pieces of one capture as they
    /// were folded, `&()` where the right one was made to be saved, for it holds its payloads.
    pub fn then(self, later: Self, source: &dyn Fetch) -> Result<Self, Box<Unjoined>> {
        if !self.end.meets(&later.begin) {
            return Err(Box::new(Unjoined { left: self, right: later, why: NoJoint::Place }));
        }
        if !self.summary.site.captures.are_before(&later.summary.site.captures) {
            return Err(Box::new(Unjoined { left: self, right: later, why: NoJoint::Number }));
        }
        let (left, right) = (self.begin, later.end);
        match self.summary.then(later.summary, source) {
            Ok(summary) => Ok(Self { summary, begin: left, end: right }),
            Err(refused) => Err(Box::new(Unjoined {
                left: Self { summary: refused.left, begin: left, end: self.end },
                right: Self { summary: refused.right, begin: later.begin, end: right },
                why: NoJoint::Refused(refused.why),
            })),
        }
    }

    /// What its packets leave.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// What its packets leave, without the proof of where it ends.
    pub fn into_summary(self) -> Summary {
        self.summary
    }

    /// Where it begins.
    pub fn begin(&self) -> &Joint {
        &self.begin
    }

    /// Where it ends.
    pub fn end(&self) -> &Joint {
        &self.end
    }

    /// Saves the piece: a version, both joints, then its summary as [`Summary::save`] writes it. Only one that was
    /// folded with [`Options::saved`] holds all that appending it takes; it then contains payload.
    pub fn save(&self, mut out: impl Write) -> std::io::Result<()> {
        let joints = postcard::to_stdvec(&(&self.begin, &self.end)).map_err(std::io::Error::other)?;
        out.write_all(&MAGIC)?;
        out.write_all(&(joints.len() as u32).to_le_bytes())?;
        out.write_all(&joints)?;
        self.summary.save(out)
    }

    /// Loads a saved piece. Trusts nothing: one that makes no sense is refused, and one that lies about its place is
    /// refused by [`Piece::then`].
    pub fn load(mut from: impl Read) -> Result<Self, LoadError> {
        let (mut magic, mut length) = ([0; 8], [0; 4]);
        from.read_exact(&mut magic).map_err(|_| LoadError::Magic)?;
        if magic != MAGIC {
            return Err(LoadError::Magic);
        }
        from.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length > JOINTS {
            return Err(LoadError::Damaged(format!("its joints claim {length} bytes")));
        }
        let mut joints = Vec::new();
        from.by_ref().take(length.into()).read_to_end(&mut joints)?;
        let joints = postcard::from_bytes(&joints).map_err(|why| LoadError::Damaged(why.to_string()));
        let (begin, end) = joints?;
        Ok(Self { summary: Summary::load(from)?, begin, end })
    }
}

/// Payloads of pieces of one capture. Which chunk does not matter: all are cut from the same bytes.
impl Fetch for Capture {
    fn fetch(&self, _: u32, offset: u64, length: usize, out: &mut Vec<u8>) -> bool {
        self.fetch(offset, length, out)
    }
}
