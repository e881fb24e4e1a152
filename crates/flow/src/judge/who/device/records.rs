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
