//! Times as RFC 3339 in UTC with exactly nine digits of the second and `Z`.
//!
//! A time before 1970 is written as 1970-01-01T00:00:00.000000000Z; 64 bits of nanoseconds end in 2262, so that a
//! year always has four digits.

use crate::units;
use jiff::fmt::temporal::DateTimePrinter;
use lenscap_wire::Timestamp;

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));

/// The moment as jiff has it, whose range is wider than that of 64 bits.
fn moment(time: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(time.0.max(0).into()).unwrap_or_default()
}

/// Appends `2026-03-02T09:14:07.000000000Z`.
pub(crate) fn push_rfc3339(out: &mut Vec<u8>, time: Timestamp) {
    // A vector takes everything.
    _ = PRINTER.print_timestamp(&moment(time), out);
}

/// `2026-03-02T09:14:07.000000000Z`.
pub fn rfc3339(time: Timestamp) -> String {
    PRINTER.timestamp_to_string(&moment(time))
}

/// `2026-03-02 09:14:07`, for sentences that say UTC themselves.
pub fn plain(time: Timestamp) -> String {
    moment(time).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2026-03-02 09:14:07 to 2026-03-02 09:45:07 UTC (31 min)`, rounded up, so that no part of it lasts longer; where both are the same,
/// that moment.
pub fn window(start: Timestamp, end: Timestamp) -> String {
    match end.0.saturating_sub(start.0) {
        1.. => {
            format!(
                "{} to {} UTC ({})",
                plain(start),
                plain(end),
                units::within(end.0.saturating_sub(start.0))
            )
        }
        _ => format!("{} UTC", plain(start)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        for (nanoseconds, written) in [
            (i64::MIN, "1970-01-01T00:00:00.000000000Z"),
            (-1, "1970-01-01T00:00:00.000000000Z"),
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
        ] {
            let mut out = Vec::new();
            push_rfc3339(&mut out, Timestamp(nanoseconds));
            assert_eq!(out, written.as_bytes());
            assert_eq!(rfc3339(Timestamp(nanoseconds)), written);
        }
        assert_eq!(plain(Timestamp(951_782_400_000_000_001)), "2000-02-29 00:00:00");
    }

    #[test]
    fn a_window_of_no_length_is_a_moment() {
        let window = |length| window(Timestamp(0), Timestamp(length));
        assert_eq!(window(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(window(2_000_000), "1970-01-01 00:00:00 to 1970-01-01 00:00:00 UTC (2 ms)");
    }
}
