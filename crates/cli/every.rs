//! `scan --every`: a report on what was seen so far, each time so much of the capture's own time has passed.

use crate::engine::{self, Input, Progress};
use crate::failure::Failure;
use crate::interrupt;
use crate::output::to_stdout;
use crate::plan::Form;
use crate::progress::Bar;
use crate::scan::One;
use lenscap_flow::Summary;
use lenscap_report::{json, text};
use lenscap_wire::Timestamp;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// No report is due before the first packet says what time it is.
const NEVER: i64 = i64::MIN;

/// Prints the reports, and passes progress on.
pub(crate) struct Every<'e> {
    one: &'e One<'e>,
    bar: &'e Bar,
    span: i64,
    /// When the next report is due.
    due: AtomicI64,
    failed: Mutex<Option<Failure>>,
}

impl<'e> Every<'e> {
    /// Reports of one input; of several, or of a folder, there is no moment up to which all are read.
    pub(crate) fn new(
        one: &'e One<'e>,
        span: Duration,
        bar: &'e Bar,
        inputs: &[Input],
    ) -> Result<Self, Failure> {
        let is_folder = |input: &Input| matches!(input, Input::File(path) if path.is_dir());
        match inputs {
            [input] if !is_folder(input) => {}
            _ => {
                return Err(Failure::new("--every takes one capture or pipe")
                    .next("Try: mergecap -w - FILES | lenscap scan - --every 10s"));
            }
        }
        Ok(Self {
            one,
            bar,
            span: i64::try_from(span.as_nanos()).unwrap_or(i64::MAX),
            due: AtomicI64::new(NEVER),
            failed: Mutex::new(None),
        })
    }

    /// Why it could not go on printing.
    pub(crate) fn failed(&self) -> Option<Failure> {
        self.failed.lock().ok()?.take()
    }
}

impl Progress for Every<'_> {
    fn advance(&self, bytes: u64, packets: u64) {
        self.bar.advance(bytes, packets);
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        if due == NEVER {
            self.due.store(now.0.saturating_add(self.span), Ordering::Relaxed);
            return false;
        }
        if now.0 < due {
            return false;
        }
        // After a gap there is one report, not one for each span of silence.
        self.due.store(now.0.saturating_add(self.span), Ordering::Relaxed);
        true
    }

    fn so_far(&self, summary: &Summary) {
        let printing = &self.one.printing;
        let closed = summary.close();
        let report = engine::judge(&closed, self.one.catalog, self.one.terms);
        let printed = to_stdout(|out| {
            if let Form::Json(select) = printing.form {
                return json::write(&report, select, printing.threads, out);
            }
            text::write(&report, &printing.view, out)?;
            writeln!(out)
        });
        if let (Err(failure), Ok(mut failed)) = (printed, self.failed.lock()) {
            *failed = Some(failure);
            interrupt::end_streams();
        }
    }
}
