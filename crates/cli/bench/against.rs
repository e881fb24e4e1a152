//! A run beside one that was saved: which stages differ by more than their rounds do.

use super::number;
use super::run::{Run, SCHEMA, stage};
use super::spread::Spread;
use crate::failure::Failure;
use lenscap_report::units;
use std::fs;
use std::path::Path;

/// A saved run.
pub(super) struct Against {
    name: String,
    run: Run,
}

/// What became of a stage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Change {
    /// Thousandths of the saved median by which it differs.
    pub(super) permille: u64,
    /// Whether it takes less time now.
    pub(super) faster: bool,
    /// The greater half spread of the two runs, in thousandths of its median.
    pub(super) noise: u64,
}

impl Change {
    fn between(then: &Spread, now: &Spread) -> Self {
        Self {
            permille: number::permille(now.median.abs_diff(then.median), then.median),
            faster: now.median < then.median,
            noise: then.noise().max(now.noise()),
        }
    }

    /// Whether it is more than the rounds of either run differ among themselves.
    pub(super) fn is_beyond_noise(self) -> bool {
        self.permille > self.noise
    }

    /// In words.
    pub(super) fn words(self) -> String {
        let noise = number::percent(self.noise);
        if !self.is_beyond_noise() {
            return format!("no difference beyond the spread of the rounds (±{noise})");
        }
        let word = if self.faster { "less" } else { "more" };
        format!("{} {word} time (±{noise})", number::percent(self.permille))
    }
}

impl Against {
    /// Reads a saved run.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|why| Failure::file("read", path, why))?;
        let run: Run = serde_json::from_str(&text)
            .map_err(|why| Failure::file("read", path, format!("not a saved bench run: {why}")))?;
        if run.schema != SCHEMA {
            return Err(Failure::file("read", path, format!("not of the form {SCHEMA}")));
        }
        Ok(Self { name: path.to_string_lossy().into_owned(), run })
    }

    /// What it is called in a report.
    pub(super) fn title(&self) -> String {
        let Self { name, run } = self;
        let rounds = units::counted(run.rounds.into(), "round");
        format!("{name} (lenscap {}, {}, {rounds})", run.version, run.ended)
    }

    /// That the captures are not those of the saved run, so that nothing can be compared.
    pub(super) fn other_captures(&self, now: &Run) -> Option<Failure> {
        let then = &self.run;
        let same = (then.captures, then.packets, then.bytes) == (now.captures, now.packets, now.bytes);
        (!same).then(|| {
            Failure::new(format!(
                "{}: that run was over {} and {}, this one over {} and {}; they are not compared",
                self.name,
                units::counted(then.captures, "capture"),
                units::counted(then.packets, "packet"),
                units::counted(now.captures, "capture"),
                units::counted(now.packets, "packet"),
            ))
        })
    }

    /// Every stage that both runs have, with its threads; none where the captures are others.
    pub(super) fn changes(&self, now: &Run) -> Vec<(String, Change)> {
        if self.other_captures(now).is_some() {
            return Vec::new();
        }
        let parts = stage::PARTS.iter().map(|&part| (part, 1, part.to_owned()));
        let wholes = now.threads().into_iter().map(|threads| {
            let on = units::counted(threads as u64, "thread");
            (stage::WHOLE, threads, format!("whole, {on}"))
        });
        parts
            .chain(wholes)
            .filter_map(|(stage, threads, name)| {
                let (then, now) = (self.run.spread(stage, threads)?, now.spread(stage, threads)?);
                Some((name, Change::between(&then, &now)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(min: u64, median: u64, max: u64) -> Spread {
        Spread { min, median, max }
    }

    #[test]
    fn a_difference_must_be_beyond_the_spread() {
        let change = Change::between(&spread(990, 1000, 1010), &spread(950, 960, 970));
        assert_eq!((change.permille, change.faster, change.noise), (40, true, 10));
        assert_eq!(change.words(), "4.0 % less time (±1.0 %)");
        let change = Change::between(&spread(900, 1000, 1100), &spread(950, 1050, 1100));
        assert_eq!(change.words(), "no difference beyond the spread of the rounds (±10 %)");
    }
}
