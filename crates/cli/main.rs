//! `lenscap`: finds the IP cameras in captured traffic, and proves what they send to whom.
//!
//! Arguments are read ([`args`]) and checked ([`plan`]); the engine ([`engine`]) scans; the report is printed
//! ([`output`]); what could not be done is said on standard error ([`failure`]) and in the exit status.
#![forbid(unsafe_code)]

mod args;
mod bench;
mod catalog;
mod color;
mod devices;
#[cfg(target_os = "linux")]
mod doctor;
mod each;
mod engine;
mod every;
mod explain;
mod extract;
mod failure;
mod flows;
mod hash;
mod inspect;
mod interrupt;
mod judged;
mod manual;
mod memory;
mod merge;
mod output;
mod overrides;
mod parse;
mod plan;
mod progress;
mod sandbox;
mod save;
mod scan;
mod subject;
mod usage;
#[cfg(unix)]
mod watch;

use args::{Args, Command};
use clap::FromArgMatches;
use failure::{Failure, Outcome};
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let taken = args::command().try_get_matches_from(&typed).and_then(|given| Args::from_arg_matches(&given));
    let outcome = match taken {
        Ok(args) => run(&args.command),
        Err(why) => Err(usage::failure(&why, &typed).unwrap_or_else(|| why.exit())),
    };
    failure::exit(outcome)
}

fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Scan(scan) => scan::run(scan),
        #[cfg(unix)]
        Command::Watch(watch) => watch::run(watch),
        #[cfg(target_os = "linux")]
        Command::Doctor(doctor) => doctor::run(doctor),
        Command::Devices(devices) => devices::run(devices),
        Command::Flows(flows) => flows::run(flows),
        Command::Explain(explain) => explain::run(explain),
        Command::Extract(extract) => extract::run(extract),
        Command::Merge(merge) => merge::run(merge),
        Command::Inspect(inspect) => inspect::run(inspect),
        Command::Bench(bench) => bench::run(bench),
        Command::Catalog(catalog) => catalog::run(catalog),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man => manual::man(),
    }
}
