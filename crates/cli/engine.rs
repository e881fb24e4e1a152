//! The engine, as the command calls it: the one file that knows how inputs become a summary and a summary a report.
//!
//! While `lenscap-flow` has no driver, inputs are opened and no packet is read; every record says so, so that the exit
//! status is 2.

use crate::failure::Failure;
use crate::save;
use ipnet::IpNet;
use lenscap_catalog::Catalog;
use lenscap_flow::report::{CaptureRecord, Ledger, Overview, ProblemRecord, Report};
use lenscap_flow::{Limits, Policy, Summary};
use lenscap_wire::Timestamp;
use std::fs::{self, File};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Where packets come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Input {
    /// A file, or a directory of files.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// How inputs are read.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Threads; the result does not depend on it.
    pub threads: NonZeroUsize,
    /// The gap that ends a flow, and what the state may take.
    pub limits: Limits,
    /// A capture filter.
    pub filter: Option<String>,
    /// The first moment that is taken.
    pub from: Option<Timestamp>,
    /// The first moment that no longer is.
    pub to: Option<Timestamp>,
}

/// Who is told how far the work is; called by many threads.
pub(crate) trait Progress: Sync {
    /// So many more bytes and packets were read.
    fn advance(&self, bytes: u64, packets: u64);
}

/// What was seen, and which inputs were not.
#[derive(Debug)]
pub(crate) struct Scanned {
    summary: Summary,
    unread: Vec<CaptureRecord>,
}

/// By what is judged: these prefixes are the site's, beside the private ones.
pub(crate) fn policy(local: &[IpNet]) -> Policy {
    Policy { local: local.iter().map(|net| (net.network(), net.broadcast())).collect() }
}

/// Bytes that there are to read, where all inputs are files.
pub(crate) fn total(inputs: &[Input]) -> Option<u64> {
    inputs.iter().try_fold(0, |sum, input| match input {
        Input::Stdin => None,
        Input::File(path) => Some(sum + fs::metadata(path).ok()?.len()),
    })
}

/// Reads the inputs.
pub(crate) fn scan(inputs: &[Input], options: &Options, progress: &dyn Progress) -> Result<Scanned, Failure> {
    Ok(Scanned { summary: Summary::new(options.limits), unread: inspect(inputs, options, progress)? })
}

/// Reads the inputs for what they are.
pub(crate) fn inspect(
    inputs: &[Input],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<CaptureRecord>, Failure> {
    if options.filter.is_some() || options.from.is_some() || options.to.is_some() {
        return Err(
            Failure::new("packets cannot be chosen yet").next("Try: without --filter, --from and --to")
        );
    }
    progress.advance(0, 0);
    Ok(inputs.iter().map(open).collect())
}

fn open(input: &Input) -> CaptureRecord {
    let unread = "packets are not read yet".to_owned();
    let what = match input {
        Input::Stdin => unread,
        Input::File(path) => File::open(path).map_or_else(|why| why.to_string(), |_| unread),
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
        Input::File(path) => path.to_string_lossy().into_owned(),
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
pub(crate) fn judge<'a>(scanned: &'a Scanned, catalog: &'a Catalog, policy: &Policy) -> Report<'a> {
    let mut report = lenscap_flow::judge(&scanned.summary, catalog, policy);
    report.captures.extend_from_slice(&scanned.unread);
    report
}

/// Joins saved summaries.
pub(crate) fn merge(files: &[PathBuf]) -> Result<Scanned, Failure> {
    for file in files {
        File::open(file).map_err(|why| Failure::file("read", file, why))?;
    }
    Err(Failure::new("summaries cannot be joined yet"))
}

/// Saves a summary.
pub(crate) fn save(_: &Scanned, path: &Path) -> Result<(), Failure> {
    save::write(path, |_| Err(io::Error::other("summaries cannot be saved yet")))
}
