//! The rules of judging as integers, in one readable place. Bytes are payload unless said otherwise.

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// A name given to an address this long after a flow's end may still name the flow.
pub const NAME_AFTER: i64 = 120 * SECOND;

/// Confidence of an attribution by the source of the name: the vendor's own word in the flow.
pub const BY_SNI: u8 = 95;
/// An HTTP Host is as good, but anyone can write it in clear.
pub const BY_HOST: u8 = 92;
/// A certificate covers many names.
pub const BY_CERTIFICATE: u8 = 88;
/// The asker was given this address for the name before the flow began.
pub const BY_OWN_DNS: u8 = 85;
/// Somebody else was.
pub const BY_OTHER_DNS: u8 = 65;
/// The asker was, but only after the flow began.
pub const BY_LATER_DNS: u8 = 55;
/// The address lies in a prefix of the vendor.
pub const BY_ADDRESS: u8 = 60;

/// From so many bytes on, sent in one contact, leaving is called exfiltration rather than telemetry…
pub const EXFILTRATION_BYTES: u64 = 512 << 10;
/// …where so many times more was sent than received.
pub const EXFILTRATION_RATIO: u64 = 2;
/// Telemetry recurs: so many flows…
pub const TELEMETRY_FLOWS: u64 = 3;
/// …or so many aligned time buckets of one flow with payload sent.
pub const TELEMETRY_BUCKETS: u64 = 3;

/// A flow to a vendor that sends so much is an upload.
pub const UPLOAD_BYTES: u64 = EXFILTRATION_BYTES;

/// A MAC from which so many addresses of the outside speak that it does not hold is a router's; of IPv6 networks.
pub const ROUTER_ADDRESSES: usize = 2;
/// So many are told apart before it is settled: some may turn out to be held.
pub const OUTSIDE_NETWORKS: usize = 4;
/// A MAC that says by ARP that it holds more addresses than this answers for others.
pub const STATION_ADDRESSES: u32 = 4;

/// Packets that a finding shows as evidence at most.
pub const EVIDENCE: usize = 8;
/// Flows that a finding lists at most; its counts are of all.
pub const FINDING_FLOWS: usize = 64;
/// Sightings that a device record lists at most, strongest first.
pub const SIGHTINGS: usize = 64;
/// Pieces of evidence, and makers that contradict one another, that a device record lists at most, strongest first.
pub const WHY: usize = 16;
