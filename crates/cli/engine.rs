//! The engine, as the command calls it: the one file that knows how inputs become a summary and a summary a report.
//!
//! While `lenscap-flow` has no driver, inputs are opened and no packet is read; every record says so, so that the exit
//! status is 2.

use crate::failure::Failure;
use crate::save;
use ipnet::IpNet;
use lenscap_catalog::Catalog;
use lenscap_flow::report::{CaptureRecord, Ledger, Overview, ProblemRecord, Report};
use lenscap_wire::Timestamp;
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Where packets come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Input {
    /// A file, or a directory of files.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// How inputs are read.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Threads; the result does not depend on it.
    pub threads: NonZeroUsize,
    /// Bytes that the state may take.
    pub memory: u64,
    /// The gap in nanoseconds after which a flow has ended.
    pub idle: i64,
    /// A capture filter.
    pub filter: Option<String>,
    /// The first moment that is taken.
    pub from: Option<Timestamp>,
    /// The first moment that no longer is.
    pub to: Option<Timestamp>,
}

/// By what is judged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// The prefixes of the site; none stands for the private ones.
    pub local: Vec<IpNet>,
}

/// Who is told how far the work is; called by many threads.
pub(crate) trait Progress: Sync {
    /// Bytes read so far, and how many there are where that is known.
    fn bytes(&self, read: u64, total: Option<u64>);
    /// So many packets more.
    fn packets(&self, n: u64);
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Summary {
    captures: Vec<CaptureRecord>,
}

/// Reads the inputs.
pub(crate) fn scan(inputs: &[Input], options: &Options, progress: &dyn Progress) -> Result<Summary, Failure> {
    Ok(Summary { captures: inspect(inputs, options, progress)? })
}

/// Reads the inputs for what they are.
pub(crate) fn inspect(
    inputs: &[Input],
    _: &Options,
    progress: &dyn Progress,
) -> Result<Vec<CaptureRecord>, Failure> {
    progress.packets(0);
    Ok(inputs.iter().map(open).collect())
}

fn open(input: &Input) -> CaptureRecord {
    let unread = "packets are not read yet".to_owned();
    let what = match input {
        Input::Stdin => unread,
        Input::Path(path) => File::open(path).map_or_else(|why| why.to_string(), |_| unread),
    };
    unread_capture(input, what)
}

/// The report of a run that could not begin.
pub(crate) fn unread(inputs: &[Input], why: &str) -> Report<'static> {
    let captures = inputs.iter().map(|input| unread_capture(input, why.to_owned())).collect();
    let overview = Overview { exact: true, ..Overview::default() };
    Report::new(captures, vec![], vec![], vec![], vec![], Ledger::default(), overview)
}

fn unread_capture(input: &Input, what: String) -> CaptureRecord {
    let path = match input {
        Input::Stdin => "-".to_owned(),
        Input::Path(path) => path.to_string_lossy().into_owned(),
    };
    CaptureRecord {
        path,
        sha256: None,
        format: "",
        compression: None,
        link_types: vec![],
        snap_length: 0,
        packets: 0,
        bytes_captured: 0,
        bytes_wire: 0,
        start: None,
        end: None,
        torn_tail: false,
        problems: vec![ProblemRecord { packet: None, offset: 0, what }],
    }
}

/// Says what a summary means.
pub(crate) fn judge<'a>(summary: &'a Summary, _: &'a Catalog, _: &Policy) -> Report<'a> {
    let overview = Overview { exact: true, ..Overview::default() };
    Report::new(summary.captures.clone(), vec![], vec![], vec![], vec![], Ledger::default(), overview)
}

/// Joins saved summaries.
pub(crate) fn merge(files: &[PathBuf]) -> Result<Summary, Failure> {
    for file in files {
        File::open(file).map_err(|why| Failure::file("read", file, why))?;
    }
    Err(Failure::new("summaries cannot be joined yet"))
}

/// Saves a summary.
pub(crate) fn save(_: &Summary, path: &Path) -> Result<(), Failure> {
    save::write(path, |_| Err(io::Error::other("summaries cannot be saved yet")))
}
