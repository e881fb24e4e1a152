//! What was asked for from outside while it runs.

use crate::failure::Failure;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Signals that came since they were last looked at.
#[derive(Default)]
pub(super) struct Signals {
    stop: Arc<AtomicBool>,
    report: Arc<AtomicBool>,
    reload: Arc<AtomicBool>,
}

impl Signals {
    /// Listens from now on. A second request to stop ends the process at once.
    pub(super) fn listen() -> Result<Self, Failure> {
        let signals = Self::default();
        signals.register().map_err(|why| Failure::new(format!("cannot listen for signals: {why}")))?;
        Ok(signals)
    }

    fn register(&self) -> io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first one only sets the flag that makes the second one count.
            flag::register_conditional_shutdown(signal, 128 + signal, self.stop.clone())?;
            flag::register(signal, self.stop.clone())?;
        }
        flag::register(SIGUSR1, self.report.clone())?;
        flag::register(SIGHUP, self.reload.clone())?;
        Ok(())
    }

    /// Whether it shall end. That stays so.
    pub(super) fn stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// What says so to who waits meanwhile.
    pub(super) fn stopping(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// Whether a report is wanted now.
    pub(super) fn take_report(&self) -> bool {
        self.report.swap(false, Ordering::Relaxed)
    }

    /// Whether files are to be opened again.
    pub(super) fn take_reload(&self) -> bool {
        self.reload.swap(false, Ordering::Relaxed)
    }
}
