//! JSON lines: one record a line, `"type"` first, keys in the fixed order of the contract `lenscap/1`, which `RECORDS.md` beside
//! this crate's manifest has whole.
//!
//! Integers only; times as RFC 3339 in UTC with nine digits ([`time`](crate::time)); what is absent is omitted, and so
//! are empty lists, a snap length of 0 (none) and `ech` where no Encrypted Client Hello was offered. Values that come
//! out of packets, and words that may hold some, are [escaped](crate::escape) before they become JSON strings; paths
//! are not. A JSON string never holds a raw character that cannot be seen.
//!
//! Flows are rendered by many threads in pieces and written in order by the one that calls.

mod capture;
mod contact;
mod device;
mod finding;
mod flow;
mod name;
mod summary;
mod writer;

use crate::parallel;
use crate::select::{Kind, Select};
use lenscap_flow::report::{DeviceRecord, Finding, FlowView, Report};
use std::io::{self, Write};
use std::num::NonZeroUsize;

/// Version of the contract, as the summary record says it.
pub const SCHEMA: &str = "lenscap/1";

/// Writes the selected records, in the order capture, device, flow, name, contact, finding, ledger, summary.
///
/// `threads` is how many render flows; the output does not depend on it. Errors are those of `out`.
pub fn write(
    report: &Report<'_>,
    select: Select,
    threads: NonZeroUsize,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut lines = Lines { out, buffer: Vec::new() };
    if select.has(Kind::Capture) {
        lines.each(&report.captures, capture::push)?;
    }
    if select.has(Kind::Device) {
        report.each_device(|device| lines.each([device], device::push))?;
    }
    if select.has(Kind::Flow) {
        lines.flush()?;
        parallel::write_flows(report, threads, flow::push, lines.out)?;
    }
    if select.has(Kind::Name) {
        lines.each(report.names(), |out, name| name::push(out, &name))?;
    }
    if select.has(Kind::Contact) {
        lines.each(&report.contacts(), contact::push)?;
    }
    if select.has(Kind::Finding) {
        lines.each(&report.findings, finding::push)?;
    }
    if select.has(Kind::Ledger) {
        lines.each([&report.ledger], summary::push_ledger)?;
    }
    if select.has(Kind::Summary) {
        lines.each([&report.overview], summary::push)?;
    }
    lines.flush()
}

/// Appends the line of one device.
pub fn push_device(out: &mut Vec<u8>, device: &DeviceRecord<'_>) {
    device::push(out, device);
}

/// Appends the line of one flow.
pub fn push_flow(out: &mut Vec<u8>, flow: &FlowView<'_>) {
    flow::push(out, flow);
}

/// Appends the line of one finding.
pub fn push_finding(out: &mut Vec<u8>, finding: &Finding<'_>) {
    finding::push(out, finding);
}

/// Writes these devices alone.
pub fn write_devices(devices: &[&DeviceRecord<'_>], out: &mut impl Write) -> io::Result<()> {
    let mut lines = Lines { out, buffer: Vec::new() };
    lines.each(devices.iter().copied(), device::push)?;
    lines.flush()
}

/// Writes these flows alone.
pub fn write_flows<'a>(
    flows: impl IntoIterator<Item = FlowView<'a>>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut lines = Lines { out, buffer: Vec::new() };
    lines.each(flows, |out, flow| flow::push(out, &flow))?;
    lines.flush()
}

/// Records on their way out, some kilobytes at a time.
struct Lines<'w, W> {
    out: &'w mut W,
    buffer: Vec<u8>,
}

impl<W: Write> Lines<'_, W> {
    const FULL: usize = 1 << 16;

    fn each<T>(
        &mut self,
        records: impl IntoIterator<Item = T>,
        push: impl Fn(&mut Vec<u8>, T),
    ) -> io::Result<()> {
        for record in records {
            push(&mut self.buffer, record);
            if self.buffer.len() >= Self::FULL {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
