//! The clock of an input, as the stamps of its packets show it: when it stepped back, how often, and where first.
//!
//! Packets a few milliseconds out of order are the queues of a network card; a stamp that lies seconds before the one in
//! front of it is a clock that was set.

use lenscap_wire::Timestamp;
use serde::{Deserialize, Serialize};

/// What the stamps of consecutive packets show of their clock.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// The first packet and its stamp.
    pub first: Option<(ClockStep, i64)>,
    /// Stamp of the last packet.
    pub last: i64,
    /// How often the clock stepped back.
    pub steps: u64,
    /// The first time that it did.
    pub step: Option<ClockStep>,
}

/// A packet, and how far its stamp lies before that of the one in front of it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct ClockStep {
    /// The chunk of the packet.
    pub chunk: u32,
    /// Its record in the chunk.
    pub record: u32,
    /// Its offset in the input.
    pub offset: u64,
    /// Nanoseconds back.
    pub by: i64,
}

impl Clock {
    /// Nanoseconds that a stamp may lie before the one in front of it without a step of the clock.
    pub const TOLERANCE: i64 = 1_000_000_000;

    /// Takes in the next packet; `at` is where it stands.
    #[inline]
    pub(crate) fn take(&mut self, time: Timestamp, at: impl FnOnce() -> ClockStep) {
        if self.first.is_none() {
            self.first = Some((at(), time.0));
        } else if time.0 < self.last.saturating_sub(Self::TOLERANCE) {
            self.step(at(), time.0);
        }
        self.last = time.0;
    }

    /// Appends the packets of a later chunk of the same input.
    pub fn join(&mut self, later: &Self) {
        let Some((at, time)) = later.first else { return };
        if self.first.is_none() {
            *self = *later;
            return;
        }
        if time < self.last.saturating_sub(Self::TOLERANCE) {
            self.step(at, time);
        }
        self.steps += later.steps;
        self.step = self.step.or(later.step);
        self.last = later.last;
    }

    #[cold]
    fn step(&mut self, at: ClockStep, time: i64) {
        self.steps += 1;
        let by = self.last.saturating_sub(time);
        self.step.get_or_insert(ClockStep { by, ..at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn clock(chunk: u32, seconds: &[i64]) -> Clock {
        let mut clock = Clock::default();
        for (&time, record) in seconds.iter().zip(0..) {
            let at = || ClockStep { chunk, record, ..ClockStep::default() };
            clock.take(Timestamp(time * SECOND), at);
        }
        clock
    }

    #[test]
    fn steps_are_counted_and_the_first_is_told() {
        let clock = clock(3, &[10, 9, 4000, 400, 401, 4001, 100]);
        assert_eq!(clock.steps, 2, "a second back is none");
        assert_eq!(clock.step, Some(ClockStep { chunk: 3, record: 3, offset: 0, by: 3600 * SECOND }));
    }

    #[test]
    fn a_cut_anywhere_changes_nothing_but_the_chunk() {
        let seconds = [10, 3, 20, 5, 30, 30, 1];
        for cut in 0..=seconds.len() {
            let (left, right) = seconds.split_at(cut);
            let mut joined = clock(0, left);
            joined.join(&clock(1, right));
            let whole = clock(0, &seconds);
            assert_eq!((joined.steps, joined.last), (whole.steps, whole.last), "cut at {cut}");
            let by = |clock: &Clock| clock.step.map(|step| step.by);
            assert_eq!(by(&joined), by(&whole), "cut at {cut}");
        }
    }
}
