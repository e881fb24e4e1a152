//! Bits of [`Hot::flags`](super::Hot::flags). Those that come by side stand at `<< side`.
//!
//! `UNDECIDED << 1` is set while the readers have not made up their mind about the half that the higher end sends.

/// By side: the stream readers have not decided on this half.
pub(crate) const UNDECIDED: u32 = 1;
/// By side: this half's first payloads are listed, since its beginning may lie in an earlier chunk.
pub(crate) const LISTING: u32 = 1 << 2;
/// By side: [`Hot::next`](super::Hot::next) is set.
pub(crate) const SEQUENCED: u32 = 1 << 4;
/// By side: segments did not all follow on one another; see [`Extra::trouble`](super::Extra::trouble).
pub(crate) const TROUBLE: u32 = 1 << 6;
/// The first spell of its key in a summary that may be appended to another, so an earlier chunk may hold its beginning.
pub(crate) const FIRST: u32 = 1 << 8;
/// The first packet is a bare SYN: the spell is the connection's own beginning.
pub(crate) const OPENS: u32 = 1 << 9;
/// Only SYNs and SYN-ACKs without payload so far, all of one handshake. Whether they are is asked until it ends.
pub(crate) const PURE: u32 = 1 << 10;
/// The client of the handshake is the higher end.
pub(crate) const CLIENT_HIGH: u32 = 1 << 11;
/// [`Cold::server_isn`](super::Cold::server_isn) is set. Without [`OPENS`] the first packet is that SYN-ACK.
pub(crate) const SERVER_ISN: u32 = 1 << 12;
/// Stamps stepped back; see [`Extra::span`](super::Extra::span).
pub(crate) const DISORDER: u32 = 1 << 13;
/// More than one aligned bucket of time; see [`Extra::times`](super::Extra::times).
pub(crate) const BUCKETS: u32 = 1 << 14;
/// What [`Cold::asked`](super::Cold::asked) holds is the higher end's.
pub(crate) const ASKED_HIGH: u32 = 1 << 15;
/// By side: the MAC of this end is known.
pub(crate) const MAC: u32 = 1 << 16;
/// By side: the list of this half was cut short; see [`crate::state::half::Half::is_listed_enough`].
pub(crate) const SHORT: u32 = 1 << 18;
/// By side: this end sent from the MAC that is known of it.
pub(crate) const SENT: u32 = 1 << 22;
/// Counters passed 32 bits; see [`Extra::wide`](super::Extra::wide).
pub(crate) const CARRIED: u32 = 1 << 20;
/// The higher end sent the first packet.
pub(crate) const FIRST_HIGH: u32 = 1 << 21;
/// Where the protocol stands that a message reader recognised first: reader id + 1, 0 for none.
pub(crate) const APP: u32 = 24;
