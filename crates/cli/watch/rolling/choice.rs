//! Which frames are kept: those from and to cameras, possible cameras and others of which something was found, those to groups, since names and searches are told there,
//! and those of stations that nobody could judge yet, in their first [`GRACE`].

use lenscap_flow::report::{DeviceRecord, Report, Standing};
use lenscap_wire::{Mac, Packet, Timestamp};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// Nanoseconds of capture time in which everything is kept of a station that was not seen before.
const GRACE: i64 = 120_000_000_000;
/// Stations whose first frame is remembered. Where there are more, they have no grace.
const STATIONS: usize = 1 << 16;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Choice {
    macs: HashSet<Mac>,
    addresses: HashSet<IpAddr>,
    /// When stations were first seen.
    seen: HashMap<Mac, i64>,
}

impl Choice {
    /// Learns which devices are cameras. Who was one before and is none any more is forgotten.
    pub(super) fn learn(&mut self, report: &Report<'_>) {
        self.macs.clear();
        self.addresses.clear();
        let found: HashSet<&str> = report.findings.iter().map(|finding| finding.device.as_str()).collect();
        let is_wanted = |device: &DeviceRecord<'_>| {
            let is_camera = matches!(device.standing, Standing::Camera | Standing::Suspected);
            is_camera || found.contains(device.id.as_str())
        };
        for device in report.devices().iter().filter(|device| is_wanted(device)) {
            self.macs.extend(device.mac);
            self.addresses.extend(&device.addresses);
        }
    }

    /// Whether a packet that came at `now` is kept.
    pub(super) fn keeps(&mut self, packet: &Packet<'_>, now: Timestamp) -> bool {
        let known = |address: lenscap_wire::Address| self.addresses.contains(&address.ip());
        if packet.version != 0 && (known(packet.source) || known(packet.destination)) {
            return true;
        }
        let Some((from, to)) = packet.macs else { return false };
        // In this order: a station that is seen is noted, whatever else is so.
        let is_new = self.is_new(from, now) | self.is_new(to, now);
        is_new || to.is_group() || self.macs.contains(&from) || self.macs.contains(&to)
    }

    fn is_new(&mut self, mac: Mac, now: Timestamp) -> bool {
        if mac.is_group() || mac == Mac::default() {
            return false;
        }
        let is_room = self.seen.len() < STATIONS;
        let first = match self.seen.get(&mac) {
            Some(first) => *first,
            None if is_room => *self.seen.entry(mac).or_insert(now.0),
            None => return false,
        };
        now.0.saturating_sub(first) < GRACE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_testkit::{Host, OwnedFrame, Scenario};
    use lenscap_wire::PacketRef;

    fn frames() -> Vec<OwnedFrame> {
        let mut s = Scenario::new(Timestamp(0), 1);
        let host = |n: u8| Host::new(&format!("02:00:00:00:00:{n:02x}"), &format!("192.168.1.{n}"));
        s.udp(host(1).port(1), host(2).port(2), b"a");
        s.udp(host(2).port(1), host(3).port(2), b"b");
        s.udp(host(3).port(1), Host::group("239.255.255.250").port(1900), b"c");
        s.in_time_order()
    }

    #[test]
    fn cameras_groups_and_who_is_new_are_kept() {
        let frames = frames();
        let mut choice = Choice::default();
        let kept = |choice: &mut Choice, now: i64| {
            let keeps = |frame: &OwnedFrame| {
                choice.keeps(&Packet::from(&frame.as_frame(PacketRef::default())), Timestamp(now))
            };
            frames.iter().map(keeps).collect::<Vec<_>>()
        };
        assert_eq!(kept(&mut choice, 0), [true; 3]);
        assert_eq!(kept(&mut choice, GRACE - 1), [true; 3]);
        assert_eq!(kept(&mut choice, GRACE), [false, false, true], "a group is told things");
        choice.macs.insert(Mac([2, 0, 0, 0, 0, 1]));
        assert_eq!(kept(&mut choice, GRACE), [true, false, true]);
        choice.addresses.insert("192.168.1.3".parse().unwrap());
        assert_eq!(kept(&mut choice, GRACE), [true; 3]);
    }

    #[test]
    fn a_flood_of_stations_is_not_remembered() {
        let mut choice = Choice::default();
        for n in 0..STATIONS as u32 + 10 {
            let [a, b, c, d] = n.to_be_bytes();
            choice.is_new(Mac([2, 1, a, b, c, d]), Timestamp(0));
        }
        assert_eq!(choice.seen.len(), STATIONS);
    }
}
