//! The clock of the day, for names of files alone.

use lenscap_wire::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// A second in UTC as it stands in a file's name: `20260302T091400Z`.
pub(super) fn stamp() -> String {
    named(now())
}

/// The same of a moment that is known.
pub(super) fn named(time: Timestamp) -> String {
    let second = jiff::Timestamp::from_second(time.0.div_euclid(1_000_000_000)).unwrap_or_default();
    second.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[expect(clippy::disallowed_methods, reason = "files are named by the day's clock")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_sorts_by_time() {
        assert_eq!(named(Timestamp(1_772_442_840_999_999_999)), "20260302T091400Z");
        assert_eq!(named(Timestamp(-1)), "19691231T235959Z");
        assert!(stamp() > named(Timestamp(1_772_442_840_000_000_000)));
    }
}
