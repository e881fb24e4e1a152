//! What a watch does every second, whatever it reads: it counts for those who ask for metrics, tells who started it that it
//! lives, and says what was lost.

use super::loss::Loss;
use super::metrics::{Exposed, Figures, InputFigures, Judged, MetricsFile, Server};
use super::notify::Notify;
use super::out::Out;
use super::rolling::RollingFigures;
use super::source::Opened;
use crate::args::Watch;
use crate::failure::{Failure, say};
use lenscap_flow::Ongoing;
use lenscap_report::{escape::escape, units};
use lenscap_wire::Timestamp;
use std::time::{Duration, Instant};

/// How often.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often losses are said where there are some.
const SAY_AFTER: Duration = Duration::from_mins(1);

/// What has to be opened before the sandbox.
pub(super) struct Doors {
    pub(super) server: Option<Server>,
    notify: Notify,
}

impl Doors {
    /// Opens what was asked for.
    pub(super) fn open(watch: &Watch) -> Result<Self, Failure> {
        let server = watch.metrics.map(|address| {
            if !address.ip().is_loopback() && !watch.metrics_exposed {
                let failure = Failure::new(format!(
                    "{address} can be reached from other machines, and asks nobody who they are"
                ));
                return Err(failure.next(format!(
                    "Try: --metrics {}      or, where that is meant: --metrics-exposed",
                    address.port()
                )));
            }
            let refused = |why| Failure::new(format!("cannot listen on {address}: {why}"));
            Server::open(address).map_err(refused)
        });
        let unheard = |why| Failure::new(format!("cannot speak to NOTIFY_SOCKET: {why}"));
        Ok(Self { server: server.transpose()?, notify: Notify::from_environment().map_err(unheard)? })
    }
}

/// What the state is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    flows: u64,
    /// Bytes that it takes, and that it may.
    memory: (u64, u64),
    /// What time it is, by packets.
    now: Option<Timestamp>,
    /// Bytes that were acknowledged and never captured.
    missed: u64,
    /// The rolling files, where there are some.
    rolling: Option<RollingFigures>,
}

impl State {
    pub(super) fn of(ongoing: &Ongoing, memory: u64, missed: u64, rolling: Option<RollingFigures>) -> Self {
        Self {
            flows: ongoing.flows() as u64,
            memory: (ongoing.cost() as u64, memory),
            now: ongoing.now(),
            missed,
            rolling,
        }
    }
}

/// A watch's pulse.
pub(super) struct Pulse {
    next: Option<Instant>,
    notify: Notify,
    /// What is counted for others, where somebody asks for it.
    exposed: Option<Exposed>,
    /// Written until the end.
    _file: Option<MetricsFile>,
    pub(super) judged: Option<Judged>,
    /// Catalogues that were read again, and that were refused.
    pub(super) reloads: (u64, u64),
    /// What was lost when that was last said, and when; lines that were thrown away.
    said: (Loss, Option<Instant>, u64),
}

impl Pulse {
    /// Begins to serve metrics, in the sandbox.
    pub(super) fn new(watch: &Watch, doors: Doors) -> Result<Self, Failure> {
        let is_asked = doors.server.is_some() || watch.metrics_file.is_some();
        let exposed = is_asked.then(Exposed::default);
        if let Some(exposed) = &exposed {
            // Until the first beat.
            exposed.put(Figures::default().text());
        }
        if let (Some(exposed), Some(server)) = (&exposed, doors.server) {
            let address = server.address();
            server
                .start(exposed.clone())
                .map_err(|why| Failure::new(format!("cannot serve metrics: {why}")))?;
            say(&format!("lenscap: metrics at http://{address}/metrics"));
        }
        let file = watch.metrics_file.as_ref().zip(exposed.as_ref()).map(|(path, exposed)| {
            let unwritten = |why| Failure::file("write", path, why);
            MetricsFile::start(path.clone(), exposed.clone()).map_err(unwritten)
        });
        Ok(Self {
            next: None,
            notify: doors.notify,
            exposed,
            _file: file.transpose()?,
            judged: None,
            reloads: (0, 0),
            said: (Loss::default(), None, 0),
        })
    }

    /// Whether somebody asks for metrics.
    pub(super) fn is_counted(&self) -> bool {
        self.exposed.is_some()
    }

    /// Says that packets are read from now on.
    pub(super) fn ready(&mut self, opened: &Opened) -> Result<(), Failure> {
        let unsaid = |why| Failure::new(format!("cannot start the watchdog: {why}"));
        self.notify.ready(&opened.name).map_err(unsaid)
    }

    /// Notes that it begins to judge.
    pub(super) fn judging(&self, now: Instant) {
        self.notify.judging(now);
    }

    /// Notes that it judged.
    pub(super) fn has_judged(&self, now: Instant) {
        self.notify.live(now);
    }

    /// Says that it ends.
    pub(super) fn stopping(&self, now: Instant) {
        self.notify.stopping(now);
    }

    /// Whether something is due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next.is_none_or(|next| now >= next)
    }

    /// Does what is due.
    pub(super) fn beat(&mut self, now: Instant, opened: &mut Opened, state: State, out: &Out) {
        self.next = Some(now + INTERVAL);
        self.notify.live(now);
        opened.source.refresh();
        self.say_lost(now, opened, &inputs(opened));
        if out.shed() > self.said.2 {
            self.said.2 = out.shed();
            let lines = units::counted(self.said.2, "line");
            say(&format!("lenscap: nobody reads the output: {lines} in all were thrown away"));
        }
        self.count(opened, state, out);
    }

    /// Says once a minute what was lost since that was last said.
    fn say_lost(&mut self, now: Instant, opened: &Opened, inputs: &[InputFigures]) {
        let lost: Loss = inputs.iter().map(|input| input.loss).sum();
        let (before, when, _) = self.said;
        let since = lost - before;
        let is_due = when.is_none_or(|when| now.saturating_duration_since(when) >= SAY_AFTER);
        if since.packets() == 0 || !is_due || !opened.is_live {
            return;
        }
        (self.said.0, self.said.1) = (lost, Some(now));
        let layers = since.layers().into_iter().filter(|(_, count)| *count > 0);
        let layers: Vec<_> =
            layers.map(|(layer, count)| format!("{layer} {}", units::count(count))).collect();
        say(&format!(
            "lenscap: {} lost {} ({}), {} in all{}",
            escape(opened.name.as_bytes()),
            units::counted(since.packets(), "packet"),
            layers.join(", "),
            units::count(lost.packets()),
            shares(inputs),
        ));
    }

    /// Counts for those who ask.
    pub(super) fn count(&self, opened: &Opened, state: State, out: &Out) {
        let Some(exposed) = &self.exposed else { return };
        let start = opened.source.tallies().iter().filter_map(|tally| tally.start).min();
        let figures = Figures {
            inputs: inputs(opened),
            flows: state.flows,
            memory: state.memory,
            time: start.zip(state.now).map(|(start, now)| (now.0.saturating_sub(start.0), now.0)),
            lines_shed: out.shed(),
            output_errors: out.failures(),
            reloads: self.reloads,
            judged: self.judged.clone(),
            missed: state.missed,
            rolling: state.rolling,
        };
        exposed.put(figures.text());
    }
}

/// Which part of the packets several inputs took: one thread may have nearly all, and lose some.
fn shares(inputs: &[InputFigures]) -> String {
    let all: u64 = inputs.iter().map(|input| input.packets).sum();
    let share = |input: &InputFigures| {
        Some(format!("{} by {}", units::share(input.packets, all)?, escape(input.name.as_bytes())))
    };
    if inputs.len() < 2 || all == 0 {
        return String::new();
    }
    format!("; {}", inputs.iter().filter_map(share).collect::<Vec<_>>().join(", "))
}

/// What was read so far, input by input.
fn inputs(opened: &Opened) -> Vec<InputFigures> {
    let named =
        |about: &lenscap_flow::About| InputFigures { name: about.path.clone(), ..InputFigures::default() };
    let mut inputs: Vec<_> = opened.about.iter().map(named).collect();
    for tally in opened.source.tallies() {
        let Some(input) = inputs.get_mut(tally.id.input as usize) else { continue };
        input.packets += tally.records;
        input.bytes_wire += tally.bytes_wire;
        input.bytes_captured += tally.bytes_captured;
        input.loss = input.loss + tally.drops.counts().into();
        input.problems += tally.problems.len() as u64 + tally.problems_more;
    }
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_handles_share_the_packets_is_told() {
        let input =
            |name: &str, packets| InputFigures { name: name.into(), packets, ..InputFigures::default() };
        assert_eq!(shares(&[input("eth0", 5)]), "");
        assert_eq!(shares(&[input("eth0#1", 97), input("eth0#2", 3)]), "; 97.0 % by eth0#1, 3.0 % by eth0#2");
        assert_eq!(shares(&[input("eth0#1", 0), input("eth0#2", 0)]), "", "nobody had any");
    }
}
