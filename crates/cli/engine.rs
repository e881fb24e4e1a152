//! The engine, as the command calls it: the one file that knows how arguments become a summary, and a summary a report.

use crate::failure::Failure;
use crate::save;
use lenscap_capture::{Error as CaptureError, inputs};
use lenscap_catalog::Catalog;
use lenscap_flow::report::{CaptureRecord, DropCounts, Ledger, Overview, ProblemRecord, RecordLists, Report};
use lenscap_flow::{Closed, Policy, Summary};
use lenscap_report::escape::escape;
use lenscap_report::{shell, units};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

pub(crate) use lenscap_flow::{Input, Options, Progress};

/// What was seen.
pub(crate) type Scanned = Summary;

/// On which terms a report is made.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    policy: Policy,
    /// The command that gives the same report again, but for its inputs: those stand in the capture records.
    command: String,
}

impl Terms {
    pub(crate) const fn new(policy: Policy, command: String) -> Self {
        Self { policy, command }
    }
}

/// Bytes that there are to read, where all inputs are files.
pub(crate) fn total(inputs: &[Input]) -> Option<u64> {
    inputs.iter().try_fold(0, |sum, input| match input {
        Input::File(path) if !input.is_stream() => Some(sum + fs::metadata(path).ok()?.len()),
        _ => None,
    })
}

/// Lets judging and rendering take as many threads as scanning.
pub(crate) fn use_threads(threads: NonZeroUsize) -> Result<(), Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global();
    pool.map_err(|why| Failure::new(format!("cannot start {threads} threads: {why}")))
}

/// Reads the inputs, folders included; or summaries that were saved of captures before.
pub(crate) fn scan(inputs: &[Input], options: &Options, progress: &dyn Progress) -> Result<Scanned, Failure> {
    let saved: Vec<PathBuf> = inputs.iter().filter_map(saved_summary).collect();
    if !saved.is_empty() {
        return scan_saved(&saved, inputs.len(), options);
    }
    let inputs = expand(inputs);
    lenscap_flow::scan(&inputs, options, progress).map_err(|why| Failure::new(why.to_string()))
}

/// The path of an input that is a saved summary by its name.
fn saved_summary(input: &Input) -> Option<PathBuf> {
    match input {
        Input::File(path) if save::is_saved(path) => Some(path.clone()),
        _ => None,
    }
}

fn scan_saved(files: &[PathBuf], inputs: usize, options: &Options) -> Result<Scanned, Failure> {
    if files.len() < inputs {
        let why = "saved summaries and captures cannot be read in one run";
        return Err(
            Failure::new(why).next("lenscap scan CAPTURES --save MORE.lens, then: lenscap merge *.lens")
        );
    }
    if options.filter.is_some() || options.from.is_some() || options.to.is_some() {
        let why = "a saved summary has no packets left to filter";
        return Err(Failure::new(why).next("lenscap scan CAPTURES --filter …"));
    }
    merge(files)
}

/// Replaces folders by the captures in them, and says once what in them is none. A folder without any stands for itself.
pub(crate) fn expand(inputs: &[Input]) -> Vec<Input> {
    let mut all = Vec::new();
    for input in inputs {
        let Input::File(path) = input else {
            all.push(input.clone());
            continue;
        };
        let found = inputs::expand(std::slice::from_ref(path));
        for line in passed_over(&shown(path), &found.skipped) {
            crate::failure::say(&line);
        }
        all.extend(found.files.into_iter().map(Input::File));
    }
    all
}

/// What was passed over in a folder, and an example of each kind: what is empty says nothing of what it was to be.
fn passed_over(folder: &str, skipped: &[(PathBuf, CaptureError)]) -> Vec<String> {
    let (empty, others): (Vec<_>, Vec<_>) =
        skipped.iter().partition(|(_, why)| matches!(why, CaptureError::Empty));
    let said = |some: &[&(PathBuf, CaptureError)]| {
        let (first, why) = some.first()?;
        Some(match some.len() {
            1 => format!("{folder}: 1 file is no capture: {}: {why}", shown(first)),
            several => format!(
                "{folder}: {} are no captures, such as {}: {why}",
                units::counted(several as u64, "file"),
                shown(first)
            ),
        })
    };
    [others, empty].iter().filter_map(|some| said(some)).collect()
}

/// A path as it may be printed.
pub(crate) fn shown(path: &Path) -> String {
    escape(path.to_string_lossy().as_bytes()).into_owned()
}

/// Reads the inputs for what they are.
pub(crate) fn inspect(
    inputs: &[Input],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<CaptureRecord>, Failure> {
    let inputs = expand(inputs);
    lenscap_flow::inspect(&inputs, options, progress).map_err(|why| Failure::new(why.to_string()))
}

/// The report of a run that could not begin.
pub(crate) fn unread(inputs: &[Input], why: &str) -> Report<'static> {
    let captures = inputs.iter().map(|input| unread_capture(input, why.to_owned())).collect();
    let overview = Overview { exact: true, ..Overview::default() };
    Report::new(captures, RecordLists::default(), vec![], Ledger::default(), overview)
}

fn unread_capture(input: &Input, what: String) -> CaptureRecord {
    let path = match input {
        Input::Stdin => "-".to_owned(),
        Input::File(path) => path.to_string_lossy().into_owned(),
        Input::Stream(_) => String::new(),
    };
    CaptureRecord {
        path,
        sha256: None,
        format: "",
        compression: None,
        link_types: vec![],
        snap_length: None,
        packets: 0,
        bytes_captured: 0,
        bytes_wire: 0,
        start: None,
        end: None,
        torn_tail: false,
        unfiltered: false,
        drops: DropCounts::default(),
        problems: vec![ProblemRecord { packet: None, offset: 0, kind: "unreadable".into(), what }],
    }
}

/// Says what a summary means.
pub(crate) fn judge<'a>(scanned: &'a Closed<'a>, catalog: &'a Catalog, terms: &Terms) -> Report<'a> {
    let mut report = lenscap_flow::judge(scanned, catalog, &terms.policy);
    report.overview.catalogue = Some(catalog.digest());
    report.overview.command = Some(terms.command.clone());
    report
}

/// Joins saved summaries.
pub(crate) fn merge(files: &[PathBuf]) -> Result<Scanned, Failure> {
    let load = |file: &PathBuf| {
        let opened = fs::File::open(file).map_err(|why| Failure::file("read", file, why))?;
        let name = file.to_string_lossy().into_owned();
        let refused = |why| {
            let failure = Failure::file("read", file, why);
            // A capture is what is given by mistake.
            if save::is_saved(file) {
                failure
            } else {
                failure.next(format!("Try: lenscap scan {}", shell::word(&name)))
            }
        };
        Summary::load(opened).map_err(refused).map(|summary| (name.clone(), summary))
    };
    let summaries = files.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    lenscap_flow::merge(summaries).map_err(|why| Failure::new(why.to_string()).next(why.next()))
}

/// Saves a summary.
pub(crate) fn save(summary: &Scanned, path: &Path) -> Result<(), Failure> {
    save::write(path, |out| summary.save(out))
}
