//! Arguments that have been checked against each other, with what was not given filled in.

use crate::args::{self, Judging, Look, Output, Reading, Work};
use crate::color;
use crate::engine::{Input, Options};
use crate::failure::{Failure, say};
use crate::memory;
use crate::parse::{Counts, Idle};
use crate::save;
use lenscap_flow::Limits;
use lenscap_flow::report::Severity;
use lenscap_report::text::{Style, Typed, View, WIDTHS};
use lenscap_report::units::Numbers;
use lenscap_report::{Kind, Select, shell};
use std::env;
use std::io::{IsTerminal, stdout};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

const FOUR: NonZeroUsize = NonZeroUsize::new(4).expect("four is not zero");
/// Columns of text where nobody says.
const COLUMNS: usize = 100;
/// Rows of a terminal that does not say.
#[cfg(unix)]
const ROWS: usize = 24;
/// Inputs that are named one by one.
const FEW: usize = 3;
/// Threads that are taken on any machine where they are asked for.
const MOST_THREADS: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not zero");

/// The form of the report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// JSON lines of these types.
    Json(Select),
    /// CSV of this type.
    Csv(Kind),
}

/// How the report is written, and what the exit status hangs on.
#[derive(Clone, Debug)]
pub(crate) struct Printing {
    /// Its form.
    pub form: Form,
    /// How text looks.
    pub view: View,
    /// From which severity on the exit status is 1.
    pub fail_on: Option<Severity>,
    /// Threads that render.
    pub threads: NonZeroUsize,
    /// Options that were given and choose among packets, as [`choosers`] has them.
    pub choosers: Vec<&'static str>,
}

/// Checks how the report is to be written.
pub(crate) fn printing(
    output: &Output,
    threads: Option<NonZeroUsize>,
    long: bool,
    typed: Typed,
) -> Result<Printing, Failure> {
    Ok(Printing {
        form: form(output)?,
        view: View { long, ..view(&output.look, typed) },
        fail_on: output.fail_on.0,
        threads: self::threads(threads),
        choosers: vec![],
    })
}

/// The options that were given and may leave packets out.
pub(crate) fn choosers(reading: &Reading) -> Vec<&'static str> {
    let all = [
        ("--filter", reading.filter.is_some()),
        ("--from", reading.from.is_some()),
        ("--to", reading.to.is_some()),
    ];
    all.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option).collect()
}

fn form(output: &Output) -> Result<Form, Failure> {
    match (output.csv, output.select) {
        (false, None) if !output.json => Ok(Form::Text),
        (false, select) => Ok(Form::Json(select.unwrap_or(Select::ALL))),
        (true, None) => Ok(Form::Csv(Kind::Flow)),
        (true, Some(select)) => select.only().map(Form::Csv).ok_or_else(|| {
            Failure::new("--csv writes one type of record, and --select names several")
                .next("Try: --csv --select device      or: --json")
        }),
    }
}

/// How text looks: on a terminal of its width, else of that which `COLUMNS` says, else of 100 columns.
pub(crate) fn view(look: &Look, typed: Typed) -> View {
    let terminal = || {
        let (columns, _) = terminal_size::terminal_size_of(stdout())?;
        stdout().is_terminal().then_some(columns.0)
    };
    let said = || env::var("COLUMNS").ok()?.parse().ok();
    let width = look.width.or_else(terminal).or_else(said).map_or(COLUMNS, usize::from);
    View {
        style: Style { color: color::decide(look.color) },
        width: width.clamp(WIDTHS.0, WIDTHS.1),
        numbers: if look.exact { Numbers::Exact } else { Numbers::Short },
        long: false,
        typed,
    }
}

/// Columns and rows of the terminal, now: its window may have been changed.
#[cfg(unix)]
pub(crate) fn screen() -> (usize, usize) {
    let size = terminal_size::terminal_size_of(stdout());
    size.map_or((COLUMNS, ROWS), |(columns, rows)| (columns.0.into(), rows.0.into()))
}

/// What was typed, so that a report can name what to type next: without the `options` that change it, that would be of another report.
pub(crate) fn typed(command: &'static str, files: &[PathBuf], options: &[String]) -> Typed {
    let again = !files.iter().any(|file| input(file).is_stream());
    let words: Vec<String> = files.iter().map(|file| shell::word(&file.to_string_lossy())).collect();
    let inputs = match words.len() {
        0..=FEW => words.join(" "),
        _ => pattern(files).unwrap_or_else(|| words.join(" ")),
    };
    let inputs = [&[inputs], options].concat().join(" ");
    Typed {
        command,
        inputs: if again && !files.is_empty() { inputs } else { String::new() },
        packets: !files.iter().any(|file| save::is_saved(file)),
    }
}

/// A command with the options of a report.
pub(crate) fn command(name: &str, options: &[String]) -> String {
    [&[format!("lenscap {name}")], options].concat().join(" ")
}

/// All options that change what is reported, and no others.
pub(crate) fn options(reading: Option<&Reading>, judging: &Judging, memory: Option<u64>) -> Vec<String> {
    let mut words = Vec::new();
    let mut give = |option: &str, value: String| words.push(format!("{option} {}", shell::word(&value)));
    if let Some(reading) = reading {
        let moment = |time: lenscap_wire::Timestamp| lenscap_report::time::rfc3339(time);
        if let Some(filter) = &reading.filter {
            give("--filter", filter.clone());
        }
        if let Some(from) = reading.from {
            give("--from", moment(from));
        }
        if let Some(to) = reading.to {
            give("--to", moment(to));
        }
        if reading.idle != Idle::USUAL {
            give("--idle", reading.idle.seconds().to_string());
        }
    }
    if let Some(memory) = memory {
        give("--memory", memory.to_string());
    }
    if !judging.local.is_empty() {
        give("--local", judging.local.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    }
    for file in &judging.catalog {
        give("--catalog", file.to_string_lossy().into_owned());
    }
    if let Some(file) = &judging.overrides {
        give("--overrides", file.to_string_lossy().into_owned());
    }
    words
}

/// `captures/*.pcap` for many files of one folder and kind, which a shell most often was given.
fn pattern(files: &[PathBuf]) -> Option<String> {
    let first = files.first()?;
    let (folder, kind) = (first.parent()?, first.extension()?.to_str()?);
    let is_alike =
        |file: &PathBuf| file.parent() == Some(folder) && file.extension().is_some_and(|other| other == kind);
    let is_plain = kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let folder = folder.to_str().filter(|_| is_plain && files.iter().all(is_alike))?;
    Some(if folder.is_empty() { format!("*.{kind}") } else { format!("{}/*.{kind}", shell::word(folder)) })
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
pub(crate) fn reading(reading: &Reading, work: &Work) -> Result<Options, Failure> {
    if let (Some(from), Some(to)) = (reading.from, reading.to)
        && from >= to
    {
        return Err(Failure::new("--from is not before --to: no packet could be taken"));
    }
    Ok(Options {
        filter: reading.filter.clone(),
        from: reading.from,
        to: reading.to,
        ..self::work(work, reading.idle)
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
    Ok(files.iter().map(|file| input(file)).collect())
}

/// One input.
pub(crate) fn input(file: &Path) -> Input {
    if file == Path::new("-") { Input::Stdin } else { Input::File(file.to_owned()) }
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

    fn options(arguments: &str) -> Result<Options, Failure> {
        let scan = scan(arguments);
        reading(&scan.reading, &scan.work)
    }

    #[test]
    fn the_command_has_what_changes_the_report_and_nothing_else() {
        let of = |arguments: &str| {
            let scan = scan(arguments);
            command("scan", &super::options(Some(&scan.reading), &scan.judging, scan.work.memory))
        };
        assert_eq!(of("--json --threads 2 --width 80 --exact --quiet --idle 300"), "lenscap scan");
        assert_eq!(
            of(
                "--to 1772442000.5 --idle 60 --memory 2M --local 192.0.2.0/24,2001:db8::/32 --catalog it's.toml \
                 --overrides own.toml"
            ),
            "lenscap scan --to 2026-03-02T09:00:00.500000000Z --idle 60 --memory 2097152 --local \
             192.0.2.0/24,2001:db8::/32 --catalog 'it'\\''s.toml' --overrides own.toml"
        );
    }

    #[test]
    fn what_was_typed_can_be_typed_again() {
        let typed = |files: &[&str]| {
            let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
            super::typed("scan", &files, &[])
        };
        let (files, options) = (["a.pcap".into()], ["--local 192.0.2.0/24".to_owned()]);
        assert_eq!(super::typed("scan", &files, &options).inputs, "a.pcap --local 192.0.2.0/24");
        assert_eq!(super::typed("scan", &["-".into()], &options).inputs, "");
        assert_eq!(typed(&["a b.pcap", "c.pcap"]).inputs, "'a b.pcap' c.pcap");
        assert_eq!(typed(&["d/1.pcap", "d/2.pcap", "d/3.pcap", "d/4.pcap"]).inputs, "d/*.pcap");
        assert_eq!(
            typed(&["1.pcap", "2.pcap", "3.pcap", "d/4.pcap"]).inputs,
            "1.pcap 2.pcap 3.pcap d/4.pcap"
        );
        assert_eq!(typed(&["-"]).inputs, "");
        assert!(typed(&["a.pcap"]).packets && !typed(&["a.lens"]).packets);
    }

    #[test]
    fn forms() {
        let view = |arguments: &str| super::view(&scan(arguments).output.look, Typed::default());
        assert_eq!(form_of("--color never").unwrap(), Form::Text);
        assert!(!view("--color never").style.color && view("--color always").style.color);
        assert_eq!((view("--width 60").width, view("--exact").numbers), (60, Numbers::Exact));
        assert_eq!(form_of("--json").unwrap(), Form::Json(Select::ALL));
        assert_eq!(form_of("--csv").unwrap(), Form::Csv(Kind::Flow));
        assert_eq!(form_of("--csv --select device").unwrap(), Form::Csv(Kind::Device));
        assert!(form_of("--csv --select device,flow").unwrap_err().contains("--select names several"));
        assert_eq!(form_of("--select device").unwrap(), Form::Json([Kind::Device].into_iter().collect()));
    }

    #[test]
    fn limits_of_time_must_leave_something() {
        assert!(options("--from 10 --to 20").is_ok());
        assert!(options("--from 20 --to 20").is_err());
    }

    #[test]
    fn defaults() {
        let given = options("--threads 3 --memory 1G").unwrap();
        assert_eq!(
            (given.threads.get(), given.limits),
            (3, Limits { memory: 1 << 30, idle: 300_000_000_000 })
        );
        assert!(options("").unwrap().limits.memory > 0);
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
