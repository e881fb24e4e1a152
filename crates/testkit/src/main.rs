//! `lenscap-testkit fixtures [--check] [DIR]`: writes the generated fixtures, or says where they differ.
//! `lenscap-testkit load SHAPE COUNT FILE`: writes traffic of a shape as classic pcap, streamed.
//! `lenscap-testkit endpoints COUNT FILE`: writes a catalogue of so many endpoints.
//! `lenscap-testkit torture DIR [--damages N] [--seed S] [--keep DIR]`: damages captures, and says what does not hold.
//! `lenscap-testkit soak [--minutes N] [--memory MIB] [--seed S]`: feeds the engine of a sensor for so long, and says how it stands.
//! `lenscap-testkit churn INTERFACE [--minutes N] [--rate PACKETS] [--seed S]`: sends what never rests over an interface.
//! `lenscap-testkit plot TABLE DIR`: draws the curves of `scripts/scaling`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[cfg(all(feature = "live", unix))]
mod churning;
#[cfg(feature = "torture")]
mod soak;
#[cfg(feature = "torture")]
mod torture;

use lenscap_testkit::scenarios::ALL;
use lenscap_testkit::{Classic, Load, endpoints, plots};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

const USAGE: &str = "usage: lenscap-testkit fixtures [--check] [DIR] | load SHAPE COUNT FILE | endpoints COUNT FILE | plot TABLE DIR\n  | torture DIR [--damages N] [--seed S] [--keep DIR]\n  | soak [--minutes N] [--memory MIB] [--seed S] | churn INTERFACE [--minutes N] [--rate PACKETS] [--seed S]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["fixtures"] => write(Path::new("fixtures")),
        ["fixtures", "--check"] => check(Path::new("fixtures")),
        ["fixtures", "--check", directory] => check(Path::new(directory)),
        ["fixtures", directory] if !directory.starts_with('-') => write(Path::new(directory)),
        ["load", shape, count, file] => load(shape, count, Path::new(file)),
        ["endpoints", count, file] => number(count).and_then(|count| fs::write(file, endpoints(count))),
        ["plot", table, directory] => plot(Path::new(table), Path::new(directory)),
        #[cfg(feature = "torture")]
        ["torture", folder, ref options @ ..] => torture(Path::new(folder), options),
        #[cfg(feature = "torture")]
        ["soak", ref options @ ..] => soak(options),
        #[cfg(all(feature = "live", unix))]
        ["churn", interface, ref options @ ..] => churn(interface, options),
        _ => Err(io::Error::other(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lenscap-testkit: {error}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> io::Result<u64> {
    text.parse().map_err(|_| io::Error::other(format!("{text:?} is no number")))
}

/// Options, each with its value.
#[cfg(any(feature = "torture", all(feature = "live", unix)))]
fn pairs<'o>(options: &'o [&'o str]) -> io::Result<impl Iterator<Item = (&'o str, &'o str)>> {
    let (pairs, []) = options.as_chunks() else { return Err(io::Error::other(USAGE)) };
    Ok(pairs.iter().map(|&[option, value]| (option, value)))
}

/// The same frames every time: the seed is fixed, since curves are compared from run to run.
fn load(shape: &str, count: &str, file: &Path) -> io::Result<()> {
    let load = Load::new(shape.parse().map_err(io::Error::other)?, number(count)?, 1);
    let mut out = BufWriter::with_capacity(1 << 20, fs::File::create(file)?);
    let classic = Classic::default();
    out.write_all(&classic.header(None))?;
    let mut record = Vec::new();
    for frame in load {
        record.clear();
        classic.record(&frame, &mut record);
        out.write_all(&record)?;
    }
    out.flush()
}

#[cfg(feature = "torture")]
fn torture(folder: &Path, options: &[&str]) -> io::Result<()> {
    let mut torture = torture::Torture { folder, damages: 20, seed: 1, keep: None };
    for (option, value) in pairs(options)? {
        match option {
            "--damages" => torture.damages = number(value)?,
            "--seed" => torture.seed = number(value)?,
            "--keep" => torture.keep = Some(Path::new(value)),
            _ => return Err(io::Error::other(USAGE)),
        }
    }
    torture.run()
}

#[cfg(feature = "torture")]
fn soak(options: &[&str]) -> io::Result<()> {
    let (mut minutes, mut memory, mut seed) = (10, 64, 1);
    for (option, value) in pairs(options)? {
        match option {
            "--minutes" => minutes = number(value)?,
            "--memory" => memory = number(value)?,
            "--seed" => seed = number(value)?,
            _ => return Err(io::Error::other(USAGE)),
        }
    }
    let wall = std::time::Duration::from_secs(minutes * 60);
    let memory = usize::try_from(memory << 20).map_err(io::Error::other)?;
    soak::Soak { wall, capture: i64::MAX, memory, seed }.run(|line| println!("{line}"))
}

#[cfg(all(feature = "live", unix))]
fn churn(interface: &str, options: &[&str]) -> io::Result<()> {
    let (mut minutes, mut rate, mut seed) = (1, 600, 1);
    for (option, value) in pairs(options)? {
        match option {
            "--minutes" => minutes = number(value)?,
            "--rate" => rate = number(value)?,
            "--seed" => seed = number(value)?,
            _ => return Err(io::Error::other(USAGE)),
        }
    }
    let time = std::time::Duration::from_secs(minutes.saturating_mul(60));
    churning::Churning { interface, time, rate, seed }.run(|line| println!("{line}"));
    Ok(())
}

fn plot(table: &Path, directory: &Path) -> io::Result<()> {
    for plot in plots(&fs::read_to_string(table)?).map_err(io::Error::other)? {
        fs::write(directory.join(format!("scaling-{}.svg", plot.axis)), plot.svg)?;
    }
    Ok(())
}

fn write(root: &Path) -> io::Result<()> {
    for case in ALL {
        let directory = root.join(case.name);
        fs::create_dir_all(&directory)?;
        for file in case.files() {
            fs::write(directory.join(file.name), file.bytes)?;
        }
    }
    println!("wrote {} cases to {}", ALL.len(), root.display());
    Ok(())
}

fn check(root: &Path) -> io::Result<()> {
    let mut differing = Vec::new();
    for case in ALL {
        for file in case.files() {
            let path = root.join(case.name).join(file.name);
            if fs::read(&path).ok().as_ref() != Some(&file.bytes) {
                differing.push(path.display().to_string());
            }
        }
    }
    if differing.is_empty() {
        println!("{} cases are as the code makes them", ALL.len());
        return Ok(());
    }
    let list = differing.join(", ");
    Err(io::Error::other(format!("differ: {list}; run `cargo run -p lenscap-testkit -- fixtures`")))
}
