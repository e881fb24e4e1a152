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

/// Flows that are said at once at most, a step of them after another while they find room; the others are said the next time.
const FLOWS: usize = 1 << 16;
const STEP: usize = 1 << 13;

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

pub(super) fn push_news(lines: &mut Pieces<'_>, select: Select, news: &[News<'_, '_>]) {
    for news in news {
        match *news {
            News::Device(device, _) if select.has(Kind::Device) => {
                lines.push(|line| json::push_device(line, device));
            }
            News::Finding(finding, _) if select.has(Kind::Finding) => {
                lines.push(|line| json::push_finding(line, finding));
            }
            _ => {}
        }
    }
}

/// Takes flows that ended and were not taken before, and says them where that is wanted. Returns the bytes of TCP that their
/// receivers acknowledged and that were never captured.
pub(super) fn push_flows(
    lines: &mut Pieces<'_>,
    says: bool,
    report: &Report<'_>,
    ended: Timestamp,
    said: &mut Said,
) -> u64 {
    let (mut missed, mut count): (u64, _) = (0, 0);
    loop {
        let most = if says { STEP } else { usize::MAX };
        let flows = report.flows_that_ended(ended, most, said);
        for flow in (0..flows.len()).filter_map(|n| flows.view(n)) {
            if says {
                lines.push(|line| json::push_flow(line, &flow));
            }
            let ends = [&flow.orig, &flow.resp];
            missed = ends.into_iter().filter_map(|end| end.missed).fold(missed, u64::saturating_add);
        }
        count += flows.len();
        if flows.len() < most || count >= FLOWS || !lines.out.has_room() {
            return missed;
        }
    }
}

/// Hands lines to the output's thread in pieces, waiting for nobody: so that what is said at once is held only as far as it
/// waits to be written.
pub(super) struct Pieces<'o> {
    out: &'o Out,
    lines: Vec<u8>,
}

impl<'o> Pieces<'o> {
    const FULL: usize = 1 << 18;

    pub(super) const fn to(out: &'o Out) -> Self {
        Self { out, lines: Vec::new() }
    }

    /// Adds whole lines.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.lines);
        if self.lines.len() >= Self::FULL {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        self.out.write(std::mem::take(&mut self.lines));
    }
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines.extend_from_slice(bytes);
        if self.lines.len() >= Self::FULL && bytes.ends_with(b"\n") {
            self.hand_over();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Pieces<'_> {
    fn drop(&mut self) {
        self.hand_over();
    }
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

#[cfg(test)]
mod tests {
    use super::super::file::Rotation;
    use super::super::out::Target;
    use super::*;
    use std::fs;

    /// Ten megabytes of lines are never held at once, and none is torn.
    #[test]
    fn what_is_said_goes_in_pieces_of_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let out = Out::open(Target::File(path.clone(), Rotation::default())).unwrap();
        let mut lines = Pieces::to(&out);
        let (mut held, mut all) = (0, Vec::new());
        for n in 0..100_000 {
            let line = format!("{{\"n\":{n},\"text\":\"{}\"}}\n", "a".repeat(n % 200));
            all.extend_from_slice(line.as_bytes());
            if n % 3 == 0 {
                // As `writeln!` may.
                let (one, other) = line.split_at(line.len() / 2);
                lines.write_all(one.as_bytes()).unwrap();
                lines.write_all(other.as_bytes()).unwrap();
            } else {
                lines.push(|lines| lines.extend_from_slice(line.as_bytes()));
            }
            held = held.max(lines.lines.len());
        }
        drop(lines);
        out.finish().unwrap();
        assert!(held < Pieces::FULL + 1000, "{held}");
        assert!(fs::read(&path).unwrap() == all);
    }
}
