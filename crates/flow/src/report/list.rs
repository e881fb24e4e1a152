//! Records that are made when they are asked for, one by one: a report of a million flows never holds them all.

use lenscap_catalog::Vendor;
use lenscap_wire::Timestamp;
use std::collections::HashSet;
use std::ops::ControlFlow;

use super::{ContactRecord, DeviceRecord, FlowView, NameView, Standing};
use crate::state::leaving::Leaving;

/// A flow by a number of its report's own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct FlowId(pub(crate) u64);

/// What tells a flow from all others of its summary, however often that is judged: chunk and record of its first packet.
pub(crate) type FirstPacket = (u32, u32);

/// Flows of which has been said that they ended.
#[derive(Clone, Debug, Default)]
pub struct Said(HashSet<FirstPacket>);

impl Said {
    /// Whether it has been said of the flow with this first packet.
    pub(crate) fn has(&self, first: FirstPacket) -> bool {
        self.0.contains(&first)
    }
}

/// Records that are put together when they are rendered: there may be more than memory has room for twice.
pub(crate) trait Records<'a>: Send + Sync {
    /// Those of a standing that is wanted, sorted by (first seen, id), some thousand at a time, until `each` has enough.
    fn devices(
        &self,
        wanted: fn(Standing) -> bool,
        each: &mut dyn FnMut(Vec<DeviceRecord<'a>>) -> ControlFlow<()>,
    );
    /// The vendor with an id of the catalogue.
    fn vendor(&self, id: &str) -> Option<&'a Vendor>;
    /// Sorted by (first, name, address, asker).
    fn names(&self) -> Vec<NameView<'a>>;
    /// Sorted by (start, who called, address, device, name).
    fn contacts(&self) -> Vec<ContactRecord<'a>>;
    /// Sorted by (start, Community ID, first packet). May take several threads, so never ask from inside a pool's
    /// task.
    fn flows(&self) -> Vec<FlowId>;
    /// Those that ended at or before a moment, in the same order.
    fn ended(&self, until: Timestamp) -> Vec<(FirstPacket, FlowId)>;
    /// Those that ended at or before a moment and may leave memory, of those that were `said` where that is asked.
    fn leaving(&self, until: Timestamp, said: Option<&Said>) -> Leaving;
    /// One flow.
    fn flow(&self, id: FlowId) -> Option<FlowView<'a>>;
}

/// The flows of a report in their order.
pub struct FlowList<'r, 'a> {
    records: &'r dyn Records<'a>,
    order: Vec<FlowId>,
}

impl<'r, 'a> FlowList<'r, 'a> {
    pub(super) fn new(records: &'r dyn Records<'a>) -> Self {
        Self { records, order: records.flows() }
    }

    /// Those that ended at or before a moment and that were not said before, so many at most.
    pub(super) fn ended(
        records: &'r dyn Records<'a>,
        until: Timestamp,
        most: usize,
        said: &mut Said,
    ) -> Self {
        let mut order = Vec::new();
        let before = std::mem::take(&mut said.0);
        for (first, id) in records.ended(until) {
            if !before.contains(&first) {
                if order.len() >= most {
                    continue;
                }
                order.push(id);
            }
            said.0.insert(first);
        }
        Self { records, order }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The `n`th.
    pub fn view(&self, n: usize) -> Option<FlowView<'a>> {
        self.records.flow(*self.order.get(n)?)
    }
}

/// Records that are put together already, each in its order.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct RecordLists<'a> {
    pub devices: Vec<DeviceRecord<'a>>,
    pub flows: Vec<FlowView<'a>>,
    pub names: Vec<NameView<'a>>,
    pub contacts: Vec<ContactRecord<'a>>,
}

impl<'a> Records<'a> for RecordLists<'a> {
    fn devices(
        &self,
        wanted: fn(Standing) -> bool,
        each: &mut dyn FnMut(Vec<DeviceRecord<'a>>) -> ControlFlow<()>,
    ) {
        _ = each(self.devices.iter().filter(|device| wanted(device.standing)).cloned().collect());
    }

    /// Of those that its devices bear.
    fn vendor(&self, id: &str) -> Option<&'a Vendor> {
        self.devices.iter().filter_map(|device| device.vendor).find(|vendor| vendor.id == id)
    }

    fn names(&self) -> Vec<NameView<'a>> {
        self.names.clone()
    }

    fn contacts(&self) -> Vec<ContactRecord<'a>> {
        self.contacts.clone()
    }

    fn flows(&self) -> Vec<FlowId> {
        (0..self.flows.len() as u64).map(FlowId).collect()
    }

    fn ended(&self, until: Timestamp) -> Vec<(FirstPacket, FlowId)> {
        let ended = self.flows.iter().zip(0..).filter(|(flow, _)| flow.end <= until);
        ended.map(|(_, n)| ((0, n as u32), FlowId(n))).collect()
    }

    fn leaving(&self, _: Timestamp, _: Option<&Said>) -> Leaving {
        Leaving::default()
    }

    fn flow(&self, id: FlowId) -> Option<FlowView<'a>> {
        self.flows.get(usize::try_from(id.0).ok()?).cloned()
    }
}
