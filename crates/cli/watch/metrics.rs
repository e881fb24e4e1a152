//! What a watch counts, for Prometheus: its text format, version 0.0.4, over HTTP or in a file.
//!
//! Everything is counted from the beginning of the watch. Names follow Prometheus's conventions: `_total` is a counter that only
//! rises, the others are what there is now; units are bytes and seconds.

mod file;
mod serve;
mod text;

pub(super) use file::MetricsFile;
pub(super) use serve::Server;

use super::loss::Loss;
use super::rolling::RollingFigures;
use lenscap_flow::report::Overview;
use std::sync::{Arc, Mutex, PoisonError};
use text::Text;

/// What was read of an interface, a file or a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct InputFigures {
    pub(super) name: String,
    pub(super) packets: u64,
    pub(super) bytes_wire: u64,
    pub(super) bytes_captured: u64,
    pub(super) loss: Loss,
    /// Times that it went down, or that something else was wrong with it.
    pub(super) problems: u64,
}

/// What is counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) inputs: Vec<InputFigures>,
    /// Flows in memory.
    pub(super) flows: u64,
    /// Bytes of state, and how many there may be.
    pub(super) memory: (u64, u64),
    /// Nanoseconds from the earliest packet to now, and now since 1970, both by packets.
    pub(super) time: Option<(i64, i64)>,
    /// Lines that nobody read, and attempts to write that failed.
    pub(super) lines_shed: u64,
    pub(super) output_errors: u64,
    /// Catalogues that were read again, and that were refused.
    pub(super) reloads: (u64, u64),
    /// What the last judgement said.
    pub(super) judged: Option<Judged>,
    /// Bytes of TCP that were acknowledged and never captured, of flows that ended.
    pub(super) missed: u64,
    /// The rolling files, where there are some.
    pub(super) rolling: Option<RollingFigures>,
}

/// What of a judgement is counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    devices: u64,
    cameras: u64,
    suspected: u64,
    findings: [u64; 5],
    caps: Vec<(&'static str, u64)>,
}

impl Judged {
    pub(super) fn of(overview: &Overview) -> Self {
        Self {
            devices: overview.devices,
            cameras: overview.cameras,
            suspected: overview.suspected,
            findings: overview.findings,
            caps: overview.coverage.caps.clone(),
        }
    }
}

impl Figures {
    /// All of it as text.
    pub(super) fn text(&self) -> String {
        let mut text = Text::default();
        let version = env!("CARGO_PKG_VERSION");
        text.gauge("build_info", "What runs.").label("version", version, 1);
        self.inputs(&mut text);
        text.counter(
            "missed_bytes_total",
            "Bytes of TCP that were never captured between captured ones, by sequence numbers, of flows that ended.",
        )
        .value(self.missed);
        text.gauge("flows", "Flows in memory.").value(self.flows);
        text.gauge("state_bytes", "Memory that the state takes.").value(self.memory.0);
        text.gauge("state_limit_bytes", "Memory that the state may take.").value(self.memory.1);
        if let Some((since, now)) = self.time {
            text.gauge(
                "observed_seconds",
                "Uptime in packet time: from the earliest packet to the latest time.",
            )
            .nanoseconds(since);
            text.gauge("packet_time_seconds", "What time it is since 1970, by packets.").nanoseconds(now);
        }
        if let Some(judged) = &self.judged {
            judged.write(&mut text);
        }
        text.counter("output_lines_shed_total", "Lines that were thrown away, since nobody read them.")
            .value(self.lines_shed);
        text.counter("output_errors_total", "Attempts to write the output that failed.")
            .value(self.output_errors);
        text.counter("reloads_total", "Catalogues that were read again.")
            .label("result", "taken", self.reloads.0)
            .label("result", "refused", self.reloads.1);
        if let Some(rolling) = self.rolling {
            text.counter("rolling_packets_total", "Packets that were written to rolling files.")
                .value(rolling.packets);
            text.counter("rolling_shed_packets_total", "Packets that should have been, and found no room.")
                .value(rolling.shed);
            text.counter("rolling_errors_total", "Attempts to write rolling files that failed.")
                .value(rolling.errors);
            text.gauge("rolling_bytes", "Bytes of the rolling files.").value(rolling.bytes);
            text.gauge("rolling_files", "Rolling files.").value(rolling.files);
        }
        text.finish()
    }

    fn inputs(&self, text: &mut Text) {
        type Of = fn(&InputFigures) -> u64;
        let sums: [(&str, &str, Of); 4] = [
            ("packets_total", "Packets that were captured.", |input| input.packets),
            ("wire_bytes_total", "Bytes that they had on the wire.", |input| input.bytes_wire),
            ("captured_bytes_total", "Bytes of them that were captured.", |input| input.bytes_captured),
            ("input_problems_total", "Times that an input went down, or was wrong.", |input| input.problems),
        ];
        for (name, help, of) in sums {
            let metric = text.counter(name, help);
            for input in &self.inputs {
                metric.label("input", &input.name, of(input));
            }
        }
        let metric = text.counter("lost_packets_total", "Packets that were not captured, by who lost them.");
        for input in &self.inputs {
            for (layer, count) in input.loss.layers() {
                metric.labels([("input", &*input.name), ("layer", layer)], count);
            }
        }
    }
}

impl Judged {
    fn write(&self, text: &mut Text) {
        let other = self.devices.saturating_sub(self.cameras + self.suspected);
        text.gauge("devices", "Devices by what they are.")
            .label("standing", "camera", self.cameras)
            .label("standing", "suspected", self.suspected)
            .label("standing", "other", other);
        let metric = text.gauge("findings", "Findings by severity.");
        for (severity, count) in ["info", "low", "medium", "high", "critical"].into_iter().zip(self.findings)
        {
            metric.label("severity", severity, count);
        }
        let metric = text.counter("caps_total", "Times that a limit of memory bit, by what gave way.");
        for (cap, count) in &self.caps {
            metric.label("cap", cap, *count);
        }
    }
}

/// The text as it was last written, shared by who counts and who is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Exposed(Arc<Mutex<Arc<str>>>);

impl Exposed {
    /// Replaces it.
    pub(super) fn put(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text.into();
    }

    fn text(&self) -> Arc<str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_its_line() {
        let loss = Loss { interface: 3, ring: 4, ..Loss::default() };
        let input = InputFigures {
            name: "eth0\"\n".into(),
            packets: 7,
            bytes_wire: 700,
            loss,
            ..InputFigures::default()
        };
        let overview = Overview {
            devices: 5,
            cameras: 2,
            suspected: 1,
            findings: [0, 1, 0, 2, 0],
            ..Overview::default()
        };
        let figures = Figures {
            inputs: vec![input],
            time: Some((90_500_000_000, 1_772_442_840_000_000_000)),
            judged: Some(Judged::of(&overview)),
            reloads: (2, 1),
            missed: 1460,
            ..Figures::default()
        };
        let text = figures.text();
        for line in [
            "# TYPE lenscap_packets_total counter",
            "lenscap_packets_total{input=\"eth0\\\"\\n\"} 7",
            "lenscap_wire_bytes_total{input=\"eth0\\\"\\n\"} 700",
            "lenscap_lost_packets_total{input=\"eth0\\\"\\n\",layer=\"interface\"} 3",
            "lenscap_lost_packets_total{input=\"eth0\\\"\\n\",layer=\"ring\"} 4",
            "lenscap_missed_bytes_total 1460",
            "lenscap_observed_seconds 90.5",
            "lenscap_packet_time_seconds 1772442840",
            "lenscap_devices{standing=\"other\"} 2",
            "lenscap_findings{severity=\"high\"} 2",
            "lenscap_reloads_total{result=\"refused\"} 1",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is missing:\n{text}");
        }
        let named = |line: &str| line.starts_with("# ") || line.starts_with("lenscap_");
        assert!(text.ends_with('\n') && text.lines().all(named));
    }
}
