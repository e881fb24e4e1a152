//! `lenscap bench`: how fast the engine is over captures, by stage, and how sure that is.
//!
//! Every round scans the captures whole with each number of threads, then reads, decodes and folds them once more on
//! one thread, stage by stage; so all figures come from the same minutes. Nothing is judged by a mean: medians, with the
//! least and the most beside them.

mod against;
mod export;
mod latency;
mod measure;
mod number;
mod run;
mod spread;
mod table;
mod text;

use crate::args::Bench;
use crate::engine;
use crate::failure::{self, Failure, Outcome};
use crate::output::to_stdout;
use crate::overrides;
use crate::parse::Idle;
use crate::plan;
use crate::save;
use against::Against;
use measure::{Engine, Measured};
use run::Run;
use std::io::{BufWriter, StdoutLock, Write};

/// Measures, says what the figures may hide, prints and saves them.
pub(crate) fn run(bench: &Bench) -> Result<Outcome, Failure> {
    let against = bench.against.as_deref().map(Against::open).transpose()?;
    let inputs = engine::expand(&plan::inputs(&bench.files)?);
    let threads = plan::counts(bench.threads.as_ref());
    let limits = plan::limits(bench.memory, Idle::USUAL);
    let (opening, judging) = measure::timed(|| overrides::open(&bench.judging));
    let (catalog, policy) = judging?;
    let terms = engine::Terms::new(policy, String::new());
    let measured = Engine::open(inputs, limits, &catalog, terms)?.measure(bench, &threads)?;
    let incomplete = say(&measured);
    let run = Run::of(bench, opening, &measured);
    if let Some(path) = &bench.save {
        save::write(path, |out| run.write(out))?;
    }
    if let Some(path) = &bench.hgrm {
        save::write(path, |out| latency::write_hgrm(&measured.latency, out))?;
    }
    to_stdout(|out| print(bench, &run, against.as_ref(), out))?;
    let apart = against.as_ref().and_then(|against| against.other_captures(&run));
    apart.iter().for_each(failure::say);
    Ok(if incomplete || apart.is_some() { Outcome::Incomplete } else { Outcome::Nothing })
}

/// Says what was not measured, and which rounds stand apart; whether an input could not be read at all.
fn say(measured: &Measured) -> bool {
    failure::captures(&measured.captures).iter().for_each(failure::say);
    if let Some(warning) = spread::warning(&measured.times) {
        failure::say(&warning);
    }
    measured.captures.iter().any(|capture| capture.format.is_empty())
}

fn print(
    bench: &Bench,
    run: &Run,
    against: Option<&Against>,
    out: &mut BufWriter<StdoutLock<'_>>,
) -> std::io::Result<()> {
    match (bench.json, bench.csv, bench.markdown) {
        (true, ..) => run.write(out),
        (_, true, _) => out.write_all(export::csv(run).as_bytes()),
        (.., true) => out.write_all(export::markdown(run, against).as_bytes()),
        _ => out.write_all(text::page(run, against).as_bytes()),
    }
}
