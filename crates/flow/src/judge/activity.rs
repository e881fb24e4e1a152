//! What a flow is for: from its protocol, its party and its volume, never from a port.

use lenscap_catalog::{Role, SharedGroup};
use lenscap_wire::ReaderId;

use super::attribution::{Judged, Party};
use super::{Court, Flow, rules};

/// Activities in the words of reports.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Activity {
    Discovery,
    NameLookup,
    TimeSync,
    Signalling,
    Telemetry,
    Firmware,
    BulkUpload,
    #[default]
    Unknown,
}

impl Activity {
    /// The word in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::NameLookup => "name-lookup",
            Self::TimeSync => "time-sync",
            Self::Signalling => "signalling",
            Self::Telemetry => "telemetry",
            Self::Firmware => "firmware",
            Self::BulkUpload => "bulk-upload",
            Self::Unknown => "unknown",
        }
    }
}

/// Protocols whose use alone says what a flow is for.
const BY_PROTOCOL: [(&str, Activity); 8] = [
    ("dns", Activity::NameLookup),
    ("mdns", Activity::NameLookup),
    ("llmnr", Activity::NameLookup),
    ("ntp", Activity::TimeSync),
    ("dhcp", Activity::Discovery),
    ("dhcpv6", Activity::Discovery),
    ("ssdp", Activity::Discovery),
    ("ndp", Activity::Discovery),
];

impl<'a> Court<'a> {
    /// The protocol of a flow: what a stream reader decided, else what a message reader recognised.
    pub(crate) fn app(&self, flow: &Flow<'a>) -> Option<&'static str> {
        let decided = [0, 1].into_iter().find_map(|side| self.verdict(flow, side));
        let reader = decided.map(|verdict| verdict.reader).or(flow.cold.app.checked_sub(1));
        reader.map(|reader| ReaderId(reader).app())
    }

    /// What a flow is for, given whose it is.
    pub(crate) fn activity(&self, flow: &Flow<'a>, judged: &Judged) -> Activity {
        if let Some(app) = self.app(flow)
            && let Some((_, activity)) = BY_PROTOCOL.iter().find(|(name, _)| *name == app)
        {
            return *activity;
        }
        if judged.party == Party::Shared(SharedGroup::Time) {
            return Activity::TimeSync;
        }
        if judged.party != Party::Vendor || !judged.is_external() {
            return Activity::Unknown;
        }
        let remote = judged.remote();
        let (out, back) = (flow.hot.payload[1 - remote], flow.hot.payload[remote]);
        if out >= rules::UPLOAD_BYTES && out >= back.saturating_mul(rules::EXFILTRATION_RATIO) {
            Activity::BulkUpload
        } else if judged.roles.has(Role::Firmware) && !judged.roles.has(Role::Signalling) {
            Activity::Firmware
        } else if judged.roles.has(Role::Telemetry) {
            Activity::Telemetry
        } else {
            Activity::Signalling
        }
    }
}
