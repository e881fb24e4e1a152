//! Which packets of a scan are kept: those that its filter and its span of time let through.

use lenscap_capture::Filter;
use lenscap_wire::{Frame, Timestamp};

use super::Options;

/// Which packets are kept.
pub(super) struct Sieve {
    filter: Option<Filter>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// Why the filter could not be asked.
    pub(super) error: Option<String>,
}

impl Sieve {
    pub(super) fn new(options: &Options) -> Self {
        let filter = options.filter.as_deref().and_then(|expression| Filter::new(expression).ok());
        Self { filter, from: options.from, to: options.to, error: None }
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
                self.error.get_or_insert(why.to_string());
                false
            }
        }
    }
}
