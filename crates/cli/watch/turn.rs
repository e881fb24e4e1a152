//! When a file or a stream that is fed fast is judged again: by its own time, so that which packets are kept hangs on no machine,
//! but only once packets came that are worth it. Judging takes time by all that is in memory; were it done for every minute of a
//! capture in which little happens, a month of it would take the square of what a day takes.

use lenscap_wire::Timestamp;

/// Nanoseconds of capture time.
const PASSED: i64 = 60_000_000_000;
/// Bytes of state that a packet is worth: some eight flows. With fewer, a place where all flows have two packets would not be
/// judged before stations that are new there are forgotten.
const WORTH: u64 = 8 << 10;

/// What came since it was judged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    /// When that was, by packets.
    judged: Timestamp,
    /// Bytes of state that were judged.
    cost: u64,
    packets: u64,
}

impl Turn {
    /// Notes that so many packets came.
    pub(super) fn pass(&mut self, packets: usize) {
        self.packets = self.packets.saturating_add(packets as u64);
    }

    /// Notes that so many bytes of state are judged.
    pub(super) fn judged(&mut self, now: Timestamp, cost: usize) {
        *self = Self { judged: now, cost: cost as u64, packets: 0 };
    }

    /// Whether it is to be judged again.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let is_worth = self.packets.saturating_mul(WORTH) >= self.cost;
        is_worth && now.0.saturating_sub(self.judged.0) >= PASSED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is judged at all, in bytes, of a capture with a batch of packets a minute, of which each leaves so many bytes.
    fn work(minutes: i64, packets: usize, bytes: usize) -> (usize, usize) {
        let (mut turn, mut cost, mut work, mut times) = (Turn::default(), 0, 0, 0);
        for minute in 1..=minutes {
            turn.pass(packets);
            cost += packets * bytes;
            let now = Timestamp(minute * PASSED);
            if turn.is_due(now) {
                turn.judged(now, cost);
                work += cost;
                times += 1;
            }
        }
        (work, times)
    }

    #[test]
    fn work_grows_as_packets_do() {
        for minutes in [100, 1000, 100_000] {
            let (work, times) = work(minutes, 10, 1000);
            // The packets after it pay for each but the last.
            assert!(work as u64 <= minutes as u64 * 10 * (WORTH + 1000), "{minutes} minutes: {work}");
            assert!(times > 5, "{minutes} minutes: {times}");
        }
    }

    #[test]
    fn where_state_is_small_it_is_judged_every_minute() {
        let mut turn = Turn::default();
        turn.judged(Timestamp(0), 800_000);
        turn.pass(100);
        assert!(!turn.is_due(Timestamp(PASSED - 1)));
        assert!(turn.is_due(Timestamp(PASSED)));
        turn.judged(Timestamp(PASSED), 900_000);
        turn.pass(100);
        assert!(!turn.is_due(Timestamp(3 * PASSED)), "it is not worth it yet");
        turn.pass(10);
        assert!(turn.is_due(Timestamp(3 * PASSED)));
    }
}
