//! Which lines a watch says, on the way and at its end.

use super::news::News;
use super::out::Out;
use crate::output::Checked;
use crate::plan::{Form, Printing};
use lenscap_flow::report::{Report, Said};
use lenscap_report::{Kind, Select, json, text};
use lenscap_wire::Timestamp;
use std::io::{self, Write};
use std::time::Duration;

/// Flows that are said at once; the others are said the next time.
const FLOWS: usize = 1 << 16;

/// Writes the report of the end.
pub(super) fn write_last(
    report: &Report<'_>,
    printing: &Printing,
    checked: Checked,
    said: &mut Said,
    out: &mut Lines<'_>,
) -> io::Result<()> {
    match printing.form {
        Form::Text if !checked.is_judged => {}
        Form::Text => text::write(report, &printing.view, out)?,
        Form::Json(select) => {
            let before = [Kind::Capture, Kind::Device];
            json::write(report, only(select, |kind| before.contains(&kind)), printing.threads, out)?;
            if select.has(Kind::Flow) {
                let flows = report.flows_that_ended(Timestamp::MAX, usize::MAX, said);
                let mut line = Vec::new();
                for flow in (0..flows.len()).filter_map(|n| flows.view(n)) {
                    line.clear();
                    json::push_flow(&mut line, &flow);
                    out.write_all(&line)?;
                }
            }
            let behind = |kind| kind != Kind::Flow && !before.contains(&kind);
            json::write(report, only(select, behind), printing.threads, out)?;
        }
        Form::Csv(_) => {}
    }
    out.flush()
}

/// Those types of record that are selected, and of which `keep` says so.
fn only(select: Select, keep: impl Fn(Kind) -> bool) -> Select {
    Kind::ALL.into_iter().filter(|kind| select.has(*kind) && keep(*kind)).collect()
}

pub(super) fn without_flows(select: Select) -> Select {
    only(select, |kind| kind != Kind::Flow)
}

pub(super) fn push_news(lines: &mut Vec<u8>, select: Select, news: &[News<'_, '_>]) {
    for news in news {
        match *news {
            News::Device(device, _) if select.has(Kind::Device) => json::push_device(lines, device),
            News::Finding(finding, _) if select.has(Kind::Finding) => json::push_finding(lines, finding),
            _ => {}
        }
    }
}

/// Takes flows that ended and were not taken before, and says them where that is wanted. Returns the bytes of TCP that their
/// receivers acknowledged and that were never captured.
pub(super) fn push_flows(
    lines: &mut Vec<u8>,
    says: bool,
    report: &Report<'_>,
    ended: Timestamp,
    said: &mut Said,
) -> u64 {
    let most = if says { FLOWS } else { usize::MAX };
    let flows = report.flows_that_ended(ended, most, said);
    let mut missed: u64 = 0;
    for flow in (0..flows.len()).filter_map(|n| flows.view(n)) {
        if says {
            json::push_flow(lines, &flow);
        }
        let ends = [&flow.orig, &flow.resp];
        missed = ends.into_iter().filter_map(|end| end.missed).fold(missed, u64::saturating_add);
    }
    missed
}

/// Writes through the output's thread, a piece after another, so that a report of a million flows is never held as a whole.
pub(super) struct Lines<'o> {
    out: &'o Out,
    buffer: Vec<u8>,
}

impl<'o> Lines<'o> {
    const FULL: usize = 1 << 20;

    pub(super) fn to(out: &'o Out) -> Self {
        Self { out, buffer: Vec::new() }
    }
}

impl Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= Self::FULL {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.out.is_free() {
            if let Some(why) = self.out.error() {
                return Err(why);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.out.write(std::mem::take(&mut self.buffer));
        Ok(())
    }
}
