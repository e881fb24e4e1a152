//! `lenscap extract`: the packets of a finding or a device, as they stand in their captures, in a file of their own.
//!
//! The captures are read twice: once to judge, once to copy. Blocks of pcapng are copied as they are, but for a comment that
//! says which packet of which capture each is, and why it is there: "packet 16 of office.pcap; lenscap finding 7e72…: shows
//! upload". Records of classic pcap become blocks of pcapng.

mod wanted;

use crate::args::Job;
use crate::engine;
use crate::failure::{Failure, Outcome, say};
use crate::judged::Case;
use crate::output::to_stdout;
use crate::plan;
use crate::save;
use crate::subject::Subject;
use clap::Args as ClapArgs;
use lenscap_capture::{Capture, ChunkId, Record, WriteError, Writer};
use lenscap_flow::report::{CaptureRecord, Report};
use lenscap_report::{shell, units};
use lenscap_wire::Packet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use wanted::Wanted;

pub(crate) const ABOUT: &str = "\
Copies the packets of a finding or a device into a file of their own, for Wireshark.

The file is pcapng. Blocks of packets are those of the captures, with one comment more: its number in its capture, as reports cite it, and why it is there. Packets that \
are named as evidence are there, and all packets between the device and the party in the time of the finding; of a device all \
packets from and to its addresses. Captures are read a second time for that, packed ones too; a pipe cannot be.";

pub(crate) const EXAMPLES: &str = "\
Examples:
  lenscap extract 7e72532f office.pcapng -w proof.pcapng           a finding, by its id
  lenscap extract 192.168.1.64 captures/ -w camera.pcapng          a device, out of many captures
  lenscap extract 7e72532f office.pcapng -w - | tshark -r - -V     straight into another tool

Exit status: 0 written, 2 there is no such id, or the file could not be written or is there already.";

/// `lenscap extract`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Id of a finding, or address or MAC of a device
    #[arg(value_name = "ID")]
    pub id: String,
    /// Captures, or directories of captures
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// The file to write; - for standard output
    #[arg(short = 'w', long = "write", value_name = "FILE", required = true, help_heading = "Output")]
    pub write: PathBuf,
    /// Write over a file that is there
    #[arg(long, help_heading = "Output")]
    pub force: bool,
    #[command(flatten)]
    pub job: Job,
}

/// Finds what is meant, and copies its packets.
pub(crate) fn run(args: &Args) -> Result<Outcome, Failure> {
    check(args)?;
    let written = Some(args.write.as_path()).filter(|path| *path != Path::new("-"));
    Case::of(&args.job, &args.files).report(written, |report, _| {
        let subject = Subject::find(report, &args.id, &Case::of(&args.job, &args.files).typed("scan"))?;
        let wanted = Wanted::of(report, &subject);
        if report.captures.iter().any(|capture| is_same(&capture.path, &args.write)) {
            return Err(Failure::new("the file to write is one of the captures: nothing was written"));
        }
        write(args, report, &wanted)
    })
}

fn check(args: &Args) -> Result<(), Failure> {
    let is_stream = |file: &&PathBuf| plan::input(file).is_stream();
    if let Some(saved) = args.files.iter().find(|file| save::is_saved(file)) {
        let saved = shell::word(&saved.to_string_lossy());
        return Err(Failure::new("a saved summary holds no packets: extract needs the captures")
            .next(format!("lenscap explain {} {saved} says which", shell::word(&args.id))));
    }
    if args.files.iter().find(is_stream).is_some() {
        return Err(Failure::new("a pipe can be read once only, and extract reads twice")
            .next("Save it first: … | tee office.pcap | lenscap scan -"));
    }
    if args.write != Path::new("-") && args.write.exists() && !args.force {
        let name = engine::shown(&args.write);
        return Err(Failure::new(format!("{name} is there already: nothing was written"))
            .next("Choose another name, or add --force"));
    }
    Ok(())
}

fn is_same(capture: &str, file: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().ok();
    whole(Path::new(capture)).is_some_and(|capture| whole(file) == Some(capture))
}

fn write(args: &Args, report: &Report<'_>, wanted: &Wanted) -> Result<(), Failure> {
    let mut count = 0;
    if args.write == Path::new("-") {
        to_stdout(|out| {
            count = copy(&report.captures, wanted, out)?;
            Ok(())
        })?;
    } else {
        save::write(&args.write, |out| {
            count = copy(&report.captures, wanted, out)?;
            Ok(())
        })?;
    }
    let file = args.write.to_string_lossy();
    if !args.job.work.quiet && args.write != Path::new("-") {
        let packets = units::counted(count, "packet");
        let name = engine::shown(&args.write);
        say(&format!(
            "Wrote {packets} to {name}.\nNext: wireshark {0}      or: tshark -r {0} -T fields -e frame.number -e frame.comment",
            shell::word(&file)
        ));
    }
    Ok(())
}

/// Copies what is wanted of every capture that could be read; how many packets that were.
fn copy(captures: &[CaptureRecord], wanted: &Wanted, out: &mut impl Write) -> io::Result<u64> {
    let (mut writer, mut count) = (Writer::new(out), 0);
    let readable = captures.iter().zip(0_u32..).filter(|(capture, _)| !capture.format.is_empty());
    for (capture, input) in readable {
        let opened = Capture::open(Path::new(&capture.path)).map_err(io::Error::other)?;
        let mut reader = opened.reader(ChunkId { input, chunk: input }).map_err(io::Error::other)?;
        let name = engine::shown(Path::new(&capture.path));
        while reader.advance() {
            let batch = reader.batch();
            let kept: Vec<(Record, String)> = batch
                .records()
                .iter()
                .zip(batch.frames())
                .filter_map(|(record, frame)| {
                    let number = u64::from(record.at.record) + 1;
                    let why = wanted.why(input, number, frame.time, &Packet::from(&frame))?;
                    Some((*record, format!("packet {number} of {name}; {why}")))
                })
                .collect();
            for (record, why) in kept {
                writer.copy_with(&reader, &record, Some(&why)).map_err(|why| match why {
                    WriteError::Io(why) => why,
                    other => io::Error::other(other),
                })?;
                count += 1;
            }
        }
        // What was judged is what is copied: a file that was replaced meanwhile has other packets of these numbers.
        let tally = reader.tally();
        if (tally.records, tally.bytes_wire) != (capture.packets, capture.bytes_wire) {
            return Err(io::Error::other(format!(
                "{name} has changed since it was judged: nothing was written"
            )));
        }
    }
    writer.finish()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_catalog::Catalog;
    use lenscap_flow::{Input, Limits, Policy, scan};
    use std::num::NonZeroUsize;

    #[test]
    fn nothing_is_copied_of_a_capture_that_has_changed_since_it_was_judged() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/office/capture.pcap");
        let options = engine::Options {
            threads: NonZeroUsize::MIN,
            limits: Limits { idle: 300_000_000_000, memory: 1 << 30 },
            filter: None,
            from: None,
            to: None,
            saved: false,
        };
        let summary = scan(&[Input::File(path)], &options, &()).unwrap();
        let (closed, catalog) = (summary.close(), Catalog::builtin());
        let report = lenscap_flow::judge(&closed, &catalog, &Policy::default());
        let subject = Subject::find(&report, "192.168.1.64", &plan::typed("scan", &[], &[])).unwrap();
        let wanted = Wanted::of(&report, &subject);
        let mut captures = report.captures.clone();
        assert!(copy(&captures, &wanted, &mut Vec::new()).unwrap() > 0);
        captures[0].bytes_wire += 1;
        let why = copy(&captures, &wanted, &mut Vec::new()).unwrap_err();
        assert!(why.to_string().contains("has changed since it was judged"), "{why}");
    }
}
