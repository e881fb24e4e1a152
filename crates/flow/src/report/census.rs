//! What all devices say together: counted as they are gone through, so that none need be kept.

use super::DeviceRecord;
use std::cmp::Reverse;

/// Counts over all devices.
#[derive(Clone, Debug, Default)]
pub struct Census<'a> {
    /// How many asked name servers in a way that hides what they asked for.
    pub hide_look_ups: u64,
    /// The one that sent most IP bytes outside, of equals the first by id.
    pub most_sent: Option<DeviceRecord<'a>>,
}

impl<'a> Census<'a> {
    pub(crate) fn add(&mut self, device: &DeviceRecord<'a>) {
        self.hide_look_ups += u64::from(device.endpoints.iter().any(|end| end.hides_look_ups));
        let more = |most: &DeviceRecord<'_>| {
            (device.bytes_out_external, Reverse(&device.id)) > (most.bytes_out_external, Reverse(&most.id))
        };
        if self.most_sent.as_ref().is_none_or(more) {
            self.most_sent = Some(device.clone());
        }
    }
}
