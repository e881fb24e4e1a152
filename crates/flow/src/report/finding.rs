//! What is worth saying: a claim about a device and a party, the rules it rests on, and the packets that show it.

use super::{Attribution, PacketAt, Party, Standing, Vendor};
use lenscap_catalog::{ContactRule, DeviceClass, Measure};
use lenscap_wire::Timestamp;
use std::net::IpAddr;

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
    /// It tried to reach the party and was refused.
    Attempt,
    /// It was in contact with a party that is no vendor's, or tried to be and nothing says how that ended.
    Contact,
    /// The same with a vendor of the catalogue.
    VendorContact,
    /// It reports to the party again and again.
    Telemetry,
    /// The party called in from outside and was answered.
    Exposure,
    /// It uploaded content to the party.
    Exfiltration,
}

impl FindingKind {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Attempt => "attempt",
            Self::Contact => "contact",
            Self::VendorContact => "vendor-contact",
            Self::Telemetry => "telemetry",
            Self::Exposure => "exposure",
            Self::Exfiltration => "exfiltration",
        }
    }
}

/// How a look-up ended that gave no address.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LookUp {
    /// No answer was captured.
    Unanswered,
    /// An answer came, and what it held could not be read: it, or its capture, was cut.
    Unread,
    /// An answer came, and it held no address.
    WithoutAddress,
    /// The name service failed or would not answer, by this response code (RFC 1035 4.1.1).
    Failed(u8),
    /// The name does not exist (NXDOMAIN).
    Denied,
    /// The answer held addresses inside the site only, or zero: blocked or intercepted.
    Diverted,
}

/// How a contact ended, by what was captured.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Outcome {
    /// The called end answered.
    Answered,
    /// It answered, as the device acknowledges or as how much it sent shows: no packet of it was captured.
    Inferred,
    /// It refused, or an address on the way did.
    Refused,
    /// No answer was captured; that there was none is not said.
    NotCaptured,
}

/// A judged claim with its evidence.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Finding<'a> {
    /// 64 bits of a hash of the matter, the device and the other end, in hexadecimal: the same for the same matter in every
    /// capture of it, whatever its kind becomes as the capture grows.
    pub id: String,
    pub kind: FindingKind,
    pub severity: Severity,
    pub confidence: u8,
    /// Id of the device record.
    pub device: String,
    pub standing: Standing,
    pub party: Party,
    pub vendor: Option<&'a Vendor>,
    /// The name by which the device knew the other end, else its address.
    pub endpoint: String,
    /// The addresses behind it, sorted, at most 16.
    pub addresses: Vec<IpAddr>,
    /// Payload sent by the device, each byte once.
    pub bytes_out: u64,
    /// Payload received by it, each byte once.
    pub bytes_in: u64,
    /// Payload of both that was seen again.
    pub repeated: u64,
    /// Whether these three are about so much, since for some flow they were worked out from a sample of its datagrams.
    pub estimated: bool,
    /// Whether TCP headers of its flows were cut: it sent and received at least so much, and whether it was answered may not be known.
    pub headers_cut: bool,
    /// Whether most of the payload is hidden by its protocol.
    pub encrypted: bool,
    /// Payload whose content could not be read, though nothing says that it is encrypted: of protocols that no reader knew,
    /// and what peer-to-peer protocols carry.
    pub opaque: u64,
    /// That of the latter.
    pub packed: u64,
    pub outcome: Outcome,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Community IDs of the largest flows, the largest first.
    pub flows: Vec<String>,
    /// Why, the rule that chose the kind first.
    pub reasons: Vec<Reason>,
    pub evidence: Vec<PacketAt>,
    /// Ids that a shorter capture may have given to the same matter, when the name was not known yet.
    pub was: Vec<String>,
    /// A display filter of Wireshark for its packets: addresses, ports and window of time. Empty where there are no flows.
    pub filter: String,
}

impl Finding<'_> {
    /// Whether flows went on at once with those of another station with the same addresses and ports, so that what either sent may be the
    /// other's.
    pub fn is_mixed(&self) -> bool {
        self.reasons.iter().any(|reason| matches!(reason.rule, Rule::TwoStations { .. }))
    }

    /// Whether most of the payload could not be read.
    pub fn is_opaque(&self) -> bool {
        self.opaque > 0 && self.opaque >= self.bytes_out.midpoint(self.bytes_in)
    }

    /// The proxies of the site that its flows went through, and whether all of them did.
    pub fn proxies(&self) -> Option<(&[IpAddr], bool)> {
        self.reasons.iter().find_map(|reason| match &reason.rule {
            Rule::ThroughProxy { proxies, flows, of } => Some((proxies.as_slice(), flows == of)),
            _ => None,
        })
    }

    /// Payload that the other end acknowledges and nobody captured, at least, where that is what is told: nothing that the device
    /// sent was captured, and "0 B sent" would be a claim about the capture alone, or what was acknowledged made the finding.
    pub fn unseen(&self) -> Option<u64> {
        let decided = self.reasons.first().is_some_and(|reason| {
            matches!(reason.rule, Rule::Measured { rule, .. } if rule.measure == Measure::Acknowledged)
        });
        self.reasons.iter().find_map(|reason| match reason.rule {
            Rule::Unseen { flows, of, acknowledged, .. } => {
                (decided || flows == of && self.bytes_out == 0).then_some(acknowledged)
            }
            _ => None,
        })
    }
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
/// Bytes are payload seen once, from the device's side.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub enum Rule {
    /// A rule of the catalogue held: so much was measured, where `least` is enough; and the sums of the contact.
    Measured { rule: &'static ContactRule, measured: u64, flows: u64, sent: u64, received: u64 },
    /// Of the flows, so many were answered, so many refused; of the rest no answer was captured.
    Answers { flows: u64, answered: u64, refused: u64 },
    /// Of so many of the flows no packet of the device was captured, or `partly` not all of them, though the numbers of both ends
    /// show that they were sent: so much payload at least.
    Unseen { flows: u64, of: u64, partly: bool, acknowledged: u64 },
    /// The largest flows carry so much of the payload.
    Largest { shown: u64, flows: u64, carried: u64, payload: u64 },
    /// So much payload was seen more than once and counted once.
    Repeated { bytes: u64 },
    /// TCP headers were cut by the snap length.
    HeadersCut,
    /// How much of it was is an estimate, and the sums of the contact with it.
    Estimated,
    /// So many flows went on at once with those of another station with the same addresses and ports.
    TwoStations { flows: u64 },
    /// Whose the other end is follows from these; each once, by word.
    PartyBy { sources: Vec<Attribution> },
    /// The party is nobody's that is known, but flows with so much of its payload, by these, were with a server of the vendor, or
    /// with somebody in its protocol.
    PartOf { vendor: String, served: bool, payload: u64, of: u64, sources: Vec<Attribution> },
    /// Flows, with so much payload, that said of nobody themselves: the device called their address so in others.
    SameAddress { flows: u64, payload: u64 },
    /// The name is from a look-up so long before the flow, in ns, and one of so many that the device had been given the address for.
    LookedUp { age: i64, names: u64 },
    /// A connection asked for so many hosts, at least: the party is called by the first.
    Hosts { hosts: u64 },
    /// The device is a camera or its like, with this confidence.
    IsCamera { class: DeviceClass, confidence: u8 },
    /// The device may be a camera.
    MayBeCamera { confidence: u8 },
    /// The name was asked for, and the look-up gave no address.
    AskedFor { name: String, outcome: LookUp },
    /// The flows were inside of tunnels that end at these addresses.
    InTunnel { ends: Vec<IpAddr> },
    /// So many of the flows were with these proxies of the site, which were asked for the party.
    ThroughProxy { proxies: Vec<IpAddr>, flows: u64, of: u64 },
    /// So many flows of the device left memory before the end, whoever their other ends were: the counts of this finding are
    /// at least so much.
    Evicted { flows: u64 },
}

impl Rule {
    /// A word for programs, which stays what it is while sentences change.
    pub fn id(&self) -> &str {
        match self {
            Self::Measured { rule, .. } => &rule.id,
            Self::Answers { .. } => "answers",
            Self::Unseen { .. } => "unseen",
            Self::Largest { .. } => "largest-flows",
            Self::Repeated { .. } => "repeated",
            Self::HeadersCut => "headers-cut",
            Self::Estimated => "estimated",
            Self::TwoStations { .. } => "two-stations",
            Self::PartyBy { .. } => "party-by",
            Self::PartOf { .. } => "part-of",
            Self::SameAddress { .. } => "same-address",
            Self::LookedUp { .. } => "looked-up",
            Self::Hosts { .. } => "hosts",
            Self::IsCamera { .. } => "is-camera",
            Self::MayBeCamera { .. } => "may-be-camera",
            Self::AskedFor { .. } => "asked-for",
            Self::InTunnel { .. } => "in-tunnel",
            Self::ThroughProxy { .. } => "through-proxy",
            Self::Evicted { .. } => "evicted",
        }
    }
}
