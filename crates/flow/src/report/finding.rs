//! What is worth saying: a claim about a device and a party, the rules it rests on, and the packets that show it.

use super::{Attribution, PacketAt, Vendor};
use lenscap_catalog::DeviceClass;
use lenscap_wire::Timestamp;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[allow(missing_docs)]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// All of them, the worst last, as [`Overview::findings`](super::Overview::findings) counts them.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What is claimed of a device and a party.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FindingKind {
    /// It tried to reach the party, and no success was seen.
    Attempt,
    /// They were in contact.
    VendorContact,
    /// It reports to the party again and again.
    Telemetry,
    /// It sent the party much more than it received.
    Exfiltration,
}

impl FindingKind {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Attempt => "attempt",
            Self::VendorContact => "vendor-contact",
            Self::Telemetry => "telemetry",
            Self::Exfiltration => "exfiltration",
        }
    }
}

/// A judged claim with its evidence.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Finding<'a> {
    /// Hash of kind, device, party and content; never of paths or packet numbers.
    pub id: String,
    pub kind: FindingKind,
    pub severity: Severity,
    pub confidence: u8,
    /// Id of the device record.
    pub device: String,
    pub vendor: Option<&'a Vendor>,
    /// Name or address of the other end.
    pub endpoint: String,
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Community IDs.
    pub flows: Vec<String>,
    /// Why, the rule that chose the kind first.
    pub reasons: Vec<Reason>,
    pub evidence: Vec<PacketAt>,
}

/// One rule that held, and the packets that show it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reason {
    /// The rule, with what it was decided by.
    pub rule: Rule,
    /// First packets of what it rests on, sorted, as bounded as evidence is. None where the proof is in other records: the
    /// sightings of the device, the ranges of the catalogue.
    pub packets: Vec<PacketAt>,
}

/// The rules behind findings. Each has the integers and words that it was decided by, and no sentence: renderers phrase it.
///
/// Bytes are payload, from the device's side.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub enum Rule {
    /// None of the flows was answered by anything useful.
    NoUsefulAnswer { flows: u64 },
    /// Some were.
    Contact { flows: u64, sent: u64, received: u64 },
    /// The contact recurs: many flows, or one that sends in many time buckets.
    Recurring { flows: u64, sent: u64, received: u64 },
    /// At least `least` bytes were sent, and `ratio` times what was received.
    SentMore { sent: u64, received: u64, least: u64, ratio: u64 },
    /// Whose the other end is follows from these; each once, by word.
    PartyBy { sources: Vec<Attribution> },
    /// The device is a camera or its like, with this confidence.
    IsCamera { class: DeviceClass, confidence: u8 },
    /// Names of the party were asked for, and no answer gave an address; sorted.
    NoAddress { names: Vec<String> },
}

impl Rule {
    /// A word for programs, which stays what it is while sentences change.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::NoUsefulAnswer { .. } => "no-useful-answer",
            Self::Contact { .. } => "contact",
            Self::Recurring { .. } => "recurring",
            Self::SentMore { .. } => "sent-more",
            Self::PartyBy { .. } => "party-by",
            Self::IsCamera { .. } => "is-camera",
            Self::NoAddress { .. } => "no-address",
        }
    }
}
