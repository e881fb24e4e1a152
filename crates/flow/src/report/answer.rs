//! The answer: what the first screen says of a report, as sentences that renderers phrase and none chooses.

use super::{DeviceRecord, EndpointRecord, Party, Report, Severity, Standing, Vendor};
use lenscap_catalog::DeviceClass;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Cameras that get a sentence of their own.
const TOLD: usize = 5;
/// Parties named in such a sentence.
const NAMED: usize = 3;

/// One sentence of the answer, without its words. A *camera* is whatever is like one: recorders and doorbells, too.
#[derive(Clone, Debug)]
pub enum Sentence<'r, 'a> {
    /// How many cameras were recognised among all devices: by class, none that is zero.
    Recognised(Vec<(DeviceClass, u64)>, u64),
    /// Possible cameras, one at least, the most likely first.
    Suspected(Vec<&'r DeviceRecord<'a>>),
    /// How many findings there are, the worst first, none that is zero.
    Found(Vec<(Severity, u64)>),
    /// The answer is not about everything: so many captures, of so many, could not be read whole.
    NotWhole(u64, u64),
    /// Whose the cameras are, the most frequent first.
    Vendors(Vec<(Option<&'a Vendor>, u64)>),
    /// What left one camera, and to whom.
    Left(Left<'r, 'a>),
    /// So many more cameras sent or received bytes outside.
    MoreLeft(u64),
    /// These cameras, one at least, were not seen to send or receive anything outside.
    Quiet(Vec<&'r DeviceRecord<'a>>),
}

/// What left one camera.
#[derive(Clone, Debug)]
pub struct Left<'r, 'a> {
    /// The camera.
    pub device: &'r DeviceRecord<'a>,
    /// The parties outside that were sent most, the greatest first.
    pub to: Vec<&'r EndpointRecord<'a>>,
    /// How many other parties outside it dealt with.
    pub others: u64,
}

impl EndpointRecord<'_> {
    /// Whether it stands outside of the site.
    pub fn is_outside(&self) -> bool {
        self.party != Party::Local
    }
}

impl<'a> Report<'a> {
    /// The answer, in the order in which it is told: first about the run as a whole ([`Recognised`](Sentence::Recognised),
    /// [`Suspected`](Sentence::Suspected), [`Found`](Sentence::Found), [`NotWhole`](Sentence::NotWhole)), then about single vendors and cameras.
    pub fn answer(&self) -> Vec<Sentence<'_, 'a>> {
        let mut cameras: Vec<_> = self.devices().iter().filter(|device| device.is_camera).collect();
        let mut told = vec![Sentence::Recognised(classes(&cameras), self.overview.devices)];
        let possible = self.devices().iter().filter(|device| device.standing == Standing::Suspected);
        let mut possible: Vec<_> = possible.collect();
        possible.sort_by_key(|device| Reverse((device.kind_points, device.bytes_out_external)));
        if !possible.is_empty() {
            told.push(Sentence::Suspected(possible));
        }
        told.push(Sentence::Found(self.found()));
        let not_whole = self.captures.iter().filter(|capture| !capture.is_whole()).count();
        if not_whole > 0 {
            told.push(Sentence::NotWhole(not_whole as u64, self.captures.len() as u64));
        }
        if !cameras.is_empty() {
            told.push(Sentence::Vendors(vendors(&cameras)));
        }
        cameras.sort_by_key(|device| Reverse(device.bytes_out_external));
        let (talked, silent): (Vec<_>, Vec<_>) =
            cameras.into_iter().partition(|d| d.bytes_out_external > 0 || d.bytes_in_external > 0);
        told.extend(talked.iter().take(TOLD).map(|device| Sentence::Left(left(device))));
        if talked.len() > TOLD {
            told.push(Sentence::MoreLeft((talked.len() - TOLD) as u64));
        }
        if !silent.is_empty() {
            told.push(Sentence::Quiet(silent));
        }
        told
    }

    fn found(&self) -> Vec<(Severity, u64)> {
        Severity::ALL.into_iter().zip(self.overview.findings).rev().filter(|&(_, count)| count > 0).collect()
    }
}

fn classes(cameras: &[&DeviceRecord<'_>]) -> Vec<(DeviceClass, u64)> {
    let class = |device: &DeviceRecord<'_>| device.class.unwrap_or(DeviceClass::Camera);
    let of = |wanted| cameras.iter().filter(|device| class(device) == wanted).count() as u64;
    DeviceClass::ALL.iter().map(|&class| (class, of(class))).filter(|&(_, count)| count > 0).collect()
}

fn vendors<'a>(cameras: &[&DeviceRecord<'a>]) -> Vec<(Option<&'a Vendor>, u64)> {
    let mut counts: BTreeMap<&str, (Option<&'a Vendor>, u64)> = BTreeMap::new();
    for device in cameras {
        let maker = device.made_by();
        let id = maker.map_or("", |vendor| AsRef::<str>::as_ref(&vendor.id));
        counts.entry(id).or_insert((maker, 0)).1 += 1;
    }
    let mut counts: Vec<_> = counts.into_values().collect();
    counts.sort_by_key(|&(_, count)| Reverse(count));
    counts
}

fn left<'r, 'a>(device: &'r DeviceRecord<'a>) -> Left<'r, 'a> {
    let mut to: Vec<_> = device.endpoints.iter().filter(|end| end.is_outside()).collect();
    to.sort_by_key(|end| Reverse(end.bytes_out));
    let others = to.len().saturating_sub(NAMED) as u64;
    to.truncate(NAMED);
    Left { device, to, others }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{CaptureRecord, DropCounts, Ledger, Overview};

    fn party(party: Party, bytes_out: u64) -> EndpointRecord<'static> {
        EndpointRecord {
            party,
            vendor: None,
            name: None,
            address: [192, 0, 2, 1].into(),
            bytes_out,
            bytes_in: 0,
            flows: 1,
            activity: vec![],
        }
    }

    fn device(id: u64, class: Option<DeviceClass>, sent: u64) -> DeviceRecord<'static> {
        DeviceRecord {
            id: id.to_string(),
            mac: None,
            addresses: vec![],
            vendor: None,
            model: None,
            serial: None,
            firmware: None,
            class,
            is_camera: class.is_some(),
            confidence: 0,
            bytes_out: sent,
            bytes_in: 0,
            bytes_out_external: sent,
            bytes_in_external: 0,
            endpoints: vec![],
            sightings: vec![],
            aliases: vec![],
            standing: if class.is_some() { Standing::Camera } else { Standing::Other },
            kind_points: 0,
            maker_points: 0,
            maker: None,
            why: vec![],
            conflicts: vec![],
            cloud_of: None,
            platform: None,
        }
    }

    fn report(captures: Vec<CaptureRecord>, devices: Vec<DeviceRecord<'static>>) -> Report<'static> {
        let overview = Overview { devices: 9, findings: [0, 3, 0, 1, 0], ..Overview::default() };
        Report::new(captures, devices, vec![], vec![], vec![], Ledger::default(), overview)
    }

    #[test]
    fn who_sent_most_is_told_first_and_who_sent_nothing_last() {
        let mut devices: Vec<_> = (1..=7).map(|n| device(n, Some(DeviceClass::Camera), n)).collect();
        devices.insert(0, device(8, Some(DeviceClass::Recorder), 0));
        devices.insert(0, device(9, None, 1000));
        let report = report(vec![], devices);
        let answer = report.answer();
        let [Sentence::Recognised(classes, 9), Sentence::Found(found), Sentence::Vendors(vendors), told @ ..] =
            answer.as_slice()
        else {
            panic!("{answer:?}")
        };
        assert_eq!(classes[..], [(DeviceClass::Camera, 7), (DeviceClass::Recorder, 1)]);
        assert_eq!(found[..], [(Severity::High, 1), (Severity::Low, 3)]);
        assert_eq!(vendors[..], [(None, 8)]);
        let ids: Vec<_> = told
            .iter()
            .map(|sentence| match sentence {
                Sentence::Left(left) => left.device.id.clone(),
                Sentence::MoreLeft(more) => format!("{more} more"),
                Sentence::Quiet(devices) => format!("quiet {}", devices[0].id),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(ids, ["7", "6", "5", "4", "3", "2 more", "quiet 8"]);
    }

    #[test]
    fn possible_cameras_are_told_beside_cameras() {
        let mut devices: Vec<_> = (1..=3).map(|n| device(n, None, n)).collect();
        for (device, points) in devices.iter_mut().zip([40, 0, 59]).filter(|(_, points)| *points > 0) {
            (device.standing, device.kind_points) = (Standing::Suspected, points);
        }
        let report = report(vec![], devices);
        let answer = report.answer();
        let [Sentence::Recognised(classes, 9), Sentence::Suspected(possible), Sentence::Found(_)] =
            &answer[..]
        else {
            panic!("{answer:?}")
        };
        assert!(classes.is_empty());
        assert_eq!(possible.iter().map(|device| device.id.as_str()).collect::<Vec<_>>(), ["3", "1"]);
    }

    #[test]
    fn parties_inside_are_not_among_those_outside() {
        let parties = [(Party::Local, 90), (Party::Unknown, 1), (Party::Vendor, 5), (Party::Unknown, 4)];
        let mut camera = device(1, Some(DeviceClass::Camera), 10);
        camera.endpoints = parties.iter().cycle().take(8).map(|&(kind, sent)| party(kind, sent)).collect();
        let left = left(&camera);
        assert_eq!(left.to.iter().map(|end| end.bytes_out).collect::<Vec<_>>(), [5, 5, 4]);
        assert_eq!(left.others, 3);
    }

    #[test]
    fn a_capture_that_was_not_read_whole_is_told() {
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
        let answer = report(vec![read.clone(), unread], vec![]).answer().len();
        assert_eq!((answer, report(vec![read], vec![]).answer().len()), (3, 2));
    }
}
