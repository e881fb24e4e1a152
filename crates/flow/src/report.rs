//! What `judge` says: one report that every renderer reads and none computes on.
//!
//! The [`Report`] borrows the [`Summary`](crate::Summary); beside it stand 18 bytes a flow. A [`FlowView`] is made
//! when it is rendered and dropped after.

mod answer;
mod census;
mod contact;
mod coverage;
mod device;
mod finding;
mod flow;
mod list;
mod vocabulary;

pub use self::answer::{Answer, Told};
pub use self::census::Census;
pub use self::contact::ContactRecord;
pub use self::coverage::{Between, Coverage, Unread, UnreadFlow, UnreadFrames, UnreadKind};
pub use self::device::{
    AddressDoubt, DeviceId, DeviceRecord, EndpointRecord, MakerRecord, SightingRecord, WhyRecord,
};
pub use self::finding::{Finding, FindingKind, LookUp, Outcome, Reason, Rule, Severity};
pub use self::flow::{CopiesView, EndView, FlowView, NameOf, NameView};
pub use self::vocabulary::{Attribution, EndReason, OrigBasis, Party, Standing};
pub use crate::state::leaving::Leaving;
pub use crate::state::tally::Amount;
pub use lenscap_capture::DropCounts;
pub use lenscap_catalog::{
    Basis, Called, ContactRule, ContentRule, DeviceClass, Evidence, Listed, Measure, Role, SharedGroup,
    Vendor,
};
pub use lenscap_wire::Activity;

use lenscap_wire::Timestamp;
pub(crate) use list::{FirstPacket, FlowId, Records};
pub use list::{FlowList, RecordLists, Said};
use std::convert::Infallible;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::OnceLock;

/// A packet as a reader of the report finds it: input, number as Wireshark counts in that file, and bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PacketAt {
    /// Index of the capture record, from 0.
    pub input: u32,
    /// Number in that input, from 1.
    pub packet: u64,
    /// Offset of its first captured byte in the file, or in the decompressed stream.
    pub offset: u64,
    /// Captured bytes.
    pub length: u32,
}

/// One input of the run.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct CaptureRecord {
    pub path: String,
    /// SHA-256 of the file in hexadecimal; set by the caller, who alone knows whether it was asked for.
    pub sha256: Option<String>,
    /// `pcap`, `pcapng`, or `live` for an interface; empty where the input could not be read.
    pub format: &'static str,
    /// `gzip` or `zstd`.
    pub compression: Option<&'static str>,
    pub link_types: Vec<String>,
    /// In bytes; `None` where some interface has none.
    pub snap_length: Option<u32>,
    pub packets: u64,
    pub bytes_captured: u64,
    pub bytes_wire: u64,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub torn_tail: bool,
    /// Whether it has packets of a link type that the filter does not fit.
    pub unfiltered: bool,
    /// Packets that the input says were lost, by layer.
    pub drops: DropCounts,
    pub problems: Vec<ProblemRecord>,
}

impl CaptureRecord {
    /// Whether the input could be opened, and read to its end.
    pub fn is_whole(&self) -> bool {
        !self.torn_tail && !self.format.is_empty()
    }
}

/// Something that was wrong in an input.
#[derive(Clone, Debug)]
pub struct ProblemRecord {
    /// Number of the packet it is about, from 1.
    pub packet: Option<u64>,
    /// Where in the input.
    pub offset: u64,
    /// A word for what was wrong.
    pub kind: String,
    /// What was wrong.
    pub what: String,
}

/// Double entry: what came in, and where it went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs)]
pub struct Ledger {
    pub packets: u64,
    pub bytes_wire: u64,
    pub bytes_captured: u64,
    pub in_flows: Amount,
    pub in_residuals: Amount,
    pub non_ip: Amount,
    pub undecodable: Amount,
    pub truncated: Amount,
    pub filtered: Amount,
    /// Flows that hold more IP bytes than their packets had on the wire. There is none unless a length that a header
    /// claimed was believed.
    pub beyond_wire: u64,
}

impl Ledger {
    /// Whether the parts add up to the whole, in packets and in bytes, and no flow holds more than was on the wire.
    pub fn balanced(&self) -> bool {
        let parts =
            [self.in_flows, self.in_residuals, self.non_ip, self.undecodable, self.truncated, self.filtered];
        parts.iter().map(|p| p.packets).sum::<u64>() == self.packets
            && parts.iter().map(|p| p.bytes).sum::<u64>() == self.bytes_wire
            && self.bytes_captured <= self.bytes_wire
            && self.beyond_wire == 0
    }
}

/// The run as a whole.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Overview {
    pub exact: bool,
    /// The time of the packet at which the first cap bit.
    pub inexact_since: Option<Timestamp>,
    pub packets: u64,
    pub flows: u64,
    pub devices: u64,
    pub cameras: u64,
    /// Possible cameras.
    pub suspected: u64,
    /// Findings by severity, from info to critical.
    pub findings: [u64; 5],
    pub coverage: Coverage,
    /// Which state of the catalogue it was judged by, and the command that gives the same again; set by the caller, who alone
    /// knows what was asked for.
    pub catalogue: Option<String>,
    pub command: Option<String>,
}

/// What was found in a summary, judged.
#[allow(missing_docs)]
pub struct Report<'a> {
    pub captures: Vec<CaptureRecord>,
    /// Sorted by (severity from the worst, start, id).
    pub findings: Vec<Finding<'a>>,
    pub ledger: Ledger,
    pub overview: Overview,
    records: Box<dyn Records<'a> + 'a>,
    devices: OnceLock<Vec<DeviceRecord<'a>>>,
    told: OnceLock<Vec<DeviceRecord<'a>>>,
    census: OnceLock<Census<'a>>,
}

impl<'a> Report<'a> {
    /// Puts a report together from records that are in their order already.
    pub fn new(
        captures: Vec<CaptureRecord>,
        records: RecordLists<'a>,
        findings: Vec<Finding<'a>>,
        ledger: Ledger,
        overview: Overview,
    ) -> Self {
        Self::of(captures, Box::new(records), findings, ledger, overview)
    }

    pub(crate) fn of(
        captures: Vec<CaptureRecord>,
        records: Box<dyn Records<'a> + 'a>,
        findings: Vec<Finding<'a>>,
        ledger: Ledger,
        overview: Overview,
    ) -> Self {
        let (devices, told, census) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { captures, findings, ledger, overview, records, devices, told, census }
    }

    /// The devices, sorted by (first seen, id); put together when first asked for. Those of a million parties take more memory
    /// than all that was counted: [`Report::each_device`], [`Report::told`] and [`Report::census`] do without.
    pub fn devices(&self) -> &[DeviceRecord<'a>] {
        self.devices.get_or_init(|| self.devices_of(|_| true))
    }

    fn devices_of(&self, wanted: fn(Standing) -> bool) -> Vec<DeviceRecord<'a>> {
        let mut all = Vec::new();
        self.records.devices(wanted, &mut |devices| {
            all.extend(devices);
            ControlFlow::Continue(())
        });
        all
    }

    /// Gives each of them in the same order, of which few are there at a time, until one fails.
    ///
    /// # Errors
    /// The first of `each`.
    pub fn each_device<E>(&self, mut each: impl FnMut(&DeviceRecord<'a>) -> Result<(), E>) -> Result<(), E> {
        if let Some(known) = self.devices.get() {
            return known.iter().try_for_each(each);
        }
        let mut result = Ok(());
        self.records.devices(|_| true, &mut |devices| {
            result = devices.iter().try_for_each(&mut each);
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        result
    }

    /// The cameras and the possible cameras among them.
    pub fn told(&self) -> &[DeviceRecord<'a>] {
        self.told.get_or_init(|| self.devices_of(Standing::is_told))
    }

    /// What a summary of all devices says.
    pub fn census(&self) -> &Census<'a> {
        self.census.get_or_init(|| {
            let mut census = Census::default();
            let Ok(()) = self.each_device(|device| {
                census.add(device);
                Ok::<_, Infallible>(())
            });
            census
        })
    }

    /// The vendor with an id of the catalogue.
    pub fn vendor(&self, id: &str) -> Option<&'a Vendor> {
        self.records.vendor(id)
    }

    /// The flows, sorted by (start, Community ID, first packet).
    pub fn flows(&self) -> FlowList<'_, 'a> {
        FlowList::new(&*self.records)
    }

    /// The flows that ended at or before a moment, by their last stamp, and that `said` does not hold, in the order of
    /// [`Report::flows`] and `most` of them; `said` holds them then. So each flow is had once of a summary that is judged
    /// again and again; one that went on all the same, once more when it has ended again.
    pub fn flows_that_ended(&self, until: Timestamp, most: usize, said: &mut Said) -> FlowList<'_, 'a> {
        FlowList::ended(&*self.records, until, most, said)
    }

    /// The flows that ended at or before a moment and may leave memory; of those alone that `said` holds, where it is given.
    pub fn leaving(&self, until: Timestamp, said: Option<&Said>) -> Leaving {
        self.records.leaving(until, said)
    }

    /// Names that addresses were given, sorted by (first, name, address, asker).
    pub fn names(&self) -> Vec<NameView<'a>> {
        self.records.names()
    }

    /// What devices and parties outside had to do with each other, sorted by (start, who called, address, device, name): all
    /// parties of a camera, a possible camera and a viewer, of other devices those of a vendor. Each finding is about one of
    /// them, by the same sums.
    pub fn contacts(&self) -> Vec<ContactRecord<'a>> {
        self.records.contacts()
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("ledger", &self.ledger)
            .field("overview", &self.overview)
            .finish_non_exhaustive()
    }
}
