//! The command line, as typed. `--help` is the manual; what is checked beyond the form of one option is in
//! [`plan`](crate::plan).

mod shared;
mod text;
#[cfg(unix)]
mod watch;

pub(crate) use shared::{Job, Judging, Look, Output, Reading, Table, Work};
#[cfg(unix)]
pub(crate) use watch::{Backend, RollingBytes, Watch};

use crate::parse::{self, Counts};
use crate::save;
use crate::{devices, explain, extract, flows};
use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;
use text::{ABOUT, AFTER, BENCH, BENCH_EXAMPLES, CATALOG, INSPECT, LONG_ABOUT, MERGE, SCAN, SCAN_EXAMPLES};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "lenscap", version, about = ABOUT, long_about = LONG_ABOUT, after_long_help = AFTER)]
#[command(term_width = 100, disable_help_subcommand = false)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The command line as it is offered: without what a command shares with its sisters and refuses.
pub(crate) fn command() -> clap::Command {
    let command = Args::command();
    #[cfg(unix)]
    let command = command.mut_subcommand("watch", |watch| {
        let watch = watch.mut_arg("csv", |csv| csv.hide(true));
        watch.mut_arg("select", |select| {
            select.help(
                "Only these types of record, as JSON lines: capture, device, flow, name, contact, finding, ledger, summary",
            )
        })
    });
    command
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
    /// List devices: who they are, how that is known, what they sent
    #[command(long_about = devices::ABOUT, after_long_help = devices::EXAMPLES)]
    Devices(devices::Args),
    /// List flows: who talked to whom, how much, by which name
    #[command(long_about = flows::ABOUT, after_long_help = flows::EXAMPLES)]
    Flows(flows::Args),
    /// Explain a finding, a device or a rule: from the claim to its packets, in words
    #[command(long_about = explain::ABOUT, after_long_help = explain::EXAMPLES)]
    Explain(explain::Args),
    /// Copy the packets of a finding or a device into a file of their own, for Wireshark
    #[command(long_about = extract::ABOUT, after_long_help = extract::EXAMPLES)]
    Extract(extract::Args),
    /// Join saved summaries and report on the whole
    #[command(long_about = MERGE, after_long_help = "Examples:\n  lenscap merge monday.lens tuesday.lens\n  lenscap merge *.lens --save week.lens --json --select finding\n\nExit status: 0 nothing found, 1 a finding at or over --fail-on, 2 not the whole job could be done.")]
    Merge(Merge),
    /// Say what captures are, without judging them
    #[command(long_about = INSPECT, after_long_help = "Examples:\n  lenscap inspect captures/\n  lenscap inspect torn.pcap --json\n\nExit status: 0 all was read, 2 something could not be read whole.")]
    Inspect(Inspect),
    /// Measure the engine over captures: throughput by stage, latency, threads, memory
    #[command(long_about = BENCH, after_long_help = BENCH_EXAMPLES)]
    Bench(Bench),
    /// Show what is known of vendors
    #[command(long_about = CATALOG, after_long_help = "Examples:\n  lenscap catalog lookup dev.hik-connect.com\n  lenscap catalog lookup 44:19:b6\n  lenscap catalog list\n\nExit status: 0 something is known, 1 nothing is, 2 a catalogue file is wrong or missing.")]
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
    /// Captures, directories of captures, saved summaries (.lens) alone, or - for standard input
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub judging: Judging,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub reading: Reading,
    /// Scan each capture on its own and report on each, one after another: captures that have nothing to do with each other
    #[arg(long, conflicts_with_all = ["csv", "save"], help_heading = "What is read")]
    pub each: bool,
    /// Report on what was seen so far each time so much of the capture's own time has passed, such as 10s or 5m; of one
    /// capture or pipe
    #[arg(long, value_name = "SPAN", value_parser = parse::duration, conflicts_with_all = ["each", "csv"], help_heading = "Output")]
    pub every: Option<Duration>,
    /// Behind the first screen also the findings with reasons and packets, devices, parties and the ledger
    #[arg(long, conflicts_with_all = ["json", "csv"], help_heading = "Output")]
    pub long: bool,
    /// Write SHA-256 of every file into its capture record; standard input has none
    #[arg(long, help_heading = "Output")]
    pub hash: bool,
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
    /// Behind the first screen also the findings with reasons and packets, devices, parties and the ledger
    #[arg(long, conflicts_with_all = ["json", "csv"], help_heading = "Output")]
    pub long: bool,
    /// Threads that judge and render; all processors where not given. The output does not depend on it
    #[arg(short = 'j', long, value_name = "N", value_parser = parse::positive::<NonZeroUsize>, help_heading = "Resources")]
    pub threads: Option<NonZeroUsize>,
    /// Nothing on standard error but what went wrong, as it always is: a summary is read in no time
    #[arg(short, long, help_heading = "Resources")]
    pub quiet: bool,
    /// Save the joined summary
    #[arg(long, value_name = "FILE.lens", value_parser = save::path, help_heading = "Output")]
    pub save: Option<PathBuf>,
    /// Keep all rights of the process while it reads summaries; see lenscap doctor
    #[arg(long, help_heading = "Resources")]
    pub no_sandbox: bool,
}

/// `lenscap inspect`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    /// Captures, directories of captures, or - for standard input
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Write capture records as JSON lines
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Write capture records as CSV
    #[arg(long)]
    pub csv: bool,
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
    /// Memory for the state, such as 512M or 4G (MiB, GiB); a quarter of what there is where not given
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    /// An example that is broken cannot be copied.
    #[test]
    fn examples_keep_to_one_line() {
        for sub in command().get_subcommands() {
            let (name, help) = (sub.get_name(), sub.clone().term_width(100).render_long_help().to_string());
            let (_, behind) = help.split_once("\nExamples:\n").unwrap_or_default();
            for line in behind.lines().take_while(|line| !line.is_empty()) {
                let begins = ["lenscap", "tcpdump", "sudo lenscap"]
                    .iter()
                    .any(|word| line.trim_start().starts_with(word));
                assert!(begins && line.starts_with("  ") && line.len() <= 100, "{name}: {line}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_watch_does_not_offer_csv() {
        let mut all = command();
        let watch = all.find_subcommand_mut("watch").unwrap();
        assert!(!watch.render_long_help().to_string().contains("--csv"));
    }
}
