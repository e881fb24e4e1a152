//! Options that sister commands share, word for word.

use crate::color::When;
use crate::parse::{self, FailOn, Idle};
use clap::Args;
use ipnet::IpNet;
use lenscap_report::Select;
use lenscap_wire::Timestamp;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// How text looks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Look {
    /// When text has colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Columns of text, 60 to 200; the terminal's own where not given, else 100
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(60..=200))]
    pub width: Option<u16>,
    /// Amounts of bytes to the byte, not in kB and MB
    #[arg(long)]
    pub exact: bool,
}

/// How a report is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Write JSON lines: one record a line
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Write CSV: one type of record, flow where --select does not say
    #[arg(long)]
    pub csv: bool,
    /// Only these types of record, as JSON lines where --csv is not given: capture, device, flow, name, contact,
    /// finding, ledger, summary
    #[arg(long, value_name = "TYPES")]
    pub select: Option<Select>,
    #[command(flatten)]
    pub look: Look,
    /// Exit with 1 from this severity on: info, low, medium, high, critical, never
    #[arg(long, value_name = "SEVERITY", default_value = "medium")]
    pub fail_on: FailOn,
}

/// How a list is written, and how much of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Table {
    /// Write JSON lines, the records of scan --json
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Write CSV, the columns of scan --csv
    #[arg(long)]
    pub csv: bool,
    /// Only the first N, once sorted
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    #[command(flatten)]
    pub look: Look,
}

/// By what the traffic is judged.
#[derive(Debug, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct Judging {
    /// More prefixes of the site, comma-separated; private, link-local and unique local ones always are
    #[arg(long, value_name = "NETS", value_delimiter = ',', value_parser = parse::net)]
    pub local: Vec<IpNet>,
    /// Lay the facts of this file over the built-in catalogue; may be given again
    #[arg(long, value_name = "FILE")]
    pub catalog: Vec<PathBuf>,
    /// What devices are by their owner's word, over what packets show: a TOML file of [[device]] with mac, address or serial,
    /// and vendor, model, class or name. All that it says is marked as stated by the owner
    #[arg(long, value_name = "FILE")]
    pub overrides: Option<PathBuf>,
}

/// Which packets are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is read")]
pub(crate) struct Reading {
    /// Only packets that this capture filter takes, such as 'host 192.0.2.1'; the others are counted
    #[arg(long, value_name = "BPF")]
    pub filter: Option<String>,
    /// Only packets at or after this time: RFC 3339, 2026-03-02 09:14 in UTC, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    pub from: Option<Timestamp>,
    /// Only packets before this time
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    pub to: Option<Timestamp>,
    /// A gap of more than so many seconds ends a flow
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    pub idle: Idle,
}

/// What the work may cost.
#[derive(Debug, Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct Work {
    /// Threads; all processors where not given. The output does not depend on it
    #[arg(short = 'j', long, value_name = "N", value_parser = parse::positive::<NonZeroUsize>)]
    pub threads: Option<NonZeroUsize>,
    /// Memory for the state, such as 512M or 4G (MiB, GiB); a quarter of what there is where not given
    #[arg(long, value_name = "SIZE", value_parser = parse::memory)]
    pub memory: Option<u64>,
    /// No progress on standard error
    #[arg(short, long)]
    pub quiet: bool,
    /// Keep all rights of the process while it reads packets; see lenscap doctor
    #[arg(long)]
    pub no_sandbox: bool,
}

/// What the commands share that read captures, judge them, and answer one question.
#[derive(Debug, Args)]
pub(crate) struct Job {
    #[command(flatten)]
    pub reading: Reading,
    #[command(flatten)]
    pub judging: Judging,
    #[command(flatten)]
    pub work: Work,
}
