//! Arguments that have been checked against each other, with what was not given filled in.

use crate::args::{self, Output, Work};
use crate::color;
use crate::engine::{Input, Options};
use crate::failure::{Failure, say};
use crate::memory;
use crate::parse::{Counts, Idle};
use lenscap_flow::Limits;
use lenscap_flow::report::Severity;
use lenscap_report::text::Style;
use lenscap_report::{Kind, Select};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

const FOUR: NonZeroUsize = NonZeroUsize::new(4).expect("four is not zero");
/// Threads that are taken on any machine where they are asked for.
const MOST_THREADS: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not zero");

/// The form of the report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// For people.
    Text(Style),
    /// JSON lines of these types.
    Json(Select),
    /// CSV of this type.
    Csv(Kind),
}

/// How the report is written, and what the exit status hangs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printing {
    /// Its form.
    pub form: Form,
    /// From which severity on the exit status is 1.
    pub fail_on: Option<Severity>,
    /// Threads that render.
    pub threads: NonZeroUsize,
}

/// Checks how the report is to be written.
pub(crate) fn printing(output: &Output, threads: Option<NonZeroUsize>) -> Result<Printing, Failure> {
    Ok(Printing { form: form(output)?, fail_on: output.fail_on.0, threads: self::threads(threads) })
}

fn form(output: &Output) -> Result<Form, Failure> {
    match (output.json, output.csv, output.select) {
        (true, _, select) => Ok(Form::Json(select.unwrap_or(Select::ALL))),
        (_, true, None) => Ok(Form::Csv(Kind::Flow)),
        (_, true, Some(select)) => select.only().map(Form::Csv).ok_or_else(|| {
            Failure::new("--csv writes one type of record, and --select names several")
                .next("Try: --csv --select device      or: --json")
        }),
        (_, _, Some(_)) => Err(Failure::new("--select chooses among records, and the text has none")
            .next("Try: --json --select device      or: --csv --select device")),
        _ => Ok(Form::Text(Style { color: color::decide(output.color) })),
    }
}

/// The number of threads: all processors where none is given, and never more than [`most_threads`].
fn threads(given: Option<NonZeroUsize>) -> NonZeroUsize {
    given.unwrap_or_else(processors).min(most_threads())
}

fn processors() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Four threads for each processor, or 64: more cost memory, and none is faster.
fn most_threads() -> NonZeroUsize {
    processors().saturating_mul(FOUR).max(MOST_THREADS)
}

/// Checks what is read.
pub(crate) fn scanning(scan: &args::Scan) -> Result<Options, Failure> {
    if let (Some(from), Some(to)) = (scan.from, scan.to)
        && from >= to
    {
        return Err(Failure::new("--from is not before --to: no packet could be taken"));
    }
    Ok(Options {
        filter: scan.filter.clone(),
        from: scan.from,
        to: scan.to,
        saved: scan.save.is_some(),
        ..work(&scan.work, scan.idle)
    })
}

/// What a watch keeps and counts.
#[cfg(unix)]
pub(crate) fn watching(watch: &args::Watch) -> Options {
    let limits = limits(watch.memory, watch.idle);
    let filter = watch.filter.clone();
    Options { threads: NonZeroUsize::MIN, limits, filter, from: None, to: None, saved: false }
}

/// The options of a run that takes every packet.
pub(crate) fn work(work: &Work, idle: Idle) -> Options {
    let limits = limits(work.memory, idle);
    if let Some(given) = work.threads.filter(|given| *given > most_threads()) {
        say(&format!("lenscap: {given} threads are more than help: {} are taken", most_threads()));
    }
    Options { threads: threads(work.threads), limits, filter: None, from: None, to: None, saved: false }
}

/// What a fold may cost.
pub(crate) fn limits(memory: Option<u64>, idle: Idle) -> Limits {
    let memory = memory.unwrap_or_else(memory::quarter);
    Limits { idle: idle.0, memory: usize::try_from(memory).unwrap_or(usize::MAX) }
}

/// The numbers of threads to measure, ascending: always one, that all else is compared with; and where nothing is
/// given, all processors.
pub(crate) fn counts(given: Option<&Counts>) -> Vec<NonZeroUsize> {
    let mut all = given.map_or_else(|| vec![threads(None)], |counts| counts.0.clone());
    all.push(NonZeroUsize::MIN);
    all.sort_unstable();
    all.dedup();
    all
}

/// The inputs; standard input may be given once.
pub(crate) fn inputs(files: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let standard = Path::new("-");
    if files.iter().filter(|file| *file == standard).count() > 1 {
        return Err(Failure::new("standard input (-) can be read once only"));
    }
    let input = |file: &PathBuf| if file == standard { Input::Stdin } else { Input::File(file.clone()) };
    Ok(files.iter().map(input).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser;

    fn scan(arguments: &str) -> args::Scan {
        let line = format!("lenscap scan a.pcap {arguments}");
        match Args::try_parse_from(line.split_whitespace()).unwrap().command {
            Command::Scan(scan) => scan,
            other => panic!("{other:?}"),
        }
    }

    fn form_of(arguments: &str) -> Result<Form, String> {
        form(&scan(arguments).output).map_err(|failure| failure.to_string())
    }

    #[test]
    fn forms() {
        assert_eq!(form_of("--color never").unwrap(), Form::Text(Style::PLAIN));
        assert_eq!(form_of("--color always").unwrap(), Form::Text(Style::COLOR));
        assert_eq!(form_of("--json").unwrap(), Form::Json(Select::ALL));
        assert_eq!(form_of("--csv").unwrap(), Form::Csv(Kind::Flow));
        assert_eq!(form_of("--csv --select device").unwrap(), Form::Csv(Kind::Device));
        assert!(form_of("--csv --select device,flow").unwrap_err().contains("--select names several"));
        assert!(form_of("--select device").unwrap_err().contains("--json --select device"));
    }

    #[test]
    fn limits_of_time_must_leave_something() {
        assert!(scanning(&scan("--from 10 --to 20")).is_ok());
        assert!(scanning(&scan("--from 20 --to 20")).is_err());
    }

    #[test]
    fn defaults() {
        let options = scanning(&scan("--threads 3 --memory 1G")).unwrap();
        assert_eq!(
            (options.threads.get(), options.limits),
            (3, Limits { memory: 1 << 30, idle: 300_000_000_000 })
        );
        assert!(scanning(&scan("")).unwrap().limits.memory > 0);
        assert_eq!(scan("").output.fail_on.0, Some(Severity::Medium));
    }

    #[test]
    fn one_thread_is_always_measured() {
        let numbers =
            |counts: Option<&Counts>| super::counts(counts).into_iter().map(NonZeroUsize::get).collect();
        let some: Vec<usize> = numbers(Some(&"4,2,4".parse().unwrap()));
        assert_eq!(some, [1, 2, 4]);
        let usual: Vec<usize> = numbers(None);
        assert_eq!(usual[0], 1);
    }

    #[test]
    fn standard_input_once() {
        assert_eq!(inputs(&["-".into(), "a".into()]).unwrap(), [Input::Stdin, Input::File("a".into())]);
        assert!(inputs(&["-".into(), "-".into()]).is_err());
    }
}
