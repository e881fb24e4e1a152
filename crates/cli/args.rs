//! The command line, as typed. `--help` is the manual; what is checked beyond the form of one option is in
//! [`plan`](crate::plan).

#[cfg(unix)]
mod watch;

use crate::color::When;
use crate::parse::{self, Counts, FailOn, Idle};
use crate::save;
use clap::{Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;
use ipnet::IpNet;
use lenscap_report::Select;
use lenscap_wire::Timestamp;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

#[cfg(unix)]
pub(crate) use watch::{Backend, Watch};

const ABOUT: &str = "Finds the IP cameras in captured traffic, and proves what they send to whom";

const LONG_ABOUT: &str = "\
Finds the IP cameras in captured traffic, and proves what they send to whom.

lenscap reads captures (pcap and pcapng, gzip and zstd), tells which devices are cameras, recorders or doorbells and how \
that is known, whom outside of the site they talk to, how many bytes went each way, and what that is worth. Every \
identity and every finding names its packets. What could not be seen is printed with the same weight as what was.";

const AFTER: &str = "\
Exit status:
  0  nothing was found at or over --fail-on
  1  something was
  2  not the whole job could be done; standard error says what, where and why

Examples:
  lenscap scan office.pcapng
  lenscap scan captures/ --json --select device,finding
  lenscap inspect office.pcapng";

const SCAN: &str = "\
Scans captures: who the cameras are, whom they talk to, what left the site, and how sure that is.

Files and directories given together are one capture: they are put in order of time, and flows go on from one file to the \
next. Formats are told by content, not by name. What stands before a torn tail is used, and the tail is reported.";

const SCAN_EXAMPLES: &str = "\
Examples:
  lenscap scan office.pcapng                            the report as text
  lenscap scan captures/ --json > report.jsonl          every record, one JSON object a line
  lenscap scan a.pcap b.pcap --json --select finding    the findings alone
  lenscap scan big.pcap.zst --csv --select device       the devices, for a spreadsheet
  tcpdump -i eth0 -c 100000 -w - | lenscap scan -       standard input
  lenscap scan monday.pcapng --save monday.lens         keep the summary, to judge or merge it later
  lenscap scan office.pcapng --fail-on high && echo ok  in a script

Records of --json, in this order: capture, device, flow, name, finding, ledger, summary. Times are RFC 3339 in UTC with \
nanoseconds, numbers are integers, what is absent is omitted. Text out of packets is escaped: a backslash is \\\\, a byte that \
is no text \\xNN, a character that cannot be seen \\u{N}.

Exit status: 0 nothing found, 1 a finding at or over --fail-on, 2 not the whole job could be done.";

const MERGE: &str = "\
Joins summaries that were saved with --save, in order of time, and reports on the whole.

The result is that of one scan of all their captures. Summaries whose captures overlap in time are refused: scan those \
captures together instead. A summary holds the first bytes of some streams; treat it as you treat the captures.";

const INSPECT: &str = "\
Says what captures are: format, compression, link types, snap length, packets, bytes, first and last time, and what is \
wrong with them. Nothing is judged.";

const BENCH: &str = "\
Measures the engine over captures: throughput by stage, latency of batches, threads, memory.

A round scans the captures whole with each number of threads (read, decode, fold, judge, render the report as JSON to \
nowhere), and then reads, decodes and folds them stage by stage on one thread. Printed are medians of the rounds, beside \
the least and the most. The first scan is one to warm up, so that captures are in the page cache; what a disk takes is \
not measured.

The stages on one thread: read walks the records, decode is decoding alone, fold is the rest of a scan. They are \
differences of passes, so a stage that takes next to nothing may come out as nothing.";

const BENCH_EXAMPLES: &str = "\
Examples:
  lenscap bench office.pcapng                                one thread, and all processors
  lenscap bench captures/ --threads 1-4 --rounds 20          how it scales
  lenscap bench captures/ --save main.json                   keep the run
  lenscap bench captures/ --against main.json                what has changed since
  lenscap bench captures/ --hgrm batches.hgrm --csv > a.csv  for HdrHistogram's plotter, for a spreadsheet

Exit status: 0 measured, 2 an input could not be read, or the saved run is of other captures.";

const CATALOG: &str = "\
Shows what is known of vendors: their names on the network, hardware prefixes, address ranges and ports, each with its \
source.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "lenscap", version, about = ABOUT, long_about = LONG_ABOUT, after_long_help = AFTER)]
#[command(term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan captures: who the cameras are, whom they talk to, what left, how sure that is
    #[command(long_about = SCAN, after_long_help = SCAN_EXAMPLES)]
    Scan(Scan),
    /// Do live what scan does on files: on interfaces, a stream, or a file fed by its own clock
    #[cfg(unix)]
    #[command(long_about = watch::LONG, after_long_help = watch::EXAMPLES)]
    Watch(Watch),
    /// Say whether this machine can capture, what would be lost, and what the sandbox holds
    #[cfg(target_os = "linux")]
    #[command(
        after_long_help = "Examples:\n  lenscap doctor\n  sudo lenscap doctor eth0\n\nExit status: 0 all is well, 1 something is not."
    )]
    Doctor(Doctor),
    /// Join saved summaries and report on the whole
    #[command(long_about = MERGE, after_long_help = "Examples:\n  lenscap merge monday.lens tuesday.lens\n  lenscap merge *.lens --save week.lens --json --select finding")]
    Merge(Merge),
    /// Say what captures are, without judging them
    #[command(long_about = INSPECT, after_long_help = "Examples:\n  lenscap inspect captures/\n  lenscap inspect torn.pcap --json")]
    Inspect(Inspect),
    /// Measure the engine over captures: throughput by stage, latency, threads, memory
    #[command(long_about = BENCH, after_long_help = BENCH_EXAMPLES)]
    Bench(Bench),
    /// Show what is known of vendors
    #[command(long_about = CATALOG, after_long_help = "Examples:\n  lenscap catalog lookup dev.hik-connect.com\n  lenscap catalog lookup 44:19:b6\n  lenscap catalog list")]
    Catalog(Catalog),
    /// Print completions for a shell
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

/// `lenscap scan`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Scan {
    /// Captures, directories of captures, or - for standard input
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub judging: Judging,
    #[command(flatten)]
    pub work: Work,
    /// Only packets that this capture filter takes, such as 'host 192.0.2.1'; the others are counted
    #[arg(long, value_name = "BPF", help_heading = "What is read")]
    pub filter: Option<String>,
    /// Only packets at or after this time: RFC 3339, 2026-03-02 09:14 in UTC, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = parse::time, help_heading = "What is read")]
    pub from: Option<Timestamp>,
    /// Only packets before this time
    #[arg(long, value_name = "TIME", value_parser = parse::time, help_heading = "What is read")]
    pub to: Option<Timestamp>,
    /// A gap of more than so many seconds ends a flow
    #[arg(long, value_name = "SECONDS", default_value = "300", help_heading = "What is read")]
    pub idle: Idle,
    /// Write SHA-256 of every file into its capture record; standard input has none
    #[arg(long, help_heading = "Output")]
    pub hash: bool,
    /// Keep all rights of the process while it reads packets; see lenscap doctor
    #[arg(long, help_heading = "Resources")]
    pub no_sandbox: bool,
    /// Save the summary; it holds the first bytes of some streams
    #[arg(long, value_name = "FILE.lens", value_parser = save::path, help_heading = "Output")]
    pub save: Option<PathBuf>,
}

/// `lenscap doctor`.
#[cfg(target_os = "linux")]
#[derive(Debug, ClapArgs)]
pub(crate) struct Doctor {
    /// An interface to look at, too
    #[arg(value_name = "INTERFACE")]
    pub interface: Option<String>,
}

/// `lenscap merge`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Merge {
    /// Summaries, the earliest first
    #[arg(required = true, value_name = "FILES.lens")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub judging: Judging,
    /// Threads that render; all processors where not given. The output does not depend on it
    #[arg(long, value_name = "N", help_heading = "Resources")]
    pub threads: Option<NonZeroUsize>,
    /// Save the joined summary
    #[arg(long, value_name = "FILE.lens", value_parser = save::path, help_heading = "Output")]
    pub save: Option<PathBuf>,
}

/// `lenscap inspect`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    /// Captures, directories of captures, or - for standard input
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Write capture records as JSON lines
    #[arg(long)]
    pub json: bool,
    /// Write SHA-256 of every file into its record
    #[arg(long)]
    pub hash: bool,
    #[command(flatten)]
    pub work: Work,
}

/// `lenscap bench`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Bench {
    /// Captures, or directories of captures
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Rounds that count
    #[arg(long, value_name = "N", default_value = "5")]
    pub rounds: NonZeroU32,
    /// Rounds before them that do not count
    #[arg(long, value_name = "N", default_value = "1")]
    pub warm_up: u32,
    /// Numbers of threads, such as 1,2,4 or 1-4; one and all processors where not given
    #[arg(long, value_name = "LIST")]
    pub threads: Option<Counts>,
    /// Memory for the state, such as 512M or 4G; a quarter of what there is where not given
    #[arg(long, value_name = "SIZE", value_parser = parse::memory)]
    pub memory: Option<u64>,
    /// Save the run as JSON, to compare others with it
    #[arg(long, value_name = "FILE.json", value_parser = |text: &str| parse::path_with(text, "json"), help_heading = "Output")]
    pub save: Option<PathBuf>,
    /// Compare with a saved run over the same captures
    #[arg(long, value_name = "FILE.json", help_heading = "Output")]
    pub against: Option<PathBuf>,
    /// Write how long batches took as a percentile distribution of HdrHistogram, in microseconds
    #[arg(long, value_name = "FILE.hgrm", value_parser = |text: &str| parse::path_with(text, "hgrm"), help_heading = "Output")]
    pub hgrm: Option<PathBuf>,
    /// Write the run as one JSON object, every round in it
    #[arg(long, group = "form", help_heading = "Output")]
    pub json: bool,
    /// Write CSV: a row for each stage and number of threads, and for each single figure
    #[arg(long, group = "form", help_heading = "Output")]
    pub csv: bool,
    /// Write tables of Markdown
    #[arg(long, group = "form", help_heading = "Output")]
    pub markdown: bool,
    #[command(flatten)]
    pub judging: Judging,
}

/// `lenscap catalog`.
#[derive(Debug, ClapArgs)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Catalog {
    /// What to show.
    #[command(subcommand)]
    pub query: CatalogQuery,
    /// Lay the facts of this file over the built-in ones
    #[arg(long, value_name = "FILE", global = true)]
    pub catalog: Vec<PathBuf>,
}

/// What to show of the catalogue.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogQuery {
    /// Everything known of a host name, an address, a MAC (or its first digits) or a vendor
    Lookup {
        /// What to look up
        query: String,
    },
    /// A vendor as a firm: badge, reported makers, seat, and the lists and orders that name it
    Show {
        /// The vendor's id, name or other name
        vendor: String,
    },
    /// All vendors, by id
    List,
}

/// How the report is written.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Write JSON lines: one record a line
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Write CSV: one type of record, flow where --select does not say
    #[arg(long)]
    pub csv: bool,
    /// Only these types of record: capture, device, flow, name, finding, ledger, summary
    #[arg(long, value_name = "TYPES")]
    pub select: Option<Select>,
    /// When text has colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Exit with 1 from this severity on: info, low, medium, high, critical, never
    #[arg(long, value_name = "SEVERITY", default_value = "medium")]
    pub fail_on: FailOn,
}

/// By what the traffic is judged.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Judging")]
pub(crate) struct Judging {
    /// More prefixes of the site, comma-separated; private, link-local and unique local ones always are
    #[arg(long, value_name = "NETS", value_delimiter = ',', value_parser = parse::net)]
    pub local: Vec<IpNet>,
    /// Lay the facts of this file over the built-in catalogue; may be given again
    #[arg(long, value_name = "FILE")]
    pub catalog: Vec<PathBuf>,
}

/// What the work may cost.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Resources")]
pub(crate) struct Work {
    /// Threads; all processors where not given. The output does not depend on it
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Memory for the state, such as 512M or 4G; a quarter of what there is where not given
    #[arg(long, value_name = "SIZE", value_parser = parse::memory)]
    pub memory: Option<u64>,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
