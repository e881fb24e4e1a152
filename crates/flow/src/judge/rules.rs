//! The rules of judging as integers, in one readable place. Bytes are payload unless said otherwise.

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3600 * SECOND;

/// A name given to an address this long after a flow's end may still name the flow.
pub const NAME_AFTER: i64 = 120 * SECOND;

/// A flow to an end of which a message told may have ended this long before the message: one direction may come late, and media
/// may begin before the answer that names their ends is captured.
pub const REFERRED_AFTER: i64 = SECOND;

/// Confidence of an attribution by the source of the name: the vendor's own word in the flow.
pub const BY_SNI: u8 = 95;
/// An HTTP Host is as good, but anyone can write it in clear.
pub const BY_HOST: u8 = 92;
/// The asker asked for the name and was given this address before the flow began, at most [`OWN_DNS_AGE`] before.
pub const BY_OWN_DNS: u8 = 85;
/// A certificate covers many names…
pub const BY_CERTIFICATE: u8 = 70;
/// …and proves little where nobody but its subject vouches for it, or where it holds for more than
/// [`CERTIFICATE_NAMES`].
pub const BY_WEAK_CERTIFICATE: u8 = 50;
/// Names from which on a certificate is that of many tenants.
pub const CERTIFICATE_NAMES: u32 = 20;
/// What is spoken is the vendor's own protocol, with a server of it…
pub const BY_PROTOCOL: u8 = 70;
/// …or with somebody who views or relays: the vendor is whose protocol it is, and no more.
pub const BY_PEER: u8 = 60;
/// A message in the vendor's protocol told of the address.
pub const BY_LEARNED: u8 = 55;
/// Somebody else asked and was given this address, at most [`OTHER_DNS_AGE`] before; or the asker was, longer ago, or
/// without a question in the capture: such an answer may be anybody's (RFC 5452, 9.1).
pub const BY_OTHER_DNS: u8 = 65;
/// Somebody was, but only after the flow began, or without a question in the capture.
pub const BY_LATER_DNS: u8 = 55;
/// The flow says nothing, and the station called the address so in another flow.
pub const BY_SAME_ADDRESS: u8 = 65;
/// How long an answer counts as the asker's own. Cameras keep an address far beyond the answer's time to live.
pub const OWN_DNS_AGE: i64 = 24 * HOUR;
/// How long after a flow began the answer to a question from before it counts as if it had come in time: one direction may be
/// captured with a lag. A resolver gives up after five seconds.
pub const ANSWER_UNDER_WAY: i64 = 2_000_000_000;
/// Aliases that are followed one after another, where each was told in an answer of its own: as resolvers do, about.
pub const ALIASES: usize = 8;
/// From which age on a name by a look-up is said to be old: hardly any answer says that it may be kept so long.
pub const OLD_NAME: i64 = HOUR;
/// How long an answer to others counts at all: addresses of a cloud change hands.
pub const OTHER_DNS_AGE: i64 = 6 * HOUR;
/// The address lies in a prefix of the vendor.
pub const BY_ADDRESS: u8 = 60;
/// A device with the vendor's prefix calls a port that the vendor publishes for its own servers: nothing of the other end tells
/// whose it is.
pub const BY_PUBLISHED_PORT: u8 = 40;

/// How long after the first packet of a flow, in ns, an error refuses what was sent in it: 10 s, by when each of the three
/// requests for a link address, a second apart, has failed on the way (RFC 4861 7.2.2), and a host has answered.
pub const REFUSED_WITHIN: i64 = 10_000_000_000;

/// So much in packets of 512 bytes and more is 64 of them at least, of the size that fits on Ethernet.
pub const BULK_BYTES: u64 = 64 * 1472;

pub(crate) use crate::state::answer::UPLOAD_BYTES;
pub use crate::state::measure::recurrences::MOMENTS;

pub use crate::state::heir::{GOES_ON_WITHIN, UDP_GOES_ON};

/// How sure a model or serial number is that stands in a field for it, beside what a banner captures by its confidence.
pub const BY_OWN_FIELD: u8 = 92;

/// How sure it is at most that a station is a camera by whom it calls and by its prefix, where it says nothing itself.
pub const BY_CIRCUMSTANCE: u8 = 90;

/// A MAC from which so many addresses of the outside speak that it does not hold is a router's; of IPv6 networks.
pub const ROUTER_ADDRESSES: usize = 2;
/// So many are told apart before it is settled: some may turn out to be held.
pub const OUTSIDE_NETWORKS: usize = 4;
/// So many addresses that follow one another from one MAC are leases of one station. Behind a bridge that lends its MAC to others
/// they may be many stations', none of which speaks while another does.
pub const LEASES: usize = 8;
/// A MAC that says by ARP that it holds more addresses than this answers for others.
pub const STATION_ADDRESSES: u32 = 4;

/// A router that says of more networks than this that they are of its link is not believed: hosts take no more addresses of one by
/// default (`max_addresses` of Linux).
pub const LINK_NETWORKS: usize = 16;

/// Packets that a reason of a finding names at most; its evidence has twice as many, flows and attributions.
pub const EVIDENCE: usize = 8;
/// Flows that a finding lists at most, the largest first; its counts are of all.
pub const LARGEST_FLOWS: usize = 8;
/// Parties of one station that are told one by one, those with most payload.
pub const PARTIES: usize = 512;
/// Ports and addresses that the filter of a finding names one by one.
pub const FILTERED: usize = 8;
/// Sightings that a device record lists at most, strongest first.
pub const SIGHTINGS: usize = 64;
/// Pieces of evidence, and makers that contradict one another, that a device record lists at most, strongest first.
pub const WHY: usize = 16;
