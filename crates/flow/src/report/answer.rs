//! The answer: which cameras there are, what each of them did, the worst first. Renderers phrase it, and none chooses.

use super::{DeviceRecord, EndpointRecord, Finding, FindingKind, Party, Report, Severity, Standing};
use lenscap_catalog::DeviceClass;
use std::cmp::Reverse;
use std::collections::HashMap;

/// What the first screen tells. A *camera* is whatever is like one: recorders and doorbells, too.
#[derive(Clone, Debug)]
pub struct Answer<'r, 'a> {
    /// How many cameras there are, by class; none that is zero.
    pub classes: Vec<(DeviceClass, u64)>,
    /// Possible cameras.
    pub suspected: u64,
    /// All devices.
    pub devices: u64,
    /// Each camera and possible camera: those with the worst findings first, then cameras before possible ones, then who
    /// sent most.
    pub told: Vec<Told<'r, 'a>>,
    /// Findings of other devices, as [`Overview::findings`](super::Overview::findings) counts them.
    pub elsewhere: [u64; 5],
    /// Captures that could not be read whole, of all.
    pub not_whole: (u64, u64),
}

/// One camera or possible camera.
#[derive(Clone, Debug)]
pub struct Told<'r, 'a> {
    /// Which.
    pub device: &'r DeviceRecord<'a>,
    /// Its findings, the one that is told first at the front.
    pub findings: Vec<&'r Finding<'a>>,
}

impl<'r, 'a> Told<'r, 'a> {
    /// The finding that is told: the worst; of equal ones the largest upload, a vendor's, that with most payload sent.
    pub fn first(&self) -> Option<&'r Finding<'a>> {
        self.findings.first().copied()
    }

    /// Payload that it sent outside and received from there, each byte once.
    pub fn payload(&self) -> (u64, u64) {
        self.findings
            .iter()
            .fold((0, 0), |(sent, received), finding| (sent + finding.bytes_out, received + finding.bytes_in))
    }

    fn rank(&self) -> impl Ord + use<> {
        let severity = self.first().map(|finding| finding.severity);
        let is_camera = self.device.standing == Standing::Camera;
        Reverse((severity, is_camera, self.payload().0, self.device.kind_points))
    }
}

impl EndpointRecord<'_> {
    /// Whether it stands outside of the site.
    pub fn is_outside(&self) -> bool {
        self.party != Party::Local
    }
}

impl DeviceRecord<'_> {
    /// IP bytes that it sent to others of the site and received from them.
    pub fn bytes_inside(&self) -> (u64, u64) {
        let inside = |all: u64, outside| all.saturating_sub(outside);
        (inside(self.bytes_out, self.bytes_out_external), inside(self.bytes_in, self.bytes_in_external))
    }
}

impl<'a> Report<'a> {
    /// The answer.
    pub fn answer(&self) -> Answer<'_, 'a> {
        let mut of: HashMap<&str, Vec<&Finding<'a>>> = HashMap::new();
        for finding in &self.findings {
            of.entry(&finding.device).or_default().push(finding);
        }
        let tell = |device| {
            let mut findings = of.remove(device_id(device)).unwrap_or_default();
            findings.sort_by_key(|finding| {
                let uploaded = if finding.kind == FindingKind::Exfiltration { finding.bytes_out } else { 0 };
                Reverse((finding.severity, uploaded, finding.vendor.is_some(), finding.bytes_out))
            });
            Told { device, findings }
        };
        let mut told: Vec<_> = self.told().iter().map(tell).collect();
        told.sort_by_key(Told::rank);
        let mut elsewhere = self.overview.findings;
        for finding in told.iter().flat_map(|told| &told.findings) {
            if let Some(count) = elsewhere.get_mut(finding.severity as usize) {
                *count = count.saturating_sub(1);
            }
        }
        let not_whole = self.captures.iter().filter(|capture| !capture.is_whole()).count();
        Answer {
            classes: classes(&told),
            suspected: told.iter().filter(|told| told.device.standing == Standing::Suspected).count() as u64,
            devices: self.overview.devices,
            told,
            elsewhere,
            not_whole: (not_whole as u64, self.captures.len() as u64),
        }
    }
}

impl Answer<'_, '_> {
    /// Findings of other devices, and the worst of them.
    pub fn others(&self) -> Option<(u64, Severity)> {
        let count = self.elsewhere.iter().sum();
        let worst = Severity::ALL.into_iter().zip(self.elsewhere).rev().find(|&(_, count)| count > 0)?;
        Some((count, worst.0))
    }
}

fn device_id<'r>(device: &'r DeviceRecord<'_>) -> &'r str {
    &device.id
}

fn classes(told: &[Told<'_, '_>]) -> Vec<(DeviceClass, u64)> {
    let cameras = || told.iter().map(|told| told.device).filter(|device| device.is_camera);
    let class = |device: &DeviceRecord<'_>| device.class.unwrap_or(DeviceClass::Camera);
    let of = |wanted| cameras().filter(|device| class(device) == wanted).count() as u64;
    DeviceClass::ALL.iter().map(|&class| (class, of(class))).filter(|&(_, count)| count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{CaptureRecord, DropCounts, Ledger, Outcome, Overview, RecordLists};
    use lenscap_wire::Timestamp;

    fn device(id: u64, standing: Standing, class: Option<DeviceClass>) -> DeviceRecord<'static> {
        DeviceRecord {
            id: id.to_string(),
            mac: None,
            addresses: vec![],
            vendor: None,
            model: None,
            serial: None,
            firmware: None,
            class,
            is_camera: standing == Standing::Camera,
            confidence: 0,
            bytes_out: 1000,
            bytes_in: 50,
            bytes_out_external: 400,
            bytes_in_external: 60,
            payload_out_external: 300,
            payload_in_external: 20,
            endpoints: vec![],
            sightings: vec![],
            aliases: vec![],
            standing,
            kind_points: id as u32,
            maker_points: 0,
            registrant: None,
            maker_by_cloud: false,
            maker: None,
            why: vec![],
            conflicts: vec![],
            address_doubts: vec![],
            reported_makers: vec![],
            cloud_of: None,
            platform: None,
        }
    }

    fn finding(device: u64, severity: Severity, sent: u64) -> Finding<'static> {
        Finding {
            id: format!("{device}-{sent}"),
            kind: FindingKind::Contact,
            severity,
            confidence: 0,
            device: device.to_string(),
            standing: Standing::Camera,
            party: Party::Unknown,
            vendor: None,
            endpoint: String::new(),
            addresses: vec![],
            bytes_out: sent,
            bytes_in: 1,
            repeated: 0,
            estimated: false,
            headers_cut: false,
            encrypted: false,
            opaque: 0,
            packed: 0,
            outcome: Outcome::Answered,
            start: Timestamp(0),
            end: Timestamp(0),
            flows: vec![],
            reasons: vec![],
            evidence: vec![],
            was: vec![],
            filter: String::new(),
        }
    }

    fn report(
        captures: Vec<CaptureRecord>,
        devices: Vec<DeviceRecord<'static>>,
        findings: Vec<Finding<'static>>,
    ) -> Report<'static> {
        let overview = Overview { devices: 9, findings: [1, 2, 2, 1, 0], ..Overview::default() };
        let records = RecordLists { devices, ..RecordLists::default() };
        Report::new(captures, records, findings, Ledger::default(), overview)
    }

    #[test]
    fn the_worst_is_told_first_and_who_did_nothing_last() {
        let camera = |id, class| device(id, Standing::Camera, class);
        let devices = vec![
            camera(1, Some(DeviceClass::Recorder)),
            camera(2, None),
            device(3, Standing::Suspected, None),
            camera(4, Some(DeviceClass::Camera)),
            device(5, Standing::Other, None),
        ];
        let findings = vec![
            finding(4, Severity::High, 7),
            finding(3, Severity::Medium, 900),
            finding(2, Severity::Medium, 5),
            finding(5, Severity::Low, 5),
            finding(4, Severity::Low, 4),
            finding(4, Severity::Info, 500),
        ];
        let report = report(vec![], devices, findings);
        let answer = report.answer();
        let told: Vec<_> = answer.told.iter().map(|told| told.device.id.as_str()).collect();
        assert_eq!(told, ["4", "2", "3", "1"]);
        assert_eq!(answer.classes, [(DeviceClass::Camera, 2), (DeviceClass::Recorder, 1)]);
        assert_eq!((answer.suspected, answer.devices), (1, 9));
        assert_eq!(answer.told[0].first().unwrap().id, "4-7");
        assert_eq!(answer.told[0].payload(), (511, 3));
        assert_eq!((answer.elsewhere, answer.others()), ([0, 1, 0, 0, 0], Some((1, Severity::Low))));
        assert_eq!(answer.told[3].device.bytes_inside(), (600, 0));
    }

    #[test]
    fn of_equal_findings_that_with_most_bytes_is_told() {
        let findings = vec![finding(1, Severity::Low, 5), finding(1, Severity::Low, 6)];
        let report = report(vec![], vec![device(1, Standing::Camera, None)], findings);
        assert_eq!(report.answer().told[0].first().unwrap().bytes_out, 6);
    }

    #[test]
    fn a_capture_that_was_not_read_whole_is_counted() {
        let unread = CaptureRecord {
            path: "a.pcap".into(),
            sha256: None,
            format: "",
            compression: None,
            link_types: vec![],
            snap_length: None,
            unfiltered: false,
            drops: DropCounts::default(),
            packets: 0,
            bytes_captured: 0,
            bytes_wire: 0,
            start: None,
            end: None,
            torn_tail: false,
            problems: vec![],
        };
        let read = CaptureRecord { format: "pcap", ..unread.clone() };
        assert_eq!(report(vec![read.clone(), unread], vec![], vec![]).answer().not_whole, (1, 2));
        assert_eq!(report(vec![read], vec![], vec![]).answer().not_whole, (0, 1));
    }
}
