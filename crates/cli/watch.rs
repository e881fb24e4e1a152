//! `lenscap watch`: what `scan` does on files, live.
//!
//! Packets are folded as they come. Every few seconds what was folded is judged, and what is new in that is said: flows that
//! ended, devices and findings that are new or are something else than before. To judge takes at most a tenth of the time.
//! When it ends, the report is that of `scan`.

mod clock;
mod file;
mod lines;
mod loss;
mod metrics;
mod news;
mod notify;
mod out;
mod pulse;
mod rolling;
mod settle;
mod signals;
mod source;
mod telling;
mod turn;
mod view;

use crate::args::{Reading, Watch};
use crate::engine::{self, Options, Terms};
use crate::failure::{Failure, Outcome, say};
use crate::output;
use crate::overrides;
use crate::parse::Bound;
use crate::plan::{self, Form, Printing};
use crate::sandbox::{self, Access, Layer};
use file::Rotation;
use lenscap_capture::Next;
use lenscap_catalog::Catalog;
use lenscap_flow::report::Said;
use lenscap_flow::{Ongoing, Policy};
use lenscap_report::Kind;
use lenscap_report::text;
use lines::{Lines, write_last};
use metrics::Judged;
use news::Heard;
use out::{Out, Target};
use pulse::{Doors, Pulse, State};
use rolling::Rolling;
use settle::Engine;
use signals::Signals;
use source::Opened;
use std::io::{self, ErrorKind, IsTerminal};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use turn::Turn;
use view::View;

/// How often JSON lines are written at most.
const INTERVAL: Duration = Duration::from_secs(5);
/// How often it is judged which flows may leave memory, where nothing is said.
const SILENT: Duration = Duration::from_mins(1);
/// So many times as long as judging takes, nothing is judged again.
const REST: u32 = 9;
/// How long it is waited for a reader that stalls.
const STALLED: Duration = Duration::from_mins(1);
/// What stands in the rings when it is stopped is read for so long.
const DRAIN: Duration = Duration::from_secs(2);

/// Watches until it is stopped or there is nothing more, and prints the report.
pub(crate) fn run(watch: &Watch) -> Result<Outcome, Failure> {
    let again: Vec<PathBuf> = watch.replay.clone().into_iter().collect();
    let printing = Printing {
        choosers: watch.filter.iter().map(|_| "--filter").collect(),
        ..plan::printing(&watch.output, None, false, plan::typed("scan", &again, &changing(watch)))?
    };
    let style = match printing.form {
        Form::Csv(_) => return Err(Failure::new("watch writes text or JSON lines").next("Try: --json")),
        Form::Json(_) => None,
        Form::Text => Some(printing.view.clone()),
    };
    if watch.replay.is_none() && watch.speed != NonZeroU32::MIN {
        return Err(Failure::new("--speed is of a file: what comes live comes as fast as it does")
            .next("Try: --replay FILE --speed N"));
    }
    let options = plan::watching(watch);
    let (catalog, policy) = overrides::open(&watch.judging)?;
    let signals = Signals::listen()?;
    let doors = Doors::open(watch)?;
    if let Some(folder) = &watch.rolling {
        rolling::make_folder(folder)?;
    }
    let listener = doors.server.as_ref().map(metrics::Server::fd);
    let opened = source::open(watch, &signals, |captures| {
        for Layer { name, held } in confine(watch, listener, captures) {
            if let Err(why) = held {
                say(&format!("lenscap: the sandbox lacks a layer, {name}: {why}"));
            }
        }
    })?;
    let target =
        watch.output_file.clone().map_or(Target::Stdout, |path| Target::File(path, rotation(&watch.rotate)));
    let out = Out::open(target).map_err(|why| match &watch.output_file {
        Some(path) => Failure::file("write", path, why),
        None => Failure::from(why),
    })?;
    // The kernel asks the filter of an interface.
    let options = Options { filter: options.filter.filter(|_| !opened.is_live), ..options };
    let Engine { opened, ongoing, stopping } = settle::engine(watch, &options, opened)?;
    let screen = io::stdout().is_terminal().then_some(plan::screen as fn() -> (usize, usize));
    let view = style.map(|style| (View::new(&opened.name, screen), style));
    let names = opened.about.iter().map(|about| about.path.clone()).collect();
    let rolling = Rolling::start(watch, names)?;
    let mut run = Run {
        watch,
        memory: options.limits.memory as u64,
        opened,
        ongoing,
        stopping,
        out,
        view,
        printing,
        catalog,
        terms: terms(policy, watch),
        said: Said::default(),
        heard: Heard::default(),
        begun: moment(),
        next: None,
        turn: Turn::default(),
        missed: 0,
        pulse: Pulse::new(watch, doors)?,
        rolling,
    };
    run.pulse.ready(&run.opened)?;
    let failures = run.follow(&signals)?;
    run.finish(failures)
}

/// When the output file is closed and another begun.
fn rotation(bounds: &[Bound]) -> Rotation {
    let mut rotation = Rotation::default();
    for bound in bounds {
        match *bound {
            Bound::Bytes(size) => rotation.size = Some(size),
            Bound::Age(age) => rotation.age = Some(age),
        }
    }
    rotation
}

/// On which terms the reports of a watch are made.
fn terms(policy: Policy, watch: &Watch) -> Terms {
    Terms::new(policy, plan::command("watch", &changing(watch)))
}

/// The options that change what is reported.
fn changing(watch: &Watch) -> Vec<String> {
    let reading = Reading { filter: watch.filter.clone(), from: None, to: None, idle: watch.idle };
    plan::options(Some(&reading), &watch.judging, watch.memory)
}

/// Gives up all rights but to read what is read again, to write the output, and to let clients in who come to `listener`. Interfaces
/// are open by then, as `captures`: none can be opened any more. Says which layers hold.
pub(crate) fn confine(watch: &Watch, listener: Option<i32>, captures: Vec<i32>) -> Vec<Layer> {
    let inputs = watch.replay.iter().chain(&watch.fifo).map(PathBuf::as_path);
    let mut access = Access { listener, captures, ..Access::default() }.read_inputs(inputs);
    for output in [&watch.output_file, &watch.metrics_file] {
        access = access.write_file(output.as_deref());
    }
    access.write.extend(watch.rolling.clone());
    let access =
        access.read_again(watch.judging.catalog.iter().chain(&watch.judging.overrides).map(PathBuf::as_path));
    sandbox::confine(!watch.no_sandbox, &access)
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
    /// Where several read for themselves: set, to let each end once it has nothing more.
    stopping: Option<Arc<AtomicBool>>,
    out: Out,
    /// What text is said; nothing where JSON lines are written.
    view: Option<(View, text::View)>,
    printing: Printing,
    catalog: Catalog,
    terms: engine::Terms,
    said: Said,
    heard: Heard,
    begun: Instant,
    /// When something is to be said again.
    next: Option<Instant>,
    /// Whether it is to be judged again, by packets.
    turn: Turn,
    /// Bytes that were acknowledged and never captured, of flows that ended.
    missed: u64,
    pulse: Pulse,
    rolling: Option<Rolling>,
}

impl Run<'_> {
    /// Follows the source to its end, or until it is asked to stop. Returns what went wrong on the way.
    fn follow(&mut self, signals: &Signals) -> Result<Vec<Failure>, Failure> {
        let mut failures = Vec::new();
        let mut stopped: Option<Instant> = None;
        let mut complained = false;
        loop {
            match self.opened.source.next() {
                Ok(Next::Batch(batch)) => {
                    self.ongoing.fold(&batch);
                    self.turn.pass(batch.records().len());
                    if let Some(rolling) = &mut self.rolling {
                        rolling.take(&batch, self.ongoing.now().unwrap_or_default());
                    }
                }
                Ok(Next::Idle(now)) => {
                    // A stream knows no time but the latest stamp, and that one may lie.
                    if self.opened.is_live || self.watch.replay.is_some() {
                        self.ongoing.tell(now);
                    }
                    self.ongoing.attend();
                    if stopped.is_some() && self.stopping.is_none() {
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
            if self.pulse.is_due(now) {
                if let Some(rolling) = &mut self.rolling {
                    rolling.flush(self.ongoing.now().unwrap_or_default());
                    rolling.say_shed();
                }
                let state = self.state();
                self.pulse.beat(now, &mut self.opened, state, &self.out);
            }
            let over = self.watch.duration.is_some_and(|span| now - self.begun >= span);
            if over || signals.stop() {
                // What came before stands in the ring yet; of a stream nobody can tell.
                let since = *stopped.get_or_insert(now);
                if let Some(stopping) = &self.stopping {
                    stopping.store(true, Ordering::Relaxed);
                }
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
            if self.is_due(now) {
                self.tick();
            }
        }
        Ok(failures)
    }

    /// Whether it is to be judged. While a reader stalls, nothing is for a minute, then it goes on: memory must be given back, and
    /// what the queue of the output has no room for is thrown away. A file that is fed fast is judged by its own time, too, where it
    /// hangs on that which packets are kept: they wait for it.
    fn is_due(&self, now: Instant) -> bool {
        let patience = if self.out.is_free() { Duration::ZERO } else { STALLED };
        self.next.is_none_or(|next| now >= next + patience)
            || self.rolling.is_some()
                && !self.opened.is_live
                && self.ongoing.now().is_some_and(|now| self.turn.is_due(now))
    }

    fn state(&self) -> State {
        let rolling = self.rolling.as_ref().map(Rolling::figures);
        State::of(&self.ongoing, self.memory, self.missed, rolling)
    }

    /// Whether anything is said on the way. While it is judged what to say, packets wait in the ring.
    fn speaks(&self) -> bool {
        let wanted = [Kind::Device, Kind::Flow, Kind::Finding];
        self.view.is_some() || self.pulse.is_counted() || self.rolling.is_some() || self.says(&wanted)
    }

    /// Whether records of one of these kinds are written.
    fn says(&self, kinds: &[Kind]) -> bool {
        matches!(self.printing.form, Form::Json(select) if kinds.iter().any(|kind| select.has(*kind)))
    }

    /// Opens outputs and catalogue again; a catalogue that is wrong changes nothing.
    fn reload(&mut self) {
        self.out.reopen();
        match overrides::open(&self.watch.judging) {
            Ok((catalog, policy)) => {
                (self.catalog, self.terms) = (catalog, terms(policy, self.watch));
                self.pulse.reloads.0 += 1;
            }
            Err(failure) => {
                say(&format!("{failure}\n  The catalogue that was read before stays"));
                self.pulse.reloads.1 += 1;
            }
        }
    }

    /// Prints the last report, and says how it ended.
    fn finish(mut self, failures: Vec<Failure>) -> Result<Outcome, Failure> {
        self.pulse.stopping(moment());
        self.ongoing.end();
        self.opened.source.refresh();
        let printing = self.printing.clone();
        if let Some(rolling) = &mut self.rolling {
            rolling.finish(self.ongoing.now().unwrap_or_default());
        }
        let state = self.state();
        let clear = self.view.as_mut().map(|(view, _)| view.clear()).unwrap_or_default();
        self.out.write(clear.into_bytes());
        let closed = self.ongoing.summary(self.opened.source.tallies()).close();
        let mut report = engine::judge(&closed, &self.catalog, &self.terms);
        let checked = output::check(&mut report, &printing, failures);
        let mut lines = Lines::to(&self.out);
        write_last(&report, &printing, checked, &mut self.said, &mut lines)?;
        self.pulse.judged = Some(Judged::of(&report.overview));
        self.pulse.count(&self.opened, state, &self.out);
        let outcome = output::outcome(&report, &printing, checked);
        self.out.finish().map_err(|why| match &self.watch.output_file {
            Some(path) => Failure::file("write", path, why),
            None => Failure::from(why),
        })?;
        Ok(outcome)
    }
}
