//! What went wrong, in words for a person, and the exit status.

use crate::save;
use lenscap_flow::report::{CaptureRecord, Report};
use lenscap_report::escape::escape;
use lenscap_report::{shell, units};
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Inputs that are said to be torn one by one.
const SAID: usize = 20;

/// How a run ended that could say something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing found that counts.
    Nothing,
    /// A finding at or over the threshold.
    Found,
    /// Not the whole job was done; that has been said.
    Incomplete,
}

/// Why a run could not go on, and what to type next.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    next: Option<String>,
    broken_pipe: bool,
}

impl Failure {
    /// A failure in words: what, where and why.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), next: None, broken_pipe: false }
    }

    /// A file that could not be read or written.
    pub(crate) fn file(verb: &str, path: &Path, why: impl fmt::Display) -> Self {
        let path = path.to_string_lossy();
        Self::new(format!("cannot {verb} {}: {why}", escape(path.as_bytes())))
            .next(look(Path::new(path.as_ref())))
    }

    /// What went wrong, without what to do.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Whether it is that nobody reads any more.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    /// What to type next.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

/// Standard output failed; whoever read it may have had enough.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { broken_pipe, ..Self::new(format!("cannot write to standard output: {error}")) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lenscap: {}", self.what)?;
        self.next.iter().try_for_each(|next| write!(f, "\n  {next}"))
    }
}

/// The exit status; says on standard error why there is no better one. A broken pipe is success.
pub(crate) fn exit(outcome: Result<Outcome, Failure>) -> ExitCode {
    match outcome {
        Ok(Outcome::Nothing) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::Incomplete) => ExitCode::from(2),
        Err(failure) if failure.broken_pipe => ExitCode::SUCCESS,
        Err(failure) => {
            say(&failure);
            ExitCode::from(2)
        }
    }
}

/// Says something on standard error; where that is closed, the exit status has to do.
pub(crate) fn say(what: &impl fmt::Display) {
    _ = writeln!(io::stderr(), "{what}");
}

/// What of a report was not done, each as it is said on standard error.
pub(crate) fn gaps(report: &Report<'_>) -> Vec<Failure> {
    let mut gaps = captures(&report.captures);
    if !report.ledger.balanced() {
        gaps.push(
            Failure::new(
                "the ledger does not balance: packets were lost or counted twice; do not rely on this report",
            )
            .next("See the parts: --json --select ledger"),
        );
    }
    gaps
}

/// What of inputs could not be read; of many only the first.
pub(crate) fn captures(captures: &[CaptureRecord]) -> Vec<Failure> {
    let torn = || captures.iter().filter(|capture| !capture.is_whole() || capture.unfiltered);
    let mut said: Vec<Failure> = torn().take(SAID).map(capture).collect();
    let more = torn().count().saturating_sub(SAID);
    if more > 0 {
        let inputs = units::counted(more as u64, "more capture");
        said.push(
            Failure::new(format!("{inputs} could not be read whole"))
                .next("See all: --json --select capture"),
        );
    }
    said
}

fn capture(capture: &CaptureRecord) -> Failure {
    let path = escape(capture.path.as_bytes());
    // The last problem is the one that reading ended with; the first ones are the filter's.
    let torn = !capture.is_whole();
    // That nothing was judged is no cause: it follows from one.
    let mut causes = capture.problems.iter().filter(|problem| problem.kind != "unjudged");
    let problem = if torn { causes.next_back() } else { causes.next() };
    let what = problem.map_or_else(
        || "could not be read to its end".to_owned(),
        |problem| {
            let what = escape(problem.what.as_bytes());
            let packet = problem.packet.map(|n| format!("packet {} ", units::count(n))).unwrap_or_default();
            match problem.offset {
                0 if packet.is_empty() => what.into_owned(),
                offset => format!("{packet}at byte {}: {what}", units::count(offset)),
            }
        },
    );
    let failure = Failure::new(format!("{path}: {what}"));
    let file = shell::word(&capture.path);
    match capture.packets {
        _ if !torn => failure.next("The report covers packets of other link types only"),
        _ if capture.path == "-" => failure,
        0 if !is_readable(Path::new(&capture.path)) => failure.next(look(Path::new(&capture.path))),
        0 if save::is_saved(Path::new(&capture.path)) => {
            failure.next(format!("By its name it is a saved summary. Try: lenscap merge {file}"))
        }
        0 => failure.next(format!("Try: file {file}      or: capinfos {file}")),
        n => failure.next(format!(
            "Read {} before it; the report covers those. Repair: editcap -r {file} good.pcap 1-{n}",
            units::counted(n, "packet")
        )),
    }
}

/// Whether it is a file that may be read: only then do other programs say more of it. A pipe is not opened: it may wait for ever.
fn is_readable(path: &Path) -> bool {
    path.is_file() && File::open(path).is_ok()
}

/// Where to look for what could not be read or written: at itself, or at the nearest folder above it that is there.
pub(crate) fn look(path: &Path) -> String {
    if path.is_dir() && path.read_dir().is_ok() {
        return format!("See what is there: ls -l {}", shell::word(&path.to_string_lossy()));
    }
    if path.symlink_metadata().is_ok() {
        return format!("Try: ls -ld {}", shell::word(&path.to_string_lossy()));
    }
    let above = path.ancestors().skip(1).find(|above| above.as_os_str().is_empty() || above.is_dir());
    match above.filter(|above| !above.as_os_str().is_empty()) {
        Some(above) => format!("See what is there: ls -l {}", shell::word(&above.to_string_lossy())),
        None => "See what is here: ls -l".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_flow::report::{DropCounts, ProblemRecord};

    fn record(packets: u64, torn_tail: bool, format: &'static str) -> CaptureRecord {
        CaptureRecord {
            path: "my \u{1b}evidence.pcap".into(),
            sha256: None,
            format,
            compression: None,
            link_types: vec![],
            snap_length: None,
            packets,
            bytes_captured: 0,
            bytes_wire: 0,
            start: None,
            end: None,
            torn_tail,
            unfiltered: false,
            drops: DropCounts::default(),
            problems: vec![ProblemRecord {
                packet: Some(812),
                offset: 1_220_331,
                kind: "torn".into(),
                what: "claims too much".into(),
            }],
        }
    }

    #[test]
    fn a_torn_tail_says_where_and_how_to_repair() {
        let said = captures(&[record(811, true, "pcap"), record(5, false, "pcap")]);
        assert_eq!(said.len(), 1);
        assert_eq!(
            said[0].to_string(),
            "lenscap: my \\x1bevidence.pcap: packet 812 at byte 1,220,331: claims too much\n  \
             Read 811 packets before it; the report covers those. \
             Repair: editcap -r $'my \\x1bevidence.pcap' good.pcap 1-811"
        );
    }

    #[test]
    fn a_filter_that_does_not_fit_needs_no_repair() {
        let mut unfiltered = record(811, false, "pcapng");
        unfiltered.unfiltered = true;
        let said = captures(&[unfiltered]);
        assert_eq!(said.len(), 1);
        let said = said[0].to_string();
        assert!(said.contains("packet 812 at byte 1,220,331: claims too much\n"), "{said}");
        assert!(said.contains("The report covers packets of other link types") && !said.contains("editcap"));
    }

    #[test]
    fn many_torn_inputs_are_counted() {
        let said = captures(&vec![record(811, true, "pcap"); 25]);
        assert_eq!(said.len(), 21);
        assert!(said[20].to_string().starts_with("lenscap: 5 more captures could not be read whole\n"));
    }

    #[test]
    fn what_is_no_capture_is_a_gap() {
        let nowhere = record(0, false, "");
        assert!(captures(&[nowhere])[0].to_string().ends_with("\n  See what is here: ls -l"));
        let here = CaptureRecord { path: "Cargo.toml".into(), ..record(0, false, "") };
        assert!(captures(&[here])[0].to_string().contains("Try: file "));
    }

    #[test]
    fn what_is_missing_is_looked_for_in_the_nearest_folder_that_is_there() {
        assert_eq!(look(Path::new("src")), "See what is here: ls -l");
        assert_eq!(look(Path::new("Cargo.toml")), "Try: ls -ld Cargo.toml");
        assert_eq!(look(Path::new("crates/no/such.pcap")), "See what is there: ls -l crates");
        assert_eq!(look(Path::new("/no/such.pcap")), "See what is there: ls -l /");
    }

    #[test]
    fn a_broken_pipe_is_success() {
        let broken = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(exit(Err(broken)), ExitCode::SUCCESS);
        let full = Failure::from(io::Error::from(io::ErrorKind::StorageFull));
        assert!(full.to_string().starts_with("lenscap: cannot write to standard output: "));
    }
}
