//! Whether the table of flows is full: a sensor says when that begins and when it is over.
//!
//! A scan of a million addresses fills it at 10:00, and flows leave memory that had not ended; at 10:04 the last did. Once none
//! did for the idle time, it is over.

use lenscap_wire::Timestamp;

/// A flood began, or is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FloodEvent {
    /// Flows leave memory that had not ended, or their records, at this time.
    Began(Timestamp),
    /// So many did, and none any more.
    Over {
        /// When the last of them did, by when that was asked.
        at: Timestamp,
        /// Flows that left since it began.
        flows: u64,
    },
}

/// What is known of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flood {
    /// Flows that had left when it was asked last.
    left: u64,
    /// How many had when it began, and when one was last seen to.
    since: Option<(u64, i64)>,
}

impl Flood {
    /// What is new, if so many flows left memory until now.
    pub(super) fn look(&mut self, left: u64, now: i64, idle: i64) -> Option<FloodEvent> {
        let before = std::mem::replace(&mut self.left, left);
        match &mut self.since {
            None if left > before => {
                self.since = Some((before, now));
                Some(FloodEvent::Began(Timestamp(now)))
            }
            Some((_, last)) if left > before => {
                *last = now;
                None
            }
            &mut Some((first, last)) if now.saturating_sub(last) > idle => {
                self.since = None;
                Some(FloodEvent::Over { at: Timestamp(last), flows: left - first })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_once_and_is_over_when_nothing_left_for_long() {
        let mut flood = Flood::default();
        let mut said = Vec::new();
        for (left, now) in [(0, 1), (5, 10), (9, 12), (9, 20), (9, 23), (9, 40), (10, 41)] {
            said.extend(flood.look(left, now, 10));
        }
        let over = FloodEvent::Over { at: Timestamp(12), flows: 9 };
        assert_eq!(said, [FloodEvent::Began(Timestamp(10)), over, FloodEvent::Began(Timestamp(41))]);
    }
}
