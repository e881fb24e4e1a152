//! The only clock below the command: an interface on which nothing comes has no packets to tell the time by.

use lenscap_wire::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's time, by which the kernel stamps packets.
#[expect(clippy::disallowed_methods, reason = "an idle interface must still be told the time")]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    crate::record::clamp(i128::try_from(since).unwrap_or(i128::MAX)).0
}
