//! Lists: one line a device, one line a flow, as tables.

use super::View;
use super::page::{Page, cut_clause};
use super::table::{self, Column};
use super::words;
use crate::escape::escape;
use crate::protocol;
use crate::time;
use crate::units;
use crate::vendor;
use lenscap_flow::report::{DeviceRecord, EndView, FlowView, Standing};
use std::io::{self, Write};
use std::net::IpAddr;

/// Rows of flows that are laid out together: widths are those of a page of them, so that millions need no memory.
const ROWS: usize = 1000;

/// Writes devices as a table.
pub fn write_devices(devices: &[&DeviceRecord<'_>], view: &View, out: &mut impl Write) -> io::Result<()> {
    let mut page = view.page();
    if devices.is_empty() {
        page.line("No device.");
    } else {
        let inside = push_devices(&mut page, "", devices, view);
        let sure = if devices.iter().any(|device| is_rated(device)) {
            "In brackets how sure that is, of 100. "
        } else {
            ""
        };
        let inside = if inside { ", and inside the site" } else { "" };
        page.paragraph(0, &format!("{sure}IP bytes, headers included, to and from outside{inside}."));
    }
    out.write_all(page.text().as_bytes())
}

/// Whether the table says how sure it is that the device is a camera.
pub(super) fn is_rated(device: &DeviceRecord<'_>) -> bool {
    matches!(device.standing, Standing::Camera | Standing::Suspected)
}

/// A table of devices; below a heading without the evidence, which is told there whole. Returns whether there was room for the
/// bytes inside the site.
pub(super) fn push_devices(
    page: &mut Page,
    heading: &str,
    devices: &[&DeviceRecord<'_>],
    view: &View,
) -> bool {
    let columns = [
        Column::whole("address"),
        Column::whole("MAC").ranked(5),
        Column::whole("what"),
        Column::wrapped("maker, model", 12),
        Column::wrapped("why", 14).ranked(4),
        Column::number("sent"),
        Column::number("received"),
        Column::number(INSIDE).ranked(1),
    ];
    let row = |device: &&DeviceRecord<'_>| {
        let (sent, received) = device.bytes_inside();
        vec![
            words::address(device),
            device.mac.map(|mac| mac.to_string()).unwrap_or_default(),
            what(device),
            words::maker_cell(device),
            words::evidence(device, 0, 2),
            view.numbers.bytes(device.bytes_out_external),
            view.numbers.bytes(device.bytes_in_external),
            view.numbers.bytes(sent + received),
        ]
    };
    let mut rows: Vec<_> = devices.iter().map(row).collect();
    let mut columns = columns.to_vec();
    if !heading.is_empty() {
        columns.remove(WHY);
        for row in &mut rows {
            row.remove(WHY);
        }
    }
    table::push(page, heading, &columns, &rows).contains(&INSIDE)
}

/// The column of the evidence, and the title of that of the bytes inside the site.
const WHY: usize = 4;
const INSIDE: &str = "inside";

/// What a device is, and how sure that is.
fn what(device: &DeviceRecord<'_>) -> String {
    let class = words::class(device).trim_end_matches(" camera");
    if is_rated(device) { format!("{class} ({})", device.confidence) } else { class.into() }
}

/// Of how many rows those that are written were chosen, and by what.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// All of them.
    pub all: usize,
    /// What those are that are written: `largest by payload both ways`.
    pub by: &'static str,
}

/// Writes flows as a table, a thousand rows at a time.
pub fn write_flows<'a>(
    flows: impl IntoIterator<Item = FlowView<'a>>,
    shown: &Shown,
    view: &View,
    out: &mut impl Write,
) -> io::Result<()> {
    let columns = [
        Column::whole("start (UTC)").ranked(2),
        Column::whole("protocol"),
        Column::text("from", 21),
        Column::text("to", 21),
        Column::name("name", 12).ranked(1),
        Column::number("lasted").ranked(4),
        Column::number("sent"),
        Column::number("received"),
        Column::text("activity", 8).ranked(3),
        Column::number("packet").ranked(5),
    ];
    let mut flows = flows.into_iter().peekable();
    if flows.peek().is_none() {
        return writeln!(out, "No flow.");
    }
    let mut written = 0;
    while flows.peek().is_some() {
        let rows: Vec<_> = flows.by_ref().take(ROWS).map(|flow| row(&flow, view)).collect();
        written += rows.len();
        let mut page = view.page();
        table::push(&mut page, "", &columns, &rows);
        out.write_all(page.text().as_bytes())?;
    }
    let mut page = view.page();
    if written < shown.all {
        let (some, all) = (units::count(written as u64), units::counted(shown.all as u64, "flow"));
        page.paragraph(0, &format!("The {some} of {all} that are {}.", shown.by));
    }
    page.paragraph(
        0,
        "Payload from the end that began the flow, or was seen first, and to it; in TCP each byte once.",
    );
    out.write_all(page.text().as_bytes())
}

fn row(flow: &FlowView<'_>, view: &View) -> Vec<String> {
    let protocol = protocol::word(flow.protocol).map_or_else(|| flow.protocol.to_string(), str::to_owned);
    let protocol = match flow.app {
        Some(app) => format!("{protocol}/{app}"),
        None => protocol,
    };
    vec![
        time::plain(flow.start),
        protocol,
        end(&flow.orig),
        end(&flow.resp),
        name(flow),
        units::span(flow.end.0.saturating_sub(flow.start.0)),
        view.numbers.bytes(payload(&flow.orig)),
        view.numbers.bytes(payload(&flow.resp)),
        flow.activity.word().to_owned(),
        format!("#{}", units::count(flow.first_packet.packet)),
    ]
}

/// Payload that an end sent: each byte once where that could be told.
pub fn payload(end: &EndView) -> u64 {
    end.payload_unique.unwrap_or(end.payload)
}

fn end(end: &EndView) -> String {
    match (end.address, end.port) {
        (address, None | Some(0)) => address.to_string(),
        (IpAddr::V4(address), Some(port)) => format!("{address}:{port}"),
        (IpAddr::V6(address), Some(port)) => format!("[{address}]:{port}"),
    }
}

/// What the flow's other end is called, and whose it is.
fn name(flow: &FlowView<'_>) -> String {
    let name = flow.server_name.or_else(|| flow.names.first().map(|name| name.name));
    let name = name.map(|name| escape(name).into_owned());
    let whose = flow.vendor.map(vendor::name);
    match (name, whose) {
        (Some(name), Some(whose)) => format!("{} ({whose})", cut_clause(&name, 60)),
        (Some(name), None) => cut_clause(&name, 60),
        (None, Some(whose)) => format!("({whose})"),
        (None, None) => String::new(),
    }
}
