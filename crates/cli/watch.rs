//! `lenscap watch`: what `scan` does on files, live.
//!
//! Packets are folded as they come. Every few seconds what was folded is judged, and what is new in that is said: flows that
//! ended, devices and findings that are new or are something else than before. To judge takes at most a tenth of the time.
//! When it ends, the report is that of `scan`.

mod news;
mod out;
mod signals;
mod source;
mod view;

use crate::args::Watch;
use crate::engine::Options;
use crate::failure::{Failure, Outcome, say};
use crate::output::{self, Checked};
use crate::overrides;
use crate::plan::{self, Form, Printing};
use crate::sandbox::{self, Access, Layer};
use lenscap_capture::Next;
use lenscap_catalog::Catalog;
use lenscap_flow::report::{Report, Said};
use lenscap_flow::{Ongoing, Policy, judge};
use lenscap_report::text;
use lenscap_report::{Kind, Select, json};
use lenscap_wire::Timestamp;
use news::{Heard, News};
use out::{Out, Target};
use signals::Signals;
use source::Opened;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use view::{Sums, View};

/// How often JSON lines are written at most.
const INTERVAL: Duration = Duration::from_secs(5);
/// Flows that are said at once; the others are said the next time.
const FLOWS: usize = 1 << 16;
/// So many times as long as judging takes, nothing is judged again.
const REST: u32 = 9;
/// What stands in the rings when it is stopped is read for so long.
const DRAIN: Duration = Duration::from_secs(2);

/// Watches until it is stopped or there is nothing more, and prints the report.
pub(crate) fn run(watch: &Watch) -> Result<Outcome, Failure> {
    let again: Vec<PathBuf> = watch.replay.clone().into_iter().collect();
    let printing = plan::printing(&watch.output, None, false, plan::typed("scan", &again))?;
    let style = match printing.form {
        Form::Csv(_) => return Err(Failure::new("watch writes text or JSON lines").next("Try: --json")),
        Form::Json(_) => None,
        Form::Text => Some(printing.view.clone()),
    };
    let options = plan::watching(watch);
    let (catalog, policy) = overrides::open(&watch.judging)?;
    let signals = Signals::listen()?;
    let opened = source::open(watch, || confine(watch))?;
    let target = watch.output_file.clone().map_or(Target::Stdout, Target::File);
    let out = Out::open(target).map_err(|why| match &watch.output_file {
        Some(path) => Failure::file("write", path, why),
        None => Failure::from(why),
    })?;
    // The kernel asks the filter of an interface.
    let options = Options { filter: options.filter.filter(|_| !opened.is_live), ..options };
    let ongoing =
        Ongoing::new(&options, opened.about.clone()).map_err(|why| Failure::new(why.to_string()))?;
    let view = style.map(|style| (View::new(&opened.name, io::stdout().is_terminal()), style));
    let mut run = Run {
        watch,
        memory: options.limits.memory as u64,
        opened,
        ongoing,
        out,
        view,
        printing,
        catalog,
        policy,
        said: Said::default(),
        heard: Heard::default(),
        begun: moment(),
        next: None,
    };
    let failures = run.follow(&signals)?;
    run.finish(failures)
}

/// Gives up all rights but to read what is read again and to write the output. Interfaces are open by then: none can be opened
/// any more.
fn confine(watch: &Watch) {
    if watch.no_sandbox {
        return sandbox::refuse();
    }
    let inputs = watch.replay.iter().chain(&watch.fifo).map(PathBuf::as_path);
    let access = Access::default().read_inputs(inputs).write_file(watch.output_file.as_deref());
    let access =
        access.read_again(watch.judging.catalog.iter().chain(&watch.judging.overrides).map(PathBuf::as_path));
    for Layer { name, held } in sandbox::enter(&access) {
        if let Err(why) = held {
            say(&format!("lenscap: the sandbox lacks a layer, {name}: {why}"));
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "how long it runs and how often it speaks is told by the machine's clock"
)]
fn moment() -> Instant {
    Instant::now()
}

/// A watch that goes on.
struct Run<'w> {
    watch: &'w Watch,
    memory: u64,
    opened: Opened,
    ongoing: Ongoing,
    out: Out,
    /// What text is said; nothing where JSON lines are written.
    view: Option<(View, text::View)>,
    printing: Printing,
    catalog: Catalog,
    policy: Policy,
    said: Said,
    heard: Heard,
    begun: Instant,
    /// When something is to be said again.
    next: Option<Instant>,
}

impl Run<'_> {
    /// Follows the source to its end, or until it is asked to stop. Returns what went wrong on the way.
    fn follow(&mut self, signals: &Signals) -> Result<Vec<Failure>, Failure> {
        let mut failures = Vec::new();
        let speaks = self.speaks();
        let mut stopped: Option<Instant> = None;
        let mut complained = false;
        loop {
            match self.opened.source.next() {
                Ok(Next::Batch(batch)) => self.ongoing.fold(&batch),
                Ok(Next::Idle(now)) => {
                    // A stream knows no time but the latest stamp, and that one may lie.
                    if self.opened.is_live || self.watch.replay.is_some() {
                        self.ongoing.tell(now);
                    }
                    if stopped.is_some() {
                        break;
                    }
                }
                Ok(Next::End) => break,
                Err(why) => {
                    failures.push(Failure::new(why.to_string()));
                    break;
                }
            }
            let now = moment();
            let over = self.watch.duration.is_some_and(|span| now - self.begun >= span);
            if over || signals.stop() {
                // What came before stands in the ring yet; of a stream nobody can tell.
                let since = *stopped.get_or_insert(now);
                if !self.opened.is_live || now - since >= DRAIN {
                    break;
                }
            }
            if let Some(why) = self.out.error() {
                if why.kind() == ErrorKind::BrokenPipe {
                    return Err(why.into());
                }
                if !complained {
                    say(&format!("lenscap: cannot write: {why}; it is tried again every second"));
                }
                complained = true;
            } else if complained && self.out.is_free() {
                complained = false;
            }
            if signals.take_reload() {
                self.reload();
            }
            if signals.take_report() {
                self.report();
            }
            if speaks && self.next.is_none_or(|next| now >= next) && self.out.is_free() {
                self.tick();
            }
        }
        Ok(failures)
    }

    /// Whether anything is said on the way: while it is judged what to say, packets wait in the ring.
    fn speaks(&self) -> bool {
        let said = [Kind::Device, Kind::Flow, Kind::Finding];
        match self.printing.form {
            Form::Json(select) => said.into_iter().any(|kind| select.has(kind)),
            Form::Text | Form::Csv(_) => true,
        }
    }

    /// Opens outputs and catalogue again; a catalogue that is wrong changes nothing.
    fn reload(&mut self) {
        self.out.reopen();
        match overrides::open(&self.watch.judging) {
            Ok((catalog, policy)) => (self.catalog, self.policy) = (catalog, policy),
            Err(failure) => say(&format!("{failure}\n  The catalogue that was read before stays")),
        }
    }

    /// Judges what there is, and lets `use_it` make something of it.
    fn judged<T>(
        &mut self,
        use_it: impl FnOnce(&mut Report<'_>, &mut Said, &mut Heard, Option<&mut (View, text::View)>, Sums) -> T,
    ) -> T {
        let began = moment();
        let up = began - self.begun;
        let flows = self.ongoing.state().flows() as u64;
        let memory = (self.ongoing.state().cost() as u64, self.memory);
        let closed = self.ongoing.summary(self.opened.source.tallies()).close();
        let mut report = judge(&closed, &self.catalog, &self.policy);
        let drops = |of: fn(&lenscap_flow::report::DropCounts) -> u64| {
            report.captures.iter().map(|capture| of(&capture.drops)).sum()
        };
        let sums = Sums {
            packets: report.ledger.packets,
            bytes: report.ledger.bytes_wire,
            lost: (drops(|drops| drops.interface), drops(|drops| drops.ring)),
            flows,
            memory,
            up,
        };
        let made = use_it(&mut report, &mut self.said, &mut self.heard, self.view.as_mut(), sums);
        let now = moment();
        let interval = self.view.as_ref().map_or(INTERVAL, |(view, _)| view.interval());
        self.next = Some(now + interval.max((now - began) * REST));
        made
    }

    /// Says what is new.
    fn tick(&mut self) {
        let (ended, now) = (self.ongoing.ended(), self.ongoing.now().unwrap_or_default());
        let form = self.printing.form;
        let lines = self.judged(|report, said, heard, view, sums| {
            let news = heard.news(report);
            match (view, form) {
                (Some((view, _)), _) => view.say(report, &news, now, sums).into_bytes(),
                (None, Form::Json(select)) => {
                    let mut lines = Vec::new();
                    push_news(&mut lines, select, &news);
                    push_flows(&mut lines, select, report, ended, said);
                    lines
                }
                (None, _) => Vec::new(),
            }
        });
        self.out.write(lines);
    }

    /// Reports on all that there is, as if it ended now; of flows only those that ended.
    fn report(&mut self) {
        let (ended, threads, form) = (self.ongoing.ended(), self.printing.threads, self.printing.form);
        let lines = self.judged(|report, said, _, view, _| {
            let mut lines = Vec::new();
            let written = match (view, form) {
                (Some((view, style)), _) => {
                    lines.extend(view.clear().into_bytes());
                    text::write(report, style, &mut lines)
                }
                (None, Form::Json(select)) => {
                    push_flows(&mut lines, select, report, ended, said);
                    json::write(report, without_flows(select), threads, &mut lines)
                }
                (None, _) => Ok(()),
            };
            // A buffer takes all.
            written.map(|()| lines).unwrap_or_default()
        });
        self.out.write(lines);
    }

    /// Prints the last report, and says how it ended.
    fn finish(mut self, failures: Vec<Failure>) -> Result<Outcome, Failure> {
        self.opened.source.refresh();
        let printing = self.printing.clone();
        let clear = self.view.as_mut().map(|(view, _)| view.clear()).unwrap_or_default();
        self.out.write(clear.into_bytes());
        let closed = self.ongoing.summary(self.opened.source.tallies()).close();
        let mut report = judge(&closed, &self.catalog, &self.policy);
        let checked = output::check(&mut report, failures);
        let mut lines = Lines { out: &self.out, buffer: Vec::new() };
        write_last(&report, &printing, checked, &mut self.said, &mut lines)?;
        let outcome = output::outcome(&report, &printing, checked);
        self.out.finish().map_err(|why| match &self.watch.output_file {
            Some(path) => Failure::file("write", path, why),
            None => Failure::from(why),
        })?;
        Ok(outcome)
    }
}

/// Writes the report of the end.
fn write_last(
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

fn without_flows(select: Select) -> Select {
    only(select, |kind| kind != Kind::Flow)
}

fn push_news(lines: &mut Vec<u8>, select: Select, news: &[News<'_, '_>]) {
    for news in news {
        match *news {
            News::Device(device, _) if select.has(Kind::Device) => json::push_device(lines, device),
            News::Finding(finding, _) if select.has(Kind::Finding) => json::push_finding(lines, finding),
            _ => {}
        }
    }
}

/// Says flows that ended and were not said before.
fn push_flows(lines: &mut Vec<u8>, select: Select, report: &Report<'_>, ended: Timestamp, said: &mut Said) {
    if select.has(Kind::Flow) {
        let flows = report.flows_that_ended(ended, FLOWS, said);
        for flow in (0..flows.len()).filter_map(|n| flows.view(n)) {
            json::push_flow(lines, &flow);
        }
    }
}

/// Writes through the output's thread, a piece after another, so that a report of a million flows is never held as a whole.
struct Lines<'o> {
    out: &'o Out,
    buffer: Vec<u8>,
}

impl Lines<'_> {
    const FULL: usize = 1 << 20;
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
