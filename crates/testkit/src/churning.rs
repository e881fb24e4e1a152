//! Churning: a site that never rests, sent over an interface for some time, as evenly as it can be.

use lenscap_testkit::{Churn, MILLISECOND, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// Events of its place for which a station stays: some fifteen others come a second at 600 packets a second.
const STAYS: u64 = 4;

/// Over which interface, for how long, and how many packets a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Churning<'a> {
    pub(crate) interface: &'a str,
    pub(crate) time: Duration,
    pub(crate) rate: u64,
    pub(crate) seed: u64,
}

#[expect(clippy::disallowed_methods, reason = "it sends when it is time")]
fn moment() -> Instant {
    Instant::now()
}

impl Churning<'_> {
    /// Sends it, and says once a minute how many packets were sent.
    pub(crate) fn run(self, mut say: impl FnMut(&str)) {
        let (mut sender, begun) = (Sender::new(self.interface), moment());
        let (mut sent, mut minutes) = (0_u64, 0);
        for frames in Churn::new(self.seed, 200 * MILLISECOND).staying(STAYS) {
            let due = Duration::from_nanos(sent.saturating_mul(1_000_000_000) / self.rate.max(1));
            if due >= self.time {
                break;
            }
            thread::sleep(due.saturating_sub(begun.elapsed()));
            for frame in &frames {
                sender.send(frame);
            }
            sent += frames.len() as u64;
            if begun.elapsed().as_secs() / 60 > minutes {
                minutes = begun.elapsed().as_secs() / 60;
                say(&format!("minute {minutes}: {sent} packets were sent"));
            }
        }
        say(&format!("sent {sent}"));
    }
}
