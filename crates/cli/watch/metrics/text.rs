//! Prometheus's text format: for each metric its help, its type, and a line for each of its values.

use std::fmt::Write;

/// Begins every name.
const PREFIX: &str = "lenscap_";

/// Metrics as they are written.
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
    /// The metric that is being written.
    name: String,
}

impl Text {
    /// Begins a metric that only rises.
    pub(super) fn counter(&mut self, name: &str, help: &str) -> &mut Self {
        self.begin(name, help, "counter")
    }

    /// Begins a metric that says what there is now.
    pub(super) fn gauge(&mut self, name: &str, help: &str) -> &mut Self {
        self.begin(name, help, "gauge")
    }

    fn begin(&mut self, name: &str, help: &str, kind: &str) -> &mut Self {
        self.name = format!("{PREFIX}{name}");
        _ = writeln!(self.text, "# HELP {0} {help}\n# TYPE {0} {kind}", self.name);
        self
    }

    /// Its only value.
    pub(super) fn value(&mut self, value: u64) -> &mut Self {
        self.labels([], value)
    }

    /// Its only value, a time in nanoseconds, which is written in seconds.
    pub(super) fn nanoseconds(&mut self, nanoseconds: i64) -> &mut Self {
        let sign = if nanoseconds < 0 { "-" } else { "" };
        let (seconds, rest) =
            (nanoseconds.unsigned_abs() / 1_000_000_000, nanoseconds.unsigned_abs() % 1_000_000_000);
        let text = format!("{sign}{seconds}.{rest:09}");
        _ = writeln!(self.text, "{} {}", self.name, text.trim_end_matches('0').trim_end_matches('.'));
        self
    }

    /// One of its values, with a label.
    pub(super) fn label(&mut self, label: &str, of: &str, value: u64) -> &mut Self {
        self.labels([(label, of)], value)
    }

    /// One of its values, with labels.
    pub(super) fn labels<const N: usize>(&mut self, labels: [(&str, &str); N], value: u64) -> &mut Self {
        self.text.push_str(&self.name);
        for (n, (label, of)) in labels.into_iter().enumerate() {
            self.text.push(if n == 0 { '{' } else { ',' });
            _ = write!(self.text, "{label}=\"{}\"", escaped(of));
        }
        if N > 0 {
            self.text.push('}');
        }
        _ = writeln!(self.text, " {value}");
        self
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A label's value: backslashes, quotes and ends of lines would end it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds() {
        let mut text = Text::default();
        for nanoseconds in [0, 1_500_000_000, -1, 100_000_000_000] {
            text.gauge("t", "T.").nanoseconds(nanoseconds);
        }
        let text = text.finish();
        let values: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(values, ["lenscap_t 0", "lenscap_t 1.5", "lenscap_t -0.000000001", "lenscap_t 100"]);
    }
}
