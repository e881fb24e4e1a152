//! What a report says that was not said before: devices and findings that are new, or that are told otherwise now.
//!
//! A finding that grows is said again when its bytes have doubled, so that a camera that streams for a week is some forty lines.

use lenscap_flow::report::{DeviceRecord, Finding, FindingKind, Report, Severity, Standing};
use std::collections::HashMap;

/// Something to be said.
#[derive(Clone, Copy, Debug)]
pub(super) enum News<'r, 'a> {
    Device(&'r DeviceRecord<'a>, How),
    Finding(&'r Finding<'a>, How),
}

/// How news is new.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum How {
    /// It was not there before.
    New,
    /// It is something else than before.
    Changed,
    /// It is the same, and larger.
    Grown,
}

/// What was last said of a device, but for numbers: what it is and what it is called.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Device {
    standing: Standing,
    vendor: Option<String>,
    words: [Option<String>; 3],
    addresses: usize,
}

impl Device {
    fn of(record: &DeviceRecord<'_>) -> Self {
        Self {
            standing: record.standing,
            vendor: record.vendor.map(|vendor| vendor.id.to_string()),
            words: [record.model.clone(), record.serial.clone(), record.firmware.clone()],
            addresses: record.addresses.len(),
        }
    }
}

/// What was last said of a finding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Told {
    what: (FindingKind, Severity, Standing),
    /// Its bytes both ways, by how often they have doubled.
    size: u32,
}

impl Told {
    fn of(finding: &Finding<'_>) -> Self {
        let bytes = finding.bytes_out.saturating_add(finding.bytes_in);
        Self {
            what: (finding.kind, finding.severity, finding.standing),
            size: u64::BITS - bytes.leading_zeros(),
        }
    }
}

/// What has been said of the devices and findings that there are.
#[derive(Debug, Default)]
pub(super) struct Heard {
    devices: HashMap<String, Device>,
    findings: HashMap<String, Told>,
}

impl Heard {
    /// What of a report is new; it counts as said from now on. Devices come first.
    pub(super) fn news<'r, 'a>(&mut self, report: &'r Report<'a>) -> Vec<News<'r, 'a>> {
        let mut news = Vec::new();
        // What the report no longer has is forgotten, so nothing grows for ever.
        let mut known = std::mem::take(&mut self.devices);
        for record in report.devices() {
            let now = Device::of(record);
            match known.remove(&record.id) {
                None => news.push(News::Device(record, How::New)),
                Some(before) if before != now => news.push(News::Device(record, How::Changed)),
                Some(_) => {}
            }
            self.devices.insert(record.id.clone(), now);
        }
        let mut known = std::mem::take(&mut self.findings);
        for finding in &report.findings {
            let now = Told::of(finding);
            match known.remove(&finding.id) {
                None => news.push(News::Finding(finding, How::New)),
                Some(before) if before.what != now.what => news.push(News::Finding(finding, How::Changed)),
                Some(before) if before.size < now.size => news.push(News::Finding(finding, How::Grown)),
                Some(_) => {}
            }
            self.findings.insert(finding.id.clone(), now);
        }
        news
    }
}
