//! CSV (RFC 4180): one type of record a file, a header, stable column names, CRLF after every row.
//!
//! - Nested objects are flattened (`orig_port`, `in_flows_bytes`); what is absent is an empty field.
//! - A list is one field, its items joined by `;`; a `;` inside an item is written `\x3b` (the [escape](crate::escape)
//!   takes it back). Items of `names` are `source:name`, of `endpoints` `party:name or address`, of `sightings`
//!   `kind:value`, of `evidence` `input:packet` (input from 0), of `problems` `offset:what`, of `drops`,
//!   `hazards` and `caps` `name:count`.
//! - A field that a spreadsheet could take for a formula gets `'` before it: one that begins with `=`, `+`, `-`, `@`, or
//!   the full-width forms of these. So does one that begins with `'`: whoever reads the file back takes off one
//!   leading `'`, always. (Tab and carriage return cannot stand in a field; they are escaped.)

mod records;
mod row;

use crate::parallel;
use crate::select::Kind;
use lenscap_flow::report::{DeviceRecord, FlowView, Report};
use row::Row;
use std::io::{self, Write};
use std::num::NonZeroUsize;

/// Writes the header and every record of one type.
///
/// `threads` is how many render flows; the output does not depend on it. Errors are those of `out`.
pub fn write(report: &Report<'_>, kind: Kind, threads: NonZeroUsize, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}\r", records::columns(kind))?;
    match kind {
        Kind::Capture => rows(&report.captures, records::capture, out),
        Kind::Device => report.each_device(|device| rows([device], records::device, out)),
        Kind::Flow => parallel::write_flows(
            report,
            threads,
            |buffer, flow| {
                let mut row = Row::begin(buffer);
                records::flow(&mut row, flow);
                row.end();
            },
            out,
        ),
        Kind::Name => rows(report.names(), |row, name| records::name(row, &name), out),
        Kind::Contact => rows(&report.contacts(), records::contact, out),
        Kind::Finding => rows(&report.findings, records::finding, out),
        Kind::Ledger => rows([&report.ledger], records::ledger, out),
        Kind::Summary => rows([&report.overview], records::summary, out),
    }
}

/// Writes the header and these devices alone.
pub fn write_devices(devices: &[&DeviceRecord<'_>], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}\r", records::columns(Kind::Device))?;
    rows(devices.iter().copied(), records::device, out)
}

/// Writes the header and these flows alone.
pub fn write_flows<'a>(
    flows: impl IntoIterator<Item = FlowView<'a>>,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}\r", records::columns(Kind::Flow))?;
    rows(flows, |row, flow| records::flow(row, &flow), out)
}

fn rows<T>(
    records: impl IntoIterator<Item = T>,
    fill: impl Fn(&mut Row<'_>, T),
    out: &mut impl Write,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    for record in records {
        buffer.clear();
        let mut row = Row::begin(&mut buffer);
        fill(&mut row, record);
        row.end();
        out.write_all(&buffer)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{flows, nothing, office, office_over_memory, office_with};

    fn rendered(report: &Report<'_>, kind: Kind, threads: usize) -> String {
        let mut out = Vec::new();
        write(report, kind, NonZeroUsize::new(threads).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// As another reader of RFC 4180 has it. Rows of unequal length are an error to it.
    fn parsed(text: &str) -> Vec<Vec<String>> {
        assert!(text.lines().count() == text.matches("\r\n").count() && text.ends_with("\r\n"));
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.deserialize().map(Result::unwrap).collect()
    }

    #[test]
    fn every_row_has_every_column() {
        for kind in Kind::ALL {
            for report in [office(), office_over_memory(), nothing()] {
                let rows = parsed(&rendered(&report, kind, 1));
                assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{kind}: {rows:?}");
                let mut names = rows[0].clone();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), rows[0].len(), "{kind} has a column twice");
            }
        }
    }

    #[test]
    fn a_flow_by_column() {
        let rows = parsed(&rendered(&office(), Kind::Flow, 1));
        let field =
            |row: usize, name: &str| &rows[row][rows[0].iter().position(|column| column == name).unwrap()];
        assert_eq!(field(1, "orig_port"), "49152");
        assert_eq!(field(1, "resp_payload_unique"), "863057");
        assert_eq!(field(1, "names"), "sni:litedev.hik-connect.com;dns:evil\\x1b[31m\\xff\\\\");
        assert_eq!(field(1, "first_packet"), "2200");
        assert_eq!(field(1, "vlan"), "7;100");
        assert_eq!(field(2, "protocol"), "88");
        assert_eq!(field(2, "orig_port"), "");
    }

    #[test]
    fn the_moment_of_the_first_cap_has_a_column() {
        for (report, since) in [(office(), ""), (office_over_memory(), "2026-03-02T10:54:07.000000000Z")] {
            let rows = parsed(&rendered(&report, Kind::Summary, 1));
            let column = rows[0].iter().position(|column| column == "inexact_since").unwrap();
            assert_eq!(rows[1][column], since);
        }
    }

    #[test]
    fn a_list_that_names_a_maker_more_than_once_stands_once() {
        let rows = parsed(&rendered(&office(), Kind::Device, 1));
        let column = rows[0].iter().position(|column| column == "listed").unwrap();
        let of_maker = rows.iter().skip(1).find(|row| !row[column].is_empty()).unwrap();
        let lists: Vec<&str> =
            of_maker[column].split(';').map(|item| item.rsplit_once(':').unwrap().0).collect();
        let once: std::collections::BTreeSet<_> = lists.iter().collect();
        assert_eq!(lists.len(), once.len(), "{lists:?}");
    }

    #[test]
    fn a_formula_is_disarmed() {
        let mut flow = flows().remove(0);
        for (name, field) in [
            (&b"=cmd|' /C calc'!A0"[..], "'=cmd|' /C calc'!A0"),
            (b"+1", "'+1"),
            (b"-1,\"x\"", "'-1,\"x\""),
            (b"@SUM(1)", "'@SUM(1)"),
            (b"'quoted", "''quoted"),
            (b"\t=1", "\\x09=1"),
            ("\u{ff1d}1".as_bytes(), "'\u{ff1d}1"),
            (b"plain", "plain"),
        ] {
            flow.server_name = Some(name);
            let rows = parsed(&rendered(&office_with(vec![flow.clone()]), Kind::Flow, 1));
            let column = rows[0].iter().position(|column| column == "server_name").unwrap();
            assert_eq!(rows[1][column], field);
        }
    }

    #[test]
    fn the_same_for_every_number_of_threads() {
        let report = office_with(vec![flows().remove(0); 3000]);
        assert!(rendered(&report, Kind::Flow, 1) == rendered(&report, Kind::Flow, 3));
    }
}
