//! Which packets of a scan are kept: those that its filter and its span of time let through.

use lenscap_capture::Filter;
use lenscap_wire::{Frame, Timestamp};
use std::collections::BTreeMap;

use super::Options;
use crate::state::captures::Problem;

/// Which packets are kept.
pub(super) struct Sieve {
    filter: Option<Filter>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// Where the filter could first not be asked, by chunk and link type.
    misfits: BTreeMap<(u32, u16), Problem>,
}

impl Sieve {
    pub(super) fn new(options: &Options) -> Self {
        let filter = options.filter.as_deref().and_then(|expression| Filter::new(expression).ok());
        Self { filter, from: options.from, to: options.to, misfits: BTreeMap::new() }
    }

    #[inline]
    pub(super) fn keeps(&mut self, frame: &Frame<'_>) -> bool {
        if self.from.is_some_and(|from| frame.time < from) || self.to.is_some_and(|to| frame.time >= to) {
            return false;
        }
        match self.filter.as_mut().map(|filter| filter.keeps(frame)) {
            None => true,
            Some(Ok(kept)) => kept,
            Some(Err(why)) => {
                let at = frame.at;
                self.misfits.entry((at.chunk, frame.link_type.0)).or_insert_with(|| Problem {
                    record: Some((at.chunk, at.record)),
                    offset: at.offset,
                    kind: "filter".into(),
                    what: format!("{why}; packets of this link type count as filtered"),
                });
                false
            }
        }
    }

    /// The link types of a chunk that the filter does not fit, each with its first packet.
    pub(super) fn take_misfits(&mut self, chunk: u32) -> BTreeMap<u16, Problem> {
        let of_chunk = self.misfits.extract_if((chunk, 0)..=(chunk, u16::MAX), |_, _| true);
        of_chunk.map(|((_, link_type), problem)| (link_type, problem)).collect()
    }
}
