//! What a device and one party outside had to do with each other.

use lenscap_catalog::{Called, Role, Vendor};
use lenscap_wire::{Activity, Timestamp};
use std::net::IpAddr;

use super::{Attribution, PacketAt, Party};

/// A contact, as sums over its flows.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ContactRecord<'a> {
    /// Id of the device record.
    pub device: String,
    pub party: Party,
    /// The name by which the device knew the party; `None` where it knew none.
    pub name: Option<String>,
    /// The party's address in the flow with most payload. `None` where nothing was sent to it, or where several parties are told
    /// as one because there are too many.
    pub address: Option<IpAddr>,
    /// IP protocol number of that flow.
    pub protocol: Option<u8>,
    pub called: Called,
    /// Whose the party is, where most of the payload says so.
    pub vendor: Option<&'a Vendor>,
    pub role: Option<Role>,
    /// The best of what that rests on.
    pub attribution: Option<Attribution>,
    /// How sure whose it is, by bytes.
    pub confidence: Option<u8>,
    /// What its flows are for, each once, by word.
    pub activity: Vec<Activity>,
    pub flows: u64,
    /// Payload sent by the device and received by it, each byte once.
    pub payload_out: u64,
    pub payload_in: u64,
    /// IP bytes, with all that was repeated.
    pub bytes_out: u64,
    pub bytes_in: u64,
    /// Payload of both that was seen again.
    pub copies: u64,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Community IDs of the largest flows, the largest first.
    pub largest: Vec<String>,
    pub evidence: Vec<PacketAt>,
    /// All addresses of the party, sorted, at most 16.
    pub addresses: Vec<IpAddr>,
    /// IP protocols and service ports, sorted, at most 16; port 0 where there is none.
    pub ports: Vec<(u8, u16)>,
    /// Id of the finding about it, where there is one.
    pub finding: Option<String>,
}
