//! How far a scan is, on standard error: bytes, packets a second, time left. Only for a terminal.

use crate::engine::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lenscap_report::units;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A line that is drawn over, or nothing.
pub(crate) struct Bar {
    bar: ProgressBar,
    packets: AtomicU64,
}

impl Bar {
    /// A bar where somebody looks at standard error and did not ask for quiet; `total` is the bytes there are to read.
    pub(crate) fn new(quiet: bool, total: Option<u64>) -> Self {
        let target = if quiet || !stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        };
        let bar = ProgressBar::with_draw_target(total, target);
        // Of a pipe nobody knows how much there is to come.
        let template = match total {
            Some(_) => "{bar:30} {bytes} of {total_bytes}  {msg}  {eta} left",
            None => "{spinner} {bytes}  {msg}  {elapsed}  Ctrl-C ends it with a report",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, packets: AtomicU64::new(0) }
    }

    /// Clears the line.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Progress for Bar {
    fn advance(&self, bytes: u64, packets: u64) {
        let packets = self.packets.fetch_add(packets, Ordering::Relaxed).wrapping_add(packets);
        self.bar.inc(bytes);
        if !self.bar.is_hidden() {
            let rate = rate(packets, self.bar.elapsed());
            self.bar.set_message(format!("{}, {}/s", units::counted(packets, "packet"), units::count(rate)));
        }
    }
}

fn rate(packets: u64, elapsed: Duration) -> u64 {
    let milliseconds = elapsed.as_millis().max(1);
    u64::try_from(u128::from(packets) * 1000 / milliseconds).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_need_no_time_to_have_passed() {
        assert_eq!(rate(500, Duration::from_millis(250)), 2000);
        assert_eq!(rate(500, Duration::ZERO), 500_000);
    }

    #[test]
    fn a_hidden_bar_takes_everything() {
        let bar = Bar::new(true, Some(1));
        bar.advance(5, 1);
        bar.advance(1 << 40, u64::MAX);
        bar.finish();
    }
}
