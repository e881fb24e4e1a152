//! `lenscap inspect`: what captures are, without judging them.

use crate::args::Inspect;
use crate::engine;
use crate::failure::{self, Failure, Outcome};
use crate::hash;
use crate::interrupt;
use crate::judged::confine;
use crate::output::to_stdout;
use crate::parse::Idle;
use crate::plan;
use crate::progress::Bar;
use lenscap_flow::report::{CaptureRecord, Ledger, Overview, RecordLists, Report};
use lenscap_report::escape::escape;
use lenscap_report::{Kind, csv, json, time, units};
use lenscap_wire::Timestamp;
use std::io::{self, Write};

/// Reads the inputs and prints a record of each.
pub(crate) fn run(inspect: &Inspect) -> Result<Outcome, Failure> {
    let options = plan::work(&inspect.work, Idle::USUAL);
    let inputs = plan::inputs(&inspect.files)?;
    confine(inspect.work.no_sandbox, &inputs, None);
    let bar = Bar::new(inspect.work.quiet, engine::total(&inputs));
    let mut captures = engine::inspect(&interrupt::streams(&inputs), &options, &bar)?;
    bar.finish();
    if inspect.hash {
        hash::fill(&mut captures)?;
    }
    let gaps = failure::captures(&captures);
    gaps.iter().for_each(failure::say);
    if inspect.json {
        let select = [Kind::Capture].into_iter().collect();
        let (ledger, overview) = (Ledger::default(), Overview::default());
        let report = Report::new(captures, RecordLists::default(), vec![], ledger, overview);
        to_stdout(|out| json::write(&report, select, options.threads, out))?;
    } else if inspect.csv {
        let (ledger, overview) = (Ledger::default(), Overview::default());
        let report = Report::new(captures, RecordLists::default(), vec![], ledger, overview);
        to_stdout(|out| csv::write(&report, Kind::Capture, options.threads, out))?;
    } else {
        to_stdout(|out| write(&captures, out))?;
    }
    Ok(if gaps.is_empty() { Outcome::Nothing } else { Outcome::Incomplete })
}

fn write(captures: &[CaptureRecord], out: &mut impl Write) -> io::Result<()> {
    let packets = captures.iter().map(|capture| capture.packets).sum();
    let start = captures.iter().filter_map(|capture| capture.start).min();
    let end = captures.iter().filter_map(|capture| capture.end).max();
    let unread = captures.iter().filter(|capture| capture.format.is_empty()).count();
    let others = match unread {
        0 => String::new(),
        unread => format!(", {} that cannot be read", units::counted(unread as u64, "input")),
    };
    writeln!(
        out,
        "{}{others}, {}{}",
        units::counted((captures.len() - unread) as u64, "capture"),
        units::counted(packets, "packet"),
        window(start, end),
    )?;
    captures.iter().try_for_each(|capture| write_one(capture, out))
}

fn write_one(capture: &CaptureRecord, out: &mut impl Write) -> io::Result<()> {
    let form = match (capture.format, capture.compression) {
        ("", _) => "not a capture that can be read".to_owned(),
        (format, None) => format.to_owned(),
        (format, Some(compression)) => format!("{format} in {compression}"),
    };
    writeln!(out, "\n{}", escape(capture.path.as_bytes()))?;
    writeln!(out, "  {form}")?;
    if !capture.format.is_empty() {
        let snap_length = match capture.snap_length {
            None => "none".to_owned(),
            Some(length) => units::count(length.into()),
        };
        writeln!(out, "  link types {}, snap length {snap_length}", capture.link_types.join(", "))?;
        writeln!(
            out,
            "  {}, {} on the wire, {} captured{}",
            units::counted(capture.packets, "packet"),
            units::counted(capture.bytes_wire, "byte"),
            units::count(capture.bytes_captured),
            window(capture.start, capture.end),
        )?;
    }
    if let Some(sha256) = &capture.sha256 {
        writeln!(out, "  SHA-256 {sha256}")?;
    }
    for (layer, count) in capture.drops.named() {
        writeln!(out, "  {} {}", units::counted(count, "packet"), lost(layer))?;
    }
    for problem in &capture.problems {
        let packet = problem.packet.map(|n| format!("packet {} ", units::count(n))).unwrap_or_default();
        writeln!(
            out,
            "  {packet}at byte {}: {}",
            units::count(problem.offset),
            escape(problem.what.as_bytes())
        )?;
    }
    Ok(())
}

/// Who lost packets, in words.
fn lost(layer: &str) -> &'static str {
    match layer {
        "interface" => "lost by the interface, as the file states",
        "ring" => "lost between interface and program, as the file states",
        _ => "lost between others, as packets of the file state",
    }
}

fn window(start: Option<Timestamp>, end: Option<Timestamp>) -> String {
    let (Some(start), Some(end)) = (start, end) else { return String::new() };
    format!(", {}", time::window(start, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_flow::report::{DropCounts, ProblemRecord};

    #[test]
    fn a_capture_in_lines() {
        let capture = CaptureRecord {
            path: "01.pcapng.zst".into(),
            sha256: Some("ab".into()),
            format: "pcapng",
            compression: Some("zstd"),
            link_types: vec!["EN10MB".into(), "LINUX_SLL".into()],
            snap_length: None,
            packets: 171_002,
            bytes_captured: 1_000_000,
            bytes_wire: 1_000_001,
            start: Some(Timestamp(0)),
            end: Some(Timestamp(61_000_000_000)),
            torn_tail: true,
            unfiltered: false,
            drops: DropCounts { interface: 777, ring: 0, between: 1 },
            problems: vec![ProblemRecord {
                packet: Some(171_003),
                offset: 88_120_332,
                kind: "torn".into(),
                what: "is cut".into(),
            }],
        };
        let mut out = Vec::new();
        let missing = CaptureRecord { format: "", ..capture.clone() };
        write(&[capture.clone(), missing], &mut out).unwrap();
        assert!(out.starts_with(b"1 capture, 1 input that cannot be read, "));
        out.clear();
        write(&[capture], &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "1 capture, 171,002 packets, 1970-01-01 00:00:00 to 1970-01-01 00:01:01 UTC (1 min 1 s)\n\n\
             01.pcapng.zst\n  pcapng in zstd\n  link types EN10MB, LINUX_SLL, snap length none\n  \
             171,002 packets, 1,000,001 bytes on the wire, 1,000,000 captured, \
             1970-01-01 00:00:00 to 1970-01-01 00:01:01 UTC (1 min 1 s)\n  SHA-256 ab\n  \
             777 packets lost by the interface, as the file states\n  \
             1 packet lost between others, as packets of the file state\n  \
             packet 171,003 at byte 88,120,332: is cut\n"
        );
    }
}
