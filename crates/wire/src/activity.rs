//! What a flow is for, in words that readers and the judge share.

/// What a flow is for.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Activity {
    /// Finding other devices, or being found.
    Discovery,
    /// Asking for the address of a name.
    NameLookup,
    /// Setting a clock.
    TimeSync,
    /// Keep-alive and commands.
    Signalling,
    /// Reporting to the maker.
    Telemetry,
    /// Fetching firmware.
    Firmware,
    /// Sending content.
    BulkUpload,
    /// None of these, as far as was seen.
    #[default]
    Unknown,
}

impl Activity {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
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
