//! One file cut into chunks that are folded side by side, each cut proven before what follows it is appended.

use lenscap_capture::{Capture, Joint};
use rayon::prelude::*;

use super::Scan;
use super::files::{CHUNKS, chunk};
use crate::state::summary::Summary;

/// A file shorter than this is not cut.
pub(super) const CUT_FROM: u64 = 16 << 20;
/// Bytes of a chunk at least.
const CHUNK: u64 = 8 << 20;
/// Bytes of a chunk at most.
const LONGEST_CHUNK: u64 = 1 << 30;
/// A chunk is at most this part of the memory budget, which what is folded ahead shares.
const CHUNKS_IN_MEMORY: u64 = 8;

/// A chunk that was folded on its own.
struct Folded {
    summary: Summary,
    begin: Joint,
    end: Joint,
}

impl Scan<'_> {
    /// Cuts a file into chunks, folds as many at once as there are threads, and proves each cut before appending.
    pub(super) fn cut(&self, input: usize, capture: &Capture, appendable: bool) -> Summary {
        let size = capture.size();
        let most = (self.options.limits.memory as u64 / CHUNKS_IN_MEMORY).clamp(CHUNK, LONGEST_CHUNK);
        let step = CHUNK.max(size.div_ceil(CHUNKS)).max(size.div_ceil(self.threads as u64).min(most));
        let mut cuts = vec![capture.body()];
        let wanted = (1..).map(|n| capture.body() + n * step).take_while(|at| at + step / 2 < size);
        cuts.extend(wanted.filter_map(|at| capture.guess(at)));
        cuts.dedup();
        cuts.push(size);
        let ranges: Vec<(u64, u64, u64)> =
            cuts.windows(2).zip(0..).map(|(ends, n)| (n, ends[0], ends[1])).collect();
        let mut whole: Option<Folded> = None;
        for wave in ranges.chunks(self.threads) {
            // Once a cap has bitten, what is folded ahead can no longer be appended.
            if let Some(left) = whole.take_if(|folded| folded.summary.site.caps().any()) {
                let on = |left, &(n, _, to): &(u64, u64, u64)| self.again(input, capture, left, (n, to));
                whole = Some(wave.iter().fold(left, on));
                continue;
            }
            let folded: Vec<_> = wave
                .par_iter()
                .map(|&(chunk, from, to)| {
                    self.chunk(input, capture, chunk, (from, to), appendable || chunk > 0)
                })
                .collect();
            for (chunk, &(n, _, to)) in folded.into_iter().zip(wave) {
                whole = Some(match (whole, chunk) {
                    (None, Some(first)) => first,
                    (Some(left), Some(right)) => self.joint(input, capture, left, right, (n, to)),
                    (Some(left), None) => self.again(input, capture, left, (n, to)),
                    (None, None) => {
                        let mut summary = self.empty(appendable);
                        self.fold_unit(&[input], &mut summary);
                        return summary;
                    }
                });
            }
        }
        whole.map_or_else(|| self.empty(appendable), |folded| folded.summary)
    }

    fn chunk(
        &self,
        input: usize,
        capture: &Capture,
        n: u64,
        (from, to): (u64, u64),
        appendable: bool,
    ) -> Option<Folded> {
        let mut reader = capture.reader_at(chunk(input, n), from, to).ok()?;
        let mut summary = self.empty(appendable);
        self.fold(&mut reader, &mut summary);
        Some(Folded { summary, begin: reader.begin(), end: reader.end() })
    }

    fn joint(
        &self,
        input: usize,
        capture: &Capture,
        left: Folded,
        right: Folded,
        (n, to): (u64, u64),
    ) -> Folded {
        if !left.end.meets(&right.begin) {
            return self.again(input, capture, left, (n, to));
        }
        let Folded { summary, begin, end } = left;
        match summary.then(right.summary, &self.files) {
            Ok(summary) => Folded { summary, begin, end: right.end },
            Err(refused) => {
                let summary = refused.left;
                drop(refused.right);
                self.again(input, capture, Folded { summary, begin, end }, (n, to))
            }
        }
    }

    /// Folds the records from where the left chunk's walk ended onto it.
    fn again(&self, input: usize, capture: &Capture, left: Folded, (n, to): (u64, u64)) -> Folded {
        let Folded { mut summary, begin, end } = left;
        match capture.reader_from(chunk(input, n), &end, to) {
            Ok(mut reader) => {
                self.fold(&mut reader, &mut summary);
                Folded { summary, begin, end: reader.end() }
            }
            Err(why) => {
                self.unreadable(input, why.to_string(), &mut summary);
                Folded { summary, begin, end }
            }
        }
    }
}
