//! One file cut into pieces that are folded side by side, each cut proven before what follows it is appended.

use lenscap_capture::Capture;
use rayon::prelude::*;

use super::Scan;
use super::files::CHUNKS;
use super::piece::{Folding, Piece};
use crate::state::summary::Summary;

/// A file shorter than this is not cut.
pub(super) const CUT_FROM: u64 = 16 << 20;
/// Bytes of a chunk at least.
const CHUNK: u64 = 8 << 20;
/// Bytes of a chunk at most.
const LONGEST_CHUNK: u64 = 1 << 30;
/// A chunk is at most this part of the memory budget, which what is folded ahead shares.
const CHUNKS_IN_MEMORY: u64 = 8;

impl Scan<'_> {
    /// Cuts a file into pieces, folds as many at once as there are threads, and proves each cut before appending.
    pub(super) fn cut(&self, input: usize, capture: &Capture) -> Summary {
        let size = capture.size();
        let most = (self.options.limits.memory as u64 / CHUNKS_IN_MEMORY).clamp(CHUNK, LONGEST_CHUNK);
        let step = CHUNK.max(size.div_ceil(CHUNKS)).max(size.div_ceil(self.threads as u64).min(most));
        let mut cuts = vec![capture.body()];
        let wanted = (1..).map(|n| capture.body() + n * step).take_while(|at| at + step / 2 < size);
        cuts.extend(wanted.filter_map(|at| capture.guess(at)));
        cuts.dedup();
        cuts.push(size);
        let ranges: Vec<(u32, u64, u64)> =
            cuts.windows(2).zip(0..).map(|(ends, n)| (n, ends[0], ends[1])).collect();
        let path = self.files.path(input);
        let Self { options, progress, .. } = *self;
        let folding = Folding { capture, path, input: input as u32, options, progress };
        let mut whole: Option<Piece> = None;
        let last = |to| to == size && self.files.0.len() == 1;
        for wave in ranges.chunks(self.threads) {
            // Once a cap has bitten, what is folded ahead can no longer be appended.
            if let Some(left) = whole.take_if(|piece| piece.summary.site.is_capped()) {
                let on = |left, &(n, _, to): &(u32, u64, u64)| self.again(&folding, left, (n, to));
                whole = Some(wave.iter().fold(left, on));
                continue;
            }
            let folded: Vec<_> =
                wave.par_iter().map(|&(n, from, to)| Piece::fold(&folding, n, from..to).ok()).collect();
            for (piece, &(n, _, to)) in folded.into_iter().zip(wave) {
                whole = Some(match (whole, piece) {
                    (None, Some(first)) => first,
                    (Some(mut left), Some(right)) => {
                        left.summary.flows.joins_last = last(to);
                        self.joint(&folding, left, right, (n, to))
                    }
                    (Some(left), None) => self.again(&folding, left, (n, to)),
                    (None, None) => {
                        let mut summary = options.empty(input > 0);
                        self.fold_unit(&[input], &mut summary);
                        return summary;
                    }
                });
            }
        }
        whole.map_or_else(|| options.empty(input > 0), Piece::into_summary)
    }

    /// Appends a piece that was folded ahead, or folds its packets again onto what stands before it.
    fn joint(&self, folding: &Folding<'_>, left: Piece, right: Piece, (n, to): (u32, u64)) -> Piece {
        left.then(right, &self.files).unwrap_or_else(|unjoined| {
            let left = unjoined.left;
            drop(unjoined.right);
            self.again(folding, left, (n, to))
        })
    }

    /// Folds the records from where the left piece's walk ended onto it.
    fn again(&self, folding: &Folding<'_>, mut left: Piece, (n, to): (u32, u64)) -> Piece {
        if let Err(why) = left.fold_on(folding, n, to) {
            self.unreadable(folding.input as usize, why.to_string(), &mut left.summary);
        }
        left
    }
}
