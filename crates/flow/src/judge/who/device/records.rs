//! The records of devices, made some at a time: each holds all its parties, and there may be a million.

use lenscap_catalog::{Extract, VendorId};
use lenscap_wire::Address;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::{Device, Stations};
use crate::judge::what::case::Cases;
use crate::judge::who::claims::is_of_link;
use crate::judge::who::dealings::{DealingAt, dealings_of};
use crate::judge::who::endpoints::{endpoints, payload_outside};
use crate::judge::who::grouped::Grouped;
use crate::report::{DeviceRecord, Standing};

impl<'a> Stations<'a> {
    /// The records of those whose standing is wanted, by first packet and id, some thousand at a time.
    pub(crate) fn records(
        &self,
        cases: &Cases<'_, 'a>,
        wanted: fn(Standing) -> bool,
        each: &mut dyn FnMut(Vec<DeviceRecord<'a>>) -> ControlFlow<()>,
    ) {
        const AT_A_TIME: usize = 4096;
        let judged = cases.judged;
        let is_wanted = |place| wanted(self.standing(place));
        let mut all: Vec<_> = self.iter().filter(|device| is_wanted(device.place)).collect();
        all.sort_by_key(|device| (device.station.volume.first, device.key));
        let places = (&self.places, self.through.as_slice());
        let dealings = dealings_of(places, judged, self.len(), |judged, _, side, place| {
            is_wanted(place) && judged.is_contact(side)
        });
        for some in all.chunks(AT_A_TIME) {
            let records = some.par_iter().map(|device| device.record(cases, &dealings)).collect();
            if each(records).is_break() {
                return;
            }
        }
    }
}

impl<'a> Device<'_, 'a> {
    fn record(&self, cases: &Cases<'_, 'a>, dealings: &Grouped<DealingAt>) -> DeviceRecord<'a> {
        let &Cases { court, judged, .. } = cases;
        let (identity, volume) = (self.identity(court, judged), self.station.volume);
        let title = self.station.title.map(|(address, _)| address.ip());
        let others: BTreeSet<_> =
            self.addresses().map(Address::ip).filter(|other| Some(*other) != title).collect();
        let of = |id: Option<VendorId>| id.map(|id| court.catalog.vendor(id));
        let (vendor, maker) = (of(identity.vendor()), of(identity.maker()));
        let by_cloud = identity.is_maker_by_cloud();
        let registrant = self.key.mac().and_then(|mac| court.catalog.registrant(mac.0));
        let (kind_points, maker_points) = identity.points();
        let (id, serial) = (self.key.id(), identity.told(Extract::Serial));
        let places =
            self.addresses().filter(|address| !is_of_link(*address)).map(|address| address.ip().to_string());
        let aliases: BTreeSet<String> = places.chain(serial.clone()).filter(|alias| *alias != id).collect();
        let aliases = aliases.into_iter().collect();
        let payload = payload_outside(court, judged, dealings.of(self.place));
        DeviceRecord {
            id,
            mac: self.station.mac,
            addresses: title.into_iter().chain(others).collect(),
            vendor,
            model: identity.told(Extract::Model),
            firmware: identity.told(Extract::Firmware),
            class: identity.class(),
            is_camera: identity.is_camera(),
            confidence: identity.confidence(),
            bytes_out: volume.sent,
            bytes_in: volume.received,
            bytes_out_external: volume.sent_outside,
            bytes_in_external: volume.received_outside,
            payload_out_external: payload.0,
            payload_in_external: payload.1,
            endpoints: endpoints(cases, self.place, dealings.of(self.place)),
            sightings: identity.records(court),
            aliases,
            serial,
            standing: identity.standing(),
            kind_points,
            maker_points,
            maker: registrant.filter(|_| by_cloud).or(maker.map(|maker| maker.name.as_ref())).or(registrant),
            registrant,
            maker_by_cloud: by_cloud,
            why: identity.why(court),
            conflicts: identity.conflicts(court),
            address_doubts: self.stations.doubts.get(&(self.place as u32)).cloned().unwrap_or_default(),
            reported_makers: maker
                .into_iter()
                .filter(|_| !by_cloud)
                .flat_map(|maker| maker.oem_of.iter())
                .map(|&id| court.catalog.vendor(id))
                .collect(),
            cloud_of: of(identity.cloud_of),
            platform: of(identity.platform()),
        }
    }
}
